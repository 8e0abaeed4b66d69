"""One question over many data sets: the table, its store, its stopping, and what fails."""

import json
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import xarray as xr
from typer.testing import CliRunner

from continuation.__main__ import app as continuation_app
from continuation.commands import ensemble as commands
from continuation.ensemble import (
    QUESTIONS,
    Answer,
    Decided,
    Setting,
    ensemble,
    grid,
    load_ensemble,
    shares,
)
from continuation.errors import InvalidInputError, StoreError, UnknownNameError
from continuation.landscape import Dataset, Loss, find_critical_sets
from continuation.storage import read_dataset
from figures.__main__ import app as figures_app
from symbolic import PRESETS, Model, single_unit

CELLS = grid("single_unit", n=(10, 30), noise=(0.1, 0.3))


def mean_noise(case):
    """No kernels: a number of the data, and a set for each sign."""
    noise = case.loss.data.noise
    row = {"mean": noise.mean(), "positive": noise.mean() > 0.0, "sign": str(np.sign(noise[0]))}
    return Answer(row, [{"size": np.sum(noise > 0)}, {"size": np.sum(noise <= 0)}][: case.seed % 3])


def coin(case):
    """True with probability σ."""
    return {"hit": np.random.default_rng(case.seed).random() < case.setting.noise}


def fragile(case):
    """Fails on a third of the data sets, and always on small ones."""
    if case.setting.n == 10 or case.seed % 3 == 0:
        raise ZeroDivisionError(f"seed {case.seed}")
    return {"value": 1.0}


def one(case):
    """Always the same."""
    return {"value": 1.0}


def test_every_row_can_be_made_again_by_hand():
    """Seed and setting of a row give its data set."""
    table = ensemble(mean_noise, CELLS[:1], data_sets=7, seed=5)
    model = single_unit()
    for k in range(7):
        data = Dataset.sample(model, int(table["n"][k]), int(table["seed"][k]))
        assert table["mean"][k].item() == pytest.approx(data.noise.mean(), abs=1e-15)
        assert table["positive"][k].item() == (data.noise.mean() > 0.0)
        sizes = table["set_size"].to_numpy()[table["set_row"].to_numpy() == k]
        assert len(sizes) == int(table["seed"][k]) % 3
    assert table["number"].to_numpy().tolist() == list(range(7))


@pytest.mark.parametrize("until", [None, Decided("positive", (0.2, 0.9))])
def test_workers_stores_and_interruptions_change_nothing(tmp_path, until):
    """Serial, in threads, in pieces and from the store: equal to the last bit."""
    options = {"data_sets": 60, "seed": 3, "until": until}
    with ThreadPoolExecutor(1) as alone:
        table = ensemble(mean_noise, CELLS, executor=alone, **options)
    seen = []

    def interrupt(progress):
        seen.append(progress)
        if len(seen) == 4:
            raise KeyboardInterrupt

    with ThreadPoolExecutor(4) as several:
        with pytest.raises(KeyboardInterrupt):
            ensemble(
                mean_noise, CELLS, executor=several, store=tmp_path, progress=interrupt, **options
            )
        assert 0 < len(list(tmp_path.glob("*.shard"))) < 12
        again = ensemble(mean_noise, CELLS, executor=several, store=tmp_path, **options)
    xr.testing.assert_identical(table, again)
    xr.testing.assert_identical(table, load_ensemble(tmp_path))


def test_more_data_sets_and_settings_go_into_the_same_store(tmp_path):
    """What is there already is not asked again."""
    asked = []

    with ThreadPoolExecutor(1) as alone:
        ensemble(one, CELLS[:2], data_sets=30, executor=alone, store=tmp_path)
        table = ensemble(
            one, CELLS, data_sets=55, executor=alone, store=tmp_path, progress=asked.append
        )
    assert table.sizes["row"] == 4 * 55
    # the full shard of each of the first two cells is kept, the half one is asked anew
    assert len(asked) == 2 * 2 + 2 * 3 + 1
    assert load_ensemble(tmp_path).sizes["row"] == 4 * 55


def test_a_damaged_shard_is_asked_again_and_never_read(tmp_path):
    """One flipped byte: reading refuses it, and the next run computes it anew."""
    with ThreadPoolExecutor(1) as alone:
        table = ensemble(mean_noise, CELLS[:2], data_sets=30, executor=alone, store=tmp_path)
        shard = sorted(tmp_path.glob("*.shard"))[1]
        content = bytearray(shard.read_bytes())
        content[len(content) // 2] ^= 1
        shard.write_bytes(bytes(content))
        with pytest.raises(StoreError, match=shard.name):
            load_ensemble(tmp_path)
        again = ensemble(mean_noise, CELLS[:2], data_sets=30, executor=alone, store=tmp_path)
    xr.testing.assert_identical(table, again)


def test_a_store_belongs_to_one_question_and_seed(tmp_path):
    """Answers to two questions are never mixed."""
    ensemble(one, CELLS[0], data_sets=2, store=tmp_path)
    with pytest.raises(StoreError, match="another question"):
        ensemble(coin, CELLS[0], data_sets=2, store=tmp_path)
    with pytest.raises(StoreError, match="another seed"):
        ensemble(one, CELLS[0], data_sets=2, seed=1, store=tmp_path)
    with pytest.raises(StoreError, match=r"ensemble\.json"):
        load_ensemble(tmp_path / "elsewhere")
    (tmp_path / "ensemble.json").write_text("[]")
    with pytest.raises(StoreError, match="index"):
        load_ensemble(tmp_path)


def test_failures_are_rows_with_their_message():
    """Nothing is lost and nothing ends the run."""
    with ThreadPoolExecutor(1) as alone:
        table = ensemble(fragile, CELLS, data_sets=30, executor=alone)
    failed = table["failure"].to_numpy() != ""
    small = table["n"].to_numpy() == 10
    assert failed[small].all()
    assert (failed == np.isnan(table["value"].to_numpy())).all()
    assert 0 < failed[~small].sum() < (~small).sum()
    for seed, message in zip(
        table["seed"].to_numpy()[failed], table["failure"].to_numpy()[failed], strict=True
    ):
        assert f"ZeroDivisionError: seed {seed}" in message
    found = shares(table, "value")
    assert found["data_sets"].to_numpy().sum() == (~failed).sum()
    assert found["failures"].to_numpy().sum() == failed.sum()


def test_cells_stop_where_their_share_is_decided():
    """Far from the threshold after few data sets, on it never; the decisions are right."""
    cells = grid("single_unit", n=10, noise=(0.02, 0.5, 0.9))
    with ThreadPoolExecutor(2) as threads:
        table = ensemble(coin, cells, data_sets=400, executor=threads, until=Decided("hit", (0.5,)))
    found = shares(table, "hit")
    asked = found["data_sets"].to_numpy()
    assert max(asked[0], asked[2]) < 60
    assert asked[1] == 400
    assert found["upper"][0] < 0.5 < found["lower"][2]
    assert found["lower"][1] <= 0.5 <= found["upper"][1]
    assert found["noise"].to_numpy().tolist() == [0.02, 0.5, 0.9]


def test_named_questions_agree_with_the_functions_they_ask():
    """The sets of a row are those of a search by hand."""
    table = ensemble("sets", Setting(single_unit(), 12, 0.2), data_sets=3)
    for k in range(3):
        model = single_unit()
        loss = Loss(model, Dataset.sample(model, 12, int(table["seed"][k])))
        found = find_critical_sets(loss, noise=0.2)
        mine = table.isel(set=table["set_row"].to_numpy() == k)
        assert mine["set_label"].to_numpy().tolist() == [s.label for s in found]
        np.testing.assert_array_equal(mine["set_loss"], [s.loss for s in found])
        assert table["attractors"][k] == len(found.attractors)
        assert table["single_attractor"][k] == (len(found.attractors) == 1)
    assert set(QUESTIONS) == {"sets", "graph", "basins", "uniqueness"}


@pytest.mark.parametrize("question", ["graph", "basins", "uniqueness"])
def test_the_other_questions_answer(question):
    """One unit: quick, and every number is in its range."""
    table = ensemble(question, Setting("single_unit", 12, 0.2), data_sets=2)
    assert (table["failure"].to_numpy() == "").all(), table["failure"].to_numpy()
    if question == "basins":
        total = sum(table[name] for name in table.data_vars if str(name).startswith("share "))
        np.testing.assert_allclose(total, 1.0)
    if question == "graph":
        assert (table["edges"] >= table["attractors"]).all()
        assert (table["open_edges"] == 0).all()


def commanded(store, *options):
    """The command, in this process."""
    command = ["ensemble", "--preset", "single_unit", "--data-sets", "2", *options]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(commands, "process_pool", lambda: ThreadPoolExecutor(1))
        runner = CliRunner(env={"COLUMNS": "80"})
        done = runner.invoke(continuation_app, [*command, "--output", str(store)])
    assert done.exit_code == 0, done.output
    return done


def test_the_command_changes_a_preset(tmp_path):
    commanded(tmp_path, "--n", "8", "--noise", "0.1", "--teacher", "2*tanh(x)")
    asked = read_dataset(tmp_path / "ensemble.nc", "ensemble")
    model = PRESETS["single_unit"].variant(teacher="2*tanh(x)")
    with ThreadPoolExecutor(1) as executor:
        table = ensemble("sets", Setting(model, 8, 0.1), data_sets=2, executor=executor)
    assert asked["model"].values.tolist() == table["model"].values.tolist()
    np.testing.assert_array_equal(asked["lowest_loss"], table["lowest_loss"])


def test_a_store_is_drawn_by_the_command_line(tmp_path):
    """`python -m figures FOLDER`, after the command that fills it."""
    done = commanded(tmp_path / "store", "--n", "8", "12", "--noise", "0.1", "0.3")
    assert "single attractor" in done.output
    assert read_dataset(tmp_path / "store" / "ensemble.nc", "ensemble").sizes["row"] == 8
    drawn = CliRunner().invoke(figures_app, [str(tmp_path / "store"), "--output", str(tmp_path)])
    assert drawn.exit_code == 0, drawn.output
    assert (tmp_path / "store.pdf").exists()


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"question": "set"}, UnknownNameError, "choose from sets"),
        ({"question": []}, InvalidInputError, "a function of a Case"),
        ({"settings": ()}, InvalidInputError, "at least one setting"),
        ({"settings": [0.1]}, InvalidInputError, "see grid"),
        ({"settings": (CELLS[0], CELLS[0])}, InvalidInputError, "given twice"),
        ({"data_sets": 0}, InvalidInputError, "data_sets must be an integer"),
        ({"seed": -1}, InvalidInputError, "seed must be"),
        ({"until": Decided("hits")}, UnknownNameError, "no column 'hits'"),
        ({"question": lambda case: {}, "settings": CELLS}, InvalidInputError, "top level"),
        ({"question": lambda case: {"seed": 1}}, InvalidInputError, "may not call"),
    ],
)
def test_misuse_is_named(change, error, words):
    """Before any work, where that can be known."""
    options = {"question": coin, "settings": CELLS[0], "data_sets": 3} | change
    with pytest.raises(error, match=words):
        ensemble(options.pop("question"), options.pop("settings"), **options)


@pytest.mark.parametrize(
    ("values", "error", "words"),
    [
        (("no preset", 10, 0.1), UnknownNameError, "choose from"),
        ((Model.perceptron(hidden=1), 10, 0.1), InvalidInputError, "teacher"),
        ((3, 10, 0.1), InvalidInputError, "model"),
        (("single_unit", 1, 0.1), InvalidInputError, "n must be"),
        (("single_unit", 10, -0.1), InvalidInputError, "noise"),
        (("single_unit", 10, 0.1, np.nan), InvalidInputError, "weight_decay"),
    ],
)
def test_settings_out_of_range_are_refused(values, error, words):
    """With what was expected."""
    with pytest.raises(error, match=words):
        Setting(*values)


def test_thresholds_lie_inside():
    """Shares 0 and 1 are never decided."""
    for wrong in ((), (0.0,), (1.0, 0.5), (np.nan,), 1.0):
        with pytest.raises(InvalidInputError, match="between 0 and 1"):
            Decided("hit", wrong)


def test_one_threshold_needs_no_sequence():
    answers = np.ones(200)
    assert Decided("hit", 0.5).holds(answers)
    assert Decided("hit", (0.5,)).holds(answers)
    assert not Decided("hit", 0.5).holds(answers[:2])


def test_models_without_a_name_come_back_from_the_store(tmp_path):
    """A setting of one's own model is stored whole."""
    model = Model.perceptron(hidden=1, teacher="2*tanh(3*x)", input_scale=2)
    table = ensemble(mean_noise, Setting(model, 9, 0.1), data_sets=2, store=tmp_path)
    xr.testing.assert_identical(table, load_ensemble(tmp_path))
    assert json.loads((tmp_path / "ensemble.json").read_text())["seed"] == 0
