"""Where the unstable manifold of a point of index k ≥ 2 goes: basins on its unstable sphere.

Directions are added until two doublings in a row bring no new target. Where neighbouring
directions lead to different limits (different images of one set are different limits), the
direction between them is bisected. Next to it the flow passes a set that attracts neither side:
that is where the boundary itself leads. For k = 2 these are the sets of index k − 1.

References
----------
J. D. Skufca, J. A. Yorke and B. Eckhardt, *Phys. Rev. Lett.* 96 (2006) 174101: edge states between
basins by bisection.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np

from continuation.arrays import Array
from continuation.landscape.flow import FlowResult
from continuation.landscape.graph.departures import FIRST, Departure, leaving
from continuation.landscape.graph.unstable_spheres import UnstableSphere
from continuation.landscape.network import Layout
from continuation.landscape.sets import FLOWN, CriticalSet
from symbolic import Model

Flow = Callable[[Sequence[Departure]], Sequence[FlowResult]]
Identify = Callable[[FlowResult], CriticalSet | None]

QUIET = 2
"""Doublings of the directions without a new target that end the sampling ..."""
DOUBLINGS = 5
"""... and the largest number of doublings."""
RESOLUTION = 1e-9
"""Angle at which a bisection ends. The flow then passes the presets' sets on the boundary within
1e-5 to 1e-9; much closer it would come to rest there."""
BOUNDARIES = 24
"""Largest number of bisections from one set."""
TREND = 0.5
"""(1 − λ)² of arrivals on a line has a trend where it falls by this factor to the boundary ..."""
SHORT_OF, BEYOND = 0.97, 0.9
"""... and the next direction is so far on the way to where it vanishes; where that is nearer than
the resolution, beyond it, by this part of the resolution."""
WIDEN = 10.0
"""Factor by which the bracket of a second bisection grows until it holds, and its precision."""
COARSER = 100.0
"""Factor on the tolerance of the flow for a second bisection, whose result measures the error of
integration: of order 4 in the step, it is 30 times that of the first."""


@dataclass(frozen=True, eq=False)
class Probe:
    """One direction (k,) of an unstable sphere and where it leads (target None: undecided)."""

    direction: Array
    departure: Departure = field(repr=False)
    result: FlowResult = field(repr=False)
    target: CriticalSet | None


@dataclass(frozen=True, eq=False)
class Boundary:
    """A direction (k,) between two basins, its error as an angle, and its two sides.

    The error is half the angle between the sides plus the shift of the direction when the flow
    is integrated with a coarser tolerance.
    """

    direction: Array
    error: float
    sides: tuple[Probe, Probe] = field(repr=False)


@dataclass(frozen=True, eq=False)
class Arc:
    """Neighbouring directions of an unstable circle (k = 2) with one limit.

    Attributes
    ----------
    probes : tuple of Probe
        In the order of their angle.
    share : float
        Fraction of the circle that this arc and its images under symmetry cover.
    multiplicity : int
        Number of images.
    """

    probes: tuple[Probe, ...]
    share: float
    multiplicity: int


@dataclass(frozen=True, eq=False)
class Exploration:
    """What has been found on one unstable sphere.

    Attributes
    ----------
    sphere : UnstableSphere
    symmetric : tuple of Probe
        Directions singled out by symmetry.
    sampled : tuple of Probe
        For k = 2 in the order of their angle.
    boundaries : tuple of Boundary
        Those that no symmetric direction marks.
    settled : bool
        Whether two doublings in a row brought no new target, and every boundary was bisected.
    """

    sphere: UnstableSphere = field(repr=False)
    symmetric: tuple[Probe, ...]
    sampled: tuple[Probe, ...]
    boundaries: tuple[Boundary, ...]
    settled: bool

    def isolated(self) -> tuple[Probe, ...]:
        """Symmetric directions that differ from their neighbours: connections of their own."""
        if self.sphere.dimension > 2:
            return self.symmetric
        model, ends = self.sphere.at.model, (self.sampled[0], self.sampled[-1])
        return tuple(
            p for p in self.symmetric if not any(same_limit(model, p, end) for end in ends)
        )

    def arcs(self) -> tuple[Arc, ...]:
        """The basins on the unstable circle (k = 2)."""
        model = self.sphere.at.model
        start, width = self.sphere.domain()
        sides = [probe for boundary in self.boundaries for probe in boundary.sides]
        probes = sorted(
            (*self.sampled, *sides), key=lambda probe: angle_from(start, probe.direction)
        )
        groups = [[probes[0]]]
        for before, probe in itertools.pairwise(probes):
            if same_limit(model, before, probe):
                groups[-1].append(probe)
            else:
                groups.append([probe])
        angles = [[angle_from(start, p.direction) for p in group] for group in groups]
        cuts = [0.5 * (a[-1] + b[0]) for a, b in itertools.pairwise(angles)]
        widths = np.diff([0.0, *cuts, width]) / width
        whole = width == 2.0 * np.pi
        if whole and len(groups) > 1 and same_limit(model, probes[-1], probes[0]):
            groups[0] = groups.pop() + groups[0]
            widths = np.array([widths[0] + widths[-1], *widths[1:-1]])
        return tuple(
            Arc(tuple(group), float(share), 1 if whole else self._images(group))
            for group, share in zip(groups, widths, strict=True)
        )

    def _images(self, group: Sequence[Probe]) -> int:
        """Arcs of one orbit; an arc that a mirror cuts in the middle is its own image there."""
        model, order = self.sphere.at.model, len(self.sphere.maps)
        ends = [p for p in (self.sampled[0], self.sampled[-1]) if p in group]
        cut = sum(any(same_limit(model, ray, end) for ray in self.symmetric) for end in ends)
        return {0: order, 1: order // 2}.get(cut, 1)


def has_unstable_sphere(source: CriticalSet) -> bool:
    """Whether a set is a point of index ≥ 2, whose unstable directions form a sphere."""
    return source.is_point and source.theta is not None and source.index > 1


def explore(
    sphere: UnstableSphere, flow: Flow, coarse_flow: Flow, identify: Identify
) -> Exploration:
    """Find the targets of an unstable sphere and the directions between their basins.

    Parameters
    ----------
    sphere : UnstableSphere
        k ≥ 2.
    flow : callable
        Limits of a list of departures.
    coarse_flow : callable
        The same with a `COARSER` tolerance.
    identify : callable
        The critical set that is a limit; None where it was not decided.
    """
    probe = partial(_probes, sphere, flow, identify)
    coarse = partial(_probes, sphere, coarse_flow, identify)
    symmetric = probe(sphere.symmetric(), kind="symmetric")
    sampled, quiet = _until_quiet(sphere, probe)
    boundaries: list[Boundary] = []
    complete = True
    for left, right in _neighbours(sphere, sampled):
        if same_limit(sphere.at.model, left, right):
            continue
        if len(boundaries) >= BOUNDARIES:
            complete = False
            break
        boundaries += _bisected(sphere.at.model, probe, left, right)
    measured = [_with_integration_error(sphere.at.model, coarse, b) for b in boundaries]
    return Exploration(
        sphere, tuple(symmetric), tuple(sampled), tuple(measured), quiet and complete
    )


def _probes(
    sphere: UnstableSphere,
    flow: Flow,
    identify: Identify,
    directions: Array,
    kind: str = "sampled",
) -> list[Probe]:
    starts = list(leaving(sphere, directions, kind))
    results = flow(starts) if starts else ()
    return [
        Probe(direction, start, result, identify(result))
        for direction, start, result in zip(directions, starts, results, strict=True)
    ]


def _until_quiet(
    sphere: UnstableSphere, probe: Callable[..., list[Probe]]
) -> tuple[list[Probe], bool]:
    """Double the number of directions until the set of targets stays the same.

    Where no flow of the first ones was decided, the budget is spent and more are not tried.
    """
    count = FIRST * sphere.dimension
    probes, quiet = probe(sphere.sample(count)), 0
    for _ in range(DOUBLINGS):
        if quiet == QUIET or _labels(probes) == {""}:
            break
        before = _labels(probes)
        probes += probe(sphere.sample(2 * count)[count:])
        count *= 2
        quiet = quiet + 1 if _labels(probes) == before else 0
    if sphere.dimension == 2:
        start, _ = sphere.domain()
        probes.sort(key=lambda p: angle_from(start, p.direction))
    return probes, quiet == QUIET


def _labels(probes: Sequence[Probe]) -> set[str]:
    return {_label(probe) for probe in probes}


def _label(probe: Probe) -> str:
    return "" if probe.target is None else probe.target.label


def angle_from(start: float, direction: Array) -> float:
    """Angle in [0, 2π) of a direction (2,) from `start`."""
    return float((np.arctan2(direction[1], direction[0]) - start) % (2.0 * np.pi))


def _neighbours(sphere: UnstableSphere, probes: Sequence[Probe]) -> Iterator[tuple[Probe, Probe]]:
    """Pairs between which a boundary is looked for.

    On the circle neighbours in angle, within the domain; on spheres the nearest pair of every
    two targets, for each of which one boundary direction (of a family) is enough.
    """
    decided = [probe for probe in probes if probe.target is not None]
    if sphere.dimension == 2:
        yield from itertools.pairwise(decided)
        if sphere.domain()[1] == 2.0 * np.pi and len(decided) > 1:
            yield decided[-1], decided[0]
        return
    nearest: dict[tuple[str, str], tuple[float, Probe, Probe]] = {}
    for a, b in itertools.combinations(decided, 2):
        if same_limit(sphere.at.model, a, b):
            continue
        first, second = sorted((_label(a), _label(b)))
        key = first, second
        gap = float(np.linalg.norm(a.direction - b.direction))
        if key not in nearest or gap < nearest[key][0]:
            nearest[key] = gap, a, b
    for _, a, b in nearest.values():
        yield a, b


@dataclass(frozen=True, eq=False)
class _Side:
    """The probe next to a boundary on one side, and the one that was it before."""

    probe: Probe
    before: Probe | None = None

    @property
    def way(self) -> float:
        """Distance of the boundary, where flows arrive on a line more and more near its end λ = 1.

        There they go on at λ' = −s², s' ∝ −s (λ − 1), s the difference of the units: (1 − λ)² − s²
        stays what it was, a smooth function of the direction that vanishes at the boundary.
        """
        if self.before is None:
            return np.inf
        before, share = self.before.result.line_parameter, self.probe.result.line_parameter
        if before is None or share is None:
            return np.inf
        last, now = (1.0 - before) ** 2, (1.0 - share) ** 2
        moved = np.linalg.norm(self.probe.direction - self.before.direction)
        return float(moved * now / (last - now)) if now < TREND * last else np.inf


@dataclass(frozen=True, eq=False)
class _Bracket:
    """A boundary between two directions."""

    a: _Side
    b: _Side

    @property
    def gap(self) -> float:
        """Distance of the two sides."""
        return float(np.linalg.norm(self.a.probe.direction - self.b.probe.direction))

    @property
    def boundary(self) -> Boundary:
        """As far as it is known."""
        a, b = self.a.probe, self.b.probe
        return Boundary(_unit(a.direction + b.direction), 0.5 * self.gap, (a, b))

    def next(self, resolution: float) -> Array:
        """The direction (k,) that is tried next: a little short of where the boundary will be."""
        near, far = sorted((self.a, self.b), key=lambda side: side.way)
        share = max(SHORT_OF * near.way, BEYOND * resolution) / self.gap
        return _unit(
            near.probe.direction + min(share, 0.5) * (far.probe.direction - near.probe.direction)
        )


def _bisected(
    model: Model,
    probe: Callable[..., list[Probe]],
    left: Probe,
    right: Probe,
    resolution: float = RESOLUTION,
) -> list[Boundary]:
    """Boundaries on the great circle between two directions with different limits."""
    waiting = [_Bracket(_Side(left), _Side(right))]
    found: list[Boundary] = []
    while waiting:
        bracket = waiting.pop()
        while bracket.gap > resolution:
            (middle,) = probe(bracket.next(resolution)[None])
            if middle.target is None:
                break  # the flow came to rest on the boundary itself
            if same_limit(model, middle, bracket.a.probe):
                bracket = replace(bracket, a=_Side(middle, bracket.a.probe))
            elif same_limit(model, middle, bracket.b.probe):
                bracket = replace(bracket, b=_Side(middle, bracket.b.probe))
            else:
                if len(waiting) + len(found) < BOUNDARIES:
                    waiting.append(_Bracket(_Side(middle), bracket.b))
                bracket = _Bracket(bracket.a, _Side(middle))
        found.append(bracket.boundary)
    return found


def _with_integration_error(
    model: Model, coarse: Callable[..., list[Probe]], boundary: Boundary
) -> Boundary:
    """Bisect once more with a coarser flow, from a bracket that grows until it holds."""
    left, right = boundary.sides
    across = _unit(right.direction - left.direction)

    def at(place: float) -> Probe:
        return coarse(_unit(boundary.direction + place * across)[None])[0]

    width = max(boundary.error, WIDEN * RESOLUTION)
    a, b = at(-width), at(width)
    while width < 1.0:
        if same_limit(model, a, left) and same_limit(model, b, right):
            again = _bisected(model, coarse, a, b, width / WIDEN)[-1]
            shift = float(np.linalg.norm(again.direction - boundary.direction)) + again.error
            return replace(boundary, error=boundary.error + shift)
        width *= WIDEN
        if same_limit(model, b, left):
            a, b = b, at(width)
        elif same_limit(model, a, right):
            a, b = at(-width), a
        else:
            a, b = at(-width), at(width)
    return replace(boundary, error=boundary.error + width)


def _unit(vector: Array) -> Array:
    return np.asarray(vector / np.linalg.norm(vector))


def same_limit(model: Model, a: Probe, b: Probe) -> bool:
    """Whether two flows tend to the same image of the same set."""
    if a.target is None or b.target is None:
        return a.target is b.target
    if a.target.label != b.target.label:
        return False
    p, q = a.result.representative, b.result.representative
    if p is not None and q is not None:
        return float(np.linalg.norm(p - q)) <= FLOWN.weights * (1.0 + float(np.linalg.norm(p)))
    return _order(model, a.result.theta) == _order(model, b.result.theta)


def _order(model: Model, theta: Array) -> tuple[int, ...]:
    """Order and signs of the input weights: they tell the images of a set at infinity apart."""
    w = Layout.of(model).input_weights(theta) if model.is_perceptron else theta[:1]
    return (*map(int, np.argsort(np.abs(w))), *map(int, np.sign(w)))
