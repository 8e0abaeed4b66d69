"""Special points along a branch: which steps contain one, and where on the branch.

Between consecutive samples an event is a change of sign: of the parameter's part of the tangent
(fold), of a growth rate (branch point, fold, Hopf; flip and Neimark-Sacker of maps), of a user
function, of p - target. A rate that turns back near zero is looked at more closely: it may touch
zero, or cross it twice. Signs of eigenvalues are counted, never multiplied into a determinant, so
that kernels of even dimension show. A rate that is zero all along (a line of solutions) is none.

The orientation sign det [[J, F_p], [tᵀ]] = sign(det J) sign(t_p) is constant along a branch but
for a change at every branch point with a kernel of odd dimension [1]_. Where the samples say that
it changed and no such branch point is found, the step has jumped to another branch, and is taken
again with half the length.

References
----------
.. [1] W. Govaerts, *Numerical Methods for Bifurcations of Dynamical Equilibria*, SIAM 2000, ch. 4.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from continuation.branch import SpecialPoint
from continuation.dips import halves_anywhere, resolve_dip, turns
from continuation.identify import Event, identify
from continuation.kinds import KINDS
from continuation.linalg import zero_tolerance
from continuation.locate import Local, Path
from continuation.normal_forms import UNRESOLVED
from continuation.rates import rates, tolerances
from continuation.stepper import S_SMALLEST
from continuation.workspace import Samples, Workspace

__all__ = ["EventFinder", "Jump"]

Array = np.ndarray

#: Roots nearer than this in u are one event.
MERGE = 1e-6
#: Special points nearer than this part of their bracket are one point, found by two tests.
SAME_POINT = 1e-5
#: Turns that the parameter does not resolve are one where they are this near to each other, as a
#: part of their bracket: the place of a flat one is known to few digits.
NEAR_TURN = 1e-2
#: A parameter that moves by less along a unit tangent moves by rounding, to either side.
FLAT = 1e-14
#: Samples kept from one chunk to the next.
TAIL = 4


class Jump(Exception):
    """The step after sample `index` seems to have reached another branch, at the coordinate `u`."""

    def __init__(self, index: int, u: float) -> None:
        super().__init__(index, u)
        self.index, self.u = index, u


@dataclass(frozen=True)
class Interval:
    """Samples low and high, between which the counts below differ (or a rate turned back)."""

    low: int
    high: int
    flips: bool
    orders: range
    parity: int


class EventFinder:
    """Finds the special points among new samples; knows which rates are always zero."""

    def __init__(
        self,
        workspace: Workspace,
        targets: Sequence[float],
        functions: Mapping[str, Callable[[Array, float], float]],
        singular: bool = True,
        known: Sequence[SpecialPoint] = (),
    ) -> None:
        self.workspace = workspace
        self.targets, self.functions = targets, functions
        self.always_zero = workspace.n
        self._last: tuple[Samples | None, tuple[Array, bool]] = (None, (np.zeros((0, 3)), False))
        self._found = [q for q in known if KINDS[q.kind].singular][-TAIL:]
        #: look for singular points; else only for folds, targets and user functions
        self.singular = singular

    def process(
        self, samples: Samples, first: int, offset: int, patient: bool = True
    ) -> list[SpecialPoint]:
        """Special points of the steps that end at row `first` or later, in order.

        Parameters
        ----------
        samples : Samples
            The last few known samples, then the new ones.
        first : int
            Row of the first new one.
        offset : int
            Index in the branch of row 0.
        patient : bool
            Raise `Jump` for a change without a point that explains it, instead of recording it.
        """
        table, is_quiet = self.counts(samples)
        self.always_zero = 0 if is_quiet else min(self.always_zero, int(table[:, 1].min()))
        if is_quiet and not self.targets and not self.functions:
            return []
        path = Path(self.workspace, samples, self.always_zero)
        if not self.singular:
            return [identify(path, [event], offset) for event in self._passages(path, first, [])]
        points: list[SpecialPoint] = []
        for interval in () if is_quiet else self._intervals(samples, table, first):
            points += self._explained(path, interval, offset, patient)
        for bounds, test in () if is_quiet else self._dips(samples, table, first):
            points += self._turned(path, bounds, test, offset, patient)
        for bounds in self._near_singular(samples, first, _rows(points, offset)):
            points += self._turned(path, bounds, _smallest, offset, False)
        points = self._distinct(points, self._found)
        self._found = [*self._found[-TAIL:], *points]
        folds = [
            path.coordinate(q.point, q.index - offset) for q in points if KINDS[q.kind].turning
        ]
        points += [identify(path, [event], offset) for event in self._passages(path, first, folds)]
        return sorted(points, key=lambda q: path.coordinate(q.point, q.index - offset))

    def at_end(self, samples: Samples, offset: int) -> list[SpecialPoint]:
        """The singular point that the last sample itself is, at a limit."""
        table, last = self.counts(samples)[0], len(samples) - 1
        if not self.singular or table[-1, 1] <= self.always_zero:
            return []
        path = Path(self.workspace, samples, self.always_zero)
        return [identify(path, [Event("rate", path.at(last), (last - 1, last))], offset)]

    def tail(self, samples: Samples) -> Samples:
        """The last samples: those a later event may need."""
        if len(samples) == 1:
            return samples
        table, is_quiet = self.counts(samples)
        if is_quiet:
            return samples[max(0, len(samples) - TAIL) :]
        decided = np.flatnonzero(table[:, 1] <= self.always_zero)
        last = int(decided[-1]) if decided.size else 0
        return samples[max(0, min(len(samples) - TAIL, last)) :]

    def counts(self, samples: Samples) -> tuple[Array, bool]:
        """As `Workspace.counts`, kept for the samples asked about last."""
        if self._last[0] is not samples:
            self._last = (samples, self.workspace.counts(samples))
        return self._last[1]

    def _distinct(
        self, points: list[SpecialPoint], before: Sequence[SpecialPoint] = ()
    ) -> list[SpecialPoint]:
        """Each place once: two tests may lead Newton to the same point, or to one known before."""
        kept = list(before)
        for q in points:
            if not any(_is_same(q, k, self.workspace.parameter_unit) for k in kept):
                kept.append(q)
        return kept[len(before) :]

    # -- changes of sign -----------------------------------------------------------------------

    def _intervals(self, samples: Samples, table: Array, first: int) -> Iterator[Interval]:
        slope = samples.tangent[:, -1] / self.workspace.units.columns[-1]
        slope = np.where(np.abs(slope) > FLAT, slope, 0.0)
        decided = np.flatnonzero(table[:, 1] <= self.always_zero)
        low, high = decided[:-1], decided[1:]
        flips = slope[low] * slope[high] < 0
        changes = np.flatnonzero((flips | (table[low, 0] != table[high, 0])) & (high >= first))
        is_map = self.workspace.problem.is_map
        determinant = _negative_eigenvalues(samples) if is_map else table[:, 0]
        for k in changes:
            i, j = int(low[k]), int(high[k])
            orders = range(*sorted((int(table[i, 0]), int(table[j, 0]))))
            parity = int(determinant[j] - determinant[i] + flips[k]) % 2
            yield Interval(i, j, bool(flips[k]), orders, parity)

    def _explained(
        self, path: Path, interval: Interval, offset: int, patient: bool
    ) -> list[SpecialPoint]:
        """The points between two samples, if they account for the change of orientation."""
        tests = [("rate", self._crossing(order)) for order in interval.orders]
        if interval.flips:
            tests.insert(0, ("fold", _slope))
        bounds = (interval.low, interval.high)
        roots = [(kind, path.root(test, *bounds)) for kind, test in tests]
        events = [Event(kind, root, bounds) for kind, root in roots if root]
        points = self._distinct([identify(path, group, offset) for group in _merged(events)])
        crossing = [q for q in points if KINDS[q.kind].branching and q.located]
        # a fold with a pair beside it does not count: at branch points only there is a "mixed" term
        simple = [q for q in crossing if q.kernel.shape[1] > 1 or "mixed" in q.coefficients]
        branching = sum(q.kernel.shape[1] - self.always_zero for q in simple)
        if all(q.located for q in points) and branching % 2 == interval.parity:
            return points
        if patient:
            raise Jump(interval.low, min((e.local.u for e in events), default=np.inf))
        return points or [identify(path, [Event("rate", path.at(bounds[1]), bounds)], offset)]

    def _crossing(self, order: int) -> Callable[[Local], float]:
        # a rate that arrives at, or leaves, a zero shared by all samples changes sign below it
        shift = zero_tolerance(1.0, self.workspace.n) if self.always_zero else 0.0

        def test(local: Local) -> float:
            if local.negative >= 0:  # few eigenvalues, but an exact count
                size = float(np.abs(local.rates).min())
                return -size if local.negative > order else size
            # from the end: of the rates of a large sparse problem only some are known
            rate = local.rates[order - self.workspace.degrees]
            return float(rate + shift * np.abs(local.rates).max())

        return test

    # -- turning back --------------------------------------------------------------------------

    def _dips(
        self, samples: Samples, table: Array, first: int
    ) -> Iterator[tuple[tuple[int, int], Callable[[Local], float]]]:
        """Rates next to zero that turn back at a middle sample, having come near enough.

        A sample on a zero itself, with the same counts before and after, is always looked at.
        """
        rows = np.flatnonzero(table[:, 1] <= self.always_zero)
        if rows.size < 2:
            return
        r = rates(self.workspace.problem, samples.eigenvalues)
        if rows.size == len(samples) and not halves_anywhere(r):
            return
        slope = np.sign(samples.tangent[:, -1])[rows]
        same = (table[rows[:-1]] == table[rows[1:]]).all(axis=1) & (slope[:-1] * slope[1:] >= 0)
        below = table[:, 0]
        if r.shape[1] < self.workspace.degrees:  # all are counted, but only some known
            below = (r < -tolerances(self.workspace.problem, samples.eigenvalues)).sum(axis=1)
        for sign, order in ((1.0, below + self.always_zero), (-1.0, below - 1)):
            inside = (order >= 0) & (order < r.shape[1])
            chosen = np.clip(order, 0, r.shape[1] - 1)
            value = sign * r[rows, chosen[rows]]
            for i, j, row in turns(value, same & inside[rows[1:]], rows):
                if rows[j] >= first:
                    low, high = int(rows[i]), int(rows[j])
                    yield (low, high), _signed_rate(sign, int(chosen[row]))

    def _near_singular(
        self, samples: Samples, first: int, known: list[int]
    ) -> Iterator[tuple[int, int]]:
        """Where the least singular value turns back, and no point is known yet.

        Eigenvalues that cross zero in opposite directions, or while others cross the axis, hide
        from counts, as do those that are small beside others; the singular value, taken in the
        units of the run, sees them.
        """
        w = self.workspace
        is_exact = w.problem.symmetric and not w.rows.size
        if is_exact or w.problem.is_map or w.is_sparse or self.always_zero:
            return
        least = samples.statistics[:, S_SMALLEST]
        low = (least[1:-1] <= least[:-2]) & (least[1:-1] < least[2:])
        low &= 2 * least[1:-1] <= np.maximum(least[:-2], least[2:])
        for k in np.flatnonzero(low):
            if k + 2 >= first and not {int(k), int(k) + 1} & set(known):
                yield int(k), int(k) + 2

    def _turned(
        self,
        path: Path,
        bounds: tuple[int, int],
        test: Callable[[Local], float],
        offset: int,
        patient: bool,
    ) -> list[SpecialPoint]:
        """One touch, or two points where the rate crosses zero and comes back, or nothing."""
        w = self.workspace
        in_units = test is _smallest and bool(w.rows.size)
        scale = 1.0 if in_units else float(np.abs(path.at(bounds[0]).eigenvalues).max())
        points: list[SpecialPoint] = []
        alternatives = resolve_dip(path, bounds, test, scale)
        for events in alternatives:
            points = self._distinct([identify(path, [event], offset) for event in events])
            if len(points) == len(events) and all(q.located for q in points):
                return points
        if alternatives and patient:
            raise Jump(bounds[0], min(e.local.u for events in alternatives for e in events))
        return [q for q in points if q.located]

    # -- targets and user functions ------------------------------------------------------------

    def _passages(self, path: Path, first: int, folds: list[float]) -> Iterator[Event]:
        """Zeros between samples; folds divide a step that goes there and back."""
        tests = list(self._tests())
        if not tests and not self.targets:
            return
        knots = sorted({*map(float, range(max(first - 1, 0), len(path.samples))), *folds})
        along = np.array([path.parameter(u) for u in knots])
        for target in self.targets:
            for k in _changes(along - target):
                bounds, test = (knots[k], knots[k + 1]), _passing(target)
                root = path.at_parameter(target, *bounds) or path.root(test, *bounds)
                if root is not None:
                    yield Event("target", root, bounds, value=test(root), target=target)
        for kind, name, test in tests:
            for k in _changes(np.array([test(path.at(u)) for u in knots])):
                bounds = (knots[k], knots[k + 1])
                root = path.root(test, *bounds)
                if root is not None:
                    # a slope, unlike a function of the user, is none of the equations
                    left = 0.0 if kind == "turn" else test(root)
                    yield Event(kind, root, bounds, name, left)

    def _tests(self) -> Iterator[tuple[str, str, Callable[[Local], float]]]:
        if not self.singular:
            yield "turn", "", _slope
        for name, function in self.functions.items():
            yield "user", name, _applied(function)


def _changes(values: Array) -> Array:
    """Rows after which the sign changes; a zero belongs to the step that arrives at it."""
    below, known = values < 0, ~np.isnan(values)
    changed = (below[:-1] != below[1:]) & (values[:-1] != 0)
    return np.flatnonzero(changed & known[:-1] & known[1:])


def _slope(local: Local) -> float:
    return float(local.tangent[-1])


def _smallest(local: Local) -> float:
    return local.smallest


def _passing(target: float) -> Callable[[Local], float]:
    return lambda local: float(local.z[-1] - target)


def _applied(function: Callable[[Array, float], float]) -> Callable[[Local], float]:
    return lambda local: float(function(local.z[:-1], float(local.z[-1])))


def _signed_rate(sign: float, order: int) -> Callable[[Local], float]:
    return lambda local: sign * float(local.rates[order])


def _negative_eigenvalues(samples: Samples) -> Array:
    """Of a map: number of eigenvalues with negative real part; its parity is the sign of det J."""
    size = np.abs(samples.eigenvalues).max(axis=1, keepdims=True, initial=0.0)
    zero = zero_tolerance(1.0, samples.eigenvalues.shape[1]) * size
    return np.asarray((samples.eigenvalues.real < -zero).sum(axis=1))


def _merged(events: list[Event]) -> list[list[Event]]:
    """Groups of events at the same place, in the order of the branch."""
    groups: list[list[Event]] = []
    for event in sorted(events, key=lambda e: e.local.u):
        if groups and event.local.u - groups[-1][-1].local.u <= MERGE:
            groups[-1].append(event)
        else:
            groups.append([event])
    return groups


def _rows(points: list[SpecialPoint], offset: int) -> list[int]:
    """Samples after which a singular point lies."""
    return [q.index - offset for q in points if KINDS[q.kind].singular]


def _is_same(q: SpecialPoint, known: SpecialPoint, unit: float) -> bool:
    """Whether two points are one place; `unit` is that of the parameter."""
    extent = float(np.linalg.norm(q.bracket[1] - q.bracket[0]))
    gap = float(np.linalg.norm(q.point - known.point))
    turn = KINDS[q.kind].turning and KINDS[known.kind].turning
    if turn and abs(q.p - known.p) <= UNRESOLVED * unit:
        return gap <= NEAR_TURN * extent
    return gap <= SAME_POINT * extent
