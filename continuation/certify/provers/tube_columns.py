"""Derivatives of ∇L and ∇²L along a line of weights, for tanh units without bias, in balls."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flint import arb, arb_mat

from continuation.certify.enclosures import Column, ExactLoss
from continuation.landscape.network import split_plain


def bent_gradient(
    loss: ExactLoss,
    theta: Sequence[arb],
    direction: Sequence[arb],
    falls: Column,
    weights: tuple[Column, Column, Column],
) -> arb_mat:
    """Second derivative of Σ ω r ∇f along (θ', p') for tanh units without bias.

    Parameters
    ----------
    direction : sequence of arb, length d
        θ'.
    falls : list of arb, length n
        Derivative of −y by p, times p'.
    weights : three lists of arb
        ω, ω' p', ω'' p'².
    """
    (w, v), (a, b) = split_plain(list(theta)), split_plain(list(direction))
    by_inputs, by_outputs = [arb(0)] * len(w), [arb(0)] * len(w)
    for j, x in enumerate(loss.x):
        jets = [_unit_jet(*unit, x) for unit in zip(w, a, v, b, strict=True)]
        r = [sum((jet[0][m] for jet in jets), arb(0)) for m in range(3)]
        r[0] -= loss.targets[j]
        r[1] += falls[j]
        share = [column[j] for column in weights]
        for k, (_, by_w, by_v) in enumerate(jets):
            by_inputs[k] += _second_ofproduct(share, r, by_w)
            by_outputs[k] += _second_ofproduct(share, r, by_v)
    return arb_mat(len(theta), 1, [*by_inputs, *by_outputs])


Jet = tuple[arb, arb, arb]
"""A value with its first two derivatives."""


def _unit_jet(w: arb, a: arb, v: arb, b: arb, x: arb) -> tuple[Jet, Jet, Jet]:
    """The unit v tanh(w x) and its derivatives by w and v, along w' = a, v' = b."""
    t = (w * x).tanh()
    s = (w * x).sech() ** 2
    up = a * x
    first, second = s, -2 * t * s
    third = s * (6 * t * t - 2)
    phi = (t, first * up, second * up * up)
    slope = (x * first, x * second * up, x * third * up * up)
    value = (v * phi[0], b * phi[0] + v * phi[1], 2 * b * phi[1] + v * phi[2])
    by_w = (v * slope[0], b * slope[0] + v * slope[1], 2 * b * slope[1] + v * slope[2])
    return value, by_w, phi


def _second_ofproduct(w: Sequence[arb], r: Sequence[arb], j: Sequence[arb]) -> arb:
    """(ω r j)'' by Leibniz."""
    value, slope = r[0] * j[0], r[1] * j[0] + r[0] * j[1]
    bend = r[2] * j[0] + 2 * r[1] * j[1] + r[0] * j[2]
    return w[2] * value + 2 * w[1] * slope + w[0] * bend


def product(a: Column, b: Column) -> Column:
    """The products of entries."""
    return [p * q for p, q in zip(a, b, strict=True)]


def with_column(matrix: arb_mat, column: arb_mat) -> arb_mat:
    """The matrix with one more column."""
    rows = zip(matrix.tolist(), column.entries(), strict=True)
    return arb_mat([[*row, entry] for row, entry in rows])


@dataclass(frozen=True, eq=False)
class Moved:
    """Columns of a network of tanh units and their derivatives along one direction.

    Attributes
    ----------
    rows, turned : list of columns
        ∂f/∂θ_a and its derivative.
    residual, change : column
        r and its derivative.
    curved, curving : list of columns
        For each unit ∂²f/∂w² and ∂²f/∂w∂v, and their derivatives.
    """

    rows: list[Column]
    turned: list[Column]
    residual: Column
    change: Column
    curved: list[tuple[Column, Column]]
    curving: list[tuple[Column, Column]]

    @classmethod
    def along(
        cls, loss: ExactLoss, theta: Sequence[arb], direction: Sequence[arb], falls: Column
    ) -> Moved:
        """At θ along θ' = direction; `falls` is the derivative of −y."""
        (w, v), (a, b) = split_plain(list(theta)), split_plain(list(direction))
        units = [_unit_columns(*unit, loss.x) for unit in zip(w, a, v, b, strict=True)]
        outputs = [_scaled(v_k, unit[1][0]) for v_k, unit in zip(v, units, strict=True)]
        residual = [-y for y in loss.targets]
        for column in outputs:
            residual = [a + b for a, b in zip(residual, column, strict=True)]
        rows = [unit[0][0] for unit in units] + [unit[1][0] for unit in units]
        turned = [unit[0][1] for unit in units] + [unit[1][1] for unit in units]
        change = list(falls)
        for row, d in zip(rows, direction, strict=True):
            change = [a + d * b for a, b in zip(change, row, strict=True)]
        curved = [(unit[2][0], unit[3][0]) for unit in units]
        curving = [(unit[2][1], unit[3][1]) for unit in units]
        return cls(rows, turned, residual, change, curved, curving)

    def values(self, factors: Column) -> arb_mat:
        """Σ factor ∂f; d × 1."""
        return arb_mat(self.rows) * arb_mat(len(factors), 1, factors)

    def slopes(self, factors: Column) -> arb_mat:
        """Σ factor (∂f)'; d × 1."""
        return arb_mat(self.turned) * arb_mat(len(factors), 1, factors)

    def hessian_slopes(self, weights: Column, rates: Column) -> arb_mat:
        """(Σ ω (∂f ∂fᵀ + r ∂²f))' with ω' = `rates`; d × d."""
        rows = arb_mat(self.rows)
        weighted = arb_mat([product(weights, row) for row in self.turned])
        mixed = weighted * rows.transpose()
        carried = arb_mat([product(rates, row) for row in self.rows]) * rows.transpose()
        total = (mixed + mixed.transpose() + carried).tolist()
        pull = product(weights, self.residual)
        push = [
            w * c + q * r
            for w, c, q, r in zip(weights, self.change, rates, self.residual, strict=True)
        ]
        h = len(self.curved)
        for k, (still, moving) in enumerate(zip(self.curved, self.curving, strict=True)):
            square, cross = (
                _sum(product(pull, m)) + _sum(product(push, s))
                for s, m in zip(still, moving, strict=True)
            )
            total[k][k] += square
            total[k][h + k] += cross
            total[h + k][k] += cross
        return arb_mat(total)


ColumnPair = tuple[Column, Column]
"""A column and its derivative along a direction."""


def _unit_columns(
    w: arb, a: arb, v: arb, b: arb, x: Column
) -> tuple[ColumnPair, ColumnPair, ColumnPair, ColumnPair]:
    """∂f/∂w, ∂f/∂v, ∂²f/∂w², ∂²f/∂w∂v of v tanh(w x) with derivatives along (a, b)."""
    t = [(w * s).tanh() for s in x]
    first = [(w * s).sech() ** 2 * s for s in x]
    second = [-2 * p * q * s for p, q, s in zip(t, first, x, strict=True)]
    third = [q * s * s * (6 * p * p - 2) for p, q, s in zip(t, first, x, strict=True)]
    by_w = (_scaled(v, first), _mixed(b, first, v * a, second))
    bend = (_scaled(v, second), _mixed(b, second, v * a, third))
    return by_w, (t, _scaled(a, first)), bend, (first, _scaled(a, second))


def _scaled(factor: arb, column: Column) -> Column:
    return [factor * entry for entry in column]


def _mixed(s: arb, a: Column, t: arb, b: Column) -> Column:
    return [s * p + t * q for p, q in zip(a, b, strict=True)]


def _sum(column: Column) -> arb:
    return sum(column, arb(0))
