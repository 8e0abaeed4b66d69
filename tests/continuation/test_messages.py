"""One message for each cause: what a user reads when a run cannot start, go on, or end as asked."""

import numpy as np
import pytest

from continuation import (
    ConvergenceError,
    InvalidInputError,
    Problem,
    StepOptions,
    find_solutions,
    newton,
    resume_branch,
    special_point,
    trace_branch,
)


def cubic(x, p):
    return np.array([p + x[0] - x[0] ** 3 / 3, x[1] - x[0]])


def wrong(x, p):
    """Of the wrong sign."""
    return np.array([[x[0] ** 2 - 1, 0.0], [1.0, -1.0]])


def wrong_later(x, p):
    return np.array([[1 - x[0] ** 2, 0.0], [-1.0, 1.0 if p < 0.2 else -7.0]])


def test_a_wrong_jacobian_at_the_start() -> None:
    problem = Problem(cubic, wrong)
    with pytest.raises(ConvergenceError, match=r"derivatives given disagree.*equation 0.*which"):
        trace_branch(problem, [-2.5, -2.0], 0.0)
    assert "check_derivatives" in newton(problem, np.array([-2.5, -2.0]), 0.0).message


def test_a_wrong_jacobian_in_mid_run() -> None:
    start = newton(Problem(cubic), np.array([-2.0, -2.0]), 0.0).x
    branch = trace_branch(Problem(cubic, wrong_later), start, 0.0, (0.0, 0.6))
    assert branch.stop_reason == "no progress"
    assert "derivatives given disagree" in branch.message


def test_a_right_jacobian_is_not_blamed() -> None:
    """No solution at all: Newton fails, the derivatives are right."""
    problem = Problem(lambda x, p: np.exp(x) + 1 + p, lambda x, p: np.diag(np.exp(x)))
    assert "derivatives" not in newton(problem, np.array([0.0]), 0.0).message


def test_a_real_corner() -> None:
    branch = trace_branch(Problem(lambda x, p: x - np.abs(p - 0.3)), [0.3], 0.0, (0, 1))
    assert branch.stop_reason == "no progress"
    assert "corner" in branch.message


def test_the_domain_is_left() -> None:
    """NaN, without an exception, beyond p = 1."""
    branch = trace_branch(
        Problem(lambda x, p: x - (np.sqrt(1 - p) if p <= 1 else np.nan)), [1.0], 0.0, (0, 2)
    )
    assert branch.stop_reason == "no progress"
    assert "not finite" in branch.message


def test_going_on_within_bounds() -> None:
    problem = Problem(lambda x, p: x - p)
    first = trace_branch(problem, [0.0], 0.0, (0, 5), bounds={0: (-1.0, 1.0)})
    assert first.stop_reason == "bound"
    again = resume_branch(problem, first, (0, 5), bounds={0: (-1.0, 2.0)})
    assert again.x[-1, 0] == pytest.approx(2.0)
    with pytest.raises(InvalidInputError, match="ended at its bounds"):
        resume_branch(problem, first, (0, 5), bounds={0: (-1.0, 1.0)})


def test_a_special_point_some_way_off() -> None:
    step = StepOptions(initial=0.01)
    point = special_point(Problem(lambda x, p: p - x**2), np.array([0.8]), 0.64, step)
    assert point.kind == "fold"
    assert abs(point.p) < 1e-12


@pytest.mark.parametrize("unit", [1e-6, 1.0, 1e6])
def test_solutions_in_any_units(unit: float) -> None:
    """Roots 1, 2 and 3 of one unknown."""
    problem = Problem(lambda x, p: (x / unit - 1) * (x / unit - 2) * (x / unit - 3))
    found = find_solutions(problem, 0.0, [np.array([1.2 * unit]), np.array([2.6 * unit])])
    np.testing.assert_allclose(np.sort(np.ravel(found)) / unit, [1, 2, 3], rtol=1e-9)
