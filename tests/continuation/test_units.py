"""Polynomials in random linear coordinates, each unknown and equation in units of its own."""

from dataclasses import dataclass

import numpy as np
import pytest

from continuation import Problem, StepOptions, bifurcation_diagram, newton, trace_branch
from continuation.differences import along, length

Array = np.ndarray

SLOW = pytest.mark.slow


@dataclass(frozen=True)
class Polynomial:
    """p = g(z[0]), z[i] = b z[0]²/2 + c p in x = units A (z + offset); rows of F in units too.

    Folds stand where g' = 0, at the roots.
    """

    seed: int

    def __post_init__(self) -> None:
        r = np.random.default_rng(self.seed)
        n = int(r.integers(1, 5))
        roots = np.cumsum(r.uniform(0.3, 0.9, int(r.integers(2, 6)))) - 1.5
        slope = np.poly1d(np.poly(roots))
        parts = {
            "n": n, "roots": roots, "slope": slope, "g": slope.integ(),
            "unit": 10.0 ** r.uniform(-6, 6, n), "rows": 10.0 ** r.uniform(-6, 6, n),
            "parameter": 10.0 ** r.uniform(-6, 6), "b": r.standard_normal(n - 1),
            "c": r.standard_normal(n - 1), "offset": r.standard_normal(n),
            "a": r.standard_normal((n, n)) + 2 * np.eye(n),
            "mix": r.standard_normal((n, n)) + 2 * np.eye(n),
        }  # fmt: skip
        for name, value in parts.items():
            object.__setattr__(self, name, value)

    def inside(self, x: Array) -> Array:
        return np.linalg.solve(self.a, x / self.unit) - self.offset

    def outside(self, z: Array) -> Array:
        return self.unit * (self.a @ (z + self.offset))

    def residual(self, x: Array, p: float) -> Array:
        z, q = self.inside(x), p / self.parameter
        slaved = z[1:] - self.b * z[0] ** 2 / 2 - self.c * q
        return self.rows * (self.mix @ np.append(q - self.g(z[0]), slaved))

    def jacobian(self, x: Array, p: float) -> Array:
        z, inner = self.inside(x), np.eye(self.n)
        inner[0, 0], inner[1:, 0] = -self.slope(z[0]), -self.b * z[0]
        return self.rows[:, None] * (self.mix @ inner @ np.linalg.inv(self.a)) / self.unit

    def start(self) -> tuple[Array, float, tuple[float, float], int]:
        first, last = self.roots[0] - 0.3, self.roots[-1] + 0.3
        q = self.g(first)
        z = np.append(first, self.b * first**2 / 2 + self.c * q)
        values = self.g(np.append(self.roots, [first, last]))
        limits = (self.parameter * (values.min() - 0.1), self.parameter * (values.max() + 0.1))
        return self.outside(z), self.parameter * q, limits, int(np.sign(self.slope(first)))


@pytest.mark.parametrize("exact", [True, False])
@pytest.mark.parametrize("seed", [0, 1, *(pytest.param(k, marks=SLOW) for k in range(2, 7))])
def test_every_fold_in_any_units(seed: int, exact: bool) -> None:
    case = Polynomial(seed)
    problem = Problem(case.residual, case.jacobian if exact else None)
    x0, p0, limits, direction = case.start()
    branch = trace_branch(problem, x0, p0, limits, direction)
    assert branch.stop_reason == "limit"
    folds = [q for q in branch.special if q.kind == "fold"]
    assert all(q.located for q in folds)
    found = np.array([case.inside(q.x)[0] for q in folds])
    np.testing.assert_allclose(found, case.roots, atol=1e-8)


@pytest.mark.parametrize("unit", [1e-6, 1e-3, 1.0, 1e3, 1e6])
@pytest.mark.parametrize("scale", [None, 1.0])
def test_the_residual_of_one_unknown(unit: float, scale: float | None) -> None:
    """Substrate inhibition: with or without the user's word for the scale."""
    k, s, v = 1e-2 * unit, unit, 0.1 * unit
    problem = Problem(lambda x, d: d * (s - x) - v * x / (k + x + x * x / k))
    step = StepOptions(state_scale=None if scale is None else unit)
    branch = trace_branch(problem, [0.995 * unit], 0.2, (0, 0.2), -1, step)
    folds = [q for q in branch.special if q.kind == "fold"]
    assert [q.p for q in folds] == pytest.approx([0.00391961555408, 0.03367265060872], abs=1e-9)
    assert all(q.located for q in folds)


@pytest.mark.parametrize("unit", [1e-12, 1e-9, 1e9])
def test_branches_from_zero_in_any_unit(unit: float) -> None:
    """Neither x nor the limits tell how far the cubic may be followed."""
    problem = Problem(lambda x, p: p * x - x**3 / unit**2)
    diagram = bifurcation_diagram(problem, [0.0], -1.0, (-1, 1))
    assert [q.kind for q in diagram.nodes] == ["pitchfork"]
    np.testing.assert_allclose(
        sorted(b.x[-1, 0] / unit for b in diagram.branches), [-1, 0, 1], atol=1e-9
    )


@pytest.mark.parametrize("unit", [1e-9, 1e-6, 1.0])
def test_a_total_in_any_unit(unit: float) -> None:
    """The product starts at zero, where the rate has a curvature and no slope by it."""

    def residual(x: Array, a: float) -> Array:
        X, Y = x / unit
        rate = (a + 8 * Y**2 / (1 + Y**2)) * X - 3 * Y
        return np.array([-rate, rate])

    branch = trace_branch(Problem(residual), [2.0 * unit, 0.0], 0.0, (0, 2))
    assert [q.kind for q in branch.special] == ["fold", "limit"]
    assert abs(branch.special[0].p - 0.079016905594) < 1e-11


@pytest.mark.parametrize("unit", [1e-9, 1e-6, 1e9])
def test_a_short_range_of_the_parameter(unit: float) -> None:
    """The other end of the fold lies at the parameter of the start, but elsewhere."""
    branch = trace_branch(Problem(lambda x, p: p / unit - x**2), [1.0], unit, (-unit, unit), -1)
    assert [q.kind for q in branch.special] == ["fold", "limit"]
    np.testing.assert_allclose(branch.x[-1], -1.0)


@pytest.mark.parametrize("offset", [1e3, 1e6])
def test_a_parameter_far_from_zero(offset: float) -> None:
    problem = Problem(lambda x, p: (p - offset) * x - x**3)
    diagram = bifurcation_diagram(problem, [0.0], offset - 1, (offset - 1, offset + 1))
    assert (len(diagram.branches), [q.kind for q in diagram.nodes]) == (3, ["pitchfork"])
    fold = Problem(lambda x, p: p - offset - x**2)
    branch = trace_branch(fold, [1.0], offset + 1, (offset - 1, offset + 1), -1)
    assert [q.kind for q in branch.special] == ["fold", "limit"]


def test_a_slope_of_rounding_does_not_turn() -> None:
    """The parameter falls to zero with exp(-x): beyond 1e-14 its change is rounding, no fold."""
    branch = trace_branch(Problem(lambda x, p: p * np.exp(x) - x), [0.0], 0.0, (0, 1))
    assert [q.kind for q in branch.special] == ["fold", "infinity"]
    assert abs(branch.special[1].p) < 1e-14


@pytest.mark.parametrize("unit", [1e-6, 1e-3, 1e6])
def test_functions_that_overflow_over_a_length_of_one(unit: float) -> None:
    """From zero, where nothing tells how far exp may be followed, and no scale is given."""
    along = np.array([1.0, 2.0]) / unit
    problem = Problem(lambda x, p: (np.sinh(along @ x) - p) * along + x / unit**2)
    branch = trace_branch(problem, [0.0, 0.0], 0.0, (0, 1))
    z = along @ branch.x[-1]
    assert branch.stop_reason == "limit"
    assert abs(z / 5 + np.sinh(z) - 1) < 1e-12


@pytest.mark.parametrize("true", [1e-9, 1e-4, 1.0, 1e5])
def test_length_for_differences(true: float) -> None:
    """A function that changes over any length, in rows of any size."""

    def function(h: float) -> Array:
        return np.array([np.sin(1.0 + h / true), 1e9 * np.cos(1.0 + h / true)])

    found = along(function, length(function, 1.0, 1.0))
    expected = np.array([np.cos(1.0), -1e9 * np.sin(1.0)]) / true
    # over more than the guess the step is never longer
    np.testing.assert_allclose(found, expected, rtol=1e-12 if true <= 1 else 1e-9)


def test_differences_at_the_edge_of_a_domain() -> None:
    """F is defined for p >= 0 only; the branch starts at the edge."""

    def residual(x: Array, p: float) -> Array:
        return x - np.exp(p) if p >= 0 else np.array([np.nan])

    branch = trace_branch(Problem(residual), [1.0], 0.0, (0.0, 1.0))
    assert branch.stop_reason == "limit"
    np.testing.assert_allclose(branch.x[:, 0], np.exp(branch.p), rtol=1e-10)


@pytest.mark.parametrize("exact", [True, False])
@pytest.mark.parametrize("seed", range(5))
def test_a_culture_that_inhibits_itself(seed: int, exact: bool) -> None:
    """The rate changes over 1e-3 at one end of the branch, over 0.1 at the other."""
    k, fed, v = 1e-3, 0.1, 0.01
    unit, rate, row = 10.0 ** np.random.default_rng(seed).uniform(-6, 6, 3)

    def residual(x: Array, p: float) -> Array:
        s = x / unit
        return row * (p / rate * (fed - s) - v * s / (k + s + s * s / k))

    def jacobian(x: Array, p: float) -> Array:
        s = x / unit
        slope = (k - s * s / k) / (k + s + s * s / k) ** 2
        return row / unit * (-p / rate - v * slope)[None]

    problem = Problem(residual, jacobian if exact else None)
    branch = trace_branch(problem, [0.0995 * unit], 0.2 * rate, (0, 0.2 * rate), -1)
    assert [q.kind for q in branch.special] == ["fold", "fold", "limit"]
    assert all(q.located for q in branch.special)
    folds = [q.p / rate for q in branch.special[:2]]
    assert folds == pytest.approx([0.00391961555407749, 0.0336726506087231], rel=1e-9)
    assert branch.p[-1] == 0


def test_a_derivative_that_vanishes_beside_a_curvature() -> None:
    """Two formulas differ there by more than the derivative, however short the step."""
    for slope in (0.0, 1e-9, 1e-4):
        value = along(lambda h, slope=slope: np.array([slope * h + np.sin(1e3 * h) ** 3]))
        assert value == pytest.approx(slope, abs=1e-4)


@pytest.mark.parametrize("origin", [1e6, -1e8])
def test_states_that_change_by_1_far_from_zero(origin: float) -> None:
    """1e6 ± 1: the unit is the length over which dF/dx changes, not the size."""
    a = np.array([[0.8, -0.5], [0.6, 0.9]])

    def moved(core):
        def residual(x, p):
            y = np.linalg.solve(a, x - origin)
            return a @ np.array([core(y[0], p), y[0] ** 2 - y[1]])

        return Problem(residual)

    last = np.array([1.3247179572447460, 1.3247179572447460**2])
    branch = trace_branch(moved(lambda y, p: p + y - y**3), origin + a @ last, 1.0, (-1, 1), -1)
    folds = [q for q in branch.special if q.kind == "fold"]
    assert branch.stop_reason == "limit"
    assert [q.p for q in folds] == pytest.approx([-2 / 3**1.5, 2 / 3**1.5], abs=1e-6)
    for core, branches in ((lambda y, p: p * y - y**3, 3), (lambda y, p: y * (p - y), 3)):
        diagram = bifurcation_diagram(moved(core), np.full(2, origin), -1.0, (-1, 1))
        assert (len(diagram.branches), len(diagram.nodes)) == (branches, 1)
        assert diagram.complete
        assert diagram.nodes[0].p == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize("unit", [1e4, 1e5, 1e6])
def test_a_given_scale_is_not_taken_for_that_of_what_changes(unit):
    """Unknowns that are large in the unit that the user gives: tolerances are parts of them."""
    roots = Problem(lambda x, p: (x / unit - 1) * (x / unit - 2) * (x / unit - 3) - p)
    for start, root in ((1.2, 1), (2.1, 2), (2.6, 3)):
        found = newton(roots, [start * unit], 0.0, state_scale=1.0)
        assert found.converged
        assert found.x[0] / unit == pytest.approx(root, rel=1e-10)
    near = (1.3 - 1.0) * (1.3 - 2.0) * (1.3 - 3.0)
    step = StepOptions(state_scale=1.0)
    branch = trace_branch(roots, [1.3 * unit], near, (near, near + 20 / unit), step=step)
    assert branch.stop_reason == "limit"
