"""`python -m figures explore`: results as one HTML page."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from continuation import landscape, storage
from continuation.commands import common
from continuation.commands.tables import Column, Listing, Report
from continuation.deadline import Deadline
from continuation.errors import InvalidInputError
from continuation.terminal import shown
from symbolic.complaints import Command

if TYPE_CHECKING:
    from figures.explore.plain import Document

SECONDS = 60.0
"""Wall-clock seconds that a page may take to compute, where nothing else is asked for."""

SEARCHED = 0.7
"""Share of them for the search; the rest is for the flows."""

EXAMPLES = ("python -m figures explore --preset single_unit --n 20 --noise 0.1 --output unit.html",)

EPILOG = (
    f"Example: {EXAMPLES[0]}. "
    "FILE is what `python -m continuation` has written: points, graph, branch, evolve, basins, "
    "phase, plane, or the folder of an ensemble; several files become one page with a tab each. "
    "Without FILE the sets and connections of --preset or --data are computed, and with --limits "
    "followed along --parameter, which the slider of the page moves."
)


@dataclass(frozen=True)
class Asked:
    """Where to say what was done, and the task if a preset or data were given."""

    report: Report
    task: common.Task | None


@wraps(common.task_of)
def asked(report: Report, **options: Any) -> Asked:
    """What the shared options mean."""
    if options["preset"] is not None or options["data"] is not None:
        return Asked(report, common.task_of(report, **options))
    usual = {k: p.default for k, p in inspect.signature(common.task_of).parameters.items()}
    for name, value in options.items():
        if value != usual[name]:
            option = name.replace("_", "-")
            raise InvalidInputError(f"--{option} goes with --preset or --data, not with FILE")
    return Asked(report, None)


def explore(
    asked_for: Asked,
    files: Annotated[
        list[Path] | None, typer.Argument(metavar="FILE…", help="Results to show.")
    ] = None,
    output: Annotated[Path, typer.Option(help="The page.")] = Path("explorer.html"),
    title: Annotated[str | None, typer.Option(help="Of the page.")] = None,
    edited: Annotated[
        bool, typer.Option("--edited", help="Show FILE though it was changed after it was written.")
    ] = False,
    parameter: Annotated[str, typer.Option(help="noise, size or weight_decay.")] = "noise",
    limits: Annotated[
        tuple[float, float] | None,
        typer.Option(help="Range of the slider.", show_default="no slider"),
    ] = None,
    seconds: Annotated[
        float,
        typer.Option(
            help="Wall-clock time of search and flows where there is no slider; what is left out "
            "is said. Drawing comes on top."
        ),
    ] = SECONDS,
) -> None:
    """Write results as one HTML page that needs neither a server nor the network."""
    from figures.explore.documents import document  # help need not wait for what is shown
    from figures.explore.page import write_page

    task = asked_for.task
    if bool(files) == (task is not None):
        raise InvalidInputError("give either FILE or one of --preset NAME and --data FILE.csv")
    if task is None:
        documents = [_of_file(path, edited) for path in files or ()]
    else:
        result = computed(task, parameter, limits, seconds)
        with common.console.status("drawing connections and trajectories"):
            documents = [document(result, result.kind)]
        for note in result.sets.notes:
            asked_for.report.note(note)
    page = write_page(documents, title or _title(documents), output)
    asked_for.report.tell(file=str(page))
    rows = [{"tab": one["name"], "kind": one["kind"], "page": str(page)} for one in documents]
    asked_for.report.keep(Listing("tabs", [Column(key) for key in rows[0]], rows))
    size = page.stat().st_size / 1e6
    common.console.print(f"[green]written[/] {shown(page)} ({size:.1f} MB)", soft_wrap=True)


app = typer.Typer(add_completion=False)
app.command("explore", cls=Command, epilog=EPILOG)(common.with_task(explore, asked))


def _of_file(path: Path, edited: bool) -> Document:
    from figures.explore.documents import document
    from figures.explore.ensembles import ensemble_document, is_ensemble

    if is_ensemble(path):
        return ensemble_document(path)
    result = storage.load_result(path, edited=edited)
    with common.console.status(f"showing {shown(path.name)}"):
        return document(result, path.name)


def _title(documents: list[Document]) -> str:
    return "Explorer: " + ", ".join(str(one["name"]) for one in documents)


def computed(
    task: common.Task, parameter: str, limits: tuple[float, float] | None, seconds: float
) -> storage.GraphResult | storage.EvolutionResult:
    """Sets with their connections, or the whole landscape along a parameter."""
    if limits is None:
        return _standing(task, seconds)
    with common.console.status("searching for critical sets") as status:
        found = landscape.evolve(
            task.loss, parameter, limits, noise=task.noise, weight_decay=task.weight_decay,
            seed=task.seed, progress=lambda look: status.update(str(look)),
        )  # fmt: skip
    settings = task.settings(parameter=parameter, lower=limits[0], upper=limits[1])
    sets = storage.strand_sets(found)
    return storage.EvolutionResult(task.loss, settings, task.axes, sets, evolution=found)


def _standing(task: common.Task, seconds: float) -> storage.GraphResult:
    """Sets with their connections, as far as the time goes."""
    deadline = Deadline(seconds)
    sets = task.sets(SEARCHED * seconds)
    with common.console.status("following the gradient flow from every saddle") as status:
        graph = landscape.connect(
            task.loss, sets, noise=task.noise, weight_decay=task.weight_decay,
            seconds=max(deadline.left, common.LEAST),
            progress=lambda look: status.update(str(look)),
        )  # fmt: skip
    return storage.GraphResult(task.loss, task.settings(), task.axes, sets, graph=graph)
