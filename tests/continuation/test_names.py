"""Problems with names: results speak them, are drawn, become tables and files."""

import dataclasses

import numpy as np
import pytest

from continuation import (
    Branch,
    InvalidInputError,
    Problem,
    StepOptions,
    UnknownNameError,
    bifurcation_diagram,
    load,
    trace_branch,
    trace_fold_curve,
    trace_user_curve,
)
from tests.continuation.problems import pitchfork


def cubic(x, a, b, c):
    """Folds at a² = 4 b³ / 27; c shifts nothing at c = 1."""
    return np.array([a + b * x[0] - c * x[0] ** 3, x[0] - x[1]])


NAMED = Problem(cubic, states=["u", "v"], parameters={"a": -3.0, "b": 3.0, "c": 1.0}, free="a")
START = ([-2.2, -2.2], -4.0, (-4.0, 4.0))


@pytest.fixture(scope="module")
def branch() -> Branch:
    return trace_branch(NAMED, *START, step=StepOptions(maximum=0.2))


def test_the_same_as_without_names(branch: Branch) -> None:
    plain = Problem(lambda x, p: cubic(x, p, 3.0, 1.0))
    assert np.array_equal(trace_branch(plain, *START, step=StepOptions(maximum=0.2)).x, branch.x)


def test_results_speak_the_names(branch: Branch) -> None:
    assert "a -4 to 4" in repr(branch)
    assert "fold at a = 2" in repr(branch.special[0])
    assert "u = -1, v = -1" in repr(branch.special[0])
    assert branch.meaning.held == (("b", 3.0), ("c", 1.0))
    assert branch.meaning.flow == "x' = F(x, a)"


def test_derivatives_take_the_names_too() -> None:
    exact = Problem(
        cubic,
        lambda x, a, b, c: np.array([[b - 3 * c * x[0] ** 2, 0.0], [1.0, -1.0]]),
        lambda x, a, b, c: np.array([1.0, 0.0]),
        parameters=NAMED.parameters,
        free="a",
    )
    folds = [q.p for q in trace_branch(exact, *START).special if q.kind == "fold"]
    assert np.abs(np.sort(folds) - [-2.0, 2.0]).max() < 1e-11
    # what was the derivative by a is not taken for that by b
    assert np.abs(exact.freeing("b").dresidual_dp(np.array([2.0, 0.0]), 3.0) - [2, 0]).max() < 1e-9


@pytest.mark.parametrize("second", ["b", "c"])
def test_any_two_parameters_span_a_curve(branch: Branch, second: str) -> None:
    fold = branch.special[0]
    curve = trace_fold_curve(NAMED, fold, second, (0.5, 4.0), step=StepOptions(maximum=0.2))
    b, c = (curve.q, 1.0) if second == "b" else (3.0, curve.q)
    assert np.abs(curve.p**2 - 4 * b**3 / (27 * c)).max() < 1e-9
    assert list(curve.to_dataframe().columns) == ["a", second, "u", "v", "special"]
    assert f"samples of fold, {second}" in repr(curve)
    assert {q.meaning.second for q in curve.special} == {second}


def test_a_zero_of_a_function_is_followed(branch: Branch) -> None:
    def level(x, a):
        return x[0] + 1.5

    found = trace_branch(NAMED, *START, functions={"level": level}).special
    point = next(q for q in found if q.kind == "user")
    curve = trace_user_curve(NAMED, point, "b", level, (1.0, 4.0))
    assert np.abs(curve.x[:, 0] + 1.5).max() < 1e-10
    assert np.abs(curve.p - (1.5 * curve.q - 1.5**3)).max() < 1e-9


def test_stability_is_that_of_the_flow(branch: Branch) -> None:
    slope = 3.0 - 3 * branch.x[:, 0] ** 2
    assert np.array_equal(branch.stable, slope < 0)
    gradient = dataclasses.replace(NAMED, flow_sign=-1.0)
    other = trace_branch(gradient, *START)
    assert not other.stable.any()  # u or v always grows
    assert other.meaning.flow == "x' = -F(x, a)"


def test_tables(branch: Branch) -> None:
    frame = branch.to_dataframe()
    assert list(frame.columns) == ["a", "u", "v", "stable", "special"]
    assert np.array_equal(frame[frame.special == ""]["u"], branch.x[:, 0])
    assert list(frame[frame.special != ""]["special"]) == [q.kind for q in branch.special]
    inside = frame.index[frame.special == "fold"][0]
    assert frame.stable[inside - 1] != frame.stable[inside + 1]


def test_plots_show_stability_and_name_the_points(branch: Branch) -> None:
    figure = pytest.importorskip("matplotlib.figure")
    ax = figure.Figure().add_subplot()
    artists = [*branch.plot(ax, y="v"), *branch.plot(ax, y=lambda x, a: x[0] ** 2)]
    lines = [line for line in artists if line.get_marker() == "None"]
    assert {line.get_linestyle() for line in lines} == {"-", "--"}
    assert (ax.get_xlabel(), branch.plot(ax, "u", 1) and ax.get_ylabel()) == ("a", "v")
    legend = ax.get_legend()
    labels = [text.get_text() for text in legend.get_texts()]
    assert sorted(labels) == ["fold", "limit", "stable", "unstable"]
    assert legend.get_title().get_text() == "stability for x' = F(x, a)"
    with pytest.raises(UnknownNameError, match="no 'w' here; known are a, u, v"):
        branch.plot(ax, y="w")


def assert_equal(a: object, b: object) -> None:
    """The same record, field by field, to the last bit."""
    assert type(a) is type(b)
    if dataclasses.is_dataclass(a):
        for name in (field.name for field in dataclasses.fields(a)):
            assert_equal(getattr(a, name), getattr(b, name))
    elif isinstance(a, tuple):
        assert len(a) == len(b)
        for one, other in zip(a, b, strict=True):
            assert_equal(one, other)
    elif isinstance(a, np.ndarray):
        assert a.dtype == b.dtype
        assert np.array_equal(a, b, equal_nan=True)
    else:
        assert a == b or (a != a and b != b)


def test_files_hold_everything(branch: Branch, tmp_path) -> None:
    curve = trace_fold_curve(NAMED, branch.special[0], "b", (2.0, 4.0))
    diagram = bifurcation_diagram(pitchfork, [0.0], -1.0, (-1, 1))
    for name, result in (("branch", branch), ("curve", curve), ("diagram", diagram)):
        assert_equal(load(result.save(tmp_path / f"{name}.nc")), result)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"parameters": {"a": 1.0, "b": 2.0}}, "say which parameter is free: one of a, b"),
        ({"parameters": {"a": 1.0}, "free": "q"}, "free must be one of a; got 'q'"),
        ({"parameters": {"a": "1"}}, "parameter a must consist of real numbers"),
        ({"parameters": {"a": np.nan}}, "parameter a must be one finite number"),
        ({"parameters": {"a": 1.0}, "states": ["u", "a"]}, "'a' names a parameter and an unknown"),
        ({"states": ["u", "p"]}, "'p' names a parameter and an unknown"),
        ({"symmetric": None}, "symmetric must be True or False"),
        ({"flow_sign": 0}, "flow_sign must be"),
        ({"flow_sign": "-"}, "flow_sign must consist of real numbers"),
        ({"parameters": [1.0]}, "parameters must map names to values"),
        ({"states": "uv"}, "states must be a sequence of names"),
        ({"states": ["u", "u"]}, "names of their own"),
        ({"mass": "M"}, "mass must be a finite matrix"),
        ({"mass": [[1.0, 0.0]]}, "mass must be square"),
    ],
)
def test_misuse_of_names(arguments: dict, message: str) -> None:
    with pytest.raises(InvalidInputError, match=message):
        Problem(cubic, **arguments)


def test_misuse_of_second_parameters(branch: Branch) -> None:
    fold = branch.special[0]
    with pytest.raises(InvalidInputError, match="a is the first parameter"):
        trace_fold_curve(NAMED, fold, "a")
    with pytest.raises(UnknownNameError, match="no parameter 'd'"):
        trace_fold_curve(NAMED, fold, "d")
    with pytest.raises(InvalidInputError, match="given by its name"):
        trace_fold_curve(NAMED, fold, 3.0)
    with pytest.raises(InvalidInputError, match="states is for 2 unknowns, the state has 1"):
        trace_branch(NAMED, [0.0], 0.0)
