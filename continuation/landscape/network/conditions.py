"""What is fixed of a loss when its weights move: noise, data set size, weight decay, homotopy.

The public functions take these as keywords; everything below them passes one value on, and what
they find carries the conditions it was found under.
"""

from __future__ import annotations

import numbers
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypedDict, TypeGuard

import numpy as np

from continuation.arrays import Array
from continuation.errors import InvalidInputError, UnknownNameError
from continuation.landscape.network.dataset import LARGEST, SMALLEST, Dataset

PARAMETERS = ("noise", "size", "weight_decay", "population", "smoothing")
"""Names of the parameters of a loss; the position is the kernels' parameter code."""

OF_DATA = PARAMETERS[:4]
"""Those of the data and the penalty; the smoothing of kinks is one of the network itself."""

DECAY_PLACE, SIZE_PLACE = 2, 3
"""Positions of weight decay and size among the kernels' constants."""


class Given(TypedDict, total=False):
    """The keywords of the public functions.

    noise : float
        σ ≥ 0; must be 0 for observed data, whose noise cannot be told from the signal.
    size : float, optional
        Number n of leading samples that count, 2 ≤ n ≤ data.size; all if omitted.
    weight_decay : float
        ρ ≥ 0.
    """

    noise: float
    size: float | None
    weight_decay: float


@dataclass(frozen=True)
class Conditions:
    """Values of the parameters of a loss.

    Attributes
    ----------
    noise : float
        σ ≥ 0.
    size : float or None
        Number of leading samples that count; None: all, and where data carry weights.
    weight_decay : float
        ρ ≥ 0.
    population : float
        Homotopy s from the population (0) to the data set (1).
    smoothing : float or None
        Width over which kinks are rounded, see `Model.smoothed`; None: as the model says.
    """

    noise: float = 0.0
    size: float | None = None
    weight_decay: float = 0.0
    population: float = 1.0
    smoothing: float | None = None

    @property
    def decays(self) -> bool:
        """Whether there is weight decay: then nothing lies at infinity, and no line is level."""
        return self.weight_decay > 0.0

    @property
    def keywords(self) -> Given:
        """As the public functions take them."""
        return {"noise": self.noise, "size": self.size, "weight_decay": self.weight_decay}

    def __str__(self) -> str:
        given = {name: getattr(self, name) for name in PARAMETERS}
        return ", ".join(f"{k} = {float(v)}" for k, v in given.items() if v is not None)

    def value(self, parameter: str) -> float:
        """Value of one parameter; nan for the size of data that have none, and where unsaid."""
        require_known(parameter)
        value = getattr(self, parameter)
        return float("nan") if value is None else float(value)

    def where(self, parameter: str, value: float) -> Conditions:
        """The same with another value of one parameter."""
        return replace(self, **{parameter: value})

    def without(self, parameter: str) -> Conditions:
        """The same with one parameter as where nothing is said of it."""
        require_known(parameter)
        return self.where(parameter, getattr(Conditions(), parameter))

    def unless(
        self, noise: float | None, size: float | None, weight_decay: float | None
    ) -> Conditions:
        """The same, but for what is given."""
        given = {"noise": noise, "size": size, "weight_decay": weight_decay}
        return replace(self, **{k: value for k, value in given.items() if value is not None})

    def on(self, data: Dataset) -> Conditions:
        """The same said of one data set: its own size where none is given, none with weights."""
        if data.weights is not None:
            return replace(self, size=None)
        return self if self.size is not None else replace(self, size=float(data.size))

    def require_meaning(
        self, data: Dataset, parameter: str = "noise", schedule: Sequence[int] = ()
    ) -> None:
        """Refuse what has no meaning for a data set.

        Parameters
        ----------
        data : Dataset
        parameter : str
            What is continued.
        schedule : sequence of int
            Of sizes, see `Loss.problem`.

        Raises
        ------
        UnknownNameError
            For another parameter name.
        InvalidInputError
            A parameter outside its range or without meaning for this data set.
        """
        require_known(parameter)
        _check_noise(self.noise, data)
        _check_size(self.size, data, parameter)
        _check_schedule(schedule, data, parameter == "size" or self.size is not None)
        require_level("weight_decay", self.weight_decay)

    def constants(
        self, data: Dataset, nodes: int, parameter: str, schedule: Sequence[int]
    ) -> Array:
        """The kernels' constants: code of the parameter, all values, nodes of the population."""
        size = float(data.size if self.size is None else self.size)
        code = float(PARAMETERS.index(parameter))
        head = [code, self.noise, self.weight_decay, size, self.population, float(nodes)]
        return np.array([*head, *schedule], dtype=np.float64)


def require_level(name: str, value: object) -> None:
    """Noise or weight decay: 0, or a number whose fourth power is one.

    Raises
    ------
    InvalidInputError
        For everything else.
    """
    # as a double: the bounds are beyond what shorter numbers hold
    if not (is_number(value) and (value == 0.0 or SMALLEST <= float(value) <= LARGEST)):
        raise InvalidInputError(
            f"{name} must be finite and >= 0 (0, or between {SMALLEST:g} and {LARGEST:g}), "
            f"not {value!r}"
        )


def as_limits(limits: object) -> tuple[float, float]:
    """The ends of the range of a parameter, two levels, or an error that says what came.

    Raises
    ------
    InvalidInputError
        What is no pair of numbers, or does not increase.
    """
    pair = tuple(limits) if isinstance(limits, tuple | list | np.ndarray) else ()
    if len(pair) != 2 or not all(map(is_number, pair)):
        raise InvalidInputError(f"limits must be finite and increasing numbers, not {limits!r}")
    for end in pair:
        require_level("each of the limits", end)
    low, high = (float(end) for end in pair)
    if not low < high:
        raise InvalidInputError(f"limits must be finite and increasing numbers, not {limits!r}")
    return low, high


def is_number(value: object) -> TypeGuard[float]:
    """Whether a value is one real number (of Python or NumPy, no truth value)."""
    return isinstance(value, numbers.Real) and not isinstance(value, bool)


def require_known(parameter: str, among: Sequence[str] = PARAMETERS) -> None:
    """Refuse what is no parameter of a loss, or none of some of them.

    Raises
    ------
    UnknownNameError
    """
    if parameter not in among:
        raise UnknownNameError(f"unknown parameter {parameter!r}; choose one of {', '.join(among)}")


def _check_noise(noise: float, data: Dataset) -> None:
    require_level("noise", noise)
    if data.kind == "observed" and noise != 0.0:
        raise InvalidInputError(
            "observed data have no separate noise: leave noise at 0 "
            "(continue in 'weight_decay' or 'size' instead)"
        )


def _check_size(size: float | None, data: Dataset, parameter: str) -> None:
    if (size is not None or parameter == "size") and data.weights is not None:
        raise InvalidInputError("only a data set with uniform weights has a size n")
    if size is not None and not (is_number(size) and 2 <= size <= data.size):
        raise InvalidInputError(f"size must lie in [2, {data.size}], not {size!r}")


def _check_schedule(schedule: Sequence[int], data: Dataset, sized: bool) -> None:
    steps = np.asarray(schedule, dtype=np.float64)
    if steps.size and not sized:
        raise InvalidInputError("a schedule belongs to the parameter 'size'")
    if steps.size and (
        steps.size < 2
        or (np.diff(steps) <= 0).any()
        or steps[0] < 2
        or steps[-1] > data.size
        or (steps != np.floor(steps)).any()
    ):
        raise InvalidInputError(
            f"schedule must be at least two increasing integers in [2, {data.size}], "
            f"not {list(schedule)!r}"
        )
