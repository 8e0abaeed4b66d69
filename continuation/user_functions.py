"""The functions of a user as the engine calls them: of (x, p), and never raising in mid-run."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import linalg, sparse

from continuation.arrays import Array
from continuation.errors import InvalidInputError

__all__ = ["UserFunction", "checked_combinations", "checked_parameters", "checked_states"]


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
        """
        if self.parameters is None:
            value = self.function(np.array(x), p)
        else:
            value = self.function(np.array(x), **{**self.parameters, self.free: p})
        return value.copy() if isinstance(value, np.ndarray) or sparse.issparse(value) else value

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


def checked_parameters(parameters: Any, free: str | None) -> tuple[dict[str, float] | None, str]:
    """Values of all parameters by name, and the name of the free one."""
    if parameters is None:
        return None, free or "p"
    if not isinstance(parameters, Mapping) or not parameters:
        raise InvalidInputError(
            f"parameters must map names to values, such as {{'I': 0.0}}; got {parameters!r}."
        )
    values = {str(name): _number(name, value) for name, value in parameters.items()}
    if free is None and len(values) > 1:
        raise InvalidInputError(f"say which parameter is free: one of {', '.join(values)}.")
    name = next(iter(values)) if free is None else free
    if name not in values:
        raise InvalidInputError(f"free must be one of {', '.join(values)}; got {name!r}.")
    return values, name


def _number(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | np.integer | np.floating):
        raise InvalidInputError(f"parameter {name} must be a real number, got {value!r}.")
    return float(value)


def checked_states(states: Any) -> tuple[str, ...]:
    """Names of the unknowns, each once."""
    is_several = isinstance(states, Sequence) and not isinstance(states, str)
    if not is_several or not all(isinstance(name, str) for name in states):
        raise InvalidInputError(
            f"states must be a sequence of names, such as ['V', 'w']; got {states!r}."
        )
    if len(set(states)) < len(states):
        raise InvalidInputError(f"states must have names of their own, got {list(states)}.")
    return tuple(states)


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
