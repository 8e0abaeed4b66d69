"""M x' = F: stability from the pencil, the same whatever an algebraic equation is multiplied by."""

from typing import Any

import numpy as np
import pytest
from scipy import sparse

from continuation import (
    InvalidInputError,
    Problem,
    StepOptions,
    trace_branch,
    trace_hopf_curve,
)
from continuation.arrays import Array
from continuation.pencil import rank_of

STEP = StepOptions(initial=0.02, maximum=0.05)
FACTORS = [1.0, -1.0, 10.0, 1e-3]


def with_constraint(factor: float) -> Problem:
    """u' = p u - v + ..., v' = ... through an algebraic copy w of u² + v²."""

    def residual(x, p):
        u, v, w = x
        return np.array([p * u - v - u * w, u + p * v - v * w, factor * (w - u * u - v * v)])

    return Problem(residual, states=["u", "v", "w"], mass=[1.0, 1.0, 0.0])


def mixed(problem: Problem, seed: int) -> Problem:
    """The same in random coordinates x = A y, and with equations combined by B."""
    a, b = np.random.default_rng(seed).standard_normal((2, 3, 3)) + 2 * np.eye(3)
    return Problem(lambda y, p: b @ problem.residual(a @ y, p), mass=b @ problem.mass_matrix(3) @ a)


@pytest.mark.parametrize("seed", [None, 0, 1])
@pytest.mark.parametrize("factor", FACTORS)
def test_hopf_points_of_differential_algebraic_equations(factor: float, seed: int | None) -> None:
    problem = with_constraint(factor)
    if seed is not None:
        problem = mixed(problem, seed)
    branch = trace_branch(problem, np.zeros(3), -1.0, (-1, 1), step=STEP)
    assert branch.eigenvalues.shape[1] == 2
    assert np.array_equal(branch.stable, branch.p < 0)
    hopf = [q for q in branch.special if q.kind != "limit"]
    assert [(q.kind, q.located) for q in hopf] == [("hopf", True)]
    assert abs(hopf[0].p) < 1e-10
    assert hopf[0].coefficients["frequency"] == pytest.approx(1.0, abs=1e-9)
    assert hopf[0].coefficients["lyapunov"] < 0


def test_the_lyapunov_coefficient_is_that_without_the_constraint() -> None:
    plain = Problem(
        lambda u, p: np.array([p * u[0] - u[1] - u[0] * (u @ u), u[0] + p * u[1] - u[1] * (u @ u)])
    )
    found = [
        next(q for q in trace_branch(problem, start, -1.0, (-1, 1)).special if q.kind == "hopf")
        for problem, start in ((plain, np.zeros(2)), (with_constraint(10.0), np.zeros(3)))
    ]
    first, second = (q.coefficients["lyapunov"] for q in found)
    assert first == pytest.approx(second, rel=1e-6)


@pytest.mark.parametrize("factor", FACTORS)
def test_folds_and_stability_with_a_constraint(factor: float) -> None:
    problem = Problem(
        lambda x, p: np.array([p - x[1], factor * (x[1] - x[0] ** 2)]), mass=[[1.0, 0], [0, 0]]
    )
    branch = trace_branch(problem, [1.0, 1.0], 1.0, (-1, 1.5), -1, STEP)
    assert [q.kind for q in branch.special] == ["fold", "limit"]
    assert np.array_equal(branch.stable, branch.x[:, 0] > 0)


def test_a_mass_scales_the_rates() -> None:
    problem = Problem(lambda x, p: np.array([p - x[0]]), mass=[[-4.0]])
    branch = trace_branch(problem, [0.0], 0.0, (0, 1))
    assert np.abs(branch.eigenvalues - 0.25).max() < 1e-9
    assert not branch.stable.any()
    assert branch.meaning.flow == "M x' = F(x, p)"


def test_hopf_curve_with_a_constraint() -> None:
    def family(q: float) -> Problem:
        def residual(x, p):
            u, v, w = x
            return np.array([(p - q) * u - 2 * v - u * w, u + p * v - v * w, w - u * u - v * v])

        return Problem(residual, mass=[1.0, 1.0, 0.0])

    hopf = next(
        q for q in trace_branch(family(0.0), np.zeros(3), -1.0, (-1, 1)).special if q.kind == "hopf"
    )
    curve = trace_hopf_curve(family, hopf, 0.0, (0.0, 1.0), +1, STEP)
    assert np.abs(curve.p - curve.q / 2).max() < 1e-9
    assert np.abs(curve.frequency**2 - (2 - curve.q**2 / 4)).max() < 1e-8


def cells(m: int, factor: float, mass: Any) -> Problem:
    """Uncoupled cells like `with_constraint`, the k-th with a Hopf point at p = k; sparse."""
    shift = np.arange(m, dtype=float)

    def residual(x: Array, p: float) -> Array:
        u, v, w = x.reshape(m, 3).T
        r = p - shift
        constraint = factor * (w - u * u - v * v)
        return np.column_stack([r * u - v - u * w, u + r * v - v * w, constraint]).ravel()

    def jacobian(x: Array, p: float) -> Any:
        u, v, w = x.reshape(m, 3).T
        r, one = p - shift, np.ones(m)
        rows = [[r - w, -one, -u], [one, r - w, -v],
                [-2 * factor * u, -2 * factor * v, factor * one]]  # fmt: skip
        blocks = np.array(rows).transpose(2, 0, 1)
        return sparse.csc_matrix(sparse.block_diag(list(blocks)))

    return Problem(residual, jacobian, lambda x, p: residual(x, 1.0) - residual(x, 0.0), mass=mass)


@pytest.mark.parametrize(("m", "store"), [(3, np.diag), (90, sparse.diags_array), (90, np.array)])
def test_a_mass_beside_a_sparse_jacobian(m: int, store: Any) -> None:
    """All eigenvalues up to 256 unknowns, those nearest to zero of more."""
    problem = cells(m, -10.0, store(np.tile([2.0, 2.0, 0.0], m)))
    step = StepOptions(initial=0.1)
    branch = trace_branch(problem, np.zeros(3 * m), -0.5, (-0.5, 0.35), step=step)
    assert np.array_equal(branch.stable, branch.p < 0)
    found = [q for q in branch.special if q.kind != "limit"]
    assert [(q.kind, q.located) for q in found] == [("hopf", True)]
    assert abs(found[0].p) < 1e-10
    assert found[0].coefficients["frequency"] == pytest.approx(0.5, abs=1e-9)
    values = branch.eigenvalues[0]
    nearest = values[np.abs(values).argmin()]
    assert (nearest.real, abs(nearest.imag)) == pytest.approx((-0.25, 0.5))


def test_the_rank_of_a_sparse_mass() -> None:
    """By its rows and columns where these are regular, else by singular values."""
    full = sparse.csc_matrix(np.array([[1.0, 2, 0], [3, 4, 0], [0, 0, 0]]))
    deficient = sparse.csc_matrix(np.array([[1.0, 2, 0], [2, 4, 0], [0, 0, 0]]))
    assert (rank_of(full), rank_of(deficient)) == (2, 1)


def test_misuse_of_a_mass() -> None:
    with pytest.raises(InvalidInputError, match="is for 3 unknowns, the state has 2"):
        trace_branch(with_constraint(1.0), [0.0, 0.0], 0.0)
    with pytest.raises(InvalidInputError, match="leave out symmetric"):
        Problem(lambda x, p: x, symmetric=True, mass=[1.0])
