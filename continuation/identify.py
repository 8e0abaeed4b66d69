"""What a located event is: its place made exact by Newton, its kernel, its kind."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy import linalg, sparse
from scipy.sparse.linalg import eigs

from continuation import normal_forms, oscillation
from continuation.augmented import branch_point_system, fold_system, hopf_system, rank_defect
from continuation.branch import SpecialPoint
from continuation.corrector import CONVERGED
from continuation.locate import Local, Path
from continuation.newton import newton
from continuation.options import NewtonOptions
from continuation.problem import AnyProblem, Problem
from continuation.scaling import InUnits, Units

__all__ = ["Event", "identify"]

Array = np.ndarray

#: |ψᵀF_p| above this part of |F_p| is a fold without further question.
CLEARLY_FOLD = 1e-3
#: In units that fit, F is below this at a true branch point: it vanishes, not an unfolding of it.
UNFOLDING = 1e-9
#: In units that fit, dF/dp is rounding below this.
NO_SLOPE = 1e-12
#: Without a verdict of Newton: rank of [J, Fp] from |ψᵀF_p| at a place known to 1e-10.
IN_RANGE = 1e-6
#: A root of the tests at which the eigenvalue is above this part of the scale is none.
UNRESOLVED = 1e-2
#: Newton may move an event by this part of its bracket.
MAX_SHIFT = 0.5
#: A critical eigenvalue with an imaginary part above this part of the scale is a pair.
PAIR = 1e-6
POLISH = NewtonOptions(step_tolerance=1e-12, max_iterations=12)


@dataclass(frozen=True)
class Event:
    """A root of one test function."""

    kind: str
    local: Local
    bracket: tuple[float, float]
    located: bool
    name: str = ""


def identify(path: Path, events: list[Event], offset: int) -> SpecialPoint:
    """The special point at a place where the given events happen together."""
    event = events[0]
    low = min(e.bracket[0] for e in events)
    high = max(e.bracket[1] for e in events)
    n = path.workspace.n
    blank = SpecialPoint(
        kind=event.kind, x=event.local.z[:-1], p=float(event.local.z[-1]),
        tangent=event.local.tangent, kernel=np.zeros((n, 0)), left_kernel=np.zeros((n, 0)),
        coefficients={}, located=all(e.located for e in events), status="root on the branch",
        bracket=np.array([path.at(low).z, path.at(high).z]),
        index=offset + int(min(event.local.u, len(path.samples) - 1.5)), name=event.name,
        meaning=path.workspace.problem.meaning,
    )  # fmt: skip
    if event.kind == "target":
        return _at_target(path, blank, float(event.name))
    if event.kind in ("user", "turn"):
        return replace(blank, kind="fold" if event.kind == "turn" else "user")
    if not blank.located:
        status = "a sign changes without a zero in between: take smaller steps"
        return replace(blank, kind="branch point", status=status)
    try:
        return _singular(path, blank, events)
    except linalg.LinAlgError as error:
        return replace(blank, kind="branch point", located=False, status=str(error))


def _at_target(path: Path, point: SpecialPoint, p: float) -> SpecialPoint:
    z = np.append(point.x, p)
    located = path.workspace.correct_at_parameter(z, 1.0) == CONVERGED
    status = "Newton at the target" if located else "Newton failed at the target: near a fold"
    return replace(
        point, x=z[:-1] if located else point.x, p=p, located=located, status=status, name=""
    )


def _singular(path: Path, point: SpecialPoint, events: list[Event]) -> SpecialPoint:
    problem = path.workspace.problem
    local = events[0].local
    scale = float(np.abs([path.at(e).eigenvalues for e in events[0].bracket]).max())
    multiplicity = max(1, sum(e.kind in ("rate", "dip") for e in events))
    crosses = any(e.kind != "dip" for e in events)
    value = _critical(problem, local, path.always_zero)
    if problem.is_map and abs(value + 2) < PAIR:
        return _flip(path, point)
    if abs(value.imag) > PAIR * scale or (problem.is_map and abs(value) > 0.1):
        return _oscillatory(path, point, value)
    if abs(value) > UNRESOLVED * scale:
        status = "the eigenvalue does not vanish at the root: take smaller steps"
        return replace(point, kind="branch point", located=False, status=status)
    k = multiplicity + path.always_zero
    return _steady(path, point, min(k, path.workspace.n), crosses)


def _critical(problem: AnyProblem, local: Local, skipped: int) -> complex:
    """The eigenvalue nearest to the imaginary axis (unit circle), but for those always zero."""
    values = local.eigenvalues.astype(complex)
    rate = np.abs(1 + values) - 1 if problem.is_map else values.real
    return complex(values[np.argsort(np.abs(rate), kind="stable")[skipped]])


# -- eigenvalue zero -------------------------------------------------------------------------


def _steady(path: Path, point: SpecialPoint, k: int, crosses: bool) -> SpecialPoint:
    problem, near = _in_units(path, point)
    z = problem.units.inside(point.point)
    phi, psi = null_vectors(problem, z, k)
    ratio = _outside_range(problem, psi, z, near)
    if k > 1:
        return _with_kernel(problem, _multiple(path, point, problem, (phi, psi), ratio))
    if ratio <= CLEARLY_FOLD:
        exact = _polished_branch_point(path, point, problem, (phi, psi))
        if exact is not None:
            return _with_normal_form(problem, exact, "branch point", crosses)
    exact = _polished_fold(path, point, problem, (phi, psi))
    if exact is not None:
        return _with_normal_form(problem, exact, "fold", crosses)
    status = "root of a test function on the branch; Newton on the defining system fails"
    point = replace(point, located=False, status=status)
    family = "fold" if ratio > IN_RANGE else "branch point"
    return _with_normal_form(problem, point, family, crosses)


def _in_units(path: Path, point: SpecialPoint) -> tuple[InUnits, list[Array]]:
    """The problem in units that fit the point and its bracket, and the ends of that in them."""
    problem, parameter = path.workspace.problem, path.workspace.parameter_unit
    around = [point.point, *point.bracket]
    matrices = [problem.full_jacobian(z) for z in around]
    units = Units.balancing(matrices, parameter, problem.symmetric)
    return InUnits(problem, units), [units.inside(z) for z in around]


def _outside_range(problem: InUnits, psi: Array, z: Array, near: list[Array]) -> float:
    """|ψᵀF_p| as a part of its terms, here or at the bracket's ends: F_p itself may vanish here."""
    here = problem.dresidual_dp(z[:-1], float(z[-1]))
    others = [problem.dresidual_dp(e[:-1], float(e[-1])) for e in near]
    size = max(float((np.abs(psi).T @ np.abs(f)).max()) for f in others)
    return float(np.abs(psi.T @ here).max()) / size if size > NO_SLOPE else 0.0


def _multiple(
    path: Path, point: SpecialPoint, problem: InUnits, vectors: tuple[Array, Array], ratio: float
) -> SpecialPoint:
    """A kernel of dimension k > 1."""
    k = vectors[0].shape[1]
    status = f"kernel of dimension {k}: root of the growth rate on the branch"
    point = _with_vectors(problem, point, *vectors)
    if ratio > CLEARLY_FOLD and k == 1 + path.always_zero:
        return replace(point, kind="fold", status=status)
    point = replace(point, kind="branch point", coefficients={})
    exact = _polished_branch_point(path, point, problem, vectors)
    if exact is None:
        return replace(point, status=status, located=ratio <= IN_RANGE)
    return replace(exact, status=f"kernel of dimension {k}: {exact.status}", coefficients={})


def _with_kernel(problem: InUnits, point: SpecialPoint) -> SpecialPoint:
    z = problem.units.inside(point.point)
    return _with_vectors(problem, point, *null_vectors(problem, z, point.kernel.shape[1]))


def _with_vectors(problem: InUnits, point: SpecialPoint, phi: Array, psi: Array) -> SpecialPoint:
    """Orthonormal null vectors in the original units."""
    units = problem.units
    right = linalg.qr(units.columns[:-1, None] * phi, mode="economic")[0]
    left = linalg.qr(units.rows[:, None] * psi, mode="economic")[0]
    return replace(point, kernel=right, left_kernel=left)


def _with_normal_form(
    problem: InUnits, point: SpecialPoint, family: str, crosses: bool
) -> SpecialPoint:
    z = problem.units.inside(point.point)
    phi, psi = null_vectors(problem, z, 1)
    point = _with_vectors(problem, point, phi, psi)
    here = (problem.problem, point.point, point.kernel[:, 0], point.left_kernel[:, 0])
    if family == "fold":
        inside = normal_forms.at_fold(problem, z, phi[:, 0], psi[:, 0])
        kind, form = normal_forms.name_of_fold(inside), normal_forms.at_fold(*here)
    else:
        inside = normal_forms.at_branch_point(problem, z, phi[:, 0], psi[:, 0])
        kind = normal_forms.name_of_branch_point(inside, crosses)
        form = normal_forms.at_branch_point(*here)
    return replace(point, kind=kind, coefficients=normal_forms.report(kind, form, problem))


def _polished_fold(
    path: Path, point: SpecialPoint, problem: InUnits, vectors: tuple[Array, Array]
) -> SpecialPoint | None:
    phi, psi = vectors
    system = fold_system(problem, psi[:, 0], phi[:, 0])
    start = problem.units.inside(point.point)
    return _polished(path, point, system, start, "Newton on the fold system", problem.units)


def _polished_branch_point(
    path: Path, point: SpecialPoint, problem: InUnits, vectors: tuple[Array, Array]
) -> SpecialPoint | None:
    phi, psi = vectors
    z = problem.units.inside(point.point)
    along = normal_forms.known_direction(problem, z, phi, psi)
    flat = np.vstack([phi, np.zeros(phi.shape[1])])
    basis = linalg.qr(np.column_stack([flat, along]), mode="economic")[0]
    start = np.append(z, np.zeros(phi.shape[1]))
    system = branch_point_system(problem, psi, basis, start)
    status = "Newton on the branch point system"
    exact = _polished(path, point, system, start, status, problem.units)
    return exact if exact is not None and _is_solved(exact, problem, psi, basis) else None


def _is_solved(point: SpecialPoint, problem: InUnits, psi: Array, basis: Array) -> bool:
    """Whether F itself vanishes, not only its unfolding, and the rank is as low as supposed."""
    z = problem.units.inside(point.point)
    unfolded = np.abs(problem.residual(z[:-1], float(z[-1]))).max()
    defect = np.abs(rank_defect(problem, z, psi, basis)[0]).max()
    return bool(unfolded <= UNFOLDING and defect <= IN_RANGE)


def _polished(
    path: Path, point: SpecialPoint, system: Problem, start: Array, status: str, units: Units
) -> SpecialPoint | None:
    """The solution of an augmented system near `start`, or None where it is none of this event."""
    try:
        result = newton(system, start, 0.0, POLISH)
    except (linalg.LinAlgError, RuntimeError):
        return None
    w, n = path.workspace, point.x.size
    z = units.outside(result.x[: n + 1])
    extent = w.norm(point.bracket[1] - point.bracket[0])
    if not result.converged or w.norm(z - units.outside(start[: n + 1])) > MAX_SHIFT * extent:
        return None
    extra = {"unknown": float(result.x[-1])} if result.x.size > n + 1 else {}
    return replace(point, x=z[:-1], p=float(z[-1]), coefficients=extra, status=status)


def null_vectors(problem: AnyProblem, z: Array, k: int) -> tuple[Array, Array]:
    """Right and left singular vectors of the k smallest singular values of dF/dx, (n, k) each."""
    j = problem.jacobian(z[:-1], float(z[-1]))
    if sparse.issparse(j):
        return _sparse_null_vectors(j, k, problem.symmetric)
    if problem.symmetric:
        values, vectors = linalg.eigh(j)
        phi = vectors[:, np.argsort(np.abs(values))[:k]]
        return phi, phi
    u, _, vt = linalg.svd(j)
    return vt[-k:].T, u[:, -k:]


def _sparse_null_vectors(j: Any, k: int, symmetric: bool) -> tuple[Array, Array]:
    shift = 1e-10 * abs(j).max()
    start = np.cos(np.arange(j.shape[0]))
    phi = eigs(j, k, sigma=shift, v0=start)[1].real
    psi = phi if symmetric else eigs(j.T.tocsc(), k, sigma=shift, v0=start)[1].real
    return linalg.qr(phi, mode="economic")[0], linalg.qr(psi, mode="economic")[0]


# -- flips and pairs -------------------------------------------------------------------------


def _flip(path: Path, point: SpecialPoint) -> SpecialPoint:
    problem = path.workspace.problem
    phi, psi = _flip_vectors(problem, point)
    system, plain = fold_system(problem, psi, phi, 2.0), Units.plain(point.x.size)
    exact = _polished(path, point, system, point.point, "Newton on the flip system", plain)
    point = replace(exact or point, kind="flip")
    phi, psi = _flip_vectors(problem, point)
    return replace(
        point, kernel=phi[:, None], left_kernel=psi[:, None],
        coefficients=oscillation.flip(problem, point.point, phi, psi),
    )  # fmt: skip


def _flip_vectors(problem: AnyProblem, point: SpecialPoint) -> tuple[Array, Array]:
    j = np.asarray(problem.jacobian(point.x, point.p))
    q, p = _eigenvectors(j, -2.0, np.eye(len(j)))
    return normal_forms.normalised(q, p)


def _oscillatory(path: Path, point: SpecialPoint, value: complex) -> SpecialPoint:
    problem = path.workspace.problem
    j = np.asarray(problem.jacobian(point.x, point.p))
    mass = problem.mass_matrix(point.x.size)
    q, p = _eigenvectors(j, value, mass)
    shift, omega = (-1.0, np.angle(1 + value)) if problem.is_map else (0.0, value.imag)
    start = np.append(point.point, abs(omega))
    if omega < 0:
        q, p = q.conj(), p.conj()
    system = hopf_system(problem, p, q, shift)
    kind = "neimark-sacker" if problem.is_map else "hopf"
    status, plain = f"Newton on the {kind} system", Units.plain(point.x.size)
    exact = _polished(path, point, system, start, status, plain) or point
    omega = float(exact.coefficients.get("unknown", abs(omega)))
    eigenvalue = np.exp(1j * omega) - 1 if problem.is_map else 1j * omega
    q, p = _eigenvectors(np.asarray(problem.jacobian(exact.x, exact.p)), eigenvalue, mass)
    form = oscillation.neimark_sacker if problem.is_map else oscillation.hopf
    return replace(
        exact, kind=kind, kernel=np.column_stack([q.real, q.imag]),
        left_kernel=np.column_stack([p.real, p.imag]),
        coefficients=form(problem, exact.point, q, p, omega),
    )  # fmt: skip


def _eigenvectors(j: Array, value: complex | float, mass: Array) -> tuple[Array, Array]:
    """Right and left eigenvector, as the smallest singular vectors of J - λM."""
    u, _, vh = linalg.svd(j - value * mass)
    return vh[-1].conj(), u[:, -1]
