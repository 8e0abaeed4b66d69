"""What a search may spend."""

from __future__ import annotations

from dataclasses import dataclass

from continuation.deadline import Deadline
from continuation.errors import InvalidInputError


@dataclass(frozen=True)
class Budget:
    """Limits of a search from repeated starts.

    Attributes
    ----------
    most_runs : int
        Runs from random starts for each width; with a seed they determine the result.
    deadline : Deadline
        Of the whole search.
    """

    most_runs: int
    deadline: Deadline

    def __post_init__(self) -> None:
        if int(self.most_runs) != self.most_runs or self.most_runs < 1:
            raise InvalidInputError(f"most_runs must be a positive integer, not {self.most_runs!r}")

    def spent(self, runs: int) -> str | None:
        """Why the search has to end, or None."""
        if runs >= self.most_runs:
            return f"the budget of {self.most_runs} runs is spent (raise most_runs)"
        return self.deadline.reason if self.deadline.passed else None
