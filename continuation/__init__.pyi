from .arclength import resume_branch, samples, trace_branch
from .branch import Branch, Sample, SpecialPoint
from .callable_problem import Problem
from .compiled_problem import CompiledProblem
from .curve import Curve
from .curves import (
    trace_branch_point_curve,
    trace_flip_curve,
    trace_fold_curve,
    trace_hopf_curve,
    trace_neimark_sacker_curve,
    trace_user_curve,
)
from .deflation import find_solutions
from .derivative_check import check_derivatives
from .diagram import Diagram, bifurcation_diagram
from .errors import ConvergenceError, InvalidInputError, MlpcontError, StoreError, UnknownNameError
from .exports import load
from .leaving import special_point, switch_branch
from .maps import gradient_descent, map_problem, period_k, period_two, switch_to_period_two
from .meaning import Meaning
from .newton_method import NewtonResult, newton
from .options import NewtonOptions, StepOptions
from .progress import Progress
from .switching import Offshoot, branch_directions

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
    "Progress",
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
