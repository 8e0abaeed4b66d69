"""Verifies certificates by code of its own: imports neither `provers` nor `enclosures`.

May import python-flint and the record of a certificate.
"""

from continuation.certify.checker.check import CheckResult, check, check_collection

__all__ = [
    "CheckResult",
    "check",
    "check_collection",
]
