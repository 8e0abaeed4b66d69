"""`python -m symbolic`: the table of theorems; `derive` prints a derivation, `check` re-checks."""

import json
import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.table import Table

from symbolic.derivatives import Derivation, derive
from symbolic.model import Model
from symbolic.presets import PRESETS
from symbolic.signals import ended_by_signals
from symbolic.theorems.derivatives import two_units
from symbolic.verdict import PROVED, REFUTED, Verdict
from symbolic.verification import check, verify

app = typer.Typer(pretty_exceptions_enable=False, add_completion=False)
console = Console(highlight=False)
_MOST_SHOWN = 8  # parameters of a derivation that is still read
_DEFAULT = "fukumizu_amari"

Preset = Annotated[str, typer.Option(help=f"One of {', '.join(PRESETS)}.")]
Hidden = Annotated[int | None, typer.Option(help="Other number of hidden units.")]
Activation = Annotated[
    str | None, typer.Option(help="tanh, erf, logistic, softplus, sin or a formula in u.")
]
Teacher = Annotated[str | None, typer.Option(help="Another teacher T(x), such as 2*tanh(x).")]
InputScale = Annotated[
    float | None, typer.Option(help="Another deviation s of the inputs, x ~ N(0, s²).")
]
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
    bias: Bias = False,
    offset: Offset = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the verdicts with their certificates as JSON.")
    ] = False,
) -> None:
    """Prove the theorems about a preset's model and print the table of verdicts.

    Exit code 0 if all are proved, 1 if one is not.
    """
    if context.invoked_subcommand is None:
        with ended_by_signals():
            _prove(_model(preset, hidden, activation, teacher, input_scale, bias, offset), as_json)


def _prove(model: Model, as_json: bool) -> NoReturn:
    verdicts = tuple(verify(model))
    if as_json:
        print(_as_json(model, verdicts))
    else:
        console.print(f"f(x; theta) = {model.expression},  T(x) = {model.teacher}", markup=False)
        console.print(_table(verdicts))
        _print_assumptions(verdicts)
    raise typer.Exit(int(any(v.verdict != PROVED for v in verdicts)))


@app.command("derive")
def derive_command(
    preset: Preset = _DEFAULT,
    hidden: Hidden = None,
    activation: Activation = None,
    teacher: Teacher = None,
    input_scale: InputScale = None,
    bias: Bias = False,
    offset: Offset = False,
) -> None:
    """Print loss, gradient and Hessian of a preset's model."""
    with ended_by_signals():
        _print_derivation(
            derive(_model(preset, hidden, activation, teacher, input_scale, bias, offset))
        )


@app.command("check")
def check_command(
    file: Annotated[Path, typer.Argument(help="What `python -m symbolic --json` printed.")],
) -> None:
    """Check stored certificates again, without SymPy's proofs.

    Exit code 0 if the checker accepts every certificate of a statement said to be proved.
    """
    with ended_by_signals():
        _check(file)


def _check(file: Path) -> NoReturn:
    try:
        content = json.loads(file.read_text("utf-8"))
        verdicts = [Verdict.from_json(json.dumps(f)) for f in content["verdicts"]]
        model = Model.from_json(json.dumps(content["model"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        _fail(f"{file} holds no verdicts: {error}")
    table = Table("theorem", "said to be", "checker")
    refused = False
    for verdict in verdicts:
        accepted = _accepts(verdict, model)
        refused |= verdict.verdict == PROVED and not accepted
        table.add_row(verdict.theorem, verdict.verdict, "accepts" if accepted else "refuses")
    console.print(table)
    raise typer.Exit(int(refused or not verdicts))


def _accepts(verdict: Verdict, model: Model) -> bool:
    """Whether the certificate proves just the statement that stands beside it, of this model."""
    if not check(verdict.certificate):
        return False
    content = json.loads(verdict.certificate)
    stated = (content["theorem"], content["statement"]) == (verdict.theorem, verdict.statement)
    models = {m.to_json() for m in (model, two_units(model))}
    return stated and content.get("model", model.to_json()) in models


def _fail(message: str) -> NoReturn:
    print(f"error: {message}", file=sys.stderr)
    raise typer.Exit(2)


def _model(
    preset: str,
    hidden: int | None,
    activation: str | None,
    teacher: str | None,
    input_scale: float | None,
    bias: bool,
    offset: bool,
) -> Model:
    if preset not in PRESETS:
        _fail(f"unknown preset {preset!r}; choose from {', '.join(PRESETS)}")
    try:
        return PRESETS[preset].variant(hidden, activation, teacher, input_scale, bias, offset)
    except ValueError as error:
        _fail(str(error))


def _as_json(model: Model, verdicts: tuple[Verdict, ...]) -> str:
    content = {
        "model": json.loads(model.to_json()),
        "verdicts": [json.loads(v.to_json()) for v in verdicts],
    }
    return json.dumps(content, sort_keys=True, indent=1, ensure_ascii=False)


def _print_derivation(derivation: Derivation) -> None:
    model = derivation.model
    console.print(f"f(x; theta) = {model.expression}", markup=False)
    console.print(f"T(x) = {model.teacher}", markup=False)
    if model.dimension > _MOST_SHOWN:
        console.print(f"({model.dimension} parameters: derivatives not shown)")
        return
    for symbol, value in derivation.ring.items():
        console.print(f"{symbol} = {value}", markup=False)
    for name, entry in zip(model.parameter_names, derivation.network_gradient, strict=True):
        console.print(f"df/d{name} = {entry}", markup=False)
    for (a, b), entry in derivation.network_hessian.items():
        names = f"d{model.parameter_names[a]} d{model.parameter_names[b]}"
        console.print(f"d2f/{names} = {entry}", markup=False)
    console.print("L = 1/2 (f - T - sigma epsilon)^2 + rho/2 |theta|^2 for one sample")


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
