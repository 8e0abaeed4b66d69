"""Special points of a curve in two parameters: looked for, judged, and put in the user's units."""

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache

import numpy as np

from continuation.arrays import Array
from continuation.branch import Branch, SpecialPoint
from continuation.codimension_two import Critical, Degeneracy, degeneracies
from continuation.defining_systems import DefiningSystem
from continuation.family import FittedFamily
from continuation.kinds import KINDS
from continuation.run import Functions

__all__ = ["null_vector", "special_points", "tests_along"]

AT_POINT = 1e-4
"""Turning points in q this near (relative) to a point of codimension two are that point."""

SOLVED = 1e-9
"""In fitting units, the largest residual of the equations of a point that counts as located."""


JUMP = 1e-3
"""Where a function that changes sign is above this part of what it is beside, it has no zero."""

KEPT = 32
"""Places of a curve at which what is critical is kept: the samples of a chunk, and one more."""


def tests_along(system: DefiningSystem, fitted: FittedFamily, kind: str) -> Functions:
    """Functions of (y, q) by the kind of point at which they vanish."""

    @lru_cache(maxsize=KEPT)
    def at(y: bytes, q: float) -> Critical:
        return critical(system, fitted, np.frombuffer(y), q)

    def along(degeneracy: Degeneracy) -> Callable[[Array, float], float]:
        value = lru_cache(maxsize=KEPT)(lambda y, q: degeneracy.test(at(y, q)))
        return lambda y, q: value(np.asarray(y, dtype=float).tobytes(), float(q))

    return {d.kind: along(d) for d in degeneracies(kind, fitted.start, system.n)}


def critical(system: DefiningSystem, fitted: FittedFamily, y: Array, q: float) -> Critical:
    """What is critical at a point of a curve."""
    problem, value, square = fitted(q), system.eigenvalue(y), system.square(y)
    return Critical(problem, system.point(y), system.right(problem, y), value, square)


def special_points(
    branch: Branch, system: DefiningSystem, fitted: FittedFamily, kind: str
) -> tuple[SpecialPoint, ...]:
    """Points of codimension two, turns in q and limits, in the order of the curve."""
    known = {d.kind: d for d in degeneracies(kind, fitted.start, system.n)}
    found: list[SpecialPoint] = []
    turns: list[SpecialPoint] = []
    for point in branch.special:
        if point.kind == "user":
            found += _judged(point, known[point.name], system, fitted)
        else:
            turns.append(_in_two(point, point.kind, system, fitted))
    unit = fitted.units.columns
    turns = [t for t in turns if not (KINDS[t.kind].turning and _is_any(t, found, unit))]
    return tuple(sorted(found + turns, key=lambda point: point.index))


def _judged(
    point: SpecialPoint, degeneracy: Degeneracy, system: DefiningSystem, fitted: FittedFamily
) -> list[SpecialPoint]:
    """The point with its normal form; nothing where the function changes sign for other reasons."""
    if system.is_over(point.x):
        return []
    at = critical(system, fitted, point.x, point.p)
    ends = [critical(system, fitted, z[:-1], float(z[-1])) for z in point.bracket]
    if abs(degeneracy.test(at)) > JUMP * max(abs(degeneracy.test(end)) for end in ends):
        return []
    if not degeneracy.is_one(at):
        return []
    known = _in_two(point, degeneracy.kind, system, fitted)
    left = fitted.units.rows * at.left
    return [
        replace(
            known, located=(point.located or degeneracy.crosses) and point.residual <= SOLVED,
            status="root of its test function on the curve, whose equations Newton solves",
            coefficients=degeneracy.form(at) | known.coefficients,
            left_kernel=_columns(left / np.linalg.norm(left)),
        )
    ]  # fmt: skip


def _in_two(
    point: SpecialPoint, kind: str, system: DefiningSystem, fitted: FittedFamily
) -> SpecialPoint:
    units, bracket = fitted.units, point.bracket
    place, tangent = (units.outside(system.point(y)) for y in (point.x, point.tangent))
    vector = null_vector(system, fitted, point.x, point.p)
    return replace(
        point, kind=kind, name="", x=place[:-1], p=float(place[-1]), tangent=tangent,
        kernel=_columns(vector) if vector.any() else np.zeros((system.n, 0)),
        left_kernel=np.zeros((system.n, 0)),
        bracket=np.array([units.outside(system.point(y[:-1])) for y in bracket]),
        coefficients={"q": point.p},
    )  # fmt: skip


def null_vector(system: DefiningSystem, fitted: FittedFamily, y: Array, q: float) -> Array:
    """The right null vector at y, of length 1 (or zero), in the units of the user."""
    vector = fitted.units.columns[:-1] * system.right(fitted(q), y)
    return np.asarray(vector / (np.linalg.norm(vector) or 1.0))


def _columns(v: Array) -> Array:
    """A vector, or real and imaginary part of one, as columns."""
    return np.column_stack([v.real, v.imag]) if np.iscomplexobj(v) else v[:, None]


def _is_any(point: SpecialPoint, others: list[SpecialPoint], unit: Array) -> bool:
    """Whether a point is one of others, as seen in these units (n + 1,) of (x, p)."""
    z, known = point.point / unit, [o.point / unit for o in others]
    return any(np.linalg.norm(z - o) <= AT_POINT * (1 + np.linalg.norm(o)) for o in known)
