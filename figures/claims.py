"""The four claims of the paper: what was measured, on how many data sets, and the verdict."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import xarray as xr

from continuation.statistics import wilson_interval
from continuation.storage import write_text
from figures.arrays import of_preset

HOLDS, FAILS, UNDECIDED, MISSING = "holds", "does not hold", "undecided", "not measured"

LOCAL = "proved near θ* only"
"""Of a proof about a ball around the optimum: it bears on a claim, and does not decide it."""

MOST = 0.95
"""What "with high probability" and "trajectories do" are taken to mean: at least this fraction.
A claim holds if the whole 95 % interval lies above, fails if it lies below, else is undecided."""


@dataclass(frozen=True)
class Finding:
    """One measurement that bears on a claim.

    Attributes
    ----------
    claim : int
        Number of the claim in the list below.
    setting : str
        Preset, size, noise, starts.
    measured : str
        The numbers.
    samples : int
        Data sets or trajectories that the numbers rest on.
    verdict : str
        "holds", "does not hold", "undecided", "not measured" or "proved near θ* only".
    """

    claim: int
    setting: str
    measured: str
    samples: int
    verdict: str


QUICK = "*A quick run: fewer data sets and trajectories than the paper's figures rest on.*\n\n"

CLAIMS = {
    1: "Plateau and near-optimal regions consist of saddle structures.",
    2: "A training trajectory passes the plateau, then the near-optimal region, and converges to "
    "the overfitting region.",
    3: "With high probability over data sets the overfitting region is a single attractor modulo "
    "symmetry when n is large or the noise is small.",
    4: "With a finite noisy data set no theoretical optimum is a critical point, so training "
    "cannot converge to it.",
}


def write(data: Mapping[str, xr.Dataset], output: Path) -> list[Path]:
    """Write `claims.md` and `claims.json` from the stored data of the figures."""
    findings = measure(data)
    quick = any(json.loads(d.attrs.get("settings", "{}")).get("quick") for d in data.values())
    report = {
        "quick": quick,
        "claims": {str(k): text for k, text in CLAIMS.items()},
        "findings": [asdict(f) for f in findings],
    }
    return [
        write_text(output / "claims.md", (QUICK if quick else "") + as_markdown(findings)),
        write_text(output / "claims.json", json.dumps(report, indent=2, ensure_ascii=False) + "\n"),
    ]


def measure(data: Mapping[str, xr.Dataset]) -> list[Finding]:
    """All findings that the given data sets allow; the others are listed as not measured."""
    sources = (
        (1, "collapse", _plateaus),
        (1, "graph", _saddles),
        (2, "training", _itineraries),
        (2, "graph", _chains),
        (3, "collapse", _single),
        (3, "uniqueness", _certified),
        (4, "optimum", _optimum),
    )
    findings: list[Finding] = []
    for claim, name, read in sources:
        if name in data:
            findings += read(data[name])
        else:
            findings.append(Finding(claim, f"figure {name}", "its data are missing", 0, MISSING))
    return findings


def verdict(lower: float, upper: float, wanted: float = MOST) -> str:
    """Verdict on "at least `wanted`" from an interval."""
    if lower >= wanted:
        return HOLDS
    return FAILS if upper < wanted else UNDECIDED


def as_markdown(findings: Sequence[Finding]) -> str:
    """The findings as a readable page."""
    lines = [
        "# Claims and what was measured",
        "",
        f"A claim about most cases holds if the whole 95 % interval lies above {MOST:.0%}, does "
        "not hold if it lies below, and is undecided otherwise.",
    ]
    for number, text in CLAIMS.items():
        rows = [f for f in findings if f.claim == number]
        lines += ["", f"## {number}. {text}", "", "| setting | measured | on | verdict |"]
        lines += ["| --- | --- | --- | --- |"]
        lines += [_row(f) for f in rows]
    return "\n".join(lines) + "\n"


def _presets(data: xr.Dataset) -> list[str]:
    return sorted(str(k).removesuffix("_preset") for k in data.attrs if str(k).endswith("_preset"))


def _row(finding: Finding) -> str:
    """A table row; bars of norms must not end a cell."""
    cells = (finding.setting, finding.measured, str(finding.samples), f"**{finding.verdict}**")
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _plateaus(data: xr.Dataset) -> list[Finding]:
    """How often no set of the plateau attracts; near-optimal sets never do, by their definition."""
    findings = []
    seeds = data.sizes["seed"]
    for preset in data["preset"].to_numpy():
        for size in data["size"].to_numpy():
            at = data["number"].sel(preset=preset, size=size, noise=0.1, count="plateau")
            hits = int((at == 0).sum())
            (low,), (high,) = wilson_interval([hits], seeds)
            measured = f"P(no attracting plateau) = {hits / seeds:.2f} [{low:.2f}, {high:.2f}]"
            setting = f"{preset}, n = {int(size)}, σ = 0.1"
            findings.append(Finding(1, setting, measured, seeds, verdict(low, high)))
    return findings


def _saddles(data: xr.Dataset) -> list[Finding]:
    """Attracting sets with the label of a region that should consist of saddles."""
    findings = []
    for preset in _presets(data):
        of = of_preset(data, preset)
        regions = of["region"].to_numpy()
        attracting = of["attracting"].to_numpy().astype(bool)
        labels = of["label"].to_numpy()
        for region in ("plateau", "near-optimal"):
            there = regions == region
            bad = [str(label) for label in labels[there & attracting]]
            if not there.any():
                measured, result = "the region is empty", UNDECIDED
            elif bad:
                measured = f"{there.sum()} sets, of which attracting: {', '.join(bad)}"
                result = FAILS
            else:
                measured, result = f"{there.sum()} sets, none attracting", HOLDS
            setting = f"{preset}, {region}, one data set (n = 100, σ = 0.1)"
            findings.append(Finding(1, setting, measured, 1, result))
    return findings


def _itineraries(data: xr.Dataset) -> list[Finding]:
    """Fractions of random initial weights per itinerary."""
    findings = []
    whole = "plateau → near-optimal → overfitting"
    for preset in _presets(data):
        of = of_preset(data, preset)
        starts = int(of.attrs["starts"])
        columns = ("scale", "itinerary", "fraction", "lower", "upper")
        rows = list(zip(*(of[k].to_numpy() for k in columns), strict=True))
        for scale in sorted({float(row[0]) for row in rows}, reverse=True):
            setting = f"{preset}, n = 100, σ = 0.1, weights from N(0, {scale:g}²)"
            there = sorted((row for row in rows if row[0] == scale), key=lambda row: -row[2])
            for _, name, fraction, lower, upper in there:
                measured = f"{name}: {fraction:.1%} [{lower:.1%}, {upper:.1%}]"
                result = verdict(lower, upper) if name == whole else "—"
                findings.append(Finding(2, setting, measured, starts, result))
            if all(name != whole for _, name, *_ in there):
                findings.append(Finding(2, setting, f"{whole}: no trajectory", starts, FAILS))
    return findings


def _chains(data: xr.Dataset) -> list[Finding]:
    """Chains plateau → near-optimal → overfitting in the heteroclinic graph."""
    findings = []
    for preset in _presets(data):
        chains = [c for c in str(of_preset(data, preset).attrs["complete_chains"]).split("\n") if c]
        measured = f"{len(chains)} chains" + (f", such as {chains[0]}" if chains else "")
        setting = f"{preset}, graph of one data set (n = 100, σ = 0.1)"
        findings.append(Finding(2, setting, measured, 1, HOLDS if chains else FAILS))
    return findings


def _single(data: xr.Dataset) -> list[Finding]:
    """P(single attractor) at the corners of the (n, σ) grid."""
    findings = []
    seeds = data.sizes["seed"]
    for preset in data["preset"].to_numpy():
        for size, noise in (
            (data["size"].max(), data["noise"].min()),
            (data["size"].max(), data["noise"].max()),
            (data["size"].min(), data["noise"].min()),
            (data["size"].min(), data["noise"].max()),
        ):
            for count, name in (
                ("overfitting", "overfitting attractor"),
                ("attracting", "attractor"),
            ):
                at = data.sel(preset=preset, size=size, noise=noise, single=count)
                p, low, high = (float(at[k]) for k in ("probability", "lower", "upper"))
                measured = f"P(one {name}) = {p:.2f} [{low:.2f}, {high:.2f}]"
                setting = f"{preset}, n = {int(size)}, σ = {float(noise):g}"
                result = verdict(low, high) if count == "overfitting" else "—"
                findings.append(Finding(3, setting, measured, seeds, result))
    return findings


def _certified(data: xr.Dataset) -> list[Finding]:
    """Share of data sets with exactly one certified minimum near the optimum."""
    findings, seeds, size = [], data.sizes["seed"], int(data["size"].max())
    for preset in data["preset"].to_numpy():
        for noise in data["noise"].to_numpy():
            at = data.sel(preset=preset, size=size, noise=noise)
            p, low, high = (float(at[name]) for name in ("probability", "lower", "upper"))
            measured = f"P(one certified minimum near θ*) ≥ {p:.2f} [{low:.2f}, {high:.2f}]"
            setting = f"{preset}, n = {size}, σ = {float(noise):g}"
            findings.append(Finding(3, setting, measured, seeds, LOCAL))
    return findings


def _optimum(data: xr.Dataset) -> list[Finding]:
    """The gradient at the optimum never vanishes; the distance follows powers of n and σ."""
    findings = []
    for axis, symbol in (("noise", "σ"), ("size", "n")):
        gradient = data[f"gradient_by_{axis}"].to_numpy()
        distance = data[f"distance_by_{axis}"].to_numpy()
        slope, error, used = data[f"distance_exponent_{axis}"].to_numpy()
        smallest = float(gradient.min())
        reached = distance[np.isfinite(distance)]
        measured = (
            f"smallest |∇L(θ*)| = {smallest:.2g}; smallest distance "
            f"{reached.min(initial=np.inf):.2g}; "
            f"distance ∝ {symbol}^({slope:.3f} ± {error:.3f})"
        )
        result = HOLDS if smallest > 0.0 and (reached > 0.0).all() else FAILS
        if reached.size == 0:
            result = UNDECIDED
        setting = f"fukumizu_amari, all {symbol} of figure optimum"
        findings.append(Finding(4, setting, measured, int(used), result))
    return findings
