"""Critical sets of any model, from repeated starts: what is not covered by `exhaustive`.

Embeddings of the smaller network's critical points come first; then seekers of minima and of
saddles run from random starts and from between the points already known, until every point has
been reached twice and a whole batch brought nothing new. That supports completeness and proves
nothing; the notes say so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from continuation.landscape.assembly import Assembler, labelled
from continuation.landscape.critical_sets import CriticalSet, CriticalSets
from continuation.landscape.descent import ANY_INDEX, MINIMUM, polish, seek
from continuation.landscape.embedding import coinciding_units, merge_units
from continuation.landscape.lifting import lines_over
from continuation.landscape.loss import LossAt
from continuation.landscape.starts import between, random_start
from continuation.landscape.symmetry import Symmetry
from symbolic import Model

Array = NDArray[np.float64]

BATCH = 300
"""Starts between two looks at the list."""

QUIET_BATCHES = 2
"""Batches without a new point before a search ends."""

TRANSITION, FEWEST_SAMPLES = 2.0, 3
"""A unit turns where |w x + c| < 2; fewer samples there than its parameters cannot fix it."""

SAME_LOSS = 1e-7
"""Relative difference of the losses of two runs that may have found the same point."""

DEAD = 1e-9
"""Relative size below which all parameters of a unit are zero."""

MOST_BATCHES = 40
"""A search that still finds new points after so many batches reports itself as unfinished."""


@dataclass
class Harvest:
    """What a search has met so far.

    Attributes
    ----------
    points : list of CriticalSet
        Distinct modulo symmetry.
    hits : list of int
        How often each was reached; 2 for points known by construction.
    bases : list of ndarray
        Points of the smaller network whose split lines were reached.
    degenerate, steep, astray : int
        Runs that ended on a degenerate set that is no split line, with a unit that steps
        between neighbouring samples, and nowhere.
    """

    build: Assembler
    points: list[CriticalSet] = field(default_factory=list)
    hits: list[int] = field(default_factory=list)
    bases: list[Array] = field(default_factory=list)
    degenerate: int = 0
    steep: int = 0
    astray: int = 0

    def know(self, found: CriticalSet) -> None:
        """Enter a point that is known by construction."""
        self.points.append(found)
        self.hits.append(2)

    def add(self, theta: Array | None) -> None:
        """Sort in the end of a run."""
        if theta is None:
            self.astray += 1
            return
        value = self.build.at.value(theta)
        for k, known in enumerate(self.points):
            near = abs(known.loss - value) <= SAME_LOSS * (value + known.loss) + 1e-14
            if near and _same(self.build.symmetry, known, theta):
                self.hits[k] += 1
                return
        pair = coinciding_units(self.build.model, theta)
        if pair is not None:
            self.bases.append(merge_units(self.build.model, theta, *pair))
            return
        if not is_resolved(self.build.at, theta):
            self.steep += 1
            return
        found = self.build.point(theta, _subkind(self.build.model, theta))
        if found.nullity:
            self.degenerate += 1
        else:
            self.points.append(found)
            self.hits.append(1)


def _same(symmetry: Symmetry, known: CriticalSet, theta: Array) -> bool:
    return known.theta is not None and symmetry.same(known.theta, theta)


def general_sets(
    at: LossAt, embedded: Sequence[CriticalSet], smaller: LossAt | None, seed: int
) -> CriticalSets:
    """Search from repeated starts.

    Parameters
    ----------
    at : LossAt
    embedded : sequence of CriticalSet
        Points and lines known from the smaller network.
    smaller : LossAt or None
        Its loss, for lines that only this search meets; None where units cannot be split.
    seed : int
        The result is a function of it; two seeds agree when nothing is missed.

    Returns
    -------
    CriticalSets
        `complete` is False: no count exists.
    """
    build = Assembler(at)
    harvest = Harvest(build)
    lines = [s for s in embedded if s.kind == "line"]
    for point in embedded:
        if point.kind == "point":
            harvest.know(point)
    rng = np.random.default_rng(np.random.SeedSequence(seed))
    settled, batches = _search(at, harvest, rng)
    lines += _new_lines(build, harvest, lines, smaller)
    notes = _notes(harvest, settled, batches)
    return CriticalSets(labelled([*harvest.points, *lines]), notes=notes)


def is_resolved(at: LossAt, theta: Array) -> bool:
    """Whether the transition of every unit is seen by at least `FEWEST_SAMPLES` samples.

    A steeper unit is a step between samples; such points are about as many as there are pairs of
    gaps in the data, all next to the step ends at infinity.
    """
    model = at.model
    if model.kind == "expression":
        return True
    h = model.hidden
    centre = theta[h : 2 * h] if model.bias else np.zeros(h)
    seen = np.abs(np.outer(theta[:h], at.data[0]) + centre[:, None]) < TRANSITION
    flat = np.abs(theta[:h]) * np.ptp(at.data[0]) < TRANSITION
    return bool((flat | (seen.sum(axis=1) >= FEWEST_SAMPLES)).all())


def _subkind(model: Model, theta: Array) -> str:
    if model.kind == "expression":
        return "isolated"
    units = theta[: len(model.unit_parameters) * model.hidden].reshape(-1, model.hidden)
    dead = np.abs(units).max(axis=0) <= DEAD * (1.0 + np.abs(theta).max())
    return "dead unit" if dead.any() else "isolated"


def _search(at: LossAt, harvest: Harvest, rng: np.random.Generator) -> tuple[bool, int]:
    """Run batches until nothing is new and all was seen twice; (settled, batches)."""
    quiet = 0
    for batch in range(1, MOST_BATCHES + 1):
        before = len(harvest.points)
        starts = _starts(at, harvest, rng)
        for target in (MINIMUM, ANY_INDEX):
            for theta, found in zip(*seek(at, starts, target), strict=True):
                harvest.add(theta if found else None)
        quiet = quiet + 1 if len(harvest.points) == before else 0
        if quiet >= QUIET_BATCHES and min(harvest.hits, default=2) >= 2:
            return True, batch
    return False, MOST_BATCHES


def _starts(at: LossAt, harvest: Harvest, rng: np.random.Generator) -> Array:
    """Starts (k, d): a third between known points, where saddles are likely, the rest spread."""
    known = [p.theta for p in harvest.points if p.theta is not None]
    starts = [random_start(at, rng) for _ in range(BATCH)]
    if len(known) > 1:
        for k in range(0, BATCH, 3):
            i, j = rng.choice(len(known), 2, replace=False)
            partner = harvest.build.symmetry.align(known[i], known[j])
            starts[k] = between(partner, known[j], rng)
    return np.array(starts)


def _new_lines(
    build: Assembler, harvest: Harvest, lines: Sequence[CriticalSet], smaller: LossAt | None
) -> list[CriticalSet]:
    """Split lines over base points that the search of the smaller network does not know."""
    if smaller is None:
        return []
    symmetry = Symmetry.of(smaller.model)
    known = [line.base for line in lines if line.base is not None]
    build_base, found = Assembler(smaller), []
    for candidate in harvest.bases:
        base = polish(smaller, candidate)
        if base is None or any(symmetry.same(other, base) for other in known):
            continue
        known.append(base)
        point = build_base.point(base, "isolated")
        if point.nullity == 0:
            found += lines_over(build, point)
    return found


def _notes(harvest: Harvest, settled: bool, batches: int) -> tuple[str, ...]:
    runs = 2 * BATCH * batches
    once = sum(count < 2 for count in harvest.hits)
    if settled:
        support = (
            f"every point was reached at least twice in {runs} runs, "
            f"the last {QUIET_BATCHES} batches added none"
        )
    else:
        support = f"UNFINISHED after {runs} runs: {once} points were reached only once"
    notes = [
        "no Euler count exists for this model; completeness is supported by repeated starts "
        f"only: {support}"
    ]
    if harvest.degenerate:
        notes.append(
            f"{harvest.degenerate} runs ended on degenerate sets that are no split line (curves "
            "of silent or constant units, or flat valleys towards infinity); they are not listed"
        )
    if harvest.steep:
        notes.append(
            f"{harvest.steep} runs ended at points with a unit that steps between neighbouring "
            f"samples (fewer than {FEWEST_SAMPLES} in its transition); they are not listed"
        )
    if harvest.astray:
        notes.append(f"{harvest.astray} runs left for infinity or did not converge")
    notes.append("sets at infinity are not enumerated for this model")
    return tuple(notes)
