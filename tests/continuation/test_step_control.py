"""The next step length from contraction, predictor error and angle."""

import numpy as np
import pytest

from continuation import Problem, StepOptions, corrector, stepper, trace_branch

TARGET_ANGLE = 0.1


def factor(length, *, contraction, first_step, angle=1e-3, hermite=True):
    report = np.zeros(6)
    report[corrector.CONTRACTION] = contraction
    report[corrector.FIRST_STEP] = first_step
    report[corrector.ANGLE] = angle
    plain = stepper.growth(report, length, hermite, TARGET_ANGLE)
    compiled = stepper._growth(report, length, hermite, TARGET_ANGLE)
    assert plain == pytest.approx(compiled, rel=1e-14)
    return plain


@pytest.mark.parametrize("length", [1e-6, 1e-4, 1e-2])
@pytest.mark.parametrize("hermite", [True, False])
def test_steps_do_not_die_where_the_first_newton_step_is_rounding(length, hermite):
    """The second one is as long, which says nothing of contraction.

    A branch beside the double zeros of a silent unit halved its steps for ever.
    """
    rounding = 1e-7 * length
    grown = factor(length, contraction=0.9, first_step=rounding, hermite=hermite)
    assert grown == stepper.MAX_GROWTH


@pytest.mark.parametrize("hermite", [True, False])
def test_slow_contraction_of_a_real_correction_shortens_the_step(hermite):
    length = 0.01
    missed = stepper.TARGET_PREDICTOR_ERROR * length
    assert factor(length, contraction=0.5, first_step=missed, hermite=hermite) < 1.0
    assert factor(length, contraction=0.5, first_step=missed / 9, hermite=hermite) < 1.0


def test_a_large_angle_shortens_the_step():
    assert factor(0.01, contraction=0.0, first_step=0.0, angle=0.2) == pytest.approx(0.5)


@pytest.mark.parametrize(("hermite", "expected"), [(True, 4**-0.25), (False, 4**-0.5)])
def test_the_order_of_the_predictor_tells_how_the_step_shrinks(hermite, expected):
    """Four times the error that keeps a step: of fourth order in the step, or of second."""
    missed = 4 * stepper.TARGET_PREDICTOR_ERROR * 0.01
    found = factor(0.01, contraction=0.0, first_step=missed, hermite=hermite)
    assert found == pytest.approx(expected)


@pytest.mark.parametrize("n", [1, 2, 5])
def test_a_step_whose_predictor_misses_by_more_than_a_quarter_is_taken_again(n):
    """Over a smooth stair: behind it the tangent is as before it, and Newton has no trouble."""
    random = np.random.default_rng(n)
    way = random.standard_normal(n)
    way, matrix = 0.3 * way / np.linalg.norm(way), 3 * np.eye(n) + random.standard_normal((n, n))
    problem = Problem(
        lambda x, p: matrix @ (x - way * np.tanh(20 * (p - 0.5))),
        lambda x, p: matrix,
        lambda x, p: matrix @ way * (-20 / np.cosh(20 * (p - 0.5)) ** 2),
    )
    step = StepOptions(1.0, maximum=1.0, max_samples=2, state_scale=1.0, parameter_scale=1.0)
    branch = trace_branch(problem, way * np.tanh(-10.0), 0.0, (-1, 3), step=step)
    chord = np.append(*(a[1] - a[0] for a in (branch.x, branch.p)))
    along = chord @ branch.tangent[0]
    assert np.linalg.norm(chord - along * branch.tangent[0]) <= 0.25 * along < 0.25


@pytest.mark.parametrize("unfolding", [1e-6])
def test_an_unknown_that_grows_from_small_ones_costs_steps_like_its_logarithm(
    unfolding: float,
) -> None:
    """An imperfect pitchfork: x is 1e-8 before it and of order one behind it."""
    problem = Problem(lambda x, p: p * x - x**3 + unfolding)
    branch = trace_branch(problem, [unfolding], -1.0, (-1, 1))
    assert branch.x[-1, 0] == pytest.approx(max(np.roots([-1, 0, 1, unfolding])))
    assert [point.kind for point in branch.special] == ["limit"]
    assert len(branch) < 500
