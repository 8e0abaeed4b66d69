"""Phase portraits, and branches of orbits, drawn into axes of Matplotlib."""

from typing import TYPE_CHECKING, Any

import numpy as np

from continuation.arrays import Array
from continuation.meaning import Meaning
from continuation.plotting import STABLE, legend, lines, marker, require_axes

if TYPE_CHECKING:
    from continuation.orbits.orbit import OrbitBranch

__all__ = ["draw_orbit", "draw_orbits", "draw_plane"]


def draw_orbit(
    ax: Any, t: Array, x: Array, meaning: Meaning, across: int | str, up: int | str
) -> list[Any]:
    """One closed curve in the plane of two states, or a state against time."""
    require_axes(ax)
    n = x.shape[1]
    names = [q if q == "t" else meaning.label(q, n) for q in (across, up)]
    values = [t if q == "t" else x[:, meaning.index(q, n)] for q in (across, up)]
    ax.set(xlabel=names[0], ylabel=names[1])
    return list(ax.plot(*values, **STABLE))


def draw_orbits(ax: Any, branch: "OrbitBranch", y: int | str) -> list[Any]:
    """Period, or both extremes of a state, against the parameter; special orbits by kind."""
    require_axes(ax)
    meaning, artists = branch.meaning, []
    for values, special in zip(*_heights(branch, y), strict=True):
        artists += lines(ax, branch.stable, branch.p, values)
        for point, height in zip(branch.special, special, strict=True):
            artists += marker(ax, point.kind, point.p, height)
    n = branch.orbits[0].x.shape[1] if len(branch) else 0
    label = y if y == "period" else meaning.label(y, n)
    ax.set(xlabel=meaning.parameter, ylabel=label)
    if artists:
        legend(ax, f"stability for {meaning.flow}")
    return artists


def _heights(branch: "OrbitBranch", y: int | str) -> tuple[list[Array], list[Array]]:
    """What is drawn of orbits, and of special ones: one array, or one for either extreme."""
    groups = (branch.orbits, [point.orbit for point in branch.special])
    if y == "period":
        of, special = (np.array([orbit.period for orbit in group]) for group in groups)
        return [of], [special]
    i = branch.meaning.index(y, branch.orbits[0].x.shape[1])
    low, high = (
        [np.array([extreme(orbit.x[:, i]) for orbit in group]) for group in groups]
        for extreme in (np.min, np.max)
    )
    return [low[0], high[0]], [low[1], high[1]]


def draw_plane(ax: Any, p: Array, q: Array, names: tuple[str, str], label: str) -> list[Any]:
    """A curve in the plane of two parameters."""
    require_axes(ax)
    ax.set(xlabel=names[0], ylabel=names[1])
    artists: list[Any] = list(ax.plot(p, q, **STABLE, label=label))
    legend(ax, None)
    return artists
