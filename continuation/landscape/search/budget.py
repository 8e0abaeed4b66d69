"""What a search may spend."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from continuation.errors import InvalidInputError


@dataclass(frozen=True)
class Budget:
    """Limits of a search from repeated starts.

    Attributes
    ----------
    most_runs : int
        Runs from random starts for each width; with a seed they determine the result.
    seconds : float
        Wall-clock time for the whole search; checked between batches.
    started : float
        Reading of the monotonic clock at the beginning.
    """

    most_runs: int
    seconds: float
    started: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        if int(self.most_runs) != self.most_runs or self.most_runs < 1:
            raise InvalidInputError(f"most_runs must be a positive integer, not {self.most_runs!r}")
        if not self.seconds > 0.0:
            raise InvalidInputError(f"seconds must be positive, not {self.seconds!r}")

    def spent(self, runs: int) -> str | None:
        """Why the search has to end, or None."""
        if runs >= self.most_runs:
            return f"the budget of {self.most_runs} runs is spent (raise most_runs)"
        if time.monotonic() - self.started >= self.seconds:
            return f"{self.seconds:g} s have passed (raise seconds)"
        return None
