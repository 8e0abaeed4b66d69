"""Equations that hold along curves of special points in two parameters, for y = (x, ..., p).

The null vector is carried as an unknown, so that no bordering has to be adapted on the way:

fold, flip      F = 0,  (J - λM) v = 0,                    vᵀv = 1         for (x, v, p)       [1]_
Hopf            F = 0,  J v = M w, J w = -κ M v,           vᵀv = 1, cᵀv = 0 for (x, v, w, κ, p) [2]_
Neimark-Sacker  F = 0,  J v = M w, J w = -κ M (v + w),     vᵀv = 1, cᵀv = 0 for (x, v, w, κ, p)
branch point    F + β w = 0,  Jᵀw = 0, F_pᵀw = 0,          wᵀw = 1         for (x, w, β, p)    [3]_
of the user     F = 0,  g = 0                                              for (x, p)

λ is 0 at a fold and -2 at a flip. v and w span the plane of a pair, c is a direction in it at the
start, and κ = ω² at a Hopf, 2 - 2 cos ω at a Neimark-Sacker point. Where κ passes zero (or 4, for a
map), they are a Jordan chain. All are regular at generic points, those of codimension two included.
β vanishes along true branch points; where it does not, symmetry is broken and the curve is that of
the unfolded point.

References
----------
.. [1] G. Moore, A. Spence, *SIAM J. Numer. Anal.* 17 (1980) 567.
.. [2] B. Werner, *SIAM J. Numer. Anal.* 33 (1996) 435; D. Roose, V. Hlavaček, *SIAM J. Appl.
       Math.* 45 (1985) 879.
.. [3] W. Govaerts, *Numerical Methods for Bifurcations of Dynamical Equilibria*, SIAM 2000, ch. 8.
"""

import cmath
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import linalg, sparse

from continuation import differences
from continuation.arrays import Array
from continuation.bordered_sparse import ALL
from continuation.linalg import adjugate_vectors, bordered_solve, eigenvectors, shifted
from continuation.problem import AnyProblem

__all__ = [
    "BranchPoint",
    "CriticalPair",
    "DefiningSystem",
    "RealEigenvector",
    "UserZero",
    "plane_of_chain",
    "plane_of_pair",
]

BEHIND = 1e-9
"""A pair whose κ is beyond its last value by more is one of real eigenvalues."""


class DefiningSystem:
    """Equations for y = (x, further unknowns, p), one more than unknowns but for q.

    Attributes
    ----------
    n : int
        Number of unknowns x.
    """

    n: int

    def residual(self, problem: AnyProblem, y: Array) -> Array:
        """Left sides, shape (y.size,)."""
        raise NotImplementedError

    def jacobian(self, problem: AnyProblem, y: Array) -> Any:
        """Their derivatives by y, dense or sparse."""
        raise NotImplementedError

    def vector(self, y: Array) -> Array:
        """Null vector that is an unknown, (n,), real or complex; zero where there is none."""
        return np.zeros(self.n)

    def right(self, problem: AnyProblem, y: Array) -> Array:
        """Right null vector, (n,), real or complex; zero where nothing degenerates."""
        return self.vector(y)

    def eigenvalue(self, y: Array) -> complex:
        """Critical eigenvalue of dF/dx."""
        return 0.0

    def frequency(self, y: Array) -> float:
        """Of a critical pair; else zero."""
        return 0.0

    def square(self, y: Array) -> float:
        """Signed square κ of it; else zero."""
        return 0.0

    def unfolding(self, y: Array) -> float:
        """By how much F is changed on the curve."""
        return 0.0

    def is_over(self, y: Array) -> bool:
        """Whether the curve comes back on itself behind its end."""
        return False

    def point(self, y: Array) -> Array:
        """(x, p), shape (n + 1,)."""
        return np.append(y[: self.n], y[-1])


class RealEigenvector(DefiningSystem):
    """A real eigenvalue that has one value: 0 along folds, -2 along flips."""

    def __init__(self, n: int, value: float) -> None:
        self.n, self.value = n, value

    def residual(self, problem: AnyProblem, y: Array) -> Array:
        """F, (J - λM) v, (vᵀv - 1) / 2."""
        x, v, p = y[: self.n], self.vector(y), float(y[-1])
        j = problem.jacobian(x, p)
        defect = j @ v
        if self.value:
            defect = defect - self.value * (problem.mass_like(j) @ v)
        return np.concatenate([problem.residual(x, p), defect, [(v @ v - 1) / 2]])

    def jacobian(self, problem: AnyProblem, y: Array) -> Any:
        """Derivatives by (x, v, p)."""
        z, v, n = self.point(y), self.vector(y), self.n
        a, turned = problem.full_jacobian(z), problem.turned(z, np.append(v, 0.0))
        block = shifted(a[:, :n], self.value, problem.mass_like(a)) if self.value else a[:, :n]
        return stacked(
            [a[:, :n], None, a[:, n:]],
            [turned[:, :n], block, turned[:, n:]],
            [None, v[None], None],
        )

    def vector(self, y: Array) -> Array:
        """V of length 1."""
        return y[self.n : 2 * self.n]

    def eigenvalue(self, y: Array) -> complex:
        """The value."""
        return self.value


class CriticalPair(DefiningSystem):
    """A pair on the imaginary axis, or of a map on the unit circle.

    Parameters
    ----------
    direction : (n,) ndarray
        c, of length 1, in the plane of the pair.
    is_map : bool
    rate : float
        What counts as 1 in eigenvalues: w and κ are meant in it.
    """

    def __init__(self, direction: Array, is_map: bool, rate: float) -> None:
        self.n, self.direction, self.is_map, self.rate = direction.size, direction, is_map, rate

    def parts(self, y: Array) -> tuple[Array, Array, float]:
        """(v, w, κ)."""
        n = self.n
        return y[n : 2 * n], y[2 * n : 3 * n], float(y[-2])

    def residual(self, problem: AnyProblem, y: Array) -> Array:
        """F, the images of v and of w, (vᵀv - 1) / 2, cᵀv."""
        n, (v, w, kappa) = self.n, self.parts(y)
        x, p = y[:n], float(y[-1])
        j = problem.jacobian(x, p) / self.rate
        mass = problem.mass_like(j)
        image = mass @ (v + w if self.is_map else v)
        ends = [(v @ v - 1) / 2, self.direction @ v]
        return np.concatenate(
            [problem.residual(x, p), j @ v - mass @ w, j @ w + kappa * image, ends]
        )

    def jacobian(self, problem: AnyProblem, y: Array) -> Any:
        """Derivatives by (x, v, w, κ, p)."""
        z, n, (v, w, kappa) = self.point(y), self.n, self.parts(y)
        a = problem.full_jacobian(z)
        mass = problem.mass_like(a)
        of_v, of_w = (problem.turned(z, np.append(u, 0.0)) / self.rate for u in (v, w))
        j, image = a[:, :n] / self.rate, (mass @ (v + w if self.is_map else v))[:, None]
        below = shifted(j, -kappa, mass) if self.is_map else j
        return stacked(
            [a[:, :n], None, None, None, a[:, n:]],
            [of_v[:, :n], j, -mass, None, of_v[:, n:]],
            [of_w[:, :n], kappa * mass, below, image, of_w[:, n:]],
            [None, v[None], None, None, None],
            [None, self.direction[None], None, None, None],
        )

    def vector(self, y: Array) -> Array:
        """Eigenvector w - λ̄ v of length 1, complex."""
        v, w, _ = self.parts(y)
        q = w - np.conj(self.eigenvalue(y)) / self.rate * v
        return np.asarray(q / np.linalg.norm(q))

    def eigenvalue(self, y: Array) -> complex:
        """λ on the axis or the circle, by the frequency."""
        omega = self.frequency(y)
        return cmath.exp(1j * omega) - 1.0 if self.is_map else 1j * omega

    def frequency(self, y: Array) -> float:
        """Omega; zero (or for a map π) behind the end."""
        kappa = float(y[-2])
        if self.is_map:
            return float(np.arccos(np.clip(1.0 - kappa / 2, -1.0, 1.0)))
        return self.rate * float(np.sqrt(max(kappa, 0.0)))

    def square(self, y: Array) -> float:
        """Kappa, in the unit of time of the user."""
        return float(y[-2]) * self.rate**2

    def is_over(self, y: Array) -> bool:
        """Whether the eigenvalues have become real."""
        kappa = float(y[-2])
        return kappa < -BEHIND or (self.is_map and kappa > 4.0 + BEHIND)


def plane_of_pair(j: Any, mass: Array, value: complex) -> tuple[Array, Array, Array]:
    """Orthonormal c and v in the plane of a pair of eigenvalues, and w = M⁻¹J v."""
    q = eigenvectors(j, value, mass)[0]
    real = np.column_stack([q.real, q.imag])
    c, v = linalg.svd(real, full_matrices=False)[0].T
    a, b = linalg.lstsq(real, v)[0]
    return c, v, np.real((a - 1j * b) * value * q)


def plane_of_chain(j: Any, mass: Array, value: complex) -> tuple[Array, Array, Array]:
    """The same for a double real eigenvalue: c is the eigenvector, v goes with it."""
    matrix = shifted(j, value.real, mass)
    c, left = eigenvectors(matrix, 0.0, mass)
    right = np.append(mass @ c, 0.0)[:, None]
    v = bordered_solve(matrix, left[:, None], c[:, None], right)[:-1, 0]
    length = np.linalg.norm(v)
    return c, v / length, (value.real * v + c) / length


class BranchPoint(DefiningSystem):
    """A simple branch point, unfolded by β."""

    def __init__(self, n: int) -> None:
        self.n = n

    def residual(self, problem: AnyProblem, y: Array) -> Array:
        """F + β w, [J, F_p]ᵀ w, (wᵀw - 1) / 2."""
        z, w, beta = self.point(y), self.vector(y), y[-2]
        f = problem.residual(z[:-1], float(z[-1])) + beta * w
        return np.concatenate([f, problem.full_jacobian(z).T @ w, [(w @ w - 1) / 2]])

    def jacobian(self, problem: AnyProblem, y: Array) -> Any:
        """Derivatives by (x, w, β, p)."""
        z, w, n = self.point(y), self.vector(y), self.n
        a = problem.full_jacobian(z)
        second = differences.jacobian(
            lambda s: np.asarray(problem.full_jacobian(s).T @ w), z, problem.lengths_at(z)
        )
        return stacked(
            [a[:, :n], y[-2] * np.eye(n), w[:, None], a[:, n:]],
            [second[:, :n], a.T, None, second[:, n:]],
            [None, w[None], None, None],
        )

    def vector(self, y: Array) -> Array:
        """W of length 1, a left null vector."""
        return y[self.n : 2 * self.n]

    def right(self, problem: AnyProblem, y: Array) -> Array:
        """The null vector that goes with w as in the adjugate, of length 1."""
        z = self.point(y)
        j: Any = problem.jacobian(z[:-1], float(z[-1]))
        is_sparse: bool = sparse.issparse(j)
        if is_sparse and self.n > ALL:  # nothing is looked for there that its sign could tell
            return eigenvectors(j, 0.0, problem.mass_like(j))[0]
        right, left = adjugate_vectors(j.toarray() if is_sparse else j)
        return np.copysign(1.0, left @ self.vector(y)) * right

    def unfolding(self, y: Array) -> float:
        """Beta."""
        return float(y[-2])


class UserZero(DefiningSystem):
    """A zero of a function of z = (x, p), (n + 1,)."""

    def __init__(self, n: int, function: Callable[[Array], float]) -> None:
        self.n, self.function = n, function

    def residual(self, problem: AnyProblem, y: Array) -> Array:
        """F, g."""
        return np.append(problem.residual(y[:-1], float(y[-1])), self.function(y))

    def jacobian(self, problem: AnyProblem, y: Array) -> Any:
        """Derivatives by (x, p)."""
        row = differences.jacobian(
            lambda z: np.array([self.function(z)]), y, np.maximum(1.0, np.abs(y))
        )
        return stacked([problem.full_jacobian(y)], [row])


def stacked(*rows: list[Any]) -> Any:
    """One matrix of blocks, dense or sparse; None stands for zeros."""
    if any(sparse.issparse(block) for row in rows for block in row):
        blocks: Any = rows
        return sparse.csc_matrix(sparse.bmat(blocks))
    heights = [next(b.shape[0] for b in row if b is not None) for row in rows]
    widths = [next(b.shape[1] for b in c if b is not None) for c in zip(*rows, strict=True)]
    matrix = np.zeros((sum(heights), sum(widths)))
    down, across = np.cumsum([0, *heights]), np.cumsum([0, *widths])
    for i, row in enumerate(rows):
        for j, block in enumerate(row):
            if block is not None:
                matrix[down[i] : down[i + 1], across[j] : across[j + 1]] = block
    return matrix
