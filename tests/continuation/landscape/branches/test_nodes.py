"""A fold that sits exactly at an integer size, for which one target of the data is chosen."""

import numpy as np
import pytest
from scipy.optimize import root

from continuation import Branch, newton, trace_branch
from continuation.arrays import Array
from continuation.compiled_problem import CompiledProblem
from continuation.landscape import Dataset, Loss
from continuation.landscape.branches.nodes import with_fold_at_node
from continuation.landscape.network.ramp import ramp
from symbolic import Model

pytestmark = pytest.mark.slow

SIZE, CHOSEN, LATER = 6, 2, 0.2


def slopes(b: float, x: Array, y: Array) -> Array:
    """First and second derivative of the loss of the first samples, f = sin(b x)."""
    x, y = x[:SIZE], y[:SIZE]
    r, c = np.sin(b * x) - y, x * np.cos(b * x)
    return np.array([(r * c).mean(), (c * c - r * x * x * np.sin(b * x)).mean()])


@pytest.fixture(scope="module")
def case() -> tuple[CompiledProblem, float, float]:
    """The problem in the size, where the fold is, and how far from it solutions are later."""
    rng = np.random.default_rng(2)
    x, y = rng.uniform(0.3, 2, 9), rng.uniform(-1, 1, 9)

    def degenerate(u: Array) -> Array:
        return slopes(u[0], x, np.where(np.arange(9) == CHOSEN, u[1], y))

    b, y[CHOSEN] = root(degenerate, [3.39, -0.88], tol=1e-15).x
    model = Model.from_expression("sin(b*x)", parameters=["b"], input="x")
    third = (slopes(b + 1e-4, x, y) - slopes(b - 1e-4, x, y))[1] / 2e-4
    push = (np.sin(b * x[SIZE]) - y[SIZE]) * np.cos(b * x[SIZE]) * x[SIZE] / SIZE
    away = float(np.sqrt(-2 * push * ramp(LATER) / third))
    return Loss(model, Dataset.from_observations(x, y)).problem("size"), float(b), away


def towards(case: tuple[CompiledProblem, float, float], side: int) -> Branch:
    problem, b, away = case
    start = newton(problem, [b + side * away], SIZE + LATER).x
    return trace_branch(problem, start, SIZE + LATER, (SIZE - 0.9, SIZE + 0.9), -1)


@pytest.mark.parametrize("side", [1, -1])
def test_both_halves_end_in_the_fold(case, side) -> None:
    branch = with_fold_at_node(case[0], towards(case, side), ())
    end = branch.special[-1]
    assert (end.kind, end.p, end.located) == ("fold", SIZE, True)
    assert end.x[0] == pytest.approx(case[1], abs=1e-9)
    assert end.residual < 1e-12
    assert "exactly at size 6" in branch.message


def test_a_branch_that_ends_elsewhere_stays_as_it_is(case) -> None:
    branch = towards(case, 1)
    assert with_fold_at_node(case[0], branch, (2, 9)) is branch
