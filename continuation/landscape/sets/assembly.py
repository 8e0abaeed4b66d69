"""Turning critical points of every kind into `CriticalSet` values with inertia and symmetry."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from continuation.arrays import Array
from continuation.congruence import scaled_inertia
from continuation.landscape.infinity import CriticalEnd, LimitModel
from continuation.landscape.network import (
    MOST_GRID_INPUTS,
    Dataset,
    LossAt,
    Responses,
    Stabiliser,
    Symmetry,
    weights_of,
)
from continuation.landscape.sets.critical_sets import CriticalSet, Segment
from continuation.landscape.sets.embedding import segments, unit_curvatures
from continuation.landscape.sets.error_bounds import (
    Equations,
    equations_of_limit,
    equations_of_weights,
    error_bounds,
)
from continuation.landscape.sets.kinds import INFINITY, KINK, POINT
from continuation.landscape.sets.layer_embeddings import LayerEmbedding, completed
from continuation.landscape.sets.manifolds import Embedding, pieces_of
from symbolic import Model

MOST_BOUNDED = 100
"""Weights up to which errors are bounded: that takes a Hessian for each of them, and memory that
grows with their third power."""


def _eigenvalues(hessian: Array) -> Array:
    return np.asarray(np.linalg.eigvalsh(hessian), dtype=np.float64)


def population_of(model: Model) -> Dataset:
    """The population of a model's input law, the same for all widths, computed once."""
    return _population(model.with_hidden(1) if model.is_perceptron else model)


@lru_cache(maxsize=32)
def _population(model: Model) -> Dataset:
    return Dataset.population(model)


@dataclass(frozen=True, eq=False)
class Assembler:
    """Builds critical sets of one loss at fixed parameters.

    Attributes
    ----------
    at : LossAt
    """

    at: LossAt

    @property
    def model(self) -> Model:
        """The network."""
        return self.at.model

    @property
    def symmetry(self) -> Symmetry:
        """The group that counts are taken modulo."""
        return Symmetry.of(self.model, decays=self.at.conditions.decays)

    def point(self, theta: Array, subkind: str, base: Array | None = None) -> CriticalSet:
        """A critical point: everything from the exact Hessian."""
        return self.bounded([self.unbounded_point(theta, subkind, base)])[0]

    def bounded(
        self, sets: Iterable[CriticalSet], responses: Responses | None = None
    ) -> list[CriticalSet]:
        """With error bounds, which for all at once take little longer than for one.

        They are inf where a set is more degenerate than its kind, and None for large networks and
        for sets at infinity without the responses that they were found with.
        """
        made, posed = list(sets), dict[int, Equations]()
        for k, found in enumerate(made):
            if found.limit is None and found.nullity > found.dimension:
                made[k] = replace(found, error_bound=np.full(self.model.dimension, np.inf))
            elif (equations := self._equations(found, responses)) is not None:
                posed[k] = equations
        for k, errors in zip(posed, error_bounds(list(posed.values())), strict=True):
            made[k] = replace(made[k], error_bound=errors)
        return made

    def _equations(self, found: CriticalSet, responses: Responses | None) -> Equations | None:
        """What bounds the errors of a set, if anything does."""
        if found.limit is not None:
            if responses is None or not found.limit.is_followed:
                return None
            return equations_of_limit(responses, found.limit)
        layered = isinstance(found.embedding, LayerEmbedding) and found.embedding.silent
        if layered or self.model.dimension > MOST_BOUNDED:
            return None
        return equations_of_weights(self.at, found.weights, found.embedding)

    def unbounded_point(self, theta: Array, subkind: str, base: Array | None = None) -> CriticalSet:
        """A critical point without error bounds."""
        theta = self.symmetry.canonical(theta)
        value, _, hessian = self.at.evaluate(theta)
        stabiliser = self.symmetry.stabiliser(theta)
        inertia = scaled_inertia(hessian)
        found = CriticalSet(
            kind=POINT,
            subkind=subkind,
            label="",
            model=self.model,
            theta=theta,
            limit=None,
            loss=value,
            excess_risk=np.nan,
            eigenvalues=_eigenvalues(hessian),
            inertia=inertia,
            attracting=inertia[:2] == (0, 0),
            orbit_size=self.symmetry.order // stabiliser.order,
            stabiliser=stabiliser,
            base=base,
            conditions=self.at.conditions,
        )
        return with_excess_risk(found)

    def on_kinks(self, theta: Array, eigenvalues: Array, nullity: int) -> CriticalSet:
        """A limit of flows on kinks, with the eigenvalues of the Hessian along them."""
        return replace(
            self.unbounded_point(theta, KINK),
            eigenvalues=eigenvalues,
            inertia=(0, nullity, self.model.dimension - nullity),
            attracting=True,
        )

    def line(self, base: Array, base_index: int, unit: int) -> CriticalSet:
        """The split line of one unit of a critical point of the smaller network."""
        copies = tuple(2 if k == unit else 1 for k in range(self.model.hidden - 1))
        return self.embedded(base, base_index, Embedding(copies))

    def embedded(self, base: Array, base_index: int, embedding: Embedding) -> CriticalSet:
        """A critical point of a smaller network as a point, line or manifold of this one.

        Parameters
        ----------
        base : ndarray, shape (d₀,)
        base_index : int
            Its index in the smaller network.
        embedding : Embedding
        """
        return self.bounded([self.unbounded_embedding(base, base_index, embedding)])[0]

    def unbounded_embedding(
        self, base: Array, base_index: int, embedding: Embedding
    ) -> CriticalSet:
        """`embedded` without error bounds."""
        theta = embedding.lift(self.model, base)
        if isinstance(embedding, LayerEmbedding):
            return self._in_layers(base, base_index, theta, embedding)
        found = replace(
            self.unbounded_point(theta, embedding.subkind, np.array(base)),
            kind=embedding.kind,
            embedding=embedding,
        )
        if not embedding.dimension:
            return found
        curvatures = unit_curvatures(self.model, self.at.hessian(theta), embedding)
        pieces = pieces_of(embedding, base_index, curvatures)
        regular = found.nullity == embedding.dimension
        return replace(
            found,
            theta=theta,
            pieces=pieces,
            segments=_segments(embedding, base_index, curvatures),
            attracting=regular and any(piece.index == 0 for piece in pieces),
        )

    def _in_layers(
        self, base: Array, base_index: int, theta: Array, embedding: LayerEmbedding
    ) -> CriticalSet:
        """A critical point of a narrower network of layers, lifted to θ (d,)."""
        embedding, curvatures = completed(self.at, theta, embedding)
        pieces = pieces_of(embedding, base_index, curvatures)
        found = self.unbounded_point(theta, embedding.subkind, np.array(base))
        regular = found.nullity == embedding.dimension
        exchanges = Stabiliser(embedding.exchanges(self.symmetry))
        return replace(
            found,
            kind=embedding.kind,
            theta=theta,
            embedding=embedding,
            pieces=pieces,
            attracting=regular and any(piece.index == 0 for piece in pieces),
            stabiliser=exchanges,
            orbit_size=self.symmetry.order // exchanges.order,
        )

    def end(self, end: CriticalEnd, responses: Responses) -> CriticalSet:
        """A critical set at infinity, on the responses it was found with."""
        return self.bounded([self.unbounded_end(end)], responses)[0]

    def unbounded_end(self, end: CriticalEnd) -> CriticalSet:
        """A critical set at infinity without error bounds. Units that meet may be exchanged."""
        inertia = end.inertia
        exchanges = end.limit.exchanges
        found = CriticalSet(
            kind=INFINITY,
            subkind=end.subkind,
            label="",
            model=self.model,
            theta=None,
            limit=end.limit,
            loss=end.point.loss,
            excess_risk=np.nan,
            eigenvalues=_eigenvalues(end.point.hessian),
            inertia=inertia,
            attracting=inertia[:2] == (0, 0),
            orbit_size=self.symmetry.order // exchanges,
            stabiliser=Stabiliser(exchanges),
            normal_derivatives=end.normals,
            conditions=self.at.conditions,
        )
        return with_excess_risk(found)

    def attracting_end(self, subkind: str, limit: LimitModel, loss: float) -> CriticalSet:
        """A set at infinity of which only is known that it attracts."""
        found = CriticalSet(
            kind=INFINITY,
            subkind=subkind,
            label="",
            model=self.model,
            theta=None,
            limit=limit,
            loss=loss,
            excess_risk=np.nan,
            eigenvalues=np.empty(0),
            inertia=(0, 0, self.model.dimension),
            attracting=True,
            stabiliser=Stabiliser(1),
            conditions=self.at.conditions,
        )
        return with_excess_risk(found)


def _segments(
    embedding: Embedding, base_index: int, curvatures: Sequence[Array]
) -> tuple[Segment, ...]:
    """Pieces by λ, where one unit has two copies and nothing else is free."""
    if embedding.dimension != 1 or embedding.split_dimension != 1:
        return ()
    return segments(base_index + embedding.idle, curvatures[embedding.copies.index(2)])


def with_excess_risk(found: CriticalSet) -> CriticalSet:
    """Fill in the population loss of the network function, where a teacher and a rule give it."""
    if found.model.teacher is None or found.model.inputs > MOST_GRID_INPUTS:
        return found
    return replace(found, excess_risk=0.5 * squared_distance(found))


def squared_distance(found: CriticalSet) -> float:
    """∫ (f − T)² over the population of the model's input law."""
    state = found.weights if found.limit is None else found.limit.unknowns
    return float(squared_distances(found, state[None])[0])


def squared_distances(found: CriticalSet, states: Array) -> Array:
    """The same with other weights, or unknowns of the limit model, (k, s); shape (k,)."""
    population = population_of(found.model)
    error = found.outputs_at(states, population.x) - population.target
    squares = (error**2).reshape(*error.shape[:2], -1).sum(axis=2)
    return np.asarray(squares @ weights_of(population))


def labelled(sets: Sequence[CriticalSet]) -> tuple[CriticalSet, ...]:
    """Order by loss and name each set by its subkind and rank."""
    counts: dict[str, int] = {}
    named = []
    for found in sorted(sets, key=lambda s: s.loss):
        counts[found.subkind] = counts.get(found.subkind, 0) + 1
        named.append(replace(found, label=f"{found.subkind} {counts[found.subkind]}"))
    return tuple(named)
