"""Second and third derivatives: by differences, and in other units, against closed forms."""

from itertools import permutations

import numpy as np
import pytest

from continuation import Problem, differences
from continuation.scaling import InUnits, Units


class Cubic:
    """F(z) = A z + ½ B[z, z] + ⅙ C[z, z, z], z = (x, p), in general position.

    Parameters
    ----------
    symmetric : bool
        dF/dx is.
    """

    def __init__(self, seed, n, symmetric=False):
        random = np.random.default_rng(seed)
        self.n = n
        self.a, self.b, self.c = (random.standard_normal((n,) + (n + 1,) * k) for k in (1, 2, 3))
        self.b = self.b + self.b.swapaxes(1, 2)
        self.c = sum(np.transpose(self.c, (0, *p)) for p in permutations((1, 2, 3)))
        if symmetric:
            self.b, self.c = 0 * self.b, 0 * self.c
            self.a[:, :n] += self.a[:, :n].T
        self.symmetric = symmetric

    def residual(self, z):
        return self.a @ z + self.b @ z @ z / 2 + self.c @ z @ z @ z / 6

    def full(self, z):
        return self.a + self.b @ z + self.c @ z @ z / 2

    def second(self, z, u, v):
        return (self.b + self.c @ z) @ u @ v

    def third(self, z, u, v, w):
        return self.c @ u @ v @ w

    def problem(self, *, jacobian=True, exact=False, **options):
        full = lambda x, p: self.full(np.append(x, p))  # noqa: E731
        derivatives = (
            (lambda x, p: full(x, p)[:, :-1], lambda x, p: full(x, p)[:, -1]) if jacobian else ()
        )
        higher = {"second_derivative": self.second, "third_derivative": self.third} if exact else {}
        residual = lambda x, p: self.residual(np.append(x, p))  # noqa: E731
        return Problem(residual, *derivatives, symmetric=self.symmetric, **higher, **options)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("jacobian", [True, False])
def test_higher_derivatives_by_differences(seed, jacobian):
    n = 1 + seed
    cubic = Cubic(seed, n)
    problem, random = cubic.problem(jacobian=jacobian), np.random.default_rng(seed)
    z, u, v, w = random.standard_normal((4, n + 1))
    for a, b, c in ((u, v, w), (u, u, v), (u, u, u)):
        tolerance = 1e-9 if jacobian else 1e-6
        np.testing.assert_allclose(problem.second(z, a, b), cubic.second(z, a, b), atol=tolerance)
        third = cubic.third(z, a, b, c)
        np.testing.assert_allclose(problem.third(z, a, b, c), third, atol=1e2 * tolerance)


@pytest.mark.parametrize("order", [2, 3])
@pytest.mark.parametrize("rate", [0.7, 1.3])
def test_repeated_derivatives_are_of_sixth_order(order, rate):
    """The last but one digits show the order."""
    f = lambda h: np.array([np.exp(rate * h), np.sin(0.4 + rate * h)])  # noqa: E731
    found = differences.repeated(f, order, 1.0)
    expected = [rate**order, rate**order * np.sin(0.4 + order * np.pi / 2)]
    np.testing.assert_allclose(found, expected, atol=2e-11 if order == 2 else 2e-9)


def test_repeated_derivatives_beside_the_end_of_a_domain():
    """The first step leaves it: NaN agrees with nothing, and shorter ones are taken."""

    def f(h):
        with np.errstate(invalid="ignore"):
            return np.array([np.sqrt(0.02 + h)])

    found = differences.repeated(f, 2, 1.0)
    np.testing.assert_allclose(found, [-0.25 * 0.02**-1.5], rtol=1e-4)


def units(seed, n):
    random = np.random.default_rng([seed, 1])
    return Units(2.0 ** random.integers(-9, 9, n + 1), 2.0 ** random.integers(-9, 9, n))


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("exact", [True, False])
def test_derivatives_in_units_follow_the_chain_rule(seed, exact):
    n = 1 + seed
    cubic, scale = Cubic(seed, n), units(seed, n)
    inside = InUnits(cubic.problem(exact=exact), scale)
    z, u, v, w = np.random.default_rng(seed).standard_normal((4, n + 1))
    y, rows, columns = scale.inside(z), scale.rows, scale.columns
    np.testing.assert_allclose(inside.residual(y[:-1], y[-1]), rows * cubic.residual(z))
    expected = rows[:, None] * cubic.full(z) * columns
    np.testing.assert_allclose(inside.full_jacobian(y), expected)
    np.testing.assert_allclose(inside.jacobian(y[:-1], y[-1]), expected[:, :-1])
    np.testing.assert_allclose(inside.dresidual_dp(y[:-1], y[-1]), expected[:, -1])
    a, b, c = (scale.inside(d) for d in (u, v, w))
    second, third = rows * cubic.second(z, u, v), rows * cubic.third(z, u, v, w)
    size, larger = np.abs(second).max(), np.abs(third).max()
    np.testing.assert_allclose(inside.second(y, a, b), second, atol=1e-8 * size)
    np.testing.assert_allclose(inside.third(y, a, b, c), third, atol=1e-5 * larger)
    lengths = cubic.problem().lengths_at(z)
    np.testing.assert_allclose(inside.lengths_at(y) * columns, lengths)


@pytest.mark.parametrize("seed", range(4))
def test_eigenvalues_with_a_mass_do_not_depend_on_units(seed):
    n = 2 + seed
    cubic, scale = Cubic(seed, n), units(seed, n)
    mass = np.random.default_rng(seed).standard_normal((n, n)) + 3 * np.eye(n)
    inside = InUnits(cubic.problem(mass=mass), scale)
    z = np.random.default_rng(seed).standard_normal(n + 1)
    y = scale.inside(z)
    pencil = np.linalg.solve(inside.mass_matrix(n), inside.jacobian(y[:-1], y[-1]))
    expected = np.sort_complex(np.linalg.eigvals(np.linalg.solve(mass, cubic.full(z)[:, :-1])))
    np.testing.assert_allclose(np.sort_complex(np.linalg.eigvals(pencil)), expected, rtol=1e-9)


def test_units_keep_symmetry_only_where_rows_and_columns_have_the_same():
    cubic = Cubic(0, 3, symmetric=True)
    alike = Units(np.array([2.0, 4.0, 0.5, 8.0]), np.array([2.0, 4.0, 0.5]))
    assert InUnits(cubic.problem(), alike).symmetric
    other = Units(alike.columns, np.array([2.0, 4.0, 1.0]))
    assert not InUnits(cubic.problem(), other).symmetric


@pytest.mark.parametrize("seed", range(4))
def test_units_that_balance_matrices_make_their_entries_alike(seed):
    n = 2 + seed
    first, second = units(seed, n), units(seed + 9, n)
    a = np.random.default_rng(seed).uniform(0.5, 2.0, (n, n + 1))
    outside = a / second.rows[:, None] / second.columns
    found = first.rebalanced([outside], False)
    inside = found.rows[:, None] * outside * found.columns
    assert 1 / 16 < np.abs(inside[:, :n]).max(axis=0).min() <= np.abs(inside).max() < 16


@pytest.mark.parametrize("side", [1.0, -1.0])
def test_derivatives_at_the_end_of_a_domain_are_of_fourth_order(side):
    def f(h):
        return np.array([np.exp(h) if side * h >= 0 else np.nan, 3.0])

    np.testing.assert_allclose(differences.along(f), [1.0, 0.0], atol=1e-11)


def test_a_length_grows_no_further_than_a_vanishing_slope_stays_zero() -> None:
    """As at a Hopf point at zero, where the growth of y by its fifth power has no slope by y."""
    unit = 1e-3

    def residual(h):
        return np.array([unit * (h / unit) ** 5, 2 * h])

    length = differences.length(residual, 0.1 * unit, 1.0, noise=1e-16)
    slope = differences.along(residual, length)
    assert length > 0.1 * unit
    assert abs(slope[0]) < 1e-8
    assert abs(slope[1] - 2) < 1e-12
