"""Streaming, stopping, saving, resuming, drawing."""

import itertools

import numpy as np
import pytest

from continuation import (
    Branch,
    Problem,
    StepOptions,
    StoreError,
    load,
    resume_branch,
    samples,
    trace_branch,
)
from tests.continuation.problems import hysteresis

START = ([2.0], 6.0)
LIMITS = (-7.0, 7.0)


@pytest.fixture(scope="module")
def whole() -> Branch:
    return trace_branch(hysteresis, *START, LIMITS, -1)


def assert_identical(a: Branch, b: Branch) -> None:
    for name in ("x", "p", "tangent", "eigenvalues", "inertia", "error_bound", "length"):
        assert np.array_equal(getattr(a, name), getattr(b, name)), name
    assert [(q.kind, q.p, q.index) for q in a.special] == [
        (q.kind, q.p, q.index) for q in b.special
    ]
    assert a.stop_reason == b.stop_reason


def test_samples_stream(whole: Branch) -> None:
    stream = samples(hysteresis, *START, LIMITS, -1)
    few = list(itertools.islice(stream, 5))
    assert [s.p for s in few] == list(whole.p[:5])
    rest = list(stream)
    assert len(rest) == len(whole) - 5
    kinds = [q.kind for s in rest for q in s.special]
    assert kinds == [q.kind for q in whole.special]


@pytest.mark.parametrize("count", [1, 2, 30, 75, 90])
def test_saved_and_resumed_to_the_same_result(whole: Branch, count: int, tmp_path) -> None:
    part = trace_branch(hysteresis, *START, LIMITS, -1, StepOptions(max_samples=count))
    assert part.stop_reason == "samples"
    part.save(tmp_path / "part.nc")
    again = load(tmp_path / "part.nc")
    assert_identical(part, again)
    assert_identical(resume_branch(hysteresis, again, LIMITS), whole)


def test_stop_condition_keeps_what_was_computed(whole: Branch) -> None:
    branch = trace_branch(hysteresis, *START, LIMITS, -1, stop=lambda s: s.p < 1.0)
    assert branch.stop_reason == "stop condition"
    assert branch.p[-1] < 1.0 <= branch.p[-2]
    assert_identical(resume_branch(hysteresis, branch, LIMITS), whole)


def test_interruption_keeps_what_was_computed(whole: Branch) -> None:
    seen = []

    def interrupt(sample) -> bool:
        seen.append(sample)
        if len(seen) == 20:
            raise KeyboardInterrupt
        return False

    branch = trace_branch(hysteresis, *START, LIMITS, -1, stop=interrupt)
    assert branch.stop_reason == "interrupted"
    assert_identical(resume_branch(hysteresis, branch, LIMITS), whole)


def test_targets_and_user_functions_in_order() -> None:
    branch = trace_branch(
        hysteresis,
        *START,
        LIMITS,
        -1,
        targets=[0.0, 0.3],
        functions={"u": lambda x, p: x[0] - 0.25},
    )
    kinds = [q.kind for q in branch.special]
    expected = ["target"] * 2 + ["fold", "user"] + ["target"] * 2 + ["fold"] + ["target"] * 2
    assert kinds == [*expected, "limit"]
    for q in branch.special:
        if q.kind == "target":
            assert q.p in (0.0, 0.3)
            assert abs(hysteresis.residual(q.x, q.p)).max() < 1e-14
        if q.kind == "user":
            assert q.name == "u"
            assert q.x[0] == pytest.approx(0.25, abs=1e-13)


@pytest.mark.parametrize("direction", [1, -1])
def test_a_target_at_the_start_is_not_met_there(direction: int) -> None:
    """It belongs to the step that arrives at it, and none does."""
    branch = trace_branch(hysteresis, [2.0], 6.0, LIMITS, direction, targets=[6.0, 6.0 + direction])
    assert [q.p for q in branch.special if q.kind == "target"][:1] == [6.0 + direction]


def test_limits_are_hit_exactly(whole: Branch) -> None:
    assert whole.p[-1] == -7.0
    assert whole.special[-1].kind == "limit"


def test_inertia_follows_the_folds(whole: Branch) -> None:
    negative = whole.inertia[:, 0]
    changes = np.flatnonzero(np.diff(negative))
    assert list(changes) == [q.index for q in whole.special if q.kind == "fold"]


def test_repr_is_one_line(whole: Branch) -> None:
    text = repr(whole)
    assert "\n" not in text
    for part in (str(len(whole)), "2 fold", "limit"):
        assert part in text


def test_plot_draws_into_the_axes_given(whole: Branch) -> None:
    plt = pytest.importorskip("matplotlib.figure")
    ax = plt.Figure().add_subplot()
    artists = whole.plot(ax)
    assert len(artists) >= 1 + len(whole.special)


def test_foreign_and_truncated_files(whole: Branch, tmp_path) -> None:
    foreign = tmp_path / "foreign.nc"
    foreign.write_bytes(b"no NetCDF at all")
    cut = whole.save(tmp_path / "cut.nc")
    cut.write_bytes(cut.read_bytes()[:-200])
    for path in (foreign, cut, tmp_path / "missing.nc"):
        with pytest.raises(StoreError):
            load(path)
    with pytest.raises(StoreError, match="cannot write"):
        whole.save(foreign / "below a file.nc")


@pytest.mark.parametrize(
    ("f", "x", "p", "limits", "direction"),
    [
        (lambda x, p: x - p, [1.0], 1.0, (0.0, 1.0), 1),
        (lambda x, p: x**2 + p**2 - 1, [1.0], 0.0, (-1.0, 0.0), np.array([0.0, 1.0])),
        (lambda x, p: x**2 + p**2 - 1, [1.0], 0.0, (0.0, 1.0), np.array([0.0, -1.0])),
    ],
)
def test_a_branch_that_leads_out_of_its_limits_says_so(f, x, p, limits, direction) -> None:
    branch = trace_branch(Problem(f), x, p, limits, direction)
    assert (len(branch), branch.stop_reason) == (1, "limit")
    assert "leads out of the limit" in branch.message
    assert len(trace_branch(Problem(f), x, p, limits, -direction)) > 3


def test_a_start_on_a_fold_at_a_limit_goes_on() -> None:
    circle = Problem(lambda x, p: x**2 + p**2 - 1)
    branch = trace_branch(circle, [0.0], 1.0, (-1.0, 1.0), np.array([1.0, 0.0]))
    assert branch.stop_reason == "closed loop"


@pytest.mark.parametrize(("seed", "unit"), [(0, 100.0), (1, 10.0), (2, 10.0), (3, 1e-3)])
def test_a_valley_that_starts_at_a_limit_ends_at_the_same_limit_across(seed, unit) -> None:
    rng = np.random.default_rng(seed)
    far, along, mixed = rng.uniform(-0.8, 3.0), rng.standard_normal(), rng.standard_normal((2, 2))

    def valley(x, p):  # x₁ from -1 to `far`, where p is 1 again; x₂ goes with it
        u = x / unit
        return mixed @ np.array([1 + (u[0] + 1) * (u[0] - far) - p, u[1] - along * u[0]])

    start, end = (unit * np.array([u, along * u]) for u in (-1.0, far))
    branch = trace_branch(Problem(valley), start, 1.0, (-9.0, 1.0), -1)
    assert branch.stop_reason == "limit"
    np.testing.assert_allclose(branch.x[-1], end, rtol=1e-7)
