"""Basins of attraction as functions of noise, size or weight decay, with attractors matched."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from continuation.arrays import Array
from continuation.errors import ConvergenceError, InvalidInputError, UnknownNameError
from continuation.landscape.basins.estimate import BASIN_RTOL
from continuation.landscape.branches import follow, have_regions, label_regions
from continuation.landscape.flow import flows_to_limits
from continuation.landscape.graph import match
from continuation.landscape.network import (
    Conditions,
    Dataset,
    Loss,
    as_whole,
    require_level,
)
from continuation.landscape.search import find_critical_sets
from continuation.landscape.sets import (
    FOLLOWED,
    CriticalSet,
    nearest_by_limit,
    same_set,
    weight_errors,
)
from continuation.options import StepOptions
from continuation.statistics import wilson_interval
from continuation.workers import run
from symbolic import Model

SWEPT = ("noise", "size", "weight_decay")
"""Parameters that can be swept."""

UNDECIDED, UNLISTED = "undecided", "not among the sets"
"""Labels of flows that were not decided, and of limits that the search does not list."""

STEPS = StepOptions(initial=0.01, maximum=0.1, max_samples=1000)
STEPS_AT_INFINITY = StepOptions(initial=0.01, maximum=0.3, max_samples=150)
"""Branches between neighbouring values: the presets need 10 to 60 samples."""


@dataclass(frozen=True, eq=False)
class BasinSweep:
    """Fractions of initial weights per attractor along a parameter.

    Attributes
    ----------
    parameter : {"noise", "size", "weight_decay"}
    values : ndarray, shape (m,)
    labels : tuple of str, length k
        Attractors, each by one name at all values; "undecided" and "not among the sets" where
        they occur.
    regions : ndarray of str, shape (m, k)
        Region of each attractor; "" where it does not exist.
    counts : ndarray of int, shape (m, k)
        Trajectories that end there; the rows add up to `n`.
    exists : ndarray of bool, shape (m, k)
        Whether the attractor was found by the search at this value.
    matched_by : ndarray of str, shape (m, k)
        How its name was carried over from the value before: "branch" (followed from there),
        "kind" (the only one of its kind at both values), "" (new, or not there).
    complete : ndarray of bool, shape (m,)
        Whether the Euler count confirms the list of sets.
    n, seed : int
        Number of trajectories for each value, and the seed of their initial weights, which are
        the same at all values.
    """

    parameter: str
    values: Array
    labels: tuple[str, ...]
    regions: NDArray[np.str_] = field(repr=False)
    counts: NDArray[np.int64]
    exists: NDArray[np.bool_] = field(repr=False)
    matched_by: NDArray[np.str_] = field(repr=False)
    complete: NDArray[np.bool_] = field(repr=False)
    n: int
    seed: int

    @property
    def fractions(self) -> Array:
        """Estimated probabilities, shape (m, k)."""
        return np.asarray(self.counts / self.n)

    def interval(self) -> tuple[Array, Array]:
        """Ends of the 95 % Wilson intervals, shape (m, k) each."""
        return wilson_interval(self.counts, self.n)


@dataclass(frozen=True, eq=False)
class _Task:
    model: Model
    data: Dataset
    conditions: Conditions
    n: int
    seed: int


@dataclass(frozen=True, eq=False)
class _Found:
    """Attractors at one value with the number of flows to each."""

    attractors: tuple[CriticalSet, ...]
    ends: Counter[str]
    complete: bool


def sweep_basins(
    loss: Loss,
    parameter: str,
    values: Sequence[float],
    *,
    noise: float = 0.0,
    size: float | None = None,
    weight_decay: float = 0.0,
    n: int = 300,
    seed: int = 0,
    executor: Executor | None = None,
) -> BasinSweep:
    """Estimate the basins of attraction at several values of one parameter.

    The attractors of neighbouring values are the same where one lies on the branch of the other,
    or, where no branch connects them, where they are the only ones of their kind.

    Parameters
    ----------
    loss : Loss
    parameter : {"noise", "size", "weight_decay"}
    values : sequence of float
        Increasing.
    noise, size, weight_decay : float
        The other parameters; that of the sweep is not used.
    n : int
        Trajectories for each value, from initial weights drawn from N(0, 1).
    seed : int
    executor : concurrent.futures.Executor, optional
        One task for each value; in this process if omitted. The result does not depend on it.

    Returns
    -------
    BasinSweep

    Raises
    ------
    UnknownNameError
        For another parameter.
    InvalidInputError
        Values that do not increase, n < 1, a negative seed, a parameter outside its range.

    Examples
    --------
    >>> from continuation.landscape import Dataset, Loss, sweep_basins
    >>> from symbolic import single_unit
    >>> loss = Loss(single_unit(), Dataset.sample(single_unit(), n=20, seed=0))
    >>> sweep = sweep_basins(loss, "noise", [0.1, 0.2], n=50)
    >>> sweep.counts[:, 0]
    array([50, 50])
    """
    if parameter not in SWEPT:
        raise UnknownNameError(f"unknown parameter {parameter!r}; choose from {', '.join(SWEPT)}")
    for value in values:
        require_level("each of the values", value)
    grid = np.asarray(values, dtype=np.float64)
    if grid.ndim != 1 or not grid.size or not (np.diff(grid) > 0.0).all():
        raise InvalidInputError(f"values must be increasing, not {list(values)}")
    n, seed = as_whole("n", n, 1), as_whole("seed", seed, 0)
    given = Conditions(noise, size, weight_decay)
    conditions = [given.where(parameter, float(value)) for value in grid]
    tasks = [_Task(loss.model, loss.data, at, n, seed) for at in conditions]
    found = (
        [_at_value(task) for task in tasks] if executor is None else run(_at_value, tasks, executor)
    )
    names, how = _matched(loss, parameter, grid, found)
    return _collected(parameter, grid, found, names, how, n, seed)


def _at_value(task: _Task) -> _Found:
    loss = Loss(task.model, task.data)
    at = loss.under(task.conditions)
    sets = find_critical_sets(loss, **task.conditions.keywords, regions=False)
    starts = np.random.default_rng(task.seed).standard_normal((task.n, task.model.dimension))
    ends: Counter[str] = Counter()
    for result in flows_to_limits(at, starts, rtol=BASIN_RTOL):
        end = match(result, sets)
        open_end = not result.decided
        unknown = UNDECIDED if open_end else UNLISTED
        ends[unknown if end is None else end.label] += 1
    reached = tuple(s for s in sets if s.attracting or s.label in ends)
    if have_regions(loss, task.conditions):
        reached = tuple(label_regions(loss, reached))
    return _Found(reached, ends, sets.complete)


def _matched(
    loss: Loss, parameter: str, grid: Array, found: Sequence[_Found]
) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
    """For each value: name at all values, and how it was carried over, by label at this value."""
    taken: Counter[str] = Counter()

    def new(one: CriticalSet) -> str:
        taken[one.subkind] += 1
        return f"{one.subkind} {taken[one.subkind]}"

    names = [{one.label: new(one) for one in found[0].attractors}]
    how = [dict.fromkeys(names[0], "")]
    for k in range(1, len(grid)):
        links = _links(loss, parameter, grid[k - 1 : k + 1], found[k - 1], found[k])
        names.append(
            {
                one.label: names[-1][links[one.label][0]] if one.label in links else new(one)
                for one in found[k].attractors
            }
        )
        how.append({one.label: links.get(one.label, ("", ""))[1] for one in found[k].attractors})
    return names, how


def _links(
    loss: Loss, parameter: str, pair: Array, before: _Found, after: _Found
) -> dict[str, tuple[str, str]]:
    """Label after -> (label before, how): by branches, and then by kind."""
    links: dict[str, tuple[str, str]] = {}
    for one in before.attractors:
        end = _followed(loss, one, parameter, pair, after.attractors)
        if end is not None and end.label not in links:
            links[end.label] = one.label, "branch"
    used = {label for label, _ in links.values()}
    old = [one for one in before.attractors if one.label not in used]
    young = [one for one in after.attractors if one.label not in links]
    for one in young:
        same = [other for other in old if other.subkind == one.subkind]
        alone = sum(other.subkind == one.subkind for other in young) == 1
        if len(same) == 1 and alone:
            links[one.label] = same[0].label, "kind"
    return links


def _followed(
    loss: Loss, one: CriticalSet, parameter: str, pair: Array, among: Sequence[CriticalSet]
) -> CriticalSet | None:
    """The set at the second value that lies on the branch of a set at the first one."""
    low, high = float(pair[0]), float(pair[1])
    schedule = (int(low), int(high)) if parameter == "size" else ()
    try:
        branch = follow(
            loss,
            one,
            parameter,
            (low, high),
            direction=1,
            schedule=schedule,
            step=STEPS_AT_INFINITY if one.at_infinity else STEPS,
        )
    except (ConvergenceError, InvalidInputError):
        return None
    if not np.isclose(branch.p[-1], high, rtol=1e-9):
        return None
    alike = [other for other in among if other.subkind == one.subkind]
    if one.limit is not None:
        value, end = float(branch.loss[-1]), one.limit.at(branch.state[-1])
        return nearest_by_limit(end, value, alike, FOLLOWED)
    theta = branch.theta[-1]
    for other in alike:
        errors = weight_errors(loss.under(other.conditions), theta, one.embedding)
        if same_set(replace(one, theta=theta, error_bound=errors), other):
            return other
    return None


def _collected(
    parameter: str,
    grid: Array,
    found: Sequence[_Found],
    names: Sequence[dict[str, str]],
    how: Sequence[dict[str, str]],
    n: int,
    seed: int,
) -> BasinSweep:
    total: Counter[str] = Counter()
    for one, name in zip(found, names, strict=True):
        total.update({name.get(label, label): count for label, count in one.ends.items()})
    listed = [label for name in names for label in name.values()]
    labels = tuple(sorted({*total, *listed}, key=lambda label: (-total[label], label)))
    shape = len(grid), len(labels)
    regions, carried = np.full(shape, "", dtype="<U16"), np.full(shape, "", dtype="<U16")
    counts, exists = np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.bool_)
    for k, (one, name) in enumerate(zip(found, names, strict=True)):
        for label, count in one.ends.items():
            counts[k, labels.index(name.get(label, label))] = count
        for attractor in one.attractors:
            place = labels.index(name[attractor.label])
            exists[k, place] = True
            regions[k, place] = attractor.region
            carried[k, place] = how[k][attractor.label]
    complete = np.array([one.complete for one in found])
    return BasinSweep(parameter, grid, labels, regions, counts, exists, carried, complete, n, seed)
