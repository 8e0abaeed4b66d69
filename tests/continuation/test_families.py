"""Lines and circles of solutions: eigenvalues that are zero all along are no events."""

import numpy as np
import pytest

from continuation import Branch, Problem, trace_branch


def on_circle(x, p, force):
    """Gradient field with force(|x|², p) along x: its zeros are circles."""
    return force(x @ x, p) * x


line = Problem(lambda x, p: np.array([x[0] - p, 0.0 * x[1]]), symmetric=True)
circles = Problem(lambda x, p: on_circle(x, p, lambda q, p: q - p), symmetric=True)
folding = Problem(lambda x, p: on_circle(x, p, lambda q, p: p - (q - 1) ** 2), symmetric=True)
branching = Problem(
    lambda x, p: np.append(on_circle(x[:2], p, lambda q, p: q - p), (p - 2) * x[2] - x[2] ** 3),
    symmetric=True,
)


def kinds(branch: Branch) -> list[str]:
    return [q.kind for q in branch.special if q.kind != "limit"]


def test_line() -> None:
    branch = trace_branch(line, [0.0, 0.3], 0.0, (-1, 1))
    assert branch.stop_reason == "limit"
    assert kinds(branch) == []
    assert (branch.inertia == [0, 1, 1]).all()


def test_circles() -> None:
    branch = trace_branch(circles, [0.6, 0.8], 1.0, (0.1, 4.0))
    assert kinds(branch) == []
    assert (branch.inertia == [0, 1, 1]).all()
    assert "a family with 1 free parameter" in branch.message
    np.testing.assert_allclose((branch.x**2).sum(axis=1), branch.p, rtol=1e-12)


def test_fold_of_circles() -> None:
    branch = trace_branch(folding, [np.sqrt(1.5), 0.0], 0.25, (-1, 0.5), -1)
    assert kinds(branch) == ["fold"]
    assert branch.special[0].p == pytest.approx(0.0, abs=1e-10)


def test_branch_point_of_circles() -> None:
    branch = trace_branch(branching, [0.6, 0.8, 0.0], 1.0, (0.1, 4.0))
    assert kinds(branch) == ["branch point"]
    assert branch.special[0].p == pytest.approx(2.0, abs=1e-8)


def test_a_chain_stays_where_it_is() -> None:
    """Springs held by nothing, pulled apart: its centre is free, and does not drift."""

    def residual(x, p):
        pull = np.diff(x) + np.diff(x) ** 3
        return np.append(pull, 0.0) - np.append(0.0, pull) + p * np.array([1.0, 0, 0, -1])

    branch = trace_branch(Problem(residual, symmetric=True), np.ones(4), 0.0, (0, 1))
    np.testing.assert_allclose(branch.x.mean(axis=1), 1.0, atol=1e-11)
    assert (branch.inertia == [3, 1, 0]).all()


@pytest.mark.parametrize("seed", range(3))
def test_a_family_in_any_coordinates_is_said(seed: int) -> None:
    """No gradient, nothing conserved, right derivatives: ellipses of solutions, one for each p."""
    rng = np.random.default_rng(seed)
    unit = 10.0 ** rng.uniform(-4, 4, 3)
    a, left = unit[:, None] * rng.standard_normal((3, 3)), rng.standard_normal((3, 3))
    back = np.linalg.inv(a)

    def residual(x, p):
        y = back @ x
        return left @ np.append((y[:2] @ y[:2] - p) * np.array([y[0] + y[1], y[1]]), y[2] - y[0])

    branch = trace_branch(Problem(residual), a @ [0.6, 0.8, 0.6], 1.0, (0.5, 4.0))
    assert branch.stop_reason == "limit"
    assert kinds(branch) == []
    assert "a family with 1 free parameter" in branch.message
    y = branch.x @ back.T
    np.testing.assert_allclose((y[:, :2] ** 2).sum(axis=1), branch.p, rtol=1e-8)
