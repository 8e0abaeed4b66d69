"""`graph`: all critical sets and the connections between them."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from continuation.certify import Certificate, certify_graph
from continuation.commands import common
from continuation.commands.proofs import Certify, print_certificates
from continuation.deadline import Deadline
from continuation.landscape import FlowGraph, connect
from continuation.storage import GraphResult, atomic_file
from continuation.terminal import shown


@common.with_task
def graph(
    task: common.Task,
    output: common.Output = Path("graph.nc"),
    graphml: Annotated[Path | None, typer.Option(help="Also write GraphML here.")] = None,
    certify: Certify = True,
    most_departures: Annotated[
        int | None, typer.Option(help="Flows out of one set at most (unlimited for 3 units).")
    ] = None,
    seconds: common.Seconds = math.inf,
) -> None:
    """Find all critical sets and the heteroclinic connections between them."""
    deadline = Deadline(seconds)
    sets = task.sets(seconds)
    with common.console.status("following the gradient flow from every saddle") as status:
        found = connect(
            task.loss,
            sets,
            noise=task.noise,
            weight_decay=task.weight_decay,
            most_departures=most_departures,
            seconds=max(deadline.left, common.LEAST),
            progress=lambda look: status.update(str(look)),
        )
    certificates: tuple[Certificate, ...] = ()
    if certify:
        with common.console.status("proving critical sets and basins"):
            found, certificates = certify_graph(
                task.loss, found, noise=task.noise, weight_decay=task.weight_decay
            )
    settings = task.settings(most_departures=most_departures)
    result = GraphResult(task.loss, settings, task.axes, sets, certificates, graph=found)
    common.save(result, output)
    if graphml is not None:
        with atomic_file(graphml) as temporary:
            found.to_graphml(temporary)
    common.print_sets(sets)
    _print_graph(found)
    for note in found.notes:
        common.console.print(f"• {shown(note)}", highlight=False)
    _print_chains(found)
    if certify:
        print_certificates(certificates)


def _print_graph(graph: FlowGraph) -> None:
    table = Table("from", "to", "multiplicity", "loss drop", "duration", "status")
    for row in graph.rows():
        table.add_row(
            shown(row["source"]),
            shown(row["target"]),
            str(row["multiplicity"]),
            f"{row['loss_drop']:.4g}",
            f"{row['duration']:.4g}",
            str(row["status"]) + (", certified basin" if row.get("certified_basin") else ""),
        )
    common.console.print(table)


def _print_chains(graph: FlowGraph) -> None:
    """Paths plateau → near-optimal → overfitting; 1/|μ| is the time scale near each saddle."""
    chains = [chain for chain in graph.chains() if chain.complete]
    if not chains:
        common.console.print("• no chain plateau → near-optimal → overfitting", highlight=False)
        return
    table = Table("chain", "loss drops", "durations", "1/|μ| at its sets")
    for chain in chains:
        columns = (chain.loss_drops, chain.durations, chain.escape_times[:-1])
        table.add_row(shown(" → ".join(chain.nodes)), *(_numbers(column) for column in columns))
    common.console.print(table)


def _numbers(values: Sequence[float]) -> str:
    return ", ".join("–" if math.isnan(value) else f"{value:.3g}" for value in values)
