"""The loss of given clusters of units, minimised over their centres and coefficients.

References
----------
G. H. Golub and V. Pereyra, *SIAM J. Numer. Anal.* 10 (1973) 413: variable projection.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from continuation.arrays import Array
from continuation.landscape.flow.clusters import Cluster
from continuation.landscape.flow.end_charts import (
    CONTRACTION,
    CONTRACTION_FLOOR,
    ROUNDING,
    SETTLE_STEPS,
    SETTLE_TOLERANCE,
)
from continuation.landscape.network import Responses


@dataclass(frozen=True, eq=False)
class Settled:
    """A minimum over centres and coefficients at given sizes.

    Attributes
    ----------
    centres : ndarray, shape (k,)
    coefficients : list of ndarray, shape (m,) each
    residual : ndarray, shape (q,)
    loss : float
    """

    centres: Array
    coefficients: list[Array]
    residual: Array

    @property
    def loss(self) -> float:
        """½ |r|²."""
        return 0.5 * float(self.residual @ self.residual)


def settle(
    responses: Responses,
    clusters: Sequence[Cluster],
    centres: Array,
    sizes: Array,
    first_change: float,
) -> Settled | None:
    """Minimum over centres and coefficients by the projected Newton method; None if it is lost.

    The coefficients are eliminated in every step, which the engine's Newton does not do.
    """
    moving = np.flatnonzero([cluster.moves for cluster in clusters])
    counts = np.cumsum([cluster.weights.size for cluster in clusters])[:-1]
    previous = np.inf
    for iteration in range(SETTLE_STEPS):
        rows = [
            cluster.basis(responses, float(centre), float(s))
            for cluster, centre, s in zip(clusters, centres, sizes, strict=True)
        ]
        basis = np.concatenate(rows, axis=1)
        q, r = np.linalg.qr(basis[0].T)
        along = q.T @ responses.target
        residual = q @ along - responses.target
        if not (np.abs(np.diag(r)) > ROUNDING * np.abs(np.diag(r)).max()).all():
            return None
        coefficients = np.split(np.linalg.solve(r, along), counts)
        settled = Settled(centres, coefficients, residual)
        if moving.size == 0:
            return settled
        step = _projected_step(rows, settled, moving, counts, q, r)
        if step is None:
            return None
        change = float(np.abs(step / centres[moving]).max())
        bound = first_change if iteration == 0 else max(CONTRACTION * previous, CONTRACTION_FLOOR)
        if not change <= bound:
            return None
        if change < SETTLE_TOLERANCE:
            return settled
        centres = centres.copy()
        centres[moving] += step
        previous = change
    return None


def _projected_step(
    rows: Sequence[Array],
    at: Settled,
    moving: NDArray[np.int64],
    counts: NDArray[np.int64],
    q: Array,
    r: Array,
) -> Array | None:
    """Newton step (k,) of the centres for the loss minimised over the coefficients.

    With the features A = RᵀQᵀ, the motion J = c A' of the outputs and K = (A' r) R⁻¹ the projected
    Hessian is J⊥ J⊥ᵀ + c A'' r − J Q Kᵀ − K (J Q)ᵀ − K Kᵀ. None unless it is positive.
    """
    motion = np.array([at.coefficients[k] @ rows[k][1] for k in moving])
    bend = np.array([at.coefficients[k] @ rows[k][2] @ at.residual for k in moving])
    mixed = np.zeros((moving.size, r.shape[0]))
    first = [0, *counts]
    for i, k in enumerate(moving):
        mixed[i, first[k] : first[k] + len(rows[k][1])] = rows[k][1] @ at.residual
    seen = motion @ q
    across = motion - seen @ q.T
    coupling = np.linalg.solve(r.T, mixed.T).T
    hessian = across @ across.T + np.diag(bend) - coupling @ coupling.T
    hessian -= seen @ coupling.T + coupling @ seen.T
    if not (np.diag(hessian) > 0.0).all():
        return None
    size = 1.0 / np.sqrt(np.diag(hessian))
    try:
        np.linalg.cholesky(size[:, None] * hessian * size)
    except np.linalg.LinAlgError:
        return None
    return np.asarray(
        -size * np.linalg.solve(size[:, None] * hessian * size, size * (motion @ at.residual))
    )
