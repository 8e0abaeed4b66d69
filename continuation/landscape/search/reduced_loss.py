"""The loss that is left of two units when the output weights are fitted: R(w₁, w₂) = min_v L."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from continuation.errors import InvalidInputError
from continuation.landscape.network import REDUCED_LOSS, Loss, Responses, project


def reduced_loss(loss: Loss, nodes: ArrayLike, *, noise: float = 0.0) -> NDArray[np.float64]:
    """R on all pairs of input weights.

    On and near the diagonal the second feature is the divided difference of the first, so that
    the value there is the limit (a confluent pair).

    Parameters
    ----------
    loss : Loss
        Of two units with odd activation and free output weights, without bias and offset.
    nodes : array_like, shape (m,)
        Positive, increasing input weights.
    noise : float

    Returns
    -------
    ndarray, shape (m, m)
        Symmetric.

    Raises
    ------
    InvalidInputError
        For another model, nodes that are not finite, positive and increasing, or a noise that
        the data do not allow.

    References
    ----------
    G. H. Golub and V. Pereyra, *SIAM J. Numer. Anal.* 10 (1973) 413.
    """
    REDUCED_LOSS.require(loss.model)
    w = np.asarray(nodes, dtype=np.float64)
    if w.ndim != 1 or not np.isfinite(w).all() or not (np.diff(w, prepend=0.0) > 0.0).all():
        raise InvalidInputError("nodes must be finite, positive and increasing")
    responses = Responses.at(loss.at(noise=noise))
    phi, slope = responses.features(w, 1)
    reduced = np.empty((w.size, w.size))
    for i in range(w.size):
        gap = w[i:] - w[i]
        second = np.vstack([slope[i : i + 1], (phi[i + 1 :] - phi[i]) / gap[1:, None]])
        first = np.broadcast_to(phi[i], second.shape)
        _, residual = project(responses.target, np.array([first, second]))
        reduced[i, i:] = reduced[i:, i] = 0.5 * np.einsum("kn,kn->k", residual, residual)
    return reduced
