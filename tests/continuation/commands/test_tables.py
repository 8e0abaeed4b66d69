"""Tables fit the terminal without cutting a number; programs read all of it as JSON and CSV."""

import csv
import io
import json
import re
from importlib.metadata import version

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console
from typer.testing import CliRunner

from continuation import __main__ as command_line
from continuation.commands import common
from continuation.commands.group import COMMANDS
from continuation.commands.tables import FRAME, Column, Listing, machine, number
from continuation.errors import UnknownNameError
from continuation.landscape import (
    Dataset,
    Loss,
    connect,
    estimate_basins,
    find_critical_sets,
    follow,
)
from continuation.storage import load_result
from figures import __main__ as figures
from symbolic import PRESETS, Model, fukumizu_amari, single_unit
from symbolic import __main__ as proofs

PRESET = ("--preset", "single_unit", "--n", "20")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments):
    done = CliRunner().invoke(command_line.app, [str(a) for a in arguments])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.output


def drawn(listing, width):
    console = Console(width=width, force_terminal=False, record=True, file=io.StringIO())
    console.print(listing.table(width))
    return console.export_text()


columns = st.lists(st.tuples(st.integers(1, 12), st.integers(0, 3)), min_size=1, max_size=9)


@settings(deadline=None, max_examples=60)
@given(columns, st.integers(20, 100))
def test_what_matters_least_is_left_out_until_the_rest_fits(kinds, width):
    listing = Listing(
        "any",
        [Column(f"c{k}", rank=rank) for k, (_, rank) in enumerate(kinds)],
        [{f"c{k}": "7" * size for k, (size, _) in enumerate(kinds)}],
    )
    chosen = listing.fitting(width)
    kept, left = {c.rank for c in chosen}, {c.rank for c in listing.columns if c not in chosen}
    assert max(kept | {0}) < min(left | {9})
    named = listing.left_out(width).split(", ")
    assert [name for name in named if name] == [c.key for c in listing.columns if c not in chosen]
    needed = sum(FRAME + max(2, kinds[int(c.key[1:])][0]) for c in chosen) + 1
    assert needed <= width or kept <= {0}
    if needed <= width:
        text = drawn(listing, width)
        assert all(len(line) <= width for line in text.splitlines())
        assert "…" not in text
        assert all("7" * kinds[int(c.key[1:])][0] in text for c in chosen)


@pytest.mark.parametrize("width", [80, 100, 130])
def test_tables_of_sets_fit_and_name_the_weights(width):
    model = fukumizu_amari()
    loss = Loss(model, Dataset.sample(model, 30, 0))
    sets = find_critical_sets(loss, noise=0.1)
    console = Console(width=width, force_terminal=False, record=True, file=io.StringIO())
    common.print_sets(sets, common.Report(console))
    text = console.export_text()
    tables = [line for line in text.splitlines() if line.startswith(("│", "┃"))]
    assert tables
    assert all(len(line) <= width for line in tables)
    for found in sets:
        assert f" {found.loss:.6g} " in text
        if found.theta is not None:
            assert all(f" {value:.5g} " in text for value in found.theta)
    assert all(re.search(rf"┃ {name} ", text) for name in model.parameter_names)


def test_why_a_region_is_unlabelled_stands_in_the_row():
    model = Model.perceptron(1)
    x = np.linspace(-1.0, 1.0, 9)
    sets = find_critical_sets(Loss(model, Dataset.from_observations(x, np.tanh(x) + 0.1 * x**2)))
    report = common.Report(Console(width=80, file=io.StringIO()))
    common.print_sets(sets, report)
    rows = json.loads(report.text())["sets"]
    assert {row["region"] for row in rows} == {"unlabelled"}
    assert all("teacher" in row["why_unlabelled"] for row in rows)


def test_any_table_is_printed_by_its_name():
    report = common.Report(Console(quiet=True), "csv", "second")
    for name in ("first", "second"):
        report.keep(Listing(name, [Column("a")], [{"a": name}]))
    assert report.text() == "a\nsecond"
    report.chosen = "third"
    with pytest.raises(UnknownNameError, match="no table 'third'; choose from first, second"):
        report.text()


def test_a_table_that_is_named_is_csv(folder):
    code, output = run("graph", *PRESET, "--table", "connections")
    assert code == 0
    assert next(csv.reader(io.StringIO(output)))[:2] == ["source", "target"]
    code, output = run("points", *PRESET, "--json", "--table", "sets")
    assert (code, "has all tables" in output) == (1, True)


def test_a_table_of_sets_has_the_columns_of_the_command(folder):
    code, output = run("points", *PRESET, "--csv")
    assert code == 0
    model = single_unit()
    loss = Loss(model, Dataset.sample(model, 20, 0))
    sets = find_critical_sets(loss, noise=PRESETS["single_unit"].noise)
    table = sets.to_dataframe()
    assert list(table.columns) == next(csv.reader(io.StringIO(output)))
    assert table["set"].tolist() == [found.label for found in sets]
    for name, column in zip(model.parameter_names, zip(*(
        [np.nan] * model.dimension if found.theta is None else found.theta for found in sets
    ), strict=True), strict=True):  # fmt: skip
        assert np.array_equal(table[name].to_numpy(dtype=float), column, equal_nan=True)
    assert table["why_unlabelled"].isna().all()


def test_graphs_branches_and_basins_are_tables():
    model = single_unit()
    loss = Loss(model, Dataset.sample(model, 20, 0))
    sets = find_critical_sets(loss, noise=0.2)
    graph = connect(loss, sets)
    edges = graph.to_dataframe()
    assert edges["multiplicity"].tolist() == [row["multiplicity"] for row in graph.rows()]
    basins = estimate_basins(loss, sets=sets, n=5)
    assert basins.to_dataframe()["trajectories"].sum() == 5
    branch = follow(loss, sets[0], "noise", (0.1, 0.3))
    rows = branch.to_dataframe()
    assert list(rows.columns) == ["noise", "loss", "index", *model.parameter_names, "special"]
    samples = rows[rows["special"] == ""]
    assert np.array_equal(samples["loss"], branch.loss)
    assert np.array_equal(samples[list(model.parameter_names)], branch.theta)
    assert (rows["special"] != "").sum() == len(branch.special)


def test_json_and_csv_hold_every_set_with_all_digits(folder):
    code, output = run("points", *PRESET, "--json")
    assert code == 0
    content = json.loads(output)
    stored = load_result(folder / "points.nc")
    assert content["file"] == "points.nc"
    assert content["notes"][: len(stored.sets.notes)] == list(stored.sets.notes)
    code, output = run("points", *PRESET, "--csv")
    assert code == 0
    rows = list(csv.DictReader(io.StringIO(output)))
    for found, of_json, of_csv in zip(stored.sets, content["sets"], rows, strict=True):
        assert of_json["set"] == of_csv["set"] == found.label
        assert of_json["loss"] == float(of_csv["loss"]) == found.loss
        if found.theta is not None:
            names = found.model.parameter_names
            assert [of_json[name] for name in names] == found.theta.tolist()
            assert [float(of_csv[name]) for name in names] == found.theta.tolist()
        else:
            assert of_json["limit"] == of_csv["limit"] == found.limit.text()


@pytest.mark.parametrize(
    ("command", "options", "listings"),
    [
        ("graph", (), {"sets", "connections"}),
        ("branch", ("--limits", 0.09, 0.12), {"special_points"}),
        ("basins", ("--trajectories", 5, "--passages", 3), {"targets", "itineraries", "passages"}),
        ("phase", (), {"sets"}),
        ("locate", ("--weights", "1,1"), {"basin", "nearest"}),
    ],
)
def test_every_command_prints_for_programs(folder, command, options, listings):
    code, output = run(command, *PRESET, *options, "--json")
    assert code == 0
    assert listings <= set(json.loads(output))
    code, output = run(command, *PRESET, *options, "--csv")
    assert code == 0
    heading, *rows = csv.reader(io.StringIO(output))
    assert len(set(heading)) == len(heading) > 1
    assert rows
    assert {len(row) for row in rows} == {len(heading)}


def test_commands_without_a_model_print_for_programs(folder):
    assert run("points", *PRESET)[0] == 0
    for command in (("check", "points.nc"), ("cache",)):
        assert json.loads(run(*command, "--json")[1])
        assert len(list(csv.reader(io.StringIO(run(*command, "--csv")[1])))) > 1
    assert json.loads(run("check", "points.nc", "--json")[1])["refused"] == 0


def test_one_form_at_a_time(folder):
    code, output = run("points", *PRESET, "--json", "--csv")
    assert code == 1
    assert json.loads(output)["error"]["message"] == "give either --json or --csv"
    with pytest.raises(SystemExit), common.reporting(True, True):
        pass
    assert not common.console.quiet


NO_OPTION = "no such option: --wrong"
COMMAND_LINES = [
    *((command_line.app, [name]) for name in COMMANDS),
    (proofs.app, []), (proofs.app, ["derive"]), (proofs.app, ["check"]),
    (figures.app, []), (figures.app, ["explore"]),
]  # fmt: skip


@pytest.mark.parametrize(("app", "command"), COMMAND_LINES)
def test_options_that_cannot_be_read_are_json_on_the_error_stream(app, command):
    done = CliRunner().invoke(app, [*command, "--json", "--wrong"])
    assert (done.exit_code, done.stdout) == (2, "")
    error = json.loads(done.stderr)["error"]
    assert error["kind"] == "UsageError"
    assert NO_OPTION in error["message"].lower()
    said = CliRunner().invoke(app, [*command, "--wrong"])
    assert (said.exit_code, said.stdout) == (2, "")
    assert NO_OPTION in said.stderr.lower()


@pytest.mark.parametrize(("app", "command"), COMMAND_LINES)
def test_every_command_says_the_version(app, command):
    done = CliRunner().invoke(app, [*command, "--version"])
    assert (done.exit_code, done.output) == (0, f"mlpcont {version('mlpcont')}\n")


WRONG = {
    "points": "--preset nobody", "graph": "--preset nobody", "branch": "--preset nobody",
    "evolve": "--preset nobody", "plane": "--preset nobody", "phase": "--preset nobody",
    "basins": "--preset nobody", "locate": "--preset nobody --weights 1",
    "ensemble": "--preset nobody --n 9 --noise 0.1 --output table", "zero-noise": "--preset nobody",
    "check": "missing.nc",
}  # fmt: skip
"""Of every command that can go wrong; `cache` has no argument that could be."""

FAILING = [
    *((command_line.app, [name, *words.split()], 1) for name, words in WRONG.items()),
    (proofs.app, ["--preset", "nobody"], 2), (proofs.app, ["derive", "--preset", "nobody"], 2),
    (proofs.app, ["check", "missing.json"], 2), (figures.app, ["--only", "nothing"], 1),
    (figures.app, ["missing.nc"], 1), (figures.app, ["--preset", "nobody"], 2),
    (figures.app, ["explore", "missing.nc"], 1),
]  # fmt: skip


@pytest.mark.parametrize(("app", "words", "code"), FAILING)
def test_what_goes_wrong_is_said_on_the_error_stream_alone(folder, app, words, code):
    done = CliRunner().invoke(app, words)
    assert (done.exit_code, done.stdout) == (code, "")
    assert "nobody" in done.stderr or "missing" in done.stderr or "nothing" in done.stderr
    of_programs = CliRunner().invoke(app, [*words, "--json"])
    assert (of_programs.exit_code, of_programs.stdout) == (code, "")
    assert set(json.loads(of_programs.stderr)["error"]) == {"kind", "message"}
    assert CliRunner().invoke(app, [*words, "--csv"]).stdout == ""
    assert list(folder.iterdir()) == []


def test_an_interruption_is_json_too(capsys, monkeypatch):
    with pytest.raises(SystemExit) as end, common.reporting(True, False):
        raise KeyboardInterrupt
    said = capsys.readouterr()
    assert (end.value.code, said.out) == (130, "")
    assert json.loads(said.err)["error"]["kind"] == "Interrupted"


def test_programs_are_told_the_conditions(folder):
    _, output = run(
        "points", *PRESET, "--noise", 0.3, "--weight-decay", 0.01, "--seed", 3, "--json"
    )
    said = json.loads(output)["conditions"]
    assert said["teacher"] == "tanh(x)"
    assert said["size"] == 20
    assert [said[name] for name in ("noise", "weight_decay", "seed")] == [0.3, 0.01, 3]


def test_many_weights_are_named_in_tables_that_fit():
    names = [f"{letter}_{k}" for letter in "wcv" for k in range(1, 9)]
    row = {"set": "isolated 1", **dict.fromkeys(names, -0.123456)}
    whole = Listing("weights", [Column("set"), *(Column(name) for name in names)], [row])
    parts = list(whole.divided(80))
    assert [c.key for part in parts for c in part.columns if c.key != "set"] == names
    for part in parts:
        text = drawn(part, 80)
        assert all(len(line) <= 80 for line in text.splitlines())
        assert text.count("-0.123456") == len(part.columns) - 1


def test_where_nothing_can_be_left_out_each_value_has_a_line():
    columns = [Column(f"quantity_{k}") for k in range(4)]
    text = drawn(Listing("wide", columns, [{c.key: "1234567890" for c in columns}] * 2), 40)
    assert text.count("1234567890") == 8
    assert all(len(line) <= 40 for line in text.splitlines())


def test_several_values_in_a_cell_are_json():
    listing = Listing("any", [Column("a"), Column("b")], [{"a": {"x": 1.5}, "b": [1, None]}])
    _, row = csv.reader(io.StringIO(listing.csv))
    assert [json.loads(cell) for cell in row] == [{"x": 1.5}, [1, None]]


def test_numbers_that_are_none_are_null():
    assert machine({"a": np.array([1.5, np.nan]), "b": (np.inf, "x"), "c": np.float64(2.0)}) == {
        "a": [1.5, None],
        "b": [None, "x"],
        "c": 2.0,
    }
    assert [number(3)(value) for value in (1234.5, float("nan"), None)] == ["1.23e+03", "", ""]
