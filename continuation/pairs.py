"""Special points of eigenvalues off zero: flips of maps, and pairs on the axis or the circle."""

from dataclasses import replace

import numpy as np

from continuation import normal_forms, oscillation
from continuation.augmented import fold_system, hopf_system
from continuation.branch import SpecialPoint
from continuation.linalg import eigenvectors
from continuation.locate import Path
from continuation.polish import polished
from continuation.scaling import InUnits
from continuation.steady import in_fitting_units

__all__ = ["double_hopf", "flip", "oscillatory", "with_pair"]

Array = np.ndarray

#: Two events at one place agree to this part of their bracket.
ONE_PLACE = 1e-5


def flip(path: Path, point: SpecialPoint) -> SpecialPoint:
    """A multiplier -1 of a map."""
    problem = in_fitting_units(path, point, -2.0)[0]
    phi, psi = _critical_vectors(problem, point, -2.0)
    system, start = fold_system(problem, psi, phi, 2.0), problem.units.inside(point.point)
    exact = polished(path, point, system, start, "Newton on the flip system", problem.units)
    point = replace(exact or replace(point, located=False), kind="flip")
    phi, psi = normal_forms.normalised(*_outside(problem, *_critical_vectors(problem, point, -2.0)))
    return replace(
        point, kernel=phi[:, None], left_kernel=psi[:, None],
        coefficients=oscillation.flip(path.workspace.problem, point.point, phi, psi),
    )  # fmt: skip


def _critical_vectors(problem: InUnits, point: SpecialPoint, value: complex) -> tuple[Array, Array]:
    """Right and left eigenvector (n,) for a known eigenvalue, in the units of the problem."""
    z = problem.units.inside(point.point)
    j = problem.jacobian(z[:-1], float(z[-1]))
    return eigenvectors(j, value, problem.mass_like(j))


def _outside(problem: InUnits, right: Array, left: Array) -> tuple[Array, Array]:
    """Right and left vectors (n,) of length 1 in the original units."""
    u, v = problem.units.columns[:-1] * right, problem.units.rows * left
    return u / np.linalg.norm(u), v / np.linalg.norm(v)


def oscillatory(path: Path, point: SpecialPoint, value: complex) -> SpecialPoint:
    """A Hopf or Neimark-Sacker point, from an eigenvalue near the axis or the circle."""
    problem = in_fitting_units(path, point, value)[0]
    exact, omega = _with_frequency(path, point, value)
    eigenvalue = np.exp(1j * omega) - 1 if problem.is_map else 1j * omega
    q, p = _outside(problem, *_critical_vectors(problem, exact, eigenvalue))
    form = oscillation.neimark_sacker if problem.is_map else oscillation.hopf
    return replace(
        exact, kind="neimark-sacker" if problem.is_map else "hopf",
        kernel=np.column_stack([q.real, q.imag]), left_kernel=np.column_stack([p.real, p.imag]),
        coefficients=form(path.workspace.problem, exact.point, q, p, omega),
    )  # fmt: skip


def _with_frequency(path: Path, point: SpecialPoint, value: complex) -> tuple[SpecialPoint, float]:
    """The point on the system of a pair, unlocated where Newton fails, and its frequency."""
    problem = in_fitting_units(path, point, value)[0]
    q, p = _critical_vectors(problem, point, value)
    shift, omega = (-1.0, np.angle(1 + value)) if problem.is_map else (0.0, value.imag)
    if omega < 0:
        q, p = q.conj(), p.conj()
    start = np.append(problem.units.inside(point.point), abs(omega))
    system, status = hopf_system(problem, p, q, shift), "Newton on the system of a pair"
    exact = polished(path, point, system, start, status, problem.units)
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
