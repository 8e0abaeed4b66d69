"""Loss = Model + Dataset: the bridge from generated kernels to continuation problems."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Unpack

import numpy as np
from numpy.typing import ArrayLike, NDArray

from continuation.compiled_problem import CompiledProblem
from continuation.errors import InvalidInputError
from continuation.landscape.network.conditions import Conditions, Given
from continuation.landscape.network.dataset import Dataset
from continuation.landscape.network.ramp import sample_weights, weights_of
from symbolic import Kernels, Model, load_kernels

INPUT_ROW, TARGET_ROW, NOISE_ROW, WEIGHT_ROW = range(4)
"""Rows of the kernels' data; the last one only where samples do not weigh alike."""

JET_ORDER = 4


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
    kernels: Kernels
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
        """Inputs (n,) of all samples, whether they count or not."""
        return self.data[INPUT_ROW]

    @property
    def targets(self) -> NDArray[np.float64]:
        """Noiseless targets T(x) (n,)."""
        return self.data[TARGET_ROW]

    @property
    def noises(self) -> NDArray[np.float64]:
        """Frozen noise ε (n,)."""
        return self.data[NOISE_ROW]

    @property
    def weights(self) -> NDArray[np.float64]:
        """Weights ω (n,) of the samples, Σ ω = 1."""
        if len(self.data) > WEIGHT_ROW:
            return self.data[WEIGHT_ROW]
        return sample_weights(self.x.size, self.conditions.size)

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

    def slopes(self, theta: ArrayLike) -> NDArray[np.float64]:
        """Root mean squares of ∂f/∂θ (d,): with f itself as targets they make up the Hessian."""
        theta = as_weights(self.model, theta)
        data, outputs = self.data.copy(), np.empty(self.x.size)
        self.kernels.network(theta, self.x.copy(), outputs)
        data[TARGET_ROW], data[NOISE_ROW] = outputs, 0.0
        squares = np.diag(replace(self, data=data).hessian(theta)) - self.conditions.weight_decay
        return np.sqrt(np.maximum(squares, 0.0))

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

    Parameters
    ----------
    model : Model
    data : Dataset

    Notes
    -----
    Noise σ, data set size n, weight decay ρ and the population homotopy are parameters of the
    same kernels (docs/theory.md, Parameters).
    """

    model: Model
    data: Dataset

    @cached_property
    def kernels(self) -> Kernels:
        """Compiled kernels of the model's structure, from the disk cache where they exist."""
        return load_kernels(self.model)

    @cached_property
    def rows(self) -> NDArray[np.float64]:
        """Data rows x, T, ε and, where they are not uniform, ω; shape (3 or 4, n)."""
        rows = [self.data.x, self.data.target, self.data.noise]
        if self.data.weights is not None:
            rows.append(self.data.weights)
        return np.array(rows)

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
        """Network function f(x; θ), shape (m,), at inputs of shape (m,)."""
        x = np.array(x, dtype=np.float64)  # a copy: kernels take no read-only arrays
        out = np.empty_like(x)
        self.kernels.network(as_weights(self.model, theta), x, out)
        return out

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
        parameter : {"noise", "size", "weight_decay", "population"}
            What is continued. "population" runs from s = 0 (population) to s = 1 (this set).
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
        conditions = Conditions(**given)
        conditions.require_meaning(self.data, parameter, schedule)
        if parameter == "noise" and self.data.kind == "observed":
            raise InvalidInputError("observed data have no separate noise to continue in")
        rows = self._homotopy_rows() if parameter == "population" else self.rows
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

    def _scratch(self) -> NDArray[np.float64]:
        return np.zeros(self.kernels.work_shape)

    def _homotopy_rows(self) -> NDArray[np.float64]:
        """Population nodes first, then the samples; both with weights that sum to 1."""
        if self.data.kind == "population":
            raise InvalidInputError("the population cannot be continued to itself")
        nodes = self.population.rows
        samples = np.vstack([self.rows[:WEIGHT_ROW], weights_of(self.data)])
        return np.ascontiguousarray(np.hstack([nodes, samples]))


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
    array = np.ascontiguousarray(theta, dtype=np.float64)
    if array.shape != (model.dimension,):
        names = ", ".join(model.parameter_names)
        raise InvalidInputError(
            f"theta must have shape ({model.dimension},) for ({names}), not {array.shape}"
        )
    if not np.isfinite(array).all():
        raise InvalidInputError(f"theta has a non-finite entry: {array}")
    return array
