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

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from textwrap import dedent
from typing import Any, Protocol

import numpy as np

from continuation import differences
from continuation.arclength import PLAIN_CHUNK as CHUNK
from continuation.arclength import collect
from continuation.arrays import Array
from continuation.branch import Branch, Sample, SpecialPoint
from continuation.callable_problem import Problem
from continuation.codimension_two import fold_coefficient, overlap, solved
from continuation.errors import InvalidInputError
from continuation.exports import Stored, Table, table
from continuation.kinds import KINDS
from continuation.meaning import UNNAMED, Meaning, Quantity
from continuation.options import NEWTON, STEP, NewtonOptions, StepOptions, as_number
from continuation.plotting import draw_curve
from continuation.problem import AnyProblem
from continuation.run import Functions, Run
from continuation.start import at_solution
from continuation.tracer import Tracer

__all__ = [
    "Curve",
    "Definition",
    "Family",
    "assembled",
    "follows",
    "trace_branch_point_curve",
    "trace_flip_curve",
    "trace_fold_curve",
    "trace_user_curve",
]

Family = Callable[[float], AnyProblem]

#: Turning points in q this near to a cusp (relative) are the cusp.
AT_CUSP = 1e-4


@dataclass(frozen=True, eq=False)
class Curve(Stored):
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
    kind : str
        Of the points it consists of.
    meaning : Meaning
        Names of the unknowns and of both parameters.
    """

    x: Array
    p: Array
    q: Array
    kernel: Array
    unfolding: Array
    frequency: Array
    special: tuple[SpecialPoint, ...]
    branch: Branch = field(repr=False)
    kind: str = ""
    meaning: Meaning = UNNAMED

    def __len__(self) -> int:
        return int(self.q.size)

    def __repr__(self) -> str:
        kinds = ", ".join(point.kind for point in self.special) or "no special points"
        return (
            f"Curve({len(self)} samples of {self.kind}, {self.meaning.second} "
            f"{self.q[0]:.4g} to {self.q[-1]:.4g}, {kinds}; "
            f"stopped: {self.branch.stop_reason})"
        )

    def with_names(self) -> "Curve":
        """The same curve, its special points speaking of the same names."""
        return replace(self, special=tuple(replace(q, meaning=self.meaning) for q in self.special))

    def plot(self, ax: Any, x: Quantity | None = None, y: Quantity | None = None) -> list[Any]:
        """Draw the curve with its special points; in the plane of both parameters by default.

        Parameters and result as for `Branch.plot`.
        """
        return draw_curve(ax, self, x, y)

    def to_dataframe(self) -> Table:
        """Samples and special points in order: both parameters, unknowns, special."""
        points, names = self.special, self.meaning.names(self.x.shape[1])
        states = np.vstack([self.x, *(q.x[None] for q in points)])
        columns: dict[str, Any] = {
            self.meaning.parameter: [*self.p, *(q.p for q in points)],
            self.meaning.second: [*self.q, *(q.coefficients["q"] for q in points)],
            **dict(zip(names, states.T, strict=True)),
            "special": [""] * len(self) + [q.kind for q in points],
        }
        rows = np.append(np.arange(float(len(self))), [q.index + 0.5 for q in points])
        return table(columns, rows)


@dataclass(frozen=True, eq=False)
class Definition:
    """How points of one kind are followed: equations, where they start, how they are read.

    Attributes
    ----------
    equations : callable
        Problem at one q -> `Equations`.
    start : ndarray
        Unknowns y of the equations at the point.
    read : callable
        Branch of y in q -> Curve.
    functions : callable, optional
        Family -> functions of (y, q) by name: points of codimension two along the curve.
    stop : callable, optional
        Sample of y -> whether to end.
    """

    equations: Callable[[AnyProblem], "Equations"]
    start: Array
    read: Callable[[Branch], Curve]
    functions: Callable[[Family], Functions] = lambda _: {}
    stop: Callable[[Sample], bool] | None = None


class CurveTracer(Protocol):
    """The one head that all tracers of curves have."""

    def __call__(
        self,
        family: Family | Problem,
        point: SpecialPoint,
        q0: float | str,
        q_limits: tuple[float, float] = (-np.inf, np.inf),
        direction: int = +1,
        step: StepOptions = STEP,
        newton: NewtonOptions = NEWTON,
    ) -> Curve:
        """Follow a special point in two parameters.

        Parameters
        ----------
        family : Problem or callable
            A problem whose parameters have names, or q -> Problem in (x, p).
        point : SpecialPoint
            Of the problem, or of family(q0).
        q0 : str or float
            Name of the second parameter, which starts from its value in the problem; or the value
            of q at the point, for a callable family.
        q_limits, direction, step, newton
            As for `trace_branch`, in the second parameter.

        Returns
        -------
        Curve
            With the points of codimension two on it.

        Raises
        ------
        InvalidInputError
            For a point of another kind, or a parameter that is not there.
        """


def follows(
    kind: str, dimension: int = 1
) -> Callable[[Callable[[SpecialPoint], Definition]], CurveTracer]:
    """Make a tracer of what a function of the special point defines.

    Parameters
    ----------
    kind : str
        Of the curve; it starts at points that are singular in the same way.
    dimension : int
        Columns of `point.kernel`.
    """

    def tracer(define: Callable[[SpecialPoint], Definition]) -> CurveTracer:
        def trace(
            family: Family | Problem,
            point: SpecialPoint,
            q0: float | str,
            q_limits: tuple[float, float] = (-np.inf, np.inf),
            direction: int = +1,
            step: StepOptions = STEP,
            newton: NewtonOptions = NEWTON,
        ) -> Curve:
            _require_kind(point, kind, dimension)
            of_q, start, meaning = family_of(family, q0)
            defined = define(point)
            branch = trace_definition(defined, of_q, start, q_limits, direction, step, newton)
            curve = defined.read(branch)
            special = tuple(solved(of_q, q) for q in curve.special)
            return replace(curve, special=special, kind=kind, meaning=meaning).with_names()

        trace.__name__ = trace.__qualname__ = define.__name__
        trace.__module__ = define.__module__
        trace.__doc__ = f"{define.__doc__}\n\n{dedent(CurveTracer.__call__.__doc__ or '')}"
        return trace

    return tracer


def family_of(family: Family | Problem, q0: float | str) -> tuple[Family, float, Meaning]:
    """The problem at each q, the value of q to start from, and the names of both parameters."""
    if isinstance(family, Problem):
        problem = family
        if not isinstance(q0, str) or problem.parameters is None:
            raise InvalidInputError(
                "the second parameter of a problem is given by its name, and the problem by "
                "Problem(f, parameters={...}); or give a function q -> Problem and the value of q."
            )
        if q0 == problem.free:
            raise InvalidInputError(f"{q0} is the first parameter already: name another one.")
        start = problem.parameter_value(q0)
        held = tuple(pair for pair in problem.meaning.held if pair[0] != q0)
        meaning = replace(problem.meaning, second=q0, held=held)
        return lambda q: problem.at(**{q0: q}), start, meaning
    if not callable(family):
        raise InvalidInputError(f"expected a Problem or a function q -> Problem, got {family!r}.")
    value = as_number("q0", q0)
    return family, value, family(value).meaning


@follows("fold")
def trace_fold_curve(point: SpecialPoint) -> Definition:
    """Follow a fold in two parameters, through its cusps."""
    n = point.x.size

    def functions(family: Family) -> Functions:
        tests = {"cusp": fold_coefficient, "bogdanov-takens": overlap}
        return {name: _along(test, family, n) for name, test in tests.items()}

    return Definition(
        equations=lambda problem: _eigenvector_equations(problem, n, 0.0),
        start=np.concatenate([point.x, point.kernel[:, 0], [point.p]]),
        read=lambda branch: assembled(branch, n, -1),
        functions=functions,
    )


@follows("flip")
def trace_flip_curve(point: SpecialPoint) -> Definition:
    """Follow a flip of a map in two parameters."""
    n = point.x.size
    return Definition(
        equations=lambda problem: _eigenvector_equations(problem, n, 2.0),
        start=np.concatenate([point.x, point.kernel[:, 0], [point.p]]),
        read=lambda branch: assembled(branch, n, -1),
    )


@follows("branch point")
def trace_branch_point_curve(point: SpecialPoint) -> Definition:
    """Follow a simple branch point (pitchfork, transcritical) in two parameters."""
    n = point.x.size
    left = point.left_kernel[:, 0] / np.linalg.norm(point.left_kernel[:, 0])
    return Definition(
        equations=lambda problem: _branch_point_equations(problem, n),
        start=np.concatenate([point.x, left, [point.p, 0.0]]),
        read=lambda branch: replace(assembled(branch, n, -2), unfolding=branch.x[:, -1]),
    )


def trace_user_curve(
    family: Family | Problem,
    point: SpecialPoint,
    q0: float | str,
    function: Callable[[Array, float], float],
    q_limits: tuple[float, float] = (-np.inf, np.inf),
    direction: int = +1,
    step: StepOptions = STEP,
    newton: NewtonOptions = NEWTON,
) -> Curve:
    """Follow a zero of a function of (x, p) along the solutions in two parameters.

    Parameters
    ----------
    function : callable
        The one of which `point` is a zero.

    The others, and the result, are as for `trace_fold_curve`.
    """
    n = point.x.size
    of_q, start, meaning = family_of(family, q0)
    defined = Definition(
        equations=lambda problem: _user_equations(problem, function),
        start=point.point,
        read=lambda branch: _without_kernel(branch, n),
    )
    branch = trace_definition(defined, of_q, start, q_limits, direction, step, newton)
    return replace(defined.read(branch), kind="user", meaning=meaning).with_names()


def trace_definition(
    defined: Definition,
    family: Family,
    q0: float,
    q_limits: tuple[float, float],
    direction: int,
    step: StepOptions,
    newton: NewtonOptions,
) -> Branch:
    """The branch of the defining equations in q."""
    system = system_in_q(lambda q: defined.equations(family(q)))
    functions = defined.functions(family)
    return trace_system(
        system, defined.start, q0, q_limits, direction, step, newton, functions, defined.stop
    )


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


def _require_kind(point: SpecialPoint, kind: str, dimension: int) -> None:
    """Raise `InvalidInputError` where a curve of this kind cannot start at the point."""
    at, of = KINDS[point.kind], KINDS[kind]
    facts = [(k.singular, k.branching, k.pair, k.of_map, k.codimension > 0) for k in (at, of)]
    alike = facts[0] == facts[1] if of.codimension else point.kind == kind
    if not alike or point.kernel.shape[1] != dimension:
        raise InvalidInputError(
            f"a {kind} curve must start at a {kind}, or at a point of more that is one, with a "
            f"kernel in {dimension} column(s); "
            f"got {point.kind!r} with a kernel of dimension {point.kernel.shape[1]}."
        )


def _without_vector(y: Array, n: int) -> Array:
    return np.append(y[:n], y[-1])


def _user_equations(problem: AnyProblem, function: Callable[[Array, float], float]) -> "Equations":
    """F = 0 and the user's function, for y = (x, p)."""

    def value(z: Array) -> float:
        return float(function(z[:-1], float(z[-1])))

    def slope(z: Array, j: int) -> float:
        unit = np.zeros(z.size)
        unit[j] = 1.0
        moved = lambda h: np.array([value(z + h * unit)])  # noqa: E731
        return float(differences.along(moved, max(1.0, abs(z[j])))[0])

    def residual(y: Array) -> Array:
        return np.append(problem.residual(y[:-1], float(y[-1])), value(y))

    def jacobian(y: Array) -> Array:
        row = np.array([slope(y, j) for j in range(y.size)])
        return np.vstack([problem.full_jacobian(y), row])

    return residual, jacobian


def _without_kernel(branch: Branch, n: int) -> Curve:
    """The curve in the columns (x, p), along which nothing degenerates."""
    padded = np.column_stack([branch.x[:, :n], np.zeros((len(branch), n)), branch.x[:, -1]])
    special = tuple(
        replace(q, x=np.concatenate([q.x[:n], np.zeros(n), q.x[-1:]])) for q in branch.special
    )
    curve = assembled(replace(branch, x=padded, special=special), n, -1)
    return replace(curve, branch=branch)


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
        second = differences.jacobian(
            lambda s: np.asarray(problem.full_jacobian(s).T @ w), z, problem.lengths_at(z)
        )
        matrix = np.zeros((2 * n + 2, 2 * n + 2))
        matrix[:n, :n], matrix[:n, -2] = a[:, :n], a[:, n]
        matrix[:n, n : 2 * n], matrix[:n, -1] = beta * np.eye(n), w
        matrix[n : 2 * n + 1, :n], matrix[n : 2 * n + 1, -2] = second[:, :n], second[:, n]
        matrix[n : 2 * n + 1, n : 2 * n] = a.T
        matrix[-1, n : 2 * n] = w
        return matrix

    return residual, jacobian


def _along(
    test: Callable[[AnyProblem, Array, Array], float], family: Family, n: int
) -> Callable[[Array, float], float]:
    """A test function of (problem, (x, p), v), for y = (x, v, p) and q."""
    return lambda y, q: test(family(q), _without_vector(y, n), y[n : 2 * n])


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
