"""Where the gradient flow leaves a critical set: starts on its unstable manifold.

- Index 1: both sides, on the quadratic approximation of the manifold.
- Index k ≥ 2: the directions that symmetry singles out (see `unstable_spheres`), and the first
  members of a quasi-uniform sequence on the unstable sphere; `exploration` goes on from there.
- A line: both sides of every unstable eigenvector at two values of λ on each unstable piece
  (λ ≥ ½; the rest is the mirror image).
- A manifold of more dimensions: the same at one point of each unstable piece.
- The end λ = 1 of a segment, where a second eigenvalue vanishes: the cubic exits. There
  L − L₁ = c s² m + O(4) with s the input weights of the silent copy, m the motion along the
  line and c = Σ ω r x² φ''/(2√2), so the exits are (s, m) ∝ (±√⅔, −sign(c) √⅓).

References
----------
B. Krauskopf et al., "A survey of methods for computing (un)stable manifolds of vector fields",
Int. J. Bifurcation Chaos 15 (2005) 763.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from continuation.arrays import Array
from continuation.landscape.graph.manifold_points import (
    fixed_subspace,
    manifold_points,
    reach,
    unstable_directions,
)
from continuation.landscape.graph.unstable_spheres import UnstableSphere
from continuation.landscape.network import Layout, LossAt
from continuation.landscape.sets import (
    FROM_LINE,
    FROM_PIECES,
    FROM_SPHERE,
    SET_KINDS,
    CriticalSet,
    Segment,
    copies,
)
from symbolic import Model

END_DISTANCE = 5e-3
"""The same at the end of a line, which the flow leaves algebraically in time."""
FIRST = 4
"""Sampled directions per dimension of an unstable sphere, to begin with."""
NULL = 1e-7
"""Eigenvalues below this fraction of the largest belong to the kernel at the end of a line."""


@dataclass(frozen=True)
class Departure:
    """One start close to a critical set, on its unstable manifold.

    Attributes
    ----------
    source : CriticalSet
    kind : {"side", "symmetric", "sampled", "line", "line end", "manifold"}
    theta : ndarray, shape (d,)
    parameter : float or None
        λ of departure from a line.
    subspace : ndarray, shape (d, d), or None
        Projector onto the invariant subspace that the start lies in, if any.
    multiplicity : int
        Images of a direction on the unstable sphere under the symmetries of the set.
    """

    source: CriticalSet = field(repr=False)
    kind: str
    theta: Array
    parameter: float | None = None
    subspace: Array | None = field(default=None, repr=False)
    multiplicity: int = 1


def departures(at: LossAt, source: CriticalSet) -> tuple[Departure, ...]:
    """All starts for one critical set; none for sets at infinity and minima.

    Parameters
    ----------
    at : LossAt
    source : CriticalSet

    Returns
    -------
    tuple of Departure
    """
    return tuple(_all(at, source))


def first_departures(at: LossAt, source: CriticalSet, most: int) -> tuple[Departure, ...]:
    """At most so many of the `departures`; on manifolds those from pieces of low index first."""
    return tuple(itertools.islice(_all(at, source), most))


def _all(at: LossAt, source: CriticalSet) -> Iterator[Departure]:
    leave = DEPARTURES.get(SET_KINDS[source.subkind].left)
    return iter(()) if leave is None else leave(at, source)


def _from_point(at: LossAt, source: CriticalSet) -> Iterator[Departure]:
    if source.index == 0:
        return
    sphere = UnstableSphere.of(at, source)
    if source.index == 1:
        for start in sphere.starts(np.array([[1.0], [-1.0]])):
            yield _departure(at.model, source, "side", start, None)
        return
    yield from leaving(sphere, sphere.symmetric(), "symmetric")
    yield from leaving(sphere, sphere.sample(FIRST * source.index), "sampled")


def leaving(sphere: UnstableSphere, directions: Array, kind: str) -> Iterator[Departure]:
    """The starts in some directions (m, k) of an unstable sphere."""
    starts = sphere.starts(directions) if len(directions) else ()
    for direction, start in zip(directions, starts, strict=True):
        images = sphere.multiplicity(direction)
        yield _departure(sphere.at.model, sphere.source, kind, start, None, images)


def _departure(
    model: Model,
    source: CriticalSet,
    kind: str,
    start: Array,
    parameter: float | None,
    multiplicity: int = 1,
) -> Departure:
    subspace = fixed_subspace(model, start, decays=source.conditions.decays)
    theta = start if subspace is None else subspace @ start
    return Departure(source, kind, theta, parameter, subspace, multiplicity)


def _from_line(at: LossAt, source: CriticalSet) -> Iterator[Departure]:
    if not source.segments:  # of a network of layers: by its pieces, like a manifold
        yield from _from_manifold(at, source)
        return
    for piece in source.segments:
        if piece.index == 0 or piece.upper <= 0.5:
            continue
        for share in _representatives(piece):
            theta = on_line(at.model, source, share)
            hessian = at.hessian(theta)
            unstable = unstable_directions(hessian, piece.index, at.model)
            for start in _both_sides(at, theta, hessian, unstable):
                yield _departure(at.model, source, "line", start, share)
    if any(piece.index != source.segments[0].index for piece in source.segments):
        yield from _from_line_end(at, source)


def _from_manifold(at: LossAt, source: CriticalSet) -> Iterator[Departure]:
    """Both sides of every unstable eigenvector at one point of each unstable piece."""
    base, embedding = source.smaller
    for piece in sorted(source.pieces, key=lambda piece: piece.index):
        if piece.index == 0:
            continue
        theta = embedding.lift(at.model, base, piece.shares(embedding))
        hessian = at.hessian(theta)
        unstable = unstable_directions(hessian, piece.index, at.model)
        for start in _both_sides(at, theta, hessian, unstable):
            yield _departure(at.model, source, "manifold", start, None)


def _both_sides(at: LossAt, theta: Array, hessian: Array, unstable: Array) -> Array:
    """Starts (2k, d) to both sides of each of the unstable directions (k, d) of a point θ (d,)."""
    sides = np.stack([unstable, -unstable], axis=1).reshape(-1, theta.size)
    return manifold_points(at, theta, hessian, unstable, sides, reach(theta))


def _representatives(piece: Segment) -> tuple[float, ...]:
    """Two shares λ ≥ ½ within a piece."""
    lower, upper = max(piece.lower, 0.5), min(piece.upper, 2.5)
    if lower == 0.5:
        return (0.5, 0.5 * (lower + upper))
    return (lower + 0.25 * (upper - lower), lower + 0.75 * (upper - lower))


def on_line(model: Model, line: CriticalSet, share: float) -> Array:
    """Weights on a split line at λ = `share`, shape (d,)."""
    theta = line.weights.copy()
    i, j = copies(model, theta)
    outputs = Layout.of(model).output_weights(theta)
    outputs[i] *= 2.0 * share
    outputs[j] *= 2.0 * (1.0 - share)
    return theta


def _from_line_end(at: LossAt, source: CriticalSet) -> Iterator[Departure]:
    """Cubic exits at λ = 1, where the copy j is silent."""
    model = at.model
    i, j = copies(model, source.weights)
    layout, end = Layout.of(model), on_line(model, source, 1.0)
    inputs, outputs = layout.input_places(j), layout.output_weights(source.weights)
    along = np.zeros(end.size)
    # a positive m raises v_j; the other copy has the sign it has on the line
    along[layout.output_place(j)] = np.sqrt(0.5)
    along[layout.output_place(i)] = -np.sqrt(0.5) * np.sign(outputs[i] * outputs[j])
    reach = END_DISTANCE * (1.0 + float(np.abs(end).max()))
    ahead, behind = (at.hessian(end + k * reach * along) for k in (1.0, -1.0))
    # L is at most quadratic in m, so that the difference quotient is exact
    cubic = ((ahead - behind) / (4.0 * reach))[np.ix_(inputs, inputs)]
    hessian = at.hessian(end)
    for c, s in zip(*np.linalg.eigh(cubic), strict=True):
        for sign in (1.0, -1.0):
            null = -np.sign(c) * np.sqrt(1.0 / 3.0) * along
            null[inputs] += sign * np.sqrt(2.0 / 3.0) * s
            start = end + reach * null + reach**2 * _bend(at, end, hessian, null)
            yield _departure(model, source, "line end", start, 1.0)


def _bend(at: LossAt, theta: Array, hessian: Array, null: Array) -> Array:
    """−½ H⁺ D³L[z, z]: the centre manifold to second order."""
    values, vectors = np.linalg.eigh(hessian)
    regular = np.abs(values) > NULL * np.abs(values).max()
    components = vectors[:, regular].T @ at.jet(theta, null).third
    return np.asarray(-0.5 * vectors[:, regular] @ (components / values[regular]))


DEPARTURES: Mapping[str, Callable[[LossAt, CriticalSet], Iterator[Departure]]] = {
    FROM_SPHERE: _from_point,
    FROM_LINE: _from_line,
    FROM_PIECES: _from_manifold,
}
"""By the way in which a kind of set is left; none leaves from infinity."""
