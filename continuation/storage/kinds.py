"""Results of commands as values: what every file holds, and what each kind has besides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, ClassVar

import xarray as xr

from continuation.certify.certificate import Certificate
from continuation.landscape import (
    Basins,
    CriticalSets,
    Evolution,
    FlowGraph,
    Loss,
    PassageTimes,
    PhasePlane,
    SetBranch,
)
from continuation.landscape.network import Axis
from continuation.storage.evolutions import evolution_from_arrays, evolution_to_arrays
from continuation.storage.flows import (
    basins_from_arrays,
    basins_to_arrays,
    phase_from_arrays,
    phase_to_arrays,
)
from continuation.storage.sets import branch_from_arrays, branch_to_arrays

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

    @property
    def reservations(self) -> tuple[str, ...]:
        """What stands between this result and what was computed, in words."""
        unverified = () if self.verified else ("not verified: written before checksums",)
        edited = (f"edited on purpose: {', '.join(self.edited)}",) if self.edited else ()
        return unverified + edited

    def to_arrays(self) -> xr.Dataset:
        """What this kind has besides, for a file."""
        return xr.Dataset()

    @classmethod
    def from_arrays(cls, data: xr.Dataset, sets: CriticalSets) -> dict[str, Any]:
        """Fields that this kind has besides; inverse of `to_arrays`."""
        return {}


@dataclass(frozen=True, eq=False, kw_only=True)
class BranchResult(Result):
    """Of `branch`: one set followed in a parameter."""

    branch: SetBranch
    kind: ClassVar[str] = "branch"

    def to_arrays(self) -> xr.Dataset:
        """The branch."""
        return branch_to_arrays(self.branch)

    @classmethod
    def from_arrays(cls, data: xr.Dataset, sets: CriticalSets) -> dict[str, Any]:
        """The branch."""
        return {"branch": branch_from_arrays(data, sets)}


@dataclass(frozen=True, eq=False, kw_only=True)
class GraphResult(Result):
    """Of `graph`: the sets and the flows between them."""

    graph: FlowGraph
    kind: ClassVar[str] = "graph"

    def to_arrays(self) -> xr.Dataset:
        """The graph, as an attribute."""
        return xr.Dataset(attrs={GRAPH: self.graph.to_json()})

    @classmethod
    def from_arrays(cls, data: xr.Dataset, sets: CriticalSets) -> dict[str, Any]:
        """The graph."""
        return {"graph": FlowGraph.from_json(data.attrs[GRAPH])}


@dataclass(frozen=True, eq=False, kw_only=True)
class EvolutionResult(Result):
    """Of `evolve`: the whole landscape along a parameter."""

    evolution: Evolution
    kind: ClassVar[str] = "evolution"

    def to_arrays(self) -> xr.Dataset:
        """The evolution."""
        return evolution_to_arrays(self.evolution)

    @classmethod
    def from_arrays(cls, data: xr.Dataset, sets: CriticalSets) -> dict[str, Any]:
        """The evolution."""
        return {"evolution": evolution_from_arrays(data, sets)}


@dataclass(frozen=True, eq=False, kw_only=True)
class BasinsResult(Result):
    """Of `basins`: where random starts end, and how long they stay near saddles."""

    basins: Basins
    passages: tuple[PassageTimes, ...] = ()
    kind: ClassVar[str] = "basins"

    def to_arrays(self) -> xr.Dataset:
        """Basins and passages."""
        return basins_to_arrays(self.basins, self.passages)

    @classmethod
    def from_arrays(cls, data: xr.Dataset, sets: CriticalSets) -> dict[str, Any]:
        """Basins and passages."""
        basins, passages = basins_from_arrays(data)
        return {"basins": basins, "passages": passages}


@dataclass(frozen=True, eq=False, kw_only=True)
class PhaseResult(Result):
    """Of `phase`: a phase plane."""

    phase: PhasePlane
    kind: ClassVar[str] = "phase"

    def to_arrays(self) -> xr.Dataset:
        """The plane."""
        return phase_to_arrays(self.phase)

    @classmethod
    def from_arrays(cls, data: xr.Dataset, sets: CriticalSets) -> dict[str, Any]:
        """The plane."""
        return {"phase": phase_from_arrays(data)}


RESULTS: Mapping[str, type[Result]] = MappingProxyType({
    of.kind: of
    for of in (Result, BranchResult, GraphResult, EvolutionResult, BasinsResult, PhaseResult)
})  # fmt: skip
"""By what a file says it holds."""
