"""Limit models at infinity: critical points of a few reduced weights, at and along a parameter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

import numpy as np

from continuation.arrays import Array
from continuation.callable_problem import Problem
from continuation.compiled_problem import CompiledProblem
from continuation.errors import InvalidInputError
from continuation.landscape.infinity.critical_ends import CriticalEnd, normal_slopes
from continuation.landscape.infinity.critical_models import ModelPoint
from continuation.landscape.infinity.limit_kernel import constants_of, limit_kernel, scratch
from continuation.landscape.infinity.limit_model import MOST_FOLLOWED, LimitModel
from continuation.landscape.infinity.limit_values import limit_values
from continuation.landscape.infinity.slots import Slots
from continuation.landscape.network import LossAlong, Responses, Samples
from continuation.problem import AnyProblem

LONGEST = 0.25
"""Largest relative change of a weight or a rate in one step."""

SINGULAR = 1e-14
"""Eigenvalues of the scaled Hessian that are smaller count as so large."""


@dataclass(frozen=True, eq=False)
class LimitLoss:
    """The loss of one kind of limit model on given data.

    Attributes
    ----------
    responses : Responses
        The data.
    like : LimitModel
        Its kind is that of the loss; z stands for its `unknowns`.

    Raises
    ------
    InvalidInputError
        For a limit of more than three units that meet at once.
    """

    responses: Responses
    like: LimitModel

    def __post_init__(self) -> None:
        if not self.like.is_followed:
            raise InvalidInputError(
                f"a limit with {', '.join(self.like)} cannot be followed: more than "
                f"{MOST_FOLLOWED} units meet at once"
            )

    def point(self, z: Array) -> tuple[ModelPoint, Array]:
        """The limit model at z (k,) and its gradient (k,).

        The point holds the first nonlinear weight, all coefficients and the Hessian in the order
        of the unknowns.
        """
        value, jacobian, bends = self.values(z)
        residual = value - self.responses.target
        hessian = jacobian @ jacobian.T
        for (i, j), row in bends.items():
            hessian[i, j] += row @ residual
            if i != j:
                hessian[j, i] = hessian[i, j]
        weights = self.like.slots.weights
        coefficients = np.delete(z, weights)
        w = float(z[weights[0]]) if weights else np.nan
        return ModelPoint(w, coefficients, residual, hessian), jacobian @ residual

    def slopes(self, z: Array) -> tuple[Array, Array]:
        """Gradient (k,) and Hessian (k, k) alone, compiled where the kernel knows the limit."""
        if self._compiled is None:
            point, gradient = self.point(z)
            return gradient, point.hessian
        _, gradient, hessian, _ = self._compiled.evaluate(z, 0.0)
        return gradient, hessian

    def all_slopes(self, places: Array) -> tuple[Array, Array]:
        """Gradients (m, k) and Hessians (m, k, k) at many unknowns (m, k)."""
        found = [self.slopes(z) for z in places]
        shape = (len(places), places.shape[1])
        gradients = np.array([gradient for gradient, _ in found]).reshape(shape)
        return gradients, np.array([hessian for _, hessian in found]).reshape(*shape, shape[1])

    @cached_property
    def _compiled(self) -> CompiledProblem | None:
        if not is_compiled(self.responses, self.like):
            return None
        target = self.responses.target
        fixed = replace(self.responses.samples, teacher=target, noise=np.zeros_like(target))
        return compiled_problem(fixed, self.like)

    def end(self, z: Array) -> CriticalEnd:
        """The end at infinity of critical unknowns z (k,)."""
        limit = self.like.at(z)
        point = self._about_centre(limit)
        normals = normal_slopes(self.responses, limit, point)
        if self.responses.fitted_to(float(np.linalg.norm(point.residual))):
            normals = tuple(map(abs, normals))  # nothing is lower
        return CriticalEnd(limit, point, normals)

    def _about_centre(self, limit: LimitModel) -> ModelPoint:
        """The limit where inputs are measured from their centre, which tells unknowns apart."""
        centre = self.responses.centre if self.responses.model.bias else 0.0
        if not centre:
            return self.point(limit.unknowns)[0]
        near = limit.moved(-centre)
        return LimitLoss(self.responses.about(centre), near).point(near.unknowns)[0]

    def has_idle_part(self, z: Array) -> bool:
        """Whether the last coefficient of a part is rounding: the limit is one of fewer units."""
        left = np.abs(z) * np.linalg.norm(self.values(z)[1], axis=1)
        return any(self.responses.fitted_to(float(left[j])) for j in self.like.slots.last)

    def noise_slope(self, z: Array) -> Array:
        """∂∇L/∂σ = −Σ ω ε ∇f, shape (k,)."""
        return -(self.values(z)[1] @ self.responses.samples.noise)

    def values(self, z: Array) -> tuple[Array, Array, dict[tuple[int, int], Array]]:
        """Limit function (n,), its derivatives (k, n), and its second ones by pairs of unknowns."""
        if not self.like.is_simple:
            return self._biased_values(z)
        responses, slots = self.responses, self.like.slots
        value, jacobian = np.zeros_like(responses.target), np.zeros((z.size, responses.target.size))
        bends: dict[tuple[int, int], Array] = {}
        for i, places in _groups(slots):
            if i is None:
                for j in places:
                    jacobian[j] = _fixed(responses, slots, j)
                    value += z[j] * jacobian[j]
                continue
            unit = responses.features(float(z[i]), len(places) + 1)
            bends[i, i] = np.zeros_like(value)
            for order, j in enumerate(places):
                jacobian[j], bends[i, j] = unit[order], unit[order + 1]
                value += z[j] * unit[order]
                jacobian[i] += z[j] * unit[order + 1]
                bends[i, i] += z[j] * unit[order + 2]
        return value, jacobian, bends

    def _biased_values(self, z: Array) -> tuple[Array, Array, dict[tuple[int, int], Array]]:
        """The same of every limit, those of simple ones in more steps."""
        rows = self.responses.rows
        value, slopes, bends = limit_values(self.responses.model, self.like, z, self.responses.x)
        return rows(value), rows(slopes), {pair: rows(bend) for pair, bend in bends.items()}


def limit_step(
    hessian: Array, gradient: Array, z: Array, moving: Sequence[int], *, descend: bool
) -> Array:
    """A Newton step, or with |λ| for the eigenvalues λ of the Hessian a descent.

    The engine's method has no such descent, and knows nothing of weights that must not go through
    zero.

    Parameters
    ----------
    hessian : ndarray, shape (k, k)
    gradient : ndarray, shape (k,)
    z : ndarray, shape (k,)
        Where they are.
    moving : sequence of int
        Places of the weights and rates, none of which goes through zero.
    descend : bool

    Returns
    -------
    ndarray, shape (k,)
        To be added to z; not finite where they are not.
    """
    size = 1.0 / np.sqrt(np.maximum(np.abs(hessian).max(axis=1), np.finfo(np.float64).tiny))
    values, vectors = np.linalg.eigh(size[:, None] * hessian * size)
    values = np.where(np.abs(values) > SINGULAR, values, SINGULAR)
    values = np.abs(values) if descend else values
    step = -size * (vectors @ ((vectors.T @ (size * gradient)) / values))
    places = list(moving)
    with np.errstate(divide="ignore", invalid="ignore"):
        room = LONGEST * np.abs(z[places]) / np.abs(step[places])
    return np.asarray(step * min(1.0, float(np.min(room, initial=1.0))))


@dataclass(frozen=True, eq=False)
class LimitSystem:
    """∇L = 0 of one kind of limit model along a parameter that is no weight decay.

    Attributes
    ----------
    along : LossAlong
    like : LimitModel
        See `LimitLoss`.

    Raises
    ------
    InvalidInputError
        Under weight decay, where nothing lies at infinity.
    """

    along: LossAlong
    like: LimitModel

    def __post_init__(self) -> None:
        if self.along.decays:
            raise InvalidInputError(
                "sets at infinity can be followed in 'noise', 'size' and 'population', not under "
                "weight decay: none are there"
            )

    def at(self, p: float) -> LimitLoss:
        """The loss of the limit model at p."""
        return LimitLoss(self.along.responses(p), self.like)

    def problem(self) -> AnyProblem:
        """As a problem of the engine: compiled where `limit_kernel` knows the equations."""
        by_noise = self.along.parameter == "noise"
        responses = self.at(0.0).responses if by_noise else None
        if responses is not None and is_compiled(responses, self.like):
            return compiled_problem(responses.samples, self.like)
        return Problem(
            lambda z, p: self.at(p).point(z)[1],
            lambda z, p: self.at(p).point(z)[0].hessian,
            (lambda z, p: self.at(p).noise_slope(z)) if by_noise else None,
            symmetric=True,
        )


def is_compiled(responses: Responses, like: LimitModel) -> bool:
    """Whether `limit_kernel` knows it: tanh units, at most two that meet, on plain samples."""
    pairs = all(len(unit.coefficients) <= 2 for unit in like.units)
    known = pairs and like.is_simple and responses.model.is_tanh
    return known and responses.samples.is_plain


def compiled_problem(samples: Samples, like: LimitModel) -> CompiledProblem:
    """∇L = 0 of limit models of tanh units along the noise, in machine code."""
    rows = np.array([samples.x, samples.root_weight, samples.teacher, samples.noise])
    slots, unknowns = like.slots, like.unknowns.size
    work = scratch(slots, unknowns, samples.x.size)
    return CompiledProblem(
        limit_kernel(), constants_of(slots), rows, work, unknowns, unit=None
    )  # the unknowns of a limit have no common size


@lru_cache(maxsize=256)
def _groups(slots: Slots) -> tuple[tuple[int | None, tuple[int, ...]], ...]:
    """Places of each weight and of its coefficients; None: of fixed features."""
    step = () if slots.step is None else (slots.step,)
    groups: list[tuple[int | None, tuple[int, ...]]] = [
        (weight, tuple(places)) for weight, places in slots.units
    ]
    groups.insert(1, (None, (*slots.powers, *step)))
    return tuple(groups)


def _fixed(responses: Responses, slots: Slots, place: int) -> Array:
    """sign(x), x or x³ as coordinates."""
    if place == slots.step:
        return responses.rows(np.sign(responses.x))
    return responses.monomial(2 * (place - slots.powers.start) + 1)
