"""Complete lists of critical sets for one or two odd units without bias; no seed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from continuation.arrays import Array
from continuation.landscape.infinity import (
    ends_of_one,
    ends_of_two,
    silent_points,
    silent_weights,
    working_points,
)
from continuation.landscape.network import (
    SPACING,
    Grid,
    LossAt,
    Responses,
    scaled_inertia,
    split_plain,
)
from continuation.landscape.search.euler import Term, euler_count, euler_terms
from continuation.landscape.search.two_units import isolated_points
from continuation.landscape.sets import (
    ISOLATED,
    ORIGIN,
    SILENT_UNIT,
    Assembler,
    CriticalSet,
    CriticalSets,
    Embedding,
    labelled,
)

REFINED_SPACINGS = (SPACING, SPACING / 2.0, SPACING / 4.0)
"""Grids tried in turn until the Euler count is 1."""

EXACT_FIT = 1e-11
"""Residual, relative to the target, of a network that fits the data."""

POLISHABLE = 1e-3
"""A longer Newton step, relative to 1 + |θ|, does not start at a critical point."""

POLISH_STEPS = 8
"""Two are enough where the search has converged."""

SAME_LOG_WEIGHT = 1e-5
"""An isolated point this close in ln w to a silent one is that silent one."""


def one_unit_sets(at: LossAt, responses: Responses) -> CriticalSets:
    """All critical sets of a single unit."""
    grid = Grid.of(responses)
    working = working_points(responses, grid.nodes)
    silent = silent_points(responses, grid.nodes)
    ends = ends_of_one(responses)
    build = Assembler(at)
    sets = [build.point(np.zeros(2), ORIGIN)]
    sets += [build.point(np.array([p.w, p.coefficients[0]]), ISOLATED) for p in working]
    sets += [build.point(np.array([p.w, 0.0]), SILENT_UNIT) for p in silent]
    sets += [build.end(end, responses) for end in ends]
    return CriticalSets(labelled(sets), notes=_range_notes(grid))


def two_unit_sets(at: LossAt, responses: Responses) -> CriticalSets:
    """All critical sets of two units, on the coarsest grid whose Euler count is 1."""
    if interpolates(responses):
        return _embedded_only(at, responses, "at most two distinct |x|, n < 2H")
    if _fitted_by_one(responses):
        return _embedded_only(at, responses, "one unit fits the data, as at zero noise")
    for spacing in REFINED_SPACINGS:
        grid = Grid.of(responses, spacing)
        interior, degenerate = _interior(at, responses, grid)
        terms = euler_terms(responses, grid.nodes, [point.term for point in interior])
        if euler_count(terms) == 1:
            break
    sets = _two_unit_list(at, responses, grid, interior)
    return CriticalSets(
        labelled(sets),
        notes=(
            *_count_notes(terms, spacing),
            *_degeneracy_notes(responses, degenerate),
            *_range_notes(grid),
        ),
        complete=euler_count(terms) == 1 and not degenerate,
        euler_count=euler_count(terms),
    )


@dataclass(frozen=True, eq=False)
class _Interior:
    """A critical point inside the triangle."""

    subkind: str
    found: CriticalSet

    @property
    def term(self) -> tuple[float, float, int]:
        w1, w2 = sorted(np.abs(split_plain(self.found.weights)[0]))
        return float(w1), float(w2), self.found.index


def _interior(at: LossAt, responses: Responses, grid: Grid) -> tuple[list[_Interior], int]:
    """Critical points inside the triangle, and how many degenerate ones were left out."""
    build = Assembler(at)
    points: list[CriticalSet] = []
    for base in working_points(responses, grid.nodes):
        star = np.array([base.w, base.coefficients[0]])
        beside = silent_weights(responses, base.residual, star[:1], grid.nodes)
        points += [
            build.embedded(star, base.index, Embedding((1,), ((float(w),),))) for w in beside
        ]
    zeros = [p.w for p in silent_points(responses, grid.nodes)]
    for k, first in enumerate(zeros):
        for second in zeros[k + 1 :]:
            silent = ((float(first),), (float(second),))
            points.append(build.embedded(np.empty(0), 0, Embedding((), silent)))
    known = [np.log(np.sort(split_plain(p.theta)[0])) for p in points if p.theta is not None]
    for theta in isolated_points(responses, grid):
        logs = np.log(split_plain(theta)[0])
        if all(np.abs(other - logs).max() > SAME_LOG_WEIGHT for other in known):
            points.append(build.point(_polished(at, theta), ISOLATED))
    regular = [_Interior(point.subkind, point) for point in points if not point.nullity]
    return regular, len(points) - len(regular)


def _polished(at: LossAt, theta: Array) -> Array:
    """Newton's method in the weights themselves, until rounding stops it, not before as the engine.

    The search's Newton stops by its step in the confluence chart. Where the lowest eigenvalue is a
    millionth of a millionth of the largest, its rounding there is 1e-6 in the weights.
    """
    before = POLISHABLE
    for _ in range(POLISH_STEPS):
        _, gradient, hessian = at.evaluate(theta)
        if scaled_inertia(hessian)[1]:
            break
        step = np.linalg.solve(hessian, -gradient)
        size = float((np.abs(step) / (np.abs(theta) + 1.0)).max())
        if not size < before:  # no contraction, or NaN: as far as rounding lets it
            break
        theta, before = theta + step, size
    return theta


def interpolates(responses: Responses) -> bool:
    """Whether two units of any weights fit the data exactly: at most two distinct |x| > 0."""
    return np.unique(np.abs(responses.x[responses.x != 0.0])).size <= 2


def _fitted_by_one(responses: Responses) -> bool:
    points = working_points(responses, Grid.of(responses).nodes)
    exact = EXACT_FIT * float(np.linalg.norm(responses.target))
    return any(np.linalg.norm(point.residual) <= exact for point in points)


def _embedded_only(at: LossAt, responses: Responses, reason: str) -> CriticalSets:
    """What is isolated where the minima of the loss are a manifold."""
    sets = _embeddings(Assembler(at), responses, Grid.of(responses))
    regular = [s for s in sets if s.nullity == s.dimension]
    note = (
        f"{reason}: the minima of the loss form a manifold (start from the blow-up, or at a "
        "small noise); only nondegenerate embeddings of one unit are listed"
    )
    return CriticalSets(labelled(regular), notes=(note,))


def _two_unit_list(
    at: LossAt, responses: Responses, grid: Grid, interior: list[_Interior]
) -> list[CriticalSet]:
    build = Assembler(at)
    sets = [*(point.found for point in interior), *_embeddings(build, responses, grid)]
    return sets + [build.end(end, responses) for end in ends_of_two(responses, grid.nodes)]


def _embeddings(build: Assembler, responses: Responses, grid: Grid) -> list[CriticalSet]:
    """Origin, dead units and split lines over the points of one unit."""
    sets = [build.point(np.zeros(4), ORIGIN)]
    for base in working_points(responses, grid.nodes):
        star = np.array([base.w, base.coefficients[0]])
        sets.append(build.embedded(star, base.index, Embedding((1,), dead=1)))
        sets.append(build.line(star, base.index, 0))
    for base in silent_points(responses, grid.nodes):
        place = (float(base.w),)
        sets.append(build.embedded(np.empty(0), 0, Embedding((), (place,), dead=1)))
        sets.append(build.embedded(np.empty(0), 0, Embedding((), (place, place))))
    return sets


def _count_notes(terms: list[Term], spacing: float) -> tuple[str, ...]:
    count = euler_count(terms)
    if count == 1:
        return (f"complete: Euler count 1 over {len(terms)} points, grid ratio {1 + spacing:g}",)
    return (
        f"incomplete: the Euler count is {count}, not 1, on the finest grid "
        f"(ratio {1 + spacing:g}); points are missing or counted twice",
    )


def _degeneracy_notes(responses: Responses, degenerate: int) -> list[str]:
    notes = []
    distinct = np.unique(np.abs(responses.x)).size
    if distinct < 4:
        notes.append(
            f"{distinct} distinct |x|, n < 2H: the data can be fitted exactly by a continuum of "
            "weights, which is not listed"
        )
    if degenerate:
        notes.append(f"{degenerate} degenerate points (nullity > 0) are not listed")
    return notes


def _range_notes(grid: Grid) -> tuple[str, ...]:
    return (
        f"input weights searched: {grid.lowest:.3g} to {grid.highest:.3g}; "
        "beyond, only the ends at infinity are listed",
    )
