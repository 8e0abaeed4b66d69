"""Every attracting end that has a law is tested against the flow itself."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from continuation.errors import InvalidInputError
from continuation.landscape import Dataset, Loss, find_critical_sets
from continuation.landscape.flow import escape_law
from continuation.landscape.infinity.chart_problem import ChartLoss
from continuation.landscape.infinity.charts import Chart
from continuation.landscape.infinity.ends import CONFLUENCE, LINEAR
from continuation.landscape.network import LossAlong
from symbolic import fukumizu_amari, overparameterised, single_unit

NEAR = 1e-3
"""D or q at the start, relative to the square of an input weight."""


def _ends(preset, n, seed, noise):
    model = preset()
    loss = Loss(model, Dataset.sample(model, n, seed))
    sets = find_critical_sets(loss, noise=noise, regions=False)
    return loss, [s for s in sets if s.kind == "infinity"]


def _beside(loss, end, noise, normal):
    """Weights at a given distance from an end, the other coordinates fitted there."""
    limit, hidden = end.limit, loss.model.hidden
    if end.subkind == "confluence":
        chart, z = Chart(CONFLUENCE, (0, 1), (1, 1)), [limit["w"], normal, limit["a"], limit["b"]]
    else:
        rest = [limit["w"], limit["v"]] if hidden == 2 else []
        chart, z = Chart(LINEAR, (0,), (1,) * hidden), [normal, limit["c"], *rest]
    z = np.array(z)
    of, free = (
        ChartLoss(LossAlong(loss, "noise"), chart),
        np.delete(np.arange(z.size), chart.normal),
    )
    for _ in range(8):
        found = of.at(z, noise)
        z[free] -= np.linalg.solve(found.hessian[np.ix_(free, free)], found.gradient[free])
    return chart, chart.from_chart(z)


@pytest.mark.parametrize(
    ("preset", "n", "seed", "noise", "subkind"),
    [
        (fukumizu_amari, 100, 0, 0.1, "confluence"),
        (overparameterised, 100, 1, 0.5, "linear"),
        (single_unit, 30, 0, 1.5, "linear"),
    ],
)
def test_the_flow_follows_the_law(preset, n, seed, noise, subkind):
    """|v|⁴ grows and 1/D² (1/q²) grows linearly in time, with the predicted slopes."""
    loss, ends = _ends(preset, n, seed, noise)
    end = next(s for s in ends if s.subkind == subkind and s.attracting)
    law = escape_law(end)
    normal = NEAR * end.limit.get("w", 1.0) ** 2
    chart, theta = _beside(loss, end, noise, normal)
    at = loss.at(noise=noise)
    start = (law.normal_factor / normal) ** 2  # when the law has this distance
    path = solve_ivp(
        lambda t, y: -at.gradient(y), (start, 4.0 * start), theta, method="Radau",
        jac=lambda t, y: -at.hessian(y), rtol=1e-5, atol=1e-9, t_eval=[2.0 * start, 4.0 * start],
    )  # fmt: skip
    rows = np.array([chart.to_chart(y) for y in path.y.T])
    inverse = rows[:, chart.normal] ** -2.0
    slope = np.diff(inverse)[0] / np.diff(path.t)[0]
    assert slope == pytest.approx(law.normal_factor**-2.0, rel=0.02)
    v = path.y[loss.model.hidden :]
    half = np.abs(v[0] - v[1]) / 2.0 if subkind == "confluence" else np.abs(v[0])
    assert np.diff(half**4)[0] / np.diff(path.t)[0] == pytest.approx(law.weight_factor**4, rel=0.02)
    assert law.normal(path.t) == pytest.approx(rows[:, chart.normal], rel=0.02)
    assert law.weight(path.t) == pytest.approx(half, rel=0.02)


def test_the_flow_leaves_ends_that_do_not_attract():
    """Where L_q < 0 the same law runs backwards: 1/q² falls linearly."""
    loss, ends = _ends(overparameterised, 50, 1, 0.1)
    end = next(s for s in ends if s.subkind == "linear" and not s.attracting)
    with pytest.raises(InvalidInputError, match="no such law"):
        escape_law(end)
    chart, theta = _beside(loss, end, 0.1, NEAR)
    at = loss.at(noise=0.1)
    slope = end.normal_derivatives[0]
    whole = end.limit["c"] ** 2 / (8.0 * abs(slope) * NEAR**2)
    path = solve_ivp(
        lambda t, y: -at.gradient(y), (0.0, 0.5 * whole), theta, method="Radau",
        jac=lambda t, y: -at.hessian(y), rtol=1e-5, atol=1e-9,
    )  # fmt: skip
    assert slope < 0.0
    assert chart.to_chart(path.y[:, -1])[0] == pytest.approx(NEAR * np.sqrt(2.0), rel=0.02)
