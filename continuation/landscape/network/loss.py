"""Loss = Model + Dataset: the bridge from generated kernels to continuation problems."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Unpack

import numpy as np
from numpy.typing import ArrayLike, NDArray

from continuation.compiled_problem import CompiledProblem
from continuation.errors import InvalidInputError, require_type
from continuation.landscape.network.conditions import Conditions, Given
from continuation.landscape.network.dataset import Dataset, targets_for
from continuation.landscape.network.loss_at import LossAt, as_weights
from continuation.landscape.network.ramp import weights_of
from symbolic import AnyKernels, LayerKernels, Model, load_kernels

INPUT_ROW, TARGET_ROW = range(2)
"""Rows of the kernels' data of one input and output; `Rows` has all of every model."""

KINKS = "kinks are smoothed of relu, leaky_relu, abs and softplus(b*u), with one b in all layers"
"""For which models the smoothing of kinks is a parameter."""


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
        self.require_meaning(conditions, parameter, schedule)
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

    def require_meaning(
        self, conditions: Conditions, parameter: str, schedule: Sequence[int] = ()
    ) -> None:
        """Raise what `problem_under` raises."""
        conditions.require_meaning(self.data, parameter, schedule)
        if parameter == "noise" and self.data.kind == "observed":
            raise InvalidInputError("observed data have no separate noise to continue in")
        if parameter == "smoothing" and self.model.smoothing is None:
            raise InvalidInputError(f"{KINKS}; this model has {self.model.activation or 'none'}")

    def _smoothing_problem(self, conditions: Conditions) -> CompiledProblem:
        """∇L = 0 in θ and the smoothing, by the kernels of layers, whatever the model."""
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


@lru_cache(maxsize=32)
def narrower(loss: Loss, model: Model) -> Loss:
    """The loss of a narrower model on the same data; one value, with its kernels."""
    return Loss(model, loss.data)
