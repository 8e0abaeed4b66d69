"""The plane of two parameters of a loss: lines in it, the loss at a point, units."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from continuation.arrays import Array
from continuation.errors import InvalidInputError
from continuation.landscape.network import (
    OF_DATA,
    Conditions,
    Loss,
    LossAlong,
    as_limits,
    narrower,
    require_known,
)

EASE = ("noise", "weight_decay", "population", "size")
"""In which parameter lines are followed: in the noise branches are smooth, and limit models
compiled; along the size they bend at every sample."""

AWAY = 0.05
"""Distance of a line from a size at which curves bend, relative to that between two such sizes."""

Limits = tuple[tuple[float, float], tuple[float, float]]


@dataclass(frozen=True, eq=False)
class Plane:
    """Two parameters of a loss over their limits, everything else fixed.

    Attributes
    ----------
    loss : Loss
    x, y : str
        Names of the parameters.
    limits : pair of (float, float)
        Of x, and of y.
    fixed : Conditions
        The others; the entries of x and y play no part.
    schedule : tuple of int
        Of sizes, see `Loss.problem`.

    Raises
    ------
    UnknownNameError
        For other names.
    InvalidInputError
        For equal names, limits that do not fit, a noise that reaches 0 (there the teacher's own
        sets are degenerate), or sizes that these data do not have.
    """

    loss: Loss
    x: str
    y: str
    limits: Limits
    fixed: Conditions = field(default=Conditions())
    schedule: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        for name in (self.x, self.y):
            require_known(name, OF_DATA)
        if self.x == self.y:
            raise InvalidInputError(
                f"a plane has two different parameters, not {self.x!r} twice; "
                f"choose two of {', '.join(OF_DATA)}"
            )
        object.__setattr__(self, "limits", _as_limits(self.limits, (self.x, self.y)))
        if self.schedule and "size" not in (self.x, self.y):
            raise InvalidInputError("a schedule belongs to the parameter 'size'")
        if {self.x, self.y} == {"size", "population"}:
            raise InvalidInputError(
                "a plane of 'size' and 'population' is not offered: both are ways to the "
                "population; choose one of them with 'noise' or 'weight_decay'"
            )
        for point in np.array(self.limits).T:
            self.along(0, float(point[1])).problem()
            self.along(1, float(point[0])).problem()

    @property
    def names(self) -> tuple[str, str]:
        """(x, y)."""
        return self.x, self.y

    @property
    def first(self) -> int:
        """The axis along which lines are followed."""
        return min((0, 1), key=lambda axis: EASE.index(self.names[axis]))

    def narrower(self) -> tuple[Plane, ...]:
        """The same planes of the networks of fewer units, which sets of this one lie over."""
        model = self.loss.model
        if self.decays or not (model.is_perceptron and model.free_output):
            return ()
        return tuple(
            replace(self, loss=narrower(self.loss, model.with_hidden(units)))
            for units in range(1, model.hidden)
        )

    @property
    def decays(self) -> bool:
        """Whether there is weight decay in it."""
        return self.fixed.decays or "weight_decay" in self.names

    def along(self, axis: int, other: float) -> LossAlong:
        """The loss along one axis, at a value of the other; beyond its limits, that of the limit.

        Differences step over the limits, where a size or a noise may have no meaning.
        """
        value = float(np.clip(other, *self.limits[1 - axis]))
        fixed = self.fixed.where(self.names[1 - axis], value)
        return LossAlong(self.loss, self.names[axis], fixed, self.schedule)

    def off_kinks(self, q: float) -> float:
        """A value of the second parameter, near this one, at which curves are smooth.

        Along the size they bend where a block of a schedule is complete, without a schedule at
        every whole number: derivatives there belong to one side only.
        """
        low, high = self.limits[1 - self.first]
        if self.names[1 - self.first] != "size":
            return q
        sizes = np.array(self.schedule or np.arange(np.floor(low), np.ceil(high) + 1), dtype=float)
        nearest = float(sizes[np.argmin(np.abs(sizes - q))])
        room = AWAY * float(np.diff(sizes).min(initial=high - low))
        if abs(q - nearest) >= room:
            return q
        return nearest + room if nearest + room <= high else nearest - room

    def at(self, point: Array | Sequence[float]) -> tuple[Loss, Conditions]:
        """Loss and conditions at a point (x, y)."""
        along = self.along(self.first, float(point[1 - self.first]))
        p = float(point[self.first])
        return along.loss_at(p), along.conditions(p)

    def point(self, p: float, q: float) -> Array:
        """(x, y) where the first parameter is p and the other one q."""
        return np.array([p, q] if self.first == 0 else [q, p])

    def to_square(self, points: Array) -> Array:
        """Points (..., 2) in units of the limits."""
        low, high = np.array(self.limits).T
        return np.asarray((np.asarray(points, dtype=np.float64) - low) / (high - low))

    def from_square(self, points: Array) -> Array:
        """Inverse of `to_square`."""
        low, high = np.array(self.limits).T
        return np.asarray(low + np.asarray(points) * (high - low))

    def require_inside(self, point: Array) -> None:
        """Refuse points outside the limits.

        Raises
        ------
        InvalidInputError
        """
        square = self.to_square(point)
        if not ((square >= 0.0) & (square <= 1.0)).all():
            ranges = ", ".join(
                f"{name} {low:g} to {high:g}"
                for name, (low, high) in zip(self.names, self.limits, strict=True)
            )
            raise InvalidInputError(f"the point {point.tolist()} lies outside the plane: {ranges}")


def _as_limits(limits: object, names: tuple[str, str]) -> Limits:
    """Limits of both parameters, or an error that says which is wrong."""
    pairs = tuple(limits) if isinstance(limits, tuple | list | np.ndarray) else ()
    if len(pairs) != 2:
        raise InvalidInputError(
            f"limits must be two pairs ((low, high), (low, high)) of {names[0]} and of {names[1]}, "
            f"not {limits!r}"
        )
    checked = []
    for name, pair in zip(names, pairs, strict=True):
        try:
            low, high = as_limits(pair)
        except InvalidInputError as error:
            raise InvalidInputError(f"{name}: {error}") from None
        if name == "noise" and low <= 0.0:
            raise InvalidInputError(
                f"noise: the lower limit must be positive, not {low:g}: without noise the sets of "
                "the teacher are degenerate (see zero_noise_sets)"
            )
        if name == "population" and high > 1.0:
            raise InvalidInputError(f"population: limits must lie in [0, 1], not {pair!r}")
        checked.append((low, high))
    return checked[0], checked[1]
