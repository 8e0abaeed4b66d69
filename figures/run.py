"""One run of the main job: what is missing is computed, every figure drawn, claims written."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from continuation.commands.tables import Column, Listing, Report
from continuation.ensemble import load_ensemble
from continuation.storage import load_result, require_writable, sole_worker
from continuation.terminal import shown
from continuation.workers import process_pool
from figures import claims, compile_kernels, index, job, result
from figures.explore import paper
from figures.failures import Failure, Missing, write_failures
from figures.probability import draw_probability
from figures.settings import Budget, Settings
from figures.style import PAPER, Style

EXPLORED = "graph"
"""The figure whose data the explorer shows."""

SAID = {
    Budget.QUICK: "quick budget: a preview",
    Budget.USUAL: "usual budget: claims on a few data sets for each setting; --thorough takes as "
    "many as decide them, and hours",
    Budget.THOROUGH: "thorough budget: claims on as many data sets as decide them; this takes "
    "hours, and goes on from any interruption",
}
"""What a run begins with."""

console = Console()


def run(
    report: Report,
    file: Path | None,
    only: list[str] | None,
    force: bool,
    jobs: int,
    output: Path,
    settings: Settings,
    width: float,
    latex: bool,
    edited: bool,
    list_: bool,
) -> Sequence[Failure]:
    """Draw FILE, list the figures, or make what is missing; returns what could not be made."""
    if list_:
        report.listing(_catalogue())
        return ()
    style = Style(width=width, latex=latex)
    if file is not None:
        _say_drawn(_draw_file(report, file, output, edited, style), report)
        return ()
    names = settings.figures(job.NAMES, only)
    for name in names:
        job.figure_module(name)
    with sole_worker(output):
        return _run(report, names, settings, output, force, jobs, style)


def _say_drawn(paths: Sequence[Path], report: Report) -> None:
    """The pictures of one file."""
    report.keep(Listing("pictures", [Column("file")], [{"file": str(path)} for path in paths]))
    for path in paths:
        console.print(f"[green]drawn[/] {shown(path)}", soft_wrap=True)


def _draw_ensemble(folder: Path, output: Path, style: Style) -> list[Path]:
    table = load_ensemble(folder)
    with style.used():
        name = job.free_name(folder.resolve().name, output)
        return job.save_canvas(draw_probability(table), output, name)


def _draw_file(
    report: Report, file: Path, output: Path, edited: bool, style: Style
) -> Sequence[Path]:
    if file.is_dir():
        return _draw_ensemble(file, output, style)
    loaded = load_result(file, edited=edited)
    for reservation in loaded.reservations:
        report.note(f"{file}: {reservation}")
    return result.draw_result(loaded, file, output, style)


MADE = (
    Column("figure"), Column("data_are"), Column("picture"), Column("data"), Column("problem"),
)  # fmt: skip
"""Of every figure of a run: its name, whether its data were computed or stored, its files, and
what went wrong."""

FAILED = tuple(Column(name, folds=True) for name in ("figure", "step", "message"))
"""Of what could not be made."""


def _say_failed(failure: Failure) -> None:
    console.print(f"[red]failed[/] {shown(failure)}", highlight=False, soft_wrap=True)


def _run(
    report: Report,
    names: list[str],
    settings: Settings,
    output: Path,
    force: bool,
    jobs: int,
    style: Style,
) -> Sequence[Failure]:
    begin = time.perf_counter()
    require_writable(output / "claims.md")
    job.clean(output)
    _report_damage([job.data_path(output, name) for name in names])
    console.print(SAID[settings.budget])
    stale = [n for n in names if force or not _current(n, settings, output)]
    missing = Missing(_say_failed)
    for name in set(names) - set(stale):
        job.remove_parts(name, settings, output)

    def draw(name: str) -> None:
        data = job.read_dataset(job.data_path(output, name))
        if missing.attempt(name, "drawing", lambda: job.draw(name, data, output, style)):
            console.print(f"[green]drawn[/] {shown(output / name)}.pdf", soft_wrap=True)

    if stale:
        _compute(stale, settings, output, jobs, force, draw, missing)
    for name in set(names) - set(stale):
        if style != PAPER or not job.is_drawn(name, output):
            draw(name)
    written = _pages(settings, output, missing)
    for path in written:
        console.print(f"[green]written[/] {shown(path)}", soft_wrap=True)
    if not stale:
        console.print("nothing to compute: every figure is stored and current")
    seconds = time.perf_counter() - begin
    console.print(f"elapsed {seconds:.1f} s")
    report.keep(Listing("figures", MADE, [_row(n, n in stale, missing, output) for n in names]))
    failed = Listing("failures", FAILED, [vars(failure) for failure in missing])
    report.keep(failed)
    if missing:
        report.show(failed)
    pages = [str(path) for path in written]
    report.tell(budget=settings.budget, written=pages, seconds=seconds)
    return missing


def _row(name: str, computed: bool, missing: Missing, output: Path) -> dict[str, str | None]:
    """What is there of one figure: no picture where it could not be made."""
    problem = missing.of(name)
    return {
        "figure": name,
        "data_are": "computed" if computed else "stored",
        "picture": None if problem else str(output / f"{name}.pdf"),
        "data": str(job.data_path(output, name)),
        "problem": problem or None,
    }


def _pages(settings: Settings, output: Path, missing: Missing) -> list[Path]:
    """Claims, explorer and index, with what could not be made."""
    data = job.current_data(settings, output)

    def verdicts() -> Sequence[Path]:
        """Claims are about data sets that a teacher gives."""
        return () if settings.data else claims.write(data, output, settings.budget)

    written = [
        *(missing.attempt("claims", "writing", verdicts) or ()),
        *(missing.attempt("explorer", "writing", lambda: _explore(settings, output)) or ()),
    ]
    write_failures(missing, output)
    return [*written, index.write(output, missing)]


def _explore(settings: Settings, output: Path) -> list[Path]:
    """The page of figure `graph` in the browser, where it is not there already."""
    data, page = job.data_path(output, EXPLORED), output / paper.NAME
    fresh = page.is_file() and data.is_file() and page.stat().st_mtime >= data.stat().st_mtime
    if fresh or not _current(EXPLORED, settings, output):
        return []
    return [paper.write_paper_page(job.read_dataset(data), settings, output)]


def _current(name: str, settings: Settings, output: Path) -> bool:
    return job.is_current(job.data_path(output, name), job.figure_key(name, settings))


def _compute(
    stale: list[str],
    settings: Settings,
    output: Path,
    jobs: int,
    force: bool,
    draw: Callable[[str], None],
    missing: Missing,
) -> None:
    """Compute all parts of all stale figures through one pool; draw each figure that is whole.

    What compiles longest begins first, and meanwhile the parts that do not need it.
    """
    wanted = {
        name: (job.all_parts if force else job.missing_parts)(name, settings, output)
        for name in sorted(stale, key=compile_kernels.turn)
    }
    _report_damage([part.path for parts in wanted.values() for part in parts])
    columns = (
        TextColumn("{task.description:>12}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with process_pool(jobs) as pool, Progress(*columns, console=console) as progress:
        compile_bar = progress.add_task("compiling", total=len(compile_kernels.TASKS))
        for task in compile_kernels.TASKS:  # what fails here fails in the part that needs it
            pool.submit(task).add_done_callback(lambda _: progress.advance(compile_bar))
        bars = {n: progress.add_task(n, total=len(parts)) for n, parts in wanted.items()}
        left = {name: len(parts) for name, parts in wanted.items()}

        def finish(name: str) -> None:
            join = partial(job.assemble, name, settings, output)
            if missing.attempt(name, "joining its parts", join) is not None:
                draw(name)

        def done(part: job.Part) -> None:
            progress.advance(bars[part.figure])
            left[part.figure] -= 1
            if left[part.figure] == 0:
                finish(part.figure)

        for name in (n for n, parts in wanted.items() if not parts):
            finish(name)
        tasks = [part for parts in wanted.values() for part in parts]
        job.compute_parts(tasks, pool, done, missing.append)


def _report_damage(paths: Sequence[Path]) -> None:
    """Say which files that are there cannot be used."""
    for reason in filter(None, map(job.damage, paths)):
        console.print(
            f"[yellow]computed again:[/] {shown(reason)}", highlight=False, soft_wrap=True
        )


def _catalogue() -> Listing:
    rows = [{"figure": name, "shows": job.figure_module(name).TITLE} for name in job.NAMES]
    return Listing("figures", (Column("figure"), Column("shows", folds=True)), rows)
