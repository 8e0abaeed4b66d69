"""Which columns of an answer are shares."""

from collections.abc import Mapping

SHARES: Mapping[str, tuple[str, ...]] = {
    "sets": ("single_attractor", "single_overfitting", "attracting_plateau", "attracting_end"),
    "graph": ("single_attractor", "single_overfitting", "attracting_plateau", "attracting_end"),
    "basins": ("share overfitting", "share near-optimal", "share plateau"),
    "uniqueness": ("certified",),
}
"""Columns of each whose means are shares of data sets, or of starts."""
