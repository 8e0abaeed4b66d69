"""Limit models at infinity as continuation problems: critical points of a few reduced weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from continuation.arrays import Array
from continuation.errors import InvalidInputError
from continuation.landscape.infinity.critical_models import ModelPoint
from continuation.landscape.infinity.ends import normal_slopes
from continuation.landscape.infinity.limit_functions import is_further
from continuation.landscape.network import Loss, Responses, loss_in_blocks
from continuation.problem import Problem

NAMES = ("w", "v", "a", "b", "c", "c3", "s")
"""Reduced weights of all limits, in the order of the unknowns."""


FEATURES = {"v": 0, "a": 0, "b": 1}
"""Order k of x^k φ^(k)(w x) that a coefficient multiplies; those of c, c3 and s are fixed."""


def names_of(limit: Mapping[str, float]) -> tuple[str, ...]:
    """Unknowns of a limit: those of `NAMES` in order, then w2, v2, w3, v3, …."""
    further = [f"{letter}{name[1:]}" for name in limit if is_further(name, "w") for letter in "wv"]
    return (*(name for name in NAMES if name in limit), *further)


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
        names = names_of(limit)
        if unknown := sorted(limit.keys() - set(names)):
            raise InvalidInputError(
                f"a limit with {', '.join(unknown)} cannot be followed: it is one of a hidden bias "
                "or of several units that meet at once"
            )
        return cls(loss, subkind, names, parameter, noise, size, schedule)

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

        The point holds the first nonlinear weight, all coefficients in the order of the names,
        and the Hessian in the order of the unknowns.
        """
        responses = self._responses(p)
        value, jacobian, bends = self._values(responses, z)
        residual = value - responses.target
        hessian = jacobian @ jacobian.T
        for (i, j), row in bends.items():
            hessian[i, j] += row @ residual
            if i != j:
                hessian[j, i] = hessian[i, j]
        coefficients = z[[i for i, name in enumerate(self.names) if name[0] != "w"]]
        w = float(z[0]) if "w" in self.names else np.nan
        return ModelPoint(w, coefficients, residual, hessian), jacobian @ residual

    def normals(self, z: Array, p: float) -> tuple[float, ...]:
        """Normal derivatives of the loss at infinity."""
        return normal_slopes(self._responses(p), self.subkind, self.names, self.point(z, p)[0])

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
        for i, weights in self._groups:
            if i is None:
                for j in weights:
                    jacobian[j] = _fixed(responses, self.names[j])
                    value += z[j] * jacobian[j]
                continue
            unit = responses.features(float(z[i]), 3)
            bends[i, i] = np.zeros_like(value)
            for j in weights:
                order = FEATURES[self.names[j][0]]
                jacobian[j], bends[i, j] = unit[order], unit[order + 1]
                value += z[j] * unit[order]
                jacobian[i] += z[j] * unit[order + 1]
                bends[i, i] += z[j] * unit[order + 2]
        return value, jacobian, bends

    @cached_property
    def _groups(self) -> list[tuple[int | None, list[int]]]:
        """Positions of each nonlinear weight and of its coefficients; None: of fixed features."""
        groups: dict[str, list[int]] = {}
        for j, name in enumerate(self.names):
            if name[0] != "w":
                own = f"w{name[1:]}" if name[0] in FEATURES else ""
                groups.setdefault(own, []).append(j)
        return [(self.names.index(w) if w else None, rows) for w, rows in groups.items()]


def _fixed(responses: Responses, name: str) -> Array:
    """x, x³ or sign(x) as coordinates."""
    if name == "s":
        return responses.rows(np.sign(responses.x))
    return responses.monomial(1 if name == "c" else 3)
