"""Branches that start exactly at zero noise, and their comparison with a search at small noise."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from continuation.arclength import trace_branch
from continuation.arrays import Array
from continuation.branch import Branch, SpecialPoint
from continuation.callable_problem import Problem
from continuation.congruence import scaled_inertia
from continuation.errors import ConvergenceError, InvalidInputError
from continuation.landscape.branches import Course, Route, go_on, passages_of, range_of_points
from continuation.landscape.infinity import CONFLUENCE, LINEAR, STEP
from continuation.landscape.network import Loss, LossAlong, split_plain
from continuation.landscape.search import find_critical_sets
from continuation.landscape.sets import CriticalSet, same_set, weight_errors
from continuation.landscape.zero_noise.blow_up import BlowUp
from continuation.landscape.zero_noise.sets import ZeroNoiseSet, ZeroNoiseSets, zero_noise_sets
from continuation.options import NEWTON, StepOptions
from continuation.problem import AnyProblem

STEPS = StepOptions(initial=0.002, maximum=0.1, max_samples=1500, parameter_scale=1.0)
"""In coordinates in which the Hessian of L/σ² at the start is diag(±1)."""

CLOSER = 0.3
"""Share of its distance from a teacher's unit at zero noise below which the extra unit counts as
running into a confluence: the branch goes on in the chart of that end."""

OPTIMAL = 2.0
"""Sets with a loss below this multiple of L(Θ*) tend to the optimum: the others have a loss that
does not fall with σ², a thousand times as much at σ = 1e-3."""


@dataclass(frozen=True, eq=False)
class ZeroNoiseBranch:
    """A branch of critical points from σ = 0 on.

    Attributes
    ----------
    set : ZeroNoiseSet
    p : ndarray, shape (m,)
        Noise σ, from 0 on.
    scaled, theta : ndarray, shape (m, 2H)
        Scaled weights, and weights; at σ = 0 those on the optimum to which it tends.
    loss : ndarray, shape (m,)
    index : ndarray of int, shape (m,)
    special : tuple of SpecialPoint
        In the scaled weights.
    stop_reason : str
        As in `Branch`, or "arrival: …" with the parameter where it passes infinity.
    """

    set: ZeroNoiseSet
    p: Array
    scaled: Array = field(repr=False)
    theta: Array = field(repr=False)
    loss: Array = field(repr=False)
    index: NDArray[np.int64] = field(repr=False)
    special: tuple[SpecialPoint, ...]
    stop_reason: str

    def __len__(self) -> int:
        return int(self.p.size)


def branch_from_zero(blow_up: BlowUp, start: ZeroNoiseSet, highest: float) -> ZeroNoiseBranch:
    """Follow a critical point of the reduced function from σ = 0 up to a noise.

    Parameters
    ----------
    blow_up : BlowUp
    start : ZeroNoiseSet
        One of `ZeroNoiseSets.points`.
    highest : float
        σ > 0 at which the branch ends.

    Returns
    -------
    ZeroNoiseBranch
        It may end before: where it folds back to σ = 0, or runs to infinity.

    Raises
    ------
    InvalidInputError
        For a set that is no point, or a noise that is not positive.

    Examples
    --------
    >>> from continuation.landscape import Dataset, Loss, branch_from_zero, zero_noise_sets
    >>> from symbolic import overparameterised
    >>> model = overparameterised()
    >>> loss = Loss(model, Dataset.sample(model, n=20, seed=0))
    >>> zero = zero_noise_sets(loss)
    >>> branch = branch_from_zero(zero.blow_up, zero.points[0], highest=0.01)
    >>> branch.stop_reason, round(float(branch.p[-1]), 6)
    ('limit', 0.01)
    """
    if start.state is None:
        raise InvalidInputError(
            f"a {start.subkind} is no point: branches start from `ZeroNoiseSets.points`"
        )
    if not highest > 0.0:
        raise InvalidInputError(f"the noise must be positive, not {highest!r}")
    origin = start.state
    problem, frame = _conditioned(blow_up, origin)
    first = _gap(blow_up.weights(start.state, 0.0))

    def arrived(z: Array, p: float) -> bool:
        theta = blow_up.weights(z, p)
        return p > 0.0 and _gap(theta) < CLOSER * first

    branch = trace_branch(
        problem,
        np.zeros(start.state.size),
        0.0,
        (0.0, highest),
        +1,
        STEPS,
        stop=lambda sample: arrived(origin + frame @ sample.x, sample.p),
    )
    special = tuple(replace(s, x=origin + frame @ s.x) for s in branch.special)
    rows = origin + branch.x @ frame.T
    return _assembled(blow_up, start, replace(branch, x=rows, special=special), highest)


def _conditioned(blow_up: BlowUp, state: Array) -> tuple[Problem, Array]:
    """The problem in y with z = state + frame y, in which its Jacobian at the start is diag(±1).

    Close to a teacher's unit the extra one is almost a combination of the fixed features: in the
    weights the problem would look singular.
    """
    hessian = blow_up.derivatives(state, 0.0)[2]
    size = 1.0 / np.sqrt(np.abs(hessian).max(axis=1))
    values, vectors = np.linalg.eigh(size[:, None] * hessian * size)
    frame = size[:, None] * vectors / np.sqrt(np.abs(values))
    whole: AnyProblem = blow_up.problem()
    problem = Problem(
        lambda y, p: frame.T @ whole.residual(state + frame @ y, p),
        lambda y, p: frame.T @ whole.jacobian(state + frame @ y, p) @ frame,
        lambda y, p: frame.T @ whole.dresidual_dp(state + frame @ y, p),
        symmetric=True,
    )
    return problem, frame


def _gap(theta: Array) -> float:
    """Distance of the last unit's input weight from the nearest other one, relative."""
    w = np.abs(split_plain(theta)[0])
    return float(np.abs(w[:-1] - w[-1]).min() / w[-1])


def _assembled(
    blow_up: BlowUp, start: ZeroNoiseSet, branch: Branch, highest: float
) -> ZeroNoiseBranch:
    theta = np.array([blow_up.weights(z, p) for z, p in zip(branch.x, branch.p, strict=True)])
    rows = [blow_up.derivatives(z, float(p)) for z, p in zip(branch.x, branch.p, strict=True)]
    reason = branch.stop_reason
    if reason == "stop condition":
        reason = _arrival(blow_up, theta[-2:], branch.p[-2:], highest)
    return ZeroNoiseBranch(
        start,
        branch.p,
        branch.x,
        theta,
        np.array([row[0] for row in rows]) * branch.p**2,
        np.array([scaled_inertia(row[2])[0] for row in rows]),
        branch.special,
        reason,
    )


def _arrival(blow_up: BlowUp, theta: Array, p: Array, highest: float) -> str:
    """Where a branch that has come close to a confluence passes it."""
    where = range_of_points(blow_up.loss)
    course = Course((0.0, 2.0 * max(highest, p[-1])), step=STEPS, newton=NEWTON)
    along = LossAlong(blow_up.loss, "noise", blow_up.conditions)
    route = Route(along, course, where)
    passages = passages_of(go_on(route, theta, p, where(theta[-1])))
    if not passages:
        return "arrival: two units meet"
    return f"arrival: {passages[0].end} at noise {passages[0].p:.10g}"


@dataclass(frozen=True, eq=False)
class ZeroNoiseCheck:
    """What zero noise predicts beside what a search at small noise finds.

    Attributes
    ----------
    noise : float
    predicted, found : int
        Sets; those of the search that tend to the optimum (by their loss).
    matched : int
        Pairs of both: the same subkind, place and index.
    missing : tuple of str
        Predicted sets without a partner, with the reason.
    extra : tuple of str
        Sets that were not predicted.
    """

    noise: float
    predicted: int
    found: int
    matched: int
    missing: tuple[str, ...]
    extra: tuple[str, ...]


def check_zero_noise(loss: Loss, noise: float = 1e-3) -> ZeroNoiseCheck:
    """Compare the sets predicted at σ = 0 with all that a search finds at a small noise.

    Points are followed from σ = 0 to this noise and must be the search's points; the others
    are compared by their leading order in σ.

    Parameters
    ----------
    loss : Loss
        As for `zero_noise_sets`.
    noise : float
        σ > 0, small.

    Examples
    --------
    >>> from continuation.landscape import Dataset, Loss, check_zero_noise
    >>> from symbolic import overparameterised
    >>> model = overparameterised()
    >>> loss = Loss(model, Dataset.sample(model, n=20, seed=0))
    >>> check_zero_noise(loss)
    ZeroNoiseCheck(noise=0.001, predicted=7, found=7, matched=7, missing=(), extra=())
    """
    if not noise > 0.0:
        raise InvalidInputError(f"the noise must be positive, not {noise!r}")
    predicted = zero_noise_sets(loss)
    highest = OPTIMAL * _optimum_loss(predicted.blow_up, noise)
    left = [s for s in find_critical_sets(loss, noise=noise, regions=False) if s.loss < highest]
    found, missing = len(left), []
    for one in predicted:
        partner, reason = _partner(predicted, one, left, noise)
        if partner is None:
            missing.append(f"{_name(one)}: {reason}")
        else:
            left.remove(partner)
    matched = len(predicted) - len(missing)
    extra = tuple(str(s) for s in left)
    return ZeroNoiseCheck(noise, len(predicted), found, matched, tuple(missing), extra)


def _optimum_loss(blow_up: BlowUp, noise: float) -> float:
    """L(Θ*) = ½ σ² Σ ω ε²."""
    target = blow_up.responses.target
    return 0.5 * noise**2 * float(target @ target)


def _name(one: ZeroNoiseSet) -> str:
    place = ", ".join(f"{name} = {value:.4g}" for name, value in one.place.items())
    return f"{one.subkind} ({place})"


def _partner(
    predicted: ZeroNoiseSets, one: ZeroNoiseSet, found: list[CriticalSet], noise: float
) -> tuple[CriticalSet | None, str]:
    candidates = [s for s in found if s.subkind == one.subkind]
    if one.state is None:
        near = [s for s in candidates if _agrees(predicted.blow_up, one, s, noise)]
        same = [s for s in near if s.index == one.index]
        if near and not same:
            return None, f"there with index {near[0].index}: a point has come to it before"
        return (same[0], "") if same else (None, "not found")
    try:
        branch = branch_from_zero(predicted.blow_up, one, noise)
    except (ConvergenceError, InvalidInputError):
        return None, "too close to a teacher's unit to be followed in doubles"
    if not np.isclose(branch.p[-1], noise):
        return None, f"its branch ends at noise {branch.p[-1]:.3g} ({branch.stop_reason})"
    theta = branch.theta[-1]
    errors = weight_errors(predicted.blow_up.loss.at(noise=noise), theta)
    for s in candidates:
        near_enough = same_set(replace(s, theta=theta, error_bound=errors), s)
        if near_enough and s.index == branch.index[-1] == one.index:
            return s, ""
    return None, "its branch arrives, but the search does not list it"


def _agrees(blow_up: BlowUp, one: ZeroNoiseSet, found: CriticalSet, noise: float) -> bool:
    """Whether a set at infinity or over the fit has the predicted place, to leading order."""
    if one.subkind == CONFLUENCE.name:
        gap = found.end.units[0].weight - blow_up.units[int(one.place["k"]), 0]
        return bool(gap * one.place["kappa"] > 0.0)
    if one.subkind in (LINEAR.name, STEP.name):
        (coefficient,), (predicted,) = found.end.fixed, one.place.values()
        return bool(abs(coefficient / noise - predicted) < 0.5 * abs(predicted))
    return True
