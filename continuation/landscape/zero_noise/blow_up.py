"""The blow-up of the theoretical optimum at zero noise, for one unit more than the teacher has.

With the teacher's units at w_k = w_k* + σ α_k, v_k = v_k* + σ β_k and one more at w = s, v = σ u,
the residual is σ ρ with

    ρ = Σ_k [(v_k* + σ β_k) Δ_k + β_k φ(w_k* x)] + u φ(s x) − ε,
    Δ_k = (φ((w_k* + σ α_k) x) − φ(w_k* x))/σ → α_k x φ'(w_k* x),

so that L/σ² = ½ Σ ω ρ² is regular at σ = 0, where it is a model with the fixed features φ(w_k* x)
and x φ'(w_k* x) and one unit. Minimising over all but s leaves the reduced function R(s).

See docs/theory.md, Zero noise.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from continuation.arrays import Array
from continuation.callable_problem import Problem
from continuation.errors import InvalidInputError
from continuation.landscape.network import (
    BLOW_UP,
    Activation,
    Conditions,
    Loss,
    Responses,
    activation,
    join_plain,
    split_plain,
)

SMALL_ARGUMENT = 0.5
"""|σ α x| below which Δ and ∂Δ/∂σ are integrals of φ' and φ'' by Gauss' rule; beyond, differences
lose no digits."""

GAUSS_NODES = 10
"""Exact to rounding on arguments that differ by less than `SMALL_ARGUMENT`."""


@dataclass(frozen=True, eq=False)
class BlowUp:
    """L/σ² in the scaled weights z = (s, u, α_1, β_1, α_2, β_2, …).

    Attributes
    ----------
    loss : Loss
        Of H* + 1 odd units without bias.
    conditions : Conditions
        The size; the noise plays no part.
    units : ndarray, shape (H*, 2)
        (w_k*, v_k*) of the teacher.
    responses : Responses
        The samples, with the noise ε as targets.
    """

    loss: Loss
    conditions: Conditions
    units: Array
    responses: Responses

    @classmethod
    def of(cls, loss: Loss, size: float | None = None) -> BlowUp:
        """The blow-up of a loss.

        Raises
        ------
        InvalidInputError
            Unless the teacher is a sum of one unit less than the model has, all odd sigmoids
            without bias.
        """
        model = loss.model
        BLOW_UP.require(model)
        if loss.data.kind == "observed":
            raise InvalidInputError("observed data have no noise that could tend to zero")
        conditions = Conditions(size=size)
        samples = Responses.of(loss, conditions).samples
        return cls(
            loss,
            conditions,
            np.array([[abs(w), v * np.sign(w)] for w, v in model.teacher_units or ()]),
            Responses(samples, samples.noise, model),
        )

    @property
    def fixed(self) -> tuple[Array, ...]:
        """Features (q,) of the teacher's units: φ(w* x) and x φ'(w* x) of each."""
        return tuple(row for w, _ in self.units for row in self.responses.features(w, 1))

    def state(self, s: float, coefficients: Array) -> Array:
        """Scaled weights z (2H,) of a fit by φ(s x) and `fixed`, in this order."""
        fits = coefficients[1:].reshape(-1, 2)
        pairs = np.column_stack([fits[:, 1] / self.units[:, 1], fits[:, 0]])
        return np.array([s, coefficients[0], *pairs.ravel()])

    def weights(self, z: Array, noise: float) -> Array:
        """θ (2H,) of scaled weights: the teacher's units first."""
        alpha, beta = z[2::2], z[3::2]
        w = np.append(self.units[:, 0] + noise * alpha, z[0])
        v = np.append(self.units[:, 1] + noise * beta, noise * z[1])
        return join_plain(w, v)

    def scaled(self, theta: Array, noise: float) -> Array:
        """Inverse of `weights` for σ > 0."""
        w, v = split_plain(np.asarray(theta, dtype=np.float64))
        pairs = (np.column_stack([w[:-1], v[:-1]]) - self.units) / noise
        return np.array([w[-1], v[-1] / noise, *pairs.ravel()])

    def problem(self) -> Problem:
        """∇(L/σ²) = 0 in z, with σ ≥ 0 as its parameter."""
        return Problem(
            lambda z, p: self.derivatives(z, p)[1],
            lambda z, p: self.derivatives(z, p)[2],
            lambda z, p: self.derivatives(z, p)[3],
            symmetric=True,
        )

    def derivatives(self, z: Array, noise: float) -> tuple[float, Array, Array, Array]:
        """L/σ² at σ = `noise`, its gradient (2H,), Hessian (2H, 2H) and ∂/∂σ of the gradient."""
        rows = self.responses.rows
        phi = activation(self.loss.model, 2)
        x, d = self.responses.x, z.size
        value, jacobian, slope = np.zeros_like(x), np.empty((d, x.size)), np.zeros_like(x)
        bends, mixed = np.zeros((d, d, x.size)), np.zeros((d, x.size))
        extra, first, second = phi(z[0] * x)
        value += z[1] * extra
        jacobian[0], jacobian[1] = z[1] * x * first, extra
        bends[0, 0], bends[0, 1] = z[1] * x * x * second, x * first
        bends[1, 0] = bends[0, 1]
        for k, (w, v) in enumerate(self.units):
            i, j = 2 + 2 * k, 3 + 2 * k
            alpha, beta = z[i], z[j]
            out = v + noise * beta
            change, turn = _difference(phi, w * x, alpha * x, noise)
            value += out * change + beta * phi(w * x)[0]
            slope += beta * change + out * turn
            here, first, second = phi((w + noise * alpha) * x)
            jacobian[i], jacobian[j] = out * x * first, here
            bends[i, i] = noise * out * x * x * second
            bends[i, j] = bends[j, i] = noise * x * first
            mixed[i] = beta * x * first + out * alpha * x * x * second
            mixed[j] = alpha * x * first
        residual = rows(value) - self.responses.target
        j_rows = rows(jacobian)
        hessian = j_rows @ j_rows.T + rows(bends) @ residual
        by_noise = rows(mixed) @ residual + j_rows @ rows(slope)
        return 0.5 * float(residual @ residual), j_rows @ residual, hessian, by_noise


def _difference(phi: Activation, at: Array, step: Array, noise: float) -> tuple[Array, Array]:
    """(φ(at + σ step) − φ(at))/σ and its derivative by σ, regular at σ = 0; shapes (m,)."""
    nodes, weights = np.polynomial.legendre.leggauss(GAUSS_NODES)
    t, weights = (nodes + 1.0) / 2.0, weights / 2.0
    near = np.abs(noise * step) < SMALL_ARGUMENT
    inside = phi(at + noise * np.where(near, step, 0.0) * t[:, None])
    change = step * (weights @ inside[1])
    turn = step * step * ((weights * t) @ inside[2])
    if near.all():
        return change, turn
    here, there = phi(at)[0], phi(at + noise * step)
    direct = (there[0] - here) / noise
    return (
        np.where(near, change, direct),
        np.where(near, turn, (step * there[1] - direct) / noise),
    )
