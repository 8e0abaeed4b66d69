"""How each kind of critical set is continued, and lifted back to the full network."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from continuation.errors import InvalidInputError
from continuation.landscape.assembly import scaled_inertia
from continuation.landscape.critical_sets import CriticalSet
from continuation.landscape.embedding import (
    append_unit,
    copied_unit,
    copy_unit,
    transverse_curvatures,
)
from continuation.landscape.limit_systems import LimitSystem
from continuation.landscape.loss import Loss
from continuation.problem import AnyProblem, CompiledProblem, Problem

Array = NDArray[np.float64]
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


def scaled_problem(problem: AnyProblem, scale: Array) -> Problem:
    """S F(S u, p) = 0 with S = diag(scale): the same critical points, the same inertia."""
    return Problem(
        lambda u, p: scale * problem.residual(scale * u, p),
        lambda u, p: scale[:, None] * problem.jacobian(scale * u, p) * scale,
        lambda u, p: scale * problem.dresidual_dp(scale * u, p),
        symmetric=problem.symmetric,
    )


def lifted_problem(
    loss: Loss,
    critical_set: CriticalSet,
    parameter: str,
    at: Mapping[str, float],
    schedule: Sequence[int],
) -> Lifted:
    """The problem through which a set of this kind is followed.

    Parameters
    ----------
    loss : Loss
    critical_set : CriticalSet
    parameter : str
    at : mapping
        Parameters of the start.
    schedule : sequence of int
        Of data set sizes.
    """
    fixed = {name: value for name, value in at.items() if name != parameter}
    full = loss.problem(parameter, schedule=schedule, **fixed)
    if critical_set.model != loss.model:
        raise InvalidInputError("the set belongs to another model than the loss")
    if critical_set.kind == "infinity":
        return _at_infinity(loss, critical_set, parameter, at)
    decaying = parameter == "weight_decay" or at.get("weight_decay", 0.0) > 0.0
    if critical_set.subkind in ("split line", "silent unit") and decaying:
        raise InvalidInputError(f"a {critical_set.subkind} does not exist under weight decay")
    if critical_set.base is None or critical_set.subkind not in ROUTES:
        assert critical_set.theta is not None
        return Lifted(full, critical_set.theta, lambda x, p: _at_point(full, x, p))
    return ROUTES[critical_set.subkind](loss, critical_set, full, parameter, fixed, schedule)


def evaluate(problem: CompiledProblem, theta: Array, p: float) -> tuple[float, Array, Array]:
    """Loss, gradient and Hessian of a problem's kernel."""
    d = theta.size
    gradient, hessian, slope = np.empty(d), np.empty((d, d)), np.empty(d)
    theta = np.array(theta)
    value = problem.kernel(
        theta, p, problem.constants, problem.data, problem.work, gradient, hessian, slope
    )
    return float(value), gradient, hessian


def _at_point(full: CompiledProblem, theta: Array, p: float) -> Description:
    value, _, hessian = evaluate(full, theta, p)
    return np.array(theta), value, scaled_inertia(hessian), np.empty(0)


def _smaller_problem(
    loss: Loss, parameter: str, fixed: Mapping[str, float], schedule: Sequence[int]
) -> CompiledProblem:
    base = Loss(loss.model.with_hidden(loss.model.hidden - 1), loss.data)
    return base.problem(parameter, schedule=schedule, **fixed)


def _split_line(
    loss: Loss,
    critical_set: CriticalSet,
    full: CompiledProblem,
    parameter: str,
    fixed: Mapping[str, float],
    schedule: Sequence[int],
) -> Lifted:
    model, theta, base = loss.model, critical_set.theta, critical_set.base
    assert theta is not None
    assert base is not None
    smaller = model.with_hidden(model.hidden - 1)
    unit = copied_unit(smaller, base, theta)

    def describe(x: Array, p: float) -> Description:
        lifted = copy_unit(smaller, x, unit, 0.5)
        value, _, hessian = evaluate(full, lifted, p)
        return lifted, value, scaled_inertia(hessian), transverse_curvatures(model, hessian)

    return Lifted(_smaller_problem(loss, parameter, fixed, schedule), base, describe)


def _dead_unit(
    loss: Loss,
    critical_set: CriticalSet,
    full: CompiledProblem,
    parameter: str,
    fixed: Mapping[str, float],
    schedule: Sequence[int],
) -> Lifted:
    model, base = loss.model, critical_set.base
    assert base is not None
    smaller = model.with_hidden(model.hidden - 1)
    nothing = (0.0,) * len(model.unit_parameters)

    def describe(x: Array, p: float) -> Description:
        return _at_point(full, append_unit(smaller, x, *nothing), p)

    return Lifted(_smaller_problem(loss, parameter, fixed, schedule), base, describe)


def _silent_unit(
    loss: Loss,
    critical_set: CriticalSet,
    full: CompiledProblem,
    parameter: str,
    fixed: Mapping[str, float],
    schedule: Sequence[int],
) -> Lifted:
    """∇L = 0 of the other units and h(w) = ∂L/∂v = 0, at v = 0, in all weights but v.

    A selection of rows and columns of the full Hessian, hence not symmetric.
    """
    theta = critical_set.theta
    assert theta is not None
    h = loss.model.hidden
    unit = int(np.argmin(np.abs(theta[-h:])))
    rows = np.delete(np.arange(theta.size), unit)
    columns = np.delete(np.arange(theta.size), theta.size - h + unit)

    def wide(x: Array) -> Array:
        return np.insert(x, theta.size - h + unit, 0.0)

    problem = Problem(
        lambda x, p: full.residual(wide(x), p)[rows],
        lambda x, p: full.jacobian(wide(x), p)[np.ix_(rows, columns)],
        lambda x, p: full.dresidual_dp(wide(x), p)[rows],
    )
    return Lifted(problem, theta[columns], lambda x, p: _at_point(full, wide(x), p))


def _at_infinity(
    loss: Loss, critical_set: CriticalSet, parameter: str, at: Mapping[str, float]
) -> Lifted:
    limit = critical_set.limit
    assert limit is not None
    system = LimitSystem.of(
        loss, critical_set.subkind, limit, parameter, at.get("noise", 0.0), at.get("size")
    )
    nowhere = np.full(loss.model.dimension, np.nan)

    def describe(x: Array, p: float) -> Description:
        point, _ = system.point(x, p)
        normals = np.array(system.normals(x, p))
        negative, zero, positive = scaled_inertia(point.hessian)
        falling = int((normals < 0.0).sum())
        inertia = (negative + falling, zero, positive + normals.size - falling)
        return nowhere, point.loss, inertia, normals

    start = np.array([limit[name] for name in system.names])
    return Lifted(system.problem(), start, describe)


ROUTES = {"split line": _split_line, "dead unit": _dead_unit, "silent unit": _silent_unit}
"""Sets that have a base in the smaller network."""
