"""Functions of the user that raise: at the start an error, in mid-run the end of the branch."""

import math

import numpy as np
import pytest

from continuation import InvalidInputError, Problem, trace_branch


class Left(Exception):
    """An exception of the user's own."""


def overflowing(x, p):
    return np.array([x[0] - math.exp(100 * p)])


def root(x, p):
    return np.array([math.sqrt(p) - x[0]])


def table(x, p):
    if p > 0.5:
        raise Left("outside the table")
    return np.array([x[0] - p])


@pytest.mark.parametrize(
    ("residual", "start", "limits", "direction", "said", "edge"),
    [
        (root, (1.0, 1.0), (-1, 1), -1, "ValueError: math domain error", 0.0),
        (table, (0.0, 0.0), (0, 1), 1, "Left: outside the table", 0.5),
    ],
)
def test_a_branch_ends_where_its_equations_do(
    residual, start, limits, direction, said, edge
) -> None:
    branch = trace_branch(Problem(residual), [start[0]], start[1], limits, direction)
    assert branch.stop_reason == "no progress"
    assert f"residual raised {said}" in branch.message
    assert abs(branch.p[-1] - edge) < 0.01
    assert len(branch) > 5


@pytest.mark.slow
def test_overflow_ends_the_branch() -> None:
    branch = trace_branch(Problem(overflowing), [1.0], 0.0, (0, 10))
    assert branch.p[-1] > 0.03
    assert branch.stop_reason != "limit"


def test_a_jacobian_that_raises() -> None:
    def jacobian(x, p):
        if p > 0.5:
            raise ZeroDivisionError("no slope")
        return np.eye(1)

    problem = Problem(lambda x, p: np.array([x[0] - p]), jacobian, lambda x, p: -np.ones(1))
    branch = trace_branch(problem, [0.0], 0.0, (0, 1))
    assert "jacobian raised ZeroDivisionError: no slope at p = 0.5" in branch.message
    assert 0.49 < branch.p[-1] <= 0.5


def test_at_the_start_it_is_an_error() -> None:
    with pytest.raises(InvalidInputError, match=r"residual raised ValueError.*at the start"):
        trace_branch(Problem(root), [1.0], -1.0)
    with pytest.raises(InvalidInputError, match="residual raised TypeError"):
        trace_branch(Problem(lambda x: x), [1.0], 1.0)


def test_complex_values_are_refused() -> None:
    problem = Problem(lambda x, p: np.sqrt((x - p).astype(complex)) - 1)
    with pytest.raises(InvalidInputError, match="residual must return real numbers"):
        trace_branch(problem, [2.0], 1.0, (1, 2))
