"""Tables fit the terminal without cutting a number; programs read all of it as JSON and CSV."""

import csv
import io
import json
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console
from typer.testing import CliRunner

from continuation import __main__ as command_line
from continuation.commands import common
from continuation.commands.tables import FRAME, Column, Listing, machine, number
from continuation.errors import InvalidInputError
from continuation.landscape import (
    Dataset,
    Loss,
    connect,
    estimate_basins,
    find_critical_sets,
    follow,
)
from continuation.storage import load_result
from symbolic import PRESETS, Model, fukumizu_amari, single_unit

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
    assert output == "error: give either --json or --csv\n"
    with pytest.raises(InvalidInputError), common.reporting(True, True):
        pass
    assert not common.console.quiet


def test_numbers_that_are_none_are_null():
    assert machine({"a": np.array([1.5, np.nan]), "b": (np.inf, "x"), "c": np.float64(2.0)}) == {
        "a": [1.5, None],
        "b": [None, "x"],
        "c": 2.0,
    }
    assert [number(3)(value) for value in (1234.5, float("nan"), None)] == ["1.23e+03", "", ""]
