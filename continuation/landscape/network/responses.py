"""What single units contribute: responses of φ(w x) and its derivatives on the samples.

All inner products are weighted by ω; in the coordinates of `samples` they are plain dot products.

References
----------
G. H. Golub and V. Pereyra, *SIAM J. Numer. Anal.* 10 (1973) 413: variable projection.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache, partial

import numpy as np
from numpy.polynomial import Polynomial

from continuation.arrays import Array
from continuation.errors import InvalidInputError
from continuation.landscape.network.conditions import Conditions
from continuation.landscape.network.loss import Loss
from continuation.landscape.network.loss_at import LossAt
from continuation.landscape.network.ramp import weights_of
from continuation.landscape.network.samples import Samples
from symbolic import Model

FAR = 3.0
"""Mean of the inputs, in their standard deviations, from which units with bias are looked for with
inputs measured from it: exponentials and biases are products of their distance there."""

EXACT_FIT = 1e-11
"""Residual, relative to the target, of a network that fits the data."""

Activation = Callable[[Array], Array]

SATURATED = 4e-9
"""Distance from its limit at which a sigmoid counts as saturated: tanh at u = 10. Two units
that differ less than this on all but two samples are beyond double precision."""


@lru_cache(maxsize=256)
def activation(model: Model, order: int) -> Activation:
    """φ, φ', …, φ^(order) of a model: u of shape s ↦ (order + 1, *s)."""
    if model.is_tanh:
        return partial(tanh_derivatives, order=order)
    return model.activation_functions(order)


def tanh_derivatives(u: Array, order: int) -> Array:
    """Tanh and its derivatives, as polynomials in t = tanh u, in place.

    A short cut: walking the expressions of the symbolic layer takes longer than n = 100 samples.
    """
    out = np.empty((order + 1, *np.shape(u)))
    t = np.tanh(u, out=out[0, ...])
    q = t * t
    d = 1.0 - q
    for k in range(1, order + 1):
        row, (highest, *rest) = out[k, ...], _tanh_derivative(k)
        row[...] = highest
        for coefficient in rest:
            row *= q
            row += coefficient
        row *= d
        if k % 2 == 0:
            row *= t
    return out


@lru_cache(maxsize=32)
def _tanh_derivative(order: int) -> tuple[float, ...]:
    """Coefficients of R_k(q), the highest first: tanh^(k) = (1 − q) R_k(q) t^e, q = t².

    e is 0 for odd k, where R_(k+1) = 2(1 − q)R' − 2R, and 1 for even k, where
    R_(k+1) = (1 − 3q)R + 2q(1 − q)R'; R₁ = 1.
    """
    r, q = Polynomial([1.0]), Polynomial([0.0, 1.0])
    for k in range(1, order):
        slope = 2.0 * (1.0 - q) * r.deriv()
        r = slope - 2.0 * r if k % 2 else (1.0 - 3.0 * q) * r + q * slope
    return tuple(map(float, r.trim().coef[::-1]))


@dataclass(frozen=True, eq=False)
class Responses:
    """The data of a one-input perceptron without bias, as seen by a single unit.

    Attributes
    ----------
    samples : Samples
        Inputs and weights, compressed where they are many.
    target : ndarray, shape (q,)
        The targets y at the noise in question, as coordinates.
    model : Model
        Gives the activation.
    """

    samples: Samples
    target: Array
    model: Model

    @classmethod
    def of(cls, loss: Loss, conditions: Conditions, schedule: tuple[int, ...] = ()) -> Responses:
        """Samples of a loss with their weights; kept for the next noise at the same size.

        A size beyond the last sample is that of all: differences may step there.
        """
        samples = _samples(loss, conditions.size, schedule)
        return cls(samples, samples.teacher + conditions.noise * samples.noise, loss.model)

    @classmethod
    def at(cls, loss_at: LossAt) -> Responses:
        """The same from a loss at fixed parameters."""
        samples = Samples.of(loss_at.x, loss_at.weights, loss_at.targets, loss_at.noises)
        return cls(samples, samples.teacher + loss_at.p * samples.noise, loss_at.model)

    @cached_property
    def distinct(self) -> int:
        """Distinct |x| > 0: as many odd units, of any weights, fit all targets exactly."""
        return int(np.unique(np.abs(self.x[self.x != 0.0])).size)

    def fitted_to(self, distance: float) -> bool:
        """Whether a residual of this norm is rounding: no gradient and no slope tells anything."""
        return bool(distance <= EXACT_FIT * np.linalg.norm(self.target))

    @property
    def centre(self) -> float:
        """Mean of inputs that are far from zero beside their spread; 0 of others."""
        mean, spread = float(np.mean(self.x)), float(np.std(self.x))
        return mean if abs(mean) > FAR * spread else 0.0

    def about(self, centre: float) -> Responses:
        """The same targets at inputs that are measured from a centre."""
        return replace(self, samples=replace(self.samples, x=self.samples.x - centre))

    @property
    def x(self) -> Array:
        """Nodes (m,): the inputs, or the points that stand for them."""
        return self.samples.x

    def rows(self, values: Array) -> Array:
        """Values of functions at the nodes (..., m) as coordinates (..., q)."""
        return self.samples.coordinates(values)

    def features(self, w: Array | float, order: int) -> Array:
        """x^k φ^(k)(w x) for k = 0 … order as coordinates; shape (order + 1, *w.shape, q)."""
        w = np.asarray(w, dtype=np.float64)
        phi = activation(self.model, order)(w[..., None] * self.x)
        power = self.x
        for k in range(1, order + 1):
            phi[k] *= power
            power = power * self.x
        return self.rows(phi)

    def mirrored(self) -> Responses:
        """The same samples at −x: units with negative input weights."""
        return replace(self, samples=replace(self.samples, x=-self.x))

    def monomial(self, k: int) -> Array:
        """x^k as coordinates, shape (q,)."""
        return self.rows(self.x**k)

    @property
    def series_at_zero(self) -> Array:
        """Coefficients of u, u³, …, u⁹ in φ(u), which the limits of vanishing weights need."""
        return _series_at_zero(self.model)


@lru_cache(maxsize=256)
def _series_at_zero(model: Model) -> Array:
    derivatives = activation(model, 9)(np.zeros(1))[1::2, 0]
    return np.asarray(derivatives / np.array([1.0, 6.0, 120.0, 5040.0, 362880.0]))


@lru_cache(maxsize=8)
def _samples(loss: Loss, size: float | None, schedule: tuple[int, ...]) -> Samples:
    data = loss.data
    return Samples.of(data.x, weights_of(data, size, schedule), data.target, data.noise)


def saturation(model: Model) -> tuple[float, float] | None:
    """Limit of φ at infinity, and where it is reached to `SATURATED`, for sigmoids.

    Returns
    -------
    (float, float) or None
        φ(∞) ≠ 0 and the argument u with |φ(u)/φ(∞) − 1| = `SATURATED`; None unless the limit
        is approached monotonically and at least exponentially.
    """
    return _saturation(model)


def height(model: Model) -> float:
    """φ(∞) of a sigmoid, see `saturation`.

    Raises
    ------
    InvalidInputError
        For an activation that does not saturate so.
    """
    found = saturation(model)
    if found is None:
        raise InvalidInputError(f"{model.activation} does not saturate: no unit becomes a step")
    return found[0]


@lru_cache(maxsize=256)
def _saturation(model: Model) -> tuple[float, float] | None:
    u = np.geomspace(0.01, 400.0, 2000)
    phi = activation(model, 0)(u)[0]
    limit = float(phi[-1])
    if not np.isfinite(phi).all() or limit == 0.0:
        return None
    rest = np.abs(phi / limit - 1.0)
    close = np.flatnonzero(rest < SATURATED)
    if (np.diff(rest) > 1e-15).any() or close.size == 0:
        return None
    reach = float(u[close[0]])
    exponential = rest[np.searchsorted(u, min(2.0 * reach, u[-1]))] < 1e-15
    return (limit, reach) if exponential and 2.0 * reach < u[-1] else None


def project(target: Array, features: Array) -> tuple[Array, Array]:
    """Least squares fit of one target by p features, for k problems at once.

    Modified Gram-Schmidt with reorthogonalisation, stable for nearly parallel features
    (Björck, *BIT* 7 (1967) 1).

    Parameters
    ----------
    target : ndarray, shape (n,)
    features : ndarray, shape (p, k, n)

    Returns
    -------
    coefficients : ndarray, shape (p, k)
    residual : ndarray, shape (k, n)
        Fit minus target.
    """
    p, k, _ = features.shape
    basis: list[Array] = []
    triangle = np.zeros((p, p, k))
    along = np.empty((p, k))
    residual = -np.broadcast_to(target, features.shape[1:])
    for j in range(p):
        direction = features[j]
        for _ in range(2):
            for i, unit in enumerate(basis):
                overlap = np.einsum("kn,kn->k", unit, direction)
                triangle[i, j] += overlap
                direction = direction - overlap[:, None] * unit
        norm = np.sqrt(np.einsum("kn,kn->k", direction, direction))
        triangle[j, j] = norm
        unit = direction / np.where(norm > 0.0, norm, 1.0)[:, None]
        basis.append(unit)
        along[j] = -np.einsum("kn,kn->k", unit, residual)
        residual = residual + along[j][:, None] * unit
    return _back_substitute(triangle, along), residual


def _back_substitute(triangle: Array, along: Array) -> Array:
    coefficients = np.zeros_like(along)
    with np.errstate(divide="ignore", invalid="ignore"):
        for j in range(along.shape[0] - 1, -1, -1):
            rest = along[j] - sum(
                triangle[j, i] * coefficients[i] for i in range(j + 1, along.shape[0])
            )
            coefficients[j] = rest / triangle[j, j]
    return coefficients
