"""Special points of eigenvalues off zero: flips of maps, and pairs on the axis or the circle."""

from dataclasses import replace

import numpy as np

from continuation import normal_forms, oscillation
from continuation.augmented import fold_system, hopf_system
from continuation.branch import SpecialPoint
from continuation.linalg import eigenvectors
from continuation.locate import Path
from continuation.polish import polished
from continuation.problem import AnyProblem
from continuation.scaling import Units

__all__ = ["double_hopf", "flip", "oscillatory", "with_pair"]

Array = np.ndarray

#: Two events at one place agree to this part of their bracket.
ONE_PLACE = 1e-5


def flip(path: Path, point: SpecialPoint) -> SpecialPoint:
    """A multiplier -1 of a map."""
    problem = path.workspace.problem
    phi, psi = _flip_vectors(problem, point)
    system, plain = fold_system(problem, psi, phi, 2.0), Units.plain(point.x.size)
    exact = polished(path, point, system, point.point, "Newton on the flip system", plain)
    point = replace(exact or replace(point, located=False), kind="flip")
    phi, psi = _flip_vectors(problem, point)
    return replace(
        point, kernel=phi[:, None], left_kernel=psi[:, None],
        coefficients=oscillation.flip(problem, point.point, phi, psi),
    )  # fmt: skip


def _flip_vectors(problem: AnyProblem, point: SpecialPoint) -> tuple[Array, Array]:
    one = np.eye(point.x.size)
    q, p = eigenvectors(problem.jacobian(point.x, point.p), -2.0, one)
    return normal_forms.normalised(q, p)


def oscillatory(path: Path, point: SpecialPoint, value: complex) -> SpecialPoint:
    """A Hopf or Neimark-Sacker point, from an eigenvalue near the axis or the circle."""
    problem = path.workspace.problem
    exact, omega = _with_frequency(path, point, value)
    mass = problem.mass_matrix(point.x.size)
    eigenvalue = np.exp(1j * omega) - 1 if problem.is_map else 1j * omega
    q, p = eigenvectors(problem.jacobian(exact.x, exact.p), eigenvalue, mass)
    form = oscillation.neimark_sacker if problem.is_map else oscillation.hopf
    return replace(
        exact, kind="neimark-sacker" if problem.is_map else "hopf",
        kernel=np.column_stack([q.real, q.imag]), left_kernel=np.column_stack([p.real, p.imag]),
        coefficients=form(problem, exact.point, q, p, omega),
    )  # fmt: skip


def _with_frequency(path: Path, point: SpecialPoint, value: complex) -> tuple[SpecialPoint, float]:
    """The point on the system of a pair, unlocated where Newton fails, and its frequency."""
    problem = path.workspace.problem
    mass = problem.mass_matrix(point.x.size)
    q, p = eigenvectors(problem.jacobian(point.x, point.p), value, mass)
    shift, omega = (-1.0, np.angle(1 + value)) if problem.is_map else (0.0, value.imag)
    if omega < 0:
        q, p = q.conj(), p.conj()
    system, plain = hopf_system(problem, p, q, shift), Units.plain(point.x.size)
    start = np.append(point.point, abs(omega))
    exact = polished(path, point, system, start, "Newton on the system of a pair", plain)
    if exact is None:
        status = "root of a growth rate on the branch; Newton on the system of a pair fails"
        return replace(point, located=False, status=status), float(abs(omega))
    return exact, exact.coefficients["unknown"]


def with_pair(path: Path, steady: SpecialPoint, value: complex) -> SpecialPoint:
    """A steady point at which a pair crosses the axis too: named "zero-hopf" if at one place."""
    exact, omega = _with_frequency(path, steady, value)
    return _together(path, steady, exact, "zero-hopf", steady.coefficients | {"frequency": omega})


def double_hopf(path: Path, point: SpecialPoint, values: list[complex]) -> SpecialPoint:
    """Two pairs that cross the axis at one place."""
    first = oscillatory(path, point, values[0])
    second = oscillatory(path, point, values[1])
    point = _together(
        path, first, second, "double hopf",
        {
            "frequency": first.coefficients["frequency"],
            "second_frequency": second.coefficients["frequency"],
        },
    )  # fmt: skip
    return replace(
        point, kernel=np.hstack([first.kernel, second.kernel]),
        left_kernel=np.hstack([first.left_kernel, second.left_kernel]),
    )  # fmt: skip


def _together(
    path: Path, one: SpecialPoint, other: SpecialPoint, kind: str, form: dict[str, float]
) -> SpecialPoint:
    w = path.workspace
    apart = w.norm(one.point - other.point) / w.norm(one.bracket[1] - one.bracket[0])
    return replace(
        one, kind=kind, coefficients=form, residual=max(one.residual, other.residual),
        located=one.located and other.located and apart <= ONE_PLACE,
        status=f"{one.status}; {other.status}",
    )  # fmt: skip
