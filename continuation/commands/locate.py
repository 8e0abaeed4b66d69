"""`locate`: where in its landscape a network with given weights stands."""

from __future__ import annotations

import json as json_text
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import numpy as np
import typer

from continuation import landscape
from continuation.arrays import Array
from continuation.commands import common
from continuation.commands.many_values import ManyValues
from continuation.commands.network_task import NetworkTask, network_task
from continuation.commands.tables import Column, Listing
from continuation.errors import InvalidInputError, StoreError
from continuation.terminal import shown

if TYPE_CHECKING:
    from continuation.landscape import Location

Command = ManyValues
"""How its arguments are read."""

Weights = Annotated[
    str | None,
    typer.Option(
        help="Numbers with commas between, or a file of them: .csv, .txt, .npy or .json. In the "
        "order w_1 … w_H, [c_1 … c_H,] v_1 … v_H[, b_0], of layers matrix (a row for each input) "
        "and biases in turn; in units of the data as they are searched (--standardise scales "
        "these).",
        show_default="those of --model",
        rich_help_panel="Weights",
    ),
]
Seconds = Annotated[float, typer.Option(help="Wall-clock time; what is too large for it is said.")]
Picture = Annotated[
    Path | None,
    typer.Option(help="Draw the network function, and that of where the flow ends (.pdf, .png)."),
]


@partial(common.with_task, make=network_task)
def locate(
    task: NetworkTask,
    weights: Weights = None,
    picture: Picture = None,
    seconds: Seconds = 60.0,
) -> None:
    """Say where a trained network stands in its landscape, and where training would lead it.

    The answer is one of: at a critical set (a minimum, or a saddle with its index); converging to
    one; passing a saddle, with the time until the gradient flow has left it; in a channel to
    infinity, with the units that meet or vanish and the limit function; or still descending. With
    it come the gradient next to what it could be, the Hessian's signs, the nearest set modulo
    symmetry, the set that the flow ends in, and how far the weights are from a smaller network.

    On a plateau? If the nearest set is a saddle, push the weights along "direction" of --json.

    Any network: name the columns of a file with --target (and --inputs), and give its layers with
    --hidden 8 4, --activation and --loss, or the file of a network with --model.
    """
    theta = task.theta if weights is None else _weights(weights)
    if theta is None:
        raise InvalidInputError("give the weights with --weights, or a --model file that has them")
    with common.console.status("following the gradient flow and searching the sets"):
        place = landscape.locate(
            task.loss,
            theta,
            noise=task.noise,
            weight_decay=task.weight_decay,
            seconds=seconds,
            columns=task.columns,
        )
    content = place.to_dict()
    task.report.whole = content
    task.report.keep(Listing("location", [Column(str(key)) for key in content], [content]))
    for sentence in place.sentences:
        task.report.note(sentence)
    if picture is not None:
        _draw(place, picture)


def _draw(place: Location, picture: Path) -> None:
    from matplotlib.figure import Figure  # which help, and most runs, do without

    figure = Figure(layout="constrained")
    place.plot(figure.add_subplot())
    try:
        figure.savefig(picture)
    except (OSError, ValueError) as error:
        raise StoreError(f"cannot draw {picture}: {error}") from error
    common.console.print(f"[green]drawn[/] {shown(picture)}", soft_wrap=True)


def _weights(text: str) -> Array:
    """Numbers that were given as such, or in a file."""
    path = Path(text)
    try:
        if path.suffix == ".npy":
            return np.asarray(np.load(path, allow_pickle=False))
        if path.suffix == ".json":
            read = json_text.loads(path.read_text(encoding="utf-8"))
            return np.array(read["theta"] if isinstance(read, dict) else read, dtype=np.float64)
        if path.suffix in (".csv", ".txt"):
            text = path.read_text(encoding="utf-8").replace("\n", ",")
        return np.array([float(one) for one in text.split(",") if one.strip()])
    except OSError as error:
        raise StoreError(f"cannot read the weights: {error}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise InvalidInputError(
            f"--weights needs numbers with commas between, or a .csv, .txt, .npy or .json file of "
            f"them: {error}"
        ) from error
