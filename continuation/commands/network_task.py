"""The loss of any network that is given by options: layers, inputs, outputs, losses, files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

import symbolic
from continuation import landscape, storage
from continuation.arrays import Array
from continuation.commands import common
from continuation.commands.tables import Report
from continuation.errors import InvalidInputError

if TYPE_CHECKING:
    from continuation.landscape import Loss
    from symbolic import Model

Widths = Annotated[
    list[int] | None,
    typer.Option(
        help="Hidden units (2, or what the preset has); of several layers: --hidden 8 4.",
        rich_help_panel="Model",
    ),
]
Activations = Annotated[
    list[str] | None,
    typer.Option(
        help="tanh, erf, logistic, softplus, sin, or a formula in u; of layers relu, leaky_relu, "
        "abs, silu, gelu and identity as well. One, or one for each layer.",
        rich_help_panel="Model",
    ),
]
Biases = Annotated[
    bool | None,
    typer.Option(
        "--bias/--no-bias",
        help="Hidden units with bias.",
        show_default="none; networks of --target have them",
        rich_help_panel="Model",
    ),
]
Offsets = Annotated[
    bool | None,
    typer.Option(
        "--offset/--no-offset",
        help="Constants added to the outputs.",
        show_default="as the biases",
        rich_help_panel="Model",
    ),
]
LossName = Annotated[
    str | None,
    typer.Option(
        "--loss",
        help="squared, logistic, softmax or huber.",
        show_default="squared; of two classes logistic, of more softmax",
        rich_help_panel="Model",
    ),
]
ModelFile = Annotated[
    Path | None,
    typer.Option(
        "--model",
        help="A network that save_network wrote (.json), or a model alone (Model.to_json).",
        rich_help_panel="Model",
    ),
]
Target = Annotated[
    list[str] | None,
    typer.Option(
        help="Columns to fit, one for each output; one of words holds classes.",
        rich_help_panel="Data",
    ),
]
Inputs = Annotated[
    list[str] | None,
    typer.Option(
        help="Columns of the inputs.",
        show_default="all others",
        rich_help_panel="Data",
    ),
]
Classes = Annotated[
    bool,
    typer.Option(
        "--classes", help="The numbers of --target stand for classes.", rich_help_panel="Data"
    ),
]


@dataclass(frozen=True)
class NetworkTask:
    """A loss under given conditions, and the weights that came with the model.

    Attributes
    ----------
    loss : Loss
    noise, weight_decay : float
    report : Report
    theta : ndarray, shape (d,), or None
    columns : tuple of str
        Names of the inputs of a table.
    """

    loss: Loss
    noise: float
    weight_decay: float
    report: Report
    theta: Array | None = None
    columns: tuple[str, ...] = ()


def network_task(
    report: Report,
    preset: common.Preset = None,
    data: common.Data = None,
    columns: common.Columns = None,
    target: Target = None,
    inputs: Inputs = None,
    classes: Classes = False,
    standardise: common.Standardise = False,
    model: ModelFile = None,
    hidden: Widths = None,
    activation: Activations = None,
    teacher: common.Teacher = None,
    input_scale: common.InputScale = None,
    input_law: common.InputLaw = None,
    bias: Biases = None,
    offset: Offsets = None,
    loss: LossName = None,
    n: common.Size = None,
    seed: common.Seed = 0,
    noise: common.Noise = None,
    weight_decay: common.Decay = 0.0,
) -> NetworkTask:
    """What the options mean: a perceptron of one input, or any network on the named columns."""
    if target is None:
        for name, value in (("inputs", inputs), ("loss", loss), ("model", model)):
            if value is not None:
                raise InvalidInputError(f"--{name} goes with --data FILE.csv and --target COLUMN")
        if len(hidden or ()) > 1 or len(activation or ()) > 1 or classes:
            raise InvalidInputError("layers and classes need --data FILE.csv and --target COLUMN")
        task = common.task_of(
            report,
            preset=preset,
            data=data,
            columns=columns,
            standardise=standardise,
            hidden=_only(hidden),
            activation=_only(activation),
            teacher=teacher,
            input_scale=input_scale,
            input_law=input_law,
            bias=bool(bias),
            offset=bool(offset),
            n=n,
            seed=seed,
            noise=noise,
            weight_decay=weight_decay,
        )
        return NetworkTask(task.loss, task.noise, task.weight_decay, report)
    others = (
        ("--preset", preset), ("--columns", columns), ("--n", n), ("--noise", noise),
        ("--teacher", teacher), ("--input-scale", input_scale),
        ("--input-law", input_law),
    )  # fmt: skip
    wrong = [name for name, value in others if value is not None]
    if data is None or wrong:
        what = wrong[0] if wrong else "no file"
        raise InvalidInputError(f"--target names columns of --data FILE.csv; {what} was given")
    table = landscape.read_table(data, target, inputs, classes=classes, standardise=standardise)
    report.note(f"read {table.reading}")
    shape = (len(table.inputs), len(table.targets), len(table.classes))
    options: dict[str, Any] = {
        "hidden": hidden, "activation": activation, "bias": bias, "offset": offset, "loss": loss,
    }  # fmt: skip
    network, theta = _network(model, shape, options)
    names = tuple(axis.name for axis in table.inputs)
    whole = landscape.Loss(network, table.train)
    return NetworkTask(whole, 0.0, weight_decay, report, theta, names)


def _only(values: list[Any] | None) -> Any:
    return values[0] if values else None


def _network(
    file: Path | None, shape: tuple[int, int, int], options: dict[str, Any]
) -> tuple[Model, Array | None]:
    """The model of a file, or of the options, for (inputs, targets, classes)."""
    given = {name: value for name, value in options.items() if value is not None}
    if file is not None:
        if given:
            raise InvalidInputError(f"--model has its own {next(iter(given))}")
        return storage.load_network(file)
    inputs, targets, classes = shape
    if classes:
        given.setdefault("loss", "logistic" if classes == 2 else "softmax")
    outputs = classes if given.get("loss") == "softmax" else targets
    names = given.pop("activation", ["tanh"])
    return symbolic.Model.mlp(
        inputs=inputs,
        outputs=outputs,
        activation=names[0] if len(names) == 1 else names,
        **given,
    ), None
