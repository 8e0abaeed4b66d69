"""Conserved totals: found in any coordinates, held at the user's value, ignored by stability."""

import numpy as np
import pytest

from continuation import Branch, Problem, trace_branch
from continuation.conservation import conserved_quantities

Array = np.ndarray


def flux(x: float, y: float, a: float) -> float:
    return (a + 8 * y**2 / (1 + y**2)) * x - 3 * y


#: The total 2 eliminated by hand.
reduced = Problem(lambda y, a: np.array([flux(2 - y[0], y[0], a)]))


def folds(branch: Branch) -> list[float]:
    return [q.p for q in branch.special if q.kind == "fold" and q.located]


def in_coordinates(seed: int) -> tuple[Problem, Array]:
    """X' = -flux, Y' = flux in x = A (X, Y); and A."""
    r = np.random.default_rng(seed)
    a = 10.0 ** r.uniform(-4, 4, 2)[:, None] * (r.standard_normal((2, 2)) + 2 * np.eye(2))

    def residual(x: Array, p: float) -> Array:
        value = flux(*np.linalg.solve(a, x), p)
        return a @ np.array([-value, value])

    return Problem(residual), a


@pytest.mark.parametrize("seed", range(6))
def test_the_total_of_the_start_is_held(seed: int) -> None:
    problem, a = in_coordinates(seed)
    branch = trace_branch(problem, a @ [2.0, 0.0], 0.0, (0, 2))
    expected = folds(trace_branch(reduced, [0.0], 0.0, (0, 2)))
    assert folds(branch) == pytest.approx(expected, abs=1e-8)
    totals = np.linalg.solve(a, branch.x.T).sum(axis=0)
    np.testing.assert_allclose(totals, 2.0, rtol=1e-9)
    assert branch.inertia[:, 1].max() == 0
    assert "Conserved" in branch.message


def test_combinations_are_said() -> None:
    problem = Problem(lambda x, a: np.array([-flux(*x, a), flux(*x, a)]))
    np.testing.assert_allclose(conserved_quantities(problem, np.array([2.0, 0.0]), 0.0), [[1, 1]])
    branch = trace_branch(problem, [2.0, 0.0], 0.0, (0, 2))
    assert "x[0] + x[1] = 2" in branch.message


def test_a_family_is_no_conserved_quantity() -> None:
    """A circle of solutions: singular on it, but no combination of F vanishes elsewhere."""
    problem = Problem(lambda x, p: (x @ x - p) * x)
    assert conserved_quantities(problem, np.array([0.6, 0.8]), 1.0).shape == (0, 2)
