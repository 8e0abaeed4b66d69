"""The explorer's page of the paper: the graphs of figure `graph`, one tab a preset."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import xarray as xr

from continuation.landscape import FlowGraph, find_critical_sets
from continuation.storage import GraphResult
from figures.arrays import of_preset, presets_of
from figures.explore.documents import document
from figures.explore.page import write_page
from figures.settings import Settings
from figures.subjects import Subject

NAME = "explorer.html"


def write_paper_page(data: xr.Dataset, asked: Settings, output: Path) -> Path:
    """Write the page of the stored data of figure `graph`; errors as `write_page`.

    Parameters
    ----------
    data : xarray.Dataset
    asked : Settings
        That the data answer: seed and file of the data sets.
    output : Path
        Folder.
    """
    pages = [document(result, title) for title, result in _results(data, asked)]
    heading = "The landscapes of the paper" if asked.data is None else "The landscapes of the data"
    return write_page(pages, heading, output / NAME)


def _results(data: xr.Dataset, asked: Settings) -> Iterator[tuple[str, GraphResult]]:
    for preset in presets_of(data):
        facts = of_preset(data, preset).attrs
        noise = float(facts["noise"])
        one = Subject(preset, asked.data, asked.columns)
        loss = one.loss(int(facts["samples"]), asked.seed)
        sets = find_critical_sets(loss, noise=noise)
        graph = FlowGraph.from_json(facts["json"])
        settings: dict[str, float | int | str | None] = {"noise": noise, "seed": asked.seed}
        yield str(facts["title"]), GraphResult(loss, settings, one.axes, sets, graph=graph)
