"""The command `locate`: weights as numbers and from files, in words and as JSON."""

import json

import numpy as np
import pytest
from typer.testing import CliRunner

from continuation import __main__ as command_line
from continuation.landscape import Dataset, Loss, locate
from continuation.storage import load_network, save_network
from symbolic import Model, single_unit

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


@pytest.fixture
def measured(folder):
    """A file with two inputs, two targets and words, and its columns."""
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal((2, 25))
    up, down, word = a * b, a - b, np.where(a > b, "high", "low")
    columns = zip(a.tolist(), b.tolist(), up.tolist(), down.tolist(), word, strict=True)
    rows = [",".join(map(str, row)) for row in columns]
    (folder / "many.csv").write_text("a,b,up,down,word\n" + "\n".join(rows) + "\n")
    return np.array([a, b]).T, np.array([up, down]).T, (word == "low").astype(float)


def located(*options):
    done = run("locate", "--data", "many.csv", *options, "--json")
    assert done.exit_code == 0, done.output
    return json.loads(done.output)


def test_layers_with_several_inputs_and_outputs_are_located(measured, folder):
    x, y, _ = measured
    model = Model.mlp(inputs=2, hidden=(3, 2), outputs=2, loss="huber")
    theta = 0.4 * np.random.default_rng(1).standard_normal(model.dimension)
    np.save(folder / "w.npy", theta)
    shape = ("--target", "up", "down", "--inputs", "a", "b", "--hidden", 3, 2, "--loss", "huber")
    told = located(*shape, "--weights", "w.npy", "--seconds", 0.5, "--weight-decay", 0.02)
    at = Loss(model, Dataset.from_observations(x, y)).at(weight_decay=0.02)
    assert told["loss"] == pytest.approx(at.value(theta), rel=1e-12)
    assert told["gradient_norm"] == pytest.approx(np.linalg.norm(at.gradient(theta)), rel=1e-12)
    assert len(told["eigenvalues"]) == model.dimension


def test_a_stored_network_brings_its_weights_and_classes_choose_the_loss(measured, folder):
    x, _, labels = measured
    model = Model.mlp(inputs=2, hidden=(2,), loss="logistic")
    theta = np.random.default_rng(2).standard_normal(model.dimension)
    save_network("net.json", model, theta)
    read, weights = load_network("net.json")
    assert read == model
    np.testing.assert_array_equal(weights, theta)
    shape = ("--target", "word", "--inputs", "a", "b")
    at = Loss(model, Dataset.from_observations(x, labels)).at(weight_decay=0.1)
    same = [
        located(*shape, "--model", "net.json", "--weight-decay", 0.1),
        located(*shape, "--hidden", 2, "--weights", "net.json", "--weight-decay", 0.1),
    ]
    for told in same:
        assert told["loss"] == pytest.approx(at.value(theta), rel=1e-12)
        assert told["basin"]["attracting"]
    assert same[0] == same[1]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--hidden", 2, 3, "--weights", "1"), "need --data FILE.csv and --target"),
        (("--target", "up", "--n", 5, "--weights", "1"), "--n was given"),
        (("--target", "up", "--inputs", "a", "--model", "gone.json"), "cannot read the network"),
        (
            ("--target", "up", "--inputs", "a", "--loss", "hinge", "--weights", "1"),
            "must be one of",
        ),
        (("--target", "up", "--inputs", "a"), "give the weights"),
        (("--target", "gone", "--weights", "1"), "no column 'gone'"),
    ],
)
def test_what_is_no_network_is_said(measured, options, said):
    done = run("locate", "--data", "many.csv", *options)
    assert done.exit_code == 1, done.output
    assert said in " ".join(done.output.split())
