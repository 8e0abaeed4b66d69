"""`find_critical_sets`: every critical set of a loss, modulo symmetry."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from continuation.arrays import Array
from continuation.deadline import Deadline
from continuation.landscape.biases import biased_ends, one_unit, two_units
from continuation.landscape.branches import have_regions, label_regions
from continuation.landscape.fits import MOST_BATCHES as MOST_FITS
from continuation.landscape.fits import Curve, FitRuns, Guesses
from continuation.landscape.infinity import SEPARATED
from continuation.landscape.network import (
    BIASED_ENDS,
    EXHAUSTIVE_SEARCH,
    FORMULA,
    MEETING_ENDS,
    VECTOR_ENDS,
    WIDE_ENDS,
    Conditions,
    Loss,
    LossAt,
    Responses,
    as_whole,
    in_fitting_units,
)
from continuation.landscape.search.budget import Budget
from continuation.landscape.search.exhaustive import exhaustive_sets
from continuation.landscape.search.lifting import (
    BasePoint,
    Lifted,
    Lifter,
    ShapeLifter,
    base_points,
    bases_in_order,
    narrower_shapes,
)
from continuation.landscape.search.repeated_starts import (
    MOST_BATCHES,
    Harvest,
    harvest_points,
    has_few_samples,
    is_resolved,
)
from continuation.landscape.search.seekers import polish
from continuation.landscape.search.wide_ends import told_apart, wide_end_sets, wide_ends
from continuation.landscape.sets import (
    ISOLATED,
    Assembler,
    CriticalSet,
    CriticalSets,
    Saturation,
    labelled,
)
from continuation.landscape.vectors import Separated, reaches_separation, vector_ends
from continuation.progress import Progress, Report, require_report, silent
from continuation.wording import counted
from symbolic import Model

NEAR_END = 1e-5
"""Ends this close to a known point are that point: runs contract to 1e-10 at least."""

STARTS_SHARE, ENDS_SHARE = 0.7, 0.85
"""Shares of the time within which repeated starts end, and the search at infinity: embeddings,
which are as certain as the points below them, and the regions have the rest."""

MOST_BELOW = 3
"""Units of narrower networks that are searched exhaustively: four take longer than all the rest."""

ONE_UNIT = (
    "1 unit: weights and biases searched on a grid, without a seed: units from nearly linear to "
    "steep that at least three inputs see turn; no proof"
)

FAR_INPUTS = 1e3
"""Mean of the inputs in parts of their standard deviation beyond which double precision tells."""

LAYERS = (
    "networks of layers: silent units that may move are one set each, of which one point was "
    "found (dead units lie on it, or are sets of their own); constant functions (no unit works in "
    "some layer) are not listed"
)

NO_ENDS = "sets at infinity are not enumerated for this model"

SEPARABLE = "the network separates the classes, where the loss falls to 0"

NOTHING_FAR = (
    "under weight decay the loss grows with every weight, and nothing is at infinity: a confluence "
    "or a linear end that pulls without decay becomes a point (`from_infinity`), other ends vanish"
)

MOST_RUNS = 24_000
"""Random runs for each width: 40 batches of 200 starts for three seekers; beyond, rare points
still appear one by one."""


@in_fitting_units
def find_critical_sets(
    loss: Loss,
    *,
    noise: float = 0.0,
    size: float | None = None,
    weight_decay: float = 0.0,
    seed: int = 0,
    starts: ArrayLike | None = None,
    bounds: tuple[ArrayLike, ArrayLike] | None = None,
    regions: bool = True,
    infinity: bool = True,
    most_runs: int = MOST_RUNS,
    seconds: float = math.inf,
    progress: Report = silent,
) -> CriticalSets:
    """Find the critical points, lines, manifolds and ends at infinity of a loss.

    Up to four odd sigmoid units without bias or weight decay are searched exhaustively on a stated
    range of weights (four in some 20 s, longer where the grid has to be refined), and the list is
    checked by its Euler count; the seed plays no part. Every other model is searched from repeated
    starts, width by width: the genuine points of each width, and all embeddings of those of the
    smaller ones. `saturation` and the notes say what supports completeness.

    Parameters
    ----------
    loss : Loss
    noise : float
        σ ≥ 0.
    size : float, optional
        Number of leading samples; all if omitted.
    weight_decay : float
        ρ ≥ 0.
    seed : int
        Seed of the starts, where there are any.
    starts : array_like, shape (d,) or (k, d), optional
        Of a formula: parameters to fit from, in place of a search from many; outside the bounds
        the fit begins on them, and a note says so.
    bounds : (array_like, array_like), optional
        Of a formula: lower and upper bounds of its parameters, numbers or d numbers each. Points
        outside are not listed; minima on a bound are no critical points.
    regions : bool
        Label the regions by following every set to zero noise, where the teacher is a sum of
        units of the activation; weight decay falls with the square of the noise on the way, and
        without noise there are none under it. Takes a fraction of the search.
    infinity : bool
        List sets at infinity of three and more units, too; from five on this takes about as long
        again. One and two units always have theirs.
    most_runs : int
        Budget of random runs for each width that is searched from repeated starts.
    seconds : float
        Wall-clock time from the first line on, derivation and compilation of a new model
        included (these are done once on a machine and never cut; a note says where they took all
        of it); no further step is begun that would not end in time as far as those before it
        tell. A result that met it depends on the machine, and says so.
    progress : callable
        Called with a `Progress` after every step of the search.

    Returns
    -------
    CriticalSets
        In order of loss, with notes on completeness.

    Raises
    ------
    InvalidInputError
        A parameter outside its range, a negative seed; starts or bounds that are none, or for a
        network; a start at which the formula has no value.

    References
    ----------
    K. Fukumizu and S. Amari, *Neural Networks* 13 (2000) 317.
    G. H. Golub and V. Pereyra, *SIAM J. Numer. Anal.* 10 (1973) 413.

    Examples
    --------
    >>> from continuation.landscape import Dataset, Loss, find_critical_sets
    >>> from symbolic import single_unit
    >>> loss = Loss(single_unit(), Dataset.sample(single_unit(), n=20, seed=0))
    >>> sets = find_critical_sets(loss, noise=0.1)
    >>> sets
    CriticalSets(4 sets, 1 attracting, Euler count 1)
    >>> [found.label for found in sets]
    ['isolated 1', 'linear 1', 'step 1', 'origin 1']
    """
    require_report(progress)
    seed = as_whole("seed", seed, 0)
    deadline = Deadline(seconds)
    budget = Budget(most_runs, deadline.part(STARTS_SHARE))
    conditions = Conditions(noise, size, weight_decay)
    notes = _compiled(loss.under(conditions), deadline)
    task = _Task(loss, conditions, int(seed), infinity, budget, progress)
    guesses = Guesses.of(loss.model, starts, bounds)
    found = task.found(guesses)
    found = replace(found, notes=(*found.notes, *notes))
    if regions and have_regions(loss, conditions):
        return label_regions(loss, found, deadline=deadline)
    return found


def _compiled(at: LossAt, deadline: Deadline) -> tuple[str, ...]:
    """Derive and compile the loss, and a note where that alone took all the time."""
    at.value(np.zeros(at.model.dimension))
    if not deadline.passed:
        return ()
    return (
        f"before the search began, {deadline.reason}: a new model is derived and compiled, once on "
        "a machine, which is not cut (search again)",
    )


@dataclass(frozen=True, eq=False)
class _Task:
    """One call of `find_critical_sets`."""

    loss: Loss
    conditions: Conditions
    seed: int
    infinity: bool
    budget: Budget
    progress: Report

    def at(self, loss: Loss) -> LossAt:
        return loss.under(self.conditions)

    def found(self, guesses: Guesses) -> CriticalSets:
        """All that there is, by the way that suits the model."""
        if self.is_exhaustive(self.loss.model):
            return self.exhaustive(self.loss)
        if FORMULA.holds(self.loss.model):
            return self.by_fits(guesses)
        layered = self.loss.model.is_network and not self.conditions.decays
        return self.by_shapes() if layered else self.by_starts()

    def by_fits(self, guesses: Guesses) -> CriticalSets:
        """Points of a formula: from given starts, or in batches."""
        at, budget = self.at(self.loss), self.budget
        runs = FitRuns(Curve(at, guesses.lower, guesses.upper))
        if len(guesses.starts):
            harvest = Harvest(Assembler(at), decays=at.conditions.decays)
            for point in runs.from_starts(guesses.starts):
                harvest.add(point, random=False)
            given = counted(len(guesses.starts), "given start")
            first = f"fits from {given} only: other points may exist"
            notes = (first, *guesses.notes, *runs.notes(budget.deadline))
            return CriticalSets(labelled(harvest.points), notes=notes)

        def report(batch: int, known: int) -> None:
            self.progress(Progress("fits", batch, MOST_FITS, known))

        harvest, reached = harvest_points(
            at, (), lambda _: (), self._generator(0), budget, report, runs.batch, MOST_FITS
        )
        notes = (*_support_notes([reached], None), *runs.notes(budget.deadline))
        return CriticalSets(labelled(harvest.points), notes=notes, saturation=(reached,))

    def is_exhaustive(self, model: Model) -> bool:
        return EXHAUSTIVE_SEARCH.holds(model) and not self.conditions.decays

    def exhaustive(self, loss: Loss) -> CriticalSets:
        units = loss.model.hidden
        infinity = units == self.loss.model.hidden and (self.infinity or units <= 2)
        found = exhaustive_sets(
            loss, self.conditions, infinity=infinity, deadline=self.budget.deadline
        )
        self.progress(Progress(f"units: {units}, exhaustive search", 1, 1, len(found)))
        return found

    def by_starts(self) -> CriticalSets:
        """Genuine points of every width, and their embeddings."""
        lifter = Lifter(self.loss, self.conditions)
        points: dict[int, list[BasePoint]] = {}
        genuine: Sequence[CriticalSet] = ()
        notes: list[str] = []
        support: list[Saturation] = []
        for units in self._widths():
            genuine, reached, more = self._width(units, points)
            points[units] = base_points(genuine, units)
            notes += more
            support += [] if reached is None else [reached]
        lifted = self._lifted(lifter, points)
        ends, note = self._ends()
        sets = labelled([*genuine, *lifted.sets, *ends])
        count = self._count(sets)
        return CriticalSets(
            sets,
            euler_count=count,
            complete=count == 1 and all(one.settled for one in support),
            notes=(
                *_support_notes(support, count),
                *_sample_notes(self.at(self.loss)),
                *lifted.notes(self.budget.deadline),
                *notes,
                note,
            ),
            saturation=tuple(support),
        )

    def by_shapes(self) -> CriticalSets:
        """Genuine points of every shape of layers, and the manifolds over narrower ones."""
        lifter = ShapeLifter(self.loss, self.conditions, self.seed)
        sets: list[CriticalSet] = []
        support: list[Saturation] = []
        notes: list[str] = []
        shapes = list(narrower_shapes(self.loss.model))
        for number, shape in enumerate(shapes):
            share = STARTS_SHARE * (number + 1) / len(shapes)
            loss = Loss(self.loss.model.with_widths(shape), self.loss.data)
            stage = f"layers: {'-'.join(map(str, shape))}, starts"
            harvest, reached = self._harvest(loss, stage, number, share)
            support.append(reached)
            notes += harvest.notes()
            if shape == self.loss.model.widths:
                sets += harvest.points
                continue
            points = base_points(harvest.points, sum(shape))
            lifted = lifter.all_over(shape, points, self.budget.deadline.part(1.0))
            sets += lifted.sets
            notes += lifted.notes(self.budget.deadline)
        ends, note = self._ends()
        about = (*_support_notes(support, None), *_sample_notes(self.at(self.loss)), LAYERS, *notes)
        return CriticalSets(
            labelled([*sets, *ends]), notes=(*about, note), saturation=tuple(support)
        )

    def _harvest(
        self, loss: Loss, stage: str, number: int, share: float
    ) -> tuple[Harvest, Saturation]:
        """Genuine points of one shape, within a share of the time."""

        def report(batch: int, known: int) -> None:
            self.progress(Progress(stage, batch, MOST_BATCHES, known))

        rng = self._generator(number)
        budget = replace(self.budget, deadline=self.budget.deadline.part(share))
        return harvest_points(self.at(loss), (), lambda _: (), rng, budget, report)

    def _misses(self, points: Sequence[CriticalSet]) -> bool:
        """Whether the Euler count says that points are missing; those of layers are all there."""
        return self.loss.model.network is not None and self._count(points) not in (None, 1)

    def _count(self, sets: Sequence[CriticalSet]) -> int | None:
        """Σ (−1)^index over all images, 1 for all critical points of a coercive Morse function."""
        if not self.grows or self.loss.model.has_kinks or any(s.nullity for s in sets):
            return None
        return sum(s.orbit_size * (-1) ** s.index for s in sets)

    @property
    def grows(self) -> bool:
        """Whether weight decay makes the loss grow with every weight."""
        network = self.loss.model.network
        return self.conditions.decays and (network is None or network.decay_biases)

    def _ends(self) -> tuple[list[CriticalSet], str]:
        """Sets at infinity, and what is known about their completeness."""
        ends, note = self._limits()
        at = self.at(self.loss)
        if not self.infinity or not reaches_separation(at, self.seed):
            return ends, note
        certain = Assembler(at).attracting_end(SEPARATED.name, Separated(), 0.0)
        return [certain, *ends], f"{note}; {SEPARABLE}"

    def _limits(self) -> tuple[list[CriticalSet], str]:
        """Critical points of limit models, and what is known about their completeness."""
        model = self.loss.model
        ways = (WIDE_ENDS, MEETING_ENDS, BIASED_ENDS, VECTOR_ENDS)
        listed = any(q.holds(model) for q in ways)
        if self.grows and model.is_perceptron:
            return [], NOTHING_FAR
        if self.conditions.decays or not listed:
            return [], NO_ENDS
        if not self.infinity:
            return [], "sets at infinity were not asked for"
        if (reason := self.budget.spent(0)) is not None:
            return [], f"sets at infinity are not searched: {reason}"
        self.progress(Progress("sets at infinity", 1, 1, 0))
        at, deadline = self.at(self.loss), self.budget.deadline.part(ENDS_SHARE)
        build = Assembler(at)
        if VECTOR_ENDS.holds(model):
            vectors = vector_ends(at, self.seed, deadline)
            return [build.unbounded_end(end) for end in vectors.ends], vectors.note
        if BIASED_ENDS.holds(model):
            biased, responses = biased_ends(at, deadline), Responses.at(at)
            told, left = told_apart(biased.ends, responses, few=has_few_samples(at))
            note = "; ".join(filter(None, (biased.note, left)))
            return build.bounded(map(build.unbounded_end, told), responses), note
        found = wide_ends(at, self.seed, deadline)
        return wide_end_sets(build, found), found.note

    def _widths(self) -> range:
        model = self.loss.model
        return range(1 if model.free_output else model.hidden, model.hidden + 1)

    def _width(
        self, units: int, points: dict[int, list[BasePoint]]
    ) -> tuple[Sequence[CriticalSet], Saturation | None, tuple[str, ...]]:
        """Genuine points of one width; what it meets of narrower ones goes to `points`."""
        model = self.loss.model
        loss = (
            self.loss if units == model.hidden else Loss(model.with_hidden(units), self.loss.data)
        )
        if self.is_exhaustive(loss.model) and units <= MOST_BELOW:
            found = self.exhaustive(loss)
            isolated = [s for s in found if s.is_isolated]
            return isolated, None, tuple(f"{units} units: {note}" for note in found.notes[:1])
        if units == 1 and BIASED_ENDS.holds(loss.model) and not self.conditions.decays:
            single = one_unit(self.at(loss))
            self.progress(Progress("units: 1, grid", 1, 1, len(single)))
            return single, None, (ONE_UNIT,)
        stage = f"units: {units}, starts" if model.is_perceptron else "repeated starts"

        def report(batch: int, known: int) -> None:
            self.progress(Progress(stage, batch, MOST_BATCHES, known))

        fresh = self._fresh_bases(units, points)
        anchors, rng = self._anchors(loss, points), self._generator(units)
        biased = BIASED_ENDS.holds(loss.model) and not self.conditions.decays
        likely = two_units(self.at(loss), self.budget.deadline) if biased else ()
        harvest, reached = harvest_points(
            self.at(loss), anchors, fresh, rng, self.budget, report,
            missing=self._misses, likely=likely,
        )  # fmt: skip
        return harvest.points, reached, harvest.notes()

    def _fresh_bases(
        self, units: int, points: dict[int, list[BasePoint]]
    ) -> Callable[[Harvest], list[Array]]:
        """Points of one unit less, each only once; what a harvest met of them is added first."""
        used: list[BasePoint] = []
        narrow = self.loss.model.free_output

        def fresh(harvest: Harvest) -> list[Array]:
            for fewer, ends in harvest.narrower.items():
                points[fewer] = self._with_new(fewer, points.get(fewer, []), ends)
            harvest.narrower.clear()
            below = points.get(units - 1, []) if narrow else []
            if narrow and units == 1 and not used:
                lifter = Lifter(self.loss, self.conditions)
                below = [lifter.nothing()]
            new = [point for point in below if point not in used]
            used.extend(new)
            return [point.theta for point in new]

        return fresh

    def _generator(self, units: int) -> np.random.Generator:
        return np.random.default_rng(np.random.SeedSequence(self.seed, spawn_key=(units,)))

    def _anchors(self, loss: Loss, points: Mapping[int, list[BasePoint]]) -> list[Array]:
        """Embeddings of the points of one unit less, as starts."""
        lifter = Lifter(loss, self.conditions)
        below = points.get(loss.model.hidden - 1, []) if loss.model.is_perceptron else []
        lifted = lifter.all_over(below, self.budget.deadline)
        return [found.theta for found in lifted.sets if found.theta is not None]

    def _with_new(
        self, units: int, known: Sequence[BasePoint], ends: Sequence[Array]
    ) -> list[BasePoint]:
        """Points of a narrower network that only the search of a wider one has met."""
        if units == 0:
            return []
        at = self.at(Loss(self.loss.model.with_hidden(units), self.loss.data))
        build, merged = Assembler(at), list(known)
        symmetry = build.symmetry
        for end in ends:
            if any(symmetry.distance(end, point.theta) <= NEAR_END for point in merged):
                continue
            base = polish(at, end)
            new = base is not None and not any(symmetry.same(base, p.theta) for p in merged)
            if base is None or not new or not is_resolved(at, base):
                continue
            merged += base_points([build.point(base, ISOLATED)], units)
        return merged

    def _lifted(self, lifter: Lifter, points: Mapping[int, Sequence[BasePoint]]) -> Lifted:
        model = self.loss.model
        if not model.free_output:
            return Lifted()
        narrower = {units: points[units] for units in points if 0 < units < model.hidden}
        bases = [*bases_in_order(narrower), lifter.nothing()]
        lifted = lifter.all_over(bases, self.budget.deadline.part(1.0))
        self.progress(Progress("embeddings", 1, 1, len(lifted.sets)))
        return lifted


def _support_notes(support: Sequence[Saturation], count: int | None) -> tuple[str, ...]:
    if not support:
        return ()
    if count is None:
        euler = "no Euler count exists for this model; completeness is supported by repeated starts"
    elif count == 1:
        euler = (
            "under weight decay Σ (−1)^index over all points and their images is 1, as it must be"
        )
    else:
        euler = f"incomplete: under weight decay Σ (−1)^index must be 1, but is {count}"
    return (euler, *map(str, support))


def _sample_notes(at: LossAt) -> tuple[str, ...]:
    """Fewer samples than weights leave a continuum of exact fits; far inputs hardly differ.

    So do changes of the weights that leave the loss as it is.
    """
    notes = [
        f"critical points are not isolated, and only isolated ones are listed: {why}"
        for why in at.model.continua(decays=at.conditions.decays)
    ]
    if has_few_samples(at):
        notes.append(
            f"fewer distinct inputs than the {at.model.dimension} weights (n < 2H without bias): "
            "weights that fit the data exactly, if there are any, are a continuum, which is not "
            "listed"
        )
    inputs = at.x.reshape(len(at.x), -1)
    if at.model.bias and (np.abs(inputs.mean(axis=0)) > FAR_INPUTS * inputs.std(axis=0)).any():
        notes.append(
            "the inputs are far from zero beside their spread: units are badly told apart there. "
            "Subtract their mean from them, which the bias makes up for"
        )
    return tuple(notes)
