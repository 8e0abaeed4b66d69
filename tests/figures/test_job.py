"""The main job on a small figure: what is stored, what is computed again, what is drawn."""

import matplotlib

matplotlib.use("Agg")

import itertools
import json
import os
import sys
import types
from concurrent.futures import ThreadPoolExecutor

import matplotlib.pyplot as plt
import numpy as np
import pytest
import xarray as xr

from continuation.errors import MlpcontError, UnknownNameError
from continuation.storage.netcdf import write_dataset
from figures import job
from figures.captions import Caption
from figures.settings import Budget, Settings
from tests.faults import every_failure
from tests.figures.pictures import Canvas

COUNT = 5


class Figure:
    """A figure whose parts are numbers; counts what is computed."""

    def __init__(self):
        self.computed = []
        self.failing = set()

    def parts(self, settings):
        return [settings.seed + i for i in range(settings.choose(2 * COUNT, COUNT, 2))]

    def compute(self, task):
        if task in self.failing:
            raise ArithmeticError(f"part {task}")
        self.computed.append(task)
        return xr.Dataset({"value": ("task", [task, task**2])})

    def assemble(self, settings, parts):
        return xr.concat(parts, "part")

    def caption(self, data):
        return Caption(["all of it"], ["single_unit"], "20", "0.1", "1 data set")

    def draw(self, data, style):
        canvas, axes = plt.subplots()
        axes.plot(data["value"].to_numpy().ravel())
        axes.set_title(r"$\sigma$")
        return canvas


@pytest.fixture
def figure(monkeypatch, tmp_path):
    made = Figure()
    module = types.ModuleType("figures.fake")
    for name in ("parts", "compute", "assemble", "draw", "caption"):
        setattr(module, name, getattr(made, name))
    module.TITLE = "squares of numbers"
    made.source = tmp_path / "fake.py"
    made.source.write_text("first")
    module.__file__ = str(made.source)
    monkeypatch.setitem(sys.modules, "figures.fake", module)
    monkeypatch.setattr(job, "NAMES", (*job.NAMES, "fake"))
    yield made
    plt.close("all")


def compute(parts, on_part=lambda part: None):
    with ThreadPoolExecutor(1) as executor:
        failures = []
        job.compute_parts(parts, executor, on_part, failures.append)
        return failures


def complete(settings, output):
    compute(job.missing_parts("fake", settings, output))
    return job.assemble("fake", settings, output)


def test_parts_carry_their_tasks_in_order(figure, tmp_path):
    parts = job.all_parts("fake", Settings(3), tmp_path)
    assert [part.task for part in parts] == [3, 4, 5, 6, 7]
    assert [part.index for part in parts] == list(range(COUNT))
    assert len({part.path for part in parts}) == COUNT
    assert {part.key for part in parts} == {job.figure_key("fake", Settings(3))}
    assert len(job.all_parts("fake", Settings(3, Budget.QUICK), tmp_path)) == 2
    assert figure.computed == []


def test_all_parts_are_missing_at_first_and_none_in_the_end(figure, tmp_path):
    settings = Settings()
    assert len(job.missing_parts("fake", settings, tmp_path)) == COUNT
    seen = []
    compute(job.missing_parts("fake", settings, tmp_path), lambda part: seen.append(part.index))
    assert sorted(seen) == list(range(COUNT))
    assert job.missing_parts("fake", settings, tmp_path) == []


def test_data_do_not_depend_on_the_order_of_arrival(figure, tmp_path):
    forward = complete(Settings(), tmp_path / "a")
    compute(job.all_parts("fake", Settings(), tmp_path / "b")[::-1])
    backward = job.assemble("fake", Settings(), tmp_path / "b")
    xr.testing.assert_identical(forward, backward)
    np.testing.assert_array_equal(forward["value"][:, 0], range(COUNT))


def test_assembled_data_are_stored_with_their_settings(figure, tmp_path):
    settings = Settings(2)
    data = complete(settings, tmp_path)
    path = job.data_path(tmp_path, "fake")
    assert job.is_current(path, job.figure_key("fake", settings))
    (stored,) = job.current_data(settings, tmp_path).values()
    xr.testing.assert_equal(stored, data)
    assert not job.current_data(Settings(3), tmp_path)
    assert json.loads(stored.attrs["settings"]) == {"seed": 2, "budget": "usual"}
    assert [p.name for p in path.parent.rglob("*.nc")] == ["fake.nc"]


@pytest.mark.parametrize("other", [Settings(1), Settings(0, Budget.QUICK)])
def test_other_settings_have_other_data(figure, tmp_path, other):
    complete(Settings(), tmp_path)
    assert job.figure_key("fake", other) != job.figure_key("fake", Settings())
    path = job.data_path(tmp_path, "fake")
    assert not job.is_current(path, job.figure_key("fake", other))
    compute(job.all_parts("fake", Settings(), tmp_path))
    assert len(job.missing_parts("fake", other, tmp_path)) == len(figure.parts(other))


def test_budgets_with_the_same_parts_share_what_is_stored(figure, tmp_path):
    """A thorough run computes only what the usual one has not."""
    usual, thorough = Settings(), Settings(budget=Budget.THOROUGH)
    assert job.figure_key("fake", usual) != job.figure_key("fake", thorough)
    assert job.figure_key("motorcycle", usual) == job.figure_key("motorcycle", thorough)
    assert job.figure_key("graph", usual) == job.figure_key("graph", thorough)
    assert job.figure_key("collapse", usual) != job.figure_key("collapse", thorough)


def test_keys_tell_figures_and_their_code_apart(figure, tmp_path):
    before = job.figure_key("fake", Settings())
    assert before == job.figure_key("fake", Settings())
    assert len({job.figure_key(name, Settings()) for name in job.NAMES}) == len(job.NAMES)
    complete(Settings(), tmp_path)
    figure.source.write_text("second")
    assert not job.is_current(job.data_path(tmp_path, "fake"), job.figure_key("fake", Settings()))
    figure.source.write_text("first")
    assert job.figure_key("fake", Settings()) == before


@pytest.mark.parametrize("share", [0.0, 0.3, 0.99])
def test_a_truncated_part_is_computed_again(figure, tmp_path, share):
    expected = complete(Settings(), tmp_path / "whole")
    compute(job.all_parts("fake", Settings(), tmp_path))
    broken = job.all_parts("fake", Settings(), tmp_path)[2]
    content = broken.path.read_bytes()
    broken.path.write_bytes(content[: int(share * len(content))])
    assert not job.is_current(broken.path, broken.key)
    assert [part.index for part in job.missing_parts("fake", Settings(), tmp_path)] == [2]
    figure.computed.clear()
    xr.testing.assert_identical(complete(Settings(), tmp_path), expected)
    assert figure.computed == [2]


def test_foreign_files_and_other_keys_are_not_current(figure, tmp_path):
    path = tmp_path / "part.nc"
    assert not job.is_current(path, "key")
    path.write_text("no NetCDF")
    assert not job.is_current(path, "key")
    xr.Dataset(attrs={"key": "key"}).to_netcdf(path, engine="h5netcdf")
    assert not job.is_current(path, "key")
    write_dataset(path, xr.Dataset(attrs={"key": "key"}), "part of fake")
    assert job.is_current(path, "key")
    assert not job.is_current(path, "another")


def test_a_part_that_fails_is_said_and_the_others_are_kept(figure, tmp_path):
    figure.failing = {3}
    (failure,) = compute(job.missing_parts("fake", Settings(), tmp_path))
    assert str(failure) == "fake, part 4: ArithmeticError: part 3"
    assert "in compute" in failure.trace
    missing = {part.task for part in job.missing_parts("fake", Settings(), tmp_path)}
    assert missing == {3}
    figure.failing = set()
    figure.computed.clear()
    data = complete(Settings(), tmp_path)
    assert figure.computed == [3]
    np.testing.assert_array_equal(data["value"][:, 1], np.arange(COUNT) ** 2)


def test_unknown_figures_are_named_with_the_known_ones():
    with pytest.raises(UnknownNameError, match=r"unknown figure 'colapse'.*collapse"):
        job.figure_module("colapse")


@pytest.mark.parametrize("name", job.NAMES)
def test_every_figure_offers_what_the_job_needs(name):
    module = job.figure_module(name)
    assert module.TITLE
    assert all(callable(getattr(module, part)) for part in ("compute", "assemble", "draw"))
    thorough, usual, quick = (
        list(module.parts(Settings(7, budget)))
        for budget in (Budget.THOROUGH, Budget.USUAL, Budget.QUICK)
    )
    assert 0 < len(quick) <= len(usual) <= len(thorough)
    assert list(module.parts(Settings(7))) == usual


@pytest.mark.slow
def test_pictures_drawn_twice_are_the_same_bytes(figure, tmp_path):
    data = complete(Settings(), tmp_path)
    first, second = (job.draw("fake", data, tmp_path / folder) for folder in ("a", "b"))
    assert [path.name for path in first] == ["fake.pdf", "fake.png", "fake.md"]
    assert [p.read_bytes() for p in first] == [p.read_bytes() for p in second]
    assert first[0].read_bytes().startswith(b"%PDF")
    assert first[1].read_bytes().startswith(b"\x89PNG")
    assert b"CreationDate" not in first[0].read_bytes()


@pytest.mark.slow
def test_other_data_are_another_picture(figure, tmp_path):
    data = complete(Settings(), tmp_path)
    first = job.draw("fake", data, tmp_path / "a")
    second = job.draw("fake", data.assign(value=-data["value"]), tmp_path / "b")
    pictures = list(zip(first, second, strict=True))[:2]  # beside them stands the caption
    assert all(a.read_bytes() != b.read_bytes() for a, b in pictures)


def test_stored_data_give_the_same_picture(figure, tmp_path):
    data = complete(Settings(), tmp_path)
    stored = job.current_data(Settings(), tmp_path)["fake"]
    first, second = job.draw("fake", data, tmp_path / "a"), job.draw("fake", stored, tmp_path / "b")
    assert [p.read_bytes() for p in first] == [p.read_bytes() for p in second]


def test_a_failed_drawing_leaves_no_file(tmp_path, monkeypatch):
    canvas, _ = plt.subplots()

    def fail(path, **_):
        path.write_bytes(b"half")
        raise OSError("disk full")

    monkeypatch.setattr(canvas, "savefig", fail)
    with pytest.raises(OSError, match="disk full"):
        job.save_canvas(canvas, tmp_path, "half")
    assert list(tmp_path.iterdir()) == []
    plt.close(canvas)


def test_pictures_older_than_the_data_are_drawn_again(figure, tmp_path, monkeypatch):
    monkeypatch.setattr(sys.modules["figures.fake"], "draw", lambda data, style: Canvas())
    data = complete(Settings(), tmp_path)
    assert not job.is_drawn("fake", tmp_path)
    paths = job.draw("fake", data, tmp_path)
    assert job.is_drawn("fake", tmp_path)
    written = job.data_path(tmp_path, "fake").stat().st_mtime
    os.utime(paths[1], (written - 10.0, written - 10.0))
    assert not job.is_drawn("fake", tmp_path)
    paths[1].unlink()
    assert not job.is_drawn("fake", tmp_path)


def test_the_output_folder_must_be_writable(figure, tmp_path):
    (tmp_path / "data").write_text("a file where a folder is needed")
    with pytest.raises(MlpcontError, match="choose another output folder"):
        compute(job.missing_parts("fake", Settings(), tmp_path))


def files(output):
    return {path.name: path.read_bytes() for path in output.rglob("*") if path.is_file()}


def test_a_job_ended_after_its_data_file_leaves_no_parts_for_ever(figure, tmp_path):
    settings = Settings(budget=Budget.QUICK)
    compute(job.missing_parts("fake", settings, tmp_path))
    parts = [part.path for part in job.all_parts("fake", settings, tmp_path)]
    kept = {path: path.read_bytes() for path in parts}
    job.assemble("fake", settings, tmp_path)
    for path, content in kept.items():  # as if the job had been ended in between
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    job.remove_parts("fake", settings, tmp_path)
    assert [path.name for path in (tmp_path / "data").rglob("*")] == ["fake.nc"]
    job.remove_parts("fake", settings, tmp_path)  # nothing is left to remove


@pytest.mark.slow
def test_whichever_write_of_the_job_fails_it_goes_on_to_the_same_files(
    figure, tmp_path, monkeypatch
):
    settings, places = Settings(budget=Budget.QUICK), map(str, itertools.count())
    monkeypatch.setattr(sys.modules["figures.fake"], "draw", lambda data, style: Canvas())

    def whole_job(output):
        job.clean(output)
        path = job.data_path(output, "fake")
        if job.is_current(path, job.figure_key("fake", settings)):
            job.remove_parts("fake", settings, output)
            job.draw("fake", job.read_dataset(path), output)
        else:
            job.draw("fake", complete(settings, output), output)

    whole_job(tmp_path / "whole")
    expected = files(tmp_path / "whole")
    assert len(expected) == 4
    failures = every_failure(monkeypatch, whole_job, lambda: tmp_path / next(places), MlpcontError)
    for output, faults, raised in failures:
        finished = {name: content for name, content in files(output).items() if name in expected}
        assert finished.items() <= expected.items()
        assert raised or finished == expected
        whole_job(output)
        left = files(output)
        assert {name: left[name] for name in expected} == expected
        assert len(left) == len(expected) or "unlink" in faults.failed


def test_no_other_picture_takes_the_place_of_a_figure(figure, tmp_path):
    assert job.free_name("fake", tmp_path) == "fake"
    complete(Settings(), tmp_path)
    assert job.free_name("fake", tmp_path) == "fake_result"
    assert job.free_name("mine", tmp_path) == "mine"
