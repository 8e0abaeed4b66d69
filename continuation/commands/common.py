"""What all commands share: options, the task they describe, clear errors, tables of sets."""

from __future__ import annotations

import inspect
import io
import math
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

import symbolic
from continuation import landscape, storage
from continuation.ahead import FLOWS, compiled_beside
from continuation.commands.tables import CSV, JSON, TABLES, Column, Listing, Report, number
from continuation.errors import InvalidInputError, MlpcontError, UnknownNameError
from continuation.terminal import command_line, shown
from symbolic import PRESETS
from symbolic.complaints import FAILED, complain
from symbolic.forms import Csv, Json, Table

if TYPE_CHECKING:
    from continuation.landscape import network

REPORT_WIDTH = 130
"""Columns of tables that go to a file or a pipe, where neither a terminal nor the variable
COLUMNS sets the width."""

console = Console(width=None if sys.stdout.isatty() or "COLUMNS" in os.environ else REPORT_WIDTH)

Preset = Annotated[
    str | None,
    typer.Option(help=f"Model and teacher: {', '.join(PRESETS)}.", rich_help_panel="Model"),
]
Data = Annotated[
    Path | None,
    typer.Option(
        help="CSV file with two named columns, instead of a preset.", rich_help_panel="Data"
    ),
]
Columns = Annotated[
    str | None,
    typer.Option(help="Names of the x and y column, with a comma between.", rich_help_panel="Data"),
]
Seconds = Annotated[
    float,
    typer.Option(help="Wall-clock time of search and flows; proofs come on top."),
]
Standardise = Annotated[
    bool,
    typer.Option(
        "--standardise", help="Scale both columns to mean 0, deviation 1.", rich_help_panel="Data"
    ),
]
Hidden = Annotated[
    int | None,
    typer.Option(
        help="Hidden units of the student (2, or what the preset has).", rich_help_panel="Model"
    ),
]
Activation = Annotated[
    str | None,
    typer.Option(
        help="tanh, erf, logistic, softplus, sin, or a formula in u.", rich_help_panel="Model"
    ),
]
Teacher = Annotated[
    str | None,
    typer.Option(
        help="Teacher T(x) in place of the preset's, such as 2*tanh(x).", rich_help_panel="Model"
    ),
]
InputScale = Annotated[
    float | None,
    typer.Option(
        help="Deviation s of the inputs, in place of the preset's.",
        rich_help_panel="Data",
    ),
]
InputLaw = Annotated[
    str | None,
    typer.Option(help="Law of the inputs: normal or uniform, of mean 0.", rich_help_panel="Data"),
]
Bias = Annotated[
    bool, typer.Option("--bias", help="Hidden units with bias.", rich_help_panel="Model")
]
Offset = Annotated[
    bool, typer.Option("--offset", help="Constant added to the output.", rich_help_panel="Model")
]
Size = Annotated[
    int | None,
    typer.Option(
        "--n",
        help="Samples drawn for a preset.",
        show_default="the preset's",
        rich_help_panel="Data",
    ),
]
Seed = Annotated[
    int, typer.Option(help="Seed of the data and of the search.", rich_help_panel="Data")
]
Noise = Annotated[
    float | None,
    typer.Option(
        help="Noise σ of a preset's data.", show_default="the preset's", rich_help_panel="Data"
    ),
]
Decay = Annotated[float, typer.Option(help="Weight decay ρ.", rich_help_panel="Model")]
Output = Annotated[Path, typer.Option(help="Result file (NetCDF).")]


HALVES = "no file is written by halves"
"""What Ctrl-C leaves."""

LEAST = 1e-9
"""Seconds for the flows of a graph where none are left: every node then says so."""


@dataclass(frozen=True)
class Task:
    """Loss and settings that every command shares."""

    loss: landscape.Loss
    axes: tuple[network.Axis, network.Axis]
    noise: float
    weight_decay: float
    seed: int
    report: Report
    size: float | None = None

    def __post_init__(self) -> None:
        """Programs are told under which conditions the sets are searched."""
        self.report.tell(
            conditions={
                "model": str(self.loss.model.expression),
                "teacher": self.loss.model.teacher,
                "data": self.loss.data.kind,
                "size": self.loss.data.size if self.size is None else self.size,
                "noise": self.noise,
                "weight_decay": self.weight_decay,
                "seed": self.seed,
            }
        )

    def sets(self, seconds: float = math.inf) -> landscape.CriticalSets:
        """Critical sets, with the progress of their search."""
        with console.status("searching for critical sets") as status:
            return landscape.find_critical_sets(
                self.loss,
                noise=self.noise,
                size=self.size,
                weight_decay=self.weight_decay,
                seed=self.seed,
                seconds=seconds,
                progress=lambda look: status.update(f"searching for critical sets: {look}"),
            )

    def within(self, parameter: str, limits: tuple[float, float]) -> Task:
        """The task with the parameter inside its limits, where it is not: at the nearer one."""
        here = {"noise": self.noise, "weight_decay": self.weight_decay}
        if parameter == "size":
            here["size"] = float(self.loss.data.size if self.size is None else self.size)
        from continuation.landscape import network  # as below

        low, high = network.as_limits(limits)
        if parameter not in here or low <= here[parameter] <= high:
            return self
        nearer = low if here[parameter] < low else high
        self.report.note(
            f"{parameter} = {here[parameter]:g} lies outside {low:g} to {high:g}: searched at "
            f"{nearer:g}"
        )
        change: dict[str, Any] = {parameter: nearer}
        return replace(self, **change)

    def settings(self, **more: float | str | None) -> dict[str, float | int | str | None]:
        """What stands in the result file."""
        return {"noise": self.noise, "weight_decay": self.weight_decay, "seed": self.seed, **more}


@contextmanager
def clear_errors(as_json: bool = False, remark: str = HALVES) -> Iterator[None]:
    """Turn our errors, Ctrl-C and SIGTERM into one line, or JSON, and an exit code."""
    with command_line(remark, as_json):
        try:
            yield
        except MlpcontError as error:
            complain(type(error).__name__, error, as_json)
            sys.exit(FAILED)
        except OSError as error:  # of files it is a StoreError
            # what is left to be printed goes nowhere, or it would fail once more at the end
            sys.stdout = io.StringIO()
            complain(type(error).__name__, f"cannot print: {error.strerror}", as_json)
            sys.exit(FAILED)


@contextmanager
def reporting(
    as_json: bool,
    as_csv: bool,
    to: Console | None = None,
    remark: str = HALVES,
    table: str | None = None,
) -> Iterator[Report]:
    """What a command says goes into the report, and in one form only to the output.

    `table` is the name of a table that is printed as CSV, in place of the first one. What goes
    wrong is said on the error stream, in that form, and ends the command.
    """
    with clear_errors(as_json, remark):
        if as_json and as_csv:
            raise InvalidInputError("give either --json or --csv")
        if as_json and table is not None:
            raise InvalidInputError("--table prints CSV, not --json, which has all tables")
        as_one = as_csv or table is not None
        report = Report(to or console, JSON if as_json else CSV if as_one else TABLES, table)
        report.console.quiet = report.form != TABLES
        try:
            yield report
        finally:
            report.console.quiet = False
        if report.form != TABLES:
            typer.echo(report.text())


def known_preset(name: str | None) -> symbolic.Preset:
    """The preset of a name; `UnknownNameError` where there is none."""
    if name is None or name not in PRESETS:
        raise UnknownNameError(f"unknown preset {name!r}; choose from {', '.join(PRESETS)}")
    return PRESETS[name]


def task_of(
    report: Report,
    preset: Preset = None,
    data: Data = None,
    columns: Columns = None,
    standardise: Standardise = False,
    hidden: Hidden = None,
    activation: Activation = None,
    teacher: Teacher = None,
    input_scale: InputScale = None,
    input_law: InputLaw = None,
    bias: Bias = False,
    offset: Offset = False,
    n: Size = None,
    seed: Seed = 0,
    noise: Noise = None,
    weight_decay: Decay = 0.0,
) -> Task:
    """What the shared options mean."""
    from continuation.landscape import network  # takes a second, and help need not wait for it

    if (preset is None) == (data is None):
        raise InvalidInputError("give either --preset NAME or --data FILE.csv")
    if data is not None:
        if any(option is not None for option in (n, noise, teacher, input_scale, input_law)):
            raise InvalidInputError(
                "--n, --noise, --teacher, --input-scale and --input-law go with --preset: observed "
                "data have their own"
            )
        names = None if columns is None else [name.strip() for name in columns.split(",")]
        seen = network.read_observations(data, names, standardise=standardise)
        report.note(f"read {seen.reading}")
        model = symbolic.Model.perceptron(
            hidden=2 if hidden is None else hidden,
            activation="tanh" if activation is None else activation,
            bias=bias,
            offset=offset,
        )
        return Task(
            landscape.Loss(model, seen.data), (seen.x, seen.y), 0.0, weight_decay, seed, report
        )
    if standardise or columns is not None:
        raise InvalidInputError("--columns and --standardise go with --data, not with a preset")
    named = known_preset(preset)
    model = named.variant(hidden, activation, teacher, input_scale, input_law, bias, offset)
    loss = landscape.Loss(
        model, landscape.Dataset.sample(model, named.size if n is None else n, seed)
    )
    level = named.noise if noise is None else noise
    return Task(loss, (network.Axis("x"), network.Axis("y")), level, weight_decay, seed, report)


FORMS = [
    inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=False, annotation=kind)
    for name, kind in (("as_json", Json), ("as_csv", Csv))
] + [inspect.Parameter("table", inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Table)]
"""Options of every command: what is printed, tables or something for another program."""


def with_task(
    command: Callable[..., None],
    make: Callable[..., Any] = task_of,
    ahead: Sequence[Callable[[], object]] = FLOWS,
) -> Callable[..., None]:
    """Give a command the options of `make` besides its own, and the task they make.

    On first use what it needs late, `ahead`, is compiled while it begins.
    """
    _, *shared = inspect.signature(make, eval_str=True).parameters.values()
    _, *own = inspect.signature(command, eval_str=True).parameters.values()

    @wraps(command)
    def run(**options: Any) -> None:
        as_json, as_csv, table = (options.pop(name) for name in ("as_json", "as_csv", "table"))
        with reporting(as_json, as_csv, table=table) as report:
            for path in filter(None, map(options.get, ("output", "graphml", "picture"))):
                storage.require_writable(path)
            with compiled_beside(ahead, _show_compilation):
                task = make(report, **{p.name: options.pop(p.name) for p in shared})
                command(task, **options)

    parameters = [*shared, *own, *FORMS]
    keywords = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in parameters]
    run.__signature__ = inspect.Signature(keywords)  # type: ignore[attr-defined]
    run.__annotations__ = {p.name: p.annotation for p in parameters}
    return run


def _show_compilation(purpose: str) -> None:
    console.print(f"• first use: compiling {purpose}", highlight=False)


def chosen_set(sets: landscape.CriticalSets, label: str | None) -> landscape.CriticalSet:
    """The set of this label; without a label the lowest at finite weights."""
    for critical in sets:
        if critical.label == label or (label is None and not critical.at_infinity):
            return critical
    known = ", ".join(f"{critical.label!r}" for critical in sets)
    raise UnknownNameError(f"no set {label!r}; choose from {known}")


SETS = (
    Column("set"),
    Column("region", rank=1),
    Column("index"),
    Column("attracts"),
    Column("loss", text=number(6)),
    Column("excess_risk", text=number(3), rank=3),
    Column("orbit", rank=4),
    Column("error", "error <", text=number(1), rank=2),
    Column("kind", rank=None),
    Column("subkind", rank=None),
    Column("nullity", rank=None),
    Column("limit", rank=None),
)
WHY = Column("why_unlabelled", "why unlabelled", folds=True)
"""Beside the region, where some set has none."""


def print_sets(sets: landscape.CriticalSets, report: Report) -> None:
    """Table of the critical sets, where they are, and the notes on how complete it is."""
    rows = sets.rows()
    names = list(dict.fromkeys(name for one in sets for name in one.model.parameter_names))
    why = WHY if any(row[WHY.key] for row in rows) else replace(WHY, rank=None)
    weights = [Column(name, rank=None) for name in names]
    report.listing(Listing("sets", (*SETS[:2], why, *SETS[2:], *weights), rows))
    _print_places(rows, names, report)
    report.tell(euler_count=sets.euler_count)
    for note in sets.notes:
        report.note(note)


def _print_places(rows: Sequence[dict[str, Any]], names: Sequence[str], report: Report) -> None:
    """Weights by name, and the limits of sets at infinity, in the terminal."""
    for name, columns in (
        ("weights", [Column(one, one, text=number(5)) for one in names]),
        ("limit", [Column("limit", "at infinity", folds=True)]),
    ):
        there = [row for row in rows if (row["limit"] is None) == (name == "weights")]
        if there:
            for part in Listing(name, (Column("set"), *columns), there).divided(report.width):
                report.show(part)


def save(result: storage.Result, output: Path, report: Report) -> None:
    """Write the result and say where, before anything else is said that may fail."""
    path = storage.save_result(result, output)
    report.tell(file=str(path))
    console.print(f"[green]written[/] {shown(path)}", soft_wrap=True)
