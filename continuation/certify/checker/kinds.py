"""The table of the kinds of certificates: one entry says all that there is to say of a kind.

To add a kind: write a file with its schema (`schema.record` of every field, with ranges), a check
that takes the problem and what the schema read and raises `Refused` (it may return the loss of
the certified set, as a ball), and the statement, made from what the schema read; enter them below
with the verdict that they stand for and the name of the prover in `continuation.certify`. The
checker, the words of `Certificate`, `check FILE`, the fuzzer and the tests go by this table.
Every number must enter the check: what only informs belongs nowhere.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from flint import arb

from continuation.certify.checker.any_optimum import (
    ANY_OPTIMUM,
    CRITICAL_ANY_OPTIMUM,
    LAST_LAYER,
    check_any_optimum,
    check_critical_any_optimum,
    state_any_optimum,
)
from continuation.certify.checker.attractor import (
    ATTRACTOR,
    GRADIENT_FLOW,
    TWO_MINIMA,
    check_attractor,
    check_two_minima,
    state_attractor,
    state_two_minima,
)
from continuation.certify.checker.basin import BASIN, NOT_INTEGRATED, check_basin, state_basin
from continuation.certify.checker.branch import BRANCH, check_branch, state_branch
from continuation.certify.checker.complete import COMPLETE, check_complete, state_complete
from continuation.certify.checker.infinity import INFINITY, check_infinity, state_infinity
from continuation.certify.checker.optimum import (
    CRITICAL_OPTIMUM,
    INDEPENDENCE,
    OPTIMUM,
    check_critical_optimum,
    check_optimum,
    state_critical_optimum,
    state_optimum,
)
from continuation.certify.checker.points import (
    LINE,
    POINT,
    Claim,
    check_line,
    check_point,
    state_line,
    state_point,
)
from continuation.certify.checker.problem import Problem
from continuation.certify.checker.schema import Reader
from continuation.certify.checker.unique import UNIQUE, check_unique, state_unique

PROVED, REFUTED, UNDECIDED = "PROVED", "REFUTED", "UNDECIDED"
"""The verdicts: the statement holds, its opposite does, or neither was shown."""

BALLS = "Arb's ball arithmetic encloses sums, products and elementary functions"
DATA = "inputs, noises, weights and parameters are the exact values of their doubles"
TEACHER = "the teacher's values are those of its formula, enclosed; observed targets are exact"
ASSUMPTIONS = (BALLS, DATA, TEACHER)
"""What every certificate rests on."""


@dataclass(frozen=True)
class Kind:
    """What is stated with one verdict, and how that is checked.

    Attributes
    ----------
    prover : str
        Its name in `continuation.certify`.
    schema : Reader
        Of the claim.
    check : callable
        (problem, claim read) ↦ the loss of the certified set where there is one; raises `Refused`.
    statement : callable
        Claim read ↦ words.
    assumptions : tuple of str
        Besides `ASSUMPTIONS`.
    """

    prover: str
    schema: Reader
    check: Callable[[Problem, Claim], arb | None]
    statement: Callable[[Claim], str]
    assumptions: tuple[str, ...] = ()


KINDS: Mapping[tuple[str, str], Kind] = {
    ("point", PROVED): Kind("certify_point", POINT, check_point, state_point),
    ("line", PROVED): Kind("certify_line", LINE, check_line, state_line),
    ("basin", PROVED): Kind("certify_basin", BASIN, check_basin, state_basin, (NOT_INTEGRATED,)),
    ("infinity", PROVED): Kind("certify_sets", INFINITY, check_infinity, state_infinity),
    ("optimum", PROVED): Kind(
        "certify_never_optimal", OPTIMUM, check_optimum, state_optimum, (INDEPENDENCE,)
    ),
    ("optimum", REFUTED): Kind(
        "certify_never_optimal", CRITICAL_OPTIMUM, check_critical_optimum, state_critical_optimum
    ),
    ("any optimum", PROVED): Kind(
        "certify_never_optimal", ANY_OPTIMUM, check_any_optimum, state_any_optimum, (LAST_LAYER,)
    ),
    ("any optimum", REFUTED): Kind(
        "certify_never_optimal",
        CRITICAL_ANY_OPTIMUM,
        check_critical_any_optimum,
        state_critical_optimum,
    ),
    ("complete", PROVED): Kind("certify_complete", COMPLETE, check_complete, state_complete),
    ("branch", PROVED): Kind("certify_branch", BRANCH, check_branch, state_branch),
    ("attractor", PROVED): Kind(
        "certify_attractor", ATTRACTOR, check_attractor, state_attractor, (GRADIENT_FLOW,)
    ),
    ("attractor", REFUTED): Kind(
        "certify_attractor", TWO_MINIMA, check_two_minima, state_two_minima
    ),
    ("unique minimum", PROVED): Kind("certify_unique_minimum", UNIQUE, check_unique, state_unique),
}
"""(kind, verdict): what is claimed. Other pairs claim nothing that could be checked."""
