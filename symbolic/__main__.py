"""`python -m symbolic`: the table of theorems; `derive` prints a derivation, `check` re-checks."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.table import Table

import symbolic
from symbolic.complaints import MISUSED, Group, complain
from symbolic.forms import Csv, Json
from symbolic.presets import PRESETS
from symbolic.release import Version
from symbolic.signals import ended_by_signals
from symbolic.verdict import PROVED, REFUTED, Verdict

if TYPE_CHECKING:
    from symbolic import Derivation, Model

EXAMPLES = {
    "": "python -m symbolic --preset single_unit",
    "derive": "python -m symbolic derive --preset single_unit",
    "check": "python -m symbolic --json > verdicts.json; python -m symbolic check verdicts.json",
}
"""What stands below the help of each command; the tests run it."""

app = typer.Typer(
    cls=Group,
    pretty_exceptions_enable=False,
    add_completion=False,
    epilog=f"Example: {EXAMPLES['']}",
)
console = Console(highlight=False)
_MOST_SHOWN = 8  # parameters of a derivation that is still read
_DEFAULT = "fukumizu_amari"
_VERDICT = ("theorem", "verdict", "seconds", "statement", "reason")
"""What is printed of a verdict as CSV."""

Preset = Annotated[str, typer.Option(help=f"One of {', '.join(PRESETS)}.")]
Hidden = Annotated[int | None, typer.Option(help="Other number of hidden units.")]
Activation = Annotated[
    str | None, typer.Option(help="tanh, erf, logistic, softplus, sin or a formula in u.")
]
Teacher = Annotated[str | None, typer.Option(help="Another teacher T(x), such as 2*tanh(x).")]
InputScale = Annotated[float | None, typer.Option(help="Another deviation s of the inputs.")]
InputLaw = Annotated[str | None, typer.Option(help="Another law of the inputs: normal or uniform.")]
Bias = Annotated[bool, typer.Option("--bias", help="With hidden biases.")]
Offset = Annotated[bool, typer.Option("--offset", help="With an output offset.")]


@app.callback(invoke_without_command=True)
def main(
    context: typer.Context,
    preset: Preset = _DEFAULT,
    hidden: Hidden = None,
    activation: Activation = None,
    teacher: Teacher = None,
    input_scale: InputScale = None,
    input_law: InputLaw = None,
    bias: Bias = False,
    offset: Offset = False,
    as_json: Json = False,
    as_csv: Csv = False,
    _version: Version = False,
) -> None:
    """Prove the theorems about a preset's model and print the table of verdicts.

    Exit code 0 if all are proved, 1 if one is not.
    """
    if context.invoked_subcommand is None:
        with ended_by_signals():
            named = (hidden, activation, teacher, input_scale, input_law, bias, offset)
            model = _model(preset, named, as_json)
            _prove(model, as_json, as_csv)


def _prove(model: Model, as_json: bool, as_csv: bool) -> NoReturn:
    verdicts = tuple(symbolic.verify(model))
    rows = [{name: getattr(v, name) for name in _VERDICT} for v in verdicts]
    if not _printed(_content(model, verdicts), rows, as_json, as_csv):
        console.print(f"f(x; theta) = {model.expression},  T(x) = {model.teacher}", markup=False)
        console.print(_table(verdicts))
        _print_assumptions(verdicts)
    raise typer.Exit(int(any(v.verdict != PROVED for v in verdicts)))


@app.command("derive", epilog=f"Example: {EXAMPLES['derive']}")
def derive_command(
    preset: Preset = _DEFAULT,
    hidden: Hidden = None,
    activation: Activation = None,
    teacher: Teacher = None,
    input_scale: InputScale = None,
    input_law: InputLaw = None,
    bias: Bias = False,
    offset: Offset = False,
    as_json: Json = False,
    as_csv: Csv = False,
    _version: Version = False,
) -> None:
    """Print loss, gradient and Hessian of a preset's model."""
    with ended_by_signals():
        named = (hidden, activation, teacher, input_scale, input_law, bias, offset)
        model = _model(preset, named, as_json)
        derivation = symbolic.derive(model)
        rows = _derivation_rows(derivation)
        content = {"model": json.loads(model.to_json()), "derivation": rows}
        if not _printed(content, rows, as_json, as_csv):
            _print_derivation(derivation, rows)


@app.command("check", epilog=f"Example: {EXAMPLES['check']}")
def check_command(
    file: Annotated[Path, typer.Argument(help="What `python -m symbolic --json` printed.")],
    as_json: Json = False,
    as_csv: Csv = False,
    _version: Version = False,
) -> None:
    """Check stored certificates again, without SymPy's proofs.

    Exit code 0 if the checker accepts every certificate of a statement said to be proved.
    """
    with ended_by_signals():
        _check(file, as_json, as_csv)


def _check(file: Path, as_json: bool, as_csv: bool) -> NoReturn:
    try:
        content = json.loads(file.read_text("utf-8"))
        verdicts = [Verdict.from_json(json.dumps(f)) for f in content["verdicts"]]
        model = symbolic.Model.from_json(json.dumps(content["model"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        _fail(f"{file} holds no verdicts: {error}", as_json)
    accepted = [_accepts(verdict, model) for verdict in verdicts]
    rows = [
        {"theorem": v.theorem, "said_to_be": v.verdict, "checker": "accepts" if sure else "refuses"}
        for v, sure in zip(verdicts, accepted, strict=True)
    ]
    if not _printed({"verdicts": rows}, rows, as_json, as_csv):
        table = Table("theorem", "said to be", "checker")
        for row in rows:
            table.add_row(*row.values())
        console.print(table)
    refused = any(v.verdict == PROVED and not a for v, a in zip(verdicts, accepted, strict=True))
    raise typer.Exit(int(refused or not verdicts))


def _printed(
    content: Mapping[str, object], rows: Sequence[Mapping[str, object]], as_json: bool, as_csv: bool
) -> bool:
    """Print for another program, where that is asked for; whether it was."""
    if as_json and as_csv:
        _fail("give either --json or --csv", as_json)
    if as_json:
        print(json.dumps(content, sort_keys=True, indent=1, ensure_ascii=False))
    if as_csv:
        writer = csv.DictWriter(sys.stdout, list(rows[0]) if rows else [], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return as_json or as_csv


def _accepts(verdict: Verdict, model: Model) -> bool:
    """Whether the certificate proves just the statement that stands beside it, of this model."""
    from symbolic.theorems.derivatives import two_units  # help need not wait for SymPy

    if not symbolic.check(verdict.certificate):
        return False
    content = json.loads(verdict.certificate)
    stated = (content["theorem"], content["statement"]) == (verdict.theorem, verdict.statement)
    models = {m.to_json() for m in (model, two_units(model))}
    return stated and content.get("model", model.to_json()) in models


def _fail(error: Exception | str, as_json: bool) -> NoReturn:
    complain("UsageError", error, as_json)
    raise typer.Exit(MISUSED)


def _model(preset: str, changes: tuple[Any, ...], as_json: bool) -> Model:
    """The preset's model, with what `Preset.variant` takes in place of its own."""
    if preset not in PRESETS:
        _fail(f"unknown preset {preset!r}; choose from {', '.join(PRESETS)}", as_json)
    try:
        return PRESETS[preset].variant(*changes)
    except ValueError as error:
        _fail(error, as_json)


def _content(model: Model, verdicts: tuple[Verdict, ...]) -> dict[str, object]:
    """What `check` reads."""
    return {
        "model": json.loads(model.to_json()),
        "verdicts": [json.loads(v.to_json()) for v in verdicts],
    }


def _print_derivation(derivation: Derivation, rows: Sequence[Mapping[str, str]]) -> None:
    model = derivation.model
    console.print(f"f(x; theta) = {model.expression}", markup=False)
    console.print(f"T(x) = {model.teacher}", markup=False)
    if model.dimension > _MOST_SHOWN:
        console.print(f"({model.dimension} parameters: derivatives shown by --json and --csv only)")
        return
    for row in rows:
        console.print(f"{row['name']} = {row['formula']}", markup=False)
    console.print("L = 1/2 (f - T - sigma epsilon)^2 + rho/2 |theta|^2 for one sample")


def _derivation_rows(derivation: Derivation) -> list[dict[str, str]]:
    """Abbreviations, then first, then second derivatives of the network function."""
    names = derivation.model.parameter_names
    pairs = zip(names, derivation.network_gradient, strict=True)
    formulas = {
        **{str(symbol): value for symbol, value in derivation.ring.items()},
        **{f"df/d{name}": entry for name, entry in pairs},
        **{
            f"d2f/d{names[a]} d{names[b]}": entry
            for (a, b), entry in derivation.network_hessian.items()
        },
    }
    return [{"name": name, "formula": str(formula)} for name, formula in formulas.items()]


def _table(verdicts: tuple[Verdict, ...]) -> Table:
    table = Table(show_lines=True)
    table.add_column("theorem", no_wrap=True)
    table.add_column("statement")
    table.add_column("verdict", no_wrap=True)
    table.add_column("s", justify="right", no_wrap=True)
    for v in verdicts:
        style = "green" if v.verdict == PROVED else "red" if v.verdict == REFUTED else "yellow"
        statement = v.statement + (f"\n{v.reason}" if v.reason else "")
        table.add_row(v.theorem, statement, f"[{style}]{v.verdict}", f"{v.seconds:.2f}")
    return table


def _print_assumptions(verdicts: tuple[Verdict, ...]) -> None:
    for v in verdicts:
        console.print(f"{v.theorem} assumes: {'; '.join(v.assumptions)}", markup=False)


if __name__ == "__main__":
    app()
