"""Samples are called quiet only where nothing can have happened between them."""

import numpy as np
import pytest

from continuation.screening import screened

UNIT = 1e-13


def quiet_samples(seed):
    """Ascending eigenvalues (m, n) of both signs that change slowly, and tangents (m, n + 1)."""
    random = np.random.default_rng(seed)
    n = 2 + seed % 4
    first = np.sort(random.choice([-1.0, 1.0], n) * np.arange(1, n + 1) * 10.0 ** (seed - 3))
    growth = 1.0 + 0.1 * np.sin(np.arange(6))[:, None]
    tangents = random.standard_normal((6, n + 1))
    tangents[:, -1] = np.abs(tangents[:, -1]) + 0.1
    return first * growth, tangents


def look(values, tangents):
    table = np.zeros((len(values), 3), dtype=np.int64)
    return screened(values, tangents, UNIT, table), table


@pytest.mark.parametrize("seed", range(6))
def test_signs_are_counted(seed):
    values, tangents = quiet_samples(seed)
    is_quiet, table = look(values, tangents)
    assert is_quiet
    counts = np.column_stack([(values < 0).sum(1), 0 * values[:, 0], (values > 0).sum(1)])
    assert np.array_equal(table, counts)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("row", [0, 3, 5])
def test_what_may_be_an_event_is_not_quiet(seed, row):
    for change in (-1.0, 0.0, 0.4, 2.6):  # another sign, zero, halved, doubled
        for column in range(quiet_samples(seed)[0].shape[1]):
            values, tangents = quiet_samples(seed)
            values[row, column] *= change
            is_quiet, table = look(values, tangents)
            assert not is_quiet
            assert table[row, 1] == (change == 0.0)
    values, tangents = quiet_samples(seed)
    tangents[row, -1] *= -1.0
    assert not look(values, tangents)[0]


def test_zero_is_relative_to_the_largest_modulus():
    values = np.array([[-1e3, -1e-12], [-1e3, -1e-12]])
    is_quiet, table = look(values, np.ones((2, 3)))
    assert not is_quiet
    assert table.tolist() == [[1, 1, 0]] * 2
