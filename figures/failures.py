"""What a run of the main job could not make, as values: the other figures go on."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from continuation.storage import write_text

NAME = "failures.txt"
"""File of the whole tracebacks, beside the figures."""

REMEDY = (
    "run the same command again: what was computed is kept, and only what is missing is tried; "
    f"if it fails again, report it with {NAME}"
)

Result = TypeVar("Result")


@dataclass(frozen=True)
class Failure:
    """One step that could not be taken.

    Attributes
    ----------
    figure, step : str
        Name of the figure or page, and what was done for it: "part 3", "drawing".
    message : str
        Kind and text of the error.
    trace : str
        Where it came from.
    """

    figure: str
    step: str
    message: str
    trace: str

    @classmethod
    def of(cls, figure: str, step: str, error: Exception) -> Failure:
        """What an exception says."""
        message = ": ".join(filter(None, (type(error).__name__, str(error))))
        return cls(figure, step, message, "".join(traceback.format_exception(error)))

    def __str__(self) -> str:
        """A line for a reader."""
        return f"{self.figure}, {self.step}: {self.message}"


def attempted(figure: str, step: str, action: Callable[[], Result]) -> Result | Failure:
    """What an action returns, or its failure: whatever it is, it is not that of other figures."""
    try:
        return action()
    except Exception as error:
        return Failure.of(figure, step, error)


class Missing(list[Failure]):
    """What could not be made so far.

    Parameters
    ----------
    say : callable
        Told of each at once.
    """

    def __init__(self, say: Callable[[Failure], None]) -> None:
        super().__init__()
        self._say = say

    def append(self, failure: Failure) -> None:
        """One more."""
        super().append(failure)
        self._say(failure)

    def attempt(self, figure: str, step: str, action: Callable[[], Result]) -> Result | None:
        """What an action returns; None where it fails."""
        made = attempted(figure, step, action)
        if not isinstance(made, Failure):
            return made
        self.append(made)
        return None

    def of(self, figure: str) -> str:
        """What went wrong in a figure; empty if nothing did."""
        return "; ".join(f"{one.step}: {one.message}" for one in self if one.figure == figure)


def write_failures(failures: Sequence[Failure], output: Path) -> None:
    """Keep the tracebacks of this run in place of those of an earlier one.

    Raises
    ------
    StoreError
        If they cannot be written.
    """
    path = output / NAME
    if failures:
        write_text(path, "\n".join(f"{failure}\n{failure.trace}" for failure in failures))
    else:
        path.unlink(missing_ok=True)


def summary(failures: Sequence[Failure]) -> str:
    """What is not there, why, and what to do."""
    first = {failure.figure: failure for failure in reversed(failures)}
    reasons = "; ".join(str(failure) for failure in reversed(first.values()))
    return f"not made: {reasons}; all else is whole; {REMEDY}"
