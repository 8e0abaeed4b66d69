"""A location as numbers, texts and lists, ready for JSON."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from continuation.arrays import Array
from continuation.landscape.diagnosis.channels import Channel
from continuation.landscape.diagnosis.redundancy import shown_by
from continuation.landscape.diagnosis.saddles import SaddlePassage
from continuation.landscape.sets import CriticalSet

if TYPE_CHECKING:
    from continuation.landscape.diagnosis.location import Location

AS_IT_IS = (
    "stage", "loss", "gradient_norm", "gradient_scale", "gradient_error", "eigenvalue_error",
    "distance", "decided", "ends_at_nearest", "method", "text",
)  # fmt: skip
FLOW = ("status", "duration", "message")
"""Attributes that are numbers and texts already, of the location and of its flow."""


def plain(location: Location) -> dict[str, Any]:
    """The content of `Location.to_dict`."""
    flow, along = location.flow, location.direction
    return _finite({
        **{name: getattr(location, name) for name in AS_IT_IS},
        "conditions": vars(location.conditions),
        "theta": location.theta.tolist(),
        "index": location.index,
        "inertia": None if location.inertia is None else list(location.inertia),
        "eigenvalues": location.eigenvalues.tolist(),
        "direction": None if along is None else along.tolist(),
        "nearest": _set(location.nearest, location.nearest_theta),
        "basin": _set(location.basin, None if flow is None else flow.representative),
        "flow": None if flow is None else {name: getattr(flow, name) for name in FLOW},
        "passage": _passage(location.passage),
        "channel": _channel(location.channel),
        "embeddings": [vars(one) | {"units": list(one.units)} for one in location.embeddings],
        "unanswered": list(location.unanswered),
    })  # fmt: skip


def _set(found: CriticalSet | None, theta: Array | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {
        "label": found.label,
        "kind": found.kind,
        "subkind": found.subkind,
        "region": found.region,
        "index": int(found.index),
        "attracting": bool(found.attracting),
        "dimension": int(found.dimension),
        "smaller": [
            vars(one) | {"units": list(one.units)}
            for one in (() if theta is None else shown_by(found.model, theta))
        ],
        "loss": float(found.loss),
        "theta": None if found.theta is None else found.theta.tolist(),
        "limit": None if found.limit is None else found.limit.to_dict(),
    }


def _passage(passage: SaddlePassage | None) -> dict[str, Any] | None:
    if passage is None:
        return None
    return {
        "saddle": passage.saddle.label,
        "theta": passage.theta.tolist(),
        "distance": passage.distance,
        "radius": passage.radius,
        "rates": passage.rates.tolist(),
        "time": passage.time,
        "flow_time": passage.flow_time,
        "direction": passage.direction.tolist(),
    }


def _channel(channel: Channel | None) -> dict[str, Any] | None:
    if channel is None:
        return None
    return {
        "end": channel.end.label,
        "subkind": channel.subkind,
        "units": [list(group) for group in channel.units],
        "limit": channel.limit.to_dict(),
        "function_gap": channel.function_gap,
        "loss_gap": channel.loss_gap,
        "law": None if channel.law is None else vars(channel.law),
    }


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _finite(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_finite(one) for one in value]
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    return value
