"""Curves of Hopf and of Neimark-Sacker points in two parameters, with Bogdanov-Takens points.

A pair of eigenvalues λ(ω), λ̄(ω) of dF/dx is kept on the imaginary axis, λ = iω, or for a map on
the unit circle, λ = exp(iω) - 1, its eigenvector v carried as an unknown:

F = 0,    J v = λ(ω) M v,    cᴴv = 1    for (x, Re v, Im v, ω, p),

c the eigenvector at the start. Where ω passes zero the curve ends on one of folds, in a
Bogdanov-Takens point; the system is regular there, and the curve stops behind it.

References
----------
.. [1] D. Roose, V. Hlavaček, *SIAM J. Appl. Math.* 45 (1985) 879.
.. [2] Yu. A. Kuznetsov, *Elements of Applied Bifurcation Theory*, 4th ed., Springer 2023, ch. 8-10.
"""

import cmath
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from continuation.arrays import Array
from continuation.branch import Branch, SpecialPoint
from continuation.curves import Curve, Definition, Equations, assembled, follows
from continuation.problem import AnyProblem

__all__ = ["trace_hopf_curve", "trace_neimark_sacker_curve"]

Eigenvalue = Callable[[float], tuple[complex, complex]]
"""ω -> λ and dλ/dω."""

BOGDANOV_TAKENS = "bogdanov-takens"


@follows("hopf", 2)
def trace_hopf_curve(point: SpecialPoint) -> Definition:
    """Follow a Hopf point in two parameters, to a Bogdanov-Takens point if there is one."""
    return _definition(point, _on_axis)


@follows("neimark-sacker", 2)
def trace_neimark_sacker_curve(point: SpecialPoint) -> Definition:
    """Follow a Neimark-Sacker point of a map in two parameters."""
    return _definition(point, _on_circle)


def _on_axis(omega: float) -> tuple[complex, complex]:
    return 1j * omega, 1j


def _on_circle(omega: float) -> tuple[complex, complex]:
    turned = cmath.exp(1j * omega)
    return turned - 1, 1j * turned


def _definition(point: SpecialPoint, eigenvalue: Eigenvalue) -> Definition:
    n = point.x.size
    v, omega = point.kernel / np.linalg.norm(point.kernel), point.coefficients["frequency"]

    def read(branch: Branch) -> Curve:
        vectors = branch.x[:, n : 2 * n] + 1j * branch.x[:, 2 * n : 3 * n]
        return replace(assembled(branch, n, -1), kernel=vectors, frequency=branch.x[:, -2])

    return Definition(
        equations=lambda problem: _equations(problem, v, eigenvalue),
        start=np.concatenate([point.x, v[:, 0], v[:, 1], [omega, point.p]]),
        read=read,
        functions=lambda _: {BOGDANOV_TAKENS: lambda y, _: float(y[-2])},
        stop=lambda sample: bool(sample.x[-2] * omega < 0),
    )


def _equations(problem: AnyProblem, c: Array, eigenvalue: Eigenvalue) -> Equations:
    n = len(c)
    mass = problem.mass_matrix(n)
    # Re and Im of cᴴv
    normal = np.array([np.append(c[:, 0], c[:, 1]), np.append(-c[:, 1], c[:, 0])])

    def residual(y: Array) -> Array:
        x, v, p = y[:n], y[n : 2 * n] + 1j * y[2 * n : 3 * n], float(y[-1])
        defect = problem.jacobian(x, p) @ v - eigenvalue(y[-2])[0] * (mass @ v)
        fixed = normal @ y[n : 3 * n] - [1.0, 0.0]
        return np.concatenate([problem.residual(x, p), defect.real, defect.imag, fixed])

    def jacobian(y: Array) -> Array:
        z, parts = np.append(y[:n], y[-1]), (y[n : 2 * n], y[2 * n : 3 * n])
        a = problem.full_jacobian(z)
        value, slope = eigenvalue(y[-2])
        by_omega = -slope * (mass @ (parts[0] + 1j * parts[1]))
        shifted, turn = a[:, :n] - value.real * mass, value.imag * mass
        matrix = np.zeros((3 * n + 2, 3 * n + 2))
        matrix[:n, :n], matrix[:n, -1] = a[:, :n], a[:, n]
        for row, part in zip((n, 2 * n), parts, strict=True):
            turned = problem.turned(z, np.append(part, 0.0))
            matrix[row : row + n, :n], matrix[row : row + n, -1] = turned[:, :n], turned[:, n]
            matrix[row : row + n, row : row + n] = shifted
        matrix[n : 2 * n, 2 * n : 3 * n], matrix[2 * n : 3 * n, n : 2 * n] = turn, -turn
        matrix[n : 2 * n, -2], matrix[2 * n : 3 * n, -2] = by_omega.real, by_omega.imag
        matrix[3 * n :, n : 3 * n] = normal
        return matrix

    return residual, jacobian
