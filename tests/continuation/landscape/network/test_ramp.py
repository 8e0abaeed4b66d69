"""How samples come in: against differences, exact fractions and the compiled kernels."""

from fractions import Fraction

import numpy as np
import pytest

from continuation.landscape import Dataset, Loss
from continuation.landscape.network import Conditions, LossAlong, sample_weights, weight_slopes
from continuation.landscape.network.ramp import ramp, ramp_slope
from symbolic import fukumizu_amari

THETA = np.array([0.7, 1.3, 0.4, -0.2])
SCHEDULES = [(), (10, 20, 40), (3, 37)]


def test_a_part_of_a_sample_comes_in_smoothly():
    ends = np.array([0.0, 1.0])
    assert [ramp(t) for t in ends] == [0.0, 1.0]
    step = 1e-4
    first = [(ramp(t + step) - ramp(t - step)) / (2 * step) for t in ends]
    second = [(ramp(t + step) - 2 * ramp(t) + ramp(t - step)) / step**2 for t in ends]
    assert np.abs(first).max() < 1e-6
    assert np.abs(second).max() < 1e-2
    assert sample_weights(5, 3.5).tolist() == pytest.approx([2 / 7, 2 / 7, 2 / 7, 1 / 7, 0.0])


def test_fractions_stay_exact():
    t = Fraction(3, 7)
    assert ramp(t) == 6 * t**5 - 15 * t**4 + 10 * t**3
    assert ramp_slope(t) == 30 * t**4 - 60 * t**3 + 30 * t**2
    assert ramp(t) + ramp(1 - t) == 1


@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("size", [3.4, 10.0, 12.0, 23.7, 36.99, 40.0])
def test_weights_are_those_of_the_kernels(size, schedule):
    """The loss by its definition with these weights, and its derivative by the size."""
    model = fukumizu_amari()
    data = Dataset.sample(model, 40, 2)
    problem = Loss(model, data).problem("size", noise=0.3, schedule=schedule)
    value, gradient, _, slope = problem.evaluate(THETA, size)
    x, target = data.x, data.target + 0.3 * data.noise
    t = np.tanh(np.outer(THETA[:2], x))
    residual = THETA[2:] @ t - target
    jacobian = np.vstack([THETA[2:, None] * (1.0 - t * t) * x, t])
    weights = sample_weights(40, size, schedule)
    assert weights.sum() == pytest.approx(1.0, abs=1e-15)
    assert value == pytest.approx(0.5 * weights @ residual**2, rel=1e-13)
    assert gradient == pytest.approx(jacobian @ (weights * residual), rel=1e-11, abs=1e-14)
    change = weight_slopes(40, size, schedule)
    assert slope == pytest.approx(jacobian @ (change * residual), rel=1e-10, abs=1e-13)
    step = 1e-5
    if schedule and min(schedule) + step < size < max(schedule) - step:
        above, below = (sample_weights(40, size + d, schedule) for d in (step, -step))
        assert change == pytest.approx((above - below) / (2 * step), abs=1e-6)


def test_the_population_weighs_alike():
    assert sample_weights(4, None).tolist() == [0.25] * 4
    model = fukumizu_amari()
    loss = Loss(model, Dataset.sample(model, 30, 0))
    at = LossAlong(loss, "size", Conditions(noise=0.2)).at(12.25)
    assert at.weights.tolist() == sample_weights(30, 12.25).tolist()
