"""How long do trajectories stay near a saddle, and what do its eigenvalues predict?

In the linear flow next to a saddle the unstable coordinates grow as u_k(t) = u_k(0) e^{κ_k t},
κ_k = −λ_k > 0, so that a trajectory leaves a neighbourhood of radius r after the time T with
Σ u_k(0)² e^{2κ_k T} = r²: for one unstable direction T = ln(r/|u(0)|)/κ. The mean over the
distribution of arrivals is the expected passage time.

References
----------
Yu. Kifer, *Israel J. Math.* 40 (1981) 74: exit from a neighbourhood of a saddle.
E. Stone and P. Holmes, *SIAM J. Appl. Math.* 50 (1990) 726: passage times at saddles.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy.interpolate import CubicHermiteSpline
from scipy.optimize import brentq

from continuation.arrays import Array
from continuation.errors import InvalidInputError
from continuation.landscape.flow import RTOL, Trajectory, trajectory
from continuation.landscape.network import LARGEST_LISTED, Loss, LossAt, Symmetry, as_whole
from continuation.landscape.sets import CriticalSet, conditions_on
from continuation.options import as_number

RADIUS = 0.1
"""Radius of the neighbourhoods."""
FLAT = 1e-9
"""Eigenvalues below this part of the largest are those of free shares and of degenerate points."""
WITHIN_STEP = 8
"""Points per accepted step at which the distance is looked at; the interpolant is a cubic."""


@dataclass(frozen=True, eq=False)
class PassageTimes:
    """Passages of trajectories through the neighbourhood of one saddle.

    Attributes
    ----------
    label : str
        Of the saddle.
    radius : float
    rates : ndarray, shape (k,)
        κ = −λ > 0 of the unstable directions, the fastest first.
    measured : ndarray, shape (m,)
        Times between entry and exit, one for each passage.
    predicted : ndarray, shape (m,)
        The same in the linear flow, from the unstable coordinates at the entry.
    nonlinearity : float
        Relative error of the linear rate at the radius, in the slowest unstable direction e:
        (|D³L[e, e, e]| r/2 + |a₄| r²/6)/κ with a₄ = D⁴L[e, e, e, e] − 3 Σ D³L[e, e, v]²/λ_v, the
        sum over the stable eigenvectors v. Where it is not small, no agreement is to be expected.
    """

    label: str
    radius: float
    rates: Array
    measured: Array = field(repr=False)
    predicted: Array = field(repr=False)
    nonlinearity: float

    @property
    def count(self) -> int:
        """Number of passages."""
        return len(self.measured)

    @property
    def ratio(self) -> float:
        """Mean measured over mean predicted time; nan without passages."""
        return float(self.measured.mean() / self.predicted.mean()) if self.count else np.nan

    @property
    def standard_error(self) -> float:
        """Of the mean of measured − predicted, over the mean predicted; nan for under two."""
        if self.count < 2:
            return np.nan
        spread = (self.measured - self.predicted).std(ddof=1) / np.sqrt(self.count)
        return float(spread / self.predicted.mean())


def passage_times(
    loss: Loss,
    saddles: Sequence[CriticalSet],
    *,
    noise: float | None = None,
    size: float | None = None,
    weight_decay: float | None = None,
    n: int = 200,
    seed: int = 0,
    spread: float = 1.0,
    radius: float = RADIUS,
    rtol: float = RTOL,
) -> tuple[PassageTimes, ...]:
    """Measure how long trajectories from random initial weights stay near saddles.

    Parameters
    ----------
    loss : Loss
    saddles : sequence of CriticalSet
        Nondegenerate points of index ≥ 1 are used, the others are left out.
    noise, size, weight_decay : float, optional
        Parameters of the loss, as in `Loss.at`. Omitted: those that `saddles` were found at.
    n, seed : int
        Number of trajectories, and the seed of their initial weights.
    spread : float
        Standard deviation of the initial weights.
    radius : float
        Radius of the neighbourhoods.
    rtol : float
        Tolerance of the flow.

    Returns
    -------
    tuple of PassageTimes
        One for each saddle used, those without any passage included.

    Raises
    ------
    InvalidInputError
        n < 1, a negative seed, a radius or spread that is not positive, a model with too many
        symmetries to list, a parameter of the loss outside its range, or saddles that were found
        at others.

    Examples
    --------
    >>> from continuation.landscape import Dataset, Loss, find_critical_sets, passage_times
    >>> from symbolic import single_unit
    >>> loss = Loss(single_unit(), Dataset.sample(single_unit(), n=20, seed=0))
    >>> sets = find_critical_sets(loss, noise=0.1)
    >>> origin = sets[-1]
    >>> [times] = passage_times(loss, [origin], n=20)
    >>> round(float(times.rates[0]), 4)
    0.4399
    """
    n, seed = as_whole("n", n, 1), as_whole("seed", seed, 0)
    for name, value in (("radius", radius), ("spread", spread)):
        if not as_number(name, value) > 0.0:
            raise InvalidInputError(f"{name} must be positive, not {value!r}")
    if Symmetry.of(loss.model).order > LARGEST_LISTED:
        raise InvalidInputError(
            f"the images of a saddle are searched one by one, at most {LARGEST_LISTED}; "
            f"this model has {Symmetry.of(loss.model).order} symmetries"
        )
    at = loss.under(conditions_on(loss, saddles, noise=noise, size=size, weight_decay=weight_decay))
    starts = spread * np.random.default_rng(seed).standard_normal((n, loss.model.dimension))
    paths = [trajectory(at, start, rtol=rtol) for start in starts]
    chosen = [s for s in saddles if s.is_point and s.index > 0 and s.nullity == 0]
    return tuple(_of_saddle(at, saddle, paths, radius) for saddle in chosen)


def _of_saddle(
    at: LossAt, saddle: CriticalSet, paths: Sequence[Trajectory], radius: float
) -> PassageTimes:
    symmetry = Symmetry.of(at.model, decays=at.conditions.decays)
    images = _distinct([symmetry.act(g, saddle.weights) for g in symmetry.elements()])
    values, vectors = np.linalg.eigh(at.hessian(saddle.weights))
    index = int((values < 0.0).sum())
    rates = -values[:index]
    times = [
        (measured, exit_time(_unstable(at, image, arrival, index), rates, radius))
        for path in paths
        for image in images
        for measured, arrival in _passages(at, path, image, radius)
    ]
    measured, predicted = np.array(times).reshape(-1, 2).T
    first, second = rate_terms(at, saddle.weights, values, vectors, index - 1)
    return PassageTimes(
        saddle.label,
        radius,
        rates,
        measured,
        predicted,
        first * radius + second * radius**2,
    )


def rate_terms(
    at: LossAt, theta: Array, values: Array, vectors: Array, unstable: int
) -> tuple[float, float]:
    """First and second order in the distance r of the relative error of a linear rate κ = −λ.

    Parameters
    ----------
    at : LossAt
    theta : ndarray, shape (d,)
        The saddle.
    values, vectors : ndarray, shape (d,) and (d, d)
        Of its Hessian, increasing; those that vanish take no part.
    unstable : int
        Which of the unstable directions.
    """
    jet, rate = at.jet(theta, vectors[:, unstable]), -float(values[unstable])
    stable = values > FLAT * float(np.abs(values).max())
    bend = np.sum((vectors[:, stable].T @ jet.third) ** 2 / values[stable])
    third, fourth = abs(float(jet.taylor[3])), abs(float(jet.taylor[4] - 3.0 * bend))
    return third / (2.0 * rate), fourth / (6.0 * rate)


def exit_time(unstable: Array, rates: Array, radius: float) -> float:
    """T with Σ u_k² e^{2κ_k T} = r² for unstable coordinates u and rates κ, shape (k,) both.

    Zero for a start outside, infinite on the stable manifold.
    """
    if float(unstable @ unstable) >= radius**2:
        return 0.0
    present = unstable != 0.0
    if not present.any():
        return np.inf
    alone = np.log(radius / np.abs(unstable[present])) / rates[present]

    def excess(t: float) -> float:
        return float(np.log(np.sum((unstable[present] * np.exp(rates[present] * t)) ** 2)))

    longest = float(alone.min())
    goal = 2.0 * np.log(radius)
    if present.sum() == 1:
        return longest
    return float(brentq(lambda t: excess(t) - goal, 0.0, longest * (1.0 + 1e-12)))


def _unstable(at: LossAt, image: Array, theta: Array, index: int) -> Array:
    _, vectors = np.linalg.eigh(at.hessian(image))
    return np.asarray((theta - image) @ vectors[:, :index])


def _passages(
    at: LossAt, path: Trajectory, image: Array, radius: float
) -> Iterator[tuple[float, Array]]:
    """Time spent within the radius, and the weights at the entry, for each completed passage."""
    distance = np.linalg.norm(path.theta - image, axis=1)
    if distance.min() > 2.0 * radius:
        return
    # one step more on either side
    near = np.flatnonzero(distance < 2.0 * radius)
    first, last = max(near[0] - 1, 0), min(near[-1] + 1, len(path.t) - 1)
    steps = slice(first, last + 1)
    if last - first < 2:
        return
    slopes = np.array([-at.gradient(theta) for theta in path.theta[steps]])
    curve = CubicHermiteSpline(path.t[steps], path.theta[steps], slopes)
    inner = np.linspace(0.0, 1.0, WITHIN_STEP, endpoint=False)
    t = (path.t[steps][:-1, None] + np.diff(path.t[steps])[:, None] * inner).ravel()
    t = np.append(t, path.t[last])

    def gap(time: float) -> float:
        return float(np.linalg.norm(curve(time) - image) - radius)

    outside = np.linalg.norm(curve(t) - image, axis=1) >= radius
    entries = np.flatnonzero(outside[:-1] & ~outside[1:])
    exits = np.flatnonzero(~outside[:-1] & outside[1:])
    begin = [t[0]] if not outside[0] and first == 0 else []
    begin += [float(brentq(gap, t[k], t[k + 1])) for k in entries]
    end = [float(brentq(gap, t[k], t[k + 1])) for k in exits]
    for entry, leave in zip(begin, end, strict=False):
        yield leave - entry, curve(entry)


def _distinct(points: Sequence[Array]) -> list[Array]:
    kept: list[Array] = []
    for point in points:
        if all(np.abs(point - other).max() > 1e-9 for other in kept):
            kept.append(point)
    return kept
