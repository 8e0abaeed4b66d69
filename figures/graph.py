"""The heteroclinic graph of one data set of each preset, or of measured data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import xarray as xr
from matplotlib.figure import Figure as Canvas

from continuation.certify import certificates_to_json, certify_graph
from continuation.landscape import connect, find_critical_sets
from continuation.wording import counted
from figures.arrays import join_presets, of_preset, presets_of
from figures.captions import Caption
from figures.graph_data import graph_arrays
from figures.plots import draw_graph, joined, region_legend, unfollowed
from figures.settings import Settings
from figures.style import PAPER, Style
from figures.subjects import Subject, caption_of, heading, subjects, title

TITLE = "heteroclinic graph: height = loss, colour = region, shape = kind"

SAMPLES = 100
NOISE = 0.1

NODES = ["label", "kind", "region", "loss", "attracting", "certified"]
EDGES = ["source", "target", "multiplicity", "source_parameter", "certified_basin"]
"""What is drawn of nodes and connections."""


@dataclass(frozen=True)
class Part:
    """One preset."""

    subject: Subject
    seed: int
    samples: int
    noise: float


def parts(settings: Settings) -> Sequence[Part]:
    """One part a preset."""
    size, noise = settings.samples(SAMPLES), settings.level(NOISE)
    return [Part(one, settings.seed, size, one.level(noise)) for one in subjects(settings)]


def compute(part: Part) -> xr.Dataset:
    """Nodes, edges, chains and certificates of one data set."""
    loss = part.subject.loss(part.samples, part.seed)
    sets = find_critical_sets(loss, noise=part.noise)
    graph, certificates = certify_graph(loss, connect(loss, sets))
    chains = [" → ".join(chain.nodes) for chain in graph.chains() if chain.complete]
    arrays = graph_arrays(graph)
    arrays["certificates"] = ((), certificates_to_json(certificates))
    return arrays.assign_attrs(
        **part.subject.facts(part.samples, part.noise),
        json=graph.to_json(),
        complete_chains="\n".join(chains),
        rising_edges=len(graph.rising_edges()),
        euler_count="none" if sets.euler_count is None else str(sets.euler_count),
    )


def assemble(settings: Settings, parts: Sequence[xr.Dataset]) -> xr.Dataset:
    """Both presets; every name carries its preset."""
    return join_presets(parts)


def draw(data: xr.Dataset, style: Style = PAPER) -> Canvas:
    """One panel a preset."""
    presets = presets_of(data)
    canvas, axes = style.panels(1, len(presets), 0.66)
    regions: list[str] = []
    kinds: list[str] = []
    certified: list[bool] = []
    entered: list[bool] = []
    left = False
    for panel, preset in zip(axes[0], presets, strict=True):
        of = of_preset(data, preset)
        draw_graph(panel, of[NODES], of[EDGES], style)
        panel.set_title(heading(of))
        regions += of["region"].to_numpy().tolist()
        kinds += of["kind"].to_numpy().tolist()
        certified += of["certified"].to_numpy().astype(bool).tolist()
        entered += of["certified_basin"].to_numpy().astype(bool).tolist()
        left |= bool(unfollowed(of, joined(of)))
    region_legend(canvas, regions, kinds, certified, entered, unfollowed=left, style=style)
    return style.finished(canvas, axes)


def caption(data: xr.Dataset) -> Caption:
    """One panel a preset, with what is undecided or was not followed."""
    shown = [of_preset(data, preset) for preset in presets_of(data)]
    counts = [
        f"{title(of)}: {counted(of.sizes['node'], 'set')}, "
        f"Euler count {of.attrs['euler_count']}, "
        f"{counted(int(of.attrs['undecided']), 'flow')} undecided"
        for of in shown
    ]
    return caption_of(
        shown,
        panels=[title(of) for of in shown],
        notes=(
            "height keeps the order of the losses and grows with the logarithm of their gaps; "
            "numbers at arrows: connections modulo symmetry; names in italics: sets at infinity "
            "and others out of which no flow was followed or decided",
            "; ".join(counts),
        ),
    )
