"""The explorer's page of the paper: the graphs of figure `graph`, one tab a preset."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import xarray as xr

from continuation.landscape import Dataset, FlowGraph, Loss, find_critical_sets
from continuation.landscape.network import Axis
from continuation.storage import GraphResult
from figures.arrays import of_preset, presets_of
from figures.explore.documents import document
from figures.explore.page import write_page
from symbolic import PRESETS

NAME = "explorer.html"


def write_paper_page(data: xr.Dataset, seed: int, output: Path) -> Path:
    """Write the page of the stored data of figure `graph`; errors as `write_page`.

    Parameters
    ----------
    data : xarray.Dataset
    seed : int
        Of the data sets.
    output : Path
        Folder.
    """
    pages = [document(result, PRESETS[preset].title) for preset, result in _results(data, seed)]
    return write_page(pages, "The landscapes of the paper", output / NAME)


def _results(data: xr.Dataset, seed: int) -> Iterator[tuple[str, GraphResult]]:
    for preset in presets_of(data):
        facts = of_preset(data, preset).attrs
        noise = float(facts["noise"])
        model = PRESETS[preset]()
        loss = Loss(model, Dataset.sample(model, int(facts["samples"]), seed))
        sets = find_critical_sets(loss, noise=noise)
        graph = FlowGraph.from_json(facts["json"])
        settings: dict[str, float | int | str | None] = {"noise": noise, "seed": seed}
        yield preset, GraphResult(loss, settings, (Axis("x"), Axis("y")), sets, graph=graph)
