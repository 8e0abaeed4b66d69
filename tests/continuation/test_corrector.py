"""Newton's method ends where it says, for the reason that it says, and errs by no more."""

import numpy as np
import pytest

from continuation import NewtonOptions, Problem, StepOptions, corrector, trace_branch
from continuation.workspace import Workspace
from tests.continuation.problems import hysteresis

LOOSE = {"max_iterations": 40, "residual_tolerance": 1.0}


def corrected(problem, x, p=0.0, **options):
    """Status, the point and the workspace after Newton at a parameter, in plain units."""
    step = StepOptions(state_scale=1.0, parameter_scale=1.0)
    workspace = Workspace(problem, np.array(x, dtype=float), p, NewtonOptions(**options), step)
    z = np.append(x, p).astype(float)
    status = workspace.correct_at_parameter(z)
    return status, z[:-1], workspace


def approximate(factor, n):
    """x - c with a Jacobian this factor too large: errors shrink by 1 - 1/factor."""
    c = np.arange(1.0, n + 1)
    return Problem(lambda x, p: x - c, lambda x, p: factor * np.eye(n), lambda x, p: 0 * c)


@pytest.mark.parametrize("n", [1, 3])
def test_the_step_decides_where_the_residual_is_small_anyway(n):
    status, x, _ = corrected(approximate(1.2, n), np.full(n, 1.5), **LOOSE)
    assert status == corrector.CONVERGED
    assert np.abs(x - np.arange(1.0, n + 1)).max() < 1e-9


def test_slow_contraction_has_a_status_of_its_own():
    problem = Problem(lambda x, p: x**2, lambda x, p: np.diag(2 * x), lambda x, p: 0 * x)
    workspace = corrected(problem, [1.0])[2]
    z = np.array([1.0, 0.0])
    assert workspace.correct(z, z.copy(), np.array([0.0, 1.0])) == corrector.SLOW


def test_a_residual_that_is_no_number_comes_before_a_singular_matrix():
    problem = Problem(
        lambda x, p: np.where(x < 1.5, np.nan, x),
        lambda x, p: np.diag(np.where(x < 1.5, 0.0, 1.0)),
        lambda x, p: 0 * x,
    )
    assert corrected(problem, [2.0])[0] == corrector.NOT_FINITE


def test_the_residual_that_is_left_is_foreseen():
    """Where the curvature is large the last step leaves more than rounding."""
    problem = Problem(
        lambda x, p: 1e3 * x**2 + x, lambda x, p: np.diag(2e3 * x + 1), lambda x, p: 0 * x
    )
    _, x, workspace = corrected(problem, [2.2e-5], step_tolerance=1e-7, residual_tolerance=1e-6)
    left, foreseen = abs(x[0]), workspace.report[corrector.REMAINING]
    assert 1e-13 < left <= 1.5 * foreseen < 1e2 * left


@pytest.mark.parametrize("scale", [1.0, 1e-6])
def test_errors_are_below_their_bound_and_near_it(scale):
    """Of p + u - u³ = 0, near its folds too."""
    problem = Problem(
        lambda x, p: scale * hysteresis.residual(x, p),
        lambda x, p: scale * hysteresis.jacobian(x, p),
        lambda x, p: scale * hysteresis.dresidual_dp(x, p),
    )
    branch = trace_branch(problem, [2.0], 6.0, (-7, 7), -1)
    u = branch.x[:, 0].astype(np.longdouble)
    for _ in range(4):
        u = u - (branch.p + u - u**3) / (1 - 3 * u * u)
    errors = np.abs(u - branch.x[:, 0]).astype(float)
    assert (errors <= branch.error_bound).all()
    assert branch.error_bound.min() < 1e-13
