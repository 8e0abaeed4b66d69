"""What a run of the main job is asked for."""

from __future__ import annotations

from dataclasses import dataclass

from continuation.errors import InvalidInputError


@dataclass(frozen=True)
class Settings:
    """Settings shared by all figures.

    Attributes
    ----------
    seed : int
        Root of every random stream.
    quick : bool
        Fewer samples, seeds and trajectories: a preview, marked as such in the data.
    """

    seed: int = 0
    quick: bool = False

    def __post_init__(self) -> None:
        if int(self.seed) != self.seed or self.seed < 0:
            raise InvalidInputError(f"seed must be a non-negative integer, not {self.seed}")

    def choose(self, full: int, quick: int) -> int:
        """`full`, or `quick` in a quick run."""
        return quick if self.quick else full


SHOWN = {"overparameterised": "the scenario happens", "fukumizu_amari": "it does not"}
"""Presets shown side by side: from small weights a good part of the trajectories passes a plateau
and a near-optimal saddle and ends overfitting (figure `scenario`), and none does."""
