"""From identities to a verdict: what every theorem shares on the side of SymPy."""

from collections.abc import Iterable, Mapping
from typing import Any

import sympy as sp

from symbolic.parsing import parse_expression
from symbolic.verdict import PROVED, REFUTED, UNDECIDED, Verdict, canonical

_DIGITS = 40
_SHOWN = 200  # characters of an expression in a reason
Claims = Mapping[str, str]
"""Right sides of a theorem's identities, as formulas in the names that the theorem lists."""

REAL = "all weights, inputs, targets and noises are real"
ANY_SIZE = "any number of samples and any weights ω: every identity holds sample by sample"


def conclude(
    theorem: str,
    statement: str,
    assumptions: Iterable[str],
    defects: Mapping[str, sp.Expr],
    content: Mapping[str, Any],
) -> Verdict:
    """Verdict on the statement that all defects vanish.

    Parameters
    ----------
    theorem, statement, assumptions
        As in `Verdict`.
    defects
        Left side minus right side of every identity, by its name.
    content
        What the checker of the theorem needs.
    """
    assumptions = (REAL, *assumptions)
    certificate = {"theorem": theorem, "statement": statement, **content}
    for name, defect in defects.items():
        if sp.expand(defect) == 0:
            continue
        point = counterexample(defect)  # before `simplify`, which may take for ever
        shown = str(defect)[:_SHOWN]
        if point is not None:
            reason = f"{name}: not zero at {point}: {shown}"
            certificate["counterexample"] = {"identity": name, "defect": shown, "point": point}
            return Verdict(theorem, statement, REFUTED, assumptions, canonical(certificate), reason)
        if sp.simplify(defect) != 0:
            reason = f"{name}: not reduced to zero: {shown}"
            return Verdict(
                theorem, statement, UNDECIDED, assumptions, canonical(certificate), reason
            )
    return Verdict(theorem, statement, PROVED, assumptions, canonical(certificate))


def undecided(reason: str) -> sp.Expr:
    """A defect that is neither zero nor a number anywhere: something could not be decided."""
    return sp.Function(reason)(sp.Integer(0))


def counterexample(defect: sp.Expr) -> dict[str, str] | None:
    """A rational point where the expression is a number other than zero, if one is found.

    Values of a function about which nothing is known are numbers of their own, as a smooth
    function takes any values of its derivatives at given points.
    """
    unknown = sorted((a for a in defect.atoms(sp.Function) if _is_unknown(a)), key=str)
    names = {a: sp.Dummy(str(a), real=True) for a in unknown}
    plain = defect.xreplace(names)
    symbols = sorted(plain.free_symbols, key=str)
    point = {s: sp.Rational(2 * k + 3, 7 + 3 * k) for k, s in enumerate(symbols)}
    value = plain.xreplace(point).evalf(_DIGITS)
    if value.is_number and abs(value) > sp.Float(10) ** (-_DIGITS // 2):
        return {str(s).removeprefix("_"): str(v) for s, v in point.items()}
    return None


def _is_unknown(function: sp.Function) -> bool:
    return hasattr(type(function), "vanishing")


def formula(claims: Claims, name: str, values: Mapping[str, sp.Expr]) -> sp.Expr:
    """A claimed formula, with values for its names."""
    expression = parse_expression(claims[name], values)
    return expression.xreplace({sp.Symbol(n, real=True): v for n, v in values.items()})


def second_directional(
    function: sp.Expr, point: Mapping[sp.Symbol, sp.Expr], direction: Mapping[sp.Symbol, sp.Expr]
) -> tuple[sp.Expr, sp.Expr, sp.Expr]:
    """Value, first and second derivative of a function at a point along a direction."""
    first = sp.Add(*(sp.diff(function, p) * e for p, e in direction.items()))
    second = sp.Add(*(sp.diff(first, p) * e for p, e in direction.items()))
    at = dict(point)
    return function.xreplace(at), first.xreplace(at), second.xreplace(at)
