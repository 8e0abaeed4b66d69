"""What may stand in a certificate: each kind has one strict schema, which also reads the values.

A schema is a function that takes what JSON gave and the place where it stands, and returns the
value that the checkers work with, or raises `Refused`. Unknown and missing fields, other types,
other ways to write a number and sizes beyond the bounds are all refused, before anything is
computed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any

from continuation.certify.checker.refusal import Refused, require

Reader = Callable[[Any, str], Any]
"""(value, place) ↦ what the checkers work with."""

MOST_CHARACTERS = 2**24
"""Of a text: some fifteen times the longest that the provers wrote; read in half a second."""

LONGEST_NUMBER = 32
"""Characters; a double in hexadecimal has at most 25."""

MOST_DIGITS = 40
"""Of numerator and denominator of a rational number."""

MOST_ROWS = 100_000
"""Of a list: samples, tubes, zeros."""

MOST_WEIGHTS = 64
"""Weights of a network; matrices have their square."""

_RATIONAL = re.compile(rf"-?[0-9]{{1,{MOST_DIGITS}}}(/[0-9]{{1,{MOST_DIGITS}}})?", re.ASCII)


def parse(text: str) -> Any:
    """The value of a JSON text of bounded size and depth, without repeated fields.

    Raises
    ------
    Refused
        Anything else.
    """
    require(len(text) <= MOST_CHARACTERS, f"the text is longer than {MOST_CHARACTERS} characters")
    try:
        return json.loads(text, object_pairs_hook=_fields, parse_constant=_no_number)
    except RecursionError:
        raise Refused("the text is nested too deeply") from None
    except ValueError as error:
        raise Refused(f"no JSON text: {error}") from error


def _fields(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    require(len(fields) == len(pairs), "a field stands twice")
    return fields


def _no_number(text: str) -> float:
    raise Refused(f"{text} is no number")


def record(fields: Mapping[str, Reader]) -> Reader:
    """Exactly these fields."""

    def read(value: Any, place: str) -> dict[str, Any]:
        require(isinstance(value, dict), f"{place} is no record")
        _require_same(set(value), set(fields), place)
        return {name: reader(value[name], f"{place}.{name}") for name, reader in fields.items()}

    return read


def _require_same(given: set[str], wanted: set[str], place: str) -> None:
    unknown, missing = sorted(given - wanted), sorted(wanted - given)
    require(not unknown, f"{place} has fields that nothing uses: {', '.join(unknown)[:80]}")
    require(not missing, f"{place} lacks {', '.join(missing)}")


def optional(reader: Reader) -> Reader:
    """Null, or what the reader reads."""
    return lambda value, place: None if value is None else reader(value, place)


def rows(reader: Reader, least: int = 0, most: int = MOST_ROWS) -> Reader:
    """A list of bounded length."""

    def read(value: Any, place: str) -> list[Any]:
        require(isinstance(value, list), f"{place} is no list")
        require(least <= len(value) <= most, f"{place} has {len(value)} entries")
        return [reader(entry, f"{place}[{k}]") for k, entry in enumerate(value)]

    return read


def real(low: float = -float("inf"), high: float = float("inf")) -> Reader:
    """A finite double, exactly, as `float.hex` writes it, in a closed range."""

    def read(value: Any, place: str) -> float:
        require(isinstance(value, str) and len(value) <= LONGEST_NUMBER, f"{place} is no number")
        try:
            number = float.fromhex(value)
        except (ValueError, OverflowError):
            raise Refused(f"{place} is no hexadecimal number") from None
        require(number.hex() == value and number - number == 0.0, f"{place} is no finite number")
        require(low <= number <= high, f"{place} = {number!r} is out of range")
        return number

    return read


def positive(value: Any, place: str) -> float:
    """A double above zero."""
    number: float = real()(value, place)
    require(number > 0.0, f"{place} is not positive")
    return number


def rational(value: Any, place: str) -> Fraction:
    """A fraction of whole numbers in lowest terms, as `str(Fraction)` writes it."""
    good = isinstance(value, str) and _RATIONAL.fullmatch(value)
    require(good, f"{place} is no fraction")
    require(not value.endswith("/0") and str(Fraction(value)) == value, f"{place} is not reduced")
    return Fraction(value)


def count(low: int, high: int) -> Reader:
    """A whole number in a closed range."""

    def read(value: Any, place: str) -> int:
        require(type(value) is int, f"{place} is no whole number")
        require(low <= value <= high, f"{place} = {value} is out of range")
        return int(value)

    return read


def word(*known: str) -> Reader:
    """One of the given words."""

    def read(value: Any, place: str) -> str:
        require(isinstance(value, str) and value in known, f"{place} is none of {', '.join(known)}")
        return str(value)

    return read


def text(most: int) -> Reader:
    """Any text of bounded length."""

    def read(value: Any, place: str) -> str:
        require(isinstance(value, str) and len(value) <= most, f"{place} is no text of {most}")
        return str(value)

    return read


def inertia(value: Any, place: str) -> tuple[int, int, int]:
    """Numbers of negative, zero and positive eigenvalues."""
    negative, zero, positive_ones = rows(count(0, MOST_WEIGHTS), 3, 3)(value, place)
    return negative, zero, positive_ones


reals = rows(real(), 1)
"""A list of doubles."""

weights = rows(real(), 1, MOST_WEIGHTS)
"""θ, or a row of a matrix."""

matrix = rows(weights, 1, MOST_WEIGHTS)
"""Rows of doubles; that their lengths fit is for the checkers."""
