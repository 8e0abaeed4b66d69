"""Coefficients of Hopf, flip and Neimark-Sacker points.

References
----------
.. [1] Yu. A. Kuznetsov, *Elements of Applied Bifurcation Theory*, 4th ed., Springer 2023:
       Hopf (5.62), flip (5.64) and Neimark-Sacker (5.74) by projection on the critical space.
"""

import numpy as np

from continuation.linalg import shifted, solve
from continuation.problem import AnyProblem

__all__ = ["flip", "hopf", "neimark_sacker"]

Array = np.ndarray


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
    mass = problem.mass_matrix(q.size)
    q, p = _normalised(q, p, mass)
    a = problem.jacobian(z[:-1], float(z[-1]))
    mean = solve(a, _second(problem, z, q, q.conj()))
    double = -solve(shifted(a, 2j * omega, mass), _second(problem, z, q, q))
    inner = (
        _third(problem, z, q, q, q.conj())
        - 2 * _second(problem, z, q, mean)
        + _second(problem, z, q.conj(), double)
    )
    return {"frequency": omega, "lyapunov": float((p.conj() @ inner).real / (2 * omega))}


def neimark_sacker(
    problem: AnyProblem, z: Array, q: Array, p: Array, omega: float
) -> dict[str, float]:
    """Angle of the multiplier and cubic coefficient; negative: a stable invariant curve."""
    q, p = _normalised(q, p, np.eye(q.size))
    j = problem.jacobian(z[:-1], float(z[-1]))
    mean = -solve(j, _second(problem, z, q, q.conj()))
    double = -solve(shifted(j, np.exp(2j * omega) - 1, np.eye(q.size)), _second(problem, z, q, q))
    inner = (
        _third(problem, z, q, q, q.conj())
        + 2 * _second(problem, z, q, mean)
        + _second(problem, z, q.conj(), double)
    )
    return {"frequency": omega, "cubic": float((np.exp(-1j * omega) * (p.conj() @ inner)).real / 2)}


def flip(problem: AnyProblem, z: Array, q: Array, p: Array) -> dict[str, float]:
    """Cubic coefficient b of η ↦ -η + b η³; positive: stable orbits of period two."""
    j = problem.jacobian(z[:-1], float(z[-1]))
    e = np.append(q, 0.0)
    y = -solve(j, problem.second(z, e, e))
    b = problem.third(z, e, e, e) / 6 + problem.second(z, e, np.append(y, 0.0)) / 2
    return {"cubic": float(p @ b)}


def _normalised(q: Array, p: Array, mass: Array) -> tuple[Array, Array]:
    """Q of length 1 and pᴴMq = 1."""
    q = q / np.linalg.norm(q)
    return q, p / (p.conj() @ mass @ q).conj()


def _parts(v: Array) -> tuple[tuple[complex, Array], ...]:
    return (1.0, np.append(v.real, 0.0)), (1j, np.append(v.imag, 0.0))


def _second(problem: AnyProblem, z: Array, u: Array, v: Array) -> Array:
    total = np.zeros(u.size, dtype=complex)
    for s, a in _parts(u):
        for t, b in _parts(v):
            if a.any() and b.any():
                total += s * t * problem.second(z, a, b)
    return total


def _third(problem: AnyProblem, z: Array, u: Array, v: Array, w: Array) -> Array:
    total = np.zeros(u.size, dtype=complex)
    for r, a in _parts(u):
        for s, b in _parts(v):
            for t, c in _parts(w):
                if a.any() and b.any() and c.any():
                    total += r * s * t * problem.third(z, a, b, c)
    return total
