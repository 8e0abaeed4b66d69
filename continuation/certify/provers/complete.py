"""`certify_complete`: no critical points of two tanh units besides the listed ones.

Modulo symmetry a critical point with finite weights is one of these.

- One weight vanishes: then θ is the origin or a dead unit beside a critical point of one unit.
- w₁ = w₂: a split line over a working unit, or two silent units at a root of A = ⟨y, φ(wx)⟩.
- 0 < w₁ < w₂ and a silent unit: a root of ⟨r, φ(w x)⟩ beside a working unit, or two roots of A.
- 0 < w₁ < w₂ and two working units: a common zero of G₁ and G₂ (see `boxes`).

The first three are zeros of functions of one variable (`complete_roots`), all simple, which also
shows that no common zero of G₁ and G₂ has a silent unit. The last is a search over boxes.
"""

from __future__ import annotations

import base64
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from continuation.arrays import Array
from continuation.certify.certificate import (
    PROVED,
    REFUTED,
    UNDECIDED,
    Certificate,
    hexadecimal,
    hexadecimals,
)
from continuation.certify.enclosures import ExactLoss, upper, working_precision
from continuation.certify.provers.boxes import EXACTLY_ONE, EXCLUDED
from continuation.certify.provers.boxes_search import (
    LEVELS,
    Grid,
    Tree,
    judge,
    search,
    unique_box,
)
from continuation.certify.provers.complete_lists import (
    MATCHING,
    Listed,
    Roots,
    difference,
    sort_sets,
)
from continuation.certify.provers.complete_roots import (
    Isolation,
    OneUnit,
    Range,
    isolate,
    sharpened,
)
from continuation.certify.provers.question import Question
from continuation.errors import InvalidInputError
from continuation.landscape.network import COMPLETE_LIST, Conditions, Loss
from continuation.landscape.sets import CriticalSet, shared_conditions

BUDGET = 2_000_000
"""Boxes examined at most: about 20 s for 50 samples."""

REACH = 20.0
"""Default largest input weight times the root mean square of the inputs."""

BEND = 1.0
"""Cuts are finer by (1 + bend)² at the smallest weights than at the largest."""

NARROWEST = 1e-6
"""Smallest relative width of a range: cuts must be told apart in doubles."""

SIDES = 2.0
"""Widths by which intervals beside a working unit are wider, on either side, than the sharpest."""

MOST_LEFT = 100
"""Boxes left that a certificate writes out."""


def certify_complete(
    loss: Loss,
    sets: Iterable[CriticalSet],
    *,
    noise: float | None = None,
    size: float | None = None,
    box: tuple[float, float] | None = None,
    budget: int = BUDGET,
) -> Certificate:
    """Prove that a list holds all critical points with input weights in a range.

    Parameters
    ----------
    loss : Loss
        Two tanh units, free output weights, no bias; equal weights of the samples.
    sets : iterable of CriticalSet
        The list, as from `find_critical_sets`; sets at infinity and sets outside the range are
        passed over.
    noise, size : float, optional
        Parameters of the loss, by default those that the sets were found at; `size` an integer.
    box : (float, float), optional
        Range of |w₁| and |w₂|; by default from 0 to 20 over the root mean square of the inputs.
        Output weights are free.
    budget : int
        Most boxes to examine.

    Returns
    -------
    Certificate
        PROVED: in the range there are no others than the listed ones, modulo symmetry. REFUTED:
        one is missing, or a listed one is none; the reason says where. UNDECIDED: the boxes left
        are in `open`, with the reason.

    Raises
    ------
    InvalidInputError
        Another model, data with weights, weight decay, parameters that are out of range or others
        than those that the sets were found at, or a range that makes no sense.

    Notes
    -----
    Weights from 0 on are covered, the linear ends included. What lies beyond the range, and the
    sets at infinity, are not spoken of: where two units saturate on all samples but a few, the
    conditions vanish with exp(−2 w |x|), x the smallest input, and a compactification would need
    a chart for every pair of inputs. For 50 samples ranges of 40 over the root mean square close
    within 350,000 boxes, those of 80 sometimes not within 1.5 million.

    Examples
    --------
    >>> from continuation.certify import certify_complete
    >>> from continuation.landscape import Dataset, Loss, find_critical_sets
    >>> from symbolic import overparameterised
    >>> model = overparameterised()
    >>> loss = Loss(model, Dataset.sample(model, n=20, seed=0))
    >>> sets = find_critical_sets(loss, noise=0.1)
    >>> print(certify_complete(loss, sets, box=(0.0, 4.0)).verdict)
    PROVED
    """
    COMPLETE_LIST.require(loss.model)
    found = tuple(sets)
    conditions = shared_conditions(loss.data, found, noise=noise, size=size)
    _require_supported(loss, conditions)
    low, high = _range_of(loss, box)
    question = Question.of(loss, **conditions.keywords)
    unit, report = _data(question.loss), _Report(low, high, question.problem)
    listed, strange = sort_sets(found, low, high)
    if strange:
        return report.end(UNDECIDED, strange)
    roots = _roots(unit, low, high)
    if roots.undecided:
        return report.end(UNDECIDED, "; ".join(roots.undecided))
    fault = difference(listed, roots, low)
    if fault:
        return report.end(REFUTED, fault, roots=roots)
    return _search_pairs(report, unit, listed, roots, budget)


@dataclass(frozen=True)
class _Report:
    """Puts certificates together."""

    low: float
    high: float
    problem: Mapping[str, Any]

    def end(
        self,
        verdict: str,
        reason: str,
        roots: Roots | None = None,
        boxes: Sequence[Array] = (),
        points: Sequence[tuple[float, float]] = (),
        tree: Tree | None = None,
        left: Sequence[Sequence[float]] = (),
    ) -> Certificate:
        found: dict[str, Any] = {
            "pairs": [hexadecimals(pair) for pair in points],
            "boxes": [hexadecimals(box) for box in boxes],
            **({} if roots is None else _roots_claim(roots)),
            **({} if tree is None else {"tree": _text_of(tree)}),
        }
        if verdict == PROVED:
            return Certificate("complete", verdict, reason, self.problem, self._range() | found)
        found |= {"left": [hexadecimals(box) for box in left]}
        return Certificate("complete", verdict, reason, self.problem, open=self._range() | found)

    def _range(self) -> dict[str, Any]:
        ends = {"low": hexadecimal(self.low), "high": hexadecimal(self.high)}
        return {**ends, "bend": hexadecimal(BEND), "levels": LEVELS}


def _roots_claim(roots: Roots) -> dict[str, Any]:
    return {
        "working": [hexadecimals(row) for row in roots.working],
        "silent": [hexadecimals(row) for row in roots.silent],
        "beside": [[hexadecimals(row) for row in rows] for rows in roots.beside],
    }


def _text_of(tree: Tree) -> str:
    return base64.b64encode(zlib.compress(tree.codes.tobytes(), 9)).decode()


def _require_supported(loss: Loss, conditions: Conditions) -> None:
    if loss.data.weights is not None:
        raise InvalidInputError("a complete list is proved for data with equal weights")
    if conditions.decays:
        raise InvalidInputError("a complete list is proved without weight decay")
    size = conditions.size
    if size is not None and size != int(size):
        raise InvalidInputError(f"the size must be an integer here, not {size!r}")


def _range_of(loss: Loss, box: tuple[float, float] | None) -> tuple[float, float]:
    if box is None:
        return 0.0, REACH / float(np.sqrt(np.mean(loss.data.x**2)))
    low, high = float(box[0]), float(box[1])
    if not (0.0 <= low < high * (1.0 - NARROWEST) and np.isfinite(high)):
        raise InvalidInputError(f"the range must satisfy 0 <= low < high (not too close): {box}")
    largest = high * float(np.abs(loss.data.x).max())
    if not largest**2 < 2.0**58:
        raise InvalidInputError(f"weights up to {high:g} saturate every unit; take a smaller range")
    return low, high


def _data(loss: ExactLoss) -> OneUnit:
    """|x| and sign(x) y of the samples with x ≠ 0: odd units see no more, x = 0 no unit."""
    with working_precision():
        mid = np.array([float(y.mid()) for y in loss.targets])
        rad = np.array([upper(abs(y - float(y.mid()))) for y in loss.targets])
    x = np.array([float(t.mid()) for t in loss.x])
    seen = x != 0.0
    sign = np.sign(x[seen])
    return OneUnit(np.abs(x[seen]), Range(sign * mid[seen], rad[seen]))


def _roots(unit: OneUnit, low: float, high: float) -> Roots:
    q = Grid(low, high, BEND).q(0), Grid(low, high, BEND).q(2**LEVELS)
    silent, working = isolate(unit.silent, *q), isolate(unit.working, *q)
    undecided = _left("silent units", silent) + _left("working units", working)
    stars = np.array([sharpened(unit.working, row) for row in working.intervals])
    beside = [isolate(unit.beside(star), *q) for star in stars]
    for found in beside:
        undecided += _left("units silent beside a working one", found)
    sharp = np.array([sharpened(unit.silent, row) for row in silent.intervals])
    pieces = tuple(
        np.array(
            [_room(sharpened(unit.beside(star), row), row) for row in found.intervals]
        ).reshape(-1, 2)
        for star, found in zip(stars, beside, strict=True)
    )
    return Roots(stars.reshape(-1, 2), sharp.reshape(-1, 2), pieces, tuple(undecided))


def _room(sharp: Array, whole: Array) -> Array:
    """An interval widened on both sides, within the isolating one.

    Functions beside a working unit are known up to the width of its own interval, so that their
    signs at the ends of the sharpest interval are open to a checker with other enclosures.
    """
    room = SIDES * (sharp[1] - sharp[0])
    return np.array([max(sharp[0] - room, whole[0]), min(sharp[1] + room, whole[1])])


def _left(name: str, found: Isolation) -> list[str]:
    if not found.undecided.size:
        return []
    w = np.sqrt(found.undecided)
    return [
        f"{name} with w in [{w.min():.6g}, {w.max():.6g}] remain: a root at an end of the range, "
        "or a double one; move the range or the parameter"
    ]


def _search_pairs(
    report: _Report, unit: OneUnit, listed: Listed, roots: Roots, budget: int
) -> Certificate:
    x, y, ye = unit.x, unit.y.mid, unit.y.rad
    boxes: list[Array] = []
    for w1, w2 in listed.pairs:
        found = unique_box((w1 * w1, w2 * w2), x, y, ye)
        if found is None:
            return report.end(*_refusal(w1, w2, x, y, ye), roots=roots)
        if any(np.all((found[::2] < b[1::2]) & (b[::2] < found[1::2])) for b in boxes):
            text = f"two listed points share the box around w = {w1:.9g}, {w2:.9g}"
            return report.end(REFUTED, f"{text}, which holds exactly one", roots=roots)
        boxes.append(found)
    known = np.array(boxes).reshape(-1, 4)
    grid = Grid(report.low, report.high, BEND)
    tree = search(grid, x, y, ye, known, budget)
    left = [[grid.q(k) for k in row] for row in tree.open_boxes]
    verdict, reason = (PROVED, "") if not left else _open_end(tree, left, known, unit, report)
    return report.end(verdict, reason, roots, boxes, listed.pairs, tree, left[:MOST_LEFT])


def _refusal(w1: float, w2: float, x: Array, y: Array, ye: Array) -> tuple[str, str]:
    """Why there is no box around a listed pair."""
    q = np.array([w1, w1, w2, w2]) ** 2 * np.array([1 - MATCHING, 1 + MATCHING] * 2)
    where = f"w = {w1:.9g}, {w2:.9g}"
    if judge(q, x, y, ye) == EXCLUDED:
        return REFUTED, f"the listed isolated point at {where} is not critical"
    return UNDECIDED, f"the listed point at {where} is degenerate, or not converged"


def _open_end(
    tree: Tree, left: list[list[float]], known: Array, unit: OneUnit, report: _Report
) -> tuple[str, str]:
    """What the boxes left show: a point that is not listed, or nothing."""
    for box in left:
        wider = _widened(box).clip(report.low**2, report.high**2)
        clear = not any(np.all((wider[::2] < b[1::2]) & (b[::2] < wider[1::2])) for b in known)
        if (
            clear
            and wider[1] < wider[2]
            and judge(wider, unit.x, unit.y.mid, unit.y.rad) == EXACTLY_ONE
        ):
            w = np.sqrt(wider)
            place = f"w1 in [{w[0]:.9g}, {w[1]:.9g}], w2 in [{w[2]:.9g}, {w[3]:.9g}]"
            return REFUTED, f"a critical point with {place} is not in the list"
    hull = np.sqrt(
        [
            min(b[0] for b in left),
            max(b[1] for b in left),
            min(b[2] for b in left),
            max(b[3] for b in left),
        ]
    )
    place = f"w1 in [{hull[0]:.6g}, {hull[1]:.6g}], w2 in [{hull[2]:.6g}, {hull[3]:.6g}]"
    if tree.exhausted:
        return UNDECIDED, f"the budget ended with {len(left)} boxes left, {place}; raise it"
    return UNDECIDED, (
        f"{len(left)} smallest boxes remain, {place}: a degenerate point, or one on the "
        "boundary of the range; move the range or the parameter"
    )


def _widened(box: Sequence[float]) -> Array:
    a, b, c, d = box
    return np.array([a - (b - a), b + (b - a), c - (d - c), d + (d - c)])
