"""How far are weights from a critical set, modulo symmetry and with all of its free shares?

A line or manifold is an affine space of output weights over one smaller network, in each of its
images under the symmetry. For one assignment of units the nearest shares are a projection. Small
groups are tried element by element; else, as for given shares the nearest image is an assignment,
the two are repeated in turns, from the middle of every piece, and each turn shortens the distance.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from continuation.arrays import Array
from continuation.errors import InvalidInputError
from continuation.landscape.network import Layout
from continuation.landscape.sets.critical_sets import CriticalSet
from continuation.landscape.sets.layer_embeddings import LayerEmbedding
from continuation.landscape.sets.matching import symmetry_of

Shares = Sequence[Sequence[float]]

TURNS = 50
"""Assignments change a few times at most; then one projection is exact."""

SHORTER = 1e-12
"""Relative gain of a turn below which it is rounding."""


@dataclass(frozen=True, eq=False)
class Member:
    """The point of a critical set that is nearest to given weights.

    Attributes
    ----------
    theta : ndarray, shape (d,)
        In the frame of the given weights: the image of the set that lies nearest to them.
    distance : float
        Euclidean.
    shares : tuple of tuple of float
        Of the copies of each unit of the smaller network; empty for a point.
    """

    theta: Array
    distance: float
    shares: tuple[tuple[float, ...], ...] = ()


def nearest_member(found: CriticalSet, theta: Array) -> Member:
    """The point of a set at finite weights that is nearest to θ (d,), over its orbit.

    Silent units with bias are taken where the set's representative has them.

    Raises
    ------
    InvalidInputError
        For a set at infinity, from which no weights have a distance.
    """
    if found.theta is None:
        raise InvalidInputError(
            f"{found.label or found.subkind} is at infinity: no weights are near"
        )
    if found.embedding is None or not found.embedding.split_dimension:
        return _member(found, theta, found.theta, ())
    if symmetry_of(found).is_small and not isinstance(found.embedding, LayerEmbedding):
        return _nearest_of_all(found, theta)
    starts = [piece.shares(found.embedding) for piece in found.pieces]
    members = (_settled(found, theta, start) for start in starts)
    return min(members, key=lambda member: member.distance)


def _member(
    found: CriticalSet, theta: Array, place: Array, shares: tuple[tuple[float, ...], ...]
) -> Member:
    image = symmetry_of(found).align(place, theta)
    return Member(image, float(np.linalg.norm(theta - image)), shares)


def _nearest_of_all(found: CriticalSet, theta: Array) -> Member:
    """By all images of θ: the nearest shares leave of the outputs of copies their mean excess."""
    (base, embedding), layout = found.smaller, Layout.of(found.model)
    images = symmetry_of(found).images(theta)
    left = (images - embedding.lift(found.model, base)).T
    outputs = layout.output_weights(left)
    for unit in range(len(embedding.copies)):
        copies = list(embedding.copies_of(unit))
        outputs[copies] = outputs[copies].mean(axis=0)
    best = images[int(np.argmin((left**2).sum(axis=0)))]
    shares = embedding.shares_in(found.model, base, best)
    return _member(found, theta, embedding.lift(found.model, base, shares), shares)


def _settled(found: CriticalSet, theta: Array, start: Shares) -> Member:
    """Turns of assignment and projection until the distance no longer falls."""
    base, embedding = found.smaller
    symmetry, before = symmetry_of(found), np.inf
    place, shares = embedding.lift(found.model, base, start), embedding.equal_shares()
    for _ in range(TURNS):
        aligned = symmetry.align(theta, place)
        shares = embedding.shares_in(found.model, base, aligned)
        place = embedding.lift(found.model, base, shares)
        distance = float(np.linalg.norm(aligned - place))
        if not distance < before * (1.0 - SHORTER):
            break
        before = distance
    return _member(found, theta, place, shares)
