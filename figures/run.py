"""One run of the main job: what is missing is computed, every figure drawn, claims written."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from continuation.ensemble import load_ensemble
from continuation.errors import MlpcontError
from continuation.storage import load_result, require_writable, sole_worker
from continuation.terminal import shown
from continuation.workers import process_pool
from figures import claims, compile_kernels, index, job, result
from figures.explore import paper
from figures.probability import draw_probability
from figures.settings import Settings
from figures.style import PAPER, Style

EXPLORED = "graph"
"""The figure whose data the explorer shows."""

console = Console()


def run(
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
) -> None:
    """Draw FILE, list the figures, or make what is missing; errors of ours as one line."""
    try:
        if list_:
            console.print(_catalogue())
            return
        style = Style(width=width, latex=latex)
        if file is not None:
            _draw_file(file, output, edited, style)
        else:
            names = settings.figures(job.NAMES, only)
            with sole_worker(output):
                _run(names, settings, output, force, jobs, style)
    except MlpcontError as error:
        console.print(f"[red]error:[/] {shown(error)}", highlight=False, soft_wrap=True)
        sys.exit(1)


def _draw_ensemble(folder: Path, output: Path, style: Style) -> None:
    table = load_ensemble(folder)
    with style.used():
        name = job.free_name(folder.resolve().name, output)
        paths = job.save_canvas(draw_probability(table), output, name)
    for path in paths:
        console.print(f"[green]drawn[/] {shown(path)}", soft_wrap=True)


def _draw_file(file: Path, output: Path, edited: bool, style: Style) -> None:
    if file.is_dir():
        _draw_ensemble(file, output, style)
        return
    loaded = load_result(file, edited=edited)
    for reservation in loaded.reservations:
        console.print(f"[yellow]{shown(file)}[/]: {shown(reservation)}", soft_wrap=True)
    for path in result.draw_result(loaded, file, output, style):
        console.print(f"[green]drawn[/] {shown(path)}", soft_wrap=True)


def _run(
    names: list[str], settings: Settings, output: Path, force: bool, jobs: int, style: Style
) -> None:
    begin = time.perf_counter()
    for name in names:
        job.figure_module(name)
    require_writable(output / "claims.md")
    job.clean(output)
    _report_damage([job.data_path(output, name) for name in names])
    stale = [n for n in names if force or not _current(n, settings, output)]
    for name in set(names) - set(stale):
        job.remove_parts(name, settings, output)

    def draw(name: str) -> None:
        job.draw(name, job.read_dataset(job.data_path(output, name)), output, style)
        console.print(f"[green]drawn[/] {shown(output / name)}.pdf", soft_wrap=True)

    if stale:
        _compute(stale, settings, output, jobs, force, draw)
    for name in set(names) - set(stale):
        if style != PAPER or not job.is_drawn(name, output):
            draw(name)
    for path in claims.write(job.current_data(settings, output), output):
        console.print(f"[green]written[/] {shown(path)}", soft_wrap=True)
    _explore(settings, output)
    console.print(f"[green]written[/] {shown(index.write(output))}", soft_wrap=True)
    if not stale:
        console.print("nothing to compute: every figure is stored and current")
    console.print(f"elapsed {time.perf_counter() - begin:.1f} s")


def _explore(settings: Settings, output: Path) -> None:
    """The page of figure `graph` in the browser."""
    data, page = job.data_path(output, EXPLORED), output / paper.NAME
    fresh = page.is_file() and data.is_file() and page.stat().st_mtime >= data.stat().st_mtime
    if fresh or not _current(EXPLORED, settings, output):
        return
    written = paper.write_paper_page(job.read_dataset(data), settings.seed, output)
    console.print(f"[green]written[/] {shown(written)}", soft_wrap=True)


def _current(name: str, settings: Settings, output: Path) -> bool:
    return job.is_current(job.data_path(output, name), job.figure_key(name, settings))


def _compute(
    stale: list[str],
    settings: Settings,
    output: Path,
    jobs: int,
    force: bool,
    draw: Callable[[str], None],
) -> None:
    """Compute all parts of all stale figures through one pool; draw each figure that is whole.

    What compiles longest begins first, and meanwhile the parts that do not need it.
    """
    wanted = {
        name: (job.all_parts if force else job.missing_parts)(name, settings, output)
        for name in sorted(stale, key=lambda name: name not in compile_kernels.FIRST)
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

        def done(part: job.Part) -> None:
            progress.advance(bars[part.figure])
            left[part.figure] -= 1
            if left[part.figure] == 0:
                job.assemble(part.figure, settings, output)
                draw(part.figure)

        for name in (n for n, parts in wanted.items() if not parts):
            job.assemble(name, settings, output)
            draw(name)
        job.compute_parts([part for parts in wanted.values() for part in parts], pool, done)


def _report_damage(paths: Sequence[Path]) -> None:
    """Say which files that are there cannot be used."""
    for reason in filter(None, map(job.damage, paths)):
        console.print(
            f"[yellow]computed again:[/] {shown(reason)}", highlight=False, soft_wrap=True
        )


def _catalogue() -> Table:
    table = Table("figure", "shows")
    for name in job.NAMES:
        table.add_row(name, job.figure_module(name).TITLE)
    return table
