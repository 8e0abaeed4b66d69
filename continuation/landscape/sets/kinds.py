"""Kinds of critical sets: one table, asked by everything that treats kinds differently.

The families are those of `CriticalSet.kind`, the kinds those of `CriticalSet.subkind`. A new kind
is one entry; what an entry names (a way to follow, to leave, to prove) is looked up in the room
that does it, and a test fails where that room has no such way.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from continuation.landscape.infinity import CONFLUENCE, CORNER, LINEAR, SEPARATED, STEP, TAIL

POINT, LINE, MANIFOLD, INFINITY = "point", "line", "manifold", "infinity"

ISOLATED, ORIGIN, DEAD_UNIT, SILENT_UNIT = "isolated", "origin", "dead unit", "silent unit"
SPLIT_LINE, SPLIT_PLANE, SPLIT_MANIFOLD = "split line", "split plane", "split manifold"
SILENT_CURVE, SILENT_MANIFOLD = "silent curve", "silent manifold"
VALLEY, KINK = "valley", "kink"

IN_WEIGHTS, BESIDE_ROOTS, OVER_SMALLER, IN_LIMIT = "weights", "roots", "smaller network", "limit"
"""How a set is followed: all its weights, the other weights with the roots of silent units, the
smaller network that it lies over, or its limit model."""

FROM_SPHERE, FROM_LINE, FROM_PIECES, NOT_LEFT = "sphere", "line", "pieces", "not left"
"""How flows leave a set: on the unstable sphere of a point, beside the segments of a line and its
cubic ends, from each piece of a manifold; not from infinity, where no weights are."""


CURVED = "its curves have no closed form to enclose"
NO_LIMIT = "its outputs are infinite"
MANY_SHARES = "pieces with several free shares are not enclosed"
NO_GRADIENT = "the loss has no gradient there"
NO_CHART = "nothing is known of its shape but at the point that was found"
"""Why a kind has no certificates."""


@dataclass(frozen=True)
class Family:
    """What is true of every critical set of one shape.

    Attributes
    ----------
    meaning : str
        One line, for people.
    marker : str
        Of matplotlib.
    """

    meaning: str
    marker: str


@dataclass(frozen=True)
class SetKind:
    """What is true of every critical set of a kind.

    Attributes
    ----------
    meaning : str
        One line, for people.
    family : str
        Key of `FAMILIES`.
    followed : str
        How a branch of it is traced: `IN_WEIGHTS`, `BESIDE_ROOTS`, `OVER_SMALLER`, `IN_LIMIT`.
    left : str
        How flows leave it: `FROM_SPHERE`, `FROM_LINE`, `FROM_PIECES`, `NOT_LEFT`.
    unproved : str
        Why there are no certificates of it; "" where there are, of the family's kind.
    hatch : str or None
        Of matplotlib, where basins are drawn; None for kinds that no flow of two units ends in.
    """

    meaning: str
    family: str
    followed: str
    left: str
    unproved: str = ""
    hatch: str | None = None

    @property
    def proved_below(self) -> bool:
        """Whether what is proved of it is proved of the smaller network that it lies over."""
        return self.followed == OVER_SMALLER and not self.unproved


FAMILIES: Mapping[str, Family] = MappingProxyType({
    POINT: Family("a point in the weights", "o"),
    LINE: Family("one free parameter", "s"),
    MANIFOLD: Family("two or more free parameters", "D"),
    INFINITY: Family("a critical point of a limit model", "^"),
})  # fmt: skip
"""By `CriticalSet.kind`."""

SET_KINDS: Mapping[str, SetKind] = MappingProxyType({
    ISOLATED: SetKind(
        "all units work and differ", POINT, IN_WEIGHTS, FROM_SPHERE, hatch="",
    ),
    SPLIT_LINE: SetKind(
        "two equal units share one output weight", LINE, OVER_SMALLER, FROM_LINE, hatch="////",
    ),
    CONFLUENCE.name: SetKind(
        "two input weights meet, outputs diverge", INFINITY, IN_LIMIT, NOT_LEFT, hatch="xxxx",
    ),
    LINEAR.name: SetKind(
        "an input weight vanishes, its output diverges", INFINITY, IN_LIMIT, NOT_LEFT, hatch="||||",
    ),
    STEP.name: SetKind(
        "an input weight diverges", INFINITY, IN_LIMIT, NOT_LEFT, hatch="----",
    ),
    TAIL.name: SetKind(
        "a bias diverges, an exponential is left", INFINITY, IN_LIMIT, NOT_LEFT, hatch="oooo",
    ),
    CORNER.name: SetKind(
        "several ends at once", INFINITY, IN_LIMIT, NOT_LEFT, hatch="....",
    ),
    SEPARATED.name: SetKind(
        "all classes become certain, the weights diverge", INFINITY, IN_LIMIT, NOT_LEFT, NO_LIMIT,
    ),
    ORIGIN: SetKind("all weights are zero", POINT, IN_WEIGHTS, FROM_SPHERE),
    DEAD_UNIT: SetKind(
        "a unit with all weights zero beside others", POINT, OVER_SMALLER, FROM_SPHERE,
    ),
    SILENT_UNIT: SetKind(
        "a unit without output at a root of its response", POINT, BESIDE_ROOTS, FROM_SPHERE,
    ),
    SILENT_CURVE: SetKind(
        "a silent unit with bias, on the zero set of its response", LINE, BESIDE_ROOTS,
        FROM_PIECES, CURVED,
    ),
    SILENT_MANIFOLD: SetKind(
        "several silent units with bias", MANIFOLD, BESIDE_ROOTS, FROM_PIECES, CURVED,
    ),
    SPLIT_PLANE: SetKind(
        "equal units with two free shares", MANIFOLD, OVER_SMALLER, FROM_PIECES, MANY_SHARES,
    ),
    SPLIT_MANIFOLD: SetKind(
        "equal units with more free shares, or beside silent curves", MANIFOLD, OVER_SMALLER,
        FROM_PIECES, MANY_SHARES,
    ),
    VALLEY: SetKind(
        "weights that may be changed without a change of the loss, met by Newton's method",
        MANIFOLD, IN_WEIGHTS, FROM_PIECES, NO_CHART,
    ),
    KINK: SetKind(
        "a limit of flows with samples on kinks of units, no critical point",
        POINT, IN_WEIGHTS, FROM_PIECES, NO_GRADIENT,
    ),
})  # fmt: skip
"""By `CriticalSet.subkind`."""
