"""Starts on special points: reported, followed both ways, along a given direction; symmetry."""

import numpy as np
import pytest

from continuation import (
    ConvergenceError,
    InvalidInputError,
    Problem,
    StepOptions,
    bifurcation_diagram,
    map_problem,
    period_k,
    special_point,
    trace_branch,
    trace_fold_curve,
)
from tests.continuation.problems import brusselator, d4, fold, pitchfork, transcritical

STEP = StepOptions(initial=0.02, maximum=0.05)
focus = Problem(
    lambda u, p: np.array([p * u[0] - u[1] - u[0] * (u @ u), u[0] + p * u[1] - u[1] * (u @ u)])
)


@pytest.mark.parametrize(
    ("problem", "n", "kind", "branches"),
    [
        (pitchfork, 1, "pitchfork", 3),
        (transcritical, 1, "transcritical", 3),
        (fold, 1, "fold", 1),
        (focus, 2, "hopf", 1),
        pytest.param(d4, 2, "branch point", 9, marks=pytest.mark.slow),
    ],
)
def test_a_diagram_may_start_on_a_special_point(problem, n, kind, branches) -> None:
    diagram = bifurcation_diagram(problem, np.zeros(n), 0.0, (-1, 1), STEP)
    first = [q for q in diagram.branches[0].special if q.kind != "limit"]
    assert [q.kind for q in first] == [kind]
    assert np.abs(first[0].point).max() < 1e-9
    assert first[0].located
    assert (len(diagram.branches), diagram.complete) == (branches, True)


def test_what_a_diagram_cannot_do_it_says() -> None:
    with pytest.raises(ConvergenceError, match="no solution"):
        bifurcation_diagram(Problem(lambda x, p: p - x - np.exp(x)), [40.0], 0.0, (-1, 1))
    ending = Problem(lambda x, p: np.array([x[0] - np.sqrt(p) if p > 0.5 else np.nan]))
    diagram = bifurcation_diagram(ending, [1.0], 1.0, (0.0, 2.0))
    assert not diagram.complete
    assert "a branch stopped at p = 0.5" in diagram.notes[0]
    few = bifurcation_diagram(d4, np.zeros(2), -1.0, (-1, 1), STEP, max_branches=3)
    assert few.notes == ("max_branches = 3 reached",)


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_a_direction_chooses_among_branches(sign: float) -> None:
    up = trace_branch(pitchfork, [0.0], 0.0, (-1, 1), [sign, 0.0])
    assert up.x[-1, 0] == pytest.approx(sign)
    along = trace_branch(pitchfork, [0.0], 0.0, (-1, 1), [0.0, sign])
    assert np.abs(along.x).max() < 1e-12
    assert along.p[-1] == sign
    with pytest.raises(InvalidInputError, match="Give the direction"):
        trace_branch(pitchfork, [0.0], 0.0, (-1, 1))


@pytest.mark.parametrize(
    ("problem", "x", "p", "kind", "where"),
    [
        (pitchfork, [0.0], 0.013, "pitchfork", 0.0),
        (pitchfork, [0.0], 0.0, "pitchfork", 0.0),
        (fold, [0.02], 0.0004, "fold", 0.0),
        (brusselator, [1.0, 1.99], 1.99, "hopf", 2.0),
    ],
)
def test_special_points_from_a_place(problem, x, p, kind, where) -> None:
    point = special_point(problem, x, p)
    assert (point.kind, point.located) == (kind, True)
    assert abs(point.p - where) < 1e-10


def test_no_special_point_is_an_error() -> None:
    with pytest.raises(InvalidInputError, match="no special point within"):
        special_point(Problem(lambda x, p: x - p), [1.0], 1.0)


def test_one_branch_of_each_symmetry_orbit() -> None:
    swap, turn = [[0.0, 1.0], [1.0, 0.0]], [[0.0, -1.0], [1.0, 0.0]]
    diagram = bifurcation_diagram(d4, np.zeros(2), -1.0, (-1, 1), STEP, generators=[swap, turn])
    ends = [np.sort(np.abs(b.x[-1])) for b in diagram.branches]
    assert len(ends) == 3  # the trivial one, on an axis, on a diagonal
    assert np.abs(ends[0]).max() < 1e-12
    assert np.abs(np.sort([e[0] for e in ends[1:]]) - [0.0, 1 / np.sqrt(3)]).max() < 1e-9
    with pytest.raises(InvalidInputError, match="generator 0 is no symmetry"):
        bifurcation_diagram(d4, np.zeros(2), -1.0, (-1, 1), generators=[np.diag([2.0, 1.0])])


def test_events_of_the_user_in_a_diagram() -> None:
    diagram = bifurcation_diagram(
        pitchfork, [0.0], -1.0, (-1, 1), STEP, targets=[0.25],
        functions={"half": lambda x, p: x[0] - 0.5},
    )  # fmt: skip
    kinds = [[q.kind for q in b.special] for b in diagram.branches]
    assert sum(k.count("target") for k in kinds) == 3
    assert sum(k.count("user") for k in kinds) == 1


logistic = map_problem(lambda x, p: p * x * (1 - x))


def test_flips_are_followed_in_a_diagram() -> None:
    diagram = bifurcation_diagram(logistic, [0.5], 2.0, (1.5, 3.55), STEP, max_period=4)
    assert diagram.periods == (1, 2, 4)
    flips = [q.p for b in diagram.branches for q in b.special if q.kind == "flip"]
    assert np.abs(np.array(flips) - [3.0, 1 + np.sqrt(6), 3.5440903596]).max() < 1e-9


def test_orbits_of_period_three() -> None:
    third = period_k(logistic, 3)
    branch = trace_branch(third, [0.52], 3.85, (3.5, 3.9), -1)
    turn = next(q for q in branch.special if q.kind == "fold")
    assert turn.p == pytest.approx(1 + np.sqrt(8), abs=1e-10)
    with pytest.raises(InvalidInputError, match="positive integer"):
        period_k(logistic, 0)


@pytest.mark.parametrize(("direction", "bound"), [(1, 1.3), (-1, -0.4)])
def test_a_branch_ends_at_a_bound_of_an_unknown(direction: int, bound: float) -> None:
    branch = trace_branch(fold, [1.0], 1.0, (-5, 5), direction, bounds={0: (-0.4, 1.3)})
    assert branch.stop_reason == "bound"
    assert branch.message == f"x[0] reached its bound {bound:g}."
    assert (branch.x[-1, 0], branch.special[-1].kind) == (bound, "limit")
    assert branch.p[-1] == pytest.approx(bound**2, abs=1e-12)
    assert np.array_equal(branch.special[-1].x, branch.x[-1])
    diagram = bifurcation_diagram(fold, [1.0], 1.0, (-5, 5), STEP, bounds={0: (-0.4, 1.3)})
    assert diagram.complete
    assert sorted(diagram.branches[0].x[[0, -1], 0]) == [-0.4, 1.3]


@pytest.mark.parametrize("seed", [1, 28, 38])
def test_a_fold_at_zero_of_all_unknowns_and_of_the_parameter_has_units(seed):
    """Nothing but the second order tells of lengths there."""
    rng = np.random.default_rng(seed)
    scale = np.diag(10.0 ** rng.uniform(-6, 6, 2))
    turned = scale @ np.linalg.qr(rng.standard_normal((2, 2)))[0]
    a = turned if seed % 2 else scale

    def field(x, p, q):
        u, v = np.linalg.solve(a, x)
        return a @ np.array([v, p + q * v + u**2 + u * v])

    problem = Problem(field, parameters={"p": -1.0, "q": 0.3}, free="p")
    start = special_point(problem, [0.0, 0.0], 0.0)
    curve = trace_fold_curve(problem, start, "q", (-0.5, 1), direction=-1)
    assert [point.kind for point in curve.special] == ["bogdanov-takens", "limit"]
    assert abs(curve.special[0].coefficients["q"]) < 1e-9
