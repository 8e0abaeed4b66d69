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
G. H. Golub and V. Pereyra, *SIAM J. Numer. Anal.* 10 (1973) 413: variable projection.
C. de Boor, "Divided differences", *Surveys in Approximation Theory* 1 (2005) 46.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from continuation.landscape.critical_models import ModelPoint
from continuation.landscape.decision import EQUAL_UNITS
from continuation.landscape.ends import step_slope
from continuation.landscape.escapes import (
    CONTRACTION,
    CONTRACTION_FLOOR,
    FIRST_CHANGE,
    NEXT_CHANGE,
    ROUNDING,
    SETTLE_STEPS,
    SETTLE_TOLERANCE,
    SLAVED,
    STEEPNESS,
    STEP_LIMIT,
)
from continuation.landscape.limit_functions import DERIVATIVES
from continuation.landscape.responses import Responses, activation, saturation
from symbolic import Model

Array = NDArray[np.float64]

LARGEST_CLUSTER = len(DERIVATIVES)
"""Distinct weights of a cluster; the differences of more weights are below rounding."""
SHRINKING = (5 / 6, 4 / 6, 3 / 6, 2 / 6, 1 / 6, 0.0)
"""Sizes s of the profile; at 0 the limit model itself is taken."""
ALONE = (0.5, 1.0, 1.25)
"""Sizes of one cluster while the others have none."""
IDLE = 1e-9
"""Units with smaller weights, relative to 1 + the largest, are dead; so are cluster coefficients
relative to the largest that are smaller."""


@dataclass(frozen=True, eq=False)
class Cluster:
    """Units that meet, or a finite unit.

    Attributes
    ----------
    place : {"finite", "zero", "infinity"}
        Where the weights tend to; a weight that tends to infinity (a step) is alone.
    weights : ndarray, shape (m,)
        Distinct input weights, made positive.
    shares : tuple of ndarray, length m
        Output weights of the units that share each, over their sum.
    """

    place: str
    weights: Array
    shares: tuple[Array, ...]

    @property
    def centre(self) -> float:
        """Mean of the weights."""
        return float(self.weights.mean())

    @property
    def shrinks(self) -> bool:
        """Whether this is an end, rather than a finite unit."""
        return self.place != "finite" or self.weights.size > 1

    def nodes(self, centre: float, s: float) -> Array:
        """Input weights (m,) at size s."""
        if self.place == "zero":
            return s * self.weights
        if self.place == "infinity":
            return self.weights / s
        return centre + s * (self.weights - self.centre)

    def differences(self, model: Model, centre: float, s: float) -> Array:
        """Responses of the units ↦ basis functions, shape (m, m), for s > 0."""
        nodes = self.nodes(centre, s)
        if self.place == "zero":
            return _divided(nodes**2) / nodes
        if self.place == "infinity":
            limit = saturation(model)
            assert limit is not None
            return np.full((1, 1), 1.0 / limit[0])
        order = np.array([math.factorial(j) for j in range(nodes.size)], dtype=np.float64)
        return order[:, None] * _divided(nodes)

    def basis(self, responses: Responses, centre: float, s: float) -> Array:
        """Basis functions and two derivatives in the centre, shape (3, m, q)."""
        m = self.weights.size
        if s > 0.0:
            raw = responses.features(self.nodes(centre, s), 2)
            basis = np.einsum("jk,dkq->djq", self.differences(responses.model, centre, s), raw)
        elif self.place == "zero":
            rows = [responses.monomial(2 * j + 1) for j in range(m)]
            basis = _taylor(responses.model)[1 : 2 * m : 2, None] * np.array([rows] * 3)
        elif self.place == "infinity":
            basis = np.array([[_step(responses)]] * 3)
        else:
            features = responses.features(centre, m + 1)
            basis = np.array([features[d : d + m] for d in range(3)])
        if self.place != "finite":
            basis[1:] = 0.0
        return basis

    def slope(self, responses: Responses, state: Settled, centre: float, last: float) -> float:
        """Derivative of the loss in the squared size at s = 0, up to a positive factor."""
        m = self.weights.size
        if self.place == "infinity":
            point = ModelPoint(np.inf, np.array([last]), state.residual, np.empty((0, 0)))
            return step_slope(responses, point, last)
        if self.place == "zero":
            above = _taylor(responses.model)[2 * m + 1]
            return float(last * above * (state.residual @ responses.monomial(2 * m + 1)))
        return float(last * (state.residual @ responses.features(centre, m + 1)[m + 1]))


@dataclass(frozen=True, eq=False)
class Settled:
    """A minimum over centres and coefficients at given sizes.

    Attributes
    ----------
    centres : ndarray, shape (k,)
    coefficients : list of ndarray, shape (m,) each
    residual : ndarray, shape (q,)
    loss : float
    """

    centres: Array
    coefficients: list[Array]
    residual: Array

    @property
    def loss(self) -> float:
        """½ |r|²."""
        return 0.5 * float(self.residual @ self.residual)


@dataclass(frozen=True, eq=False)
class CompoundEnd:
    """An end that a trajectory runs to, or may run to.

    Attributes
    ----------
    subkind : str
        "confluence", "linear" or "step" for one cluster, else "corner".
    limit : mapping
        Parameters of the limit model, as in `limit_outputs`.
    loss : float
        L of the limit.
    decided : bool
        Whether the trajectory is slaved to it; else the end attracts, but may not be reached.
    """

    subkind: str
    limit: Mapping[str, float]
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


def partitions(theta: Array) -> Iterator[tuple[Cluster, ...]]:
    """Ways to group the units: gaps below a threshold, on an absolute and a relative scale.

    Neighbours whose output weights have one sign are copies: the outputs of distinct ones grow
    with alternating signs.
    """
    hidden = theta.size // 2
    w, v = np.abs(theta[:hidden]), theta[hidden:] * np.sign(theta[:hidden])
    works = np.maximum(w, np.abs(theta[hidden:])) > IDLE * (1.0 + np.abs(theta).max())
    w, v = w[works], v[works]
    order = np.argsort(w)
    w, v = w[order], v[order]
    if w.size == 0 or w[0] == 0.0:
        return
    groups = np.split(np.arange(w.size), 1 + np.flatnonzero(np.diff(w) > EQUAL_UNITS * w[1:]))
    w = np.array([w[group].mean() for group in groups])
    absolute = np.diff(w, prepend=0.0)
    relative = absolute / w
    relative[0] = np.inf
    seen = set()
    for gaps in (relative, absolute):
        for threshold in (-np.inf, *np.sort(gaps[np.isfinite(gaps)])):
            joined = tuple(bool(gap <= threshold) for gap in gaps)
            if joined in seen:
                continue
            seen.add(joined)
            clusters = _clusters(w, [v[group] for group in groups], joined)
            sizes = [c.weights.size for c in clusters]
            if max(sizes) <= LARGEST_CLUSTER and any(c.shrinks for c in clusters):
                yield clusters
            *others, last = clusters
            if last.weights[0] > STEP_LIMIT and not last.shrinks:
                yield (*others, replace(last, place="infinity"))


def _clusters(w: Array, v: Sequence[Array], joined: Sequence[bool]) -> tuple[Cluster, ...]:
    """Increasing weights (h,), each joined with the one before it, the first one with zero.

    The outputs `v` of each weight are those of the units that are equal already.
    """
    total = np.array([part.sum() for part in v])
    starts = [k for k, with_last in enumerate(joined) if k == 0 or not with_last]
    clusters = []
    for low, high in zip(starts, [*starts[1:], w.size], strict=True):
        signs = np.sign(total[low:high])
        runs = np.split(np.arange(low, high), 1 + np.flatnonzero(np.diff(signs)))
        weight = np.abs(total) + IDLE
        merged = [float(weight[run] @ w[run] / weight[run].sum()) for run in runs]
        outputs = [np.concatenate([v[k] for k in run]) for run in runs]
        shares = tuple(part / (part.sum() or 1.0) for part in outputs)
        place = "zero" if low == 0 and joined[0] else "finite"
        clusters.append(Cluster(place, np.array(merged), shares))
    return tuple(clusters)


def _tested(
    responses: Responses, clusters: Sequence[Cluster], value: float, copies_may_part: bool
) -> CompoundEnd | None:
    """The limit of these clusters if it attracts, and whether the trajectory is slaved to it."""
    ends = [k for k, cluster in enumerate(clusters) if cluster.shrinks]
    whole = np.array([1.0 if cluster.shrinks else 0.0 for cluster in clusters])
    centres = np.array([cluster.centre for cluster in clusters])
    start = _settle(responses, clusters, centres, whole, FIRST_CHANGE)
    if start is None or start.loss > value * (1.0 + ROUNDING):
        return None
    states = [start]
    for s in SHRINKING:
        state = _settle(responses, clusters, states[-1].centres, s * whole, NEXT_CHANGE)
        if state is None or state.loss > states[-1].loss * (1.0 + ROUNDING):
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
    return CompoundEnd(_subkind(clusters), _limit(responses, clusters, limit), limit.loss, decided)


def _settle(
    responses: Responses,
    clusters: Sequence[Cluster],
    centres: Array,
    sizes: Array,
    first_change: float,
) -> Settled | None:
    """Minimum over centres and coefficients by the projected Newton method; None if it is lost."""
    moving = np.flatnonzero([cluster.place == "finite" for cluster in clusters])
    counts = np.cumsum([cluster.weights.size for cluster in clusters])[:-1]
    previous = np.inf
    for iteration in range(SETTLE_STEPS):
        rows = [
            cluster.basis(responses, float(centre), float(s))
            for cluster, centre, s in zip(clusters, centres, sizes, strict=True)
        ]
        basis = np.concatenate(rows, axis=1)
        q, r = np.linalg.qr(basis[0].T)
        along = q.T @ responses.target
        residual = q @ along - responses.target
        if not (np.abs(np.diag(r)) > ROUNDING * np.abs(np.diag(r)).max()).all():
            return None
        coefficients = np.split(np.linalg.solve(r, along), counts)
        settled = Settled(centres, coefficients, residual)
        if moving.size == 0:
            return settled
        step = _projected_step(rows, settled, moving, counts, q, r)
        if step is None:
            return None
        change = float(np.abs(step / centres[moving]).max())
        if change > (
            first_change if iteration == 0 else max(CONTRACTION * previous, CONTRACTION_FLOOR)
        ):
            return None
        if change < SETTLE_TOLERANCE:
            return settled
        centres = centres.copy()
        centres[moving] += step
        previous = change
    return None


def _projected_step(
    rows: Sequence[Array],
    at: Settled,
    moving: NDArray[np.int64],
    counts: NDArray[np.int64],
    q: Array,
    r: Array,
) -> Array | None:
    """Newton step (k,) of the centres for the loss minimised over the coefficients.

    With the features A = RᵀQᵀ, the motion J = c A' of the outputs and K = (A' r) R⁻¹ the projected
    Hessian is J⊥ J⊥ᵀ + c A'' r − J Q Kᵀ − K (J Q)ᵀ − K Kᵀ. None unless it is positive.
    """
    motion = np.array([at.coefficients[k] @ rows[k][1] for k in moving])
    bend = np.array([at.coefficients[k] @ rows[k][2] @ at.residual for k in moving])
    mixed = np.zeros((moving.size, r.shape[0]))
    first = [0, *counts]
    for i, k in enumerate(moving):
        mixed[i, first[k] : first[k] + len(rows[k][1])] = rows[k][1] @ at.residual
    seen = motion @ q
    across = motion - seen @ q.T
    coupling = np.linalg.solve(r.T, mixed.T).T
    hessian = across @ across.T + np.diag(bend) - coupling @ coupling.T
    hessian -= seen @ coupling.T + coupling @ seen.T
    if not (np.diag(hessian) > 0.0).all():
        return None
    size = 1.0 / np.sqrt(np.diag(hessian))
    try:
        np.linalg.cholesky(size[:, None] * hessian * size)
    except np.linalg.LinAlgError:
        return None
    return np.asarray(
        -size * np.linalg.solve(size[:, None] * hessian * size, size * (motion @ at.residual))
    )


def _attracts(responses: Responses, cluster: Cluster, limit: Settled, k: int) -> bool:
    """Whether the loss rises with the size of a cluster that has not lost its last coefficient."""
    last = float(limit.coefficients[k][-1])
    largest = max(float(np.abs(c).max()) for c in limit.coefficients)
    if abs(last) <= IDLE * largest:
        return False
    return cluster.slope(responses, limit, float(limit.centres[k]), last) > 0.0


def _rises_alone(responses: Responses, clusters: Sequence[Cluster], limit: Settled, k: int) -> bool:
    """Whether the minimum rises when this cluster alone has a size."""
    before = limit
    for s in ALONE:
        sizes = np.zeros(len(clusters))
        sizes[k] = s
        state = _settle(responses, clusters, before.centres, sizes, NEXT_CHANGE)
        if state is None or state.loss < before.loss:
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


def _subkind(clusters: Sequence[Cluster]) -> str:
    ends = [cluster for cluster in clusters if cluster.shrinks]
    if len(ends) > 1 or (ends[0].place == "zero" and ends[0].weights.size > 1):
        return "corner"
    return {"zero": "linear", "finite": "confluence", "infinity": "step"}[ends[0].place]


def _limit(responses: Responses, clusters: Sequence[Cluster], at: Settled) -> dict[str, float]:
    """Names as in `limit_outputs`: clusters of most units first, then in order of weight."""
    limit: dict[str, float] = {}
    order = sorted(range(len(clusters)), key=lambda k: (-clusters[k].weights.size, at.centres[k]))
    number = 0
    for k in order:
        cluster, values = clusters[k], at.coefficients[k]
        if cluster.place == "infinity":
            limit["s"] = float(values[0])
            continue
        if cluster.place == "zero":
            scaled = values * _taylor(responses.model)[1 : 2 * values.size : 2]
            limit |= {f"c{2 * j + 1}" if j else "c": float(c) for j, c in enumerate(scaled)}
            continue
        number += 1
        suffix = "" if number == 1 else str(number)
        limit["w" + suffix] = float(at.centres[k])
        letters = "v" if values.size == 1 else DERIVATIVES[: values.size]
        limit |= {letter + suffix: float(c) for letter, c in zip(letters, values, strict=True)}
    return limit


def _step(responses: Responses) -> Array:
    """φ(w x) for w → ∞ in units of φ(∞): sign x."""
    return responses.rows(np.sign(responses.x))


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
def _taylor(model: Model) -> Array:
    """a_k = φ^(k)(0)/k! up to the order that the largest cluster at zero needs."""
    order = 2 * LARGEST_CLUSTER + 1
    values = activation(model, order)(np.zeros(1))[:, 0]
    return np.asarray(values / np.array([math.factorial(k) for k in range(order + 1)], float))
