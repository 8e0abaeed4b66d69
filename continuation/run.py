"""What a run along one branch is asked to do, checked where it is asked."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from continuation.arrays import Array
from continuation.errors import InvalidInputError
from continuation.options import NewtonOptions, StepOptions, as_number
from continuation.problem import AnyProblem

__all__ = ["Bounds", "Functions", "Run"]

Functions = Mapping[str, Callable[[Array, float], float]]
Bounds = Mapping[str | int, tuple[float, float]]


@dataclass(frozen=True, eq=False)
class Run:
    """A problem with the limits, the options and the events of a run.

    Attributes
    ----------
    problem : Problem or CompiledProblem
    limits : (float, float)
        Of the parameter.
    step : StepOptions
    newton : NewtonOptions
    targets : tuple of float
    functions : mapping of name to callable
    bounds : mapping of a name or index of an unknown to (low, high)
        Where a branch ends, too.
    singular : bool
        Look for singular points; else only for turns, targets and zeros of the functions.
    """

    problem: AnyProblem
    limits: tuple[float, float]
    step: StepOptions
    newton: NewtonOptions
    targets: Sequence[float] = ()
    functions: Functions | None = None
    singular: bool = True
    bounds: Bounds | None = None

    def __post_init__(self) -> None:
        _require("problem", self.problem, AnyProblem)
        _require("step", self.step, StepOptions)
        _require("newton", self.newton, NewtonOptions)
        object.__setattr__(self, "limits", _limits(self.limits))
        object.__setattr__(self, "targets", _targets(self.targets))
        object.__setattr__(self, "functions", _functions(self.functions))
        object.__setattr__(self, "bounds", _bounds(self.bounds))

    def box(self, n: int) -> tuple[Array, Array]:
        """Lowest and highest values of n unknowns."""
        low, high = np.full(n, -np.inf), np.full(n, np.inf)
        for name, limits in (self.bounds or {}).items():
            i = self.problem.meaning.index(name, n)
            low[i], high[i] = limits
        return low, high

    def is_inside(self, x: Array) -> bool:
        """Whether a state lies within the bounds."""
        low, high = self.box(x.size)
        return bool(((low <= x) & (x <= high)).all())

    def parameter(self, p: Any) -> float:
        """A value of the parameter that lies within the limits."""
        value = as_number("the start p", p)
        low, high = self.limits
        if not low <= value <= high:
            raise InvalidInputError(
                f"the start p = {value:g} is outside p_limits = ({low:g}, {high:g}). "
                "Widen the limits or start inside."
            )
        return value


def _require(name: str, value: Any, kind: type) -> None:
    if not isinstance(value, kind):
        example = {
            StepOptions: "StepOptions(initial=0.1)",
            NewtonOptions: "NewtonOptions(max_iterations=20)",
        }.get(kind, "Problem(f)")
        raise InvalidInputError(
            f"{name} must be made by {kind.__name__.removeprefix('Any')}, for example {example}; "
            f"got {value!r}."
        )


def _limits(p_limits: Any) -> tuple[float, float]:
    is_pair = isinstance(p_limits, tuple) and len(p_limits) == 2
    if not is_pair and np.shape(p_limits) != (2,):
        raise InvalidInputError(f"p_limits must be a pair (low, high), got {p_limits!r}.")
    low, high = (as_number("a limit", v, finite=False) for v in p_limits)
    if not low < high:
        raise InvalidInputError(f"p_limits must be (low, high) with low < high, got {p_limits}.")
    return low, high


def _targets(targets: Any) -> tuple[float, ...]:
    is_plain = isinstance(targets, (tuple, list, np.ndarray))
    if not is_plain and (isinstance(targets, str) or not isinstance(targets, Sequence)):
        raise InvalidInputError(
            f"targets must be a sequence of parameter values such as [0.5, 1.0], got {targets!r}."
        )
    return tuple(as_number("a target", p) for p in targets)


def _bounds(bounds: Any) -> Bounds:
    if bounds is None:
        return {}
    if not isinstance(bounds, Mapping):
        raise InvalidInputError(
            f"bounds must map unknowns to (low, high), such as {{'V': (-80, 60)}}; got {bounds!r}."
        )
    return {name: _limits(limits) for name, limits in bounds.items()}


def _functions(functions: Any) -> Functions:
    if functions is None:
        return {}
    if not isinstance(functions, Mapping) or not all(map(callable, functions.values())):
        raise InvalidInputError(
            "functions must map names to functions of (x, p), such as "
            f"{{'level': lambda x, p: x[0] - 1}}; got {functions!r}."
        )
    return dict(functions)
