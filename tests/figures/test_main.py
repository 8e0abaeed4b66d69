"""`python -m figures`: what is computed, kept, drawn, refused, and what Ctrl-C leaves."""

import matplotlib

matplotlib.use("Agg")

import json
import re
import sys
import types
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest
import xarray as xr
from rich.console import Console
from typer.testing import CliRunner

from continuation.landscape import Dataset, Loss, connect, find_critical_sets, follow
from continuation.landscape.network.observations import Axis
from continuation.storage.kinds import BranchResult, GraphResult, Result
from continuation.storage.netcdf import read_dataset, write_dataset
from continuation.storage.results import save_result
from figures import compile_kernels, job
from figures import run as main_job_run
from figures.__main__ import app
from figures.captions import Caption
from symbolic import single_unit
from tests.figures.pictures import Canvas

FIGURES = (
    "training", "landscape", "phase_plane", "noise", "size", "infinity", "graph", "evolution",
    "plane", "optimum", "collapse", "scenario", "uniqueness", "basins", "motorcycle",
)  # fmt: skip
COUNT = 5


def run(*arguments):
    """Exit code and plain output of a command line."""
    runner = CliRunner(env={"COLUMNS": "100"})
    done = runner.invoke(app, [str(a) for a in arguments])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    assert "Traceback" not in done.output
    return done.exit_code, re.sub(r"\x1b\[[0-9;]*m", "", done.output)


def files(folder):
    """Names below a folder, hidden ones included."""
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())


def times(folder):
    return {str(p.relative_to(folder)): p.stat().st_mtime_ns for p in folder.rglob("*.*")}


@pytest.fixture(autouse=True)
def plain(monkeypatch):
    """Output as to a wide pipe wherever the tests run."""
    for name in ("FORCE_COLOR", "GITHUB_ACTIONS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(main_job_run, "console", Console(width=1000, force_terminal=False))
    yield
    plt.close("all")


@pytest.fixture
def threads(monkeypatch):
    """One thread in place of the worker processes, and nothing to compile."""

    @contextmanager
    def pool(jobs):
        with ThreadPoolExecutor(1) as executor:
            yield executor

    monkeypatch.setattr(main_job_run, "process_pool", pool)
    monkeypatch.setattr(compile_kernels, "TASKS", ())


@pytest.fixture
def computed(monkeypatch, tmp_path, threads):
    """A figure "fake" of five parts; lists the parts that are computed."""
    done = []

    def compute(task):
        done.append(task)
        return xr.Dataset({"value": ("task", [task, task**2])})

    def draw(data, style):
        return Canvas(data["value"].to_numpy().tobytes())

    module = types.ModuleType("figures.fake")
    module.TITLE = "nothing"
    module.parts = lambda settings: [
        settings.seed + i for i in range(settings.choose(2 * COUNT, COUNT, 2))
    ]
    module.compute = compute
    module.assemble = lambda settings, parts: xr.concat(parts, "part")
    module.draw = draw
    module.caption = lambda data: Caption(["all of it"], ["single_unit"], "20", "0.1", "1 data set")
    source = tmp_path / "fake.py"
    source.write_text("")
    module.__file__ = str(source)
    monkeypatch.setitem(sys.modules, "figures.fake", module)
    monkeypatch.setattr(job, "NAMES", (*job.NAMES, "fake"))
    return done


FAKE = ("--only", "fake", "--output")
WHOLE = [
    "claims.json", "claims.md", "data/fake.nc", "fake.md", "fake.pdf", "fake.png", "index.html",
]  # fmt: skip


@pytest.fixture(scope="module")
def main_job(tmp_path_factory):
    """The phase plane through a real pool of processes, which compiles what it needs only."""
    output = tmp_path_factory.mktemp("main") / "out"
    arguments = ("--quick", "--only", "phase_plane", "--jobs", 1, "--output", output)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compile_kernels, "TASKS", ())
        return output, arguments, run(*arguments)


def test_the_list_names_all_figures():
    code, output = run("--list")
    assert code == 0
    assert re.findall(r"│ (\w+) +│ \S", output) == list(FIGURES)
    assert job.NAMES == FIGURES
    assert all(job.figure_module(name).TITLE in output for name in FIGURES)


def test_help_names_every_option():
    code, output = run("--help")
    assert code == 0
    options = (
        "only force jobs output seed quick thorough preset n noise data columns width latex list "
        "edited json csv version help"
    )
    wanted = {f"--{name}" for name in options.split()}
    assert set(re.findall(r"│ (--\w+) .*\S", output)) == wanted
    assert "python -m continuation" in re.sub(r"\s+", " ", output)


def test_unknown_figures_are_refused_with_the_known_ones(tmp_path):
    code, output = run("--only", "phase_plane", "--only", "colapse", "--output", tmp_path / "out")
    assert code == 1
    assert output == f"error: unknown figure 'colapse'; choose from {', '.join(FIGURES)}\n"
    assert files(tmp_path) == []


@pytest.mark.parametrize(
    "wrong",
    [
        ("--jobs", 0), ("--quick", "--thorough"), ("--seed", -1), ("--seed", "x"), ("--nmae",),
        ("--n", 1), ("--noise", 0), ("--preset", "none"),
    ],
)  # fmt: skip
def test_wrong_options_are_refused(tmp_path, wrong):
    code, output = run(*wrong, "--output", tmp_path / "out")
    assert code == 2
    assert str(wrong[0]).strip("-") in output
    assert files(tmp_path) == []


@pytest.mark.slow
def test_a_figure_is_computed_drawn_and_stored(main_job):
    output, _, (code, text) = main_job
    assert code == 0
    pictures = ["phase_plane.md", "phase_plane.pdf", "phase_plane.png"]
    assert files(output) == [
        "claims.json",
        "claims.md",
        "data/phase_plane.nc",
        "index.html",
        *pictures,
    ]
    assert (output / "phase_plane.pdf").read_bytes().startswith(b"%PDF")
    assert (output / "phase_plane.png").read_bytes().startswith(b"\x89PNG")
    data = read_dataset(output / "data" / "phase_plane.nc", "figure phase_plane")
    assert json.loads(data.attrs["settings"]) == {"seed": 0, "budget": "quick"}
    minima = np.abs(data["point"].to_numpy()[data["index"].to_numpy() == 0])
    assert len(minima) == 2
    assert minima.max() > 0.2 * data["w"].max()  # in a window in which they are told apart
    assert (data["beyond"].to_numpy() > float(data["w"].max())).all()
    assert "beyond the limits 1 orbit of points" in (output / "phase_plane.md").read_text("utf-8")
    assert re.search(r"compiling .* 0/0 ", text)
    assert re.search(r"phase_plane .* 1/1 ", text)
    assert re.search(r"elapsed \d+\.\d s", text)
    assert f"drawn {output}/phase_plane.pdf" in text
    findings = json.loads((output / "claims.json").read_text("utf-8"))["findings"]
    assert {f["verdict"] for f in findings} == {"not measured"}
    assert "not measured" in (output / "claims.md").read_text("utf-8")


@pytest.mark.slow
def test_a_second_run_computes_nothing(main_job, monkeypatch):
    output, arguments, _ = main_job

    def refuse(*_):
        raise AssertionError("no pool is needed")

    monkeypatch.setattr(main_job_run, "process_pool", refuse)
    before, claims = times(output), (output / "claims.md").read_bytes()
    code, text = run(*arguments)
    assert code == 0
    assert "nothing to compute" in text
    assert "drawn" not in text
    after = times(output)
    assert before.keys() == after.keys()
    kept = [name for name in before if not name.startswith(("claims", "index"))]
    assert [after[name] for name in kept] == [before[name] for name in kept]
    assert (output / "claims.md").read_bytes() == claims


def test_force_computes_the_same_again(computed, tmp_path):
    out = tmp_path / "out"
    run("--only", "fake", *FAKE, out)  # a name given twice is one figure
    assert computed == list(range(COUNT))
    assert files(out) == WHOLE
    before, data = times(out), read_dataset(out / "data" / "fake.nc")
    pictures = [(out / f"fake.{suffix}").read_bytes() for suffix in job.FORMATS]
    computed.clear()
    code, text = run(*FAKE, out, "--force")
    assert code == 0
    assert "nothing to compute" not in text
    assert computed == list(range(COUNT))
    assert files(out) == WHOLE
    assert all(times(out)[name] > before[name] for name in WHOLE)
    xr.testing.assert_identical(read_dataset(out / "data" / "fake.nc"), data)
    assert pictures == [(out / f"fake.{suffix}").read_bytes() for suffix in job.FORMATS]


def test_other_settings_are_computed_anew(computed, tmp_path):
    out = tmp_path / "out"
    for options, wanted in (
        ((), range(COUNT)),
        (("--quick",), range(2)),
        (("--thorough",), range(2 * COUNT)),
        (("--seed", 1), range(1, COUNT + 1)),
    ):
        computed.clear()
        code, _ = run(*FAKE, out, *options)
        assert code == 0
        assert computed == list(wanted)
        assert files(out) == WHOLE
        assert read_dataset(out / "data" / "fake.nc").sizes["part"] == len(computed)


def test_a_lost_picture_is_drawn_from_the_stored_data(computed, tmp_path):
    out = tmp_path / "out"
    run(*FAKE, out)
    computed.clear()
    (out / "fake.png").unlink()
    code, text = run(*FAKE, out)
    assert code == 0
    assert "drawn" in text
    assert "nothing to compute" in text
    assert computed == []
    assert files(out) == WHOLE


def test_damaged_data_are_computed_again(computed, tmp_path):
    out = tmp_path / "out"
    run(*FAKE, out)
    whole = (out / "data" / "fake.nc").read_bytes()
    (out / "data" / "fake.nc").write_bytes(whole[: len(whole) // 2])
    computed.clear()
    code, _ = run(*FAKE, out)
    assert code == 0
    assert computed == list(range(COUNT))
    assert read_dataset(out / "data" / "fake.nc", "figure fake").sizes["part"] == COUNT


def test_an_unwritable_output_is_named(computed, tmp_path):
    (tmp_path / "file").write_text("")
    for folder in ("file", "file/deep"):
        code, output = run(*FAKE, tmp_path / folder)
        assert code == 1
        assert re.match(
            rf"error: cannot write {tmp_path}/{folder}/.*; choose another output folder$",
            output.splitlines()[-1],
        )
    assert files(tmp_path) == ["fake.py", "file"]


def interrupt_writing(patch, number):
    """Ctrl-C in the middle of writing the n-th file from now: half of it is there."""
    whole, left = Path.write_bytes, [number]

    def write(self, content):
        left[0] -= 1
        if left[0] > 0:
            return whole(self, content)
        whole(self, content[: len(content) // 2])
        raise KeyboardInterrupt

    patch.setattr(Path, "write_bytes", write)


@pytest.mark.parametrize("stored", [0, 3, COUNT])
def test_after_an_interruption_the_next_run_goes_on(computed, tmp_path, monkeypatch, stored):
    """Between parts, and (the last case) while all parts are joined in one file."""
    out = tmp_path / "out"
    with monkeypatch.context() as patch:
        interrupt_writing(patch, stored + 1)
        code, text = run(*FAKE, out)
    assert code == 130
    assert text.splitlines()[-1] == "interrupted; run the same command to go on from here"
    kept = {int(read_dataset(path)["value"][0]) for path in out.rglob("*.nc")}
    assert len(kept) == len(files(out)) == stored
    computed.clear()
    code, text = run(*FAKE, out)
    assert code == 0
    assert sorted(computed) == sorted(set(range(COUNT)) - kept)
    assert files(out) == WHOLE
    data = read_dataset(out / "data" / "fake.nc", "figure fake")
    np.testing.assert_array_equal(data["value"], [[k, k**2] for k in range(COUNT)])


def test_interrupted_drawing_leaves_no_picture(computed, tmp_path, monkeypatch):
    out = tmp_path / "out"

    def half(canvas, path, **_):
        path.write_bytes(b"%PDF half")
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Canvas, "savefig", half)
        assert run(*FAKE, out)[0] == 130
    assert files(out) == ["data/fake.nc"]
    computed.clear()
    assert run(*FAKE, out)[0] == 0
    assert computed == []
    assert files(out) == WHOLE


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """A result file of each command."""
    model = single_unit()
    loss = Loss(model, Dataset.sample(model, 20, 0))
    sets = find_critical_sets(loss, noise=0.1)
    more = {
        "points": (Result, {}),
        "branch": (BranchResult, {"branch": follow(loss, sets[0], "noise", (0.09, 0.12))}),
        "graph": (GraphResult, {"graph": connect(loss, sets, noise=0.1)}),
    }
    folder = tmp_path_factory.mktemp("results")
    axes = (Axis("time", 20.0, 5.0), Axis("height"))
    for kind, (of, part) in more.items():
        save_result(of(loss, {"noise": 0.1}, axes, sets, **part), folder / f"my_{kind}.nc")
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["points", "branch", "graph"])
def test_a_result_file_is_drawn(results, tmp_path, kind):
    code, output = run(results / f"my_{kind}.nc", "--output", tmp_path / "out")
    assert code == 0
    assert files(tmp_path) == [f"out/my_{kind}.pdf", f"out/my_{kind}.png"]
    assert output.split() == [
        word for s in job.FORMATS for word in ("drawn", f"{tmp_path}/out/my_{kind}.{s}")
    ]
    picture = plt.imread(tmp_path / "out" / f"my_{kind}.png")
    assert min(picture.shape[:2]) > 100
    assert np.ptp(picture[..., :3]) == 1.0
    assert (tmp_path / "out" / f"my_{kind}.pdf").read_bytes().startswith(b"%PDF")


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.95])
def test_a_truncated_result_file_is_refused(results, tmp_path, share):
    content = (results / "my_points.nc").read_bytes()
    (tmp_path / "cut.nc").write_bytes(content[: int(share * len(content))])
    code, output = run(tmp_path / "cut.nc", "--output", tmp_path / "out")
    assert code == 1
    assert re.fullmatch(r"error: .*cut\.nc is truncated or no NetCDF file .*\n", output)
    assert files(tmp_path) == ["cut.nc"]


def test_files_that_are_no_results_are_refused(tmp_path):
    write_dataset(tmp_path / "part.nc", xr.Dataset({"a": 1.0}), "figure phase_plane")
    (tmp_path / "table.csv").write_text("x,y\n1,2\n")
    xr.Dataset({"a": 1.0}).to_netcdf(tmp_path / "foreign.nc", engine="h5netcdf")
    for file, message in (
        (tmp_path / "absent.nc", "there is no result file"),
        (tmp_path, "no store of an ensemble"),
        (tmp_path / "table.csv", "truncated or no NetCDF file"),
        (tmp_path / "foreign.nc", "not a result of mlpcont"),
        (tmp_path / "part.nc", "holds 'figure phase_plane', not one of points"),
    ):
        code, output = run(file, "--output", tmp_path / "out")
        assert code == 1
        assert re.fullmatch(rf"error: .*{message}.*\n", output)
    assert files(tmp_path) == ["foreign.nc", "part.nc", "table.csv"]


def test_pictures_that_cannot_be_written_are_named(results, tmp_path):
    (tmp_path / "file").write_text("")
    code, output = run(results / "my_points.nc", "--output", tmp_path / "file")
    assert code == 1
    assert re.fullmatch(r"error: cannot write .*/file/my_points\.pdf: .*output folder\n", output)
    assert files(tmp_path) == ["file"]


def fake(monkeypatch, tmp_path, name, **functions):
    """A figure beside those of the paper, made of the given functions."""
    module = types.ModuleType(f"figures.{name}")
    usual = vars(sys.modules["figures.fake"])
    for key in ("TITLE", "parts", "compute", "assemble", "draw", "caption"):
        setattr(module, key, functions.get(key, usual[key]))
    source = tmp_path / f"{name}.py"
    source.write_text("")
    module.__file__ = str(source)
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setattr(job, "NAMES", (*job.NAMES, name))
    return module


def fails(*_):
    raise KeyError(-1)


PAIR = ("--only", "broken", "--only", "fake", "--output")


@pytest.mark.parametrize(
    ("function", "step"), [("compute", "part 1"), ("assemble", "joining its parts")]
)
def test_what_fails_is_reported_and_all_other_figures_are_made(
    computed, monkeypatch, tmp_path, function, step
):
    out = tmp_path / "out"
    fake(monkeypatch, tmp_path, "broken", **{function: fails})
    result = CliRunner().invoke(app, [*PAIR, str(out), "--json"])
    assert result.exit_code == 1
    assert set(WHOLE) <= set(files(out))
    report, error = json.loads(result.stdout), json.loads(result.stderr)["error"]
    problems = {row["figure"]: row["problem"] for row in report["figures"]}
    pictures = {row["figure"]: row["picture"] for row in report["figures"]}
    assert problems["fake"] is None
    assert f"{step}: KeyError: -1" in problems["broken"]  # of several parts, as they come
    assert pictures == {"broken": None, "fake": str(out / "fake.pdf")}
    assert {row["figure"] for row in report["failures"]} == {"broken"}
    assert report["failures"][0]["message"] == "KeyError: -1"
    assert error["kind"] == "Incomplete"
    said = r"not made: broken, (part \d|joining its parts): KeyError: -1; all else is whole"
    assert re.match(said, error["message"])
    assert "run the same command again" in error["message"]
    assert "in fails" in (out / "failures.txt").read_text("utf-8")
    assert "Not made by the last run" in (out / "index.html").read_text("utf-8")


@pytest.mark.parametrize("function", ["draw", "caption"])
def test_what_cannot_be_drawn_is_drawn_by_a_later_run(computed, monkeypatch, tmp_path, function):
    out = tmp_path / "out"
    module = fake(monkeypatch, tmp_path, "broken", **{function: fails})
    code, text = run(*PAIR, out)
    assert code == 1
    assert "failed broken, drawing: KeyError: -1" in text
    assert "error: not made: broken" in text
    assert set(WHOLE) <= set(files(out))

    setattr(module, function, vars(sys.modules["figures.fake"])[function])
    computed.clear()
    assert run(*PAIR, out)[0] == 0
    assert computed == []
    assert "failures.txt" not in files(out)
    assert "Not made" not in (out / "index.html").read_text("utf-8")


def test_claims_that_cannot_be_written_do_not_end_the_run(computed, monkeypatch, tmp_path):
    out = tmp_path / "out"
    monkeypatch.setattr(main_job_run.claims, "write", fails)
    code, text = run(*FAKE, out)
    assert code == 1
    assert "failed claims, writing: KeyError: -1" in text
    assert {"fake.pdf", "index.html"} <= set(files(out))
