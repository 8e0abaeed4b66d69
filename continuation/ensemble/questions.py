"""Questions: what is asked of one data set, and how its answer looks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import networkx as nx
import numpy as np

from continuation.certify.provers import unique_minimum_holds
from continuation.ensemble.settings import Setting
from continuation.landscape import Dataset, Loss, connect, estimate_basins, find_critical_sets
from continuation.landscape.network import Conditions, Given
from continuation.landscape.sets import CriticalSet, CriticalSets

STARTS = 200
"""Random starts of the question "basins": shares to 0.07 for each data set, and 0.01 over fifty."""

REGION_NAMES = ("plateau", "near-optimal", "overfitting", "other", "unlabelled")
"""Regions in which a flow may end."""

Value = float | int | bool | str


@dataclass(frozen=True)
class Answer:
    """What a question says of one data set.

    Attributes
    ----------
    row : mapping of str to number, bool or str
        One value for each column; the same columns for every data set.
    sets : sequence of mappings
        One for each set, where the question lists sets; again the same columns for all.
    """

    row: Mapping[str, Value]
    sets: Sequence[Mapping[str, Value]] = ()


@dataclass(frozen=True)
class Case:
    """One data set of one setting.

    Attributes
    ----------
    setting : Setting
    seed : int
        ``Dataset.sample(model, n, seed)`` is the data set.
    """

    setting: Setting
    seed: int

    @cached_property
    def loss(self) -> Loss:
        """Loss of the setting's model on this data set."""
        model = self.setting.student
        return Loss(model, Dataset.sample(model, self.setting.n, self.seed))

    @property
    def given(self) -> Given:
        """Noise and weight decay, as the functions of `continuation.landscape` take them."""
        conditions = Conditions(self.setting.noise, weight_decay=self.setting.weight_decay)
        return conditions.keywords

    def sets(self) -> CriticalSets:
        """All critical sets, regions labelled."""
        return find_critical_sets(self.loss, **self.given)


Question = Callable[[Case], Answer | Mapping[str, Value]]


def sets(case: Case) -> Answer:
    """Numbers of critical sets by kind and region, and the sets themselves."""
    found = case.sets()
    return Answer(_counts(found), [_described(critical) for critical in found])


def graph(case: Case) -> Answer:
    """As "sets", with the heteroclinic graph: edges, those left open, and its shape."""
    found = case.sets()
    connected = connect(case.loss, found, **case.given).nx
    edges = [data for _, _, data in connected.edges(data=True)]
    row = _counts(found) | {
        "edges": len(edges),
        "open_edges": sum(data["status"] == "undecided" for data in edges),
        "shape": _shape(connected),
    }
    return Answer(row, [_described(critical) for critical in found])


def basins(case: Case) -> Answer:
    """Shares of random starts whose flow ends in each region."""
    found = case.sets()
    estimate = estimate_basins(
        case.loss, n=STARTS, seed=case.seed % 2**32, sets=found, **case.given
    )
    regions = {critical.label: critical.region for critical in found}
    reached: Counter[str] = Counter()
    for target in estimate.targets:
        reached[regions.get(target.label, "other")] += target.count
    row = {f"share {name}": reached[name] / estimate.n for name in REGION_NAMES}
    return Answer(_counts(found) | row)


def uniqueness(case: Case) -> Answer:
    """Whether the minimum near θ* is proved to be the only critical point near it."""
    return Answer({"certified": unique_minimum_holds(case.loss, noise=case.setting.noise)})


QUESTIONS: Mapping[str, Question] = {
    "sets": sets,
    "graph": graph,
    "basins": basins,
    "uniqueness": uniqueness,
}
"""Questions that have a name, for the command line."""


def _counts(found: CriticalSets) -> dict[str, Value]:
    attracting = found.attractors
    overfitting = sum(critical.region == "overfitting" for critical in attracting)
    return {
        "sets": len(found),
        "points": sum(critical.kind == "point" for critical in found),
        "lines": sum(critical.kind == "line" for critical in found),
        "ends": sum(critical.at_infinity for critical in found),
        "attractors": len(attracting),
        "overfitting_attractors": overfitting,
        "single_attractor": len(attracting) == 1,
        "single_overfitting": overfitting == 1,
        "attracting_plateau": any(critical.region == "plateau" for critical in attracting),
        "attracting_end": any(critical.at_infinity for critical in attracting),
        "lowest_loss": min((critical.loss for critical in found), default=np.nan),
        "complete": found.complete,
    }


def _described(critical: CriticalSet) -> dict[str, Value]:
    return {
        "label": critical.label,
        "kind": critical.kind,
        "subkind": critical.subkind,
        "region": critical.region,
        "attracting": critical.attracting,
        "index": critical.index,
        "nullity": critical.inertia[1],
        "loss": critical.loss,
        "excess_risk": critical.excess_risk,
        "orbit_size": critical.orbit_size,
    }


def _shape(connected: nx.MultiDiGraph) -> str:
    """Digest that isomorphic graphs share, with kinds, regions and indices of their nodes.

    Each edge becomes a node between its ends, so that digests of undirected graphs serve, which
    stay the same from one version of the library to the next.
    """
    plain: Any = nx.Graph()
    for node, data in connected.nodes(data=True):
        plain.add_node(node, label=f"{data['kind']} {data['region']} {data['index']}")
    for k, (source, target, data) in enumerate(connected.edges(data=True)):
        plain.add_node(k, label=f"edge {data['multiplicity']}")
        plain.add_edge(source, k, label="leaves")
        plain.add_edge(k, target, label="arrives")
    return str(nx.weisfeiler_lehman_graph_hash(plain, edge_attr="label", node_attr="label"))
