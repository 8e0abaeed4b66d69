"""NaN is never small: each compiled reduction says so."""

import numpy as np
import pytest

from continuation import dense
from continuation.stepper import compiled


@pytest.mark.parametrize("place", [0, 1, 3])
def test_reductions_of_nan_are_nan(place):
    x = np.array([0.5, -2.0, 1.0, 0.25])
    assert dense.largest(x) == 2.0
    x[place] = np.nan
    assert np.isnan(dense.greater(x[place], 1.0))
    assert np.isnan(dense.greater(1.0, x[place]))
    assert np.isnan(dense.largest(x))
    assert np.isnan(dense.norm(x))


def test_a_matrix_with_nan_is_not_positive_and_solves_nothing():
    for i in range(3):
        for j in range(i + 1):
            a = np.diag([4.0, 3.0, 2.0])
            a[i, j] = a[j, i] = np.nan
            assert not dense.cholesky(a.copy())
            pivots, b = np.empty(3, np.int64), np.ones(3)
            dense.lu_factor(a, pivots)
            dense.lu_solve(a, pivots, b)
            assert not np.isfinite(dense.largest(b))


@pytest.mark.parametrize("place", [(0, 0), (2, 2), (1, 0)])
def test_a_restricted_hessian_with_nan_is_not_positive(place):
    a, g = np.diag([4.0, 3.0, 2.0]), np.ones(3)
    a[place] = a[place[::-1]] = np.nan
    within, without = a.copy(), a.copy()
    dense.confine(g.copy(), within, np.diag([1.0, 1.0, 0.0]))
    dense.exclude(g.copy(), without, np.eye(3)[2:])
    assert not dense.cholesky(within)
    assert not dense.cholesky(without)


@pytest.mark.parametrize("n", [2, 3, 5])
def test_eigenvalues_of_a_matrix_with_nan_are_nan(n):
    """Its neighbours in the same lanes have theirs."""
    random = np.random.default_rng(n)
    for i in range(n):
        for j in range(i + 1):
            matrices = random.normal(size=(3, n, n))
            matrices = matrices + matrices.transpose(0, 2, 1)
            expected = np.linalg.eigvalsh(matrices[[0, 2]])
            matrices[1, i, j] = matrices[1, j, i] = np.nan
            values, smallest = np.zeros((3, n)), np.zeros(3)
            compiled().spectra(matrices, values, smallest)
            assert np.isnan(smallest[1])
            assert np.isnan(values[1]).any()
            np.testing.assert_allclose(values[[0, 2]], expected, atol=1e-13)
