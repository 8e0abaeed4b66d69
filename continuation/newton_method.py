"""Newton's method at a fixed parameter: the corrector of the tracer with the parameter held."""

from dataclasses import dataclass, field

import numpy as np
from scipy import linalg

from continuation.corrector import CONVERGED
from continuation.derivative_check import doubt
from continuation.errors import require_type
from continuation.options import NEWTON, NewtonOptions, StepOptions, as_number, as_state
from continuation.problem import AnyProblem, require_problem
from continuation.workspace import MESSAGES, Workspace

__all__ = ["NewtonResult", "newton"]

Array = np.ndarray


@dataclass(frozen=True)
class NewtonResult:
    """What Newton reached.

    Attributes
    ----------
    x : (n,) ndarray
        The last iterate.
    converged : bool
    iterations : int
    step : float
        Length of the last Newton step.
    residual : float
        Norm of F at x.
    message : str
        "converged", or what happened and what to do.
    """

    x: Array = field(repr=False)
    converged: bool
    iterations: int
    step: float
    residual: float
    message: str


def newton(
    problem: AnyProblem,
    x: Array,
    p: float,
    options: NewtonOptions = NEWTON,
    state_scale: float | None = None,
) -> NewtonResult:
    """Solve F(x, p) = 0 for x near the given start.

    Parameters
    ----------
    problem : Problem or CompiledProblem
    x : (n,) array_like
        Start.
    p : float
        The parameter, held.
    options : NewtonOptions
    state_scale : float, optional
        What counts as 1 in the unknowns; found where not given.

    Returns
    -------
    NewtonResult
        Non-convergence is a status with a message, never an exception.

    Raises
    ------
    InvalidInputError
        For a start that is not a finite vector, or a parameter that is no number.

    Examples
    --------
    >>> from continuation import Problem, newton
    >>> result = newton(Problem(lambda x, p: p - x**2), [1.5], 2.0)
    >>> result.converged, result.x
    (True, array([1.41421356]))
    """
    require_problem(problem)
    require_type("options", options, NewtonOptions, "made by NewtonOptions")
    x, p = as_state(x), as_number("the parameter p", p)
    workspace = Workspace(problem, x, p, options, StepOptions(state_scale=state_scale))
    z = np.append(x, p)
    status = workspace.correct_at_parameter(z)
    # an iterate that ran away may be so large that a sum of squares overflows
    residual = float(linalg.norm(problem.residual(z[:-1], p), check_finite=False))
    step = workspace.last_step
    why = "" if status == CONVERGED else doubt(workspace.problem, np.append(x, p))
    return NewtonResult(
        z[:-1].copy(), status == CONVERGED, workspace.iterations, step, residual,
        why or MESSAGES[status],
    )  # fmt: skip
