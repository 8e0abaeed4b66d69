"""Points of codimension two on curves: functions that change sign there, names, normal forms.

On a curve an eigenvalue or a pair is critical. A second condition is met where

- a coefficient of the normal form vanishes: cusp, generalised Hopf and flip, Chenciner;
- the critical eigenvalue is double, with one eigenvector: ψᵀMv = 0, or ω = 0, or for maps ω = π;
- another eigenvalue, or another pair, of those that are left becomes critical;
- on a curve of branch points the quadratic coefficient vanishes, or where symmetry makes it vanish
  all along the cubic one;
- a pair of multipliers passes a third or a fourth root of 1.

The equations of the curve together with one of these are what defines the point; they are regular
there. Functions are such that none has a pole where another vanishes: ψ has length 1 and a sign
that varies smoothly, and coefficients, which divide by the eigenvalue that vanishes at a zero-Hopf
point, are multiplied by it.

References
----------
.. [1] Yu. A. Kuznetsov, *Elements of Applied Bifurcation Theory*, 4th ed., Springer 2023, ch. 8, 9;
       normal forms: *SIAM J. Numer. Anal.* 36 (1999) 1104.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import Any

import numpy as np
from scipy import linalg, sparse

from continuation import normal_forms, oscillation
from continuation.arrays import Array
from continuation.bordered_sparse import ALL
from continuation.critical_forms import critical_form
from continuation.linalg import KERNEL_TOLERANCE, adjugate_vectors, eigenvectors
from continuation.problem import AnyProblem
from continuation.scaling import InUnits

__all__ = ["Critical", "Degeneracy", "degeneracies"]

FLIP = -2.0
"""Eigenvalue of dF/dx where a multiplier is -1."""

CONJUGATE = 1e-9
"""Eigenvalues that are conjugate to this part are so."""


@dataclass(frozen=True, eq=False)
class Critical:
    """A point of a curve.

    Attributes
    ----------
    problem : InUnits
        At the second parameter there.
    z : (n + 1,) ndarray
        (x, p), in these units.
    vector : (n,) ndarray
        Right eigenvector v; complex for a pair.
    value : complex
        Critical eigenvalue of (dF/dx, M).
    square : float
        Signed κ of a pair, ω² or for a map 2 - 2 cos ω: where it is 0 (or 4) the pair is double.
    """

    problem: InUnits
    z: Array
    vector: Array
    value: complex
    square: float = 0.0

    @property
    def frequency(self) -> float:
        """Of the critical pair, else zero."""
        return _frequency(self.value, self.problem.is_map) if self.square > 0 else 0.0

    @cached_property
    def mass(self) -> Array:
        """M, the identity for most."""
        return self.problem.mass_matrix(self.vector.size)

    @cached_property
    def jacobian(self) -> Array:
        """dF/dx, dense."""
        j: Any = self.problem.jacobian(self.z[:-1], float(self.z[-1]))
        is_sparse: bool = sparse.issparse(j)
        return np.asarray(j.toarray() if is_sparse else j)

    @cached_property
    def others(self) -> Array:
        """Eigenvalues but for the critical ones."""
        n = self.vector.size
        if self.problem.degrees(n) == n:
            values = linalg.eigvals(np.linalg.solve(self.mass, self.jacobian))
        else:
            values = linalg.eigvals(self.jacobian, self.mass)
            values = values[np.argsort(np.abs(values))][: self.problem.degrees(n)]
        is_pair = np.iscomplexobj(self.vector)  # of two values also where both are zero
        for critical in (self.value, np.conj(self.value))[: 1 + is_pair]:
            values = np.delete(values, np.abs(values - critical).argmin())
        return values

    @cached_property
    def left(self) -> Array:
        """Left eigenvector; of length 1 and a smooth sign where it is real.

        v ψᵀ is a positive multiple of the adjugate of J - λM; ψ/(ψᵀv) has a pole where they are
        orthogonal.
        """
        if np.iscomplexobj(self.vector):
            return eigenvectors(self.jacobian, self.value, self.mass)[1]
        right, left = adjugate_vectors(self.jacobian - self.value.real * self.mass)
        return np.asarray(np.sign(right @ self.vector) * left)

    @cached_property
    def reduced(self) -> tuple[float, float]:
        """Quadratic and cubic coefficient at a branch point.

        The first is exactly zero where it is no more than rounding: in units that fit, other terms
        are about 1.
        """
        a, d = normal_forms.quadratic_and_cubic(self.problem, self.z, self.vector, self.left)
        rounding = oscillation.ROUNDINGS["jacobian" in self.problem.differenced]
        return (a if abs(a) > rounding * max(1.0, abs(d)) else 0.0), d

    def nearest_pair(self) -> tuple[float, complex]:
        """The pair of others that is nearest to being critical: how far, signed, and an eigenvalue.

        The sign is that of the product over all pairs. The eigenvalue is not real where the pair
        is one of conjugates; of real ones λ and -λ nothing happens.
        """
        best, of, sign = np.inf, 0j, 1.0
        for a, b in combinations(self.others, 2):
            beside = (1 + a) * (1 + b) - 1 if self.problem.is_map else a + b
            together = bool(a.imag) and abs(a - np.conj(b)) <= CONJUGATE * abs(a)
            if (together or not (a.imag or b.imag)) and beside.real < 0:
                sign = -sign
            if abs(beside) < best:
                best, of = abs(beside), complex(a) if together else 0j
        return sign * best, of


# -- functions that change sign ------------------------------------------------------------------


def coefficient(at: Critical) -> float:
    """Of the normal form on the centre manifold; exactly zero where a pair has become real."""
    if np.iscomplexobj(at.vector):
        return _of_pair(at) * _without_pole(at) if np.sin(at.frequency) else 0.0
    if at.value:
        cubic = oscillation.flip_vector(at.problem, at.z, at.vector)
        return float(at.left @ cubic) * _without_pole(at)
    e = np.append(at.vector, 0.0)
    return float(at.left @ at.problem.second(at.z, e, e))


def _of_pair(at: Critical) -> float:
    here = (at.problem, at.z, at.vector, at.left, at.frequency)
    if at.problem.is_map:
        return oscillation.neimark_sacker(*here)["cubic"]
    return oscillation.hopf(*here)["lyapunov"] * at.frequency


def _without_pole(at: Critical) -> float:
    return zero(at) if at.others.size else 1.0


def overlap(at: Critical) -> float:
    """ψᵀMv: zero where the critical eigenvalue is double."""
    return float(at.left @ at.mass @ at.vector)


def zero(at: Critical) -> float:
    """Another eigenvalue zero."""
    return _nearest(at.others)


def second_zero(at: Critical) -> float:
    """Another eigenvalue zero, with an eigenvector of its own."""
    return zero(at)


def quadratic(at: Critical) -> float:
    """Of a branch point; zero along pitchforks."""
    return at.reduced[0]


def cubic(at: Critical) -> float:
    """Of a pitchfork; elsewhere it says nothing."""
    a, d = at.reduced
    return 1.0 if a else d


def minus(at: Critical) -> float:
    """Another multiplier -1."""
    return _nearest(at.others - FLIP)


def pair(at: Critical) -> float:
    """Another pair on the axis or the circle, or two real eigenvalues opposite to each other."""
    return at.nearest_pair()[0]


def _nearest(values: Array) -> float:
    """Smallest modulus, with the sign of the product of all."""
    if not values.size:
        return 1.0
    negative = int(((values.imag == 0) & (values.real < 0)).sum())
    return float((-1) ** negative * np.abs(values).min())


def at_square(kappa: float) -> Callable[[Critical], float]:
    """The pair has a certain κ."""
    return lambda at: at.square - kappa


none, quarter, third, half = map(at_square, (0.0, 2.0, 3.0, 4.0))
"""For a map: multipliers 1; ±i; third roots of 1; -1."""

Test = Callable[[Critical], float]

ANGLES: Mapping[Test, float] = {
    none: 0.0, quarter: np.pi / 2, third: 2 * np.pi / 3, half: np.pi,
}  # fmt: skip
"""Functions that prescribe the frequency."""

ON_CURVES: Mapping[tuple[str, bool], Mapping[str, Test]] = {
    ("fold", False): {"cusp": coefficient, "bogdanov-takens": overlap, "zero-hopf": pair},
    ("branch point", False): {
        "bogdanov-takens": overlap, "zero-hopf": pair, "branch point": second_zero,
        "pitchfork": quadratic, "degenerate pitchfork": cubic,
    },
    ("hopf", False): {
        "bogdanov-takens": none, "generalised hopf": coefficient, "zero-hopf": zero,
        "double hopf": pair,
    },
    ("fold", True): {
        "cusp": coefficient, "resonance 1:1": overlap, "fold-flip": minus,
        "fold-neimark-sacker": pair,
    },
    ("branch point", True): {
        "resonance 1:1": overlap, "fold-flip": minus, "fold-neimark-sacker": pair,
        "branch point": second_zero, "pitchfork": quadratic, "degenerate pitchfork": cubic,
    },
    ("flip", True): {
        "generalised flip": coefficient, "resonance 1:2": overlap, "fold-flip": zero,
        "flip-neimark-sacker": pair,
    },
    ("neimark-sacker", True): {
        "resonance 1:1": none, "resonance 1:2": half, "resonance 1:3": third,
        "resonance 1:4": quarter, "chenciner": coefficient, "fold-neimark-sacker": zero,
        "flip-neimark-sacker": minus, "double neimark-sacker": pair,
    },
}  # fmt: skip
"""(Kind of curve, whether of a map) -> name of the point -> function that vanishes there."""


@dataclass(frozen=True)
class Degeneracy:
    """A kind of point of codimension two, and the function that changes sign there."""

    kind: str
    test: Test

    def is_one(self, at: Critical) -> bool:
        """Whether a zero of the function is such a point.

        Two real eigenvalues are no pair, and a double one has one eigenvector.
        """
        if self.test is second_zero:
            return bool(linalg.svdvals(at.jacobian)[-2] <= KERNEL_TOLERANCE)
        return self.test is not pair or at.nearest_pair()[1] != 0

    @property
    def crosses(self) -> bool:
        """Whether another curve of the kind crosses there: the equations of curves are singular."""
        return self.test is second_zero

    def form(self, at: Critical) -> dict[str, float]:
        """Coefficients of the normal form, and frequencies."""
        form = {"frequency": at.frequency} if at.frequency else {}
        if self.test in ANGLES:
            form["frequency"] = ANGLES[self.test]
        if self.test is overlap and at.value:
            form["frequency"] = np.pi
        if self.test is pair:
            omega = _frequency(at.nearest_pair()[1], at.problem.is_map)
            form["second_frequency" if form else "frequency"] = omega
        if self.kind in ON_STEADY:
            return form | ON_STEADY[self.kind](at)
        return form | critical_form(self.kind, at.problem, at.z, list(form.values()))


def degeneracies(kind: str, problem: AnyProblem, n: int) -> tuple[Degeneracy, ...]:
    """What may happen along a curve of a kind; nothing is looked for in large sparse problems."""
    tests = ON_CURVES.get((kind, problem.is_map), {})
    return tuple(Degeneracy(name, test) for name, test in tests.items() if n <= ALL)


def _frequency(value: complex, is_map: bool) -> float:
    return float(abs(np.angle(1 + value) if is_map else value.imag))


# -- normal forms --------------------------------------------------------------------------------


def _cusp(at: Critical) -> dict[str, float]:
    units, plain = at.problem.units, at.problem.problem
    right, left = units.columns[:-1] * at.vector, units.rows * at.left
    return normal_forms.at_fold(plain, units.outside(at.z), right, left)


def _branch_point(at: Critical) -> dict[str, float]:
    units, plain = at.problem.units, at.problem.problem
    right, left = units.columns[:-1] * at.vector, units.rows * at.left
    return normal_forms.at_branch_point(plain, units.outside(at.z), right, left)


ON_STEADY: Mapping[str, Callable[[Critical], dict[str, float]]] = {
    "cusp": _cusp,
    "pitchfork": _branch_point,
    "degenerate pitchfork": _branch_point,
}
"""By kind: points where more solutions meet; all other forms are those of the motion."""
