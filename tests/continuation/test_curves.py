"""Two-parameter curves of folds and branch points, with their cusps."""

from collections.abc import Callable

import numpy as np
import pytest

from continuation import (
    InvalidInputError,
    Problem,
    StepOptions,
    bifurcation_diagram,
    curves,
    map_problem,
    period_k,
    special_point,
    trace_branch,
    trace_branch_point_curve,
    trace_flip_curve,
    trace_fold_curve,
    trace_hopf_curve,
    trace_neimark_sacker_curve,
)
from continuation.scaling import InUnits, Units

STEP = StepOptions(initial=0.02, maximum=0.05)


def cusp(q: float) -> Problem:
    return Problem(lambda x, p: np.array([p + q * x[0] - x[0] ** 3]), symmetric=True)


def shifted_pitchfork(q: float) -> Problem:
    return Problem(lambda x, p: np.array([(p - q * q) * x[0] - x[0] ** 3, x[1] - p]))


def test_fold_curve_through_its_cusp() -> None:
    branch = trace_branch(cusp(1.0), [1.5], 1.5**3 - 1.5, (-2, 4), -1)
    curve = trace_fold_curve(cusp, branch.special[0], 1.0, (-1, 2), -1, STEP)
    assert np.abs(curve.p**2 - 4 * (curve.q / 3) ** 3).max() < 1e-12
    assert curve.p[0] * curve.p[-1] < 0  # both sides of the cusp
    assert [q.kind for q in curve.special] == ["cusp", "limit"]
    point = curve.special[0]
    assert np.abs([point.p, point.coefficients["q"], point.x[0]]).max() < 1e-10


def test_branch_point_curve() -> None:
    branch = trace_branch(shifted_pitchfork(0.5), [0.0, -1.0], -1.0, (-1, 1))
    curve = trace_branch_point_curve(shifted_pitchfork, branch.special[0], 0.5, (-1, 1), -1, STEP)
    assert np.abs(curve.p - curve.q**2).max() < 1e-12
    assert np.abs(curve.unfolding).max() < 1e-12
    assert curve.branch.stop_reason == "limit"


def degenerate_pitchfork(q: float) -> Problem:
    """The pitchfork at p = 0 turns over at q = 0."""
    return Problem(lambda x, p: np.array([p * x[0] + q * x[0] ** 3 - x[0] ** 5, x[0] - 2 * x[1]]))


def vertical(q: float) -> Problem:
    """At q = 0 the branch that crosses is vertical, as that of a pitchfork."""
    return Problem(lambda x, p: np.array([(p - q) * x[0] + q * x[0] ** 2 - x[0] ** 3]))


@pytest.mark.parametrize(
    ("family", "place", "kind"),
    [(degenerate_pitchfork, 0.0, "degenerate pitchfork"), (vertical, -0.5, "pitchfork")],
)
def test_normal_forms_degenerate_along_branch_points(
    family: Callable[[float], Problem], place: float, kind: str
) -> None:
    n = family(0.0).residual(np.zeros(2), 0.0).size
    point = special_point(family(-0.5), np.zeros(n), place)
    curve = trace_branch_point_curve(family, point, -0.5, (-1, 1), 1, STEP)
    found = [q for q in curve.special if q.kind != "limit"]
    assert [(q.kind, q.located) for q in found] == [(kind, True)]
    assert max(abs(found[0].p), abs(found[0].coefficients["q"])) < 1e-8
    for x, p, q, v in zip(curve.x, curve.p, curve.q, curve.kernel, strict=True):
        assert np.abs(family(q).jacobian(x, p) @ v).max() < 1e-9
        assert np.linalg.norm(v) == pytest.approx(1.0)


def test_a_curve_starts_at_its_own_kind() -> None:
    branch = trace_branch(cusp(1.0), [1.5], 1.5**3 - 1.5, (-2, 4), -1)
    with pytest.raises(InvalidInputError, match="got 'fold'"):
        trace_branch_point_curve(cusp, branch.special[0], 1.0)


def brusselator(q: float) -> Problem:
    return Problem(
        lambda x, p: np.array([q - (p + 1) * x[0] + x[0] ** 2 * x[1], p * x[0] - x[0] ** 2 * x[1]])
    )


def bogdanov_takens(q: float) -> Problem:
    return Problem(lambda x, p: np.array([x[1], p + q * x[0] + x[0] ** 2 - x[0] * x[1]]))


def henon(q: float) -> Problem:
    return map_problem(lambda x, p: np.array([1 - p * x[0] ** 2 + x[1], q * x[0]]))


def delayed(q: float) -> Problem:
    return map_problem(lambda x, p: np.array([p * x[0] * (1 - x[1]) - q * x[0], x[0]]))


def first(branch, kind: str):
    return next(q for q in branch.special if q.kind == kind)


def test_hopf_curve_of_the_brusselator() -> None:
    hopf = first(trace_branch(brusselator(1.0), [1.0, 1.0], 1.0, (1, 3)), "hopf")
    curve = trace_hopf_curve(brusselator, hopf, 1.0, (0.5, 2.0), +1, STEP)
    assert curve.q[-1] == 2.0
    assert np.abs(curve.p - (1 + curve.q**2)).max() < 1e-11
    assert np.abs(curve.frequency - curve.q).max() < 1e-11
    for x, p, q, v, omega in zip(
        curve.x, curve.p, curve.q, curve.kernel, curve.frequency, strict=True
    ):
        assert np.abs(brusselator(q).jacobian(x, p) @ v - 1j * omega * v).max() < 1e-9


def test_hopf_curve_ends_in_its_bogdanov_takens_point() -> None:
    hopf = first(
        trace_branch(bogdanov_takens(-1.0), [0.3, 0.0], 0.21, (-0.5, 0.24), -1, STEP), "hopf"
    )
    curve = trace_hopf_curve(bogdanov_takens, hopf, -1.0, (-2, 1), +1, STEP)
    assert [q.kind for q in curve.special if q.kind != "fold"] == ["bogdanov-takens"]
    point = first(curve, "bogdanov-takens")
    assert np.abs([point.p, point.coefficients["q"], *point.x]).max() < 1e-9
    assert np.abs(curve.p).max() < 1e-11


def test_flip_curve_of_the_henon_map() -> None:
    flip = first(trace_branch(henon(0.3), [0.8, 0.24], 0.2, (0.1, 1.0)), "flip")
    curve = trace_flip_curve(henon, flip, 0.3, (-0.5, 0.5), -1, STEP)
    assert curve.q[-1] == -0.5
    assert np.abs(curve.p - 0.75 * (1 - curve.q) ** 2).max() < 1e-11


def test_neimark_sacker_curve_of_the_delayed_logistic_map() -> None:
    start = trace_branch(delayed(0.0), [0.3, 0.3], 1 / 0.7, (1.2, 2.5))
    curve = trace_neimark_sacker_curve(
        delayed, first(start, "neimark-sacker"), 0.0, (-0.4, 0.4), +1, STEP
    )
    assert curve.q[-1] == 0.4
    assert np.abs(curve.p - (2 + curve.q)).max() < 1e-11
    assert np.abs(curve.frequency - np.pi / 3).max() < 1e-11


@pytest.mark.parametrize(
    ("problem", "start", "kind"),
    [
        (brusselator(1.7), ([1.7, 1 / 1.7], 1.0, (1, 6)), "hopf"),
        (delayed(0.3), ([0.3, 0.3], 1 / 0.7, (1.2, 2.8)), "neimark-sacker"),
    ],
)
def test_a_curve_of_pairs_begins_where_its_equations_hold(problem, start, kind) -> None:
    point = first(trace_branch(problem, *start), kind)
    inside = InUnits(problem, Units.plain(2))
    system, y = curves._pair(inside, point)
    assert np.abs(system.residual(inside, y)).max() < 1e-10


def cubic(x: np.ndarray, a: float, b: float, c: float) -> np.ndarray:
    return np.array([a + b * x[0] - c * x[0] ** 3])


def test_the_point_says_which_parameters_a_curve_is_in() -> None:
    """A point found along b, in a problem where a is free, at another value of c."""
    problem = Problem(cubic, parameters={"a": -0.3, "b": 1.0, "c": 1.0}, free="a")
    along_b = problem.freeing("b").at(c=2.0)
    fold = first(trace_branch(along_b, [1.0], 2.3, (-1, 3), -1), "fold")
    curve = trace_fold_curve(problem, fold, "a", (-1, -0.01), step=STEP)
    assert (curve.meaning.parameter, curve.meaning.second) == ("b", "a")
    assert np.abs(4 * curve.p**3 - 27 * 2.0 * curve.q**2).max() < 1e-10


def test_a_hopf_curve_leaves_from_the_bogdanov_takens_point_of_a_fold_curve() -> None:
    def f(x: np.ndarray, p: float, q: float) -> np.ndarray:
        return np.array([x[1], p + q * x[0] + x[0] ** 2 - x[0] * x[1]])

    problem = Problem(f, parameters={"p": 0.0, "q": -0.8}, free="p")
    fold = first(trace_branch(problem, [0.2, 0.0], 0.12, (0, 0.3), +1, STEP), "fold")
    double = first(trace_fold_curve(problem, fold, "q", (-1, 1), step=STEP), "bogdanov-takens")
    halves = [trace_hopf_curve(problem, double, "q", (-1, 1), d, STEP) for d in (1, -1)]
    curve = max(halves, key=len)
    assert curve.q[-1] == -1.0
    assert {point.kind for half in halves for point in half.special} <= {"bogdanov-takens", "limit"}
    assert np.abs(curve.p).max() < 1e-8
    assert np.abs(curve.frequency[1:] ** 2 + curve.q[1:]).max() < 1e-8


def test_flips_of_doubled_orbits_are_followed_by_names() -> None:
    """x ↦ a x (1 - x) + b: a shift of the logistic map."""
    names = {"a": 2.0, "b": 0.0}
    logistic = map_problem(lambda x, a, b: a * x * (1 - x) + b, parameters=names, free="a")
    diagram = bifurcation_diagram(logistic, [0.5], 2.0, (1.9, 3.5), max_period=2)
    doubled = diagram.branches[diagram.periods.index(2)]
    curve = trace_flip_curve(period_k(logistic, 2), first(doubled, "flip"), "b", (-0.1, 0.1))
    c = 5.0 / 4.0  # of x ↦ x² - c, conjugate to it
    a = curve.p
    assert np.abs((a * a - 2 * a) / 4 + a * curve.q - c).max() < 1e-9


@pytest.mark.parametrize("unit", [1e-6, 1.0, 1e6])
def test_a_curve_ends_at_a_limit_of_its_first_parameter(unit: float) -> None:
    def scaled(q: float) -> Problem:
        return Problem(lambda x, p: np.array([p / unit + q * x[0] - x[0] ** 3]), symmetric=True)

    branch = trace_branch(scaled(1.0), [1.5], unit * (1.5**3 - 1.5), (-2 * unit, 4 * unit), -1)
    limits = (-0.5 * unit, 0.1 * unit)
    options = (scaled, branch.special[0], 1.0, (-1, 2))
    curve = trace_fold_curve(*options, direction=-1, step=STEP, p_limits=limits)
    assert curve.branch.stop_reason == "bound"
    assert curve.p[-1] == pytest.approx(limits[1], rel=1e-12)
    assert curve.q[-1] == pytest.approx(3 * (0.05) ** (2 / 3), rel=1e-10)
