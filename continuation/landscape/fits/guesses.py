"""Where fits of a formula begin, and within which bounds: what users give, checked."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from continuation.arrays import Array
from continuation.errors import InvalidInputError
from continuation.landscape.network import FORMULA
from continuation.wording import counted
from symbolic import Model


@dataclass(frozen=True, eq=False)
class Guesses:
    """Where a search among the parameters of a formula begins, and where it may go.

    Attributes
    ----------
    starts : ndarray, shape (k, d)
        Empty if none are given; those outside the bounds are moved onto them.
    lower, upper : ndarray, shape (d,)
    moved : int
        How many starts lay outside.
    """

    starts: Array
    lower: Array
    upper: Array
    moved: int = 0

    @classmethod
    def of(
        cls, model: Model, starts: ArrayLike | None, bounds: tuple[ArrayLike, ArrayLike] | None
    ) -> Guesses:
        """What a user has given.

        Raises
        ------
        InvalidInputError
            A network, which takes neither; starts that are not finite or of another shape; bounds
            that leave nothing between them.
        """
        d = model.dimension
        if starts is not None or bounds is not None:
            FORMULA.require(model)
        begin = np.empty((0, d)) if starts is None else _starts(starts, d)
        lower, upper = _bounds((-np.inf, np.inf) if bounds is None else bounds, d)
        inside = np.clip(begin, lower, upper)
        return cls(inside, lower, upper, int((inside != begin).any(axis=1).sum()))

    @property
    def notes(self) -> tuple[str, ...]:
        """What was done to the starts."""
        if not self.moved:
            return ()
        return (f"{counted(self.moved, 'start')} outside the bounds: begun on the bounds instead",)


def _starts(starts: ArrayLike, d: int) -> Array:
    rows = np.atleast_2d(np.asarray(starts, dtype=np.float64))
    if rows.ndim != 2 or rows.shape[1] != d or not np.isfinite(rows).all():
        raise InvalidInputError(
            f"starts must be finite numbers of shape ({d},) or (k, {d}), one for each parameter, "
            f"not {np.asarray(starts).tolist()!r}"
        )
    return rows


def _bounds(bounds: tuple[ArrayLike, ArrayLike], d: int) -> tuple[Array, Array]:
    try:
        lower, upper = (np.broadcast_to(np.asarray(b, dtype=np.float64), (d,)) for b in bounds)
    except (TypeError, ValueError) as error:
        raise InvalidInputError(
            f"bounds must be (lower, upper), numbers or {d} numbers each, not {bounds!r}"
        ) from error
    if not (lower < upper).all():
        raise InvalidInputError(f"every lower bound must be below its upper one, not {bounds!r}")
    return lower, upper
