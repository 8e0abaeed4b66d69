"""The exception tree above its root in `symbolic.errors`.

Numerical trouble (Newton stalls, a branch runs out of steps) is a *status* on the result, with a
message and a remedy. Exceptions are for misuse and for what cannot be carried on: each says what
was expected, what came, and what to do.
"""

from typing import Any

from symbolic.errors import MlpcontError

__all__ = [
    "ConvergenceError",
    "InvalidInputError",
    "MlpcontError",
    "StoreError",
    "UnknownNameError",
    "WorkerLostError",
    "require_type",
]


class InvalidInputError(MlpcontError, ValueError):
    """An argument has the wrong shape, range or content (NaN, empty, mismatched lengths)."""


def require_type(name: str, value: Any, kinds: type | tuple[type, ...], expected: str) -> None:
    """Raise `InvalidInputError` where an argument is of none of these kinds.

    Parameters
    ----------
    name : str
        Of the argument.
    value : object
    kinds : type or tuple of type
    expected : str
        What is expected, and where it comes from.
    """
    if not isinstance(value, kinds):
        raise InvalidInputError(f"{name} must be {expected}; got {type(value).__name__}.")


class UnknownNameError(InvalidInputError, LookupError):
    """A name (parameter, activation, preset, file entry) is not among the known ones."""


class ConvergenceError(MlpcontError, RuntimeError):
    """An iteration on which everything else depends did not converge."""


class StoreError(MlpcontError, OSError):
    """A result file cannot be written, or cannot be read back as what it claims to be."""


class WorkerLostError(MlpcontError, RuntimeError):
    """A worker process ended before its task, and so did the one that replaced it."""
