"""`connect`: unstable manifolds of all critical sets, followed to their limits.

See docs/theory.md, Gradient flow.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import networkx as nx
import numpy as np

from continuation.deadline import Deadline, TimeIsUp
from continuation.errors import InvalidInputError, require_type
from continuation.landscape.flow import (
    FLOW_TIME,
    RTOL,
    STEP_LIMIT,
    FlowOptions,
    FlowResult,
    flow_to_limit,
    flows_to_limits,
)
from continuation.landscape.graph.departures import Departure, departures, first_departures
from continuation.landscape.graph.edges import UNDECIDED, flow_edge, merged, sphere_edges
from continuation.landscape.graph.exploration import COARSER, Flow, explore, has_unstable_sphere
from continuation.landscape.graph.flow_graph import FlowGraph, node_attributes
from continuation.landscape.graph.targets import discovered, match
from continuation.landscape.graph.unstable_spheres import UnstableSphere
from continuation.landscape.network import Conditions, Loss, LossAt, Symmetry, in_fitting_units
from continuation.landscape.sets import CriticalSet, conditions_on
from continuation.progress import Progress, Report, require_report, silent

COARSEST = 1e-3
"""Largest tolerance at which the limits of flows can be trusted."""
EXHAUSTED_WIDTH = 3
"""Networks of up to so many units have few sets: their unstable manifolds are explored in full."""
WIDE_DEPARTURES = 8
"""Flows out of one set of a wider network. The sets of eight units are hundreds, and their pieces
have hundreds of unstable directions each."""
NOT_IN_TIME = "unstable manifold not computed in time"
"""Beginning of the note on a set for whose flows no time was left."""
ENDS = ("source", "target")
IMAGE = 1e-12
"""Relative distance of starts that are images of one another, which rounding alone keeps apart."""
AT_ONCE = 8
"""Flows of one compiled call, between two looks at the clock."""


def connect(
    loss: Loss,
    sets: Sequence[CriticalSet],
    *,
    noise: float | None = None,
    size: float | None = None,
    weight_decay: float | None = None,
    rtol: float = RTOL,
    flow_time: float = FLOW_TIME,
    step_limit: int = STEP_LIMIT,
    most_departures: int | None = None,
    seconds: float = math.inf,
    progress: Report = silent,
) -> FlowGraph:
    """Heteroclinic graph: the gradient flow out of every critical set, down to its limit.

    Where the flow leaves a set is described in `departures`, from a point of index ≥ 2 also in
    `exploration`; how it is decided what it tends to, in `decision` and `escapes`. A limit that
    is not among `sets` becomes a node of its own, marked `found_by="flow"`.

    Parameters
    ----------
    loss : Loss
    sets : sequence of CriticalSet
        As found by `find_critical_sets`.
    noise, size, weight_decay : float, optional
        Parameters of the loss, as in `Loss.at`. Omitted: those that the sets were found at.
    rtol, flow_time, step_limit
        As in `flow_to_limit`.
    most_departures : int, optional
        Flows out of one set at most, 2 or more: more unstable directions than that are sampled,
        basins on unstable spheres are not bisected, and the note of the node says so. Omitted: no
        limit for up to three units, 8 for more.
    seconds : float
        Wall-clock time after which no further flows are begun; the nodes of those sets that were
        left say so. Sets of low index come first.
    progress : callable
        Called with a `Progress` before every set.

    Returns
    -------
    FlowGraph

    Raises
    ------
    InvalidInputError
        A parameter outside its range, or sets that were found at others.

    References
    ----------
    B. Krauskopf et al., Int. J. Bifurcation Chaos 15 (2005) 763.

    Examples
    --------
    >>> from continuation.landscape import Dataset, Loss, connect, find_critical_sets
    >>> from symbolic import single_unit
    >>> loss = Loss(single_unit(), Dataset.sample(single_unit(), n=20, seed=0))
    >>> sets = find_critical_sets(loss, noise=0.1)
    >>> graph = connect(loss, sets)
    >>> graph
    FlowGraph(4 sets, 1 connection, attractors: isolated 1)
    """
    require_report(progress)
    require_type("the loss", loss, Loss, "a Loss(model, data)")
    deadline = Deadline(seconds)
    if most_departures is not None and most_departures < 2:
        raise InvalidInputError(f"most_departures must be at least 2, not {most_departures!r}")
    if most_departures is None and loss.model.hidden > EXHAUSTED_WIDTH:
        most_departures = WIDE_DEPARTURES
    conditions = conditions_on(loss, sets, noise=noise, size=size, weight_decay=weight_decay)
    options = FlowOptions(rtol, flow_time, step_limit)
    graph = _connected(loss, sets, conditions, options, most_departures, deadline, progress)
    # what was given stays what it is, to the last bit
    return graph.over((*sets, *graph.sets[len(sets) :]))


@in_fitting_units
def _connected(
    loss: Loss,
    sets: Sequence[CriticalSet],
    conditions: Conditions,
    options: FlowOptions,
    most_departures: int | None,
    deadline: Deadline,
    progress: Report,
) -> FlowGraph:
    """`connect` for arguments that make sense."""
    at = loss.under(conditions)
    coarse = replace(options, rtol=min(COARSER * options.rtol, COARSEST))
    flow, coarse_flow = (partial(_flows, at, each, deadline) for each in (options, coarse))
    known = list(sets)
    identify = partial(_target, loss, at, known)
    edges, notes = list[dict[str, Any]](), dict[str, str]()

    def leave(source: CriticalSet) -> None:
        if has_unstable_sphere(source) and most_departures is None:
            explored = explore(UnstableSphere.of(at, source), flow, coarse_flow, identify)
            more, notes[source.label] = sphere_edges(explored, sets)
        else:
            starts, notes[source.label] = _starts(at, source, most_departures)
            results = _up_to_symmetry(at, starts, flow)
            more = _edges(starts, results, [identify(result) for result in results])
        edges.extend(more)

    for done, source in enumerate(sorted(sets, key=lambda found: found.index)):
        progress(Progress(f"flows out of {source.label}", done, len(sets), len(edges)))
        try:
            deadline.require()
            leave(source)
        except TimeIsUp as cut:
            notes[source.label] = f"{NOT_IN_TIME}: {cut}"
    return FlowGraph(_graph(len(sets), known, edges, notes), tuple(known))


def _starts(at: LossAt, source: CriticalSet, most: int | None) -> tuple[Sequence[Departure], str]:
    """Departures within the budget, and a note where these are not all."""
    if most is None:
        return departures(at, source), ""
    starts = first_departures(at, source, most + 1)
    if len(starts) <= most and not has_unstable_sphere(source):
        return starts, ""
    starts = starts[:most]
    note = (
        f"its targets may be incomplete: {len(starts)} flows out of it were followed, most of its "
        "unstable directions were not (raise most_departures)"
    )
    return starts, note


def _graph(
    searched: int,
    known: Sequence[CriticalSet],
    edges: Sequence[dict[str, Any]],
    notes: Mapping[str, str],
) -> nx.MultiDiGraph:
    """Nodes and edges; of the sets `known` the first ones come from the search."""
    graph = nx.MultiDiGraph()
    for number, found in enumerate(known):
        found_by = "search" if number < searched else "flow"
        note = notes.get(found.label) or _note(found)
        graph.add_node(found.label, **node_attributes(found, found_by=found_by, note=note))
    if any(edge["target"] == UNDECIDED for edge in edges):
        graph.add_node(UNDECIDED, **_undecided_node())
    for edge in edges:
        attributes = {name: value for name, value in edge.items() if name not in ENDS}
        graph.add_edge(edge["source"], edge["target"], **attributes)
    return graph


def _up_to_symmetry(at: LossAt, starts: Sequence[Departure], flow: Flow) -> list[FlowResult]:
    """Limits of all starts; of images of one another, as two sides often are, by one flow."""
    symmetry = Symmetry.of(at.model, decays=at.conditions.decays)
    distinct: list[Departure] = []
    which: list[int] = []
    for start in starts:
        room = IMAGE * (1.0 + float(np.linalg.norm(start.theta)))
        same = (symmetry.distance(one.theta, start.theta) <= room for one in distinct)
        which.append(next((k for k, is_image in enumerate(same) if is_image), len(distinct)))
        if which[-1] == len(distinct):
            distinct.append(start)
    results = flow(distinct)
    return [results[k] for k in which]


def _flows(
    at: LossAt, options: FlowOptions, deadline: Deadline, starts: Sequence[Departure]
) -> list[FlowResult]:
    """Limits of all starts: generic ones in batches, the others in their subspaces.

    Raises
    ------
    TimeIsUp
        Where they cannot all be followed in time.
    """
    free = [k for k, start in enumerate(starts) if start.subspace is None]
    results: dict[int, FlowResult] = {}
    limits = vars(options)
    for some in (free[k : k + AT_ONCE] for k in range(0, len(free), AT_ONCE)):
        deadline.require()
        batch = flows_to_limits(at, np.array([starts[k].theta for k in some]), **limits)
        results.update(zip(some, batch, strict=True))
    for k, start in enumerate(starts):
        if start.subspace is not None:
            deadline.require()
            results[k] = flow_to_limit(at, start.theta, subspace=start.subspace, **limits)
    return [results[k] for k in range(len(starts))]


def _target(
    loss: Loss, at: LossAt, known: list[CriticalSet], result: FlowResult
) -> CriticalSet | None:
    """The known set that a flow ended in, or a new one, which is added; None if undecided."""
    if not result.decided:
        return None
    target = match(result, known)
    if target is None:
        number = 1 + sum("(flow)" in found.label for found in known)
        target = discovered(loss, at, result, f"{result.subkind} (flow) {number}")
        known.append(target)
    return target


def _edges(
    starts: Sequence[Departure],
    results: Sequence[FlowResult],
    targets: Sequence[CriticalSet | None],
) -> list[dict[str, Any]]:
    """Connections with equal ends, departure and λ are one edge, counted by multiplicity."""
    edges = []
    for start, result, target in zip(starts, results, targets, strict=True):
        edge = flow_edge(start.source, start.kind, result, target)
        if start.parameter is not None:
            edge["source_parameter"] = float(start.parameter)
        edges.append(edge | {"multiplicity": 1})
    return merged(edges)


def _note(found: CriticalSet) -> str:
    if found.at_infinity and not found.attracting:
        return "unstable manifold not computed: it starts at infinity"
    return ""


def _undecided_node() -> dict[str, Any]:
    """Attributes of the node of undecided trajectories; its loss is no critical value."""
    return {
        "kind": UNDECIDED,
        "subkind": "",
        "region": "unlabelled",
        "found_by": "flow",
        "note": "trajectories that were not decided within the budget; see the edges",
        "index": 0,
        "nullity": 0,
        "orbit_size": 0,
        "attracting": False,
        "certified": False,
        "loss": 0.0,
    }
