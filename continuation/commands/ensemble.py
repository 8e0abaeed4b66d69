"""`ensemble`: the same question over many data sets."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from continuation import ensemble as asking
from continuation import storage
from continuation.commands import common
from continuation.commands.many_values import ManyValues
from continuation.commands.tables import Column, Listing, Report
from continuation.terminal import shown
from continuation.workers import process_pool
from symbolic import PRESETS

if TYPE_CHECKING:
    import xarray as xr

    from symbolic import Model

TABLE = "ensemble.nc"
"""The whole table, beside the shards."""

PLACES = ("model", "n", "noise", "weight_decay")
"""What may distinguish settings."""


Command = ManyValues
"""How its arguments are read."""


def ensemble(
    preset: Annotated[list[str], typer.Option(help=f"Models: {', '.join(PRESETS)}.")],
    n: Annotated[list[int], typer.Option(help="Samples of each data set; several may follow.")],
    noise: Annotated[list[float], typer.Option(help="Noise σ; several may follow.")],
    output: Annotated[Path, typer.Option(help="Folder that answers are added to.")],
    data_sets: Annotated[int, typer.Option(help="Data sets of each setting, at most.")] = 100,
    question: Annotated[
        str, typer.Option(help=f"What is asked: {', '.join(asking.SHARES)}.")
    ] = "sets",
    weight_decay: Annotated[
        list[float] | None,
        typer.Option(help="Weight decay ρ; several may follow.", show_default="0"),
    ] = None,
    hidden: common.Hidden = None,
    activation: common.Activation = None,
    teacher: common.Teacher = None,
    input_scale: common.InputScale = None,
    input_law: common.InputLaw = None,
    decide: Annotated[
        str | None,
        typer.Option(help="Column whose share ends a setting when it is decided, as below."),
    ] = None,
    against: Annotated[
        list[float] | None,
        typer.Option(help="Shares that it must lie above or below.", show_default="0.5 0.95"),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(min=1, help="Processes of a local Dask cluster.", rich_help_panel="Engine"),
    ] = None,
    scheduler: Annotated[
        str | None,
        typer.Option(
            help="Address of a Dask scheduler, tcp://host:port.", rich_help_panel="Engine"
        ),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Root of the seeds of all data sets.")] = 0,
    as_json: common.Json = False,
    as_csv: common.Csv = False,
) -> None:
    """Ask the same question of many data sets of each setting.

    Every combination of preset, n, noise and weight decay is a setting. Answers arrive in shards;
    the same command goes on where an interrupted one stopped, and may ask for more data sets or
    settings. What is said of the model changes all presets. Without --workers and --scheduler all
    cores of this machine are used.
    --decide single_attractor ends a setting as soon as its share is decided.
    """
    with common.reporting(as_json, as_csv) as report:
        changes = (hidden, activation, teacher, input_scale, input_law)
        models = [_model(name, changes) for name in preset]
        settings = asking.grid(models, n=n, noise=noise, weight_decay=weight_decay or 0.0)
        given = (tuple(against),) if against else ()
        rule = asking.Decided(decide, *given) if decide else None
        storage.require_writable(output / TABLE)
        with _engine(scheduler, workers) as executor, _progress() as progress:
            table = asking.ensemble(
                question,
                settings,
                data_sets=data_sets,
                executor=executor,
                store=output,
                until=rule,
                seed=seed,
                progress=progress,
            )
        _print(table, question, report)
        written = storage.write_dataset(output / TABLE, table, "ensemble")
        report.tell(file=str(written))
        common.console.print(f"[green]written[/] {shown(written)}", soft_wrap=True)


def _model(preset: str, changes: tuple[Any, ...]) -> Model | str:
    """The name of a preset, or the model that it becomes by changes."""
    named = common.known_preset(preset)
    return preset if all(change is None for change in changes) else named.variant(*changes)


@contextmanager
def _engine(scheduler: str | None, workers: int | None) -> Iterator[Executor]:
    local = scheduler is None and workers is None
    with process_pool() if local else asking.cluster(scheduler, workers) as executor:
        yield executor


@contextmanager
def _progress() -> Iterator[Callable[[asking.EnsembleProgress], None]]:
    """A bar of data sets, with rate, time left and settings decided."""
    columns = (
        TextColumn("data sets"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.description}"),
    )
    with Progress(*columns, console=common.console) as bars:
        bar = bars.add_task("starting workers", total=None)

        def report(look: asking.EnsembleProgress) -> None:
            text = (
                f"{look.rate:.3g}/s, at most {look.seconds_left:.0f} s left, "
                f"{look.decided} of {look.cells} settings done, {look.failures} failed"
            )
            bars.update(bar, completed=look.done, total=look.most, description=text)

        yield report


def _print(table: xr.Dataset, question: str, report: Report) -> None:
    """Shares of data sets, setting by setting, with what distinguishes the settings."""
    varying = [name for name in PLACES if len(set(table[name].to_numpy().tolist())) > 1]
    columns = (
        *(Column(name, rank=0 if name in varying else None) for name in PLACES),
        Column("share_of", text=lambda name: name.replace("_", " "), folds=True),
        Column("share", "estimate", text="{:.3f}".format),
        Column("lower", "95 % from", text="{:.3f}".format),
        Column("upper", "to", text="{:.3f}".format),
        Column("data_sets", "of", text="{:.0f}".format),
        Column("failures", "failed", text="{:.0f}".format, rank=1),
    )
    rows = [
        {**{str(name): values.to_numpy().ravel().tolist()[0] for name, values in cell.items()},
         **{name: cell[name].to_numpy().ravel().tolist()[0] for name in PLACES},
         "share_of": column}
        for column in asking.SHARES[question]
        for _, cell in asking.shares(table, column).groupby("cell")
    ]  # fmt: skip
    report.listing(Listing("shares", columns, rows))
