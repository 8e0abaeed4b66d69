"""Eigenvalues of the compiled step, inertia, bordered systems, differences."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from continuation import Problem, differences, stepper
from continuation.linalg import bordered_solve, bordered_solve_both, inertia, kernel
from continuation.rates import counts


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    n=st.integers(1, 12),
    seed=st.integers(0, 10**6),
    kind=st.sampled_from(["full", "integer", "diagonal", "rank one", "graded"]),
)
def test_compiled_eigenvalues(n: int, seed: int, kind: str) -> None:
    random = np.random.default_rng(seed)
    a = random.standard_normal((n, n))
    a = a + a.T
    if kind == "integer":
        a = np.round(a)
    elif kind == "diagonal":
        a = np.diag(np.diag(a))
    elif kind == "rank one":
        a = np.outer(a[0], a[0])
    elif kind == "graded":
        scale = 10.0 ** -np.arange(n)
        a = a * scale * scale[:, None]
    several = np.stack([a, np.zeros((n, n)), -a])
    w, smallest = np.zeros((3, n)), np.zeros(3)
    spectra = stepper.compiled().spectra
    spectra(several, w, smallest)
    expected = np.linalg.eigvalsh(np.stack([a, 0 * a, -a]))
    assert np.abs(w - expected).max() <= 2e-14 * max(n, 4) * np.abs(expected).max()
    assert np.array_equal(smallest, np.abs(w).min(axis=1))
    alone = np.zeros((1, n))
    spectra(a[None].copy(), alone, np.zeros(1))
    assert np.array_equal(alone[0], w[0])


def test_inertia_is_relative_to_the_scale() -> None:
    assert inertia(np.array([-1e-9, 1e-17, 2e-9, 1.0])) == (1, 1, 2)
    assert inertia(np.array([-1e-9, 1e-17, 2e-9, 1.0]) * 1e-6) == (1, 1, 2)
    assert inertia(np.array([1.0, 1e-5]), scale=1e12) == (0, 1, 1)


def test_kernel_and_bordered_solve() -> None:
    random = np.random.default_rng(0)
    a = random.standard_normal((5, 5))
    a -= np.outer(a @ np.ones(5), np.ones(5)) / 5
    right, left = kernel(a)
    assert np.abs(a @ right).max() < 1e-14
    assert np.abs(left.T @ a).max() < 1e-14
    unit = np.append(np.zeros(5), 1.0)[:, None]
    for matrix in (a, sparse.csc_matrix(a)):
        v = bordered_solve(matrix, left, right, unit)
        assert abs(v[-1, 0]) < 1e-14
        assert np.abs(a @ v[:-1]).max() < 1e-13


def test_differences_reach_twelve_digits() -> None:
    found = differences.jacobian(
        lambda x: np.array([np.sin(3 * x[0]) * x[1], x[1] ** 3]), np.ones(2), np.ones(2)
    )
    expected = [[3 * np.cos(3), np.sin(3)], [0, 3]]
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-11)


def test_differences_shorten_their_step_for_quick_functions() -> None:
    found = differences.along(lambda h: np.array([np.sin(2000 * h)]))
    assert found[0] == pytest.approx(2000, rel=1e-6)


def test_rates_of_few_eigenvalues_are_counted_from_pivots() -> None:
    """Three of nine are known, those nearest to zero; the negative pivots are, or are not."""
    problem = Problem(lambda x, p: x)
    known = np.array([[-2.0, -1.0, 3.0], [-1.0, 1.0, 2.0], [1.0, 2.0, 3.0]])
    nowhere = np.zeros(3, dtype=bool)
    counted = counts(problem, known, np.array([4, 1, 0]), 9, nowhere)
    assert counted.tolist() == [[4, 0, 5], [1, 0, 8], [0, 0, 9]]
    # where they are not, those that are known to be positive are all that is
    counted = counts(problem, known, np.full(3, -1), 9, nowhere)
    assert counted.tolist() == [[8, 0, 1], [7, 0, 2], [6, 0, 3]]


@pytest.mark.parametrize("size", [5, 200])
def test_bordered_systems_and_their_transposes(size: int) -> None:
    """Dense, and sparse with full borders, which come last in the elimination."""
    random = np.random.default_rng(size)
    a = sparse.diags_array(random.uniform(1, 2, size)) + sparse.random_array(
        (size, size), density=3 / size, rng=random
    )
    b, c = random.standard_normal((2, size, 2))
    right, left = random.standard_normal((2, size + 2, 1))
    full = np.block([[a.toarray(), b], [c.T, np.zeros((2, 2))]])
    for matrix in (a.toarray(), sparse.csc_matrix(a)):
        v, w = bordered_solve_both(matrix, b, c, right, left)
        np.testing.assert_allclose(full @ v, right, atol=1e-10)
        np.testing.assert_allclose(full.T @ w, left, atol=1e-10)


@pytest.mark.parametrize(("m", "n"), [(2, 5), (4, 5), (3, 7)])
@pytest.mark.parametrize("defect", [0, 1, 2])
def test_kernels_of_wide_matrices(m: int, n: int, defect: int) -> None:
    random = np.random.default_rng([m, n, defect])
    a = random.standard_normal((m, m - defect)) @ random.standard_normal((m - defect, n))
    for right, left in (kernel(a), kernel(a, defect)):
        assert (right.shape, left.shape) == ((n, n - m + defect), (m, defect))
        assert np.abs(a @ right).max(initial=0.0) < 1e-13
        assert np.abs(left.T @ a).max(initial=0.0) < 1e-13
        assert np.allclose(right.T @ right, np.eye(n - m + defect), atol=1e-14)


def test_small_pivots_of_a_sparse_matrix_cost_no_digits() -> None:
    """[[ε, 1], [1, ε]] all along: well-conditioned, but its diagonal is taken for pivots."""
    random = np.random.default_rng(0)
    pairs = sparse.block_diag([np.array([[e, 1.0], [1.0, e]]) for e in np.full(60, 1e-5)])
    b, c = random.standard_normal((2, 120, 1))
    full = np.block([[pairs.toarray(), b], [c.T, np.zeros((1, 1))]])
    v, w = random.standard_normal((2, 121, 1))
    found = bordered_solve_both(sparse.csc_matrix(pairs), b, c, full @ v, full.T @ w)
    np.testing.assert_allclose(found, (v, w), rtol=0, atol=1e-13)
