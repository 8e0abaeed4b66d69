"""Oracles in general position: exact branches and special points in random coordinates.

A `Core` is an equation in few unknowns y and a parameter whose branch and special points are known
in closed form. `embedded` adds unknowns y_k with f_k = λ_k (y_k - h_k(y, p)), turns, shears and
scales all of them at random, multiplies F from the left, and shears x along p; `judged` traces the
branch and says everything that is wrong about it.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from continuation import Branch, Problem, SpecialPoint, StepOptions, branch_directions, trace_branch
from continuation.kinds import KINDS
from continuation.options import STEP

Array = np.ndarray
Function = Callable[[Array, float], Array]
Random = np.random.Generator

SAME_PLACE = 1e-2
"""A point found this near (relative to the distance of the next) is the expected one."""
PLACE = 1e-9
"""Its place must be right to this, in the units of the closed form."""
ANGLE = 1e-6
"""A stored tangent must be right to this angle."""
OFFSHOOT = 0.15
"""A half-branch is verified a step away: its chord may differ this much from its tangent."""
LIMITS = (-1.0, 1.0)
H = 1e-30
"""Of complex steps."""


@dataclass(frozen=True)
class Point:
    """A special point of a core, in its own coordinates.

    `tangent` is None where it is not checked; `offshoots` are the tangents of the branches that
    leave, both ways each, None where not checked.
    """

    kind: str
    z: Array
    tangent: Array | None = None
    offshoots: tuple[Array, ...] | None = None


@dataclass(frozen=True)
class Core:
    """A closed form: where its branch starts, what lies on it, and where it ends."""

    f: Function
    start: Array
    points: tuple[Point, ...]
    end: Array | None
    is_flow: bool = False
    direction: int = 1


@dataclass(frozen=True)
class Case:
    """A core in random coordinates: x = a (y, extra) + shear p; the branch starts at `start`."""

    name: str
    core: Core
    problem: Problem
    a: Array
    shear: Array
    start: Array

    def to_core(self, z: Array) -> Array:
        """Core coordinates (y, p) of a point (x, p), or of a direction."""
        full = np.linalg.solve(self.a, z[:-1] - self.shear * z[-1])
        return np.append(full[: self.core.start.size - 1], z[-1])


# -- closed forms ------------------------------------------------------------------------------


def _place(rng: Random) -> float:
    return float(rng.uniform(-0.4, 0.4))


def _slope(rng: Random) -> float:
    return float(rng.uniform(-1.5, 1.5))


def _sign(rng: Random) -> float:
    return float(rng.choice([-1.0, 1.0]))


def _size(rng: Random) -> float:
    return float(_sign(rng) * rng.uniform(0.5, 2.0))


def fold(rng: Random) -> Core:
    at, e, a = _place(rng), _size(rng), float(rng.uniform(0.5, 3.0))
    y = -np.sqrt((1 - at) / a)
    return Core(
        lambda y, p: e * np.array([p - at - a * y[0] ** 2]), np.array([y, 1.0]),
        (Point("fold", np.array([0.0, at]), np.array([1.0, 0.0])),), np.array([-y, 1.0]),
        direction=-1,
    )  # fmt: skip


def transcritical(rng: Random) -> Core:
    at, k, a = _place(rng), _size(rng), _slope(rng)
    b = a + _size(rng)
    c = float(rng.uniform(-0.35, 0.35) * abs(b - a))

    def f(y: Array, p: float) -> Array:
        m = p - at
        return k * np.array([(y[0] - a * m) * (y[0] - b * m - c * m**2)])

    start, end = (np.array([a * (p - at), p]) for p in LIMITS)
    z = np.array([0.0, at])
    return Core(
        f, start, (Point("transcritical", z, np.array([a, 1.0]), (np.array([b, 1.0]),)),), end
    )


def pitchfork(rng: Random) -> Core:
    at, b, d, a, e = _place(rng), _size(rng), _size(rng), _slope(rng), _slope(rng)

    def f(y: Array, p: float) -> Array:
        m = p - at
        w = y[0] - a * m - e * m * m
        return np.array([b * m * w + d * w**3])

    start, end = (np.array([a * (p - at) + e * (p - at) ** 2, p]) for p in LIMITS)
    z = np.array([0.0, at])
    return Core(
        f, start, (Point("pitchfork", z, np.array([a, 1.0]), (np.array([1.0, 0.0]),)),), end
    )


def cusp(rng: Random) -> Core:
    at, e, d = _place(rng), _size(rng), _size(rng)
    start, end = (np.array([np.cbrt((p - at) / d), p]) for p in LIMITS)
    point = Point("cusp", np.array([0.0, at]), np.array([1.0, 0.0]))
    return Core(lambda y, p: e * np.array([p - at - d * y[0] ** 3]), start, (point,), end)


def touch(rng: Random) -> Core:
    at, e, a, k = _place(rng), _size(rng), _slope(rng), _size(rng)

    def f(y: Array, p: float) -> Array:
        m = p - at
        w = y[0] - a * m
        return k * np.array([w * (w - e * m * m)])

    start, end = (np.array([a * (p - at), p]) for p in LIMITS)
    return Core(f, start, (Point("touch", np.array([0.0, at]), np.array([a, 1.0])),), end)


def isola(rng: Random) -> Core:
    at, r, k, q = _place(rng), float(rng.uniform(0.1, 0.5)), _size(rng), float(rng.uniform(0.5, 2))
    points = tuple(
        Point("fold", np.array([0.0, at + s * r]), np.array([1.0, 0.0])) for s in (-1.0, 1.0)
    )
    angle = float(rng.uniform(0.2, 1.2))
    start = np.array([r * np.sin(angle) / q, at + r * np.cos(angle)])
    return Core(
        lambda y, p: k * np.array([(p - at) ** 2 + (q * y[0]) ** 2 - r * r]), start, points, start
    )


def many_folds(rng: Random) -> Core:
    k, degree, h = _size(rng), int(rng.integers(3, 7)), float(rng.uniform(0.3, 0.9))
    polynomial = np.polynomial.chebyshev.Chebyshev.basis(degree).convert(
        kind=np.polynomial.Polynomial
    )
    c = h * polynomial.coef
    s = _sign(rng)

    def f(y: Array, p: float) -> Array:
        return k * np.array([p - sum(ci * (s * y[0]) ** i for i, ci in enumerate(c))])

    at = np.cos(np.arange(1, degree) * np.pi / degree)
    points = tuple(
        Point("fold", np.array([s * y, h * np.cos(degree * np.arccos(y))]), np.array([1.0, 0.0]))
        for y in at
    )
    outer = float(np.cosh(np.arccosh(1 / h) / degree))
    right, left = np.array([s * outer, 1.0]), np.array([-s * outer, (-1.0) ** degree])
    return Core(f, right, points, left, direction=-1)


def close_folds(rng: Random) -> Core:
    at, k, s = _place(rng), _size(rng), _sign(rng)
    gap = 10.0 ** float(rng.uniform(-4.5, -2))  # of the folds, in p
    e = (gap * 3 * np.sqrt(3) / 4) ** (2 / 3)
    y = np.sqrt(e / 3)
    points = tuple(
        Point("fold", np.array([w, at + s * (w**3 - e * w)]), np.array([1.0, 0.0])) for w in (y, -y)
    )
    ends = []
    for p in LIMITS:
        roots = np.roots([1.0, 0.0, -e, -s * (p - at)])
        ends.append(np.array([float(roots[np.argmin(np.abs(roots.imag))].real), p]))
    return Core(
        lambda y, p: k * np.array([s * (p - at) - y[0] ** 3 + e * y[0]]), ends[0], points, ends[1]
    )


def near_miss(rng: Random) -> Core:
    """Two branches that pass each other: the one that is followed bends onto the other's line."""
    at, k, a = _place(rng), _size(rng), _slope(rng)
    b = a + float(_sign(rng) * rng.uniform(0.5, 1.5))
    gap = 10.0 ** float(rng.uniform(-4, -2))
    d = (gap * (b - a) / 2) ** 2

    def f(y: Array, p: float) -> Array:
        m = p - at
        return k * np.array([(y[0] - a * m) * (y[0] - b * m) - d])

    def root(p: float, side: float) -> Array:
        m = p - at
        return np.array([((a + b) * m + side * np.sqrt((a - b) ** 2 * m * m + 4 * d)) / 2, p])

    side = _sign(rng)
    return Core(f, root(-1.0, side), (), root(1.0, side))


def d3(rng: Random) -> Core:
    at, k = _place(rng), _size(rng)

    def f(y: Array, p: float) -> Array:
        m = p - at
        return np.array([m * y[0] + k * (y[0] ** 2 - y[1] ** 2), m * y[1] - 2 * k * y[0] * y[1]])

    lines = tuple(np.array([np.cos(t), np.sin(t), -k]) for t in (0.0, 2 * np.pi / 3, 4 * np.pi / 3))
    return _at_rest(f, at, Point("branch point", np.zeros(3), np.array([0, 0, 1.0]), lines), 2)


def d4(rng: Random) -> Core:
    at, a, s = _place(rng), float(rng.uniform(0.5, 1.5)), _sign(rng)
    b = a + float(rng.uniform(0.5, 1.5))

    def f(y: Array, p: float) -> Array:
        m, u, v = p - at, y[0] ** 2, y[1] ** 2
        return np.array([y[0] * (m - s * (a * u + b * v)), y[1] * (m - s * (a * v + b * u))])

    lines = tuple(
        np.array([np.cos(t), np.sin(t), 0.0]) for t in (0.0, np.pi / 2, np.pi / 4, -np.pi / 4)
    )
    return _at_rest(f, at, Point("branch point", np.zeros(3), np.array([0, 0, 1.0]), lines), 2)


def _at_rest(f: Function, at: float, point: Point, size: int, is_flow: bool = False) -> Core:
    start, end = (np.append(np.zeros(size), p) for p in LIMITS)
    z = np.append(np.zeros(size), at)
    return Core(f, start, (replace(point, z=z),), end, is_flow)


def _rotation(y: Array, growth: float, omega: float, cubic: float) -> Array:
    r = y[0] ** 2 + y[1] ** 2
    return np.array(
        [
            growth * y[0] - omega * y[1] + cubic * r * y[0],
            omega * y[0] + growth * y[1] + cubic * r * y[1],
        ]
    )


def hopf(rng: Random) -> Core:
    at, omega, cubic = _place(rng), float(rng.uniform(0.05, 3.0)), _size(rng)
    b = _size(rng)
    point = Point("hopf", np.zeros(3), np.array([0, 0, 1.0]))
    return _at_rest(lambda y, p: _rotation(y, b * (p - at), omega, cubic), at, point, 2, True)


def hopf_and_pitchfork(rng: Random) -> Core:
    """A Hopf point and a pitchfork on one branch, at different places."""
    first, second = -0.5 + 0.3 * rng.random(), 0.1 + 0.4 * rng.random()
    omega, b, d = float(rng.uniform(0.3, 3.0)), _size(rng), _size(rng)

    def f(y: Array, p: float) -> Array:
        return np.append(
            _rotation(y, p - first, omega, -1.0), b * (p - second) * y[2] + d * y[2] ** 3
        )

    points = (
        Point("hopf", np.array([0, 0, 0, first]), np.array([0, 0, 0, 1.0])),
        Point(
            "pitchfork", np.array([0, 0, 0, second]), np.array([0, 0, 0, 1.0]),
            (np.array([0, 0, 1.0, 0]),),
        ),
    )  # fmt: skip
    start, end = (np.append(np.zeros(3), p) for p in LIMITS)
    return Core(f, start, points, end, True)


def zero_hopf(rng: Random) -> Core:
    """A Hopf point and a pitchfork at one place."""
    at, omega, b, d = _place(rng), float(rng.uniform(0.3, 3.0)), _size(rng), _size(rng)
    c = _size(rng)

    def f(y: Array, p: float) -> Array:
        m = p - at
        return np.append(_rotation(y, c * m, omega, -1.0), b * m * y[2] + d * y[2] ** 3)

    point = Point("zero-hopf", np.zeros(4), np.array([0, 0, 0, 1.0]), (np.array([0, 0, 1.0, 0]),))
    return _at_rest(f, at, point, 3, True)


def double_hopf(rng: Random) -> Core:
    at, first = _place(rng), float(rng.uniform(0.3, 1.2))
    second, b, c = first * float(rng.uniform(1.5, 3.0)), _size(rng), _size(rng)

    def f(y: Array, p: float) -> Array:
        m = p - at
        return np.append(
            _rotation(y[:2], b * m, first, -1.0), _rotation(y[2:], c * m, second, -1.0)
        )

    return _at_rest(f, at, Point("double hopf", np.zeros(5), np.array([0, 0, 0, 0, 1.0])), 4, True)


CORES: dict[str, Callable[[Random], Core]] = {
    make.__name__: make
    for make in (
        fold, transcritical, pitchfork, cusp, touch, isola, many_folds, close_folds, near_miss,
        d3, d4, hopf, hopf_and_pitchfork, zero_hopf, double_hopf,
    )
}  # fmt: skip


# -- random coordinates ------------------------------------------------------------------------


def _matrix(rng: Random, n: int, condition: float | None) -> Array:
    """A random matrix, by default of condition 4 at most: rotation, stretching, rotation."""
    q, r = (np.linalg.qr(rng.standard_normal((n, n)))[0] for _ in range(2))
    if condition is None:
        return np.asarray(q @ np.diag(rng.uniform(0.5, 2.0, n)) @ r)
    return np.asarray(q @ np.diag(rng.permutation(np.geomspace(1, condition, n))) @ r) / np.sqrt(
        condition
    )


def embedded(
    name: str,
    seed: int,
    dimension: int | None = None,
    scales: bool = False,
    exact: bool = True,
    condition: float | None = None,
) -> Case:
    """A core of the given name in random coordinates.

    Parameters
    ----------
    name : str
        Of `CORES`.
    seed : int
    dimension : int, optional
        Number of unknowns; at random from 1 (or what the core needs) to 8.
    scales : bool
        Every unknown in a unit of its own from 1e-6 to 1e6, and every equation too.
    exact : bool
        With first derivatives (by complex steps); else they are left to differences.
    condition : float, optional
        Of the coordinates, and of the combinations of equations.
    """
    rng = np.random.default_rng([seed, sum(map(ord, name))])
    core = CORES[name](rng)
    c = core.start.size - 1
    n = max(c, dimension or int(rng.integers(c, 9)))
    rates = rng.uniform(0.5, 3.0, n - c) * rng.choice([-1.0, 1.0], n - c)
    bend, tilt = rng.uniform(-0.7, 0.7, (n - c, c)), rng.uniform(-0.7, 0.7, n - c)
    a, shear = _matrix(rng, n, condition), rng.uniform(-1.0, 1.0, n)
    left = _matrix(rng, n, condition)
    if scales:
        unit = 10.0 ** rng.uniform(-6, 6, n)
        a, shear = unit[:, None] * a, unit * shear
        left = 10.0 ** rng.uniform(-6, 6, n)[:, None] * left
    left = a if core.is_flow else left
    back = np.linalg.inv(a)

    def at(full: Array, p: complex) -> Array:
        extra = rates * (full[c:] - bend @ full[:c] ** 2 - tilt * p**2)
        return np.asarray(left @ np.concatenate([core.f(full[:c], p), extra]))

    def residual(x: Array, p: float) -> Array:
        return at(back @ (x - shear * p), p)

    def jacobian(x: Array, p: float) -> Array:
        full = back @ (x - shear * p)
        return np.stack([at(full + 1j * H * v, p).imag / H for v in back.T], axis=-1)

    def by_p(x: Array, p: float) -> Array:
        full = back @ (x - shear * p) - 1j * H * (back @ shear)
        return np.asarray(at(full, p + 1j * H).imag / H)

    z = core.start
    full = np.concatenate([z[:-1], bend @ z[:-1] ** 2 + tilt * z[-1] ** 2])
    problem = Problem(residual, jacobian, by_p) if exact else Problem(residual)
    return Case(name, core, problem, a, shear, a @ full + shear * z[-1])


# -- the judge ---------------------------------------------------------------------------------


def traced(case: Case, step: StepOptions = STEP) -> Branch:
    """The branch of a case."""
    return trace_branch(
        case.problem, case.start, case.core.start[-1], LIMITS, case.core.direction, step
    )


@dataclass(frozen=True)
class Verdict:
    """What is wrong about a branch, and the largest error of a place that is said to be exact."""

    faults: tuple[str, ...]
    error: float = 0.0


def verdict(case: Case, branch: Branch) -> Verdict:
    """Everything that is wrong about a branch: missed, false, mislabelled, unlocated, ...

    Hopf points count only where F is a flow: multiplied from the left it makes pairs of its own.
    """
    found = [
        q
        for q in branch.special
        if KINDS[q.kind].codimension and (case.core.is_flow or KINDS[q.kind].gradient)
    ]
    places = [case.to_core(q.point) for q in found]
    wrong: list[str] = []
    errors, taken = [0.0], set[int]()
    for point in case.core.points:
        near = _reach(point, case.core.points)
        free = [i for i in range(len(found)) if i not in taken]
        i = min(free, key=lambda i: np.linalg.norm(places[i] - point.z), default=None)
        if i is None or np.linalg.norm(places[i] - point.z) > near:
            wrong.append(f"missed: {point.kind}")
            continue
        taken.add(i)
        errors += [float(np.linalg.norm(places[i] - point.z))] * found[i].located
        wrong += _wrong_about(case, found[i], point, places[i])
    wrong += [f"false: {q.kind}" for i, q in enumerate(found) if i not in taken]
    last = case.to_core(np.append(branch.x[-1], branch.p[-1]))
    if np.linalg.norm(last - case.core.end) > PLACE:
        wrong.append(f"lost: {branch.stop_reason}")
    return Verdict(tuple(wrong), max(errors))


def _reach(point: Point, points: tuple[Point, ...]) -> float:
    gaps = [float(np.linalg.norm(point.z - q.z)) for q in points if q is not point]
    return min([SAME_PLACE, *(gap / 3 for gap in gaps)])


def _wrong_about(case: Case, q: SpecialPoint, point: Point, place: Array) -> list[str]:
    wrong = []
    if q.kind != point.kind:
        wrong.append(f"mislabelled: {point.kind} as {q.kind}")
    if not q.located:
        wrong.append(f"unlocated: {point.kind}")
    elif np.linalg.norm(place - point.z) > PLACE:
        wrong.append(f"misplaced: {point.kind}")
    if point.tangent is not None and _angle(case, q.tangent, point.tangent) > ANGLE:
        wrong.append(f"wrong tangent: {point.kind}")
    if point.offshoots is not None and KINDS[q.kind].branching:
        wrong += _wrong_offshoots(case, q, point)
    return wrong


def _angle(case: Case, found: Array, expected: Array) -> float:
    """Between lines, without the loss of digits of a cosine."""
    u, v = _unit(case.to_core(found)), _unit(expected)
    return float(min(np.linalg.norm(u - v), np.linalg.norm(u + v)))


def _unit(v: Array) -> Array:
    return np.asarray(v / np.linalg.norm(v))


def _wrong_offshoots(case: Case, q: SpecialPoint, point: Point) -> list[str]:
    offered = [_unit(case.to_core(o.direction)) for o in branch_directions(case.problem, q)]
    assert point.offshoots is not None
    expected = [s * _unit(line) for line in point.offshoots for s in (1.0, -1.0)]
    missing = [e for e in expected if not any(np.linalg.norm(e - o) < OFFSHOOT for o in offered)]
    extra = [o for o in offered if not any(np.linalg.norm(e - o) < OFFSHOOT for e in expected)]
    double = len(offered) - len(extra) > len(expected) - len(missing)
    wrong = [f"offshoot missed: {point.kind}"] if missing else []
    wrong += [f"offshoot false: {point.kind}"] if extra else []
    return wrong + ([f"offshoot twice: {point.kind}"] if double else [])


def judged(name: str, seed: int, **options: bool | float | None) -> Verdict:
    """Verdict on one draw; an error that the engine raises is a fault."""
    case = embedded(name, seed, **options)
    try:
        return verdict(case, traced(case))
    except Exception as error:  # any error is a fault of the engine
        return Verdict((f"raised: {type(error).__name__}: {error}",))


def drawn(name: str, seed: int) -> Verdict:
    """A draw of the survey: half without first derivatives, half of either in random units."""
    return judged(name, seed, exact=bool(seed % 2), scales=seed % 4 >= 2)
