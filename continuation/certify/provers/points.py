"""Certificates of critical points: existence, local uniqueness and Morse index."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Unpack

import numpy as np
from flint import arb_mat
from numpy.typing import ArrayLike

from continuation.certify.certificate import Certificate, hexadecimal, hexadecimals
from continuation.certify.enclosures import (
    ExactLoss,
    Failure,
    box,
    contraction,
    enlarge,
    inertia,
    working_precision,
)
from continuation.certify.provers.question import Question
from continuation.errors import InvalidInputError
from continuation.landscape.network import Given, Loss, as_real, in_fitting_units

Inertia = tuple[int, int, int]

LEAST_RADIUS = 2.0**-70
"""Of a proved point, relative to its weights: where sums happen to be exact in the prover's balls,
the critical point may be θ to the last bit, and a checker with other roundings cannot see that."""


@dataclass(frozen=True)
class ProvedPoint:
    """A nondegenerate critical point that exists near a place, alone there.

    Attributes
    ----------
    theta : tuple of float, length d
        The place.
    inverse : sequence of sequence of str, (d, d)
        C ≈ (∇²L)⁻¹ that the proof contracts with, as hexadecimal floats.
    radius, uniqueness_radius : float
        The point lies within the first, no other within the second, in the maximum norm.
    inertia : tuple of int
        Of the Hessian on that whole box: negative, zero, positive.
    """

    theta: tuple[float, ...]
    inverse: Sequence[Sequence[str]] = field(repr=False)
    radius: float
    uniqueness_radius: float
    inertia: Inertia

    @classmethod
    def of(cls, certificate: Certificate) -> ProvedPoint | Failure:
        """What a certificate of a point proves, or why it proves nothing."""
        if not certificate.proved:
            return Failure(certificate.reason)
        claim = certificate.claim
        negative, zero, positive = claim["inertia"]
        return cls(
            theta=tuple(map(float.fromhex, claim["theta"])),
            inverse=claim["inverse"],
            radius=float.fromhex(claim["radius"]),
            uniqueness_radius=float.fromhex(claim["uniqueness_radius"]),
            inertia=(negative, zero, positive),
        )

    @property
    def claim(self) -> dict[str, Any]:
        """What a checker needs."""
        return {
            "theta": hexadecimals(self.theta),
            "inverse": self.inverse,
            "radius": hexadecimal(self.radius),
            "uniqueness_radius": hexadecimal(self.uniqueness_radius),
            "inertia": list(self.inertia),
        }

    @property
    def contraction(self) -> arb_mat:
        """C, exact."""
        return arb_mat([[float.fromhex(entry) for entry in row] for row in self.inverse])


@in_fitting_units
def certify_point(loss: Loss, theta: ArrayLike, **given: Unpack[Given]) -> Certificate:
    """Prove that one nondegenerate critical point lies near θ, alone, with its Morse index.

    Parameters
    ----------
    loss : Loss
    theta : array_like, shape (d,)
        Approximate critical point.
    **given : noise, size, weight_decay
        Parameters of the loss, as in `Loss.at`.

    Returns
    -------
    Certificate
        PROVED: a critical point lies within `radius` of θ, there is no other within
        `uniqueness_radius` (both in the maximum norm), and the Hessian has the stated inertia on
        that whole box. UNDECIDED with the reason else: degenerate points, points of a line and
        points that are no numbers cannot be proved.

    Raises
    ------
    InvalidInputError
        θ has the wrong length, or a parameter is out of range.

    Examples
    --------
    >>> from continuation.certify import certify_point
    >>> from continuation.landscape import Dataset, Loss, find_critical_sets
    >>> from symbolic import single_unit
    >>> loss = Loss(single_unit(), Dataset.sample(single_unit(), n=20, seed=0))
    >>> sets = find_critical_sets(loss, noise=0.1)
    >>> certificate = certify_point(loss, sets[0].theta, noise=0.1)
    >>> certificate.verdict, certificate.inertia
    ('PROVED', (0, 0, 2))
    """
    return point_certificate(Question.of(loss, **given), theta)


def point_certificate(question: Question, theta: ArrayLike) -> Certificate:
    """`certify_point` for a loss whose enclosures are at hand."""
    found = prove_point(question.loss, theta)
    if isinstance(found, Failure):
        return question.undecided("point", found.reason)
    return question.proved("point", found.claim)


def prove_point(loss: ExactLoss, theta: ArrayLike) -> ProvedPoint | Failure:
    """The critical point near θ, or why it is not proved."""
    centre = weights_of(loss, theta)
    if not np.isfinite(centre).all():
        return Failure("a weight is not a finite number")
    with working_precision():
        here = loss.evaluate(box(centre, 0.0))
        found = contraction(loss, centre, here.gradient, here.hessian)
        if isinstance(found, Failure):
            return found
        signs = inertia(here.hessian)
        if signs is None:
            return Failure("the sign of an eigenvalue is open")
        found = enlarge(loss, centre, found)
    radius = max(found.radius, LEAST_RADIUS * max(map(abs, centre)))
    rows = rows_of(found.inverse)
    return ProvedPoint(tuple(centre), rows, radius, found.uniqueness_radius, signs)


def weights_of(loss: ExactLoss, theta: ArrayLike) -> list[float]:
    """θ as floats, possibly not finite.

    Raises
    ------
    InvalidInputError
        Wrong length, or no numbers.
    """
    centre = as_real("theta", theta)
    if centre.shape != (loss.dimension,):
        raise InvalidInputError(f"theta must have shape ({loss.dimension},), not {centre.shape}")
    return [float(value) for value in centre]


def rows_of(matrix: ArrayLike) -> list[list[str]]:
    """A matrix as rows of hexadecimal floats."""
    return [hexadecimals(row) for row in np.asarray(matrix)]
