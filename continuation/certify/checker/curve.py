"""What the checker of complete lists evaluates: the curve tanh(√q x)/√q in 200 bits."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from flint import arb, arb_mat, fmpq

from continuation.certify.checker.problem import Problem
from continuation.certify.checker.refusal import require

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

Column = list[arb]


@dataclass(frozen=True, eq=False)
class Curve:
    """g(q) = tanh(√q x)/√q for the samples with x ≠ 0, and their targets."""

    x: Column = field(repr=False)
    y: arb_mat = field(repr=False)
    lines: dict[float, list[Column]] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, loss: Problem) -> Curve:
        """Of a certificate's problem; the loss must be of the kind that the proof is for."""
        model = loss.model
        plain = model.is_plain_tanh and model.hidden == 2
        require(plain, "the model is not two tanh units with free output weights")
        require(not loss.weighted, "the samples have weights")
        require(loss.size is None or loss.size == int(loss.size), "the size is no integer")
        require(loss.decay == 0, "there is weight decay")
        y = [t + loss.sigma * e for t, e in zip(loss.target, loss.noise, strict=True)]
        pairs = [(abs(a), a.sgn() * b) for a, b in zip(loss.x, y, strict=True) if a != 0]
        return cls([a for a, _ in pairs], arb_mat(len(pairs), 1, [b for _, b in pairs]))

    def line(self, q: float) -> list[Column]:
        """|g^(m)|/m! at q for m = 0 … 3."""
        if q not in self.lines:
            rows = [derivatives(arb(q) * x * x) for x in self.x]
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


def derivatives(z: arb) -> list[arb]:
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


def hull(a: Column, b: Column) -> Column:
    """For every entry the smallest ball around both."""
    return [p.union(q) for p, q in zip(a, b, strict=True)]


def row(column: Column) -> arb_mat:
    """A matrix of one row."""
    return arb_mat(1, len(column), column)


def inner(a: arb_mat, b: arb_mat) -> arb:
    """Product of two rows."""
    return (a * b.transpose())[0, 0]
