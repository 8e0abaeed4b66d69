"""Limit models at infinity as continuation problems: critical points of a few reduced weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from continuation.errors import InvalidInputError
from continuation.landscape.blocks import loss_in_blocks
from continuation.landscape.critical_models import ModelPoint
from continuation.landscape.ends import normal_slopes
from continuation.landscape.loss import Loss
from continuation.landscape.responses import Responses
from continuation.problem import Problem

Array = NDArray[np.float64]

NAMES = ("w", "v", "a", "b", "c", "c3", "s")
"""Reduced weights of all limits, in the order of the unknowns."""


def names_of(limit: Mapping[str, float]) -> tuple[str, ...]:
    """Unknowns of a limit, in the order of `NAMES`."""
    return tuple(name for name in NAMES if name in limit)


def limit_of(like: Mapping[str, float], z: Array) -> dict[str, float]:
    """The unknowns z (k,) by name."""
    return dict(zip(names_of(like), map(float, z), strict=True))


@dataclass(frozen=True, eq=False)
class LimitSystem:
    """∇L = 0 of one kind of limit model, as a function of the noise or the data set size.

    Attributes
    ----------
    loss : Loss
    subkind : str
    names : tuple of str
        Unknowns, a subset of `NAMES`.
    parameter : {"noise", "size"}
    noise, size : float
        The other one stays at its value here.
    schedule : tuple of int
        With "size", see `Loss.problem`.
    """

    loss: Loss
    subkind: str
    names: tuple[str, ...]
    parameter: str
    noise: float
    size: float | None
    schedule: tuple[int, ...] = ()

    @classmethod
    def of(
        cls,
        loss: Loss,
        subkind: str,
        limit: Mapping[str, float],
        parameter: str,
        noise: float,
        size: float | None,
        schedule: tuple[int, ...] = (),
    ) -> LimitSystem:
        """The system that a given limit solves."""
        if parameter not in ("noise", "size"):
            raise InvalidInputError(
                f"sets at infinity can be followed in 'noise' and 'size', not in {parameter!r}"
            )
        return cls(loss, subkind, names_of(limit), parameter, noise, size, schedule)

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
        rows, slopes, _ = self._features(responses, z)
        noise = responses.samples.noise
        if "w" not in self.names:
            return -(rows @ noise)
        return -(np.vstack([z[1:] @ slopes, rows]) @ noise)

    def point(self, z: Array, p: float) -> tuple[ModelPoint, Array]:
        """The limit model at z (k,) and its gradient (k,)."""
        responses = self._responses(p)
        rows, slopes, bends = self._features(responses, z)
        coefficients = z[1:] if "w" in self.names else z
        residual = coefficients @ rows - responses.target
        if "w" not in self.names:
            point = ModelPoint(np.nan, coefficients, residual, rows @ rows.T)
            return point, rows @ residual
        jacobian = np.vstack([coefficients @ slopes, rows])
        hessian = jacobian @ jacobian.T
        hessian[0, 0] += residual @ (coefficients @ bends)
        hessian[0, 1:] += slopes @ residual
        hessian[1:, 0] = hessian[0, 1:]
        point = ModelPoint(float(z[0]), coefficients, residual, hessian)
        return point, jacobian @ residual

    def normals(self, z: Array, p: float) -> tuple[float, ...]:
        """Normal derivatives of the loss at infinity."""
        return normal_slopes(self._responses(p), self.subkind, self.names, self.point(z, p)[0])

    def _responses(self, p: float) -> Responses:
        if self.parameter == "noise":
            return Responses.of(self.loss, p, self.size)
        if self.schedule:
            return Responses.of(loss_in_blocks(self.loss, p, self.schedule), self.noise)
        return Responses.of(self.loss, self.noise, p)

    def _features(self, responses: Responses, z: Array) -> tuple[Array, Array, Array]:
        """Features of the coefficients and their first two derivatives in w; (k − 1, n) each."""
        fixed = {
            "c": responses.monomial(1),
            "c3": responses.monomial(3),
            "s": responses.rows(np.sign(responses.x)),
        }
        order = 3 if "w" in self.names else 0
        unit = responses.features(float(z[0]), order) if order else np.empty((0, 0))
        none = np.zeros_like(responses.target)
        table = {name: (row, none, none) for name, row in fixed.items()}
        if order:
            table["v"] = table["a"] = (unit[0], unit[1], unit[2])
            table["b"] = (unit[1], unit[2], unit[3])
        chosen = [table[name] for name in self.names if name != "w"]
        rows, slopes, bends = (np.array(part) for part in zip(*chosen, strict=True))
        return rows, slopes, bends
