"""The last sample lies at the limit, on the branch that was followed."""

from collections.abc import Callable

import numpy as np
import pytest
from scipy.stats import ortho_group

from continuation import Problem, StepOptions, trace_branch

Array = np.ndarray
Scalar = Callable[[float, float], float]


def in_general_position(f: Scalar, n: int, seed: int) -> tuple[Problem, Array]:
    """The scalar equation f(s, p) = 0 with n - 1 linear ones, in random coordinates."""
    random = np.random.default_rng(seed)
    q = ortho_group.rvs(n, random_state=seed) if n > 1 else np.eye(1)
    mix = random.standard_normal((n, n)) + 3 * np.eye(n)

    def residual(x: Array, p: float) -> Array:
        y = q @ x
        return np.asarray(mix @ np.append(f(y[0], p), y[1:] - p))

    return Problem(residual), q


@pytest.mark.parametrize("n", [1, 2, 5])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_end_is_the_solution_at_the_limit(n: int, seed: int) -> None:
    problem, q = in_general_position(lambda s, p: s**3 + s - p, n, seed)
    branch = trace_branch(problem, np.zeros(n), 0.0, (-1.0, 2.0), step=StepOptions(maximum=0.5))
    assert branch.stop_reason == "limit"
    assert branch.p[-1] == 2.0
    y = q @ branch.x[-1]
    assert np.abs(y - np.append(1.0, np.full(n - 1, 2.0))).max() <= 1e-11
    slope = q @ branch.tangent[-1, :-1] / branch.tangent[-1, -1]
    assert np.abs(slope - np.append(0.25, np.ones(n - 1))).max() <= 1e-6


@pytest.mark.parametrize("gap", [1e-2, 1e-4, 1e-6, 1e-8])
@pytest.mark.parametrize("n", [1, 3])
def test_a_fold_just_inside_the_limit_is_passed(gap: float, n: int) -> None:
    """Seen from p = 0 the branch p = 1 - s² turns a little before the limit and comes back."""
    problem, q = in_general_position(lambda s, p: s * s - (1 - p), n, 4)
    start = np.linalg.solve(q, np.append(-1.0, np.zeros(n - 1)))
    branch = trace_branch(problem, start, 0.0, (-0.5, 1 + gap), step=StepOptions(maximum=0.3))
    kinds = [point.kind for point in branch.special if point.kind != "hopf"]
    assert kinds == ["fold", "limit"]
    assert branch.p[-1] == -0.5
    assert abs((q @ branch.x[-1])[0] - 1.5**0.5) <= 1e-10


@pytest.mark.parametrize("gap", [0.3, 0.1, 1e-2])
def test_a_fold_just_beyond_the_limit_is_not_reached(gap: float) -> None:
    problem, q = in_general_position(lambda s, p: s * s - (1 - p), 3, 5)
    start = np.linalg.solve(q, [-1.0, 0.0, 0.0])
    branch = trace_branch(problem, start, 0.0, (-0.5, 1 - gap), step=StepOptions(maximum=0.1))
    assert branch.stop_reason == "limit"
    assert branch.p[-1] == 1 - gap
    assert abs((q @ branch.x[-1])[0] + gap**0.5) <= 1e-9


@pytest.mark.parametrize("n", [1, 2, 4])
@pytest.mark.parametrize("kind", ["pitchfork", "transcritical"])
def test_a_branch_point_at_the_limit(kind: str, n: int) -> None:
    power = 3 if kind == "pitchfork" else 2
    problem, q = in_general_position(lambda s, p: p * s - s**power, n, 6)
    start = np.linalg.solve(q, np.append(0.0, np.full(n - 1, -1.0)))
    branch = trace_branch(problem, start, -1.0, (-2.0, 0.0))
    assert branch.stop_reason == "limit"
    assert branch.p[-1] == 0.0
    assert np.abs(branch.x[-1]).max() <= 1e-7
    if n == 1:  # else it is known to 1e-8, and its eigenvalue is not exactly zero
        assert [point.kind for point in branch.special] == [kind, "limit"]
    slope = q @ branch.tangent[-1, :-1] / branch.tangent[-1, -1]
    assert np.abs(slope - np.append(0.0, np.ones(n - 1))).max() <= 1e-5


def test_targets_are_met_exactly() -> None:
    problem, q = in_general_position(lambda s, p: s**3 - s - p, 3, 7)
    start = np.linalg.solve(q, [-1.5, -1.875, -1.875])
    step = StepOptions(maximum=0.3)
    branch = trace_branch(problem, start, -1.875, (-2, 2), step=step, targets=[0.0, 0.1])
    found = [(p.p, (q @ p.x)[0]) for p in branch.special if p.kind == "target"]
    roots = {p: sorted(np.roots([1, 0, -1, -p]).real) for p in (0.0, 0.1)}
    order = [(0.0, 0), (0.1, 0), (0.1, 1), (0.0, 1), (0.0, 2), (0.1, 2)]
    assert [p for p, _ in found] == [p for p, _ in order]
    for (p, s), (_, k) in zip(found, order, strict=True):
        assert abs(s - roots[p][k]) <= 1e-11
