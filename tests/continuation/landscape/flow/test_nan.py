"""NaN is never small: no reduction of the flow loses it, and no limit is decided upon it."""

import math

import numpy as np
import pytest
from numba import njit

from continuation.compilation import address_of
from continuation.landscape.flow import compiled
from continuation.landscape.flow.compiled import compiled_flows
from continuation.landscape.flow.decision import nearest_pair, unit_distance
from continuation.landscape.flow.steps import (
    EXPLICIT_STAGES,
    ORDER,
    explicit_error,
    scaled_error,
    step_factor,
)

NAN = np.nan
LAYOUT = np.array([2, 2, 1, 0, 1, 1])
"""Two units with bias, free odd outputs: theta = (w_1, w_2, c_1, c_2, v_1, v_2)."""


@pytest.mark.parametrize("place", range(4))
def test_units_with_nan_are_at_no_distance(place):
    theta = np.array([0.3, 0.31, 1.0, 1.02, 2.0, -2.0])
    assert unit_distance(theta, LAYOUT, 0, 1)[0] == pytest.approx(0.02)
    theta[place] = NAN
    assert np.isnan(unit_distance(theta, LAYOUT, 0, 1)[0])
    i, j, distance, _ = nearest_pair(theta, LAYOUT, np.arange(2))
    assert (i, j) == (0, 1)
    assert np.isnan(distance)


@pytest.mark.parametrize("argument", range(3))
@pytest.mark.parametrize("place", range(3))
def test_an_error_with_nan_is_accepted_nowhere(argument, place):
    columns = np.full((3, 3), 1e-3)
    assert scaled_error(*columns, 1.0, 1.0) <= 1.0
    columns[argument, place] = NAN
    error = scaled_error(*columns, 1.0, 1.0)
    assert not error <= 1.0
    assert step_factor(error, ORDER) < 1.0


@pytest.mark.parametrize("place", range(3))
def test_an_explicit_error_with_nan_is_accepted_nowhere(place):
    stages, ones = np.full((EXPLICIT_STAGES, 3), 1e-3), np.ones(3)
    assert explicit_error(stages.copy(), ones, ones, 1.0, 1.0) <= 1.0
    stages[place, place] = NAN
    assert not explicit_error(stages, ones, ones, 1.0, 1.0) <= 1.0


@njit(error_model="numpy")
def bowl(theta, p, constants, data, work, F, J, Fp):
    """½|θ − c|², c_i = i + 1; where |θ − c| ≤ constants[0], NaN in entry constants[1]."""
    d = theta.size
    value = 0.0
    for i in range(d):
        F[i] = theta[i] - (i + 1.0)
        value += 0.5 * F[i] * F[i]
        for j in range(d):
            J[i, j] = 1.0 if i == j else 0.0
    if math.sqrt(2.0 * value) <= constants[0]:
        entry = int(constants[1])
        if entry == 0:
            value = math.nan
        elif entry <= d:
            F[entry - 1] = math.nan
        elif entry <= 2 * d:
            J[entry - d - 1, entry - d - 1] = math.nan
        else:
            J[1, 0] = J[0, 1] = math.nan
    return value


def outcome(radius, entry):
    """Outcome of the flow of the bowl."""
    d = 6
    start = np.array([[0.5, 0.9, -0.4, 0.3, 0.7, -0.6]])
    summary = np.zeros((1, compiled.SUMMARY))
    compiled_flows()(
        address_of(bowl), address_of(bowl), 0.0,
        np.array([radius, float(entry)]), np.ones((4, 3)), np.zeros((1, 1)),
        start, 1e-6, 1e6, 10_000, LAYOUT, np.ones(5, np.int64), np.empty((0, 0)), False,
        np.zeros((1, d)), np.zeros((1, d)), np.zeros((1, 2), np.int64), np.zeros((1, 2)),
        np.zeros((1, compiled.VERDICT)), np.zeros((1, compiled.PASSAGES, d + 3)), summary,
    )  # fmt: skip
    return int(summary[0, compiled.OUTCOME])


def test_the_bowl_is_decided():
    assert outcome(-1.0, 0) == compiled.POINT


@pytest.mark.parametrize("radius", [1.0, 1e-3])
def test_a_step_onto_a_loss_that_is_nan_is_refused(radius):
    """The steps shrink before the circle; they do not end on it."""
    assert outcome(radius, 0) in (compiled.STALLED, compiled.UNDECIDED_STEPS)


@pytest.mark.parametrize("radius", [np.inf, 1.0, 1e-3])
@pytest.mark.parametrize("entry", [0, 1, 2, 5, 6, 7, 8, 12, 13])
def test_no_limit_is_decided_upon_nan(radius, entry):
    """NaN from the start, on the way, or only where Newton's method tests the limit."""
    assert outcome(radius, entry) < 0
