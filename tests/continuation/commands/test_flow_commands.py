"""The commands `basins` and `phase`: what they print, store and refuse, and that it is drawn."""

import matplotlib

matplotlib.use("Agg")

from dataclasses import fields

import numpy as np
import pytest
from typer.testing import CliRunner

from continuation import __main__ as command_line
from continuation.landscape import find_critical_sets, passage_times, phase_plane
from continuation.storage.kinds import Result
from continuation.storage.results import load_result, save_result
from figures.result import draw_file

PRESET = ("--preset", "single_unit", "--n", "20")


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments):
    return CliRunner(env={"COLUMNS": "100"}).invoke(command_line.app, [str(a) for a in arguments])


def same(a, b):
    for one, other in zip(a, b, strict=True):
        for name in (field.name for field in fields(one)):
            np.testing.assert_equal(getattr(one, name), getattr(other, name))


def test_basins_are_printed_stored_and_drawn(folder):
    options = ("--trajectories", 30, "--passages", 10, "--spread", 0.01)
    done = run("basins", *PRESET, *options)
    assert done.exit_code == 0, done.output
    result = load_result(folder / "basins.nc")
    assert result.kind == "basins"
    assert result.basins.n == sum(one.count for one in result.basins.targets) == 30
    for one in (*result.basins.targets, *result.basins.itineraries):
        assert one.label in done.output
    times = passage_times(result.loss, result.sets, noise=0.1, n=10, spread=0.01)
    same(result.passages, times)
    again = load_result(save_result(result, folder / "again.nc"))
    assert again.basins == result.basins
    same(again.passages, result.passages)
    assert [p.name for p in draw_file(folder / "basins.nc", folder)] == ["basins.pdf", "basins.png"]


@pytest.mark.slow
def test_a_phase_plane_is_stored_and_drawn(folder):
    done = run("phase", *PRESET, "--extent", -2, 2)
    assert done.exit_code == 0, done.output
    result = load_result(folder / "phase.nc")
    expected = phase_plane(
        result.loss, find_critical_sets(result.loss, noise=0.1), noise=0.1, extent=(-2.0, 2.0)
    )
    same([result.phase], [expected])
    assert len(draw_file(folder / "phase.nc", folder)) == 2


def test_what_cannot_be_done_is_said_in_one_line(folder):
    wide = run("phase", "--preset", "fukumizu_amari", "--n", "20")
    assert wide.exit_code == 1
    assert "two weights" in wide.output
    none = run("basins", *PRESET, "--trajectories", 0)
    assert none.exit_code == 1
    assert "n must be an integer of at least 1" in none.output
    assert list(folder.iterdir()) == []


def test_a_result_of_points_has_what_all_results_have(folder):
    done = run("points", *PRESET)
    assert done.exit_code == 0
    result = load_result(folder / "points.nc")
    assert result.kind == "points"
    assert type(result) is Result
