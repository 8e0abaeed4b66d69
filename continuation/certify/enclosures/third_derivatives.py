"""Bounds of the third derivatives of the loss of a tanh perceptron over a ball of weights.

The derivatives of the loss are sums over samples of products of the derivatives of the network,
which do not mix units: v x^m φ^(m)(w x) and x^m φ^(m)(w x), φ^(m) a polynomial in tanh.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import combinations_with_replacement, product
from math import factorial

import numpy as np
from flint import arb, arb_mat
from numpy.typing import NDArray

from continuation.certify.enclosures.balls import exact, norm, upper
from continuation.certify.enclosures.exact_loss import ExactLoss

ORDER = 5
"""Highest derivative of the loss that is bounded over a ball."""


def _derivatives_of_tanh(order: int) -> list[list[int]]:
    """tanh, tanh', ... as polynomials in t = tanh, lowest power first: P' becomes (1 − t²) P'."""
    found = [[0, 1]]
    for _ in range(order):
        slope = [m * c for m, c in enumerate(found[-1])][1:]
        found.append([a - b for a, b in zip([*slope, 0, 0], [0, 0, *slope], strict=True)])
    return found


DERIVATIVES = _derivatives_of_tanh(ORDER)
Matrix = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class ThirdDerivatives:
    """Bounds of |D³L[Se, Se, Se]|, |e| = 1, over balls {θ* + S z : |z| ≤ R}.

    Taylor's formula along each radius, with derivatives at θ* up to `ORDER` − 1 and the last one
    over the smallest box around the ball. (The third derivative over the box itself would forget
    how the weights of the ball depend on each other: its bound is many times larger.)

    Attributes
    ----------
    loss : ExactLoss
        Of a tanh perceptron (w_1..w_H, v_1..v_H).
    theta : sequence of Fraction or float, length d
        θ*.
    scale : ndarray, shape (d, d)
        S.
    """

    loss: ExactLoss
    theta: Sequence[Fraction | float]
    scale: Matrix

    def bound(self, reach: float) -> float:
        """Bound over the ball of radius R; to be called in `working_precision`."""
        radii = [upper(exact(reach) * norm(row)) for row in self._turn.tolist()]
        box = [c + arb(0, r) for c, r in zip(self._centre, radii, strict=True)]
        last = _largest(_UnitDerivatives.of(self.loss, box).tensor(ORDER), self._turn)
        sizes = [*self._here, last]
        terms = (exact(reach) ** m / factorial(m) * exact(size) for m, size in enumerate(sizes))
        return upper(sum(terms, arb(0)))

    @cached_property
    def _turn(self) -> arb_mat:
        return arb_mat(self.scale.tolist())

    @cached_property
    def _centre(self) -> list[arb]:
        return [exact(t) for t in self.theta]

    @cached_property
    def _here(self) -> list[float]:
        """Sizes of the derivatives of orders 3 to `ORDER` − 1 at θ*."""
        units = _UnitDerivatives.of(self.loss, self._centre)
        return [_largest(units.tensor(order), self._turn) for order in range(3, ORDER)]


@dataclass(frozen=True)
class _UnitDerivatives:
    """Derivatives of f over a box, from which those of the loss are sums of products.

    Attributes
    ----------
    rows : mapping
        Indices of the weights, in increasing order: row of `products` and `pulled`. Derivatives
        of f by weights of different units, or twice by output weights, vanish and are left out.
    products : arb_mat
        Σ ω f_P f_Q for all pairs of rows.
    pulled : arb_mat
        Σ ω r f_P, one column.
    dimension : int
    """

    rows: Mapping[tuple[int, ...], int]
    products: arb_mat
    pulled: arb_mat
    dimension: int

    @classmethod
    def of(cls, loss: ExactLoss, box: Sequence[arb]) -> _UnitDerivatives:
        """Derivatives up to order `ORDER` of v φ(w x): v x^m φ^(m) and x^m φ^(m)."""
        H = len(box) // 2
        columns: dict[tuple[int, ...], list[arb]] = {}
        for k in range(H):
            w, v = box[k], box[H + k]
            t = [(w * q).tanh() for q in loss.x]
            power = [arb(1)] * len(t)
            for m in range(ORDER + 1):
                phi = [_horner(DERIVATIVES[m], q) for q in t]
                by_w = [a * b for a, b in zip(power, phi, strict=True)]
                columns[*[k] * m, H + k] = by_w
                if m:
                    columns[(k,) * m] = [v * c for c in by_w]
                power = [a * q for a, q in zip(power, loss.x, strict=True)]
        listed = list(columns.values())
        rows = {index: m for m, index in enumerate(columns)}
        pulled = _sums(loss, listed, [loss.residual(box)])
        return cls(rows, _sums(loss, listed, listed), pulled, len(box))

    def tensor(self, order: int) -> list[arb]:
        """All entries of the derivative of the loss of that order, the last index fastest.

        The derivative of r²/2 by a set of weights is Σ f_P f_Q over its splits into two parts,
        none empty, plus r times that of f.
        """
        known: dict[tuple[int, ...], arb] = {}
        for index in combinations_with_replacement(range(self.dimension), order):
            known[index] = self._entry(index)
        indices = product(range(self.dimension), repeat=order)
        return [known[tuple(sorted(index))] for index in indices]

    def _entry(self, index: tuple[int, ...]) -> arb:
        total = self.pulled[self.rows[index], 0] if index in self.rows else arb(0)
        for chosen in product((False, True), repeat=len(index) - 1):
            first = (index[0], *(a for a, c in zip(index[1:], chosen, strict=True) if c))
            second = tuple(a for a, c in zip(index[1:], chosen, strict=True) if not c)
            if first in self.rows and second in self.rows:
                total += self.products[self.rows[first], self.rows[second]]
        return total


def _largest(tensor: list[arb], S: arb_mat) -> float:
    """Bound of a symmetric form on unit vectors e turned to S e.

    The smaller of its Frobenius norm and of the norm of its unfolding to a matrix of d rows.
    """
    d = S.nrows()
    size, order = len(tensor), round(math.log(len(tensor), d))
    for _ in range(order):  # the last index is turned and becomes the first
        tensor = (arb_mat(size // d, d, tensor) * S).transpose().entries()
    rows = arb_mat(d, size // d, tensor)
    gram = (rows * rows.transpose()).tolist()
    largest = max(upper(sum((abs(entry) for entry in row), arb(0))) for row in gram)
    return min(upper(exact(largest).sqrt()), upper(norm(tensor)))


def _sums(loss: ExactLoss, left: list[list[arb]], right: list[list[arb]]) -> arb_mat:
    """Σ ω l r for all pairs of columns."""
    if loss.weights is not None:
        left = [[o * q for o, q in zip(loss.weights, row, strict=True)] for row in left]
    sums = arb_mat(left) * arb_mat(right).transpose()
    return sums if loss.weights is not None else sums / arb(len(loss.x))


def _horner(coefficients: Sequence[int], t: arb) -> arb:
    """Value of a polynomial, lowest power first."""
    total = arb(0)
    for c in reversed(coefficients):
        total = total * t + c
    return total
