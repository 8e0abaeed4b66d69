"""Gradient flow θ' = −∇L(θ) to its decided limit: a point, a line, infinity, or undecided.

The integration is by `steps`, the decision rule is in `decision` and `escapes`, the compiled driver
in `compiled`; this module is their interface. Three and more units also have compound ends at
infinity, see `wide_flows`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Unpack

import numpy as np
from numpy.typing import ArrayLike, NDArray

from continuation.arrays import Array
from continuation.compilation import address_of
from continuation.errors import InvalidInputError, require_type
from continuation.landscape.flow import compiled
from continuation.landscape.flow.end_charts import CONFLUENCE, CORNER, LINEAR, MIXED, STEP
from continuation.landscape.flow.escapes import LIMIT_LOSS, OTHER, SIGN, UNIT
from continuation.landscape.flow.kinked_flows import kinked_flow
from continuation.landscape.flow.options import FlowLimits, FlowOptions
from continuation.landscape.flow.results import FlowResult, Passage, reason
from continuation.landscape.flow.wide_flows import Piece as FlowPiece
from continuation.landscape.flow.wide_flows import flow_in_pieces, has_compound_ends
from continuation.landscape.infinity import LimitModel, LimitUnit, end_of
from continuation.landscape.network import (
    FLOW_ENDS,
    Layout,
    LossAt,
    Units,
    as_weights,
    in_fitting_units,
)
from symbolic import Model

VANISHED = 1e-9
"""Weights of a unit that has vanished, relative to 1 + the largest; in an invariant subspace they
are zero up to rounding."""

ENDS = (CONFLUENCE, LINEAR, STEP, CORNER, MIXED)
"""Outcomes at infinity."""


@dataclass(frozen=True)
class Trajectory:
    """A trajectory of the gradient flow, at the accepted steps.

    Attributes
    ----------
    t : ndarray, shape (m,)
        Increasing times, from 0.
    theta : ndarray, shape (m, d)
    loss : ndarray, shape (m,)
        Falling, up to rounding.
    result : FlowResult
    """

    t: Array
    theta: Array = field(repr=False)
    loss: Array
    result: FlowResult

    def rescaled(self, units: Units) -> Trajectory:
        """The same trajectory, given in `units`, in the ones that these are multiples of."""
        theta, loss = units.weights(self.theta), self.loss * units.loss
        return replace(self, theta=theta, loss=loss, result=self.result.rescaled(units))


def flow_to_limit(
    loss_at: LossAt,
    theta0: ArrayLike,
    *,
    subspace: Array | None = None,
    **options: Unpack[FlowLimits],
) -> FlowResult:
    """Follow the gradient flow from one start until its limit is decided.

    Parameters
    ----------
    loss_at : LossAt
        The loss at fixed parameters.
    theta0 : array_like, shape (d,)
        Initial weights.
    subspace : ndarray, shape (d, d), optional
        Orthogonal projector onto an invariant subspace that contains the start. Rounding is
        kept out of the flow, and only attraction within the subspace is asked for.
    rtol, flow_time, step_limit, seconds
        Of `FlowOptions`.

    Returns
    -------
    FlowResult

    Raises
    ------
    InvalidInputError
        Wrong shape, non-finite weights, non-positive tolerance or limits.

    References
    ----------
    E. Hairer and G. Wanner, *Solving Ordinary Differential Equations II* (1996), IV.7.

    Examples
    --------
    >>> from continuation.landscape import Dataset, Loss, flow_to_limit
    >>> from symbolic import single_unit
    >>> loss = Loss(single_unit(), Dataset.sample(single_unit(), n=20, seed=0))
    >>> result = flow_to_limit(loss.at(noise=0.1), [0.5, 0.5])
    >>> result.status
    'point'
    """
    _require_fixed(loss_at)
    start = as_weights(loss_at.model, theta0)
    return flows_to_limits(loss_at, start[None], subspace=subspace, **options)[0]


@in_fitting_units
def flows_to_limits(
    loss_at: LossAt,
    thetas: ArrayLike,
    *,
    subspace: Array | None = None,
    **options: Unpack[FlowLimits],
) -> tuple[FlowResult, ...]:
    """`flow_to_limit` from every row of `thetas` (m, d), in one compiled call.

    Examples
    --------
    >>> from continuation.landscape import Dataset, Loss, flows_to_limits
    >>> from symbolic import single_unit
    >>> loss = Loss(single_unit(), Dataset.sample(single_unit(), n=20, seed=0))
    >>> results = flows_to_limits(loss.at(noise=0.1), [[0.5, 0.5], [-0.5, -0.5]])
    >>> [result.status for result in results]
    ['point', 'point']
    """
    _require_fixed(loss_at)
    rows = np.ascontiguousarray(thetas, dtype=np.float64)
    if rows.ndim != 2:
        raise InvalidInputError(f"initial weights must have shape (m, d), not {rows.shape}")
    for row in rows[:1] if np.isfinite(rows).all() else rows:
        as_weights(loss_at.model, row)
    return _run(loss_at, rows, FlowOptions(**options), subspace, record=False)[0]


@in_fitting_units
def trajectory(
    loss_at: LossAt,
    theta0: ArrayLike,
    *,
    subspace: Array | None = None,
    **options: Unpack[FlowLimits],
) -> Trajectory:
    """`flow_to_limit` that also records every accepted step.

    Examples
    --------
    >>> import numpy as np
    >>> from continuation.landscape import Dataset, Loss, trajectory
    >>> from symbolic import single_unit
    >>> loss = Loss(single_unit(), Dataset.sample(single_unit(), n=20, seed=0))
    >>> run = trajectory(loss.at(noise=0.1), [0.5, 0.5])
    >>> bool((np.diff(run.loss) <= 0).all())
    True
    """
    _require_fixed(loss_at)
    starts = as_weights(loss_at.model, theta0)[None]
    (result,), record = _run(loss_at, starts, FlowOptions(**options), subspace, record=True)
    return Trajectory(record[:, 0].copy(), record[:, 1:-1].copy(), record[:, -1].copy(), result)


def _require_fixed(loss_at: object) -> None:
    require_type("the loss", loss_at, LossAt, "one at fixed parameters, such as loss.at(noise=0.1)")


def _run(
    loss_at: LossAt, starts: Array, options: FlowOptions, subspace: Array | None, *, record: bool
) -> tuple[tuple[FlowResult, ...], Array]:
    if loss_at.model.has_kinks and subspace is None:
        return _run_on_kinks(loss_at, starts, options)
    timed = math.isfinite(options.seconds)
    if timed or has_compound_ends(loss_at.model, loss_at.conditions.decays):
        return _run_in_pieces(loss_at, starts, options, subspace, record=record)
    results, _, trail = _integrate(loss_at, starts, options, subspace, record=record)
    return results, trail


def _run_on_kinks(
    loss_at: LossAt, starts: Array, options: FlowOptions
) -> tuple[tuple[FlowResult, ...], Array]:
    def integrate(start: Array, left: FlowOptions, space: Array | None) -> FlowPiece:
        (result,), (outcome,), trail = _integrate(loss_at, start[None], left, space, record=True)
        return FlowPiece(result, int(outcome), trail)

    results, trail = [], np.empty((0, starts.shape[1] + 2))
    for start in starts:
        result, trail = kinked_flow(loss_at, integrate, start, options)
        results.append(result)
    return tuple(results), trail


def _run_in_pieces(
    loss_at: LossAt, starts: Array, options: FlowOptions, subspace: Array | None, *, record: bool
) -> tuple[tuple[FlowResult, ...], Array]:
    def integrate(start: Array, left: FlowOptions) -> FlowPiece:
        (result,), (outcome,), trail = _integrate(
            loss_at, start[None], left, subspace, record=record
        )
        return FlowPiece(result, int(outcome), trail)

    results, trail = [], np.empty((0, starts.shape[1] + 2))
    for start in starts:
        result, trail = flow_in_pieces(
            loss_at, integrate, start, options, in_subspace=subspace is not None
        )
        results.append(result)
    return tuple(results), trail


def _integrate(
    loss_at: LossAt, starts: Array, options: FlowOptions, subspace: Array | None, *, record: bool
) -> tuple[tuple[FlowResult, ...], Array, Array]:
    """One compiled call: results, outcome codes (m,), and the record of the last start."""
    m, d = starts.shape
    model = loss_at.model
    lasts, targets = np.empty((m, d)), np.empty((m, d))
    units = Layout.of(model).hidden
    signs, clusters = np.ones((m, units)), np.zeros((m, units), dtype=np.int64)
    verdicts, summaries = np.zeros((m, compiled.VERDICT)), np.zeros((m, compiled.SUMMARY))
    passages = np.zeros((m, compiled.PASSAGES, d + 3))
    kernels, decaying = loss_at.kernels, loss_at.conditions.decays
    projector = np.empty((0, 0)) if subspace is None else np.ascontiguousarray(subspace)
    trail = compiled.compiled_flows()(
        address_of(kernels.evaluate), address_of(kernels.gradient), loss_at.p,
        loss_at.constants, loss_at.data,
        loss_at.work, starts, options.rtol, options.flow_time, options.step_limit,
        layout(model, decaying), _ends(model, decaying), projector, record, lasts, targets,
        clusters, signs, verdicts, passages, summaries,
    )  # fmt: skip
    outcomes, levels = summaries[:, compiled.OUTCOME], summaries[:, compiled.LOSS].copy()
    settled = (outcomes == compiled.POINT) | (outcomes == compiled.LINE)
    levels[settled] = loss_at.values(targets[settled])
    columns = zip(
        lasts, targets, clusters, signs, verdicts, passages, summaries, levels.tolist(), strict=True
    )
    results = tuple(_result(model, *column) for column in columns)
    return results, outcomes, trail


def layout(model: Model, decaying: bool) -> NDArray[np.int64]:
    """Layout of the weights as the compiled decision rule reads it (see `decision`)."""
    places = Layout.of(model)
    flags = [model.free_output, model.offset, model.is_odd, not decaying]
    return np.array([places.hidden, places.inputs, *flags], dtype=np.int64)


def _ends(model: Model, decaying: bool) -> NDArray[np.int64]:
    """Flags of the ends with a chart; weight decay keeps trajectories finite."""
    return np.array([not decaying and end.holds(model) for end in FLOW_ENDS], dtype=np.int64)


def _result(
    model: Model,
    last: Array,
    target: Array,
    cluster: NDArray[np.int64],
    sign: Array,
    verdict: Array,
    passages: Array,
    summary: Array,
    level: float,
) -> FlowResult:
    outcome = int(summary[compiled.OUTCOME])
    t, steps = float(summary[compiled.TIME]), int(summary[compiled.STEPS])
    slow = tuple(
        Passage(float(row[0]), float(row[1]), float(row[2]), row[3:].copy())
        for row in passages[: int(summary[compiled.PASSED])]
    )

    def found(
        status: str, subkind: str, message: str, theta: Array, loss: float = level,
        line_parameter: float | None = None, limit: LimitModel | None = None,
        representative: Array | None = None,
    ) -> FlowResult:  # fmt: skip
        return FlowResult(
            status, subkind, theta.copy(), line_parameter, limit, loss, t, steps, message, slow,
            representative,
        )  # fmt: skip

    if outcome == compiled.POINT:
        message = "Newton contracts from the trajectory to a minimum"
        return found("point", "isolated", message, target, representative=target.copy())
    if outcome == compiled.LINE and _is_trivial(model, target, cluster):
        message = "Newton contracts to a minimum in the invariant subspace of vanishing units"
        return found("point", "isolated", message, target, representative=target.copy())
    if outcome == compiled.LINE:
        share, equal = _line(model, target, cluster, sign)
        message = "Newton contracts across the line, and the drift along it ends"
        return found(
            "line", "split line", message, target, line_parameter=share, representative=equal
        )
    if outcome in ENDS:
        limit, loss = _limit(model, outcome, target, verdict), float(verdict[LIMIT_LOSS])
        message = "slaved to a reduced minimum that falls to its limit"
        return found("infinity", end_of(limit).name, message, last, loss, limit=limit)
    status = "infinity" if outcome == compiled.UNRESOLVED else "undecided"
    subkind = "unresolved" if outcome == compiled.UNRESOLVED else ""
    return found(status, subkind, reason(outcome, t, steps), last)


def _is_trivial(model: Model, theta: Array, cluster: NDArray[np.int64]) -> bool:
    """Whether all units that are equal vanish, so that there is nothing to trade between them."""
    units = Layout.of(model).units(theta)
    merged = np.bincount(cluster)[cluster] > 1
    return bool(np.abs(units[merged]).max() <= VANISHED * (1.0 + np.abs(units).max()))


def _line(
    model: Model, theta: Array, cluster: NDArray[np.int64], sign: Array
) -> tuple[float | None, Array]:
    """λ ≥ ½ (None for more than two equal units), and the weights with equal shares."""
    layout, equal, share = Layout.of(model), theta.copy(), None
    weights, shared = layout.output_weights(theta), layout.output_weights(equal)
    groups = [np.flatnonzero(cluster == name) for name in np.unique(cluster)]
    for group in groups:
        total = float(sign[group] @ weights[group])
        shared[group] = sign[group] * total / group.size
        if group.size == 2:
            part = float(sign[group[0]] * weights[group[0]]) / total
            share = max(part, 1.0 - part)
    merged = [group.size for group in groups if group.size > 1]
    return (share if merged == [2] else None), equal


def _limit(model: Model, outcome: int, q: Array, verdict: Array) -> LimitModel:
    """The limit model from the reduced weights q (d,) at δ = 0."""
    layout, i, j = Layout.of(model), int(verdict[UNIT]), int(verdict[OTHER])
    outputs, biases = layout.output_weights(q), layout.biases(q)
    first, second = float(outputs[i]), float(outputs[j])
    slope, cubic = _odd_slopes(model)
    shift = float(biases[j if outcome == CONFLUENCE else i]) if model.bias else None
    side = math.copysign(1.0, verdict[SIGN])
    rest = (k for k in range(layout.hidden) if k not in (i, j))
    units = tuple(_unit(model, q, k, (float(outputs[k]),)) for k in rest)
    limit = LimitModel(units, offset=float(q[-1]) if model.offset else None)
    if outcome == CONFLUENCE:
        pair = replace(_unit(model, q, i, (first, second)), shift=shift)
        return replace(limit, units=(pair, *units))
    if outcome == CORNER:
        return replace(limit, powers=(slope * first, cubic / 6.0 * second))
    if outcome == MIXED:
        return replace(limit, powers=(slope * first,), step=side * second)
    if outcome == LINEAR:
        return replace(limit, powers=(slope * first,), shift=shift)
    return replace(limit, step=side * first)


@lru_cache(maxsize=256)
def _odd_slopes(model: Model) -> tuple[float, float]:
    """First and third derivative of φ at 0."""
    slopes = model.activation_functions(3)(np.zeros(1))[:, 0]
    return float(slopes[1]), float(slopes[3])


def _unit(model: Model, q: Array, k: int, coefficients: tuple[float, ...]) -> LimitUnit:
    """Unit k, with a positive weight where the activation is odd."""
    layout = Layout.of(model)
    weight = float(layout.input_weights(q)[k])
    bias = float(layout.biases(q)[k]) if model.bias else None
    unit = LimitUnit(weight, coefficients, bias)
    return unit.positive() if model.is_odd else unit
