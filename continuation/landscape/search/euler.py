"""The Euler count: an invariant that a complete list of critical points must satisfy.

R(w₁, w₂) = min_v L on the triangle 0 ≤ w₁ ≤ w₂ ≤ W, compactified by its limit models on the
edges, is a Morse function on a disk. Counting interior critical points, and those critical
points of the edges and corners at which R grows inwards, with the sign (−1)^index gives the
Euler characteristic 1. A search that misses one point fails it.

See docs/theory.md, Completeness.

References
----------
J. Milnor, *Morse Theory*, Princeton 1963, §§3, 5.
M. Morse and G. B. Van Schaack, *Annals of Mathematics* 35 (1934) 545: functions with boundary.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from continuation.arrays import Array
from continuation.landscape.infinity import (
    ModelPoint,
    confluence_slope,
    confluent_point,
    confluent_points,
    cubic_slope,
    fixed_point,
    linear_slope,
    silent_points,
    working_points,
)
from continuation.landscape.network import Responses

BELOW_THE_TOP = 1e-4
"""Relative distance to w = W, a trivial root of the upper edge, at which its scan ends."""


@dataclass(frozen=True)
class Term:
    """One critical point of the count.

    Attributes
    ----------
    place : str
        "interior", "diagonal", "linear edge", "upper edge" or "corner".
    index : int
        Morse index, on an edge that of the restriction to it.
    w : tuple of float
        Where: the input weights.
    """

    place: str
    index: int
    w: tuple[float, ...]

    @property
    def sign(self) -> int:
        """(−1)^index."""
        return -1 if self.index % 2 else 1


def euler_terms(
    responses: Responses, grid: Array, interior: Sequence[tuple[float, float, int]]
) -> list[Term]:
    """All terms of the count on the triangle with W = grid[-1].

    Parameters
    ----------
    responses : Responses
    grid : ndarray, shape (m,)
        Nodes on which the edges are scanned.
    interior : sequence of (w₁, w₂, index)
        Isolated and silent points inside the triangle, from the search under test.
    """
    terms = [Term("interior", index, (w1, w2)) for w1, w2, index in interior]
    terms += _diagonal(responses, grid)
    terms += _linear_edge(responses, grid)
    terms += _upper_edge(responses, grid)
    return terms + _corners(responses, grid)


def euler_count(terms: Sequence[Term]) -> int:
    """Σ (−1)^index."""
    return sum(term.sign for term in terms)


def _diagonal(responses: Responses, grid: Array) -> list[Term]:
    """Confluence points and, with b = 0, the one-unit points that carry the split lines."""
    single = [confluent_point(responses, p.w) for p in working_points(responses, grid)]
    points = confluent_points(responses, grid) + single
    inward = [p for p in points if confluence_slope(responses, p) > 0.0]
    return [Term("diagonal", p.index, (p.w, p.w)) for p in inward]


def _linear_edge(responses: Responses, grid: Array) -> list[Term]:
    points = _edge(responses, grid, responses.monomial(1))
    inward = [p for p in points if linear_slope(responses, p, p.coefficients[1]) > 0.0]
    return [Term("linear edge", p.index, (0.0, p.w)) for p in inward]


def _upper_edge(responses: Responses, grid: Array) -> list[Term]:
    top = grid[-1]
    short = np.append(grid[:-1], top * (1.0 - BELOW_THE_TOP))
    points = _edge(responses, short, responses.features(top, 0)[0])
    inward = [p for p in points if _upper_slope(responses, top, p, p.coefficients[1]) > 0.0]
    return [Term("upper edge", p.index, (p.w, float(top))) for p in inward]


def _edge(responses: Responses, grid: Array, fixed: Array) -> list[ModelPoint]:
    return working_points(responses, grid, fixed) + silent_points(responses, grid, fixed)


def _upper_slope(responses: Responses, top: float, point: ModelPoint, v: float) -> float:
    """Derivative of R from w = W inwards: −v ⟨r, xφ'(W x)⟩."""
    return float(-v * (point.residual @ responses.features(top, 1)[1]))


def _corners(responses: Responses, grid: Array) -> list[Term]:
    top = float(grid[-1])
    x, phi = responses.monomial(1), responses.features(top, 0)[0]
    terms = []
    cubic = fixed_point(responses, x, responses.monomial(3))
    if cubic_slope(responses, cubic, cubic.coefficients[1]) > 0.0:
        terms.append(Term("corner", 0, (0.0, 0.0)))
    mixed = fixed_point(responses, x, phi)
    c, v = mixed.coefficients
    grows = linear_slope(responses, mixed, c) > 0.0
    if grows and _upper_slope(responses, top, mixed, v) > 0.0:
        terms.append(Term("corner", 0, (0.0, top)))
    tip = confluent_point(responses, top)
    bend = tip.residual @ responses.features(top, 2)[2]
    if -tip.coefficients[1] * bend > 0.0:
        terms.append(Term("corner", 0, (top, top)))
    return terms
