"""Coefficients of the normal forms of points of codimension two, in Kuznetsov's scaling.

Critical eigenvectors have length 1 in the unknowns as they are given; polynomials are those of the
references, with their factorials. Eigenvectors of other lengths s multiply a coefficient of degree
k by powers of s, and leave ratios as they are.

References
----------
.. [1] Yu. A. Kuznetsov, *Elements of Applied Bifurcation Theory*, 4th ed., Springer 2023, ch. 8, 9.
.. [2] Yu. A. Kuznetsov, H. G. E. Meijer, *Numerical Bifurcation Analysis of Maps*, Cambridge 2019.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from continuation.arrays import Array
from continuation.centre_manifold import CentreManifold, Mode, centre_manifold
from continuation.scaling import InUnits

__all__ = ["critical_form"]

Form = dict[str, float]

THIRD = 2 * np.pi / 3
"""Angle of a third root of one."""

VANISHES = 1e-9
"""A coefficient below this part of the others is zero: what is divided by it has no meaning."""


def critical_form(kind: str, problem: InUnits, z: Array, frequencies: Sequence[float]) -> Form:
    """Coefficients at a point; empty for other kinds, and where a pair has become real.

    Parameters
    ----------
    kind : str
        An entry of `continuation.kinds.KINDS`.
    problem : InUnits
    z : (n + 1,) ndarray
        (x, p), in these units.
    frequencies : sequence of float
        Of the pairs that are critical, in the order of the normal form.
    """
    reader = READERS.get(kind)
    if reader is None or reader.modes.count(PAIR) > len(frequencies):
        return {}
    free = iter(frequencies)
    modes = [Mode(next(free)) if mode is PAIR else mode for mode in reader.modes]
    return reader.read(centre_manifold(problem, z, modes, reader.order))


# -- flows ---------------------------------------------------------------------------------------


def _generalised_hopf(at: CentreManifold) -> Form:
    """Second Lyapunov coefficient Re c₂ / ω of w' = iω w + c₁ w|w|² + c₂ w|w|⁴."""
    return {"second_lyapunov": at.coefficient(0, 3, 2).real / at.modes[0].frequency}


def _double_value(at: CentreManifold) -> Form:
    """Coefficients a, b of u' = v, v' = a u² + b u v, or u ↦ u + v, v ↦ v + a u² + b u v."""
    return {"quadratic": at.coefficient(1, 2, 0).real, "mixed": at.coefficient(1, 1, 1).real}


def _zero_and_pair(at: CentreManifold) -> Form:
    """Coefficients G₂₀₀, G₀₁₁, Re G₁₁₀; s, θ, and of a flow E, where they have a meaning.

    With u' = b u² + c|w|² + d u³ + f u|w|² and a growth α u + β u² + γ|w|² of w, time and
    coordinates can be changed so that b, c, α and E u² in the growth are left.
    """
    b, d = at.coefficient(0, 2, 0, 0).real, at.coefficient(0, 3, 0, 0).real
    c, f = at.coefficient(0, 0, 1, 1).real, at.coefficient(0, 1, 1, 1).real
    alpha, beta, gamma = (_growth(at, 1, *a) for a in ((1, 1, 0), (2, 1, 0), (0, 2, 1)))
    form = {"g200": 2 * b, "g011": c, "g110": alpha}
    if min(abs(b), abs(c)) <= VANISHES * max(map(abs, (b, c, d, f, alpha, beta, gamma))):
        return form
    form |= {"s": float(np.sign(b * c)), "theta": alpha / (2 * b)}
    if at.problem.is_map:
        return form
    crossed = (alpha - b) * gamma + alpha * f / 2
    return form | {"e": beta - 1.5 * alpha * d / b + crossed / c}


def _two_amplitudes(at: CentreManifold) -> Form:
    """Growth p₁₁ρ₁ + p₁₂ρ₂ of one and p₂₁ρ₁ + p₂₂ρ₂ of the other; θ = p₁₂/p₂₂, δ = p₂₁/p₁₁.

    The ρ are squares of moduli, or of the real coordinate of a flip.
    """
    first = len(at.modes[0].charges)
    one, two = ((2,), (0,)) if first == 1 else ((1, 1), (0, 0))
    own, other = (3,) if first == 1 else (2, 1), (1,) if first == 1 else (1, 0)
    p11, p12 = _growth(at, 0, *own, 0, 0), _growth(at, 0, *other, 1, 1)
    p21, p22 = _growth(at, first, *one, 1, 0), _growth(at, first, *two, 2, 1)
    form = {"p11": p11, "p12": p12, "p21": p21, "p22": p22}
    if abs(p11) <= VANISHES * abs(p21) or abs(p22) <= VANISHES * abs(p12):
        return form
    return form | {"theta": p12 / p22, "delta": p21 / p11}


def _two_pairs(at: CentreManifold) -> Form:
    """The same of a flow, and s₁, s₂ of growths p₁₁ρ₁ + p₁₂ρ₂ + s₁ρ₂² and p₂₁ρ₁ + p₂₂ρ₂ + s₂ρ₁².

    Other terms of fifth order go by another time and other amplitudes, ρ₁(1 + αρ₁) and
    ρ₂(1 + βρ₂), as in [1]_, section 8.6. They are needed where p₁₁p₂₂ < 0, and take five times as
    long as those of third order: elsewhere they are not computed.
    """
    form = _two_amplitudes(at)
    p11, p12, p21, p22 = (form[name] for name in ("p11", "p12", "p21", "p22"))
    own, crossed = p11 * p22, abs(p12 * p21)  # in the same units
    if own >= 0.0 or min(-own, crossed) <= VANISHES * max(-own, crossed):
        return form
    at = centre_manifold(at.problem, at.z, at.modes, 5)
    one = [_growth(at, 0, *powers) for powers in ((3, 2, 0, 0), (2, 1, 1, 1), (1, 0, 2, 2))]
    two = [_growth(at, 2, *powers) for powers in ((2, 2, 1, 0), (1, 1, 2, 1), (0, 0, 3, 2))]
    faster = (-one[0] / p11, -two[2] / p22)  # of time, by ρ₁ and by ρ₂
    s1 = one[2] + p12 * (two[1] / p21 + 2 * faster[1] + faster[0] * p22 / p21)
    s2 = two[0] + p21 * (one[1] / p12 + 2 * faster[0] + faster[1] * p11 / p12)
    return form | {"s1": s1, "s2": s2}


def _growth(at: CentreManifold, j: int, *exponents: int) -> float:
    """Real part of a coefficient; of a map relative to the multiplier."""
    turned = np.conj(1 + at.values[j]) if at.problem.is_map else 1.0
    return float((turned * at.coefficient(j, *exponents)).real)


# -- maps ----------------------------------------------------------------------------------------


def _one_to_two(at: CentreManifold) -> Form:
    """Coefficients C, D of u ↦ -u + v, v ↦ -v + C u³ + D u² v."""
    return {"cubic": at.coefficient(1, 3, 0).real, "mixed": at.coefficient(1, 2, 1).real}


def _one_to_three(at: CentreManifold) -> Form:
    """Modulus of B₁, Re C₁ and their ratio a of w' = B₁ w̄² + C₁ w|w|², near the third iterate."""
    turn = np.exp(-1j * THIRD)
    b, c = turn * at.coefficient(0, 0, 2), turn * at.coefficient(0, 2, 1)
    b1, c1 = 3 * abs(b), 3 * float(c.real - abs(b) ** 2)
    return {"b1": b1, "c1": c1} | ({"a": c1 / b1**2} if b1 else {})


def _one_to_four(at: CentreManifold) -> Form:
    """Real and imaginary part a, b of A = -iC/|D|, and |D|, of w ↦ iw + C w|w|² + D w̄³."""
    c, d = at.coefficient(0, 2, 1), abs(at.coefficient(0, 0, 3))
    form = {"d": d}
    if d <= VANISHES * abs(c):
        return form
    ratio = -1j * c / d
    return form | {"a": ratio.real, "b": ratio.imag}


def _generalised_flip(at: CentreManifold) -> Form:
    """Coefficient of w ↦ -w + d w⁵."""
    return {"quintic": at.coefficient(0, 5).real}


def _fold_flip(at: CentreManifold) -> Form:
    """Coefficients of [2]_, ½a₀ u² + ½b₀ v² of u and e₀ u v of v; a = a₀/e₀, b = b₀e₀, c, d.

    With c₀ u³/6 + ½d₀ u v² of u and ½f₀ u² v + g₀ v³/6 of v, coordinates u + h u² + k v²,
    v + l u v rid v of its cubic terms: h = -(a₀l + f₀)/2e₀, k = -(b₀l/2 + g₀/6)/e₀, any l. What is
    left of u does not depend on l; u counts in units of 1/e₀.
    """
    a0, b0 = 2 * at.coefficient(0, 2, 0).real, 2 * at.coefficient(0, 0, 2).real
    c0, d0 = 6 * at.coefficient(0, 3, 0).real, 2 * at.coefficient(0, 1, 2).real
    e0 = at.coefficient(1, 1, 1).real
    f0, g0 = 2 * at.coefficient(1, 2, 1).real, 6 * at.coefficient(1, 0, 3).real
    form = {"a0": a0, "b0": b0, "e0": e0, "b": b0 * e0}
    if abs(e0) <= VANISHES * max(abs(a0), abs(b0)):
        return form
    d = d0 + (b0 * f0 - a0 * g0 / 3) / e0 - 2 * g0 / 3
    return form | {"a": a0 / e0, "c": c0 / e0**2, "d": d}


def _chenciner(at: CentreManifold) -> Form:
    """Coefficient L₂ of r ↦ r + L₂ r⁵, from w ↦ λ w (1 + d₁|w|² + d₂|w|⁴), Re d₁ = 0."""
    turn = np.conj(1 + at.values[0])
    first, second = turn * at.coefficient(0, 2, 1), turn * at.coefficient(0, 3, 2)
    return {"quintic": float(second.real + first.imag**2 / 2)}


@dataclass(frozen=True)
class Reader:
    """Critical modes of a kind, the order up to which its normal form is needed, and what of it."""

    modes: tuple[Mode, ...]
    order: int
    read: Callable[[CentreManifold], Form]


ZERO, FLIP, PAIR = Mode(root=1), Mode(np.pi, 2), Mode()
"""An eigenvalue 0 or multiplier 1; a multiplier -1; a pair with a frequency of its own."""

READERS: Mapping[str, Reader] = {
    "bogdanov-takens": Reader((Mode(root=1, chain=True),), 2, _double_value),
    "generalised hopf": Reader((PAIR,), 5, _generalised_hopf),
    "zero-hopf": Reader((ZERO, PAIR), 3, _zero_and_pair),
    "double hopf": Reader((PAIR, PAIR), 3, _two_pairs),
    "resonance 1:1": Reader((Mode(root=1, chain=True),), 2, _double_value),
    "resonance 1:2": Reader((Mode(np.pi, 2, chain=True),), 3, _one_to_two),
    "resonance 1:3": Reader((Mode(THIRD, 3),), 3, _one_to_three),
    "resonance 1:4": Reader((Mode(np.pi / 2, 4),), 3, _one_to_four),
    "generalised flip": Reader((FLIP,), 5, _generalised_flip),
    "fold-flip": Reader((ZERO, FLIP), 3, _fold_flip),
    "chenciner": Reader((PAIR,), 5, _chenciner),
    "fold-neimark-sacker": Reader((ZERO, PAIR), 3, _zero_and_pair),
    "flip-neimark-sacker": Reader((FLIP, PAIR), 3, _two_amplitudes),
    "double neimark-sacker": Reader((PAIR, PAIR), 3, _two_amplitudes),
}
"""By kind."""
