r"""Classification of singular points by the coefficients of their normal forms.

With φ, ψ the right and left null vectors of J = dF/dx, ψᵀφ = 1, and F reduced to the kernel by
Lyapunov and Schmidt, F ≈ ψᵀF_p μ + ½ a s² + ... on x = x* + sφ + ..., μ = p - p*:

fold            a = ψᵀF_xx[φ, φ] ≠ 0, e = ψᵀF_p ≠ 0:     μ = -(a / 2e) s²
cusp            a = 0, d ≠ 0, e ≠ 0:                      μ = -(d / 6e) s³
transcritical   e = 0, b² > ac, a ≠ 0:                    μ = -(a / 2b) s      (c = 0)
pitchfork       e = 0, a = 0, b ≠ 0, d ≠ 0:               μ = -(d / 6b) s²
touch           e = 0, a = 0, b = 0: an eigenvalue touches zero

where b = ψᵀF_xz[φ, v], c = ψᵀF_zz[v, v], v = (v_x, 1) with J v_x = -F_p along the known branch,
d = ψᵀ(F_xxx[φ, φ, φ] + 3 F_xx[φ, y]) with J y = -F_xx[φ, φ] off the kernel.

Zero is meant relative to the scale of the Jacobian nearby, so that multiplying F, x or p by a
constant does not change a label.

References
----------
.. [1] Yu. A. Kuznetsov, *Elements of Applied Bifurcation Theory*, 4th ed., Springer 2023,
       chapters 3-5 (fold, Hopf, flip, Neimark-Sacker), section 7.1.
.. [2] W. Govaerts, *Numerical Methods for Bifurcations of Dynamical Equilibria*, SIAM 2000, ch. 6.
.. [3] M. Golubitsky, D. Schaeffer, *Singularities and Groups in Bifurcation Theory I*, 1985.
"""

import numpy as np

from .linalg import bordered_solve
from .problem import AnyProblem

__all__ = ["classify_branch_point", "classify_fold", "normalised"]

Array = np.ndarray

#: A quadratic coefficient is zero below this part of what the cubic one balances (squared).
NEGLIGIBLE = 1e-5


def normalised(phi: Array, psi: Array) -> tuple[Array, Array]:
    """φ of length 1, ψ with ψᵀφ = 1 (left as it is where φ and ψ are orthogonal)."""
    phi = phi / np.linalg.norm(phi)
    product = psi @ phi
    return phi, psi / product if abs(product) > 1e-6 * np.linalg.norm(psi) else psi


def classify_fold(
    problem: AnyProblem, z: Array, phi: Array, psi: Array, scale: float
) -> tuple[str, dict[str, float]]:
    """Tell "fold" from "cusp", with a, d, e and the curvature d²p/ds².

    Parameters
    ----------
    z : (n + 1,) ndarray
        (x, p).
    phi, psi : (n,) ndarray
        Null vectors.
    scale : float
        Norm of the Jacobian nearby.
    """
    phi, psi = normalised(phi, psi)
    e = float(psi @ problem.dresidual_dp(z[:-1], float(z[-1])))
    a, d = quadratic_and_cubic(problem, z, phi, psi)
    coefficients = {"quadratic": a, "cubic": d, "parameter": e, "curvature": -a / e}
    return ("cusp" if is_small(a, d, scale) else "fold"), coefficients


def classify_branch_point(
    problem: AnyProblem, z: Array, phi: Array, psi: Array, scale: float
) -> tuple[str, dict[str, float]]:
    """Tell "pitchfork", "transcritical", "touch" and "branch point" apart, with a, b, c and d.

    "supercritical" is 1 where the branch that leaves has gained the stability the other loses,
    for x' = F, or x' = -F where F is a gradient (`AnyProblem.flow_sign`).
    """
    phi, psi = normalised(phi, psi)
    a, d = quadratic_and_cubic(problem, z, phi, psi)
    e1, e2 = np.append(phi, 0.0), known_direction(problem, z, phi, psi)
    b = float(psi @ problem.second(z, e1, e2))
    c = float(psi @ problem.second(z, e2, e2))
    coefficients = {"quadratic": a, "mixed": b, "parameter": c, "cubic": d}
    small = 1e-6 * scale
    if is_small(a, d, scale):
        if abs(b) <= small:
            return "touch", coefficients
        if abs(d) <= small:
            return "branch point", coefficients
        coefficients["curvature"] = -d / (3 * b)
        coefficients["supercritical"] = float(d * problem.flow_sign < 0)
        return "pitchfork", coefficients
    if b * b - a * c <= small**2:
        return "touch", coefficients
    coefficients["slope"] = -2 * b / a
    return "transcritical", coefficients


def is_small(a: float, d: float, scale: float) -> bool:
    """Whether a s² is below d s³ already where d s³ is a small part of the linear terms."""
    return a * a <= NEGLIGIBLE**2 * scale * (abs(d) + scale)


def quadratic_and_cubic(
    problem: AnyProblem, z: Array, phi: Array, psi: Array
) -> tuple[float, float]:
    """Coefficients a and d of the reduced equation along φ."""
    e = np.append(phi, 0.0)
    f2 = problem.second(z, e, e)
    a = float(psi @ f2)
    y = off_kernel(problem, z, phi, psi, f2)
    d = problem.third(z, e, e, e) + 3 * problem.second(z, e, np.append(y, 0.0))
    return a, float(psi @ d)


def known_direction(problem: AnyProblem, z: Array, phi: Array, psi: Array) -> Array:
    """Vector v = (v_x, 1) with J v_x = -F_p and φᵀv_x = 0, shape (n + 1,)."""
    fp = problem.dresidual_dp(z[:-1], float(z[-1]))
    return np.append(off_kernel(problem, z, phi, psi, fp), 1.0)


def off_kernel(problem: AnyProblem, z: Array, phi: Array, psi: Array, right: Array) -> Array:
    """Vector y with J y = -right up to multiples of ψ, and φᵀy = 0, shape (n,)."""
    j = problem.jacobian(z[:-1], float(z[-1]))
    phi, psi = phi.reshape(right.size, -1), psi.reshape(right.size, -1)
    rhs = np.concatenate([-right, np.zeros(phi.shape[1])])[:, None]
    return np.asarray(bordered_solve(j, psi, phi, rhs)[: right.size, 0])
