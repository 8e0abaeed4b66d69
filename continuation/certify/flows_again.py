"""Whether the flows out of the sets of a stored graph, followed anew, end where it says."""

from __future__ import annotations

import json
import math
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from continuation.certify.agreement import ROUNDING, near, same
from continuation.certify.graph_agreement import DROP
from continuation.landscape import CriticalSet, FlowGraph, Loss, connect
from continuation.landscape.graph import NOT_IN_TIME, node_attributes
from continuation.landscape.infinity import LimitModel
from continuation.landscape.sets import FLOWN, nearest_by_limit, nearest_by_weights
from continuation.progress import Report, silent

DURATION = 2.0
"""Durations agree to this factor: a flow is over when its end is decided, at one of its steps."""

SHARE = 1e-3
"""Shares of a circle end in bisections, and λ of arrival is stored to as many digits."""

PLACES = {"line_parameter": 2.0 * SHARE, "source_parameter": ROUNDING, "loss_drop": DROP}
"""Numbers of a connection by name: how well they agree. Errors of bisections are not compared: they
are other ones on another machine."""

Edge = Mapping[str, Any]


@dataclass(frozen=True)
class Followed:
    """What became of the flows out of the sets of a graph.

    Attributes
    ----------
    sources : tuple of str
        Labels of the sets whose flows were followed anew.
    left : tuple of str
        Of those for which no time was left.
    faults : tuple of str
        Connections, ends and notes that the flows do not give.
    """

    sources: tuple[str, ...]
    left: tuple[str, ...]
    faults: tuple[str, ...]


def follow_again(
    loss: Loss,
    graph: FlowGraph,
    sets: Sequence[CriticalSet],
    parameters: Mapping[str, float],
    *,
    most_departures: int | None = None,
    seconds: float = math.inf,
    progress: Report = silent,
) -> Followed:
    """Follow the flows out of every set of a stored graph, and compare where they end.

    Parameters
    ----------
    loss : Loss
    graph : FlowGraph
        Whose nodes agree with the sets (`agreements_of_graph`).
    sets : sequence of CriticalSet
    parameters : mapping
        noise and weight_decay of the file.
    most_departures : int, optional
        With which the graph was computed.
    seconds : float
        Wall-clock time after which no further set is left.
    progress : callable
        As in `connect`.

    Examples
    --------
    >>> from continuation.certify import follow_again
    >>> from continuation.landscape import Dataset, Loss, connect, find_critical_sets
    >>> from symbolic import single_unit
    >>> loss = Loss(single_unit(), Dataset.sample(single_unit(), n=20, seed=0))
    >>> sets = find_critical_sets(loss, noise=0.1)
    >>> graph = connect(loss, sets)
    >>> follow_again(loss, graph, sets, {"noise": 0.1, "size": 1.0, "weight_decay": 0.0})
    Followed(sources=('isolated 1', 'linear 1', 'step 1', 'origin 1'), left=(), faults=())
    """
    again = connect(
        loss,
        sets,
        noise=parameters["noise"],
        weight_decay=parameters["weight_decay"],
        most_departures=most_departures,
        seconds=seconds,
        progress=progress,
    )
    cut = {s.label for s in sets if _cut(again, s.label) or _never_followed(graph, s.label)}
    labels = [s.label for s in sets if s.label not in cut]
    faults = [fault for label in labels for fault in _of_source(graph, again, label)]
    faults += [fault for end in again.sets[len(sets) :] for fault in _of_end(graph, end)]
    left = tuple(s.label for s in sets if _cut(again, s.label))
    if not left:
        faults += [f"no flow ends in {label}" for label in graph.nx if label not in again.nx]
    return Followed(tuple(labels), left, tuple(faults))


def _cut(graph: FlowGraph, label: str) -> bool:
    return str(graph.nx.nodes[label]["note"]).startswith(NOT_IN_TIME)


def _never_followed(graph: FlowGraph, label: str) -> bool:
    """Whether a graph says that there was no time for a set, and has no connection out of it."""
    return _cut(graph, label) and not graph.nx.out_degree(label)


def _of_source(graph: FlowGraph, again: FlowGraph, label: str) -> Iterator[str]:
    stored, made = _groups(graph, label), _groups(again, label)
    for target, status, departure in sorted(stored.keys() | made.keys()):
        words = f"{departure} from {label} to {target}, a {status},"
        key = target, status, departure
        if key not in made:
            yield f"the connection by {words} is none that the flow makes"
        elif key not in stored:
            yield f"the connection by {words} is missing"
        else:
            yield from (
                f"the connection by {words} has another {name}"
                for name in _differing(stored[key], made[key])
            )
    if _words(graph.nx.nodes[label]["note"]) != _words(again.nx.nodes[label]["note"]):
        yield f"the note on the flows out of {label} is not theirs"


def _groups(graph: FlowGraph, label: str) -> dict[tuple[str, str, str], list[Edge]]:
    """Connections out of a set by target, kind of the end, and departure."""
    groups: dict[tuple[str, str, str], list[Edge]] = defaultdict(list)
    for _, target, edge in graph.nx.out_edges(label, data=True):
        groups[str(target), str(edge["status"]), str(edge["departure"])].append(edge)
    return groups


def _differing(stored: Sequence[Edge], made: Sequence[Edge]) -> Iterator[str]:
    """Names of what differs between connections of one kind to one set."""
    if sum(e["multiplicity"] for e in stored) != sum(e["multiplicity"] for e in made):
        yield "multiplicity"
    share, again = (sum(e.get("share", 0.0) for e in some) for some in (stored, made))
    if not near(share, again, SHARE):
        yield "share"
    for some, others in ((stored, made), (made, stored)):
        names = [set(_differing_names(one, others)) for one in some]
        yield from sorted(set[str]().union(*names))


def _differing_names(one: Edge, others: Sequence[Edge]) -> Sequence[str]:
    """What a connection has unlike the one of the others that is most like it; nothing if alike."""
    return min((_unlike(one, other) for other in others), key=len)


def _unlike(one: Edge, other: Edge) -> list[str]:
    names = [name for name, room in PLACES.items() if not _agree(one, other, name, room)]
    ratio = one["duration"] / other["duration"]
    return names + ["duration"] * (not 1.0 / DURATION <= ratio <= DURATION)


def _agree(one: Edge, other: Edge, name: str, room: float) -> bool:
    if name not in one or name not in other:
        return name not in one and name not in other
    return near(one[name], other[name], room)


def _of_end(graph: FlowGraph, end: CriticalSet) -> Iterator[str]:
    """Where the node of an end that only flows have met is not that end."""
    node = graph.nx.nodes.get(end.label)
    if node is None:
        yield f"the end {end.label} is missing"
        return
    made = node_attributes(end, found_by="flow", note=node["note"])
    measured = {"loss", "excess_risk", "theta", "limit", "escape_rate", "certified"}
    wrong = [
        name for name in sorted(made.keys() - measured) if not same(node.get(name), made[name])
    ]
    yield from (f"{end.label}: {name} is not that of the flow's end" for name in wrong)
    if not _is_place(node, end):
        yield f"{end.label}: the flow ends elsewhere"


def _is_place(node: Mapping[str, Any], end: CriticalSet) -> bool:
    if end.limit is not None:
        limit = LimitModel.from_dict(json.loads(node["limit"]))
        return nearest_by_limit(limit, node["loss"], [end], FLOWN) is not None
    theta = np.array(json.loads(node["theta"]))
    return nearest_by_weights(theta, node["loss"], [end], FLOWN) is not None


def _words(note: str) -> str:
    """A note without its numbers, some of which depend on rounding."""
    return re.sub(r"\d+", "#", note)
