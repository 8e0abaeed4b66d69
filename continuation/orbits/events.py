"""Special orbits between two orbits of a branch: which there are, where, and by which equations.

The parameter's part of the tangent changes its sign at a fold; products over multipliers do at
-1 (period doubling), at 1 off a fold (branch point) and where two multiply to 1 (torus, if they are
complex). A root along the branch is a first guess; Newton on the equations of `critical` decides.
"""

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations

import numpy as np
from scipy.optimize import brentq

from continuation import step_arrays, stepper
from continuation.arrays import Array
from continuation.options import NewtonOptions
from continuation.orbits.collocation import Collocation
from continuation.orbits.critical import (
    BranchPointOrbit,
    Critical,
    Doubling,
    FoldOrbit,
    Plane,
    Torus,
)
from continuation.orbits.elimination import solver
from continuation.orbits.flow import Flow
from continuation.orbits.mesh import MESH
from continuation.orbits.orbit import Orbit, SpecialOrbit
from continuation.orbits.periodic import trivial
from continuation.orbits.walk import Walk, free_walk

__all__ = ["Between", "Local", "adjoint_null", "special_kinds", "special_orbits", "vanished"]

FINENESS = (0.1, 1e-2, 1e-5)
"""Parts of a step to which the root of a test function is found before Newton takes over, more and
more finely, where the line between the values at both ends is not enough."""

ROUNDING = 1e-7
"""A test that changes its sign between smaller values is zero all along, as on families of orbits
at one value of the parameter."""

COMPLEX = 1e-6
"""Angle from which a pair is one of complex multipliers; below it is a neutral saddle."""

NEAR = 0.5
"""Newton may lead from the root along the branch by this part of the step."""

LOST = 1e-2
"""Where the trivial multiplier is off by more, multipliers are rounding: as close to homoclinic
orbits, where others grow without bound."""

BEYOND = 1e6
"""A real multiplier that changes its sign between two values beyond this one has not come through
0: its inverse has, by the error of the mesh, and products over multipliers change their signs."""

SOLVED = 1e-8
"""Largest residual of the defining equations at a located orbit, in the units of the run."""

MORE = NewtonOptions(max_iterations=20)
"""For defining equations, whose derivatives are partly by differences."""


@dataclass(frozen=True, eq=False)
class Local:
    """The branch at an orbit, or somewhere between two."""

    z: Array
    tangent: Array
    multipliers: Array

    @cached_property
    def tests(self) -> dict[str, float]:
        """Values of all test functions."""
        return {kind: test(self) for kind, test in TESTS.items()}

    @cached_property
    def is_reliable(self) -> bool:
        """Whether the multiplier that is 1 is found as such; others are no better than it."""
        values = self.multipliers.tolist()
        finite = all(math.isfinite(v.real) and math.isfinite(v.imag) for v in values)
        return finite and min(abs(v - 1.0) for v in values) <= LOST


def vanished(walk: Walk) -> bool:
    """Whether the orbit went through zero size on a step: then it is the same branch backwards."""
    before, after = (walk.collocation.split(walk.vectors[i])[0]
                     for i in (stepper.OLD_POINT, stepper.POINT))  # fmt: skip
    centred = before - np.add.reduce(before) / len(before)
    return bool(np.vdot(centred, after) < 0)


class Between:
    """The last step of a walk, with the branch on the way.

    Parameters
    ----------
    walk : Walk
    orbit_of : callable
        From unknowns to an `Orbit`.
    index : int
        Of the orbit before.
    """

    def __init__(self, walk: Walk, orbit_of: Callable[[Array], Orbit], index: int) -> None:
        self.walk, self.orbit_of, self.index = walk, orbit_of, index
        v = walk.vectors
        self.ends = v[[stepper.OLD_POINT, stepper.POINT]]
        self.tangents = v[[stepper.OLD_TANGENT, stepper.TANGENT]]
        self.length = walk.norm(self.ends[1] - self.ends[0])
        self.last: tuple[float, Local | None] = (np.nan, None)

    def vanishing(self) -> Array:
        """Unknowns about where the size is zero."""
        nodes = [self.walk.collocation.split(z)[0] for z in self.ends]
        before, after = (float(np.abs(x - x.mean(axis=0)).max()) for x in nodes)
        part = before / (before + after)
        return np.asarray((1 - part) * self.ends[0] + part * self.ends[1])

    def guess(self, s: float) -> tuple[Array, Array]:
        """Point and tangent of the cubic through both ends, s in [0, 1]."""
        z, tangent = np.empty((2, self.ends[0].size))
        ahead = (self.ends[1], self.tangents[1], self.ends[0], self.tangents[0], self.length)
        step_arrays.predict(z, *ahead, (s - 1.0) * self.length)
        step_arrays.interpolated_tangent(tangent, *ahead, s, self.walk.weight)
        return z, tangent

    def place(self, z: Array) -> float:
        """Where on the step a point lies, 0 at the orbit before, 1 at the present one."""
        along = (self.ends[1] - self.ends[0]) * self.walk.weight
        return float(along @ (z - self.ends[0]) / (along @ (self.ends[1] - self.ends[0])))

    def at(self, s: float) -> Local:
        """The branch there; the cubic itself where Newton fails."""
        known = self.last[1]
        if known is None or self.last[0] != s:
            known = self._corrected(s)
            self.last = (s, known)
        return known

    def _corrected(self, s: float) -> Local:
        base, tangent = self.guess(s)
        z = base.copy()
        if self.walk.correct(z, base, tangent):
            tangent = self.walk.turned(tangent)
        else:
            z = base
        return Local(z, tangent, self.walk.spectrum())


Test = Callable[[Local], float]


def _fold(at: Local) -> float:
    return float(at.tangent[-1])


def _doubling(at: Local) -> float:
    return _product(v + 1.0 for v in at.multipliers.tolist())


def _simple(at: Local) -> float:
    """Derivative of the characteristic polynomial at 1: nothing need be left out."""
    apart = (1.0 - at.multipliers).tolist()
    if len(apart) == 2:
        return float(sum(v / max(1.0, _size(1.0 - v)) for v in apart).real)
    return sum(_product(apart[:i] + apart[i + 1 :]) for i in range(len(apart)))


def _pairs(at: Local) -> float:
    """Product of μᵢμⱼ - 1, the trivial multiplier left out."""
    values = at.multipliers.tolist()
    if len(values) < 3:
        return 1.0
    del values[trivial(at.multipliers)]
    return _product(a * b - 1.0 for a, b in combinations(values, 2))


def _product(values: Iterable[complex]) -> float:
    """Real product of factors, each at most of length one; NaN where a multiplier is infinite.

    Of a handful of numbers: as NumPy's arrays they would take several times as long.
    """
    product = 1.0 + 0.0j
    for v in values:
        product *= v / max(1.0, _size(v))
    return product.real


def _size(v: complex) -> float:
    """Modulus, infinite where it is no number of the machine."""
    return math.hypot(v.real, v.imag)


TESTS: dict[str, Test] = {
    "fold": _fold, "period doubling": _doubling, "branch point": _simple, "torus": _pairs,
}  # fmt: skip
"""Kind of a special orbit -> what changes its sign there."""


def special_orbits(
    between: Between, ends: list[Local], kinds: set[str], flow: Flow, unit: float
) -> list[SpecialOrbit]:
    """The special orbits of these kinds on a step from one orbit to another, in order."""
    found = [_found(between, ends, kind, flow, unit) for kind in sorted(kinds)]
    return [q for _, q in sorted(filter(None, found), key=lambda pair: pair[0])]


def special_kinds(ends: list[Local]) -> set[str]:
    """Kinds of special orbits on a step from one orbit to another."""
    if ends[0].multipliers.size < 2 or not all(end.is_reliable for end in ends):
        return set()
    before, after = (end.tests for end in ends)
    changed = {kind for kind in TESTS if _changes(before[kind], after[kind])}
    if changed and _through_infinity(*(end.multipliers for end in ends)):
        return changed & {"fold"}
    # a multiplier passes 1 at a fold, too
    return changed ^ {"branch point"} if "fold" in changed else changed


def _through_infinity(before: Array, after: Array) -> bool:
    """Whether the largest multiplier changes its sign without being small in between."""
    ends = complex(before[0]), complex(after[0])
    return ends[0].real * ends[1].real < 0 and all(
        v.imag == 0.0 and abs(v.real) > BEYOND for v in ends
    )


def _found(
    between: Between, ends: list[Local], kind: str, flow: Flow, unit: float
) -> tuple[float, SpecialOrbit] | None:
    """Where on the step it lies, and the special orbit; a nearer start where Newton needs one."""
    found = None
    for s in _starts(between, ends, kind):
        found = _located(between, kind, s, flow, unit)
        if found is None or found[1].located:
            break
    return found


def _starts(between: Between, ends: list[Local], kind: str) -> Iterator[float]:
    """Where on the step a test vanishes, nearer and nearer; nothing where its sign is the same."""
    low, high = (TESTS[kind](end) for end in ends)
    if not low * high < 0:
        return
    yield low / (low - high)

    def along(s: float) -> float:
        value = TESTS[kind](between.at(s)) if 0.0 < s < 1.0 else (low, high)[int(s)]
        # where Newton fails on the way, the line between both ends is as good a guess
        return value if np.isfinite(value) else (1 - s) * low + s * high

    for fine in FINENESS:
        yield float(brentq(along, 0.0, 1.0, xtol=fine, rtol=1e-6))


def _changes(before: float, after: float) -> bool:
    """Whether a test changes its sign, by more than rounding."""
    return before * after < 0 and max(abs(before), abs(after)) > ROUNDING


def _located(
    between: Between, kind: str, s: float, flow: Flow, unit: float
) -> tuple[float, SpecialOrbit] | None:
    """Where it lies, and the special orbit corrected on its own equations; none of a real pair."""
    local = between.at(s)
    if kind == "torus":
        pair = _critical_pair(local.multipliers)
        if abs(np.angle(pair)) < COMPLEX or abs(abs(np.angle(pair)) - np.pi) < COMPLEX:
            return None
    walk = between.walk
    builders = {"fold": _at_fold, "period doubling": _at_doubling, "torus": _at_torus,
                "branch point": _at_branch_point}  # fmt: skip
    system, vectors, extra = builders[kind](between, local, flow, unit)
    c = walk.collocation
    nodes, own = c.split(local.z)
    start = np.append(np.hstack([nodes, vectors]).ravel(), [*own, *extra, 0.0])
    solved = corrected(system, c, start)
    return _as_special(between, kind, local, solved, flow)


@dataclass(frozen=True, eq=False)
class Solved:
    """What Newton made of the defining equations."""

    collocation: Collocation
    z: Array
    converged: bool
    residual: float
    message: str


def corrected(system: Critical, on: Collocation, start: Array) -> Solved:
    """Newton on the equations of a special orbit, the second parameter held."""
    c = Collocation(system, on.mesh, on.scheme)
    c.refer(c.split(start)[0])
    t = np.zeros(start.size)
    t[-1] = 1.0
    walk = free_walk(c, start, t, MORE, MESH)
    y = start.copy()
    converged = walk.correct(y, start, t)
    residual = walk.residual(y)
    return Solved(c, y, converged and residual < SOLVED, residual, walk.message)


def _as_special(
    between: Between, kind: str, local: Local, solved: Solved, flow: Flow
) -> tuple[float, SpecialOrbit]:
    """Where it lies, and a special orbit in the units of the user; the guess if Newton failed."""
    walk, n = between.walk, flow.n
    nodes, own = solved.collocation.split(solved.z)
    z = np.append(nodes[:, :n].ravel(), own[:2])
    near = walk.norm(z - local.z) <= NEAR * between.length
    good = solved.converged and near
    if not good:
        z = local.z
    orbit = replace(between.orbit_of(z), multipliers=walk.spectrum_at(z))
    vector, slopes = _directions(between, kind, z, nodes[:, n:], own)
    count = vector.shape[1] // n
    special = SpecialOrbit(
        kind=kind, orbit=orbit, vector=vector * np.tile(flow.states, count),
        slopes=slopes * np.array([orbit.period / z[-2], flow.parameter]),
        coefficients={"angle": abs(float(own[2]))} if kind == "torus" else {},
        located=good, status="Newton on its own equations" if good else _why(solved, near),
        residual=solved.residual, index=between.index, meaning=orbit.meaning,
    )  # fmt: skip
    return between.place(z), special


def _why(solved: Solved, near: bool) -> str:
    if solved.converged and not near:
        return "Newton led away from where the branch was passed"
    return f"Newton on its own equations: {solved.message}"


def _directions(
    between: Between, kind: str, z: Array, vectors: Array, own: Array
) -> tuple[Array, Array]:
    """In which direction other orbits lie: states, and (period, parameter)."""
    if kind == "branch point":
        other = _other_branch(between, z)
        nodes, slopes = between.walk.collocation.split(other)
        return nodes, slopes
    slopes = np.zeros(2)
    if kind == "fold":
        slopes[0] = own[2]
    if kind == "torus" and own[2] < 0:  # the other of the pair
        real, imaginary = np.split(vectors, 2, axis=1)
        vectors = np.hstack([real, -imaginary])
    return vectors, slopes


# -- where Newton starts ---------------------------------------------------------------------------

Built = tuple[Critical, Array, list[float]]


def _at_fold(between: Between, local: Local, flow: Flow, unit: float) -> Built:
    """The tangent is the null vector."""
    nodes, slopes = between.walk.collocation.split(local.tangent)
    size = between.walk.norm(local.tangent)
    return FoldOrbit(Plane(flow), unit), nodes / size, [float(slopes[0]) / size]


def _at_doubling(between: Between, local: Local, flow: Flow, unit: float) -> Built:
    c, blocks = _blocks(between, local.z)
    one = np.eye(flow.n)
    v = _null(c, blocks[0], one, one)
    return Doubling(Plane(flow), unit), v, []


def _at_torus(between: Between, local: Local, flow: Flow, unit: float) -> Built:
    """A real problem of twice the size, singular twice."""
    c, blocks = _blocks(between, local.z)
    angle, n = abs(float(np.angle(_critical_pair(local.multipliers)))), flow.n
    twice = np.zeros((*blocks[0].shape[:2], 2 * n, 2 * n))
    twice[..., :n, :n] = twice[..., n:, n:] = blocks[0]
    system = Torus(Plane(flow), unit)
    turn = system.turn(np.array([0.0, 0.0, angle, 0.0]))[0]
    v = _null(c, twice, turn, -np.eye(2 * n), several=2)
    return system, v, [angle]


def _at_branch_point(between: Between, local: Local, flow: Flow, unit: float) -> Built:
    """A null vector of the adjoint problem."""
    c = between.walk.collocation
    nodes, (period, p) = c.split(local.z)
    w = adjoint_null(c, nodes, flow, float(p), float(period) * unit)
    return BranchPointOrbit(Plane(flow), unit), w, [0.0, 0.0]


def adjoint_null(c: Collocation, nodes: Array, flow: Flow, p: float, period: float) -> Array:
    """Nodes (K, n) of a null vector of the adjoint problem at an orbit, all in the flow's units."""
    one, (u, slopes) = np.eye(flow.n), c.at_points(nodes)
    adjoint = np.ascontiguousarray(-period * flow.jacobian(u, p).transpose(0, 2, 1))
    by_interval = adjoint.reshape(c.count, c.scheme.degree, flow.n, flow.n)
    f = flow.value(u, p)
    return _null(c, by_interval, one, -one, column=slopes / np.abs(slopes).max(), row=f * period)


def _critical_pair(multipliers: Array) -> complex:
    """Of the pairs the one nearest to the unit circle."""
    values = np.delete(multipliers, trivial(multipliers))
    i, j = np.triu_indices(values.size, 1)
    k = int(np.argmin(np.abs(values[i] * values[j] - 1.0)))
    return complex(values[i[k]])


def _blocks(between: Between, z: Array) -> tuple[Collocation, tuple[Array, ...]]:
    """Linearised equations of a periodic orbit."""
    walk = between.walk
    walk.linearise(z)
    return walk.collocation, walk.collocation.J.blocks


def _null(
    c: Collocation, jacobian: Array, first: Array, last: Array, several: int = 1,
    column: Array | None = None, row: Array | None = None,
) -> Array:  # fmt: skip
    """Nodes (K, n) of a solution of v' = A v, B v(0) + C v(1) = 0 that nearly is one.

    By bordering with random functions; with a further scalar (its column) and condition (its row).
    """
    count, m, n, _ = jacobian.shape
    random = np.random.default_rng(0)
    columns = [random.standard_normal((count * m, n)) for _ in range(several)]
    rows = [random.standard_normal((count * m, n)) for _ in range(several)]
    if column is not None and row is not None:
        columns, rows = [column, *columns], [row, *rows]
    h = np.repeat(c.h, m)[:, None, None]
    k, start = len(columns), count * m * n
    by_scalars = (h * np.stack(columns, axis=-1)).reshape(count, m * n, k)
    full = np.zeros((n + k, start + n))
    full[:n, :n], full[:n, start:] = first, last
    full[n:] = c.rows(np.stack(rows, axis=1))
    right = np.zeros((start + n + k, 1))
    right[start + n + (column is not None)] = 1.0
    solver()(
        c.h, c.scheme.values, c.scheme.slopes, np.ascontiguousarray(jacobian), by_scalars, full,
        np.zeros((n + k, k)), right, np.zeros((n, 2 * n)),
    )  # fmt: skip
    v = right[: start + n, 0].reshape(-1, n)
    size = np.sqrt(c.quadrature @ (c.at_points(v)[0] ** 2).sum(axis=1))
    return np.asarray(v / size)


def _other_branch(between: Between, z: Array) -> Array:
    """Direction of the branch that crosses: a null vector normal to the branch itself."""
    walk = between.walk
    c, (jacobian, by_scalars, full, scalars) = _blocks(between, z)
    count, m, n, _ = jacobian.shape
    start = count * m * n
    fp = walk.room[1]
    tangent = between.tangents[int(between.walk.norm(z - between.ends[1]) < between.length / 2)]
    random = np.random.default_rng(0)
    border = random.standard_normal((2, z.size))
    e = len(full) + 2
    columns = np.concatenate(
        [by_scalars, fp[:start].reshape(count, m * n, 1),
         np.repeat(c.h, m * n).reshape(count, m * n, 1) * border[0, :start].reshape(count, -1, 1)],
        axis=-1,
    )  # fmt: skip
    rows = np.vstack([tangent * walk.weight, border[1] * walk.weight])
    wide = np.vstack([full, rows[:, : start + n]])
    own = np.zeros((e, 3))
    own[:-2, :1], own[:-2, 1], own[-2:, :2] = scalars, fp[start:], rows[:, start + n :]
    right = np.zeros((start + n + 3, 1))
    right[-1] = 1.0
    solver()(
        c.h, c.scheme.values, c.scheme.slopes, jacobian, np.ascontiguousarray(columns), wide, own,
        right, np.zeros((n, 2 * n)),
    )  # fmt: skip
    v = right[:-1, 0]
    return np.asarray(v / walk.norm(v))
