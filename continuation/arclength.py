"""Pseudo-arclength continuation: an iterator of samples, and `trace_branch`, which collects it.

References
----------
.. [1] H. B. Keller, in *Applications of Bifurcation Theory*, Academic Press 1977, pp. 359-384.
.. [2] W. Govaerts, *Numerical Methods for Bifurcations of Dynamical Equilibria*, SIAM 2000, ch. 2.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np

from continuation.arrays import Array
from continuation.branch import Branch, Sample
from continuation.compiled_problem import CompiledProblem
from continuation.errors import InvalidInputError
from continuation.options import NEWTON, STEP, NewtonOptions, StepOptions
from continuation.problem import AnyProblem
from continuation.run import Bounds, Functions, Run
from continuation.start import at_end_of
from continuation.switching import start_along
from continuation.tracer import Segment, Tracer, assemble, samples_of

__all__ = ["resume_branch", "samples", "trace_branch"]

Stop = Callable[[Sample], bool]

COMPILED_CHUNK = 2048
"""Samples per call of the compiled loop."""

PLAIN_CHUNK = 16
"""Where callables are paid for every sample, units follow the branch, or a condition may end it."""


def trace_branch(
    problem: AnyProblem,
    x0: Array,
    p0: float,
    p_limits: tuple[float, float] = (-np.inf, np.inf),
    direction: int | Array = +1,
    step: StepOptions = STEP,
    newton: NewtonOptions = NEWTON,
    targets: Sequence[float] = (),
    functions: Functions | None = None,
    stop: Stop | None = None,
    bounds: Bounds | None = None,
) -> Branch:
    """Follow the branch of F(x, p) = 0 through a start, with its special points.

    Parameters
    ----------
    problem : Problem or CompiledProblem
    x0 : (n,) array_like
        Near a solution at p0; corrected by Newton with p0 held.
    p0 : float
    p_limits : (float, float)
        The branch ends exactly there.
    direction : +1, -1 or (n + 1,) array_like
        The parameter rises or falls at first; or a direction in (x, p), which also chooses among
        the branches that pass through a branch point.
    step : StepOptions
    newton : NewtonOptions
    targets : sequence of float
        Parameters at which a "target" point is located.
    functions : mapping of name to callable, optional
        Functions of (x, p); each zero along the branch is a "user" point.
    stop : callable, optional
        Takes a `Sample`; true ends the run after it.
    bounds : mapping, optional
        Name or index of an unknown to (low, high): the branch ends exactly there, too.

    Returns
    -------
    Branch
        With the samples computed so far whatever happened: `stop_reason` and `message` say what.

    Raises
    ------
    InvalidInputError
        For a start that cannot be used: wrong shape, NaN, outside the limits, singular.
    ConvergenceError
        Where no solution is found near the start.

    Examples
    --------
    >>> from continuation import Problem, trace_branch
    >>> problem = Problem(lambda x, p: p - x**2)
    >>> branch = trace_branch(problem, [1.0], 1.0, p_limits=(-1, 1), direction=-1)
    >>> branch
    Branch(35 samples, p 1 to 1, 1 fold, 1 limit; stopped: limit)
    >>> [(point.kind, abs(round(point.p, 9))) for point in branch.special]
    [('fold', 0.0), ('limit', 1.0)]
    """
    run = Run(problem, p_limits, step, newton, targets, functions, bounds=bounds)
    tracer = Tracer(run, start_along(run, x0, p0, direction))
    return collect(tracer, tracer.segments(_chunk(problem, stop)), stop)


def samples(
    problem: AnyProblem,
    x0: Array,
    p0: float,
    p_limits: tuple[float, float] = (-np.inf, np.inf),
    direction: int | Array = +1,
    step: StepOptions = STEP,
    newton: NewtonOptions = NEWTON,
    targets: Sequence[float] = (),
    functions: Functions | None = None,
) -> Iterator[Sample]:
    """The samples of a branch, each computed when asked for; arguments as for `trace_branch`.

    Yields
    ------
    Sample
        With the special points between the sample before and this one.

    Examples
    --------
    >>> from itertools import islice
    >>> from continuation import Problem, samples
    >>> problem = Problem(lambda x, p: p - x**2)
    >>> [round(sample.p, 6) for sample in islice(samples(problem, [1.0], 1.0), 3)]
    [1.0, 1.008948, 1.023282]
    """
    run = Run(problem, p_limits, step, newton, targets, functions)
    tracer = Tracer(run, start_along(run, x0, p0, direction))
    for segment in tracer.segments(1):
        yield from samples_of(tracer, segment)


def resume_branch(
    problem: AnyProblem,
    branch: Branch,
    p_limits: tuple[float, float] = (-np.inf, np.inf),
    step: StepOptions = STEP,
    newton: NewtonOptions = NEWTON,
    targets: Sequence[float] = (),
    functions: Functions | None = None,
    stop: Stop | None = None,
    bounds: Bounds | None = None,
) -> Branch:
    """Go on with a branch from its last sample, as if it had never been interrupted.

    Parameters
    ----------
    branch : Branch
        From `trace_branch` or `load`, with the same settings; the limits may be wider, or begin
        where the branch has ended.

    Returns
    -------
    Branch
        The whole branch, the samples given included.

    Raises
    ------
    InvalidInputError
        Where the branch belongs to another problem or has ended for good.

    Examples
    --------
    >>> from continuation import Problem, resume_branch, trace_branch
    >>> problem = Problem(lambda x, p: p - x**2)
    >>> half = trace_branch(problem, [1.0], 1.0, (-1, 1), -1, stop=lambda sample: sample.p < 0.1)
    >>> whole = resume_branch(problem, half, p_limits=(-1, 1))
    >>> [point.kind for point in whole.special]
    ['fold', 'limit']
    """
    run = Run(problem, p_limits, step, newton, targets, functions, bounds=bounds)
    tracer = Tracer(run, at_end_of(run, branch))
    return collect(tracer, tracer.segments(_chunk(problem, stop)), stop)


def collect(tracer: Tracer, segments: Iterable[Segment], stop: Stop | None) -> Branch:
    """Run to the end, or to the user's condition, and assemble the branch."""
    if stop is not None and not callable(stop):
        raise InvalidInputError(f"stop must be a function of a Sample, got {stop!r}.")
    parts: list[Segment] = []
    try:
        for segment in segments:
            row = None if stop is None else _first(stop, samples_of(tracer, segment))
            parts.append(segment if row is None else segment.until(row))
            if row is not None:
                tracer.end("stop condition", "the user's condition became true.")
                break
    except KeyboardInterrupt:
        if not parts:
            raise
        tracer.end("interrupted", "interrupted; resume_branch goes on from the last sample.")
    return assemble(tracer, parts)


def _first(stop: Stop, several: Iterator[Sample]) -> int | None:
    """The row of the first sample at which the condition is true."""
    return next((row for row, sample in enumerate(several) if stop(sample)), None)


def _chunk(problem: AnyProblem, stop: Stop | None) -> int:
    is_compiled = isinstance(problem, CompiledProblem)
    if stop is not None and not is_compiled:
        return 1
    return COMPILED_CHUNK if is_compiled and not problem.adapts and stop is None else PLAIN_CHUNK
