r"""Classification of singular points by the coefficients of their normal forms.

With φ, ψ the right and left null vectors of J = dF/dx, ψᵀφ = 1, and F reduced to the kernel by
Lyapunov and Schmidt, F ≈ ψᵀF_p μ + ½ a s² + ... on x = x* + sφ + ..., μ = p - p*:

fold            a = ψᵀF_xx[φ, φ] ≠ 0, e = ψᵀF_p ≠ 0:     μ = -(a / 2e) s²
cusp            a = 0, d ≠ 0, e ≠ 0:                      μ = -(d / 6e) s³
transcritical   e = 0, b² > ac, a ≠ 0:                    μ = -(a / 2b) s      (c = 0)
pitchfork       e = 0, a = 0, b ≠ 0, d ≠ 0:               μ = -(d / 6b) s²
touch           e = 0, the eigenvalue touches zero without crossing (b² = ac)

where b = ψᵀF_xz[φ, v], c = ψᵀF_zz[v, v], v = (v_x, 1) with J v_x = -F_p along the known branch,
d = ψᵀ(F_xxx[φ, φ, φ] + 3 F_xx[φ, y]) with J y = -F_xx[φ, φ] off the kernel.

Zero is meant as a distance in the parameter that cannot be resolved: multiplying F or x by
constants, each entry by its own, does not change a label.

References
----------
.. [1] Yu. A. Kuznetsov, *Elements of Applied Bifurcation Theory*, 4th ed., Springer 2023,
       chapters 3-5 (fold, Hopf, flip, Neimark-Sacker), section 7.1.
.. [2] W. Govaerts, *Numerical Methods for Bifurcations of Dynamical Equilibria*, SIAM 2000, ch. 6.
.. [3] M. Golubitsky, D. Schaeffer, *Singularities and Groups in Bifurcation Theory I*, 1985.
"""

import numpy as np

from continuation.kinds import KINDS
from continuation.linalg import bordered_solve
from continuation.problem import AnyProblem

__all__ = [
    "UNRESOLVED",
    "at_branch_point",
    "at_fold",
    "name_of_branch_point",
    "name_of_fold",
    "normalised",
    "report",
]

Array = np.ndarray

#: Where the exact label differs from the degenerate one only within this part of the parameter's
#: unit (a cusp split into two folds, a pitchfork with a fold beside it), it is the degenerate one.
UNRESOLVED = 1e-12
#: A sum below this part of its terms is rounding of differences.
CANCELLED = 1e-9


def normalised(phi: Array, psi: Array) -> tuple[Array, Array]:
    """φ of length 1, ψ with ψᵀφ = 1 (left as it is where φ and ψ are orthogonal)."""
    phi = phi / np.linalg.norm(phi)
    product = psi @ phi
    return phi, psi / product if abs(product) > 1e-6 * np.linalg.norm(psi) else psi


def at_fold(problem: AnyProblem, z: Array, phi: Array, psi: Array) -> dict[str, float]:
    """Coefficients a ("quadratic"), d ("cubic"), e ("parameter").

    Parameters
    ----------
    z : (n + 1,) ndarray
        (x, p).
    phi, psi : (n,) ndarray
        Null vectors.
    """
    phi, psi = normalised(phi, psi)
    e = float(psi @ problem.dresidual_dp(z[:-1], float(z[-1])))
    a, d = quadratic_and_cubic(problem, z, phi, psi)
    return {"quadratic": a, "cubic": d, "parameter": e}


def at_branch_point(problem: AnyProblem, z: Array, phi: Array, psi: Array) -> dict[str, float]:
    """Coefficients a ("quadratic"), b ("mixed"), c ("parameter"), d ("cubic")."""
    phi, psi = normalised(phi, psi)
    a, d = quadratic_and_cubic(problem, z, phi, psi)
    e1, e2 = np.append(phi, 0.0), known_direction(problem, z, phi, psi)
    b = _without_rounding(psi, problem.second(z, e1, e2))
    c = _without_rounding(psi, problem.second(z, e2, e2))
    return {"quadratic": a, "mixed": b, "parameter": c, "cubic": d}


def name_of_fold(form: dict[str, float]) -> str:
    """Name "cusp" where the two folds that a ≠ 0 makes of it are nearer than can be resolved in p.

    e μ + ½ a s² + d s³/6 = 0 has its folds at s = 0 and s = -2 a/d, 2 a³/(3 d² e) apart in μ: a
    ratio that no scaling of F, x changes. The coefficients are those in units in which the
    parameter counts as 1.
    """
    a, d, e = form["quadratic"], form["cubic"], form["parameter"]
    return "cusp" if abs(a) ** 3 <= 1.5 * UNRESOLVED * d * d * abs(e) else "fold"


def name_of_branch_point(form: dict[str, float], crosses: bool) -> str:
    """Name "pitchfork", "transcritical", "touch"; "branch point" for what is more degenerate.

    s (b μ + ½ a s + d s²/6) = 0 has its fold at s = -3 a/(2 d), 3 a²/(8 b d) away in μ: a ratio
    that no scaling of F, x changes. Where that is below the resolution, it is a pitchfork.

    Parameters
    ----------
    form : dict
        From `at_branch_point`, in units in which the parameter counts as 1.
    crosses : bool
        The critical eigenvalue changes sign, or the branch turns.
    """
    a, b, c, d = (form[name] for name in ("quadratic", "mixed", "parameter", "cubic"))
    if not crosses:
        return "touch"
    if a * a <= 8 / 3 * UNRESOLVED * abs(b * d):
        return "pitchfork" if b * d else "branch point"
    return "transcritical" if b * b > a * c else "branch point"


def report(kind: str, form: dict[str, float], problem: AnyProblem) -> dict[str, float]:
    """The coefficients, with what follows from them for a point of this kind.

    "curvature" is d²p/ds² of the branch that bends, "slope" dp/ds of the one that crosses.
    "supercritical" is 1 where the branch that leaves has gained the stability the other loses,
    for x' = F, or x' = -F where F is a gradient (`AnyProblem.flow_sign`).
    """
    a, b, d, e = form["quadratic"], form.get("mixed", 0.0), form["cubic"], form["parameter"]
    if not KINDS[kind].branching:
        return form | ({"curvature": -a / e} if e else {})
    if kind == "pitchfork" and b:
        gained = float(d * problem.flow_sign < 0)
        return form | {"curvature": -d / (3 * b), "supercritical": gained}
    return form | ({"slope": -2 * b / a} if kind == "transcritical" and a else {})


def _without_rounding(psi: Array, value: Array) -> float:
    """ψᵀ value, exactly zero where only rounding is left of its terms."""
    total = float(psi @ value)
    return total if abs(total) > CANCELLED * float(np.abs(psi) @ np.abs(value)) else 0.0


def quadratic_and_cubic(
    problem: AnyProblem, z: Array, phi: Array, psi: Array
) -> tuple[float, float]:
    """Coefficients a and d of the reduced equation along φ."""
    e = np.append(phi, 0.0)
    f2 = problem.second(z, e, e)
    a = _without_rounding(psi, f2)
    y = off_kernel(problem, z, phi, psi, f2)
    d = problem.third(z, e, e, e) + 3 * problem.second(z, e, np.append(y, 0.0))
    return a, _without_rounding(psi, d)


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
