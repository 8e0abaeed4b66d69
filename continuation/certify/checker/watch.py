"""How long a check may take, and who is told how far it is."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

from continuation.certify.checker.refusal import require

Progress = Callable[[int, int], object]
"""Called with the parts that are checked, and with all that there are."""

BETWEEN = 100
"""Parts between two calls: a part takes milliseconds."""


def silent(done: int, total: int) -> None:
    """Tell nobody."""


@dataclass(frozen=True)
class Watch:
    """Looked at between the parts of long proofs.

    Attributes
    ----------
    until : float
        Of `time.monotonic`.
    progress : callable
    """

    until: float = math.inf
    progress: Progress = silent

    def pass_by(self, done: int, total: int) -> None:
        """After so many parts; raises `Refused` where the time is over."""
        if done % BETWEEN:
            return
        self.progress(done, total)
        require(
            time.monotonic() < self.until,
            f"not checked to the end: {done} of {total} parts within the seconds given; give more",
        )
