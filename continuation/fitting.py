"""The units of a run: of each unknown, of the parameter and of each equation.

Of the parameter the range of its limits; of each unknown the larger of its size and of what it
changes by while the parameter changes by its unit; of each equation the size of its row of the
Jacobian in them. Where that is of order one nothing is scaled. Arclength, Newton, tolerances and
differences are meant in these units; points and eigenvalues stay in those of the user. Units grow
with the branch (`grown`), and shrink where it turns too sharply in them (`turned_to`).
"""

from typing import Any

import numpy as np
from scipy import linalg, sparse
from scipy.sparse.linalg import splu

from continuation import differences
from continuation.arrays import Array, as_point
from continuation.errors import InvalidInputError
from continuation.linalg import KERNEL_TOLERANCE as RANK
from continuation.options import StepOptions
from continuation.problem import AnyProblem
from continuation.scaling import ROUNDING_OF_UNKNOWNS, Units, largest, power_of_two, scaled

__all__ = [
    "farthest",
    "fitting",
    "given_scale",
    "grown",
    "measured",
    "shortened",
    "turned_to",
    "typical",
]

PLAIN_RANGE = (0.05, 50.0)
"""Sizes of an unknown, and limits between which the range of the parameter, needs no scaling."""

FAR, FAR_BESIDE = 1e1, 1e1
"""An unknown that is larger by this factor than the length over which dF/dx changes is counted from
where it starts: as 1e6 ± 1, of which only the ± 1 matters. That is asked where it is larger than
its response by the other factor; beside a singular point responses are large."""

FARTHEST = 1e3
"""Tolerances are parts of the size of a state up to so many units; one that lies farther from zero
has the unit of what it changes by, and they are parts of that."""

OUTGROWN = 4.0
"""An unknown that was small outgrows its unit sooner: it may be of order one before long."""

PLAIN_ROWS = (1e-3, 1e3)
"""Sizes between which a row of the Jacobian needs no scaling."""

EMPTY = 1e-14
"""A row of the Jacobian below this part of the largest is rounding, as along a family."""

NEARBY = 0.1
"""Where F is evaluated to see the size of its terms, in parts of the unknowns."""

ROUNDINGS = 1e-13
"""Rounding of F in parts of its terms."""

WEAK = 1e-8
"""An unknown by whose size no equation changes by more than this part has no size yet."""

FULL_RANK = 1e-13
"""A singular value above this part of the largest may be that of a slow rate beside fast ones."""

JACOBIAN = {False: 1e-14, True: 1e-7}
"""Whether dF/dx is by differences -> rounding of a row of it, in parts of its largest entry."""

PLAIN_DIMENSION = 64
"""Number of unknowns up to which their scale is tried one by one where they are zero."""

TRIED = 10.0 ** np.arange(-12.0, 13.0)
"""Lengths that are tried for an unknown that is zero and stays so."""


def fitting(problem: AnyProblem, z: Array, step: StepOptions, limits: tuple[float, float]) -> Units:
    """Units of a run that starts at z = (x, p), (n + 1,): those the user gives, else found."""
    n = z.size - 1
    parameter = step.parameter_scale or _parameter_unit(limits, float(z[-1]))
    given = problem.unit if step.state_scale is None else step.state_scale
    if step.state_scale is None and problem.unit == 1.0:
        return Units(as_point(np.ones(n), parameter), np.ones(n))
    with np.errstate(all="ignore"):
        a = problem.full_jacobian(z)
        if given is None:
            sizes = _sizes(problem, z, parameter)
            if np.isfinite(farthest(problem, step, limits)):
                sizes = _changes_far_away(problem, z, parameter, sizes)
            state = np.where(_plain(sizes, PLAIN_RANGE), 1.0, power_of_two(sizes))
        else:
            state = given_scale(given, n)
        columns = np.append(state, parameter)
        return Units(columns, _row_units(a, columns))


def farthest(problem: AnyProblem, step: StepOptions, limits: tuple[float, float]) -> float:
    """Units from zero up to which a state is measured from there: all where units are given.

    Found units may be those of what changes far from zero, where limits say how far the parameter
    goes: Newton's method alone holds it.
    """
    found = step.state_scale is None and problem.adapts and np.isfinite(limits).all()
    return FARTHEST if found else np.inf


def typical(
    problem: AnyProblem, points: Array, step: StepOptions, limits: tuple[float, float]
) -> Units:
    """Units that fit most of three points (3, n + 1) of a branch.

    One at which an unknown passes zero, or that is singular, does not tell sizes. Where the branch
    itself tells of only some unknowns, the Jacobian does: the units of the unknowns are balanced,
    and as large as before on the whole.
    """
    columns = np.median([fitting(problem, z, step, limits).columns for z in points], axis=0)
    matrices = [problem.full_jacobian(z) for z in points]
    if step.state_scale is None and problem.adapts:
        rows = np.ones(columns.size - 1)
        change = Units(columns, rows).rebalanced(matrices, False).columns[:-1] / columns[:-1]
        columns[:-1] *= power_of_two(change / np.median(change))
    return Units(columns, _row_units(matrices[0], columns))


def _row_units(a: Any, columns: Array) -> Array:
    rows = largest(abs(a), np.ones(a.shape[0]), columns)[0]
    known = np.isfinite(rows) & (rows > EMPTY * np.nanmax(rows, initial=0.0))
    rows = np.where(known, rows, 1.0)
    if _plain(rows, PLAIN_ROWS).all():
        return np.ones(rows.size)
    return 1.0 / power_of_two(rows)


def given_scale(scale: Any, n: int) -> Array:
    """What the user says counts as 1 in each of n unknowns, checked."""
    state = np.asarray(scale, dtype=float)
    if state.shape not in ((), (n,)):
        raise InvalidInputError(
            f"state_scale must be one number or one per unknown, shape ({n},), got {state.shape}."
        )
    return np.broadcast_to(state, (n,))


def _parameter_unit(limits: tuple[float, float], p: float) -> float:
    """Range of the limits, where both are finite, brought to what needs no scaling."""
    extent = limits[1] - limits[0]
    if not np.isfinite(extent):
        extent = max((abs(b - p) for b in limits if np.isfinite(b)), default=abs(p))
    if not extent > 0:
        return 1.0
    return float(max(1.0, extent / PLAIN_RANGE[1]) * min(1.0, extent / PLAIN_RANGE[0]))


def _sizes(problem: AnyProblem, z: Array, parameter: float) -> Array:
    """Size of each unknown (n,), positive."""
    sizes = np.maximum(np.abs(z[:-1]), _response(problem, z, parameter))
    known = np.isfinite(sizes) & (sizes > ROUNDING_OF_UNKNOWNS * max(float(sizes.max()), parameter))
    sizes = _mattering(problem.full_jacobian(z), np.where(known, sizes, 0.0), parameter)
    return _reaches(problem, z, parameter, sizes)


def _changes_far_away(problem: AnyProblem, z: Array, parameter: float, sizes: Array) -> Array:
    """Sizes, those of unknowns far from zero replaced by the lengths over which dF/dx changes."""
    is_far = np.abs(z[:-1]) > PLAIN_RANGE[1]
    if not is_far.any() or z.size - 1 > PLAIN_DIMENSION:
        return sizes
    is_far &= sizes > FAR_BESIDE * _response(problem, z, parameter)
    sizes = sizes.copy()
    for j in np.flatnonzero(is_far):
        reach = _reach(problem, z, int(j), parameter, sizes[j])
        sizes[j] = reach if sizes[j] > FAR * reach else sizes[j]
    return sizes


def _mattering(a: Any, sizes: Array, parameter: float) -> Array:
    """Sizes, zero for those by which no equation changes: what is left of an unknown is rounding.

    An unknown in small units has large entries in [dF/dx, dF/dp].
    """
    n, columns = sizes.size, np.append(sizes, parameter)
    across = largest(abs(a), np.ones(n), columns)[0]
    most = float(columns.max()) * largest(abs(a), np.ones(n), np.ones(n + 1))[0]
    rows = np.divide(1.0, across, out=np.zeros(n), where=across > ROUNDING_OF_UNKNOWNS * most)
    strength = largest(abs(a), rows, columns)[1][:-1]
    return np.where((strength > 0) & (strength < WEAK), 0.0, sizes)


def _response(problem: AnyProblem, z: Array, parameter: float) -> Array:
    """|dx/dp| (n,) times the unit of the parameter; off the kernel where dF/dx is singular."""
    a, n = problem.full_jacobian(z), z.size - 1
    units = Units.balancing([a], parameter, problem.symmetric)
    a = scaled(a, units.rows, units.columns)
    is_sparse: bool = sparse.issparse(a)
    for rank in (RANK,) if is_sparse else (FULL_RANK, RANK):
        try:
            slope = _sparse_response(a) if is_sparse else linalg.lstsq(a[:, :n], a[:, n], rank)[0]
        except (RuntimeError, ValueError, linalg.LinAlgError):
            return np.zeros(n)
        if (np.abs(slope) < 1.0 / RANK).all():
            return np.abs(slope) * units.columns[:n]
    return np.zeros(n)


def _sparse_response(a: Any) -> Array:
    n = a.shape[0]
    return np.asarray(splu(a[:, :n]).solve(a[:, [n]].toarray().ravel()))


def _reaches(problem: AnyProblem, z: Array, parameter: float, sizes: Array) -> Array:
    """Sizes, those that are zero replaced by the length over which dF/dx changes.

    That is the length over which a row of it changes by as much as while the parameter changes by
    its unit: on a branch that is zero all along nothing else tells of it.
    """
    unknown = np.flatnonzero(sizes == 0)
    if not unknown.size:
        return sizes
    if z.size - 1 > PLAIN_DIMENSION:
        return np.where(sizes == 0, 1.0, sizes)
    sizes = sizes.copy()
    for j in unknown:
        sizes[j] = _reach(problem, z, int(j), parameter)
    return sizes


def _reach(problem: AnyProblem, z: Array, j: int, parameter: float, untold: float = 1.0) -> float:
    """The length of one unknown; where no row of dF/dx moves with the parameter, that of a fold.

    There dF/dx times the length changes by as much as F while the parameter changes by its unit.
    """
    here = problem.jacobian(z[:-1], float(z[-1]))
    plain = np.ones(z.size - 1)

    def rows(k: int, length: float) -> Array:
        y = z.copy()
        y[k] += length
        change = problem.jacobian(y[:-1], float(y[-1])) - here
        return np.asarray(largest(abs(change), plain, plain)[0])

    rounding = JACOBIAN["jacobian" in problem.differenced] * largest(abs(here), plain, plain)[0]
    by_parameter = rows(z.size - 1, parameter)
    tells = by_parameter > rounding
    pushed = parameter * np.abs(problem.dresidual_dp(z[:-1], float(z[-1])))
    for length in TRIED:
        change = rows(j, length)
        moved = change >= by_parameter if tells.any() else change * length >= pushed
        if not np.isfinite(change).all():
            return float(length)
        if (moved & (change > rounding) & (tells if tells.any() else pushed > 0)).any():
            return float(length)
    return untold


def _plain(sizes: Array, extent: tuple[float, float]) -> Any:
    return (sizes >= extent[0]) & (sizes <= extent[1])


def grown(
    units: Units, z: Array, begin: Array, step: StepOptions, problem: AnyProblem,
    limits: tuple[float, float],
) -> Units:  # fmt: skip
    """Units adapted to the points z (m, n + 1) passed since: larger where those outgrew them.

    The parameter has its own by limits that are finite, however far from zero they lie; an unknown
    that began far from zero beside its unit, in the point `begin` (n + 1,), is counted from there.
    """
    free = np.append(
        np.full(z.shape[1] - 1, step.state_scale is None and problem.adapts),
        step.parameter_scale is None and not np.isfinite(limits).all(),
    )
    origin = np.where(np.abs(begin) > FAR * units.columns, begin, 0.0)
    size = np.abs(z - origin).max(axis=0)
    room = np.where(units.columns < 1.0, OUTGROWN, PLAIN_RANGE[1])
    outgrown = free & np.isfinite(size) & (size > room * units.columns)
    if not outgrown.any():
        return units
    columns = units.columns.copy()
    columns[outgrown] = power_of_two(size[outgrown])
    return Units(columns, _row_units(problem.full_jacobian(z[-1]), columns))


def turned_to(
    units: Units, tangent: Array, z: Array, step: StepOptions, problem: AnyProblem
) -> Units:
    """Units in which no unknown moves by less than the parameter along a tangent (n + 1,).

    Where the branch turns too sharply in the present ones they are too long for what it does.
    """
    if step.state_scale is not None or not problem.adapts or tangent[-1] == 0:
        return units
    by_parameter = np.abs(tangent[:-1] / tangent[-1]) * units.columns[-1]
    shorter = (by_parameter > 0) & (by_parameter < units.columns[:-1] / 2)
    columns = units.columns.copy()
    columns[:-1][shorter] = power_of_two(by_parameter[shorter])
    return Units(columns, _row_units(problem.full_jacobian(z), columns))


def measured(problem: AnyProblem, z: Array, scale: Any = None) -> AnyProblem:
    """The problem with the lengths (n + 1,) over which F changes near z, if it is differenced.

    They are looked for around the scale of the unknowns, where it is given, else around their size
    at z: far beyond it other terms may rule.
    """
    if not problem.differenced:
        return problem
    size, n = np.abs(z), z.size - 1
    has_size = size > ROUNDING_OF_UNKNOWNS * max(1.0, float(size.max()))
    guesses = np.where(has_size, size, 1.0)
    if scale is not None:
        guesses[:-1] = given_scale(scale, n)
    is_blind = ~has_size & (scale is None) & (n <= PLAIN_DIMENSION)
    most = np.maximum(1.0, guesses)

    def residual(y: Array) -> Array:
        return np.asarray(problem.residual(y[:-1], float(y[-1])), dtype=float)

    def noise() -> Array:
        nearby = [residual(z + NEARBY * guesses * sign) for sign in _signs(z.size)]
        return ROUNDINGS * np.nan_to_num(np.abs(nearby), posinf=0.0).max(axis=0)

    by_unknown = [differences.moved(residual, z, j) for j in range(z.size)]
    with np.errstate(all="ignore"):
        left = noise()
        for j in np.flatnonzero(is_blind):
            guesses[j] = differences.nearer(by_unknown[j], guesses[j], left)
        left = noise() if is_blind.any() else left
        lengths = [
            differences.length(function, guess, longest, left)
            for function, guess, longest in zip(by_unknown, guesses, most, strict=True)
        ]
    return problem.measured(np.array(lengths))


def shortened(problem: AnyProblem, z: Array, units: Units) -> AnyProblem:
    """The problem with lengths that are no longer than the units of unknowns far from zero."""
    is_far = np.abs(z) > FAR * units.columns
    is_far[-1] = False
    if not problem.differenced or not is_far.any():
        return problem
    lengths = problem.lengths_at(z)
    return problem.measured(np.where(is_far, np.minimum(lengths, units.columns), lengths))


def _signs(n: int) -> Array:
    """Some corners of a cube, always the same."""
    return np.random.default_rng(0).choice((-1.0, 1.0), size=(3, n))
