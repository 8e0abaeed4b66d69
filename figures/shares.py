"""Shares of data sets: sampled until they are decided, or over a grid, and one panel of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from numpy.typing import NDArray

from continuation.statistics import anytime_decides, anytime_interval, wilson_interval

MOST = 0.95
"""What "with high probability" and "trajectories do" are taken to mean: at least this share."""

HOLDS, FAILS, UNDECIDED = "holds", "does not hold", "undecided"

Bounds = tuple[float, float]
"""Least and greatest share of hits that one draw may have: they differ where it was undecided."""

STYLES = (
    ("#000000", "o", "-"),
    ("#0072B2", "s", "--"),
    ("#D55E00", "^", "-."),
    ("#8B8B8B", "D", ":"),
)
"""One for each noise, told apart in grey print too."""

BESIDE = 1.06
"""Ratio of the places of neighbouring curves: on one place the bars would hide each other."""


def verdict(lower: float, upper: float, wanted: float = MOST) -> str:
    """Verdict on "at least `wanted`" from an interval."""
    if lower >= wanted:
        return HOLDS
    return FAILS if upper < wanted else UNDECIDED


def sampled(
    draw: Callable[[int], Mapping[str, Bounds]], first: int, budget: int, least: int = 1
) -> xr.Dataset:
    """Draw data sets until a verdict on every share is known, or the budget has ended.

    Parameters
    ----------
    draw : callable
        Bounds of every share on the data set of a seed.
    first, budget, least : int
        First seed, the most draws, and the fewest.

    Returns
    -------
    Dataset
        Along "share": `estimate` of what is known to be hit, `unknown` beyond it, and the interval
        `lower`, `upper` that is valid at any stopping time; the numbers `draws` and `budget`.
    """
    seen: list[Mapping[str, Bounds]] = []
    for seed in range(first, first + budget):
        seen.append(draw(seed))
        if len(seen) >= least and all(
            anytime_decides(low, high, MOST) for low, high in _by_share(seen).values()
        ):
            break
    found = _by_share(seen)
    columns = zip(SUMMARY, np.transpose([_summary(*rows) for rows in found.values()]), strict=True)
    return xr.Dataset(
        {name: ("share", column) for name, column in columns}
        | {"draws": len(seen), "budget": budget},
        {"share": list(found)},
    )


SUMMARY = ("estimate", "unknown", "lower", "upper")
"""What is known of a share: the mean hit, the mean unknown, and the ends of its interval."""


def _by_share(seen: Sequence[Mapping[str, Bounds]]) -> dict[str, NDArray[np.float64]]:
    """Least and greatest hits (2, draws) of every share."""
    return {name: np.array([draw[name] for draw in seen]).T for name in seen[0]}


def _summary(least: NDArray[np.float64], most: NDArray[np.float64]) -> tuple[float, ...]:
    lower, upper = anytime_interval(least)[0], anytime_interval(most)[1]
    return float(least.mean()), float((most - least).mean()), lower, upper


@dataclass(frozen=True)
class Part:
    """Some data sets of one preset, at every size and noise."""

    preset: str
    seeds: tuple[int, ...]


def groups(presets: Sequence[str], first: int, count: int, together: int) -> list[Part]:
    """Data sets of every preset, some together in a part; each has its own seed."""
    seeds = range(first, first + count)
    grouped = [tuple(seeds[i : i + together]) for i in range(0, count, together)]
    return [Part(preset, group) for preset in presets for group in grouped]


def joined_presets(parts: Sequence[xr.Dataset], presets: Sequence[str]) -> xr.Dataset:
    """All parts along "preset" and "seed"."""
    by_preset = [
        xr.concat([p for p in parts if p["preset"].item() == name], "seed") for name in presets
    ]
    return xr.concat(by_preset, "preset").assign_coords(preset=list(presets))


def with_shares(data: xr.Dataset, hits: xr.DataArray) -> xr.Dataset:
    """The data with the share of hits among the seeds and its 95 % interval."""
    number, count = hits.sum("seed"), data.sizes["seed"]
    low, high = wilson_interval(number.to_numpy(), count)
    return data.assign(estimate=number / count, lower=(number.dims, low), upper=(number.dims, high))


def draw_shares(axes: Axes, panel: xr.Dataset) -> None:
    """Shares against the size, one curve for each noise."""
    sizes = panel["size"].to_numpy()
    noises = panel["noise"].to_numpy()
    for k, (noise, (colour, marker, line)) in enumerate(zip(noises, STYLES, strict=False)):
        at = panel.sel(noise=noise)
        middle = at["estimate"].to_numpy()
        error = np.abs(np.array([at["lower"].to_numpy(), at["upper"].to_numpy()]) - middle)
        axes.errorbar(
            sizes * BESIDE ** (k - 1.5), middle, error, color=colour, marker=marker, ls=line,
            ms=3.5, capsize=1.5, lw=1, label=f"{noise:g}",
        )  # fmt: skip
    axes.set(xscale="log", ylim=(-0.04, 1.04))
    axes.set_xticks(sizes, [str(n) for n in sizes])
    axes.minorticks_off()
