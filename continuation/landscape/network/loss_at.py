"""The loss at fixed parameters: values and derivatives in the weights alone."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse.linalg import ArpackNoConvergence, LinearOperator, eigsh

from continuation.deadline import UNLIMITED, Deadline
from continuation.errors import InvalidInputError
from continuation.landscape.network.conditions import DECAY_PLACE, Conditions
from continuation.landscape.network.dataset import as_real, as_whole
from continuation.landscape.network.ramp import sample_weights
from symbolic import AnyKernels, LayerKernels, Model

MOST_DENSE = 400
"""Weights up to which the whole Hessian is decomposed: it takes as long as some 60 products of its
own size, and Lanczos' method as many for one pair."""

LANCZOS_VECTORS, MOST_RESTARTS = 40, 50
"""Vectors beside the wanted ones, and how often Lanczos' method starts anew from them."""

JET_ORDER = 4

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

    def values(self, thetas: NDArray[np.float64]) -> NDArray[np.float64]:
        """Losses (k,) at many weights (k, d)."""
        rows, d = _rows(self.model, thetas), self.model.dimension
        scratch = np.empty(d), np.empty((d, d)), np.empty(d)
        fixed = self.p, self.constants, self.data, self.work
        return np.array([self.kernels.gradient(row, *fixed, *scratch) for row in rows])

    def derivatives(
        self, thetas: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Gradients (k, d) and Hessians (k, d, d) at many weights (k, d)."""
        rows = _rows(self.model, thetas)
        gradients, slope = np.empty_like(rows), np.empty(self.model.dimension)
        hessians = np.empty((*rows.shape, self.model.dimension))
        fixed = self.p, self.constants, self.data, self.work
        for row, gradient, hessian in zip(rows, gradients, hessians, strict=True):
            self.kernels.evaluate(row, *fixed, gradient, hessian, slope)
        return gradients, hessians

    def jet(self, theta: ArrayLike, direction: ArrayLike) -> Jet:
        """Derivatives along a direction up to order 4, exact to rounding."""
        return self.jets(theta, as_weights(self.model, direction)[None])[0]

    def jets(self, theta: ArrayLike, directions: NDArray[np.float64]) -> list[Jet]:
        """`jet` along many directions (k, d)."""
        theta, many = as_weights(self.model, theta), _rows(self.model, directions)
        d, jets = theta.size, []
        for direction in many:
            rows, slope = np.zeros((max(3, d), d)), np.empty(max(JET_ORDER + 1, d))
            rows[0] = direction
            self.kernels.jet(
                theta, self.p, self.constants, self.data, self.work, np.empty(d), rows, slope
            )
            jets.append(Jet(slope[: JET_ORDER + 1], rows[1], rows[2]))
        return jets

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


def _columns(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """One row as (n,), several as columns (n, k)."""
    return rows[0] if len(rows) == 1 else rows.T


def _rows(model: Model, thetas: NDArray[np.float64]) -> NDArray[np.float64]:
    """Validate many weight vectors (k, d) at once, as `as_weights` does one."""
    rows = np.require(thetas, dtype=np.float64, requirements=("C", "W"))
    if rows.ndim != 2 or rows.shape[1] != model.dimension or not np.isfinite(rows).all():
        return np.array([as_weights(model, row) for row in rows])
    return rows


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
    # kernels are compiled for rows that may be written to: tables and views may not
    array = np.require(as_real("theta", theta), requirements=("C", "W"))
    if array.shape != (model.dimension,):
        names = ", ".join(model.parameter_names)
        raise InvalidInputError(
            f"theta must have shape ({model.dimension},) for ({names}), not {array.shape}"
        )
    if not np.isfinite(array).all():
        raise InvalidInputError(f"theta has a non-finite entry: {array}")
    return array
