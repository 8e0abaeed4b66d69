"""The checker of complete lists: every leaf of the tree is proved empty again, in balls.

Nothing is shared with the search: tanh and its derivatives are Arb's, divided differences are
quotients in 200 bits, linear algebra is that of ball matrices. A leaf costs about 3 ms for 50
samples, so that a list that was proved in a second is checked in a minute or two.
"""

from __future__ import annotations

import base64
import math
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flint import arb, arb_mat, ctx, fmpq

from continuation.certify.check_problem import Problem, Refused, number, numbers, require

BITS = 200
"""Precision of divided differences: places may be closer than 1e-12 of their size."""

DEEPER = 12
"""Halvings of a leaf that the search excluded and one box test here does not."""

MOST_NODES = 20_000_000
"""Nodes that a tree may have: a bound on what a damaged certificate can cost."""

TANGENT = tuple(
    fmpq(p, q)
    for p, q in (
        (1, 1),
        (1, 3),
        (2, 15),
        (17, 315),
        (62, 2835),
        (1382, 155925),
        (21844, 6081075),
        (929569, 638512875),
    )
)
"""tanh(√z)/√z = Σ (−1)^k TANGENT_k z^k."""

SMALL = 1e-6
"""z below which the series serves; four terms leave less than 1e-22."""

CLOSE = 1e-6
"""Relative half-width of the box in which a listed pair must have its critical point."""

UNIT = arb(0, 1)

Column = list[arb]


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
        _check_roots(data, claim, low * low, high * high)
        boxes = [numbers(box) for box in claim["boxes"]]
        pairs = [numbers(pair) for pair in claim["pairs"]]
        require(len(boxes) == len(pairs), "every pair needs its box")
        for pair, box in zip(pairs, boxes, strict=True):
            _check_pair(data, pair, box)
        _require_apart(boxes)
        _check_tree(data, claim, boxes)


@dataclass(frozen=True, eq=False)
class Curve:
    """g(q) = tanh(√q x)/√q for the samples with x ≠ 0, and their targets."""

    x: Column = field(repr=False)
    y: arb_mat = field(repr=False)
    lines: dict[float, list[Column]] = field(default_factory=dict, repr=False)

    @classmethod
    def read(cls, problem: Mapping[str, Any]) -> Curve:
        """Of a certificate's problem; the loss must be of the kind that the proof is for."""
        loss = Problem.read(problem)
        model = loss.model
        plain = model.kind == "perceptron" and model.activation == "tanh" and model.hidden == 2
        plain = plain and not (model.bias or model.offset) and model.free_output
        require(plain, "the model is not two tanh units with free output weights")
        require(problem["weights"] is None, "the samples have weights")
        size = None if problem["size"] is None else float.fromhex(problem["size"])
        require(size is None or size == int(size), "the size is no integer")
        require(loss.decay == 0, "there is weight decay")
        y = [t + loss.sigma * e for t, e in zip(loss.target, loss.noise, strict=True)]
        pairs = [(abs(a), a.sgn() * b) for a, b in zip(loss.x, y, strict=True) if a != 0]
        return cls([a for a, _ in pairs], arb_mat(len(pairs), 1, [b for _, b in pairs]))

    def line(self, q: float) -> list[Column]:
        """|g^(m)|/m! at q for m = 0 … 3."""
        if q not in self.lines:
            rows = [_derivatives(arb(q) * x * x) for x in self.x]
            self.lines[q] = [
                [row[m] * x ** (2 * m + 1) for row, x in zip(rows, self.x, strict=True)]
                for m in range(4)
            ]
        return self.lines[q]

    def differences(self, p: float, q: float) -> list[Column]:
        """|g[12]|, |g[112]|, |g[122]|, |g[1112]|, |g[1122]|, |g[1222]|."""
        a, b = self.line(p), self.line(q)
        if p == q:
            return [a[1], a[2], a[2], a[3], a[3], a[3]]
        step = 1 / (arb(q) - arb(p))
        v12 = _scaled(a[0], b[0], step)
        v112, v122 = _scaled(a[1], v12, step), _scaled(v12, b[1], step)
        v1112, v1122 = _scaled(a[2], v112, step), _scaled(v112, v122, step)
        return [v12, v112, v122, v1112, v1122, _scaled(v122, b[2], step)]


def _scaled(a: Column, b: Column, step: arb) -> Column:
    return [(p - q) * step for p, q in zip(a, b, strict=True)]


def _derivatives(z: arb) -> list[arb]:
    """|h^(m)|/m! of h = tanh(√z)/√z, by its differential equation."""
    if z < SMALL:
        return [_series(m, z) for m in range(4)]
    root = z.sqrt()
    h = root.tanh() / root
    sech = 1 / root.cosh()
    first = (h - sech * sech) / (2 * z)
    second = (3 * first + 2 * z * h * first - h * h) / (4 * z)
    third = (5 * second + z * (2 * h * second + first * first) - 2 * h * first) / (6 * z)
    return [h, first, second, third]


def _series(m: int, z: arb) -> arb:
    terms = [(-1) ** i * math.comb(m + i, m) * arb(TANGENT[m + i]) * z**i for i in range(5)]
    return sum(terms[:4], arb(0)) + terms[4] * arb(0.5, 0.5)


# -- one variable --------------------------------------------------------------------------------

Function = Callable[[float, float], tuple[arb, arb]]
"""(a, b) ↦ value at (a + b)/2 (as a double), slope over [a, b]."""


def _check_roots(data: Curve, claim: Mapping[str, Any], low: arb, high: arb) -> None:
    ends = float(low.lower()), math.nextafter(float(high.upper()), math.inf)
    ends = max(0.0, math.nextafter(ends[0], -math.inf)), ends[1]
    _check_zeros("silent units", _silent(data), claim["silent"], *ends)
    _check_zeros("working units", _working(data), claim["working"], *ends)
    require(len(claim["beside"]) == len(claim["working"]), "silent units are not all stated")
    for star, rows in zip(claim["working"], claim["beside"], strict=True):
        _check_zeros("units beside a working one", _beside(data, star), rows, *ends)


def _check_zeros(
    name: str, function: Function, stated: Sequence[Sequence[str]], low: float, high: float
) -> None:
    """The stated intervals hold one simple zero each, and there are no others."""
    rows = sorted((float.fromhex(a), float.fromhex(b)) for a, b in stated)
    place = low
    for a, b in rows:
        require(low <= a <= b <= high, f"{name}: an interval is out of range")
        c, d = _neighbourhood(name, function, a, b, low, high)
        require(c >= place, f"{name}: two intervals share a zero")
        before, after = function(a, a)[0], function(b, b)[0]
        require(before * after < 0, f"{name}: no zero in a stated interval")
        _require_none(name, function, place, c)
        place = d
    _require_none(name, function, place, high)


def _neighbourhood(
    name: str, function: Function, a: float, b: float, low: float, high: float
) -> tuple[float, float]:
    """An interval around [a, b] on which the function is monotone."""
    reach = 0.01 * (high - low)
    for _ in range(60):
        c, d = max(low, a - reach), min(high, b + reach)
        if not function(c, d)[1].contains(0):
            return c, d
        reach /= 2
    raise Refused(f"{name}: a stated zero is not simple")


def _require_none(name: str, function: Function, low: float, high: float) -> None:
    stack = [(low, high, 0)] if low < high else []
    while stack:
        a, b, depth = stack.pop()
        value, slope = function(a, b)
        c = 0.5 * (a + b)
        reach = arb(0, max(b - c, c - a) * (1 + 1e-15))
        if (value + slope * reach).contains(0):
            require(depth < 50, f"{name}: a zero is not stated near w = {math.sqrt(c):.6g}")
            stack += [(a, c, depth + 1), (c, b, depth + 1)]


def _hull(a: Column, b: Column) -> Column:
    return [p.union(q) for p, q in zip(a, b, strict=True)]


def _row(column: Column) -> arb_mat:
    return arb_mat(1, len(column), column)


def _tables(data: Curve, a: float, b: float) -> tuple[list[arb_mat], list[arb_mat]]:
    first, middle, last = data.line(a), data.line(0.5 * (a + b)), data.line(b)
    box = [_hull(p, q) for p, q in zip(first, last, strict=True)]
    return [_row(c) for c in middle[:3]], [_row(c) for c in box[:3]]


def _inner(a: arb_mat, b: arb_mat) -> arb:
    return (a * b.transpose())[0, 0]


def _silent(data: Curve) -> Function:
    y = data.y.transpose()

    def function(a: float, b: float) -> tuple[arb, arb]:
        centre, box = _tables(data, a, b)
        return _inner(y, centre[0]), -_inner(y, box[1])

    return function


def _working(data: Curve) -> Function:
    """⟨y, g⟩⟨g, g'⟩ − ⟨y, g'⟩⟨g, g⟩ with the slope by the rule of products."""
    y = data.y.transpose()

    def function(a: float, b: float) -> tuple[arb, arb]:
        (g, d, _), (gg, dd, ss) = _tables(data, a, b)
        value = _inner(y, g) * _inner(g, d) - _inner(y, d) * _inner(g, g)
        slope = -_inner(y, dd) * _inner(gg, dd)
        slope -= _inner(y, gg) * (_inner(dd, dd) + 2 * _inner(gg, ss))
        slope += 2 * _inner(y, ss) * _inner(gg, gg) + 2 * _inner(y, dd) * _inner(gg, dd)
        return value, slope

    return function


def _beside(data: Curve, star: Sequence[str]) -> Function:
    a, b = (float.fromhex(text) for text in star)
    g = _row(_hull(data.line(a)[0], data.line(b)[0]))
    y = data.y.transpose()
    r = g * (_inner(y, g) / _inner(g, g)) - y

    def function(low: float, high: float) -> tuple[arb, arb]:
        c = 0.5 * (low + high)
        value = _hull(data.differences(c, a)[2], data.differences(c, b)[2])
        slope = _hull(data.differences(low, a)[4], data.differences(high, b)[4])
        return _inner(r, _row(value)), -_inner(r, _row(slope))

    return function


# -- two variables -------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Conditions:
    """G = (G₁, G₂) at the centre of a box, its derivatives over it, and χ over it."""

    value: arb_mat
    slopes: arb_mat
    chi: arb

    def excluded(self) -> bool:
        """No common zero in the box."""
        if self.chi > 0 or self.chi < 0:
            return True
        ones = arb_mat(2, 1, [UNIT, UNIT])
        plain = self.value + self.slopes * ones
        if any(not entry.contains(0) for entry in plain.entries()):
            return True
        inverse = self._inverse()
        if inverse is None:
            return False
        turned = inverse * self.value + inverse * self.slopes * ones
        return any(not entry.contains(0) for entry in turned.entries())

    def injective(self) -> bool:
        """At most one zero: every matrix of the slopes is regular."""
        inverse = self._inverse()
        if inverse is None:
            return False
        turned = inverse * self.slopes
        a, b, c, d = turned.entries()
        return bool(a > 0 and d > 0 and a * d - abs(b) * abs(c) > 0)

    def has_zero(self) -> bool:
        """Exactly one zero in the box, by Krawczyk's test."""
        inverse = self._inverse()
        if inverse is None:
            return False
        eye = arb_mat([[1, 0], [0, 1]])
        image = (eye - inverse * self.slopes) * arb_mat(2, 1, [UNIT, UNIT])
        image -= inverse * self.value
        return all(bool(abs(entry) < 0.999) for entry in image.entries())

    def _inverse(self) -> arb_mat | None:
        middle = arb_mat([[entry.mid() for entry in row] for row in self.slopes.tolist()])
        try:
            found = middle.inv()
        except ZeroDivisionError:
            return None
        return arb_mat([[entry.mid() for entry in row] for row in found.tolist()])


def conditions(data: Curve, box: Sequence[float]) -> Conditions | None:
    """Enclosures for the box [a, b] × [c, d] in (q₁, q₂); None where they are not finite."""
    a, b, c, d = box
    p, q = 0.5 * (a + b), 0.5 * (c + d)
    half = [arb(max(b - p, p - a)) * (1 + arb(2) ** -50), arb(max(d - q, q - c))]
    half[1] *= 1 + arb(2) ** -50
    middle = [data.line(p)[0], *data.differences(p, q)]
    ends = zip(data.differences(a, c), data.differences(b, d), strict=True)
    whole = [_hull(data.line(a)[0], data.line(b)[0]), *(_hull(s, t) for s, t in ends)]
    slope = _row(_hull(data.line(a)[1], data.line(b)[1]))
    try:
        return _conditions(data.y, [_row(c) for c in middle], [_row(c) for c in whole], slope, half)
    except ZeroDivisionError:
        return None


def _conditions(
    y: arb_mat, centre: list[arb_mat], box: list[arb_mat], slope: arb_mat, half: list[arb]
) -> Conditions:
    features = arb_mat(centre[0].tolist() + centre[1].tolist())
    turn = _orthonormal(features * features.transpose())
    q0 = turn * features
    zero = arb_mat(1, y.nrows())
    along = [
        turn * arb_mat((-slope * half[0]).tolist() + (-box[2] * half[0]).tolist()),
        turn * arb_mat(zero.tolist() + (-box[3] * half[1]).tolist()),
    ]
    q = q0 + along[0] * UNIT + along[1] * UNIT
    target = y.transpose()
    start = _middle(q0 * y).transpose()
    r0 = start * q0 - target
    gram0 = q0 * q0.transpose()
    exact = start - (gram0.inv() * (q0 * r0.transpose())).transpose()
    gram = gram0
    for b in along:
        mixed = b * q.transpose()
        gram += (mixed + mixed.transpose()) * UNIT
    inverse = gram.inv()
    r = r0 + (start * along[0]) * UNIT + (start * along[1]) * UNIT
    moved = q0 * r0.transpose()
    for b in along:
        moved += (b * r.transpose() + q * (start * b).transpose()) * UNIT
    kappa = start - (inverse * moved).transpose()
    centred = exact * q0 - target
    r = kappa * q - target
    steps: list[arb_mat] = []
    for _ in range(3):
        turns = [-(inverse * (b * r.transpose() + q * (kappa * b).transpose())) for b in along]
        steps = [t.transpose() * q + kappa * b for t, b in zip(turns, along, strict=True)]
        r = _meet(r, centred + steps[0] * UNIT + steps[1] * UNIT)
    value, slopes = [], []
    thirds = ((box[4] * 2, box[5]), (box[5], box[6] * 2))
    for k in (0, 1):
        part = _middle(centre[2 + k] * q0.transpose())
        p0 = centre[2 + k] - part * q0
        bent = [-t * h - part * b for t, h, b in zip(thirds[k], half, along, strict=True)]
        p = _meet(box[2 + k] - part * q, p0 + bent[0] * UNIT + bent[1] * UNIT)
        value.append(_inner(centred, p0))
        free = [t - _middle(t * q0.transpose()) * q for t in bent]
        slopes.append([_inner(s, p) + _inner(r, t) for s, t in zip(steps, free, strict=True)])
    fourth = box[5] - _middle(box[5] * q0.transpose()) * q
    return Conditions(arb_mat(2, 1, value), arb_mat(slopes), _inner(r, fourth))


def _orthonormal(gram: arb_mat) -> arb_mat:
    """An exact matrix T with T G Tᵀ close to 1."""
    a, b, d = gram[0, 0].mid(), gram[0, 1].mid(), gram[1, 1].mid()
    first = (1 / a.sqrt()).mid()
    share = (b / a).mid()
    second = (1 / (d - share * b).sqrt()).mid()
    return arb_mat([[first, 0], [-(share * second).mid(), second]])


def _middle(matrix: arb_mat) -> arb_mat:
    return arb_mat([[entry.mid() for entry in row] for row in matrix.tolist()])


def _meet(a: arb_mat, b: arb_mat) -> arb_mat:
    """For every entry the narrower of two enclosures."""
    pairs = zip(a.entries(), b.entries(), strict=True)
    return arb_mat(1, a.ncols(), [p if p.rad() < q.rad() else q for p, q in pairs])


def _check_pair(data: Curve, pair: Column, box: Column) -> None:
    """One critical pair next to the stated one, and no other in its box."""
    q = [float((w * w).mid()) for w in pair]
    near = CLOSE * min(q[0], abs(q[1] - q[0]))
    tiny = [q[0] - near, q[0] + near, q[1] - near, q[1] + near]
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
    codes = zlib.decompressobj().decompress(base64.b64decode(claim["tree"]), MOST_NODES)
    boxes = [[float(end) for end in box] for box in known]
    nodes = iter(codes)
    for code, places in _leaves(nodes, int(claim["levels"])):
        a, b, c, d = (_place(k, claim) for k in places)
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
