"""Special points of an eigenvalue zero: folds, branch points, touches, kernels of any dimension."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy import linalg, sparse
from scipy.sparse.linalg import eigs

from continuation import normal_forms
from continuation.across import Crossing, crossing
from continuation.arrays import Array
from continuation.augmented import (
    branch_point_system,
    fold_system,
    rank_defect,
    singular_function,
)
from continuation.bordered_sparse import ALL
from continuation.branch import SpecialPoint
from continuation.linalg import KERNEL_TOLERANCE
from continuation.locate import Path
from continuation.polish import SOLVED, polished
from continuation.problem import AnyProblem
from continuation.scaling import InUnits

__all__ = ["in_fitting_units", "steady"]

CLEARLY_FOLD = 1e-3
"""|ψᵀF_p| above this part of |F_p| is a fold without further question."""

UNFOLDING = 1e-11
"""In units that fit, F is below this at a true branch point: it vanishes, no unfolding of it."""

NO_SLOPE = 1e-11
"""In units that fit, dF/dp is rounding below this part of what adds up to zero in F: where it
vanishes all along a branch, no part of that tells of a fold."""

IN_RANGE = 1e-6
"""Without a verdict of Newton: rank of [J, Fp] from |ψᵀF_p| at a place known to 1e-10."""


def steady(
    path: Path, point: SpecialPoint, row: int, zeros: tuple[int, int], crosses: bool
) -> SpecialPoint:
    """The point at which eigenvalues vanish, named and made exact.

    Parameters
    ----------
    path : Path
    point : SpecialPoint
        As a root of test functions, after sample `row` of the path.
    row : int
    zeros : (int, int)
        Eigenvalues that seem to vanish, by the events, and at most, by their values.
    crosses : bool
        One of them is known to pass zero; else it may turn back there.
    """
    problem, near = in_fitting_units(path, point)
    z = problem.units.inside(point.point)
    k = _kernel_dimension(problem, z, *zeros) if point.located else min(zeros)
    phi, psi = null_vectors(problem, z, k)
    ratio = _outside_range(problem, psi, z, near)
    if k > 1:
        return _with_kernel(problem, _multiple(path, point, problem, (phi, psi), ratio))
    beside = None if crosses or not point.located else _singular_beside(path, point, row, problem)
    if beside is not None and not beside.passes:
        return _named(problem, beside.touched(problem, point), ratio)
    found = _simple(path, point, problem, (phi, psi), ratio, crosses or beside is not None)
    if found.kind == "cusp":  # a double solution of the system of folds
        beside = _singular_beside(path, found, row, problem)
        exact = found if beside is None else beside.touched(problem, found)
        return _turning(_named(problem, exact, ratio) if exact.located else found)
    return found


def _turning(point: SpecialPoint) -> SpecialPoint:
    """A fold, however flat, where the branch comes and goes on the same side of it."""
    before, after = point.bracket[:, -1] - point.p
    return replace(point, kind="fold") if point.kind == "cusp" and before * after > 0 else point


def _named(problem: InUnits, point: SpecialPoint, ratio: float) -> SpecialPoint:
    """A point at which an eigenvalue touches zero."""
    family = "fold" if ratio > CLEARLY_FOLD else "branch point"
    return _with_normal_form(problem, point, family, False)


def _simple(
    path: Path, point: SpecialPoint, problem: InUnits, vectors: tuple[Array, Array], ratio: float,
    crosses: bool,
) -> SpecialPoint:  # fmt: skip
    """One eigenvalue passes zero."""
    if ratio <= CLEARLY_FOLD or not point.located:
        exact = _polished_branch_point(path, point, problem, vectors)
        if exact is not None:
            return _with_normal_form(problem, exact, "branch point", crosses)
    exact = _polished_fold(path, point, problem, vectors)
    if exact is not None:
        return _with_normal_form(problem, exact, "fold", crosses)
    status = "root of a test function on the branch; Newton on the defining system fails"
    point = replace(point, located=False, status=status)
    family = "fold" if ratio > IN_RANGE else "branch point"
    return _with_normal_form(problem, point, family, crosses)


@dataclass(frozen=True, eq=False)
class _SingularBeside:
    """The singular function g of `augmented`, and its values (8,) beside a point of a branch."""

    beside: Crossing
    g: Callable[[Array], float]
    values: Array

    @property
    def passes(self) -> bool:
        """Whether g changes sign."""
        return bool(self.values[0] * self.values[-1] < 0)

    def touched(self, problem: InUnits, point: SpecialPoint) -> SpecialPoint:
        """The place where g touches zero, or the point as not located.

        There F = 0 and g = 0 have a double solution; on the branch dg/ds = 0 has a simple one.
        """
        s = self.beside.least(self.values)
        z = point.point if s is None else self.beside.at(s)
        y = problem.units.inside(z)
        f = np.abs(problem.residual(y[:-1], float(y[-1]))).max()
        residual = max(float(f), abs(self.g(y)))
        if s is None or not residual <= SOLVED:
            status = "an eigenvalue comes near zero and turns back: none is zero here"
            return replace(point, located=False, status=status)
        status = "zero of dg/ds along the branch, at which F and g vanish"
        return replace(point, x=z[:-1], p=float(z[-1]), residual=residual, status=status)


def _singular_beside(
    path: Path, point: SpecialPoint, row: int, problem: InUnits
) -> _SingularBeside | None:
    beside = crossing(path, point.point, row)
    if beside is None:
        return None
    phi, psi = null_vectors(problem, problem.units.inside(point.point), 1)
    g = singular_function(problem, psi[:, 0], phi[:, 0])
    return _SingularBeside(beside, g, beside.values(lambda y: g(problem.units.inside(y))))


def in_fitting_units(
    path: Path, point: SpecialPoint, value: complex = 0.0
) -> tuple[InUnits, list[Array]]:
    """The problem in units that fit the point and its bracket, and the ends of that in them.

    They fit dF/dx less an eigenvalue too, where one is given.
    """
    problem, run = path.workspace.problem, path.workspace.units
    around = [point.point, *point.bracket]
    matrices = [problem.full_jacobian(z) for z in around]
    if value:
        matrices.append(_beside_nothing(abs(value) * problem.mass_like(matrices[0])))
    units = run.rebalanced(matrices, problem.symmetric)
    return InUnits(problem, units), [units.inside(z) for z in around]


def _beside_nothing(matrix: Any) -> Any:
    """A matrix (n, n) with a column of zeros, (n, n + 1)."""
    if sparse.issparse(matrix):
        return sparse.hstack([matrix, sparse.csc_matrix((matrix.shape[0], 1))], format="csc")
    return np.pad(matrix, ((0, 0), (0, 1)))


def _outside_range(problem: InUnits, psi: Array, z: Array, near: list[Array]) -> float:
    """|ψᵀF_p| as a part of |F_p| at the bracket's ends: F_p itself may vanish here."""
    here = problem.dresidual_dp(z[:-1], float(z[-1]))
    others = [problem.dresidual_dp(e[:-1], float(e[-1])) for e in near]
    size = max(float(np.linalg.norm(f)) for f in others)
    terms: Any = abs(problem.full_jacobian(z)) @ np.abs(z)
    rounding = NO_SLOPE * (1.0 + float(np.max(terms)))
    return float(np.abs(psi.T @ here).max()) / size if size > rounding else 0.0


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
    defect = np.abs(rank_defect(problem, z, psi, basis)).max()
    return bool(unfolded <= UNFOLDING and defect <= IN_RANGE)


def _kernel_dimension(problem: InUnits, z: Array, expected: int, most: int) -> int:
    """Of dF/dx at a root; as many as rates that vanish there where the Jacobian is sparse."""
    j = problem.jacobian(z[:-1], float(z[-1]))
    if sparse.issparse(j):
        return min(expected, most)
    # the largest entries nearby are about 1 in these units, though all may vanish here
    return max(1, min(most, int((linalg.svdvals(j) <= KERNEL_TOLERANCE).sum())))


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
