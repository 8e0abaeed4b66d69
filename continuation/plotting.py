"""Branches, curves and diagrams drawn into axes of Matplotlib, readable without colour."""

import itertools
from collections.abc import Iterable, Sequence
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

import numpy as np

from continuation.arrays import Array
from continuation.errors import InvalidInputError
from continuation.kinds import KINDS
from continuation.meaning import Meaning, Quantity

if TYPE_CHECKING:
    from continuation.branch import Branch, SpecialPoint
    from continuation.curve import Curve

__all__ = ["STABLE", "draw_branches", "draw_curve", "legend", "lines", "marker", "require_axes"]

STABLE: Any = {"ls": "-", "lw": 1.8, "color": "black", "zorder": 2.0}
UNSTABLE: Any = {"ls": "--", "lw": 1.0, "color": "0.35", "zorder": 1.9}
"""Lines differ in dash, width and grey."""

POINT: Any = {"ls": "", "ms": 6, "mew": 1.0, "mec": "black", "zorder": 3.0}
OPEN, FILLED = "white", "0.2"
"""Faces of markers: open where one parameter is enough to meet such a point."""


def require_axes(ax: Any) -> None:
    """Raise `InvalidInputError` for what cannot be drawn into."""
    if not hasattr(ax, "get_legend_handles_labels") or not hasattr(ax, "plot"):
        raise InvalidInputError(
            f"ax must be axes of Matplotlib, such as plt.gca(); got {type(ax).__name__}."
        )


def draw_branches(
    ax: Any,
    branches: Sequence["Branch"],
    x: Quantity | None,
    y: Quantity | None,
    starts: Sequence["SpecialPoint | None"] = (),
) -> list[Any]:
    """Full lines where stable, dashed where not, special points by kind, one legend.

    Lines begin at the points that their branches leave (`starts`), where these are known.
    """
    require_axes(ax)
    artists: list[Any] = []
    for branch, start in zip_longest(branches, starts):
        meaning, n = branch.meaning, branch.x.shape[1]
        across, up = meaning.parameter if x is None else x, 0 if y is None else y
        states, parameters, stable = _with_special(branch)
        values = [meaning.values(q, states, parameters) for q in (across, up)]
        artists += lines(ax, stable, *values)
        if start is not None:
            first = [_value(meaning, quantity, start) for quantity in (across, up)]
            gap = [np.array([a, v[0]]) for a, v in zip(first, values, strict=True)]
            artists += lines(ax, stable[:1], *gap)
        artists += _points(ax, branch.special, meaning, across, up)
        ax.set(xlabel=meaning.label(across, n), ylabel=meaning.label(up, n))
        flow = meaning.flow
    if artists:
        legend(ax, f"stability for {flow}")
    return artists


def _with_special(branch: "Branch") -> tuple[Array, Array, Array]:
    """States, parameters and stability of the samples and of the special points between them.

    A special point has the stability of the sample after it, so that a line changes there.
    """
    last = len(branch.p) - 1
    between = [point for point in branch.special if 0 <= point.index < last]
    after = [point.index + 1 for point in between]
    if not after:
        return branch.x, branch.p, branch.stable
    return (
        np.insert(branch.x, after, [point.x for point in between], axis=0),
        np.insert(branch.p, after, [point.p for point in between]),
        np.insert(branch.stable, after, branch.stable[after]),
    )


def draw_curve(ax: Any, curve: "Curve", x: Quantity | None, y: Quantity | None) -> list[Any]:
    """One line, special points by kind, one legend; the two parameters span the axes."""
    require_axes(ax)
    meaning, n = curve.meaning, curve.x.shape[1]
    across, up = (q if given is None else given for q, given in zip(
        (meaning.parameter, meaning.second), (x, y), strict=True))  # fmt: skip
    values = [curve.q if q == meaning.second else meaning.values(q, curve.x, curve.p)
              for q in (across, up)]  # fmt: skip
    artists: list[Any] = list(ax.plot(*values, **STABLE, label=f"{curve.kind}s"))
    for point in curve.special:
        at = [
            point.coefficients["q"] if q == meaning.second else _value(meaning, q, point)
            for q in (across, up)
        ]
        artists += marker(ax, point.kind, *at)
    ax.set(xlabel=meaning.label(across, n), ylabel=meaning.label(up, n))
    legend(ax, None)
    return artists


def lines(ax: Any, stable: Array, across: Array, up: Array) -> list[Any]:
    """Runs of one style; each reaches to the next, so that the line has no gaps."""
    edges = [0, *(np.flatnonzero(np.diff(stable)) + 1), len(stable)]
    artists: list[Any] = []
    for low, high in itertools.pairwise(edges):
        run = slice(low, high + 1)
        style, label = (STABLE, "stable") if stable[low] else (UNSTABLE, "unstable")
        artists += ax.plot(across[run], up[run], **style, label=label)
    return artists


def _points(
    ax: Any, points: Iterable["SpecialPoint"], meaning: Meaning, x: Quantity, y: Quantity
) -> list[Any]:
    artists: list[Any] = []
    for point in points:
        artists += marker(ax, point.kind, *(_value(meaning, q, point) for q in (x, y)))
    return artists


def _value(meaning: Meaning, quantity: Quantity, point: "SpecialPoint") -> float:
    return float(meaning.values(quantity, point.x[None], np.array([point.p]))[0])


def marker(ax: Any, kind: str, x: float, y: float) -> list[Any]:
    """One special point, by its kind."""
    of = KINDS[kind]
    face = FILLED if of.codimension > 1 else OPEN
    return list(ax.plot([x], [y], marker=of.marker, mfc=face, **POINT, label=kind))


def legend(ax: Any, title: str | None) -> None:
    """One entry for everything of one name, whatever else has been drawn before."""
    entries: dict[str, Any] = {}
    for handle, label in zip(*ax.get_legend_handles_labels(), strict=True):
        entries.setdefault(label, handle)
    ax.legend(entries.values(), entries.keys(), title=title, fontsize="small")
