"""Centre manifolds of equilibria and fixed points with the normal form on them, term by term.

With w the coordinates along the critical eigenvectors, the manifold is x = H(w) and the motion on
it w' = g(w), or w ↦ g(w) for a map:

    F(H(w)) = M DH(w) g(w),        F(H(w)) = M (H(g(w)) - H(w)).

Of every monomial one coefficient vector of H is found by a linear system. Where the system is
singular, as the monomial is resonant with an eigenvalue, a term of g makes it solvable: the normal
form has these terms only, in the scaling of [1]_.

References
----------
.. [1] Yu. A. Kuznetsov, *SIAM J. Numer. Anal.* 36 (1999) 1104.
.. [2] Yu. A. Kuznetsov, H. G. E. Meijer, *SIAM J. Sci. Comput.* 26 (2005) 1932 (maps).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import combinations_with_replacement

import numpy as np
from scipy import linalg

from continuation import taylor
from continuation.arrays import Array
from continuation.linalg import bordered_solve, eigenvectors
from continuation.scaling import InUnits

__all__ = ["CentreManifold", "Mode", "centre_manifold"]

Monomial = tuple[int, ...]

DIRECTIONS = 2
"""Directions along which a form is known, by coefficient of it: random ones, so that some do not
tell much."""


@dataclass(frozen=True)
class Mode:
    """A critical eigenvalue, with its conjugate where it is not real.

    Attributes
    ----------
    frequency : float
        The eigenvalue is iω; for a map the multiplier is exp(iω).
    root : int
        The multiplier is such a root of one; 1 for an eigenvalue zero; 0 where it is none.
    chain : bool
        It is double, with one eigenvector.
    """

    frequency: float = 0.0
    root: int = 0
    chain: bool = False

    @property
    def charges(self) -> tuple[int, ...]:
        """1 and -1 for a pair; resonances are sums of these that agree, modulo the root."""
        if self.root in (1, 2):
            return (1, 1) if self.chain else (1,)
        return (1, -1)


@dataclass(eq=False)
class CentreManifold:
    """H and g as far as they are known.

    Attributes
    ----------
    problem : InUnits
    z : (n + 1,) ndarray
        (x, p), in these units.
    modes : sequence of Mode
    values : (m,) complex ndarray
        Eigenvalues of (dF/dx, M), one a coordinate.
    right, left : (n, m) complex ndarray
        Eigenvectors, or a chain of two; leftᴴ M right = 1.
    h : dict
        Monomial -> (n,) complex ndarray.
    g : dict
        (coordinate, monomial) -> coefficient.
    """

    problem: InUnits
    z: Array
    modes: Sequence[Mode]
    values: Array
    right: Array
    left: Array
    h: dict[Monomial, Array] = field(default_factory=dict)
    g: dict[tuple[int, Monomial], complex] = field(default_factory=dict)

    def __post_init__(self) -> None:
        n, m = self.right.shape
        self.jacobian = np.asarray(self.problem.jacobian(self.z[:-1], float(self.z[-1])))
        self.mass = self.problem.mass_matrix(n)
        self.charges, self.moduli = _charges(self.modes)
        self.chained = any(mode.chain for mode in self.modes)
        for j, one in enumerate(map(tuple, np.eye(m, dtype=int))):
            self.h[one] = self.right[:, j]
            self.g[j, one] = self.values[j] + self.problem.is_map
        if self.chained:
            self.g[0, (0, 1)] = 1.0

    def coefficient(self, j: int, *exponents: int) -> complex:
        """Of a monomial in g_j; zero where it is not resonant."""
        return complex(self.g.get((j, exponents), 0.0))

    def extend(self, order: int) -> None:
        """Find the terms of the next order; a chain links its monomials, one after the other."""
        terms = monomials(self.values.size, order)
        for stage in [[a] for a in terms] if self.chained else [terms]:
            defects = self._defects(order)
            for a in stage:
                self._solve(a, defects[terms.index(a)])

    def _solve(self, a: Monomial, defect: Array) -> None:
        """The coefficient of one monomial, from what is left of the equation."""
        shifted = self.jacobian - self._eigenvalue(a) * self.mass
        resonant = [j for j in range(len(a)) if self._is_resonant(a, j)]
        if not resonant:
            self.h[a] = -np.linalg.solve(shifted, defect)
            return
        first, last = resonant[0], resonant[-1]
        border = -self.mass @ self.right[:, last]
        row = self.mass.T @ self.left[:, first].conj()
        right = np.append(-defect, 0.0)[:, None]
        solution = bordered_solve(shifted, border[:, None], row[:, None], right)[:, 0]
        self.h[a], self.g[last, a] = solution[:-1], solution[-1]

    def _eigenvalue(self, a: Monomial) -> complex:
        """Of the monomial under the linear flow or map."""
        if self.problem.is_map:
            return complex(np.prod((1 + self.values) ** np.array(a)) - 1)
        return complex(self.values @ np.array(a))

    def _is_resonant(self, a: Monomial, j: int) -> bool:
        gap = np.array(a) @ self.charges - self.charges[j]
        return all(int(d) % r == 0 if r else d == 0 for d, r in zip(gap, self.moduli, strict=True))

    def _defects(self, order: int) -> Array:
        """Coefficients (monomials, n) of an order in what is left of the equation."""
        terms, m = monomials(self.values.size, order), self.values.size
        ways = np.random.default_rng(order).standard_normal((DIRECTIONS * len(terms) + 1, m))
        coordinates = self._coordinates(ways)
        matrix = np.prod(coordinates[:, None, :] ** np.array(terms), axis=2)
        rows, lengths, stretch = [], self.problem.lengths_at(self.z)[:-1], 1.0
        for w in coordinates:
            length = float((lengths / np.abs((self.right @ w).real)).min())
            along, used = taylor.coefficients(self._on_ray(w), order, stretch * length)
            rows.append(along[order])
            stretch = used / length
        return np.asarray(linalg.lstsq(matrix, np.array(rows))[0])

    def _on_ray(self, w: Array) -> Callable[[Array], Array]:
        """What is left of the equation at t w, by numbers t."""
        return lambda t: self._left(t[:, None] * w)

    def _left(self, w: Array) -> Array:
        """What is left of the equation at coordinates w (k, m): shape (k, n)."""
        p, x = float(self.z[-1]), self.z[:-1] + self._manifold(w)
        values = np.array([self.problem.residual(y, p) for y in x])
        is_map = self.problem.is_map
        moved = self._manifold(self._motion(w)) - self._manifold(w) if is_map else self._velocity(w)
        return values - moved @ self.mass.T

    def _manifold(self, w: Array) -> Array:
        """H(w) (k, n), real."""
        powers = np.prod(w[:, None, :] ** np.array(list(self.h)), axis=2)
        return np.asarray((powers @ np.array(list(self.h.values()))).real)

    def _motion(self, w: Array) -> Array:
        """The normal form g(w), shape (k, m)."""
        out = np.zeros_like(w)
        for (j, a), value in self.g.items():
            out[:, j] += value * np.prod(w ** np.array(a), axis=1)
        return out

    def _velocity(self, w: Array) -> Array:
        """The derivative DH(w) g(w), shape (k, n), real."""
        exponents, vectors = np.array(list(self.h)), np.array(list(self.h.values()))
        total, motion = np.zeros((w.shape[0], vectors.shape[1])), self._motion(w)
        for j in range(w.shape[1]):
            lower = exponents.copy()
            lower[:, j] = np.maximum(lower[:, j] - 1, 0)
            powers = exponents[:, j] * np.prod(w[:, None, :] ** lower, axis=2)
            total += ((powers @ vectors) * motion[:, j, None]).real
        return total

    def _coordinates(self, ways: Array) -> Array:
        """Coordinates (k, m) of real states from real numbers (k, m)."""
        w, at = ways.astype(complex), 0
        for mode in self.modes:
            if mode.root not in (1, 2):
                w[:, at] = ways[:, at] + 1j * ways[:, at + 1]
                w[:, at + 1] = w[:, at].conj()
            at += len(mode.charges)
        return w


def centre_manifold(
    problem: InUnits, z: Array, modes: Sequence[Mode], order: int
) -> CentreManifold:
    """The centre manifold to an order, with right eigenvectors of length 1 in the user's units.

    Parameters
    ----------
    problem : InUnits
    z : (n + 1,) ndarray
        (x, p) of an equilibrium or a fixed point, in these units.
    modes : sequence of Mode
        All critical eigenvalues.
    order : int
        Of the last terms.
    """
    values = np.concatenate([_values(mode, problem.is_map) for mode in modes])
    basis = [_basis(problem, z, mode) for mode in modes]
    right, left = (np.hstack(part) for part in zip(*basis, strict=True))
    gram = left.conj().T @ problem.mass_matrix(right.shape[0]) @ right
    left = np.linalg.solve(gram, left.conj().T).conj().T
    found = CentreManifold(problem, z, modes, values, right, left)
    for k in range(2, order + 1):
        found.extend(k)
    return found


@cache
def monomials(m: int, order: int) -> list[Monomial]:
    """Exponents of all monomials of an order in m coordinates, those of the first first."""
    chosen = combinations_with_replacement(range(m), order)
    return [tuple(c.count(j) for j in range(m)) for c in chosen]


def _values(mode: Mode, is_map: bool) -> Array:
    """Eigenvalues of (dF/dx, M)."""
    turns = 1j * mode.frequency * (np.array(mode.charges) if mode.root not in (1, 2) else 1)
    value = np.exp(turns) - 1 if is_map else turns
    return np.broadcast_to(value, (len(mode.charges),)).astype(complex)


def _charges(modes: Sequence[Mode]) -> tuple[Array, tuple[int, ...]]:
    """Charges (m, modes) of all coordinates, and their moduli."""
    rows = [
        [charge if k == j else 0 for k in range(len(modes))]
        for j, mode in enumerate(modes) for charge in mode.charges
    ]  # fmt: skip
    return np.array(rows), tuple(mode.root for mode in modes)


def _basis(problem: InUnits, z: Array, mode: Mode) -> tuple[Array, Array]:
    """Right and left vectors (n, k) of a mode, the first of length 1 in the user's units."""
    jacobian = np.asarray(problem.jacobian(z[:-1], float(z[-1])))
    mass, value = problem.mass_matrix(z.size - 1), _values(mode, problem.is_map)[0]
    is_real = mode.root in (1, 2)
    right, left = eigenvectors(jacobian, value.real if is_real else value, mass)
    right = right / np.linalg.norm(problem.units.columns[:-1] * right)
    if not is_real:
        return np.column_stack([right, right.conj()]), np.column_stack([left, left.conj()])
    if not mode.chain:
        return right[:, None], left[:, None]
    shifted = jacobian - value.real * mass
    border = (left[:, None], right[:, None] / np.linalg.norm(right))
    second = bordered_solve(shifted, *border, np.append(mass @ right, 0.0)[:, None])[:-1, 0]
    other = bordered_solve(shifted.T, *border[::-1], np.append(mass.T @ left, 0.0)[:, None])[:-1, 0]
    return np.column_stack([right, second]), np.column_stack([other, left])
