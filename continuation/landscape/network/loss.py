"""Loss = Model + Dataset: the bridge from generated kernels to continuation problems."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from typing import Unpack

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse.linalg import ArpackNoConvergence, LinearOperator, eigsh

from continuation.compiled_problem import CompiledProblem
from continuation.deadline import UNLIMITED, Deadline
from continuation.errors import InvalidInputError, require_type
from continuation.landscape.network.conditions import DECAY_PLACE, Conditions, Given
from continuation.landscape.network.dataset import Dataset, as_real, as_whole, targets_for
from continuation.landscape.network.ramp import sample_weights, weights_of
from symbolic import AnyKernels, LayerKernels, Model, load_kernels

INPUT_ROW, TARGET_ROW = range(2)
"""Rows of the kernels' data of one input and output; `Rows` has all of every model."""

MOST_DENSE = 400
"""Weights up to which the whole Hessian is decomposed: it takes as long as some 60 products of its
own size, and Lanczos' method as many for one pair."""

LANCZOS_VECTORS, MOST_RESTARTS = 40, 50
"""Vectors beside the wanted ones, and how often Lanczos' method starts anew from them."""

JET_ORDER = 4

KINKS = "kinks are smoothed of relu, leaky_relu, abs and softplus(b*u), with one b in all layers"
"""For which models the smoothing of kinks is a parameter."""

REACH = 40.0
"""Argument of a rounded kink in widths of it from which it is sharp to rounding: e^-40 = 4e-18."""


@dataclass(frozen=True)
class Jet:
    """Directional derivatives of the loss at θ along e.

    Attributes
    ----------
    taylor : ndarray, shape (5,)
        d^k/dt^k L(θ + t e) at t = 0 for k = 0 … 4.
    third, fourth : ndarray, shape (d,)
        D³L[e, e, ·] and D⁴L[e, e, e, ·].
    """

    taylor: NDArray[np.float64]
    third: NDArray[np.float64]
    fourth: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class LossAt:
    """The loss at fixed parameters: a function of the weights alone.

    Made by `Loss.at`. Not to be shared between threads: the scratch array is reused.
    """

    model: Model
    kernels: AnyKernels
    conditions: Conditions
    constants: NDArray[np.float64]
    data: NDArray[np.float64]
    work: NDArray[np.float64] = field(repr=False)

    @property
    def p(self) -> float:
        """Value of the parameter that the kernels take as their argument (the noise)."""
        return float(self.conditions.noise)

    @property
    def x(self) -> NDArray[np.float64]:
        """Inputs (n,) or (n, d) of all samples, whether they count or not."""
        return _columns(self.data[self.kernels.rows.inputs])

    @property
    def targets(self) -> NDArray[np.float64]:
        """Noiseless targets T(x), (n,) or (n, m); of class labels their shares."""
        return _columns(self.data[self.kernels.rows.targets])

    @property
    def noises(self) -> NDArray[np.float64]:
        """Frozen noise ε, (n,) or (n, m)."""
        return _columns(self.data[self.kernels.rows.noises])

    @property
    def weights(self) -> NDArray[np.float64]:
        """Weights ω (n,) of the samples, Σ ω = 1."""
        row = self.kernels.rows.weights
        if len(self.data) > row:
            return self.data[row]
        return sample_weights(self.data.shape[1], self.conditions.size)

    def evaluate(self, theta: ArrayLike) -> tuple[float, NDArray[np.float64], NDArray[np.float64]]:
        """Loss, gradient (d,) and Hessian (d, d) in one pass over the samples."""
        theta = as_weights(self.model, theta)
        d = theta.size
        gradient, hessian, slope = np.empty(d), np.empty((d, d)), np.empty(d)
        value = self.kernels.evaluate(
            theta, self.p, self.constants, self.data, self.work, gradient, hessian, slope
        )
        return float(value), gradient, hessian

    def value(self, theta: ArrayLike) -> float:
        """Loss L(θ)."""
        return self._value_gradient(theta)[0]

    def gradient(self, theta: ArrayLike) -> NDArray[np.float64]:
        """∇L(θ), shape (d,)."""
        return self._value_gradient(theta)[1]

    def hessian(self, theta: ArrayLike) -> NDArray[np.float64]:
        """∇²L(θ), shape (d, d)."""
        return self.evaluate(theta)[2]

    def jet(self, theta: ArrayLike, direction: ArrayLike) -> Jet:
        """Derivatives along a direction up to order 4, exact to rounding."""
        theta = as_weights(self.model, theta)
        d = theta.size
        rows, slope = np.zeros((max(3, d), d)), np.empty(max(JET_ORDER + 1, d))
        rows[0] = as_weights(self.model, direction)
        self.kernels.jet(
            theta, self.p, self.constants, self.data, self.work, np.empty(d), rows, slope
        )
        return Jet(slope[: JET_ORDER + 1].copy(), rows[1].copy(), rows[2].copy())

    def product(self, theta: ArrayLike, direction: ArrayLike) -> NDArray[np.float64]:
        """Hessian times a direction (d,): of a network of layers at the cost of two gradients."""
        theta, e = as_weights(self.model, theta), as_weights(self.model, direction)
        if not isinstance(self.kernels, LayerKernels):
            return np.asarray(self.hessian(theta) @ e)
        rows, unused = np.zeros((2, e.size)), np.empty(e.size)
        rows[0] = e
        self.kernels.product(
            theta, self.p, self.constants, self.data, self.work, unused, rows, unused
        )
        return np.asarray(rows[1])

    def lowest_eigenpairs(
        self, theta: ArrayLike, count: int = 1, deadline: Deadline = UNLIMITED
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The lowest eigenvalues (k,) of the Hessian, increasing, and their vectors (d, k).

        From more than `MOST_DENSE` weights on by Lanczos' method on products of the Hessian, at
        most `MOST_RESTARTS` times `LANCZOS_VECTORS` of them: pairs that have not converged by then
        are left out.

        Parameters
        ----------
        theta : array_like, shape (d,)
        count : int
            How many, from 1 to d.
        deadline : Deadline
            Of Lanczos' method.

        Raises
        ------
        InvalidInputError
            Another number of them.
        TimeIsUp
            The deadline has passed.
        """
        theta = as_weights(self.model, theta)
        d, count = theta.size, as_whole("count", count, 1, theta.size)
        if d <= MOST_DENSE or count > d // 4:
            values, vectors = np.linalg.eigh(self.hessian(theta))
            return values[:count], vectors[:, :count]

        def product(direction: NDArray[np.float64]) -> NDArray[np.float64]:
            deadline.require()
            return self.product(theta, direction)

        operator = LinearOperator((d, d), matvec=product, dtype=np.float64)
        start, many = np.random.default_rng(0).standard_normal(d), count + LANCZOS_VECTORS
        try:
            values, vectors = eigsh(
                operator, count, which="SA", v0=start, ncv=many, maxiter=MOST_RESTARTS
            )
        except ArpackNoConvergence as late:
            values, vectors = late.eigenvalues, late.eigenvectors
        order = np.argsort(values)
        return values[order], vectors[:, order]

    def kinks(self, theta: ArrayLike) -> int:
        """Pairs of a sample and a unit that stand on the kink of an activation (ReLU, |u|).

        The loss has no derivative there where the unit's argument moves with θ; what the kernels
        give is that of one side.
        """
        return len(self.kink_places(theta))

    def kink_places(self, theta: ArrayLike, smoothing: float = 0.0) -> NDArray[np.int64]:
        """Which samples stand on the kinks of which units, to rounding or a smoothing.

        Parameters
        ----------
        theta : array_like, shape (d,)
        smoothing : float
            Width of rounded kinks: samples count whose arguments are below `REACH` times it.

        Returns
        -------
        ndarray of int, shape (k, 3)
            Rows (sample, hidden layer, unit) from 0.
        """
        theta, model = as_weights(self.model, theta), self.model
        if not model.has_kinks and (not smoothing or model.smoothing is None):
            return np.empty((0, 3), dtype=np.int64)
        counted = np.flatnonzero(self.weights > 0.0)
        x = self.data[self.kernels.rows.inputs].T[counted]
        places = model.layered.kinks(theta, x, REACH * smoothing)
        places[:, 0] = counted[places[:, 0]]
        return places

    def slopes(self, theta: ArrayLike) -> NDArray[np.float64]:
        """Root mean squares of ∂f/∂θ (d,), summed over outputs.

        With f itself as targets of squared errors they make up the Hessian.
        """
        theta = as_weights(self.model, theta)
        data, rows, kernels = self.data.copy(), self.kernels.rows, self.kernels
        data[rows.targets] = kernels.outputs(theta, self.x).T
        data[rows.noises] = 0.0
        constants = self.constants.copy()
        constants[DECAY_PLACE] = 0.0
        at = replace(self, data=data, constants=constants)
        if isinstance(kernels, LayerKernels):
            squared = kernels.squared
            at = replace(at, kernels=squared, work=squared.scratch())
        return np.sqrt(np.maximum(np.diag(at.hessian(theta)), 0.0))

    def _value_gradient(self, theta: ArrayLike) -> tuple[float, NDArray[np.float64]]:
        theta = as_weights(self.model, theta)
        d = theta.size
        gradient, hessian, slope = np.empty(d), np.empty((d, d)), np.empty(d)
        value = self.kernels.gradient(
            theta, self.p, self.constants, self.data, self.work, gradient, hessian, slope
        )
        return float(value), gradient


@dataclass(frozen=True, eq=False)
class Loss:
    """Loss L(θ) = ½ Σ ω_i (f(x_i; θ) − T(x_i) − σ ε_i)² + ½ ρ |θ|² of a model on a data set.

    A network of layers (`Model.mlp`) may have another loss of a sample in place of ½ (…)²; with
    several outputs it is summed over them.

    Parameters
    ----------
    model : Model
    data : Dataset

    Raises
    ------
    InvalidInputError
        The data have other inputs or outputs than the model, or no labels where its loss needs
        them.

    Notes
    -----
    Noise σ, data set size n, weight decay ρ and the population homotopy are parameters of the
    same kernels (docs/theory.md, Parameters).

    Examples
    --------
    >>> from continuation.landscape import Dataset, Loss
    >>> from symbolic import single_unit
    >>> loss = Loss(single_unit(), Dataset.sample(single_unit(), n=20, seed=0))
    >>> at = loss.at(noise=0.1)
    >>> theta = [1.0, 0.5]
    >>> bool(at.value(theta) > 0), at.gradient(theta).shape, at.hessian(theta).shape
    (True, (2,), (2, 2))
    """

    model: Model
    data: Dataset

    def __post_init__(self) -> None:
        require_type("model", self.model, Model, "a Model, such as Model.perceptron(hidden=2)")
        require_type(
            "data", self.data, Dataset, "a Dataset, such as Dataset.from_observations(x, y)"
        )
        targets_for(self.model, self.data)  # refuses what does not fit

    @cached_property
    def kernels(self) -> AnyKernels:
        """Compiled kernels of the model's structure, from the disk cache where they exist."""
        return load_kernels(self.model)

    @cached_property
    def rows(self) -> NDArray[np.float64]:
        """Data rows x, T, ε and, where they are not uniform, ω; shape (3 or 4, n).

        Of a model with d inputs and m outputs d + 2m rows or one more.

        Raises
        ------
        InvalidInputError
            The data have other inputs or outputs than the model.
        """
        data, target = self.data, targets_for(self.model, self.data)
        noise = data.noise.reshape(data.size, -1)
        if noise.shape != target.shape:  # of labels, which have none
            noise = np.zeros_like(target)
        rows = [data.x.reshape(data.size, -1).T, target.T, noise.T]
        if data.weights is not None:
            rows.append(data.weights[None])
        return np.ascontiguousarray(np.vstack(rows))

    @cached_property
    def population(self) -> Loss:
        """The loss of the same model on the population of its input law (teacher needed)."""
        return Loss(self.model, Dataset.population(self.model))

    def at(self, **given: Unpack[Given]) -> LossAt:
        """Bind the parameters.

        Parameters
        ----------
        noise : float
            σ ≥ 0; must be 0 for observed data, whose noise cannot be told from the signal.
        size : float, optional
            Number n of leading samples that count, 2 ≤ n ≤ data.size; all if omitted.
        weight_decay : float
            ρ ≥ 0.

        Raises
        ------
        InvalidInputError
            A parameter outside its range or without meaning for this data set.
        """
        return self.under(Conditions(**given))

    def under(self, conditions: Conditions) -> LossAt:
        """`at` for conditions in one value."""
        conditions.require_meaning(self.data)
        constants = conditions.constants(self.data, 0, "noise", ())
        stated = conditions.on(self.data)
        return LossAt(self.model, self.kernels, stated, constants, self.rows, self._scratch())

    def evaluate(
        self, theta: ArrayLike, **given: Unpack[Given]
    ) -> tuple[float, NDArray[np.float64], NDArray[np.float64]]:
        """Loss, gradient (d,) and Hessian (d, d); parameters as in `at`."""
        return self.at(**given).evaluate(theta)

    def value(self, theta: ArrayLike, **given: Unpack[Given]) -> float:
        """Loss; parameters as in `at`."""
        return self.at(**given).value(theta)

    def gradient(self, theta: ArrayLike, **given: Unpack[Given]) -> NDArray[np.float64]:
        """Gradient, shape (d,); parameters as in `at`."""
        return self.at(**given).gradient(theta)

    def hessian(self, theta: ArrayLike, **given: Unpack[Given]) -> NDArray[np.float64]:
        """Hessian, shape (d, d); parameters as in `at`."""
        return self.at(**given).hessian(theta)

    def predict(self, theta: ArrayLike, x: ArrayLike) -> NDArray[np.float64]:
        """Network function f(x; θ) at inputs (k,) or (k, d), shape (k,) or (k, m)."""
        x = np.asarray(x, dtype=np.float64)
        inputs = self.model.inputs
        if (x.ndim, *x.shape[1:]) not in ([(1,), (2, 1)] if inputs == 1 else [(2, inputs)]):
            wanted = "(k,)" if inputs == 1 else f"(k, {inputs})"
            raise InvalidInputError(f"x must have shape {wanted}, not {x.shape}")
        return self.kernels.outputs(as_weights(self.model, theta), x)

    def problem(
        self,
        parameter: str,
        *,
        schedule: Sequence[int] = (),
        **given: Unpack[Given],
    ) -> CompiledProblem:
        """The critical point equation ∇L(θ; p) = 0 as a continuation problem.

        Parameters
        ----------
        parameter : {"noise", "size", "weight_decay", "population", "smoothing"}
            What is continued. "population" runs from s = 0 (population) to s = 1 (this set);
            "smoothing" is the width s over which kinks are rounded, 1/β of softplus(βu)/β, down
            to the network with kinks at s = 0.
        noise, size, weight_decay
            The parameters that stay fixed, as in `at`.
        schedule : sequence of int
            With "size": sizes n_0 < n_1 < … between which whole blocks of samples are ramped
            in; empty for the unit ramp, one sample at a time. The two answer different
            questions; at the scheduled sizes they agree.

        Raises
        ------
        UnknownNameError
            For another parameter name.
        InvalidInputError
            A parameter outside its range or without meaning for this data set.
        """
        return self.problem_under(Conditions(**given), parameter, schedule)

    def problem_under(
        self, conditions: Conditions, parameter: str, schedule: Sequence[int] = ()
    ) -> CompiledProblem:
        """`problem` for conditions in one value.

        A schedule may go with a fixed size, too, which then stands between two of its sizes.
        """
        conditions.require_meaning(self.data, parameter, schedule)
        if parameter == "noise" and self.data.kind == "observed":
            raise InvalidInputError("observed data have no separate noise to continue in")
        if parameter == "smoothing":
            return self._smoothing_problem(conditions)
        mixed = parameter == "population" or conditions.population != 1.0
        rows = self._homotopy_rows if mixed else self.rows
        nodes = rows.shape[1] - self.data.size
        constants = conditions.constants(self.data, nodes, parameter, schedule)
        return CompiledProblem(
            self.kernels.evaluate,
            constants,
            rows,
            self._scratch(),
            self.model.dimension,
            symmetric=True,
            jet=self.kernels.jet,
        )

    def _smoothing_problem(self, conditions: Conditions) -> CompiledProblem:
        """∇L = 0 in θ and the smoothing, by the kernels of layers, whatever the model."""
        if self.model.smoothing is None:
            raise InvalidInputError(f"{KINKS}; this model has {self.model.activation or 'none'}")
        kernels = LayerKernels(self.model.layered)
        constants = conditions.constants(self.data, 0, "smoothing", ())
        return CompiledProblem(
            kernels.evaluate,
            constants,
            self.rows,
            kernels.scratch(),
            self.model.dimension,
            symmetric=True,
            jet=kernels.jet,
        )

    def _scratch(self) -> NDArray[np.float64]:
        return self.kernels.scratch()

    @cached_property
    def _homotopy_rows(self) -> NDArray[np.float64]:
        """Population nodes first, then the samples; both with weights that sum to 1."""
        if self.data.kind == "population":
            raise InvalidInputError("the population cannot be continued to itself")
        nodes = self.population.rows
        samples = np.vstack([self.rows[: self.kernels.rows.weights], weights_of(self.data)])
        return np.ascontiguousarray(np.hstack([nodes, samples]))


def _columns(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """One row as (n,), several as columns (n, k)."""
    return rows[0] if len(rows) == 1 else rows.T


@lru_cache(maxsize=32)
def narrower(loss: Loss, model: Model) -> Loss:
    """The loss of a narrower model on the same data; one value, with its kernels."""
    return Loss(model, loss.data)


def as_weights(model: Model, theta: ArrayLike) -> NDArray[np.float64]:
    """Validate a weight vector.

    Returns
    -------
    ndarray, shape (d,)

    Raises
    ------
    InvalidInputError
        Wrong length or non-finite entries.
    """
    array = np.ascontiguousarray(as_real("theta", theta))
    if array.shape != (model.dimension,):
        names = ", ".join(model.parameter_names)
        raise InvalidInputError(
            f"theta must have shape ({model.dimension},) for ({names}), not {array.shape}"
        )
    if not np.isfinite(array).all():
        raise InvalidInputError(f"theta has a non-finite entry: {array}")
    return array
