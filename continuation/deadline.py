"""Wall-clock time that work may take, and what is left of it."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import TypeVar

from continuation.errors import InvalidInputError
from continuation.options import as_number

Item = TypeVar("Item")


def _now() -> float:
    """Reading of the monotonic clock, in seconds."""
    return time.monotonic()


class TimeIsUp(Exception):
    """Work was left because its time has passed; those who set the time say so in their result."""


@dataclass(frozen=True)
class Deadline:
    """Seconds of wall-clock time, from now on.

    Attributes
    ----------
    seconds : float
        Positive; infinite where there is no limit.
    started : float
        Reading of the monotonic clock at the beginning.
    share : float
        Share of the seconds that this part of the work may take, of those before it included.

    Raises
    ------
    InvalidInputError
        Seconds that are not positive.
    """

    seconds: float = math.inf
    started: float = field(default_factory=_now)
    share: float = 1.0

    def __post_init__(self) -> None:
        if not as_number("seconds", self.seconds, finite=False) > 0.0:
            raise InvalidInputError(f"seconds must be positive, not {self.seconds!r}")

    @property
    def left(self) -> float:
        """Seconds left; not positive when the time has passed."""
        return self.share * self.seconds - (_now() - self.started)

    @property
    def passed(self) -> bool:
        """Whether the time has passed."""
        return not self.left > 0.0

    @property
    def reason(self) -> str:
        """Why work was left, and what to do."""
        return f"{self.seconds:g} s have passed (raise seconds)"

    def part(self, share: float) -> Deadline:
        """The same, earlier: what comes after it has the rest of the time."""
        return replace(self, share=share)

    def require(self) -> None:
        """Leave the work when the time has passed.

        Raises
        ------
        TimeIsUp
        """
        if self.passed:
            raise TimeIsUp(self.reason)

    def within(self, items: Iterable[Item]) -> Iterator[Item]:
        """The items for which time is left, as far as those before them tell.

        An item is not begun where less time is left than the longest one has taken so far.
        """
        longest = 0.0
        for item in items:
            before = self.left
            if not before > longest:
                return
            yield item
            longest = max(longest, before - self.left) if math.isfinite(before) else 0.0


UNLIMITED = Deadline()
"""No limit."""
