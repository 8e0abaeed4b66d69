"""Units of the unknowns and of the residual change no label and move no located parameter."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from continuation import Branch, InvalidInputError, Problem, StepOptions, newton, trace_branch
from tests.continuation.problems import ORACLES, Oracle

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


@pytest.mark.parametrize("name", ORACLES)
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
