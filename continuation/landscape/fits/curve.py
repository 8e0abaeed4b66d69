"""Least-squares fits of a formula to data, whatever the units of its parameters are.

From a start, Levenberg-Marquardt on the residuals, with columns of the Jacobian scaled to one, goes
close to a minimum; Newton's method in units that fit goes on to rounding. Parameters that enter the
formula linearly are fitted beforehand: from a start with the others as given, and in what is tried
without one. Nothing here proves that a list of minima is complete.

References
----------
J. J. Moré, "The Levenberg-Marquardt algorithm: implementation and theory", *Lecture Notes in
Mathematics* 630 (1978) 105.
G. H. Golub and V. Pereyra, *SIAM J. Numer. Anal.* 10 (1973) 413: variable projection.
L. Kaufman, *BIT* 15 (1975) 49: its Jacobian.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy
import sympy as sp
from numpy.typing import NDArray

from continuation.arrays import Array
from continuation.callable_problem import Problem
from continuation.landscape.network import LossAt
from continuation.newton_method import newton
from symbolic.functions import evaluate

TRIED, KEPT = 1500, 20
"""Random parameters whose linear part is fitted, and those of them that are followed: half of these
are the best, the others are spread over the rest."""

ROUNDS, VARIANTS = 10, 30
"""How often the best are bettered, each by the best of so many in which one parameter is drawn
again: of eight, a lucky draw has not all right at once."""

HUGE = 1e100
"""Residual where the formula has no value: no step is taken there."""

EVALUATIONS, TRIAL = 2000, 100
"""Evaluations of a fit from a start that a user gives (of the NIST collection the longest takes
600), and from one that was drawn, where others will do."""

RIDGE = 1e-12
"""Of linear fits, relative to columns of length one."""

STOP = 1e-12
"""Relative change of the sum of squares, of the parameters and of the gradient at which fits end;
Newton's method goes on."""


@dataclass(frozen=True, eq=False)
class Fit:
    """Where a fit has ended.

    Attributes
    ----------
    end : ndarray, shape (d,)
    point : ndarray, shape (d,), or None
        The critical point beside it; None where it ends on a bound, or where Newton's method does
        not converge: on the way to infinity, or in a flat valley.
    """

    end: Array
    point: Array | None


@dataclass(frozen=True, eq=False)
class Curve:
    """A formula on the samples of a loss, as residuals with their derivatives.

    Attributes
    ----------
    at : LossAt
        Its model is a formula f(x; b) of parameters b (d,).
    lower, upper : ndarray, shape (d,)
        Bounds of the parameters; −inf and inf where there are none.
    """

    at: LossAt
    lower: Array
    upper: Array

    @cached_property
    def slopes(self) -> tuple[sp.Expr, ...]:
        """∂f/∂b."""
        model = self.at.model
        return tuple(sp.diff(model.expression, b) for b in model.parameter_symbols)

    @cached_property
    def linear(self) -> list[int]:
        """Parameters in which together f is affine, the first that come."""
        chosen: list[int] = []
        symbols = self.at.model.parameter_symbols
        for k, slope in enumerate(self.slopes):
            if not slope.free_symbols & {symbols[j] for j in (*chosen, k)}:
                chosen.append(k)
        return chosen

    @cached_property
    def others(self) -> NDArray[np.int64]:
        """All other parameters."""
        return np.setdiff1d(np.arange(self.at.model.dimension), self.linear)

    @cached_property
    def _shared(self) -> tuple[list[tuple[sp.Symbol, sp.Expr]], list[sp.Expr]]:
        """What the slopes have in common, and the slopes in it."""
        common, reduced = sp.cse(self.slopes)
        return common, reduced

    @cached_property
    def observed(self) -> Array:
        """Targets with their noise (n,)."""
        return np.asarray(self.at.targets + self.at.conditions.noise * self.at.noises)

    @cached_property
    def roots(self) -> Array:
        """Square roots of the weights of the samples (n,)."""
        return np.sqrt(self.at.weights)

    def has_value(self, b: Array) -> bool:
        """Whether the formula has a finite value on all samples."""
        return bool(np.isfinite(self._values(self.at.model.expression, b)).all())

    def inside(self, b: Array) -> bool:
        """Whether parameters lie within the bounds."""
        return bool(((self.lower < b) & (b < self.upper)).all())

    def fit(self, start: Array, evaluations: int = TRIAL) -> Fit | None:
        """What a fit from a start leads to; None where the formula has no value there."""
        if not self.has_value(start):
            return None
        end = self.fitted(np.clip(start, self.lower, self.upper), evaluations)
        return Fit(end, self.polished(end))

    def trial(self, start: Array) -> Fit | None:
        """What a fit from a drawn start leads to, with the linear part always fitted if it is free.

        Valleys along which linear parameters trade against others are no valleys then.
        """
        if not self._projects or not self.has_value(start):
            return self.fit(start)
        end = self._projected(start)
        return Fit(end, self.polished(end))

    def fitted(self, start: Array, evaluations: int, held: int | None = None) -> Array:
        """End (d,) of Levenberg-Marquardt, where one parameter may be held."""
        free = np.arange(start.size) != held
        bounded = np.isfinite(self.lower[free]).any() or np.isfinite(self.upper[free]).any()
        method = "trf" if bounded or self.observed.size < free.sum() else "lm"

        def whole(inner: Array) -> Array:
            b = start.copy()
            b[free] = inner
            return b

        with np.errstate(over="ignore", invalid="ignore"):  # a fit may run off beyond all numbers
            found = scipy.optimize.least_squares(
                lambda inner: self._residuals(whole(inner)), start[free],
                lambda inner: self._jacobian(whole(inner))[:, free],
                bounds=(self.lower[free], self.upper[free]), method=method, x_scale="jac",
                xtol=STOP, ftol=STOP, gtol=STOP, max_nfev=evaluations,
            )  # fmt: skip
        return whole(found.x)

    @cached_property
    def _projects(self) -> bool:
        """Whether some parameters are linear, others not, and all are free of bounds and decay."""
        bounded = np.isfinite(self.lower).any() or np.isfinite(self.upper).any()
        free = not bounded and self.at.conditions.weight_decay == 0.0
        return bool(self.linear) and free and 0 < self.others.size <= self.observed.size

    def _projected(self, start: Array) -> Array:
        """End (d,) of Levenberg-Marquardt in the parameters that are not linear.

        Kaufman's Jacobian leaves out how the linear part turns with the residual.
        """
        inner = self.others

        def whole(moved: Array) -> Array:
            b = start.copy()
            b[inner] = moved
            return self.with_linear_part(b[None])[0][0]

        def slopes(moved: Array) -> Array:
            jacobian = self._jacobian(whole(moved))
            columns = jacobian[:, self.linear]
            basis = np.linalg.qr(columns)[0]
            rest = jacobian[:, inner]
            return np.nan_to_num(rest - basis @ (basis.T @ rest))  # beyond the range of numbers

        with np.errstate(all="ignore"):
            found = scipy.optimize.least_squares(
                lambda moved: self._residuals(whole(moved)), start[inner], slopes,
                method="lm", x_scale="jac",
                xtol=STOP, ftol=STOP, gtol=STOP, max_nfev=TRIAL,
            )  # fmt: skip
        return whole(found.x)

    def loss(self, b: Array) -> float:
        """L(b), also where it is not finite."""
        with np.errstate(all="ignore"):
            return 0.5 * float(np.sum(self._residuals(b) ** 2))

    def polished(self, b: Array) -> Array | None:
        """Newton's method to rounding; None unless it converges within the bounds."""
        with np.errstate(all="ignore"):
            found = newton(self._problem, b, 0.0)
        return found.x if found.converged and self.inside(found.x) else None

    def with_linear_part(self, b: Array) -> tuple[Array, Array]:
        """Parameters (k, d) with the linear ones fitted, and their sums of squares (k,).

        Infinite sums where the formula has no value.
        """
        fitted, model = b.copy(), self.at.model
        with np.errstate(all="ignore"):
            fitted[:, self.linear] = 0.0
            left = self.roots * (self._values(model.expression, fitted) - self.observed)
            if self.linear:
                columns = np.stack([self._values(self.slopes[k], fitted) for k in self.linear], 1)
                found = _solved(self.roots * columns, left)
                fitted[:, self.linear] = -found
                left = left - (self.roots * columns * found[..., None]).sum(axis=1)
            squares = (left**2).sum(axis=1)
        return fitted, np.where(np.isfinite(squares), squares, np.inf)

    def spread(self, rng: np.random.Generator) -> tuple[Array, Array]:
        """Parameters (j, d) and (k, d), k ≤ `KEPT`, to begin with where none are given.

        Each is one of four, drawn at random: a place among the inputs, a length along them, a
        rate, or a number of any size. Bounded ones are drawn between their bounds. The first are
        the best of the second, bettered: what is bettered alone comes to one valley too often.
        """
        b, squares = self.with_linear_part(self._drawn(rng, TRIED))
        order = np.argsort(squares, kind="stable")[: int(np.isfinite(squares).sum())]
        best, rest = order[: KEPT // 2], order[KEPT // 2 :]
        bettered = self._bettered(b[best], squares[best], rng)
        return bettered, b[[*best, *rest[:: 1 + len(rest) // (KEPT // 2)]]]

    def _bettered(self, b: Array, squares: Array, rng: np.random.Generator) -> Array:
        """Parameters (k, d), of these sums of squares (k,), after `ROUNDS`."""
        k, every = len(b), np.arange(len(b))
        for _ in range(ROUNDS if k and self.others.size else 0):
            variants = np.repeat(b, VARIANTS, axis=0)
            which = np.arange(k * VARIANTS), rng.choice(self.others, k * VARIANTS)
            variants[which] = self._drawn(rng, k * VARIANTS)[which]
            fitted, sums = self.with_linear_part(variants)
            least = np.argmin(sums.reshape(k, VARIANTS), axis=1) + VARIANTS * every
            b = np.where((sums[least] < squares)[:, None], fitted[least], b)
            squares = np.minimum(sums[least], squares)
        return b

    def _drawn(self, rng: np.random.Generator, number: int) -> Array:
        """Random parameters (number, d)."""
        x, shape = self.at.x, (number, self.at.model.dimension)
        reach, size = float(np.ptp(x)) or 1.0, float(np.sqrt(np.mean(x**2))) or 1.0
        sign = rng.choice([1.0, -1.0], shape)
        drawn = np.stack(
            [
                rng.choice(x, shape),
                reach * 10.0 ** rng.uniform(-2.0, 0.5, shape),
                sign * 10.0 ** rng.uniform(-1.5, 1.5, shape) / size,
                sign * 10.0 ** rng.uniform(-4.0, 4.0, shape),
            ]
        )
        which = rng.integers(0, len(drawn), shape)
        chosen = np.take_along_axis(drawn, which[None], 0)[0]
        bounded = np.isfinite(self.lower) & np.isfinite(self.upper)
        low, high = (np.where(bounded, end, 1.0) for end in (self.lower, self.upper))
        return np.where(bounded, rng.uniform(low, high, shape), chosen)

    @cached_property
    def _problem(self) -> Problem:
        return Problem(
            lambda b, p: self._where_finite(b)[0], lambda b, p: self._where_finite(b)[1],
            symmetric=True,
        )  # fmt: skip

    def _where_finite(self, b: Array) -> tuple[Array, Array]:
        """Gradient and Hessian; nan beyond the range of numbers."""
        if not np.isfinite(b).all():
            return np.full(b.size, np.nan), np.full((b.size, b.size), np.nan)
        return self.at.evaluate(b)[1:]

    def _values(self, expression: sp.Expr, b: Array) -> Array:
        """An expression at parameters (…, d) on the samples, (…, n)."""
        model = self.at.model
        given = {symbol: b[..., k, None] for k, symbol in enumerate(model.parameter_symbols)}
        with np.errstate(all="ignore"):
            found = evaluate(expression, given | {model.input_symbol: self.at.x})
        return np.broadcast_to(found, (*b.shape[:-1], self.at.x.size))

    def _residuals(self, b: Array) -> Array:
        """√ω (f − y) on the samples, then √ρ b."""
        with np.errstate(all="ignore"):
            outputs = self.at.kernels.outputs(np.ascontiguousarray(b), self.at.x)
            r = self.roots * (outputs - self.observed)
        decay = np.sqrt(self.at.conditions.weight_decay) * b
        return np.concatenate([np.where(np.isfinite(r), r, HUGE), decay])

    def _jacobian(self, b: Array) -> Array:
        """Derivatives of the residuals (n + d, d)."""
        common, slopes = self._shared
        names = (*self.at.model.parameter_symbols, self.at.model.input_symbol)
        known = dict(zip(names, (*b, self.at.x), strict=True))
        with np.errstate(all="ignore"):
            for symbol, expression in common:
                known[symbol] = evaluate(expression, known)
            rows = [np.broadcast_to(evaluate(e, known), self.at.x.shape) for e in slopes]
            columns = self.roots * np.stack(rows)
        decay = np.sqrt(self.at.conditions.weight_decay) * np.eye(b.size)
        return np.concatenate([np.where(np.isfinite(columns), columns, 0.0).T, decay])


def _solved(columns: Array, target: Array) -> Array:
    """Coefficients (k, m) of columns (k, m, n) that fit targets (k, n), by a small ridge."""
    length = np.sqrt((columns**2).sum(axis=-1, keepdims=True))
    unit = np.nan_to_num(columns / length, posinf=0.0, neginf=0.0)
    gram = unit @ unit.swapaxes(-1, -2) + RIDGE * np.eye(columns.shape[1])
    right = np.nan_to_num(unit @ target[..., None], posinf=0.0, neginf=0.0)
    return np.nan_to_num(np.linalg.solve(gram, right) / length, posinf=0.0, neginf=0.0)[..., 0]
