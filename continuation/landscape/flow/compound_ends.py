"""Does a flow of three and more units run to a compound end? Clusters of units that meet.

The input weights of a cluster, m of them distinct, tend to a common w: the limit of its outputs
is the span of φ(wx), xφ'(wx), …, x^(m−1) φ^(m−1)(wx), and at w = 0 that of x, x³, …, x^(2m−1).
A cluster of one is a finite unit; equal units (copies) count once. In the basis of divided
differences the loss is smooth down to the limit, where its derivative in the squared size of a
cluster is, with the coefficient c of the last basis function,

- at w > 0, in ½ Σ (w_k − w)²: c/(m(m + 1)) ⟨r, x^(m+1) φ^(m+1)(wx)⟩;
- at w = 0, in Σ w_k²: c a_(2m+1)/a_(2m−1) ⟨r, x^(2m+1)⟩, a_k = φ^(k)(0)/k!.

A weight may also tend to infinity, where φ(wx) becomes a step. For one pair or one unit these are
the ends of `escapes`. The rule is the same: all clusters are shrunk together by a factor s, and
the minimum e(s) over centres and coefficients has to fall monotonically to a minimum of the limit
model, with the trajectory slaved to it. All normal derivatives have to be positive, and so has
the slope along every cluster alone.

References
----------
K. Fukumizu and S. Amari, *Neural Networks* 13 (2000) 317: units that meet, and copies.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from continuation.arrays import Array
from continuation.landscape.flow.cluster_minima import Settled, settle
from continuation.landscape.flow.clusters import Cluster, partitions
from continuation.landscape.flow.end_charts import FIRST_CHANGE, NEXT_CHANGE, ROUNDING
from continuation.landscape.flow.profiles import SLAVED, STEEPNESS, VANISHING
from continuation.landscape.infinity import LimitModel
from continuation.landscape.network import Responses

SHRINKING = (5 / 6, 4 / 6, 3 / 6, 2 / 6, 1 / 6, 0.0)
"""Sizes s of the profile; at 0 the limit model itself is taken."""
ALONE = (0.5, 1.0, 1.25)
"""Sizes of one cluster while the others have none."""


@dataclass(frozen=True, eq=False)
class CompoundEnd:
    """An end that a trajectory runs to, or may run to.

    Attributes
    ----------
    limit : LimitModel
    loss : float
        L of the limit.
    decided : bool
        Whether the trajectory is slaved to it; else the end attracts, but may not be reached.
    """

    limit: LimitModel
    loss: float
    decided: bool


def compound_end(
    responses: Responses, theta: Array, value: float, *, copies_may_part: bool
) -> CompoundEnd | None:
    """The end that the flow from θ (d,), L = `value`, runs to; None if none attracts it.

    Parameters
    ----------
    responses : Responses
        The data at the parameters of the flow; odd units, free output weights, no bias.
    theta : ndarray, shape (2H,)
    value : float
    copies_may_part : bool
        False within a subspace in which they stay equal.
    """
    undecided: CompoundEnd | None = None
    for clusters in partitions(theta):
        found = _tested(responses, clusters, value, copies_may_part)
        if found is not None and found.decided:
            return found
        undecided = undecided or found
    return undecided


def _tested(
    responses: Responses, clusters: Sequence[Cluster], value: float, copies_may_part: bool
) -> CompoundEnd | None:
    """The limit of these clusters if it attracts, and whether the trajectory is slaved to it."""
    ends = [k for k, cluster in enumerate(clusters) if cluster.shrinks]
    whole = np.array([1.0 if cluster.shrinks else 0.0 for cluster in clusters])
    centres = np.array([cluster.centre for cluster in clusters])
    start = settle(responses, clusters, centres, whole, FIRST_CHANGE)
    if start is None or not start.loss <= value * (1.0 + ROUNDING):
        return None
    states = [start]
    for s in SHRINKING:
        state = settle(responses, clusters, states[-1].centres, s * whole, NEXT_CHANGE)
        if state is None or not state.loss <= states[-1].loss * (1.0 + ROUNDING):
            return None
        states.append(state)
    limit = states[-1]
    if not all(_attracts(responses, clusters[k], limit, k) for k in ends):
        return None
    if copies_may_part and not all(
        _copies_stay(responses, clusters, state, s * whole)
        for state, s in zip(states[:-1], (1.0, *SHRINKING[:-1]), strict=True)
    ):
        return None
    if len(ends) > 1 and not all(_rises_alone(responses, clusters, limit, k) for k in ends):
        return None
    fall = start.loss - limit.loss
    steepness = (start.loss - states[1].loss) / -math.log(SHRINKING[0])
    slaved = value - start.loss <= SLAVED * fall and steepness >= STEEPNESS * fall
    decided = slaved and fall > 10.0 * ROUNDING * start.loss
    return CompoundEnd(_limit(responses, clusters, limit), limit.loss, decided)


def _attracts(responses: Responses, cluster: Cluster, limit: Settled, k: int) -> bool:
    """Whether the loss rises with the size of a cluster that has not lost its last coefficient."""
    last = float(limit.coefficients[k][-1])
    largest = max(float(np.abs(c).max()) for c in limit.coefficients)
    if not abs(last) > VANISHING * largest:
        return False
    return cluster.slope(responses, limit.residual, float(limit.centres[k]), last) > 0.0


def _rises_alone(responses: Responses, clusters: Sequence[Cluster], limit: Settled, k: int) -> bool:
    """Whether the minimum rises when this cluster alone has a size."""
    before = limit
    for s in ALONE:
        sizes = np.zeros(len(clusters))
        sizes[k] = s
        state = settle(responses, clusters, before.centres, sizes, NEXT_CHANGE)
        if state is None or not state.loss >= before.loss:
            return False
        before = state
    return True


def _copies_stay(
    responses: Responses, clusters: Sequence[Cluster], at: Settled, sizes: Array
) -> bool:
    """Whether equal units stay so: no descending direction across (`critical_manifolds`)."""
    for k, cluster in enumerate(clusters):
        if all(shares.size == 1 for shares in cluster.shares):
            continue
        centre, s = float(at.centres[k]), float(sizes[k])
        nodes = cluster.nodes(centre, s) if s > 0.0 else np.array([centre])
        outputs = at.coefficients[k]
        if s > 0.0:
            outputs = cluster.differences(responses.model, centre, s).T @ outputs
        curvature = outputs * (responses.features(nodes, 2)[2] @ at.residual)
        for shares, bend in zip(cluster.shares, curvature, strict=True):
            falling = (shares < 0.0).sum() if bend > 0.0 else (shares > 0.0).sum() - 1
            if falling:
                return False
    return True


def _limit(responses: Responses, clusters: Sequence[Cluster], at: Settled) -> LimitModel:
    """Clusters of most units first, then in order of weight."""
    order = sorted(range(len(clusters)), key=lambda k: (-clusters[k].weights.size, at.centres[k]))
    limit = LimitModel()
    for k in order:
        centre, values = float(at.centres[k]), at.coefficients[k]
        limit = clusters[k].added_to(limit, responses.model, centre, values)
    return limit
