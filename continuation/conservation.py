r"""Conserved quantities: combinations of the equations that vanish for every x and p.

Where ΛF(x, p) = 0 for all (x, p), Λx is conserved by x' = F, dF/dx is singular everywhere, and
solutions come in families, one for every value of Λx. One of them is meant: that of the start,
Λx = τ. F(x, p) + σ W (Λx - τ), ΛW = 1, vanishes exactly there, has a regular Jacobian, and its
eigenvalues are those of the flow at this total and σ, which is chosen stable.

References
----------
.. [1] M. Feinberg, *Foundations of Chemical Reaction Network Theory*, Springer 2019, ch. 3.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np
from scipy import linalg, sparse

from continuation.arrays import Array
from continuation.bordered_sparse import ALL, sparse_left_kernel
from continuation.callable_problem import kernel_of
from continuation.errors import InvalidInputError
from continuation.linalg import is_regular
from continuation.meaning import Meaning
from continuation.problem import AnyProblem, Kernel
from continuation.scaling import Units, scaled

__all__ = ["Held", "conserved_quantities", "held"]

DISTANCES = (0.3, 0.03, 0.003)
"""How far from the start, in its units, other points are tried: the nearer ones if F ends there."""

POINTS = 3
"""Random points at which a combination must vanish too: one alone may be singular by chance."""

NOT_CONSERVED = 1e-7
"""A combination that the user says, above this part of its terms, does not vanish."""

ROUNDING = 1e-12
"""One that is found must: slow rates beside fast ones make F as small, but conserve nothing."""

TERMS = 1e-2
"""Values of F below this part of its terms at the start count less: they are known as badly."""

FAR = (1.0, 1e-3, 1e-6)
"""Other distances, in the user's units, at which it must: where x is zero, up to rounding or by a
symmetry, all that is near is as singular as x itself."""

MOST = 6
"""So many combinations are looked for where Jacobians are large and sparse."""

SAID = 8
"""So many terms of a sum are said; of longer ones the first and the last."""

TIDY = 1e-9
"""Coefficients of a combination below this part of the largest are rounding."""


def conserved_quantities(problem: AnyProblem, x: Array, p: float) -> Array:
    """Combinations Λ (c, n) with ΛF(x, p) = 0 for all x and p; c = 0 where there are none.

    Parameters
    ----------
    problem : Problem
    x : ndarray, shape (n,)
        Combinations are looked for around (x, p).
    p : float

    Returns
    -------
    ndarray, shape (c, n)
        In echelon form: each has a first coefficient 1 where the others have none.
    """
    z, n = np.append(x, p), len(x)
    a: Any = problem.full_jacobian(z)
    is_sparse: bool = sparse.issparse(a)
    is_large = is_sparse and n > ALL
    if is_sparse and not is_large:
        a = a.toarray()
    if n == 0 or problem.unit is not None or not np.isfinite(a.data if is_large else a).all():
        return np.zeros((0, n))
    units = Units.by_size(z).rebalanced([a], False)
    inside = scaled(a, units.rows, units.columns)
    left = (_left_of_large if is_large else _left)(problem, z, units, inside) * units.rows
    return _echelon(left / np.abs(left).max(axis=1, keepdims=True, initial=TIDY))


def _left(problem: AnyProblem, z: Array, units: Units, inside: Array) -> Array:
    """Combinations (c, n), in units, of the entries of F that vanish everywhere.

    Parameters
    ----------
    problem : Problem
    z : ndarray, shape (n + 1,)
    units : Units
    inside : ndarray, shape (n, n + 1)
        [dF/dx, dF/dp] at z in these units: where it is regular there are none.
    """
    n = len(inside)
    near = [] if is_regular(inside) else _near(problem, z, n + POINTS)
    if not near:
        return np.zeros((0, n))
    values = _of_size_one([*near, *_far(problem, z)], units, _terms(inside, units.inside(z)))
    u, s, _ = linalg.svd(values)
    return np.asarray(u[:, s <= ROUNDING * s[0]].T)


def _left_of_large(problem: AnyProblem, z: Array, units: Units, inside: Any) -> Array:
    """The same of a large sparse Jacobian.

    Of its left null vectors, should it have some, those that combine values of F elsewhere to zero.
    Rough points tell little of smooth vectors: F is looked at along these, too.
    """
    vectors = sparse_left_kernel(inside[:, :-1], MOST)
    size = float(np.abs(z[:-1]).max()) or 1.0
    along = [z + np.append(size * DISTANCES[-1] * v / np.abs(v).max(), 0.0) for v in vectors]
    values = [*_values(problem, along), *_near(problem, z, POINTS), *_far(problem, z)]
    if len(values) < len(vectors) or not len(vectors):
        return vectors[:0]
    terms = _terms(inside, units.inside(np.append(np.maximum(np.abs(z[:-1]), size), z[-1])))
    u, s, _ = linalg.svd(vectors @ _of_size_one(values, units, DISTANCES[-1] * terms))
    return np.asarray(u[:, s <= ROUNDING].T @ vectors)


def _terms(inside: Any, z: Array) -> float:
    """Size of the terms of F at z: what rounding of F is a part of."""
    return float(np.linalg.norm(abs(inside) @ np.abs(z)))


def _of_size_one(values: list[Array], units: Units, terms: float) -> Array:
    """Values of F as columns, in units, of length 1 where they are not small beside its terms."""
    columns = [units.rows * f for f in values]
    sizes = [max(float(np.linalg.norm(f)), TERMS * terms) for f in columns]
    return np.column_stack([f / (size or 1.0) for f, size in zip(columns, sizes, strict=True)])


def held(problem: AnyProblem, x: Array, p: float) -> AnyProblem:
    """The problem with its conserved quantities held at their values at x, if it has any.

    Those that the problem says, else those that are found, but where a Jacobian is symmetric: there
    a combination that is conserved is a direction in which solutions
    form a family too, and those are held as families are.

    Raises
    ------
    InvalidInputError
        Where a combination that the problem says is not conserved.
    """
    is_said = problem.conserved is not None
    looked_for = problem.mass is None and not problem.symmetric
    if isinstance(problem, Held) or not (is_said or looked_for):
        return problem
    if not is_said:
        combinations = conserved_quantities(problem, x, p)
    else:
        combinations = _require_conserved(problem, x, p)
    if not len(combinations):
        return problem
    is_sparse: bool = sparse.issparse(problem.jacobian(x, p))
    weights = _weights(combinations, problem.symmetric, is_sparse)
    sigma = -1.0 if problem.is_map else -problem.flow_sign * _rate(problem, np.append(x, p))
    return Held(problem, combinations, combinations @ x, sigma * weights)


def _rate(problem: AnyProblem, z: Array) -> float:
    """Largest eigenvalue around z: at a special point itself all may vanish."""
    with np.errstate(all="ignore"):
        around = [problem.jacobian(y[:-1], float(y[-1])) for y in (z, *_points(z, DISTANCES[1]))]
    rates = [_spectral_radius(j) for j in around]
    return max((rate for rate in rates if np.isfinite(rate)), default=0.0) or 1.0


def _spectral_radius(j: Any) -> float:
    """Largest modulus of an eigenvalue; of a sparse matrix a bound on it."""
    if sparse.issparse(j):
        return float(abs(j).sum(axis=1).max())
    return float(np.abs(linalg.eigvals(j)).max()) if np.isfinite(j).all() else 0.0


def _weights(combinations: Array, symmetric: bool, is_sparse: bool) -> Array:
    """W (n, c) with ΛW = 1: one that keeps the Jacobian symmetric, or sparse but for c rows."""
    if is_sparse and not symmetric:
        pivots = linalg.qr(combinations, pivoting=True)[2][: len(combinations)]
        weights = np.eye(combinations.shape[1])[:, pivots]
    else:
        weights = combinations.T
    return np.asarray(weights @ np.linalg.inv(combinations @ weights))


def _require_conserved(problem: AnyProblem, x: Array, p: float) -> Array:
    """The combinations that a problem says, if they vanish around a start."""
    combinations = np.asarray(problem.conserved)
    if not len(combinations):
        return combinations
    for z in _points(np.append(x, p), DISTANCES[-1]):
        f = np.asarray(problem.residual(z[:-1], float(z[-1])), dtype=float)
        left, terms = np.abs(combinations @ f), np.abs(combinations) @ np.abs(f)
        if (left > NOT_CONSERVED * terms).any():
            row = int(np.argmax(left > NOT_CONSERVED * terms))
            what = _sum(combinations[row], problem.meaning.names(x.size))
            raise InvalidInputError(
                f"{what} is not conserved: F changes it at a rate of {(combinations @ f)[row]:.3g} "
                "near the start. Correct it, or leave it out."
            )
    return combinations


class Held(AnyProblem):
    """F(x, p) + W (Λx - τ).

    Parameters
    ----------
    problem : AnyProblem
    combinations : ndarray, shape (c, n)
        Λ.
    totals : ndarray, shape (c,)
        τ.
    weights : ndarray, shape (n, c)
        W.
    """

    def __init__(
        self, problem: AnyProblem, combinations: Array, totals: Array, weights: Array
    ) -> None:
        self.problem, self.combinations, self.totals = problem, combinations, totals
        self.weights = weights
        self.is_map, self.flow_sign = problem.is_map, problem.flow_sign
        self.symmetric, self.lengths = problem.symmetric, problem.lengths
        self.constants, self.data, self.work = problem.constants, problem.data, problem.work

    def residual(self, x: Array, p: float) -> Array:
        """F(x, p) + W (Λx - τ), shape (n,)."""
        f = np.asarray(self.problem.residual(x, p), dtype=float)
        return f + self.weights @ (self.combinations @ x - self.totals)

    def jacobian(self, x: Array, p: float) -> Any:
        """dF/dx + WΛ, shape (n, n)."""
        j = self.problem.jacobian(x, p)
        if sparse.issparse(j):
            change: Any = sparse.csc_matrix(self.weights) @ sparse.csc_matrix(self.combinations)
            return (j + change).tocsc()
        return np.asarray(j + self.weights @ self.combinations)

    def dresidual_dp(self, x: Array, p: float) -> Array:
        """dF/dp, shape (n,)."""
        return self.problem.dresidual_dp(x, p)

    def exact(self, z: Array, *directions: Array) -> Array | None:
        """Second or third derivative, where the problem offers it."""
        return self.problem.exact(z, *directions)

    def lengths_at(self, z: Array) -> Array:
        """Lengths (n + 1,) of z = (x, p) over which differences are taken."""
        return self.problem.lengths_at(z)

    @property
    def differenced(self) -> dict[str, None]:
        """Names of the first derivatives that are taken by differences."""
        return self.problem.differenced

    def measured(self, lengths: Array) -> "Held":
        """The same problem, its differences taken over these lengths (n + 1,) of (x, p)."""
        inner = self.problem.measured(lengths)
        return Held(inner, self.combinations, self.totals, self.weights)

    @cached_property
    def kernel(self) -> Kernel:  # type: ignore[override]
        """The methods in the form the tracer calls."""
        return kernel_of(self.residual, self.jacobian, self.dresidual_dp)

    @property
    def meaning(self) -> Meaning:
        """That of the problem, with what is conserved."""
        rows = zip(self.combinations.tolist(), self.totals.tolist(), strict=True)
        conserved = tuple((tuple(row), total) for row, total in rows)
        return replace(self.problem.meaning, conserved=conserved)

    @property
    def text(self) -> str:
        """The totals held, in words."""
        names = self.problem.meaning.names(self.combinations.shape[1])
        return "; ".join(
            f"{_sum(row, names)} = {total:.10g}"
            for row, total in zip(self.combinations, self.totals, strict=True)
        )


def _near(problem: AnyProblem, z: Array, count: int) -> list[Array]:
    """Values of F (n,) at random points around z; none where F is not finite around."""
    for distance in DISTANCES:
        found = _values(problem, _points(z, distance, count))
        if len(found) == count:
            return found
    return []


def _far(problem: AnyProblem, z: Array) -> list[Array]:
    """Values of F (n,) at points far from z, where it is finite."""
    random = np.random.default_rng(1)
    steps = random.standard_normal((POINTS, z.size))
    points = [z + distance * step for distance in FAR for step in (*steps, *np.abs(steps))]
    return _values(problem, points)


def _values(problem: AnyProblem, points: Sequence[Array]) -> list[Array]:
    """F (n,) at points (x, p), where it is finite."""
    with np.errstate(all="ignore"):
        found = [np.asarray(problem.residual(y[:-1], float(y[-1])), dtype=float) for y in points]
    return [f for f in found if np.isfinite(f).all()]


def _points(z: Array, distance: float, count: int = POINTS) -> list[Array]:
    """Random points around z, the same ones every time, this far in parts of its size."""
    size = np.abs(z)
    size = np.where(size > 0, size, float(size.max()) or 1.0)
    random = np.random.default_rng(0)
    return [z + distance * size * random.standard_normal(z.size) for _ in range(count)]


def _echelon(rows: Array) -> Array:
    """Reduced row echelon form, each row with a first coefficient 1."""
    rows, column = rows.copy(), 0
    for i in range(len(rows)):
        while column < rows.shape[1] and np.abs(rows[i:, column]).max() <= TIDY:
            column += 1
        k = i + int(np.abs(rows[i:, column]).argmax())
        rows[[i, k]] = rows[[k, i]]
        rows[i] /= rows[i, column]
        others = np.arange(len(rows)) != i
        rows[others] -= rows[others, column, None] * rows[i]
    rows[np.abs(rows) <= TIDY * np.abs(rows).max(axis=1, keepdims=True, initial=TIDY)] = 0.0
    return rows


def _sum(row: Array, names: Sequence[str]) -> str:
    parts = [f"{c:.6g} {name}" for c, name in zip(row, names, strict=True) if c]
    if len(parts) > SAID:
        parts[SAID - 1 : -1] = ["..."]
    terms = " + ".join(parts)
    return f" {terms}".replace("+ -", "- ").replace(" 1 ", " ").strip()
