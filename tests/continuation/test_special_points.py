"""Every special point of every closed form: found once, named rightly, in its place."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.linalg import block_diag

from continuation import Branch, Problem, StepOptions, trace_branch
from continuation.identify import _pairs
from continuation.locate import Local
from tests.continuation.general_position import LIMITS, embedded
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


@pytest.mark.parametrize("seed", range(3))
def test_a_target_is_met_before_and_behind_a_fold_within_one_step(seed: int) -> None:
    case = embedded("fold", seed)
    at, y = case.core.points[0].z[-1], 1e-3
    target = at + (1 - at) * (y / case.core.start[0]) ** 2
    branch = trace_branch(case.problem, case.start, 1.0, LIMITS, -1, targets=[target])
    met = [case.to_core(q.point)[0] for q in branch.special if q.kind == "target"]
    assert met == pytest.approx([-y, y], abs=1e-11)


@pytest.mark.parametrize("seed", range(3))
def test_the_pair_on_the_axis_is_named_beside_another(seed: int) -> None:
    random = np.random.default_rng(seed)
    at, omega, other = random.uniform([-0.4, 0.5, 0.5], [0.4, 2.0, 2.0])
    turn = 2 * np.eye(4) + random.standard_normal((4, 4))
    back = np.linalg.inv(turn)

    def linear(p: float) -> np.ndarray:
        pairs = ((p - at, omega), (-1.5, other))
        return block_diag(*([[g, -w], [w, g]] for g, w in pairs))

    def residual(x: np.ndarray, p: float) -> np.ndarray:
        y = back @ x
        return turn @ (linear(p) @ y - (y @ y) * y)

    def jacobian(x: np.ndarray, p: float) -> np.ndarray:
        y = back @ x
        return turn @ (linear(p) - (y @ y) * np.eye(4) - 2 * np.outer(y, y)) @ back

    problem = Problem(residual, jacobian, lambda x, p: turn[:, :2] @ back[:2] @ x)
    branch = trace_branch(problem, np.zeros(4), -1.0, (-1, 1))
    (point,) = (q for q in branch.special if q.kind != LIMIT)
    assert (point.kind, point.p) == ("hopf", pytest.approx(at, abs=1e-10))
    assert point.coefficients["frequency"] == pytest.approx(omega, abs=1e-9)


def test_a_jump_of_a_function_is_no_zero_of_it() -> None:
    """Its sign changes without a zero: the residual of the point says so."""
    oracle = ORACLES["fold"]
    branch = trace_branch(
        oracle.problem, oracle.x0, oracle.p0, oracle.limits, oracle.direction,
        functions={"jump": lambda x, p: 3.0 if x[0] > 0.1 else -2.0},
    )  # fmt: skip
    (point,) = (q for q in branch.special if q.kind == "user")
    assert point.residual in (2.0, 3.0)


@pytest.mark.parametrize("seed", range(4))
def test_the_pair_relatively_nearest_to_the_axis_comes_first(seed: int) -> None:
    """Whatever the order of the eigenvalues; none of reals, nor of pairs that are zero."""
    random = np.random.default_rng(seed)
    angles, sizes = random.uniform(0.1, 1.4, 3), 10.0 ** random.uniform(-3, 3, 3)
    tilted = sizes * np.exp(1j * (np.pi / 2 + random.choice([-1, 1], 3) * angles))
    slow = 1e-9 * np.exp(1j * np.pi / 2 * np.array([1, -1]))
    values = random.permutation([*tilted, *tilted.conj(), *random.standard_normal(2), *slow])
    z = np.zeros(values.size + 1)
    local = Local(0.0, z, z, values, np.sort(values.real), -1, True, 1e-9)
    expected = tilted[np.argsort(angles)]
    np.testing.assert_array_equal(_pairs(local, 2), expected)
    np.testing.assert_array_equal(_pairs(local, 0), [slow[0], *expected])


@pytest.mark.parametrize(("power", "kind"), [(3, "cusp"), (4, "fold"), (5, "cusp"), (6, "fold")])
def test_flat_folds_and_cusps(power: int, kind: str) -> None:
    """p = x to a power: it turns where that is even, however flat."""
    problem = Problem(lambda x, p: x**power - p)
    even = power % 2 == 0
    branch = trace_branch(problem, [-1.0], 1.0 if even else -1.0, (-1, 1), -1 if even else 1)
    assert [q.kind for q in branch.special] == [kind, "limit"]
    assert abs(branch.special[0].p) < 1e-15


@pytest.mark.parametrize("seed", [1, 2])
def test_a_flat_fold_is_one_in_units_of_1e_6_to_1e6(seed: int) -> None:
    """Its place is known to a fourth of the digits: two tests locate it at two places."""
    r = np.random.default_rng(seed)
    top, n = r.uniform(-0.3, 0.3), 4
    a, left = (10.0 ** r.uniform(-6, 6, n)[:, None] * _rotation(r, n) for _ in range(2))
    back, bend = np.linalg.inv(a), r.uniform(-0.7, 0.7, n - 1)

    def residual(x, p):
        y = back @ x
        return left @ np.append(top - p - y[0] ** 4, y[1:] - bend * y[0] ** 2)

    y = (1 + top) ** 0.25
    branch = trace_branch(Problem(residual), a @ np.append(y, bend * y**2), -1.0, (-1, 1))
    (fold,) = [q for q in branch.special if q.kind == "fold"]
    assert fold.p == pytest.approx(top, abs=1e-12)


def _rotation(random, n):
    return np.linalg.qr(random.standard_normal((n, n)))[0]


@pytest.mark.parametrize("at", [7.0, 29.0, 56.0])
def test_rounding_of_a_slope_that_vanishes_makes_no_fold(at: float) -> None:
    """On a branch x = const dF/dp is zero; by differences, or beside a point, it is rounding."""
    turned = np.array([[1.0, 0.3], [-0.6, 0.8]])

    def residual(x, p):
        y = np.linalg.solve(turned, x - at)
        return turned @ np.array([y[0] * (p - y[0]), y[1] * (y[0] - 0.3 - y[1])])

    branch = trace_branch(Problem(residual), [at, at], -1.0, (-1, 1))
    assert [(q.kind, q.located) for q in branch.special[:-1]] == [("transcritical", True)]
    assert abs(branch.special[0].p) < 1e-12
