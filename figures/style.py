"""One look for every figure: sizes for a two-column page, colours that survive grey print."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import matplotlib as mpl

from continuation.kinds import KINDS
from continuation.landscape.sets import FAMILIES

SINGLE = 3.4
"""Width in inches of one column."""

DOUBLE = 7.0
"""Width in inches of the page."""

REGION_COLOURS = {
    "plateau": "#EDB120",
    "near-optimal": "#2C7FB8",
    "overfitting": "#5C0A33",
    "other": "#9A9A9A",
    "unlabelled": "#9A9A9A",
}
"""Told apart in grey print: luminances of 70, 43, 15 and 60 %."""

KIND_MARKERS = {name: family.marker for name, family in FAMILIES.items()}

SPECIAL_MARKERS = {
    **{name: (kind.marker, name) for name, kind in KINDS.items() if kind.singular},
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


def verbatim(text: str) -> str:
    """A text from a file as Matplotlib shall show it: no mathematics, no control characters."""
    plain = "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)
    return plain.replace("$", r"\$")
