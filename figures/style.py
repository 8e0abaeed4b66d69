"""One look for every figure: sizes of a page, colours that survive grey print, letters."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
from cycler import cycler
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from numpy.typing import NDArray

from continuation.errors import InvalidInputError
from continuation.kinds import KINDS
from continuation.landscape.sets import FAMILIES
from figures.latex import require_latex
from figures.settings import PAGE

MILLIMETRES = 25.4
"""In an inch."""

COLUMN = 85.0
"""Width in millimetres of one column of a page of two."""

NARROW = 120.0
"""Widths in millimetres below which panels stand below each other."""

LEAST_WIDTH = 60.0
"""Below this width in millimetres labels run into each other whatever is done."""

SINGLE, DOUBLE = 3.4, 7.0
"""Widths in inches of pictures of results: one column, the page."""

REGION_COLOURS: Mapping[str, str] = MappingProxyType(
    {
        "plateau": "#EDB120",
        "near-optimal": "#2C7FB8",
        "overfitting": "#5C0A33",
        "other": "#8C8C8C",
        "unlabelled": "#8C8C8C",
    }
)
"""Told apart in grey print: luminances of 70, 44, 12 and 55 %."""

LINE_COLOURS = ("#0072B2", "#D55E00", "#000000", "#8B8B8B")
"""Blue and vermilion of Okabe and Ito (2008), black and grey: luminances of 40, 46, 0 and 55 %;
lines that cross differ in their dashes, too."""

KIND_MARKERS = {name: family.marker for name, family in FAMILIES.items()}

SPECIAL_MARKERS = {
    **{name: (kind.marker, name) for name, kind in KINDS.items() if kind.singular},
    "arrival": ("*", "arrival at infinity or a line"),
}

RC: Mapping[str, Any] = MappingProxyType(
    {
        "axes.titlelocation": "left",
        "axes.titlesize": "medium",
        "axes.labelsize": "medium",
        "legend.fontsize": "small",
        "xtick.labelsize": "small",
        "ytick.labelsize": "small",
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
)


@dataclass(frozen=True)
class Style:
    """Everything about the look of the figures.

    What a figure sets in none of these it leaves to Matplotlib's `rcParams`: inside `used`, an
    `rcParams` of the user's in `more` counts.

    Attributes
    ----------
    width : float
        Of every picture, in millimetres; panels stand below each other under 120.
    font_size : float
        In points; all texts scale with it.
    regions : mapping of str to colour
        Of the regions of weight space.
    lines : sequence of colours
        Of lines that are told apart by nothing but their colour and dashes.
    latex : bool
        Whether texts are set by LaTeX, which must be installed; `figures.latex.set_by_latex`
        escapes those of a canvas of your own.
    more : mapping
        Of Matplotlib's `rcParams`; they come last.
    """

    width: float = PAGE
    font_size: float = 8.0
    regions: Mapping[str, str] = field(default_factory=lambda: REGION_COLOURS)
    lines: tuple[str, ...] = LINE_COLOURS
    latex: bool = False
    more: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.width >= LEAST_WIDTH:
            raise InvalidInputError(
                f"a width in millimetres must be at least {LEAST_WIDTH:g}, not {self.width}"
            )
        missing = sorted(set(REGION_COLOURS) - set(self.regions))
        if missing:
            raise InvalidInputError(f"regions without a colour: {', '.join(missing)}")
        if self.latex:
            require_latex()

    @property
    def rc(self) -> dict[str, Any]:
        """As Matplotlib takes it."""
        return {
            **RC,
            "font.size": self.font_size,
            "axes.prop_cycle": cycler(color=self.lines),
            "text.usetex": self.latex,
            **self.more,
        }

    @contextmanager
    def used(self) -> Iterator[Style]:
        """Draw in this style; Matplotlib's settings are restored afterwards."""
        with mpl.rc_context(self.rc):
            yield self

    @property
    def legend_columns(self) -> int:
        """Columns of a legend below all panels."""
        return 2 if self.is_narrow else 4

    @property
    def is_narrow(self) -> bool:
        """Whether panels stand below each other."""
        return self.width < NARROW

    def panels(
        self,
        rows: int,
        columns: int,
        height: float,
        *,
        height_ratios: tuple[float, ...] | None = None,
        share: str = "",
        tallest: float = np.inf,
    ) -> tuple[Canvas, NDArray[np.object_]]:
        """A canvas with panels, as many rows and columns as the page has room for.

        Parameters
        ----------
        rows, columns : int
            On a page; in a column the panels stand below each other, row by row.
        height : float
            On a page, as a share of the width.
        height_ratios : tuple of float, optional
            Of the rows.
        share : str
            "x", "y" or both: axes that panels of a column and of a row share on a page.
        tallest : float
            Height of a panel in a column, as a share of the width, where its shape on a page
            would make it higher.

        Returns
        -------
        Figure, ndarray of Axes, shape (rows, columns)
        """
        inches = self.width / MILLIMETRES
        if not self.is_narrow or columns == 1:
            scale = 1.0 if not self.is_narrow else PAGE / self.width
            return plt.subplots(
                rows, columns, figsize=(inches, scale * height * inches), squeeze=False,
                height_ratios=height_ratios, sharex="col" if "x" in share else False,
                sharey="row" if "y" in share else False,
            )  # fmt: skip
        ratios = np.repeat(np.ones(rows) if height_ratios is None else height_ratios, columns)
        canvas, axes = plt.subplots(
            rows * columns, 1, squeeze=False, height_ratios=ratios,
            figsize=(inches, min(columns**2 * height, tallest * rows * columns) * inches),
        )  # fmt: skip
        return canvas, axes.reshape(rows, columns)

    def finished(self, canvas: Canvas, axes: NDArray[np.object_]) -> Canvas:
        """The canvas with a letter at every panel, and labels where panels have been parted."""
        if self.is_narrow:
            for k, row in enumerate(axes):
                for panel, column in zip(row, axes.T, strict=True):
                    _take_labels(panel, column[:k][::-1], column[k:], row[0])
        letter_panels(axes.ravel())
        return canvas


PAPER = Style()
"""What `python -m figures` draws in where nothing else is asked for."""


def letter_panels(axes: Iterable[Axes]) -> None:
    """A bold letter before the title of every panel that is seen."""
    seen = (panel for panel in axes if panel.axison)
    for letter, panel in zip("abcdefghijklmnopqrstuvwxyz", seen, strict=False):
        title = panel.get_title(loc=mpl.rcParams["axes.titlelocation"])
        panel.set_title(rf"$\mathbf{{{letter}}}$  {title}".rstrip())


def _take_labels(panel: Axes, above: Iterable[Axes], below: Iterable[Axes], beside: Axes) -> None:
    """Title and label of the next panels above and below on a page, and label of that beside."""
    where = mpl.rcParams["axes.titlelocation"]
    if not panel.get_title(loc=where):
        panel.set_title(next(filter(None, (other.get_title(loc=where) for other in above)), ""))
    panel.set_xlabel(next(filter(None, (other.get_xlabel() for other in below)), ""))
    panel.tick_params(axis="x", labelbottom=True)
    if not panel.get_ylabel():
        panel.set_ylabel(beside.get_ylabel())


def verbatim(text: str) -> str:
    """A text from a file as Matplotlib shall show it: no mathematics, no control characters."""
    plain = "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)
    return plain.replace("$", r"\$")
