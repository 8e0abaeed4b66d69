"""`evolve`: the heteroclinic graph followed along a parameter of the loss.

Nodes are strands of branches (see `strands`), so that a set keeps its name as long as it exists;
nothing is matched by distance between parameter values. Events are births, deaths, branch points
(`evolution_events`) and switches of connections (`evolution_switches`). Between two events the
graph is constant and is stored once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from continuation.errors import InvalidInputError
from continuation.landscape.branches import have_regions, in_region, optimum_loss, region_evidence
from continuation.landscape.evolution.events import Event, branch_events
from continuation.landscape.evolution.sides import Sides
from continuation.landscape.evolution.strands import living
from continuation.landscape.evolution.switches import Switch, switches_between
from continuation.landscape.evolution.timeline import Evolution, Interval
from continuation.landscape.evolution.tracking import Tracker
from continuation.landscape.graph import UNDECIDED, connect
from continuation.landscape.network import Conditions, Loss, LossAlong, as_limits
from continuation.landscape.sets import CriticalSet, RegionEvidence
from continuation.progress import Progress, Report, require_report, silent

PARAMETERS = ("noise", "size", "weight_decay")
"""What a landscape can be followed in: parameters for which all critical sets can be searched."""

SEARCHES = 5
"""Values, evenly spread over the limits, at which all sets are searched to begin with."""

ROUNDS = 3
"""Rounds of searches between events; each finds branches that no search before had met."""

RESOLUTION = 24
"""Values over the limits at which the targets of all sides are compared."""

LEAST_VALUES = 4
"""The same between two events."""

INSET = 1e-3
"""Distance of the outermost values from the events, relative to the interval: flows take long
next to a fold, and at the fold itself a branch point has no two sides."""

NARROWEST = 1e-6
"""Intervals narrower than this share of the limits are part of the events beside them."""


def evolve(
    loss: Loss,
    parameter: str,
    limits: tuple[float, float],
    *,
    noise: float = 0.0,
    weight_decay: float = 0.0,
    schedule: Sequence[int] = (),
    searched_at: Sequence[float] = (),
    resolution: int = RESOLUTION,
    seed: int = 0,
    regions: bool = True,
    progress: Report = silent,
) -> Evolution:
    """Follow the heteroclinic graph along a parameter.

    All critical sets are searched at a few values and followed over the limits; between every
    two events the list is compared with another search, and sets that are missing in it are
    followed, too. The two sides of every index-1 point are then followed to their targets at
    values over the limits; where a target differs from that at the value before, the saddle-saddle
    connection is located. Departures from sets of higher index and from lines are sampled in the
    middle of each interval; their changes are no events.

    Parameters
    ----------
    loss : Loss
    parameter : {"noise", "size", "weight_decay"}
    limits : (float, float)
    noise, weight_decay : float
        What stays fixed (ignored where it is the parameter).
    schedule : sequence of int
        With "size", see `Loss.problem`: blocks of samples instead of one sample at a time.
    searched_at : sequence of float, optional
        Where the first searches take place; by default 5 values over the limits, with a schedule
        its sizes.
    resolution : int
        Number of values over the limits at which targets are compared; two switches of one side
        that undo each other between neighbouring values are not seen.
    seed : int
        Of searches that start at random.
    regions : bool
        Label the regions, as in `find_critical_sets`; takes a third of the time.
    progress : callable
        Called with a `Progress` before every stage.

    Returns
    -------
    Evolution

    Raises
    ------
    InvalidInputError
        For another parameter, limits without an interior, or values outside them.

    Examples
    --------
    >>> from continuation.landscape import Dataset, Loss, evolve
    >>> from symbolic import single_unit
    >>> loss = Loss(single_unit(), Dataset.sample(single_unit(), n=20, seed=0))
    >>> evolution = evolve(loss, "noise", (0.05, 0.2))
    >>> evolution
    Evolution(noise 0.05 to 0.2, 6 sets, 1 fold)
    """
    require_report(progress)
    if parameter not in PARAMETERS:
        raise InvalidInputError(
            f"a landscape evolves in {', '.join(PARAMETERS)}, not in {parameter!r}"
        )
    fixed = Conditions(noise, weight_decay=weight_decay)
    along = LossAlong(loss, parameter, fixed, tuple(schedule))
    limits = as_limits(limits)
    values = _first_values(along, limits, searched_at)
    tracker = Tracker(along, limits, seed)
    for done, value in enumerate(values):
        progress(Progress("following all sets", done, len(values), len(tracker.strands)))
        tracker.cover(value)
    for done in range(ROUNDS):
        gaps = _intervals(limits, branch_events(tracker.strands, limits))
        fresh = [0.5 * (a + b) for a, b in gaps if not tracker.searched(a, b)]
        stage = f"comparing the list with searches at {len(fresh)} more values"
        progress(Progress(stage, done, ROUNDS, len(tracker.strands)))
        if not sum([tracker.cover(value) for value in fresh]):
            break
    progress(Progress("following the sides of all index-1 points", 0, 1, len(tracker.strands)))
    return _assembled(tracker, resolution, regions)


def _first_values(
    along: LossAlong, limits: tuple[float, float], given: Sequence[float]
) -> tuple[float, ...]:
    along.problem()  # refuses parameters and schedules that these data do not have
    low, high = limits
    sizes = [float(size) for size in along.schedule if low <= size <= high]
    values = [*given] or sizes or np.linspace(low, high, SEARCHES).tolist()
    if not all(low <= value <= high for value in values):
        raise InvalidInputError(f"searched_at must lie within {limits}, but is {list(given)}")
    if along.parameter == "size" and not along.schedule:
        values = sorted({float(round(value)) for value in values})
    return tuple(float(value) for value in values)


def _intervals(limits: tuple[float, float], events: Sequence[Event]) -> list[tuple[float, float]]:
    """Where the list of sets is constant, and known."""
    lowest, highest = limits
    reached, found = lowest, []
    for event in events:
        found.append((reached, min(event.bracket[0], highest)))
        reached = max(reached, event.bracket[1])
    found.append((reached, highest))
    return [(a, b) for a, b in found if b - a > NARROWEST * (highest - lowest)]


def _up_to_arrivals(low: float, high: float, events: Sequence[Event]) -> tuple[float, float]:
    """The same and what lies between it and an arrival beside it.

    A set that comes close to its end at infinity is not followed to the end, but it lives until its
    arrival, which is located there; the graph changes there and, if nothing else happens before,
    not earlier.
    """
    for event in events:
        a, b = event.bracket
        alone = not any(a <= other.p <= b for other in events if other is not event)
        if event.kind == "arrival" and event.located and alone:
            low = min(low, event.p) if b == low else low
            high = max(high, event.p) if a == high else high
    return low, high


def _assembled(tracker: Tracker, resolution: int, regions: bool) -> Evolution:
    limits = tracker.limits
    events = branch_events(tracker.strands, limits)
    switches, doubts = _switches(tracker, events, resolution)
    both = sorted([*events, *map(switch_event, switches)], key=lambda event: event.p)
    graphs = _Graphs(tracker, regions, {})
    intervals = [
        graphs.interval(0.5 * (low + high), *_up_to_arrivals(low, high, both))
        for low, high in _intervals(limits, both)
    ]
    return Evolution(
        tracker.along.parameter,
        limits,
        tuple(at.strand for at in tracker.strands),
        tuple(both),
        tuple(switches),
        tuple(intervals),
        tuple(sorted(tracker.values)),
        (
            *dict.fromkeys(tracker.notes),
            *doubts,
            *_left_out(tracker, intervals),
            *_discovered(intervals),
            *_standing_notes(events),
        ),
    )


def _switches(
    tracker: Tracker, events: Sequence[Event], resolution: int
) -> tuple[list[Switch], list[str]]:
    """All switches between the branch events, and sides that were not decided."""
    low, high = tracker.limits
    switches: list[Switch] = []
    notes: list[str] = []
    for lower, upper in _intervals(tracker.limits, events):
        sides = Sides.of(tracker.along, tracker.strands, 0.5 * (lower + upper))
        count = max(LEAST_VALUES, int(np.ceil(resolution * (upper - lower) / (high - low))))
        inset = INSET * (upper - lower)
        values = np.linspace(lower + inset, upper - inset, count).tolist()
        found, doubts = switches_between(sides, values)
        switches += found
        notes += doubts
    return switches, notes


def switch_event(switch: Switch) -> Event:
    """A switch as an event of the graph."""
    side = {0: "both sides", 1: "side +", -1: "side −"}[switch.side]
    through = f" through {switch.saddle}" if switch.saddle else ""
    text = f"{side} of {switch.source}: {switch.before} → {switch.after}{through}"
    changed = (switch.source,)
    return Event("switch", switch.p, switch.bracket, switch.error, changed=changed, text=text)


@dataclass(frozen=True, eq=False)
class _Graphs:
    """Graphs of the intervals; whether a strand tends to the teacher is decided once."""

    tracker: Tracker
    regions: bool
    evidence: dict[str, RegionEvidence]

    def interval(self, at: float, low: float, high: float) -> Interval:
        """The graph at one value."""
        along = self.tracker.along
        loss, conditions = along.loss_at(at), along.conditions(at)
        sets = self._labelled(loss, [*living(self.tracker.strands, at)])
        graph = connect(loss, sets, **conditions.keywords)
        return Interval(low, high, at, graph)

    def _labelled(self, loss: Loss, sets: Sequence[CriticalSet]) -> list[CriticalSet]:
        ordered = sorted(sets, key=lambda s: s.loss)
        if not self.regions or not all(have_regions(loss, s.conditions) for s in sets):
            return ordered
        fresh = [s for s in ordered if s.label not in self.evidence]
        labels = [found.label for found in fresh]
        self.evidence.update(zip(labels, region_evidence(loss, fresh), strict=True))
        return [self._with_region(loss, found) for found in ordered]

    def _with_region(self, loss: Loss, found: CriticalSet) -> CriticalSet:
        evidence = replace(self.evidence[found.label], optimum_loss=optimum_loss(loss, found))
        return in_region(found, evidence)


def _left_out(tracker: Tracker, intervals: Sequence[Interval]) -> Iterator[str]:
    """Sets that live in an interval, but were not found where its graph was computed."""
    for interval in intervals:
        alive = [s.strand.label for s in tracker.strands if s.strand.lives_at(interval.at)]
        missing = [label for label in alive if label not in interval.graph.nx]
        if missing:
            yield (
                f"{interval.lower:.6g} to {interval.upper:.6g}: the graph lacks "
                f"{', '.join(missing)}, where Newton's method left the branch"
            )


def _discovered(intervals: Sequence[Interval]) -> Iterator[str]:
    """Targets of flows that no search has found: beyond the range of weights that it covers."""
    for interval in intervals:
        nodes = interval.graph.nx.nodes(data=True)
        names = [n for n, node in nodes if node["found_by"] == "flow" and n != UNDECIDED]
        if names:
            yield (
                f"{interval.lower:.6g} to {interval.upper:.6g}: flows end in {', '.join(names)}, "
                "which no search has found and no branch follows"
            )


def _standing_notes(events: Sequence[Event]) -> Iterator[str]:
    yield (
        "departures from sets of index 2 and more and from lines are sampled; "
        "only the sides of index-1 points have located switches"
    )
    lost = [event for event in events if event.kind == "stopped"]
    if lost:
        yield f"{len(lost)} branches could not be followed further: see the events 'stopped'"
