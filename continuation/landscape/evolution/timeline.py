"""The timeline of a landscape: graphs between events, to be asked and drawn."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from continuation.errors import InvalidInputError
from continuation.landscape.evolution.events import Event
from continuation.landscape.evolution.strands import Strand
from continuation.landscape.evolution.switches import Switch
from continuation.landscape.graph import FlowGraph
from continuation.wording import counted


@dataclass(frozen=True, eq=False)
class Interval:
    """Values of the parameter between two events: one graph.

    Attributes
    ----------
    lower, upper : float
        Up to a located arrival beside it if nothing happens before, though the set that arrives is
        followed to the event's bracket only.
    at : float
        Where the graph was computed; losses, durations and sampled departures are those there.
    graph : FlowGraph
        Its nodes carry the labels of the strands.
    """

    lower: float
    upper: float
    at: float
    graph: FlowGraph


@dataclass(frozen=True, eq=False)
class Evolution:
    """The heteroclinic graph along a parameter.

    Attributes
    ----------
    parameter : str
    limits : tuple of two float
    strands : tuple of Strand
        The nodes, over the ranges on which they exist.
    events : tuple of Event
        In order of the parameter.
    switches : tuple of Switch
        The events of kind "switch", with their evidence.
    intervals : tuple of Interval
        Between the events, in order. Where an event has a bracket (a set that comes so close to
        infinity that it is no longer told apart from its end), no interval covers the bracket.
    searched_at : tuple of float
        Values at which the list of sets was compared with a search of all critical sets.
    notes : tuple of str
        What is complete, what is not, and why.
    """

    parameter: str
    limits: tuple[float, float]
    strands: tuple[Strand, ...] = field(repr=False)
    events: tuple[Event, ...]
    switches: tuple[Switch, ...] = field(repr=False)
    intervals: tuple[Interval, ...] = field(repr=False)
    searched_at: tuple[float, ...] = field(repr=False)
    notes: tuple[str, ...] = field(repr=False, default=())

    def __repr__(self) -> str:
        kinds = Counter(event.kind for event in self.events)
        happened = ", ".join(f"{n} {kind}" for kind, n in kinds.items()) or "no events"
        low, high = self.limits
        sets = counted(len(self.strands), "set")
        return f"Evolution({self.parameter} {low:g} to {high:g}, {sets}, {happened})"

    def interval(self, p: float) -> Interval:
        """The interval around p; an event belongs to the one above it, if they touch.

        Raises
        ------
        InvalidInputError
            Outside the limits, or within the bracket of an event.
        """
        for interval in reversed(self.intervals):
            if interval.lower <= p <= interval.upper:
                return interval
        low, high = self.limits
        if not low <= p <= high:
            raise InvalidInputError(f"{self.parameter} = {p:g} is outside {low:g} to {high:g}")
        event = min(self.events, key=lambda e: abs(e.p - p))
        raise InvalidInputError(
            f"the graph at {self.parameter} = {p:g} is not known: {event.text} between "
            f"{event.bracket[0]:.6g} and {event.bracket[1]:.6g}"
        )

    def graph(self, p: float) -> FlowGraph:
        """The graph at p; errors as `interval`."""
        return self.interval(p).graph

    def attractors(self, p: float) -> tuple[str, ...]:
        """Labels of the attracting sets at p; errors as `interval`."""
        return self.graph(p).attractors

    def when(self, condition: Callable[[FlowGraph], bool]) -> tuple[tuple[float, float], ...]:
        """Ranges of the parameter on which the graph fulfils a condition.

        Parameters
        ----------
        condition : callable
            FlowGraph ↦ bool, as in ``when(lambda graph: len(graph.attractors) == 1)``.

        Returns
        -------
        tuple of (float, float)
            Increasing; neighbouring intervals are joined across the event between them.
        """
        ranges: list[tuple[float, float]] = []
        before = -1
        for k, interval in enumerate(self.intervals):
            if not condition(interval.graph):
                continue
            joined = before == k - 1 and before >= 0
            lower = ranges.pop()[0] if joined else interval.lower
            ranges.append((lower, interval.upper))
            before = k
        return tuple(ranges)
