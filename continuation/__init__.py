"""Continuation of solutions of F(x, p) = 0: branches, special points, diagrams.

The engine knows nothing of networks; `continuation.landscape` builds on it.
"""

from .arclength import resume_branch, samples, trace_branch
from .branch import Branch, Sample, SpecialPoint
from .errors import (
    ConvergenceError,
    InvalidInputError,
    MlpcontError,
    StoreError,
    UnknownNameError,
)
from .newton import NewtonResult, newton
from .options import NewtonOptions, StepOptions
from .problem import CompiledProblem, Problem, check_derivatives

__all__ = [
    "Branch",
    "CompiledProblem",
    "ConvergenceError",
    "InvalidInputError",
    "MlpcontError",
    "NewtonOptions",
    "NewtonResult",
    "Problem",
    "Sample",
    "SpecialPoint",
    "StepOptions",
    "StoreError",
    "UnknownNameError",
    "check_derivatives",
    "newton",
    "resume_branch",
    "samples",
    "trace_branch",
]
