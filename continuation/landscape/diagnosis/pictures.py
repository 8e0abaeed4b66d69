"""A picture of the network function, with those of the sets that it is near to and runs to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from continuation.landscape.sets import CriticalSet
from continuation.plotting import require_axes

if TYPE_CHECKING:
    from continuation.landscape.diagnosis.location import Location

GRID = 400
"""Inputs at which functions are drawn."""

MARGIN = 0.05
"""Functions are drawn so far beyond the data, relative to their range."""


def drawn(location: Location, ax: Any) -> list[Any]:
    """The content of `Location.plot`."""
    require_axes(ax)
    data, model = location.loss_of.data, location.loss_of.model
    one = data.inputs == data.outputs == model.outputs == 1
    artists = _over_input(location, ax) if one else _over_targets(location, ax)
    ax.set(xlabel="x" if one else "target", ylabel="f(x)")
    ax.legend()
    return artists


def _over_input(location: Location, ax: Any) -> list[Any]:
    loss = location.loss_of
    margin = MARGIN * np.ptp(loss.data.x)
    x = np.linspace(loss.data.x.min() - margin, loss.data.x.max() + margin, GRID)
    artists = ax.plot(loss.data.x, location.targets, ".", color="0.6", label="data", zorder=1)
    artists += ax.plot(x, loss.predict(location.theta, x), label=_now(location))
    for label, found in _shown(location):
        artists += ax.plot(x, found.outputs(x), "--", label=label)
    return list(artists)


def _over_targets(location: Location, ax: Any) -> list[Any]:
    """Each output over its target, or all of them over the label of the sample."""
    loss, targets = location.loss_of, location.targets.ravel()
    rows = [(_now(location), loss.predict(location.theta, loss.data.x))]
    rows += [(label, found.outputs(loss.data.x)) for label, found in _shown(location)]
    artists: list[Any] = []
    for label, outputs in rows:
        artists += ax.plot(targets, outputs.reshape(targets.size, -1), ".", label=label)
    return artists


def _now(location: Location) -> str:
    return f"now, loss {location.loss:.4g}"


def _shown(location: Location) -> Iterator[tuple[str, CriticalSet]]:
    """The nearest set and the one in which the flow ends, if they are two."""
    nearest, basin = location.nearest, location.basin
    if nearest is not None and not location.ends_at_nearest:
        yield f"near {nearest.label}, loss {nearest.loss:.4g}", nearest
    if basin is not None:
        yield f"ends in {basin.label}, loss {basin.loss:.4g}", basin
