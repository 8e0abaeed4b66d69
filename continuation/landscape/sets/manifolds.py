"""Critical manifolds: whole families of weights over one critical point of a smaller network.

A critical point of K units, with residual r, is a critical set of every wider network: each of
its units may be copied, the copies sharing its output weight v_j in any way, and further units
may be added that do nothing. Such a set is one object with

- the numbers m_j of copies of each unit: an affine space of dimension Σ (m_j − 1);
- silent units: v = 0 and input parameters on the zero set of h(u) = ⟨r, φ(u)⟩, which is isolated
  without a hidden bias and a curve with one;
- dead units: all parameters zero (φ odd, no bias).

With K_j = v_j Σ ω r ∂²φ/∂u² of unit j, the loss grows to second order by the smaller network's
form in the means Σ_k λ_k δu_k, plus Σ_k λ_k K_j[δu_k, δu_k] across them. A piece of the manifold
with n_j negative and p_j positive shares has therefore (Sylvester)

    index = base index + silent + dead + Σ_j [positive(K_j) n_j + negative(K_j) (p_j − 1)]

See docs/theory.md, Critical manifolds.

References
----------
K. Fukumizu and S. Amari, *Neural Networks* 13 (2000) 317.
B. Şimşek et al., "Geometry of the loss landscape in overparameterized neural networks",
*ICML* (2021) 9722: counts of critical subspaces.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from continuation.arrays import Array
from continuation.landscape.network import Layout, Units
from continuation.landscape.sets.kinds import (
    DEAD_UNIT,
    ORIGIN,
    SET_KINDS,
    SILENT_CURVE,
    SILENT_MANIFOLD,
    SILENT_UNIT,
    SPLIT_LINE,
    SPLIT_MANIFOLD,
    SPLIT_PLANE,
)
from symbolic import Model


@dataclass(frozen=True)
class Embedding:
    """How a critical set of H units lies over a critical point of K ≤ H units.

    Attributes
    ----------
    copies : tuple of int
        Number m_j ≥ 1 of copies of each unit of the smaller network, shape (K,).
    silent : tuple of tuple of float
        Input parameters (w,) or (w, c) of the units with v = 0; on a curve those of its
        representative.
    dead : int
        Number of units whose parameters are all zero.
    silent_freedom : int
        Dimension of the zero set of h on which each silent unit may move: 0, or 1 with bias.
    """

    copies: tuple[int, ...]
    silent: tuple[tuple[float, ...], ...] = ()
    dead: int = 0
    silent_freedom: int = 0

    @property
    def hidden(self) -> int:
        """Units H of the larger network."""
        return sum(self.copies) + len(self.silent) + self.dead

    @property
    def split_dimension(self) -> int:
        """Free shares: Σ (m_j − 1)."""
        return sum(self.copies) - len(self.copies)

    @property
    def dimension(self) -> int:
        """Dimension of the manifold."""
        return self.split_dimension + self.silent_freedom * len(self.silent)

    @property
    def idle(self) -> int:
        """Units that do nothing: each adds one to the index."""
        return len(self.silent) + self.dead

    def smaller(self, model: Model) -> Model:
        """The smaller network of a model of H units."""
        return model.with_hidden(len(self.copies))

    @property
    def free_parameters(self) -> tuple[str, ...]:
        """Names of its coordinates: "share j.k" (of copy k of unit j) and "silent q"."""
        shares = [f"share {j}.{k}" for j, m in enumerate(self.copies, 1) for k in range(1, m)]
        curves = [f"silent {q}" for q in range(1, len(self.silent) + 1)]
        return (*shares, *(curves if self.silent_freedom else ()))

    @property
    def kind(self) -> str:
        """Kind of the critical set: "point", "line" or "manifold"."""
        return SET_KINDS[self.subkind].family

    @property
    def subkind(self) -> str:
        """Short name of the set, see `CriticalSet.subkind`."""
        if self.split_dimension:
            return {1: SPLIT_LINE, 2: SPLIT_PLANE}.get(self.dimension, SPLIT_MANIFOLD)
        if self.silent_freedom and self.silent:
            return SILENT_CURVE if self.dimension == 1 else SILENT_MANIFOLD
        if not self.copies and not self.silent:
            return ORIGIN
        return DEAD_UNIT if self.dead else SILENT_UNIT

    def equal_shares(self) -> tuple[tuple[float, ...], ...]:
        """Shares λ of the representative: 1/m for each of m copies."""
        return tuple((1.0 / m,) * m for m in self.copies)

    def lift(
        self, model: Model, base: Array, shares: Sequence[Sequence[float]] | None = None
    ) -> Array:
        """Weights of the larger network.

        Parameters
        ----------
        model : Model
            The larger network; free output weights.
        base : ndarray, shape (d₀,)
            Weights of the smaller network.
        shares : sequence of sequence of float, optional
            For each unit of the smaller network the shares of its copies, which add up to 1;
            equal ones if omitted.

        Returns
        -------
        ndarray, shape (d,)
            Dead units first, then silent ones, then the copies in the order of their units.
        """
        layout = Layout.of(model)
        units, rest = layout.with_hidden(len(self.copies)).split(base)
        rows = [np.zeros(layout.blocks)] * self.dead + [np.array([*u, 0.0]) for u in self.silent]
        for unit, parts in zip(units, shares or self.equal_shares(), strict=True):
            rows += [np.append(unit[:-1], part * unit[-1]) for part in parts]
        return layout.join(np.array(rows), rest)

    def rescaled(self, units: Units) -> Embedding:
        """The same, given in `units`, in the ones that these are multiples of."""
        silent = tuple((w / units.x, *bias) for w, *bias in self.silent)
        return replace(self, silent=silent)

    def copies_of(self, unit: int) -> range:
        """Places of the copies of a unit of the smaller network in the lifted weights."""
        first = self.dead + len(self.silent) + sum(self.copies[:unit])
        return range(first, first + self.copies[unit])

    def shares_in(self, model: Model, base: Array, theta: Array) -> tuple[tuple[float, ...], ...]:
        """Shares of the member nearest to θ (d,), whose units stand in the order of lifts."""
        layout = Layout.of(model)
        outputs = layout.output_weights(theta)
        wholes = layout.with_hidden(len(self.copies)).output_weights(base)
        shares = []
        for unit, whole in enumerate(wholes):
            parts = outputs[list(self.copies_of(unit))] / whole
            shares.append(tuple(float(one) for one in parts + (1.0 - parts.sum()) / parts.size))
        return tuple(shares)

    def __str__(self) -> str:
        copies = "+".join(map(str, self.copies)) or "no unit"
        parts = [f"{copies} of {len(self.copies)}" if self.copies else copies]
        parts += [f"{len(self.silent)} silent"] if self.silent else []
        parts += [f"{self.dead} dead"] if self.dead else []
        return ", ".join(parts)


@dataclass(frozen=True)
class Piece:
    """All parts of a critical manifold with the same numbers of negative shares.

    They are cut out by the planes on which a share vanishes, and permutations of the copies map
    them to each other.

    Attributes
    ----------
    negative : tuple of int
        Negative shares n_j among the m_j copies of each unit.
    index : int
        Descending directions across it; 0 means that it attracts.
    parts : int
        How many parts there are: Π binomial(m_j, n_j).
    """

    negative: tuple[int, ...]
    index: int
    parts: int

    def shares(self, embedding: Embedding) -> tuple[tuple[float, ...], ...]:
        """Shares well inside one part: −1 each, and equal positive ones."""
        return tuple(
            ((1.0 + n) / (m - n),) * (m - n) + (-1.0,) * n
            for m, n in zip(embedding.copies, self.negative, strict=True)
        )


def pieces_of(
    embedding: Embedding, base_index: int, curvatures: Sequence[Array]
) -> tuple[Piece, ...]:
    """Pieces of a manifold with their transverse indices, fewest negative shares first.

    Parameters
    ----------
    embedding : Embedding
    base_index : int
        Of the critical point of the smaller network.
    curvatures : sequence of ndarray
        Eigenvalues of K_j for each of its units; empty where a unit has one copy.
    """
    ranges = [range(m) for m in embedding.copies]
    patterns = sorted(itertools.product(*ranges), key=lambda p: (sum(p), p))
    return tuple(
        Piece(
            negative,
            base_index + embedding.idle + _across(embedding.copies, negative, curvatures),
            math.prod(math.comb(m, n) for m, n in zip(embedding.copies, negative, strict=True)),
        )
        for negative in patterns
    )


def _across(copies: Sequence[int], negative: Sequence[int], curvatures: Sequence[Array]) -> int:
    """Σ_j [positive(K_j) n_j + negative(K_j) (p_j − 1)]."""
    return sum(
        int((k > 0.0).sum()) * n + int((k < 0.0).sum()) * (m - n - 1)
        for m, n, k in zip(copies, negative, curvatures, strict=True)
    )


def count_embeddings(units: int, extra: int, roots: int, *, dead: bool) -> int:
    """How many embeddings `embeddings_of` yields."""
    total = 0
    for silent in range(extra + 1 if roots else 1):
        multisets = math.comb(roots + silent - 1, silent) if silent else 1
        for idle in range(extra - silent + 1 if dead else 1):
            copied = extra - silent - idle
            ways = math.comb(copied + units - 1, copied) if units else int(copied == 0)
            total += multisets * ways
    return total


def embeddings_of(
    units: int,
    extra: int,
    roots: Sequence[tuple[float, ...]],
    *,
    dead: bool,
    silent_freedom: int = 0,
) -> Iterator[Embedding]:
    """All embeddings of a network with `units` units into one with `extra` more.

    Parameters
    ----------
    units, extra : int
    roots : sequence of tuple of float
        Input parameters at which a unit can be silent.
    dead : bool
        Whether units can be dead.
    silent_freedom : int
        As in `Embedding`.

    Yields
    ------
    Embedding
        Those with few silent units first.
    """
    for silent in range(extra + 1):
        for chosen in itertools.combinations_with_replacement(roots, silent):
            for idle in range(extra - silent + 1 if dead else 1):
                for copies in distributions(units, extra - silent - idle):
                    yield Embedding(copies, chosen, idle, silent_freedom if silent else 0)


def distributions(units: int, more: int) -> Iterator[tuple[int, ...]]:
    """Numbers of copies of each unit, `more` of them further ones, in all ways."""
    if units == 0:
        if more == 0:
            yield ()
        return
    if units == 1:
        yield (1 + more,)
        return
    for first in range(more, -1, -1):
        for rest in distributions(units - 1, more - first):
            yield (1 + first, *rest)
