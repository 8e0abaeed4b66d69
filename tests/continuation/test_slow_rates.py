"""Slow rates beside fast ones: neither zero, nor conserved, nor a start without a tangent."""

import numpy as np
import pytest
from scipy import sparse

from continuation import Problem, trace_branch
from continuation.conservation import conserved_quantities

Array = np.ndarray


@pytest.mark.parametrize("rate", [1e5, 1e6, 1e8])
def test_hopf_point_beside_a_fast_exchange(rate: float) -> None:
    """Brusselator whose first substance has two forms that exchange quickly: b = 2, l = -0.6."""

    def residual(x: Array, b: float) -> Array:
        u, v, exchange = x[0] + x[1], x[2], rate * (x[0] - x[1])
        return np.array([1 - (b + 1) * u + u**2 * v - exchange, exchange, b * u - u**2 * v])

    branch = trace_branch(Problem(residual), [0.5, 0.5, 1.0], 1.0, (1, 3))
    point, end = branch.special
    assert (point.kind, point.located, end.kind) == ("hopf", True, "limit")
    assert point.p == pytest.approx(2.0, abs=1e-15 * rate + 1e-9)
    assert point.coefficients["frequency"] == pytest.approx(1.0, rel=1e-7)
    assert point.coefficients["lyapunov"] == pytest.approx(-0.6, rel=1e-4)
    assert not branch.conserved


@pytest.mark.parametrize("rate", [1e6, 1e9])
def test_fold_beside_a_fast_exchange(rate: float) -> None:
    """The total of both forms leaves slowly: it is not conserved"""

    def residual(x: Array, p: float) -> Array:
        exchange, total = rate * (x[0] - x[1]), x.sum()
        return np.array([p - exchange - total + 0.3 * total**2 - 0.02 * total**3, exchange])

    branch = trace_branch(Problem(residual), [0.0, 0.0], 0.0, (0, 3))
    total = min(np.roots([-0.06, 0.6, -1.0]).real)
    (fold,) = [q for q in branch.special if q.kind != "limit"]
    assert (fold.kind, fold.located) == ("fold", True)
    assert fold.p == pytest.approx(total - 0.3 * total**2 + 0.02 * total**3, abs=1e-8)
    assert len(branch) < 100
    assert not branch.conserved


def test_smooth_modes_of_a_fine_grid_are_not_conserved() -> None:
    """Diffusion between walls at zero: its slowest rate is 1e-9 of the fastest."""
    n = 30_000
    ones = np.ones(n) * (n + 1.0) ** 2
    diffusion = sparse.diags_array([ones[1:], -2 * ones, ones[1:]], offsets=[-1, 0, 1]).tocsc()
    problem = Problem(
        lambda x, p: diffusion @ x + p * np.exp(x),
        lambda x, p: (diffusion + sparse.diags_array(p * np.exp(x))).tocsc(),
    )
    assert not len(conserved_quantities(problem, np.zeros(n), 0.0))


@pytest.mark.parametrize("direction", [1, -1])
def test_the_sign_of_a_direction_is_that_of_the_parameter_in_any_unit(direction: int) -> None:
    unit = 1e-10
    problem = Problem(
        lambda x, p: -x - 3 * p / unit, lambda x, p: sparse.csc_matrix(-np.eye(len(x)))
    )
    branch = trace_branch(problem, [0.0, 0.0], 0.0, (-unit, unit), direction=direction)
    assert branch.p[-1] == direction * unit
