"""Genuine critical points of one width, from repeated starts: what `exhaustive` does not cover.

Seekers of minima, of saddles and of roots of the reduced loss run from random starts and from
between the points already known, until every point has been reached twice and whole batches
brought nothing new. Ends with equal, silent or dead units are points of a narrower network and are
handed back as such. All this supports completeness and proves nothing; `Saturation` says how much.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from continuation.arrays import Array
from continuation.deadline import Deadline
from continuation.landscape.biases import SEEN, is_seen
from continuation.landscape.network import FORMULA, Layout, LossAt
from continuation.landscape.search.budget import Budget
from continuation.landscape.search.reduced_seeker import seek_reduced
from continuation.landscape.search.seekers import ANY_INDEX, MINIMUM, polish, seek
from continuation.landscape.search.starts import (
    beside,
    between,
    first_linear,
    random_start,
)
from continuation.landscape.sets import (
    CONVERGED,
    ISOLATED,
    Assembler,
    CriticalSet,
    Saturation,
    reduced_network,
)

BATCH = 200
"""Independent random starts between two looks at the list; half as many lie between points."""

AT_ONCE = 8
"""Starts of one compiled call, between two looks at the clock."""

LARGEST_MISSING = 0.01
"""A search goes on until fewer arrivals than this lead to unknown points, with 95 % confidence
(where any arrive at all: wide networks often have embedded points only)."""

QUIET_BATCHES = 2
"""Batches without a new point before a search ends."""

MOST_BATCHES = 40
"""A search that still finds new points after so many batches reports itself as unfinished."""

EXACT_FIT = 1e-18
"""Loss relative to that of the zero function from which on the data are fitted exactly. With
fewer samples than weights such a point lies on a continuum, whatever rounding makes of its
Hessian."""

SAME_LOSS = 1e-9
"""Relative difference of losses that rounding leaves, at most."""


Batch = Callable[[LossAt, "Harvest", Sequence[Array], np.random.Generator, Deadline], None]
"""What runs one batch of a search: loss, what was met, starts worth a look, numbers, time."""


@dataclass
class Harvest:
    """What a search has met so far.

    Attributes
    ----------
    build : Assembler
    decays : bool
        Whether there is weight decay, under which equal and silent units are no idle ones.
    points : list of CriticalSet
        Genuine ones, distinct modulo symmetry.
    hits : list of int
        How often each was reached.
    random_hits : list of int
        How often by a run from a random start.
    narrower : dict of int to list of ndarray
        Ends that are points of a network with so many units.
    random_runs : int
        Runs from random starts: each start is given to every seeker.
    given : int
        The first points, so many, are known without a run.
    degenerate, steep, kinked, astray : int
        Runs that ended on another degenerate set, with a unit that steps between neighbouring
        samples, with a sample on the kink of a unit, and nowhere.
    """

    build: Assembler
    decays: bool
    points: list[CriticalSet] = field(default_factory=list)
    hits: list[int] = field(default_factory=list)
    random_hits: list[int] = field(default_factory=list)
    narrower: dict[int, list[Array]] = field(default_factory=dict)
    random_runs: int = 0
    given: int = 0
    degenerate: int = 0
    steep: int = 0
    kinked: int = 0
    astray: int = 0

    def add(self, theta: Array | None, *, random: bool) -> None:
        """Sort in the end of a run; None if it did not converge."""
        self.random_runs += random
        if theta is None:
            self.astray += 1
            return
        if self._is_narrower(theta):
            return
        if self.build.at.kinks(theta):
            self.kinked += 1
            return
        if has_few_samples(self.build.at) and self._fits_exactly(theta):
            self.degenerate += 1
            return
        k = self._find(theta)
        if k is None:
            k = self._enter(theta)
        if k is not None:
            self.hits[k] += 1
            self.random_hits[k] += random

    def _fits_exactly(self, theta: Array) -> bool:
        return self.build.at.value(theta) <= EXACT_FIT * self.size

    @cached_property
    def size(self) -> float:
        """Loss of the zero function, roughly: half the mean square of the targets."""
        at = self.build.at
        squares = (at.targets + at.conditions.noise * at.noises) ** 2
        return 0.5 * float(np.sum(squares)) / at.data.shape[1]

    def _is_narrower(self, theta: Array) -> bool:
        model = self.build.model
        if not model.free_output:
            return False
        base, embedding = reduced_network(model, theta, decays=self.decays)
        units = len(embedding.copies)
        if units == model.hidden:
            return False
        self.narrower.setdefault(units, []).append(base)
        return True

    def _find(self, theta: Array) -> int | None:
        value = self.build.at.value(theta)
        for k, known in enumerate(self.points):
            near = abs(known.loss - value) <= CONVERGED.loss * (value + known.loss) + 1e-14
            if near and known.theta is not None and self._is_at(known, theta):
                return k
        return None

    def _is_at(self, known: CriticalSet, theta: Array) -> bool:
        """Whether the end of a run is a known point, of which it is known about as well."""
        gap = self.build.symmetry.distance(known.weights, theta)
        close = CONVERGED.weights * (1.0 + float(np.linalg.norm(theta)))
        known_to = known.largest_error if np.isfinite(known.largest_error) else 0.0
        return gap <= max(close, 2.0 * known_to)

    def _enter(self, theta: Array) -> int | None:
        finite = np.isfinite(self.build.at.hessian(theta)).all()  # no pole of a formula
        if not (finite and is_below_silence(self.build.at, theta)):
            self.astray += 1
            return None
        if not is_resolved(self.build.at, theta):
            self.steep += 1
            return None
        found = self.build.point(theta, ISOLATED)
        # signs of saturated units are those of rounding; a formula may just be badly conditioned
        unknown = not np.isfinite(found.largest_error) and not FORMULA.holds(self.build.model)
        if found.nullity or unknown:
            self.degenerate += 1
            return None
        self.points.append(found)
        self.hits.append(0)
        self.random_hits.append(0)
        return len(self.points) - 1

    def notes(self) -> tuple[str, ...]:
        """Runs that ended at no listed point."""
        units = self.build.model.hidden
        notes = []
        if self.degenerate:
            notes.append(
                f"{units} units: {self.degenerate} runs ended on degenerate sets that are no "
                "embedding (flat valleys towards infinity); they are not listed"
            )
        if self.steep:
            notes.append(
                f"{units} units: {self.steep} runs ended at points with a unit that steps between "
                f"neighbouring inputs (fewer than {SEEN[1]} in its transition); they are "
                "not listed"
            )
        if self.kinked:
            notes.append(
                f"{units} units: {self.kinked} runs ended with a sample on the kink of a unit, "
                "where the loss has no derivative; such ends are no critical points"
            )
        if self.astray:
            notes.append(f"{units} units: {self.astray} runs left for infinity or did not converge")
        return tuple(notes)


def harvest_points(
    at: LossAt,
    known: Sequence[Array],
    fresh: Callable[[Harvest], Sequence[Array]],
    rng: np.random.Generator,
    budget: Budget,
    report: Callable[[int, int], None],
    batch_of: Batch | None = None,
    most: int = MOST_BATCHES,
    missing: Callable[[Sequence[CriticalSet]], bool] = lambda _: False,
    likely: Iterable[Array] = (),
) -> tuple[Harvest, Saturation]:
    """Search one width until it is saturated or the budget is spent.

    Parameters
    ----------
    at : LossAt
    known : sequence of ndarray, shape (d,)
        Weights worth starting near: embeddings of narrower networks' points.
    fresh : callable
        Gives the points (d₀,) of the network of one unit less that are new since the last call,
        beside which to search; it may take them from `Harvest.narrower`.
    rng : numpy.random.Generator
    budget : Budget
    report : callable
        Called after each batch with the batches done and the genuine points known.
    batch_of : callable, optional
        Runs one batch; three seekers from random starts if omitted.
    most : int
        Batches.
    missing : callable
        Whether points are known to be missing among those that were found: then the search goes
        on, as far as the batches last.
    likely : iterable of ndarray, shape (d,)
        Weights near critical points, found without a seed; they are taken first.
    """
    harvest = Harvest(Assembler(at), decays=at.conditions.decays)
    for theta in likely:
        harvest.add(polish(at, theta), random=False)
    harvest.given = len(harvest.points)
    quiet, batch, reason = 0, 0, ""
    while not reason:
        before = len(harvest.points)
        reason = budget.spent(harvest.random_runs) or ""
        for base in () if reason else fresh(harvest):
            _run(at, harvest, beside(at, base), budget.deadline, random=False)
        if reason:
            break
        (batch_of or _batch)(at, harvest, known, rng, budget.deadline)
        batch += 1
        quiet = quiet + 1 if len(harvest.points) == before else 0
        report(batch, len(harvest.points))
        reason = _ending(harvest, quiet, batch, most)
        if batch < most and reason and missing(harvest.points):
            reason = ""
    fresh(harvest)
    settled = _is_settled(harvest, quiet)
    return harvest, _support(harvest, settled=settled, reason=reason)


def _support(harvest: Harvest, *, settled: bool, reason: str) -> Saturation:
    units, runs = harvest.build.model.hidden, harvest.random_runs
    return Saturation.of(
        units, runs, harvest.random_hits, settled=settled, reason=reason, given=harvest.given
    )


def _ending(harvest: Harvest, quiet: int, batch: int, most: int) -> str:
    """Why the search ends after a batch; empty if it goes on."""
    support = _support(harvest, settled=True, reason="")
    if _is_settled(harvest, quiet) and (
        not support.arrivals or support.missing_mass_bound <= LARGEST_MISSING
    ):
        return f"every point was reached twice, the last {QUIET_BATCHES} batches added none"
    if batch < most:
        return ""
    if _is_settled(harvest, quiet):
        return f"few of the runs of {batch} batches arrive at points"
    return f"new or rare points still appear after {batch} batches"


def _is_settled(harvest: Harvest, quiet: int) -> bool:
    return quiet >= QUIET_BATCHES and min(harvest.hits[harvest.given :], default=2) >= 2


def _batch(
    at: LossAt,
    harvest: Harvest,
    known: Sequence[Array],
    rng: np.random.Generator,
    deadline: Deadline,
) -> None:
    """Random starts, then starts between what is known, where saddles are likely."""
    starts = np.array([random_start(at, rng) for _ in range(BATCH)])
    anchors = [*known, *(p.theta for p in harvest.points if p.theta is not None)]
    closer = [_between_two(anchors, harvest, rng) for _ in range(BATCH // 2) if len(anchors) > 1]
    _run(at, harvest, starts, deadline, random=True)
    if closer:
        _run(at, harvest, np.array(closer), deadline, random=False)


def _run(at: LossAt, harvest: Harvest, starts: Array, deadline: Deadline, *, random: bool) -> None:
    """Every seeker from every start, as long as there is time."""
    together = [starts[k : k + AT_ONCE] for k in range(0, len(starts), AT_ONCE)]
    for target in (MINIMUM, ANY_INDEX):
        for some in deadline.within(together):
            for theta, found in zip(*seek(at, some, target), strict=True):
                harvest.add(theta if found else None, random=random)
    for some in deadline.within(together if at.model.free_output else ()):
        for theta, close in zip(*seek_reduced(at, some), strict=True):
            harvest.add(polish(at, theta) if close else None, random=random)


def _between_two(anchors: Sequence[Array], harvest: Harvest, rng: np.random.Generator) -> Array:
    i, j = rng.choice(len(anchors), 2, replace=False)
    return between(harvest.build.symmetry.align(anchors[i], anchors[j]), anchors[j], rng)


def has_few_samples(at: LossAt) -> bool:
    """Whether there are fewer distinct inputs than weights (for odd units without bias: |x|)."""
    model, x = at.model, at.x.reshape(at.data.shape[1], -1)
    distinct = np.unique(np.abs(x) if model.is_odd_function else x, axis=0)
    return bool(len(distinct) * model.outputs < model.dimension)


def is_below_silence(at: LossAt, theta: Array) -> bool:
    """Whether the loss is at most that of the same units without output, as at critical points.

    The loss of a sample is convex in the outputs, and these are linear in the output weights, so
    that a critical point is a minimum of them. Points that rounding makes of large weights which
    cancel (exponentials) are told by that.
    """
    silent = theta.copy()
    silent[first_linear(at.model) :] = 0.0
    return at.value(theta) <= at.value(silent) * (1.0 + SAME_LOSS)


def is_resolved(at: LossAt, theta: Array) -> bool:
    """Whether the transition of every unit with bias is seen by enough samples.

    A steeper unit is a step between samples; such points are about as many as there are pairs of
    gaps in the data, all next to the step ends at infinity. Without bias all units turn at x = 0,
    and steep ones are as few as the others.
    """
    model = at.model
    if not (model.is_perceptron and model.bias):
        return True
    layout = Layout.of(model)
    w, c = layout.input_weights(theta), layout.biases(theta)
    return bool(is_seen(np.array([w, c]).T, at.x).all())
