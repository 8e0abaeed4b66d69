"""Branches cut into strands: at every turn of the parameter, and at their ends."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from continuation.branch import SpecialPoint
from continuation.kinds import KINDS
from continuation.landscape.branches import SetBranch
from continuation.landscape.evolution.strands import End, Strand

SHORTEST = 1e-7
"""Length of a strand, relative to its branch, below which its folds are rounding: a weight runs
to infinity there while the parameter stands still."""

SHORTEST_LOOSE = 1e-3
"""The same where a fold at its end could not be located: Newton's method finds every fold that is
more than rounding."""

ROUNDING = "the parameter stands still within rounding"


@dataclass(frozen=True, eq=False)
class Piece:
    """A run of rows of a branch between two ends, in the branch's own order."""

    rows: slice
    first: End
    last: End
    before: SpecialPoint | None
    after: SpecialPoint | None


def strands_of(branch: SetBranch) -> tuple[Strand, ...]:
    """The strands of a branch in its order, labelled as its set; neighbours meet in a fold."""
    pieces = [_piece(branch, a, b) for a, b in itertools.pairwise(_cuts(branch))]
    length = float(np.ptp(branch.p))
    kept = [piece for piece in pieces if not _is_rounding(piece, length)]
    return tuple(_strand(branch, _bounded(piece, kept)) for piece in kept)


def _is_rounding(piece: Piece, length: float) -> bool:
    """Whether a piece lies between turns that are rounding errors of the parameter."""
    loose = any(end.kind == "fold" and not end.located for end in (piece.first, piece.last))
    shortest = (SHORTEST_LOOSE if loose else SHORTEST) * length
    return abs(piece.last.p - piece.first.p) <= shortest


def _bounded(piece: Piece, kept: Sequence[Piece]) -> Piece:
    """A piece whose neighbour beyond a fold was left out ends there without a fold."""
    first, last = piece.first, piece.last
    if first.kind == "fold" and not any(other.last is first for other in kept):
        first = End("stopped", first.p, False, ROUNDING)
    if last.kind == "fold" and not any(other.first is last for other in kept):
        last = End("stopped", last.p, False, ROUNDING)
    return replace(piece, first=first, last=last)


_Cut = tuple[int, SpecialPoint | None, End]
"""Last row before, the located fold if any, and the end that it makes."""


def _cuts(branch: SetBranch) -> list[_Cut]:
    """The first row, every turn of the parameter, and the last row."""
    first, last = _outer_ends(branch)
    cuts: list[_Cut] = [(0, None, first)]
    turn = np.sign(np.diff(branch.p))
    for j in np.flatnonzero(turn[1:] * turn[:-1] < 0.0) + 1:
        fold = next((s for s in branch.special if _turns(branch, s, int(j))), None)
        if fold is None:
            cuts.append((int(j), None, End("fold", float(branch.p[j]), False)))
        else:
            cuts.append((fold.index, fold, End("fold", float(fold.p), fold.located)))
    return [*cuts, (len(branch) - 1, None, last)]


def _turns(branch: SetBranch, point: SpecialPoint, row: int) -> bool:
    """Whether a special point is the turn of the parameter at a row."""
    if point.index not in (row - 1, row) or KINDS[point.kind].codimension == 0:
        return False
    before, after = branch.p[point.index] - point.p, branch.p[point.index + 1] - point.p
    return bool(before * after > 0.0)


def _outer_ends(branch: SetBranch) -> tuple[End, End]:
    ends = [
        _outer_end(reason, float(p))
        for reason, p in zip(
            branch.stop_reasons, branch.p[[0, -1]][-len(branch.branches) :], strict=True
        )
    ]
    if len(ends) == 1:  # it started at a limit
        return End("limit", float(branch.p[0]), True), ends[0]
    return ends[0], ends[1]


def _outer_end(reason: str, p: float) -> End:
    if reason == "limit":
        return End("limit", p, True)
    if reason.startswith("arrival: "):
        return End("arrival", p, False, reason.removeprefix("arrival: "))
    return End("stopped", p, False, reason)


def _piece(branch: SetBranch, a: _Cut, b: _Cut) -> Piece:
    start = a[0] + (a[1] is not None)
    return Piece(slice(start, b[0] + 1), a[2], b[2], a[1], b[1])


def _strand(branch: SetBranch, piece: Piece) -> Strand:
    """Rows of a piece, folds included, in the order of increasing p."""
    rows = np.arange(len(branch))[piece.rows]
    signs = np.column_stack([branch.inertia, np.sign(branch.transverse)]).astype(np.int64)[rows]
    columns = [branch.p[rows], branch.state[rows], branch.theta[rows], branch.loss[rows]]
    for fold, at in ((piece.before, 0), (piece.after, -1)):
        if fold is not None:
            extra = (fold.p, fold.x, columns[2][at], columns[3][at])
            columns = [_extended(c, e, at) for c, e in zip(columns, extra, strict=True)]
            signs = _extended(signs, signs[at], at)
    rising = columns[0][-1] > columns[0][0]
    p, state, theta, loss = columns if rising else [column[::-1] for column in columns]
    ends = (piece.first, piece.last) if rising else (piece.last, piece.first)
    signs = signs if rising else signs[::-1]
    crossed = np.array([s.p for s in branch.special if _crosses(branch, s, rows)])
    return Strand(
        branch.set.label, branch.set, p, state, theta, loss, signs, *ends, np.sort(crossed)
    )


def _crosses(branch: SetBranch, point: SpecialPoint, rows: NDArray[np.intp]) -> bool:
    """Whether a special point is a singular one between two rows, and no turn."""
    if not point.located or KINDS[point.kind].codimension == 0:
        return False
    within = point.index in rows and point.index + 1 in rows
    return within and (branch.p[point.index] - point.p) * (branch.p[point.index + 1] - point.p) < 0


def _extended(rows: NDArray[Any], row: ArrayLike, at: int) -> NDArray[Any]:
    """One row more, before the first (at = 0) or after the last (at = −1)."""
    more = [np.asarray(row)[None], rows]
    return np.concatenate(more if at == 0 else more[::-1])
