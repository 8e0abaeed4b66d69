"""Texts as LaTeX sets them: what Matplotlib takes as it stands is escaped or named."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import cast

import matplotlib as mpl
from matplotlib.figure import Figure as Canvas
from matplotlib.text import Text
from matplotlib.ticker import FuncFormatter

from continuation.errors import InvalidInputError

PROGRAMS = ("latex", "dvipng")
"""Which set texts, and make pixels of them."""

SPECIAL = MappingProxyType({c: f"\\{c}" for c in "%&#_{}"} | {"^": r"\^{}", "~": r"\~{}"})
"""Characters of text that LaTeX reads as commands."""

SYMBOLS: Mapping[str, str] = MappingProxyType(
    {
        "→": r"\to", "↦": r"\mapsto", "∞": r"\infty", "∇": r"\nabla", "Σ": r"\Sigma",
        "Θ": r"\Theta",
        "α": r"\alpha", "β": r"\beta", "δ": r"\delta", "ε": r"\varepsilon", "η": r"\eta",
        "θ": r"\theta", "κ": r"\kappa", "λ": r"\lambda", "μ": r"\mu", "ρ": r"\rho",
        "σ": r"\sigma", "φ": r"\varphi", "ω": r"\omega", "±": r"\pm", "·": r"\cdot", "×": r"\times",
        "−": "-", "≤": r"\leq", "≥": r"\geq", "≠": r"\neq", "≈": r"\approx", "∈": r"\in",
        "∝": r"\propto", "✓": r"\surd", "<": "<", ">": ">", "|": "|",
        **{c: f"^{{{k}}}" for c, k in zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-", strict=True)},
        **{c: f"_{{{k}}}" for c, k in zip("₀₁₂₃₄₅₆₇₈₉", "0123456789", strict=True)},
    }
)  # fmt: skip
"""Of mathematics; what is not listed is left to LaTeX's own table of characters."""

MATHEMATICS = re.compile(r"((?<!\\)\$.*?(?<!\\)\$)", re.DOTALL)


def require_latex() -> None:
    """Refuse to set texts by LaTeX where it is not installed.

    Raises
    ------
    InvalidInputError
        Says what lacks, and what to install.
    """
    lacking = [name for name in PROGRAMS if shutil.which(name) is None]
    if lacking:
        raise InvalidInputError(
            f"texts are set by LaTeX only where it is installed; not found: {', '.join(lacking)} "
            "(Debian: apt-get install texlive-latex-extra cm-super dvipng)"
        )


def as_latex(text: str) -> str:
    """A text of Matplotlib, with mathematics between dollars, as LaTeX takes it.

    Parameters
    ----------
    text : str
        A dollar that is no mathematics is written with a backslash before it.
    """
    pieces = MATHEMATICS.split(text)
    return "".join(
        "".join(f"{SYMBOLS.get(c, c)} " if c in SYMBOLS else c for c in piece) if k % 2
        else "".join(map(_outside, piece))
        for k, piece in enumerate(pieces)
    )  # fmt: skip


def _outside(character: str) -> str:
    if character in SYMBOLS:
        return f"${SYMBOLS[character]}$"
    return SPECIAL.get(character, character)


def set_by_latex(canvas: Canvas) -> None:
    """Rewrite all texts of a canvas for LaTeX, once, before it is saved; others are left."""
    for text in cast(list[Text], canvas.findobj(Text)):
        if text.get_usetex() and text.get_text():
            words = as_latex(text.get_text())
            text.set_text(rf"\textit{{{words}}}" if text.get_fontstyle() == "italic" else words)
    for axis in (axis for axes in canvas.axes for axis in (axes.xaxis, axes.yaxis)):
        named = axis.get_major_formatter()
        if isinstance(named, FuncFormatter) and mpl.rcParams["text.usetex"]:
            axis.set_major_formatter(FuncFormatter(_escaped(named)))


def _escaped(named: FuncFormatter) -> Callable[[float, int | None], str]:
    """The texts that ticks are given when they are drawn."""
    return lambda value, place: as_latex(named(value, place))
