"""What was measured beside the claims: shares and numbers that decide none of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import xarray as xr

from figures.arrays import of_preset
from figures.boundary import sentences


@dataclass(frozen=True)
class Aside:
    """One measurement that bears on a claim, and does not decide it.

    Attributes
    ----------
    claim : int
    setting, measured : str
    samples : str
        Data sets or trajectories that the numbers rest on.
    """

    claim: int
    setting: str
    measured: str
    samples: str


def asides(data: Mapping[str, xr.Dataset]) -> list[Aside]:
    """All that the given data of figures hold."""
    sources = (
        ("graph", _attracting),
        ("training", _itineraries),
        ("graph", _chains),
        ("uniqueness", _certified),
        ("optimum", _distances),
        ("scenario", _boundaries),
    )
    return [aside for name, read in sources if name in data for aside in read(data[name])]


def _presets(data: xr.Dataset) -> list[str]:
    return sorted(str(k).removesuffix("_preset") for k in data.attrs if str(k).endswith("_preset"))


def _attracting(data: xr.Dataset) -> Iterator[Aside]:
    """Attracting sets with the label of a region that should consist of saddles."""
    for preset in _presets(data):
        of = of_preset(data, preset)
        attracting = of["attracting"].to_numpy().astype(bool)
        for region in ("plateau", "near-optimal"):
            there = of["region"].to_numpy() == region
            bad = [str(label) for label in of["label"].to_numpy()[there & attracting]]
            measured = f"{there.sum()} {region} sets, attracting: {', '.join(bad) or 'none'}"
            yield Aside(1, _drawn(of, preset), measured, "1 data set")


def _itineraries(data: xr.Dataset) -> Iterator[Aside]:
    """Fractions of random initial weights per itinerary, the largest first."""
    for preset in _presets(data):
        of = of_preset(data, preset)
        starts = int(of.attrs["starts"])
        columns = ("scale", "itinerary", "fraction", "lower", "upper")
        rows = list(zip(*(of[k].to_numpy().tolist() for k in columns), strict=True))
        for scale, name, fraction, lower, upper in sorted(rows, key=lambda r: (-r[0], -r[2])):
            setting = f"{_drawn(of, preset)}, weights from N(0, {scale:g}²)"
            measured = f"{name}: {fraction:.1%} [{lower:.1%}, {upper:.1%}]"
            yield Aside(2, setting, measured, f"{starts} trajectories")


def _chains(data: xr.Dataset) -> Iterator[Aside]:
    """Chains plateau → near-optimal → overfitting in the heteroclinic graph."""
    for preset in _presets(data):
        of = of_preset(data, preset)
        chains = [chain for chain in str(of.attrs["complete_chains"]).split("\n") if chain]
        measured = f"{len(chains)} chains of connections plateau → near-optimal → overfitting"
        measured += f", such as {chains[0]}" if chains else ""
        yield Aside(2, _drawn(of, preset), measured, "1 data set")


def _drawn(of: xr.Dataset, preset: str) -> str:
    return f"{preset}, n = {of.attrs['samples']}, σ = {of.attrs['noise']:g}"


def _certified(data: xr.Dataset) -> Iterator[Aside]:
    """Share of data sets with exactly one certified minimum near the optimum."""
    seeds, size = data.sizes["seed"], int(data["size"].max())
    for preset in data["preset"].to_numpy():
        for noise in data["noise"].to_numpy():
            at = data.sel(preset=preset, size=size, noise=noise)
            p, low, high = (float(at[name]) for name in ("estimate", "lower", "upper"))
            measured = f"P(one minimum near θ*, proved) ≥ {p:.2f} [{low:.2f}, {high:.2f}]"
            yield Aside(3, f"{preset}, n = {size}, σ = {noise:g}", measured, f"{seeds} data sets")


def _distances(data: xr.Dataset) -> Iterator[Aside]:
    """The gradient at the optimum, and the powers of n and σ that the distance follows."""
    for axis, symbol in (("noise", "σ"), ("size", "n")):
        smallest = float(data[f"gradient_by_{axis}"].min())
        distance = data[f"distance_by_{axis}"].to_numpy()
        slope, error, used = data[f"distance_exponent_{axis}"].to_numpy()
        reached = distance[np.isfinite(distance)].min(initial=np.inf)
        measured = (
            f"smallest |∇L(θ*)| = {smallest:.2g}; smallest distance {reached:.2g}; "
            f"distance ∝ {symbol}^({slope:.3f} ± {error:.3f})"
        )
        setting = f"fukumizu_amari, all {symbol} of figure optimum"
        yield Aside(4, setting, measured, f"{used:.0f} data sets")


def _boundaries(data: xr.Dataset) -> Iterator[Aside]:
    """Noises at which a share of data sets or trajectories crosses a threshold."""
    for claim, setting, measured, samples in sentences(data):
        yield Aside(claim, setting, measured, samples)
