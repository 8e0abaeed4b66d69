"""How fast the gradient flow runs to a set at infinity, see `infinity.escape_laws`."""

from __future__ import annotations

from continuation.errors import InvalidInputError
from continuation.landscape.infinity import EscapeLaw, end_of
from continuation.landscape.sets import CriticalSet


def escape_law(end: CriticalSet) -> EscapeLaw:
    """The law of an attracting confluence or linear end.

    Parameters
    ----------
    end : CriticalSet
        At infinity.

    Raises
    ------
    InvalidInputError
        For a set that does not attract or has another law (steps, corners).
    """
    law = None
    if end.limit is not None and end.attracting:
        law = end_of(end.limit).escape(end.limit, float(end.normal_derivatives[0]))
    if law is None:
        raise InvalidInputError(
            f"{end.label or end.subkind} has no such law: it is for attracting confluences and "
            "linear ends"
        )
    return law
