"""Units of the unknowns and of the residual change no label and move no located parameter."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from continuation import Branch, InvalidInputError, Problem, StepOptions, newton, trace_branch
from continuation.scaling import Units
from tests.continuation.problems import ALL_ORACLES, ORACLES, Oracle

Array = np.ndarray


def in_other_units(problem: Problem, unit: Array, factor: float, gradient: bool) -> Problem:
    """Unknowns u with x = unit u; residual factor F / unit, or factor F unit as a gradient has it.

    The first keeps the eigenvalues but for the factor, the second the symmetry.
    """
    rows = factor * unit if gradient else factor / unit
    z_unit = np.append(unit, 1.0)
    return Problem(
        lambda u, p: rows * problem.residual(unit * u, p),
        lambda u, p: rows[:, None] * problem.jacobian(unit * u, p) * unit,
        lambda u, p: rows * problem.dresidual_dp(unit * u, p),
        symmetric=problem.symmetric and gradient,
        second_derivative=lambda z, u, v: rows * problem.second(z_unit * z, z_unit * u, z_unit * v),
        third_derivative=lambda z, u, v, w: (
            rows * problem.third(z_unit * z, z_unit * u, z_unit * v, z_unit * w)
        ),
    )


def traced(oracle: Oracle, unit: Array, problem: Problem) -> Branch:
    step = StepOptions(initial=0.02, maximum=0.1, state_scale=tuple(1 / unit))
    start = np.array(oracle.x0) / unit
    return trace_branch(problem, start, oracle.p0, oracle.limits, oracle.direction, step)


def check(oracle: Oracle, branch: Branch) -> None:
    found = [q for q in branch.special if q.kind != "limit"]
    assert [q.kind for q in found] == [kind for kind, _ in oracle.special]
    assert [q.p for q in found] == pytest.approx([p for _, p in oracle.special], abs=1e-10)
    assert all(q.located for q in found)


@pytest.mark.parametrize("name", ALL_ORACLES)
@settings(max_examples=6, deadline=None, derandomize=True)
@given(
    exponents=st.tuples(st.floats(-3, 3), st.floats(-3, 3)), factor=st.sampled_from([1e-3, 1, 1e3])
)
def test_units_change_no_label(name: str, exponents: tuple[float, float], factor: float) -> None:
    oracle = ORACLES[name]
    unit = 10.0 ** np.array(exponents[: len(oracle.x0)])
    # as a gradient has it, the smaller eigenvalues would drown in the rounding of the larger ones
    gradient = oracle.problem.symmetric and unit.size == 1
    check(oracle, traced(oracle, unit, in_other_units(oracle.problem, unit, factor, gradient)))


@pytest.mark.parametrize("name", ["two crossings", "opposite crossings", "D3", "D4"])
@pytest.mark.parametrize("exponents", list(itertools.product((-1.5, 1.5), repeat=2)))
def test_units_of_gradients(name: str, exponents: tuple[float, float]) -> None:
    """Entries of the Hessian up to six orders of magnitude apart."""
    oracle, unit = ORACLES[name], 10.0 ** np.array(exponents)
    check(oracle, traced(oracle, unit, in_other_units(oracle.problem, unit, 1.0, True)))


@pytest.mark.parametrize("exponents", [(-3, 3), (3, -3)])
def test_badly_scaled_start_is_not_singular(exponents: tuple[float, float]) -> None:
    oracle, unit = ORACLES["two crossings"], 10.0 ** np.array(exponents)
    problem = in_other_units(oracle.problem, unit, 1.0, True)
    assert len(trace_branch(problem, [0.0, 0.0], -1.0, (-1, -0.5))) > 2


def test_one_scale_or_one_per_unknown() -> None:
    oracle = ORACLES["D3"]
    step = StepOptions(state_scale=(1.0, 2.0, 3.0))
    with pytest.raises(InvalidInputError, match=r"one per unknown, shape \(2,\)"):
        trace_branch(oracle.problem, oracle.x0, oracle.p0, step=step)
    with pytest.raises(InvalidInputError, match="state_scale must be a positive number"):
        StepOptions(state_scale=(1.0, -2.0))


def test_newton_on_unknowns_of_any_size() -> None:
    oracle, unit = ORACLES["Brusselator"], np.array([1e3, 1e-3])
    problem = in_other_units(oracle.problem, unit, 1.0, False)
    assert newton(problem, np.array([1.1, 1.4]) / unit, 1.5).x * unit == pytest.approx([1.0, 1.5])


@pytest.mark.parametrize("seed", range(20))
def test_units_balance_a_matrix_in_any_units(seed: int) -> None:
    """Rows and columns in units from 1e-6 to 1e6, some by chance much smaller than their unit."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 9))
    matrix = rng.standard_normal((n, n + 1))
    rows, columns = 10.0 ** rng.uniform(-6, 6, n), 10.0 ** rng.uniform(-6, 6, n + 1)
    columns[-1] = 1.0
    scaled = rows[:, None] * matrix / columns
    z = columns * rng.uniform(0.3, 1.0, n + 1)
    z[rng.integers(n)] *= 1e-3
    for units in (
        Units.balancing([scaled], 1.0, False),
        Units.by_size(z).rebalanced([scaled], False),
    ):
        found = np.linalg.svd(units.rows[:, None] * scaled * units.columns)[1]
        assert found[-1] > 0.005 * np.linalg.svd(matrix)[1][-1]
        assert found[0] < n + 1


def test_a_column_of_rounding_keeps_its_unit() -> None:
    matrix = np.array([[2.0, 3e-17, 1.0], [1e6, 2e-11, 1e6]])
    assert Units.balancing([matrix], 1.0, False).columns[1] == 1.0
