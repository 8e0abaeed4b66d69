"""Inertia by congruence: chosen signs in random coordinates, over scales of many orders."""

import numpy as np
import pytest

from continuation.congruence import scaled_inertia


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("size", [1, 2, 4, 8])
@pytest.mark.parametrize("spread", [0.0, 6.0])
def test_signs_are_those_chosen_whatever_the_scales(seed, size, spread):
    rng = np.random.default_rng([seed, size])
    negative = int(rng.integers(0, size + 1))
    signs = np.r_[-np.ones(negative), np.ones(size - negative)] * rng.uniform(0.5, 2.0, size)
    q = np.linalg.qr(rng.standard_normal((size, size)))[0]
    scale = 10.0 ** rng.uniform(-spread, spread, size)
    hessian = scale[:, None] * ((q * signs) @ q.T) * scale
    assert scaled_inertia(hessian) == (negative, 0, size - negative)


def test_zeros_are_counted_and_empty_has_none():
    vector = np.array([1.0, -2.0, 3.0])
    assert scaled_inertia(np.outer(vector, vector)) == (0, 2, 1)
    assert scaled_inertia(np.zeros((2, 2))) == (0, 2, 0)


@pytest.mark.parametrize(("below", "inertia"), [(1e-12, (0, 1, 1)), (1e-10, (1, 0, 1))])
def test_what_rounding_could_make_negative_is_zero(below, inertia):
    assert scaled_inertia(np.array([[1.0, 1.0 + below], [1.0 + below, 1.0]])) == inertia
