"""Whole diagrams: everything once, loops closed, the same for any number of workers."""

import multiprocessing
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import numpy as np
import pytest

from continuation import (
    InvalidInputError,
    Problem,
    StepOptions,
    bifurcation_diagram,
    deflation,
    differences,
    find_solutions,
    newton,
    trace_branch,
)
from continuation.joining import cut, lies_on
from tests.continuation import perceptron
from tests.continuation.problems import d3, d4, isola, pitchfork
from tests.continuation.test_derivatives import Cubic

STEP = StepOptions(initial=0.02, maximum=0.05)
secondary = Problem(
    lambda x, p: np.array(
        [
            p * x[0] - x[0] ** 3 - 2 * x[0] * x[1] ** 2,
            (p - 0.2) * x[1] - x[1] ** 3 - 0.8 * x[1] * x[0] ** 2,
        ]
    )
)


@pytest.mark.parametrize(
    ("problem", "n", "branches"),
    [(pitchfork, 1, 3), (d3, 2, 7), pytest.param(d4, 2, 9, marks=pytest.mark.slow)],
)
def test_every_half_branch_once(problem: Problem, n: int, branches: int) -> None:
    diagram = bifurcation_diagram(problem, np.zeros(n), -1.0, (-1, 1), STEP)
    assert len(diagram.branches) == branches
    assert len(diagram.nodes) == 1
    assert diagram.complete
    ends = [np.round(np.append(b.x[-1], b.p[-1]), 6) for b in diagram.branches]
    assert len(np.unique(ends, axis=0)) == branches


@pytest.mark.parametrize(("at", "slope"), [(0.01, 0.0), (1000.0, 0.0), (0.0, 100.0)])
def test_both_halves_of_a_crossing_branch_beside_any_state(at: float, slope: float) -> None:
    """Neither the size of the unknowns nor their slope says how far from the node branches are."""

    def residual(x, p):
        y = x - at - slope * p
        return y * (p - y)

    diagram = bifurcation_diagram(Problem(residual), [at - slope], -1.0, (-1, 1))
    assert [q.kind for q in diagram.nodes] == ["transcritical"]
    ends = {(b.x[i, 0], b.p[i]) for b in diagram.branches for i in (0, -1)}
    for p in (-1.0, 1.0):
        found = sorted(x - at - slope * p for x, q in ends if q == p)
        np.testing.assert_allclose(found, sorted([0.0, p]), rtol=1e-10, atol=1e-10)
    assert len(diagram.branches) == 3


def test_what_lies_on_a_branch_that_was_cut_at_a_node() -> None:
    """All up to the node, behind the last sample too; nothing beyond its ends."""
    problem = Problem(lambda x, p: (x - 0.01) * (p - (x - 0.01)))
    whole = trace_branch(problem, [0.01], -1.0, (-1, 1))
    branch = cut(whole, whole.special[0])
    last, limits = float(branch.p[-1]), (-1.0, 1.0)
    for p, expected in ((last / 2, True), (last, True), (1e-3, False), (-1.0, True)):
        assert lies_on(problem, branch, np.array([0.01, p]), StepOptions(), limits) == expected
    assert not lies_on(problem, whole, np.array([0.01 + 1e-3, 1e-3]), StepOptions(), limits)


def test_isola_is_found_by_deflation_and_closed() -> None:
    diagram = bifurcation_diagram(isola, [0.0], -1.0, (-1, 1), STEP, search=[0.0])
    assert [b.stop_reason for b in diagram.branches] == ["limit", "closed loop"]
    assert [q.kind for q in diagram.branches[1].special] == ["fold", "fold"]


@pytest.mark.slow
def test_branches_joined_at_secondary_points() -> None:
    diagram = bifurcation_diagram(secondary, [0.0, 0.0], -1.0, (-1, 1), STEP)
    assert len(diagram.nodes) >= 2
    joined = [b for b in diagram.branches if b.stop_reason == "joined"]
    for branch, (start, end) in zip(diagram.branches, diagram.ends, strict=True):
        assert (end is not None) == (branch in joined)
        assert start is not None or branch is diagram.branches[0]
    # no branch twice: the middle samples lie on one branch only
    middles = [np.append(b.x[len(b) // 2], b.p[len(b) // 2]) for b in diagram.branches]
    for i, a in enumerate(middles):
        for j, b in enumerate(middles):
            assert i == j or np.linalg.norm(a - b) > 1e-6


@pytest.mark.slow
def test_the_same_for_any_number_of_workers() -> None:
    alone = bifurcation_diagram(d4, np.zeros(2), -1.0, (-1, 1), STEP)
    with ThreadPoolExecutor(2) as executor:
        together = bifurcation_diagram(d4, np.zeros(2), -1.0, (-1, 1), STEP, executor=executor)
    assert alone.ends == together.ends
    for a, b in zip(alone.branches, together.branches, strict=True):
        assert np.array_equal(a.x, b.x)


def symmetric_field(x: np.ndarray, p: float) -> np.ndarray:
    """D4: in a module, so that a process can find it."""
    return p * x - x * (2 * (x @ x) - x**2)


@pytest.mark.skipif(
    "fork" not in multiprocessing.get_all_start_methods(), reason="fresh interpreters start slowly"
)
@pytest.mark.parametrize("is_compiled", [False, True])
def test_the_same_in_processes(is_compiled: bool) -> None:
    if is_compiled:
        problem, start, p_limits = perceptron.problem(20), [1.0, 4.0, 2.0, -1.0], (0.0, 0.1)
    else:
        problem, start, p_limits = Problem(symmetric_field, symmetric=True), [0.0, 0.0], (-1, 1)
    p0 = p_limits[0]
    alone = bifurcation_diagram(problem, start, p0, p_limits, STEP)
    with ProcessPoolExecutor(2, multiprocessing.get_context("fork")) as executor:
        together = bifurcation_diagram(problem, start, p0, p_limits, STEP, executor=executor)
    assert len(alone.branches) == (1 if is_compiled else 9)
    assert (alone.ends, alone.passes) == (together.ends, together.passes)
    for a, b in zip(alone.branches, together.branches, strict=True):
        for name in ("x", "p", "tangent", "eigenvalues", "error_bound"):
            assert np.array_equal(getattr(a, name), getattr(b, name)), name


def test_deflation_finds_all_three_solutions() -> None:
    found = find_solutions(pitchfork, 1.0, [np.array([0.3])])
    assert sorted(round(float(x[0]), 10) for x in found) == [-1.0, 0.0, 1.0]


def test_bounds() -> None:
    diagram = bifurcation_diagram(d4, np.zeros(2), -1.0, (-1, 1), STEP, max_branches=3)
    assert len(diagram.branches) == 3
    assert not diagram.complete
    with pytest.raises(InvalidInputError, match="finite"):
        bifurcation_diagram(d4, np.zeros(2), -1.0, (-1, np.inf), STEP)


def toggle(seed: int, scale: float) -> tuple[Problem, np.ndarray, float]:
    """Two genes that repress each other, in random coordinates; them, and the unit of a."""
    r = np.random.default_rng(seed)
    a = scale * 10.0 ** r.uniform(-1, 1, 2)[:, None] * (r.standard_normal((2, 2)) + 2 * np.eye(2))
    unit = 10.0 ** r.uniform(-4, 4)

    def residual(x: np.ndarray, p: float) -> np.ndarray:
        u = np.linalg.solve(a, x)
        return np.asarray(a @ (p / unit / (1 + u[::-1] ** 2) - u))

    return Problem(residual), a, unit


@pytest.mark.parametrize("scale", [1e-9, 1.0, 1e5])
def test_branches_and_nodes_are_told_apart_in_any_units(scale: float) -> None:
    problem, a, unit = toggle(7, scale)
    start = newton(problem, a @ [0.1, 0.1], 0.1 * unit).x
    found = bifurcation_diagram(problem, start, 0.1 * unit, (0.1 * unit, 5 * unit))
    assert found.complete
    assert len(found.branches) == 3
    assert [node.p / unit for node in found.nodes] == pytest.approx([2.0], abs=1e-8)
    swap = a @ np.array([[0.0, 1.0], [1.0, 0.0]]) @ np.linalg.inv(a)
    once = bifurcation_diagram(
        problem, start, 0.1 * unit, (0.1 * unit, 5 * unit), generators=[swap]
    )
    assert len(once.branches) == 2


@pytest.mark.parametrize("seed", range(4))
def test_a_deflated_step_is_one_of_newton_on_the_product(seed: int, monkeypatch) -> None:
    """Of Π(1/|x - y|² + 1) F(x), whose derivative is taken by differences; then shortened."""
    random, n = np.random.default_rng(seed), 1 + seed
    problem, (x, *known) = Cubic(seed, n).problem(), random.standard_normal((3, n))

    def product(u: np.ndarray) -> np.ndarray:
        deflated = [1.0 / ((u - y) @ (u - y)) + 1.0 for y in known]
        return np.prod(deflated) * problem.residual(u, 0.4)

    slope = differences.jacobian(product, x, np.ones(n))
    step = -np.linalg.solve(slope, product(x))
    step *= min(1.0, (1 + np.linalg.norm(x)) / np.linalg.norm(step))
    monkeypatch.setattr(deflation, "SAME", np.inf)  # the first is taken for the last
    found = deflation._deflated_newton(problem, 0.4, x, known)
    np.testing.assert_allclose(found, x + step, rtol=1e-7)


@pytest.mark.slow
def test_a_branch_whose_run_goes_over_to_a_known_one_is_said_to_be_missing():
    """A square's eight half-branches in coordinates of condition 1000: all, or a note."""
    r, n = np.random.default_rng(1), 5
    turns = [np.linalg.qr(r.normal(size=(n, n)))[0] for _ in range(2)]
    a = turns[0] @ np.diag(np.geomspace(1, 1e-3, n)) @ turns[1]
    inverse = np.linalg.inv(a)

    def residual(x, p):
        (u, v, *others), m = inverse @ x, p - 0.1
        square = [m * u - u**3 - 2 * u * v * v, m * v - v**3 - 2 * v * u * u]
        return a @ [*square, -others[0], -2 * others[1], -5 * (others[2] - 0.2 * m)]

    start = a @ [0, 0, 0, 0, -0.22]
    diagram = bifurcation_diagram(Problem(residual), start, -1.0, (-1, 1))
    assert len(diagram.branches) == 9 or any("missing" in note for note in diagram.notes)


def test_lines_begin_at_their_node_and_change_at_special_points():
    figure = pytest.importorskip("matplotlib.figure").Figure()
    diagram = bifurcation_diagram(pitchfork, [0.0], -1.0, p_limits=(-1.0, 1.0))
    ax = figure.subplots()
    diagram.plot(ax)
    drawn = [(line.get_label(), np.array(line.get_xydata())) for line in ax.lines]
    trivial = [xy for label, xy in drawn if label == "stable" and (xy[:, 1] == 0).all()]
    assert max(xy[:, 0].max() for xy in trivial) == pytest.approx(0.0, abs=1e-9)
    starts = [xy for label, xy in drawn if label == "stable" and len(xy) == 2 and xy[1, 1] != 0]
    assert sorted(np.sign(xy[1, 1]) for xy in starts) == [-1.0, 1.0]
    for xy in starts:
        assert np.abs(xy[0]).max() < 1e-9
    assert repr(diagram).startswith("Diagram(3 branches, 1 node")


@pytest.mark.parametrize(("limits", "ends"), [((0, 1), [0.0, 1.0]), ((-1, 0), [-1.0, 0.0])])
def test_a_start_on_a_branch_point_at_a_limit(limits, ends) -> None:
    diagram = bifurcation_diagram(Problem(lambda x, p: p * x - x**2), [0.0], 0.0, limits)
    assert [q.kind for q in diagram.nodes] == ["transcritical"]
    np.testing.assert_allclose(sorted(b.x[-1, 0] for b in diagram.branches), ends, atol=1e-9)


def test_nodes_beside_each_other_on_one_branch() -> None:
    """Two pitchforks 1e-6 apart, each in an unknown of its own."""
    apart = np.array([0.0, 1e-6])
    problem = Problem(lambda x, p: (p - apart) * x - x**3)
    diagram = bifurcation_diagram(problem, [0.0, 0.0], -1.0, (-1, 1))
    np.testing.assert_allclose([q.p for q in diagram.nodes], apart, atol=1e-12)
    assert len(diagram.branches) == 5


@pytest.mark.parametrize("unit", [1.0, 1e-9])
def test_pitchforks_in_a_row_whatever_the_unit_of_the_parameter(unit: float) -> None:
    """Of a run that began beside a pitchfork the units are long: its tangents are right still."""
    a = np.array([[0.9, -0.7], [0.4, 1.1]])

    def residual(x, p):
        y, m = np.linalg.solve(a, x), p / unit - np.array([0.1, 0.14])
        return a @ (y * (m - y**2))

    diagram = bifurcation_diagram(Problem(residual), np.zeros(2), -unit, (-unit, unit))
    assert (len(diagram.branches), len(diagram.nodes)) == (9, 4)
    assert diagram.complete
