"""The command `locate`: weights as numbers and from files, in words and as JSON."""

import json

import numpy as np
import pytest
from typer.testing import CliRunner

from continuation import __main__ as command_line
from continuation.landscape import Dataset, Loss, locate
from symbolic import single_unit

PRESET = ("--preset", "single_unit", "--n", "20")
THETA = [0.5, 1.5]


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments):
    return CliRunner(env={"COLUMNS": "100"}).invoke(command_line.app, [str(a) for a in arguments])


@pytest.fixture(scope="module")
def expected():
    model = single_unit()
    return locate(Loss(model, Dataset.sample(model, n=20, seed=0)), THETA, noise=0.1)


def test_it_says_in_words_what_the_function_returns(folder, expected):
    done = run("locate", *PRESET, "--weights", "0.5,1.5", "--picture", "place.png")
    assert done.exit_code == 0, done.output
    for sentence in expected.sentences:
        assert sentence in done.output
    assert (folder / "place.png").stat().st_size > 0


@pytest.mark.parametrize("name", ["w.csv", "w.txt", "w.npy", "w.json", "w2.json"])
def test_weights_come_from_files(folder, name, expected):
    if name == "w.npy":
        np.save(folder / name, THETA)
    else:
        text = json.dumps({"theta": THETA} if name == "w2.json" else THETA)
        (folder / name).write_text(text if name.endswith("json") else "0.5\n1.5\n")
    done = run("locate", *PRESET, "--weights", name, "--json")
    assert done.exit_code == 0, done.output
    assert json.loads(done.output) == expected.to_dict()


def test_observed_data_leave_json_alone(folder):
    x = np.linspace(-2.0, 2.0, 12)
    rows = "\n".join(f"{a},{np.tanh(a) + 0.1 * a**2}" for a in x)
    (folder / "seen.csv").write_text(f"time,value\n{rows}\n")
    options = ("--data", "seen.csv", "--hidden", 1, "--weights", "1,1")
    assert json.loads(run("locate", *options, "--json").output)["basin"] is not None
    assert "read seen.csv" in run("locate", *options).output


@pytest.mark.parametrize(
    ("weights", "said"),
    [
        ("1,2,3", "shape"),
        ("1,x", "needs numbers"),
        ("gone.npy", "cannot read"),
        ("", "shape"),
        ("1,nan", "finite"),
    ],
)
def test_what_are_no_weights_is_said_in_one_line(weights, said):
    done = run("locate", *PRESET, "--weights", weights)
    assert done.exit_code == 1
    assert said in done.output


def test_help_teaches():
    text = run("locate", "--help").output
    for word in ("channel", "saddle", "Example", "--weights"):
        assert word in text
