"""All critical sets that were found of a loss, with what is known about completeness."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, overload

from continuation.exports import Table, listed
from continuation.landscape.network import REGIONS, Conditions, Units
from continuation.landscape.sets.critical_sets import CriticalSet
from continuation.landscape.sets.saturation import Saturation
from continuation.wording import counted

COLUMNS = (
    "set", "region", "why_unlabelled", "index", "attracts", "loss", "excess_risk", "orbit",
    "error", "kind", "subkind", "nullity", "limit",
)  # fmt: skip
"""Of a table of sets, before the names of the weights."""


@dataclass(frozen=True, eq=False)
class CriticalSets(Sequence[CriticalSet]):
    """All critical sets found, in order of loss, with what is known about completeness.

    Attributes
    ----------
    sets : tuple of CriticalSet
    notes : tuple of str
        What is complete, what is not, and why.
    complete : bool
        Whether the Euler count confirms the list on the range of weights that the notes state, and
        no degenerate point was left out. A strong test, no proof: a point and its partner of a fold
        may be missing. False also where no count exists.
    euler_count : int or None
        Σ (−1)^index over the compactified simplex 0 ≤ w₁ ≤ … ≤ w_H ≤ W, for a network of layers
        under weight decay over all its points and their images; 1 for a complete list. None where
        the count is not defined.
    saturation : tuple of Saturation
        What supports completeness where there is no count: one for each width that was searched
        from repeated starts.
    """

    sets: tuple[CriticalSet, ...]
    notes: tuple[str, ...] = ()
    complete: bool = False
    euler_count: int | None = None
    saturation: tuple[Saturation, ...] = ()

    @overload
    def __getitem__(self, key: int) -> CriticalSet: ...

    @overload
    def __getitem__(self, key: slice) -> Sequence[CriticalSet]: ...

    def __getitem__(self, key: int | slice) -> CriticalSet | Sequence[CriticalSet]:
        return self.sets[key]

    def __len__(self) -> int:
        return len(self.sets)

    def __iter__(self) -> Iterator[CriticalSet]:
        return iter(self.sets)

    @property
    def conditions(self) -> Conditions:
        """Those under which the sets were found; `Conditions()` where there is none."""
        return next((one.conditions for one in self.sets), Conditions())

    @property
    def attractors(self) -> tuple[CriticalSet, ...]:
        """The attracting sets: points, lines and sets at infinity."""
        return tuple(s for s in self.sets if s.attracting)

    def rescaled(self, units: Units) -> CriticalSets:
        """The same sets, given in `units`, in the ones that these are multiples of."""
        note = f"searched with x in units of {units.x:g} and y in units of {units.y:g}"
        sets = tuple(one.rescaled(units) for one in self.sets)
        return replace(self, sets=sets, notes=(*self.notes, note))

    def rows(self) -> tuple[dict[str, Any], ...]:
        """One row a set, for tables: `COLUMNS`, and the weights by name where they are finite."""
        return tuple(map(_row, self.sets))

    def to_dataframe(self) -> Table:
        """One row a set, with the columns of `python -m continuation points --csv`."""
        names = (name for one in self.sets for name in one.model.parameter_names)
        return listed(self.rows(), (*COLUMNS, *names))

    def __repr__(self) -> str:
        count = "" if self.euler_count is None else f", Euler count {self.euler_count}"
        return (
            f"CriticalSets({counted(len(self), 'set')}, {len(self.attractors)} attracting{count})"
        )


def _row(critical: CriticalSet) -> dict[str, Any]:
    weights = () if critical.theta is None else critical.theta.tolist()
    return {
        "set": critical.label,
        "region": critical.region,
        "why_unlabelled": _why_unlabelled(critical),
        "index": critical.index,
        "attracts": critical.attracting,
        "loss": critical.loss,
        "excess_risk": critical.excess_risk,
        "orbit": critical.orbit_size,
        "error": critical.largest_error,
        "kind": critical.kind,
        "subkind": critical.subkind,
        "nullity": critical.inertia[1],
        "limit": None if critical.limit is None else critical.limit.text(),
        **dict(zip(critical.model.parameter_names, weights, strict=False)),
    }


def _why_unlabelled(critical: CriticalSet) -> str | None:
    if critical.region != "unlabelled":
        return None
    if not REGIONS.holds(critical.model):
        return REGIONS.reason
    if critical.conditions.decays and critical.conditions.noise == 0.0:
        return "weight decay moves the optimum, and there is no noise with which it could fall"
    return "not followed to zero noise: the time was over"
