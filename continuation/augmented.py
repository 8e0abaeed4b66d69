"""Minimally augmented systems: folds, branch points and Hopf points as regular solutions.

A bordered solve gives a scalar that vanishes exactly where the Jacobian is singular, and its
gradient costs one second derivative in one direction. `newton` solves all of these systems.

References
----------
.. [1] A. Griewank, G. Reddien, *IMA J. Numer. Anal.* 4 (1984) 295.
.. [2] W. Govaerts, *Numerical Methods for Bifurcations of Dynamical Equilibria*, SIAM 2000,
       chapters 3-5.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import linalg, sparse

from continuation.callable_problem import Problem
from continuation.linalg import bordered_solve, bordered_solve_both, shifted
from continuation.problem import AnyProblem

__all__ = [
    "branch_point_system",
    "fold_system",
    "hopf_system",
    "rank_defect",
    "rank_slopes",
    "singular_function",
    "singularity",
]

Array = np.ndarray

#: A direction which no equation fixes by more than this part of the largest singular value.
FREE = 1e-6


def singularity(
    problem: AnyProblem, z: Array, b: Array, c: Array, shift: float = 0.0
) -> tuple[float, Array]:
    """Scalar g that vanishes where J = dF/dx + shift M is singular, and its gradient by z = (x, p).

    [[J, b], [cᵀ, 0]] (v, g) = (0, 1) and the adjoint [[Jᵀ, c], [bᵀ, 0]] (w, g) = (0, 1); then
    dg = -wᵀ dJ v.

    Parameters
    ----------
    z : (n + 1,) ndarray
    b, c : (n,) ndarray
        Near the left and the right null vector.
    """
    j = _shifted_jacobian(problem, z, shift)
    unit = np.zeros((z.size, 1))
    unit[-1] = 1.0
    v, w = bordered_solve_both(j, b[:, None], c[:, None], unit, unit)
    along_v = problem.turned(z, np.append(v[:-1, 0], 0.0))
    return float(v[-1, 0]), -np.asarray(along_v.T @ w[:-1, 0])


def _shifted_jacobian(problem: AnyProblem, z: Array, shift: float) -> Any:
    j = problem.jacobian(z[:-1], float(z[-1]))
    return shifted(j, -shift, problem.mass_like(j)) if shift else j


def singular_function(
    problem: AnyProblem, b: Array, c: Array, shift: float = 0.0
) -> Callable[[Array], float]:
    """The scalar g of `singularity` as a function of z, without its gradient."""
    unit = np.zeros((b.size + 1, 1))
    unit[-1] = 1.0

    def g(z: Array) -> float:
        j = _shifted_jacobian(problem, z, shift)
        return float(bordered_solve(j, b[:, None], c[:, None], unit)[-1, 0])

    return g


def fold_system(problem: AnyProblem, b: Array, c: Array, shift: float = 0.0) -> Problem:
    """F = 0, dF/dx + shift M singular, for y = (x, p); the parameter of what is returned is idle.

    shift = 0 for folds, 2 for flips of a map (a multiplier -1 is an eigenvalue -2 of dF/dx).
    """
    g = singular_function(problem, b, c, shift)

    def residual(y: Array, _: float) -> Array:
        return np.append(problem.residual(y[:-1], float(y[-1])), g(y))

    def jacobian(y: Array, _: float) -> Any:
        return _stack(problem.full_jacobian(y), singularity(problem, y, b, c, shift)[1][None])

    return Problem(residual, jacobian, _idle)


def branch_point_system(problem: AnyProblem, b: Array, c: Array, start: Array) -> Problem:
    """F + bβ = 0 and rank [J, Fp] = n - k, for y = (x, p, β) with β in k dimensions [1]_.

    β vanishes at a branch point and is the unfolding where the branch point is perturbed. The
    rank condition has k (k + 1) equations: as many as unknowns for k = 1, and too many, though
    consistent where symmetry makes the kernel, for k > 1. They are then projected on the range of
    their derivative at the start. Directions which no equation fixes, along families of solutions,
    are held.

    Parameters
    ----------
    b : (n, k) ndarray
        Near the left null vectors.
    c : (n + 1, k + 1) ndarray
        Near the right kernel of [J, Fp].
    start : (n + 1 + k,) ndarray
        Where Newton will start.
    """
    n, k = b.shape

    def equations(y: Array) -> Array:
        z = y[: n + 1]
        f = problem.residual(z[:-1], float(z[-1])) + b @ y[n + 1 :]
        return np.concatenate([f, rank_defect(problem, z, b, c).ravel()])

    def derivative(y: Array) -> Any:
        z = y[: n + 1]
        rows = rank_slopes(problem, z, b, c).reshape(-1, n + 1)
        top = _beside(problem.full_jacobian(z), b)
        return _stack(top, np.column_stack([rows, np.zeros((len(rows), k))]))

    if k == 1:
        return Problem(lambda y, _: equations(y), lambda y, _: derivative(y), _idle)
    first = np.asarray(_dense(derivative(start)))
    u, s, vt = linalg.svd(first, full_matrices=False)
    free = s <= FREE * s[0]
    held = vt[free].T @ vt[free]
    projection = vt[~free].T @ u[:, ~free].T

    def residual(y: Array, _: float) -> Array:
        return projection @ equations(y) + held @ (y - start)

    def jacobian(y: Array, _: float) -> Array:
        return np.asarray(projection @ _dense(derivative(y)) + held)

    return Problem(residual, jacobian, _idle)


def rank_defect(problem: AnyProblem, z: Array, b: Array, c: Array) -> Array:
    """Matrix (k, k + 1) that vanishes where [J, Fp] has rank n - k.

    The generalisation of `singularity` to blocks [2]_, section 3.3; b and c as for
    `branch_point_system`.
    """
    return _rank_borders(problem, z, b, c)[0][c.shape[0] :]


def rank_slopes(problem: AnyProblem, z: Array, b: Array, c: Array) -> Array:
    """Derivative (k, k + 1, n + 1) of `rank_defect` by z."""
    v, w = _rank_borders(problem, z, b, c)
    w = w[: b.shape[0]]
    slopes = [-np.asarray(problem.turned(z, column).T @ w).T for column in v[: c.shape[0]].T]
    return np.stack(slopes, axis=1)


def _rank_borders(problem: AnyProblem, z: Array, b: Array, c: Array) -> tuple[Array, Array]:
    """Solutions of the system that b and c border, and of its transpose."""
    n, k = b.shape
    right = np.vstack([np.zeros((n, k + 1)), np.eye(k + 1)])
    left = np.vstack([np.zeros((n + 1, k)), np.eye(k)])
    v, w = bordered_solve_both(problem.full_jacobian(z), b, c, right, left)
    return v, w


def hopf_system(problem: AnyProblem, b: Array, c: Array, shift: complex = 0.0) -> Problem:
    """F = 0 and J - λM singular with λ on a curve, for y = (x, p, ω).

    λ = iω; for a map λ = exp(iω) - 1 (`shift` = -1).

    Parameters
    ----------
    b, c : (n,) complex ndarray
        Near the left and the right eigenvector.
    """

    def borders(y: Array) -> tuple[Array, Array]:
        z, omega = y[:-1], y[-1]
        j = problem.jacobian(z[:-1], float(z[-1]))
        j = shifted(j, _eigenvalue_on_curve(omega, shift)[0], problem.mass_like(j))
        unit = np.append(np.zeros(b.size), 1.0)[:, None].astype(complex)
        solved = bordered_solve_both(j, b[:, None], c.conj()[:, None], unit, unit)
        return solved[0][:, 0], solved[1][:-1, 0].conj()

    def residual(y: Array, _: float) -> Array:
        defect = borders(y)[0][-1]
        f = problem.residual(y[:-2], float(y[-2]))
        return np.concatenate([f, [defect.real, defect.imag]])

    def jacobian(y: Array, _: float) -> Any:
        z, (v, w) = y[:-1], borders(y)
        parts = [problem.turned(z, np.append(part, 0.0)) for part in (v[:-1].real, v[:-1].imag)]
        by_z = -(parts[0].T @ w.conj() + 1j * (parts[1].T @ w.conj()))
        top = problem.full_jacobian(z)
        mass = problem.mass_like(top[:, : b.size])
        by_omega = _eigenvalue_on_curve(y[-1], shift)[1] * (w.conj() @ (mass @ v[:-1]))
        row = np.append(by_z, by_omega)
        return _stack(_beside(top, np.zeros(b.size)), np.vstack([row.real, row.imag]))

    return Problem(residual, jacobian, _idle)


def _eigenvalue_on_curve(omega: float, shift: complex) -> tuple[complex, complex]:
    if shift:
        return np.exp(1j * omega) + shift, 1j * np.exp(1j * omega)
    return 1j * omega, 1j


def _dense(matrix: Any) -> Array:
    is_sparse: bool = sparse.issparse(matrix)
    return np.asarray(matrix.toarray() if is_sparse else matrix)


def _idle(y: Array, _: float) -> Array:
    return np.zeros(y.size)


def _beside(matrix: Any, column: Array) -> Any:
    blocks: Any = [matrix, column.reshape(len(column), -1)]
    return sparse.hstack(blocks, format="csc") if sparse.issparse(matrix) else np.hstack(blocks)


def _stack(matrix: Any, rows: Array) -> Any:
    blocks: Any = [matrix, rows]
    return sparse.vstack(blocks, format="csc") if sparse.issparse(matrix) else np.vstack(blocks)
