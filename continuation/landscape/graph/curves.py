"""One-dimensional invariant manifolds of saddles as curves in weight space."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.integrate import solve_ivp

from continuation.errors import InvalidInputError
from continuation.landscape.network import LossAt

DEPARTURE = 1e-4
"""Distance from the saddle at which the linear approximation of the manifold is left; its error
is the square of this."""

ACCURACY = 1e-8
"""Relative and absolute tolerance of the integration along the curve."""

SLOW = 1e-4
"""Gradients below this fraction of the largest eigenvalue at the saddle (the gradient at unit
distance) are no longer normalised, so that the field stays smooth at the next critical point."""

ARRIVAL = 1e-3
"""The curve ends where the gradient has fallen to this fraction of that bound."""


def invariant_curve(
    loss: LossAt, saddle: ArrayLike, direction: ArrayLike, *, stable: bool, length: float
) -> NDArray[np.float64]:
    """One half of a one-dimensional stable or unstable manifold, by arclength.

    The curve dθ/ds = ±∇L/(|∇L| + κ) is the orbit of the gradient flow with s close to its
    arclength: uphill for the stable manifold (the flow reversed), downhill for the unstable one.
    It ends after `length`, or near the next critical point, where κ keeps the field smooth.

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
    slow = SLOW * float(np.abs(np.linalg.eigvalsh(loss.hessian(saddle))).max())

    def tangent(_: float, theta: NDArray[np.float64]) -> NDArray[np.float64]:
        gradient = loss.gradient(theta)
        return sign * gradient / (float(np.linalg.norm(gradient)) + slow)

    def arrival(_: float, theta: NDArray[np.float64]) -> float:
        return float(np.linalg.norm(loss.gradient(theta))) - ARRIVAL * slow

    arrival.terminal = True  # type: ignore[attr-defined]
    arrival.direction = -1.0  # type: ignore[attr-defined]
    start = saddle + DEPARTURE * direction / norm
    solution = solve_ivp(
        tangent, (0.0, length), start, "LSODA", events=arrival, rtol=ACCURACY, atol=ACCURACY
    )
    return np.vstack([saddle, solution.y.T])
