"""The four claims of the paper: what was measured, on how many data sets, and the verdict."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from continuation.statistics import LEVEL
from continuation.storage import write_text
from figures import collapse, optimum, scenario
from figures.apart import Aside, asides
from figures.settings import Budget
from figures.shares import FAILS, HOLDS, MOST, SUMMARY, UNDECIDED, verdict
from symbolic import PRESETS

MISSING = "not measured"

THOROUGH_ONLY = "Measured by `python -m figures --thorough`."
"""Why a reading has no row where its figure is there."""

CLAIMS = {
    1: "Plateau and near-optimal regions consist of saddle structures.",
    2: "A training trajectory passes the plateau, then the near-optimal region, and converges to "
    "the overfitting region.",
    3: "With high probability over data sets the overfitting region is a single attractor modulo "
    "symmetry when n is large or the noise is small.",
    4: "With a finite noisy data set no theoretical optimum is a critical point, so training "
    "cannot converge to it.",
}


@dataclass(frozen=True)
class Reading:
    """One way to take a claim, and the share that decides it.

    Attributes
    ----------
    claim : int
    figure, share : str
        Figure whose data hold the share, and its name there.
    name, text : str
        Short name, and what is counted.
    holds, fails : str
        Why, in a sentence.
    """

    claim: int
    figure: str
    share: str
    name: str
    text: str
    holds: str
    fails: str


READINGS = (
    Reading(
        1, "collapse", collapse.SADDLES, "as stated",
        "data sets on which no plateau set attracts (near-optimal sets never do, by definition)",
        "Every plateau set has a descending direction.",
        "Elsewhere a plateau set attracts: a piece of a split line, or an end at infinity.",
    ),
    Reading(
        2, "scenario", scenario.ITINERARY, "(a) itinerary",
        "trajectories that pass a plateau set slowly, then a near-optimal one, and end in an "
        "attracting set that tends to Θ* with L < L(Θ*)",
        "Trajectories pass both kinds of saddle and end near the optimum.",
        "The others pass no plateau or no near-optimal saddle slowly, or end elsewhere.",
    ),
    Reading(
        2, "scenario", scenario.BEST, "(a) itinerary, best of a search",
        "trajectories with that itinerary, in the settings in which most had it, on new data sets",
        "A setting was found in which it is the rule.",
        "Not even in the best settings that were found.",
    ),
    Reading(
        2, "scenario", scenario.PASSAGE, "(b) itinerary",
        "trajectories that pass a plateau set slowly, then a near-optimal one, and end in any "
        "attractor",
        "Trajectories pass both kinds of saddle.",
        "The others pass no plateau or no near-optimal saddle slowly.",
    ),
    Reading(
        2, "scenario", scenario.ARRIVAL, "(a) convergence",
        "trajectories that end in an attracting set that tends to Θ* with L < L(Θ*)",
        "Nearly all weights lie in basins of the overfitting region.",
        "The others end on an attracting plateau, or in sets that do not tend to Θ*.",
    ),
    Reading(
        2, "scenario", scenario.DECIDED, "(b) convergence",
        "trajectories that are decided to tend to an attractor, none of which is in Θ* (claim 4)",
        "Trajectories contract to attracting sets, at finite weights or at infinity.",
        "Too many trajectories are undecided.",
    ),
    Reading(
        3, "collapse", collapse.SINGLE, "(a)",
        "data sets with one attracting set that tends to Θ* with L < L(Θ*)",
        "The complete list of sets has one.",
        "The others have several such sets, or none.",
    ),
    Reading(
        3, "scenario", scenario.SINGLE, "(a), more settings",
        "data sets with one attracting set that tends to Θ* with L < L(Θ*)",
        "The complete list of sets has one.",
        "The others have several such sets, or none.",
    ),
    Reading(
        3, "collapse", collapse.ALONE, "(b)",
        "data sets with one attractor in all",
        "The complete list of sets has one.",
        "The others have several: points, pieces of lines, ends at infinity.",
    ),
    Reading(
        3, "scenario", scenario.TOGETHER, "(b) with weight decay",
        f"data sets on which {scenario.STARTS} trajectories from N(0, 1) weights end in one point",
        "Weight decay leaves one attractor, as far as trajectories tell.",
        "On the others trajectories end in different points.",
    ),
    Reading(
        3, "scenario", scenario.USEFUL, "(b) with weight decay, good fit",
        "data sets on which these end in one point whose excess risk is below "
        f"{scenario.SMALL:.0%} of that of the zero network",
        "The one attractor is close to the teacher.",
        "On the others there are several, or so much decay spoils the fit.",
    ),
    Reading(
        4, "optimum", optimum.NEVER, "as stated",
        "data sets with a proof in ball arithmetic that ∇L(θ*) ≠ 0 at every θ* ∈ Θ*",
        "∇L(θ*) = −σ Σ ω ε ∇f, and its lower bound over all of Θ* is positive.",
        "For the others the bound is not above zero.",
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Finding:
    """A verdict on one reading of a claim in one setting.

    Attributes
    ----------
    claim : int
    reading, setting : str
    samples : int
        Data sets drawn until the verdict was known.
    budget : int
        The most that would have been drawn.
    estimate, unknown, lower, upper : float
        Share, share beyond it that is undecided, and the 95 % interval, valid at any stopping time.
    verdict : str
        "holds", "does not hold", "undecided" or "not measured".
    why : str
    """

    claim: int
    reading: str
    setting: str
    samples: int
    budget: int
    estimate: float
    unknown: float
    lower: float
    upper: float
    verdict: str
    why: str


def write(data: Mapping[str, xr.Dataset], output: Path, budget: Budget) -> list[Path]:
    """Write `claims.md` and `claims.json` from the stored data of the figures."""
    page = as_markdown(measure(data), asides(data), budget)
    text = json.dumps(report(data, budget), indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    return [write_text(output / "claims.md", page), write_text(output / "claims.json", text)]


def report(data: Mapping[str, xr.Dataset], budget: Budget) -> dict[str, Any]:
    """All that is known of the claims, for other programs."""
    findings = measure(data)
    return {
        "budget": budget,
        "quick": budget == Budget.QUICK,
        "wanted": MOST,
        "intervals": {"level": LEVEL, "source": SOURCE},
        "claims": {str(k): text for k, text in CLAIMS.items()},
        "contents": contents(findings),
        "findings": [asdict(f) for f in findings],
        "shares": [asdict(a) for a in asides(data)],
    }


def measure(data: Mapping[str, xr.Dataset]) -> list[Finding]:
    """A finding for every reading and setting of the given data; the others are not measured."""
    return [finding for reading in READINGS for finding in _findings(reading, data)]


def contents(findings: Sequence[Finding]) -> list[dict[str, Any]]:
    """For every reading, in how many settings it holds, and the names of those."""
    rows = []
    for reading in READINGS:
        of = [f for f in findings if (f.claim, f.reading) == (reading.claim, reading.name)]
        settings = {
            name: [f.setting for f in of if f.verdict == name]
            for name in (HOLDS, FAILS, UNDECIDED, MISSING)
        }
        rows.append({"claim": reading.claim, "reading": reading.name, **settings})
    return rows


def _findings(reading: Reading, data: Mapping[str, xr.Dataset]) -> Iterator[Finding]:
    if reading.figure not in data:
        where, why = f"figure {reading.figure}", "The data of this figure are missing."
        yield Finding(reading.claim, reading.name, where, 0, 0, 0.0, 1.0, 0.0, 1.0, MISSING, why)
        return
    rows = list(_ROWS[reading.figure](data[reading.figure], reading.share))
    if not rows:
        where, why = f"figure {reading.figure}", THOROUGH_ONLY
        yield Finding(reading.claim, reading.name, where, 0, 0, 0.0, 1.0, 0.0, 1.0, MISSING, why)
    for setting, row in rows:
        estimate, unknown, lower, upper = (float(row[name]) for name in SUMMARY)
        draws, budget, result = int(row["draws"]), int(row["budget"]), verdict(lower, upper)
        why = _why(reading, result, budget)
        yield Finding(
            reading.claim, reading.name, setting, draws, budget, estimate, unknown, lower, upper,
            result, why,
        )  # fmt: skip


def _why(reading: Reading, result: str, budget: int) -> str:
    if result == UNDECIDED:
        return f"The interval holds {MOST:.0%} when the budget of {budget} data sets ends."
    return reading.holds if result == HOLDS else reading.fails


Rows = Iterator[tuple[str, xr.Dataset]]
"""Settings by name, with the numbers of one share."""


def _grid(data: xr.Dataset, share: str) -> Rows:
    """Of figure collapse, which has every preset at every size and noise."""
    for preset in data["preset"].to_numpy():
        for noise in data["noise"].to_numpy():
            for size in data["size"].to_numpy():
                place = {"preset": preset, "size": size, "noise": noise, "share": share}
                yield f"{preset}, n = {size}, σ = {noise:g}", data.sel(place)


def _searched(data: xr.Dataset, share: str) -> Rows:
    """Of figure scenario; what figure collapse counts on the same data sets is left to it."""
    for row in np.flatnonzero(data["share"].to_numpy() == share):
        at = data.isel(row=row)
        if share != scenario.SINGLE or not _on_grid(at):
            yield scenario.setting_text(at), at


def _on_grid(at: xr.Dataset) -> bool:
    """Whether figure collapse has this setting, too."""
    family, size, noise = (at[name].item() for name in ("family", "size", "noise"))
    return family in PRESETS and size in collapse.SIZES and noise in collapse.NOISES


def _proofs(data: xr.Dataset, share: str) -> Rows:
    """Of figure optimum, at the sizes and noises of the presets."""
    for preset in data["preset"].to_numpy().tolist():
        named = PRESETS[preset]
        setting = f"{preset}, n = {named.size}, σ = {named.noise:g}"
        yield setting, data.sel(preset=preset, share=share)


_ROWS = {"collapse": _grid, "scenario": _searched, "optimum": _proofs}


# -- the page ----------------------------------------------------------------------------------

HEADING = "# Claims and what was measured"

ENOUGH = "`python -m figures --thorough` draws as many as decide it, which takes hours.*"

SMALL = {
    Budget.QUICK: "*A quick run: its budgets are a few data sets for each setting, too few to see "
    f"that a claim about most cases holds. {ENOUGH}",
    Budget.USUAL: "*A run of the usual budget: a few data sets for each setting show where a claim "
    f"fails, but not that one about most cases holds. {ENOUGH}",
}
"""What is said of budgets that are too small for verdicts on most cases."""

SOURCE = (
    "H. Robbins, Ann. Math. Statist. 41 (1970) 1397; S. R. Howard, A. Ramdas, J. McAuliffe, "
    "J. Sekhon, Ann. Statist. 49 (2021) 1055; I. Waudby-Smith, A. Ramdas, J. R. Stat. Soc. B 86 "
    "(2024) 1"
)
"""Of the confidence sequences, see `continuation.statistics.anytime_interval`."""

INTRODUCTION = (
    f"A claim about most cases is taken to mean a share of at least {MOST:.0%}. Data sets are "
    "drawn until the whole 95 % interval lies above (the claim *holds* in this setting) or below "
    "(it *does not hold*), or the budget ends (*undecided*). The intervals are valid at every "
    "stopping time, each by itself: confidence sequences, a mixture of bettors that is "
    f"beta-binomial for hits and misses ({SOURCE}). "
    "Trajectories that are undecided or end in no listed set count against both verdicts."
)


def as_markdown(findings: Sequence[Finding], apart: Sequence[Aside], budget: Budget) -> str:
    """The page: verdicts on top, then every claim with its readings, then shares without one."""
    warning = [SMALL[budget], ""] if budget in SMALL else []
    lines = [HEADING, "", *warning, INTRODUCTION]
    lines += ["", "## Verdicts", "", *_contents_table(findings)]
    for number, text in CLAIMS.items():
        lines += ["", f"## {number}. {text}"]
        for reading in (r for r in READINGS if r.claim == number):
            lines += ["", f"### {number} {reading.name}: share of {reading.text}", ""]
            lines += _table(f for f in findings if (f.claim, f.reading) == (number, reading.name))
    lines += ["", "## Shares and numbers that decide no claim", "", *_apart_table(apart)]
    return "\n".join(lines) + "\n"


def _contents_table(findings: Sequence[Finding]) -> list[str]:
    rows = ["| claim | reading | holds in | does not hold in | undecided in |", "| --- " * 5 + "|"]
    for row in contents(findings):
        cells = [_settings(row[name]) for name in (HOLDS, FAILS, UNDECIDED)]
        if row[MISSING]:
            cells[2] = MISSING
        rows.append(_row(str(row["claim"]), str(row["reading"]), *cells))
    return rows


def _settings(names: Sequence[str]) -> str:
    """How many settings, and of which students."""
    students = dict.fromkeys(name.split(",")[0] for name in names)
    return f"{len(names)}: {', '.join(students)}" if names else "none"


def _table(findings: Iterator[Finding]) -> list[str]:
    rows = ["| setting | data sets | share | verdict | why |", "| --- " * 5 + "|"]
    return rows + [
        _row(f.setting, f"{f.samples} of {f.budget}", _share(f), f"**{f.verdict}**", f.why)
        for f in findings
    ]


def _share(finding: Finding) -> str:
    if finding.verdict == MISSING:
        return "none"
    interval = f"{finding.estimate:.3f} [{finding.lower:.3f}, {finding.upper:.3f}]"
    return interval + (f", {finding.unknown:.3f} unknown" if finding.unknown else "")


def _apart_table(apart: Sequence[Aside]) -> list[str]:
    rows = ["| claim | setting | measured | on |", "| --- " * 4 + "|"]
    return rows + [_row(str(a.claim), a.setting, a.measured, a.samples) for a in apart]


def _row(*cells: str) -> str:
    """A table row; bars of norms must not end a cell."""
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
