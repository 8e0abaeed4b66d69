"""The vector field of x' = F(x, p) at many points at once, in units that fit the orbit.

A user's function is called once for all points where it understands arrays of shape (n, P) in the
place of x, which is found out by comparing it with what it says point by point; a compiled kernel
is called in a compiled loop; else points come one after the other.
"""

import sys
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from numba import types
from scipy import sparse

from continuation import compilation, differences
from continuation.arrays import Array
from continuation.callable_problem import Problem
from continuation.compilation import (
    MATRIX,
    VECTOR,
    address_of,
    call_kernel,
    compiled_for_all_models,
)
from continuation.compiled_problem import CompiledProblem
from continuation.errors import InvalidInputError
from continuation.problem import AnyProblem
from continuation.user_functions import UserFunction

__all__ = ["CompiledFlow", "Flow", "Nowhere", "flow_of"]

SAME = 1e-12
"""A function at many points says the same as point by point, relative to its largest value."""

TRIED = 4
"""Points at which that is compared."""


class Flow:
    """x' = F(x, p) in units: points X (P, n), all answers with one row a point.

    Parameters
    ----------
    problem : Problem or CompiledProblem
    units : (n + 1,) ndarray
        Of the states and of the parameter.
    """

    def __init__(self, problem: AnyProblem, units: Array) -> None:
        self.problem, self.units = problem, units
        self.states, self.parameter = units[:-1], float(units[-1])
        self.n = units.size - 1
        self.rate = self.states * problem.flow_sign
        self.by_state = self.states / self.rate[:, None]
        self.by_parameter_unit = self.parameter / self.rate
        self.plain = bool((self.by_state == 1.0).all() and (units == 1.0).all())

    def value(self, points: Array, p: float) -> Array:
        """F, shape (P, n)."""
        return self._values(points * self.states, p * self.parameter) / self.rate

    def with_derivatives(self, points: Array, p: float) -> tuple[Array, Array, Array]:
        """F (P, n), dF/dx (P, n, n) and dF/dp (P, n)."""
        if self.plain:
            return self._all(points, p)
        f, j, fp = self._all(points * self.states, p * self.parameter)
        return f / self.rate, j * self.by_state, fp * self.by_parameter_unit

    def jacobian(self, points: Array, p: float) -> Array:
        """dF/dx, shape (P, n, n)."""
        return self._jacobian(points * self.states, p * self.parameter) * self.by_state

    def turned(self, points: Array, p: float, directions: Array) -> Array:
        """Derivatives (P, n, n) of dF/dx along a direction (n,), or one at each point (P, n)."""
        longest = float(np.sqrt((directions**2).sum(axis=-1)).max()) or 1.0
        moved: Any = differences.along(
            lambda h: self.jacobian(points + h * directions, p), 1.0 / longest
        )
        return np.asarray(moved)

    def by_parameter(self, points: Array, p: float) -> tuple[Array, Array]:
        """Derivatives of dF/dx and of dF/dp by p: (P, n, n) and (P, n)."""

        def both(h: float) -> Array:
            _, j, fp = self.with_derivatives(points, p + h)
            return np.concatenate([j, fp[..., None]], axis=-1)

        moved = np.asarray(differences.along(both))
        return moved[..., :-1], moved[..., -1]

    def with_problem(self, problem: AnyProblem) -> "Flow":
        """The same for another problem of the same family."""
        return type(self)(problem, self.units)

    def in_units(self, units: Array) -> "Flow":
        """The same in other units."""
        return type(self)(self.problem, units)

    def _values(self, x: Array, p: float) -> Array:
        """F in the units of the user."""
        raise NotImplementedError

    def _all(self, x: Array, p: float) -> tuple[Array, Array, Array]:
        """F, dF/dx and dF/dp in the units of the user."""
        raise NotImplementedError

    def _jacobian(self, x: Array, p: float) -> Array:
        """dF/dx in the units of the user."""
        return self._all(x, p)[1]


class CompiledFlow(Flow):
    """Of a compiled kernel."""

    problem: CompiledProblem

    @property
    def compiled(self) -> tuple[int, Array, Array, Array]:
        """The kernel and what it reads, as compiled code takes them."""
        problem = self.problem
        return address_of(problem.kernel), problem.constants, problem.data, problem.work

    def turned(self, points: Array, p: float, directions: Array) -> Array:
        """The same for all steps of a difference at once."""
        longest = float(np.sqrt((directions**2).sum(axis=-1)).max()) or 1.0

        def moved(h: Array) -> Array:
            return self._at_steps(points + h[:, None, None] * directions, np.full(h.size, p))[0]

        return np.asarray(differences.together(moved, 1.0 / longest))

    def by_parameter(self, points: Array, p: float) -> tuple[Array, Array]:
        """The same for all steps of a difference at once."""

        def both(h: Array) -> Array:
            j, fp = self._at_steps(np.broadcast_to(points, (h.size, *points.shape)), p + h)
            return np.concatenate([j, fp[..., None]], axis=-1)

        moved = np.asarray(differences.together(both))
        return moved[..., :-1], moved[..., -1]

    def _at_steps(self, points: Array, p: Array) -> tuple[Array, Array]:
        """dF/dx (S, P, n, n) and dF/dp (S, P, n) at points (S, P, n), each S at its own p (S,)."""
        shape = points.shape
        x = (points * self.states).reshape(-1, self.n)
        _, j, fp = self._called(x, np.repeat(p * self.parameter, shape[1]))
        slope = fp.reshape(shape) * self.by_parameter_unit
        return j.reshape(*shape, self.n) * self.by_state, slope

    def _all(self, x: Array, p: float) -> tuple[Array, Array, Array]:
        return self._called(x, np.full(len(x), p))

    def _called(self, x: Array, p: Array) -> tuple[Array, Array, Array]:
        """F, dF/dx and dF/dp at points (P, n), each at its own p (P,)."""
        n, (kernel, *constants) = self.n, self.compiled
        f, j, fp = np.empty((len(x), n)), np.empty((len(x), n, n)), np.empty((len(x), n))
        _loop()(kernel, x, p, *constants, f, j, fp)
        return f, j, fp

    def _values(self, x: Array, p: float) -> Array:
        return self._all(x, p)[0]


class Nowhere(Flow):
    """Beyond the domain of a family: NaN, which every iteration takes for a failure."""

    def _values(self, x: Array, p: float) -> Array:
        return np.full(x.shape, np.nan)

    def _all(self, x: Array, p: float) -> tuple[Array, Array, Array]:
        return self._values(x, p), np.full((*x.shape, self.n), np.nan), self._values(x, p)


class PointwiseFlow(Flow):
    """Of any problem, one point after the other."""

    def _values(self, x: Array, p: float) -> Array:
        return np.array([self.problem.residual(point, p) for point in x], dtype=float)

    def _all(self, x: Array, p: float) -> tuple[Array, Array, Array]:
        j: list[Any] = [self.problem.jacobian(point, p) for point in x]
        dense = [m.toarray() if sparse.issparse(m) else m for m in j]
        fp = [self.problem.dresidual_dp(point, p) for point in x]
        return self._values(x, p), np.array(dense, dtype=float), np.array(fp, dtype=float)


class ArrayFlow(PointwiseFlow):
    """Of plain functions, some of which take many points at once.

    Attributes
    ----------
    at_once : mapping of name to bool
        Which do; found out where they are first called.
    """

    problem: Problem

    def __init__(self, problem: Problem, units: Array, at_once: dict[str, bool]) -> None:
        super().__init__(problem, units)
        self.at_once = at_once

    def with_problem(self, problem: AnyProblem) -> "Flow":
        """The same for another problem of the same family."""
        if not isinstance(problem, Problem):
            return flow_of(problem, self.units)
        return ArrayFlow(problem, self.units, self.at_once)

    def in_units(self, units: Array) -> "Flow":
        """The same in other units."""
        return ArrayFlow(self.problem, units, self.at_once)

    def _values(self, x: Array, p: float) -> Array:
        return self._called("residual", x, p)

    def _all(self, x: Array, p: float) -> tuple[Array, Array, Array]:
        f, j = self._values(x, p), self._jacobian(x, p)
        if "dresidual_dp" in self.problem.differenced:
            fp: Any = differences.along(lambda h: self._values(x, p + h), self.parameter)
        else:
            fp = self._called("dresidual_dp", x, p)
        return f, j, np.asarray(fp)

    def _jacobian(self, x: Array, p: float) -> Array:
        if "jacobian" not in self.problem.differenced:
            return self._called("jacobian", x, p)
        return self._slopes(x, p)

    def _slopes(self, x: Array, p: float) -> Array:
        """dF/dx by differences, of all points together."""

        def moved(b: int) -> Callable[[float], Array]:
            step = np.zeros(self.n)
            step[b] = 1.0
            return lambda h: self._values(x + h * step, p)

        columns = [differences.along(moved(b), float(self.states[b])) for b in range(self.n)]
        return np.stack(columns, axis=-1)

    def _called(self, name: str, x: Array, p: float) -> Array:
        """A function of the user at all points."""
        function: UserFunction = getattr(self.problem, name)
        if name not in self.at_once:
            self.at_once[name] = _takes_arrays(function, x, p)
        if not self.at_once[name]:
            return np.array([_dense(function(point, p)) for point in x], dtype=float)
        try:
            value = np.asarray(function.raw(x.T, p), dtype=float)
        except Exception:  # the user's code may raise anything: outside its domain
            return np.full((len(x),) + (self.n,) * (1 + (name == "jacobian")), np.nan)
        return np.ascontiguousarray(np.moveaxis(value, -1, 0))


def _dense(value: Any) -> Any:
    return value.toarray() if sparse.issparse(value) else value


def _takes_arrays(function: UserFunction, x: Array, p: float) -> bool:
    """Whether a function says for points together what it says for each."""
    single = np.array([_dense(function(point, p)) for point in x[:TRIED]], dtype=float)
    try:
        together = np.asarray(function.raw(x.T, p), dtype=float)
    except Exception:  # it does not: the user's code may raise anything
        return False
    if together.shape != (*single.shape[1:], len(x)):
        return False
    gap = np.abs(np.moveaxis(together, -1, 0)[:TRIED] - single)
    return bool(gap.max() <= SAME * np.abs(single).max())


def flow_of(problem: AnyProblem, units: Array) -> Flow:
    """The flow of a problem; `InvalidInputError` where it has no orbits of the kind followed."""
    if problem.is_map:
        raise InvalidInputError("orbits in time need a flow x' = F(x, p); this problem is a map.")
    if isinstance(problem, CompiledProblem):
        return CompiledFlow(problem, units)
    if isinstance(problem, Problem):
        return ArrayFlow(problem, units, {})
    return PointwiseFlow(problem, units)


def evaluate_all(  # type: ignore[no-untyped-def]
    kernel, x, p, constants, data, work, f, j, fp
):
    """Call a kernel at many points x (P, n), each at its own p (P,)."""
    for i in range(x.shape[0]):
        call_kernel(kernel, (x[i], p[i], constants, data, work, f[i], j[i], fp[i]))


@cache
def _loop() -> Callable[..., Any]:
    stack = types.Array(types.float64, 3, "C")
    signature = types.void(
        types.int64, MATRIX, VECTOR, VECTOR, MATRIX, MATRIX, MATRIX, stack, MATRIX
    )
    called = (compilation, sys.modules[__name__])
    return compiled_for_all_models(evaluate_all, signature, called, "orbits")
