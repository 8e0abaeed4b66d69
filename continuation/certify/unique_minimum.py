"""Exactly one critical point near the theoretical optimum, and it is a minimum (claim 3).

The condition of `symbolic.theorems.unique_minimum`, computed from the data alone in ball
arithmetic. Distances are measured in the metric of the Hessian A at θ*, |δ|² = δᵀAδ, in which A
is the identity, so that β is 1 up to rounding and η the length of the gradient; K is the largest
third derivative of L on a box around the ball of radius R. With h = β K η < ½ and

    t = (1 − √(1 − 2h))/(β K) ≤ R,

L has exactly one critical point closer to θ* than min(R, (1 + √(1 − 2h))/(β K)), it is a minimum,
and at most t away. The search of R begins at η, as t ≥ η, and follows t.

References
----------
J. M. Ortega and W. C. Rheinboldt, *Iterative Solution of Nonlinear Equations* (1970), 12.6.2.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations_with_replacement, product
from math import factorial

import numpy as np
from flint import arb, arb_mat
from numpy.typing import NDArray

from continuation.certify.balls import exact, lower, norm, upper, working_precision
from continuation.certify.certificate import PROVED, UNDECIDED
from continuation.certify.exact import ExactLoss
from continuation.certify.optimum import optimal_weights, teacher_of
from continuation.errors import InvalidInputError
from continuation.landscape.dataset import Dataset
from continuation.landscape.loss import Loss
from continuation.statistics import wilson_interval
from symbolic import Model

SLACK = 1.02
"""The ball that is tried is by this factor larger than the distance it has to contain."""

GROWTH = 1.5
"""Factor between balls when a larger one without another critical point is sought."""

LARGER_BALLS = 12
"""Balls tried at most for that."""

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


@dataclass(frozen=True)
class UniqueMinimum:
    """What Newton and Kantorovich say of the critical points near θ*.

    Attributes
    ----------
    verdict : str
        "PROVED": exactly one critical point within `radius` of θ*; a minimum, not θ* itself.
        "UNDECIDED": the condition fails, which says nothing about the loss.
    reason : str
        Why it is undecided; "" where it is proved.
    theta : tuple of float, length d
        θ*.
    h : float
        β K η on the ball that holds the minimum, or where the condition h < ½ failed; inf where
        A is not positive definite, NaN where it was not needed.
    distance, radius : float
        The minimum is at most `distance` away, and alone within `radius`, in the metric of the
        Hessian at θ*. NaN where undecided.
    reach : float
        Euclidean distance of the minimum from θ* at most. NaN where undecided.
    """

    verdict: str
    reason: str
    theta: tuple[float, ...]
    h: float
    distance: float = np.nan
    radius: float = np.nan
    reach: float = np.nan

    @property
    def proved(self) -> bool:
        """Whether there is exactly one critical point, a minimum, near θ*."""
        return self.verdict == PROVED


def certify_unique_minimum(loss: Loss, *, noise: float, size: float | None = None) -> UniqueMinimum:
    """Decide the condition for one data set.

    Parameters
    ----------
    loss : Loss
        Of a tanh perceptron without biases and offset, with exactly the teacher's units.
    noise, size : float
        Parameters of the loss, as in `Loss.at`; no weight decay.

    Raises
    ------
    InvalidInputError
        Where θ* is not isolated, or the model has another form.
    """
    theta = _isolated_optimum(loss)
    with working_precision():
        enclosed = ExactLoss.of(loss, noise=noise, size=size)
        here = enclosed.evaluate([exact(t) for t in theta])
        scale = _unit_scale(here.hessian)
        if scale is None:
            return _undecided("θ* is in no valley of the loss", theta, np.inf)
        if not any(bool(entry != 0) for entry in here.gradient.entries()):
            reason = "the gradient at θ* is not separated from zero: θ* itself may be the minimum"
            return _undecided(reason, theta, np.nan)
        case = _Case(enclosed, theta, scale, *_bounds(here.gradient, here.hessian, scale))
        return case.decide()


@dataclass(frozen=True)
class Probability:
    """How often the condition holds, over data sets.

    Attributes
    ----------
    sizes, noises : ndarray, shape (a,) and (b,)
    seeds : int
        Data sets.
    fraction, lower, upper : ndarray, shape (a, b)
        Share of data sets with exactly one certified critical point near θ*, and its Wilson
        interval at 95 %. A lower bound for the share of data sets with that property.
    """

    sizes: NDArray[np.int64]
    noises: NDArray[np.float64]
    seeds: int
    fraction: NDArray[np.float64]
    lower: NDArray[np.float64]
    upper: NDArray[np.float64]


def unique_minimum_probability(
    model: Model, *, sizes: Sequence[int], noises: Sequence[float], seeds: int
) -> Probability:
    """Share of data sets of given size and noise for which the condition holds.

    Parameters
    ----------
    model : Model
        A preset with exactly the teacher's units.
    sizes : sequence of int, length a
    noises : sequence of float, length b
    seeds : int
        Data sets 0, 1, ... of the model; those of different sizes are nested.

    Raises
    ------
    InvalidInputError
        As in `certify_unique_minimum`.
    """
    hits = np.zeros((len(sizes), len(noises)), dtype=np.int64)
    for seed in range(seeds):
        data = Dataset.sample(model, n=max(sizes), seed=seed)
        for i, size in enumerate(sizes):
            loss = Loss(model, data.first(size))
            for j, noise in enumerate(noises):
                hits[i, j] += certify_unique_minimum(loss, noise=noise).proved
    low, high = wilson_interval(hits, seeds)
    return Probability(np.array(sizes), np.array(noises), seeds, hits / seeds, low, high)


def _isolated_optimum(loss: Loss) -> tuple[Fraction, ...]:
    model, teacher = loss.model, teacher_of(loss.model)
    if isinstance(teacher, str):
        raise InvalidInputError(teacher)
    if model.bias or model.offset or len(teacher.units) != model.hidden:
        raise InvalidInputError(
            "the condition is for students without biases and offset that have exactly the "
            "teacher's units: only then θ* is isolated"
        )
    return tuple(optimal_weights(model, teacher))


def _unit_scale(hessian: arb_mat) -> Matrix | None:
    """A matrix S with SᵀAS ≈ 1, or None where A is not positive definite."""
    middle = np.array([[float(entry.mid()) for entry in row] for row in hessian.tolist()])
    try:
        factor = np.linalg.cholesky(middle)
    except np.linalg.LinAlgError:
        return None
    return np.asarray(np.linalg.inv(factor).T)


def _bounds(gradient: arb_mat, hessian: arb_mat, scale: Matrix) -> tuple[arb, arb]:
    """β and η in the metric of A: upper bounds as balls without radius."""
    S = arb_mat(scale.tolist())
    deviation = S.transpose() * hessian * S - _identity(len(scale))
    smallest = 1 - norm(deviation.entries())
    beta = exact(upper(1 / smallest)) if lower(smallest) > 0.0 else arb("inf")
    return beta, exact(upper(beta * norm((S.transpose() * gradient).entries())))


@dataclass(frozen=True)
class _Case:
    loss: ExactLoss
    theta: tuple[Fraction, ...]
    scale: Matrix
    beta: arb
    eta: arb

    def decide(self) -> UniqueMinimum:
        """Try balls until one holds the minimum, then larger ones while they hold no other."""
        reach = upper(self.eta) * SLACK
        h, distance, radius = self.condition(reach)
        while h < 0.5 and distance > reach:
            reach = distance * SLACK
            h, distance, radius = self.condition(reach)
        if not h < 0.5:
            return _undecided(f"h = {h:.3g} is not below 1/2", self.theta, h)
        stretch = upper(norm(arb_mat(self.scale.tolist()).entries()))
        radius = self._enlarged(reach, radius)
        reach = upper(exact(distance) * exact(stretch))
        return UniqueMinimum(PROVED, "", _doubles(self.theta), h, distance, radius, reach)

    def _enlarged(self, reach: float, radius: float) -> float:
        """The largest radius of uniqueness among growing balls."""
        for _ in range(LARGER_BALLS):
            reach *= GROWTH
            h, distance, larger = self.condition(reach)
            if not (h < 0.5 and distance <= reach and larger > radius):
                break
            radius = larger
        return radius

    def condition(self, reach: float) -> tuple[float, float, float]:
        """h, t and min(R, the radius of uniqueness) for the ball of radius R."""
        K = exact(third_derivative_bound(self.loss, self.theta, self.scale, reach))
        h = self.beta * K * self.eta
        if not upper(h) < 0.5:
            return upper(h), np.inf, 0.0
        root = (1 - 2 * exact(upper(h))).sqrt()
        # 2η/(1 + √(1 − 2h)) is the same as (1 − √(1 − 2h))/(βK), without the cancellation
        distance = upper(2 * self.eta / (1 + root))
        return upper(h), distance, min(reach, lower((1 + root) / (self.beta * K)))


def _undecided(reason: str, theta: Sequence[Fraction], h: float) -> UniqueMinimum:
    return UniqueMinimum(UNDECIDED, reason, _doubles(theta), h)


def _doubles(theta: Sequence[Fraction]) -> tuple[float, ...]:
    return tuple(float(t) for t in theta)


def third_derivative_bound(
    loss: ExactLoss, theta: Sequence[Fraction | float], scale: Matrix, reach: float
) -> float:
    """Bound of |D³L[Se, Se, Se]|, |e| = 1, over the ball {θ* + S z : |z| ≤ reach}.

    Taylor's formula along each radius, with derivatives at θ* up to `ORDER` − 1 and the last one
    over the smallest box around the ball. (The third derivative over the box itself would forget
    how the weights of the ball depend on each other: its bound is many times larger.)

    Parameters
    ----------
    loss : ExactLoss
        Of a tanh perceptron (w_1..w_H, v_1..v_H).
    theta : sequence of Fraction or float, length d
    scale : ndarray, shape (d, d)
        S.
    reach : float
    """
    S = arb_mat(scale.tolist())
    centre = [exact(t) for t in theta]
    radii = [upper(exact(reach) * norm(row)) for row in S.tolist()]
    box = [c + arb(0, r) for c, r in zip(centre, radii, strict=True)]
    total = arb(0)
    here, around = _UnitDerivatives.of(loss, centre), _UnitDerivatives.of(loss, box)
    for order in range(3, ORDER + 1):
        place = around if order == ORDER else here
        size = _largest(place.tensor(order), S)
        total += exact(reach) ** (order - 3) / factorial(order - 3) * exact(size)
    return upper(total)


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


def _identity(d: int) -> arb_mat:
    return arb_mat(d, d, [int(i == j) for i in range(d) for j in range(d)])
