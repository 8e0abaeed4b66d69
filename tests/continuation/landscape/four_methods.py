"""Four independent ways to the isolated critical points of two units, apart from the product's own.

None of them shares code with the exhaustive search: repeated starts on the loss in all four
weights; a root finder on the reduced loss R(w₁, w₂) from every node of a grid; deflated Newton;
and branches from other values of the noise. Each returns weights of points with two distinct
working units, one a symmetry orbit, within a range of input weights.
"""

import warnings

import numpy as np
from scipy.linalg import LinAlgWarning
from scipy.optimize import root

from continuation.deadline import Deadline
from continuation.deflation import find_solutions
from continuation.errors import ConvergenceError, InvalidInputError
from continuation.landscape import Loss, Symmetry, find_critical_sets, follow
from continuation.landscape.search.budget import Budget
from continuation.landscape.search.repeated_starts import harvest_points
from continuation.landscape.search.seekers import polish
from continuation.landscape.sets.embedding import reduced_network

NODES = 20
"""Starts of the root finder on each axis of the reduced landscape."""

DEFLATION_STARTS = 30
FACTORS = (0.5, 0.8, 1.3, 2.0, 4.0)
"""Noises at which branches start, relative to that in question."""

SAME = 1e-5


def exhaustive(loss: Loss, noise: float) -> list[np.ndarray]:
    """What is to be tested: the isolated points of `find_critical_sets`."""
    sets = find_critical_sets(loss, noise=noise, regions=False)
    return [s.theta for s in sets if s.subkind == "isolated"]


def multistart(loss: Loss, noise: float, seed: int = 0) -> list[np.ndarray]:
    """Seekers of minima and saddles from repeated starts."""
    rng = np.random.default_rng(seed)
    budget = Budget(2400, Deadline())
    harvest, _ = harvest_points(
        loss.at(noise=noise), [], lambda _: [], rng, budget, lambda *_: None
    )
    return [p.theta for p in harvest.points]


def reduced_landscape(loss: Loss, noise: float, reach: tuple[float, float]) -> list[np.ndarray]:
    """Roots of ∇R by Powell's hybrid method from every pair of grid nodes, in ln w."""
    data, at = loss.data, loss.at(noise=noise)
    x, y = data.x, data.target + noise * data.noise
    scale = 1.0 / np.sqrt(x.size)

    def fitted(logs):
        w = np.exp(np.clip(logs, -8.0, 8.0))
        phi = np.tanh(np.outer(w, x))
        v, *_ = np.linalg.lstsq(scale * phi.T, scale * y, rcond=None)
        return w, phi, v

    def slope(logs):
        w, phi, v = fitted(logs)
        residual = v @ phi - y
        return (1.0 - phi**2) @ (x * residual) / x.size * w  # without the factor v, a spurious root

    nodes = np.log(np.geomspace(1.3 * reach[0], 0.8 * reach[1], NODES))
    found = []
    for i in range(NODES):
        for j in range(i + 1, NODES):
            result = root(slope, [nodes[i], nodes[j]], method="hybr", options={"maxfev": 60})
            if not result.success or np.abs(result.x).max() > 7.5:
                continue
            w, _, v = fitted(result.x)
            theta = polish(at, np.concatenate([w, v]))
            if theta is not None:
                found.append(theta)
    return found


def deflation(loss: Loss, noise: float, seed: int = 0) -> list[np.ndarray]:
    """Deflated Newton on ∇L = 0 from random starts, all known points of the orbit deflated."""
    problem, model = loss.problem("noise"), loss.model
    symmetry, rng = Symmetry.of(model), np.random.default_rng(seed)
    found: list[np.ndarray] = []
    for _ in range(DEFLATION_STARTS):
        w = np.exp(rng.uniform(np.log(0.2), np.log(8.0), 2)) / np.std(loss.data.x)
        phi = np.tanh(np.outer(loss.data.x, w))
        v, *_ = np.linalg.lstsq(phi, loss.data.target + noise * loss.data.noise, rcond=None)
        known = [symmetry.act(g, theta) for theta in found for g in symmetry.elements()]
        with warnings.catch_warnings():  # iterates that run off to infinity
            warnings.simplefilter("ignore", LinAlgWarning)
            found += find_solutions(problem, noise, [np.concatenate([w, v])], known)
    return found


def from_other_noise(loss: Loss, noise: float) -> list[np.ndarray]:
    """Crossings of this noise by the branches of the points at other noises."""
    found = []
    for factor in FACTORS:
        start = factor * noise
        limits = (0.3 * noise, 1.2 * FACTORS[-1] * noise)
        for s in find_critical_sets(loss, noise=start, regions=False):
            if s.subkind != "isolated":
                continue
            try:
                branch = follow(loss, s, "noise", limits, targets=[noise])
            except (ConvergenceError, InvalidInputError):
                continue
            found += [p.x for p in branch.special if p.kind == "target" and p.p == noise]
    return found


def distinct(
    loss: Loss, noise: float, thetas: list[np.ndarray], reach: tuple[float, float]
) -> list[np.ndarray]:
    """One of each orbit: critical, all units distinct and working, with |w| within reach."""
    symmetry, kept, units = Symmetry.of(loss.model), [], loss.model.hidden
    for theta in thetas:
        if theta.size != loss.model.dimension or not np.isfinite(theta).all():
            continue
        w = np.abs(theta[:units])
        _, embedding = reduced_network(loss.model, theta)
        if embedding.copies != (1,) * units or w.min() <= reach[0] or w.max() >= reach[1]:
            continue
        if np.abs(loss.gradient(theta, noise=noise)).max() > 1e-8 * (1.0 + np.abs(theta).max()):
            continue
        if all(symmetry.distance(theta, other) > SAME * np.linalg.norm(other) for other in kept):
            kept.append(theta)
    return kept


def missing(loss: Loss, some: list[np.ndarray], others: list[np.ndarray]) -> list[np.ndarray]:
    """Members of the second list that the first lacks, modulo symmetry."""
    symmetry = Symmetry.of(loss.model)
    return [
        theta
        for theta in others
        if all(symmetry.distance(theta, one) > SAME * np.linalg.norm(theta) for one in some)
    ]
