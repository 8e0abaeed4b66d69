"""Basins of attraction: where random initial weights end, and on which way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from continuation.exports import Table, listed
from continuation.landscape.basins.itineraries import Gazetteer, regions_of, route
from continuation.landscape.flow import flows_to_limits
from continuation.landscape.network import Conditions, Loss, as_whole, in_fitting_units
from continuation.landscape.optimisers import Optimiser, descents
from continuation.landscape.search import find_critical_sets
from continuation.landscape.sets import CriticalSet, conditions_on
from continuation.statistics import wilson_interval

BASIN_RTOL = 1e-4
"""Tolerance of the flows: 0 of 600 limits change against 1e-9."""


FRACTION = ("label", "trajectories", "fraction", "lower", "upper")
"""Columns of a table of fractions."""


@dataclass(frozen=True)
class Fraction:
    """An estimated probability with its Wilson interval.

    Attributes
    ----------
    label : str
        What was counted.
    count, total : int
    estimate, lower, upper : float
        Fraction and the ends of its 95 % interval.
    """

    label: str
    count: int
    total: int
    estimate: float
    lower: float
    upper: float

    @property
    def row(self) -> dict[str, str | int | float]:
        """As in a table, with the names of `FRACTION`."""
        values = (self.label, self.count, self.estimate, self.lower, self.upper)
        return dict(zip(FRACTION, values, strict=True))

    @classmethod
    def of(cls, label: str, count: int, total: int) -> Fraction:
        """Estimate from `count` of `total`."""
        (lower,), (upper,) = wilson_interval([count], total)
        return cls(label, count, total, count / total, float(lower), float(upper))


@dataclass(frozen=True)
class Basins:
    """Where the gradient flow ends from random initial weights.

    Attributes
    ----------
    targets : tuple of Fraction
        Per limit set, by label; "undecided" where the flow could not be decided, of optimisers
        also "diverged" and "period 2". Largest first.
    itineraries : tuple of Fraction
        Per sequence of regions passed, such as "plateau → overfitting".
    n, seed : int
    conditions : Conditions
        Under which the flow was followed.
    """

    targets: tuple[Fraction, ...]
    itineraries: tuple[Fraction, ...]
    n: int
    seed: int
    conditions: Conditions = field(default_factory=Conditions)

    def to_dataframe(self) -> Table:
        """One row a limit set: label, trajectories, fraction and its 95 % interval."""
        return listed([one.row for one in self.targets], FRACTION)


@in_fitting_units
def estimate_basins(
    loss: Loss,
    *,
    noise: float | None = None,
    n: int = 1000,
    seed: int = 0,
    size: float | None = None,
    weight_decay: float | None = None,
    sets: Sequence[CriticalSet] | None = None,
    dynamics: Optimiser | None = None,
) -> Basins:
    """Follow the gradient flow, or an optimiser, from n initial weights drawn from N(0, 1).

    Weights, flow and steps are measured in units that fit the data (docs/theory.md, Units).

    Parameters
    ----------
    loss : Loss
    noise, size, weight_decay : float, optional
        Parameters of the loss, as in `Loss.at`. Omitted: those that `sets` were found at; without
        sets noise and weight decay are 0, and all samples count.
    n : int
        Number of trajectories.
    seed : int
        Of the initial weights. The first m trajectories of a larger run are those of a run of m.
    sets : sequence of CriticalSet, optional
        Critical sets at these parameters; found here if omitted.
    dynamics : Optimiser, optional
        Such as ``GradientDescent(step=0.1)``; the gradient flow if omitted.

    Returns
    -------
    Basins

    Raises
    ------
    InvalidInputError
        n < 1, a negative seed, a parameter of the loss outside its range, or sets that were found
        at others.

    Examples
    --------
    >>> from continuation.landscape import Dataset, Loss, estimate_basins, find_critical_sets
    >>> from symbolic import single_unit
    >>> loss = Loss(single_unit(), Dataset.sample(single_unit(), n=20, seed=0))
    >>> sets = find_critical_sets(loss, noise=0.1)
    >>> basins = estimate_basins(loss, n=100, sets=sets)
    >>> [(share.label, share.estimate) for share in basins.targets]
    [('isolated 1', 1.0)]
    """
    n, seed = as_whole("n", n, 1), as_whole("seed", seed, 0)
    conditions = conditions_on(loss, sets or (), noise=noise, size=size, weight_decay=weight_decay)
    at = loss.under(conditions)
    if sets is None:
        sets = find_critical_sets(loss, **conditions.keywords)
    starts = np.random.default_rng(seed).standard_normal((n, loss.model.dimension))
    places = Gazetteer.of(at, sets)
    results = (
        flows_to_limits(at, starts, rtol=BASIN_RTOL)
        if dynamics is None
        else descents(at, starts, dynamics)
    )
    ways = [route(places, result) for result in results]
    ends = Counter(way[-1].label for way in ways)
    routes = Counter(" → ".join(regions_of(way)) for way in ways)
    return Basins(_fractions(ends, n), _fractions(routes, n), n, seed, conditions)


def _fractions(counts: Counter[str], total: int) -> tuple[Fraction, ...]:
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return tuple(Fraction.of(label, count, total) for label, count in ordered)
