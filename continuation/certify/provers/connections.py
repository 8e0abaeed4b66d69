"""Certificates of a graph: of its sets, and of basins that its edges end in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Unpack

from scipy.integrate import Radau

from continuation.arrays import Array
from continuation.certify.certificate import Certificate
from continuation.certify.enclosures import ExactLoss
from continuation.certify.provers.basins import Basin, basin_certificate, with_entries
from continuation.certify.provers.points import ProvedPoint
from continuation.certify.provers.question import Question
from continuation.certify.provers.sets import set_certificates
from continuation.landscape import CriticalSet, FlowGraph, Loss, LossAt, Trajectory, trajectory
from continuation.landscape.flow import FLOW_TIME
from continuation.landscape.graph import Departure, departures
from continuation.landscape.network import Given, Symmetry, in_fitting_units
from continuation.landscape.sets import shared_conditions

RTOL, ATOL = 1e-9, 1e-13
"""Tolerances of the last stretch into a basin, whose radius may be 1e-5."""

LAST_STEPS = 2000
"""Steps of the last stretch, some thirty of which are needed."""

ISOLATED_DEPARTURES = ("side", "line", "line end")
"""Departures in finitely many directions; those of higher index are sampled from a sphere."""


def certify_graph(
    loss: Loss,
    graph: FlowGraph,
    *,
    noise: float | None = None,
    size: float | None = None,
    weight_decay: float | None = None,
) -> tuple[FlowGraph, tuple[Certificate, ...]]:
    """Certify what a graph consists of, and mark it.

    Nodes are certified as in `certify_sets`. An edge to an attracting point, from an
    index-1 point or a line, is marked `certified_basin` where every trajectory behind it was
    computed into a certified basin; the integration up to there is not certified.

    Parameters
    ----------
    loss : Loss
    graph : FlowGraph
        With its critical sets.
    noise, size, weight_decay : float, optional
        Those of the graph, as in `Loss.at`; omitted: as its sets.

    Returns
    -------
    FlowGraph
        The same graph with `certified` on its nodes and `certified_basin` on its edges.
    tuple of Certificate
        Of the nodes, in the order of `graph.sets`, then of the basins.

    Examples
    --------
    >>> from continuation.certify import certify_graph
    >>> from continuation.landscape import Dataset, Loss, connect, find_critical_sets
    >>> from symbolic import single_unit
    >>> loss = Loss(single_unit(), Dataset.sample(single_unit(), n=20, seed=0))
    >>> sets = find_critical_sets(loss, noise=0.1)
    >>> graph, certificates = certify_graph(loss, connect(loss, sets))
    >>> [certificate.verdict for certificate in certificates]
    ['PROVED', 'PROVED', 'PROVED', 'PROVED', 'PROVED']
    """
    found = shared_conditions(
        loss.data, graph.sets, noise=noise, size=size, weight_decay=weight_decay
    )
    nodes, basins, entered = _proofs(loss, graph, **found.keywords)
    proved = {s.label: c.proved for s, c in zip(graph.sets, nodes, strict=True)}
    return graph.with_certificates(proved, entered), (*nodes, *basins)


@in_fitting_units
def _proofs(
    loss: Loss, graph: FlowGraph, **given: Unpack[Given]
) -> tuple[tuple[Certificate, ...], list[Certificate], set[tuple[str, str, int]]]:
    """Certificates of the nodes and of basins, and the edges that end in a certified basin."""
    question, at = Question.of(loss, **given), loss.at(**given)
    nodes = set_certificates(question, graph.sets)
    basins: list[Certificate] = []
    entered: set[tuple[str, str, int]] = set()
    orbits: dict[str, list[Orbit]] = {}
    for target, point in zip(graph.sets, nodes, strict=True):
        if target.is_point and target.attracting:
            basin = basin_certificate(question, ProvedPoint.of(point))
            entries = []
            if basin.proved:
                for source in _sources(graph, target):
                    known = orbits.setdefault(source.label, _orbits(at, source))
                    entries += _entries(at, question.loss, known, target, Basin.of(basin))
                entered |= _complete_edges(graph, target, entries)
                basin = with_entries(basin, [e.state for e in entries])
            basins.append(replace(basin, set=point.set))
    return nodes, basins, entered


@dataclass(frozen=True)
class Orbit:
    """One computed trajectory out of a critical set, up to where its limit was decided."""

    start: Departure
    path: Trajectory


@dataclass(frozen=True)
class Entry:
    """A state of a computed trajectory, moved by a symmetry, that lies in a certified basin."""

    source: str
    departure: str
    parameter: float | None
    state: Array


def _sources(graph: FlowGraph, target: CriticalSet) -> list[CriticalSet]:
    sources = set(graph.nx.predecessors(target.label))
    return [s for s in graph.sets if s.label in sources]


def _orbits(at: LossAt, source: CriticalSet) -> list[Orbit]:
    return [
        Orbit(start, trajectory(at, start.theta, subspace=start.subspace))
        for start in departures(at, source)
        if start.kind in ISOLATED_DEPARTURES
    ]


def _complete_edges(
    graph: FlowGraph, target: CriticalSet, entries: Sequence[Entry]
) -> set[tuple[str, str, int]]:
    """Edges all of whose trajectories entered the basin of the target."""
    counts = Counter((e.source, e.departure, e.parameter) for e in entries)
    return {
        (source, label, key)
        for source, label, key, edge in graph.nx.in_edges(target.label, keys=True, data=True)
        if counts[source, edge["departure"], edge.get("source_parameter")] >= edge["multiplicity"]
    }


def _entries(
    at: LossAt, loss: ExactLoss, orbits: Sequence[Orbit], target: CriticalSet, basin: Basin
) -> list[Entry]:
    """The trajectories that enter a basin, with the first state that certainly lies in it."""
    symmetry, found = Symmetry.of(at.model, decays=at.conditions.decays), []
    for orbit in orbits:
        limit = orbit.path.result.representative
        if limit is None or not symmetry.same(limit, target.weights):
            continue
        last = orbit.path.theta[-1]
        states = (symmetry.align(t, target.weights) for t in chain([last], _last_stretch(at, last)))
        state = next((s for s in states if basin.holds(loss, s)), None)
        if state is not None:
            start = orbit.start
            parameter = None if start.parameter is None else float(start.parameter)
            found.append(Entry(start.source.label, start.kind, parameter, state))
    return found


def _last_stretch(at: LossAt, theta: Array) -> Iterator[Array]:
    """Further states of a trajectory whose limit is decided but not yet close."""
    solver = Radau(
        lambda _, y: -at.gradient(y),
        0.0,
        theta,
        FLOW_TIME,
        rtol=RTOL,
        atol=ATOL,
        jac=lambda _, y: -at.hessian(y),
    )
    for _ in range(LAST_STEPS):
        solver.step()
        if solver.status == "failed":
            return
        yield solver.y.copy()
        if solver.status == "finished":
            return
