"""Defining systems in general position: their derivatives agree with differences."""

import numpy as np
import pytest

from continuation import Problem, differences, newton
from continuation.augmented import (
    branch_point_system,
    fold_system,
    hopf_system,
    rank_defect,
    rank_slopes,
    singularity,
)
from continuation.defining_systems import BranchPoint, CriticalPair, RealEigenvector
from continuation.linalg import kernel
from tests.continuation.test_derivatives import Cubic

SEEDS = range(4)


def agree(function, derivative, y):
    found = differences.jacobian(function, y, np.ones(y.size))
    scale = np.abs(found).max()
    np.testing.assert_allclose(derivative, found, atol=1e-8 * scale)


@pytest.fixture(params=SEEDS)
def case(request):
    seed = request.param
    n = 2 + seed
    random = np.random.default_rng([seed, 7])
    mass = 3 * np.eye(n) + random.standard_normal((n, n)) if seed % 2 else None
    return Cubic(seed, n).problem(exact=True, mass=mass), n, random


@pytest.mark.parametrize("shift", [0.0, 2.0])
def test_folds_and_flips(case, shift):
    problem, n, random = case
    b, c = random.standard_normal((2, n))
    z = random.standard_normal(n + 1)
    agree(
        lambda y: np.array([singularity(problem, y, b, c, shift)[0]]),
        singularity(problem, z, b, c, shift)[1][None],
        z,
    )
    system = fold_system(problem, b, c, shift)
    agree(lambda y: system.residual(y, 0.0), system.jacobian(z, 0.0), z)


@pytest.mark.parametrize("k", [1, 2])
def test_branch_points(case, k):
    problem, n, random = case
    b, c = random.standard_normal((n, k)), random.standard_normal((n + 1, k + 1))
    z = random.standard_normal(n + 1)
    agree(
        lambda y: rank_defect(problem, y, b, c).ravel(),
        rank_slopes(problem, z, b, c).reshape(-1, n + 1),
        z,
    )
    start = np.append(z, random.standard_normal(k))
    system = branch_point_system(problem, b, c, start)
    agree(lambda y: system.residual(y, 0.0), system.jacobian(start, 0.0), start)


@pytest.mark.parametrize("shift", [0.0, -1.0])
def test_pairs(case, shift):
    problem, n, random = case
    b, c = random.standard_normal((2, n)) + 1j * random.standard_normal((2, n))
    y = np.append(random.standard_normal(n + 1), 0.7)
    system = hopf_system(problem, b, c, shift)
    agree(lambda v: system.residual(v, 0.0), system.jacobian(y, 0.0), y)


@pytest.mark.parametrize("kind", ["fold", "flip", "hopf", "neimark-sacker", "branch point"])
def test_systems_of_curves(case, kind):
    problem, n, random = case
    system, unknowns = {
        "fold": (RealEigenvector(n, 0.0), 2 * n + 1),
        "flip": (RealEigenvector(n, -2.0), 2 * n + 1),
        "hopf": (CriticalPair(random.standard_normal(n), False, 1.7), 3 * n + 2),
        "neimark-sacker": (CriticalPair(random.standard_normal(n), True, 1.0), 3 * n + 2),
        "branch point": (BranchPoint(n), 2 * n + 2),
    }[kind]
    y = random.standard_normal(unknowns)
    agree(lambda v: system.residual(problem, v), system.jacobian(problem, y), y)


def test_a_pair_has_its_eigenvector_and_its_frequency():
    """v and w = M⁻¹J v / rate span its plane; of a map the multiplier is exp iω."""
    random = np.random.default_rng(0)
    turn, omega, rate = random.standard_normal((3, 3)), 0.8, 1.7
    block = np.array([[0.0, -omega, 0], [omega, 0.0, 0], [0, 0, -1.0]])
    j = turn @ block @ np.linalg.inv(turn)
    v = turn[:, 0]
    y = np.concatenate([np.zeros(3), v, j @ v / rate, [(omega / rate) ** 2, 0.0]])
    pair = CriticalPair(turn[:, 1], False, rate)
    assert pair.frequency(y) == pytest.approx(omega)
    assert pair.square(y) == pytest.approx(omega**2)
    q = pair.vector(y)
    np.testing.assert_allclose(j @ q, pair.eigenvalue(y) * q, atol=1e-12)
    of_map = CriticalPair(turn[:, 1], True, 1.0)
    kappa = np.concatenate([np.zeros(9), [2 - 2 * np.cos(omega), 0.0]])
    assert of_map.frequency(kappa) == pytest.approx(omega)
    assert of_map.eigenvalue(kappa) == pytest.approx(np.exp(1j * omega) - 1)
    assert [of_map.is_over(np.array([k, 0.0])) for k in (-0.1, 1.0, 3.9, 4.1)] == [
        True,
        False,
        False,
        True,
    ]


@pytest.mark.parametrize("seed", SEEDS)
def test_a_kernel_of_dimension_two_is_met_from_beside(seed):
    """Three lines of solutions cross the trivial one at (x, p) = place."""
    random = np.random.default_rng([seed, 2])
    place, k = random.standard_normal(4), random.uniform(0.5, 2.0)
    turn, left = 2 * np.eye(3) + random.standard_normal((2, 3, 3))
    back = np.linalg.inv(turn)

    def residual(x, p):
        (u, v, w), m = back @ (x - place[:3]), p - place[3]
        return left @ [m * u + k * (u * u - v * v), m * v - 2 * k * u * v, w - 0.3 * m]

    def jacobian(x, p):
        (u, v, _), m = back @ (x - place[:3]), p - place[3]
        a, b = 2 * k * u, 2 * k * v
        return left @ [[m + a, -b, 0], [-b, m - a, 0], [0, 0, 1]] @ back

    problem = Problem(
        residual, jacobian, lambda x, p: left @ np.append((back @ (x - place[:3]))[:2], -0.3)
    )
    c, b = kernel(problem.full_jacobian(place))
    start = np.append(place + 1e-3 * random.standard_normal(4), [0.0, 0.0])
    found = newton(branch_point_system(problem, b, c, start), start, 0.0)
    assert found.converged
    np.testing.assert_allclose(found.x, [*place, 0, 0], atol=1e-9)
