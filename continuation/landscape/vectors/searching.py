"""Sets at infinity of one hidden layer with several inputs, searched from random starts.

Two units that meet, one that vanishes, or one that diverges in a direction, and two of these at
once, beside finite units; two lines are one, or a corner that is not searched. Confluences and
lines are listed whatever they are; of steps, of which there is one for every way in which a plane
can divide the samples, those that attract: of few samples of one or two inputs every way is tried,
else those that random starts lead to. A search proves nothing, but it says how often it has
reached each end.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from continuation.arrays import Array
from continuation.deadline import UNLIMITED, Deadline
from continuation.landscape.infinity import CriticalEnd, SearchedEnds, limit_step
from continuation.landscape.network import VECTOR_ENDS, LossAt
from continuation.landscape.sets import CONVERGED, limit_gap
from continuation.landscape.vectors.divisions import (
    MOST_DIMENSIONS,
    count_of_divisions,
    divisions,
)
from continuation.landscape.vectors.ends import can_vanish, end_of_limit, is_odd, pulls_of_leap
from continuation.landscape.vectors.limit import (
    SATURATED,
    Meeting,
    Step,
    VectorLimit,
    Working,
)
from continuation.landscape.vectors.margins import widest_margin
from continuation.landscape.vectors.vector_loss import VectorLoss, input_names, samples_of

STARTS = (40, 20)
"""Random starts for each kind of one end, and of two at once."""

NEWTON_STEPS, HALVINGS, FLIPS = 60, 8, 40
"""Steps of a run, how often one is halved, and samples that change their side of a step."""

STEP_TOLERANCE, REACH, FARTHEST = 1e-11, 2.0, 1e5
"""Relative Newton step at which a run has converged; the largest step relative to 1 + |z|; the
|z| at which a run is lost."""

MOST_DIVISIONS = 150
"""Divisions of the samples of which every one is tried as a step: 18 samples of two inputs with a
bias, 150 without; a descent takes some 10 ms."""

SIZES = (0.3, 3.0)
"""Root mean squares of w·x̃ of random units."""

TURNING, FEWEST = 4.0, 3
"""A unit is seen where |w·x̃| is below the first number at so many samples; else it is a step."""

DISTINCT, IDLE, FLAT = 1e-3, 1e-8, 1e-3
"""Relative distances of units, relative outputs, and sizes of w·x̃, from which units are genuine."""


def vector_ends(at: LossAt, seed: int = 0, deadline: Deadline = UNLIMITED) -> SearchedEnds:
    """Search the ends of a network of one hidden layer.

    Parameters
    ----------
    at : LossAt
        Without weight decay.
    seed : int
        Of the starts.
    deadline : Deadline
        After which no further run is begun.

    Raises
    ------
    InvalidInputError
        For other models.
    """
    VECTOR_ENDS.require(at.model)
    rng, found, runs = np.random.default_rng(seed), _Found(), 0
    kinds = [
        (like, starts)
        for count, starts in enumerate(STARTS, 1)
        for like in searched_kinds(at, count)
    ]
    for like, starts in kinds:
        for run in deadline.within(range(starts)):
            runs += 1
            limit = _run(at, like, rng, descend=run % 2 == 0)
            if limit is not None:
                found.add(at, limit)
    tried, ways = _every_step(at, found, rng, deadline)
    steps = f"; of steps all {ways} divisions of the samples" if ways and tried == ways else ""
    return SearchedEnds.by_loss(
        found.ends, found.hits, (runs, sum(starts for _, starts in kinds)),
        f"confluences, lines and attracting steps{steps}",
        ": supported, not proved; ends over narrower networks, and three at once, are not listed",
    )  # fmt: skip


def _every_step(
    at: LossAt, found: _Found, rng: np.random.Generator, deadline: Deadline
) -> tuple[int, int]:
    """Steps of all divisions of few samples, one descent each: how many were tried, of how many.

    (0, 0) where there are no single steps, or too many samples or inputs.
    """
    kinds = [k for k in searched_kinds(at, 1) if k.leaps]
    inputs = samples_of(at).inputs
    n, d = inputs.shape
    if not kinds or d > MOST_DIMENSIONS or count_of_divisions(n, d) > MOST_DIVISIONS:
        return 0, 0
    ways = [sides for sides in divisions(inputs) if abs(sides.sum()) < np.count_nonzero(sides)]
    tried = 0
    for sides in deadline.within(ways):
        tried += 1
        limit = _step_between(at, kinds[0], sides.astype(np.float64), rng)
        if limit is not None:
            found.add(at, limit)
    return tried, len(ways)


def _step_between(
    at: LossAt, like: VectorLimit, sides: Array, rng: np.random.Generator
) -> VectorLimit | None:
    """A minimum beside the step of the widest margin between samples on two sides (n,)."""
    margin = widest_margin(samples_of(at).inputs, sides)
    if margin is None:
        return None
    loss = VectorLoss(at, replace(like, leaps=(Step(tuple(margin.u), 0.0),)))
    return _genuine(loss, converged(loss, _start(loss, rng), descend=True))


class _Found:
    """Distinct ends, and how often each was reached."""

    def __init__(self) -> None:
        self.ends: list[CriticalEnd] = []
        self.hits: list[int] = []

    def add(self, at: LossAt, limit: VectorLimit) -> None:
        """An end that a run came to: a new one if it is regular, and attracts if it is a step."""
        end = end_of_limit(at, limit)
        for k, other in enumerate(self.ends):
            if limit_gap(at.model, end.limit, other.limit) <= CONVERGED.limit:
                self.hits[k] += 1
                return
        if end.inertia[1] == 0 and not (limit.leaps and not end.attracting):
            self.ends.append(end)
            self.hits.append(1)


def searched_kinds(at: LossAt, count: int) -> Iterator[VectorLimit]:
    """The limits with so many ends at once that are searched; their unknowns are zero."""
    network, names = at.model.layered, input_names(at.model.layered)
    zero = (0.0,) * len(names)
    line = zero[: network.inputs if network.offset else len(names)]
    there = [True, can_vanish(at.model), network.activations[0] in SATURATED]
    for ends in itertools.combinations_with_replacement(np.flatnonzero(there), count):
        pairs, lines, leaps = (ends.count(kind) for kind in range(3))
        left = network.hidden[0] - 2 * pairs - lines - leaps
        if left >= 0 and lines <= 1:
            yield VectorLimit(
                offset=0.0 if network.offset else None,
                names=names,
                meeting=(Meeting(zero, zero, 0.0),) * pairs,
                lines=(line,) * lines,
                leaps=(Step(zero, 0.0),) * leaps,
                working=(Working(zero, 0.0),) * left,
            )


def _run(
    at: LossAt, like: VectorLimit, rng: np.random.Generator, *, descend: bool
) -> VectorLimit | None:
    """A critical limit of a kind from a random start; None if lost or not genuine."""
    inputs = VectorLoss(at, like).inputs
    sizes = np.sqrt(np.mean(inputs**2, axis=0))
    directions = [rng.standard_normal(inputs.shape[1]) / sizes for _ in like.leaps]
    like = replace(like, leaps=tuple(Step(tuple(u), 0.0) for u in directions))
    loss = VectorLoss(at, like)
    start = _start(loss, rng)
    if like.leaps:
        return _settled_steps(loss, start)
    return _genuine(loss, converged(loss, start, descend=descend))


def _start(loss: VectorLoss, rng: np.random.Generator) -> Array:
    """Random input weights with fitted coefficients."""
    limit, x = loss.like, loss.inputs
    d, scale = x.shape[1], 1.0 / np.sqrt(np.mean(x**2, axis=0) * x.shape[1])

    def weights() -> tuple[float, ...]:
        size = np.exp(rng.uniform(*np.log(SIZES)))
        return tuple(size * scale * rng.standard_normal(d))

    limit = replace(
        limit,
        meeting=tuple(Meeting(weights(), pair.b, pair.a) for pair in limit.meeting),
        working=tuple(Working(weights(), unit.v) for unit in limit.working),
    )
    z, linear = limit.unknowns, np.delete(np.arange(limit.unknowns.size), limit.bent)
    point, gradient = loss.point(z)
    block = point.hessian[np.ix_(linear, linear)]
    z[linear] -= np.linalg.lstsq(block, gradient[linear], rcond=1e-12)[0]
    return z


def converged(loss: VectorLoss, z: Array, *, descend: bool) -> Array | None:
    """The critical point that steps lead to from z (k,), with descent a minimum; None if lost."""
    point, gradient = loss.point(z)
    for _ in range(NEWTON_STEPS):
        step = limit_step(point.hessian, gradient, z, (), descend=descend)
        size = float(np.abs(step).max())
        if not size < FARTHEST:
            return None
        step *= min(1.0, REACH * (1.0 + np.abs(z).max()) / max(size, 1e-300))
        for _ in range(HALVINGS if descend else 1):
            there, slope = loss.point(z + step)
            if there.loss <= point.loss * (1.0 + 1e-14) or not descend:
                break
            step = step / 2.0
        z, point, gradient = z + step, there, slope
        if np.abs(z).max() > FARTHEST:
            return None
        if (np.abs(step) <= STEP_TOLERANCE * (np.abs(z) + 1e-3 * np.abs(z).max())).all():
            return z
    return None


def _settled_steps(loss: VectorLoss, z: Array) -> VectorLimit | None:
    """Steps whose supports hold them: samples that pull a plane towards them change sides."""
    at, inputs = loss.at, loss.inputs
    signs = [np.sign(inputs @ leap.u) for leap in loss.like.leaps]
    for _ in range(FLIPS):
        margins = [margin for each in signs if (margin := widest_margin(inputs, each)) is not None]
        if len(margins) < len(signs):
            return None
        leaps = tuple(Step(tuple(margin.u), 0.0) for margin in margins)
        loss = VectorLoss(at, replace(loss.like, leaps=leaps))
        found = converged(loss, z, descend=True)
        limit = _genuine(loss, found)
        if found is None or limit is None:
            return None
        z, loss = found, VectorLoss(at, limit)
        pull = loss.point(z)[0].residual
        gains = [pulls_of_leap(loss, place, pull)[0] for place in range(len(leaps))]
        least, place, worst = min(
            (gains[place][sample], place, sample)
            for place, margin in enumerate(margins)
            for sample in margin.supports
        )
        if least > 0.0:
            return limit
        signs[place][worst] *= -1.0
    return None


def _genuine(loss: VectorLoss, z: Array | None) -> VectorLimit | None:
    """The limit at z (k,): units that samples see turn, that differ, and that work."""
    if z is None:
        return None
    limit = loss.like.at(z)
    weights = [pair.w for pair in limit.meeting] + [unit.w for unit in limit.working]
    if not all(is_seen(loss.inputs @ w) for w in weights) or _are_alike(loss, weights):
        return None
    outputs = [unit.v for unit in limit.working] + [leap.s for leap in limit.leaps]
    size = max([1e-300, *map(abs, outputs)])
    pairs = all(np.linalg.norm(pair.b) > IDLE * abs(pair.a) for pair in limit.meeting)
    return limit if pairs and all(abs(v) > IDLE * size for v in outputs) else None


def is_seen(u: Array) -> bool:
    """Whether a unit with arguments u (n,) bends at enough samples, and is not dead."""
    return bool((np.abs(u) < TURNING).sum() >= FEWEST and np.abs(u).max() > FLAT)


def _are_alike(loss: VectorLoss, weights: list[tuple[float, ...]]) -> bool:
    rows = np.array(weights)
    both = (rows, -rows) if is_odd(loss.at.model) else (rows,)
    for i, w in enumerate(rows):
        near = DISTINCT * np.linalg.norm(w)
        if any((np.linalg.norm(each[:i] - w, axis=1) < near).any() for each in both):
            return True
    return False
