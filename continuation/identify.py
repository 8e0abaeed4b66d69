"""What a located event is: its place made exact by Newton, its kernel, its kind."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy import linalg, sparse
from scipy.sparse.linalg import eigs

from continuation import normal_forms
from continuation.augmented import branch_point_system, fold_system, rank_defect
from continuation.bordered_sparse import ALL
from continuation.branch import SpecialPoint
from continuation.corrector import CONVERGED
from continuation.kinds import KINDS
from continuation.linalg import KERNEL_TOLERANCE, is_regular
from continuation.locate import Local, Path
from continuation.pairs import double_hopf, flip, oscillatory, with_pair
from continuation.polish import polished
from continuation.problem import AnyProblem
from continuation.scaling import InUnits

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
#: A critical eigenvalue with an imaginary part above this part of the scale is a pair.
PAIR = 1e-6
#: Eigenvalues within this part of the scale of the critical one reach the axis with it.
TOGETHER = 1e-7


@dataclass(frozen=True)
class Event:
    """A root of one test function, which has this value there."""

    kind: str
    local: Local
    bracket: tuple[float, float]
    name: str = ""
    value: float = 0.0


def identify(path: Path, events: list[Event], offset: int) -> SpecialPoint:
    """The special point at a place where the given events happen together."""
    event = events[0]
    blank = _blank(path, events, offset)
    if event.kind == "target":
        return _at_target(path, blank, float(event.name))
    if event.kind in ("user", "turn"):
        return replace(blank, kind="fold" if event.kind == "turn" else "user")
    try:
        point = _singular(path, blank, events)
    except linalg.LinAlgError as error:
        return replace(blank, kind="branch point", located=False, status=str(error))
    crossing = KINDS[point.kind].branching and point.located
    return replace(point, tangent=path.tangent_at(point.point, point.index - offset, crossing))


def _blank(path: Path, events: list[Event], offset: int) -> SpecialPoint:
    """The root as it is, before anything is known of it."""
    local, n, problem = events[0].local, path.workspace.n, path.workspace.problem
    ends = min(e.bracket[0] for e in events), max(e.bracket[1] for e in events)
    left = float(np.abs(problem.residual(local.z[:-1], float(local.z[-1]))).max())
    return SpecialPoint(
        kind=events[0].kind, x=local.z[:-1], p=float(local.z[-1]), tangent=local.tangent,
        kernel=np.zeros((n, 0)), left_kernel=np.zeros((n, 0)), coefficients={},
        located=all(e.local.corrected for e in events), status="root on the branch",
        bracket=np.array([path.at(end).z for end in ends]), name=events[0].name,
        index=offset + int(min(local.u, len(path.samples) - 1.5)),
        residual=max(left, *(abs(e.value) for e in events)),
        meaning=problem.meaning,
    )  # fmt: skip


def _at_target(path: Path, point: SpecialPoint, p: float) -> SpecialPoint:
    z = np.append(point.x, p)
    located = path.workspace.correct_at_parameter(z, 1.0) == CONVERGED
    status = "Newton at the target" if located else "Newton failed at the target: near a fold"
    x = z[:-1] if located else point.x
    left = float(np.abs(path.workspace.problem.residual(x, p)).max())
    return replace(point, x=x, p=p, located=located, status=status, name="", residual=left)


def _singular(path: Path, point: SpecialPoint, events: list[Event]) -> SpecialPoint:
    problem = path.workspace.problem
    local = events[0].local
    scale = float(np.abs([path.at(e).eigenvalues for e in events[0].bracket]).max())
    crosses = any(e.kind != "dip" for e in events)
    critical = _critical(problem, local, path.always_zero, scale)
    if problem.is_map and abs(critical[0] + 2) < PAIR:
        return flip(path, point)
    if problem.is_map and abs(critical[0]) > 0.1:
        return oscillatory(path, point, critical[0])
    slowest = 0.0 if _has_no_kernel(path, point) else PAIR * scale
    pairs = [value for value in critical if value.imag > slowest]
    zeros = [value for value in critical if abs(value.imag) <= slowest]
    if not zeros:
        return (double_hopf if len(pairs) > 1 else _single)(path, point, pairs)
    if point.located and abs(zeros[0]) > UNRESOLVED * scale:
        status = "the eigenvalue does not vanish at the root: take smaller steps"
        return replace(point, kind="branch point", located=False, status=status)
    multiplicity = max(1, sum(e.kind in ("rate", "dip") for e in events) - 2 * len(pairs))
    steady = _steady(path, point, multiplicity + path.always_zero, crosses)
    return with_pair(path, steady, pairs[0]) if pairs else steady


def _single(path: Path, point: SpecialPoint, pairs: list[complex]) -> SpecialPoint:
    return oscillatory(path, point, pairs[0])


def _critical(problem: AnyProblem, local: Local, skipped: int, scale: float) -> list[complex]:
    """Eigenvalues that are on the axis (unit circle) together, but for those always zero."""
    values = local.eigenvalues.astype(complex)
    rate = np.abs(np.abs(1 + values) - 1 if problem.is_map else values.real)
    order = np.argsort(rate, kind="stable")[skipped:]
    limit = max(TOGETHER * scale if local.corrected else 0.0, float(rate[order[0]]))
    return [complex(values[i]) for i in order if rate[i] <= limit]


def _has_no_kernel(path: Path, point: SpecialPoint) -> bool:
    """Whether dF/dx is regular in units that fit: then a critical pair is one, however slow."""
    problem = _in_units(path, point)[0]
    z = problem.units.inside(point.point)
    return is_regular(problem.jacobian(z[:-1], float(z[-1])), PAIR, scale=1.0)


# -- eigenvalue zero -------------------------------------------------------------------------


def _steady(path: Path, point: SpecialPoint, k: int, crosses: bool) -> SpecialPoint:
    problem, near = _in_units(path, point)
    z = problem.units.inside(point.point)
    k = _kernel_dimension(problem, z, k) if point.located else min(k, path.workspace.n)
    phi, psi = null_vectors(problem, z, k)
    ratio = _outside_range(problem, psi, z, near)
    if k > 1:
        return _with_kernel(problem, _multiple(path, point, problem, (phi, psi), ratio))
    if ratio <= CLEARLY_FOLD or not point.located:
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
    problem, run = path.workspace.problem, path.workspace.units
    around = [point.point, *point.bracket]
    matrices = [problem.full_jacobian(z) for z in around]
    units = run.rebalanced(matrices, problem.symmetric)
    return InUnits(problem, units), [units.inside(z) for z in around]


def _outside_range(problem: InUnits, psi: Array, z: Array, near: list[Array]) -> float:
    """|ψᵀF_p| as a part of |F_p|, here or at the bracket's ends: F_p itself may vanish here."""
    here = problem.dresidual_dp(z[:-1], float(z[-1]))
    others = [problem.dresidual_dp(e[:-1], float(e[-1])) for e in near]
    size = max(float(np.linalg.norm(f)) for f in others)
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
    return polished(path, point, system, start, "Newton on the fold system", problem.units)


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
    exact = polished(path, point, system, start, status, problem.units)
    return exact if exact is not None and _is_solved(exact, problem, psi, basis) else None


def _is_solved(point: SpecialPoint, problem: InUnits, psi: Array, basis: Array) -> bool:
    """Whether F itself vanishes, not only its unfolding, and the rank is as low as supposed."""
    z = problem.units.inside(point.point)
    unfolded = np.abs(problem.residual(z[:-1], float(z[-1]))).max()
    defect = np.abs(rank_defect(problem, z, psi, basis)[0]).max()
    return bool(unfolded <= UNFOLDING and defect <= IN_RANGE)


def _kernel_dimension(problem: InUnits, z: Array, expected: int) -> int:
    """Of dF/dx at a root; as many as rates that vanish there where the Jacobian is sparse."""
    j = problem.jacobian(z[:-1], float(z[-1]))
    if sparse.issparse(j):
        return expected
    # the largest entries nearby are about 1 in these units, though all may vanish here
    return max(1, int((linalg.svdvals(j) <= KERNEL_TOLERANCE).sum()))


def null_vectors(problem: AnyProblem, z: Array, k: int) -> tuple[Array, Array]:
    """Right and left singular vectors of the k smallest singular values of dF/dx, (n, k) each."""
    j = problem.jacobian(z[:-1], float(z[-1]))
    if sparse.issparse(j) and j.shape[0] > ALL:
        return _sparse_null_vectors(j, k, problem.symmetric)
    if sparse.issparse(j):
        j = j.toarray()
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
