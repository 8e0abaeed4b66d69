"""A published number beside what is found here, and tables of these."""

from __future__ import annotations

import math
from dataclasses import dataclass

MOST_DIGITS = 15
"""Doubles hold no more."""

LEAST_DIGITS = 9
"""Met of a reference; what is located is corrected to about ten digits."""


@dataclass(frozen=True)
class Row:
    """One published number and what is found here.

    Attributes
    ----------
    source, quantity : str
    published : str
        Written as in the source; empty where only the problem is taken from there. Without a
        reference the number is our own.
    found : float
    reference : float, optional
        In closed form, or solved anew with multiple precision, to 15 digits.
    loose : bool
        The source's tolerance, or the rounding of doubles, is looser than the digits that it
        prints: the reference counts.
    """

    source: str
    quantity: str
    published: str
    found: float
    reference: float | None = None
    loose: bool = False

    @property
    def own(self) -> bool:
        """Whether there is nothing to compare with."""
        return not self.published and self.reference is None

    @property
    def digits(self) -> int:
        """Decimal digits in which what is found agrees with the best number that is known."""
        best = float(self.published) if self.reference is None else self.reference
        error = abs(self.found - best) / abs(best)
        known = MOST_DIGITS if self.reference is not None else significant(self.published)
        return known if error == 0.0 else min(known, math.floor(-math.log10(2.0 * error)))

    @property
    def agrees(self) -> bool:
        """Whether all published digits are met, the last one within two units."""
        if self.own:
            return math.isfinite(self.found)
        if self.reference is not None and (self.loose or not self.published):
            return self.digits >= LEAST_DIGITS
        unit = 10.0 ** -len(self.published.partition(".")[2].partition("e")[0])
        exponent = int(self.published.partition("e")[2] or 0)
        return abs(self.found - float(self.published)) <= 2.0 * unit * 10.0**exponent


def significant(number: str) -> int:
    """Digits of a number as it is written."""
    return len(number.partition("e")[0].replace(".", "").lstrip("-0"))


def markdown(rows: list[Row]) -> str:
    """The table of the page."""
    head = "| source | quantity | published | found here | digits agreed |\n"
    head += "| --- | --- | --: | --: | --: |\n"
    return head + "".join(
        f"| {r.source} | {r.quantity} | {r.published or '—'} | {r.found:.12g} | {agreement(r)} |\n"
        for r in rows
    )


def agreement(row: Row) -> str:
    """The last column."""
    if row.own:
        return "our own"
    return f"{row.digits}" if row.reference is None else f"{row.digits} of {MOST_DIGITS}"
