"""NaN is never small: each compiled reduction says so."""

import numpy as np
import pytest

from continuation import dense


@pytest.mark.parametrize("place", [0, 1, 3])
def test_reductions_of_nan_are_nan(place):
    x = np.array([0.5, -2.0, 1.0, 0.25])
    assert dense.largest(x) == 2.0
    x[place] = np.nan
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
