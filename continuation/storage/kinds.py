"""Results of commands as values: what every file holds, and what each kind has besides."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

import xarray as xr

from continuation import landscape
from continuation.errors import InvalidInputError
from continuation.storage.sets import branch_from_arrays, branch_to_arrays

if TYPE_CHECKING:
    from continuation.certify import Certificate
    from continuation.landscape import (
        Basins,
        CriticalSets,
        Evolution,
        FlowGraph,
        Loss,
        PassageTimes,
        PhasePlane,
        PlaneDiagram,
        SetBranch,
    )
    from continuation.landscape.network import Axis

GRAPH = "graph"
"""Attribute that holds the graph as JSON; empty in files of other kinds."""


@dataclass(frozen=True, eq=False)
class Result:
    """What the results of all commands have; those of `points` have nothing else.

    Attributes
    ----------
    loss : Loss
        Model and data.
    settings : mapping
        Noise, size, weight decay, seed, … as given: strings and numbers.
    axes : tuple of two Axis
        Names and scales of x and y.
    sets : CriticalSets
        In an evolution the starts of its strands, see `strand_sets`.
    certificates : tuple of Certificate
        Of the sets, and of the basins that the connections of a graph end in.
    verified : bool
        False if it comes from a file that was written before checksums.
    edited : tuple of str
        Fields that were changed on purpose after they were computed.
    """

    loss: Loss
    settings: Mapping[str, float | int | str | None]
    axes: tuple[Axis, Axis]
    sets: CriticalSets
    certificates: tuple[Certificate, ...] = ()
    verified: bool = True
    edited: tuple[str, ...] = ()

    kind: ClassVar[str] = "points"
    """What was computed: a key of `RESULTS`."""

    def __post_init__(self) -> None:
        if len(self.axes) != 2:
            raise InvalidInputError(
                f"axes must be two Axis, names and scales of x and y, not {len(self.axes)}"
            )

    @property
    def reservations(self) -> tuple[str, ...]:
        """What stands between this result and what was computed, in words."""
        unverified = () if self.verified else ("not verified: written before checksums",)
        edited = (f"edited on purpose: {', '.join(self.edited)}",) if self.edited else ()
        return unverified + edited


@dataclass(frozen=True, eq=False, kw_only=True)
class BranchResult(Result):
    """Of `branch`: one set followed in a parameter."""

    branch: SetBranch
    kind: ClassVar[str] = "branch"


@dataclass(frozen=True, eq=False, kw_only=True)
class GraphResult(Result):
    """Of `graph`: the sets and the flows between them."""

    graph: FlowGraph
    kind: ClassVar[str] = "graph"


@dataclass(frozen=True, eq=False, kw_only=True)
class EvolutionResult(Result):
    """Of `evolve`: the whole landscape along a parameter."""

    evolution: Evolution
    kind: ClassVar[str] = "evolution"


@dataclass(frozen=True, eq=False, kw_only=True)
class BasinsResult(Result):
    """Of `basins`: where random starts end, and how long they stay near saddles."""

    basins: Basins
    passages: tuple[PassageTimes, ...] = ()
    kind: ClassVar[str] = "basins"


@dataclass(frozen=True, eq=False, kw_only=True)
class PhaseResult(Result):
    """Of `phase`: a phase plane."""

    phase: PhasePlane
    kind: ClassVar[str] = "phase"


@dataclass(frozen=True, eq=False, kw_only=True)
class PlaneResult(Result):
    """Of `plane`: the landscape in the plane of two parameters."""

    plane: PlaneDiagram
    kind: ClassVar[str] = "plane"


@dataclass(frozen=True)
class FileKind:
    """How results of a kind lie in a file, beside what all have.

    Attributes
    ----------
    of : type of Result
    to_arrays : callable
        result ↦ Dataset.
    fields : callable
        (Dataset, sets) ↦ the fields that this kind has besides; inverse of `to_arrays`.
    """

    of: type[Result]
    to_arrays: Callable[[Any], xr.Dataset]
    fields: Callable[[xr.Dataset, CriticalSets], dict[str, Any]]


def _in(module: str) -> Any:
    """A module of this room; each rests on a part of the landscape that other results need not."""
    return import_module(f"continuation.storage.{module}")


RESULTS: Mapping[str, FileKind] = MappingProxyType({
    "points": FileKind(Result, lambda _: xr.Dataset(), lambda data, sets: {}),
    "branch": FileKind(
        BranchResult,
        lambda result: branch_to_arrays(result.branch),
        lambda data, sets: {"branch": branch_from_arrays(data, sets)},
    ),
    "graph": FileKind(
        GraphResult,
        lambda result: xr.Dataset(attrs={GRAPH: result.graph.to_json()}),
        lambda data, sets: {"graph": landscape.FlowGraph.from_json(data.attrs[GRAPH])},
    ),
    "evolution": FileKind(
        EvolutionResult,
        lambda result: _in("evolutions").evolution_to_arrays(result.evolution),
        lambda data, sets: {"evolution": _in("evolutions").evolution_from_arrays(data, sets)},
    ),
    "basins": FileKind(
        BasinsResult,
        lambda result: _in("flows").basins_to_arrays(result.basins, result.passages),
        lambda data, sets: dict(
            zip(("basins", "passages"), _in("flows").basins_from_arrays(data), strict=True)
        ),
    ),
    "plane": FileKind(
        PlaneResult,
        lambda result: _in("planes").plane_to_arrays(result.plane),
        lambda data, sets: {"plane": _in("planes").plane_from_arrays(data)},
    ),
    "phase": FileKind(
        PhaseResult,
        lambda result: _in("flows").phase_to_arrays(result.phase),
        lambda data, sets: {"phase": _in("flows").phase_from_arrays(data)},
    ),
})  # fmt: skip
"""By what a file says it holds."""
