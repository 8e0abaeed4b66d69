"""The theoretical optimum Θ* and the attractor that noise makes of it (claim 4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from continuation.arclength import trace_branch
from continuation.branch import Branch
from continuation.errors import InvalidInputError
from continuation.kinds import KINDS
from continuation.landscape.network import (
    FREE_OUTPUTS,
    ONE_OPTIMUM,
    REPRESENTED_TEACHER,
    Loss,
    Symmetry,
    weights_of,
)
from symbolic import Model


@dataclass(frozen=True)
class OptimumShift:
    """Where the optimum goes when the noise is switched on.

    Attributes
    ----------
    noise : ndarray, shape (k,)
        Values of σ, increasing.
    distance : ndarray, shape (k,)
        Orbit distance of the continued minimum from θ*; NaN from where the branch of minima
        has ended (in a fold or a branch point) before that noise.
    gradient_norm : ndarray, shape (k,)
        |∇L(θ*)|, smallest over Θ* (a lower bound where Θ* is a manifold).
    stop_reason : str
        Why the continuation ended.
    """

    noise: NDArray[np.float64]
    distance: NDArray[np.float64]
    gradient_norm: NDArray[np.float64]
    stop_reason: str


def optimum(model: Model) -> NDArray[np.float64]:
    """The theoretical optimum θ* of a student with exactly the teacher's units, shape (d,).

    Raises
    ------
    InvalidInputError
        If the teacher is no perceptron of H units of the same activation: then Θ* is empty or
        a manifold.
    """
    ONE_OPTIMUM.require(model)
    units = model.teacher_units or ()
    return np.array([w for w, _ in units] + [v for _, v in units], dtype=np.float64)


def optimum_gradient(loss: Loss, noise: float) -> float:
    """Smallest |∇L(θ*)| over the theoretical optimum at noise σ.

    Where the student has more units than the teacher, Θ* is a manifold. On all of it the units
    that carry teacher unit k share its input weight w_k, and the derivative by the output weight
    of any of them is −σ Σ ω ε φ(w_k x): the norm of these numbers is returned, a lower bound.

    Raises
    ------
    InvalidInputError
        Where Θ* is empty (the teacher is no perceptron of at most the student's units) or the
        output weights are fixed.
    """
    REPRESENTED_TEACHER.require(loss.model)
    FREE_OUTPUTS.require(loss.model)
    units = loss.model.teacher_units or ()
    if len(units) == loss.model.hidden:
        return float(np.linalg.norm(loss.gradient(optimum(loss.model), noise=noise)))
    data = loss.data
    weights = weights_of(data)
    phi = loss.model.activation_functions(0)
    slopes = [noise * weights @ (data.noise * phi(w * data.x)[0]) for w, _ in units]
    return float(np.linalg.norm(slopes))


def optimum_shift(loss: Loss, noises: Sequence[float]) -> OptimumShift:
    """Continue the optimum from σ = 0 and measure its distance from Θ* at given noises.

    At σ = 0 the optimum is a critical point of every data set; the branch that starts there is
    the overfitting attractor by definition (docs/theory.md, Regions).

    Parameters
    ----------
    loss : Loss
        Of a student with exactly the teacher's units.
    noises : sequence of float, shape (k,)
        Positive, increasing.

    Raises
    ------
    InvalidInputError
        If Θ* is not one orbit, or the noises are not positive and increasing.
    """
    levels = np.asarray(noises, dtype=np.float64)
    if (
        levels.ndim != 1
        or levels.size == 0
        or not (levels[0] > 0.0 and (np.diff(levels) > 0.0).all())
    ):
        raise InvalidInputError("noises must be positive and increasing")
    start = optimum(loss.model)
    branch = trace_branch(
        loss.problem("noise"),
        start,
        0.0,
        p_limits=(0.0, float(levels[-1])),
        targets=tuple(levels[:-1]),
    )
    symmetry = Symmetry.of(loss.model)
    distance = np.full(levels.size, np.nan)
    for k, level in enumerate(levels):
        found = _first_minimum_at(loss, branch, level)
        if found is not None:
            distance[k] = symmetry.distance(found, start)
    gradients = np.array([optimum_gradient(loss, level) for level in levels])
    return OptimumShift(levels, distance, gradients, branch.stop_reason)


def _first_minimum_at(loss: Loss, branch: Branch, level: float) -> NDArray[np.float64] | None:
    """The state at noise `level`, if the branch arrives there before it stops being a minimum."""
    for point in branch.special:
        if KINDS[point.kind].prescribed:
            if point.p == level and np.linalg.eigvalsh(loss.hessian(point.x, noise=level))[0] > 0:
                return point.x
        elif point.located:
            return None
    return None


@dataclass(frozen=True)
class ScalingExponent:
    """Exponent α of values ∝ level^α over independent data sets.

    Attributes
    ----------
    exponent : float
        Mean of the slopes fitted per data set in log-log coordinates.
    error : float
        Standard error of that mean.
    used : int
        Data sets with at least two finite values; the others carry no slope.
    """

    exponent: float
    error: float
    used: int


def scaling_exponent(levels: NDArray[np.float64], values: NDArray[np.float64]) -> ScalingExponent:
    """Fit values ∝ level^α per data set; mean and standard error over data sets.

    The values of one data set are correlated, as its samples are nested; data sets are
    independent. So the error comes from the spread between data sets.

    Parameters
    ----------
    levels : ndarray, shape (k,)
        Positive.
    values : ndarray, shape (m, k)
        Positive or NaN.
    """
    slopes = []
    for row in values:
        finite = np.isfinite(row)
        if finite.sum() >= 2:
            slopes.append(np.polyfit(np.log(levels[finite]), np.log(row[finite]), 1)[0])
    spread = np.std(slopes, ddof=1) / np.sqrt(len(slopes)) if len(slopes) > 1 else np.nan
    mean = float(np.mean(slopes)) if slopes else np.nan
    return ScalingExponent(mean, float(spread), len(slopes))
