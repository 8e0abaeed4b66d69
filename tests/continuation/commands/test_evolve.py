"""`python -m continuation evolve`: printed, stored, drawn, refused."""

import re

import pytest
from typer.testing import CliRunner

from continuation.__main__ import app
from continuation.storage.results import load_result
from figures.result import draw_file

QUICK = ("--preset", "single_unit", "--n", "30", "--limits", "0.08", "0.12")


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments):
    done = CliRunner(env={"COLUMNS": "140"}).invoke(app, ["evolve", *arguments])
    assert "Traceback" not in done.output
    return done.exit_code, done.output


def test_an_evolution_is_listed_stored_and_drawn(folder):
    code, output = run(*QUICK)
    assert code == 0
    result = load_result("evolution.nc")
    assert result.kind == "evolution"
    found = result.evolution
    assert (found.parameter, found.limits) == ("noise", (0.08, 0.12))
    rows = [re.split(r"\s*│\s*", line.strip("│ ")) for line in output.splitlines() if "│" in line]
    counts = [int(row[3]) for row in rows if len(row) == 6 and row[3].isdigit()]
    assert counts == [len(i.graph.attractors) for i in found.intervals]
    assert all(event.text in output for event in found.events)
    drawn = draw_file(folder / "evolution.nc", folder / "out")
    assert [path.name for path in drawn] == ["evolution.pdf", "evolution.png"]


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (("--parameter", "temperature"), "evolves in noise, size, weight_decay"),
        (("--limits", "0.2", "0.1"), "increasing"),
        (("--parameter", "size", "--schedule", "20,many"), "whole numbers"),
        (("--parameter", "noise", "--schedule", "20,30"), "schedule"),
        (("--parameter", "size", "--limits", "20", "30", "--schedule", "30,20"), "increasing"),
    ],
)
def test_bad_options_are_refused_in_one_line(folder, options, reason):
    code, output = run(*QUICK, *options)
    assert code == 1
    assert reason in " ".join(output.split())
    assert list(folder.iterdir()) == []
