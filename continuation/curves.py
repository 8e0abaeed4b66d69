"""Curves of folds, flips and branch points in two parameters, with their cusps.

A family of problems in (x, p), one for each value of a second parameter q, is followed along
points where dF/dx has a null vector; the null vector is carried as an unknown, so that no
bordering has to be adapted on the way:

fold          F = 0,          J v = 0,                vᵀv = 1     for (x, v, p)       [1]_
flip          F = 0,          (J + 2) v = 0,          vᵀv = 1     for (x, v, p)
branch point  F + β w = 0,    Jᵀw = 0, F_pᵀw = 0,     wᵀw = 1     for (x, w, p, β)    [2]_

β vanishes along true branch points; where it does not, symmetry is broken and the curve is that
of the unfolded point.

References
----------
.. [1] G. Moore, A. Spence, *SIAM J. Numer. Anal.* 17 (1980) 567.
.. [2] W. Govaerts, *Numerical Methods for Bifurcations of Dynamical Equilibria*, SIAM 2000, ch. 8.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from continuation import differences
from continuation.arclength import PLAIN_CHUNK as CHUNK
from continuation.arclength import collect
from continuation.branch import Branch, Sample, SpecialPoint
from continuation.errors import InvalidInputError
from continuation.identify import null_vectors
from continuation.kinds import KINDS
from continuation.normal_forms import normalised
from continuation.options import NEWTON, STEP, NewtonOptions, StepOptions
from continuation.problem import AnyProblem, Problem
from continuation.run import Run
from continuation.start import at_solution
from continuation.tracer import Tracer

__all__ = ["Curve", "Family", "trace_branch_point_curve", "trace_flip_curve", "trace_fold_curve"]

Array = np.ndarray
Family = Callable[[float], AnyProblem]

#: Turning points in q this near to a cusp (relative) are the cusp.
AT_CUSP = 1e-4


@dataclass(frozen=True, eq=False)
class Curve:
    """A curve of special points in two parameters.

    Attributes
    ----------
    x : (m, n) ndarray
    p, q : (m,) ndarray
    kernel : (m, n) ndarray
        Null vectors: right ones on a fold curve, left ones on a branch point curve.
        Complex on curves of Hopf and Neimark-Sacker points.
    unfolding : (m,) ndarray
        β; zero but on curves of branch points, and there along true ones.
    frequency : (m,) ndarray
        ω on curves of Hopf and Neimark-Sacker points, else zero.
    special : tuple of SpecialPoint
        "cusp", "bogdanov-takens", "fold" (q turns back) and "limit"; `p` is the first parameter
        there, and `coefficients["q"]` the second.
    branch : Branch
        The augmented branch in q, with its stop reason.
    """

    x: Array
    p: Array
    q: Array
    kernel: Array
    unfolding: Array
    frequency: Array
    special: tuple[SpecialPoint, ...]
    branch: Branch = field(repr=False)

    def __len__(self) -> int:
        return int(self.q.size)

    def __repr__(self) -> str:
        kinds = ", ".join(point.kind for point in self.special) or "no special points"
        return (
            f"Curve({len(self)} samples, q {self.q[0]:.4g} to {self.q[-1]:.4g}, {kinds}; "
            f"stopped: {self.branch.stop_reason})"
        )


def trace_fold_curve(
    family: Family,
    point: SpecialPoint,
    q0: float,
    q_limits: tuple[float, float] = (-np.inf, np.inf),
    direction: int = +1,
    step: StepOptions = STEP,
    newton: NewtonOptions = NEWTON,
) -> Curve:
    """Follow a fold in two parameters.

    Parameters
    ----------
    family : callable
        q -> Problem in (x, p).
    point : SpecialPoint
        A fold (or cusp) of family(q0).
    q0 : float
    q_limits, direction, step, newton
        As for `trace_branch`, in q.

    Returns
    -------
    Curve
        With its cusps.
    """
    require_kind(point, [k for k, of in KINDS.items() if of.singular and not of.branching])
    n = point.x.size
    system = system_in_q(lambda q: _eigenvector_equations(family(q), n, 0.0))
    start = np.concatenate([point.x, point.kernel[:, 0], [point.p]])

    def quadratic(y: Array, q: float) -> float:
        return _fold_coefficient(family(q), np.append(y[:n], y[-1]), y[n : 2 * n])

    functions = {"cusp": quadratic}
    branch = trace_system(system, start, q0, q_limits, direction, step, newton, functions)
    return assembled(branch, n, -1)


def trace_flip_curve(
    family: Family,
    point: SpecialPoint,
    q0: float,
    q_limits: tuple[float, float] = (-np.inf, np.inf),
    direction: int = +1,
    step: StepOptions = STEP,
    newton: NewtonOptions = NEWTON,
) -> Curve:
    """Follow a flip of a map in two parameters.

    Parameters and result as for `trace_fold_curve`.
    """
    require_kind(point, ("flip",))
    n = point.x.size
    system = system_in_q(lambda q: _eigenvector_equations(family(q), n, 2.0))
    start = np.concatenate([point.x, point.kernel[:, 0], [point.p]])
    branch = trace_system(system, start, q0, q_limits, direction, step, newton, {})
    return assembled(branch, n, -1)


def trace_branch_point_curve(
    family: Family,
    point: SpecialPoint,
    q0: float,
    q_limits: tuple[float, float] = (-np.inf, np.inf),
    direction: int = +1,
    step: StepOptions = STEP,
    newton: NewtonOptions = NEWTON,
) -> Curve:
    """Follow a simple branch point (pitchfork, transcritical) in two parameters.

    Parameters and result as for `trace_fold_curve`.
    """
    require_kind(point, [k for k, of in KINDS.items() if of.branching])
    n = point.x.size
    system = system_in_q(lambda q: _branch_point_equations(family(q), n))
    left = point.left_kernel[:, 0] / np.linalg.norm(point.left_kernel[:, 0])
    start = np.concatenate([point.x, left, [point.p, 0.0]])
    branch = trace_system(system, start, q0, q_limits, direction, step, newton, {})
    return replace(assembled(branch, n, -2), unfolding=branch.x[:, -1])


def trace_system(
    system: Problem,
    start: Array,
    q0: float,
    q_limits: tuple[float, float],
    direction: int,
    step: StepOptions,
    newton: NewtonOptions,
    functions: Mapping[str, Callable[[Array, float], float]],
    stop: Callable[[Sample], bool] | None = None,
) -> Branch:
    """The branch of an augmented system in q, without events of its own but turns."""
    run = Run(system, q_limits, step, newton, functions=functions, singular=False)
    tracer = Tracer(run, at_solution(run, start, q0, direction))
    return collect(tracer, tracer.segments(1 if stop else CHUNK), stop)


def require_kind(point: SpecialPoint, kinds: Sequence[str], dimension: int = 1) -> None:
    """Raise `InvalidInputError` where a curve of this kind cannot start at the point."""
    if point.kind not in kinds or point.kernel.shape[1] != dimension:
        raise InvalidInputError(
            f"the curve must start at a point of kind {', '.join(kinds)} with a simple kernel, "
            f"got {point.kind!r} with a kernel of dimension {point.kernel.shape[1]}."
        )


Equations = tuple[Callable[[Array], Array], Callable[[Array], Array]]


def system_in_q(at: Callable[[float], Equations]) -> Problem:
    """Equations given for each q, as a problem with parameter q."""

    def by_q(y: Array, q: float) -> Array:
        return differences.along(lambda h: at(q + h)[0](y), max(1.0, abs(q)))

    return Problem(lambda y, q: at(q)[0](y), lambda y, q: at(q)[1](y), by_q)


def _eigenvector_equations(problem: AnyProblem, n: int, shift: float) -> Equations:
    """F = 0, (J + shift) v = 0, |v| = 1."""
    one = np.eye(n)

    def residual(y: Array) -> Array:
        x, v, p = y[:n], y[n : 2 * n], float(y[-1])
        return np.concatenate(
            [problem.residual(x, p), problem.jacobian(x, p) @ v + shift * v, [(v @ v - 1) / 2]]
        )

    def jacobian(y: Array) -> Array:
        z, v = np.append(y[:n], y[-1]), y[n : 2 * n]
        a, turned = problem.full_jacobian(z), problem.turned(z, np.append(v, 0.0))
        matrix = np.zeros((2 * n + 1, 2 * n + 1))
        matrix[:n, :n], matrix[:n, -1] = a[:, :n], a[:, n]
        matrix[n : 2 * n, :n], matrix[n : 2 * n, -1] = turned[:, :n], turned[:, n]
        matrix[n : 2 * n, n : 2 * n] = a[:, :n] + shift * one
        matrix[-1, n : 2 * n] = v
        return matrix

    return residual, jacobian


def _branch_point_equations(problem: AnyProblem, n: int) -> Equations:
    def residual(y: Array) -> Array:
        z, w, beta = np.append(y[:n], y[-2]), y[n : 2 * n], y[-1]
        f = problem.residual(z[:-1], float(z[-1])) + beta * w
        return np.concatenate([f, problem.full_jacobian(z).T @ w, [(w @ w - 1) / 2]])

    def jacobian(y: Array) -> Array:
        z, w, beta = np.append(y[:n], y[-2]), y[n : 2 * n], y[-1]
        a = problem.full_jacobian(z)
        second = differences.jacobian(lambda s: np.asarray(problem.full_jacobian(s).T @ w), z)
        matrix = np.zeros((2 * n + 2, 2 * n + 2))
        matrix[:n, :n], matrix[:n, -2] = a[:, :n], a[:, n]
        matrix[:n, n : 2 * n], matrix[:n, -1] = beta * np.eye(n), w
        matrix[n : 2 * n + 1, :n], matrix[n : 2 * n + 1, -2] = second[:, :n], second[:, n]
        matrix[n : 2 * n + 1, n : 2 * n] = a.T
        matrix[-1, n : 2 * n] = w
        return matrix

    return residual, jacobian


def _fold_coefficient(problem: AnyProblem, z: Array, v: Array) -> float:
    """ψᵀF_xx[v, v], with ψ oriented along v so that it varies smoothly."""
    _, psi = normalised(v, null_vectors(problem, z, 1)[1][:, 0])
    e = np.append(v, 0.0)
    return float(psi @ problem.second(z, e, e))


def assembled(branch: Branch, n: int, column: int) -> Curve:
    """The curve in the columns (x, v, ...) of an augmented branch; p stands in `column`."""
    found = [_in_two(q, n, column, q.name) for q in branch.special if q.kind == "user"]
    turns = [
        _in_two(q, n, column, q.kind)
        for q in branch.special
        if KINDS[q.kind].turning or q.kind == "limit"
    ]
    special = found + [t for t in turns if t.kind == "limit" or not _is_any(t, found)]
    none = np.zeros(len(branch))
    return Curve(
        branch.x[:, :n], branch.x[:, column], branch.p, branch.x[:, n : 2 * n], none, none,
        tuple(sorted(special, key=lambda point: point.index)), branch,
    )  # fmt: skip


def _in_two(point: SpecialPoint, n: int, column: int, kind: str) -> SpecialPoint:
    extra: dict[str, float] = {"q": point.p}
    return replace(
        point, kind=kind, x=point.x[:n], p=float(point.x[column]), kernel=point.x[n : 2 * n, None],
        coefficients=extra, name="",
    )  # fmt: skip


def _is_any(point: SpecialPoint, others: list[SpecialPoint]) -> bool:
    return any(
        np.linalg.norm(point.point - o.point) <= AT_CUSP * (1 + np.linalg.norm(o.point))
        for o in others
    )
