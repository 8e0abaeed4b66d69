"""Coefficients of normal forms are those of the closed form, whatever the coordinates.

A truncated normal form with known coefficients is put into curved, then random linear coordinates,
in units of very different size, beside unknowns with simple dynamics of their own.
"""

from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from continuation import Problem, critical_forms, map_problem
from continuation.arrays import Array
from continuation.centre_manifold import Mode
from continuation.critical_forms import critical_form
from continuation.scaling import InUnits, Units

ALONG = 1e-30
"""Of complex steps."""

ODD = ("quadratic", "mixed", "g011")
"""Coefficients of even degree in a real coordinate: they change sign with its eigenvector."""

Field = Callable[[Array], Array]


@dataclass(frozen=True)
class Form:
    """A normal form in real coordinates, lengths of its eigenvectors' columns, and what is known.

    `expected` takes the lengths s of the eigenvectors in these coordinates: (s,), or (s, t).
    """

    kind: str
    field: Field
    frequencies: tuple[float, ...]
    columns: tuple[tuple[int, ...], ...]
    expected: Callable[..., dict[str, float]]
    is_map: bool = False


def pair(y: Array, value: complex, *terms: tuple[complex, Array]) -> Array:
    """Real and imaginary part of value w + ..., the terms being (coefficient, monomial of w)."""
    w = (y[0], y[1])
    total = times((value.real, value.imag), w)
    for c, m in terms:
        more = times((np.real(c), np.imag(c)), m)
        total = (total[0] + more[0], total[1] + more[1])
    return np.array(total)


def times(a, b):  # type: ignore[no-untyped-def]
    """Product of complex numbers as (real, imaginary) whose parts may take complex steps."""
    return a[0] * b[0] - a[1] * b[1], a[0] * b[1] + a[1] * b[0]


def square(y: Array) -> Array:
    return y[0] * y[0] + y[1] * y[1]


def scaled(y: Array, by: Array) -> tuple[Array, Array]:
    return y[0] * by, y[1] * by


def conjugate_power(y: Array, k: int):  # type: ignore[no-untyped-def]
    w = (y[0], -y[1])
    out = w
    for _ in range(k - 1):
        out = times(out, w)
    return out


def generalised_hopf() -> Form:
    def f(y: Array) -> Array:
        r = square(y)
        return pair(y, 0.9j, (0.7j, scaled(y, r)), (-1.3 + 0.4j, scaled(y, r * r)))

    return Form("generalised hopf", f, (0.9,), ((0, 1),),
                lambda s: {"second_lyapunov": -1.3 / 0.9 / s**4})  # fmt: skip


def zero_hopf() -> Form:
    b, c, d, f, alpha, beta, gamma = 0.8, -0.5, 0.3, 0.6, -0.4, 0.9, 0.2
    e = beta - 1.5 * alpha * d / b + ((alpha - b) * gamma + alpha * f / 2) / c

    def field(y: Array) -> Array:
        u, r = y[0], square(y[1:])
        w = pair(y[1:], 1.3j, (alpha + 0.2j, scaled(y[1:], u)), (beta, scaled(y[1:], u * u)),
                 (gamma - 0.1j, scaled(y[1:], r)))  # fmt: skip
        return np.append(b * u * u + c * r + d * u**3 + f * u * r, w)

    def expected(s: float, t: float) -> dict[str, float]:
        return {"s": -1.0, "theta": alpha / (2 * b), "e": e / s**2, "g011": c * s / t**2}

    return Form("zero-hopf", field, (1.3,), ((0,), (1, 2)), expected)


def reduced_zero_hopf() -> Form:
    """What is left when time and coordinates are changed: E is the cubic coefficient alone."""

    def field(y: Array) -> Array:
        u, r = y[0], square(y[1:])
        w = pair(y[1:], 0.7j, (0.5, scaled(y[1:], u)), (-1.1, scaled(y[1:], u * u)))
        faster = 1 + 0.6 * u  # another time along orbits
        return faster * np.append(u * u + 2.0 * r, w)

    return Form("zero-hopf", field, (0.7,), ((0,), (1, 2)),
                lambda s, t: {"s": 1.0, "theta": 0.25, "e": -1.1 / s**2})  # fmt: skip


def double_hopf() -> Form:
    def field(y: Array) -> Array:
        r, q = square(y[:2]), square(y[2:])
        first = pair(y[:2], 1.0j, (-1.0 + 0.3j, scaled(y[:2], r)), (0.7, scaled(y[:2], q)))
        other = pair(y[2:], 2.3j, (0.4 - 1j, scaled(y[2:], r)), (-0.6, scaled(y[2:], q)))
        return np.append(first, other)

    return Form("double hopf", field, (1.0, 2.3), ((0, 1), (2, 3)),
                lambda s, t: {"p11": -1.0 / s**2, "p12": 0.7 / t**2, "p21": 0.4 / s**2,
                              "p22": -0.6 / t**2, "theta": -0.7 / 0.6, "delta": -0.4})  # fmt: skip


def quintic_double_hopf() -> Form:
    first = (-1 + 0.5j, 0.7, 0.3 + 0.2j, -0.5, 0.2 - 1j)
    second = (0.4 - 1j, 0.6, -0.4, 0.6 + 0.3j, 0.25)

    def field(y: Array) -> Array:
        r, q = square(y[:2]), square(y[2:])
        powers = (r, q, r * r, r * q, q * q)
        one = [(c, scaled(y[:2], m)) for c, m in zip(first, powers, strict=True)]
        two = [(c, scaled(y[2:], m)) for c, m in zip(second, powers, strict=True)]
        return np.append(pair(y[:2], 1j, *one), pair(y[2:], 2.3j, *two))

    s1 = 0.2 + 0.7 * (0.6 / 0.4 - 2 * 0.25 / 0.6 + 0.3 * 0.6 / 0.4)
    s2 = -0.4 + 0.4 * (-0.5 / 0.7 + 2 * 0.3 + 0.25 / (0.6 * 0.7))
    return Form("double hopf", field, (1.0, 2.3), ((0, 1), (2, 3)),
                lambda s, t: {"p11": -1.0 / s**2, "p22": 0.6 / t**2, "s1": s1 / t**4,
                              "s2": s2 / s**4})  # fmt: skip


def bogdanov_takens() -> Form:
    return Form("bogdanov-takens",
                lambda y: np.array([y[1], 0.7 * y[0] ** 2 - 1.2 * y[0] * y[1]]), (), ((0,),),
                lambda s: {"quadratic": 0.7 / s, "mixed": -1.2 / s})  # fmt: skip


def one_to_one() -> Form:
    return Form("resonance 1:1",
                lambda y: y + np.array([y[1], 0.7 * y[0] ** 2 - 1.2 * y[0] * y[1]]), (), ((0,),),
                lambda s: {"quadratic": 0.7 / s, "mixed": -1.2 / s}, True)  # fmt: skip


def one_to_two() -> Form:
    # of odd degree: both keep their signs
    return Form("resonance 1:2",
                lambda y: -y + np.array([y[1], 0.7 * y[0] ** 3 - 1.2 * y[0] ** 2 * y[1]]), (),
                ((0,),), lambda s: {"cubic": 0.7 / s**2, "mixed": -1.2 / s**2}, True)  # fmt: skip


def one_to_three() -> Form:
    turn = np.exp(2j * np.pi / 3)
    b, c = 0.6 - 0.3j, 0.2 + 0.5j

    def g(y: Array) -> Array:
        return pair(y, turn, (b, conjugate_power(y, 2)), (c, scaled(y, square(y))))

    c1 = 3 * ((np.conj(turn) * c).real - abs(b) ** 2)
    return Form("resonance 1:3", g, (), ((0, 1),),
                lambda s: {"b1": 3 * abs(b) / s, "c1": c1 / s**2, "a": c1 / (9 * abs(b) ** 2)},
                True)  # fmt: skip


def one_to_four() -> Form:
    c, d = 0.2 + 0.5j, -0.4 + 0.1j

    def g(y: Array) -> Array:
        return pair(y, 1j, (c, scaled(y, square(y))), (d, conjugate_power(y, 3)))

    a = -1j * c / abs(d)
    return Form("resonance 1:4", g, (), ((0, 1),),
                lambda s: {"a": a.real, "b": a.imag, "d": abs(d) / s**2}, True)  # fmt: skip


def generalised_flip() -> Form:
    return Form("generalised flip", lambda y: -y[:1] - 0.8 * y[:1] ** 5, (), ((0,),),
                lambda s: {"quintic": -0.8 / s**4}, True)  # fmt: skip


def fold_flip() -> Form:
    def g(y: Array) -> Array:
        u, v = y
        return np.array([u + 0.45 * u * u - 0.3 * v * v + 0.2 * u**3 + 0.1 * u * v * v,
                         -v + 0.7 * u * v - 0.2 * u * u * v + 0.5 * v**3])  # fmt: skip

    return Form("fold-flip", g, (), ((0,), (1,)),
                lambda s, t: {"a": 0.9 / 0.7, "b": -0.6 * 0.7 / t**2, "c": 1.2 / 0.49,
                              "d": -19.2 / 7 / t**2}, True)  # fmt: skip


def chenciner() -> Form:
    turn = np.exp(0.8j)

    def g(y: Array) -> Array:
        r = square(y)
        return pair(y, turn, (0.6j * turn, scaled(y, r)), ((-0.9 + 1j) * turn, scaled(y, r * r)))

    return Form("chenciner", g, (0.8,), ((0, 1),),
                lambda s: {"quintic": (-0.9 + 0.18) / s**4}, True)  # fmt: skip


def flip_and_pair() -> Form:
    turn = np.exp(1.1j)

    def g(y: Array) -> Array:
        u, r = y[0], square(y[1:])
        w = pair(y[1:], turn, (0.4 * turn, scaled(y[1:], u * u)), (-0.6 * turn, scaled(y[1:], r)))
        return np.append(-u * (1 - 0.5 * u * u + 0.7 * r), w)

    return Form("flip-neimark-sacker", g, (1.1,), ((0,), (1, 2)),
                lambda s, t: {"p11": -0.5 / s**2, "p12": 0.7 / t**2, "p21": 0.4 / s**2,
                              "p22": -0.6 / t**2}, True)  # fmt: skip


def two_pairs_of_map() -> Form:
    first, second = np.exp(0.7j), np.exp(1.9j)

    def g(y: Array) -> Array:
        r, q = square(y[:2]), square(y[2:])
        one = pair(y[:2], first, (-first, scaled(y[:2], r)), (0.7 * first, scaled(y[:2], q)))
        two = pair(
            y[2:], second, (0.4 * second, scaled(y[2:], r)), (-0.6 * second, scaled(y[2:], q))
        )
        return np.append(one, two)

    return Form("double neimark-sacker", g, (0.7, 1.9), ((0, 1), (2, 3)),
                lambda s, t: {"p11": -1.0 / s**2, "p12": 0.7 / t**2, "p21": 0.4 / s**2,
                              "p22": -0.6 / t**2}, True)  # fmt: skip


def one_and_pair_of_map() -> Form:
    turn = np.exp(1.1j)

    def g(y: Array) -> Array:
        u, r = y[0], square(y[1:])
        w = pair(y[1:], turn, (0.5 * turn, scaled(y[1:], u)))
        return np.append(u - u * u + 0.4 * r, w)

    return Form("fold-neimark-sacker", g, (1.1,), ((0,), (1, 2)),
                lambda s, t: {"s": -1.0, "theta": -0.25}, True)  # fmt: skip


FORMS = [
    generalised_hopf, zero_hopf, reduced_zero_hopf, double_hopf, quintic_double_hopf,
    bogdanov_takens, one_to_one,
    one_to_two, one_to_three, one_to_four, generalised_flip, fold_flip, chenciner, flip_and_pair,
    two_pairs_of_map, one_and_pair_of_map,
]  # fmt: skip


def embedded(form: Form, seed: int) -> tuple[InUnits, Array, Array]:
    """The form in other coordinates x = shift + a φ(y, extra): problem, place, and a."""
    rng = np.random.default_rng(seed)
    c = 1 + max(k for column in form.columns for k in column)
    c += form.kind in ("bogdanov-takens", "resonance 1:1", "resonance 1:2")
    extra = seed % 4
    n = c + extra
    unit = 10.0 ** rng.uniform(-6, 6, n) if seed % 3 else np.ones(n)
    turn, other = (np.linalg.qr(rng.standard_normal((n, n)))[0] for _ in range(2))
    a = unit[:, None] * (turn @ np.diag(rng.uniform(0.6, 1.6, n)) @ other)
    shift, back = unit * rng.uniform(-0.3, 0.3, n), np.linalg.inv(a)
    rates = rng.uniform(-0.6, 0.6, extra) if form.is_map else rng.uniform(-2.5, -1.2, extra)
    drive, bend = rng.uniform(-0.5, 0.5, (extra, c)), rng.uniform(-0.4, 0.4, (n - 1, n))

    def curved(y: Array) -> Array:
        """Every coordinate moved by squares of those before it."""
        return y + np.append(
            0.0, np.array([bend[i, : i + 1] @ y[: i + 1] ** 2 for i in range(n - 1)])
        )

    def straight(v: Array) -> Array:
        y = v.copy()
        for i in range(1, n):
            y[i] = v[i] - bend[i - 1, :i] @ y[:i] ** 2
        return y

    def inner(y: Array) -> Array:
        return np.append(form.field(y[:c]), rates * y[c:] + drive @ y[:c] ** 2)

    def f(x: Array, p: float) -> Array:
        y = straight(back @ (x - shift))
        if form.is_map:
            return shift + a @ curved(inner(y))
        return a @ (curved(y + 1j * ALONG * inner(y)).imag / ALONG)

    make = map_problem if form.is_map else Problem
    problem = make(f).measured(np.append(0.3 * unit, 1.0))
    units = Units.by_size(np.append(unit, 1.0)).around(problem, np.append(shift, 0.0))
    return InUnits(problem, units), np.append(shift, 0.0) / units.columns, a


QUICK = {"generalised_hopf": 1, "zero_hopf": 2, "one_to_two": 3, "one_to_four": 0, "fold_flip": 1}
"""One seed of each of these runs every time, all of all of them every night."""

CASES = [
    pytest.param(make(), seed, id=f"{make.__name__}-{seed}",
                 marks=() if QUICK.get(make.__name__) == seed else pytest.mark.slow)
    for make in FORMS for seed in range(6)
]  # fmt: skip


@pytest.mark.parametrize(("form", "seed"), CASES)
def test_coefficients_of_closed_forms(form: Form, seed: int) -> None:
    problem, z, a = embedded(form, seed)
    found = critical_form(form.kind, problem, z, form.frequencies)
    # the complex eigenvector of a pair is half of both columns: w = 1 there has length 1
    lengths = [
        np.linalg.norm(a[:, k[0]]) if len(k) == 1 else
        np.sqrt((np.abs(a[:, k[0]] - 1j * a[:, k[1]]) ** 2).sum()) / 2
        for k in form.columns
    ]  # fmt: skip
    for name, value in form.expected(*lengths).items():
        # the sign of an eigenvector is not given
        same = 1.0 if name not in ODD else np.sign(found[name] * value)
        assert same * found[name] == pytest.approx(value, rel=1e-6, abs=1e-9), name


def test_fifth_order_of_a_double_hopf_point_does_not_depend_on_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Growths with s₁ and s₂ alone, times 1 + e ρ₁ + f ρ₂, give s₁ and s₂ again."""
    p11, p12, p21, p22, s1, s2, e, f = -1.2, 0.7, 0.4, 0.6, 0.9, -1.5, 0.3, -0.8
    growths = {
        (2, 1, 0, 0): p11, (1, 0, 1, 1): p12, (1, 1, 1, 0): p21, (0, 0, 2, 1): p22,
        (3, 2, 0, 0): e * p11, (2, 1, 1, 1): e * p12 + f * p11, (1, 0, 2, 2): s1 + f * p12,
        (2, 2, 1, 0): s2 + e * p21, (1, 1, 2, 1): e * p22 + f * p21, (0, 0, 3, 2): f * p22,
    }  # fmt: skip

    def coefficient(_: int, *powers: int) -> complex:
        return growths[powers] + 5j

    at: Any = SimpleNamespace(
        coefficient=coefficient,
        problem=SimpleNamespace(is_map=False),
        z=None,
        modes=[Mode(1.0)] * 2,
    )
    monkeypatch.setattr(critical_forms, "centre_manifold", lambda *_: at)
    found = critical_forms._two_pairs(at)
    assert (found["s1"], found["s2"]) == pytest.approx((s1, s2), rel=1e-12)
