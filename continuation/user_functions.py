"""The functions of a user as the engine calls them: of (x, p), and never raising in mid-run."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import linalg, sparse

from continuation.arrays import Array
from continuation.errors import InvalidInputError
from continuation.options import as_number

__all__ = [
    "ScalarFunction",
    "UserFunction",
    "checked_combinations",
    "checked_parameters",
    "checked_states",
]


@dataclass(frozen=True, eq=False)
class UserFunction:
    """A function of (x, p), or of x and parameters by name of which one is free.

    Where it raises, the equations have left their domain: called, it gives NaN, which every
    iteration here takes for a failure; `raw` raises what the user's code raises.

    Attributes
    ----------
    name : str
        What it is of a problem: "residual", "jacobian" or "dresidual_dp".
    function : callable
    parameters : mapping of name to float, or None
        With values for all parameters; None for a function of (x, p).
    free : str
        The parameter whose value is p.
    """

    name: str
    function: Callable[..., Any]
    parameters: Mapping[str, float] | None
    free: str

    def raw(self, x: Array, p: float) -> Any:
        """The value, or the user's own exception.

        A function may work in place: it gets a copy of x, and may return the same array each time.
        Lists, tables and matrices are arrays to the engine, and sparse ones have columns.
        """
        if self.parameters is None:
            value = self.function(np.array(x), p)
        else:
            value = self.function(np.array(x), **{**self.parameters, self.free: p})
        is_matrix = sparse.issparse(value) and self.name == "jacobian"
        return value.tocsc(copy=True) if is_matrix else np.array(_dense(value))

    def __call__(self, x: Array, p: float) -> Any:
        """The value; NaN outside the domain, and for a matrix, which may be sparse, LinAlgError."""
        try:
            return self.raw(x, p)
        except Exception as error:  # the user's code may raise anything
            if self.name == "jacobian":
                raise linalg.LinAlgError(self.trouble(error)) from error
            return np.full(np.size(x), np.nan)

    def trouble(self, error: Exception) -> str:
        """What happened, in words."""
        return f"{self.name} raised {type(error).__name__}: {error}"


def _dense(value: Any) -> Any:
    return value.toarray() if sparse.issparse(value) else value


@dataclass(frozen=True, eq=False)
class ScalarFunction:
    """A function of (x, p) that has one number as its value, as the engine calls it.

    Where it raises it is not defined: called, it gives NaN, which is no change of sign; `raw`
    raises what the user's code raises.

    Attributes
    ----------
    name : str
    function : callable
    """

    name: str
    function: Callable[[Array, float], Any]

    def raw(self, x: Array, p: float) -> float:
        """The value, or the user's own exception; it gets a copy of x."""
        value = np.asarray(self.function(np.array(x), p))
        if value.size != 1 or value.dtype.kind not in "biuf":
            raise InvalidInputError(
                f"the function {self.name!r} must return one real number, got {value!r}."
            )
        return float(value.reshape(()))

    def __call__(self, x: Array, p: float) -> float:
        """The value; NaN outside the domain."""
        try:
            return self.raw(x, p)
        except Exception:  # the user's code may raise anything
            return np.nan

    def check(self, x: Array, p: float) -> None:
        """Raise `InvalidInputError` where it raises at a start."""
        try:
            self.raw(x, p)
        except InvalidInputError:
            raise
        except Exception as error:  # the user's code may raise anything
            raise InvalidInputError(
                f"the function {self.name!r} raised {type(error).__name__}: {error} at the start. "
                "Return NaN where it is not defined."
            ) from error


def checked_parameters(parameters: Any, free: str | None) -> tuple[dict[str, float] | None, str]:
    """Values of all parameters by name, and the name of the free one."""
    if parameters is None:
        return None, free or "p"
    if not isinstance(parameters, Mapping) or not parameters:
        raise InvalidInputError(
            f"parameters must map names to values, such as {{'I': 0.0}}; got {parameters!r}."
        )
    values = {
        str(name): as_number(f"parameter {name}", value, finite=False)
        for name, value in parameters.items()
    }
    if free is None and len(values) > 1:
        raise InvalidInputError(f"say which parameter is free: one of {', '.join(values)}.")
    name = next(iter(values)) if free is None else free
    if name not in values:
        raise InvalidInputError(f"free must be one of {', '.join(values)}; got {name!r}.")
    return values, name


def checked_states(states: Any, parameters: Collection[str]) -> tuple[str, ...]:
    """Names of the unknowns, each once, and none of a parameter."""
    is_several = isinstance(states, Iterable) and not isinstance(states, str)
    states = list(states) if is_several else states
    if not is_several or not all(isinstance(name, str) for name in states):
        raise InvalidInputError(
            f"states must be a sequence of names, such as ['V', 'w']; got {states!r}."
        )
    if len(set(states)) < len(states):
        raise InvalidInputError(f"states must have names of their own, got {states}.")
    for name in states:
        if name in parameters:
            raise InvalidInputError(f"{name!r} names a parameter and an unknown: rename one.")
    return tuple(map(str, states))


def checked_combinations(conserved: Any, mass: Any) -> Array | None:
    """Rows of independent combinations of unknowns, shape (c, n)."""
    if conserved is None:
        return None
    if mass is not None:
        raise InvalidInputError("conserved goes with x' = F only: leave out mass.")
    rows = np.atleast_2d(np.asarray(conserved))
    plain = rows.dtype.kind in "iuf" and rows.ndim == 2 and np.isfinite(rows).all()
    if not plain or (rows.size and np.linalg.matrix_rank(rows) < len(rows)):
        raise InvalidInputError(
            "conserved must be independent rows of coefficients of the unknowns, such as "
            f"[[1, 1, 0]]; got {conserved!r}."
        )
    return np.array(rows, dtype=np.float64)
