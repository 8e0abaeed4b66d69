"""Ranges, values, numbers and seconds of nan, inf, None, text, 1e155: errors that say what came."""

import numpy as np
import pytest

from continuation.deadline import Deadline
from continuation.errors import InvalidInputError
from continuation.landscape import (
    Dataset,
    Loss,
    estimate_basins,
    evolve,
    find_critical_sets,
    loss_diagram,
    passage_times,
    sweep_basins,
)
from continuation.landscape.branches import Course
from symbolic import single_unit

NOT_LEVELS = [np.nan, np.inf, -np.inf, None, "3", b"1", 1e155, 1e-170, 3j, True, [1, 2], -0.1]
NOT_COUNTS = [np.nan, np.inf, None, "3", 2.5, 3j, True, [1], -1]
NOT_PAIRS = [None, "ab", (0.1,), (0.1, 0.2, 0.3), 0.1, (0.2, 0.1), (0.1, 0.1), {}]


@pytest.fixture(scope="module")
def loss():
    model = single_unit()
    return Loss(model, Dataset.sample(model, 10, 0))


@pytest.mark.parametrize("end", NOT_LEVELS)
def test_ends_that_are_no_levels_are_refused(loss, end):
    for limits in ((0.05, end), (end, 0.5)):
        for act in (
            lambda limits=limits: Course(limits),
            lambda limits=limits: evolve(loss, "noise", limits),
            lambda limits=limits: loss_diagram(loss, "noise", limits, searched_at=[0.1]),
        ):
            with pytest.raises(InvalidInputError, match="limits must be finite"):
                act()


@pytest.mark.parametrize("limits", NOT_PAIRS)
def test_limits_that_are_no_pair_are_refused(loss, limits):
    for act in (
        lambda: Course(limits),
        lambda: evolve(loss, "noise", limits),
        lambda: loss_diagram(loss, "noise", limits, searched_at=[0.1]),
    ):
        with pytest.raises(InvalidInputError, match="limits must be finite and increasing"):
            act()


@pytest.mark.parametrize("value", NOT_LEVELS)
def test_values_that_are_no_levels_are_refused(loss, value):
    with pytest.raises(InvalidInputError, match="each of the values must be finite"):
        sweep_basins(loss, "noise", [0.1, value], n=2)
    with pytest.raises(InvalidInputError, match="each of searched_at must be finite"):
        loss_diagram(loss, "noise", (0.05, 0.5), searched_at=[0.1, value])


@pytest.mark.parametrize("count", NOT_COUNTS)
def test_counts_that_are_none_are_refused(loss, count):
    for act in (
        lambda: find_critical_sets(loss, noise=0.1, seed=count),
        lambda: estimate_basins(loss, noise=0.1, n=count),
        lambda: sweep_basins(loss, "noise", [0.1], n=2, seed=count),
        lambda: passage_times(loss, (), noise=0.1, n=count),
    ):
        with pytest.raises(InvalidInputError, match="must be an integer of at least"):
            act()


@pytest.mark.parametrize("seconds", [np.nan, 0.0, -1.0, None, "3", 3j, [1, 2]])
def test_seconds_that_are_none_are_refused(seconds):
    with pytest.raises(InvalidInputError, match="seconds must"):
        Deadline(seconds)
    assert Deadline(np.inf).left == np.inf
