"""Exactly one critical point near the theoretical optimum, and it is a minimum (claim 3).

The condition of `symbolic.theorems.unique_minimum`, computed from the data alone in ball
arithmetic. Distances are measured in the metric of the Hessian A at θ*, |δ|² = δᵀAδ, in which A
is the identity, so that β is 1 up to rounding and η the length of the gradient; K bounds the
third derivatives of L on the ball of radius R. With h = β K η < ½ and

    t = (1 − √(1 − 2h))/(β K) ≤ R,

L has exactly one critical point closer to θ* than min(R, (1 + √(1 − 2h))/(β K)), it is a minimum,
and at most t away. The search of R begins at η, as t ≥ η, and follows t.

References
----------
J. M. Ortega and W. C. Rheinboldt, *Iterative Solution of Nonlinear Equations* (1970), 12.6.2.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from flint import arb, arb_mat
from numpy.typing import NDArray

from continuation.certify.certificate import (
    PROVED,
    UNDECIDED,
    Certificate,
    hexadecimal,
)
from continuation.certify.enclosures import (
    ExactLoss,
    Matrix,
    ThirdDerivatives,
    exact,
    lower,
    norm,
    upper,
    working_precision,
)
from continuation.certify.provers.optimum import optimal_weights, teacher_of
from continuation.certify.provers.points import rows_of
from continuation.certify.provers.question import Question
from continuation.errors import InvalidInputError
from continuation.landscape.network import ISOLATED_OPTIMUM, Dataset, Loss
from continuation.statistics import wilson_interval
from symbolic import Model

SLACK = 1.02
"""The ball that is tried is by this factor larger than the distance it has to contain."""

GROWTH = 1.5
"""Factor between balls when a larger one without another critical point is sought."""

LARGER_BALLS = 12
"""Balls tried at most for that."""

MARGIN = 1e-3
"""Of distance and radius in the certificate, for checkers with other enclosures."""


@dataclass(frozen=True)
class UniqueMinimum:
    """What Newton and Kantorovich say of the critical points near θ*.

    Attributes
    ----------
    verdict : str
        "PROVED": exactly one critical point within `radius` of θ*; a minimum, not θ* itself.
        "UNDECIDED": the condition fails, which says nothing about the loss.
    reason : str
        Why it is undecided; "" where it is proved.
    theta : tuple of float, length d
        θ*.
    h : float
        β K η on the ball that holds the minimum, or where the condition h < ½ failed; inf where
        A is not positive definite, NaN where it was not needed.
    distance, radius : float
        The minimum is at most `distance` away, and alone within `radius`, in the metric of the
        Hessian at θ*. NaN where undecided.
    reach : float
        Euclidean distance of the minimum from θ* at most. NaN where undecided.
    certificate : Certificate or None
        For `check`; None where undecided. Its distances have a margin, as has h: of h between 0.499
        and ½ the checker, which encloses in another order, may remain undecided.
    """

    verdict: str
    reason: str
    theta: tuple[float, ...]
    h: float
    distance: float = np.nan
    radius: float = np.nan
    reach: float = np.nan
    certificate: Certificate | None = None

    @property
    def proved(self) -> bool:
        """Whether there is exactly one critical point, a minimum, near θ*."""
        return self.verdict == PROVED


def certify_unique_minimum(loss: Loss, *, noise: float, size: float | None = None) -> UniqueMinimum:
    """Decide the condition for one data set.

    Parameters
    ----------
    loss : Loss
        Of a tanh perceptron without biases and offset, with exactly the teacher's units.
    noise, size : float
        Parameters of the loss, as in `Loss.at`; no weight decay.

    Raises
    ------
    InvalidInputError
        Where θ* is not isolated, or the model has another form.

    Examples
    --------
    >>> from continuation.certify import certify_unique_minimum
    >>> from continuation.landscape import Dataset, Loss
    >>> from symbolic import single_unit
    >>> loss = Loss(single_unit(), Dataset.sample(single_unit(), n=100, seed=1))
    >>> print(certify_unique_minimum(loss, noise=0.02).verdict)
    PROVED
    """
    theta = _isolated_optimum(loss)
    with working_precision():
        question = Question.of(loss, noise=noise, size=size)
        case = _case(question.loss, theta)
        return case if isinstance(case, UniqueMinimum) else case.decide(question)


def unique_minimum_holds(loss: Loss, *, noise: float, size: float | None = None) -> bool:
    """Whether `certify_unique_minimum` proves it, without its radii: several times faster.

    Raises
    ------
    InvalidInputError
        As there.
    """
    theta = _isolated_optimum(loss)
    with working_precision():
        case = _case(ExactLoss.of(loss, noise=noise, size=size), theta)
        return not isinstance(case, UniqueMinimum) and case.smallest_ball()[0] < 0.5


@dataclass(frozen=True)
class Probability:
    """How often the condition holds, over data sets.

    Attributes
    ----------
    sizes, noises : ndarray, shape (a,) and (b,)
    seeds : int
        Data sets.
    fraction, lower, upper : ndarray, shape (a, b)
        Share of data sets with exactly one certified critical point near θ*, and its Wilson
        interval at 95 %. A lower bound for the share of data sets with that property.
    """

    sizes: NDArray[np.int64]
    noises: NDArray[np.float64]
    seeds: int
    fraction: NDArray[np.float64]
    lower: NDArray[np.float64]
    upper: NDArray[np.float64]


def unique_minimum_probability(
    model: Model, *, sizes: Sequence[int], noises: Sequence[float], seeds: int
) -> Probability:
    """Share of data sets of given size and noise for which the condition holds.

    Parameters
    ----------
    model : Model
        A preset with exactly the teacher's units.
    sizes : sequence of int, length a
    noises : sequence of float, length b
    seeds : int
        Data sets 0, 1, ... of the model; those of different sizes are nested.

    Raises
    ------
    InvalidInputError
        As in `certify_unique_minimum`.

    Examples
    --------
    >>> from continuation.certify import unique_minimum_probability
    >>> from symbolic import single_unit
    >>> share = unique_minimum_probability(single_unit(), sizes=[100], noises=[0.02], seeds=3)
    >>> share.fraction
    array([[0.66666667]])
    """
    hits = np.zeros((len(sizes), len(noises)), dtype=np.int64)
    for seed in range(seeds):
        data = Dataset.sample(model, n=max(sizes), seed=seed)
        for i, size in enumerate(sizes):
            loss = Loss(model, data.first(size))
            for j, noise in enumerate(noises):
                hits[i, j] += unique_minimum_holds(loss, noise=noise)
    low, high = wilson_interval(hits, seeds)
    return Probability(np.array(sizes), np.array(noises), seeds, hits / seeds, low, high)


def _isolated_optimum(loss: Loss) -> tuple[Fraction, ...]:
    model, teacher = loss.model, teacher_of(loss.model)
    if isinstance(teacher, str):
        raise InvalidInputError(teacher)
    if not model.is_unbiased or len(teacher.units) != model.hidden:
        raise InvalidInputError(ISOLATED_OPTIMUM.reason)
    return tuple(optimal_weights(model, teacher))


def _unit_scale(hessian: arb_mat) -> Matrix | None:
    """A matrix S with SᵀAS ≈ 1, or None where A is not positive definite."""
    middle = np.array([[float(entry.mid()) for entry in row] for row in hessian.tolist()])
    try:
        factor = np.linalg.cholesky(middle)
    except np.linalg.LinAlgError:
        return None
    return np.asarray(np.linalg.inv(factor).T)


def _bounds(gradient: arb_mat, hessian: arb_mat, scale: Matrix) -> tuple[arb, arb]:
    """β and η in the metric of A: upper bounds as balls without radius."""
    S = arb_mat(scale.tolist())
    deviation = S.transpose() * hessian * S - _identity(len(scale))
    smallest = 1 - norm(deviation.entries())
    beta = exact(upper(1 / smallest)) if lower(smallest) > 0.0 else arb("inf")
    return beta, exact(upper(beta * norm((S.transpose() * gradient).entries())))


def _case(loss: ExactLoss, theta: tuple[Fraction, ...]) -> _Case | UniqueMinimum:
    """Everything at θ*, or why nothing can be said."""
    here = loss.evaluate([exact(t) for t in theta])
    scale = _unit_scale(here.hessian)
    if scale is None:
        return _undecided("θ* is in no valley of the loss", theta, np.inf)
    if not any(bool(entry != 0) for entry in here.gradient.entries()):
        reason = "the gradient at θ* is not separated from zero: θ* itself may be the minimum"
        return _undecided(reason, theta, np.nan)
    beta, eta = _bounds(here.gradient, here.hessian, scale)
    return _Case(theta, scale, ThirdDerivatives(loss, theta, scale), beta, eta)


@dataclass(frozen=True)
class _Case:
    theta: tuple[Fraction, ...]
    scale: Matrix
    third: ThirdDerivatives
    beta: arb
    eta: arb

    def decide(self, question: Question) -> UniqueMinimum:
        """Try balls until one holds the minimum, then larger ones while they hold no other."""
        h, distance, radius, tried = self.smallest_ball()
        if not h < 0.5:
            return _undecided(f"h = {h:.3g} is not below 1/2", self.theta, h)
        stretch = upper(norm(arb_mat(self.scale.tolist()).entries()))
        reach = upper(exact(distance) * exact(stretch))
        wide, radius = self._enlarged(tried, radius)
        certificate = self._certificate(question, (tried, distance), (wide, radius))
        theta = _doubles(self.theta)
        return UniqueMinimum(PROVED, "", theta, h, distance, radius, reach, certificate)

    def _certificate(
        self, question: Question, near: tuple[float, float], wide: tuple[float, float]
    ) -> Certificate:
        hidden = len(self.theta) // 2
        claim = {
            "units": [
                [str(w), str(self.theta[hidden + k])] for k, w in enumerate(self.theta[:hidden])
            ],
            "scale": rows_of(self.scale),
            "near": hexadecimal(near[0]),
            "distance": hexadecimal(min(near[1] * (1.0 + MARGIN), near[0])),
            "wide": hexadecimal(wide[0]),
            "radius": hexadecimal(wide[1] * (1.0 - MARGIN)),
        }
        return question.proved("unique minimum", claim)

    def smallest_ball(self) -> tuple[float, float, float, float]:
        """h, t, the radius of uniqueness and R of the first ball that holds t or has h ≥ ½."""
        reach = upper(self.eta) * SLACK
        h, distance, radius = self.condition(reach)
        while h < 0.5 and distance > reach:
            reach = distance * SLACK
            h, distance, radius = self.condition(reach)
        return h, distance, radius, reach

    def _enlarged(self, reach: float, radius: float) -> tuple[float, float]:
        """The ball with the largest radius of uniqueness among growing ones, and that radius."""
        for _ in range(LARGER_BALLS):
            wider = reach * GROWTH
            h, distance, larger = self.condition(wider)
            if not (h < 0.5 and distance <= wider and larger > radius):
                break
            reach, radius = wider, larger
        return reach, radius

    def condition(self, reach: float) -> tuple[float, float, float]:
        """h, t and min(R, the radius of uniqueness) for the ball of radius R."""
        K = exact(self.third.bound(reach))
        h = self.beta * K * self.eta
        if not upper(h) < 0.5:
            return upper(h), np.inf, 0.0
        root = (1 - 2 * exact(upper(h))).sqrt()
        # 2η/(1 + √(1 − 2h)) is the same as (1 − √(1 − 2h))/(βK), without the cancellation
        distance = upper(2 * self.eta / (1 + root))
        return upper(h), distance, min(reach, lower((1 + root) / (self.beta * K)))


def _undecided(reason: str, theta: Sequence[Fraction], h: float) -> UniqueMinimum:
    return UniqueMinimum(UNDECIDED, reason, _doubles(theta), h)


def _doubles(theta: Sequence[Fraction]) -> tuple[float, ...]:
    return tuple(float(t) for t in theta)


def _identity(d: int) -> arb_mat:
    return arb_mat(d, d, [int(i == j) for i in range(d) for j in range(d)])
