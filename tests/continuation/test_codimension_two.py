"""Points of codimension two lie where closed forms put them, in random coordinates and scales.

A `Core` is a family in few unknowns whose normal form says where the point is: at y = 0, p = q = 0.
It is put into random linear coordinates of x, and of the plane of both parameters; unknowns with
simple dynamics of their own are added.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pytest

from continuation import (
    Problem,
    SpecialPoint,
    StepOptions,
    map_problem,
    special_point,
    trace_branch_point_curve,
    trace_flip_curve,
    trace_fold_curve,
    trace_hopf_curve,
    trace_neimark_sacker_curve,
)
from continuation.arrays import Array
from continuation.codimension_two import Critical, Degeneracy, coefficient
from continuation.scaling import InUnits, Units

H = 1e-30
"""Of complex steps."""

STEP = StepOptions(initial=0.05, maximum=0.3)
PLACE = 1e-9

Field = Callable[[Array, complex, complex], Array]


@dataclass(frozen=True)
class Core:
    """A normal form f(y, μ, ν), and a point (y, μ, ν) of a curve through 0 from which to start."""

    f: Field
    start: Array
    is_map: bool = False


def turning(y: Array, growth: complex, omega: float, cubic: Array) -> Array:
    """A pair growth ± iω with a cubic and a quintic term."""
    r = y[0] * y[0] + y[1] * y[1]
    rate = growth + r * cubic[0] + r * r * cubic[1]
    return np.array([rate * y[0] - omega * y[1], rate * y[1] + omega * y[0]])


def rotated(y: Array, modulus: complex, theta: complex, cubic: complex) -> Array:
    """Multipliers modulus exp(±iθ) and a cubic term."""
    r = y[0] * y[0] + y[1] * y[1]
    c, s = np.cos(theta), np.sin(theta)
    scale = modulus + cubic * r
    return scale * np.array([c * y[0] - s * y[1], s * y[0] + c * y[1]])


# -- flows -------------------------------------------------------------------------------------


def cusp() -> Core:
    return Core(lambda y, m, n: np.array([m + n * y[0] - y[0] ** 3]), np.array([0.5, -0.25, 0.75]))


def bogdanov_takens() -> Core:
    """Folds at m = n²/4, Hopf points at y = 0, m = 0, n < 0."""
    return Core(
        lambda y, m, n: np.array([y[1], m + n * y[0] + y[0] ** 2 - y[0] * y[1]]),
        np.array([0.4, 0.0, 0.16, -0.8]),
    )


def bogdanov_takens_from_hopf() -> Core:
    return Core(bogdanov_takens().f, np.array([0.0, 0.0, 0.0, -0.6]))


def zero_hopf() -> Core:
    """Folds at y0 = 0, m = 0; the pair is n + y0: critical for n = 0."""

    def f(y: Array, m: complex, n: complex) -> Array:
        pair = turning(y[1:], n + 0.7 * y[0], 1.3, np.array([-0.5, 0.0]))
        return np.concatenate([[m - y[0] ** 2 + 0.3 * (y[1] ** 2 + y[2] ** 2)], pair])

    return Core(f, np.array([0.0, 0.0, 0.0, 0.0, -0.4]))


def zero_hopf_from_hopf() -> Core:
    """Hopf points at y0 = -n / 0.7, m = y0²."""
    y = 0.5
    return Core(zero_hopf().f, np.array([y, 0.0, 0.0, y * y, -0.7 * y]))


def generalised_hopf() -> Core:
    return Core(
        lambda y, m, n: turning(y, m + 0.4 * n * n, 0.9, np.array([n, -1.0])),
        np.array([0.0, 0.0, -0.4 * 0.25, -0.5]),
    )


def double_hopf() -> Core:
    def f(y: Array, m: complex, n: complex) -> Array:
        first = turning(y[:2], m, 1.0, np.array([-1.0, 0.0]))
        return np.concatenate([first, turning(y[2:], n - 0.3 * m, 2.3, np.array([-1.0, 0.0]))])

    return Core(f, np.array([0.0, 0.0, 0.0, 0.0, 0.0, -0.5]))


def pitchforks(y: Array, m: complex, cubic: complex) -> Array:
    return np.array([m * y[0] + cubic * y[0] ** 3 - y[0] ** 5])


def degenerate_pitchfork() -> Core:
    return Core(lambda y, m, n: pitchforks(y, m + 0.3 * n, n), np.array([0.0, 0.15, -0.5]))


def transcritical_to_pitchfork() -> Core:
    """The branch that crosses is vertical at n = 0."""
    return Core(
        lambda y, m, n: np.array([(m - 0.3 * n) * y[0] + n * y[0] ** 2 - y[0] ** 3]),
        np.array([0.0, -0.15, -0.5]),
    )


def symmetric_bogdanov_takens() -> Core:
    """Pitchforks for m = 0, Hopf points for n = 0, m < 0."""
    return Core(
        lambda y, m, n: np.array([y[1], m * y[0] + n * y[1] - y[0] ** 3 - y[0] ** 2 * y[1]]),
        np.array([0.0, 0.0, 0.0, -0.5]),
    )


def pitchfork_and_pair() -> Core:
    def f(y: Array, m: complex, n: complex) -> Array:
        pair = turning(y[1:], n, 1.3, np.array([-0.5, 0.0]))
        return np.concatenate([pitchforks(y[:1], m, -1.0), pair])

    return Core(f, np.array([0.0, 0.0, 0.0, 0.0, -0.4]))


def two_pitchforks() -> Core:
    """Modes that become unstable together."""

    def f(y: Array, m: complex, n: complex) -> Array:
        u, v = y[0] ** 2, y[1] ** 2
        return np.array([y[0] * (m - u - 0.5 * v), y[1] * (n - 0.3 * m - 0.7 * u - v)])

    return Core(f, np.array([0.0, 0.0, 0.0, -0.4]))


# -- maps --------------------------------------------------------------------------------------


def degenerate_pitchfork_of_map() -> Core:
    form = degenerate_pitchfork()
    return Core(lambda y, m, n: y + form.f(y, m, n), form.start, True)


def pitchfork_and_flip() -> Core:
    def f(y: Array, m: complex, n: complex) -> Array:
        return np.append(y[:1] + pitchforks(y[:1], m, -1.0), (n - 1) * y[1] - y[1] ** 3)

    return Core(f, np.array([0.0, 0.0, 0.0, -0.4]), True)


def cusp_of_map() -> Core:
    form = cusp()
    return Core(lambda y, m, n: y + form.f(y, m, n), form.start, True)


def one_to_one() -> Core:
    """The fixed points of Bogdanov-Takens, the map of Euler with step 1."""
    form = bogdanov_takens()
    return Core(lambda y, m, n: y + form.f(y, m, n), form.start, True)


def one_to_one_from_pair() -> Core:
    """y ↦ y + z, z ↦ z + m + n y + y² + ...: |multipliers| = 1 for det = 1."""

    def f(y: Array, m: complex, n: complex) -> Array:
        g = m + n * y[0] + y[0] ** 2 - 0.5 * y[0] * y[1]
        return np.array([y[0] + y[1] + g, y[1] + g])

    return Core(f, np.array([0.0, 0.0, 0.0, -0.6]), True)


def one_to_two() -> Core:
    """x ↦ -x + z, z ↦ m x + (n - 1) z + ...: flips for m = 0."""

    def f(y: Array, m: complex, n: complex) -> Array:
        return np.array([-y[0] + y[1], (n - 1) * y[1] + m * y[0] + y[0] ** 3 - y[0] ** 2 * y[1]])

    return Core(f, np.array([0.0, 0.0, 0.0, -0.4]), True)


def one_to_two_from_pair() -> Core:
    """Determinant 1 - n - m = 1 along n = -m; a pair for m < 0."""
    return Core(one_to_two().f, np.array([0.0, 0.0, -0.5, 0.5]), True)


def strong(angle: float) -> Core:
    return Core(
        lambda y, m, n: rotated(y, 1 + m, angle + n, -0.6), np.array([0.0, 0.0, 0.0, -0.3]), True
    )


def generalised_flip() -> Core:
    return Core(
        lambda y, m, n: np.array([-(1 + m) * y[0] + n * y[0] ** 3 - y[0] ** 5]),
        np.array([0.0, 0.0, -0.5]), True,
    )  # fmt: skip


def fold_flip() -> Core:
    def f(y: Array, m: complex, n: complex) -> Array:
        return np.array([y[0] + m - y[0] ** 2 + 0.4 * y[1] ** 2, (n - 1 + y[0]) * y[1] - y[1] ** 3])

    return Core(f, np.array([0.0, 0.0, 0.0, -0.4]), True)


def fold_flip_from_flip() -> Core:
    return Core(fold_flip().f, np.array([0.4, 0.0, 0.16, -0.4]), True)


def chenciner() -> Core:
    def f(y: Array, m: complex, n: complex) -> Array:
        r = y[0] * y[0] + y[1] * y[1]
        return rotated(y, 1 + m - r * r, 0.8, n)

    return Core(f, np.array([0.0, 0.0, 0.0, -0.5]), True)


def fold_torus() -> Core:
    def f(y: Array, m: complex, n: complex) -> Array:
        pair = rotated(y[1:], 1 + n + 0.5 * y[0], 1.1, -0.5)
        return np.concatenate([[y[0] + m - y[0] ** 2], pair])

    return Core(f, np.array([0.0, 0.0, 0.0, 0.0, -0.4]), True)


def flip_torus() -> Core:
    def f(y: Array, m: complex, n: complex) -> Array:
        pair = rotated(y[1:], 1 + n, 1.1, -0.5)
        return np.concatenate([[-(1 + m) * y[0] + y[0] ** 3], pair])

    return Core(f, np.array([0.0, 0.0, 0.0, 0.0, -0.4]), True)


def double_torus() -> Core:
    def f(y: Array, m: complex, n: complex) -> Array:
        return np.concatenate([rotated(y[:2], 1 + m, 0.7, -0.5), rotated(y[2:], 1 + n, 1.9, -0.5)])

    return Core(f, np.array([0.0, 0.0, 0.0, 0.0, 0.0, -0.4]), True)


CASES = {
    "cusp": ("cusp", "fold", cusp()),
    "bt": ("bogdanov-takens", "fold", bogdanov_takens()),
    "bt from hopf": ("bogdanov-takens", "hopf", bogdanov_takens_from_hopf()),
    "zh": ("zero-hopf", "fold", zero_hopf()),
    "zh from hopf": ("zero-hopf", "hopf", zero_hopf_from_hopf()),
    "gh": ("generalised hopf", "hopf", generalised_hopf()),
    "hh": ("double hopf", "hopf", double_hopf()),
    "cusp of map": ("cusp", "fold", cusp_of_map()),
    "r1": ("resonance 1:1", "fold", one_to_one()),
    "r1 from pair": ("resonance 1:1", "neimark-sacker", one_to_one_from_pair()),
    "r2": ("resonance 1:2", "flip", one_to_two()),
    "r2 from pair": ("resonance 1:2", "neimark-sacker", one_to_two_from_pair()),
    "r3": ("resonance 1:3", "neimark-sacker", strong(2 * np.pi / 3)),
    "r4": ("resonance 1:4", "neimark-sacker", strong(np.pi / 2)),
    "gpd": ("generalised flip", "flip", generalised_flip()),
    "fold-flip": ("fold-flip", "fold", fold_flip()),
    "fold-flip from flip": ("fold-flip", "flip", fold_flip_from_flip()),
    "chenciner": ("chenciner", "neimark-sacker", chenciner()),
    "lpns": ("fold-neimark-sacker", "fold", fold_torus()),
    "pdns": ("flip-neimark-sacker", "flip", flip_torus()),
    "nsns": ("double neimark-sacker", "neimark-sacker", double_torus()),
    "dp": ("degenerate pitchfork", "pitchfork", degenerate_pitchfork()),
    "tp": ("pitchfork", "transcritical", transcritical_to_pitchfork()),
    "symmetric bt": ("bogdanov-takens", "pitchfork", symmetric_bogdanov_takens()),
    "ph": ("zero-hopf", "pitchfork", pitchfork_and_pair()),
    "pp": ("branch point", "pitchfork", two_pitchforks()),
    "dp of map": ("degenerate pitchfork", "pitchfork", degenerate_pitchfork_of_map()),
    "pitchfork-flip": ("fold-flip", "pitchfork", pitchfork_and_flip()),
}

TRACERS = {
    "fold": trace_fold_curve,
    "flip": trace_flip_curve,
    "hopf": trace_hopf_curve,
    "neimark-sacker": trace_neimark_sacker_curve,
    "pitchfork": trace_branch_point_curve,
    "transcritical": trace_branch_point_curve,
}


@dataclass(frozen=True)
class Case:
    """A core in other coordinates: x = a (y, extra) + b (p, q), (μ, ν) = turn (p, q)."""

    family: Callable[[float], Problem]
    start: Array
    q0: float
    center: Array


def embedded(core: Core, seed: int, extra: int, scales: bool, exact: bool) -> Case:
    rng = np.random.default_rng([seed, extra])
    c = core.start.size - 2
    n = c + extra
    q, r = (np.linalg.qr(rng.standard_normal((n, n)))[0] for _ in range(2))
    a = q @ np.diag(rng.uniform(0.6, 1.6, n)) @ r
    shift = rng.uniform(-0.3, 0.3, n)
    unit = 10.0 ** rng.uniform(-6, 6, n) if scales else np.ones(n)
    a, shift = unit[:, None] * a, unit * shift
    angle = rng.uniform(0.3, 1.2)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    rates, bend = rng.uniform(-2.5, -1.2, extra), rng.uniform(-0.5, 0.5, (extra, c))
    multipliers, back = rng.uniform(-0.6, 0.6, extra), np.linalg.inv(a)

    def field(x: Array, p: complex, q: complex) -> Array:
        full, (mu, nu) = back @ (x - shift), turn @ np.array([p, q])
        added = full[c:] - bend @ full[:c] ** 2
        step = multipliers * added + bend @ full[:c] ** 2 if core.is_map else rates * added
        total = np.concatenate([core.f(full[:c], mu, nu), step])
        return a @ total + shift if core.is_map else a @ total

    def family(q: float) -> Problem:
        make = map_problem if core.is_map else Problem

        def jacobian(x: Array, p: float) -> Array:
            return np.stack([field(x + 1j * H * e * unit[i], p, q).imag / H / unit[i]
                             for i, e in enumerate(np.eye(n))], axis=-1)  # fmt: skip

        def by_p(x: Array, p: float) -> Array:
            return np.asarray(field(x + 0j, p + 1j * H, q).imag / H)

        plain = lambda x, p: np.asarray(field(x, p, q))  # noqa: E731
        return make(plain, jacobian, by_p) if exact else make(plain)

    y, parameters = core.start[:c], np.linalg.solve(turn, core.start[c:])
    full = np.concatenate([y, bend @ y**2])
    return Case(family, np.append(a @ full + shift, parameters[0]), float(parameters[1]), shift)


def found(name: str, case: Case) -> list[SpecialPoint]:
    """The points of the kind on the half of the curve that has some."""
    kind, of, _ = CASES[name]
    point = special_point(case.family(case.q0), case.start[:-1], case.start[-1], STEP)
    assert point.kind == of
    for direction in sorted((1, -1), key=lambda d: d * case.q0):
        curve = TRACERS[of](case.family, point, case.q0, (-0.9, 0.9), direction, STEP)
        points = [q for q in curve.special if q.kind == kind]
        if points:
            return points
    return []


@pytest.mark.slow
@pytest.mark.parametrize(("i", "name"), list(enumerate(CASES)))
def test_the_point_is_found_located_and_named(i: int, name: str) -> None:
    case = embedded(CASES[name][2], seed=i, extra=1 + i % 2, scales=i % 3 > 0, exact=i % 5 > 0)
    points = found(name, case)
    point = min(points, key=lambda q: abs(q.p) + abs(q.coefficients["q"]))
    assert all(q.located for q in points)
    assert point.residual < PLACE
    # differences of a function that is given without derivatives leave six digits less
    assert max(abs(point.p), abs(point.coefficients["q"])) < (PLACE if i % 5 else 1e-8)


@pytest.mark.parametrize("is_map", [False, True])
@pytest.mark.parametrize("seed", range(8))
def test_the_nearest_pair_has_the_sign_of_the_product_over_all_pairs(
    seed: int, is_map: bool
) -> None:
    """Beside an eigenvalue zero: a pair near the axis or the circle, and up to three that are real.

    Of λμ - 1 for multipliers, of λ + μ for rates.
    """
    rng = np.random.default_rng([seed, is_map])
    near, omega = rng.choice([-1.0, 1.0]) * rng.uniform(0.01, 0.1), rng.uniform(0.5, 2.5)
    pair = (1 + near) * np.exp(1j * omega) if is_map else near + 1j * omega
    real = rng.uniform(-0.6, 0.6, seed % 4) if is_map else rng.uniform(-3.0, -1.0, seed % 4)
    turn = rng.standard_normal((3 + real.size, 3 + real.size))
    block = np.diag([float(is_map), pair.real, pair.real, *real])
    block[1, 2], block[2, 1] = -pair.imag, pair.imag
    matrix = turn @ block @ np.linalg.inv(turn)
    make = map_problem if is_map else Problem
    problem = make(lambda x, p: matrix @ x, lambda x, p: matrix, lambda x, p: 0 * x)
    plain = InUnits(problem, Units.plain(turn.shape[0]))
    at = Critical(plain, np.zeros(turn.shape[0] + 1), turn[:, 0] / np.linalg.norm(turn[:, 0]), 0.0)
    others = combinations([pair, np.conj(pair), *real], 2)
    together = np.array([a * b - 1 if is_map else a + b for a, b in others])
    value, of = at.nearest_pair()
    assert value == pytest.approx(np.sign(together.prod().real) * abs(together[0]), rel=1e-8)
    assert at.problem.is_map == is_map
    assert abs(of.imag) == pytest.approx(pair.imag, rel=1e-8)


@pytest.mark.parametrize("seed", range(3))
def test_coefficients_of_a_cusp_are_those_of_the_unknowns_as_they_are(seed: int) -> None:
    """p - s³ + c s e with e = b s² in equilibrium, x = a (s, e) in units of very different size."""
    rng = np.random.default_rng(seed)
    units = Units(np.exp2(rng.integers(-12, 12, 3)), np.exp2(rng.integers(-12, 12, 2)))
    a = units.columns[:2, None] * rng.standard_normal((2, 2))
    (b, c, rate), back = rng.uniform(0.5, 2.0, 3), np.linalg.inv(a)

    def residual(x: Array, p: float) -> Array:
        s, e = back @ x
        return a @ [p - s**3 + c * s * e, rate * (b * s * s - e)]

    def jacobian(x: Array, p: float) -> Array:
        s, e = back @ x
        return a @ [[c * e - 3 * s * s, c * s], [2 * rate * b * s, -rate]] @ back

    problem = Problem(residual, jacobian, lambda x, p: a[:, 0]).measured(units.columns)
    vector = a[:, 0] / units.columns[:2]
    at = Critical(InUnits(problem, units), np.zeros(3), vector / np.linalg.norm(vector), 0.0)
    form, size = Degeneracy("cusp", coefficient).form(at), np.linalg.norm(a[:, 0])
    assert form["quadratic"] == pytest.approx(0.0, abs=1e-9 / size)
    assert form["cubic"] == pytest.approx(6 * (b * c - 1) / size**2, rel=1e-6)
    assert form["parameter"] == pytest.approx(size, rel=1e-12)
