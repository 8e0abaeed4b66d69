"""An optimiser, followed until it is decided what it tends to.

The decision is the flow's: a limit is accepted where Newton's method contracts to it from the
iterate, or the iterate is slaved to an end at infinity. A map may leave again, so the same limit
has to be accepted at several successive looks, and it must hold the rule: λ_max below 2/η, with
momentum below 2(1 + β)/η. Of batches the mean of the iterates since the last look is asked.

References
----------
B. T. Polyak and A. B. Juditsky, *SIAM J. Control Optim.* 30 (1992) 838: means of iterates.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from continuation.arrays import Array
from continuation.errors import InvalidInputError, require_type
from continuation.landscape.flow import FlowResult, Passage, flow_to_limit
from continuation.landscape.network import SIZE_PLACE, LossAt, as_weights, as_whole
from continuation.landscape.optimisers.loop import compiled_loop
from continuation.landscape.optimisers.rules import Optimiser
from continuation.landscape.sets import FLOWN

STEP_LIMIT = 1_000_000
"""Steps after which a run is given up."""

LOOKS, DECISIONS = 1.05, 1.25
"""Ratios of the numbers of steps at which |∇L| is looked at, and the decision is tried."""

AGREEING = 3
"""Successive decisions that have to agree: the run is then half as long again as at the first."""

AHEAD = 8
"""Steps of the flow within which its rule decides: that of lines asks twice, four steps apart."""

SLOW = 0.1
"""A local minimum of |∇L| below this is a slow passage, as for flows."""

MOST_PASSAGES = 16

FARTHEST = 1e8
"""Weights beyond which a run has diverged."""

RETURNED, MOVED = 1e-9, 1e-6
"""Relative change over two steps, and over one, of an orbit of period two."""


STATE = ("theta", "first", "second", "total")
"""What steps change."""


@dataclass(eq=False)
class _Run:
    """The state of an optimiser: weights, memory and number of steps."""

    at: LossAt
    rule: Optimiser
    theta: Array
    first: Array
    second: Array
    total: Array
    done: int = 0
    summed: int = 0

    @classmethod
    def of(cls, at: LossAt, rule: Optimiser, theta: Array) -> _Run:
        """At its start."""
        return cls(at, rule, theta, *np.zeros((3, theta.size)))

    def take_place(self) -> Array:
        """Where it is: of batches the mean since this was asked last."""
        mean = self.total / self.summed
        self.total[:], self.summed = 0.0, 0
        return mean if self.rule.batch else self.theta

    def advance(self, count: int) -> None:
        """Make so many steps."""
        at, batch = self.at, self.rule.batch
        order = self.rule.order(len(at.x), self.done, count)
        constants = at.constants.copy()
        if batch:
            constants[SIZE_PLACE] = float(batch)
        compiled_loop()(
            at.kernels.gradient, at.p, constants, at.data, at.work, order,
            np.empty((len(at.data), batch)), self.rule.numbers, self.done, self.theta, self.first,
            self.second, self.total,
        )  # fmt: skip
        self.done, self.summed = self.done + count, self.summed + count

    @property
    def lost(self) -> bool:
        """Whether it has diverged."""
        return not float(np.abs(self.theta).max()) < FARTHEST

    def is_period_two(self) -> bool:
        """Whether two more steps return to where one more step leads away from."""
        state = {name: getattr(self, name).copy() for name in STATE}
        ahead = replace(self, **state)
        size = 1.0 + float(np.abs(self.theta).max())
        ahead.advance(1)
        moved = float(np.abs(ahead.theta - self.theta).max()) / size
        ahead.advance(1)
        return moved > MOVED and float(np.abs(ahead.theta - self.theta).max()) / size < RETURNED


def descend(
    loss_at: LossAt, theta0: ArrayLike, optimiser: Optimiser, *, step_limit: int = STEP_LIMIT
) -> FlowResult:
    """Follow an optimiser from one start until it is decided what it tends to.

    Parameters
    ----------
    loss_at : LossAt
        The loss at fixed parameters.
    theta0 : array_like, shape (d,)
        Initial weights.
    optimiser : Optimiser
        `GradientDescent`, `Momentum`, `Adam` or `StochasticGradientDescent`.
    step_limit : int
        Largest number of steps.

    Returns
    -------
    FlowResult
        `steps` of the optimiser, `duration` steps · η. Where it diverges or ends on an orbit of
        period two the status is "undecided", and `subkind` says which. An end at infinity is one
        whose channel the iterate follows: steps of a fixed size leave it where λ_max reaches 2/η.

    Raises
    ------
    InvalidInputError
        Wrong shape, non-finite weights, a limit that is no positive integer, or batches of data
        that carry weights or of a part of the data.

    Examples
    --------
    >>> from continuation.landscape import Dataset, GradientDescent, Loss, descend
    >>> from symbolic import single_unit
    >>> loss = Loss(single_unit(), Dataset.sample(single_unit(), n=20, seed=0))
    >>> result = descend(loss.at(noise=0.1), [0.5, 0.5], GradientDescent(0.1))
    >>> result.status
    'point'
    """
    require_type("the loss", loss_at, LossAt, "one at fixed parameters, such as loss.at(noise=0.1)")
    limit = as_whole("step_limit", step_limit, 1)
    _require_batches(loss_at, optimiser)
    theta = as_weights(loss_at.model, theta0).copy()
    run = _Run.of(loss_at, optimiser, theta)
    passages: list[Passage] = []
    agreed: list[FlowResult] = []
    periodic = False
    for decides in _looks(run, limit, passages):
        if run.lost:
            return _undecided(run, passages, "diverged", "the weights diverge; take a smaller step")
        if not decides:
            continue
        verdict = _verdict(run)
        agreed = [*agreed, verdict] if verdict and _same(agreed, verdict) else []
        agreed = agreed or ([verdict] if verdict else [])
        if len(agreed) == AGREEING:
            return _decided(run, passages, agreed[-1])
        returns = not optimiser.batch and run.is_period_two()
        if returns and periodic:
            return _undecided(run, passages, "period 2", f"an orbit of period two: {_edge(run)}")
        periodic = returns
    return _undecided(run, passages, "", f"undecided after {limit} steps ({_edge(run)}); raise "
                      "step_limit")  # fmt: skip


def descents(
    loss_at: LossAt, thetas: ArrayLike, optimiser: Optimiser, *, step_limit: int = STEP_LIMIT
) -> tuple[FlowResult, ...]:
    """`descend` from every row of `thetas` (m, d).

    Examples
    --------
    >>> from continuation.landscape import Dataset, Loss, Momentum, descents
    >>> from symbolic import single_unit
    >>> loss = Loss(single_unit(), Dataset.sample(single_unit(), n=20, seed=0))
    >>> results = descents(loss.at(noise=0.1), [[0.5, 0.5], [-0.5, 0.5]], Momentum(0.1))
    >>> [result.status for result in results]
    ['point', 'point']
    """
    rows = np.asarray(thetas, dtype=np.float64)
    if rows.ndim != 2:
        raise InvalidInputError(f"initial weights must have shape (m, d), not {rows.shape}")
    return tuple(descend(loss_at, row, optimiser, step_limit=step_limit) for row in rows)


def _looks(run: _Run, limit: int, passages: list[Passage]) -> Iterator[bool]:
    """Advance to each look, note slow passages, and say whether a decision is due."""
    older = old = (math.inf, run.theta.copy(), 0)
    due = 1.0
    while run.done < limit:
        run.advance(min(max(1, int(run.done * (LOOKS - 1.0))), limit - run.done))
        value = float(np.linalg.norm(run.at.gradient(run.theta))) if not run.lost else math.inf
        if old[0] < min(older[0], value, SLOW) and len(passages) < MOST_PASSAGES:
            time = old[2] * run.rule.step
            passages.append(Passage(time, old[0], run.at.value(old[1]), old[1]))
        older, old = old, (value, run.theta.copy(), run.done)
        decides = run.done >= due or run.done == limit
        due = max(due, run.done * DECISIONS) if decides else due
        yield decides


def _verdict(run: _Run) -> FlowResult | None:
    """The limit that the flow's rule accepts where the run is, if it holds the optimiser."""
    place = run.take_place()
    flow = flow_to_limit(run.at, place, step_limit=AHEAD)
    if not flow.decided:
        return None
    there = place if flow.status == "infinity" else flow.theta
    return flow if _sharpness(run.at, there) < run.rule.curvature_limit else None


def _same(agreed: list[FlowResult], verdict: FlowResult) -> bool:
    if not agreed:
        return False
    gap = abs(agreed[-1].loss - verdict.loss)
    alike = (agreed[-1].status, agreed[-1].subkind) == (verdict.status, verdict.subkind)
    return alike and gap <= FLOWN.limit_loss * abs(verdict.loss) + FLOWN.loss


def _decided(run: _Run, passages: list[Passage], verdict: FlowResult) -> FlowResult:
    return replace(
        verdict,
        duration=run.done * run.rule.step,
        steps=run.done,
        passages=tuple(passages),
        message=f"accepted at {AGREEING} successive looks: {verdict.message}",
    )


def _undecided(run: _Run, passages: list[Passage], subkind: str, message: str) -> FlowResult:
    value = math.inf if run.lost else run.at.value(run.theta)
    return FlowResult(
        "undecided", subkind, run.theta, None, None, value, run.done * run.rule.step, run.done,
        message, tuple(passages),
    )  # fmt: skip


def _sharpness(at: LossAt, theta: Array) -> float:
    return float(np.linalg.eigvalsh(at.hessian(theta))[-1])


def _edge(run: _Run) -> str:
    sharp = _sharpness(run.at, run.theta)
    return f"λ_max = {sharp:.4g}, and a minimum holds it up to {run.rule.curvature_limit:.4g}"


def _require_batches(at: LossAt, optimiser: Optimiser) -> None:
    """Batches are drawn from samples that weigh alike."""
    whole = at.conditions.size is None or at.conditions.size == len(at.x)
    if optimiser.batch and not (whole and np.ptp(at.weights) == 0.0):
        raise InvalidInputError(
            "batches are drawn from all samples of data without weights: leave out size, or give "
            "the data set of the first n samples (Dataset.first)"
        )
