"""The Euler count: an invariant that a complete list of critical points must satisfy.

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

See docs/theory.md, Completeness.

References
----------
J. Milnor, *Morse Theory*, Princeton 1963, §§3, 5.
M. Morse and G. B. Van Schaack, *Annals of Mathematics* 35 (1934) 545: functions with boundary.
M. Goresky and R. MacPherson, *Stratified Morse Theory*, Springer 1988: cusps.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from continuation.landscape.search.limit_points import LimitPoint
from continuation.landscape.search.unit_table import UnitTable


def euler_count(table: UnitTable, points: Iterable[LimitPoint], units: int) -> int:
    """Σ (−1)^index over the simplex of so many units, from all genuine points of `kinds_of` it."""
    return sum(contribution(table, point, units) for point in points)


def contribution(table: UnitTable, point: LimitPoint, units: int) -> int:
    """What all critical points over one genuine point contribute."""
    further = units - point.kind.units
    parting = zip(point.rises, point.kind.copies, strict=True)
    if not point.inward or any(not rises for rises, copies in parting if copies > 1):
        return 0
    places = sum(point.rises) + (point.silent_weights(table).size if further else 0)
    sign = -1 if (point.index + further) % 2 else 1
    return sign * math.comb(places, further)
