"""Prints the derivation of a model and what SymPy proves of it."""

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from .derivatives import Derivation, derive
from .model import PRESETS, Model
from .verdict import REFUTED, Verdict, verify

app = typer.Typer(pretty_exceptions_enable=False, add_completion=False)
_MOST_SHOWN = 8  # parameters of a derivation that is still read


@app.command()
def main(
    preset: Annotated[str, typer.Argument(help=f"One of {', '.join(PRESETS)}.")] = "single_unit",
    hidden: Annotated[int | None, typer.Option(help="Other number of hidden units.")] = None,
    activation: Annotated[
        str | None, typer.Option(help="tanh, erf, logistic, softplus, sin or a formula in u.")
    ] = None,
    bias: Annotated[bool, typer.Option(help="With hidden biases.")] = False,
    offset: Annotated[bool, typer.Option(help="With an output offset.")] = False,
) -> None:
    """Derive a model's loss, gradient, Hessian and symmetries, and prove them."""
    console = Console()
    try:
        model = _model(preset, hidden, activation, bias, offset)
    except ValueError as error:
        console.print(f"[red]error:[/red] {error}", markup=True, highlight=False)
        raise typer.Exit(2) from None
    derivation = derive(model)
    _print_derivation(console, derivation)
    verdicts = verify(model)
    console.print(_table(verdicts))
    raise typer.Exit(int(any(v.verdict == REFUTED for v in verdicts)))


def _model(
    preset: str, hidden: int | None, activation: str | None, bias: bool, offset: bool
) -> Model:
    if preset not in PRESETS:
        raise ValueError(f"unknown preset {preset!r}; known: {', '.join(PRESETS)}")
    model = PRESETS[preset]()
    return Model.perceptron(
        hidden=model.hidden if hidden is None else hidden,
        activation=activation or model.activation,
        bias=bias,
        offset=offset,
        teacher=model.teacher,
        input_scale=model.input_scale,
    )


def _print_derivation(console: Console, derivation: Derivation) -> None:
    model = derivation.model
    console.print(f"f(x; theta) = {model.expression}", highlight=False)
    console.print(f"T(x) = {model.teacher}", highlight=False)
    if model.dimension > _MOST_SHOWN:
        console.print(f"({model.dimension} parameters: derivatives not shown)", highlight=False)
        return
    for symbol, value in derivation.ring.items():
        console.print(f"{symbol} = {value}", highlight=False)
    for name, entry in zip(model.parameter_names, derivation.network_gradient, strict=True):
        console.print(f"df/d{name} = {entry}", highlight=False)
    for (a, b), entry in derivation.network_hessian.items():
        names = f"d{model.parameter_names[a]} d{model.parameter_names[b]}"
        console.print(f"d2f/{names} = {entry}", highlight=False)
    console.print(
        "L = 1/2 (f - T - sigma epsilon)^2 + rho/2 |theta|^2 for one sample", highlight=False
    )


def _table(verdicts: tuple[Verdict, ...]) -> Table:
    table = Table("statement", "verdict", "certificate")
    for verdict in verdicts:
        table.add_row(verdict.statement, verdict.verdict, verdict.certificate)
    return table


if __name__ == "__main__":
    app()
