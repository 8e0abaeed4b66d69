"""Special points along a branch: which steps contain one, and where on the branch.

Between consecutive samples an event is a change of sign: of the parameter's part of the tangent
(fold), of a growth rate (branch point, fold, Hopf; flip and Neimark-Sacker of maps), of a user
function, of p - target. A rate that turns back near zero is looked at more closely: it may touch
zero, or cross it twice. Signs of eigenvalues are counted, never multiplied into a determinant, so
that kernels of even dimension show. A rate that is zero all along (a line of solutions) is none.

References
----------
.. [1] W. Govaerts, *Numerical Methods for Bifurcations of Dynamical Equilibria*, SIAM 2000, ch. 4.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize_scalar

from .branch import SpecialPoint
from .identify import Event, identify
from .linalg import zero_tolerance
from .locate import Local, Path
from .rates import counts, rates
from .workspace import Samples, Workspace

__all__ = ["EventFinder", "Jump"]

Array = np.ndarray

#: Events nearer than this in u are one event.
MERGE = 1e-6
#: A test function larger than this part of its values around has not passed through zero.
DISCONTINUITY = 1e-2
#: A rate that only falls to more than this part of its values around stays away from zero.
NEAR_ZERO = 1e-3
#: It touches zero if at its least it is below this part of the largest eigenvalue around.
TOUCHES = 1e-8
#: Samples kept from one chunk to the next.
TAIL = 4


class Jump(Exception):
    """The step after sample `index` seems to have reached another branch."""

    def __init__(self, index: int) -> None:
        super().__init__(index)
        self.index = index


@dataclass(frozen=True)
class Candidate:
    """A test function that changes sign, or a rate that turns back, between two u."""

    kind: str
    low: float
    high: float
    test: Callable[[Local], float]
    name: str = ""
    value: float = 0.0


class EventFinder:
    """Finds the special points among new samples; knows which rates are always zero."""

    def __init__(
        self,
        workspace: Workspace,
        targets: Sequence[float],
        functions: Mapping[str, Callable[[Array, float], float]],
    ) -> None:
        self.workspace = workspace
        self.targets = tuple(float(p) for p in targets)
        self.functions = dict(functions)
        self.always_zero = workspace.n

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
            Raise `Jump` for a sign that changes without a zero, instead of recording it.
        """
        table = self._counts(samples)
        self.always_zero = min(self.always_zero, int(table[:, 1].min()))
        path = Path(self.workspace, samples)
        events = [
            event
            for candidate in self._candidates(samples, table, first)
            for event in self._locate(path, candidate, patient)
        ]
        events += self._passages(path, first, [e.local.u for e in events if e.kind == "fold"])
        return [identify(path, group, offset) for group in _merged(events)]

    def tail(self, samples: Samples) -> Samples:
        """The last samples: those a later event may need."""
        decided = np.flatnonzero(self._counts(samples)[:, 1] <= self.always_zero)
        last = int(decided[-1]) if decided.size else 0
        return samples[max(0, min(len(samples) - TAIL, last)) :]

    def _counts(self, samples: Samples) -> Array:
        w = self.workspace
        return counts(w.problem, samples.eigenvalues, samples.negative, w.n)

    # -- which steps ---------------------------------------------------------------------------

    def _candidates(self, samples: Samples, table: Array, first: int) -> Iterator[Candidate]:
        slope = samples.tangent[:, -1]
        for i in np.flatnonzero(slope[:-1] * slope[1:] < 0):
            if i + 1 >= first:
                yield Candidate("fold", i, i + 1, _slope)
        decided = np.flatnonzero(table[:, 1] <= self.always_zero)
        for i, j in zip(decided[:-1], decided[1:], strict=True):
            if j >= first:
                for order in range(*sorted((table[i, 0], table[j, 0]))):
                    yield Candidate("rate", i, j, self._crossing(order))
        yield from self._dips(samples, table, first)

    def _crossing(self, order: int) -> Callable[[Local], float]:
        shift = 0.0
        if self.always_zero:
            shift = zero_tolerance(1.0, self.workspace.n)

        def test(local: Local) -> float:
            if local.negative >= 0:  # few eigenvalues, but an exact count
                size = float(np.abs(local.rates).min())
                return -size if local.negative > order else size
            return float(local.rates[order] + shift * np.abs(local.rates).max())

        return test

    def _dips(self, samples: Samples, table: Array, first: int) -> Iterator[Candidate]:
        """Rates next to zero that turn back at a middle sample, having come near enough."""
        if len(samples) < 3:
            return
        r = rates(self.workspace.problem, samples.eigenvalues)
        steady = (table[:-2] == table[1:-1]).all(axis=1) & (table[1:-1] == table[2:]).all(axis=1)
        below = (r < 0).sum(axis=1)
        for sign, order in ((1.0, below + self.always_zero), (-1.0, below - 1)):
            inside = (order >= 0) & (order < r.shape[1])
            value = sign * np.take_along_axis(r, np.clip(order, 0, r.shape[1] - 1)[:, None], 1)[:, 0]
            middle, ends = value[1:-1], np.maximum(value[:-2], value[2:])
            turns = (middle <= value[:-2]) & (middle < value[2:]) & (2 * middle <= ends)
            for k in np.flatnonzero(steady & inside[1:-1] & turns):
                if k + 2 >= first:
                    yield Candidate("dip", k, k + 2, _signed_rate(sign, int(order[k + 1])))

    # -- where ---------------------------------------------------------------------------------

    def _locate(self, path: Path, c: Candidate, patient: bool) -> list[Event]:
        if c.kind == "dip":
            return _resolve_dip(path, c)
        local = path.root(c.test, c.low, c.high)
        around = max(abs(c.test(path.at(c.low))), abs(c.test(path.at(c.high))))
        passed = local is not None and abs(c.test(local)) <= DISCONTINUITY * around
        if not passed and patient:
            raise Jump(int(c.low))
        local = local or path.at(c.high)
        return [Event(c.kind, local, (c.low, c.high), passed)]

    def _passages(self, path: Path, first: int, folds: list[float]) -> list[Event]:
        """Targets and zeros of user functions; folds divide a step that goes there and back."""
        events = []
        m = len(path.samples)
        knots = sorted({*map(float, range(max(first - 1, 0), m)), *folds})
        for kind, name, test in self._tests():
            values = [test(path.at(u)) for u in knots]
            for (low, a), (high, b) in zip(
                zip(knots, values, strict=True), list(zip(knots, values, strict=True))[1:], strict=True
            ):
                if (a < 0) != (b < 0) or (b == 0 and a != 0):
                    local = path.root(test, low, high)
                    if local is not None:
                        events.append(Event(kind, local, (low, high), True, name))
        return events

    def _tests(self) -> Iterator[tuple[str, str, Callable[[Local], float]]]:
        for target in self.targets:
            yield "target", f"{target:.17g}", lambda local, t=target: float(local.z[-1] - t)
        for name, function in self.functions.items():
            yield "user", name, lambda local, f=function: float(f(local.z[:-1], local.z[-1]))


def _slope(local: Local) -> float:
    return float(local.tangent[-1])


def _signed_rate(sign: float, order: int) -> Callable[[Local], float]:
    return lambda local: sign * float(local.rates[order])


def _resolve_dip(path: Path, c: Candidate) -> list[Event]:
    """Nothing, one touch or two crossings between c.low and c.high."""
    around = max(c.test(path.at(c.low)), c.test(path.at(c.high)))
    scale = float(np.abs(path.at(c.low).eigenvalues).max())
    lowest = minimize_scalar(
        lambda u: c.test(path.at(u)), bounds=(c.low, c.high), method="bounded",
        options={"xatol": 1e-9, "maxiter": 60},
    )  # fmt: skip
    u, value = float(lowest.x), float(lowest.fun)
    if value < -TOUCHES * scale:
        roots = [path.root(c.test, c.low, u), path.root(c.test, u, c.high)]
        return [Event("rate", r, (c.low, c.high), True) for r in roots if r is not None]
    if value > min(NEAR_ZERO * around, TOUCHES * scale):
        return []
    return [Event("dip", path.at(u), (c.low, c.high), True)]


def _merged(events: list[Event]) -> list[list[Event]]:
    """Groups of events at the same place, in the order of the branch."""
    groups: list[list[Event]] = []
    for event in sorted(events, key=lambda e: e.local.u):
        last = groups[-1][-1] if groups else None
        apart = last is None or event.local.u - last.local.u > MERGE
        if apart or (event.is_passage or groups[-1][0].is_passage):
            groups.append([event])
        else:
            groups[-1].append(event)
    return groups
