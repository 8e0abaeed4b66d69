"""The command `zero-noise`: its table, its comparison, its errors."""

import pytest
from rich.console import Console
from typer.testing import CliRunner

from continuation import __main__ as command_line
from continuation import landscape
from continuation.commands import common
from continuation.landscape import ZeroNoiseCheck


@pytest.fixture(autouse=True)
def plain(monkeypatch):
    console = Console(width=common.REPORT_WIDTH, force_terminal=False)
    monkeypatch.setattr(common, "console", console)


def run(*arguments):
    done = CliRunner().invoke(command_line.app, ["zero-noise", *arguments])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.output


def test_the_prediction_is_printed_and_compared():
    code, output = run("--n", "50", "--seed", "1")
    assert code == 0
    assert "3 overfitting and 4 near-optimal sets; Euler count 1" in output
    assert "7 sets found, 7 of 7 predicted ones among them" in output
    for subkind in ("isolated", "dead unit", "split line", "linear", "step"):
        assert subkind in output


def test_a_steep_pair_far_out_is_found_too():
    """|u| = 167: known to the search since it polishes what it finds in the weights themselves."""
    code, output = run("--n", "20", "--seed", "11")
    assert code == 0
    assert "5 sets found, 5 of 5 predicted ones among them" in output
    assert "missing" not in output
    assert "not predicted" not in output


def test_what_is_missing_is_said(monkeypatch):
    check = ZeroNoiseCheck(1e-3, 2, 2, 1, ("isolated (s = 0.8292)",), ("isolated 1",))
    monkeypatch.setattr(landscape, "check_zero_noise", lambda loss, noise: check)
    code, output = run("--n", "20", "--seed", "11")
    assert code == 0
    assert "missing: isolated (s = 0.8292" in output
    assert "not predicted: isolated 1" in output


def test_other_models_are_refused_in_one_line():
    code, output = run("--preset", "fukumizu_amari")
    assert code == 1
    assert "one unit less" in output
    code, output = run("--noise", "0")
    assert code == 1
    assert "positive" in output
