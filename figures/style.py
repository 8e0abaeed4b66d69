"""One look for every figure: sizes for a two-column page, colours that survive grey print."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import matplotlib as mpl

SINGLE = 3.4
"""Width in inches of one column."""

DOUBLE = 7.0
"""Width in inches of the page."""

REGION_COLOURS = {
    "plateau": "#E69F00",
    "near-optimal": "#56B4E9",
    "overfitting": "#8B1A4A",
    "other": "#8C8C8C",
    "unlabelled": "#8C8C8C",
}
"""Okabe-Ito hues; the grey values 69, 67, 27 and 55 % are told apart with the markers."""

PRESET_TITLES = {
    "fukumizu_amari": "Fukumizu-Amari",
    "overparameterised": "over-parameterised",
}

KIND_MARKERS = {"point": "o", "line": "s", "infinity": "^"}

SPECIAL_MARKERS = {
    "fold": ("o", "fold"),
    "branch point": ("D", "branch point"),
    "pitchfork": ("D", "pitchfork"),
    "transcritical": ("X", "transcritical"),
    "touch": ("v", "touch"),
    "arrival": ("*", "arrival at infinity or a line"),
}

RC = {
    "font.size": 8,
    "axes.titlesize": 8,
    "axes.labelsize": 8,
    "legend.fontsize": 7,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "axes.linewidth": 0.6,
    "lines.linewidth": 1.2,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "legend.frameon": False,
    "figure.dpi": 150,
    "savefig.dpi": 250,
    "figure.constrained_layout.use": True,
    "pdf.fonttype": 42,
    "mathtext.fontset": "dejavusans",
}


@contextmanager
def paper_style() -> Iterator[None]:
    """Matplotlib settings of the paper, restored afterwards."""
    with mpl.rc_context(RC):
        yield
