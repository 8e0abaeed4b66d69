"""`find_critical_sets`: every critical set of a loss, modulo symmetry."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from continuation.errors import InvalidInputError
from continuation.landscape.assembly import Assembler
from continuation.landscape.critical_sets import CriticalSet, CriticalSets
from continuation.landscape.exhaustive import one_unit_sets, two_unit_sets
from continuation.landscape.general import general_sets
from continuation.landscape.lifting import lift_all
from continuation.landscape.loss import Loss, LossAt
from continuation.landscape.regions import label_regions
from continuation.landscape.responses import Responses, saturation
from symbolic import Model


def find_critical_sets(
    loss: Loss,
    *,
    noise: float = 0.0,
    size: float | None = None,
    weight_decay: float = 0.0,
    seed: int = 0,
    regions: bool = True,
) -> CriticalSets:
    """Find the critical points, lines and ends at infinity of a loss.

    One or two odd sigmoid units without bias or weight decay are searched exhaustively, and
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
    regions : bool
        Label the regions by following every set to zero noise, where the teacher is a sum of
        units of the activation and there is no weight decay. Takes about as long as the search.

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
    found = _search(loss, noise, size, weight_decay, int(seed))
    if regions and loss.model.teacher_units is not None and weight_decay == 0.0:
        return label_regions(loss, found)
    return found


def _search(
    loss: Loss, noise: float, size: float | None, weight_decay: float, seed: int
) -> CriticalSets:
    at = loss.at(noise=noise, size=size, weight_decay=weight_decay)
    if is_exhaustive(loss.model) and weight_decay == 0.0:
        responses = Responses.of(loss, noise, size)
        search = one_unit_sets if loss.model.hidden == 1 else two_unit_sets
        return search(at, responses)
    smaller, embedded, notes = _embedded(loss, at, noise, size, weight_decay, seed)
    found = general_sets(at, embedded, smaller, seed)
    return replace(found, notes=(*found.notes, *notes))


def _embedded(
    loss: Loss, at: LossAt, noise: float, size: float | None, weight_decay: float, seed: int
) -> tuple[LossAt | None, list[CriticalSet], tuple[str, ...]]:
    """The smaller network's loss, and what its critical points are lifted to."""
    model = loss.model
    if model.kind == "expression":
        return None, [], ()
    build = Assembler(at)
    origin = [build.point(np.zeros(model.dimension), "origin")] if _has_origin(model) else []
    if not model.free_output or model.hidden == 1 or weight_decay > 0.0:
        return None, origin, ()
    base = Loss(model.with_hidden(model.hidden - 1), loss.data)
    below = _search(base, noise, size, 0.0, seed)
    responses = None if model.bias else Responses.of(loss, noise, size)
    lifted, notes = lift_all(build, below, responses)
    return base.at(noise=noise, size=size), origin + lifted, notes


def _has_origin(model: Model) -> bool:
    """Whether θ = 0 is critical for all data: φ odd, free outputs, no offset."""
    return model.is_odd and model.free_output and not model.offset


def is_exhaustive(model: Model) -> bool:
    """Whether the search of this model is exhaustive (without weight decay)."""
    return (
        model.kind == "perceptron"
        and model.hidden <= 2
        and model.is_odd
        and model.free_output
        and not (model.bias or model.offset)
        and saturation(model) is not None
    )
