"""Branches that run away at a finite parameter, in random coordinates; none where p goes along."""

import numpy as np
import pytest

from continuation import Problem, StepOptions, trace_branch
from continuation.arrays import Array

AT = 0.7
LONG = StepOptions(maximum=0.5)


def pole(power: float, seed: int) -> tuple[Problem, Array]:
    """One unknown is (d (1 + 0.3 d))^-power, d = 0.7 - p, the others follow it."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 4))
    unit, a = 10.0 ** rng.uniform(-4, 4, n), rng.standard_normal((n, n))
    left, shear = rng.standard_normal((n, n)), unit * rng.standard_normal(n)
    follow = rng.uniform(-0.5, 0.5, n - 1)
    back = np.linalg.inv(unit[:, None] * a)

    def f(x: Array, p: float) -> Array:
        y, d = back @ (x - shear * p), AT - p
        size = np.sign(y[0]) * np.abs(y[0]) ** (1 / power) * d * (1 + 0.3 * d) - 1
        return np.asarray(left @ np.append(size, y[1:] - follow * y[0] - p**2))

    y = (AT * (1 + 0.3 * AT)) ** -power
    return Problem(f), unit * (a @ np.append(y, follow * y))


@pytest.mark.parametrize(
    ("seed", "power"),
    [
        (0, 0.5),
        (1, 1.0),
        pytest.param(2, 1.5, marks=pytest.mark.slow),
        pytest.param(3, 2.0, marks=pytest.mark.slow),
        (4, 3.0),
    ],
)
def test_a_pole_is_an_end_with_its_place(seed: int, power: float) -> None:
    problem, start = pole(power, seed)
    branch = trace_branch(problem, start, 0.0, (-1, 2), step=LONG)
    assert branch.stop_reason == "infinity"
    end = branch.special[-1]
    assert end.kind == "infinity"
    assert abs(end.p - AT) <= 3 * end.coefficients["error"] < 1e-4
    assert end.coefficients["power"] == pytest.approx(power, rel=2e-3)
    assert "x| → ∞ as p → 0.7" in branch.message


@pytest.mark.parametrize("seed", range(3))
def test_a_parameter_that_comes_to_rest_is_an_end(seed: int) -> None:
    """p = y exp(-y), as on the upper branch of Bratu's problem: y = 1 is a fold."""
    rng = np.random.default_rng(seed)
    unit, a = 10.0 ** rng.uniform(-4, 4, 2), rng.standard_normal((2, 2))
    back = np.linalg.inv(unit[:, None] * a)

    def f(x: Array, p: float) -> Array:
        y = back @ x
        return np.array([p - y[0] * np.exp(-y[0]), y[1] - y[0]])

    branch = trace_branch(Problem(f), np.zeros(2), 0.0, (0, 1))
    assert branch.stop_reason == "infinity"
    end = branch.special[-1]
    (fold,) = [point for point in branch.special if point.kind == "fold"]
    assert fold.p == pytest.approx(1 / np.e, abs=1e-9)
    assert abs(end.p) <= end.coefficients["error"] < 1e-10
    assert end.coefficients["power"] == 0.0


@pytest.mark.parametrize(
    ("f", "start", "most"),
    [
        (lambda x, p: np.array([x[0] - p**2]), 1.0, 60),
        (lambda x, p: np.array([x[0] - np.exp(p)]), np.e, 60),
        (lambda x, p: np.array([np.log(x[0]) ** 3 - p]), np.e, 60),
        pytest.param(
            lambda x, p: np.array([np.log(np.log(x[0])) - p]),
            np.exp(np.e),
            5,
            marks=pytest.mark.slow,
        ),
    ],
)
def test_growth_that_the_parameter_follows_is_none(f, start: float, most: float) -> None:
    branch = trace_branch(Problem(f), [start], 1.0, (0.9, most), step=LONG)
    assert branch.stop_reason != "infinity"


@pytest.mark.parametrize("power", [0.5, 1.0])
def test_a_place_that_is_approached_as_by_a_logarithm_is_not_claimed(power: float) -> None:
    """p = 0.7 - log(x)^-power: what is left of p is ten times what a power law would leave."""
    problem = Problem(lambda x, p: np.array([np.log(x[0]) ** power * (AT - p) - 1]))
    step = StepOptions(maximum=0.5, max_samples=500)
    branch = trace_branch(problem, [np.exp(AT ** (-1 / power))], 0.0, (-1, 2), step=step)
    assert branch.stop_reason == "samples"
    assert branch.x[-1, 0] > 1e8


def test_the_edge_of_a_domain_is_reached() -> None:
    """x = -log(0.7 - p): differences near the edge take steps that stay inside."""

    def residual(x: Array, p: float) -> Array:
        return np.array([x[0] + np.log(AT - p) if p < AT else np.nan])

    branch = trace_branch(Problem(residual), [-np.log(AT)], 0.0, (-1, 2), step=LONG)
    assert abs(branch.p[-1] - AT) < 1e-9
    assert "left their domain" in branch.message


def test_a_high_peak_is_passed() -> None:
    problem = Problem(lambda x, p: np.array([x[0] * (1e-4 + (p - AT) ** 2) - 1]))
    branch = trace_branch(problem, [1 / (AT**2 + 1e-4)], 0.0, (-1, 2), step=LONG)
    assert branch.stop_reason == "limit"
