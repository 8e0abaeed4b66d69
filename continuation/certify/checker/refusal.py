"""How a checker says no."""

from __future__ import annotations


class Refused(Exception):
    """The certificate does not prove what it says."""


def require(condition: object, reason: str) -> None:
    """Raise `Refused` where a condition is not certainly true."""
    if not bool(condition):
        raise Refused(reason)
