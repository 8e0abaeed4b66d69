"""The diagram of a plane as a value: curves, regions with their graphs, questions to them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from continuation.arrays import Array
from continuation.errors import InvalidInputError
from continuation.exports import Stored
from continuation.landscape.graph import FlowGraph
from continuation.landscape.network import is_number
from continuation.landscape.plane.arrangement import Arrangement
from continuation.landscape.plane.curves import PlaneCurve, PlanePoint
from continuation.landscape.plane.domain import Limits
from continuation.landscape.plane.drawing import draw_plane
from continuation.landscape.plane.loci import SWITCH
from continuation.landscape.plane.merging import divided
from continuation.wording import counted

BESIDE = 1e-9
"""A point on a curve, within a sliver of rounding, belongs to the region this far beside it."""


@dataclass(frozen=True, eq=False)
class Region:
    """A part of the plane in which the graph keeps its form.

    Attributes
    ----------
    number : int
        By decreasing area.
    at : (float, float)
        (x, y) where the graph was computed, far from all curves.
    area : float
        Share of the plane.
    graph : FlowGraph or None
        None where time did not suffice, or the region is too narrow to have one computed.
    note : str
        Why there is none, or what was seen elsewhere in the region.
    """

    number: int
    at: tuple[float, float]
    area: float
    graph: FlowGraph | None
    note: str = ""

    @property
    def attractors(self) -> int | None:
        """Number of attracting sets; None without a graph."""
        return None if self.graph is None else len(self.graph.attractors)

    @property
    def saddles(self) -> int | None:
        """Number of sets that repel, those at infinity included; None without a graph."""
        if self.graph is None:
            return None
        nodes = self.graph.nx.nodes(data=True)
        return sum(node["found_by"] == "search" and not node["attracting"] for _, node in nodes)

    @property
    def overfitting_attractors(self) -> int | None:
        """Number of attracting sets of the overfitting region; None without a graph."""
        if self.graph is None:
            return None
        nodes = self.graph.nx.nodes
        return sum(nodes[label]["region"] == "overfitting" for label in self.graph.attractors)


@dataclass(frozen=True, eq=False)
class Regions(Sequence[Region]):
    """The regions of a plane, by decreasing area."""

    items: tuple[Region, ...]

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, index: Any) -> Any:
        found = self.items[index]
        return Regions(found) if isinstance(index, slice) else found

    def __iter__(self) -> Iterator[Region]:
        return iter(self.items)

    def where(self, condition: Callable[[FlowGraph], bool]) -> Regions:
        """The regions whose graph fulfils a condition.

        Parameters
        ----------
        condition : callable
            FlowGraph ↦ bool, as in ``where(lambda graph: len(graph.attractors) == 1)``.
        """
        kept = (r for r in self.items if r.graph is not None and condition(r.graph))
        return Regions(tuple(kept))

    @property
    def area(self) -> float:
        """Their share of the plane."""
        return float(sum(region.area for region in self.items))

    def __repr__(self) -> str:
        return f"Regions({len(self)} with {100 * self.area:.4g} % of the plane)"


@dataclass(frozen=True, eq=False)
class PlaneDiagram(Stored):
    """The landscape of one data set in the plane of two parameters.

    Attributes
    ----------
    x, y : str
        The parameters.
    limits : pair of (float, float)
        Of x, and of y.
    curves : tuple of PlaneCurve
        Where the landscape changes.
    crossings : tuple of PlanePoint
        Where two of them cross.
    regions : Regions
        Between them.
    lines : tuple of float
        Values of the harder parameter at which all sets were followed along the other one.
    complete : bool
        Whether everything that was asked for was done; else the notes say what was not.
    notes : tuple of str
        What is known to be missing, and why.
    """

    x: str
    y: str
    limits: Limits
    curves: tuple[PlaneCurve, ...] = field(repr=False)
    crossings: tuple[PlanePoint, ...] = field(repr=False)
    regions: Regions = field(repr=False)
    lines: tuple[float, ...] = field(repr=False)
    complete: bool
    notes: tuple[str, ...] = field(repr=False, default=())

    def __repr__(self) -> str:
        kinds = Counter(curve.kind for curve in self.curves)
        many = {SWITCH: "switches"}
        met = ", ".join(f"{n} of {many.get(k, f'{k}s')}" for k, n in kinds.items()) or "none"
        state = "" if self.complete else "; not complete"
        regions = counted(len(self.regions), "region")
        return f"PlaneDiagram({self.x} × {self.y}, {regions}, curves: {met}{state})"

    @property
    def special(self) -> tuple[PlanePoint, ...]:
        """Points of codimension two on the curves: cusps and others."""
        return tuple(point for curve in self.curves for point in curve.special)

    @cached_property
    def arrangement(self) -> Arrangement:
        """The plane in units of its limits, cut by the curves."""
        return divided([self._square(curve.points) for curve in self.curves])

    @cached_property
    def region_of_face(self) -> dict[int, Region]:
        """The region that each face of the arrangement is."""
        faces = self.arrangement
        # slivers of rounding have no place of their own: the larger region comes last and stays
        small_first = reversed(self.regions.items)
        return {faces.face_at(self._square(np.array(r.at))): r for r in small_first}

    def region_at(self, x: float, y: float) -> Region:
        """The region around a point, by the curves that separate it from others.

        Raises
        ------
        InvalidInputError
            For a point that is none of the plane.
        """
        for name, value, (low, high) in zip((self.x, self.y), (x, y), self.limits, strict=True):
            if not (is_number(value) and low <= value <= high):
                raise InvalidInputError(f"{name} = {value!r} is outside {low:g} to {high:g}")
        at, known = self._square(np.array([x, y], dtype=np.float64)), self.region_of_face
        faces = self.arrangement.faces_at(at + np.array([[0, 0], [0, 1], [0, -1]]) * BESIDE)
        return known[next(int(face) for face in faces if int(face) in known)]

    def graph_at(self, x: float, y: float) -> FlowGraph | None:
        """The graph of the region around a point; errors as `region_at`."""
        return self.region_at(x, y).graph

    def plot(self, ax: Any) -> list[Any]:
        """Draw regions by the number of overfitting attractors, and curves by kind.

        Parameters
        ----------
        ax : matplotlib.axes.Axes

        Returns
        -------
        list of artists
        """
        return draw_plane(ax, self)

    def from_square(self, points: Array) -> Array:
        """Points (..., 2) of the arrangement in units of the parameters."""
        low, high = np.array(self.limits).T
        return np.asarray(low + points * (high - low))

    def _square(self, points: Array) -> Array:
        low, high = np.array(self.limits).T
        return np.asarray((points - low) / (high - low))
