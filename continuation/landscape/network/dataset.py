"""Data sets: nodes, targets, frozen noise and weights of one loss (docs/theory.md, Model)."""

from __future__ import annotations

import numbers
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import roots_hermitenorm

from continuation.errors import InvalidInputError

if TYPE_CHECKING:
    from symbolic import Model

POPULATION_NODES = 2000
"""Gauss-Hermite nodes of the population. The poles of tanh(4x) lie close to the real axis where
x ~ N(0, 2²), so that the rule converges slowly: the mean of T² is off by 9e-3 of itself with 200
nodes and by 4e-7 with 2000."""

NEGLIGIBLE_WEIGHT = 1e-18
"""Nodes with less than this share of the largest weight are left out: they stand below the
rounding of every sum. Of 2000 nodes, 258 remain."""

LARGEST, SMALLEST = 1e75, 1e-75
"""Range of the numbers of a data set: derivatives of the loss contain fourth powers of them, which
beyond it are no floating-point numbers any more."""

MOST_SAMPLES = 10**9

WHAT = {
    "c": "complex numbers; give their real parts or their moduli",
    "M": "dates; give numbers, as (t - t[0]) / np.timedelta64(1, 's')",
    "m": "durations; give numbers, as t / np.timedelta64(1, 's')",
    "U": "text; convert it with float()",
    "S": "text; convert it with float()",
    "T": "text; convert it with float()",
    "O": "Python objects (None, text, fractions, …); convert them with float()",
}
"""Kinds of arrays that are no real numbers, and what to do."""

WEIGHT_SUM_TOLERANCE = 1e-12
"""Relative rounding allowed in Σ ω = 1 after normalisation."""


@dataclass(frozen=True, eq=False)
class Dataset:
    """A finite data set, or the population, as nodes with targets, noise and weights.

    Use the constructors `sample`, `from_arrays`, `from_observations` and `population`.

    Attributes
    ----------
    x, target, noise : ndarray, shape (n,)
        Inputs x_i, noiseless targets T(x_i) (the observed y_i where there is no teacher) and
        frozen standard-normal noise ε_i. The loss sees y_i = T(x_i) + σ ε_i.
    weights : ndarray, shape (n,), or None
        ω_i with Σ ω_i = 1; None stands for 1/n each.
    kind : str
        "sampled", "arrays", "observed" or "population".
    """

    x: NDArray[np.float64]
    target: NDArray[np.float64]
    noise: NDArray[np.float64]
    weights: NDArray[np.float64] | None
    kind: str

    def __post_init__(self) -> None:
        for name in ("x", "target", "noise", "weights"):
            values = getattr(self, name)
            if values is None:
                continue
            array = np.array(as_real(name, values))
            if array.ndim != 1 or array.size != np.size(self.x):
                raise InvalidInputError(
                    f"{name} must be a vector of {np.size(self.x)} numbers like x, "
                    f"but has shape {array.shape}"
                )
            if not np.isfinite(array).all():
                where = int(np.flatnonzero(~np.isfinite(array))[0])
                raise InvalidInputError(f"{name}[{where}] is {array[where]}, not a finite number")
            _require_in_range(name, array)
            array.flags.writeable = False
            object.__setattr__(self, name, array)
        if self.x.size < 2:
            raise InvalidInputError(f"a data set needs at least 2 samples, but has {self.x.size}")
        if np.ptp(self.x) == 0.0:
            raise InvalidInputError(
                f"all {self.x.size} inputs equal {self.x[0]:g}; nothing can be learned from them"
            )
        self._check_weights()

    def _check_weights(self) -> None:
        if self.weights is None:
            return
        if (self.weights < 0.0).any() or not self.weights.sum() > 0.0:
            raise InvalidInputError("weights must be non-negative with a positive sum")
        if abs(self.weights.sum() - 1.0) > WEIGHT_SUM_TOLERANCE * self.weights.size:
            raise InvalidInputError(f"weights must sum to 1, but sum to {self.weights.sum():.17g}")

    @property
    def size(self) -> int:
        """Number of nodes n."""
        return int(self.x.size)

    @classmethod
    def sample(cls, model: Model, n: int, seed: int) -> Dataset:
        """Draw n inputs from the model's input law and n standard-normal noises.

        Inputs and noises come from two independent streams of the seed, so that the first m
        samples of a set of size n are the set of size m.

        Parameters
        ----------
        model : Model
            Gives the teacher and the input law.
        n : int
            Number of samples, at least 2.
        seed : int
            Seed of `numpy.random.SeedSequence`.

        Raises
        ------
        InvalidInputError
            Without a teacher, or when n < 2 or the seed is negative.
        """
        n, seed = as_whole("n", n, 2, MOST_SAMPLES), as_whole("seed", seed, 0)
        inputs, noises = (np.random.default_rng(s) for s in np.random.SeedSequence(seed).spawn(2))
        x = model.input_scale * inputs.standard_normal(n)
        return cls(x, _teach(model, x), noises.standard_normal(n), None, "sampled")

    @classmethod
    def from_arrays(
        cls,
        x: ArrayLike,
        *,
        model: Model,
        noise: ArrayLike | None = None,
        weights: ArrayLike | None = None,
    ) -> Dataset:
        """Given inputs, taught by the model's teacher.

        Parameters
        ----------
        x : array_like, shape (n,)
        model : Model
            Its teacher gives the targets.
        noise : array_like, shape (n,), optional
            Frozen noise ε; zero if omitted.
        weights : array_like, shape (n,), optional
            Non-negative; normalised here to Σ ω = 1.

        Raises
        ------
        InvalidInputError
            Wrong shapes, non-finite numbers, all inputs equal, no teacher.
        """
        x = as_real("x", x)
        noise = np.zeros_like(x) if noise is None else noise
        return cls(x, _teach(model, x), as_real("noise", noise), _normalised(weights), "arrays")

    @classmethod
    def from_observations(
        cls, x: ArrayLike, y: ArrayLike, *, weights: ArrayLike | None = None
    ) -> Dataset:
        """Observed pairs (x_i, y_i): no teacher, and no noise parameter.

        Raises
        ------
        InvalidInputError
            Wrong shapes, non-finite numbers, all inputs equal.
        """
        x = as_real("x", x)
        return cls(x, as_real("y", y), np.zeros_like(x), _normalised(weights), "observed")

    @classmethod
    def population(cls, model: Model, nodes: int = POPULATION_NODES) -> Dataset:
        """Gauss-Hermite nodes and weights of the input law N(0, input_scale²), without noise.

        Nodes of negligible weight are left out.

        References
        ----------
        Abramowitz and Stegun, *Handbook of Mathematical Functions*, 25.4.46.
        """
        nodes = as_whole("nodes", nodes, 2, MOST_SAMPLES)
        points, weights = roots_hermitenorm(nodes)
        kept = weights > NEGLIGIBLE_WEIGHT * weights.max()
        x = model.input_scale * points[kept]
        return cls(x, _teach(model, x), np.zeros_like(x), _normalised(weights[kept]), "population")

    def first(self, n: int) -> Dataset:
        """The data set of the first n samples (uniform weights only)."""
        if self.weights is not None:
            raise InvalidInputError("only a data set with uniform weights has a size n")
        n = as_whole("n", n, 2, self.size)
        return Dataset(self.x[:n], self.target[:n], self.noise[:n], None, self.kind)

    def rescaled(self, x: float, y: float) -> Dataset:
        """The same samples with inputs and targets multiplied; the noise is a number."""
        return replace(self, x=self.x * x, target=self.target * y)

    def __repr__(self) -> str:
        return f"Dataset({self.kind}, n={self.size})"


def _teach(model: Model, x: NDArray[np.float64]) -> NDArray[np.float64]:
    if model.teacher is None:
        raise InvalidInputError(
            "the model has no teacher; give observed data with Dataset.from_observations(x, y)"
        )
    return np.asarray(model.teacher_function()(x), dtype=np.float64)


def _normalised(weights: ArrayLike | None) -> NDArray[np.float64] | None:
    if weights is None:
        return None
    array = as_real("weights", weights)
    if not np.isfinite(array).all() or (array < 0.0).any() or not array.sum() > 0.0:
        raise InvalidInputError("weights must be finite, non-negative, with a positive sum")
    return array / array.sum()


def as_real(name: str, values: ArrayLike) -> NDArray[np.float64]:
    """An array of real numbers; truth values count as 0 and 1.

    Raises
    ------
    InvalidInputError
        For text, complex numbers, dates, objects, masked entries and ragged lists, all of which
        NumPy would convert without a word or refuse without a remedy.
    """
    if np.ma.is_masked(values):
        raise InvalidInputError(f"{name} has masked entries; leave these samples out")
    try:
        array = np.asarray(values)
    except ValueError as error:
        raise InvalidInputError(f"{name} must be an array of numbers: {error}") from error
    if array.dtype.kind not in "biuf":
        what = WHAT.get(array.dtype.kind, f"entries of type {array.dtype}")
        raise InvalidInputError(f"{name} must hold real numbers, not {what}")
    return array.astype(np.float64, copy=False)


def _require_in_range(name: str, array: NDArray[np.float64]) -> None:
    size = float(np.max(np.abs(array), initial=0.0))
    if size > LARGEST or 0.0 < size < SMALLEST:
        raise InvalidInputError(
            f"the largest entry of {name} is {size:g}; the loss can be computed between "
            f"{SMALLEST:g} and {LARGEST:g}: choose another unit"
        )


def as_whole(name: str, value: float, least: int, most: int | None = None) -> int:
    """An integer in a range, or an error that says what came; floats that are integers count."""
    fits = isinstance(value, numbers.Real) and not isinstance(value, bool)
    if not fits or value != value // 1 or value < least or (most is not None and value > most):
        limits = f"of at least {least}" + ("" if most is None else f" and at most {most}")
        raise InvalidInputError(f"{name} must be an integer {limits}, not {value!r}")
    return int(value)
