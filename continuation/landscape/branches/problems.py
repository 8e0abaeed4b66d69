"""How each kind of critical set is continued, and lifted back to the full network."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from continuation.arrays import Array
from continuation.callable_problem import Problem
from continuation.compiled_problem import CompiledProblem
from continuation.congruence import scaled_inertia
from continuation.errors import InvalidInputError
from continuation.landscape.branches.balance import scaled_problem
from continuation.landscape.infinity import LimitSystem
from continuation.landscape.network import Layout, LossAlong, narrower
from continuation.landscape.sets import (
    BESIDE_ROOTS,
    IN_LIMIT,
    IN_WEIGHTS,
    OVER_SMALLER,
    SET_KINDS,
    CriticalSet,
    LayerEmbedding,
    unit_curvatures,
)
from continuation.landscape.vectors import Separated, VectorLimit, VectorLoss, end_of_limit
from continuation.problem import AnyProblem

ILL_SCALED = 1e6
"""Condition number from which the unknowns are rescaled: a unit with a small output weight or a
large input weight looks singular to tolerances that do not know the scales."""

Description = tuple[Array, float, tuple[int, int, int], Array]


@dataclass(frozen=True, eq=False)
class Lifted:
    """A continuation problem for a critical set.

    Attributes
    ----------
    problem : AnyProblem
    state : ndarray, shape (k,)
        Its unknowns at the start.
    describe : callable
        (state, p) ↦ θ (d,), loss, inertia, transverse curvatures or normal derivatives.
    """

    problem: AnyProblem
    state: Array
    describe: Callable[[Array, float], Description]

    def balanced(self, p: float) -> tuple[AnyProblem, Array]:
        """The problem in units in which its Jacobian at the start is well scaled.

        Returns
        -------
        problem : AnyProblem
            In u = x / scale; the given one, compiled, where it is well scaled already.
        scale : ndarray, shape (k,)
        """
        return self.balanced_at(self.state, p)

    def balanced_at(self, state: Array, p: float) -> tuple[AnyProblem, Array]:
        """`balanced` at another point of the branch."""
        jacobian = self.problem.jacobian(state, p)
        extent = np.sqrt(np.abs(jacobian).max(axis=0))
        usable = np.isfinite(extent).all() and (extent > 0.0).all()
        if not usable or np.linalg.cond(jacobian) < ILL_SCALED:
            return self.problem, np.ones_like(state)
        scale = 1.0 / extent
        return scaled_problem(self.problem, scale), scale


@dataclass(frozen=True, eq=False)
class Run:
    """What is followed, and along what.

    Attributes
    ----------
    along : LossAlong
    set : CriticalSet
    """

    along: LossAlong
    set: CriticalSet

    @cached_property
    def full(self) -> CompiledProblem:
        """∇L = 0 in all weights."""
        return self.along.problem()


def lifted_problem(along: LossAlong, critical_set: CriticalSet) -> Lifted:
    """The problem through which a set of this kind is followed.

    Raises
    ------
    InvalidInputError
        A set of another model, or one that cannot be followed in this parameter.
    UnknownNameError
        For another parameter name.
    """
    along.require_meaning()
    if critical_set.model != along.loss.model:
        raise InvalidInputError("the set belongs to another model than the loss")
    return FOLLOWERS[SET_KINDS[critical_set.subkind].followed](Run(along, critical_set))


def evaluate(problem: CompiledProblem, theta: Array, p: float) -> tuple[float, Array, Array]:
    """Loss, gradient and Hessian of a problem's kernel."""
    d = theta.size
    gradient, hessian, slope = np.empty(d), np.empty((d, d)), np.empty(d)
    theta = np.array(theta)
    value = problem.kernel(
        theta, p, problem.constants, problem.data, problem.work, gradient, hessian, slope
    )
    return float(value), gradient, hessian


def _in_weights(run: Run) -> Lifted:
    full = run.full
    return Lifted(full, run.set.weights, lambda x, p: _at_point(full, x, p))


def _beside_roots(run: Run) -> Lifted:
    """With the roots of silent units; a network that is one silent unit has no other weights."""
    embedding = run.set.embedding
    if embedding is None:
        return _in_weights(run)
    if isinstance(embedding, LayerEmbedding):
        raise InvalidInputError("sets with silent units are followed for one input and layer only")
    if embedding.copies:
        _require_no_decay(run)
        if len(embedding.silent) == 1 and embedding.dimension + embedding.dead == 0:
            return _silent_unit(run.set, run.full)
    return _with_silent_units(run)


def _over_smaller(run: Run) -> Lifted:
    embedding = run.set.embedding
    if embedding is None:
        return _in_weights(run)
    if embedding.silent:
        return _beside_roots(run)
    if embedding.split_dimension:
        _require_no_decay(run)
    return _embedded(run)


def _require_no_decay(run: Run) -> None:
    if run.along.decays:
        raise InvalidInputError(f"a {run.set.subkind} does not exist under weight decay")


def _at_point(full: CompiledProblem, theta: Array, p: float) -> Description:
    value, _, hessian = evaluate(full, theta, p)
    return np.array(theta), value, scaled_inertia(hessian), np.empty(0)


def _embedded(run: Run) -> Lifted:
    """Through the smaller network alone; copies and dead units follow it."""
    (base, embedding), model, full = run.set.smaller, run.set.model, run.full
    smaller = narrower(run.along.loss, embedding.smaller(model))

    def describe(x: Array, p: float) -> Description:
        lifted = embedding.lift(model, x)
        value, _, hessian = evaluate(full, lifted, p)
        across = np.concatenate([np.empty(0), *unit_curvatures(model, hessian, embedding)])
        return lifted, value, scaled_inertia(hessian), across

    return Lifted(replace(run.along, loss=smaller).problem(), base, describe)


def _with_silent_units(run: Run) -> Lifted:
    """The smaller network and its silent units: ∇L = 0 pulled back to both, and h = ∂L/∂v = 0.

    A silent unit on a curve moves along the gradient of h at the start. Rows and columns of the
    full Hessian are combined differently, so that the Jacobian is not symmetric.
    """
    (base, embedding), model, full = run.set.smaller, run.set.model, run.full
    start, layout = embedding.lift(model, base), Layout.of(model)
    silent = range(embedding.dead, embedding.dead + len(embedding.silent))
    outputs = np.array([layout.output_place(unit) for unit in silent])
    columns = [
        embedding.lift(model, e) - embedding.lift(model, 0.0 * base) for e in np.eye(base.size)
    ]
    slopes = full.jacobian(start, run.along.value(run.set.conditions))[outputs]
    for unit, slope in zip(silent, slopes, strict=True):
        inputs = layout.input_places(unit)
        column = np.zeros(start.size)
        column[inputs] = slope[inputs] / np.linalg.norm(slope[inputs])
        columns.append(column)
    wide = np.array(columns).T
    pull = np.vstack([wide.T[: base.size], np.eye(start.size)[outputs]])
    state = np.concatenate([base, np.zeros(outputs.size)])

    def lift(x: Array) -> Array:
        return start + wide @ (x - state)

    problem = Problem(
        lambda x, p: pull @ full.residual(lift(x), p),
        lambda x, p: pull @ full.jacobian(lift(x), p) @ wide,
        lambda x, p: pull @ full.dresidual_dp(lift(x), p),
    )
    return Lifted(problem, state, lambda x, p: _at_point(full, lift(x), p))


def _silent_unit(critical_set: CriticalSet, full: CompiledProblem) -> Lifted:
    """∇L = 0 of the other units and h(w) = ∂L/∂v = 0, at v = 0, in all weights but v.

    A selection of rows and columns of the full Hessian, hence not symmetric.
    """
    theta, model = critical_set.weights, critical_set.model
    layout = Layout.of(model)
    unit = int(np.argmin(np.abs(layout.output_weights(theta))))
    rows = np.delete(np.arange(theta.size), unit)
    output = layout.output_place(unit)
    columns = np.delete(np.arange(theta.size), output)
    beside_one = model.is_plain_odd and model.hidden == 2

    def wide(x: Array) -> Array:
        return np.insert(x, output, 0.0)

    def combination(x: Array) -> Array:
        if beside_one:
            return _without_double_zeros(layout, wide(x), unit)[0]
        return np.eye(theta.size)[output]

    def residual(x: Array, p: float) -> Array:
        gradient = full.residual(wide(x), p)
        gradient[output] = combination(x) @ gradient
        return np.asarray(gradient[rows])

    def jacobian(x: Array, p: float) -> Array:
        hessian = full.jacobian(wide(x), p)
        hessian[output] = combination(x) @ hessian
        if beside_one:  # along folds the derivative of this matrix counts: it is that of F anywhere
            change = _without_double_zeros(layout, wide(x), unit)[1]
            hessian[output] += full.residual(wide(x), p) @ change
        return np.asarray(hessian[np.ix_(rows, columns)])

    def dresidual_dp(x: Array, p: float) -> Array:
        change = full.dresidual_dp(wide(x), p)
        change[output] = combination(x) @ change
        return np.asarray(change[rows])

    problem = Problem(residual, jacobian, dresidual_dp)
    return Lifted(problem, theta[columns], lambda x, p: _at_point(full, wide(x), p))


def _without_double_zeros(layout: Layout, theta: Array, silent: int) -> tuple[Array, Array]:
    """Combination c (d,) of ∇L with the roots of h, but for w = ±u; and ∂c/∂θ (d, d).

    At the input weight u of the other unit (output weight v), and at -u, h and h' vanish with
    ∇L of that unit: roots of h beside it are lost in rounding. With d = w² - u², r² = w² + u²

        c ∇L = (r⁴ h - 2 w u r² ∂L/∂v) / d² - 2 u² w ∂L/∂u / (v d)

    is what h is divided by d² / r⁴, once the values and slopes that vanish are subtracted.
    """
    at_w, h = layout.input_places(silent)[0], layout.output_place(silent)
    at_u, at_v = layout.input_places(1 - silent)[0], layout.output_place(1 - silent)
    w, u, v = (float(theta[place]) for place in (at_w, at_u, at_v))
    d, r2 = w * w - u * u, w * w + u * u
    mixed = r2**2 + 4 * w**2 * u**2
    c, change = np.zeros(theta.size), np.zeros((theta.size, theta.size))
    c[[h, at_v, at_u]] = r2**2 / d**2, -2 * w * u * r2 / d**2, -2 * u**2 * w / (v * d)
    change[np.ix_([h, at_v, at_u], [at_w, at_u, at_v])] = [
        [-8 * w * u**2 * r2 / d**3, 8 * u * w**2 * r2 / d**3, 0.0],
        [2 * u * mixed / d**3, -2 * w * mixed / d**3, 0.0],
        [2 * u**2 * r2 / (v * d**2), -4 * u * w**3 / (v * d**2), 2 * u**2 * w / (v**2 * d)],
    ]
    return c, change


def _in_vector_limit(run: Run, limit: VectorLimit) -> Lifted:
    """A limit of several inputs, by its loss at every value of the parameter."""
    along, nowhere = run.along, np.full(run.set.model.dimension, np.nan)

    def loss_at(p: float) -> VectorLoss:
        return VectorLoss(along.at(p), limit)

    def describe(z: Array, p: float) -> Description:
        end = end_of_limit(along.at(p), limit.at(z))
        return nowhere, end.point.loss, end.inertia, np.array(end.normals)

    by_noise = along.parameter == "noise"
    problem = Problem(
        lambda z, p: loss_at(p).point(z)[1],
        lambda z, p: loss_at(p).point(z)[0].hessian,
        (lambda z, p: loss_at(p).noise_slope(z)) if by_noise else None,
        symmetric=True,
    )
    return Lifted(problem, limit.unknowns, describe)


def _in_limit(run: Run) -> Lifted:
    limit = run.set.end
    if isinstance(limit, Separated):
        raise InvalidInputError(
            "classes that are separated are so at every value of the parameter: there is no "
            "branch to follow. Under weight decay the set becomes a point; look for it there"
        )
    if isinstance(limit, VectorLimit):
        _require_no_decay(run)
        return _in_vector_limit(run, limit)
    system = LimitSystem(run.along, limit)
    nowhere = np.full(run.set.model.dimension, np.nan)

    def describe(x: Array, p: float) -> Description:
        end = system.at(p).end(x)
        return nowhere, end.point.loss, end.inertia, np.array(end.normals)

    return Lifted(system.problem(), limit.unknowns, describe)


FOLLOWERS: Mapping[str, Callable[[Run], Lifted]] = {
    IN_WEIGHTS: _in_weights,
    BESIDE_ROOTS: _beside_roots,
    OVER_SMALLER: _over_smaller,
    IN_LIMIT: _in_limit,
}
"""By the way in which a kind of set is followed."""
