"""Bratu's problem in one dimension, u'' + λ exp u = 0, by finite differences."""

import numpy as np
import pytest
from scipy import sparse
from scipy.optimize import brentq

from continuation import Problem, StepOptions, trace_branch, trace_fold_curve

EXACT_FOLD = 3.513830719125


def bratu(n: int) -> Problem:
    h = 1 / (n + 1)
    laplacian = (
        sparse.diags_array(
            [np.ones(n - 1), -2 * np.ones(n), np.ones(n - 1)], offsets=[-1, 0, 1], format="csc"
        )
        / h**2
    )

    return Problem(
        lambda u, p: laplacian @ u + p * np.exp(u),
        lambda u, p: sparse.csc_matrix(laplacian + sparse.diags_array(p * np.exp(u))),
        lambda u, p: np.exp(u),
        symmetric=True,
    )


def closed_form(x: np.ndarray, theta: float) -> np.ndarray:
    """u = -2 log(cosh((x - ½) θ/2) / cosh(θ/4)) with θ = √(2λ) cosh(θ/4)."""
    return -2 * np.log(np.cosh((x - 0.5) * theta / 2) / np.cosh(theta / 4))


@pytest.fixture(scope="module")
def branch():
    return trace_branch(
        bratu(1000), np.zeros(1000), 0.0, (-0.1, 4.0), step=StepOptions(initial=0.1, maximum=0.5),
        targets=[1.0], stop=lambda s: s.p < 0.9 and s.inertia[2] == 1,
    )  # fmt: skip


@pytest.mark.slow
def test_fold(branch) -> None:
    folds = [q for q in branch.special if q.kind == "fold"]
    assert len(folds) == 1
    # the discretisation is of second order: extrapolated from n = 1000 and n = 499
    coarse = trace_branch(
        bratu(499), np.zeros(499), 0.0, (-0.1, 4.0), step=StepOptions(initial=0.1, maximum=0.5),
        stop=lambda s: bool(s.special),
    )  # fmt: skip
    h, k = 1 / 1001, 1 / 500
    a, b = folds[0].p, coarse.special[0].p
    assert (a * k**2 - b * h**2) / (k**2 - h**2) == pytest.approx(EXACT_FOLD, abs=1e-10)


@pytest.mark.slow
def test_both_solutions_at_one(branch) -> None:
    at_one = [q for q in branch.special if q.kind == "target"]
    assert [q.p for q in at_one] == [1.0, 1.0]
    x = np.arange(1, 1001) / 1001
    for point, bounds in zip(at_one, ((0.1, 4.0), (4.0, 20.0)), strict=True):
        theta = brentq(lambda t: t - np.sqrt(2.0) * np.cosh(t / 4), *bounds)
        assert np.abs(point.x - closed_form(x, theta)).max() < 2e-5


@pytest.mark.slow
def test_inertia_from_pivots(branch) -> None:
    assert tuple(branch.inertia[0]) == (1000, 0, 0)
    assert tuple(branch.inertia[-1]) == (999, 0, 1)


def brusselator(n: int, as_sparse: bool) -> tuple[Problem, np.ndarray]:
    """Brusselator on a line of n cells; the parameter is its length."""
    alpha, beta, d1, d2 = 2.0, 5.45, 0.008, 0.004
    laplacian = n**2 * sparse.diags_array(
        [np.ones(n - 1), -2 * np.ones(n), np.ones(n - 1)], offsets=[-1, 0, 1], format="csr"
    )
    ends = np.zeros(n)
    ends[[0, -1]] = n**2

    def residual(x: np.ndarray, p: float) -> np.ndarray:
        u, v = x[:n], x[n:]
        first = d1 / p**2 * (laplacian @ u + alpha * ends) + alpha - (beta + 1) * u + u * u * v
        second = d2 / p**2 * (laplacian @ v + beta / alpha * ends) + beta * u - u * u * v
        return np.concatenate([first, second])

    def jacobian(x: np.ndarray, p: float):
        u, v, d = x[:n], x[n:], sparse.diags_array
        blocks = [
            [d1 / p**2 * laplacian + d(2 * u * v - beta - 1), d(u * u)],
            [d(beta - 2 * u * v), d2 / p**2 * laplacian - d(u * u)],
        ]
        matrix = sparse.block_array(blocks).tocsc()
        return matrix if as_sparse else matrix.toarray()

    start = np.append(alpha * np.ones(n), beta / alpha * np.ones(n))
    return Problem(residual, jacobian), start


@pytest.mark.slow
def test_hopf_points_of_the_brusselator() -> None:
    n = 20
    modes = 4 * np.sin(np.arange(1, 3) * np.pi / 2 / (n + 1)) ** 2 * n**2
    expected = np.sqrt(modes * 0.012 / (5.45 - 1 - 4.0))
    for as_sparse in (True, False):
        problem, start = brusselator(n, as_sparse)
        branch = trace_branch(problem, start, 0.3, (0.3, 1.2))
        found = [q for q in branch.special if q.kind != "limit"]
        assert [q.kind for q in found] == ["hopf", "hopf"]
        assert [q.p for q in found] == pytest.approx(expected, abs=1e-9)
        assert all(q.located for q in found)


@pytest.mark.parametrize("n", [1, 2, 3])
def test_a_few_unknowns(n: int) -> None:
    problem = Problem(lambda x, p: x**2 - p, lambda x, p: sparse.diags_array(2 * x).tocsc())
    branch = trace_branch(problem, -np.ones(n), 1.0, (0.1, 1), -1)
    np.testing.assert_allclose(branch.x, -np.sqrt(branch.p)[:, None] * np.ones(n))


@pytest.mark.parametrize("negative", [0, 40])
def test_a_pitchfork_where_few_eigenvalues_are_known(negative: int) -> None:
    """p u - u³ among 400 unknowns; pivots count the negative eigenvalues, but for its own."""
    n = 400
    rates = np.append(np.linspace(-2, -1, negative), np.linspace(1, 3, n - 1 - negative))

    def residual(x: np.ndarray, p: float) -> np.ndarray:
        return np.append(p * x[0] - x[0] ** 3, rates * x[1:])

    problem = Problem(
        residual,
        lambda x, p: sparse.diags_array(np.append(p - 3 * x[0] ** 2, rates)).tocsc(),
        lambda x, p: np.append(x[0], np.zeros(n - 1)),
        symmetric=True,
    )
    branch = trace_branch(problem, np.zeros(n), -0.5, (-1, 0.7))
    assert [q.kind for q in branch.special] == ["pitchfork", "limit"]
    assert branch.special[0].located
    assert branch.special[0].p == pytest.approx(0.0, abs=1e-9)
    assert branch.length[1:-1].min() > 5e-3  # no step is taken again for want of the point
    assert branch.inertia[[0, -1], 0].tolist() == [negative + 1, negative]


@pytest.mark.parametrize("n", [pytest.param(1, marks=pytest.mark.slow), 3])
def test_a_fold_curve_of_a_sparse_problem(n: int) -> None:
    """x² - q x = p turns at p = -q² / 4; the other unknowns follow."""

    def family(q: float) -> Problem:
        def residual(x: np.ndarray, p: float) -> np.ndarray:
            return np.append(p - x[0] ** 2 + q * x[0], x[1:] - x[:-1])

        def jacobian(x: np.ndarray, p: float):
            first = np.zeros((1, n))
            first[0, 0] = q - 2 * x[0]
            return sparse.csc_matrix(np.vstack([first, np.eye(n)[1:] - np.eye(n)[:-1]]))

        return Problem(residual, jacobian)

    branch = trace_branch(family(0.0), np.ones(n), 1.0, (-1, 1.5), -1)
    fold = next(q for q in branch.special if q.kind == "fold")
    curve = trace_fold_curve(family, fold, 0.0, (-1, 1))
    assert curve.branch.stop_reason == "limit"
    np.testing.assert_allclose(curve.p, -(curve.q**2) / 4, atol=1e-10)
