"""Switches as boundary value problems: the saddle-saddle connection, followed in two parameters.

`evolve` locates a switch by bisection of flows, as a number on a line. Here the orbit itself is
solved for, from the index-1 point to the saddle that it passes, with its errors, and continued in
a second parameter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from continuation.arrays import Array
from continuation.compiled_problem import CompiledProblem
from continuation.errors import ConvergenceError, InvalidInputError, UnknownNameError
from continuation.landscape.evolution import Evolution, StrandAt, Switch
from continuation.landscape.flow import trajectory
from continuation.landscape.graph import departures
from continuation.landscape.network import (
    OF_DATA,
    Conditions,
    Loss,
    LossAlong,
    Symmetry,
    require_known,
)
from continuation.landscape.sets import CriticalSet
from continuation.meaning import Meaning
from continuation.options import NewtonOptions, StepOptions
from continuation.orbits import ConnectionBranch, MeshOptions, trace_connection

STEP = StepOptions(initial=0.02, maximum=0.2, minimum=1e-6, max_samples=60)
"""Of which weights, duration and both parameters count in their units."""

NEWTON = NewtonOptions(max_iterations=15)
"""Derivatives by the second parameter are differences: Newton converges a little more slowly."""

MESH = MeshOptions(intervals=40, tolerance=1e-4)
"""Flows between saddles are slow at both ends: forty intervals to begin with."""

RTOL = 1e-9
"""Of the flow along the connection: its end is a saddle, from which errors grow."""

NEAR = 0.3
"""The orbit at a switch comes within this part of the distance of both sets to the saddle."""


def trace_switch(
    loss: Loss,
    evolution: Evolution,
    switch: Switch,
    second: str,
    limits: tuple[float, float],
    *,
    noise: float = 0.0,
    size: float | None = None,
    weight_decay: float = 0.0,
    schedule: Sequence[int] = (),
    direction: int = +1,
    step: StepOptions = STEP,
    newton: NewtonOptions = NEWTON,
    mesh: MeshOptions = MESH,
) -> ConnectionBranch:
    """Follow a switch of an evolution in a second parameter.

    Parameters
    ----------
    loss : Loss
    evolution : Evolution
        Of this loss.
    switch : Switch
        One of its `switches`.
    second : str
        "noise", "size", "weight_decay" or "population"; another one than that of the evolution.
    limits : (float, float)
        Of the second parameter.
    noise, size, weight_decay, schedule
        As for the evolution; that of the second parameter is where the curve starts.
    direction : int
        +1 or -1: the second parameter rises or falls.
    step, newton, mesh
        As for `trace_connection`.

    Returns
    -------
    ConnectionBranch
        p is the parameter of the evolution, q the second one.

    Raises
    ------
    UnknownNameError
        For other parameters.
    InvalidInputError
        For a saddle that is a line, lies at infinity, or was not recognised.
    ConvergenceError
        Where no connection is found near the switch.

    Examples
    --------
    >>> from continuation import StepOptions
    >>> from continuation.landscape import Dataset, Loss, evolve, trace_switch
    >>> from symbolic import overparameterised
    >>> loss = Loss(overparameterised(), Dataset.sample(overparameterised(), n=100, seed=1))
    >>> limits = (0.7385, 0.7425)
    >>> evolution = evolve(loss, "noise", limits, searched_at=limits, regions=False)
    >>> few = StepOptions(initial=0.02, minimum=1e-6, max_samples=4)
    >>> [switch] = evolution.switches
    >>> curve = trace_switch(
    ...     loss, evolution, switch, "population", (0.9, 1), direction=-1, step=few
    ... )
    >>> curve.meaning.parameter, curve.meaning.second, bool(abs(curve.p[0] - switch.p) < 1e-8)
    ('noise', 'population', True)
    """
    require_known(second, OF_DATA)
    if second == evolution.parameter:
        raise InvalidInputError(f"{second!r} is the parameter of the evolution: name another one")
    fixed = Conditions(noise, size, weight_decay)
    begin = fixed.on(loss.data).value(second)
    family = _Family(LossAlong(loss, evolution.parameter, fixed, tuple(schedule)), second)
    orbit = _orbit_at(family.along(begin), evolution, switch)
    found = trace_connection(
        family, orbit.source, orbit.saddle, p=switch.p, q0=begin, limits=limits,
        direction=direction, guess=(orbit.t, orbit.theta), step=step, newton=newton, mesh=mesh,
    )  # fmt: skip
    meaning = Meaning(parameter=evolution.parameter, second=second, flow_sign=-1.0)
    return replace(found, meaning=meaning)


@dataclass(frozen=True, eq=False)
class _Family:
    """Second parameter ↦ critical point equation along the first, as the engine takes families."""

    first: LossAlong
    second: str

    def along(self, q: float) -> LossAlong:
        return replace(self.first, fixed=self.first.fixed.where(self.second, q))

    def __call__(self, q: float) -> CompiledProblem:
        return self.along(q).problem()


@dataclass(frozen=True, eq=False)
class _Orbit:
    """From a source to a saddle, as far as it comes: times (K,), weights (K, d); both points."""

    t: Array
    theta: Array
    source: Array
    saddle: Array


def _orbit_at(along: LossAlong, evolution: Evolution, switch: Switch) -> _Orbit:
    """The orbit of the switch, and the image of the saddle under the symmetries that it passes."""
    source, saddle = (_point(along, evolution, name, switch) for name in _names(switch))
    at, symmetry = along.at(switch.p), Symmetry.of(along.loss.model, decays=along.decays)
    images = np.unique([symmetry.act(g, saddle.weights) for g in symmetry.elements()], axis=0)
    best, gap = None, np.inf
    for start in departures(at, source):
        path = trajectory(at, start.theta, rtol=RTOL, subspace=start.subspace)
        away = np.linalg.norm(path.theta[:, None] - images, axis=2)
        row, image = np.unravel_index(np.argmin(away), away.shape)
        if away[row, image] < gap and row > 0:
            gap = float(away[row, image])
            piece = slice(0, int(row) + 1)
            best = _Orbit(path.t[piece], path.theta[piece], source.weights, images[image])
    if best is None or gap > NEAR * float(np.linalg.norm(best.saddle - best.source)):
        raise ConvergenceError(
            f"no orbit from {switch.source} comes near {switch.saddle} at "
            f"{evolution.parameter} = {switch.p:.10g}: choose another switch"
        )
    return best


def _names(switch: Switch) -> tuple[str, str]:
    if not switch.saddle:
        raise InvalidInputError(
            "the saddle at which this switch happens was not recognised: a connection to it cannot "
            "be followed"
        )
    return switch.source, switch.saddle


def _point(along: LossAlong, evolution: Evolution, label: str, switch: Switch) -> CriticalSet:
    """An isolated point of the evolution at the switch."""
    strand = next((s for s in evolution.strands if s.label == label), None)
    if strand is None:
        raise UnknownNameError(f"no set {label!r} in this evolution")
    at = StrandAt(along, strand)
    if not strand.set.is_point:
        raise InvalidInputError(
            f"{label} is no point: only connections between points are followed"
        )
    return replace(at.critical_set(switch.p), theta=at.weights(switch.p))
