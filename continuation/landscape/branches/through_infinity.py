"""Branches that run to infinity, continued in a chart, through the end and back.

In the weights such a branch has no end point: |v| grows like (p* − p)^{-1/2} at a confluence and
at a linear end, and rounding shows folds that are none. In its chart (`charts`) the branch is
regular: it crosses the end transversally, at a parameter p* that Newton's method finds to
rounding, goes on as virtual solutions, and may come back. A step end is approached like
e^{−2w|x_j|}; beyond it the network function is not smooth in any coordinate, so that the branch
ends there.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from continuation.arclength import trace_branch
from continuation.arrays import Array
from continuation.branch import Branch, SpecialPoint
from continuation.congruence import scaled_inertia
from continuation.errors import ConvergenceError, InvalidInputError
from continuation.kinds import KINDS
from continuation.landscape.branches.legs import ChartLeg, Leg, Route, WeightsLeg
from continuation.landscape.branches.problems import Lifted, evaluate
from continuation.landscape.branches.relabelling import relabelled
from continuation.landscape.infinity import (
    AT_THE_END,
    CHARTED,
    CONFLUENCE,
    SEPARATE_PAIR,
    Chart,
    ChartLoss,
    ChartProblem,
    Entry,
    Passage,
    has_close_pair,
    passage_at,
    passage_at_step,
)
from continuation.landscape.network import CHARTS, LossAlong, split_plain
from continuation.options import StepOptions

STEPS = StepOptions(initial=0.005, maximum=0.03, max_samples=600)
"""In units of the coordinates' typical sizes. Virtual branches may run off to the poles of their
network function; those that come back in the presets need a few hundred samples."""

MOST_LEGS = 40
"""Of one direction: twenty passages; up to eight crossings are known in n."""

FAR_ENOUGH = 1e-3
"""Distance of two rows, in units of their typical sizes, that tells the direction of a branch."""

MEMORY = 300
"""Rows of a branch before its arrival among which such a row is sought."""


def has_charts(along: LossAlong) -> bool:
    """Whether branches of this model go on at infinity, in this parameter."""
    return CHARTS.holds(along.loss.model) and along.parameter in ("noise", "size")


def stuck_at(branch: Branch) -> str | None:
    """The end before which a branch in the weights got stuck, their Hessian being singular."""
    w, v = split_plain(branch.x[-1])
    pair = has_close_pair(w, v, SEPARATE_PAIR)
    return CONFLUENCE.name if pair and branch.stop_reason == "no progress" else None


def go_on(route: Route, theta: Array, p: Array, end: str | None) -> tuple[Leg, ...]:
    """Continue a branch that has arrived at an end.

    Parameters
    ----------
    route : Route
    theta : ndarray, shape (m, d)
        Its last rows; the very last one is out of range.
    p : ndarray, shape (m,)
    end : str or None
        Where it has come to.

    Returns
    -------
    tuple of Leg
        In a chart and, after a return, in the weights, in turn; empty where the branch has come
        to something else than an end with a chart.
    """
    legs: list[Leg] = []
    while end is not None and end in CHARTED and len(legs) < MOST_LEGS:
        try:
            leg = _in_chart(route, Chart.at(CHARTED[end], theta[-1]), theta, p)
        except (ConvergenceError, InvalidInputError):
            break  # the branch jumped to where the chart has no solution: no leg, no claim
        legs.append(leg)
        if leg.stop_reason != "returned":
            break
        try:
            legs.append(_in_weights(route, leg))
        except (ConvergenceError, InvalidInputError):
            break  # in the weights the pair is still singular to rounding
        theta, p = legs[-1].theta[-MEMORY:], legs[-1].p[-MEMORY:]
        end = route.where(theta[-1])
    return tuple(legs)


def _in_chart(route: Route, chart: Chart, theta: Array, p: Array) -> ChartLeg:
    """Trace in a chart until the limits, the return, or the cut-off."""
    start = chart.to_chart(theta[-1])
    of = ChartLoss(route.along, chart)
    problem = ChartProblem.at(of, start, float(p[-1]))
    before, p_before = _earlier(chart, problem, theta, p)
    scale, normal = problem.scale, chart.normal
    entry = Entry(start, problem.nearest, route.input_scale)
    branch = trace_branch(
        problem,
        start / scale,
        float(p[-1]),
        route.course.limits,
        np.append((start - before) / scale, p[-1] - p_before),
        STEPS,
        route.course.newton,
        targets=route.course.targets,
        functions={"infinity": lambda u, _: float(u[normal])} if chart.end.crossed else {},
        stop=lambda sample: chart.end.left(scale * sample.x, entry) is not None,
    )
    rows = branch.x * scale
    reason = branch.stop_reason
    if reason == "stop condition":
        reason = chart.end.left(rows[-1], entry) or reason
    return _chart_leg(of, problem, branch, rows, reason)


def _earlier(chart: Chart, problem: ChartProblem, theta: Array, p: Array) -> tuple[Array, float]:
    """The latest row that is far enough from the last one to tell the direction of the branch."""
    last = np.append(chart.to_chart(theta[-1]) / problem.scale, p[-1])
    for row, value in zip(theta[-2::-1], p[-2::-1], strict=True):
        z = chart.to_chart(row)
        if np.abs(np.append(z / problem.scale, value) - last).max() > FAR_ENOUGH:
            return z, float(value)
    return chart.to_chart(theta[0]), float(p[0])


def _chart_leg(
    of: ChartLoss, problem: ChartProblem, branch: Branch, rows: Array, reason: str
) -> ChartLeg:
    chart = of.chart
    found = [of.at(z, float(p)) for z, p in zip(rows, branch.p, strict=True)]
    special = tuple(_moved(s, problem.scale) for s in branch.special)
    passages: tuple[Passage, ...] = ()
    if reason == AT_THE_END:
        passages = (passage_at_step(of, rows[-1], float(branch.p[-1]), len(rows) - 1),)
    elif chart.end.crossed:
        passages = tuple(passage_at(of, rows, s) for s in special if s.kind == "user")
    return ChartLeg(
        branch.p,
        rows,
        np.array([chart.from_chart(z) for z in rows]),
        np.array([not chart.is_real(z) for z in rows]),
        np.array([f.loss for f in found]),
        np.array([scaled_inertia(f.hessian) for f in found]),
        passages,
        tuple(s for s in special if s.kind != "user" and KINDS[s.kind].gradient),
        reason,
        chart,
    )


def _moved(point: SpecialPoint, scale: Array) -> SpecialPoint:
    return replace(point, x=point.x * scale)


def _in_weights(route: Route, leg: ChartLeg) -> WeightsLeg:
    """Go on in the weights after a return."""
    chart = leg.unit
    z, theta, p = leg.coordinates[-1], leg.theta[-1], float(leg.p[-1])
    tangent = chart.tangent_to_weights(z, z - leg.coordinates[-2])
    full = route.along.problem()

    def describe(x: Array, p: float) -> tuple[Array, float, tuple[int, int, int], Array]:
        value, _, hessian = evaluate(full, x, p)
        return np.array(x), value, scaled_inertia(hessian), np.empty(0)

    lifted = Lifted(full, theta, describe)
    problem, scale = lifted.balanced(p)
    branch = trace_branch(
        problem,
        theta / scale,
        p,
        route.course.limits,
        np.append(tangent / scale, p - leg.p[-2]),
        route.course.step,
        route.course.newton,
        targets=route.course.targets,
        stop=lambda sample: route.where(sample.x * scale) is not None,
    )
    special = tuple(_moved(s, scale) for s in branch.special)
    branch = relabelled(lifted, replace(branch, x=branch.x * scale, special=special))
    rows = [describe(x, float(p)) for x, p in zip(branch.x, branch.p, strict=True)]
    end = route.where(branch.x[-1])
    return WeightsLeg(
        branch.p,
        branch.x,
        branch.x,
        np.zeros(len(branch), dtype=bool),
        np.array([row[1] for row in rows]),
        np.array([row[2] for row in rows]),
        (),
        tuple(s for s in branch.special if KINDS[s.kind].gradient),
        branch.stop_reason if end is None else f"arrival: {end}",
    )
