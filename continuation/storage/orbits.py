"""Periodic and connecting orbits as arrays by name, and back, without loss.

Orbits have nodes of their own: those of all lie one after the other, with the number of each.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from continuation.meaning import Meaning
from continuation.orbits import (
    Connection,
    ConnectionBranch,
    Orbit,
    OrbitBranch,
    OrbitCurve,
    SpecialOrbit,
)
from continuation.storage.branches import Parts, prefixed, under

ROWS = " rows"
"""Suffix of the array that says how many rows each record has."""


@dataclass(frozen=True)
class Layout:
    """Fields of a record, but for its meaning.

    Attributes
    ----------
    of : type
    ragged : tuple of str
        Arrays whose length differs from record to record.
    even : tuple of str
        Numbers, and arrays of one shape.
    """

    of: type
    ragged: tuple[str, ...]
    even: tuple[str, ...]

    def to_arrays(self, records: Sequence[Any]) -> dict[str, Any]:
        """All records together."""
        arrays: dict[str, Any] = {name: np.array([getattr(r, name) for r in records])
                                  for name in self.even}  # fmt: skip
        for name in self.ragged:
            parts = [getattr(r, name) for r in records]
            arrays[name] = np.concatenate(parts) if parts else np.zeros(0)
            arrays[name + ROWS] = np.array([len(part) for part in parts], dtype=int)
        return arrays

    def from_arrays(self, arrays: Mapping[str, Any], meaning: Meaning) -> tuple[Any, ...]:
        """Inverse of `to_arrays`."""
        ragged = {
            name: np.split(arrays[name], np.cumsum(arrays[name + ROWS])[:-1])
            for name in self.ragged
        }
        return tuple(
            self.of(
                **{name: _plain(arrays[name][i]) for name in self.even},
                **{name: parts[i] for name, parts in ragged.items()},
                meaning=meaning,
            )
            for i in range(len(arrays[self.even[0]]))
        )


ORBIT = Layout(Orbit, ("t", "x", "mesh"), ("p", "period", "degree", "error", "multipliers"))
CONNECTION = Layout(
    Connection, ("t", "x"), ("p", "q", "duration", "error", "truncation", "source", "target")
)
SPECIAL = ("kind", "coefficients", "located", "status", "residual", "index")
"""What of a special orbit is no array."""


def _plain(value: Any) -> Any:
    return value.item() if np.ndim(value) == 0 else value


def branch_to_parts(branch: OrbitBranch) -> Parts:
    """Orbits, special orbits, and the rest as a JSON document."""
    arrays, _ = prefixed("orbit ", ORBIT.to_arrays(branch.orbits), {})
    special = branch.special
    arrays |= prefixed("special ", ORBIT.to_arrays([q.orbit for q in special]), {})[0]
    for i, point in enumerate(special):
        arrays |= {f"vector {i}": point.vector, f"slopes {i}": point.slopes}
        arrays |= {} if point.saddle is None else {f"saddle {i}": point.saddle}
    listed = [{name: getattr(q, name) for name in SPECIAL} for q in special]
    return arrays, {"special": listed} | _ending(branch, branch.orbits)


def branch_from_parts(arrays: Mapping[str, Any], document: Mapping[str, Any]) -> OrbitBranch:
    """Inverse of `branch_to_parts`."""
    meaning, own = _meanings(document)
    orbits = ORBIT.from_arrays(under("special ", arrays), own)
    special = [
        SpecialOrbit(
            **entry, orbit=orbits[i], vector=arrays[f"vector {i}"], slopes=arrays[f"slopes {i}"],
            saddle=arrays.get(f"saddle {i}"), meaning=own,
        )
        for i, entry in enumerate(document["special"])
    ]  # fmt: skip
    return OrbitBranch(
        ORBIT.from_arrays(under("orbit ", arrays), own), tuple(special),
        document["stop_reason"], document["message"], meaning,
    )  # fmt: skip


def curve_to_parts(curve: OrbitCurve) -> Parts:
    """Orbits along a curve in two parameters."""
    arrays, _ = prefixed("orbit ", ORBIT.to_arrays(curve.orbits), {})
    rest = {"kind": curve.kind} | _ending(curve, curve.orbits)
    return arrays | {"q": curve.q, "angle": curve.angle, "unfolding": curve.unfolding}, rest


def curve_from_parts(arrays: Mapping[str, Any], document: Mapping[str, Any]) -> OrbitCurve:
    """Inverse of `curve_to_parts`."""
    meaning, own = _meanings(document)
    return OrbitCurve(
        ORBIT.from_arrays(under("orbit ", arrays), own), arrays["q"], arrays["angle"],
        arrays["unfolding"], document["kind"], document["stop_reason"], document["message"],
        meaning,
    )  # fmt: skip


def connections_to_parts(branch: ConnectionBranch) -> Parts:
    """Connections along a curve."""
    rest = {"codimension": branch.codimension} | _ending(branch, branch.orbits)
    return CONNECTION.to_arrays(branch.orbits), rest


def connections_from_parts(
    arrays: Mapping[str, Any], document: Mapping[str, Any]
) -> ConnectionBranch:
    """Inverse of `connections_to_parts`."""
    meaning, own = _meanings(document)
    return ConnectionBranch(
        CONNECTION.from_arrays(arrays, own), document["codimension"], document["stop_reason"],
        document["message"], meaning,
    )  # fmt: skip


def one_to_parts(record: Orbit | Connection) -> Parts:
    """One orbit of either kind."""
    layout = ORBIT if isinstance(record, Orbit) else CONNECTION
    return layout.to_arrays([record]), {"meaning": record.meaning.to_dict()}


def orbit_from_parts(arrays: Mapping[str, Any], document: Mapping[str, Any]) -> Orbit:
    """Inverse of `one_to_parts`."""
    found: tuple[Orbit, ...] = ORBIT.from_arrays(arrays, Meaning.from_dict(document["meaning"]))
    return found[0]


def connection_from_parts(arrays: Mapping[str, Any], document: Mapping[str, Any]) -> Connection:
    """Inverse of `one_to_parts`."""
    meaning = Meaning.from_dict(document["meaning"])
    found: tuple[Connection, ...] = CONNECTION.from_arrays(arrays, meaning)
    return found[0]


def _ending(result: Any, orbits: Sequence[Any]) -> dict[str, Any]:
    """Why a run ended, and what the numbers mean, of the whole and of each orbit."""
    own = orbits[0].meaning if orbits else result.meaning
    return {
        "stop_reason": result.stop_reason, "message": result.message,
        "meaning": result.meaning.to_dict(), "meaning of orbits": own.to_dict(),
    }  # fmt: skip


def _meanings(document: Mapping[str, Any]) -> tuple[Meaning, Meaning]:
    whole, own = (Meaning.from_dict(document[name]) for name in ("meaning", "meaning of orbits"))
    return whole, own
