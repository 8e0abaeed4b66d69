"""Verifies certificates by code of its own: imports neither `provers` nor `enclosures`.

Its table of kinds also says what a certificate may hold and what it states; the record of a
certificate and the provers take their words from here.
"""

from continuation.certify.checker.check import (
    FORMAT,
    OLD,
    VERSION,
    CheckResult,
    check,
    statement_of,
)
from continuation.certify.checker.kinds import ASSUMPTIONS, KINDS, PROVED, REFUTED, UNDECIDED, Kind
from continuation.certify.checker.refusal import Refused
from continuation.certify.checker.schema import parse

__all__ = [
    "ASSUMPTIONS",
    "FORMAT",
    "KINDS",
    "OLD",
    "PROVED",
    "REFUTED",
    "UNDECIDED",
    "VERSION",
    "CheckResult",
    "Kind",
    "Refused",
    "check",
    "parse",
    "statement_of",
]
