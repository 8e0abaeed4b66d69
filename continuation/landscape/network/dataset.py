"""Data sets: nodes, targets, frozen noise and weights of one loss (docs/theory.md, Model)."""

from __future__ import annotations

import numbers
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import roots_hermitenorm, roots_legendre

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

GRID_NODES, MOST_GRID_INPUTS = 60_000, 3
"""Nodes of a product rule (39 for each of three inputs: ⟨(Σ erf x_j/√2)²⟩ is right to 1e-9), and
inputs up to which it is one."""

LARGEST, SMALLEST = 1e75, 1e-75
"""Range of the numbers of a data set: derivatives of the loss contain fourth powers of them, which
beyond it are no floating-point numbers any more."""

MOST_SAMPLES = 10**9

HALF_WIDTH = 3.0**0.5
"""Of the uniform law of deviation 1."""

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

LABELS = ("logistic", "softmax")
"""Losses whose targets are labels or shares of classes."""

WEIGHT_SUM_TOLERANCE = 1e-12
"""Relative rounding allowed in Σ ω = 1 after normalisation."""


@dataclass(frozen=True, eq=False)
class Dataset:
    """A finite data set, or the population, as nodes with targets, noise and weights.

    Use the constructors `sample`, `from_arrays`, `from_observations` and `population`.

    Attributes
    ----------
    x : ndarray, shape (n,), or (n, d) for several inputs
        Inputs x_i.
    target, noise : ndarray, shape (n,), or (n, m) for several outputs
        Noiseless targets T(x_i) (the observed y_i where there is no teacher) and frozen
        standard-normal noise ε_i. The loss sees y_i = T(x_i) + σ ε_i.
    weights : ndarray, shape (n,), or None
        ω_i with Σ ω_i = 1; None stands for 1/n each.
    kind : str
        "sampled", "arrays", "observed" or "population".

    Examples
    --------
    >>> import numpy as np
    >>> from continuation.landscape import Dataset
    >>> from symbolic import single_unit
    >>> data = Dataset.sample(single_unit(), n=20, seed=0)
    >>> data
    Dataset(sampled, n=20)
    >>> x = np.linspace(-1, 1, 5)
    >>> Dataset.from_observations(x, np.sin(x))
    Dataset(observed, n=5)
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
            array = np.array(_one_column(as_real(name, values)))
            _require_shape(name, array, np.shape(self.x)[:1], np.shape(self.target))
            _require_finite(name, array)
            _require_in_range(name, array)
            array.flags.writeable = False
            object.__setattr__(self, name, array)
        if self.size < 2:
            raise InvalidInputError(
                f"a data set needs at least 2 samples, but has {self.size} (a row of x for each: "
                f"x has shape {self.x.shape})"
            )
        if (self.x == self.x[0]).all():
            raise InvalidInputError(
                f"all {self.size} inputs equal {self.x[0]}; nothing can be learned from them"
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
        return len(self.x)

    @property
    def inputs(self) -> int:
        """Number d of inputs."""
        return self.x.size // self.size

    @property
    def outputs(self) -> int:
        """Number m of outputs; 1 where targets are class labels."""
        return self.target.size // self.size

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
        _refuse_others(model)
        inputs, noises = (np.random.default_rng(s) for s in np.random.SeedSequence(seed).spawn(2))
        shape = n if model.inputs == 1 else (n, model.inputs)
        uniform = model.input_law == "uniform"
        x = model.input_scale * (
            inputs.uniform(-HALF_WIDTH, HALF_WIDTH, shape)
            if uniform
            else inputs.standard_normal(shape)
        )
        target = _teach(model, x)
        return cls(x, target, noises.standard_normal(target.shape), None, "sampled")

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
        x : array_like, shape (n,), or (n, d) for d inputs
        model : Model
            Its teacher gives the targets.
        noise : array_like, shape (n,), or (n, m) for m outputs, optional
            Frozen noise ε; zero if omitted.
        weights : array_like, shape (n,), optional
            Non-negative; normalised here to Σ ω = 1.

        Raises
        ------
        InvalidInputError
            Wrong shapes, non-finite numbers, all inputs equal, no teacher.
        """
        x = _one_column(as_real("x", x))
        target = _teach(model, x)
        noise = np.zeros_like(target) if noise is None else noise
        return cls(x, target, as_real("noise", noise), _normalised(weights), "arrays")

    @classmethod
    def from_observations(
        cls, x: ArrayLike, y: ArrayLike, *, weights: ArrayLike | None = None
    ) -> Dataset:
        """Observed pairs (x_i, y_i): no teacher, and no noise parameter.

        Parameters
        ----------
        x : array_like, shape (n,), or (n, d) for d inputs; (n, 1) is (n,)
        y : array_like, shape (n,), or (n, m) for m outputs; (n, 1) is (n,)
            For classes their labels 0, 1, … (n,), or the shares of all classes (n, m).
        weights : array_like, shape (n,), optional
            Non-negative; normalised here to Σ ω = 1.

        Raises
        ------
        InvalidInputError
            Wrong shapes, non-finite numbers, all inputs equal.
        """
        x, y = _one_column(as_real("x", x)), _one_column(as_real("y", y))
        _require_shape("x", x, x.shape[:1], ())
        _require_shape("y", y, x.shape[:1], ())
        return cls(x, y, np.zeros_like(y), _normalised(weights), "observed")

    @classmethod
    def population(cls, model: Model, nodes: int = POPULATION_NODES) -> Dataset:
        """Gauss nodes and weights of the input law, without noise.

        Gauss-Hermite for normal inputs N(0, input_scale²), Gauss-Legendre for uniform ones.

        Nodes of negligible weight are left out. For two and three inputs the rule is a product
        of rules of `GRID_NODES` nodes in all.

        Raises
        ------
        InvalidInputError
            Without a teacher, or with more than three inputs.

        References
        ----------
        Abramowitz and Stegun, *Handbook of Mathematical Functions*, 25.4.46.
        """
        nodes = as_whole("nodes", nodes, 2, MOST_SAMPLES)
        if model.inputs > 1:
            return cls._product_rule(model)
        points, weights = _rule(model.input_law, nodes)
        kept = weights > NEGLIGIBLE_WEIGHT * weights.max()
        x = model.input_scale * points[kept]
        return cls(x, _teach(model, x), np.zeros_like(x), _normalised(weights[kept]), "population")

    @classmethod
    def _product_rule(cls, model: Model) -> Dataset:
        """`population` of several inputs."""
        d = model.inputs
        if d > MOST_GRID_INPUTS:
            raise InvalidInputError(
                f"the population of {d} inputs has no quadrature here (at most "
                f"{MOST_GRID_INPUTS}): use a large sample, Dataset.sample(model, n=100_000, seed=0)"
            )
        points, weights = _rule(model.input_law, round(GRID_NODES ** (1.0 / d)))
        grid = np.meshgrid(*[points] * d, indexing="ij")
        product = np.prod(np.meshgrid(*[weights] * d, indexing="ij"), axis=0).ravel()
        kept = product > NEGLIGIBLE_WEIGHT * product.max()
        x = model.input_scale * np.stack([axis.ravel()[kept] for axis in grid], axis=1)
        target = _teach(model, x)
        return cls(x, target, np.zeros_like(target), _normalised(product[kept]), "population")

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
        return f"Dataset({self.kind}, n={self.size}{self._shape_text()})"

    def _shape_text(self) -> str:
        inputs = f", {self.inputs} inputs" if self.inputs > 1 else ""
        return inputs + (f", {self.outputs} outputs" if self.outputs > 1 else "")


def _one_column(array: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n, 1) as (n,)."""
    return array[:, 0] if array.ndim == 2 and array.shape[1] == 1 else array


def _require_shape(
    name: str, array: NDArray[np.float64], rows: tuple[int, ...], target: tuple[int, ...]
) -> None:
    """Inputs and targets may have columns, noise those of the targets, weights none."""
    columns = name in ("x", "y", "target") and array.ndim == 2 and array.shape[1] > 0
    fits = array.ndim == 1 or columns or (name == "noise" and array.shape == target)
    if not fits or array.shape[:1] != rows or (name == "noise" and array.ndim != len(target)):
        count = rows[0] if rows else "n"
        wanted = f"a vector of {count} numbers like x"
        if name in ("x", "y", "target"):
            wanted += f", or one row for each of them, ({count}, columns)"
        if name == "noise" and len(target) > 1:
            wanted = f"an array of shape {target} like the targets"
        raise InvalidInputError(f"{name} must be {wanted}, but has shape {array.shape}")


def _require_finite(name: str, array: NDArray[np.float64]) -> None:
    wrong = np.argwhere(~np.isfinite(array))
    if wrong.size:
        place = tuple(map(int, wrong[0]))
        index = ", ".join(map(str, place))
        raise InvalidInputError(f"{name}[{index}] is {array[place]}, not a finite number")


def targets_for(model: Model, data: Dataset) -> NDArray[np.float64]:
    """Targets (n, m) as the loss of the model takes them: class labels become shares of classes.

    Raises
    ------
    InvalidInputError
        Inputs or targets of another shape than the model's, or no labels where it needs them.
    """
    _require_columns("inputs", "x", data.x, data.inputs, model.inputs)
    target = data.target
    if model.loss == "softmax" and target.ndim == 1:
        return _shares_of_labels(target, model.outputs)
    _require_columns("outputs", "y", target, data.outputs, model.outputs)
    target = target.reshape(data.size, model.outputs)
    if model.loss in LABELS and not ((target >= 0.0) & (target <= 1.0)).all():
        wrong = target[(target < 0.0) | (target > 1.0)][0]
        raise InvalidInputError(
            f"the {model.loss} loss takes targets between 0 and 1 (labels 0 and 1), not {wrong:g}"
        )
    if model.loss == "softmax" and not np.allclose(target.sum(axis=1), 1.0, rtol=0.0, atol=1e-9):
        raise InvalidInputError("shares of classes must sum to 1 for every sample")
    return target


def _shares_of_labels(labels: NDArray[np.float64], classes: int) -> NDArray[np.float64]:
    """Class labels 0 … m − 1 (n,) as rows of zeros and a one (n, m)."""
    fits = (labels == np.floor(labels)) & (labels >= 0.0) & (labels < classes)
    if not fits.all():
        raise InvalidInputError(
            f"class labels must be whole numbers from 0 to {classes - 1} for {classes} outputs, "
            f"not {labels[~fits][0]:g}; number them with np.unique(y, return_inverse=True)[1]"
        )
    return np.eye(classes)[labels.astype(np.int64)]


def _require_columns(
    what: str, name: str, array: NDArray[np.float64], came: int, wanted: int
) -> None:
    if came != wanted:
        shape = "(n,)" if wanted == 1 else f"(n, {wanted})"
        raise InvalidInputError(
            f"the model has {wanted} {what}: {name} must have shape {shape}, not {array.shape}"
        )


def _refuse_others(model: Model) -> None:
    if not hasattr(model, "input_scale"):
        raise InvalidInputError(
            "model must be a Model with a teacher, such as fukumizu_amari() or "
            f"Model.perceptron(hidden=2, teacher='tanh(x)'); got {type(model).__name__}"
        )


def _rule(law: str, nodes: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Gauss nodes (nodes,) and weights of a law of mean 0 and deviation 1."""
    if law == "uniform":
        points, weights = roots_legendre(nodes)
        return HALF_WIDTH * points, weights
    points, weights = roots_hermitenorm(nodes)
    return points, weights


def _teach(model: Model, x: NDArray[np.float64]) -> NDArray[np.float64]:
    if model.teacher is None:
        raise InvalidInputError(
            "the model has no teacher; give observed data with Dataset.from_observations(x, y)"
        )
    if x.ndim and x.size // max(len(x), 1) != model.inputs:
        wanted = "(n,)" if model.inputs == 1 else f"(n, {model.inputs})"
        raise InvalidInputError(f"x must have shape {wanted} for this model, not {x.shape}")
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
