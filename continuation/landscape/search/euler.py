"""What a complete list of critical points must satisfy: the Euler count, and a range that is whole.

R(w₁, …, w_H) = min_v L on the simplex 0 ≤ w₁ ≤ … ≤ w_H ≤ W, compactified by its limit models on the
faces, is a Morse function on a contractible space. Counting, with the sign (−1)^index, the critical
points inside and those of the faces at which R grows inwards gives the Euler characteristic 1. A
search that misses one point fails it.

Every critical point of R lies over a genuine one of some kind (`limit_points`), with e units more:
each further unit is silent at a place of its own, or joins a cluster, none of which takes two.
Where R grows when the cluster parts (only then it counts), the new unit adds one to the index, like
a silent one: the Hessian gains the coordinate that moves the cluster with f unchanged, and
with it one negative eigenvalue. With k such places, a genuine point therefore contributes

    (−1)^(index + e) binomial(k, e),

provided that R grows when units leave 0 and W, and when clusters of several units part. Units that
meet, or vanish, in threes make a cusp of the space: R grows inwards where it grows with their
squared size, as all other coordinates are smaller there.

The count speaks of weights up to W. Beyond, a steep unit sees the nearest inputs only, and
R(w₁, …, W) → R(w₁, …, ∞): the critical points at the top become those beside a step. Where these
are as many, of the same kinds and indices, and R grows from both towards the same side, nothing has
happened between W and infinity, as far as signs tell: no branch from the top to the step ends has
met a critical point, which would turn the side.

Where one input is much nearer to 0 than all others, two steep units differ at it alone, to
rounding, long before one looks like a step. The count then speaks of 0 ≤ w₁ ≤ … ≤ w_(H−1) ≤ W,
w_H ≤ V, with V > W. Of the k places of further units those above W take one, if no other unit
is there; points at W are at an end where another unit is steeper only; V takes the place of W in
what is said of infinity.

With fewer than 2H distinct |x|, R = 0 along a manifold of minima, which counts with its own Euler
characteristic. A curve, of 2H − 1, has that of its arcs, half the number of their ends: exact fits
on faces. Closed curves have none.

See docs/theory.md, Completeness.

References
----------
J. Milnor, *Morse Theory*, Princeton 1963, §§3, 5.
M. Morse and G. B. Van Schaack, *Annals of Mathematics* 35 (1934) 545: functions with boundary.
M. Goresky and R. MacPherson, *Stratified Morse Theory*, Springer 1988: cusps.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np

from continuation.arrays import Array
from continuation.deadline import UNLIMITED, Deadline
from continuation.landscape.search.limit_points import Kind, LimitPoint, SearchedKinds, kinds_of
from continuation.landscape.search.unit_table import UnitTable


def kinds_in(table: UnitTable, units: int) -> Iterator[Kind]:
    """Kinds of limit models whose points the count needs."""
    return kinds_of(units, steeper=table.one_is_steeper)


def euler_count(table: UnitTable, points: Iterable[LimitPoint], units: int) -> int | None:
    """Σ (−1)^index over the simplex of so many units, from all genuine points of `kinds_of` it.

    None where exact fits form more than a curve, or a curve of which an end is missing.
    """
    dimension = 2 * units - table.responses.distinct
    count, ends = 0, 0
    for point in points:
        if dimension <= 0 or not point.fits or point.kind.units < units:
            count += contribution(table, point, units)
        elif dimension > 1:
            return None
        elif not point.free:
            ends += _ways(table, point, np.empty(0), 0)
    return None if ends % 2 else count + ends // 2


def contribution(table: UnitTable, point: LimitPoint, units: int) -> int:
    """What all critical points over one genuine point contribute."""
    further = units - point.kind.units
    parting = zip(point.rises, point.kind.copies, strict=True)
    if not point.inward or any(not rises for rises, copies in parting if copies > 1):
        return 0
    silent = point.silent_weights(table) if further else np.empty(0)
    sign = -1 if (point.index + further) % 2 else 1
    return sign * _ways(table, point, silent, further)


def _ways(table: UnitTable, point: LimitPoint, silent: Array, further: int) -> int:
    """In how many ways further units are placed, at most one unit steeper than W."""
    steeper = point.w > table.second
    places = int(np.sum(np.array(point.rises)[~steeper])) + int((silent <= table.second).sum())
    one_is_steeper = bool(point.kind.steepest or steeper.any())
    at_no_end = one_is_steeper or not point.kind.top or not table.one_is_steeper
    ways = math.comb(places, further) if at_no_end else 0
    if further and not one_is_steeper:
        ways += int((silent > table.second).sum()) * math.comb(places, further - 1)
    return ways


RESOLVED = 1e-12
"""Least singular value of features, each of length 1, at which signs of slopes are not rounding."""


def is_resolved(table: UnitTable, units: int) -> bool:
    """Whether one unit more than there are may stand at the upper end of the range."""
    features = Kind(top=units + 1).features(table)
    size = np.linalg.norm(features, axis=1, keepdims=True)
    return bool(np.linalg.svd(features / size, compute_uv=False)[-1] > RESOLVED)


def is_whole(searched: SearchedKinds, units: int, deadline: Deadline = UNLIMITED) -> bool:
    """Whether the points at the upper end of the range are those of the steps, as in the module.

    Raises as `genuine_points`.
    """

    def described(kind: Kind) -> Counter[tuple[int, tuple[bool, ...]]]:
        return Counter((p.index, p.ends_rise) for p in searched.points(kind, deadline))

    table = searched.table
    if table.one_is_steeper:
        kinds = (kind for kind in kinds_in(table, units) if kind.steepest)
        pairs = ((kind, replace(kind, steepest=0, steps=1)) for kind in kinds)
    else:
        kinds = (kind for kind in kinds_in(table, units) if kind.top == 1)
        pairs = ((kind, replace(kind, top=0, steps=1)) for kind in kinds)
    return all(described(kind) == described(step) for kind, step in pairs)
