"""The checker of complete lists: every leaf of the tree is proved empty again, in balls.

Nothing is shared with the search: tanh and its derivatives are Arb's, divided differences are
quotients in 200 bits, linear algebra is that of ball matrices. A leaf costs about 3 ms for 50
samples, so that a list that was proved in a second is checked in a minute or two.
"""

from __future__ import annotations

import base64
import math
import zlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from flint import ctx

from continuation.certify.checker.complete_pairs import conditions
from continuation.certify.checker.complete_roots import check_roots
from continuation.certify.checker.curve import Column, Curve
from continuation.certify.checker.problem import Refused, number, numbers, require

BITS = 200
"""Precision of divided differences: places may be closer than 1e-12 of their size."""

DEEPER = 12
"""Halvings of a leaf that the search excluded and one box test here does not."""

MOST_NODES = 20_000_000
"""Nodes that a tree may have: a bound on what a damaged certificate can cost."""

CLOSE = 1e-6
"""Relative half-width of the box in which a listed pair must have its critical point."""


def check_complete(record: Mapping[str, Any]) -> None:
    """Prove a certificate of the kind "complete" again.

    Raises
    ------
    Refused
        Where it does not prove what it says.
    """
    require(record["verdict"] == "PROVED", "only proofs of completeness are checked")
    claim = record["claim"]
    with ctx.workprec(BITS):
        data = Curve.read(record["problem"])
        low, high = number(claim["low"]), number(claim["high"])
        require(low >= 0 and high > low, "the range is no range")
        check_roots(data, claim, low * low, high * high)
        boxes = [numbers(box) for box in claim["boxes"]]
        pairs = [numbers(pair) for pair in claim["pairs"]]
        require(len(boxes) == len(pairs), "every pair needs its box")
        for pair, box in zip(pairs, boxes, strict=True):
            _check_pair(data, pair, box)
        _require_apart(boxes)
        _check_tree(data, claim, boxes)


def _check_pair(data: Curve, pair: Column, box: Column) -> None:
    """One critical pair next to the stated one, and no other in its box."""
    q = [float((w * w).mid()) for w in pair]
    near = [CLOSE * min(value, abs(q[1] - q[0])) for value in q]
    tiny = [q[0] - near[0], q[0] + near[0], q[1] - near[1], q[1] + near[1]]
    ends = [float(end) for end in box]
    inside = ends[0] <= tiny[0] and tiny[1] <= ends[1] < ends[2] <= tiny[2] and tiny[3] <= ends[3]
    require(inside and ends[0] >= 0.0, "a pair lies outside its box")
    found, whole = conditions(data, tiny), conditions(data, ends)
    require(found is not None and found.has_zero(), "a stated pair is not critical")
    require(whole is not None and whole.injective(), "a box may hold several critical pairs")


def _require_apart(boxes: Sequence[Column]) -> None:
    for i, a in enumerate(boxes):
        for b in boxes[:i]:
            apart = any(bool(a[k + 1] <= b[k] or b[k + 1] <= a[k]) for k in (0, 2))
            require(apart, "two pairs share a box")


def _check_tree(data: Curve, claim: Mapping[str, Any], known: Sequence[Column]) -> None:
    """The leaves of the tree cover the square, and each is empty, a mirror image or known."""
    try:
        codes = zlib.decompressobj().decompress(base64.b64decode(claim["tree"]), MOST_NODES)
    except zlib.error as error:
        raise Refused(f"the tree cannot be read: {error}") from error
    boxes = [[float(end) for end in box] for box in known]
    nodes = iter(codes)
    for code, places in _leaves(nodes, int(claim["levels"])):
        a, b, c, d = (_place(k, claim) for k in places)
        require(a < b and c < d, "the cuts are not in order")
        if code == 3:
            _require_empty(data, (a, b, c, d), 0)
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
    require(0 < levels < 40, "the tree has too many levels")
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


def _place(k: int, claim: Mapping[str, Any]) -> float:
    """Where the grid cuts; the ends are widened, so that the whole range is covered."""
    low, high = float.fromhex(claim["low"]), float.fromhex(claim["high"])
    count = 2 ** int(claim["levels"])
    if k == 0:
        return max(0.0, math.nextafter(low * low, -math.inf))
    if k == count:
        return math.nextafter(high * high, math.inf)
    t = k / count
    w = low + (high - low) * t / (1.0 + float.fromhex(claim["bend"]) * (1.0 - t))
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
