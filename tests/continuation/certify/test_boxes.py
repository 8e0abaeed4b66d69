"""Midpoints and radii of the box test enclose what exact arithmetic gives at their points."""

from fractions import Fraction

import numpy as np
import pytest

from continuation.certify.provers import boxes

pytestmark = pytest.mark.slow  # compiling the boxes takes longer than all of these tests

SEEDS = range(8)
EDGE = 1.0 - 2.0**-50
"""Points lie within radii but for the rounding of their own computation."""


def numbers(random, *shape):
    """Of scales from 1e-3 to 1e3, with radii from rounding to their own size."""
    mid = random.standard_normal(shape) * 10.0 ** random.uniform(-3, 3, shape)
    return mid, np.abs(mid) * 10.0 ** random.uniform(-16, 0.3, shape)


def members(random, mid, rad):
    """Corners and other points of mid ± rad, as fractions."""
    for k in range(12):
        side = random.choice([-1.0, 1.0], mid.shape) if k < 8 else random.uniform(-1, 1, mid.shape)
        yield np.vectorize(Fraction, otypes=[object])(mid) + np.vectorize(
            Fraction, otypes=[object]
        )(EDGE * side * rad)


def enclosed(value, mid, rad):
    return all(
        abs(v - Fraction(float(m))) <= Fraction(float(r))
        for v, m, r in zip(np.ravel(value), np.ravel(mid), np.ravel(rad), strict=True)
    )


@pytest.mark.parametrize("seed", SEEDS)
def test_inner_products(seed):
    random = np.random.default_rng(seed)
    a, ar = numbers(random, 9)
    b, br = numbers(random, 9)
    mid, rad = boxes.dot(a, ar, b, br)
    for x, y in zip(members(random, a, ar), members(random, b, br), strict=True):
        assert enclosed(x @ y, mid, rad)
    # products that cancel leave rounding alone
    zero = np.zeros(2)
    mid, rad = boxes.dot(np.array([a[0], a[1]]), zero, np.array([a[1] / 3, -a[0] / 3]), zero)
    exact = Fraction(a[0]) * Fraction(a[1] / 3) - Fraction(a[1]) * Fraction(a[0] / 3)
    assert enclosed(exact, mid, rad)
    assert rad <= 1e-13 * abs(a[0] * a[1])


@pytest.mark.parametrize("seed", SEEDS)
def test_products_and_sums_of_numbers(seed):
    random = np.random.default_rng(seed)
    (a, b, x, y), (ar, br, xr, yr) = numbers(random, 4)
    pairs = [boxes.times(a, ar, b, br), boxes.plus(a, ar, b, br)]
    combined = boxes.precondition(a, b, x, xr, y, yr)
    for one in members(random, np.array([a, b, x, y]), np.array([ar, br, xr, yr])):
        s, t, u, v = one
        assert enclosed(s * t, *pairs[0])
        assert enclosed(s + t, *pairs[1])
        assert enclosed(Fraction(a) * u + Fraction(b) * v, *combined)


@pytest.mark.parametrize("seed", SEEDS)
def test_combinations_of_rows(seed):
    random = np.random.default_rng(seed)
    a, ar = numbers(random, 7)
    b, br = numbers(random, 7)
    (s, t), (_, tr) = numbers(random, 2)
    out, rad = np.empty(7), np.empty(7)
    boxes.combine(s, a, ar, t, b, br, out, rad)
    added, added_rad = a.copy(), ar.copy()
    boxes.add_multiple(t, b, br, added, added_rad)
    wider, wider_rad = a.copy(), ar.copy()
    boxes.add_interval_multiple(t, tr, b, br, wider, wider_rad)
    factors = members(random, np.array([t]), np.array([tr]))
    several = zip(members(random, a, ar), members(random, b, br), factors, strict=True)
    for x, y, (factor,) in several:
        assert enclosed(Fraction(s) * x + Fraction(t) * y, out, rad)
        assert enclosed(x + Fraction(t) * y, added, added_rad)
        assert enclosed(x + factor * y, wider, wider_rad)


@pytest.mark.parametrize("seed", SEEDS)
def test_inverses_of_matrices_near_the_identity(seed):
    random = np.random.default_rng(seed)
    e11, e12, e22 = e = random.uniform(0, 0.4, 3)
    w = np.empty(3)
    assert boxes.shrink_inverse(e11, e12, e22, w)
    bound = np.array([[w[0], w[1]], [w[1], w[2]]])
    c, r = random.standard_normal(2), random.uniform(0, 0.3, 2)
    x1, r1, x2, r2 = boxes.solve_near_identity(c[0], r[0], c[1], r[1], e, w)
    for _ in range(30):
        s = random.choice([-1.0, 1.0], 3)
        change = np.array([[s[0] * e11, s[1] * e12], [s[1] * e12, s[2] * e22]])
        inverse = np.linalg.inv(np.eye(2) + change)
        assert (np.abs(inverse) <= bound * (1 + 1e-12)).all()
        x = -inverse @ (c + random.choice([-1.0, 1.0], 2) * r)
        assert (np.abs(x - [x1, x2]) <= np.array([r1, r2]) * (1 + 1e-12)).all()
    assert not boxes.shrink_inverse(0.5, 0.6, 0.5, w)
