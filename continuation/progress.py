"""How long work tells of its progress."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from continuation.errors import InvalidInputError


@dataclass(frozen=True)
class Progress:
    """A look at a running search.

    Attributes
    ----------
    stage : str
        What is being done, such as "3 units: repeated starts".
    done, total : int
        Steps of this stage; a stage may end before its total.
    found : int
        Sets or points known so far in this stage.
    """

    stage: str
    done: int
    total: int
    found: int

    def __str__(self) -> str:
        return f"{self.stage}, {self.done} of at most {self.total}, {self.found} found"


Report = Callable[[Progress], None]


def require_report(progress: Any) -> None:
    """Raise `InvalidInputError` for what cannot be told anything."""
    if not callable(progress):
        raise InvalidInputError(
            f"progress must be a function of one report, such as print; got {progress!r}."
        )


def silent(_: Progress) -> None:
    """Report nothing."""
