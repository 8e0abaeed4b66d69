"""Clusters of hidden units that meet, in a basis that is smooth down to the limit.

The basis of m units that meet consists of the divided differences of φ over their input weights,
which tend to φ(wx), xφ'(wx), …, x^(m−1) φ^(m−1)(wx), and at w = 0, where those of φ(√z x)/√z are
taken over z = w², to the odd powers of x.

References
----------
C. de Boor, "Divided differences", *Surveys in Approximation Theory* 1 (2005) 46.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import ClassVar

import numpy as np

from continuation.arrays import Array
from continuation.landscape.flow.decision import EQUAL_UNITS
from continuation.landscape.flow.escapes import CORNER_RADIUS, STEP_LIMIT
from continuation.landscape.infinity import (
    MOST_MEETING,
    LimitModel,
    LimitUnit,
    step_slope,
)
from continuation.landscape.network import Responses, activation, height, split_plain
from symbolic import Model

LARGEST_CLUSTER = MOST_MEETING
"""Distinct weights of a cluster; the differences of more weights are below rounding."""
APART = 0.5
"""Relative gap between weights that go to zero and the others; within a cluster it is smaller."""
IDLE = 1e-9
"""Units with smaller weights, relative to 1 + the largest, are dead."""


@dataclass(frozen=True, eq=False)
class Cluster(ABC):
    """Units that meet, at a finite weight, at zero or at infinity.

    Attributes
    ----------
    weights : ndarray, shape (m,)
        Distinct input weights, made positive.
    shares : tuple of ndarray, length m
        Output weights of the units that share each, over their sum.
    """

    weights: Array
    shares: tuple[Array, ...]

    moves: ClassVar[bool] = False
    """Whether the place where they meet is a weight of the limit."""

    @property
    def centre(self) -> float:
        """Mean of the weights."""
        return float(self.weights.mean())

    @property
    def shrinks(self) -> bool:
        """Whether this is an end, rather than a finite unit."""
        return True

    @abstractmethod
    def nodes(self, centre: float, s: float) -> Array:
        """Input weights (m,) at size s."""

    @abstractmethod
    def differences(self, model: Model, centre: float, s: float) -> Array:
        """Responses of the units ↦ basis functions, shape (m, m), for s > 0."""

    @abstractmethod
    def limit_basis(self, responses: Responses, centre: float) -> Array:
        """Basis functions at size 0, and where it moves two derivatives: shape (3, m, q)."""

    @abstractmethod
    def slope(self, responses: Responses, residual: Array, centre: float, last: float) -> float:
        """Derivative of the loss in the squared size at s = 0, up to a positive factor."""

    @abstractmethod
    def added_to(self, limit: LimitModel, model: Model, centre: float, values: Array) -> LimitModel:
        """A limit model with the part of this cluster, whose coefficients are (m,)."""

    def basis(self, responses: Responses, centre: float, s: float) -> Array:
        """Basis functions and two derivatives in the centre, shape (3, m, q)."""
        if s > 0.0:
            raw = responses.features(self.nodes(centre, s), 2)
            basis = np.einsum("jk,dkq->djq", self.differences(responses.model, centre, s), raw)
        else:
            basis = self.limit_basis(responses, centre)
        if not self.moves:
            basis[1:] = 0.0
        return basis


@dataclass(frozen=True, eq=False)
class FiniteCluster(Cluster):
    """Units that meet at a finite weight, or one unit."""

    moves: ClassVar[bool] = True

    @property
    def shrinks(self) -> bool:
        """Whether there are several units."""
        return self.weights.size > 1

    def nodes(self, centre: float, s: float) -> Array:
        """Around the centre."""
        return centre + s * (self.weights - self.centre)

    def differences(self, model: Model, centre: float, s: float) -> Array:
        """Divided differences of φ, times factorials."""
        nodes = self.nodes(centre, s)
        order = np.array([math.factorial(j) for j in range(nodes.size)], dtype=np.float64)
        return order[:, None] * _divided(nodes)

    def limit_basis(self, responses: Responses, centre: float) -> Array:
        """φ(wx) and its derivatives."""
        m = self.weights.size
        features = responses.features(centre, m + 1)
        return np.array([features[d : d + m] for d in range(3)])

    def slope(self, responses: Responses, residual: Array, centre: float, last: float) -> float:
        """By the next derivative but one."""
        m = self.weights.size
        return float(last * (residual @ responses.features(centre, m + 1)[m + 1]))

    def added_to(self, limit: LimitModel, model: Model, centre: float, values: Array) -> LimitModel:
        """One more unit."""
        unit = LimitUnit(centre, tuple(map(float, values)))
        return replace(limit, units=(*limit.units, unit))


@dataclass(frozen=True, eq=False)
class VanishingCluster(Cluster):
    """Units whose input weights go to zero."""

    def nodes(self, centre: float, s: float) -> Array:
        """In proportion."""
        return s * self.weights

    def differences(self, model: Model, centre: float, s: float) -> Array:
        """Divided differences of φ(√z x)/√z over z = w²."""
        nodes = self.nodes(centre, s)
        return _divided(nodes**2) / nodes

    def limit_basis(self, responses: Responses, centre: float) -> Array:
        """Odd powers of x, with their Taylor coefficients."""
        m = self.weights.size
        rows = [responses.monomial(2 * j + 1) for j in range(m)]
        return taylor(responses.model)[1 : 2 * m : 2, None] * np.array([rows] * 3)

    def slope(self, responses: Responses, residual: Array, centre: float, last: float) -> float:
        """By the next odd power."""
        m = self.weights.size
        above = taylor(responses.model)[2 * m + 1]
        return float(last * above * (residual @ responses.monomial(2 * m + 1)))

    def added_to(self, limit: LimitModel, model: Model, centre: float, values: Array) -> LimitModel:
        """The powers."""
        scaled = values * taylor(model)[1 : 2 * values.size : 2]
        return replace(limit, powers=tuple(map(float, scaled)))


@dataclass(frozen=True, eq=False)
class StepCluster(Cluster):
    """A unit whose input weight goes to infinity; it is alone."""

    def nodes(self, centre: float, s: float) -> Array:
        """Steeper and steeper."""
        return self.weights / s

    def differences(self, model: Model, centre: float, s: float) -> Array:
        """The response in units of φ(∞)."""
        return np.full((1, 1), 1.0 / height(model))

    def limit_basis(self, responses: Responses, centre: float) -> Array:
        """φ(w x) for w → ∞ in units of φ(∞): sign x."""
        return np.array([[responses.rows(np.sign(responses.x))]] * 3)

    def slope(self, responses: Responses, residual: Array, centre: float, last: float) -> float:
        """As of the step end of one unit."""
        return step_slope(responses, residual, last)

    def added_to(self, limit: LimitModel, model: Model, centre: float, values: Array) -> LimitModel:
        """The step."""
        return replace(limit, step=float(values[0]))


def partitions(theta: Array) -> Iterator[tuple[Cluster, ...]]:
    """Ways to group the units: gaps below a threshold, on an absolute and a relative scale.

    The smallest weights may also go to zero while the others are grouped on the relative scale.

    Neighbours whose output weights have one sign are copies: the outputs of distinct ones grow
    with alternating signs.
    """
    inputs, outputs = split_plain(theta)
    w, v = np.abs(inputs), outputs * np.sign(inputs)
    works = np.maximum(w, np.abs(outputs)) > IDLE * (1.0 + np.abs(theta).max())
    w, v = w[works], v[works]
    order = np.argsort(w)
    w, v = w[order], v[order]
    if w.size == 0 or w[0] == 0.0:
        return
    groups = np.split(np.arange(w.size), 1 + np.flatnonzero(np.diff(w) > EQUAL_UNITS * w[1:]))
    w = np.array([w[group].mean() for group in groups])
    for joined in dict.fromkeys(_joinings(w)):
        clusters = _clusters(w, [v[group] for group in groups], joined)
        sizes = [c.weights.size for c in clusters]
        if max(sizes) <= LARGEST_CLUSTER and any(c.shrinks for c in clusters):
            yield clusters
        *others, last = clusters
        if last.weights[0] > STEP_LIMIT and not last.shrinks:
            yield (*others, StepCluster(last.weights, last.shares))


def _joinings(w: Array) -> Iterator[tuple[bool, ...]]:
    """Which of the increasing weights (h,) are joined with the one before, the first with zero."""
    absolute = np.diff(w, prepend=0.0)
    relative = absolute / w
    relative[0] = np.inf
    for gaps in (relative, absolute):
        for threshold in (-np.inf, *np.sort(gaps[np.isfinite(gaps)])):
            yield tuple(bool(gap <= threshold) for gap in gaps)
    for size in range(1, w.size):
        if w[size - 1] > CORNER_RADIUS or relative[size] < APART:
            continue
        rest = relative[size:]
        for threshold in (-np.inf, *np.sort(rest[rest < APART])):
            yield (True,) * size + tuple(bool(gap <= threshold) for gap in rest)


def _clusters(w: Array, v: Sequence[Array], joined: Sequence[bool]) -> tuple[Cluster, ...]:
    """Increasing weights (h,), each joined with the one before it, the first one with zero.

    The outputs `v` of each weight are those of the units that are equal already.
    """
    total = np.array([part.sum() for part in v])
    starts = [k for k, with_last in enumerate(joined) if k == 0 or not with_last]
    clusters: list[Cluster] = []
    for low, high in zip(starts, [*starts[1:], w.size], strict=True):
        signs = np.sign(total[low:high])
        runs = np.split(np.arange(low, high), 1 + np.flatnonzero(np.diff(signs)))
        weight = np.abs(total) + IDLE
        merged = [float(weight[run] @ w[run] / weight[run].sum()) for run in runs]
        outputs = [np.concatenate([v[k] for k in run]) for run in runs]
        shares = tuple(part / (part.sum() or 1.0) for part in outputs)
        of = VanishingCluster if low == 0 and joined[0] else FiniteCluster
        clusters.append(of(np.array(merged), shares))
    return tuple(clusters)


def _divided(nodes: Array) -> Array:
    """Values at the nodes ↦ divided differences over the first 1, 2, … of them, shape (m, m)."""
    m = nodes.size
    matrix = np.zeros((m, m))
    for j in range(m):
        gaps = nodes[: j + 1, None] - nodes[: j + 1]
        np.fill_diagonal(gaps, 1.0)
        matrix[j, : j + 1] = 1.0 / gaps.prod(axis=1)
    return matrix


@lru_cache(maxsize=64)
def taylor(model: Model) -> Array:
    """a_k = φ^(k)(0)/k! up to the order that the largest cluster at zero needs."""
    order = 2 * LARGEST_CLUSTER + 1
    values = activation(model, order)(np.zeros(1))[:, 0]
    return np.asarray(values / np.array([math.factorial(k) for k in range(order + 1)], float))
