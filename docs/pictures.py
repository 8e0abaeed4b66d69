"""`python -m docs.pictures [PAGE…]`: make the pictures of the pages by running their code.

A page that saves `name.png` and shows `pictures/name.png` gets it from here: it shows what its code
draws. The pictures are stored, since the site is built without running the pages.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import matplotlib as mpl
from PIL import Image

from docs.pages import ROOT, Page, pages
from docs.taken import take

PICTURES = ROOT / "docs" / "pictures"

WIDEST = 1100
"""Pixels of a picture, which a column of text shows at twice their density."""

COLOURS = 256
"""Of a palette, which takes a third of the space; chosen to cover rare colours, too."""


def make(page: Page) -> list[Path]:
    """Run a page in a folder of its own and keep the pictures that it shows."""
    shown = page.path.read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        namespace: dict[str, object] = {"__name__": "__main__"}
        for step in page.steps:
            take(step, namespace)
        made = [path for path in Path(folder).rglob("*.png") if f"pictures/{path.name}" in shown]
        kept = [keep(path) for path in made]
        os.chdir(ROOT)
    return kept


def keep(path: Path) -> Path:
    """Store a picture small enough for a repository."""
    target = PICTURES / path.name
    with Image.open(path) as picture:
        picture.thumbnail((WIDEST, WIDEST))
        small = picture.convert("RGB").quantize(COLOURS, Image.Quantize.MAXCOVERAGE)
        small.save(target, optimize=True)
    return target


def main(names: list[str]) -> None:
    """Make the pictures of the named pages, or of all that show any."""
    mpl.use("agg")
    for page in pages():
        shows = "pictures/" in page.path.read_text(encoding="utf-8")
        if shows and (not names or page.name in names):
            print(page.name, *(path.name for path in make(page)), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
