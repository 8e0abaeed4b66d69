"""Problems by plain functions of (x, p), or of x and parameters that have names."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
from scipy import linalg

from continuation import differences
from continuation.arrays import Array
from continuation.errors import InvalidInputError, UnknownNameError
from continuation.meaning import Meaning
from continuation.options import as_number
from continuation.pencil import checked_mass
from continuation.problem import AnyProblem, Kernel, check_values
from continuation.user_functions import (
    UserFunction,
    checked_combinations,
    checked_parameters,
    checked_states,
)

__all__ = ["Problem", "kernel_of"]

FUNCTIONS = ("residual", "jacobian", "dresidual_dp")
"""What the user gives as functions of (x, p); the derivatives may be left out."""


def kernel_of(residual: Any, jacobian: Any, dresidual_dp: Any) -> Kernel:
    """Three functions of (x, p) in the form the tracer calls."""

    def kernel(
        x: Array, p: float, _c: Array, _d: Array, _w: Array, f: Array, j: Any, fp: Array
    ) -> float:
        f[:] = residual(x, p)
        try:
            j[:] = jacobian(x, p)
        except linalg.LinAlgError:  # outside the domain
            f[:] = np.nan
        fp[:] = dresidual_dp(x, p)
        return 0.0

    return kernel


@dataclass(frozen=True, eq=False)
class Problem(AnyProblem):
    """F(x, p) = 0 by plain callables.

    Parameters
    ----------
    residual : callable
        F(x, p) -> (n,), for x of shape (n,) and a number p. With `parameters`: F(x, **parameters).
    jacobian : callable, optional
        (x, p) -> (n, n), dense or scipy.sparse; differences where not given. With `parameters`:
        (x, **parameters).
    dresidual_dp : callable, optional
        (x, p) -> (n,); differences where not given. With `parameters`: (x, **parameters), the
        derivative by the parameter that is free.
    symmetric : bool
        The Jacobian is symmetric (gradients): real eigenvalues and exact counts of their signs.
    second_derivative, third_derivative : callable, optional
        (z, u, v) -> D²F[u, v] and (z, u, v, w) -> D³F[u, v, w], shape (n,), with z = (x, p) and
        directions of shape (n + 1,).
    is_map : bool
        F(x, p) = G(x, p) - x; see `map_problem`.
    flow_sign : float
        Stability is that of x' = flow_sign F: 1, or -1 where F is the gradient of a potential.
    states : sequence of str, optional
        Names of the unknowns.
    parameters : mapping of str to float, optional
        Values of all parameters by name; the callables then take them as keywords.
    free : str, optional
        The parameter that is varied; where there are several it must be said.
    mass : (n, n) or (n,) array_like or sparse, optional
        Stability is that of M x' = F; M may be singular (differential-algebraic equations of
        index 1).
    conserved : (c, n) or (n,) array_like, optional
        Combinations of unknowns that the flow conserves, held at their values at the start. Found
        where not given, but where the Jacobian is symmetric: there solutions form families, whose
        directions are held instead.

    Examples
    --------
    >>> from continuation import Problem
    >>> problem = Problem(
    ...     lambda x, a, b: a + b * x - x**3, parameters={"a": -2.0, "b": 1.0}, free="a"
    ... )
    >>> problem.freeing("b").meaning.held
    (('a', -2.0),)
    """

    # a field of its own: a bare annotation would take the base's method for a default
    residual: Callable[[Array, float], Any] = field()  # type: ignore[assignment]
    jacobian: Callable[[Array, float], Any] | None = None  # type: ignore[assignment]
    dresidual_dp: Callable[[Array, float], Any] | None = None  # type: ignore[assignment]
    symmetric: bool = False
    second_derivative: Callable[[Array, Array, Array], Array] | None = None
    third_derivative: Callable[[Array, Array, Array, Array], Array] | None = None
    is_map: bool = False
    flow_sign: float = 1.0
    states: Sequence[str] = ()
    parameters: Mapping[str, float] | None = None
    free: str | None = None
    mass: Any = None
    conserved: Any = None
    lengths: Array | None = field(default=None, repr=False)
    # what the kernel of a compiled problem reads; a plain one needs none
    constants: Array = field(init=False, repr=False, default_factory=lambda: np.zeros(1))
    data: Array = field(init=False, repr=False, default_factory=lambda: np.zeros((1, 1)))
    work: Array = field(init=False, repr=False, default_factory=lambda: np.zeros((1, 1)))

    def __post_init__(self) -> None:
        self._refuse_misuse()
        values, free = checked_parameters(self.parameters, self.free)
        checked: dict[str, Any] = {
            "parameters": values,
            "free": free,
            "states": checked_states(self.states, values or {free}),
            "mass": checked_mass(self.mass, self.symmetric, self.is_map),
            "conserved": checked_combinations(self.conserved, self.mass),
        }
        for name in FUNCTIONS:
            given = self._function(name)
            checked[name] = given and UserFunction(name, given, values, free)
        checked["jacobian"] = checked["jacobian"] or self._jacobian_by_differences
        checked["dresidual_dp"] = checked["dresidual_dp"] or self._dp_by_differences
        for name, value in checked.items():
            object.__setattr__(self, name, value)

    def _refuse_misuse(self) -> None:
        for name in FUNCTIONS:
            value = getattr(self, name)
            if not callable(value) and (name == "residual" or value is not None):
                raise InvalidInputError(
                    f"{name} must be a function of (x, p), got {type(value).__name__}."
                )
        for name in ("symmetric", "is_map"):
            value = getattr(self, name)
            if not isinstance(value, bool | np.bool_):
                raise InvalidInputError(f"{name} must be True or False, got {value!r}.")
        if as_number("flow_sign", self.flow_sign) == 0.0:
            raise InvalidInputError("flow_sign must be 1 or -1, got 0.")
        if self.parameters is not None and (self.second_derivative or self.third_derivative):
            raise InvalidInputError(
                "second and third derivatives are of functions of (x, p): leave them out where "
                "parameters have names."
            )

    def _function(self, name: str) -> Any:
        """A function as the user gave it; None for differences of the problem replaced by this."""
        given = getattr(self, name)
        if isinstance(given, UserFunction):
            given = given.function
        return None if isinstance(getattr(given, "__self__", None), Problem) else given

    @property
    def meaning(self) -> Meaning:
        """Names, held parameters and flow, for results."""
        held = tuple((k, v) for k, v in (self.parameters or {}).items() if k != self.free)
        return Meaning(
            states=tuple(self.states), parameter=self.free or "p", held=held,
            flow_sign=self.flow_sign, is_map=self.is_map, has_mass=self.mass is not None,
        )  # fmt: skip

    def at(self, **values: float) -> "Problem":
        """The same equations with other values of some parameters."""
        known = self._require_parameters(*values)
        return replace(self, **self._given(), parameters={**known, **values})

    def freeing(self, name: str) -> "Problem":
        """The same equations with another parameter free; the others are held at their values."""
        self._require_parameters(name)
        given = self._given()
        if name != self.free:
            given["dresidual_dp"] = None
        return replace(self, **given, free=name)

    def parameter_value(self, name: str) -> float:
        """The value of a parameter, held or free, that the problem was given."""
        return self._require_parameters(name)[name]

    def _given(self) -> dict[str, Any]:
        """The derivatives as they were given: those by differences belong to this instance."""
        return {
            name: value if isinstance(value := getattr(self, name), UserFunction) else None
            for name in FUNCTIONS[1:]
        }

    def _require_parameters(self, *names: str) -> Mapping[str, float]:
        known = self.parameters
        if known is None:
            raise InvalidInputError(
                "the parameters of this problem have no names: "
                "give them as Problem(f, parameters={'a': 0.0, 'b': 1.0}, free='a')."
            )
        for name in names:
            if name not in known:
                raise UnknownNameError(f"no parameter {name!r}; known are {', '.join(known)}.")
        return known

    def check(self, x: Array, p: float) -> None:
        """Raise `InvalidInputError` where shapes or values at a start are unusable."""
        combinations = 0 if self.conserved is None else self.conserved.shape[1]
        mass = 0 if self.mass is None else self.mass.shape[0]
        sizes = {"states": len(self.states), "mass": mass}
        for name, size in (sizes | {"conserved": combinations}).items():
            if size not in (0, x.size):
                raise InvalidInputError(f"{name} is for {size} unknowns, the state has {x.size}.")
        raised = self._raised(x, p)
        if raised is not None:
            words, error = raised
            raise InvalidInputError(
                f"{words} at the start ({self.free} = {p:.6g}). "
                "Start inside the domain of the equations."
            ) from error
        check_values(self, x, p, but=self.differenced)

    def trouble(self, x: Array, p: float) -> str:
        """What the user's functions raise at (x, p); empty where they do not."""
        raised = self._raised(x, p)
        return "" if raised is None else f"{raised[0]} at {self.free} = {p:.6g}"

    def _raised(self, x: Array, p: float) -> tuple[str, Exception] | None:
        """What the first of the user's functions that raises at (x, p) raises, in words too."""
        for function in (getattr(self, name) for name in FUNCTIONS):
            if isinstance(function, UserFunction):
                try:
                    function.raw(x, p)
                except Exception as error:  # the user's code may raise anything
                    return function.trouble(error), error
        return None

    def _jacobian_by_differences(self, x: Array, p: float) -> Array:
        lengths = self.lengths_at(np.append(x, p))[:-1]
        x = np.array(x, dtype=float)
        return differences.jacobian(lambda y: self.residual(y, p), x, lengths)

    def _dp_by_differences(self, x: Array, p: float) -> Array:
        def moved(h: float) -> Array:
            return np.asarray(self.residual(x, p + h), dtype=float)

        return np.asarray(differences.along(moved, float(self.lengths_at(np.append(x, p))[-1])))

    @property
    def differenced(self) -> dict[str, None]:
        """Names of the first derivatives that are taken by differences."""
        return {name: None for name, value in self._given().items() if value is None}

    def measured(self, lengths: Array) -> "Problem":
        """The same problem, its differences taken over these lengths (n + 1,) of (x, p)."""
        return replace(self, **self._given(), lengths=lengths)

    def __getstate__(self) -> dict[str, Any]:
        """Everything but the kernel, which is made anew where it is needed."""
        return {name: value for name, value in self.__dict__.items() if name != "kernel"}

    @cached_property
    def kernel(self) -> Kernel:  # type: ignore[override]
        """The callables in the form the tracer calls."""
        return kernel_of(self.residual, self.jacobian, self.dresidual_dp)

    def exact(self, z: Array, *directions: Array) -> Array | None:
        """By the callables given."""
        given = self.second_derivative if len(directions) == 2 else self.third_derivative
        return None if given is None else np.asarray(given(z, *directions), dtype=float)
