"""Fixed points of maps: flips, Neimark-Sacker points, orbits of period two."""

import numpy as np
import pytest

from continuation import (
    InvalidInputError,
    map_problem,
    period_two,
    switch_to_period_two,
    trace_branch,
)

logistic = map_problem(lambda x, p: p * x * (1 - x))
delayed = map_problem(lambda x, p: np.array([p * x[0] * (1 - x[1]), x[0]]))


def test_flips_of_the_logistic_map() -> None:
    branch = trace_branch(logistic, [0.5], 2.0, (1.5, 3.8))
    flip = branch.special[0]
    assert (flip.kind, flip.p) == ("flip", pytest.approx(3.0, abs=1e-11))
    assert flip.coefficients["cubic"] > 0
    doubled = switch_to_period_two(logistic, flip, (2.9, 3.56))
    second = doubled.special[0]
    assert (second.kind, second.p) == ("flip", pytest.approx(1 + np.sqrt(6), abs=1e-11))
    fourth = switch_to_period_two(period_two(logistic), second, (3.3, 3.56))
    assert fourth.special[0].p == pytest.approx(3.5440903596, abs=1e-9)


def test_period_two_orbit_is_one() -> None:
    flip = trace_branch(logistic, [0.5], 2.0, (1.5, 3.8)).special[0]
    branch = switch_to_period_two(logistic, flip, (2.9, 3.4))
    x, p = branch.x[-1], branch.p[-1]
    y = p * x * (1 - x)
    assert abs(y - x).max() > 0.1
    assert p * y * (1 - y) == pytest.approx(x, abs=1e-13)


def test_transcritical_point_of_the_logistic_map() -> None:
    point = trace_branch(logistic, [0.0], 0.5, (0.2, 1.5)).special[0]
    assert (point.kind, point.p) == ("transcritical", pytest.approx(1.0, abs=1e-12))


def test_neimark_sacker_point_of_the_delayed_logistic_map() -> None:
    point = trace_branch(delayed, [0.3, 0.3], 1 / 0.7, (1.2, 2.5)).special[0]
    assert (point.kind, point.p) == ("neimark-sacker", pytest.approx(2.0, abs=1e-11))
    assert point.coefficients["frequency"] == pytest.approx(np.pi / 3, abs=1e-11)
    assert point.coefficients["cubic"] < 0


def test_only_maps_have_flips() -> None:
    point = trace_branch(logistic, [0.0], 0.5, (0.2, 1.5)).special[0]
    with pytest.raises(InvalidInputError, match="expected a flip"):
        switch_to_period_two(logistic, point)
