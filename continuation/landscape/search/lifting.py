"""All embeddings of critical points of smaller networks, as critical sets of a wider one."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from continuation.arrays import Array
from continuation.deadline import Deadline
from continuation.landscape.network import Conditions, Grid, Layout, Loss, Responses
from continuation.landscape.search.silent_units import SilentUnits, silent_curves, silent_roots
from continuation.landscape.sets import (
    Assembler,
    CriticalSet,
    Embedding,
    LayerEmbedding,
    count_embeddings,
    embeddings_of,
    layer_embeddings,
    silent_inputs,
)
from symbolic import Model

MOST_LISTED = 200
"""Embeddings of one point that are listed; a wide network has thousands that differ by which of
its silent units stand where. The others are counted."""


@dataclass(frozen=True, eq=False)
class BasePoint:
    """A nondegenerate critical point of K units, all working and distinct.

    Attributes
    ----------
    units : int
        K; 0 for the best constant (without an offset: for the zero function).
    theta : ndarray, shape (d₀,)
    index : int
    """

    units: int
    theta: Array
    index: int


@dataclass
class Lifted:
    """Embedded sets of one network.

    Attributes
    ----------
    sets : list of CriticalSet
    listed : int
        How many embeddings were made, degenerate ones included.
    total : int
        How many there are.
    degenerate : list of CriticalSet
        Embeddings whose Hessian has a larger kernel than their dimension; not listed.
    unmade : int
        Embeddings for which there was no time.
    """

    sets: list[CriticalSet] = field(default_factory=list)
    listed: int = 0
    total: int = 0
    degenerate: list[CriticalSet] = field(default_factory=list)
    unmade: int = 0

    def add(self, found: CriticalSet) -> None:
        """Count an embedding in, among the sets or the degenerate ones."""
        (self.sets if found.nullity == found.dimension else self.degenerate).append(found)

    def notes(self, deadline: Deadline) -> tuple[str, ...]:
        """What exists but is not listed."""
        notes = []
        if self.unmade:
            notes.append(f"{self.unmade} embeddings are not listed: {deadline.reason}")
        beyond = self.total - self.listed - self.unmade
        if beyond:
            notes.append(
                f"{beyond} of {self.total} embeddings of smaller networks are "
                f"not listed: those beyond the first {MOST_LISTED} of a point, which differ by "
                "more silent units; their loss is that of the point, and each silent or dead "
                "unit adds one to its index"
            )
        if self.degenerate:
            notes.append(
                f"{len(self.degenerate)} embeddings are degenerate beyond their dimension and not "
                "listed"
            )
        return tuple(notes)


class Lifter:
    """Makes the embeddings over points of the smaller networks of one loss.

    Parameters
    ----------
    loss : Loss
        Of the network of H units, free output weights.
    conditions : Conditions
    grid : Grid, optional
        Of input weights at which further units without bias may stand; that of the data if omitted.
    """

    def __init__(self, loss: Loss, conditions: Conditions, grid: Grid | None = None) -> None:
        self.loss, self.at, self.grid = loss, loss.under(conditions), grid
        self.build = Assembler(self.at)
        self.decays = conditions.decays

    def nothing(self) -> BasePoint:
        """The network without units: its offset is the mean of the targets."""
        at = self.at
        mean = float(at.weights @ (at.targets + at.conditions.noise * at.noises))
        decay = at.conditions.weight_decay
        constant = np.array([mean / (1.0 + decay)]) if self.loss.model.offset else np.empty(0)
        return BasePoint(0, constant, 0)

    def all_over(self, bases: Iterable[BasePoint], deadline: Deadline) -> Lifted:
        """Every embedding of every point, up to `MOST_LISTED` of each, while there is time."""
        lifted = Lifted()
        for base in bases:
            extra = self.loss.model.hidden - base.units
            idle = self.idle_units(base)
            count = self._count(base, extra, idle)
            lifted.total += count
            first = itertools.islice(self._embeddings(base, extra, idle), MOST_LISTED)
            lifted.unmade += min(count, MOST_LISTED)
            for embedding in deadline.within(first):
                lifted.unmade -= 1
                lifted.listed += 1
                lifted.add(self.build.unbounded_embedding(base.theta, base.index, embedding))
        lifted.sets = self.build.bounded(lifted.sets)
        return lifted

    def _embeddings(self, base: BasePoint, extra: int, idle: SilentUnits) -> Iterator[Embedding]:
        if self.decays:  # only dead units cost nothing
            yield from [Embedding((1,) * base.units, dead=extra)][: self._count(base, extra, idle)]
            return
        yield from embeddings_of(
            base.units, extra, idle.places, dead=idle.dead, silent_freedom=idle.freedom
        )

    def _count(self, base: BasePoint, extra: int, idle: SilentUnits) -> int:
        if self.decays:
            return int(idle.dead)
        return count_embeddings(base.units, extra, len(idle.places), dead=idle.dead)

    def idle_units(self, base: BasePoint) -> SilentUnits:
        """Where further units may be silent or dead beside a point."""
        model = self.loss.model
        if self.decays:
            return SilentUnits((), 0, dead=model.is_odd)
        layout = Layout.of(model).with_hidden(base.units)
        units = layout.units(base.theta)
        if model.bias:
            return silent_curves(
                self.at, self._outputs(base, self.loss.data.x), units[:, : layout.inputs]
            )
        responses = Responses.at(self.at)
        nodes = (self.grid or Grid.of(responses)).nodes
        return silent_roots(responses, self._outputs(base, responses.x), units[:, 0], nodes)

    def _outputs(self, base: BasePoint, x: Array) -> Array:
        if base.units == 0:
            return np.full(x.shape, base.theta[0] if base.theta.size else 0.0)
        smaller = Loss(self.loss.model.with_hidden(base.units), self.loss.data)
        return smaller.predict(base.theta, x)


def base_points(sets: Sequence[CriticalSet], units: int) -> list[BasePoint]:
    """The isolated, nondegenerate points among the sets of a smaller network."""
    return [
        BasePoint(units, found.theta, found.index)
        for found in sets
        if found.is_isolated and found.theta is not None and found.nullity == 0
    ]


def bases_in_order(points: Mapping[int, Sequence[BasePoint]]) -> list[BasePoint]:
    """The points of all widths, widest first: their embeddings have the lowest losses."""
    return [point for units in sorted(points, reverse=True) for point in points[units]]


def narrower_shapes(model: Model) -> Iterator[tuple[int, ...]]:
    """Widths of all narrower networks, and of the network itself, which is last.

    Layers before given output weights have their width.
    """
    widths = model.widths
    least = [1] * len(widths)
    if model.network is not None and model.network.output_weights is not None:
        least[-1] = widths[-1]
    shapes = itertools.product(*(range(a, b + 1) for a, b in zip(least, widths, strict=True)))
    return iter(sorted(shapes, key=lambda shape: (sum(shape), shape)))


@dataclass(frozen=True, eq=False)
class ShapeLifter:
    """Makes the sets over points of narrower shapes.

    Attributes
    ----------
    loss : Loss
        Of the whole network.
    conditions : Conditions
        Without weight decay.
    seed : int
        Of the starts of silent units.
    """

    loss: Loss
    conditions: Conditions
    seed: int

    def all_over(
        self, shape: Sequence[int], points: Sequence[BasePoint], deadline: Deadline
    ) -> Lifted:
        """Every embedding of every point of a shape, up to `MOST_LISTED` of each, in time."""
        lifted, build = Lifted(), Assembler(self.loss.under(self.conditions))
        for base in points:
            every = list(self._embeddings(shape, base))
            lifted.total += len(every)
            first = every[:MOST_LISTED]
            lifted.unmade += len(first)
            for embedding in deadline.within(first):
                lifted.unmade -= 1
                lifted.listed += 1
                lifted.add(build.unbounded_embedding(base.theta, base.index, embedding))
        lifted.sets = build.bounded(lifted.sets)
        return lifted

    def _embeddings(self, shape: Sequence[int], base: BasePoint) -> Iterator[LayerEmbedding]:
        widths = self.loss.model.widths
        roots = [
            silent_inputs(self.loss, self.conditions, shape, base.theta, layer, self.seed)
            if width > shape[layer]
            else ()
            for layer, width in enumerate(widths)
        ]
        return layer_embeddings(shape, widths, roots)
