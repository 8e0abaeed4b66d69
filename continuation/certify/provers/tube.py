"""One segment of a branch: a tube around a chord that holds exactly one curve of critical points.

Points of a chord are z̄(t) = m + t h, |t| ≤ 1, z = (θ, p). In the plane τ·(z − z̄(t)) = 0 the
equation F(z) = 0 has exactly one solution with |z − z̄(t)| ≤ ρ, componentwise, if with
C ≈ (F', τ)⁻¹ at m

    |C F(z̄(t))| + |I − C (F', τ)(tube)| ρ < ρ        for all t

a contraction, whose fixed points make up one smooth curve as t varies. F' over the tube is that
at m with its derivatives along h and across, so that the weights' dependence along the chord is
not lost. The planes are those of
pseudo-arclength, so that a curve may turn back in p inside the tube.

References
----------
J. B. van den Berg and J.-P. Lessard, *Notices AMS* 62 (2015) 1057: continuation with balls.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from flint import arb, arb_mat

from continuation.arrays import Array
from continuation.certify.enclosures import (
    identity,
    inertia,
    is_finite,
    lower,
    magnitude,
    midpoints,
)
from continuation.certify.provers.tube_family import Family

OVERLAP = 1.0 / 32.0
"""Each tube is longer than its chord by this share at both ends, so that neighbours overlap."""

SLACK = 0.9
"""Radii are proved with this margin, for checkers with other roundings."""

INFLATIONS = 4
"""Radii tried; each is the last one's image, widened."""

WIDENING = 1.5

TINY = 1e-13
"""Smallest radius, relative to 1 + |z|."""

UNIT = arb(0, 1)

Inertia = tuple[int, int, int]


@dataclass(frozen=True, eq=False)
class Tube:
    """A proved segment.

    Attributes
    ----------
    start, end : ndarray, shape (d + 1,)
        Ends of the chord, near the curve.
    radii : ndarray, shape (d + 1,)
        ρ.
    inverse : ndarray
        C.
    contraction : ndarray
        Bounds of |I − C (F', τ)| over the tube.
    jacobian : arb_mat
        C (F', τ) over the tube.
    """

    start: Array
    end: Array
    radii: Array
    inverse: Array = field(repr=False)
    contraction: Array = field(repr=False)
    jacobian: arb_mat = field(repr=False)

    @property
    def middle(self) -> Array:
        """Midpoint m of the chord."""
        return 0.5 * (self.start + self.end)

    @property
    def half(self) -> Array:
        """Half of the chord with its overlaps, h."""
        return 0.5 * (1.0 + 2.0 * OVERLAP) * (self.end - self.start)

    @property
    def normal(self) -> Array:
        """τ, normal of the planes, with τ·h ≈ 1."""
        return self.half / float(self.half @ self.half)

    def box(self) -> list[arb]:
        """The tube's box."""
        return span(self.middle, self.half, self.radii)


def span(middle: Array, half: Array, radii: Array) -> list[arb]:
    """The box of all m + t h + u, |t| ≤ 1, |u| ≤ ρ."""
    return [
        arb(float(m)) + arb(float(h)) * UNIT + arb(0, float(r))
        for m, h, r in zip(middle, half, radii, strict=True)
    ]


def prove_tube(family: Family, start: Array, end: Array) -> Tube | None:
    """A tube around the chord between two points near the curve; None where none is proved."""
    radii = TINY * (1.0 + np.abs(start))
    bare = Tube(start, end, radii, np.empty(0), np.empty(0), arb_mat(0, 0))
    z = [arb(float(m)) for m in bare.middle]
    value, rows = _system(family, z, bare.normal)
    if not is_finite(rows):
        return None
    try:
        inverse = np.linalg.inv(np.array(midpoints(rows)))
    except np.linalg.LinAlgError:
        return None
    matrix = arb_mat(inverse.tolist())
    shift = _shift(family, bare, matrix, value, rows)
    if shift is None:
        return None
    radii = WIDENING * shift + radii
    for _ in range(INFLATIONS):
        tube = Tube(start, end, radii, inverse, np.empty(0), arb_mat(0, 0))
        image = matrix * _over(family, tube, rows)
        if not is_finite(image):
            return None
        contraction = _magnitudes(identity(len(z)) - image)
        moved = (shift + contraction @ radii) * (1.0 + 1e-12)
        if (moved < SLACK * radii).all():
            return Tube(start, end, radii, inverse, contraction, image)
        radii = np.maximum(WIDENING * moved, radii)
    return None


def _system(family: Family, z: Sequence[arb], normal: Array) -> tuple[arb_mat, arb_mat]:
    """F, and the matrix (F', τ), over a box."""
    value, by_theta, by_p = family.evaluate(z[:-1], z[-1])
    rows = [[*row, by_p[k, 0]] for k, row in enumerate(by_theta.tolist())]
    return value, arb_mat([*rows, [arb(float(t)) for t in normal]])


def _over(family: Family, tube: Tube, rows: arb_mat) -> arb_mat:
    """(F', τ) over a tube, from that at m and its derivatives along h and across."""
    box, d = tube.box(), len(tube.radii) - 1
    half = [arb(float(h)) for h in tube.half]
    across = [arb(0, float(r)) for r in tube.radii]
    along = family.turning(box[:-1], box[-1], half) * UNIT
    whole = along + family.turning(box[:-1], box[-1], across)
    return rows + arb_mat([*whole.tolist(), [arb(0)] * (d + 1)])


def _shift(
    family: Family, tube: Tube, matrix: arb_mat, value: arb_mat, rows: arb_mat
) -> Array | None:
    """Bounds of |C F(z̄(t))| over the chord, by Taylor's formula of second order at m."""
    chord = span(tube.middle, tube.half, np.zeros_like(tube.middle))
    half = [arb(float(h)) for h in tube.half]
    along = (rows * arb_mat(len(half), 1, half)).entries()[:-1]
    bent = family.second(chord[:-1], chord[-1], half)
    first = matrix * _lengthened(arb_mat(len(along), 1, along))
    second = matrix * _lengthened(bent)
    moved = _magnitudes(matrix * _lengthened(value)) + _magnitudes(first)
    total = (moved + 0.5 * _magnitudes(second))[:, 0] * (1.0 + 1e-12)
    return total if np.isfinite(total).all() else None


def _magnitudes(matrix: arb_mat) -> Array:
    return np.array([[magnitude(entry) for entry in row] for row in matrix.tolist()])


def crossing(family: Family, tube: Tube, point: Array) -> Array | None:
    """Radii around a point on the tube's axis within which its curve meets the plane there."""
    value = family.evaluate([arb(float(t)) for t in point[:-1]], arb(float(point[-1])))[0]
    shift = _magnitudes(arb_mat(tube.inverse.tolist()) * _lengthened(value))[:, 0]
    bound = np.linalg.solve(np.eye(point.size) - tube.contraction, shift)
    radii = 1.01 * bound + 1e-3 * TINY * (1.0 + np.abs(point))
    moved = (shift + tube.contraction @ radii) * (1.0 + 1e-12)
    return radii if (moved < radii).all() and (radii < tube.radii).all() else None


def _lengthened(value: arb_mat) -> arb_mat:
    return arb_mat(value.nrows() + 1, 1, [*value.entries(), arb(0)])


def contains(tube: Tube, point: Array, radii: Array) -> bool:
    """Whether all z = point ± radii lie in a tube, so that a solution there is on its curve."""
    z = [arb(float(p), float(r)) for p, r in zip(point, radii, strict=True)]
    middle, half, normal = (
        [arb(float(v)) for v in row] for row in (tube.middle, tube.half, tube.normal)
    )
    away = [a - b for a, b in zip(z, middle, strict=True)]
    over = sum((n * a for n, a in zip(normal, away, strict=True)), arb(0))
    t = over / sum((n * h for n, h in zip(normal, half, strict=True)), arb(0))
    if not abs(t) < 1:
        return False
    return all(
        bool(abs(a - t * h) < arb(float(r))) for a, h, r in zip(away, half, tube.radii, strict=True)
    )


def tangent(tube: Tube) -> list[arb] | None:
    """Enclosures of dz/dt on the curve in a tube."""
    d = tube.start.size - 1
    speed = sum(
        (arb(float(n)) * arb(float(h)) for n, h in zip(tube.normal, tube.half, strict=True)),
        arb(0),
    )
    right = arb_mat(tube.inverse.tolist()) * arb_mat(d + 1, 1, [arb(0)] * d + [speed])
    return _solved(tube, right)


def bending(family: Family, tube: Tube, direction: Sequence[arb]) -> list[arb] | None:
    """Enclosures of d²z/dt² = −(F', τ)⁻¹ (F''[z', z'], 0) on the curve in a tube."""
    box = tube.box()
    second = family.second(box[:-1], box[-1], direction)
    return _solved(tube, -(arb_mat(tube.inverse.tolist()) * _lengthened(second)))


def _solved(tube: Tube, right: arb_mat) -> list[arb] | None:
    try:
        return tube.jacobian.solve(right).entries()
    except ZeroDivisionError:
        return None


def inertia_at(family: Family, point: Array, radii: Array) -> Inertia | None:
    """Inertia of the Hessian at the curve's point near `point`."""
    z = [arb(float(p), float(r)) for p, r in zip(point, radii, strict=True)]
    return inertia(family.evaluate(z[:-1], z[-1])[1])


def certain_sign(ball: arb) -> int:
    """The sign of every number of a ball; 0 where they differ."""
    return int(lower(ball) > 0.0) - int(lower(-ball) > 0.0)
