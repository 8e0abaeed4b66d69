"""Gradient flows of networks with kinks: they slide along them, and end on them.

Where the loss bends up across a kink z_a(θ) = 0 and both sides push towards it, the flow goes on
along the kink, by the part of the gradient along it (Filippov). An integrator that does not know
that takes ever shorter steps from side to side. So the flow is integrated in pieces, each in the
linear space of the kinks of the first hidden layer that it slides on:

- a kink is entered where the weights have come close to it and both sides push towards it, that
  is, its share t of the jump of the gradient lies between 0 and 1;
- it is left at the first step at which t does not;
- a unit that no sample drives any more stands still, or decays, for good: it is left out, and
  lets go of its weights at the rate of the decay.

The flow is decided where Newton's method contracts on the kinks to a minimum.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from continuation.arrays import Array
from continuation.deadline import Deadline
from continuation.landscape.flow.compiled import NOT_FINITE, PASSAGES, UNDECIDED_STEPS
from continuation.landscape.flow.options import FlowOptions
from continuation.landscape.flow.results import FlowResult, Passage, reason
from continuation.landscape.flow.wide_flows import Piece, decided_far
from continuation.landscape.kinks import (
    INSIDE,
    KinkMinimum,
    Places,
    argument,
    decaying_of_units,
    idle_units,
    minimum_on_kinks,
    rows_of_unit,
    settled_on,
    sides_of,
)
from continuation.landscape.network import LossAt
from continuation.landscape.sets import KINK, VALLEY

PIECE = 60
"""Steps of a piece."""

CLOSE, MOST = 1e-4, 4
"""Distance from the weights, relative to 1 + |θ|, at which a kink that both sides push towards is
reached, and how many of the nearest are asked."""

NONE: Places = np.empty((0, 3), dtype=np.int64)

Integrate = Callable[[Array, FlowOptions, Array | None], Piece]
"""From a start (d,), within the limits, in the space of a projector (d, d) or in all of it."""


@dataclass(frozen=True, eq=False)
class _Slide:
    """What a flow slides on.

    Attributes
    ----------
    kinks : ndarray of int, shape (k, 3)
        Sample, layer (0) and unit.
    idle : tuple of int
        Units of the first layer that no sample drives.
    """

    kinks: Places
    idle: tuple[int, ...]

    def normals(self, at: LossAt, theta: Array) -> Array:
        """∇z (k, d)."""
        rows = [argument(at, theta, tuple(row))[1] for row in self.kinks]
        return np.array(rows).reshape(-1, theta.size)

    def onto(self, at: LossAt, theta: Array) -> Array:
        """θ (d,) moved onto the kinks."""
        if not len(self.kinks):
            return theta
        values = np.array([argument(at, theta, tuple(row))[0] for row in self.kinks])
        return np.asarray(theta - np.linalg.pinv(self.normals(at, theta)) @ values)

    def projector(self, at: LossAt, theta: Array) -> Array | None:
        """Onto the changes that keep to the kinks and leave idle units alone."""
        rows = np.vstack([self.normals(at, theta), *(rows_of_unit(at, unit) for unit in self.idle)])
        if not len(rows):
            return None
        basis = np.linalg.qr(rows.T)[0]
        return np.asarray(np.eye(theta.size) - basis @ basis.T)

    def space(self, at: LossAt) -> Array | None:
        """Orthonormal columns (d, r): all weights but those of idle units."""
        if not self.idle:
            return None
        rows = np.vstack([rows_of_unit(at, unit) for unit in self.idle])
        return np.eye(rows.shape[1])[:, ~rows.any(axis=0)]

    def shares(self, at: LossAt, theta: Array) -> Array:
        """T (k,) at weights on the kinks."""
        return sides_of(at, theta, self.normals(at, theta)).sliding_shares()

    def left_at(self, at: LossAt, thetas: Array) -> tuple[int, Places] | None:
        """The first of weights (m, d) at which a share is no share, and the kinks that remain."""
        for k, theta in enumerate(thetas if len(self.kinks) else ()):
            shares = self.shares(at, theta)
            inside = (shares > INSIDE) & (shares < 1.0 - INSIDE)
            if not inside.all():
                return k, self.kinks[inside]
        return None


def kinked_flow(
    at: LossAt, integrate: Integrate, start: Array, options: FlowOptions
) -> tuple[FlowResult, Array]:
    """Follow one flow, along the kinks that it slides on, until its limit is decided.

    Parameters
    ----------
    at : LossAt
    integrate : callable
        The compiled flow, with its record.
    start : ndarray, shape (d,)
    options : FlowOptions

    Returns
    -------
    FlowResult
    ndarray, shape (m, d + 2)
        The record.
    """
    results, records = zip(
        *((piece.result, piece.record) for piece in _pieces(at, integrate, start, options)),
        strict=True,
    )
    return results[-1], np.concatenate(records)


def _pieces(
    at: LossAt, integrate: Integrate, start: Array, options: FlowOptions
) -> Iterator[Piece]:
    """Pieces with the time and steps of all before them."""
    theta, t, spent, accepted, deadline = start, 0.0, 0, 0, Deadline(options.seconds)
    passages: tuple[Passage, ...] = ()
    slide = _Slide(NONE, ())
    while True:
        slide = replace(slide, idle=idle_units(at, theta))
        theta = slide.onto(at, theta)
        most = min(PIECE, options.step_limit - spent)
        limits = replace(options, flow_time=options.flow_time - t, step_limit=most)
        piece = integrate(theta, limits, slide.projector(at, theta))
        left = slide.left_at(at, piece.record[1:, 1:-1])
        rows = piece.record if left is None else piece.record[: left[0] + 2]
        _decayed(at, rows, slide.idle)
        rows[:, 0] += t
        later = (replace(p, t=t + p.t) for p in piece.result.passages)
        passages = (*passages, *(p for p in later if p.t <= rows[-1, 0]))[:PASSAGES]
        t, spent, accepted = float(rows[-1, 0]), spent + most, accepted + len(rows) - 1
        whole = left is None and piece.result.decided
        result = piece.result if whole else _undecided(rows[-1])
        result = replace(result, duration=t, steps=accepted, passages=passages)
        if left is None and piece.outcome != NOT_FINITE:
            result = _verdict(at, result, slide)
        if whole and not result.decided:  # a kink is left on the way to the end
            left = slide.left_at(at, piece.result.theta[None])
        cut = left is not None or piece.outcome == UNDECIDED_STEPS
        if not result.decided:
            outcome = UNDECIDED_STEPS if cut or whole else piece.outcome
            result = replace(result, message=reason(outcome, t, accepted))
        theta = rows[-1, 1:-1].copy()
        goes_on = left is None and not result.decided
        entered = _entered(at, theta, slide) if goes_on else NONE
        stopped = not cut and not len(entered)
        ended = spent >= options.step_limit or t >= options.flow_time or deadline.passed
        if deadline.passed and not result.decided:
            result = replace(result, message=f"undecided at t = {t:.3g}: {deadline.reason}")
        yield replace(piece, result=result, record=rows[0 if accepted == len(rows) - 1 else 1 :])
        if result.decided or stopped or ended:
            return
        kinks = np.vstack([slide.kinks, entered]) if left is None else left[1]
        slide = replace(slide, kinks=kinks)


def _undecided(row: Array) -> FlowResult:
    """The flow as it was at a row (t, θ, L) of the record."""
    return FlowResult("undecided", "", row[1:-1].copy(), None, None, float(row[-1]), 0.0, 0, "")


def _entered(at: LossAt, theta: Array, slide: _Slide) -> Places:
    """A further kink of the first layer on which the flow is at weights θ (d,): (1, 3) or none."""
    network, x = at.model.layered, at.x.reshape(len(at.weights), -1)
    sizes = np.abs(network.arguments(theta, x)[0])
    sizes[at.weights <= 0.0] = np.inf
    sizes[slide.kinks[:, 0], slide.kinks[:, 2]] = np.inf
    sizes[:, list(slide.idle)] = np.inf
    for k in np.argsort(sizes, axis=None, kind="stable")[:MOST]:
        sample, unit = divmod(int(k), sizes.shape[1])
        kinks = np.vstack([slide.kinks, [[sample, 0, unit]]])
        tried = replace(slide, kinks=kinks)
        if np.linalg.matrix_rank(tried.normals(at, theta)) < len(kinks):
            continue
        onto = tried.onto(at, theta)
        if np.linalg.norm(onto - theta) > CLOSE * (1.0 + np.linalg.norm(theta)):
            continue
        shares = tried.shares(at, onto)
        if ((shares > INSIDE) & (shares < 1.0 - INSIDE)).all():
            return kinks[-1:]
    return NONE


def _verdict(at: LossAt, result: FlowResult, slide: _Slide) -> FlowResult:
    """The same result, or the limit that the flow tends to, on the kinks that it slides on."""
    if len(slide.kinks):
        found = settled_on(at, result.theta, slide.kinks)
        result = _undone(result) if found is None else _on_kinks(result, found)
    elif not result.decided:
        result = decided_far(at, result, space=slide.space(at))
    if not (result.decided or len(slide.kinks)):
        found = minimum_on_kinks(at, result.theta)
        result = result if found is None else _on_kinks(result, found)
    if slide.idle and result.representative is not None:
        return _without_idle(at, result, slide.idle)
    return result


def _undone(result: FlowResult) -> FlowResult:
    """Not decided: a minimum of the space that is slid in is none yet."""
    return replace(result, status="undecided", subkind="", representative=None, limit=None)


def _on_kinks(result: FlowResult, found: KinkMinimum) -> FlowResult:
    where = "; ".join(
        f"unit {unit + 1} of layer {layer + 1} at sample {sample + 1}"
        for sample, layer, unit in found.places.tolist()
    )
    return replace(
        result,
        status="kink",
        subkind=KINK,
        theta=found.theta,
        representative=found.theta,
        loss=found.loss,
        message=f"Newton contracts to a minimum on the kinks of {where}",
    )


def _without_idle(at: LossAt, result: FlowResult, idle: tuple[int, ...]) -> FlowResult:
    """The limit of the driven units, when what decays of the idle ones has done so."""
    theta = result.weights.copy()
    if at.conditions.decays:
        theta[decaying_of_units(at, idle)] = 0.0
    on_kinks = bool(at.kinks(theta))
    units = ", ".join(f"unit {unit + 1}" for unit in idle)
    return replace(
        result,
        status="kink" if on_kinks else "manifold",
        subkind=KINK if on_kinks else VALLEY,
        theta=theta,
        representative=theta,
        loss=at.value(theta),
        message=f"{result.message}; no sample drives {units}",
    )


def _decayed(at: LossAt, rows: Array, idle: tuple[int, ...]) -> None:
    """Let idle units decay in the rows (m, d + 2) of a record in which they stood still."""
    rate = at.conditions.weight_decay
    places = 1 + np.flatnonzero(decaying_of_units(at, idle))
    if not idle or not rate:
        return
    before = (rows[:, places] ** 2).sum(axis=1)
    rows[:, places] *= np.exp(-rate * (rows[:, 0] - rows[0, 0]))[:, None]
    rows[:, -1] += 0.5 * rate * ((rows[:, places] ** 2).sum(axis=1) - before)
