"""Coordinates at infinity: against 60 digits, against the weights, and round trips."""

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from continuation.derivative_check import check_derivatives
from continuation.errors import InvalidInputError
from continuation.landscape import Dataset, Loss
from continuation.landscape.infinity.blocks import ClosePair, SmallUnit, SteepUnit
from continuation.landscape.infinity.chart_problem import ChartLoss, ChartProblem
from continuation.landscape.infinity.charts import Chart
from continuation.landscape.infinity.ends import (
    CONFLUENCE,
    LINEAR,
    STEP,
    charted_end,
    has_close_pair,
)
from continuation.landscape.network import Conditions, LossAlong
from symbolic import Model, fukumizu_amari

pytestmark = pytest.mark.slow

NEAR = {
    "confluence": np.array([-1.0, 1.1, 0.5, -3.0, -2.0, 1.0]),
    "linear": np.array([0.05, 1.0, -2.0, 4.0, 1.0, 0.3]),
    "step": np.array([20.0, 1.0, -0.4, 4.0, 1.0, 0.2]),
}
"""Weights of three units near each end."""


def _pair(w, square, a, b, x):
    delta = mp.sqrt(mp.mpc(square))
    up, down = mp.tanh((w + delta / 2) * x), mp.tanh((w - delta / 2) * x)
    return mp.re(a * (up + down) / 2 + b * (up - down) / delta)


def _small(q, c, x):
    root = mp.sqrt(mp.mpc(q))
    return mp.re(c * mp.tanh(root * x) / root)


def _steep(log, s, x):
    return s * mp.tanh(mp.exp(log) * x)


REFERENCES = {
    "confluence": (ClosePair(), _pair),
    "linear": (SmallUnit(), _small),
    "step": (SteepUnit(), _steep),
}


def _derivative(function, z, x, orders):
    """Mixed central differences of order two at 60 digits."""
    steps = [mp.mpf(10) ** -15 * max(abs(value), mp.mpf(10) ** -3) for value in z]
    terms = [([mp.mpf(value) for value in z], mp.mpf(1))]
    for i in orders:
        terms = [
            ([*at[:i], at[i] + side * steps[i], *at[i + 1 :]], side * factor / (2 * steps[i]))
            for at, factor in terms
            for side in (1, -1)
        ]
    return float(sum(factor * function(*at, mp.mpf(x)) for at, factor in terms))


def _places(end, rng):
    """Coordinates on both sides of the end, from far to within rounding of it."""
    size, side, x = 10.0 ** rng.uniform(-12, 1), rng.choice([-1.0, 1.0]), rng.normal(0, 2)
    if end == "confluence":
        square = side * size if side > 0 else max(side * size, -4.0 / x**2)
        return [10.0 ** rng.uniform(-1, 0.8), square, *rng.normal(0, 2, 2)], x
    if end == "linear":
        return [side * size if side > 0 else max(side * size, -1.2 / x**2), rng.normal()], x
    return [rng.uniform(-1, 3), rng.normal()], x


@pytest.mark.parametrize("end", REFERENCES)
def test_closed_forms_and_derivatives_against_sixty_digits(end):
    block, reference = REFERENCES[end]
    rng = np.random.default_rng(0)
    with mp.workdps(60):
        for _ in range(12):
            z, x = _places(end, rng)
            value, first, second = block.values(np.array(z), np.array([x]))
            assert value[0] == pytest.approx(_derivative(reference, z, x, ()), rel=1e-12, abs=1e-14)
            for i in range(len(z)):
                expected = _derivative(reference, z, x, (i,))
                assert first[i, 0] == pytest.approx(expected, rel=1e-11, abs=1e-12)
                for j in range(i + 1):
                    expected = _derivative(reference, z, x, (i, j))
                    assert second[i, j, 0] == pytest.approx(expected, rel=1e-9, abs=1e-10)
                    assert second[j, i, 0] == second[i, j, 0]


@pytest.mark.parametrize("log", [-1e3, -400.0, 8.0, 400.0, 1e3])
def test_a_steep_unit_stays_finite_wherever_a_predictor_reaches(log):
    x = np.array([-2.0, -1e-9, 0.0, 1e-9, 3.0])
    for values in SteepUnit().values(np.array([log, 0.7]), x):
        assert np.isfinite(values).all()
    model = fukumizu_amari()
    loss = Loss(model, Dataset.sample(model, 30, 0))
    z = np.array([log, 0.7, 1.0, 1.0])
    problem = ChartProblem.at(
        ChartLoss(LossAlong(loss, "noise"), Chart(STEP, (0,), (1, 1))), z, 0.1
    )
    assert np.isfinite(problem.jacobian(z / problem.scale, 0.1)).all()


inputs = st.floats(0.05, 20.0)
outputs = st.floats(0.1, 50.0)
signs = st.sampled_from([-1.0, 1.0])


@given(st.lists(st.tuples(inputs, outputs, signs, signs), min_size=2, max_size=4), st.data())
def test_round_trips(units, data):
    w, v, flip, side = np.array(units).T
    end = data.draw(st.sampled_from(["confluence", "linear", "step"]))
    side[: 2 if end == "confluence" else 0] = [1.0, -1.0][: 2 if end == "confluence" else 0]
    theta = np.concatenate([flip * w, flip * side * v])
    order = np.argsort(w)
    opposite = (side[order][1:] * side[order][:-1] < 0.0).any()
    gaps = np.diff(np.sort(w))
    if (end == "confluence" and not opposite) or (gaps < 1e-3 * w.max()).any():
        return
    chart = Chart.at(charted_end(end), theta)
    z = chart.to_chart(theta)
    assert chart.is_real(z)
    assert chart.from_chart(z) == pytest.approx(theta, rel=1e-10)
    assert chart.to_chart(chart.from_chart(z)) == pytest.approx(z, rel=1e-10, abs=1e-9)
    x = np.linspace(-2.0, 3.0, 7)
    exact = theta[w.size :] @ np.tanh(np.outer(theta[: w.size], x))
    assert chart.values(z, x)[0] == pytest.approx(exact, abs=1e-11 * (1.0 + np.abs(v).sum()))


@pytest.mark.parametrize(
    ("w", "v", "distance", "close"),
    [
        ([1.0, 1.02], [2.0, -3.0], 0.02, True),
        ([1.0, 1.02], [2.0, -3.0], 0.0195, False),
        ([1.0, 1.02], [2.0, 3.0], 0.02, False),
        ([1.0, -1.02], [2.0, 3.0], 0.02, True),
        ([1.02, 5.0, 1.0], [2.0, 3.0, -1.0], 0.02, True),
        ([1.0, 1.01, 1.02], [1.0, 1.0, -1.0], 0.01, True),
    ],
)
def test_pairs_that_cancel_are_of_opposite_output(w, v, distance, close):
    """Relative distances 0.02/1.01 and 0.01/1.015; a unit (−w, v) is (w, −v)."""
    assert has_close_pair(np.array(w), np.array(v), distance) == close


def test_no_weights_belong_to_virtual_coordinates():
    chart = Chart.at(CONFLUENCE, NEAR["confluence"])
    z = chart.to_chart(NEAR["confluence"])
    z[chart.normal] = -0.3
    assert not chart.is_real(z)
    assert np.isnan(chart.from_chart(z)).all()
    assert np.isfinite(chart.values(z, np.linspace(-3, 3, 9))[0]).all()


@pytest.mark.parametrize("end", NEAR)
@pytest.mark.parametrize(
    ("parameter", "p", "fixed", "schedule"),
    [
        ("noise", 0.2, Conditions(), ()),
        ("noise", 0.2, Conditions(size=30.5), ()),
        ("size", 40.3, Conditions(noise=0.1), ()),
        ("size", 40.3, Conditions(noise=0.1), (20, 50, 60)),
    ],
)
def test_the_loss_in_a_chart_is_that_of_the_weights(end, parameter, p, fixed, schedule):
    model = Model.perceptron(hidden=3, teacher="tanh(x)", input_scale=1)
    loss = Loss(model, Dataset.sample(model, 60, 0))
    theta = NEAR[end]
    chart = Chart.at(charted_end(end), theta)
    z = chart.to_chart(theta)
    along = LossAlong(loss, parameter, fixed, schedule)
    of = ChartLoss(along, chart)
    found = of.at(z, p)
    value, gradient, _, slope = along.problem().evaluate(theta, p)
    frame = np.array([chart.tangent_to_weights(z, e) for e in np.eye(6)])
    assert found.loss == pytest.approx(value, rel=1e-13)
    assert found.gradient == pytest.approx(frame @ gradient, rel=1e-5, abs=1e-7)
    assert found.slope == pytest.approx(frame @ slope, rel=1e-5, abs=1e-7)
    problem = ChartProblem.at(of, z, p)
    check_derivatives(problem, z / problem.scale, p)


def test_bad_input():
    with pytest.raises(InvalidInputError, match="no chart"):
        charted_end("corner")
    with pytest.raises(InvalidInputError, match="opposite output"):
        Chart.at(CONFLUENCE, np.array([1.0, 1.1, 2.0, 3.0]))
    model = fukumizu_amari()
    loss = Loss(model, Dataset.sample(model, 30, 0))
    chart = Chart.at(LINEAR, np.array([0.1, 1.0, 1.0, 1.0]))
    with pytest.raises(InvalidInputError, match="not in 'weight_decay'"):
        ChartLoss(LossAlong(loss, "weight_decay"), chart)
