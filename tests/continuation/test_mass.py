"""M x' = F: stability from the pencil, the same whatever an algebraic equation is multiplied by."""

import numpy as np
import pytest

from continuation import (
    InvalidInputError,
    Problem,
    StepOptions,
    trace_branch,
    trace_hopf_curve,
)

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


def test_misuse_of_a_mass() -> None:
    with pytest.raises(InvalidInputError, match="is for 3 unknowns, the state has 2"):
        trace_branch(with_constraint(1.0), [0.0, 0.0], 0.0)
    with pytest.raises(InvalidInputError, match="leave out symmetric"):
        Problem(lambda x, p: x, symmetric=True, mass=[1.0])
