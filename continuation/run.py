"""What a run along one branch is asked to do, checked where it is asked."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from continuation.arrays import Array
from continuation.errors import InvalidInputError
from continuation.options import NewtonOptions, StepOptions, as_number, as_numbers
from continuation.problem import AnyProblem, require_problem
from continuation.user_functions import ScalarFunction

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
        require_problem(self.problem)
        _require("step", self.step, StepOptions, "StepOptions(initial=0.1)")
        _require("newton", self.newton, NewtonOptions, "NewtonOptions(max_iterations=20)")
        object.__setattr__(self, "limits", _limits(self.limits))
        object.__setattr__(self, "targets", tuple(sorted({*as_numbers("targets", self.targets)})))
        object.__setattr__(self, "functions", _functions(self.functions))
        object.__setattr__(self, "bounds", _bounds(self.bounds))

    def box(self, n: int) -> tuple[Array, Array]:
        """Lowest and highest values of n unknowns."""
        low, high = np.full(n, -np.inf), np.full(n, np.inf)
        for name, limits in (self.bounds or {}).items():
            i = self.problem.meaning.index(name, n)
            low[i], high[i] = limits
        return low, high

    def check_functions(self, x: Array, p: float) -> None:
        """Raise `InvalidInputError` where a function of the user cannot be used at a start."""
        for function in (self.functions or {}).values():
            if isinstance(function, ScalarFunction):
                function.check(x, p)

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


def _require(name: str, value: Any, kind: type, example: str) -> None:
    if not isinstance(value, kind):
        raise InvalidInputError(
            f"{name} must be made by {kind.__name__}, for example {example}; got {value!r}."
        )


def _limits(limits: Any, name: str = "p_limits") -> tuple[float, float]:
    is_pair = isinstance(limits, tuple) and len(limits) == 2
    if not is_pair and np.shape(limits) != (2,):
        raise InvalidInputError(f"{name} must be a pair (low, high), got {limits!r}.")
    low, high = (as_number("a limit", v, finite=False) for v in limits)
    if not low < high:
        raise InvalidInputError(f"{name} must be (low, high) with low < high, got {limits}.")
    return low, high


def _bounds(bounds: Any) -> Bounds:
    if bounds is None:
        return {}
    if not isinstance(bounds, Mapping):
        raise InvalidInputError(
            f"bounds must map unknowns to (low, high), such as {{'V': (-80, 60)}}; got {bounds!r}."
        )
    return {name: _limits(limits, f"bounds of {name}") for name, limits in bounds.items()}


def _functions(functions: Any) -> Functions:
    if functions is None:
        return {}
    if not isinstance(functions, Mapping) or not all(map(callable, functions.values())):
        raise InvalidInputError(
            "functions must map names to functions of (x, p), such as "
            f"{{'level': lambda x, p: x[0] - 1}}; got {functions!r}."
        )
    return {
        name: f if isinstance(f, ScalarFunction) else ScalarFunction(str(name), f)
        for name, f in functions.items()
    }
