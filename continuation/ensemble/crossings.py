"""Where a share crosses a threshold along one condition: bisection with confidence sequences."""

from __future__ import annotations

import itertools
import math
import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from typing import Any

from continuation.ensemble.asking import ensemble
from continuation.ensemble.questions import Question
from continuation.ensemble.settings import Setting
from continuation.ensemble.stopping import Decided
from continuation.ensemble.summary import shares
from continuation.errors import InvalidInputError
from continuation.landscape.network import as_whole
from continuation.progress import require_report
from continuation.statistics import LEVEL
from continuation.workers import this_process

ABOVE, BELOW, OPEN = 1, -1, 0
"""Sides of the threshold on which a share is known to lie; open where the budget ended before."""

CONDITIONS = ("n", "noise", "weight_decay")
"""Conditions of a setting along which a crossing can be looked for."""

CLOSE = 1.1
"""Ratio of neighbouring values between which nothing is asked any more: a tenth is little beside
what sampling leaves open around a crossing."""


@dataclass(frozen=True)
class Probe:
    """The share at one value of the condition.

    Attributes
    ----------
    value : float
    share, lower, upper : float
        Mean over the data sets, and its interval.
    data_sets : int
    side : int
        1 above the threshold, −1 below, 0 where that was not decided.
    """

    value: float
    share: float
    lower: float
    upper: float
    data_sets: int
    side: int


@dataclass(frozen=True)
class Crossing:
    """Where a share crosses a threshold, if it is monotone along the condition.

    Attributes
    ----------
    setting : Setting
        Its value of the condition means nothing.
    along : {"n", "noise", "weight_decay"}
    threshold : float
    level : float
        Confidence that the share crosses between `lower` and `upper`.
    probes : tuple of Probe
        By increasing value.
    """

    setting: Setting
    along: str
    threshold: float
    level: float
    probes: tuple[Probe, ...]

    @property
    def sides(self) -> tuple[int, int]:
        """Of the first and of the last probe."""
        return self.probes[0].side, self.probes[-1].side

    @property
    def lower(self) -> float:
        """No smaller value is a crossing; −∞ where it may lie before the limits."""
        return self._last(self.probes, self.sides[0], -math.inf)

    @property
    def upper(self) -> float:
        """No larger value is a crossing; ∞ where it may lie beyond the limits."""
        return self._last(self.probes[::-1], self.sides[1], math.inf)

    @property
    def found(self) -> bool:
        """Whether the limits lie on different sides."""
        return self.sides in ((ABOVE, BELOW), (BELOW, ABOVE))

    @property
    def monotone(self) -> bool:
        """Whether the sides that are known change at most once."""
        known = [probe.side for probe in self.probes if probe.side != OPEN]
        return sum(a != b for a, b in itertools.pairwise(known)) <= 1

    def __str__(self) -> str:
        known, words = {ABOVE: "above", BELOW: "below"}, f"{self.threshold:g}"
        first, last = (f"{probe.value:g}" for probe in (self.probes[0], self.probes[-1]))
        if not self.monotone:
            return f"crosses {words} several times between {self.along} = {first} and {last}"
        if self.sides[0] == self.sides[1] != OPEN:
            return f"{known[self.sides[0]]} {words} from {self.along} = {first} to {last}"
        if self.found:
            return f"crosses {words} at {self.along} = {self.lower:g} to {self.upper:g}"
        ends = [
            f"{known[side]} at {self.along} = {value:g}"
            for side, value in zip(self.sides, (self.lower, self.upper), strict=True)
            if side != OPEN
        ]
        return f"{words}: " + (", ".join([*ends, "the rest undecided"]) if ends else "undecided")

    @staticmethod
    def _last(probes: Sequence[Probe], side: int, unknown: float) -> float:
        """The last of the leading probes that are known to lie on one side."""
        leading = list(itertools.takewhile(lambda probe: probe.side == side != OPEN, probes))
        return leading[-1].value if leading else unknown


Report = Callable[[Sequence[Crossing]], None]


def silent(_: Sequence[Crossing]) -> None:
    """Report nothing."""


def find_crossings(
    question: str | Question,
    settings: Setting | Sequence[Setting],
    column: str,
    *,
    along: str,
    limits: tuple[float, float],
    threshold: float,
    data_sets: int,
    probes: int = 10,
    executor: Executor | None = None,
    store: str | os.PathLike[str] | None = None,
    seed: int = 0,
    progress: Report = silent,
) -> tuple[Crossing, ...]:
    """Bracket the value of a condition at which a share of data sets crosses a threshold.

    Parameters
    ----------
    question : str or callable
        As of `ensemble`.
    settings : Setting or sequence of Setting
        One crossing is looked for in each; probes of all of them are asked together.
    column : str
        Answers in [0, 1] whose mean is the share.
    along : {"n", "noise", "weight_decay"}
        The condition that varies; its value in the settings is not used.
    limits : (float, float)
        0 < first < last.
    threshold : float
        In (0, 1).
    data_sets : int
        At most, for each probe; it ends before when its share is known to lie above or below.
    probes : int
        At most, at least 2, for each setting.
    executor, store, seed
        As of `ensemble`; this process if no executor is given. With a store, a call with another
        threshold uses the answers that are there.
    progress : callable
        Called with all crossings after each round of probes.

    Returns
    -------
    tuple of Crossing
        In the order of the settings.

    Raises
    ------
    InvalidInputError
        Limits, threshold, condition or numbers out of range; others as `ensemble` raises them.

    Notes
    -----
    The limits are asked first, then the geometric mean of the widest gap between neighbours of
    which it is not known that they lie on the same side, until such gaps are narrower than a tenth.
    Where a share stays undecided the gaps on either side of that value are searched further, so
    that the bracket closes around the values whose share is too near the threshold to tell. Each
    probe is decided by a confidence sequence of level 1 − 0.05/probes: with probability 95 % all
    decisions of a crossing are right, and the bracket holds if the share is monotone.

    References
    ----------
    The intervals are those of `continuation.statistics.anytime_interval`. Bisection by tests that
    are repeated until they decide: R. Waeber, P. I. Frazier, S. G. Henderson, *SIAM J. Control
    Optim.* 51 (2013) 2261.

    Examples
    --------
    >>> from continuation.ensemble import Setting, find_crossings
    >>> setting = Setting("single_unit", n=10, noise=0.1)
    >>> [crossing] = find_crossings("sets", setting, "single_attractor", along="noise",
    ...                             limits=(0.01, 0.02), threshold=0.5, data_sets=50)
    >>> print(crossing)
    above 0.5 from noise = 0.01 to 0.02
    """
    require_report(progress)
    given = (settings,) if isinstance(settings, Setting) else tuple(settings)
    first, last = _checked_limits(along, limits)
    rule = Decided(column, threshold, 1.0 - (1.0 - LEVEL) / as_whole("probes", probes, 2))
    known: list[dict[float, Probe]] = [{} for _ in given]

    def found() -> tuple[Crossing, ...]:
        return tuple(
            Crossing(setting, along, threshold, LEVEL, tuple(at[value] for value in sorted(at)))
            for setting, at in zip(given, known, strict=True)
        )

    def ask(values: Mapping[int, float]) -> None:
        cells = [_at(given[k], along, value) for k, value in values.items()]
        table = ensemble(
            question, cells, data_sets=data_sets, executor=executor or this_process(),
            store=store, until=rule, seed=seed,
        )  # fmt: skip
        summary = shares(table, column, rule.level)
        for cell, (k, value) in enumerate(values.items()):
            row = summary.isel(cell=cell)
            share, lower, upper = (float(row[name]) for name in ("share", "lower", "upper"))
            side = ABOVE if lower > threshold else BELOW if upper < threshold else OPEN
            known[k][value] = Probe(value, share, lower, upper, int(row["data_sets"]), side)
        progress(found())

    ask(dict.fromkeys(range(len(given)), first))
    ask(dict.fromkeys(range(len(given)), last))
    while True:
        wanted = {k: _next(at, along) for k, at in enumerate(known) if len(at) < probes}
        open_ones = {k: value for k, value in wanted.items() if value is not None}
        if not open_ones:
            return found()
        ask(open_ones)


def _at(setting: Setting, along: str, value: Any) -> Setting:
    """The setting with another value of one condition."""
    return replace(setting, **{along: value})


def _checked_limits(along: str, limits: tuple[float, float]) -> tuple[float, float]:
    """Limits as the numbers that are asked."""
    if along not in CONDITIONS:
        raise InvalidInputError(f"along: one of {', '.join(CONDITIONS)}, not {along!r}")
    first, last = limits
    if not 0.0 < first < last < math.inf:
        raise InvalidInputError(f"limits: two numbers, 0 < first < last, not {limits!r}")
    if along == "n":
        return as_whole("limits", first, 2), as_whole("limits", last, 2)
    return float(first), float(last)


def _next(known: Mapping[float, Probe], along: str) -> float | None:
    """Middle of the widest gap in which a share may cross; None where all are narrow."""
    gaps = []
    for a, b in itertools.pairwise(sorted(known)):
        sides = known[a].side, known[b].side
        if sides[0] == sides[1] or b <= CLOSE * a:
            continue
        middle = math.sqrt(a * b)
        value = round(middle) if along == "n" else middle
        if a < value < b:
            gaps.append((b / a, value))
    return max(gaps)[1] if gaps else None
