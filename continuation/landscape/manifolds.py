"""One-dimensional invariant manifolds of saddles as curves in weight space."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.integrate import solve_ivp

from continuation.errors import InvalidInputError
from continuation.landscape.loss import LossAt

DEPARTURE = 1e-4
"""Distance from the saddle at which the linear approximation of the manifold is left; its error
is the square of this."""

ACCURACY = 1e-8
"""Relative and absolute tolerance of the integration along the curve."""

ARRIVAL = 1e-6
"""A curve ends where the gradient has fallen to this fraction of its largest value on it."""


def invariant_curve(
    loss: LossAt, saddle: ArrayLike, direction: ArrayLike, *, stable: bool, length: float
) -> NDArray[np.float64]:
    """One half of a one-dimensional stable or unstable manifold, by arclength.

    The curve dθ/ds = ±∇L/|∇L| is the orbit of the gradient flow without its time: uphill for
    the stable manifold (the flow reversed), downhill for the unstable one. It ends after
    `length`, or near the next critical point.

    Parameters
    ----------
    loss : LossAt
    saddle : array_like, shape (d,)
        A critical point.
    direction : array_like, shape (d,)
        Eigenvector of the Hessian that spans the manifold, with the sign of the wanted half.
    stable : bool
        Stable (positive eigenvalue) or unstable manifold.
    length : float
        Largest arclength in weight space.

    Returns
    -------
    ndarray, shape (m, d)
        Points along the curve, the saddle first.

    Raises
    ------
    InvalidInputError
        If the direction vanishes or the length is not positive.

    References
    ----------
    B. Krauskopf et al., "A survey of methods for computing (un)stable manifolds of vector
    fields", Int. J. Bifurcation Chaos 15 (2005) 763, section 1.
    """
    saddle = np.asarray(saddle, dtype=np.float64)
    direction = np.asarray(direction, dtype=np.float64)
    norm = float(np.linalg.norm(direction))
    if not norm > 0.0:
        raise InvalidInputError("the direction of an invariant curve must not vanish")
    if not length > DEPARTURE:
        raise InvalidInputError(f"length must exceed {DEPARTURE:g}, not {length!r}")
    sign = 1.0 if stable else -1.0
    largest = 0.0

    def tangent(_: float, theta: NDArray[np.float64]) -> NDArray[np.float64]:
        gradient = loss.gradient(theta)
        return sign * gradient / max(float(np.linalg.norm(gradient)), np.finfo(float).tiny)

    def arrival(_: float, theta: NDArray[np.float64]) -> float:
        nonlocal largest
        size = float(np.linalg.norm(loss.gradient(theta)))
        largest = max(largest, size)
        return size - ARRIVAL * largest

    arrival.terminal = True  # type: ignore[attr-defined]
    start = saddle + DEPARTURE * direction / norm
    solution = solve_ivp(
        tangent, (0.0, length), start, "LSODA", events=arrival, rtol=ACCURACY, atol=ACCURACY
    )
    return np.vstack([saddle, solution.y.T])
