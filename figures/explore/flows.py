"""Trajectories of the gradient flow as they are drawn and played."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

import numpy as np

from continuation.arrays import Array
from continuation.landscape import CriticalSet, LossAt, Trajectory, trajectory
from continuation.landscape.basins import Gazetteer, route, spans
from continuation.landscape.graph import departures, match
from figures.explore.plain import Document, number, numbers, rows
from figures.explore.spots import Plane, Spot

MOST_DEPARTURES = 12
"""Connections drawn out of one set; the graph has all of them."""

POINTS = 40
"""Of a connection on the plane, at even distances."""

MOMENTS = 70
"""Of a trajectory that is played, spread over log time and over its way on the plane."""

EARLIEST = 1e-2
"""First time that is shown; before it no weight has moved visibly."""

SPREADS = (0.01, 0.1, 1.0, 1.0)
"""Standard deviations of the initial weights of the trajectories that are played."""


def connections(
    at: LossAt, sets: Sequence[CriticalSet], plane: Plane, x: Array
) -> Iterator[Document]:
    """Flows out of all sets, with the labels of both ends.

    Parameters
    ----------
    at : LossAt
    sets : sequence of CriticalSet
        Of this loss.
    plane : Plane
    x : ndarray
        Inputs on which network functions are compared.
    """
    for source in sets:
        for start in itertools.islice(departures(at, source), MOST_DEPARTURES):
            path = trajectory(at, start.theta, subspace=start.subspace)
            end = match(path.result, sets)
            places = _places(at, path.theta, plane, x)
            if path.result.limit is not None:
                limit = path.result.limit
                last = Spot(np.ravel(limit.outputs(at.model, x)), None, limit)
                places = np.vstack([places, plane.place(last)])
            even = _evenly(places)
            yield {
                "source": source.label,
                "target": "" if end is None else end.label,
                "x": numbers(even[:, 0]),
                "y": numbers(even[:, 1]),
            }


def played(
    at: LossAt, sets: Sequence[CriticalSet], plane: Plane, x: Array, seed: int
) -> Iterator[Document]:
    """Trajectories from random weights through log time, with the sets that they pass."""
    places = Gazetteer.of(at, sets)
    streams = np.random.SeedSequence(seed).spawn(len(SPREADS))
    for spread, stream in zip(SPREADS, streams, strict=True):
        start = spread * np.random.default_rng(stream).standard_normal(at.model.dimension)
        path = trajectory(at, start)
        yield _film(at, path, places, plane, x) | {"name": f"start drawn from N(0, {spread:g}²)"}


def _film(at: LossAt, path: Trajectory, places: Gazetteer, plane: Plane, x: Array) -> Document:
    stops = route(places, path.result)
    t = _moments(path, _places(at, path.theta, plane, x))
    theta = np.column_stack([np.interp(t, path.t, column) for column in path.theta.T])
    where = _places(at, theta, plane, x)
    return {
        "t": numbers(t),
        "loss": numbers(np.interp(t, path.t, path.loss), 7),
        "x": numbers(where[:, 0]),
        "y": numbers(where[:, 1]),
        "f": rows(_outputs(at, theta, x), 4),
        "spans": [
            {"label": s.label, "region": s.region, "start": number(s.start), "end": number(s.end)}
            for s in spans(path, stops)
        ],
        "end": stops[-1].label,
    }


def _moments(path: Trajectory, places: Array) -> Array:
    """Times that are even in log time and in the way on the plane, half of each."""
    begin = min(EARLIEST, float(path.t[-1]) / 10.0)
    t = np.concatenate([[begin], path.t[path.t > begin]])
    way = np.interp(t, path.t, _length(places))
    clock = np.log(t / begin) / np.log(t[-1] / begin)
    clock += (way - way[0]) / max(float(way[-1] - way[0]), np.finfo(float).tiny)
    return np.exp(np.interp(np.linspace(0.0, clock[-1], MOMENTS), clock, np.log(t)))


def _outputs(at: LossAt, theta: Array, x: Array) -> list[Array]:
    return [np.ravel(at.kernels.outputs(row, x)) for row in np.ascontiguousarray(theta)]


def _places(at: LossAt, theta: Array, plane: Plane, x: Array) -> Array:
    """Places (m, 2) of weights (m, d)."""
    outputs = _outputs(at, theta, x)
    spots = (Spot(f, row) for f, row in zip(outputs, theta, strict=True))
    return np.array([plane.place(spot) for spot in spots])


def _evenly(path: Array) -> Array:
    """Points at even distances along a path (m, 2)."""
    length = _length(path)
    even = np.linspace(0.0, length[-1], POINTS)
    return np.column_stack([np.interp(even, length, column) for column in path.T])


def _length(path: Array) -> Array:
    """Way from the beginning to every point of a path (m, 2), shape (m,)."""
    steps = np.linalg.norm(np.diff(path, axis=0), axis=1)
    return np.concatenate([[0.0], np.cumsum(steps)])
