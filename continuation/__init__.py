"""Continuation of solutions of F(x, p) = 0: branches, special points, diagrams.

The engine knows nothing of networks; `continuation.landscape` builds on it.
"""

from symbolic.signals import quiet_while_loading

quiet_while_loading(__name__)  # before anything that takes time to load

from continuation.arclength import resume_branch, samples, trace_branch
from continuation.branch import Branch, Sample, SpecialPoint
from continuation.callable_problem import Problem
from continuation.compiled_problem import CompiledProblem
from continuation.curve import Curve
from continuation.curves import (
    trace_branch_point_curve,
    trace_flip_curve,
    trace_fold_curve,
    trace_hopf_curve,
    trace_neimark_sacker_curve,
    trace_user_curve,
)
from continuation.deflation import find_solutions
from continuation.derivative_check import check_derivatives
from continuation.diagram import Diagram, bifurcation_diagram
from continuation.errors import (
    ConvergenceError,
    InvalidInputError,
    MlpcontError,
    StoreError,
    UnknownNameError,
)
from continuation.exports import load
from continuation.leaving import special_point, switch_branch
from continuation.maps import (
    gradient_descent,
    map_problem,
    period_k,
    period_two,
    switch_to_period_two,
)
from continuation.meaning import Meaning
from continuation.newton import NewtonResult, newton
from continuation.options import NewtonOptions, StepOptions
from continuation.switching import Offshoot, branch_directions

__all__ = [
    "Branch",
    "CompiledProblem",
    "ConvergenceError",
    "Curve",
    "Diagram",
    "InvalidInputError",
    "Meaning",
    "MlpcontError",
    "NewtonOptions",
    "NewtonResult",
    "Offshoot",
    "Problem",
    "Sample",
    "SpecialPoint",
    "StepOptions",
    "StoreError",
    "UnknownNameError",
    "bifurcation_diagram",
    "branch_directions",
    "check_derivatives",
    "find_solutions",
    "gradient_descent",
    "load",
    "map_problem",
    "newton",
    "period_k",
    "period_two",
    "resume_branch",
    "samples",
    "special_point",
    "switch_branch",
    "switch_to_period_two",
    "trace_branch",
    "trace_branch_point_curve",
    "trace_flip_curve",
    "trace_fold_curve",
    "trace_hopf_curve",
    "trace_neimark_sacker_curve",
    "trace_user_curve",
]
