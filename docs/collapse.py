"""`python -m docs.collapse FOLDER`: answers of an ensemble as a small table and a picture.

The page docs/collapse.md says which command made the folder.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import pandas as pd

from continuation.ensemble import load_ensemble, shares
from docs.pages import ROOT
from docs.pictures import keep
from figures.probability import draw_probability, share_columns
from figures.style import PAPER

TABLE = ROOT / "docs" / "data" / "collapse.csv"

DIGITS = 4
"""Of shares: far below the width of their intervals."""


def shares_of_cells(folder: str) -> pd.DataFrame:
    """One row for each cell and share, with its interval and how many data sets answered."""
    table = load_ensemble(folder)
    parts = []
    for column in share_columns(table):
        found = shares(table, column).to_dataframe().drop(columns="weight_decay")
        parts.append(found.assign(of=column))
    names = ["model", "n", "noise", "of", "share", "lower", "upper", "data_sets", "failures"]
    return pd.concat(parts)[names].sort_values(["model", "n", "noise", "of"]).round(DIGITS)


def main(folder: str) -> None:
    """Write docs/data/collapse.csv and docs/pictures/collapse.png."""
    TABLE.parent.mkdir(exist_ok=True)
    shares_of_cells(folder).to_csv(TABLE, index=False)
    with PAPER.used(), tempfile.TemporaryDirectory() as made:
        picture = Path(made) / "collapse.png"
        draw_probability(load_ensemble(folder)).savefig(picture, dpi=200)
        keep(picture)
    print(TABLE)


if __name__ == "__main__":
    main(*sys.argv[1:])
