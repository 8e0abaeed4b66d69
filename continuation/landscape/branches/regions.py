"""Regions of the landscape: plateau, near-optimal, overfitting.

The label of a set comes from following it to zero noise: its network function tends to the
teacher, or it does not. A distance at the given noise decides nothing.

Weight decay falls with the noise on the way, see `falling_decay`.

See docs/theory.md, Regions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from continuation.arrays import Array
from continuation.branch import Branch
from continuation.deadline import UNLIMITED, Deadline
from continuation.errors import ConvergenceError, InvalidInputError
from continuation.landscape.branches.course import Course
from continuation.landscape.branches.falling_decay import with_falling_decay
from continuation.landscape.branches.follow import traced
from continuation.landscape.branches.straight import straight_branch
from continuation.landscape.infinity import CONFLUENCE, CORNER, LINEAR, STEP, TAIL
from continuation.landscape.network import REGIONS, Conditions, Loss, LossAlong, weights_of
from continuation.landscape.sets import (
    ISOLATED,
    POINT,
    SPLIT_LINE,
    CriticalSet,
    CriticalSets,
    EvidenceBranch,
    RegionEvidence,
    population_of,
    squared_distance,
    squared_distances,
    working_units,
)
from continuation.options import StepOptions
from continuation.wording import counted

LOWEST_NOISE = 1e-3
"""End of the branches, relative to the root mean square of the teacher: the distance to a
teacher that is approached is a hundredth of its value at σ = 0.1 there."""

LEVELS = (1.0, 4.0, 16.0)
"""Multiples of the lowest noise at which the distance is taken."""

SAME_NOISE = 1e-5
"""Relative difference of noises that are the same."""

STEEPEST_ROOT = 0.25
"""Exponent of distance ~ σ^k that counts as tending to zero: isolated points have k = 1, pairs
born at the teacher k = 1/2, functions other than the teacher k = 0."""

AT_ZERO = 1e-6
"""Distance that counts as the teacher where the noise is zero, relative to its size."""

HIGHEST_NOISE = 4.0
"""A branch that folds may climb to this multiple of the noise before it is given up."""

FEWER, AT_ZERO_NOISE, FOLLOWED = (
    "fewer units than the teacher",
    "taken at zero noise",
    "followed to the lowest noise",
)
"""Reasons of evidence; the others say where a branch ended, and why, or could not begin."""

ARRIVED = (CONFLUENCE.name, LINEAR.name, STEP.name, TAIL.name, CORNER.name, SPLIT_LINE)
STOPS = (
    "limit", "bound", "infinity", "samples", "closed loop", "no progress",
    *(f"arrival: {end}" for end in ARRIVED),
)  # fmt: skip
"""Why a branch ended before the lowest noise."""

STEPS = StepOptions(initial=0.01, maximum=0.1, max_samples=600)
STEPS_AT_INFINITY = StepOptions(initial=0.01, maximum=0.1, max_samples=150)
"""The presets need 15 to 40; limit models are slower, and those that need more run off."""


def label_regions(
    loss: Loss,
    sets: CriticalSets | Sequence[CriticalSet],
    *,
    deadline: Deadline = UNLIMITED,
) -> CriticalSets:
    """Label critical sets by regions, see docs/theory.md, Regions.

    Parameters
    ----------
    loss : Loss
        Its model must have a teacher that is a sum of units of its activation.
    sets : CriticalSets
        Found at one noise.
    deadline : Deadline
        After which no further set is followed: those left stay unlabelled, and a note says so.

    Returns
    -------
    CriticalSets
        The same sets with `region` and `evidence`.

    Raises
    ------
    InvalidInputError
        Where the model has no such teacher.

    Examples
    --------
    >>> from continuation.landscape import Dataset, Loss, find_critical_sets, label_regions
    >>> from symbolic import single_unit
    >>> loss = Loss(single_unit(), Dataset.sample(single_unit(), n=20, seed=0))
    >>> plain = find_critical_sets(loss, noise=0.1, regions=False)
    >>> [found.region for found in label_regions(loss, plain)]
    ['overfitting', 'other', 'other', 'plateau']
    """
    evidence = region_evidence(loss, sets, deadline)
    labelled = [in_region(found, why) for found, why in zip(sets, evidence, strict=False)]
    left = sets[len(labelled) :]
    whole = sets if isinstance(sets, CriticalSets) else CriticalSets(tuple(sets))
    notes = (f"{counted(len(left), 'set')} without a region: {deadline.reason}",) if left else ()
    return replace(whole, sets=(*labelled, *left), notes=(*whole.notes, *notes))


def have_regions(loss: Loss, conditions: Conditions) -> bool:
    """Whether the sets of a loss have regions: none under weight decay without noise."""
    return REGIONS.holds(loss.model) and (conditions.noise > 0.0 or not conditions.decays)


def region_evidence(
    loss: Loss, sets: Sequence[CriticalSet], deadline: Deadline = UNLIMITED
) -> tuple[RegionEvidence, ...]:
    """What the regions of the first sets rest on, as many as there is time for.

    Raises as `label_regions`.
    """
    REGIONS.require(loss.model)
    required = len(loss.model.teacher_units or ())
    trends: dict[tuple[float, ...], RegionEvidence] = {}
    return tuple(_evidence(loss, found, required, trends) for found in deadline.within(sets))


def _evidence(
    loss: Loss, found: CriticalSet, required: int, trends: dict[tuple[float, ...], RegionEvidence]
) -> RegionEvidence:
    units = effective_units(found)
    optimum = optimum_loss(loss, found)
    if units < required:
        return RegionEvidence(units, required, optimum, reason=FEWER)
    return replace(
        _known_trend(loss, found, trends), units=units, required=required, optimum_loss=optimum
    )


def in_region(found: CriticalSet, evidence: RegionEvidence) -> CriticalSet:
    """The set with the region that the evidence gives it."""
    return replace(found, region=_region(found, evidence), evidence=evidence)


def _region(found: CriticalSet, evidence: RegionEvidence) -> str:
    if evidence.units < evidence.required:
        return "plateau"
    if not evidence.tends_to_teacher:
        return "other"
    if not found.attracting:
        return "near-optimal"
    return "overfitting" if found.loss < evidence.optimum_loss else "other"


def _known_trend(
    loss: Loss, found: CriticalSet, trends: dict[tuple[float, ...], RegionEvidence]
) -> RegionEvidence:
    """Sets over one point of the smaller network share its function, hence its branch."""
    if found.base is None or found.embedding is None:
        return _trend(loss, found)
    key = tuple(found.base)
    if key not in trends:
        smaller = Loss(found.embedding.smaller(loss.model), loss.data)
        trends[key] = _trend(
            smaller,
            replace(
                found,
                kind=POINT,
                subkind=ISOLATED,
                model=smaller.model,
                theta=found.base,
                base=None,
                embedding=None,
            ),
        )
    return trends[key]


def _trend(loss: Loss, found: CriticalSet) -> RegionEvidence:
    """Follow a set to the lowest noise and fit the exponent of its distance to the teacher."""
    start = found.conditions.noise
    if start == 0.0:
        return _without_branch(found, AT_ZERO_NOISE)
    lowest = lowest_noise(found)
    try:
        rests_on, why = _down_to(loss, found, lowest)
    except (ConvergenceError, InvalidInputError) as error:
        return _without_branch(found, f"not followed: {error}")
    p, here = rests_on.noise[-1], rests_on.distance[-1]
    slope, tends = trend_of(found, rests_on)
    reason = FOLLOWED if _is_near(p, lowest) else _ended(p, why)
    return RegionEvidence(0, 0, 0.0, p, here, slope, tends, reason, rests_on)


def _down_to(loss: Loss, found: CriticalSet, lowest: float) -> tuple[EvidenceBranch, str]:
    """The branch of a set down to the lowest noise, and why it ended; errors as of `traced`."""
    along = LossAlong(loss, "noise", found.conditions)
    levels = [level * lowest for level in LEVELS[1:]]
    highest = HIGHEST_NOISE * found.conditions.noise
    if found.conditions.decays:
        before, last = with_falling_decay(loss, found, (lowest, highest), tuple(levels), STEPS)
        parts = zip(*before, _with_levels(last, levels), strict=True)
        noise, states = map(np.concatenate, parts)
        return _evidence_of(found, noise, states), last.stop_reason
    straight = straight_branch(along, found, (*levels, lowest))
    if straight is not None:
        return _evidence_of(found, *straight), "limit"
    course = Course(
        (lowest, highest),
        -1,
        STEPS if found.limit is None else STEPS_AT_INFINITY,
        targets=tuple(levels),
    )
    followed = traced(along, found, course)
    samples = _with_levels(followed.branches[-1], levels)
    return _evidence_of(found, *samples), followed.stop_reasons[-1]


def _ended(noise: float, why: str) -> str:
    return f"its branch ends at noise {noise:.4g} ({why})"


def reasons_of(found: CriticalSet, evidence: RegionEvidence) -> tuple[str, ...]:
    """The reasons that the numbers of evidence allow, where a branch was followed or none needed.

    There is one, but for why a branch ended early, which is one of a few words.
    """
    if evidence.units < evidence.required:
        return (FEWER,)
    if evidence.branch is None:
        return (AT_ZERO_NOISE,)
    end = evidence.branch.noise[-1]
    if _is_near(end, lowest_noise(found)):
        return (FOLLOWED,)
    return tuple(_ended(end, why) for why in STOPS)


def _without_branch(found: CriticalSet, reason: str) -> RegionEvidence:
    here = float(np.sqrt(squared_distance(found)))
    slope, tends = trend_of(found, None)
    start = found.conditions.noise
    return RegionEvidence(0, 0, 0.0, start, here, slope, tends, reason)


def lowest_noise(found: CriticalSet) -> float:
    """Where the branch of a set towards zero noise is to end."""
    return min(LOWEST_NOISE * _teacher_size(found), found.conditions.noise / 50.0)


def _teacher_size(found: CriticalSet) -> float:
    population = population_of(found.model)
    return float(np.sqrt(weights_of(population) @ population.target**2))


def trend_of(found: CriticalSet, branch: EvidenceBranch | None) -> tuple[float, bool]:
    """Exponent k of distance ~ σ^k at the end of a branch, and whether it tends to the teacher.

    Without a branch the distance decides at zero noise, and nothing does elsewhere.
    """
    if branch is None:
        here = float(np.sqrt(squared_distance(found)))
        at_zero = found.conditions.noise == 0.0
        return np.nan, at_zero and here <= AT_ZERO * _teacher_size(found)
    lowest = lowest_noise(found)
    noise, distance = np.array(branch.noise), np.array(branch.distance)
    if not _is_near(noise[-1], lowest):
        return np.nan, False
    at = [np.flatnonzero(_is_near(noise, level * lowest)) for level in LEVELS]
    last = [places[-1] for places in at if places.size]
    slope = _slope(noise[last], distance[last])
    return slope, slope > STEEPEST_ROOT


def _with_levels(branch: Branch, levels: Sequence[float]) -> tuple[Array, Array]:
    """The samples (m,) and (m, k) that the label rests on.

    Where the branch passes a level for the last time, the state there is one of them.
    """
    noise, states = branch.p, branch.x
    for level in sorted(levels):
        state = _last(branch, level)
        if state is not None:
            after = 1 + int(np.flatnonzero(noise > level)[-1])
            noise, states = np.insert(noise, after, level), np.insert(states, after, state, axis=0)
    return noise, states


def _evidence_of(found: CriticalSet, noise: Array, states: Array) -> EvidenceBranch:
    """Samples (m,) and (m, k) of a branch with their distances to the teacher."""
    return EvidenceBranch(
        tuple(noise.tolist()),
        tuple(map(tuple, states.tolist())),
        tuple(_distances(found, states).tolist()),
    )


def _is_near(noise: Array | float, level: float) -> NDArray[np.bool_]:
    """Whether noises are those of a level: they are met to rounding, and levels are far apart."""
    return np.asarray(np.abs(noise - level) <= SAME_NOISE * level)


def _last(branch: Branch, level: float) -> Array | None:
    """State of the last passage of a noise level."""
    passages = [q.x for q in branch.special if q.kind == "target" and _is_near(q.p, level)]
    return passages[-1] if passages else None


def _slope(noise: Array, distance: Array) -> float:
    """Exponent k of distance ~ σ^k by least squares on logarithms."""
    usable = np.isfinite(distance) & (distance > 0.0)
    if usable.sum() < 2:
        return float("nan")
    x, y = np.log(noise[usable]), np.log(distance[usable])
    x -= x.mean()
    return float(x @ y / (x @ x))


def _distances(found: CriticalSet, states: Array) -> Array:
    """Distances of the network functions at other states (k, s) to the teacher, (k,)."""
    return np.asarray(np.sqrt(squared_distances(found, states)))


def effective_units(found: CriticalSet) -> int:
    """Units of the network function; at infinity those of the limit."""
    if found.limit is not None:
        return found.limit.working_units
    return working_units(found.model, found.weights)


def optimum_loss(loss: Loss, found: CriticalSet) -> float:
    """L(Θ*) = ½ σ² Σ ω ε² at the parameters of the set, with the penalty that the set has.

    What weight decay costs says nothing of how the data are fitted.
    """
    weights = weights_of(loss.data, found.conditions.size)
    optimum = 0.5 * found.conditions.noise**2 * float(weights @ loss.data.noise**2)
    if not found.conditions.decays:
        return optimum
    plain = loss.under(found.conditions.without("weight_decay"))
    return optimum + found.loss - plain.value(found.weights)
