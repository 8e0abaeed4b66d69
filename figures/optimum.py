"""Distance of the overfitting attractor from the theoretical optimum (claim 4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas

from continuation.certify import PROVED, certify_never_optimal
from continuation.landscape import Dataset, Loss
from continuation.landscape.zero_noise import optimum_shift, scaling_exponent
from figures.captions import Caption, data_sets, levels
from figures.plots import median_and_band
from figures.settings import Settings
from figures.shares import Bounds, sampled
from figures.style import PAPER, Style
from symbolic import PRESETS, fukumizu_amari

TITLE = "distance of the overfitting attractor from the optimum against n and the noise"

SIZES = (30, 100, 300, 1000, 3000, 10000)
NOISES = (0.003, 0.01, 0.03, 0.1, 0.3)
SIZE_AT_WHICH_NOISE_VARIES = 1000
NOISE_AT_WHICH_SIZE_VARIES = 0.1


MODEL = "fukumizu_amari"
TITLE_OF_MODEL = PRESETS[MODEL].title
"""As many units as its teacher: only there the optimum is isolated."""

MINUS = "\N{MINUS SIGN}"

REFERENCES = {"noise": (1.0, r"$\propto\sigma$"), "size": (-0.5, r"$\propto n^{-1/2}$")}
"""Slopes that linear response predicts, with their texts."""


@dataclass(frozen=True)
class Part:
    """Some data sets."""

    seeds: tuple[int, ...]


NEVER = "never"
"""Share of data sets for which it is proved that no point of Θ* is critical."""


@dataclass(frozen=True)
class Proofs:
    """One preset at its own size and noise, on as many data sets as a verdict needs."""

    preset: str
    first: int
    budget: int
    least: int

    def draw(self, seed: int) -> dict[str, Bounds]:
        """Whether the data set of a seed has a proof."""
        named = PRESETS[self.preset]
        model = named()
        loss = Loss(model, Dataset.sample(model, named.size, seed))
        proved = certify_never_optimal(loss, noise=named.noise).verdict == PROVED
        return {NEVER: (float(proved), float(proved))}


def parts(settings: Settings) -> Sequence[Part | Proofs]:
    """Data sets in groups of four, then the proofs of every preset."""
    seeds = [settings.seed + i for i in range(settings.choose(60, 20, 12))]
    budget, least = settings.choose(150, 150, 6), settings.choose(10, 10, 2)
    return [
        *(Part(tuple(seeds[i : i + 4])) for i in range(0, len(seeds), 4)),
        *(Proofs(preset, settings.seed, budget, least) for preset in PRESETS),
    ]


def compute(part: Part | Proofs) -> xr.Dataset:
    """Distances and gradients for the data sets of one part, or the share of proofs."""
    if isinstance(part, Proofs):
        return sampled(part.draw, part.first, part.budget, part.least).expand_dims(
            preset=[part.preset]
        )
    by_noise = [_along_noise(seed) for seed in part.seeds]
    by_size = [_along_size(seed) for seed in part.seeds]
    return xr.Dataset(
        {
            "distance_by_noise": (("seed", "noise"), np.array([d for d, _ in by_noise])),
            "gradient_by_noise": (("seed", "noise"), np.array([g for _, g in by_noise])),
            "distance_by_size": (("seed", "size"), np.array([d for d, _ in by_size])),
            "gradient_by_size": (("seed", "size"), np.array([g for _, g in by_size])),
        },
        {"seed": list(part.seeds), "noise": list(NOISES), "size": list(SIZES)},
    )


def assemble(settings: Settings, parts: Sequence[xr.Dataset]) -> xr.Dataset:
    """All data sets, with the fitted exponents and the shares of proofs."""
    data = xr.concat([part for part in parts if "seed" in part.dims], "seed")
    proofs = xr.concat([part for part in parts if "preset" in part.dims], "preset")
    for quantity in ("distance", "gradient"):
        for axis in ("noise", "size"):
            values = data[f"{quantity}_by_{axis}"].to_numpy()
            fit = scaling_exponent(data[axis].to_numpy().astype(float), values)
            data[f"{quantity}_exponent_{axis}"] = ("fit", [fit.exponent, fit.error, fit.used])
    return xr.merge([data.assign_coords(fit=["exponent", "error", "data sets"]), proofs])


def draw(data: xr.Dataset, style: Style = PAPER) -> Canvas:
    """Distance and gradient against σ and against n."""
    canvas, axes = style.panels(2, 2, 0.62, share="x")
    n, sigma = SIZE_AT_WHICH_NOISE_VARIES, NOISE_AT_WHICH_SIZE_VARIES
    for column, (axis, label, fixed) in enumerate(
        (
            ("noise", r"noise $\sigma$", f"$n={n}$"),
            ("size", "data set size $n$", rf"$\sigma={sigma}$"),
        )
    ):
        draw_scaling(axes[0, column], data, "distance", axis)
        draw_scaling(axes[1, column], data, "gradient", axis)
        axes[1, column].set_xlabel(label)
        axes[0, column].set_title(f"{TITLE_OF_MODEL}, {fixed}, {data_sets(data.sizes['seed'])}")
    axes[0, 0].set_ylabel(r"distance $|\theta_{\rm of}-\Theta^*|$")
    axes[1, 0].set_ylabel(r"$|\nabla L(\theta^*)|$")
    return style.finished(canvas, axes)


def caption(data: xr.Dataset) -> Caption:
    """A panel for each quantity and parameter."""
    texts = (
        "distance of the overfitting attractor from the nearest theoretical optimum",
        "gradient of the loss at the optimum",
    )
    return Caption(
        panels=[f"{text}, against {axis}" for text in texts for axis in ("σ", "n")],
        models=[MODEL],
        samples=f"{SIZE_AT_WHICH_NOISE_VARIES}, and {levels(SIZES)}",
        noise=f"{levels(NOISES)}, and {NOISE_AT_WHICH_SIZE_VARIES:g}",
        data_sets=data_sets(data.sizes["seed"]),
        notes=(
            "dots: data sets; line and band: median, and 10 % to 90 % of them; thin lines: the "
            "powers that linear response predicts, σ and n^(-1/2)",
        ),
    )


def draw_scaling(axes: Axes, data: xr.Dataset, quantity: str, axis: str) -> None:
    """One quantity ("distance" or "gradient") against one parameter ("noise" or "size")."""
    places = data[axis].to_numpy().astype(float)
    values = data[f"{quantity}_by_{axis}"].to_numpy()
    exponent, error, used = data[f"{quantity}_exponent_{axis}"].to_numpy()
    slope = f"{exponent:.3f}".replace("-", MINUS)
    label = f"slope {slope} ± {error:.3f} ({data_sets(round(used))})"
    median_and_band(axes, places, values, label)
    _reference(axes, places, np.nanmedian(values, axis=0), axis)
    axes.set(xscale="log", yscale="log")
    axes.legend(loc="upper left" if axis == "noise" else "upper right")


def _reference(axes: Axes, places: np.ndarray, middle: np.ndarray, axis: str) -> None:
    """A line of the predicted slope below the band, through half the lowest of the medians."""
    slope, text = REFERENCES[axis]
    shape = places**slope
    scale = 0.25 * np.nanmin(middle / shape)
    axes.plot(places, scale * shape, color="0.35", lw=0.8, ls=(0, (1, 1.5)), label=text)


def _along_noise(seed: int) -> tuple[np.ndarray, np.ndarray]:
    model = fukumizu_amari()
    data = Dataset.sample(model, SIZE_AT_WHICH_NOISE_VARIES, seed)
    shift = optimum_shift(Loss(model, data), NOISES)
    return shift.distance, shift.gradient_norm


def _along_size(seed: int) -> tuple[np.ndarray, np.ndarray]:
    model = fukumizu_amari()
    data = Dataset.sample(model, max(SIZES), seed)
    shifts = [
        optimum_shift(Loss(model, data.first(n)), [NOISE_AT_WHICH_SIZE_VARIES]) for n in SIZES
    ]
    return (
        np.array([shift.distance[0] for shift in shifts]),
        np.array([shift.gradient_norm[0] for shift in shifts]),
    )
