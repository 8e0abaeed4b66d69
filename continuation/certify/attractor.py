"""`certify_attractor`: under weight decay, one minimum takes almost all initial weights.

For H tanh units with weight decay ρ > 0 the loss L is analytic and L ≥ ½ρ|θ|². A trajectory of
θ' = −∇L stays where L is at most what it was, which is bounded, so that it has limit points, all of
them critical. If all critical points are nondegenerate they are isolated, and it converges to one.
The points from which it converges to a saddle form an injectively immersed manifold of dimension
d − index < d, of measure zero, and the saddles are finitely many. So if there is one minimum modulo
symmetry, all initial weights but a set of measure zero lead to it or to its images, which are the
same function. The certificate is that list of critical points, and that there are no others; the
rest is this argument.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from continuation.certify.certificate import (
    PROVED,
    REFUTED,
    UNDECIDED,
    Certificate,
    problem_of,
)
from continuation.certify.checker import check
from continuation.certify.provers import certify_point
from continuation.errors import InvalidInputError
from continuation.landscape.network import Loss
from continuation.landscape.sets import CriticalSet, shared_conditions

KIND = "attractor"


def certify_attractor(
    loss: Loss,
    sets: Sequence[CriticalSet],
    *,
    noise: float | None = None,
    size: float | None = None,
    weight_decay: float | None = None,
    seconds: float = math.inf,
) -> Certificate:
    """Prove that the gradient flow from almost all initial weights ends in one minimum.

    Parameters
    ----------
    loss : Loss
        One or two tanh units, free output weights, no bias.
    sets : sequence of CriticalSet
        All critical sets under weight decay, as from `find_critical_sets`.
    noise, size, weight_decay : float, optional
        Parameters of the loss, by default those that the sets were found at.
    seconds : float
        Wall-clock time after which the search for others ends undecided.

    Returns
    -------
    Certificate
        PROVED: the listed points are all critical points modulo symmetry, all are nondegenerate and
        one is a minimum, so that trajectories from all initial weights but a set of measure zero
        converge to it or its images. REFUTED: two minima are proved that are no images of each
        other; each attracts an open set. UNDECIDED with the reason else.

    Raises
    ------
    InvalidInputError
        No sets, no weight decay, parameters that are out of range or others than those that the
        sets were found at.

    Notes
    -----
    Boxes of input weights are examined in ball arithmetic, some milliseconds for 20 samples each,
    and more of them the smaller the weight decay: their range grows as ρ^(−3/4). Two units, 20
    samples: 4,000 boxes at ρ = 0.1.

    Examples
    --------
    >>> from continuation.certify import certify_attractor
    >>> from continuation.landscape import Dataset, Loss, find_critical_sets
    >>> from symbolic import single_unit
    >>> loss = Loss(single_unit(), Dataset.sample(single_unit(), n=6, seed=0))
    >>> sets = find_critical_sets(loss, noise=0.1, weight_decay=0.05)
    >>> certify_attractor(loss, sets).verdict
    'PROVED'
    """
    conditions = shared_conditions(
        loss.data, sets, noise=noise, size=size, weight_decay=weight_decay
    )
    if not conditions.decays or not sets:
        raise InvalidInputError(
            "critical sets that were found under weight decay are needed: without it trajectories "
            "need not be bounded"
        )
    ordered = sorted(sets, key=lambda one: one.index)
    weights = [one.theta for one in ordered if one.theta is not None]  # none lies at infinity
    points = [certify_point(loss, theta, **conditions.keywords) for theta in weights]
    problem = problem_of(loss, **conditions.keywords)
    unproved = next((point for point in points if not point.proved), None)
    if unproved is not None:
        return Certificate(KIND, UNDECIDED, f"a listed point: {unproved.reason}", problem)
    for verdict, claimed in ((REFUTED, points[:2]), (PROVED, points)):
        claim = {"points": [point.claim for point in claimed]}
        found = Certificate(KIND, verdict, problem=problem, claim=claim)
        checked = check(found, seconds=seconds)
        if checked.accepted:
            return found
    return Certificate(KIND, UNDECIDED, checked.reason, problem)
