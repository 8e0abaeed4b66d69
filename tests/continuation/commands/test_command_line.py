"""`python -m continuation`: what the commands print, write, teach and refuse."""

import errno
import itertools
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console
from typer.testing import CliRunner

import continuation
from continuation import __main__ as command_line
from continuation.commands import common
from continuation.landscape import Dataset, FlowGraph, find_critical_sets
from continuation.storage.results import load_result
from symbolic import Model, single_unit

PRESET = ("--preset", "single_unit", "--n", "20")
SHARED = (
    "--preset", "--data", "--columns", "--standardise", "--hidden", "--activation", "--teacher",
    "--input-scale", "--input-law", "--bias", "--offset", "--n", "--seed", "--noise",
    "--weight-decay", "--output", "--json", "--csv", "--table", "--version",
)  # fmt: skip
OWN = {
    "points": ("--seconds",), "graph": ("--graphml", "--most-departures", "--seconds"),
    "branch": ("--parameter", "--limits", "--set"),
    "phase": ("--extent",), "basins": ("--trajectories", "--passages", "--radius", "--spread"),
}  # fmt: skip

CSV_FILES = {
    "nan.csv": "x,y\n1,2\n2,nan\n3,1\n",
    "infinite.csv": "x,y\n1,2\n2,inf\n3,1\n",
    "text.csv": "x,y\n1,2\n2,two\n3,1\n",
    "empty.csv": "",
    "names.csv": "x,y\n",
    "one.csv": "x,y\n1,2\n",
    "equal.csv": "x,y\n1,2\n1,3\n1,4\n",
    "good.csv": "x,y\n1,2\n2,3\n4,1\n",
}


def run(*arguments):
    """Exit code and plain output of a command line."""
    runner = CliRunner(env={"COLUMNS": "100"})
    done = runner.invoke(command_line.app, [str(a) for a in arguments])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    assert "Traceback" not in done.output
    return done.exit_code, re.sub(r"\x1b\[[0-9;]*m", "", done.output)


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """Where the commands run, with output as to a pipe wherever the tests run."""
    monkeypatch.chdir(tmp_path)
    for name in ("FORCE_COLOR", "GITHUB_ACTIONS"):
        monkeypatch.delenv(name, raising=False)
    plain = Console(width=common.REPORT_WIDTH, force_terminal=False)
    monkeypatch.setattr(common, "console", plain)
    return tmp_path


@pytest.fixture
def csv_files(folder):
    for name, text in CSV_FILES.items():
        (folder / name).write_text(text)


@pytest.fixture
def measured(folder):
    """A file of three columns, of which time and height are wanted."""
    t = np.linspace(0.0, 30.0, 20)
    height = 50.0 * np.tanh(0.2 * (t - 15.0)) + 7.0 * np.sin(37.0 * np.arange(t.size))
    rows = [f"{a},{i},{b}" for i, (a, b) in enumerate(zip(t, height, strict=True))]
    (folder / "measured.csv").write_text("\n".join(["time,note,height", *rows]) + "\n")
    return t, height


def cells(output, column=0):
    """One column of the first table, without the heading and what long cells go on with."""
    first = output[: output.index("└")]
    rows = [line.strip("│").split("│") for line in first.splitlines() if line.startswith("│")]
    return [row[column].strip() for row in rows if row[0].strip()]


def test_points_of_a_preset_are_listed_and_stored(folder):
    code, output = run("points", *PRESET, "--output", "found.nc")
    assert code == 0
    result = load_result("found.nc")
    assert result.kind == "points"
    assert cells(output) == [s.label for s in result.sets]
    assert cells(output, 1) == [s.region for s in result.sets]
    assert cells(output, 3) == ["yes" if s.attracting else "no" for s in result.sets]
    np.testing.assert_allclose(
        [float(cell) for cell in cells(output, 4)], [s.loss for s in result.sets], rtol=1e-5
    )
    assert all(f"• {note}" in output for note in result.sets.notes)
    assert "written found.nc" in output
    assert [path.name for path in folder.iterdir()] == ["found.nc"]


def test_what_is_stored_is_what_the_library_finds():
    run("points", *PRESET, "--seed", "4", "--noise", "0.3", "--weight-decay", "0.001")
    result = load_result("points.nc")
    assert result.settings == {"noise": 0.3, "weight_decay": 0.001, "seed": 4}
    assert (result.loss.data.size, result.loss.data.kind) == (20, "sampled")
    sets = find_critical_sets(result.loss, noise=0.3, weight_decay=0.001, seed=4)
    assert [s.label for s in result.sets] == [s.label for s in sets]
    assert [s.loss for s in result.sets] == [s.loss for s in sets]


def test_the_same_command_prints_the_same():
    first = run("points", *PRESET)
    assert run("points", *PRESET) == first
    assert run("points", *PRESET, "--seed", "1") != first


def test_columns_of_a_file_are_fitted_on_standardised_axes(measured):
    t, height = measured
    arguments = ("--data", "measured.csv", "--columns", "time, height", "--standardise")
    code, output = run("points", *arguments)
    assert code == 0
    result = load_result("points.nc")
    assert cells(output) == [s.label for s in result.sets]
    assert [axis.name for axis in result.axes] == ["time", "height"]
    data = result.loss.data
    assert data.kind == "observed"
    assert [data.x.std(), data.target.std()] == pytest.approx([1.0, 1.0])
    np.testing.assert_allclose(result.axes[0].measured(data.x), t, atol=1e-12)
    np.testing.assert_allclose(result.axes[1].measured(data.target), height, atol=1e-12)
    assert {s.region for s in result.sets} == {"unlabelled"}
    for s in result.sets:
        if s.theta is not None:
            assert np.abs(result.loss.gradient(s.theta)).max() < 1e-9


@pytest.mark.slow
def test_the_model_for_a_file_is_given_by_options(measured):
    arguments = ("--columns", "time,height", "--standardise", "--hidden", 1, "--bias", "--offset")
    code, _ = run("points", "--data", "measured.csv", *arguments)
    assert code == 0
    model = load_result("points.nc").loss.model
    assert (model.hidden, model.bias, model.offset, model.dimension) == (1, True, True, 4)


def test_the_first_two_columns_are_taken_without_names(measured):
    code, _ = run("points", "--data", "measured.csv", "--standardise", "--hidden", 1)
    assert code == 0
    assert [axis.name for axis in load_result("points.nc").axes] == ["time", "note"]


def test_a_graph_is_listed_stored_and_exported(folder):
    code, output = run(
        "graph", "--preset", "fukumizu_amari", "--n", 40, "--graphml", "graph.graphml"
    )
    assert code == 0
    result = load_result("graph.nc")
    assert result.kind == "graph"
    graph = result.graph.nx
    assert set(graph) >= {s.label for s in result.sets if s.kind != "infinity"}
    tables = [re.split(r"\s*│\s*", line.strip("│ ")) for line in output.splitlines() if "│" in line]
    printed = [tuple(row[:3]) for row in tables if len(row) == 6 and row[2].isdigit()]
    assert printed == [(a, b, str(e["multiplicity"])) for a, b, e in graph.edges(data=True)]
    assert printed
    exported = FlowGraph.from_graphml("graph.graphml").nx
    assert dict(exported.nodes(data=True)) == dict(graph.nodes(data=True))
    assert list(exported.edges(keys=True, data=True)) == list(graph.edges(keys=True, data=True))
    assert sorted(path.name for path in folder.iterdir()) == ["graph.graphml", "graph.nc"]


def test_a_branch_is_listed_and_stored():
    code, output = run("branch", *PRESET, "--limits", 0.09, 0.12, "--set", "origin 1")
    assert code == 0
    result = load_result("branch.nc")
    assert result.kind == "branch"
    assert result.branch.set.label == "origin 1"
    assert result.branch.p[[0, -1]] == pytest.approx([0.09, 0.12], abs=1e-12)
    assert cells(output) == [point.kind for point in result.branch.special] == ["limit", "limit"]
    assert result.settings["parameter"] == "noise"
    assert result.settings["set"] == "origin 1"
    assert repr(result.branch) in output


def test_without_a_label_the_lowest_finite_set_is_followed():
    code, _ = run("branch", *PRESET, "--parameter", "size", "--limits", 18, 20)
    assert code == 0
    branch = load_result("branch.nc").branch
    assert branch.parameter == "size"
    assert branch.set.loss == min(s.loss for s in load_result("branch.nc").sets)


@pytest.mark.parametrize("command", OWN)
def test_help_names_every_option_and_says_what_it_does(command):
    code, output = run(command, "--help")
    assert code == 0
    described = dict(re.findall(r"│ (--[\w-]+) +<[^>]*>\S* +(\S+)", output))
    assert set(described) == {*SHARED, *OWN[command], "--help"}
    text = re.sub(r"[\s│]+", " ", output)
    for known in ("fukumizu_amari, overparameterised, single_unit", "tanh, erf, logistic"):
        assert known in text
    if command == "branch":
        assert "noise, size, weight_decay, population or smoothing" in text


def test_help_fills_the_lines_of_the_terminal():
    output = CliRunner(env={"COLUMNS": "80"}).invoke(command_line.app, ["plane", "--help"]).output
    lines = [line.split() for line in output[output.index("Curves are") :].splitlines()]
    paragraph = list(itertools.takewhile(len, lines))
    assert len(paragraph) > 2
    pairs = itertools.pairwise(paragraph)
    assert all(len(" ".join([*line, after[0]])) > 70 for line, after in pairs)


def test_help_names_every_command_and_what_to_do_next():
    for arguments in (("--help",), ()):
        _, output = run(*arguments)
        assert set(re.findall(r"│ (points|graph|branch|phase|basins) ", output)) == set(OWN)
        assert "python -m figures FILE" in output


FILE = ("--data", "good.csv")
BAD_INPUT = {
    "unknown preset": (
        ("points", "--preset", "fukumizu"),
        "unknown preset 'fukumizu'; choose from fukumizu_amari, overparameterised, single_unit",
    ),
    "preset and data": (("points", *PRESET, *FILE), "either --preset NAME or --data FILE"),
    "neither": (("points",), "either --preset NAME or --data FILE"),
    "missing file": (("points", "--data", "absent.csv"), "absent.csv"),
    "NaN": (("points", "--data", "nan.csv"), "row 2 .*'y'.*finite number.*'nan'"),
    "infinite": (("points", "--data", "infinite.csv"), "row 2 .*'y'.*finite number.*'inf'"),
    "text": (("points", "--data", "text.csv"), "row 2 .*'y'.*finite number.*'two'"),
    "empty": (("points", "--data", "empty.csv"), "names of two columns"),
    "no rows": (("points", "--data", "names.csv"), "at least 2 samples, but has 0"),
    "no rows to scale": (
        ("points", "--data", "names.csv", "--standardise"),
        "'x' is constant or empty",
    ),
    "one sample": (("points", "--data", "one.csv"), "at least 2 samples, but has 1"),
    "equal inputs": (("points", "--data", "equal.csv"), "all 3 inputs equal 1"),
    "equal inputs to scale": (
        ("points", "--data", "equal.csv", "--standardise"),
        "'x' is constant",
    ),
    "unknown column": (
        ("points", *FILE, "--columns", "x,z"),
        "no column 'z'; the file has x, y",
    ),
    "one column": (("points", *FILE, "--columns", "x"), "two different columns"),
    "unknown activation": (
        ("points", *FILE, "--activation", "relu"),
        "unknown activation 'relu'; known: tanh, erf, logistic, softplus, sin",
    ),
    "constant activation": (("points", *FILE, "--activation", "0*u"), "does not depend on u"),
    "hidden": (("points", *FILE, "--hidden", "-1"), "hidden must be a whole number"),
    "scaled preset": (
        ("points", *PRESET, "--standardise"),
        "--columns and --standardise go with --data",
    ),
    "teacher of a file": (
        ("points", *FILE, "--teacher", "tanh(x)"),
        "--n, --noise, --teacher, --input-scale and --input-law go with --preset",
    ),
    "no such law": (("points", *PRESET, "--input-law", "cauchy"), "normal, uniform, got 'cauchy'"),
    "no inputs": (("points", *PRESET, "--input-scale", "0"), "input_scale must be positive"),
    "negative noise": (("points", *PRESET, "--noise", "-0.1"), "noise must be finite and >= 0"),
    "no noise": (("graph", *PRESET, "--noise", "nan"), "noise must be finite and >= 0"),
    "negative decay": (("points", *PRESET, "--weight-decay", "-1"), "weight_decay must be"),
    "no samples": (("points", *PRESET[:3], "0"), "n must be an integer of at least 2 and at most"),
    "one drawn": (("points", *PRESET[:3], "1"), "n must be an integer of at least 2 and at most"),
    "seed": (("points", *PRESET, "--seed", "-1"), "seed must be an integer of at least 0"),
    "unknown parameter": (
        ("branch", *PRESET, "--parameter", "temperature"),
        "unknown parameter 'temperature'; choose one of noise, size, weight_decay, population",
    ),
    "unknown set": (
        ("branch", *PRESET, "--set", "isolated 7"),
        "no set 'isolated 7'; choose from 'isolated 1'.*'origin 1'",
    ),
    "no range": (
        ("branch", *PRESET, "--limits", "0.1", "0.1"),
        "limits must be finite and increasing",
    ),
    "no noise in a file": (
        ("branch", *FILE, "--hidden", "1", "--standardise", "--limits", "0", "1"),
        "observed data have no separate noise",
    ),
}


@pytest.mark.usefixtures("csv_files")
@pytest.mark.parametrize(("arguments", "message"), BAD_INPUT.values(), ids=list(BAD_INPUT))
def test_bad_input_is_one_clear_line(folder, arguments, message):
    code, output = run(*arguments)
    assert code == 1
    *told, line = output.splitlines()
    assert all(text.startswith("• read ") for text in told)
    assert re.match(rf"error: .*{message}", line)
    assert sorted(path.name for path in folder.iterdir()) == sorted(CSV_FILES)


@pytest.mark.usefixtures("csv_files")
@pytest.mark.parametrize(
    ("formula", "at"), [('__import__("os")', '"'), ("u u", "u"), ("tanh(u", None), ("u; 1", ";")]
)
def test_a_bad_formula_is_pointed_at(folder, formula, at):
    code, output = run("points", *FILE, "--activation", formula)
    assert code == 1
    reading, message, shown, pointer = output.splitlines()
    assert reading.startswith("• read ")
    assert message.startswith("error: ")
    assert shown.strip() == formula
    assert pointer.strip() == "^"
    if at is not None:
        assert shown[pointer.index("^")] == at
    assert sorted(path.name for path in folder.iterdir()) == sorted(CSV_FILES)


@pytest.mark.parametrize("command", OWN)
def test_an_unwritable_output_is_named(folder, command):
    (folder / "file").write_text("")
    limits = ("--limits", 0.09, 0.12) if command == "branch" else ()
    code, output = run(command, *PRESET, *limits, "--output", "file/result.nc")
    assert code == 1
    assert re.match("error: cannot write file/result.nc: .*choose another", output.splitlines()[-1])
    assert [path.name for path in folder.iterdir()] == ["file"]


def test_an_unwritable_export_is_named(folder):
    (folder / "file").write_text("")
    code, output = run("graph", *PRESET, "--graphml", "file/graph.graphml")
    assert code == 1
    assert output.splitlines()[-1].startswith("error: cannot write file/graph.graphml")
    assert [path.name for path in folder.iterdir()] == ["file"]


def test_a_preset_may_have_another_width(folder):
    code, _ = run("points", *PRESET, "--hidden", 2, "--noise", "0.3")
    assert code == 0
    assert load_result(folder / "points.nc").loss.model == single_unit().with_hidden(2)


def test_a_preset_may_have_another_teacher_activation_and_inputs(folder):
    given = ("--teacher", "2*sin(x)", "--activation", "sin", "--input-scale", 0.5, "--offset")
    code, _ = run("points", *PRESET, *given, "--no-certify", "--seconds", 1)
    assert code == 0
    loss = load_result(folder / "points.nc").loss
    wanted = Model.perceptron(1, "sin", offset=True, teacher="2*sin(x)", input_scale=0.5)
    assert loss.model == wanted
    assert loss.data.x.tolist() == Dataset.sample(wanted, 20, 0).x.tolist()


def test_what_starts_outside_the_limits_is_searched_inside():
    """At the nearer end, in every parameter that the task has a value of."""
    for parameter, (low, high), at in (
        ("noise", (0.2, 0.3), 0.2),
        ("size", (10, 15), 15.0),
        ("weight_decay", (0.01, 0.02), 0.01),
    ):
        code, output = run("branch", *PRESET, "--parameter", parameter, "--limits", low, high)
        assert code == 0
        assert f"lies outside {low} to {high}: searched at {at:g}" in output
        result = load_result("branch.nc")
        assert result.sets[0].conditions.value(parameter) == at
        assert sorted(result.branch.p[[0, -1]]) == [low, high]


def test_folders_of_the_output_are_made(folder):
    code, _ = run("points", *PRESET, "--output", "new/deep/points.nc")
    assert code == 0
    assert load_result(folder / "new" / "deep" / "points.nc").kind == "points"


@pytest.mark.parametrize(
    "stage", [(common.landscape, "find_critical_sets"), (common.storage, "save_result")]
)
def test_an_interruption_leaves_the_old_file(folder, monkeypatch, stage):
    (folder / "points.nc").write_text("old")

    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(*stage, interrupt)
    code, output = run("points", *PRESET)
    assert code == 130
    assert output.splitlines()[-1] == "interrupted; no file is written by halves"
    assert [path.name for path in folder.iterdir()] == ["points.nc"]
    assert (folder / "points.nc").read_text() == "old"


@pytest.mark.slow
def test_a_real_process_prints_and_writes_like_the_rest(folder):
    root = Path(continuation.__file__).parents[1]
    paths = os.pathsep.join(filter(None, [str(root), os.environ.get("PYTHONPATH")]))
    done = subprocess.run(
        [sys.executable, "-m", "continuation", "points", *PRESET],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": paths, "COLUMNS": "100"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert cells(done.stdout) == [s.label for s in load_result(folder / "points.nc").sets]
    assert done.stdout == run("points", *PRESET)[1]


def test_a_terminal_that_takes_nothing_is_one_line(capsys, monkeypatch):
    monkeypatch.setattr(sys, "stdout", sys.stdout)  # put back afterwards
    with pytest.raises(SystemExit) as end, common.clear_errors():
        raise OSError(errno.ENOSPC, "No space left on device")
    assert end.value.code == 1
    assert capsys.readouterr().err == "error: cannot print: No space left on device\n"


def test_a_result_is_written_before_anything_is_printed_that_may_fail(tmp_path, monkeypatch):
    monkeypatch.setattr(common, "print_sets", lambda *_: 1 / 0)
    path = tmp_path / "found.nc"
    options = ["--preset", "single_unit", "--n", "10", "--no-certify", "--output", str(path)]
    result = CliRunner().invoke(command_line.app, ["points", *options])
    assert isinstance(result.exception, ZeroDivisionError)
    assert len(load_result(path).sets) > 1
