"""`plane_diagram`: lines, curves from them, regions between, and a look back."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np

from continuation.arrays import Array
from continuation.deadline import Deadline
from continuation.errors import ConvergenceError
from continuation.landscape.evolution import Sides, Tracker
from continuation.landscape.graph import FlowGraph, connect
from continuation.landscape.network import Conditions, Loss, as_whole
from continuation.landscape.plane.arrangement import Arrangement, crossings
from continuation.landscape.plane.curves import (
    ON_KNOWN,
    PlaneCurve,
    PlanePoint,
    curve_through,
    feet,
    is_like,
    named,
    passes_through,
    without_known,
)
from continuation.landscape.plane.diagram import PlaneDiagram, Region, Regions
from continuation.landscape.plane.domain import Limits, Plane
from continuation.landscape.plane.loci import SWITCH, Locus, loci
from continuation.landscape.plane.looking_back import SMALLEST, LookBack, ShortLine
from continuation.landscape.plane.merging import divided
from continuation.landscape.plane.switching import seeds_between, switch_curve
from continuation.landscape.search import find_critical_sets
from continuation.progress import Progress, Report, require_report, silent

LINES_SHARE = 0.6
"""Share of the time within which lines and curves end; graphs of the regions have the rest."""

LINES = 5
"""Lines along which all sets are followed to begin with."""

SEARCHED = (0.0, 0.5, 1.0)
"""Where on a line all sets are searched, as shares of the limits."""

RESOLUTION = 12
"""Places on a line at which the targets of all sides are compared."""

LEAST_VALUES = 3
"""The same between two events."""

INSET = 0.02
"""Distance of the outermost of them from the events, relative to the interval."""

ROUNDS = 8
"""Rounds of short lines across what parts places of a region with different sets; the curves of one
round leave fewer of them for the next."""

SAME = 1e-4
"""Distance within which a locus lies on a curve that is known already, in units of the limits: the
curve is an interpolation of its samples."""

SNAP = 0.02
"""A curve that ends within a region this near to another curve ends there: sets that run to
infinity, and brackets of switches, come to an end before they arrive."""


def plane_diagram(
    loss: Loss,
    x: str,
    y: str,
    limits: Limits,
    *,
    noise: float = 0.0,
    weight_decay: float = 0.0,
    schedule: Sequence[int] = (),
    lines: int = LINES,
    resolution: int = RESOLUTION,
    seed: int = 0,
    regions: bool = True,
    seconds: float = math.inf,
    progress: Report = silent,
) -> PlaneDiagram:
    """Divide the plane of two parameters into regions of one graph each.

    All critical sets are followed along a few lines. What happens there (folds, arrivals at
    infinity or at a line, branch points, switches of connections) is followed in both parameters;
    the curves divide the plane, and each region has its graph computed at one point. At other
    points of each region the sets are counted again; where they are others, a short line is laid
    across what lies between, in whichever parameter changes there, and the curves that it meets
    are added.

    Parameters
    ----------
    loss : Loss
    x, y : str
        Two of "noise", "size", "weight_decay", "population".
    limits : pair of (float, float)
        Of x, and of y.
    noise, weight_decay : float
        What stays fixed (ignored where it is a parameter of the plane).
    schedule : sequence of int
        With "size", see `Loss.problem`: blocks of samples instead of one sample at a time.
    lines : int
        Number of lines to begin with; curves that meet none are found only by the look back.
    resolution : int
        Places on a line at which the targets of all sides are compared; 0: no switches.
    seed : int
        Of searches that start at random, and of the places looked at again.
    regions : bool
        Label the sets of each graph as plateau, near-optimal, overfitting.
    seconds : float
        Wall-clock time; what was left out is said in the notes, and `complete` is false.
    progress : callable
        Called with a `Progress` before every line, curve and region.

    Returns
    -------
    PlaneDiagram

    Raises
    ------
    UnknownNameError
        For unknown parameters.
    InvalidInputError
        For equal parameters, limits that are reversed or have no meaning for these data, or a
        noise that reaches zero.

    Notes
    -----
    Curves in the size along which one sample comes in at a time bend at every whole number; with
    a schedule they are smooth over whole blocks, and ten times quicker to follow.

    Examples
    --------
    >>> from continuation.landscape import Dataset, Loss, plane_diagram
    >>> from symbolic import single_unit
    >>> loss = Loss(single_unit(), Dataset.sample(single_unit(), n=20, seed=0))
    >>> limits = ((0.05, 0.2), (0.0, 0.1))
    >>> plane = plane_diagram(loss, "noise", "weight_decay", limits, lines=2)
    >>> plane
    PlaneDiagram(noise × weight_decay, 1 region, curves: none)
    """
    require_report(progress)
    deadline = Deadline(seconds)
    plane = Plane(loss, x, y, limits, Conditions(noise, weight_decay=weight_decay), tuple(schedule))
    survey = _Survey(
        plane,
        as_whole("lines", lines, 1),
        as_whole("resolution", resolution, 0),
        as_whole("seed", seed, 0),
        regions,
        deadline.part(LINES_SHARE),
        progress,
        deadline,
    )
    return survey.diagram()


@dataclass(eq=False)
class _Survey:
    """What is known of a plane so far; `deadline` is that of the curves, `spent` that of all."""

    plane: Plane
    count: int
    resolution: int
    seed: int
    regions: bool
    deadline: Deadline
    progress: Report
    spent: Deadline
    curves: list[PlaneCurve] = field(default_factory=list)
    lines: list[float] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    failed: list[Array] = field(default_factory=list)

    def diagram(self) -> PlaneDiagram:
        """Everything, as far as time allows."""
        low, high = self.plane.limits[1 - self.plane.first]
        shares = (np.arange(self.count) + 0.5) / self.count
        self._follow_lines([float(q) for q in low + shares * (high - low)])
        look = LookBack(self.plane, self.seed)
        for _ in range(ROUNDS):
            lines = list(look.surprises(self._arrangement(), self.deadline))
            if self.deadline.passed:
                self._note("the look back at the regions is left out or not ended")
            if not lines or self.deadline.passed:
                break
            for line in lines:
                self._cross(line)
        for place in () if self.deadline.passed else look.different.values():
            at = _text(self.plane.from_square(place))
            self.notes.append(f"at {at} the sets are not those of the region, and no curve is met")
        return self._assembled()

    # -- lines and their curves --------------------------------------------------------------------

    def _follow_lines(self, values: Sequence[float]) -> None:
        for q in map(self.plane.off_kinks, values):
            if self.deadline.passed:
                self._note(f"the line at {self._second} = {q:.6g} is left out")
                continue
            self.progress(
                Progress(f"line at {self._second} = {q:.6g}", len(self.lines), len(values),
                         len(self.curves))
            )  # fmt: skip
            self._follow_line(q)

    def _follow_line(self, q: float) -> None:
        line = ShortLine(self.plane.first, q, *self.plane.limits[self.plane.first])
        self.lines.append(q)
        tracker, met = self._met_by(line)
        self.notes += [f"{self._second} = {q:.6g}, {note}" for note in tracker.notes]
        if self.resolution:
            self._find_switches(tracker, met, q)

    def _cross(self, line: ShortLine) -> None:
        """Follow what a short line meets."""
        name, across = (self.plane.names[axis] for axis in (line.axis, 1 - line.axis))
        text = f"{name} = {line.low:.6g} to {line.high:.6g} at {across} = {line.at:.6g}"
        if self.deadline.passed:
            self._note(f"the line at {text} is left out")
            return
        self.progress(Progress(f"line at {text}", len(self.lines), 0, len(self.curves)))
        self._met_by(line)

    def _met_by(self, line: ShortLine) -> tuple[Tracker, list[Locus]]:
        """The sets along a line, and what happens to them there, each followed as a curve."""
        width, is_first = line.high - line.low, line.axis == self.plane.first
        tracker = self._tracked(self.plane, line)
        met = loci(tracker.strands, line.at, width)
        found = [(self.plane, locus) for locus in met]
        for plane in self.plane.narrower():
            ends = [s for s in self._tracked(plane, line).strands if s.strand.set.at_infinity]
            found += [(plane, locus) for locus in loci(ends, line.at, width)]
        for plane, locus in found:
            self._trace(plane, locus if is_first else replace(locus, p=locus.q, q=locus.p))
        return tracker, met

    def _tracked(self, plane: Plane, line: ShortLine) -> Tracker:
        """All sets of a line."""
        tracker = Tracker(plane.along(line.axis, line.at), (line.low, line.high), self.seed)
        for share in SEARCHED:
            tracker.cover(line.low + share * (line.high - line.low))
        return tracker

    def _trace(self, plane: Plane, locus: Locus) -> None:
        """The curve through a locus of this network or a narrower one, unless it is known."""
        point = self.plane.point(locus.p, locus.q)
        if self._known(locus, point) or self._failed(point):
            return
        if self.deadline.passed:
            self._note(f"a {locus.kind} of {locus.text} is not followed")
            return
        self.progress(Progress(f"{locus.kind}: {locus.text}", len(self.curves), 0, 0))
        try:
            curve = curve_through(plane, locus)
        except ConvergenceError as error:
            what = f"the {locus.kind} of {locus.text} at {_text(point)}"
            self.notes.append(f"{what} is not followed: {error}")
            self.failed.append(point)
        else:
            self.curves.append(without_known(self.plane, curve, self.curves, point, SAME))

    def _failed(self, point: Array) -> bool:
        """Whether no curve could be started from here before: another set, the same event."""
        gaps = [np.linalg.norm(self.plane.to_square(p) - self.plane.to_square(point))
                for p in self.failed]  # fmt: skip
        return bool(min(gaps, default=np.inf) <= SAME)

    def _known(self, locus: Locus, point: Array) -> bool:
        same = (c for c in self.curves if is_like(c, locus.kind, locus.text))
        return any(passes_through(self.plane, curve, point, SAME) for curve in same)

    def _find_switches(self, tracker: Tracker, met: Sequence[Locus], q: float) -> None:
        limits = self.plane.limits[self.plane.first]
        events = sorted({limits[0], *(locus.p for locus in met), limits[1]})
        for low, high in pairwise(events):
            share = (high - low) / (limits[1] - limits[0])
            if share < INSET or self.deadline.passed:
                continue
            sides = Sides.of(tracker.along, tracker.strands, 0.5 * (low + high))
            count = max(LEAST_VALUES, math.ceil(self.resolution * share))
            inset = INSET * (high - low)
            for seed in seeds_between(
                self.plane, sides, q, np.linspace(low + inset, high - inset, count)
            ):
                middle = 0.5 * (seed.inside + seed.outside)
                ends = np.array([seed.inside, seed.outside])
                reach = float(np.ptp(self.plane.to_square(ends), axis=0).max())
                if not self._switch_known(middle, 0.5 * reach):
                    curve = switch_curve(self.plane, seed, self.deadline)
                    self.curves += [] if curve is None else [curve]

    def _switch_known(self, point: Array, within: float) -> bool:
        switches = [curve for curve in self.curves if curve.kind == SWITCH]
        return any(passes_through(self.plane, curve, point, within) for curve in switches)

    # -- regions -----------------------------------------------------------------------------------

    def _arrangement(self) -> Arrangement:
        self.curves = [_snapped(self.plane, curve, self.curves) for curve in self.curves]
        return divided([self.plane.to_square(curve.points) for curve in self.curves])

    def _assembled(self) -> PlaneDiagram:
        faces = self._arrangement()
        regions = [self._region(faces, face) for face in range(len(faces.areas))]
        curves, plane = tuple(named(self.curves)), self.plane
        return PlaneDiagram(
            plane.x, plane.y, plane.limits, curves, tuple(_crossings(plane, curves)),
            Regions(tuple(regions)), tuple(self.lines),
            not any(note.startswith(NOT_COMPLETE) for note in self.notes),
            tuple(dict.fromkeys(self.notes)),
        )  # fmt: skip

    def _region(self, faces: Arrangement, face: int) -> Region:
        x, y = map(float, self.plane.from_square(faces.inner[face]))
        area = float(faces.areas[face])
        if area < SMALLEST:
            return Region(face, (x, y), area, None, "too narrow to have a graph computed")
        if self.spent.passed:
            self._note(f"the graph of region {face} is not computed")
            return Region(face, (x, y), area, None, self.spent.reason)
        self.progress(Progress("graphs of the regions", face, len(faces.areas), face))
        return Region(face, (x, y), area, fresh_graph(self.plane, (x, y), self.seed, self.regions))

    # -- notes -------------------------------------------------------------------------------------

    @property
    def _second(self) -> str:
        return self.plane.names[1 - self.plane.first]

    def _note(self, text: str) -> None:
        self.notes.append(f"{NOT_COMPLETE}: {text}: {self.deadline.reason}")


NOT_COMPLETE = "not complete"


def fresh_graph(
    plane: Plane, point: tuple[float, float], seed: int, regions: bool = False
) -> FlowGraph:
    """The graph of the loss at a point (x, y), searched and connected there."""
    loss, conditions = plane.at(point)
    sets = find_critical_sets(loss, **conditions.keywords, seed=seed, regions=regions)
    return connect(loss, sets, **conditions.keywords)


def _snapped(plane: Plane, curve: PlaneCurve, curves: Sequence[PlaneCurve]) -> PlaneCurve:
    """A curve that ends within the plane, prolonged to another one that is near."""
    ends = list(curve.ends)
    points = plane.to_square(curve.points)
    for side, end in ((0, 0), (1, -1)):
        if ends[side] in ("limit", ON_KNOWN) or ends[side].startswith(MEETS):
            continue
        near = [(feet(points[end][None], plane.to_square(other.points))[0], other)
                for other in curves if other is not curve]  # fmt: skip
        gaps = [float(np.linalg.norm(foot - points[end])) for foot, _ in near]
        if gaps and min(gaps) <= SNAP:
            foot, other = near[int(np.argmin(gaps))]
            more = (foot + OVER * (foot - points[end]))[None]
            points = np.concatenate([more, points] if side == 0 else [points, more])
            ends[side] = f"{MEETS}{other.name}"
    return replace(curve, points=plane.from_square(points), ends=(ends[0], ends[1]))


MEETS = "meets "

OVER = 1e-3
"""A curve that meets another one is drawn this part of the gap over it."""


def _crossings(plane: Plane, curves: Sequence[PlaneCurve]) -> Iterator[PlanePoint]:
    for i, j, place in crossings([plane.to_square(curve.points) for curve in curves]):
        x, y = map(float, plane.from_square(place))
        yield PlanePoint("crossing", x, y, f"{curves[i].name}, {curves[j].name}")


def _text(point: Array) -> str:
    return "(" + ", ".join(f"{value:.6g}" for value in point) + ")"
