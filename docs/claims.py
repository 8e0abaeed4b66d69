"""`python -m docs.claims FOLDER`: what a run of the main job measured, as tables and pictures.

The page docs/claims.md says which command made the folder.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path

import pandas as pd
import xarray as xr

from continuation.storage import read_dataset
from docs.pages import ROOT
from docs.pictures import keep
from figures import claims, job
from figures.settings import Budget
from figures.style import PAPER

DOCS = ROOT / "docs"

READ = ("collapse", "scenario", "optimum", "uniqueness", "graph", "training")
"""Figures whose data hold what was measured; the first three decide claims."""

DECIDING = READ[:3]

SHOWN = ("collapse", "scenario")
"""Figures that the page shows."""

PREFIX = "claims_"
"""Of their names among the pictures of other pages."""

DIGITS = 4
"""Of shares: far below the width of their intervals."""


def measured(folder: Path) -> dict[str, xr.Dataset]:
    """Data of those figures that the folder of a run holds, whatever code made them."""
    paths = {name: job.data_path(folder, name) for name in READ}
    return {name: read_dataset(path) for name, path in paths.items() if path.is_file()}


def budget_of(data: Mapping[str, xr.Dataset]) -> Budget:
    """The one budget on which all claims rest."""
    found = {_budget(json.loads(data[name].attrs["settings"])) for name in DECIDING if name in data}
    if len(found) != 1:
        raise SystemExit(f"claims of one budget are wanted, not of {sorted(found) or 'none'}")
    return found.pop()


def _budget(settings: Mapping[str, object]) -> Budget:
    """Before budgets had names a run was a preview or thorough."""
    if "budget" in settings:
        return Budget(str(settings["budget"]))
    return Budget.QUICK if settings["quick"] else Budget.THOROUGH


def provenance(data: Mapping[str, xr.Dataset]) -> dict[str, object]:
    """Settings, versions and digest of what made every data set."""
    return {
        name: {key: one.attrs[key] for key in ("settings", "versions", "key")}
        for name, one in data.items()
    }


def write(data: Mapping[str, xr.Dataset], docs: Path) -> list[Path]:
    """Write the tables; returns their paths."""
    budget, findings = budget_of(data), claims.measure(data)
    report = claims.report(data, budget) | {"made_by": provenance(data)}
    paths = [docs / name for name in ("data/claims.csv", "data/claims.json", "claims_table.md")]
    paths[0].parent.mkdir(parents=True, exist_ok=True)
    pd.DataFrame(map(asdict, findings)).round(DIGITS).to_csv(paths[0], index=False)
    text = json.dumps(report, indent=1, ensure_ascii=False, allow_nan=False)
    paths[1].write_text(text + "\n", encoding="utf-8")
    page = claims.as_markdown(findings, claims.asides(data), budget)
    body = page.removeprefix(claims.HEADING).lstrip()
    paths[2].write_text("".join([*_links(data), body]), encoding="utf-8")
    return paths


def _links(data: Mapping[str, xr.Dataset]) -> Iterator[str]:
    """The pictures that there are."""
    for name in (name for name in SHOWN if name in data):
        title = job.figure_module(name).TITLE
        yield f"![{title[0].upper()}{title[1:]}](pictures/{PREFIX}{name}.png)\n\n"


def draw(data: Mapping[str, xr.Dataset]) -> list[Path]:
    """Draw the pictures of the page; returns their paths."""
    made = []
    with PAPER.used(), tempfile.TemporaryDirectory() as folder:
        for name in (name for name in SHOWN if name in data):
            picture = Path(folder) / f"{PREFIX}{name}.png"
            job.figure_module(name).draw(data[name], PAPER).savefig(picture, dpi=200)
            made.append(keep(picture))
    return made


def main(folder: str) -> None:
    """Write docs/data/claims.csv and .json, docs/claims_table.md and the pictures."""
    data = measured(Path(folder))
    for path in (*write(data, DOCS), *draw(data)):
        print(path)
    if missing := [name for name in READ if name not in data]:
        print(f"not in {folder}: {', '.join(missing)}; their readings are not measured")


if __name__ == "__main__":
    main(*sys.argv[1:])
