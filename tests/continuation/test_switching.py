"""All branches that leave a branch point, for kernels of dimension one and two."""

from itertools import permutations

import numpy as np
import pytest

from continuation import (
    InvalidInputError,
    NewtonOptions,
    Problem,
    SpecialPoint,
    StepOptions,
    branch_directions,
    differences,
    switch_branch,
    trace_branch,
)
from continuation.linalg import kernel
from continuation.scaling import InUnits
from continuation.switching import Reduced, _balanced, _sphere_system
from continuation.workspace import Workspace
from tests.continuation.problems import ORACLES, d3, d4, pitchfork, touch, transcritical
from tests.continuation.test_derivatives import Cubic

STEP = StepOptions(initial=0.05, maximum=0.05)


def branch_point(problem, n):
    branch = trace_branch(problem, np.zeros(n), -1.0, (-1, 1), step=STEP)
    return branch.special[0]


def directions(problem, n):
    return np.array([o.direction for o in branch_directions(problem, branch_point(problem, n))])


def assert_same_set(found: np.ndarray, expected: np.ndarray, tolerance: float) -> None:
    assert len(found) == len(expected)
    for e in expected:
        assert min(np.linalg.norm(found - e, axis=1)) < tolerance


def test_pitchfork() -> None:
    assert_same_set(directions(pitchfork, 1), np.array([[1, 0], [-1, 0]]), 0.02)


def test_transcritical() -> None:
    d = np.array([[1, 1], [-1, -1]]) / np.sqrt(2)
    assert_same_set(directions(transcritical, 1), d, 1e-8)


def test_touch_where_three_branches_cross() -> None:
    d = np.array([[1, 1], [1, -1], [-1, 1], [-1, -1]]) / np.sqrt(2)
    assert_same_set(directions(touch, 1), d, 1e-8)


def test_d3_kernel_has_six_half_branches() -> None:
    angles = np.arange(3) * 2 * np.pi / 3
    d = [[np.cos(a), np.sin(a), -1] for a in angles] + [[-np.cos(a), -np.sin(a), 1] for a in angles]
    assert_same_set(directions(d3, 2), np.array(d) / np.sqrt(2), 1e-8)


def test_d4_kernel_has_eight_half_branches() -> None:
    angles = np.arange(8) * np.pi / 4
    d = np.column_stack([np.cos(angles), np.sin(angles), np.zeros(8)])
    assert_same_set(directions(d4, 2), d, 0.03)


def test_branches_lie_on_the_closed_form() -> None:
    point = branch_point(d4, 2)
    for branch in switch_branch(d4, point, (-1, 1), STEP):
        u, v = np.abs(branch.x[-1])
        pure = max(u, v) ** 2 if min(u, v) < 1e-6 else 3 * u * u
        assert branch.p[-1] == 1.0
        assert pure == pytest.approx(1.0, abs=1e-10)


def test_a_cross_on_the_axes() -> None:
    """x² = p²: at the crossing itself all derivatives of first order vanish."""
    problem = Problem(lambda x, p: x**2 - p**2)
    point = trace_branch(problem, [-1.0], -1.0, (-1, 2)).special[0]
    d = np.array([[1, -1], [-1, 1]]) / np.sqrt(2)
    found = branch_directions(problem, point, p_limits=(-1, 2))
    assert_same_set(np.array([o.direction for o in found]), d, 1e-6)


def test_a_continuum_of_directions_is_not_offered_as_copies() -> None:
    """Three coupled cells without quadratic terms: Σx⁴ = ½ (Σx²)² on the kernel, a circle."""
    problem = Problem(lambda x, p: p * x - x**3 + 0.3 * (x.sum() - 3 * x))
    branch = trace_branch(problem, np.zeros(3), 0.5, (0.5, 1.5))
    (double,) = [point for point in branch.special if point.kind == "branch point"]
    found = branch_directions(problem, double, p_limits=(0.5, 1.5))
    assert found == ()


def test_nothing_leaves_a_fold() -> None:
    oracle = ORACLES["fold"]
    branch = trace_branch(oracle.problem, oracle.x0, oracle.p0, oracle.limits, -1)
    with pytest.raises(InvalidInputError, match="no branch of solutions leaves a fold"):
        branch_directions(oracle.problem, branch.special[0])


def test_criticality_of_pitchforks() -> None:
    for name, sign in (("pitchfork", 1.0), ("subcritical", 0.0)):
        from tests.continuation import problems

        point = branch_point(getattr(problems, name), 1)
        assert point.coefficients["supercritical"] == sign
        assert abs(point.coefficients["curvature"]) == pytest.approx(2.0, rel=1e-8)


@pytest.mark.parametrize("k", [1, 2, 3])
@pytest.mark.parametrize("seed", range(3))
def test_reduced_equations_are_what_is_left_along_the_slaved_curve(seed: int, k: int) -> None:
    """F(tEβ + ½t²Y[β, β]) is a polynomial in t, off the kernel without terms below the third."""
    random, n = np.random.default_rng([seed, k]), k + 1 + seed
    cubic, left = Cubic(seed, n), np.linalg.qr(random.standard_normal((n, k)))[0]
    cubic.a -= left @ left.T @ cubic.a
    right, zero = kernel(cubic.a[:, :n], k)[0], np.zeros(n + 1)
    point = SpecialPoint(
        "branch point", zero[:n], 0.0, zero, right, left, {}, True, "", np.zeros((2, n + 1)), 0
    )
    plain = StepOptions(state_scale=1.0, parameter_scale=1.0)
    workspace = Workspace(cubic.problem(exact=True), zero[:n], 0.0, NewtonOptions(), plain)
    reduced, beta = Reduced.at(workspace, point), random.standard_normal(k + 1)
    inside, t = InUnits(workspace.problem, workspace.units), np.linspace(-1, 1, 7)
    curve = np.outer(t, reduced.basis @ beta) + np.outer(t**2, reduced.slaved @ beta @ beta) / 2
    along = np.array([inside.residual(z[:n], z[n]) for z in curve])
    terms = np.polynomial.polynomial.polyfit(t, along, 6)
    psi = np.linalg.qr(left / workspace.rows[:, None] if workspace.rows.size else left)[0]
    size = 1e-10 * np.abs(terms).max()
    assert np.abs(terms[:2]).max() < size
    np.testing.assert_allclose(terms[2] - psi @ (psi.T @ terms[2]), 0.0, atol=size)
    expected = [reduced.quadratic @ beta @ beta / 2, reduced.cubic @ beta @ beta @ beta / 6]
    np.testing.assert_allclose(psi.T @ terms[2], expected[0], atol=size)
    np.testing.assert_allclose(psi.T @ terms[3], expected[1], atol=size)


@pytest.mark.parametrize("k", [1, 2])
def test_newton_on_the_sphere_has_its_derivative(k: int) -> None:
    random = np.random.default_rng(k)
    q, c = (
        random.standard_normal((k, k + 1, k + 1)),
        random.standard_normal((k, k + 1, k + 1, k + 1)),
    )
    q, c = q + q.swapaxes(1, 2), sum(c.transpose(0, *order) for order in permutations((1, 2, 3)))
    beta = random.standard_normal(k + 1)
    expected = differences.jacobian(
        lambda b: _sphere_system(q, c, b[None])[0][0], beta, np.ones(k + 1)
    )
    np.testing.assert_allclose(_sphere_system(q, c, beta[None])[1][0], expected, atol=1e-8)


def test_weak_terms_of_a_kernel_tell_of_its_coordinates_too() -> None:
    """Three lines with D₃ symmetry, in units that make terms of the kernel small beside others."""
    quadratic = np.zeros((2, 3, 3))
    quadratic[0, 0, 0], quadratic[0, 1, 1] = 1e-4, -1e-4
    quadratic[1, 0, 1] = quadratic[1, 1, 0] = -1e-4
    quadratic[[0, 1], [0, 1], 2] = quadratic[[0, 1], 2, [0, 1]] = 1.0
    skewed = np.array([[1e3, 0.3, 0.0], [2e2, 0.9, 0.0], [0.0, 0.0, 1.0]])
    given = np.einsum("kab,ai,bj->kij", quadratic, skewed, skewed)
    right = _balanced(given, np.zeros((2, 3, 3, 3)))
    lines = np.array([[1.0, -0.5, -0.5], [0.0, np.sqrt(0.75), -np.sqrt(0.75)]])
    balanced = np.linalg.solve((skewed @ right)[:2, :2], lines)
    balanced /= np.linalg.norm(balanced, axis=0)
    np.testing.assert_allclose(np.abs(balanced.T @ balanced), np.full((3, 3), 0.5) + np.eye(3) / 2,
                               atol=1e-3)  # fmt: skip
