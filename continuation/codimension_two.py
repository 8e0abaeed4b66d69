"""Points of codimension two on curves: found by test functions, solved on systems of their own.

bogdanov-takens   F = 0,  J v = 0,  J w = v,  vᵀv = 1,  vᵀw = 0           for (x, v, w, p, q)
cusp              F = 0,  J v = 0,  vᵀv = 1,  ψᵀF_xx[v, v] = 0            for (x, v, p, q)

Both are regular at a generic point, also where the curve on which it was found is singular: a curve
of Hopf points is so at a Bogdanov-Takens point, where one of folds crosses it.

References
----------
.. [1] Yu. A. Kuznetsov, *Elements of Applied Bifurcation Theory*, 4th ed., Springer 2023, ch. 8;
       normal forms: *SIAM J. Numer. Anal.* 36 (1999) 1104.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from scipy import linalg

from continuation import normal_forms
from continuation.arrays import Array
from continuation.branch import SpecialPoint
from continuation.callable_problem import Problem
from continuation.newton import newton
from continuation.problem import AnyProblem

__all__ = ["fold_coefficient", "overlap", "solved"]

Family = Callable[[float], AnyProblem]

#: Newton may move a root of a test function by this part of 1 + |(x, p, q)|.
MAX_SHIFT = 1e-2


# -- test functions along a curve --------------------------------------------------------------


def left_along(problem: AnyProblem, z: Array, v: Array) -> Array:
    """Left null vector ψ of length 1 whose sign varies smoothly with the right one, v.

    ψ vᵀ is a positive multiple of the adjugate of dF/dx, which is smooth; ψ/(ψᵀv) has a pole where
    they are orthogonal.
    """
    u, _, vt = linalg.svd(problem.jacobian(z[:-1], float(z[-1])))
    sign = np.sign(linalg.det(u) * linalg.det(vt)) * np.sign(vt[-1] @ v)
    return np.asarray(sign * u[:, -1])


def fold_coefficient(problem: AnyProblem, z: Array, v: Array) -> float:
    """ψᵀF_xx[v, v]: zero at a cusp."""
    e = np.append(v, 0.0)
    return float(left_along(problem, z, v) @ problem.second(z, e, e))


def overlap(problem: AnyProblem, z: Array, v: Array) -> float:
    """ψᵀv: zero where the eigenvalue zero is double, at a Bogdanov-Takens point."""
    return float(left_along(problem, z, v) @ v)


# -- systems -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class _System:
    """Unknowns y = (x, ..., p, q) at the start, equations, and the normal form of a solution."""

    start: Array
    residual: Callable[[Array], Array]
    form: Callable[[Array], dict[str, float]]


def solved(family: Family, point: SpecialPoint) -> SpecialPoint:
    """A point of codimension two on its own system; as it is where its kind has none.

    Parameters
    ----------
    family : callable
        q -> Problem in (x, p).
    point : SpecialPoint
        Root of a test function on a curve; `coefficients["q"]` is the second parameter.
    """
    if point.kind not in _SYSTEMS:
        return point
    system = _SYSTEMS[point.kind](family, point)
    result = newton(Problem(lambda y, _: system.residual(y), None, _idle), system.start, 0.0)
    n, y = point.x.size, result.x
    before, after = np.append(point.point, point.coefficients["q"]), np.append(y[:n], y[-2:])
    near = np.linalg.norm(after - before) <= MAX_SHIFT * (1 + np.linalg.norm(before))
    if not result.converged or not near:
        status = f"root of a test function on the curve; Newton on its own system: {result.message}"
        return replace(point, located=False, status=status)
    return replace(
        point, x=y[:n], p=float(y[-2]), located=True, status=f"Newton on the {point.kind} system",
        residual=float(np.abs(system.residual(y)).max()),
        coefficients=system.form(y) | {"q": float(y[-1])},
    )  # fmt: skip


def _idle(y: Array, _: float) -> Array:
    return np.zeros(y.size)


def _bogdanov_takens(family: Family, point: SpecialPoint) -> _System:
    n, q = point.x.size, point.coefficients["q"]
    u, s, vt = linalg.svd(family(q).jacobian(point.x, point.p))
    v = vt[-1]
    w = vt[:-1].T @ (u[:, :-1].T @ v / s[:-1])

    def residual(y: Array) -> Array:
        x, v, w, p = y[:n], y[n : 2 * n], y[2 * n : 3 * n], float(y[-2])
        problem = family(float(y[-1]))
        j = np.asarray(problem.jacobian(x, p))
        ends = [(v @ v - 1) / 2, v @ w]
        return np.concatenate([problem.residual(x, p), j @ v, j @ w - v, ends])

    def form(y: Array) -> dict[str, float]:
        z = np.append(y[:n], y[-2])
        return normal_forms.at_bogdanov_takens(family(float(y[-1])), z, y[n : 2 * n], y[2 * n : -2])

    return _System(np.concatenate([point.x, v, w, [point.p, q]]), residual, form)


def _cusp(family: Family, point: SpecialPoint) -> _System:
    n, q = point.x.size, point.coefficients["q"]
    start = np.concatenate([point.x, point.kernel[:, 0], [point.p, q]])

    def residual(y: Array) -> Array:
        problem, v, z = family(float(y[-1])), y[n:-2], np.append(y[:n], y[-2])
        f, j = problem.residual(z[:-1], float(z[-1])), problem.jacobian(z[:-1], float(z[-1]))
        return np.concatenate([f, j @ v, [(v @ v - 1) / 2, fold_coefficient(problem, z, v)]])

    def form(y: Array) -> dict[str, float]:
        problem, v, z = family(float(y[-1])), y[n:-2], np.append(y[:n], y[-2])
        return normal_forms.at_fold(problem, z, v, left_along(problem, z, v))

    return _System(start, residual, form)


_SYSTEMS: dict[str, Callable[[Family, SpecialPoint], _System]] = {
    "bogdanov-takens": _bogdanov_takens,
    "cusp": _cusp,
}
"""By kind."""
