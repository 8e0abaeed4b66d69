"""Limit models at infinity as continuation problems: critical points of a few reduced weights."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from continuation.arrays import Array
from continuation.callable_problem import Problem
from continuation.errors import InvalidInputError
from continuation.landscape.infinity.critical_ends import normal_slopes
from continuation.landscape.infinity.critical_models import ModelPoint
from continuation.landscape.infinity.limit_model import LimitModel, Slots
from continuation.landscape.network import Loss, Responses, loss_in_blocks


@dataclass(frozen=True, eq=False)
class LimitSystem:
    """∇L = 0 of one kind of limit model, as a function of the noise or the data set size.

    Attributes
    ----------
    loss : Loss
    like : LimitModel
        Its kind is that of the system; z stands for its `unknowns`.
    parameter : {"noise", "size"}
    noise, size : float
        The other one stays at its value here.
    schedule : tuple of int
        With "size", see `Loss.problem`.
    """

    loss: Loss
    like: LimitModel
    parameter: str
    noise: float
    size: float | None
    schedule: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if self.parameter not in ("noise", "size"):
            raise InvalidInputError(
                f"sets at infinity can be followed in 'noise' and 'size', not in {self.parameter!r}"
            )
        if not _is_simple(self.like):
            raise InvalidInputError(
                f"a limit with {', '.join(self.like)} cannot be followed: it is one of a hidden "
                "bias or of several units that meet at once"
            )

    def problem(self) -> Problem:
        """As a problem of the engine."""
        return Problem(
            lambda z, p: self.point(z, p)[1],
            lambda z, p: self.point(z, p)[0].hessian,
            self._noise_slope if self.parameter == "noise" else None,
            symmetric=True,
        )

    def _noise_slope(self, z: Array, p: float) -> Array:
        """∂∇L/∂σ = −Σ ω ε ∇f, shape (k,)."""
        responses = self._responses(p)
        return -(self._values(responses, z)[1] @ responses.samples.noise)

    def point(self, z: Array, p: float) -> tuple[ModelPoint, Array]:
        """The limit model at z (k,) and its gradient (k,).

        The point holds the first nonlinear weight, all coefficients and the Hessian in the order
        of the unknowns.
        """
        responses = self._responses(p)
        value, jacobian, bends = self._values(responses, z)
        residual = value - responses.target
        hessian = jacobian @ jacobian.T
        for (i, j), row in bends.items():
            hessian[i, j] += row @ residual
            if i != j:
                hessian[j, i] = hessian[i, j]
        weights = self._slots.weights
        coefficients = np.delete(z, weights)
        w = float(z[weights[0]]) if weights else np.nan
        return ModelPoint(w, coefficients, residual, hessian), jacobian @ residual

    def normals(self, z: Array, p: float) -> tuple[float, ...]:
        """Normal derivatives of the loss at infinity."""
        return normal_slopes(self._responses(p), self.like.at(z), self.point(z, p)[0])

    def _responses(self, p: float) -> Responses:
        if self.parameter == "noise":
            return Responses.of(self.loss, p, self.size)
        if self.schedule:
            return Responses.of(loss_in_blocks(self.loss, p, self.schedule), self.noise)
        return Responses.of(self.loss, self.noise, p)

    def _values(
        self, responses: Responses, z: Array
    ) -> tuple[Array, Array, dict[tuple[int, int], Array]]:
        """Limit function (n,), its derivatives (k, n), and its second ones by pairs of unknowns."""
        value, jacobian = np.zeros_like(responses.target), np.zeros((z.size, responses.target.size))
        bends: dict[tuple[int, int], Array] = {}
        for i, places in self._groups:
            if i is None:
                for j in places:
                    jacobian[j] = self._fixed(responses, j)
                    value += z[j] * jacobian[j]
                continue
            unit = responses.features(float(z[i]), 3)
            bends[i, i] = np.zeros_like(value)
            for order, j in enumerate(places):
                jacobian[j], bends[i, j] = unit[order], unit[order + 1]
                value += z[j] * unit[order]
                jacobian[i] += z[j] * unit[order + 1]
                bends[i, i] += z[j] * unit[order + 2]
        return value, jacobian, bends

    @cached_property
    def _slots(self) -> Slots:
        return self.like.slots

    @cached_property
    def _groups(self) -> list[tuple[int | None, list[int]]]:
        """Places of each weight and of its coefficients; None: of fixed features."""
        slots = self._slots
        step = [] if slots.step is None else [slots.step]
        groups: list[tuple[int | None, list[int]]] = []
        groups += [(weight, list(coefficients)) for weight, coefficients in slots.units]
        groups.insert(1, (None, [*slots.powers, *step]))
        return groups

    def _fixed(self, responses: Responses, place: int) -> Array:
        """sign(x), x or x³ as coordinates."""
        if place == self._slots.step:
            return responses.rows(np.sign(responses.x))
        return responses.monomial(2 * (place - self._slots.powers.start) + 1)


def _is_simple(limit: LimitModel) -> bool:
    """Whether it has no bias, at most one pair that meets, and no power beyond x³."""
    shifted = (limit.shift, limit.offset, *(u.bias for u in limit.units))
    pairs = sum(unit.meets for unit in limit.units)
    small = all(len(unit.coefficients) <= 2 for unit in limit.units)
    return small and pairs <= 1 and len(limit.powers) <= 2 and all(s is None for s in shifted)
