"""All theorems about a model, proved by SymPy and checked without it."""

import json
from collections.abc import Iterator
from dataclasses import replace
from time import perf_counter
from types import ModuleType
from typing import Any

from flint import ctx

from symbolic.checker.models import read_model
from symbolic.checker.points import BALL_BITS
from symbolic.model import Model
from symbolic.theorems import OF_LAYERS, THEOREMS
from symbolic.verdict import PROVED, UNDECIDED, Verdict

_SIGNS_OF_DAMAGE = (
    ValueError,
    KeyError,
    TypeError,
    IndexError,
    AttributeError,
    ArithmeticError,
    RecursionError,
)
_LONGEST = 10_000_000  # characters of a certificate, ten times those of the largest


def verify(model: Model) -> Iterator[Verdict]:
    """Prove every theorem that is stated for a model, and check each certificate.

    A statement counts as PROVED only if `check` accepts its certificate too. Theorems that are
    not stated for a model (the embedding for a model without units, say) are left out.

    Yields
    ------
    Verdict
        One a theorem, in their order, each as soon as it is decided.

    Examples
    --------
    >>> from symbolic import single_unit, verify
    >>> {verdict.verdict for verdict in verify(single_unit())}
    {'PROVED'}
    """
    for theorem in THEOREMS.values():
        if theorem.applies(model):
            yield _settled(theorem, model)


def _settled(theorem: ModuleType, model: Model) -> Verdict:
    start = perf_counter()
    verdict: Verdict = theorem.prove(model)
    if verdict.verdict == PROVED and not check(verdict.certificate):
        reason = "the checker does not accept the certificate"
        verdict = replace(verdict, verdict=UNDECIDED, reason=reason)
    return replace(verdict, seconds=perf_counter() - start)


def check(certificate: str) -> bool:
    """Whether a certificate proves the statement that stands in it.

    The checks share nothing with the proofs: they evaluate networks and losses from their
    definition, without SymPy, at random points that depend on the whole certificate (see
    `symbolic.checker`).

    Parameters
    ----------
    certificate
        JSON text of `Verdict.certificate`.

    Returns
    -------
    bool
        False for a certificate that is damaged, unknown or holds a counterexample.

    Examples
    --------
    >>> from symbolic import check, single_unit, verify
    >>> verdict = next(verify(single_unit()))
    >>> check(verdict.certificate), check(verdict.certificate.replace("1", "2"))
    (True, False)
    """
    try:
        if len(certificate) > _LONGEST:
            return False
        return _accepts(json.loads(certificate))
    except _SIGNS_OF_DAMAGE:
        return False  # whatever is wrong with a damaged text, it proves nothing


def _accepts(content: dict[str, Any]) -> bool:
    theorem = THEOREMS[content["theorem"]]
    model = read_model(content["model"]) if "model" in content else {}
    if model.get("kind") == "network" and content["theorem"] not in OF_LAYERS:
        return False
    stated = content["statement"] in theorem.STATEMENTS
    if not stated or set(content) - {"theorem", "statement"} not in theorem.FIELDS:
        return False
    with ctx.workprec(BALL_BITS):
        return bool(theorem.check(content, model))
