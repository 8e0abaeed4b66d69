"""A branch and a trajectory followed through infinity, in the weights and in the chart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from scipy.integrate import solve_ivp
from scipy.interpolate import CubicSpline
from scipy.optimize import brentq

from continuation.errors import ConvergenceError
from continuation.landscape import (
    CriticalSet,
    Dataset,
    Leg,
    Loss,
    LossAt,
    SetBranch,
    find_critical_sets,
    flows_to_limits,
    follow,
    trajectory,
)
from continuation.landscape.flow import escape_law
from continuation.landscape.infinity import CONFLUENCE, Passage
from continuation.landscape.network import split_plain
from figures.arrays import padded
from figures.captions import Caption
from figures.settings import Settings
from figures.style import PAPER, Style
from symbolic import fukumizu_amari

TITLE = "a branch and a trajectory through a confluence at infinity, and the laws they follow"

BRANCH_SAMPLES = 30
BRANCH_NOISE = 0.2
LIMITS = (0.01, 1.0)
FLOW_SAMPLES = 100
FLOW_NOISE = 0.1
STARTS = 60
DATA_SETS = 40
"""Data sets that are looked through, from the seed on, for one that shows the event."""

FIRST_TIME = 0.1
"""What is drawn of the trajectory."""

RTOL, ATOL = 1e-5, 1e-8
"""Of the late trajectory: the pair drifts slower than that everywhere."""

DENSE = 400
APPROACH = np.geomspace(1e-9, 1e-2, 60)
"""Points on the part in the chart, and their distances from a passage relative to its length."""

REAL: dict[str, Any] = {"color": "C0", "ls": "-", "lw": 1.4}
VIRTUAL: dict[str, Any] = {"color": "C1", "ls": (0, (4, 1.5)), "lw": 1.4}
LAW: dict[str, Any] = {"color": "black", "ls": ":", "lw": 1.0}


@dataclass(frozen=True)
class Part:
    """The branch, or the trajectory."""

    what: str
    seed: int
    last_time: float


def parts(settings: Settings) -> Sequence[Part]:
    """One part each."""
    exponent = settings.choose(10, 8, 8)
    return [Part(what, settings.seed, 10.0**exponent) for what in ("branch", "flow")]


def compute(part: Part) -> xr.Dataset:
    """Rows of the branch, or of the trajectory with its law."""
    return _branch(part.seed) if part.what == "branch" else _flow(part.seed, part.last_time)


def assemble(settings: Settings, parts: Sequence[xr.Dataset]) -> xr.Dataset:
    """Both."""
    return xr.merge(parts, combine_attrs="no_conflicts")


def draw(data: xr.Dataset, style: Style = PAPER) -> Canvas:
    """Top: output weights and D along the branch; bottom: along the trajectory."""
    canvas, axes = style.panels(2, 2, 0.72)
    draw_branch(axes[0, 0], axes[0, 1], data)
    draw_flow(axes[1, 0], axes[1, 1], data)
    canvas.legend(*axes[0, 1].get_legend_handles_labels(), loc="outside upper center", ncols=3)
    return style.finished(canvas, axes)


def caption(data: xr.Dataset) -> Caption:
    """Branch and trajectory, each in weights and chart."""
    of = data.attrs
    passages = ", ".join(f"{p:.10f}" for p in data["passage"].to_numpy())
    return Caption(
        panels=[
            "output weights along a branch in the noise",
            "the same branch in the chart, where it is smooth: D = 0 is infinity",
            "output weights along a trajectory",
            "the same trajectory in the chart, and the laws of escape",
        ],
        models=["fukumizu_amari"],
        samples=f"{of['branch_samples']} (branch) and {of['flow_samples']} (trajectory)",
        noise=f"{LIMITS[0]:g} to {LIMITS[1]:g} (branch) and {of['flow_noise']:g} (trajectory)",
        data_sets=f"1 data set each, of seeds {of['branch_data']} and {of['flow_data']}",
        notes=(f"the branch passes infinity at σ* = {passages}",),
    )


def _branch(seed: int) -> xr.Dataset:
    """The first branch, over data sets from the seed on, that passes a confluence and returns."""
    for place in range(seed, seed + DATA_SETS):
        passing = [passed for passed in map(_passing, _branches(place)) if passed is not None]
        if passing:
            rows, passages = passing[0]
            break
    else:
        raise ConvergenceError(f"no branch through a confluence and back in {DATA_SETS} data sets")
    return xr.Dataset(
        {
            "leg": (("legs", "row", "column"), padded(rows)),
            "virtual": ("legs", np.arange(len(rows)) % 2),
            "passage": ("passages", np.array([p.p for p in passages])),
        },
        {"column": ["noise", "largest", "square"]},
        {"branch_samples": BRANCH_SAMPLES, "branch_data": place},
    )


def _branches(seed: int) -> Iterator[SetBranch]:
    model = fukumizu_amari()
    loss = Loss(model, Dataset.sample(model, BRANCH_SAMPLES, seed))
    for found in find_critical_sets(loss, noise=BRANCH_NOISE, regions=False):
        if found.is_isolated:
            yield follow(loss, found, "noise", LIMITS)


def _passing(branch: SetBranch) -> tuple[list[np.ndarray], tuple[Passage, ...]] | None:
    """Runs of real and virtual rows in turn, and the passages; None unless it returns."""
    for direction, legs in zip(branch.branches, branch.beyond, strict=False):
        if not legs or legs[0].chart != CONFLUENCE.name or len(legs[0].passages) < 2:
            continue
        runs = _runs_of_chart(legs[0])
        runs[0] = np.vstack([_of_weights(direction.x, direction.p), runs[0]])
        if len(legs) > 1:
            runs[-1] = np.vstack([runs[-1], _of_weights(legs[1].theta, legs[1].p)])
        return runs, legs[0].passages
    return None


def _of_weights(theta: np.ndarray, p: np.ndarray) -> np.ndarray:
    """Parameter, largest |v| and D."""
    w, v = (part.T for part in split_plain(theta.T))
    square = np.diff(np.abs(w), axis=1)[:, 0] ** 2
    return np.column_stack([p, np.abs(v).max(axis=1), square])


def _runs_of_chart(leg: Leg) -> list[np.ndarray]:
    """Parameter, largest |v| of a/2 ± b/δ, and D, cut where D = 0; δ is imaginary where D < 0.

    The chart's coordinates are smooth in the chord length and are interpolated in it: towards a
    passage the weights grow like 1/δ between two samples of the branch.
    """
    _, square, a, b = leg.coordinates[:, :4].T
    rows = np.column_stack([leg.p, square, a, b])
    chord = np.append(0.0, np.cumsum(np.linalg.norm(np.diff(rows, axis=0), axis=1)))
    curve = CubicSpline(chord, rows)
    zeros = [
        brentq(lambda s: curve(s)[1], chord[passage.index], chord[passage.index + 1])
        for passage in leg.passages
    ]
    grid = np.linspace(0.0, chord[-1], DENSE)
    close = [zero + side * APPROACH * chord[-1] for zero in zeros for side in (-1.0, 1.0)]
    grid = np.unique(np.concatenate([grid, chord, *close]))
    grid = grid[(grid >= 0.0) & (grid <= chord[-1]) & ~np.isin(grid, zeros)]
    pieces = np.split(grid, np.searchsorted(grid, zeros))
    return [_with_weights(curve(piece)) for piece in pieces]


def _with_weights(rows: np.ndarray) -> np.ndarray:
    """Parameter, largest |v| and D from parameter, D, a and b."""
    p, square, a, b = rows.T
    half = a / 2.0, b / np.sqrt(np.abs(square))
    largest = np.where(square > 0.0, np.abs(half[0]) + np.abs(half[1]), np.hypot(*half))
    return np.column_stack([p, largest, square])


def _flow(seed: int, last: float) -> xr.Dataset:
    """A trajectory to a confluence, to its decision and from there on to the last time."""
    for place in range(seed, seed + DATA_SETS):
        model = fukumizu_amari()
        loss = Loss(model, Dataset.sample(model, FLOW_SAMPLES, place))
        at = loss.at(noise=FLOW_NOISE)
        start, end = _start(loss, at, place)
        if start is not None and end is not None:
            break
    else:
        raise ConvergenceError(f"no trajectory to a confluence in {DATA_SETS} data sets")
    path = trajectory(at, start)
    late = solve_ivp(
        lambda t, y: -at.gradient(y), (path.t[-1], max(last, 10.0 * path.t[-1])), path.theta[-1],
        method="Radau", jac=lambda t, y: -at.hessian(y), rtol=RTOL, atol=ATOL,
    )  # fmt: skip
    t, theta = np.append(path.t, late.t[1:]), np.vstack([path.theta, late.y.T[1:]])
    rows = _differences(theta, t)
    law = escape_law(end)
    return xr.Dataset(
        {
            "path": (("time", "path_column"), rows[rows[:, 0] > FIRST_TIME]),
            "law": ("factor", np.array([law.weight_factor, law.normal_factor])),
        },
        {"path_column": ["t", "half difference", "square"], "factor": ["weight", "square"]},
        {
            "flow_samples": FLOW_SAMPLES,
            "flow_noise": FLOW_NOISE,
            "flow_data": place,
            "decided": float(path.t[-1]),
        },
    )


def _differences(theta: np.ndarray, t: np.ndarray) -> np.ndarray:
    """Time, half difference of the output weights of equally oriented units, and D."""
    w, v = (part.T for part in split_plain(theta.T))
    half = np.diff(np.where(w < 0.0, -v, v), axis=1)[:, 0] / 2.0
    return np.column_stack([t, np.abs(half), np.diff(np.abs(w), axis=1)[:, 0] ** 2])


def _start(loss: Loss, at: LossAt, seed: int) -> tuple[np.ndarray | None, CriticalSet | None]:
    """Initial weights from N(0, 1) that run to an attracting confluence, and this end."""
    sets = find_critical_sets(loss, noise=FLOW_NOISE, regions=False)
    ends = [s for s in sets if s.subkind == CONFLUENCE.name and s.attracting]
    if not ends:
        return None, None
    starts = np.random.default_rng(seed).standard_normal((STARTS, loss.model.dimension))
    for start, result in zip(starts, flows_to_limits(at, starts), strict=True):
        if result.subkind == CONFLUENCE.name:
            return start, min(ends, key=lambda s: abs(s.loss - result.loss))
    return None, None


def draw_branch(weights: Axes, chart: Axes, data: xr.Dataset) -> None:
    """The largest output weight along the branch, and its coordinate in the chart."""
    for leg, virtual in zip(data["leg"].to_numpy(), data["virtual"].to_numpy(), strict=True):
        rows = leg[np.isfinite(leg[:, 0])]
        style = VIRTUAL if virtual else REAL
        label = "conjugate pair (virtual)" if virtual else "two real units"
        known = chart.get_legend_handles_labels()[1]
        weights.plot(rows[:, 0], rows[:, 1], **style)
        chart.plot(rows[:, 0], rows[:, 2], label="_" if label in known else label, **style)
    middle = np.mean(chart.get_xlim())
    for p in data["passage"].to_numpy():
        weights.axvline(p, color="0.6", lw=0.6, zorder=0)
        chart.plot(p, 0.0, "o", mfc="white", mec="black", ms=4, zorder=5)
        side = -1 if p > middle else 1
        chart.annotate(
            rf"$\sigma^*={p:.10f}$", (p, 0.0), textcoords="offset points",
            xytext=(5 * side, 5 if side > 0 else -10), fontsize="small",
            ha="right" if side < 0 else "left",
        )  # fmt: skip
    chart.axhline(0.0, color="0.6", lw=0.6, zorder=0)
    chart.set_yscale("symlog", linthresh=0.01)
    title = f"branch in the noise, $n={data.attrs['branch_samples']}$"
    weights.set(yscale="log", xlabel=r"noise $\sigma$", ylabel=r"largest $|v_k|$", title=title)
    chart.set(xlabel=r"noise $\sigma$", ylabel=r"$D=(w_1-w_2)^2$", title="the same in the chart")


def draw_flow(weights: Axes, chart: Axes, data: xr.Dataset) -> None:
    """The output weights along the trajectory, and its coordinate in the chart, with the laws."""
    t, half, square = data["path"].to_numpy().T
    late = t[t > 1.0]
    laws = data["law"].to_numpy()
    for panel, values, law, text in (
        (weights, half, laws[0] * late**0.25, r"$(4b^2L_Dt)^{1/4}$"),
        (chart, square, laws[1] / late**0.5, r"$|b|/(2\sqrt{L_Dt})$"),
    ):
        panel.plot(t, values, **REAL)
        panel.plot(late, law, label=text, **LAW)
        panel.axvline(data.attrs["decided"], color="0.6", lw=0.6, zorder=0, label="limit decided")
        panel.set(xscale="log", yscale="log", xlabel="flow time $t$")
        panel.legend(loc="best")
    n, sigma = data.attrs["flow_samples"], data.attrs["flow_noise"]
    weights.set(ylabel=r"$|v_1-v_2|/2$", title=rf"trajectory, $n={n}$, $\sigma={sigma:g}$")
    chart.set(ylabel=r"$D=(w_1-w_2)^2$", title="the same in the chart")
