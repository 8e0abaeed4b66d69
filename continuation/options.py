"""The options of Newton and of the step, checked where they are made."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from continuation.arrays import Array
from continuation.errors import InvalidInputError

__all__ = [
    "NEWTON",
    "STEP",
    "NewtonOptions",
    "StepOptions",
    "as_number",
    "as_numbers",
    "as_real",
    "as_state",
    "as_states",
    "require_count",
]


@dataclass(frozen=True)
class NewtonOptions:
    """When Newton has converged. Both tolerances are relative to the scale of the problem.

    Parameters
    ----------
    step_tolerance : float
        Of the next Newton step, as foreseen from the contraction of the last ones.
    residual_tolerance : float
        Of the residual, relative to 1 + |J| |x| + |dF/dp| |p|.
    max_iterations : int

    Examples
    --------
    >>> from continuation import NewtonOptions, Problem, newton
    >>> once = NewtonOptions(max_iterations=1)
    >>> newton(Problem(lambda x, p: p - x**2), [9.0], 2.0, once).converged
    False
    """

    step_tolerance: float = 1e-11
    residual_tolerance: float = 1e-10
    max_iterations: int = 10

    def __post_init__(self) -> None:
        for name in ("step_tolerance", "residual_tolerance"):
            _require_positive(name, getattr(self, name))
        require_count("max_iterations", self.max_iterations)


@dataclass(frozen=True)
class StepOptions:
    """Lengths of a step, measured as arclength in (x / state_scale, p / parameter_scale).

    Parameters
    ----------
    initial, minimum, maximum : float
        A run ends where no step of the minimum length succeeds.
    max_angle : float
        Radians; a step that turns the tangent by more is taken again with half the length.
    max_samples : int
        The run ends after so many samples.
    state_scale : float or (n,) array_like, optional
        What counts as 1 in the unknowns: in all, or in each. Lengths of steps, and the tolerances
        of Newton, are meant in it. Where not given it is found at the start and adapted: 1 for
        what is of order 1, else the size of each unknown, or what it changes by.
    parameter_scale : float, optional
        The same for the parameter. Chosen from the limits where not given: 1 for limits of
        order 1.

    Examples
    --------
    >>> from continuation import Problem, StepOptions, trace_branch
    >>> problem = Problem(lambda x, p: p - x**2)
    >>> fine = trace_branch(problem, [1.0], 1.0, (0.1, 1), -1, step=StepOptions(maximum=0.01))
    >>> coarse = trace_branch(problem, [1.0], 1.0, (0.1, 1), -1)
    >>> len(fine.p) > len(coarse.p)
    True
    """

    initial: float = 0.01
    minimum: float = 1e-9
    maximum: float = 0.1
    max_angle: float = 0.4
    max_samples: int = 10_000
    state_scale: float | Sequence[float] | Array | None = None
    parameter_scale: float | None = None

    def __post_init__(self) -> None:
        for name in ("initial", "minimum", "maximum", "max_angle"):
            _require_positive(name, getattr(self, name))
        require_count("max_samples", self.max_samples)
        if self.parameter_scale is not None:
            _require_positive("parameter_scale", self.parameter_scale)
        if self.state_scale is not None:
            scales = as_real("state_scale", self.state_scale)
            for scale in scales.ravel():
                _require_positive("state_scale", float(scale))
            plain = tuple(scales.tolist()) if scales.ndim else float(scales)
            object.__setattr__(self, "state_scale", plain)
        if not self.minimum <= self.initial <= self.maximum:
            raise InvalidInputError(
                "step lengths must be ordered minimum <= initial <= maximum, got "
                f"{self.minimum:g}, {self.initial:g}, {self.maximum:g}. "
                "The sign of the run is given by direction, not by the step."
            )


def _require_positive(name: str, value: float) -> None:
    number = as_real(name, value)
    if number.ndim or not (number > 0 and np.isfinite(number)):
        raise InvalidInputError(f"{name} must be a positive number, got {value}.")


def require_count(name: str, value: Any) -> None:
    """Raise `InvalidInputError` for what is no whole number from 1 on."""
    is_whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
    if not is_whole or value < 1:
        raise InvalidInputError(f"{name} must be a positive whole number, got {value!r}.")


COMPLEX = " Take real and imaginary parts as unknowns of their own."
"""What to do about complex unknowns."""


def as_state(x: Any, name: str = "the state") -> Array:
    """A fresh float vector, or an error that says what came."""
    state = as_real(name, x)
    if state.ndim != 1 or state.size == 0:
        raise InvalidInputError(f"{name} must be a vector of shape (n,), got shape {state.shape}.")
    if not np.isfinite(state).all():
        raise InvalidInputError(f"{name} contains NaN or infinity; start from finite numbers.")
    return state


def as_number(name: str, value: Any, finite: bool = True) -> float:
    """A real number, or an error that says what came."""
    number = np.float64(value) if isinstance(value, float) else as_real(name, value)
    if number.ndim or math.isnan(number) or (finite and math.isinf(number)):
        raise InvalidInputError(f"{name} must be one finite number, got {value!r}.")
    return float(number)


def as_states(name: str, values: Any, n: int | None = None) -> list[Array]:
    """Vectors of one length (of n unknowns), or an error that says what came."""
    if not isinstance(values, Iterable) or isinstance(values, str | bytes):
        raise InvalidInputError(
            f"{name} must be a sequence of states, such as [[0.0], [1.0]]; got {values!r}."
        )
    states = [as_state(x, f"each of {name}") for x in values]
    for x in states:
        if x.size != (n or states[0].size):
            raise InvalidInputError(
                f"each of {name} must have {n or states[0].size} unknowns, got {x.size}."
            )
    return states


def as_numbers(name: str, values: Any) -> tuple[float, ...]:
    """Finite numbers in a row, or an error that says what came."""
    if np.ndim(values) != 1:
        raise InvalidInputError(
            f"{name} must be a sequence of numbers such as [0.5, 1.0], got {values!r}."
        )
    return tuple(as_number(f"one of {name}", v) for v in values)


def as_real(name: str, value: Any) -> Array:
    """Real numbers in double precision: nothing else is turned into them silently."""
    try:
        given = np.asarray(value)
    except ValueError:  # rows of different lengths
        given = np.asarray(None)
    if given.dtype.kind not in "iuf" and given.size:
        raise InvalidInputError(
            f"{name} must consist of real numbers, got {type(value).__name__} {value!r}."
            + COMPLEX * (given.dtype.kind == "c")
        )
    return np.array(given, dtype=np.float64)


NEWTON = NewtonOptions()
"""The default."""

STEP = StepOptions()
"""The default."""
