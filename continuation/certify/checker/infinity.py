"""Certified sets at infinity: schema, check, statement."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sympy as sp
from flint import arb

from continuation.certify.checker import schema
from continuation.certify.checker.jets import plain
from continuation.certify.checker.limits import NAMES, Limit, Normal, limit_of
from continuation.certify.checker.points import (
    POINT_FIELDS,
    Claim,
    balls,
    inertia,
    loss_of_point,
    require_point,
)
from continuation.certify.checker.problem import Problem, around
from continuation.certify.checker.refusal import require
from continuation.certify.checker.words import at_least, at_most

FIELDS: Mapping[str, schema.Reader] = {
    **POINT_FIELDS,
    "subkind": schema.word("confluence", "linear", "step", "exponential", "corner"),
    "names": schema.rows(schema.word(*sorted(NAMES)), 1, schema.MOST_WEIGHTS),
}

SMOOTH = schema.record(FIELDS)

WITH_JUMPS = schema.record(
    {**FIELDS, "walls": schema.rows(schema.count(0, schema.MOST_ROWS), 1, schema.MOST_WEIGHTS)}
)
"""Of units with bias that become steps: of each jump how many distinct inputs lie below it."""


def INFINITY(value: Any, place: str) -> Any:
    """The schema of the claim, with the places of jumps where there are some."""
    fields = value if isinstance(value, dict) else {}
    given = fields.get("names", ["s"])
    names = [str(name) for name in given] if isinstance(given, list) else []
    steep = any(name.startswith("s") for name in names)
    held = any(name.startswith("half") for name in names)
    return (WITH_JUMPS if steep and (held or "walls" in fields) else SMOOTH)(value, place)


def check_infinity(problem: Problem, claim: Claim) -> arb:
    """A critical point of the limit model, and the signs in the normal coordinates; its loss."""
    limit, subkind = limit_of(problem, claim["names"], claim.get("walls", ()))
    require(claim["subkind"] == subkind, "the end has another name")
    require_point(limit, claim)
    centre = balls(claim["theta"])
    _, _, square, curved = limit.derivatives(centre)
    negative, positive = inertia(square + curved)
    known = dict(zip(limit.symbols, around(centre, arb(claim["radius"])), strict=True))
    _require_values(known)
    falling = [_falls(limit, known, normal) for normal in limit.normals]
    stated = (negative + sum(falling), 0, positive + len(falling) - sum(falling))
    require(claim["inertia"] == stated, "the set has another inertia")
    return loss_of_point(limit, claim)


def state_infinity(claim: Claim) -> str:
    """What `check_infinity` shows."""
    walls = claim.get("walls", ())
    jumps = ", ".join(
        f"at input {wall + 1}" if f"half{k or ''}" in claim["names"] else f"above input {wall}"
        for k, wall in zip((0, *range(2, len(walls) + 1)), walls, strict=False)
    )
    return (
        f"{claim['subkind']} at infinity: one critical point of the limit model within "
        f"{at_most(claim['radius'])} of {', '.join(claim['names'])}, no other within "
        f"{at_least(claim['uniqueness_radius'])}; index {claim['inertia'][0]} with the normal "
        "coordinates" + (f"; jumps {jumps} (inputs in increasing order)" if jumps else "")
    )


def _require_values(known: Mapping[sp.Symbol, arb]) -> None:
    """A unit that becomes steep keeps a value between its limits."""
    for symbol, value in known.items():
        if symbol.name.startswith("half"):
            require(abs(value) < 1, "no unit has this value at a jump")


def _falls(limit: Limit, known: Mapping[sp.Symbol, arb], normal: Normal) -> bool:
    """Whether the loss falls in a normal coordinate: the sign of Σ ω r ∂f."""
    slope = arb(0)
    rows = zip(limit.inputs(), limit.target, limit.noise, limit.weights, strict=True)
    for k, (inputs, target, noise, weight) in enumerate(rows):
        counted = [formula for formula, samples in normal.parts if samples is None or k in samples]
        here = {**known, **inputs}
        for formula in counted:
            residual = plain(limit.formula, here) - target - limit.sigma * noise
            slope += weight * residual * plain(formula, here)
    require(slope < 0 or slope > 0, "the derivative in a normal coordinate may vanish")
    return normal.bends or bool(slope < 0)
