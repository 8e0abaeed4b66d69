"""Critical points of two units with bias from all pairs of nodes of a grid, without a seed.

Roots of ⟨r, ∂φ_k⟩ in the four input parameters are sought, r the residual with the best outputs:
these are the critical points of which both units work, and no silent unit is one. From every pair
of nodes one step of Newton's method is made, from inner products of the nodes' features alone; the
pairs whose step is short go on. This is a search: a root between two pairs may be missed.

References
----------
G. H. Golub and V. Pereyra, *SIAM J. Numer. Anal.* 10 (1973) 413: variable projection.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from continuation.arrays import Array
from continuation.deadline import Deadline
from continuation.landscape.biases.input_grid import (
    RIDGE,
    InputGrid,
    is_seen,
    moved,
    settled,
    turn_of,
    unit_features,
)
from continuation.landscape.biases.parts import Background
from continuation.landscape.network import Layout, LossAt, Responses

LEVELS, PLACES = 1.7, 0.8
"""Ratio of neighbouring steepnesses and spacing of places, w Δt, of the nodes."""

REACH = 0.8
"""Steps of so many cells, in each of the four, still count as leading into the own cell."""

OUTPUT, SLOPES, BENDS = 0, slice(1, 3), slice(3, 6)
"""Where the features of a unit stand: φ; its derivatives by w and c; the second ones."""


def two_units(at: LossAt, deadline: Deadline) -> Iterator[Array]:
    """Weights (d,) near critical points of two tanh units with bias, some of them several times.

    Parameters
    ----------
    at : LossAt
        Of a model of `BIASED_ENDS` with two units.
    deadline : Deadline
        After which no more nodes are looked at.
    """
    search = _Search.of(at)
    starts = [np.empty((0, 4)), *map(search.near, deadline.within(range(len(search.nodes) - 1)))]
    for places in settled(np.concatenate(starts), search.steps, _moved)[0].reshape(-1, 2, 2):
        if is_seen(places, search.responses.x).all():
            yield search.weights(places)


@dataclass(frozen=True, eq=False)
class _Search:
    """One search.

    Attributes
    ----------
    at : LossAt
    responses : Responses
        Of inputs that are measured from their centre.
    basis : ndarray, shape (f, q)
        Orthonormal, of the features that every network has.
    nodes : ndarray, shape (m, 2)
        Places (w, c) of units that enough inputs see.
    rows : ndarray, shape (m, 6, q)
        Their features beside the basis.
    own, aims : ndarray, shape (m, 6, 6) and (m, 6)
        Inner products of each node's features with each other, and with the targets.
    """

    at: LossAt
    responses: Responses
    basis: Array
    nodes: Array
    rows: Array
    own: Array
    aims: Array

    @classmethod
    def of(cls, at: LossAt) -> _Search:
        """On the data of a loss."""
        responses = Responses.at(at)
        responses = responses.about(responses.centre)
        fixed = Background(responses, at.model.offset).rows
        grid = InputGrid.of(responses.x, LEVELS, PLACES)
        nodes = np.array([grid.w, grid.c]).T
        nodes = nodes[is_seen(nodes, responses.x)]
        basis = np.linalg.qr(fixed.T)[0].T
        rows = _rows(responses, nodes, basis)
        own, aims = _products(rows, rows), rows @ responses.target
        return cls(at, responses, basis, nodes, rows, own, aims)

    def near(self, first: int) -> Array:
        """Places (k, 4) of the first and a later node after a short step."""
        some, own, aims = self.rows[first], self.own, self.aims
        later = self.rows[first + 1 :]
        m, features, q = later.shape
        across = (some @ later.reshape(m * features, q).T).reshape(features, m, features)
        pair = Pairs(
            np.broadcast_to(own[first], (m, features, features)),
            across.transpose(1, 0, 2),
            own[first + 1 :],
            np.broadcast_to(aims[first], (m, features)),
            aims[first + 1 :],
        )
        places = np.empty((m, 2, 2))
        places[:, 0], places[:, 1] = self.nodes[first], self.nodes[first + 1 :]
        step = pair.steps(places)
        cell = np.tile([np.log(LEVELS), PLACES], 2)
        short = (np.abs(step) <= REACH * cell).all(axis=1)
        return _moved(places[short].reshape(-1, 4), step[short])

    def steps(self, places: Array, _: NDArray[np.int64]) -> Array:
        """Newton steps (k, 4) from places (k, 4)."""
        pairs, target = places.reshape(-1, 2, 2), self.responses.target
        first, second = (_rows(self.responses, pairs[:, unit], self.basis) for unit in (0, 1))
        pair = Pairs(
            _products(first, first),
            _products(first, second),
            _products(second, second),
            first @ target,
            second @ target,
        )
        return pair.steps(pairs)

    def weights(self, places: Array) -> Array:
        """θ (d,) of units at places (2, 2), rows (w, c), with the best outputs."""
        own = unit_features(self.responses, places)[0][:, 0]
        features = np.vstack([own, Background(self.responses, self.at.model.offset).rows])
        outputs = np.linalg.lstsq(features.T, self.responses.target, rcond=None)[0]
        w, c = places.T
        units = np.column_stack([w, c - w * Responses.at(self.at).centre, outputs[:2]])
        return Layout.of(self.at.model).join(units, np.asarray(outputs[2:], dtype=np.float64))


def _rows(responses: Responses, places: Array, basis: Array) -> Array:
    """Features (k, 6, q) of units at places (k, 2), beside a basis."""
    own, slopes, bends = unit_features(responses, places)
    rows = np.concatenate([own, slopes[:, 0], bends[:, 0]], axis=1)
    return np.asarray(rows - (rows @ basis.T) @ basis)


def _products(first: Array, second: Array) -> Array:
    return np.asarray(first @ second.transpose(0, 2, 1))


def _moved(places: Array, step: Array) -> Array:
    """Pairs (k, 4) after steps (k, 4)."""
    return moved(places.reshape(-1, 2), step.reshape(-1, 2)).reshape(-1, 4)


@dataclass(frozen=True, eq=False)
class Pairs:
    """Inner products of the features of two units, k pairs at once, in the order of `OUTPUT`, ….

    Attributes
    ----------
    first, across, second : ndarray, shape (k, 6, 6)
        Of the first unit's with each other, with those of the second, of the second's.
    aim, other : ndarray, shape (k, 6)
        Of either with the targets.
    """

    first: Array
    across: Array
    second: Array
    aim: Array
    other: Array

    def steps(self, places: Array) -> Array:
        """Newton steps (k, 4) at places (k, 2, 2) in ln w and w t of both; inf: none."""
        v, inverse = self._outputs()
        pull = (
            v[:, :1] * self.first[:, :, OUTPUT] + v[:, 1:] * self.across[:, :, OUTPUT] - self.aim,
            v[:, :1] * self.across[:, OUTPUT] + v[:, 1:] * self.second[:, :, OUTPUT] - self.other,
        )
        force = np.concatenate([pull[0][:, SLOPES], pull[1][:, SLOPES]], axis=1)
        jacobian = self._slopes(v) + _bends(pull)
        on, own = self._on_outputs(), np.repeat(v, 2, axis=1)
        held = on.transpose(0, 2, 1) * own[:, None]
        held[:, [0, 0, 1, 1], range(4)] += force
        jacobian -= on @ (inverse @ held)
        for unit in (0, 1):
            columns = slice(2 * unit, 2 * unit + 2)
            jacobian[:, :, columns] = jacobian[:, :, columns] @ turn_of(places[:, unit])
        return _solved(jacobian, force)

    def _outputs(self) -> tuple[Array, Array]:
        """The best outputs (k, 2), and the inverse (k, 2, 2) of their Gram matrices."""
        a, b, c = self.first[:, 0, 0], self.across[:, 0, 0], self.second[:, 0, 0]
        a, c = a * (1.0 + RIDGE), c * (1.0 + RIDGE)
        with np.errstate(divide="ignore", invalid="ignore"):
            inverse = np.array([[c, -b], [-b, a]]) / (a * c - b * b)
        inverse = inverse.transpose(2, 0, 1)
        aims = np.array([self.aim[:, OUTPUT], self.other[:, OUTPUT]]).T
        return (inverse @ aims[:, :, None])[:, :, 0], inverse

    def _slopes(self, v: Array) -> Array:
        """Products (k, 4, 4) of the slopes, each column times its output."""
        across = self.across[:, SLOPES, SLOPES]
        upper = np.concatenate([self.first[:, SLOPES, SLOPES], across], axis=2)
        lower = np.concatenate([across.transpose(0, 2, 1), self.second[:, SLOPES, SLOPES]], axis=2)
        return np.concatenate([upper, lower], axis=1) * np.repeat(v, 2, axis=1)[:, None]

    def _on_outputs(self) -> Array:
        """Products (k, 4, 2) of the slopes with both outputs."""
        upper = np.stack([self.first[:, SLOPES, OUTPUT], self.across[:, SLOPES, OUTPUT]], axis=2)
        lower = np.stack([self.across[:, OUTPUT, SLOPES], self.second[:, SLOPES, OUTPUT]], axis=2)
        return np.concatenate([upper, lower], axis=1)


def _bends(pull: tuple[Array, Array]) -> Array:
    """What the second derivatives of either unit add, (k, 4, 4)."""
    total = np.zeros((len(pull[0]), 4, 4))
    for unit, bends in enumerate(some[:, BENDS] for some in pull):
        block = slice(2 * unit, 2 * unit + 2)
        total[:, block, block] = bends[:, [[0, 1], [1, 2]]]
    return total


def _solved(jacobian: Array, force: Array) -> Array:
    finite = np.asarray(np.isfinite(jacobian).all(axis=(1, 2)) & np.isfinite(force).all(axis=1))
    volume = np.linalg.det(np.where(finite[:, None, None], jacobian, 0.0))
    regular = np.flatnonzero(finite & (volume != 0.0))
    step = np.full(force.shape, np.inf)
    step[regular] = -np.linalg.solve(jacobian[regular], force[regular][:, :, None])[:, :, 0]
    return step
