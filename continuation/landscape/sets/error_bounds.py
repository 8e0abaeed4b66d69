"""How far a stored critical point may be from the true one, from numbers that are at hand.

With F the equations at the stored place, δF a bound of their rounding and C the inverse of their
Jacobian, the true root lies within a box of half sides r, component by component, if

    |C| (|F| + δF) + (|I − C J| + |C| (δJ + ½ Σ_k |∂_k J| r_k)) r ≤ r,

by the fixed point theorem of Brouwer: what is known is worth no more than the rounding of the sums
that were made. The change ∂_k J of the Jacobian is estimated from one difference in each direction;
everything else is a bound, with the sizes of residual and slopes in root mean square. A box that
the differences do not reach over, or none, is said as inf: the Hessian is too singular there.

References
----------
L. V. Kantorovich, *Uspekhi Mat. Nauk* 3 (1948) 89: the condition with one norm.
S. M. Rump, *Acta Numerica* 19 (2010) 287: boxes by inflation.
N. J. Higham, *Accuracy and Stability of Numerical Algorithms*, SIAM 2002, ch. 3: rounding of sums.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from continuation.arrays import Array
from continuation.landscape.infinity import LimitLoss, LimitModel
from continuation.landscape.network import Layout, LossAt, Responses
from continuation.landscape.sets.manifolds import Embedding

EPSILON = float(np.finfo(np.float64).eps)

REACH = 1e-4
"""Differences of the Jacobian reach so far, relative to a weight or to what is natural for it: far
above rounding, and above every box of a point that deserves the name."""

INFLATIONS = 30
"""Boxes that are tried: each is what the one before maps to, a little larger."""

LARGER = 1.1

FUNCTION = 4.0
"""Units in the last place that a network function and its slopes may be off, relative to the
magnitudes of their parts: tanh is right to 2.6, products and sums of units add to it."""

LANES = 4.0
"""One addition is off by half of `EPSILON`, and compiled sums run in two lanes at least."""


@dataclass(frozen=True, eq=False)
class Equations:
    """The gradient of a loss at one place, with the sizes that its rounding comes from.

    Attributes
    ----------
    evaluate : callable
        Place (d,) ↦ gradient (d,) and Hessian (d, d).
    place : ndarray, shape (d,)
    residual, outputs : float
        Root mean squares of the residual, and of targets and parts of the network function.
    slopes, steepest : ndarray, shape (d,)
        Root mean squares of ∂f/∂θ, and of what they are made of before anything cancels.
    natural : ndarray, shape (d,)
        By how much a weight changes when it changes much.
    summands : float
        Roundings that a sum over the samples is made with.
    decay : float
        ρ.
    """

    evaluate: Callable[[Array], tuple[Array, Array]]
    place: Array
    residual: float
    outputs: float
    slopes: Array
    steepest: Array
    natural: Array
    summands: float
    decay: float = 0.0

    @property
    def rounding(self) -> Array:
        """Bound of the rounding of the gradient (d,)."""
        sums = self.residual * (self.summands / LANES * self.slopes + FUNCTION * self.steepest)
        parts = FUNCTION * (self.outputs * self.slopes + self.decay * np.abs(self.place))
        return np.asarray(EPSILON * (sums + parts))

    @property
    def blur(self) -> Array:
        """Bound of the rounding of the Hessian (d, d)."""
        bends = self.steepest[:, None] / self.natural
        size = np.outer(self.slopes, self.slopes) + self.residual * np.maximum(bends, bends.T)
        return np.asarray(EPSILON * (self.summands / LANES + FUNCTION) * size)

    def error(self, unknowns: Array, equations: Array) -> Array:
        """Bound of the error of each weight (d,), inf where the equations are too singular.

        Parameters
        ----------
        unknowns : ndarray, shape (d, m)
            Directions in which the weights are determined.
        equations : ndarray, shape (d, m)
            Combinations of the gradient that determine them.
        """
        gradient, hessian = self.evaluate(self.place)
        unknowns, equations = self._principal(hessian, unknowns, equations)
        reach = self._reach(unknowns)
        beside = [self.evaluate(self.place + step)[1] for step in (unknowns * reach).T]
        change = np.reshape(beside, (reach.size, *hessian.shape)) - hessian
        bends = np.abs(equations.T @ change @ unknowns) / reach[:, None, None]
        blur = self.blur + EPSILON * self.place.size * np.abs(hessian)
        box = root_bound(
            np.abs(equations.T @ gradient) + np.abs(equations.T) @ self.rounding,
            equations.T @ hessian @ unknowns,
            np.abs(equations.T) @ blur @ np.abs(unknowns),
            bends,
            reach,
        )
        if not np.isfinite(box).all():
            return np.full(self.place.size, np.inf)
        return np.asarray(np.abs(unknowns) @ box + EPSILON * np.abs(self.place))

    def _principal(self, hessian: Array, unknowns: Array, equations: Array) -> tuple[Array, Array]:
        """The same in singular directions, in which what is weak stands alone.

        Along a weak direction the Hessian changes far less than its entries, which cancel.
        """
        scaled = unknowns * self._reach(unknowns)
        jacobian = equations.T @ hessian @ scaled
        rows = np.abs(jacobian).max(axis=1, initial=0.0)
        rows = np.where(rows > 0.0, rows, 1.0)
        left, _, right = np.linalg.svd(jacobian / rows[:, None])
        return scaled @ right.T, (equations / rows) @ left

    def _reach(self, directions: Array) -> Array:
        """How far differences reach along directions (d, m), shape (m,)."""
        natural = REACH * np.maximum(np.abs(self.place), self.natural)
        with np.errstate(divide="ignore"):
            return np.asarray((natural[:, None] / np.abs(directions)).min(axis=0))


def root_bound(value: Array, jacobian: Array, blur: Array, bends: Array, reach: Array) -> Array:
    """Half sides (m,) of a box that holds a root of m equations; inf where none is found.

    Parameters
    ----------
    value : ndarray, shape (m,)
        Bound of |F| at the centre, rounding included.
    jacobian, blur : ndarray, shape (m, m)
        J there, and a bound of its rounding.
    bends : ndarray, shape (m, m, m)
        Bounds of |∂_k J|, k first.
    reach : ndarray, shape (m,)
        Half sides of the box within which these hold.
    """
    inverse = _inverse(jacobian, reach)
    if not np.isfinite(inverse).all():
        return np.full(value.size, np.inf)
    away = np.abs(np.eye(value.size) - inverse @ jacobian)
    inverse = np.abs(inverse)
    away += EPSILON * value.size * inverse @ np.abs(jacobian) + inverse @ blur
    first = inverse @ value
    box = first
    for _ in range(INFLATIONS):
        image = first + (away + 0.5 * inverse @ np.tensordot(box, bends, 1)) @ box
        if (image <= box).all():
            return box
        box = np.maximum(box, LARGER * image)
        if not (box <= reach).all():
            break
    return np.full(value.size, np.inf)


def _inverse(jacobian: Array, natural: Array) -> Array:
    """The inverse, by rows and columns of one size; NaN where there is none."""
    scaled = jacobian * natural
    rows = np.abs(scaled).max(axis=1, initial=0.0)
    if not (np.isfinite(rows).all() and (rows > 0.0).all()):
        return np.full(jacobian.shape, np.nan)
    try:
        return np.asarray(natural[:, None] * np.linalg.inv(scaled / rows[:, None]) / rows)
    except np.linalg.LinAlgError:
        return np.full(jacobian.shape, np.nan)


def weight_errors(at: LossAt, theta: Array, embedding: Embedding | None = None) -> Array:
    """Bounds of the errors of a critical point θ (d,), each in the unit of its weight.

    Parameters
    ----------
    at : LossAt
    theta : ndarray, shape (d,)
    embedding : Embedding, optional
        Of a line or manifold: bounds of the distance across it, from where its shares are equal.

    Returns
    -------
    ndarray, shape (d,)
        inf where the Hessian is too singular to say.
    """
    equations = equations_of_weights(at, theta)
    if embedding is None or not embedding.dimension:
        every = np.eye(theta.size)
        return equations.error(every, every)
    hessian, every, layout = at.hessian(theta), np.eye(theta.size), Layout.of(at.model)
    unknowns = [*_lifted(at, embedding)]
    combined = list(unknowns)
    for unit in range(embedding.dead, embedding.dead + len(embedding.silent)):
        inputs, output = layout.input_places(unit), layout.output_place(unit)
        pull = np.abs(hessian[output, inputs]) * equations.natural[inputs]
        unknowns.append(every[inputs[int(np.argmax(pull))]])
        combined.append(every[output])
    return equations.error(np.array(unknowns).T, np.array(combined).T)


def _lifted(at: LossAt, embedding: Embedding) -> Array:
    """How θ moves with each weight of the smaller network, at equal shares; shape (d₀, d)."""
    smaller = (
        embedding.smaller(at.model).dimension if embedding.copies else Layout.of(at.model).rest
    )
    none = embedding.lift(at.model, np.zeros(smaller))
    rows = [embedding.lift(at.model, row) - none for row in np.eye(smaller)]
    return np.array(rows).reshape(smaller, none.size)


def equations_of_weights(at: LossAt, theta: Array) -> Equations:
    """The equations ∇L = 0 at weights θ (d,), with what bounds their rounding.

    The root mean square of what stands for the residual, ∂ℓ/∂f, is at most √(2L) for every loss:
    1 − p ≤ −log p, and Huber's loss is linear where it would be larger. What cancels within
    hidden layers is not looked at.
    """
    value = at.evaluate(theta)[0]
    slopes = at.slopes(theta)
    targets, x = at.targets + at.conditions.noise * at.noises, at.x
    y, reach = _rms(targets, at.weights), _rms(x, at.weights)
    steepest, natural = slopes.copy(), np.maximum(np.abs(theta), 1.0)
    layout = Layout.of(at.model)
    if layout.hidden:
        sides = (reach, 1.0)[: layout.inputs]
        outputs = (
            layout.output_weights(theta) if layout.outputs else np.array(at.model.output_weights)
        )
        units = np.zeros((layout.hidden, len(sides) + layout.outputs))
        units[:, : len(sides)] = np.abs(outputs)[:, None] * sides
        steepest += layout.join(units, np.zeros(layout.rest))
        units[:] = [1.0 / side for side in sides] + [y] * layout.outputs
        natural = layout.join(units, np.full(layout.rest, y))
    samples = len(at.x)
    together = at.work.shape[1] if layout.hidden else samples
    return Equations(
        lambda place: at.evaluate(place)[1:],
        theta,
        residual=float(np.sqrt(2.0 * max(value, 0.0))),
        outputs=y + float(np.abs(theta) @ slopes),
        slopes=slopes,
        steepest=steepest,
        natural=natural,
        summands=min(samples, together) + samples / together,
        decay=at.conditions.weight_decay,
    )


def _rms(values: Array, weights: Array) -> float:
    """Root mean square of numbers, or of the lengths of rows; 1 for zeros, which have no size."""
    return float(np.sqrt(weights @ (values**2).reshape(weights.size, -1).sum(axis=1))) or 1.0


def limit_errors(responses: Responses, limit: LimitModel) -> Array:
    """Bounds of the errors of a critical limit model, in the order of its `unknowns`.

    Parameters
    ----------
    responses : Responses
    limit : LimitModel
        One that can be followed, see `LimitModel.is_followed`.

    Returns
    -------
    ndarray, shape (k,)
        inf where the Hessian is too singular to say.
    """
    equations = _of_limit(LimitLoss(responses, limit), limit)
    every = np.eye(equations.place.size)
    return equations.error(every, every)


def _of_limit(loss: LimitLoss, limit: LimitModel) -> Equations:
    """The equations ∇L = 0 of a limit model."""
    place, responses = limit.unknowns, loss.responses
    value, jacobian, _ = loss.values(place)
    slopes = np.linalg.norm(jacobian, axis=1)
    y = float(np.linalg.norm(responses.target)) or 1.0
    steepest = _steepest(responses, limit)
    slots = limit.slots
    weights = slots.weights
    natural = y / np.where(steepest > 0.0, steepest, 1.0)
    reach = float(np.linalg.norm(responses.monomial(1)))
    natural[weights] = 1.0 / reach
    for places, size in ((slots.biases, 1.0), ((*slots.shifts, slots.shift), reach)):
        natural[[place for place in places if place is not None]] = size
    natural[[rate for rate, _ in slots.tails]] = 1.0 / reach

    return Equations(
        loss.slopes,
        place,
        residual=float(np.linalg.norm(value - responses.target)),
        outputs=y + float(np.abs(place) @ slopes),
        slopes=slopes,
        steepest=np.maximum(steepest, slopes),
        natural=natural,
        summands=responses.target.size,
    )


def _steepest(responses: Responses, limit: LimitModel) -> Array:
    """Sizes of x^k, which the slopes of coefficients are made of, and of v x^(k+1) for weights."""
    slots, sizes = limit.slots, np.ones(limit.unknowns.size)

    def power(k: int, shift: float | None, along: float = 0.0) -> float:
        arm = np.abs(responses.x) + abs(shift or 0.0)
        return float(np.linalg.norm(responses.rows(np.abs(responses.x) ** along * arm**k)))

    for unit, (weight, places), bias, shift in zip(
        limit.units, slots.units, slots.biases, slots.shifts, strict=True
    ):
        c, orders = np.abs(unit.coefficients), range(len(places))
        sizes[list(places)] = [power(k, unit.shift) for k in orders]
        sizes[weight] = c @ [power(k, unit.shift, 1.0) for k in orders]
        if bias is not None:
            sizes[bias] = c @ sizes[list(places)]
        if shift is not None:
            sizes[shift] = sum(k * c[k] * power(k - 1, unit.shift) for k in orders[1:])
    for k, j in enumerate(slots.powers):
        sizes[j] = power(2 * k + 1, limit.shift)
    return sizes
