"""Scenes: critical sets with their graph, at one value of a parameter or along it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import networkx as nx
import numpy as np

from continuation.arrays import Array
from continuation.landscape import CriticalSet, Event, Evolution, FlowGraph
from continuation.landscape.evolution import Strand, StrandAt, living
from continuation.landscape.graph import node_attributes
from continuation.landscape.network import Conditions, LossAlong
from continuation.storage import EvolutionResult, GraphResult, Result
from figures.evolution import timeline_arrays
from figures.explore.data import data_document, inputs_shown, maps_document
from figures.explore.flows import connections, played
from figures.explore.frames import Frame, Seen, all_spots, evolution_frames, flown_to
from figures.explore.graphs import across, graph_document
from figures.explore.plain import Document, number, numbers
from figures.explore.spots import Plane, has_map, plane_of

MOST_ROWS = 80
"""Of a strand within an interval."""


@dataclass(frozen=True, eq=False)
class Scene:
    """What is shown of sets, and what it is computed from.

    Attributes
    ----------
    result : Result
    along : LossAlong
        The loss along the parameter of the slider.
    frames : tuple of Frame
        In order of the parameter.
    labels : tuple of str
        Of all sets, in the order in which they are listed.
    """

    result: Result
    along: LossAlong
    frames: tuple[Frame, ...]
    labels: tuple[str, ...]

    @cached_property
    def x(self) -> Array:
        """Inputs on which network functions are shown."""
        return inputs_shown(self.result.loss)

    @cached_property
    def order(self) -> dict[str, int]:
        """Place of each set in the list."""
        return {label: k for k, label in enumerate(self.labels)}

    @cached_property
    def plane(self) -> Plane:
        """The plane that all frames are drawn in."""
        return plane_of(self.result.loss, self.along.decays, all_spots(self.frames))

    def document(self, graphs: Sequence[FlowGraph], values: list[float]) -> Document:
        """What all scenes have; `values` are the limits of the parameter, or its one value."""
        mapped = has_map(self.result.loss, self.along.decays)
        return {
            "sets": list(self.labels),
            "plane": list(self.plane.names),
            "data": data_document(self.result),
            "map": maps_document(self.along, values) if mapped else None,
            "frames": [frame.document(self.order, self.plane) for frame in self.frames],
            "across": across(self.order, self.frames, graphs),
            "noise": number(self.along.fixed.noise),
            "events": [],
            "branches": [],
        }

    def interval(self, p: float, graph: FlowGraph, sets: Sequence[CriticalSet]) -> Document:
        """Graph, connections and trajectories at one value."""
        at = self.along.at(p)
        sets = [replace(s, region=graph.nx.nodes[s.label]["region"]) for s in sets
                if s.label in graph.nx]  # fmt: skip
        flows = list(connections(at, sets, self.plane, self.x)) if graph.nx.size() else []
        seed = int(self.result.settings.get("seed") or 0)
        films = list(played(at, sets, self.plane, self.x, seed))
        return {
            "at": number(p),
            **graph_document(graph, self.order),
            "paths": [_by_number(path, ("source", "target"), self.order) for path in flows],
            "films": [_by_number(film, ("end",), self.order) for film in films],
        }


def _by_number(one: Document, ends: Sequence[str], order: Mapping[str, int]) -> Document:
    """Labels of sets replaced by their place in the list; null for those that are not there."""
    return one | {end: order.get(one[end]) for end in ends}


def conditions_of(result: Result) -> Conditions:
    """The conditions that the settings of a result speak of."""
    of = result.settings
    noise, decay = (float(of.get(name) or 0.0) for name in ("noise", "weight_decay"))
    return Conditions(noise, weight_decay=decay)


def standing(result: Result) -> Document:
    """Sets, and the graph if there is one, at one value of the noise."""
    conditions = conditions_of(result)
    along = LossAlong(result.loss, "noise", conditions)
    graph = result.graph if isinstance(result, GraphResult) else without_flows(result.sets)
    x = inputs_shown(result.loss)
    seen = (*(Seen.of(found, x) for found in result.sets),
            *flown_to(result.loss, graph, {found.label for found in result.sets}, x))  # fmt: skip
    p = conditions.noise
    scene = Scene(result, along, (Frame(p, 0, seen),), tuple(one.label for one in seen))
    return scene.document([graph], [p]) | {
        "parameter": None,
        "intervals": [scene.interval(p, graph, list(result.sets))],
    }


def without_flows(sets: Sequence[CriticalSet]) -> FlowGraph:
    """A graph of sets that no flow was followed from."""
    graph = nx.MultiDiGraph()
    for found in sets:
        graph.add_node(found.label, **node_attributes(found, found_by="search", note=""))
    return FlowGraph(graph, tuple(sets))


def moving(result: EvolutionResult) -> Document:
    """Sets and graphs along the parameter of an evolution, with its events."""
    evolution = result.evolution
    schedule = str(result.settings.get("schedule") or "")
    sizes = tuple(int(size) for size in schedule.split(",") if size)
    along = LossAlong(result.loss, evolution.parameter, conditions_of(result), sizes)
    frames = tuple(evolution_frames(evolution, result.loss, inputs_shown(result.loss)))
    labels = tuple(str(name) for name in timeline_arrays(evolution)["label"].to_numpy())
    scene = Scene(result, along, frames, labels)
    followed = [StrandAt(along, strand) for strand in evolution.strands]
    graphs = [interval.graph for interval in evolution.intervals]
    return scene.document(graphs, list(evolution.limits)) | {
        "parameter": evolution.parameter.replace("_", " "),
        "limits": numbers(evolution.limits, 12),
        "intervals": [
            scene.interval(i.at, i.graph, list(living(followed, i.at)))
            | {"lower": number(i.lower), "upper": number(i.upper)}
            for i in evolution.intervals
        ],
        "events": [_event(event, scene.order) for event in evolution.events],
        "branches": list(_branches(evolution, scene.order)),
        "notes": list(evolution.notes),
    }


def _event(event: Event, order: Mapping[str, int]) -> Document:
    sets = dict.fromkeys((*event.born, *event.died, *event.changed))
    return {
        "p": number(event.p),
        "lower": number(event.bracket[0]),
        "upper": number(event.bracket[1]),
        "kind": event.kind,
        "located": bool(event.located),
        "text": event.text,
        "sets": [order[label] for label in sets if label in order],
    }


def _branches(evolution: Evolution, order: Mapping[str, int]) -> Iterator[Document]:
    """Loss along every strand, in pieces on which region and index are constant."""
    for strand in evolution.strands:
        for k, interval in enumerate(evolution.intervals):
            low, high = max(strand.p[0], interval.lower), min(strand.p[-1], interval.upper)
            node = interval.graph.nx.nodes.get(strand.label)
            if node is not None and low < high:
                p = _rows(strand, low, high)
                yield {
                    "set": order[strand.label],
                    "interval": k,
                    "region": node["region"],
                    "attracting": bool(node["attracting"]),
                    "p": numbers(p, 8),
                    "loss": numbers(np.interp(p, strand.p, strand.loss), 10),
                }


def _rows(strand: Strand, low: float, high: float) -> Array:
    """Values of the strand's rows within limits, thinned, and the limits."""
    inside = strand.p[(strand.p > low) & (strand.p < high)]
    step = max(1, inside.size // MOST_ROWS)
    return np.concatenate([[low], inside[::step], [high]])
