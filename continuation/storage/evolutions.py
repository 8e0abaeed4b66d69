"""Evolutions as labelled arrays, and back, without loss.

Rows of all strands stand one after the other along "evolution_row"; the sets that the strands
started from are those of the result, in the same order. Events, switches and graphs are JSON.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from continuation.landscape import CriticalSets, Event, Evolution, FlowGraph, Interval
from continuation.landscape.evolution import End, Strand, Switch
from continuation.storage.netcdf import to_json

ROW_FIELDS = ("state", "theta", "signs")
"""Arrays of a strand with a row for every value of the parameter."""

ROW = "evolution_row"

NOT_FINITE = {"nan": float("nan"), "inf": float("inf")}
"""Texts that stand for numbers that JSON does not know."""


def evolution_to_arrays(evolution: Evolution) -> xr.Dataset:
    """Rows of all strands, and the rest as one document."""
    strands = evolution.strands
    owner = np.concatenate([np.full(s.p.size, k) for k, s in enumerate(strands)])
    variables: dict[str, Any] = {
        "evolution_strand": (ROW, owner),
        "evolution_p": (ROW, np.concatenate([s.p for s in strands])),
        "evolution_loss": (ROW, np.concatenate([s.loss for s in strands])),
    }
    for name in ROW_FIELDS:
        rows = [getattr(s, name) for s in strands]
        variables[f"evolution_{name}"] = ((ROW, f"evolution_{name}_entry"), _stacked(rows))
    document = {
        "parameter": evolution.parameter,
        "limits": list(evolution.limits),
        "ends": [[asdict(s.lower), asdict(s.upper)] for s in strands],
        "singular": [s.singular.tolist() for s in strands],
        "widths": [[getattr(s, name).shape[1] for name in ROW_FIELDS] for s in strands],
        "events": [_finite(asdict(event)) for event in evolution.events],
        "switches": [_finite(asdict(switch)) for switch in evolution.switches],
        "intervals": [
            {"lower": i.lower, "upper": i.upper, "at": i.at, "graph": i.graph.to_json()}
            for i in evolution.intervals
        ],
        "searched_at": list(evolution.searched_at),
        "notes": list(evolution.notes),
    }
    return xr.Dataset(variables, attrs={"evolution": to_json(document)})


def evolution_from_arrays(data: xr.Dataset, sets: CriticalSets) -> Evolution:
    """Inverse of `evolution_to_arrays`; `sets` holds the starts of the strands, in order."""
    record = json.loads(data.attrs["evolution"])
    owner = data["evolution_strand"].to_numpy()
    strands = tuple(
        _strand(data, sets, k, np.flatnonzero(owner == k), record) for k in range(len(sets))
    )
    low, high = record["limits"]
    return Evolution(
        record["parameter"],
        (low, high),
        strands,
        tuple(Event(**_tuples(_restored(event))) for event in record["events"]),
        tuple(Switch(**_tuples(_restored(switch))) for switch in record["switches"]),
        tuple(
            Interval(i["lower"], i["upper"], i["at"], FlowGraph.from_json(i["graph"]))
            for i in record["intervals"]
        ),
        tuple(record["searched_at"]),
        tuple(record["notes"]),
    )


def strand_sets(evolution: Evolution) -> CriticalSets:
    """The starts of the strands, in order, as the sets of a result.

    Examples
    --------
    >>> from continuation.landscape import Dataset, Loss, evolve
    >>> from continuation.storage import strand_sets
    >>> from symbolic import single_unit
    >>> loss = Loss(single_unit(), Dataset.sample(single_unit(), n=20, seed=0))
    >>> evolution = evolve(loss, "noise", (0.1, 0.2))
    >>> len(strand_sets(evolution)) == len(evolution.strands)
    True
    """
    return CriticalSets(tuple(s.set for s in evolution.strands), evolution.notes)


def _strand(
    data: xr.Dataset,
    sets: CriticalSets,
    k: int,
    rows: NDArray[np.intp],
    record: Mapping[str, Any],
) -> Strand:
    columns = {
        name: data[f"evolution_{name}"].to_numpy()[rows, :width]
        for name, width in zip(ROW_FIELDS, record["widths"][k], strict=True)
    }
    lower, upper = (End(**end) for end in record["ends"][k])
    p, loss = (data[f"evolution_{name}"].to_numpy()[rows] for name in ("p", "loss"))
    signs = columns["signs"].astype(np.int64)
    singular = np.array(record["singular"][k], dtype=np.float64)
    label, found, state, theta = sets[k].label, sets[k], columns["state"], columns["theta"]
    return Strand(label, found, p, state, theta, loss, signs, lower, upper, singular)


def _stacked(rows: Sequence[NDArray[Any]]) -> NDArray[np.float64]:
    """Blocks (m_k, w_k) below each other, filled with NaN to the widest."""
    out = np.full((sum(map(len, rows)), max(block.shape[1] for block in rows)), np.nan)
    start = 0
    for block in rows:
        out[start : start + len(block), : block.shape[1]] = block
        start += len(block)
    return out


def _finite(record: dict[str, Any]) -> dict[str, Any]:
    """Numbers that are not finite as texts."""
    return {
        name: str(value) if isinstance(value, float) and not np.isfinite(value) else value
        for name, value in record.items()
    }


def _restored(record: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: NOT_FINITE[value] if name in ("error", "coarser", "speed") and value in NOT_FINITE
        else value
        for name, value in record.items()
    }  # fmt: skip


def _tuples(record: Mapping[str, Any]) -> dict[str, Any]:
    return {k: tuple(v) if isinstance(v, list) else v for k, v in record.items()}
