"""Numbers in statements: rounded to the side on which the statement stays true."""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal

DIGITS = 3


def at_most(value: float) -> str:
    """A number not below the value."""
    return _rounded(value, ROUND_CEILING)


def at_least(value: float) -> str:
    """A number not above the value."""
    return _rounded(value, ROUND_FLOOR)


def _rounded(value: float, rounding: str) -> str:
    return f"{Context(prec=DIGITS, rounding=rounding).create_decimal(Decimal(value)):g}"


def exactly(value: float) -> str:
    """The shortest text that only this double has."""
    return repr(value)
