"""Critical sets at infinity of units without bias, by search of limit models.

One pair of units that meet, and where the units are odd one that vanishes or one that diverges,
beside H − 2 or H − 1 finite units: the limit models of `ends` with further units. Their critical
points are searched from random starts by Newton's method and by descent; a search proves nothing,
but it says how often it has reached each point. Corners, and ends whose finite units are silent,
dead or equal (these belong to narrower networks), are not listed.

Of all ends, wherever they come from, those that only rounding tells from something else are left
out here: a part whose last coefficient is rounding leaves nothing, and the limit is one of fewer
units, wherever the part is; where there are fewer samples than weights, an end that fits them
exactly is one of a continuum of exact fits.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np

from continuation.arrays import Array
from continuation.deadline import UNLIMITED, Deadline
from continuation.landscape.infinity import (
    CriticalEnd,
    LimitLoss,
    LimitModel,
    LimitUnit,
    SearchedEnds,
    limit_step,
)
from continuation.landscape.network import (
    MEETING_ENDS,
    WIDE_ENDS,
    Grid,
    LossAt,
    Responses,
    saturation,
)
from continuation.landscape.sets import CONVERGED, Assembler, CriticalSet, limit_gap
from continuation.wording import counted
from symbolic import Model

STARTS = 80
"""Random starts for each kind of end."""

NEWTON_STEPS = 60
STEP_TOLERANCE = 1e-11
"""Relative Newton step at which a run has converged."""

DISTINCT = 1e-3
"""Relative distance of two input weights from which they belong to two units."""

IDLE = 1e-8
"""Output weight, relative to the largest, below which a unit is silent."""

FINITE = LimitUnit(0.0, (0.0,))

PAIR = LimitUnit(0.0, (0.0, 0.0))


def wide_ends(at: LossAt, seed: int = 0, deadline: Deadline = UNLIMITED) -> SearchedEnds:
    """Search the ends of a network without bias.

    Parameters
    ----------
    at : LossAt
        Of odd sigmoid units, at least three, or of two and more others.
    seed : int
        Of the starts.
    deadline : Deadline
        After which no further run is begun.

    Raises
    ------
    InvalidInputError
        For other models; one and two odd units are enumerated by `find_critical_sets`.
    """
    if not MEETING_ENDS.holds(at.model):
        WIDE_ENDS.require(at.model)
    responses, rng = Responses.at(at), np.random.default_rng(seed)
    found: list[CriticalEnd] = []
    hits: list[int] = []
    runs = 0
    kinds = dict(_kinds(at.model))
    for like in kinds.values():
        ends, counts, done = _of_kind(LimitLoss(responses, like), rng, deadline)
        found += ends
        hits += counts
        runs += done
    return SearchedEnds.by_loss(
        found, hits, (runs, len(kinds) * STARTS), ", ".join(kinds),
        "; others, more than one at once, and ends over narrower networks, are not listed",
    )  # fmt: skip


def _kinds(model: Model) -> Iterator[tuple[str, LimitModel]]:
    """The limits that are searched, with what they are in words."""
    finite, offset = (FINITE,) * (model.hidden - 1), 0.0 if model.offset else None
    yield "confluences", LimitModel((PAIR, *finite[1:]), offset=offset)
    if model.is_odd:
        yield "linear ends", LimitModel(finite, (0.0,), offset=offset)
    if model.is_odd and saturation(model) is not None:
        yield "step ends", LimitModel(finite, step=0.0, offset=offset)


def wide_end_sets(build: Assembler, found: SearchedEnds) -> list[CriticalSet]:
    """The ends as critical sets; a pair that meets is mapped to itself by its exchange."""
    responses = Responses.at(build.at)
    return build.bounded(map(build.unbounded_end, found.ends), responses)


def _of_kind(
    loss: LimitLoss, rng: np.random.Generator, deadline: Deadline
) -> tuple[list[CriticalEnd], list[int], int]:
    """Ends of one kind, how often each was reached, and in how many runs."""
    model, grid = loss.responses.model, Grid.of(loss.responses)
    states: list[Array] = []
    hits: list[int] = []
    runs = 0
    for run in deadline.within(range(STARTS)):
        runs += 1
        z = _converged(loss, _start(loss, grid, rng), descend=run % 2 == 1)
        if z is None or not _is_genuine(loss.like, z, grid):
            continue
        here = loss.like.at(z)
        known = [
            k
            for k, other in enumerate(states)
            if limit_gap(model, here, loss.like.at(other)) <= CONVERGED.limit
        ]
        if known:
            hits[known[0]] += 1
        else:
            states.append(z)
            hits.append(1)
    ends = [loss.end(z) for z in states]
    return [replace(e, limit=e.limit.canonical(odd=model.is_odd)) for e in ends], hits, runs


def _start(loss: LimitLoss, grid: Grid, rng: np.random.Generator) -> Array:
    """Random input weights with fitted coefficients."""
    inputs = loss.like.slots.weights
    z = np.zeros(loss.like.unknowns.size)
    low, high = 5.0 * grid.lowest, min(grid.highest / 5.0, 1000.0 * grid.lowest)
    z[inputs] = np.exp(rng.uniform(np.log(low), np.log(high), len(inputs)))
    if not loss.responses.model.is_odd:
        z[inputs] *= rng.choice([-1.0, 1.0], len(inputs))
    linear = np.setdiff1d(np.arange(z.size), inputs)
    point, gradient = loss.point(z)
    gram = point.hessian[np.ix_(linear, linear)]
    size = 1.0 / np.sqrt(np.diag(gram))
    step = np.linalg.lstsq(size[:, None] * gram * size, size * gradient[linear], rcond=1e-12)[0]
    z[linear] = -size * step
    return z


def _converged(loss: LimitLoss, z: Array, *, descend: bool) -> Array | None:
    """The critical point that steps lead to from z; None if lost."""
    inputs = loss.like.slots.weights
    for _ in range(NEWTON_STEPS):
        point, gradient = loss.point(z)
        step = limit_step(point.hessian, gradient, z, inputs, descend=descend)
        z = z + step
        if not np.isfinite(z).all():
            return None
        if (np.abs(step) <= STEP_TOLERANCE * (np.abs(z) + 1e-3 * np.abs(z).max())).all():
            return z
    return None


def _is_genuine(like: LimitModel, z: Array, grid: Grid) -> bool:
    """Within the range, all input weights distinct, all units at work."""
    limit, inputs = like.at(z), like.slots.weights
    w = np.sort(z[inputs])
    size, outputs = np.abs(w), np.delete(z, inputs)
    inside = bool(size.min() > grid.lowest and size.max() < grid.highest)
    distinct = bool((np.diff(w) > DISTINCT * np.maximum(size[1:], size[:-1])).all())
    works = [u.coefficients[-1] for u in limit.units] + list(limit.fixed)
    return inside and distinct and min(np.abs(works)) > IDLE * np.abs(outputs).max()


def told_apart(
    ends: Iterable[CriticalEnd], responses: Responses, *, few: bool
) -> tuple[list[CriticalEnd], str]:
    """The ends that more than rounding tells apart, and what to say of the others ("" if none).

    Parameters
    ----------
    ends : iterable of CriticalEnd
        Without silent units.
    responses : Responses
    few : bool
        Whether there are fewer samples than weights.
    """
    every = list(ends)
    kept = [e for e in every if is_told(responses, e.limit, e.point.residual, few=few)]
    return kept, left_out(len(every) - len(kept))


def is_told(responses: Responses, limit: LimitModel, residual: Array, *, few: bool) -> bool:
    """Whether more than rounding tells a limit from those of fewer units, and from exact fits."""
    if few and responses.fitted_to(float((residual @ residual) ** 0.5)):
        return False
    return not (limit.is_followed and LimitLoss(responses, limit).has_idle_part(limit.unknowns))


def left_out(count: int) -> str:
    """What to say of ends that are not listed."""
    if not count:
        return ""
    return (
        f"{counted(count, 'end')} at infinity not listed: of units without output, or exact fits "
        "of fewer samples than weights, which are a continuum"
    )
