"""Where fits of a formula run off to: limits, found by fits with one parameter held.

A fit that ends at no point has often left for infinity, where the loss falls to that of a limit of
the formula. The parameter that has grown most is held at larger and larger values and the others
are fitted again; where their losses settle, what the others do tells the limit: they settle, too,
or follow powers of the one that is held. This is seen, not proved.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from continuation.arrays import Array
from continuation.landscape.fits.curve import TRIAL, Curve

FARTHER = (1e2, 1e4, 1e6)
"""Multiples of the value at which a fit has ended: the last two show the powers."""

SETTLED = 1e-4
"""Relative change of the loss between the last two that counts as settled: it falls as the inverse
value or faster, by a hundredth at each."""

ALONG = 0.01
"""Parameters larger than this part of the largest are taken along with it, to begin with."""

FINITE = 0.05
"""Power of the held parameter below which another one is finite."""


@dataclass(frozen=True)
class FormulaLimit:
    """A limit at infinity that the loss falls to.

    Attributes
    ----------
    loss : float
    held : int
        The parameter that was held.
    powers, values : ndarray, shape (d,)
        The others follow these powers of it; where the power is 0, their values settle.
    """

    loss: float
    held: int
    powers: Array
    values: Array

    def text(self, names: tuple[str, ...]) -> str:
        """In words, with the names of the parameters."""
        sign = "−" if self.values[self.held] < 0.0 else ""
        parts = [
            self._part(k, name, names[self.held]) for k, name in enumerate(names) if k != self.held
        ]
        first = f"{sign}{names[self.held]} → ∞"
        return f"the loss falls to {self.loss:.10g} as {', '.join([first, *parts])}"

    def _part(self, k: int, name: str, one: str) -> str:
        """What one parameter does while another one grows."""
        power, value = self.powers[k], self.values[k]
        if power == 0.0:
            return f"{name} → {value:.9g}"
        if abs(power - 1.0) < FINITE:
            return f"{name}/{one} → {value / self.values[self.held]:.9g}"
        return f"{name} ∝ {one}^{power:.2g}"


def limits_of(curve: Curve, ends: Iterable[Array]) -> tuple[FormulaLimit, ...]:
    """Different limits, from the ends (d,) of fits that ended at no point, the lowest first."""
    found: list[FormulaLimit] = []
    for end in ends:
        limit = _limit(curve, end)
        if limit is not None and all(_differ(limit, known) for known in found):
            found.append(limit)
    return tuple(sorted(found, key=lambda limit: limit.loss))


def _differ(a: FormulaLimit, b: FormulaLimit) -> bool:
    return abs(a.loss - b.loss) > SETTLED * (a.loss + b.loss)


def _limit(curve: Curve, end: Array) -> FormulaLimit | None:
    held = int(np.argmax(np.abs(end)))
    along = np.abs(end) >= ALONG * np.abs(end[held])
    fitted: list[Array] = [end]
    for farther in FARTHER:
        ratio = farther * end[held] / fitted[-1][held]
        fitted.append(curve.fitted(np.where(along, ratio, 1.0) * fitted[-1], TRIAL, held))
    losses = [curve.loss(b) for b in fitted]
    with np.errstate(all="ignore"):
        slopes = np.log(np.abs(fitted[-1] / fitted[-2])) / np.log(FARTHER[-1] / FARTHER[-2])
    settled = abs(losses[-1] - losses[-2]) <= SETTLED * losses[-1]
    if not settled or not np.isfinite([*losses, *slopes]).all() or losses[-1] > losses[0]:
        return None
    powers = np.where(np.abs(slopes) < FINITE, 0.0, slopes)
    return FormulaLimit(losses[-1], held, powers, fitted[-1])
