"""The checker of complete lists: every leaf of the tree is proved empty again, in balls.

Nothing is shared with the search: tanh and its derivatives are Arb's, divided differences are
quotients in 200 bits, linear algebra is that of ball matrices. A leaf costs about 3 ms for 50
samples, so that a list that was proved in a second is checked in a minute or two.
"""

from __future__ import annotations

import base64
import math
import zlib
from collections.abc import Iterator, Sequence

from flint import arb, ctx

from continuation.certify.checker import schema
from continuation.certify.checker.complete_pairs import conditions
from continuation.certify.checker.complete_roots import check_roots
from continuation.certify.checker.curve import Curve
from continuation.certify.checker.points import Claim
from continuation.certify.checker.problem import Problem
from continuation.certify.checker.refusal import Refused, require
from continuation.certify.checker.watch import Watch
from continuation.certify.checker.words import exactly

BITS = 200
"""Precision of divided differences: places may be closer than 1e-12 of their size."""

DEEPER = 12
"""Halvings of a leaf that the search excluded and one box test here does not."""

MOST_NODES = 4_000_000
"""Nodes that a tree may have, those of two million boxes examined, which took three hours here:
a bound on what a damaged certificate can cost."""

EMPTY = 3
"""Code of a leaf without a critical point."""

MOST_LEVELS = 39
"""Halvings of the range, beyond which doubles no longer tell the cuts apart."""

MOST_PAIRS = 250
"""Leaves name their pair in one byte."""

INTERVALS = schema.rows(schema.rows(schema.real(0.0), 2, 2))

COMPLETE = schema.record(
    {
        "low": schema.real(0.0),
        "high": schema.positive,
        "bend": schema.real(0.0, 100.0),
        "levels": schema.count(1, MOST_LEVELS),
        "working": INTERVALS,
        "silent": INTERVALS,
        "beside": schema.rows(INTERVALS),
        "pairs": schema.rows(schema.rows(schema.positive, 2, 2), 0, MOST_PAIRS),
        "boxes": schema.rows(schema.rows(schema.real(0.0), 4, 4), 0, MOST_PAIRS),
        "tree": schema.text(schema.MOST_CHARACTERS),
    }
)
"""Range of the input weights, roots of the functions of one weight (in q = w²), pairs with the
boxes in which they are alone (in q), and the halvings of the square of the range."""

CLOSE = 1e-6
"""Relative half-width of the box in which a listed pair must have its critical point."""


def check_complete(problem: Problem, claim: Claim) -> None:
    """All zeros of functions of one weight, all pairs, and a tree without an open box."""
    with ctx.workprec(BITS):
        data = Curve.of(problem)
        low, high = arb(claim["low"]), arb(claim["high"])
        require(high > low, "the range is no range")
        codes = _codes(claim["tree"])
        check_roots(data, claim, low * low, high * high)
        boxes, pairs = claim["boxes"], claim["pairs"]
        require(len(boxes) == len(pairs), "every pair needs its box")
        for pair, box in zip(pairs, boxes, strict=True):
            _check_pair(data, pair, box, (low * low, high * high))
        _require_apart(boxes)
        _check_tree(data, claim, codes, problem.watch)


def state_complete(claim: Claim) -> str:
    """What `check_complete` shows."""
    roots = len(claim["silent"])
    silent = sum(map(len, claim["beside"])) + roots * (roots + 1) // 2
    origin = ", and the dead units and the origin" if claim["low"] == 0.0 else ""
    return (
        f"for {exactly(claim['low'])} <= |w1|, |w2| <= {exactly(claim['high'])} there are, modulo "
        f"symmetry, these critical points and no others: {len(claim['pairs'])} isolated, {silent} "
        f"silent, {len(claim['working'])} split lines{origin}"
    )


def _check_pair(
    data: Curve, pair: Sequence[float], box: Sequence[float], ends: tuple[arb, arb]
) -> None:
    """One critical pair next to the stated one, and no other in its box."""
    q = [float((arb(w) * arb(w)).mid()) for w in pair]
    near = [CLOSE * min(value, abs(q[1] - q[0])) for value in q]
    tiny = [q[0] - near[0], q[0] + near[0], q[1] - near[1], q[1] + near[1]]
    inside = box[0] <= tiny[0] and tiny[1] <= box[1] < box[2] <= tiny[2] and tiny[3] <= box[3]
    require(inside, "a pair lies outside its box")
    require(ends[0] <= tiny[0] and tiny[3] <= ends[1], "a pair lies outside the range")
    found, whole = conditions(data, tiny), conditions(data, box)
    require(found is not None and found.has_zero(), "a stated pair is not critical")
    require(whole is not None and whole.injective(), "a box may hold several critical pairs")


def _require_apart(boxes: Sequence[Sequence[float]]) -> None:
    for i, a in enumerate(boxes):
        for b in boxes[:i]:
            apart = any(a[k + 1] <= b[k] or b[k + 1] <= a[k] for k in (0, 2))
            require(apart, "two pairs share a box")


def _codes(tree: str) -> bytes:
    """The nodes of a tree, of bounded number."""
    try:
        unpack = zlib.decompressobj()
        codes = unpack.decompress(base64.b64decode(tree, validate=True), MOST_NODES)
    except (ValueError, zlib.error) as error:
        raise Refused(f"the tree cannot be read: {error}") from error
    require(unpack.eof and not unpack.unused_data, f"the tree has more than {MOST_NODES} nodes")
    return codes


def _check_tree(data: Curve, claim: Claim, codes: bytes, watch: Watch) -> None:
    """The leaves of the tree cover the square, and each is empty, a mirror image or known."""
    boxes, done, total = claim["boxes"], 0, codes.count(EMPTY)
    nodes = iter(codes)
    for code, places in _leaves(nodes, claim["levels"]):
        a, b, c, d = (_place(k, claim) for k in places)
        require(a < b and c < d, "the cuts are not in order")
        if code == EMPTY:
            _require_empty(data, (a, b, c, d), 0)
            done += 1
            watch.pass_by(done, total)
        elif code == 4:
            require(places[0] >= places[3], "a box is no mirror image")
        else:
            require(5 <= code < 5 + len(boxes), "the tree has an open box")
            e = boxes[code - 5]
            require(e[0] <= a and b <= e[1] and e[2] <= c and d <= e[3], "a box is not known")
        if len(data.lines) > 20_000:
            data.lines.clear()
    require(next(nodes, None) is None, "the tree has nodes to spare")


def _leaves(nodes: Iterator[int], levels: int) -> Iterator[tuple[int, tuple[int, ...]]]:
    stack = [(0, 2**levels, 0, 2**levels)]
    while stack:
        a, b, c, d = stack.pop()
        code = next(nodes, None)
        require(code is not None, "the tree is cut off")
        if code == 1:
            require(b - a > 1, "a box is halved too often")
            stack += [((a + b) // 2, b, c, d), (a, (a + b) // 2, c, d)]
        elif code == 2:
            require(d - c > 1, "a box is halved too often")
            stack += [(a, b, (c + d) // 2, d), (a, b, c, (c + d) // 2)]
        else:
            yield int(code or 0), (a, b, c, d)


def _place(k: int, claim: Claim) -> float:
    """Where the grid cuts; the ends are widened, so that the whole range is covered."""
    low, high = claim["low"], claim["high"]
    count = 2 ** claim["levels"]
    if k == 0:
        return max(0.0, math.nextafter(low * low, -math.inf))
    if k == count:
        return math.nextafter(high * high, math.inf)
    t = k / count
    w = low + (high - low) * t / (1.0 + claim["bend"] * (1.0 - t))
    return w * w


def _require_empty(data: Curve, box: tuple[float, ...], depth: int) -> None:
    found = conditions(data, box)
    if found is not None and found.excluded():
        return
    a, b, c, d = box
    w = f"w = {math.sqrt(a):.6g}, {math.sqrt(c):.6g}"
    require(depth < DEEPER, f"a box is not proved empty near {w}")
    if b - a >= d - c:
        parts = [(a, 0.5 * (a + b), c, d), (0.5 * (a + b), b, c, d)]
    else:
        parts = [(a, b, c, 0.5 * (c + d)), (a, b, 0.5 * (c + d), d)]
    for part in parts:
        _require_empty(data, part, depth + 1)
