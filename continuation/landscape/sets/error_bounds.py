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

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from continuation.arrays import Array
from continuation.landscape.infinity import LimitLoss, LimitModel
from continuation.landscape.network import FORMULA, Layout, LossAt, Responses
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
        Places (k, d) ↦ gradients (k, d) and Hessians (k, d, d).
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
    unknowns : ndarray, shape (d, m)
        Directions in which the weights are determined.
    combined : ndarray, shape (d, m)
        Combinations of the gradient that determine them.
    """

    evaluate: Callable[[Array], tuple[Array, Array]]
    place: Array
    residual: float
    outputs: float
    slopes: Array
    steepest: Array
    natural: Array
    summands: float
    decay: float
    unknowns: Array
    combined: Array

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


def error_bounds(all_of_them: Sequence[Equations]) -> list[Array]:
    """Bounds of the errors of each weight (d,), inf where the equations are too singular.

    Those of one shape are solved together.
    """
    bounds = [np.empty(0)] * len(all_of_them)
    for shape in dict.fromkeys(one.unknowns.shape for one in all_of_them):
        places = [k for k, one in enumerate(all_of_them) if one.unknowns.shape == shape]
        for k, bound in zip(places, _errors([all_of_them[k] for k in places]), strict=True):
            bounds[k] = bound
    return bounds


def _errors(alike: Sequence[Equations]) -> Array:
    """Bounds (k, d) of k places with as many weights and unknowns each."""
    place = np.array([one.place for one in alike])
    here = [one.evaluate(x) for one, x in zip(alike, place[:, None], strict=True)]
    gradient, hessian = (np.concatenate(every) for every in zip(*here, strict=True))
    natural = REACH * np.maximum(np.abs(place), [one.natural for one in alike])
    unknowns, combined, reach = _principal(
        hessian,
        np.array([one.unknowns for one in alike]),
        np.array([one.combined for one in alike]),
        natural,
    )
    steps = np.swapaxes(unknowns * reach[:, None], 1, 2)
    near = zip(alike, place[:, None] + steps, strict=True)
    change = np.array([one.evaluate(x)[1] for one, x in near]) - hessian[:, None]
    rows = np.swapaxes(combined, 1, 2)
    bends = np.abs(rows[:, None] @ change @ unknowns[:, None]) / reach[:, :, None, None]
    blur = np.array([one.blur for one in alike]) + EPSILON * place.shape[1] * np.abs(hessian)
    rounding = np.array([one.rounding for one in alike])
    box = root_bound(
        np.abs(_times(rows, gradient)) + _times(np.abs(rows), rounding),
        rows @ hessian @ unknowns,
        np.abs(rows) @ blur @ np.abs(unknowns),
        bends,
        reach,
    )
    known = np.isfinite(box).all(axis=1, keepdims=True)
    with np.errstate(over="ignore"):  # an exponential's size far from x = 0
        found = _times(np.abs(unknowns), np.where(known, box, 0.0)) + EPSILON * np.abs(place)
    return np.where(known, found, np.inf)


def _principal(
    hessian: Array, unknowns: Array, combined: Array, natural: Array
) -> tuple[Array, Array, Array]:
    """The same in singular directions, in which what is weak stands alone, and their reach (k, m).

    Along a weak direction the Hessian changes far less than its entries, which cancel.
    """
    scaled = unknowns * _reach(natural, unknowns)[:, None]
    jacobian = np.swapaxes(combined, 1, 2) @ hessian @ scaled
    sizes = np.abs(jacobian).max(axis=2, initial=0.0)
    sizes = np.where(sizes > 0.0, sizes, 1.0)
    left, _, right = np.linalg.svd(jacobian / sizes[:, :, None])
    unknowns = scaled @ np.swapaxes(right, 1, 2)
    return unknowns, (combined / sizes[:, None]) @ left, _reach(natural, unknowns)


def _reach(natural: Array, directions: Array) -> Array:
    """How far differences reach along directions (k, d, m), shape (k, m)."""
    with np.errstate(divide="ignore"):
        return np.asarray((natural[:, :, None] / np.abs(directions)).min(axis=1))


def _times(matrices: Array, vectors: Array) -> Array:
    """Matrices (..., a, b) times vectors (..., b), one by one."""
    return np.asarray((matrices @ vectors[..., None])[..., 0])


def root_bound(value: Array, jacobian: Array, blur: Array, bends: Array, reach: Array) -> Array:
    """Half sides (..., m) of boxes that hold a root of m equations; inf where none is found.

    Parameters
    ----------
    value : ndarray, shape (..., m)
        Bound of |F| at the centre, rounding included.
    jacobian, blur : ndarray, shape (..., m, m)
        J there, and a bound of its rounding.
    bends : ndarray, shape (..., m, m, m)
        Bounds of |∂_k J|, k first.
    reach : ndarray, shape (..., m)
        Half sides of the box within which these hold.
    """
    inverse, m = _inverse(jacobian, reach), value.shape[-1]
    away = np.abs(np.eye(m) - inverse @ jacobian)
    inverse = np.abs(inverse)
    away += EPSILON * m * inverse @ np.abs(jacobian) + inverse @ blur
    box = first = _times(inverse, value)
    left = np.zeros(box.shape[:-1], dtype=np.bool_)
    for _ in range(INFLATIONS):
        with np.errstate(over="ignore", invalid="ignore"):  # no number is no bound
            bent = (box[..., None, None] * bends).sum(axis=-3)
            image = first + _times(away + 0.5 * inverse @ bent, box)
        holds = np.asarray((image <= box).all(axis=-1))
        box = np.where(holds[..., None], box, np.maximum(box, LARGER * image))
        left |= ~holds & ~(box <= reach).all(axis=-1)
        if (holds | left).all():
            break
    return np.where((holds & ~left)[..., None], box, np.inf)


def _inverse(jacobian: Array, natural: Array) -> Array:
    """Inverses (..., m, m), by rows and columns of one size; NaN where there is none."""
    scaled = jacobian * natural[..., None, :]
    rows = np.abs(scaled).max(axis=-1, initial=0.0)
    usable = (np.isfinite(rows) & (rows > 0.0)).all(axis=-1, keepdims=True)
    rows = np.where(usable, rows, np.nan)
    inverse = _inverted((scaled / rows[..., None]).reshape(-1, *scaled.shape[-2:]))
    return np.asarray(natural[..., None] * inverse.reshape(scaled.shape) / rows[..., None, :])


def _inverted(matrices: Array) -> Array:
    """Inverses (k, m, m), NaN of singular ones."""
    try:
        return np.asarray(np.linalg.inv(matrices))
    except np.linalg.LinAlgError:
        if len(matrices) == 1:
            return np.full(matrices.shape, np.nan)
        return np.concatenate([_inverted(one[None]) for one in matrices])


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
    return error_bounds([equations_of_weights(at, theta, embedding)])[0]


def _determined(
    at: LossAt, theta: Array, natural: Array, embedding: Embedding | None
) -> tuple[Array, Array]:
    """Unknowns and combinations (d, m) of `Equations` for a point, line or manifold."""
    every, layout = np.eye(theta.size), Layout.of(at.model)
    if embedding is None or not embedding.dimension:
        return every, every
    unknowns = [*_lifted(at, embedding)]
    combined = list(unknowns)
    hessian = at.hessian(theta) if embedding.silent else every
    for unit in range(embedding.dead, embedding.dead + len(embedding.silent)):
        inputs, output = layout.input_places(unit), layout.output_place(unit)
        pull = np.abs(hessian[output, inputs]) * natural[inputs]
        unknowns.append(every[inputs[int(np.argmax(pull))]])
        combined.append(every[output])
    return np.array(unknowns).T, np.array(combined).T


def _lifted(at: LossAt, embedding: Embedding) -> Array:
    """How θ moves with each weight of the smaller network, at equal shares; shape (d₀, d)."""
    smaller = (
        embedding.smaller(at.model).dimension if embedding.copies else Layout.of(at.model).rest
    )
    none = embedding.lift(at.model, np.zeros(smaller))
    rows = [embedding.lift(at.model, row) - none for row in np.eye(smaller)]
    return np.array(rows).reshape(smaller, none.size)


def equations_of_weights(at: LossAt, theta: Array, embedding: Embedding | None = None) -> Equations:
    """The equations ∇L = 0 at weights θ (d,), with what bounds their rounding.

    On a line or manifold those that determine the distance across it (`weight_errors`).

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
    if FORMULA.holds(at.model):
        natural = np.where(slopes * natural > y, y / np.where(slopes > 0.0, slopes, 1.0), natural)
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
    unknowns, combined = _determined(at, theta, natural, embedding)
    return Equations(
        at.derivatives,
        theta,
        residual=float(np.sqrt(2.0 * max(value, 0.0))),
        outputs=y + float(np.abs(theta) @ slopes),
        slopes=slopes,
        steepest=steepest,
        natural=natural,
        summands=min(samples, together) + samples / together,
        decay=at.conditions.weight_decay,
        unknowns=unknowns,
        combined=combined,
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
    return error_bounds([equations_of_limit(responses, limit)])[0]


def equations_of_limit(responses: Responses, limit: LimitModel) -> Equations:
    """The equations ∇L = 0 of a limit model that can be followed."""
    loss, place = LimitLoss(responses, limit), limit.unknowns
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
        loss.all_slopes,
        place,
        residual=float(np.linalg.norm(value - responses.target)),
        outputs=y + float(np.abs(place) @ slopes),
        slopes=slopes,
        steepest=np.maximum(steepest, slopes),
        natural=natural,
        summands=responses.target.size,
        decay=0.0,
        unknowns=np.eye(place.size),
        combined=np.eye(place.size),
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
