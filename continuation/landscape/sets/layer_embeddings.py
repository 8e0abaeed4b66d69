"""Embeddings of a network of layers in a wider one: units of any layer copied, or silent.

A unit of layer k with outgoing weights o (a row for every unit of the next layer) may be copied,
the copies sharing o in any way that leaves the gradient zero. With a the inputs of the unit, δ the
derivative of the loss by the arguments of the next layer, and

    M = Σ ω φ'(u) a δᵀ,    K = Σ ω (δ·o) φ''(u) a aᵀ,

a critical point has M o = 0, and M is what a copy's outgoing weights pull at its inputs: shares are
free in the kernel of M, of which o is one direction. Differences of the m copies add to the second
derivative the form Σ λ_i K[ε_i, ε_i] + 2 Σ (M η_i)·ε_i with Σ λ_i ε_i = 0 = Σ η_i, so that a piece
with n negative and p positive shares has (Sylvester), with ρ the rank of M and K on the kernel of
Mᵀ,

    index = index of the smaller network + Σ [(m − 1) ρ + positive(K) n + negative(K) (p − 1)],

and the dimension Σ (m − 1) (units of the next layer − ρ). One output makes ρ = 0 in the last layer
and the index that of perceptrons. A silent unit has no outgoing weights, and inputs on the zero
set of h(w) = Σ ω δ φ(w·a), one equation for each unit of the next layer; the rank of ∂h/∂w is added
to the index, the other directions are free. A dead unit is one whose inputs are zero too, where φ
is zero: its outgoing weights are free in the kernel of M as well.

References
----------
B. Şimşek et al., "Geometry of the loss landscape in overparameterized neural networks",
*ICML* (2021) 9722: counts of critical subspaces.
Y. Zhang et al., "Embedding principle of loss landscape of deep neural networks", *NeurIPS* (2021).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import block_diag

from continuation.arrays import Array
from continuation.landscape.network import LayerSymmetry, LossAt, Symmetry, Units
from continuation.landscape.sets.kinds import (
    DEAD_UNIT,
    SILENT_CURVE,
    SILENT_MANIFOLD,
    SILENT_UNIT,
    SPLIT_LINE,
    SPLIT_MANIFOLD,
    SPLIT_PLANE,
)
from continuation.landscape.sets.manifolds import Embedding, distributions
from symbolic import Model

VANISHING = 1e-7
"""Singular values relative to the largest that are zero: M o vanishes to 1e-12 at a converged
point."""


Chosen = slice | list[int]
EVERY = slice(None)
"""Which units of a layer: all of them, or a list."""


@dataclass(frozen=True)
class LayerEmbedding(Embedding):
    """How a critical set of a network of layers lies over that of a narrower one.

    `copies` are those of all units of the narrower network, layer after layer; `silent` the inputs
    (w, [c]) of silent units from the units of the narrower network.

    Attributes
    ----------
    widths : tuple of int
        Of the narrower network.
    silent_layers : tuple of int
        Hidden layer of each silent unit, from 0.
    freedom : int
        Free parameters beside one share for each copy.
    across : int
        Descending directions that copies and silent units have whatever the shares.
    """

    widths: tuple[int, ...] = ()
    silent_layers: tuple[int, ...] = ()
    freedom: int = 0
    across: int = 0

    @property
    def dimension(self) -> int:
        """Dimension of the manifold."""
        return self.split_dimension + self.freedom

    @property
    def idle(self) -> int:
        """Descending directions whatever the shares."""
        return self.across

    @property
    def free_parameters(self) -> tuple[str, ...]:
        """Names of its coordinates: shares as in perceptrons, then those beside them."""
        shares = [f"share {j}.{k}" for j, m in enumerate(self.copies, 1) for k in range(1, m)]
        return (*shares, *(f"free {q}" for q in range(1, self.freedom + 1)))

    @property
    def subkind(self) -> str:
        """Short name of the set, see `CriticalSet.subkind`."""
        if self.split_dimension:
            return {1: SPLIT_LINE, 2: SPLIT_PLANE}.get(self.dimension, SPLIT_MANIFOLD)
        if self.dimension == 0 and all(map(is_dead, self.silent)):
            return DEAD_UNIT
        return {0: SILENT_UNIT, 1: SILENT_CURVE}.get(self.dimension, SILENT_MANIFOLD)

    @property
    def layer_copies(self) -> tuple[tuple[int, ...], ...]:
        """Copies of the units of each layer."""
        ends = np.cumsum(self.widths)[:-1]
        return tuple(tuple(map(int, part)) for part in np.split(np.array(self.copies), ends))

    def silent_in(self, layer: int) -> tuple[tuple[float, ...], ...]:
        """Inputs of the silent units of a layer."""
        pairs = zip(self.silent_layers, self.silent, strict=True)
        return tuple(unit for k, unit in pairs if k == layer)

    def smaller(self, model: Model) -> Model:
        """The narrower network of a model."""
        return model.with_widths(self.widths)

    def rescaled(self, units: Units) -> Embedding:
        """Networks of layers have the units of their data."""
        return self

    def lift(
        self, model: Model, base: Array, shares: Sequence[Sequence[float]] | None = None
    ) -> Array:
        """Weights of the wider network: in each layer silent units first, then the copies.

        Parameters
        ----------
        model : Model
        base : ndarray, shape (d₀,)
        shares : sequence of sequence of float, optional
            For each unit of the narrower network those of its copies; equal ones if omitted.
        """
        weights, biases = self.smaller(model).unpack(base)
        parts, start = list(shares or self.equal_shares()), 0
        below = np.eye(len(weights[0]))
        for k, copies in enumerate(self.layer_copies):
            inputs, bias = len(weights[k]), biases[k]
            silent = np.array(self.silent_in(k)).reshape(-1, inputs + (bias is not None))
            units = np.hstack([silent[:, :inputs].T, np.repeat(weights[k], copies, axis=1)])
            weights[k] = below @ units
            if bias is not None:
                biases[k] = np.concatenate([silent[:, inputs], np.repeat(bias, copies)])
            below = _sharing(len(silent), parts[start : start + len(copies)])
            start += len(copies)
        weights[-1] = below @ weights[-1]
        given = model.network is not None and model.network.output_weights is not None
        return model.pack(weights[:-1] if given else weights, biases)

    def copies_of(self, unit: int) -> range:
        """Places of the copies of a unit of the narrower network within its layer."""
        layer, number = self._place(unit)
        copies = self.layer_copies[layer]
        first = len(self.silent_in(layer)) + sum(copies[:number])
        return range(first, first + copies[number])

    def layer_of(self, unit: int) -> int:
        """Hidden layer of a unit of the narrower network."""
        return self._place(unit)[0]

    def exchanges(self, symmetry: Symmetry) -> int:
        """Symmetries that map the manifold to itself: copies, and silent units, may be exchanged.

        Where silent units move on a zero set of their inputs that is symmetric, flips stay on it.
        """
        order = math.prod(math.factorial(m) for m in self.copies)
        parities = symmetry.parities if isinstance(symmetry, LayerSymmetry) else ()
        for layer in set(self.silent_layers):
            units = self.silent_in(layer)
            moves = self.freedom > 0
            same = [len(units)] if moves else [units.count(one) for one in set(units)]
            order *= math.prod(map(math.factorial, same))
            fixed = len(units) if moves else sum(map(is_dead, units))
            order *= 2**fixed if parities[layer] else 1
        return order

    def distinct(self, layer: int) -> Chosen:
        """Silent units and one copy of each other of a layer; all inputs, and all outputs."""
        if not 0 <= layer < len(self.widths):
            return EVERY
        silent, copies = len(self.silent_in(layer)), self.layer_copies[layer]
        firsts = silent + np.cumsum([0, *copies[:-1]])
        return [*range(silent), *map(int, firsts)]

    def shares_in(self, model: Model, base: Array, theta: Array) -> tuple[tuple[float, ...], ...]:
        """Shares of the member nearest to θ (d,), whose units stand in the order of lifts."""
        del base
        matrices, shares = model.unpack(theta)[0], []
        for unit in range(len(self.copies)):
            rows = matrices[self.layer_of(unit) + 1][list(self.copies_of(unit))]
            whole = rows.sum(axis=0)
            parts = rows @ whole / float(whole @ whole)
            shares.append(tuple(float(one) for one in parts + (1.0 - parts.sum()) / parts.size))
        return tuple(shares)

    def _place(self, unit: int) -> tuple[int, int]:
        layer = int(np.searchsorted(np.cumsum(self.widths), unit, side="right"))
        return layer, unit - sum(self.widths[:layer])


def is_dead(inputs: Sequence[float]) -> bool:
    """Whether a silent unit has no inputs either."""
    return not any(inputs)


def _sharing(silent: int, parts: Sequence[Sequence[float]]) -> Array:
    """Of what each unit gives, the shares of its copies: (silent + copies, units)."""
    columns = [np.asarray(shares)[:, None] for shares in parts]
    return np.vstack([np.zeros((silent, len(parts))), block_diag(*columns)])


def completed(
    at: LossAt, theta: Array, embedding: LayerEmbedding
) -> tuple[LayerEmbedding, tuple[Array, ...]]:
    """The embedding with its freedom and index, and the curvatures K of every unit.

    Parameters
    ----------
    at : LossAt
        Of the wider network.
    theta : ndarray, shape (d,)
        Lifted at equal shares.
    embedding : LayerEmbedding
    """
    hessian, places, free, across = at.hessian(theta), _Places.of(at.model), 0, 0
    curvatures: list[Array] = []
    for unit, m in enumerate(embedding.copies):
        values, rank = _between_copies(hessian, places, embedding, unit)
        curvatures.append(values)
        following = places.outgoing(embedding.layer_of(unit), 0).size
        free += (m - 1) * (following - rank - 1)
        across += (m - 1) * rank
    counts = [0] * len(embedding.widths)
    for layer, inputs in zip(embedding.silent_layers, embedding.silent, strict=True):
        number, counts[layer] = counts[layer], counts[layer] + 1
        pull = hessian[np.ix_(places.incoming(layer, number), places.outgoing(layer, number))]
        rank = _rank(np.linalg.svd(pull)[1])
        before = embedding.silent_layers.count(layer - 1)
        freed = pull.shape[1] - rank if is_dead(inputs) else 0
        free, across = free + before + len(inputs) - rank + freed, across + rank
    return replace(embedding, freedom=free, across=across), tuple(curvatures)


def layer_curvatures(model: Model, hessian: Array, embedding: LayerEmbedding) -> tuple[Array, ...]:
    """Curvatures K of every unit, empty where it has one copy, from the Hessian (d, d)."""
    places, units = _Places.of(model), range(len(embedding.copies))
    return tuple(_between_copies(hessian, places, embedding, unit)[0] for unit in units)


@dataclass(frozen=True, eq=False)
class _Places:
    """Places of the weights in θ: matrices of numbers, and those of the biases."""

    matrices: list[NDArray[np.int64]]
    biases: list[NDArray[np.int64] | None]

    @classmethod
    def of(cls, model: Model) -> _Places:
        matrices, biases = model.unpack(np.arange(float(model.dimension)))
        whole = [np.asarray(matrix, dtype=np.int64) for matrix in matrices]
        return cls(whole, [None if b is None else np.asarray(b, dtype=np.int64) for b in biases])

    def incoming(self, layer: int, unit: int, seen: Chosen = EVERY) -> NDArray[np.int64]:
        """Places of the inputs of a unit from chosen ones of the layer before, its bias last."""
        bias = self.biases[layer]
        column = self.matrices[layer][seen, unit]
        return column if bias is None else np.append(column, bias[unit])

    def outgoing(self, layer: int, unit: int, pulled: Chosen = EVERY) -> NDArray[np.int64]:
        """Places of what a unit gives to chosen ones of the next layer."""
        return self.matrices[layer + 1][unit, pulled]


def _between_copies(
    hessian: Array, places: _Places, embedding: LayerEmbedding, unit: int
) -> tuple[Array, int]:
    """Curvatures K on the kernel of Mᵀ, and the rank of M.

    Inputs from copies are the same, and so is what copies of the next layer pull: one of each is
    looked at.
    """
    m, layer = embedding.copies[unit], embedding.layer_of(unit)
    if m == 1:
        return np.empty(0), 0
    pair = list(embedding.copies_of(unit))[:2]
    seen, pulled = embedding.distinct(layer - 1), embedding.distinct(layer + 1)
    inner = _difference(hessian, *(places.incoming(layer, one, seen) for one in pair))
    outer = _difference(hessian, *(places.outgoing(layer, one, pulled) for one in pair))
    left, sizes, _ = np.linalg.svd(inner.T @ hessian @ outer)
    rank = min(_rank(sizes), outer.shape[1] - 1)
    kernel = left[:, rank:]
    form = kernel.T @ (inner.T @ hessian @ inner) @ kernel
    return m * np.linalg.eigvalsh(form), rank


def _rank(sizes: Array) -> int:
    return int((sizes > VANISHING * sizes.max(initial=0.0)).sum())


def _difference(hessian: Array, first: NDArray[np.int64], second: NDArray[np.int64]) -> Array:
    """Unit vectors (d, k) along which two copies differ."""
    directions = np.zeros((len(hessian), first.size))
    directions[first, np.arange(first.size)] = np.sqrt(0.5)
    directions[second, np.arange(first.size)] = -np.sqrt(0.5)
    return directions


def layer_embeddings(
    widths: Sequence[int],
    wider: Sequence[int],
    roots: Sequence[Sequence[tuple[float, ...]]],
) -> Iterator[LayerEmbedding]:
    """All embeddings of one shape in another, few silent units first.

    Parameters
    ----------
    widths, wider : sequence of int
    roots : sequence of sequence of tuple of float
        For each layer, inputs at which units may be silent beside the narrower network.
    """
    extra = [big - small for small, big in zip(widths, wider, strict=True)]
    choices = [_idle(more, places) for more, places in zip(extra, roots, strict=True)]
    for silent in sorted(itertools.product(*choices), key=lambda one: sum(map(len, one))):
        copied = (
            distributions(small, more - len(idle))
            for small, more, idle in zip(widths, extra, silent, strict=True)
        )
        for copies in itertools.product(*copied):
            yield LayerEmbedding(
                copies=tuple(m for layer in copies for m in layer),
                silent=tuple(unit for idle in silent for unit in idle),
                widths=tuple(widths),
                silent_layers=tuple(k for k, idle in enumerate(silent) for _ in idle),
            )


def _idle(most: int, roots: Sequence[tuple[float, ...]]) -> list[tuple[tuple[float, ...], ...]]:
    """Choices of silent units of one layer."""
    numbers = range(most + 1)
    return [c for n in numbers for c in itertools.combinations_with_replacement(roots, n)]


def count_subspaces(units: int, wider: int) -> int:
    """G(r, m) = r! S(m, r): critical subspaces that copies make over one point and its images.

    For units without a flip; a flip multiplies by 2^m.

    References
    ----------
    B. Şimşek et al., *ICML* (2021) 9722.
    """
    signs = ((-1) ** (units - i) * math.comb(units, i) * i**wider for i in range(1, units + 1))
    return sum(signs)


def count_exact_subspaces(units: int, wider: int) -> int:
    """T(r, m): the same over an exact fit, where groups of equal units whose outputs cancel are
    free to stand anywhere.
    """
    groups = (
        math.comb(wider, u) * count_subspaces(units, wider - u) * _partitions(u)
        for u in range(1, wider - units + 1)
    )
    return count_subspaces(units, wider) + sum(groups)


def _partitions(units: int) -> int:
    """Bell's number: ways to put units into groups."""
    return sum(count_subspaces(j, units) // math.factorial(j) for j in range(1, units + 1))
