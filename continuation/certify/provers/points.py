"""Certificates of critical points: existence, local uniqueness and Morse index."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from flint import arb_mat
from numpy.typing import ArrayLike

from continuation.certify.certificate import (
    PROVED,
    UNDECIDED,
    Certificate,
    hexadecimal,
    hexadecimals,
    problem_of,
)
from continuation.certify.enclosures import (
    ExactLoss,
    Failure,
    box,
    contraction,
    enlarge,
    inertia,
    working_precision,
)
from continuation.errors import InvalidInputError
from continuation.landscape.network import Loss


def certify_point(
    loss: Loss,
    theta: ArrayLike,
    *,
    noise: float = 0.0,
    size: float | None = None,
    weight_decay: float = 0.0,
) -> Certificate:
    """Prove that one nondegenerate critical point lies near θ, alone, with its Morse index.

    Parameters
    ----------
    loss : Loss
    theta : array_like, shape (d,)
        Approximate critical point.
    noise, size, weight_decay : float
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
    """
    parameters: dict[str, Any] = {"noise": noise, "size": size, "weight_decay": weight_decay}
    problem = problem_of(loss, **parameters)
    return point_certificate(ExactLoss.of(loss, **parameters), problem, theta)


def point_certificate(loss: ExactLoss, problem: Mapping[str, Any], theta: ArrayLike) -> Certificate:
    """`certify_point` for a loss whose enclosures are at hand."""
    centre = weights_of(loss, theta)
    if not np.isfinite(centre).all():
        return undecided("point", problem, "a weight is not a finite number")
    with working_precision():
        here = loss.evaluate(box(centre, 0.0))
        found = contraction(loss, centre, here.gradient, here.hessian)
        if isinstance(found, Failure):
            return undecided("point", problem, found.reason)
        signs = inertia(here.hessian)
        if signs is None:
            return undecided("point", problem, "the sign of an eigenvalue is open")
        found = enlarge(loss, centre, found)
    return Certificate(
        kind="point",
        verdict=PROVED,
        problem=problem,
        claim={
            "theta": hexadecimals(centre),
            "inverse": rows_of(found.inverse),
            "radius": hexadecimal(found.radius),
            "uniqueness_radius": hexadecimal(found.uniqueness_radius),
            "inertia": list(signs),
        },
    )


def weights_of(loss: ExactLoss, theta: ArrayLike) -> list[float]:
    """θ as floats, possibly not finite.

    Raises
    ------
    InvalidInputError
        Wrong length.
    """
    centre = np.asarray(theta, dtype=np.float64)
    if centre.shape != (loss.model.dimension,):
        raise InvalidInputError(
            f"theta must have shape ({loss.model.dimension},), not {centre.shape}"
        )
    return [float(value) for value in centre]


def undecided(kind: str, problem: Mapping[str, Any], reason: str) -> Certificate:
    """The certificate of what could not be proved."""
    return Certificate(kind, UNDECIDED, reason, problem)


def rows_of(matrix: ArrayLike) -> list[list[str]]:
    """A matrix as rows of hexadecimal floats."""
    return [hexadecimals(row) for row in np.asarray(matrix)]


def matrix_of(rows: Sequence[Sequence[str]]) -> arb_mat:
    """Inverse of `rows_of`, exact."""
    return arb_mat([[float.fromhex(entry) for entry in row] for row in rows])
