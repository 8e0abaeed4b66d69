"""Coefficients of Hopf, flip and Neimark-Sacker points.

References
----------
.. [1] Yu. A. Kuznetsov, *Elements of Applied Bifurcation Theory*, 4th ed., Springer 2023:
       Hopf (5.62), flip (5.64) and Neimark-Sacker (5.74) by projection on the critical space.
"""

from typing import Any

import numpy as np

from continuation.linalg import shifted, solve
from continuation.problem import AnyProblem

__all__ = ["flip", "flip_vector", "hopf", "neimark_sacker"]

Array = np.ndarray

ROUNDINGS = {False: 1e-11, True: 1e-8}
"""Whether dF/dx is by differences -> part of its terms below which a sum is rounding."""


def hopf(problem: AnyProblem, z: Array, q: Array, p: Array, omega: float) -> dict[str, float]:
    """Frequency and first Lyapunov coefficient; negative: stable cycles (for M x' = F).

    Parameters
    ----------
    z : (n + 1,) ndarray
        (x, p).
    q, p : (n,) complex ndarray
        Right and left eigenvector for iω.
    omega : float
    """
    a = problem.jacobian(z[:-1], float(z[-1]))
    mass = problem.mass_like(a)
    q, p = _normalised(q, p, mass)
    modulus, square = _squares(problem, z, q)
    mean = solve(a, modulus)
    double = -solve(shifted(a, 2j * omega, mass), square)
    terms = (
        _cubic(problem, z, q),
        -2 * _second(problem, z, q, mean),
        _second(problem, z, q.conj(), double),
    )
    return {"frequency": omega, "lyapunov": _real_part(problem, p, terms) / (2 * omega)}


def neimark_sacker(
    problem: AnyProblem, z: Array, q: Array, p: Array, omega: float
) -> dict[str, float]:
    """Angle of the multiplier and cubic coefficient; negative: a stable invariant curve."""
    j = problem.jacobian(z[:-1], float(z[-1]))
    mass = problem.mass_like(j)
    q, p = _normalised(q, p, mass)
    modulus, square = _squares(problem, z, q)
    mean = -solve(j, modulus)
    double = -solve(shifted(j, np.exp(2j * omega) - 1, mass), square)
    terms = (
        _cubic(problem, z, q),
        2 * _second(problem, z, q, mean),
        _second(problem, z, q.conj(), double),
    )
    turned = p * np.exp(1j * omega)
    return {"frequency": omega, "cubic": _real_part(problem, turned, terms) / 2}


def flip(problem: AnyProblem, z: Array, q: Array, p: Array) -> dict[str, float]:
    """Cubic coefficient b of η ↦ -η + b η³; positive: stable orbits of period two."""
    return {"cubic": float(p @ flip_vector(problem, z, q))}


def flip_vector(problem: AnyProblem, z: Array, q: Array) -> Array:
    """Vector (n,) whose product with the left eigenvector p, pᵀMq = 1, is the cubic coefficient."""
    j = problem.jacobian(z[:-1], float(z[-1]))
    e = np.append(q, 0.0)
    y = -solve(j, problem.second(z, e, e))
    return problem.third(z, e, e, e) / 6 + problem.second(z, e, np.append(y, 0.0)) / 2


def _real_part(problem: AnyProblem, p: Array, terms: tuple[Array, ...]) -> float:
    """Re pᴴ(sum of the terms); exactly zero where only rounding of differences is left of them.

    So it is all along a curve where F conserves something, as area.
    """
    value = float(sum(p.conj() @ term for term in terms).real)
    rounding = ROUNDINGS["jacobian" in problem.differenced]
    size = sum(float(np.abs(p) @ np.abs(term)) for term in terms)
    return value if abs(value) > rounding * size else 0.0


def _normalised(q: Array, p: Array, mass: Any) -> tuple[Array, Array]:
    """Q of length 1 and pᴴMq = 1."""
    q = q / np.linalg.norm(q)
    return q, p / (p.conj() @ (mass @ q)).conj()


def _parts(v: Array) -> tuple[tuple[complex, Array], ...]:
    return (1.0, np.append(v.real, 0.0)), (1j, np.append(v.imag, 0.0))


def _squares(problem: AnyProblem, z: Array, q: Array) -> tuple[Array, Array]:
    """D²F[q, q̄], which is real, and D²F[q, q]."""
    a, b = np.append(q.real, 0.0), np.append(q.imag, 0.0)
    of_a, of_b, mixed = (problem.second(z, *pair) for pair in ((a, a), (b, b), (a, b)))
    return of_a + of_b, of_a - of_b + 2j * mixed


def _second(problem: AnyProblem, z: Array, u: Array, v: Array) -> Array:
    total = np.zeros(u.size, dtype=complex)
    for s, a in _parts(u):
        for t, b in _parts(v):
            if a.any() and b.any():
                total += s * t * problem.second(z, a, b)
    return total


def _cubic(problem: AnyProblem, z: Array, q: Array) -> Array:
    """D³F[q, q, q̄], by its values for equal real arguments."""

    def cube(v: Array) -> Array:
        e = np.append(v, 0.0)
        return problem.third(z, e, e, e)

    a, b = q.real, q.imag
    of_a, of_b, of_sum, of_difference = map(cube, (a, b, a + b, a - b))
    abb = ((of_sum + of_difference) / 2 - of_a) / 3
    aab = ((of_sum - of_difference) / 2 - of_b) / 3
    return of_a + abb + 1j * (aab + of_b)
