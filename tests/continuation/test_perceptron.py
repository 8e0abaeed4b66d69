"""Branches of critical points of a loss: accuracy against 50 digits, compiled against plain."""

import numpy as np
import pytest

from continuation import Branch, Problem, StepOptions, newton, resume_branch, trace_branch
from tests.continuation.perceptron import data_set, exact_root, problem

TEACHER = np.array([1.0, 4.0, 2.0, -1.0])
STEP = StepOptions(initial=0.02, maximum=0.02)


@pytest.fixture(scope="module")
def branch() -> Branch:
    return trace_branch(problem(100), TEACHER, 0.0, (0.0, 0.3), step=STEP)


def test_error_is_below_its_bound_at_every_sample(branch: Branch) -> None:
    assert branch.stop_reason == "limit"
    for i in range(0, len(branch), 3):
        root = exact_root(branch.x[i], branch.p[i], data_set(100))
        error = np.sqrt(sum(float(r - v) ** 2 for r, v in zip(root, branch.x[i], strict=True)))
        assert error <= branch.error_bound[i]
        assert error < 1e-12


def test_bound_is_not_idle(branch: Branch) -> None:
    assert branch.eigenvalues[:, 0].min() < 2e-4
    assert branch.error_bound.max() < 1e-9


def test_plain_and_compiled_problems_give_the_same_branch(branch: Branch) -> None:
    compiled = problem(100)
    plain = Problem(compiled.residual, compiled.jacobian, compiled.dresidual_dp, symmetric=True)
    same = trace_branch(plain, TEACHER, 0.0, (0.0, 0.3), step=STEP)
    assert len(same) == len(branch)
    np.testing.assert_allclose(same.x, branch.x, rtol=0, atol=1e-11)
    assert [q.kind for q in same.special] == [q.kind for q in branch.special]


@pytest.mark.parametrize("row", [0, 1, 8, 21])
def test_a_compiled_run_stops_at_the_very_sample(branch: Branch, row: int) -> None:
    last = branch.p[row]
    part = trace_branch(
        problem(100), TEACHER, 0.0, (0.0, 0.3), step=STEP, stop=lambda s: s.p >= last
    )
    assert part.stop_reason == "stop condition"
    assert np.array_equal(part.x, branch.x[: row + 1])
    assert np.array_equal(part.eigenvalues, branch.eigenvalues[: row + 1])
    again = resume_branch(problem(100), part, (0.0, 0.3), step=STEP)
    assert np.array_equal(again.x, branch.x)


def test_gradient_descent_flips_where_step_times_curvature_is_two() -> None:
    from continuation import gradient_descent

    loss = problem(100)
    minimum = newton(loss, TEACHER, 0.0).x
    largest = np.linalg.eigvalsh(loss.jacobian(minimum, 0.0))[-1]
    branch = trace_branch(
        gradient_descent(loss, 0.0), minimum, 1.0 / largest, (0.5 / largest, 3 / largest)
    )
    flips = [q for q in branch.special if q.kind == "flip"]
    assert [q.p * largest for q in flips] == pytest.approx([2.0], rel=1e-12)


def test_compiled_problem_without_symmetry() -> None:
    from dataclasses import replace

    general = trace_branch(
        replace(problem(100), symmetric=False), TEACHER, 0.0, (0.0, 0.1), step=STEP
    )
    symmetric = trace_branch(problem(100), TEACHER, 0.0, (0.0, 0.1), step=STEP)
    np.testing.assert_allclose(general.x, symmetric.x, rtol=0, atol=1e-11)
    np.testing.assert_allclose(general.eigenvalues.real, symmetric.eigenvalues, rtol=0, atol=1e-9)


@pytest.mark.parametrize("share", [0.3, 1.7])
def test_split_line_is_a_family_without_events(share: float) -> None:
    from scipy.optimize import root

    loss = problem(100)

    def split(unit: np.ndarray) -> np.ndarray:
        return np.array([unit[0], unit[0], share * unit[1], (1 - share) * unit[1]])

    def one_unit(unit: np.ndarray) -> np.ndarray:
        return loss.residual(split(unit), 0.1)[[0, 2]]

    start = split(root(one_unit, [0.5, 1.0], tol=1e-13).x)
    branch = trace_branch(loss, start, 0.1, (0.0, 0.5))
    assert branch.stop_reason == "limit"
    assert [q.kind for q in branch.special] == ["limit"]
    assert (branch.inertia == branch.inertia[0]).all()
    assert branch.inertia[0, 1] == 1
    np.testing.assert_allclose(branch.x[:, 0], branch.x[:, 1], rtol=0, atol=1e-9)


@pytest.mark.parametrize("count", [5, 33])
def test_compiled_run_resumes_to_the_same_bits(branch: Branch, count: int) -> None:
    limits = (0.0, 0.3)
    short = StepOptions(initial=0.02, maximum=0.02, max_samples=count)
    part = trace_branch(problem(100), TEACHER, 0.0, limits, step=short)
    again = resume_branch(problem(100), part, limits, STEP)
    for name in ("x", "p", "tangent", "eigenvalues", "error_bound", "statistics"):
        assert np.array_equal(getattr(again, name), getattr(branch, name)), name
