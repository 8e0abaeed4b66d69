"""`graph`: all critical sets and the connections between them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from continuation import certify as proving
from continuation import landscape, storage
from continuation.commands import common
from continuation.commands.proofs import Certify, print_certificates
from continuation.commands.tables import Column, Listing, Report, number
from continuation.deadline import Deadline


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
        found = landscape.connect(
            task.loss,
            sets,
            noise=task.noise,
            weight_decay=task.weight_decay,
            most_departures=most_departures,
            seconds=max(deadline.left, common.LEAST),
            progress=lambda look: status.update(str(look)),
        )
    certificates: tuple[proving.Certificate, ...] = ()
    if certify:
        with common.console.status("proving critical sets and basins"):
            found, certificates = proving.certify_graph(
                task.loss, found, noise=task.noise, weight_decay=task.weight_decay
            )
    settings = task.settings(most_departures=most_departures)
    result = storage.GraphResult(task.loss, settings, task.axes, sets, certificates, graph=found)
    common.save(result, output, task.report)
    if graphml is not None:
        with storage.atomic_file(graphml) as temporary:
            found.to_graphml(temporary)
    common.print_sets(sets, task.report)
    _print_graph(found, task.report)
    for note in found.notes:
        task.report.note(note)
    _print_chains(found, task.report)
    if certify:
        print_certificates(certificates, task.report)


EDGES = (
    Column("source", "from"),
    Column("target", "to"),
    Column("multiplicity"),
    Column("loss_drop", text=number(), rank=1),
    Column("duration", text=number(), rank=2),
    Column("status", rank=3),
    Column("departure", rank=None),
    Column("certified_basin", rank=None),
)


def _print_graph(graph: landscape.FlowGraph, report: Report) -> None:
    rows = [{**row, "status": _status(row)} for row in graph.rows()]
    report.listing(Listing("connections", EDGES, rows))


def _status(row: Mapping[str, Any]) -> str:
    """How a flow ended, and whether in a basin that is certified."""
    return str(row["status"]) + (", certified basin" if row.get("certified_basin") else "")


CHAINS = (
    Column("chain", text=" → ".join, folds=True),
    Column("loss_drops", text=lambda values: _numbers(values), folds=True),
    Column("durations", text=lambda values: _numbers(values), folds=True),
    Column("escape_times", "1/|μ| at its sets", text=lambda values: _numbers(values), folds=True),
)


def _print_chains(graph: landscape.FlowGraph, report: Report) -> None:
    """Paths plateau → near-optimal → overfitting; 1/|μ| is the time scale near each saddle."""
    chains = [chain for chain in graph.chains() if chain.complete]
    if not chains:
        report.note("no chain plateau → near-optimal → overfitting")
        return
    rows = [
        {
            "chain": chain.nodes,
            "loss_drops": chain.loss_drops,
            "durations": chain.durations,
            "escape_times": chain.escape_times[:-1],
        }
        for chain in chains
    ]
    report.listing(Listing("chains", CHAINS, rows))


def _numbers(values: Sequence[float]) -> str:
    return ", ".join("–" if math.isnan(value) else f"{value:.3g}" for value in values)
