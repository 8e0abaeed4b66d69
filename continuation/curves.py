"""Curves of special points in two parameters: folds, flips, Hopf and branch points, user events.

A family of problems in (x, p), one for each value of a second parameter q, is followed along the
solutions of a `DefiningSystem`; on the way points of codimension two are looked for. Each tracer
says only what defines its points; the head, and the way back to the units of the user, are one.

References
----------
.. [1] Yu. A. Kuznetsov, *Elements of Applied Bifurcation Theory*, 4th ed., Springer 2023, ch. 8-10.
"""

from collections.abc import Callable
from dataclasses import replace
from inspect import cleandoc
from typing import Any, Protocol

import numpy as np

from continuation import differences
from continuation.arclength import PLAIN_CHUNK, collect
from continuation.arrays import Array
from continuation.branch import Branch, SpecialPoint
from continuation.callable_problem import Problem
from continuation.codimension_two import FLIP
from continuation.curve import Curve
from continuation.curve_points import null_vector, special_points, tests_along
from continuation.defining_systems import (
    BranchPoint,
    CriticalPair,
    DefiningSystem,
    RealEigenvector,
    UserZero,
    plane_of_chain,
    plane_of_pair,
)
from continuation.errors import InvalidInputError, require_type
from continuation.family import Family, FittedFamily, named_family
from continuation.kinds import KINDS
from continuation.linalg import eigenvectors
from continuation.options import NEWTON, STEP, NewtonOptions, StepOptions
from continuation.problem import RELATIVE_LENGTH
from continuation.run import Bounds, Run
from continuation.scaling import InUnits
from continuation.start import at_solution
from continuation.tracer import Tracer

__all__ = [
    "trace_branch_point_curve",
    "trace_flip_curve",
    "trace_fold_curve",
    "trace_hopf_curve",
    "trace_neimark_sacker_curve",
    "trace_user_curve",
]

Definition = Callable[[InUnits, SpecialPoint], tuple[DefiningSystem, Array]]
"""The problem in fitting units and a point of the user's -> equations, and where they start."""

ROUNDINGS = 1e-13
"""Rounding of equations in fitting units."""

SLOW = 1e3
"""At a double eigenvalue nothing tells how fast a pair will be: the unit of time of the user counts
as far as it is not longer than this many times what the eigenvectors say."""


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
        p_limits: tuple[float, float] = (-np.inf, np.inf),
    ) -> Curve:
        """Follow a special point in two parameters.

        Parameters
        ----------
        family : Problem or callable
            A problem whose parameters have names, or q -> Problem in (x, p).
        point : SpecialPoint
            Of a branch, a diagram or another curve. Of a problem with names, the first parameter
            is the one along which it was found, and the others have their values there.
        q0 : str or float
            Name of the second parameter; or its value at the point, for a callable family.
        q_limits, direction, step, newton
            As for `trace_branch`, in the second parameter.
        p_limits : (float, float)
            Of the first parameter: the curve ends exactly there, too ("bound").

        Returns
        -------
        Curve
            With the points of codimension two on it.

        Raises
        ------
        InvalidInputError
            For a point of another kind, or a parameter that is not there.
        """


def follows(kind: str) -> Callable[[Definition], CurveTracer]:
    """Make a tracer of curves of a kind of what defines its points."""

    def tracer(define: Definition) -> CurveTracer:
        def trace(
            family: Family | Problem,
            point: SpecialPoint,
            q0: float | str,
            q_limits: tuple[float, float] = (-np.inf, np.inf),
            direction: int = +1,
            step: StepOptions = STEP,
            newton: NewtonOptions = NEWTON,
            p_limits: tuple[float, float] = (-np.inf, np.inf),
        ) -> Curve:
            _require_kind(point, kind)
            named = named_family(family, point, q0)
            fitted = FittedFamily(named.at, named.start, point, step)
            system, start = define(fitted(named.start), point)
            run = _run(system, fitted, (start, named.start), kind, q_limits, step, newton)
            run = replace(run, bounds=_first_between(p_limits, fitted, start.size))
            branch = _traced(run, system, start, named.start, direction)
            curve = _read(branch, system, fitted, kind)
            meaning = replace(named.meaning, conserved=fitted.start.meaning.conserved)
            return replace(curve, kind=kind, meaning=meaning).with_names()

        trace.__name__ = trace.__qualname__ = define.__name__
        trace.__module__ = define.__module__
        summary, heading, examples = cleandoc(define.__doc__ or "").partition("Examples\n")
        arguments = cleandoc(CurveTracer.__call__.__doc__ or "")
        trace.__doc__ = f"{summary.rstrip()}\n\n{arguments}\n\n{heading}{examples}"
        return trace

    return tracer


@follows("fold")
def trace_fold_curve(problem: InUnits, point: SpecialPoint) -> tuple[DefiningSystem, Array]:
    """Follow a fold in two parameters, through its cusps.

    Examples
    --------
    >>> from continuation import Problem, newton, trace_branch, trace_fold_curve
    >>> problem = Problem(
    ...     lambda x, a, b: a + b * x - x**3, parameters={"a": -2.0, "b": 1.0}, free="a"
    ... )
    >>> branch = trace_branch(problem, newton(problem, [-1.5], -2.0).x, -2.0, p_limits=(-2, 2))
    >>> fold = next(point for point in branch.special if point.kind == "fold")
    >>> curve = trace_fold_curve(problem, fold, "b", (-1, 1), direction=-1)
    >>> [(point.kind, abs(round(point.p, 9))) for point in curve.special]
    [('cusp', 0.0), ('limit', 0.384900179)]
    """
    return _real(problem, point, 0.0)


@follows("flip")
def trace_flip_curve(problem: InUnits, point: SpecialPoint) -> tuple[DefiningSystem, Array]:
    """Follow a flip of a map in two parameters.

    Examples
    --------
    >>> from continuation import map_problem, newton, trace_branch, trace_flip_curve
    >>> family = map_problem(
    ...     lambda x, a, b: a - x**2 + b * x, parameters={"a": 0.1, "b": 0.0}, free="a"
    ... )
    >>> branch = trace_branch(family, newton(family, [0.1], 0.1).x, 0.1, p_limits=(0.1, 1.5))
    >>> [flip] = [point for point in branch.special if point.kind == "flip"]
    >>> curve = trace_flip_curve(family, flip, "b", (0, 0.5))
    >>> round(float(flip.p), 9), round(float(curve.p[-1]), 9)
    (0.75, 0.9375)
    """
    return _real(problem, point, FLIP)


@follows("hopf")
def trace_hopf_curve(problem: InUnits, point: SpecialPoint) -> tuple[DefiningSystem, Array]:
    """Follow a Hopf point in two parameters, to a Bogdanov-Takens point if there is one.

    Examples
    --------
    >>> import numpy as np
    >>> from continuation import Problem, trace_branch, trace_hopf_curve
    >>> def normal_form(x, a, b):
    ...     turned = np.array([-x[1], x[0]])
    ...     return (a - b) * x + turned - x * (x @ x)
    >>> problem = Problem(normal_form, parameters={"a": -1.0, "b": 0.0}, free="a")
    >>> rest = trace_branch(problem, [0.0, 0.0], -1.0, p_limits=(-1, 1))
    >>> [hopf] = [point for point in rest.special if point.kind == "hopf"]
    >>> curve = trace_hopf_curve(problem, hopf, "b", (0, 1))
    >>> round(float(curve.p[-1]), 9)
    1.0
    """
    return _pair(problem, point)


@follows("neimark-sacker")
def trace_neimark_sacker_curve(
    problem: InUnits, point: SpecialPoint
) -> tuple[DefiningSystem, Array]:
    """Follow a Neimark-Sacker point of a map in two parameters, to a resonance 1:1 or 1:2.

    Examples
    --------
    >>> import numpy as np
    >>> from continuation import map_problem, trace_branch, trace_neimark_sacker_curve
    >>> def turn(x, a, b):
    ...     turned = np.array([0.6 * x[0] - 0.8 * x[1], 0.8 * x[0] + 0.6 * x[1]])
    ...     return (a + b) * turned * (1 - x @ x)
    >>> family = map_problem(turn, parameters={"a": 0.5, "b": 0.0}, free="a")
    >>> rest = trace_branch(family, [0.0, 0.0], 0.5, p_limits=(0.5, 1.5))
    >>> [torus] = [point for point in rest.special if point.kind == "neimark-sacker"]
    >>> curve = trace_neimark_sacker_curve(family, torus, "b", (0, 0.2))
    >>> round(float(torus.p), 9), round(float(curve.p[-1]), 9)
    (1.0, 0.8)
    """
    return _pair(problem, point)


@follows("branch point")
def trace_branch_point_curve(problem: InUnits, point: SpecialPoint) -> tuple[DefiningSystem, Array]:
    """Follow a simple branch point (pitchfork, transcritical) in two parameters.

    Examples
    --------
    >>> from continuation import Problem, trace_branch, trace_branch_point_curve
    >>> problem = Problem(
    ...     lambda x, a, b: (a - b) * x - x**3, parameters={"a": -1.0, "b": 0.0}, free="a"
    ... )
    >>> trivial = trace_branch(problem, [0.0], -1.0, p_limits=(-1, 1))
    >>> [pitchfork] = [point for point in trivial.special if point.kind == "pitchfork"]
    >>> curve = trace_branch_point_curve(problem, pitchfork, "b", (0, 1))
    >>> round(float(curve.p[-1]), 9), round(float(curve.q[-1]), 9)
    (1.0, 1.0)
    """
    if point.kernel.shape[1] != 1:
        raise InvalidInputError(
            "a branch point curve must start at a simple branch point; "
            f"got a kernel of dimension {point.kernel.shape[1]}."
        )
    z = problem.units.inside(point.point)
    j = problem.jacobian(z[:-1], float(z[-1]))
    left = eigenvectors(j, 0.0, problem.mass_like(j))[1]
    return BranchPoint(point.x.size), np.concatenate([z[:-1], left, [0.0, z[-1]]])


def trace_user_curve(
    family: Family | Problem,
    point: SpecialPoint,
    q0: float | str,
    function: Callable[[Array, float], float],
    *run: Any,
    **options: Any,
) -> Curve:
    """Follow a zero of a function of (x, p) along the solutions in two parameters.

    Parameters
    ----------
    function : callable
        The one of which `point` is a zero.
    *run, **options
        `q_limits`, `direction`, `step`, `newton` and `p_limits` of `trace_fold_curve`.

    The others, and the result, are as for `trace_fold_curve`.

    Examples
    --------
    >>> from continuation import Problem, trace_branch, trace_user_curve
    >>> problem = Problem(lambda x, a, b: a - b * x, parameters={"a": 0.0, "b": 1.0}, free="a")
    >>> half = {"half": lambda x, p: x[0] - 0.5}
    >>> line = trace_branch(problem, [0.0], 0.0, p_limits=(0, 2), functions=half)
    >>> [start] = [point for point in line.special if point.kind == "user"]
    >>> curve = trace_user_curve(problem, start, "b", lambda x, p: x[0] - 0.5, (1, 2))
    >>> round(float(curve.p[-1]), 9)
    1.0
    """

    @follows("user")
    def trace(problem: InUnits, at: SpecialPoint) -> tuple[DefiningSystem, Array]:
        def value(z: Array) -> float:
            outside = problem.units.outside(z)
            return float(function(outside[:-1], float(outside[-1])))

        return UserZero(at.x.size, value), problem.units.inside(at.point)

    return trace(family, point, q0, *run, **options)


def _real(problem: InUnits, point: SpecialPoint, value: float) -> tuple[DefiningSystem, Array]:
    z = problem.units.inside(point.point)
    j = problem.jacobian(z[:-1], float(z[-1]))
    v = eigenvectors(j, value, problem.mass_like(j))[0]
    return RealEigenvector(point.x.size, value), np.concatenate([z[:-1], v, z[-1:]])


def _pair(problem: InUnits, point: SpecialPoint) -> tuple[DefiningSystem, Array]:
    z, omega = problem.units.inside(point.point), point.coefficients.get("frequency", 0.0)
    j = problem.jacobian(z[:-1], float(z[-1]))
    mass = problem.mass_like(j)
    value = np.exp(1j * omega) - 1.0 if problem.is_map else 1j * omega
    simple = KINDS[point.kind].pair
    c, v, w = (plane_of_pair if simple else plane_of_chain)(j, mass, value)
    size = float(np.linalg.norm(w))
    rate = 1.0 if problem.is_map else size if simple else max(size, min(1.0, SLOW * size))
    kappa = 2.0 - 2.0 * np.cos(omega) if problem.is_map else (omega / rate) ** 2
    start = np.concatenate([z[:-1], v, w / rate, [kappa, z[-1]]])
    return CriticalPair(c, problem.is_map, rate), start


def _require_kind(point: SpecialPoint, kind: str) -> None:
    """Raise `InvalidInputError` where no curve of this kind passes through the point."""
    require_type(
        "the point", point, SpecialPoint, "a special point of a branch, one of branch.special"
    )
    if kind not in KINDS[point.kind].curves:
        fitting = " or ".join(name for name, of in KINDS.items() if kind in of.curves)
        raise InvalidInputError(
            f"a {kind} curve must start at a point that lies on one: {fitting}; got {point.kind!r}."
        )


# -- the run ---------------------------------------------------------------------------------------


class _InSecond(Problem):
    """A defining system with parameter q, whose unknowns count in units fitted to the start."""

    unit = 1.0

    @property
    def adapts(self) -> bool:
        """They grow where the curve outgrows them."""
        return True


def _run(
    system: DefiningSystem,
    fitted: FittedFamily,
    start: tuple[Array, float],
    kind: str,
    q_limits: tuple[float, float],
    step: StepOptions,
    newton: NewtonOptions,
) -> Run:
    """What to do along the curve: no events but turns and points of codimension two."""

    def residual(y: Array, q: float) -> Array:
        return system.residual(fitted(q), y)

    def along(y: Array, q: float) -> Callable[[float], Array]:
        return lambda h: residual(y, q + h)

    guess = abs(start[1]) or 1.0
    length = differences.length(along(*start), guess, max(1.0, guess), ROUNDINGS)
    in_q = _InSecond(
        residual,
        lambda y, q: system.jacobian(fitted(q), y),
        lambda y, q: differences.along(along(y, q), max(length, RELATIVE_LENGTH * abs(q))),
    )
    own = replace(step, state_scale=None, parameter_scale=None)
    functions = tests_along(system, fitted, kind)
    return Run(in_q, q_limits, own, newton, functions=functions, singular=False)


def _first_between(limits: tuple[float, float], fitted: FittedFamily, size: int) -> Bounds:
    """Limits of the first parameter, the last of so many unknowns, in the units of the run."""
    low, high = (limit / fitted.units.columns[-1] for limit in limits)
    return {} if np.isinf([low, high]).all() else {size - 1: (float(low), float(high))}


def _traced(run: Run, system: DefiningSystem, start: Array, q: float, direction: int) -> Branch:
    """The branch of the defining system in q, to its end."""
    tracer = Tracer(run, at_solution(run, start, q, direction))
    ends = type(system).is_over is not DefiningSystem.is_over
    stop: Any = (lambda sample: system.is_over(sample.x)) if ends else None
    return collect(tracer, tracer.segments(1 if ends else PLAIN_CHUNK), stop)


def _read(branch: Branch, system: DefiningSystem, fitted: FittedFamily, kind: str) -> Curve:
    """The curve in the units of the user."""
    units = fitted.units
    z = np.array([units.outside(system.point(y)) for y in branch.x])
    return Curve(
        x=z[:, :-1],
        p=z[:, -1],
        q=branch.p,
        kernel=np.array(
            [null_vector(system, fitted, *at) for at in zip(branch.x, branch.p, strict=True)]
        ),
        unfolding=np.array([system.unfolding(y) for y in branch.x]),
        frequency=np.array([system.frequency(y) for y in branch.x]),
        special=special_points(branch, system, fitted, kind),
        branch=branch,
    )
