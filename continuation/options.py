"""The options of Newton and of the step, checked where they are made."""

from dataclasses import dataclass

import numpy as np

from continuation.errors import InvalidInputError

__all__ = ["NEWTON", "STEP", "NewtonOptions", "StepOptions", "as_state"]

Array = np.ndarray


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
    """

    step_tolerance: float = 1e-11
    residual_tolerance: float = 1e-10
    max_iterations: int = 10

    def __post_init__(self) -> None:
        for name in ("step_tolerance", "residual_tolerance", "max_iterations"):
            value = getattr(self, name)
            if not value > 0:
                raise InvalidInputError(f"{name} must be positive, got {value}.")


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
    state_scale : float or tuple of float, optional
        What counts as 1 in the unknowns: in all, or in each. It should be given where they are
        not of order 1: lengths of steps, and the tolerances of Newton, are meant in it. Where not
        given it is 1 for few unknowns.
    parameter_scale : float, optional
        The same for the parameter. Chosen from the limits where not given: 1 for limits of
        order 1.
    """

    initial: float = 0.01
    minimum: float = 1e-9
    maximum: float = 0.1
    max_angle: float = 0.4
    max_samples: int = 10_000
    state_scale: float | tuple[float, ...] | None = None
    parameter_scale: float | None = None

    def __post_init__(self) -> None:
        for name in ("initial", "minimum", "maximum", "max_angle", "max_samples"):
            _require_positive(name, getattr(self, name))
        if self.parameter_scale is not None:
            _require_positive("parameter_scale", self.parameter_scale)
        if self.state_scale is not None:
            for scale in np.ravel(self.state_scale):
                _require_positive("state_scale", float(scale))
        if not self.minimum <= self.initial <= self.maximum:
            raise InvalidInputError(
                "step lengths must be ordered minimum <= initial <= maximum, got "
                f"{self.minimum:g}, {self.initial:g}, {self.maximum:g}. "
                "The sign of the run is given by direction, not by the step."
            )


def _require_positive(name: str, value: float) -> None:
    if not value > 0 or not np.isfinite(value):
        raise InvalidInputError(f"{name} must be a positive number, got {value}.")


#: The defaults.
NEWTON = NewtonOptions()
STEP = StepOptions()


def as_state(x: Array) -> Array:
    """A fresh float vector, or an error that says what came."""
    state = np.array(x, dtype=np.float64)
    if state.ndim != 1 or state.size == 0:
        raise InvalidInputError(
            f"the state must be a vector of shape (n,), got shape {state.shape}."
        )
    if not np.isfinite(state).all():
        raise InvalidInputError("the state contains NaN or infinity; start from finite numbers.")
    return state
