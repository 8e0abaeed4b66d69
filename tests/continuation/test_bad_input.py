"""Misuse raises, each with its own message and remedy; numerical trouble is a status."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from continuation import (
    ConvergenceError,
    InvalidInputError,
    NewtonOptions,
    Problem,
    StepOptions,
    bifurcation_diagram,
    check_derivatives,
    find_solutions,
    load,
    newton,
    resume_branch,
    special_point,
    switch_branch,
    trace_branch,
)
from tests.continuation.problems import circle, fold, pitchfork, scalar


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"x0": [[1.0]]}, r"shape \(1, 1\)"),
        ({"x0": []}, "shape"),
        ({"x0": [np.nan]}, "NaN"),
        ({"x0": [1.0, 2.0]}, "returned shape"),
        ({"p_limits": (2, 3)}, "outside p_limits"),
        ({"p_limits": (3, 2)}, "low < high"),
        ({"direction": 0}, "direction must be"),
        ({"direction": [1.0, 0.0, 0.0]}, "direction must have shape"),
    ],
)
def test_unusable_arguments(arguments: dict, message: str) -> None:
    settings = {"x0": [1.0], "p0": 1.0, "p_limits": (0.0, 2.0)} | arguments
    with pytest.raises(InvalidInputError, match=message):
        trace_branch(fold, **settings)


@pytest.mark.parametrize("length", [0.0, -0.1, np.nan])
def test_steps_must_be_positive(length: float) -> None:
    with pytest.raises(InvalidInputError, match="positive"):
        StepOptions(initial=length)


def test_step_lengths_must_be_ordered() -> None:
    with pytest.raises(InvalidInputError, match="must be ordered"):
        StepOptions(initial=1.0, maximum=0.1)
    with pytest.raises(InvalidInputError, match="positive"):
        NewtonOptions(max_iterations=0)


def test_start_that_is_no_solution() -> None:
    with pytest.raises(ConvergenceError, match="the nearest one found lies"):
        trace_branch(fold, [30.0], 1.0)
    with pytest.raises(ConvergenceError, match="no solution"):
        trace_branch(scalar(lambda u, p: u * u + 1, lambda u, p: 2 * u, lambda u, p: 0.0), [3.0], 0)


def test_singular_start() -> None:
    with pytest.raises(InvalidInputError, match="the start is singular"):
        trace_branch(pitchfork, [0.0], 0.0)


def test_start_on_a_fold_is_fine() -> None:
    branch = trace_branch(fold, [0.0], 0.0, (-1, 1))
    assert branch.stop_reason == "limit"
    assert branch.x[-1] ** 2 == pytest.approx(1.0)


def test_residual_not_finite_at_the_start() -> None:
    with pytest.raises(InvalidInputError, match="not finite"):
        trace_branch(Problem(lambda x, p: x + np.nan), [0.0], 0.0)


def test_residual_turns_nan_halfway() -> None:
    def residual(x, p):
        return np.array([p - x[0] if p < 0.5 else np.nan])

    problem = Problem(residual, lambda x, p: -np.eye(1), lambda x, p: np.ones(1))
    branch = trace_branch(problem, [0.0], 0.0)
    assert branch.stop_reason == "no progress"
    assert "not finite" in branch.message
    assert 0.49 < branch.p[-1] < 0.5


def test_corner_of_a_branch() -> None:
    kink = Problem(
        lambda x, p: x - max(p, 0.0),
        lambda x, p: np.eye(1),
        lambda x, p: -np.array([float(p > 0.0)]),
    )
    branch = trace_branch(kink, [0.0], -1.0, (-1, 1))
    assert branch.stop_reason == "no progress"
    assert "turns by more than max_angle" in branch.message
    assert "start beyond it" in branch.message
    assert -1e-6 < branch.p[-1] <= 0.0
    assert len(branch) > 10


def test_a_corner_that_turns_is_no_closed_loop() -> None:
    """|x| = p: what is predicted from a step of 1e-9 is nowhere near."""
    branch = trace_branch(Problem(lambda x, p: np.abs(x) - p), [1.0], 1.0, (-1, 1), -1)
    assert branch.stop_reason == "no progress"
    assert 0 <= branch.p[-1] < 1e-3


def test_jacobian_that_disagrees_is_named() -> None:
    wrong = Problem(lambda x, p: x**3 - p, lambda x, p: np.diag(2 * x**2), lambda x, p: -np.ones(2))
    with pytest.raises(InvalidInputError, match=r"jacobian\[1, 1\] is 8 .*give 12"):
        check_derivatives(wrong, [1.0, 2.0], 0.0)
    wrong = Problem(lambda x, p: x - p, lambda x, p: np.eye(1), lambda x, p: np.ones(1))
    with pytest.raises(InvalidInputError, match=r"dresidual_dp\[0\]"):
        check_derivatives(wrong, [1.0], 0.0)


def test_right_derivatives_pass() -> None:
    check_derivatives(pitchfork, [0.7], 0.3)


def test_nothing_is_left_of_a_branch_that_has_ended() -> None:
    branch = trace_branch(fold, [1.0], 1.0, (0.5, 2.0))
    with pytest.raises(InvalidInputError, match=r"ended at its limit 2\. Widen"):
        resume_branch(fold, branch, (0.5, 2.0))
    for wider in ((0.5, 3.0), (2.0, 3.0)):  # the former limit is a sample like others
        further = resume_branch(fold, branch, wider)
        assert [(q.kind, q.p) for q in further.special] == [("limit", 3.0)]
        assert 2.0 in further.p
    loop = trace_branch(circle, [1.0], 0.0, (-5, 5))
    with pytest.raises(InvalidInputError, match="closed loop"):
        resume_branch(circle, loop, (-5, 5))


def test_another_problem_is_not_resumed() -> None:
    branch = trace_branch(fold, [1.0], 1.0, (0.5, 2.0))
    for other in (lambda x, p: p - 1.01 * x**2, lambda x, p: np.append(p - x**2, 1.0)):
        with pytest.raises(InvalidInputError, match=r"another problem|shape \(2,\)"):
            resume_branch(Problem(other), branch, (0.5, 3.0))
    with pytest.raises(InvalidInputError, match="the branch must be a branch"):
        resume_branch(fold, None)


def test_a_jacobian_that_is_not_symmetric() -> None:
    turning = Problem(lambda x, p: np.array([p - x[0] ** 2, x[0] - x[1]]), symmetric=True)
    with pytest.raises(InvalidInputError, match=r"dF\[0\]/dx\[1\] is .* and dF\[1\]/dx\[0\] is 1"):
        trace_branch(turning, [1.0, 1.0], 1.0, (0.5, 2.0))
    unit = np.array([1e-6, 1e6])  # gradient of cosh(a·x) - p a·x + |x / unit|² / 2
    along = np.array([1.0, 2.0]) / unit
    far = Problem(lambda x, p: (np.sinh(along @ x) - p) * along + x / unit**2, symmetric=True)
    assert trace_branch(far, [0.0, 0.0], 0.0, (0, 1)).stop_reason == "limit"


def test_what_is_no_count_no_problem_and_no_file() -> None:
    for make in (lambda: StepOptions(max_samples=5.5), lambda: NewtonOptions(max_iterations=True)):
        with pytest.raises(InvalidInputError, match="positive whole number"):
            make()
    with pytest.raises(InvalidInputError, match="problem must be made by Problem"):
        newton(lambda x, p: x, [1.0], 1.0)
    with pytest.raises(InvalidInputError, match="the parameter p must be one finite number"):
        newton(fold, [1.0], np.nan)
    with pytest.raises(InvalidInputError, match=r"search must be a sequence of numbers"):
        bifurcation_diagram(fold, [1.0], 1.0, (0.5, 2.0), search=0.5)
    for wrong in (None, 5):
        with pytest.raises(InvalidInputError, match="given by its name"):
            load(wrong)


def test_residual_must_be_callable() -> None:
    with pytest.raises(InvalidInputError, match="residual must be a function"):
        Problem(3)
    with pytest.raises(TypeError, match="residual"):
        Problem()  # type: ignore[call-arg]


def test_newton_reports_failure_as_a_status() -> None:
    result = newton(fold, [1.0], -1.0)
    assert not result.converged
    assert result.message != "converged"
    assert newton(fold, [0.9], 1.0).converged


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"x0": [1 + 1e-3j]}, "real numbers.*of their own"),
        ({"x0": {"u": 1.0}}, "real numbers, got dict"),
        ({"x0": [[1.0], [1.0, 2.0]]}, "real numbers, got list"),
        ({"p0": {"r": 1.0}}, "the start p must consist of real numbers, got dict"),
        ({"p0": [1.0]}, "one finite number"),
        ({"p0": "1"}, "real numbers, got str"),
        ({"p_limits": 2.0}, r"a pair \(low, high\)"),
        ({"p_limits": (0, 1j)}, "a limit must consist of real numbers"),
        ({"step": 0.1}, r"step must be made by StepOptions.*got 0\.1"),
        ({"newton": {"max_iterations": 3}}, "newton must be made by NewtonOptions"),
        ({"targets": 0.5}, "targets must be a sequence.*got 0.5"),
        ({"targets": ["a"]}, "one of targets must consist of real numbers"),
        ({"functions": [lambda x, p: x[0]]}, "functions must map names"),
        ({"functions": {"level": 1.0}}, "functions must map names"),
        ({"direction": "up"}, "direction must be"),
        ({"bounds": (0, 1)}, "bounds must map unknowns"),
        ({"bounds": {0: (3, 4)}}, "outside the bounds"),
        ({"bounds": {0: (1, 0)}}, "low < high"),
        ({"direction": [1j, 0]}, "direction must consist of real numbers"),
        ({"direction": [0, 0]}, "a direction must not be zero"),
        ({"bounds": {0: (2, 0)}}, r"bounds of 0 must be \(low, high\)"),
        ({"targets": np.array(0.5)}, "targets must be a sequence"),
        ({"functions": {"level": lambda x, p: None}}, "'level' must return one real number"),
        ({"functions": {"level": lambda x, p: x + 1j}}, "'level' must return one real number"),
        ({"functions": {"level": lambda x, p: 1 / 0}}, "'level' raised ZeroDivisionError"),
        ({"stop": 5}, "stop must be a function of a Sample"),
    ],
)
def test_what_is_no_number_or_no_option_is_named(arguments: dict, message: str) -> None:
    settings = {"x0": [1.0], "p0": 1.0, "p_limits": (0.0, 2.0)} | arguments
    with pytest.raises(InvalidInputError, match=message):
        trace_branch(fold, **settings)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"generators": 5}, "generators must be a sequence of matrices.*got 5"),
        ({"generators": None}, "generators must be a sequence of matrices.*got None"),
        ({"generators": [["a"]]}, "a generator must consist of real numbers"),
        ({"starts": 5}, "starts must be a sequence of states.*got 5"),
        ({"starts": [[1.0, 2.0]]}, "each of starts must have 1 unknowns, got 2"),
    ],
)
def test_unusable_arguments_of_a_diagram(arguments: dict, message: str) -> None:
    with pytest.raises(InvalidInputError, match=message):
        bifurcation_diagram(pitchfork, [0.0], -1.0, (-1, 1), search=[0.5], **arguments)


def test_solutions_that_are_known_have_the_unknowns_of_the_starts() -> None:
    with pytest.raises(InvalidInputError, match="each of known must have 1 unknowns, got 2"):
        find_solutions(pitchfork, 1.0, [[0.1]], known=[[0.0, 0.0]])


@pytest.mark.parametrize("limits", [None, 5, (1, 0)])
def test_limits_of_branches_that_leave_are_checked(limits: object) -> None:
    point = special_point(pitchfork, [0.0], 0.1)
    with pytest.raises(InvalidInputError, match="p_limits must be"):
        switch_branch(pitchfork, point, limits)


def test_a_point_of_another_problem_is_refused() -> None:
    point = special_point(pitchfork, [0.0], 0.1)
    other = Problem(lambda x, p: np.array([p - x[0], x[0] - x[1]]))
    with pytest.raises(InvalidInputError, match="residual raised IndexError"):
        switch_branch(other, point, (-1, 1))
    with pytest.raises(InvalidInputError, match="p must consist of real numbers, got NoneType"):
        special_point(pitchfork, [0.0], None)


@pytest.mark.parametrize("ax", [None, 5, "axes"])
def test_only_axes_are_drawn_into(ax: object) -> None:
    branch = trace_branch(fold, [1.0], 1.0, (0.0, 2.0))
    with pytest.raises(InvalidInputError, match=r"ax must be axes of Matplotlib.*got"):
        branch.plot(ax)


def test_a_quantity_to_draw_that_cannot_be_computed_is_named() -> None:
    branch = trace_branch(fold, [1.0], 1.0, (0.0, 2.0))
    with pytest.raises(InvalidInputError, match="raised IndexError"):
        branch.plot(Figure().add_subplot(), y=lambda x, p: x[7])


@pytest.mark.parametrize("scale", ["1", {}, [1.0, -1.0], [1.0, 2j], np.nan])
def test_scales_are_positive_numbers(scale: object) -> None:
    with pytest.raises(InvalidInputError, match="state_scale"):
        StepOptions(state_scale=scale)


def test_scales_may_be_an_array() -> None:
    problem = Problem(lambda x, p: np.array([p - x[0], x[0] - x[1]]))
    step = StepOptions(state_scale=np.array([1.0, 2.0]))
    assert trace_branch(problem, [0, 0], 0, (0, 1), step=step).p[-1] == 1.0
    assert step == StepOptions(state_scale=(1.0, 2.0))


@pytest.mark.parametrize("samples", [45, 46, 47])
def test_a_point_found_before_is_not_found_again(samples: int) -> None:
    """Resumed right after a fold, beside which the least singular value turns back."""
    a = np.array([[1.0, 2.0], [0.5, -1.0]])

    def residual(x, p):
        y = np.linalg.solve(a, x)
        return a @ np.array([p + 0.5 * y[0] - y[0] ** 3, y[0] ** 2 - y[1]])

    problem = Problem(residual)
    start = newton(problem, a @ [-1.2, 1.4], -1.0).x
    few = StepOptions(max_samples=samples)
    part = trace_branch(problem, start, -1.0, (-1, 1), step=few)
    whole = resume_branch(problem, part, (-1, 1))
    assert [q.kind for q in whole.special] == ["fold", "fold", "limit"]
