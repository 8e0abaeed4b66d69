"""Every special point of every closed form: found once, named rightly, in its place."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from continuation import Branch, Problem, StepOptions, trace_branch
from tests.continuation.problems import ALL_ORACLES, ORACLES, Oracle

LIMIT = "limit"


def traced(oracle: Oracle, ds: float) -> Branch:
    step = StepOptions(initial=ds, maximum=ds, max_samples=50_000)
    return trace_branch(oracle.problem, oracle.x0, oracle.p0, oracle.limits, oracle.direction, step)


def check(oracle: Oracle, branch: Branch) -> None:
    found = [point for point in branch.special if point.kind != LIMIT]
    assert [point.kind for point in found] == [kind for kind, _ in oracle.special]
    assert [point.p for point in found] == pytest.approx([p for _, p in oracle.special], abs=1e-10)
    assert all(point.located for point in found)
    off = [oracle.distance(x, p) for x, p in zip(branch.x, branch.p, strict=True)]
    assert max(off) < 1e-9


@pytest.mark.parametrize("name", ALL_ORACLES)
@settings(max_examples=4, deadline=None, derandomize=True)
@given(exponent=st.floats(np.log10(1e-2), np.log10(0.3)))
@example(exponent=float(np.log10(0.3)))
def test_special_points_do_not_depend_on_the_step(name: str, exponent: float) -> None:
    check(ORACLES[name], traced(ORACLES[name], 10**exponent))


def places(branch: Branch) -> np.ndarray:
    """Arclength at the special points."""
    at = np.cumsum(branch.length)
    z = np.column_stack([branch.x, branch.p])
    return np.array([at[q.index] + np.linalg.norm(q.point - z[q.index]) for q in branch.special])


@pytest.mark.slow
def test_shortest_steps() -> None:
    """Every special point again, from 0.05 before it to 0.05 behind it in steps of 1e-3."""
    for name, oracle in ORACLES.items():
        coarse = traced(oracle, 0.03)
        at, where = np.cumsum(coarse.length), places(coarse)
        singular = [k for k, q in enumerate(coarse.special) if q.kind != LIMIT]
        for k in singular:
            i = max(int(np.searchsorted(at, where[k] - 0.05)) - 1, 0)
            count = int((where[k] + 0.05 - at[i]) / 1e-3)
            step = StepOptions(initial=1e-3, maximum=1e-3, max_samples=count)
            fine = trace_branch(
                oracle.problem, coarse.x[i], coarse.p[i], (-10, 10), coarse.tangent[i], step
            )
            end = at[i] + fine.length.sum()
            expected = [coarse.special[j] for j in singular if at[i] < where[j] < end]
            assert [q.kind for q in fine.special] == [q.kind for q in expected], name
            assert [q.p for q in fine.special] == pytest.approx(
                [q.p for q in expected], abs=1e-10
            ), name


@pytest.mark.parametrize("name", ORACLES)
def test_special_points_lie_in_their_bracket_and_on_the_branch(name: str) -> None:
    oracle = ORACLES[name]
    branch = traced(oracle, 0.07)
    for point in branch.special:
        assert np.abs(oracle.problem.residual(point.x, point.p)).max() < 1e-12
        low, high = sorted(point.bracket[:, -1])
        if point.kind in ("pitchfork", "transcritical", "touch", "limit", "hopf"):
            assert low - 1e-9 <= point.p <= high + 1e-9 or name.endswith("curved branch")
        assert 0 <= point.index < len(branch)


@pytest.mark.parametrize("name", ["fold", "pitchfork", "transcritical", "hysteresis", "D4"])
@pytest.mark.parametrize("scale", [1e-3, 1e3])
def test_labels_do_not_depend_on_the_scale_of_the_residual(name: str, scale: float) -> None:
    oracle = ORACLES[name]
    p = oracle.problem
    scaled = Problem(
        lambda x, q: scale * p.residual(x, q),
        lambda x, q: scale * p.jacobian(x, q),
        lambda x, q: scale * p.dresidual_dp(x, q),
        symmetric=True,
    )
    branch = trace_branch(scaled, oracle.x0, oracle.p0, oracle.limits, oracle.direction)
    kinds = [q.kind for q in branch.special if q.kind != LIMIT]
    assert kinds == [kind for kind, _ in oracle.special]


def test_closed_loop_ends_where_it_began() -> None:
    branch = traced(ORACLES["circle"], 0.1)
    assert branch.stop_reason == "closed loop"
    assert np.array_equal(branch.x[0], branch.x[-1])
    assert branch.length.sum() == pytest.approx(2 * np.pi, rel=1e-2)


@pytest.mark.parametrize("name", ["D3", "D4"])
def test_kernel_of_dimension_two_is_located_by_newton(name: str) -> None:
    point = traced(ORACLES[name], 0.07).special[0]
    assert point.status == "kernel of dimension 2: Newton on the branch point system"
    assert point.kernel.shape == (2, 2)
    assert np.abs(point.point).max() < 1e-12


def test_kernel_beside_a_family_is_located_by_newton() -> None:
    """Circles of solutions of radius √p, with a pitchfork of a third unknown at p = 2."""
    problem = Problem(
        lambda x, p: np.append((x[:2] @ x[:2] - p) * x[:2], (p - 2) * x[2] - x[2] ** 3),
        symmetric=True,
    )
    branch = trace_branch(problem, [0.6, 0.8, 0.0], 1.0, (0.1, 4.0))
    point = branch.special[0]
    assert "Newton" in point.status
    assert point.p == pytest.approx(2.0, abs=1e-12)
