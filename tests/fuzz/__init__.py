"""Fuzzers: `python -m tests.fuzz --minutes M`. The suite runs a few cases only (`test_fuzz`).

A fuzzer is a module with `NAME` and `case(random)`, which makes one damaged input from a NumPy
generator, and returns an `Outcome`. It is entered in `tests.fuzz.registry`.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Outcome:
    """What became of one damaged input.

    Attributes
    ----------
    word : str
        "refused", "true" (accepted, and what it says is so), "same" (nothing was changed) or
        "WRONG".
    what : str
        What was changed.
    text : str
        The damaged input, saved where the outcome is wrong.
    """

    word: str
    what: str
    text: str
