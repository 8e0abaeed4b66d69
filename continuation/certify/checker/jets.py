"""Formulas in ball arithmetic with first and second derivatives by all weights.

A formula is walked once for each sample with values that carry their derivatives (jets); the rules
of the functions are written out here, and shared with nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import sympy as sp
from flint import arb, fmpq

from continuation.certify.checker.refusal import Refused, require

HIGHEST_POWER = 100
"""Of whole powers in formulas, which are repeated products here."""


@dataclass(frozen=True)
class Jet:
    """A value with its gradient and the rows of its Hessian by all weights."""

    value: arb
    gradient: list[arb]
    hessian: list[list[arb]]


Rule = Callable[[arb], tuple[arb, arb, arb]]


def _tanh(u: arb) -> tuple[arb, arb, arb]:
    t = u.tanh()
    return t, 1 - t * t, -2 * t * (1 - t * t)


def _logistic(u: arb) -> tuple[arb, arb, arb]:
    s = 1 / (1 + (-u).exp())
    return s, s * (1 - s), s * (1 - s) * (1 - 2 * s)


def _softplus(u: arb) -> tuple[arb, arb, arb]:
    s = 1 / (1 + (-u).exp())
    return (1 + u.exp()).log(), s, s * (1 - s)


def _erf(u: arb) -> tuple[arb, arb, arb]:
    bell = 2 / arb.pi().sqrt() * (-u * u).exp()
    return u.erf(), bell, -2 * u * bell


def _tan(u: arb) -> tuple[arb, arb, arb]:
    t = u.tan()
    return t, 1 + t * t, 2 * t * (1 + t * t)


def _cot(u: arb) -> tuple[arb, arb, arb]:
    t = u.cot()
    return t, -1 - t * t, 2 * t * (1 + t * t)


def _asin(u: arb) -> tuple[arb, arb, arb]:
    slope = 1 / (1 - u * u).sqrt()
    return u.asin(), slope, u * slope**3


def _acos(u: arb) -> tuple[arb, arb, arb]:
    _, first, second = _asin(u)
    return u.acos(), -first, -second


def _asinh(u: arb) -> tuple[arb, arb, arb]:
    slope = 1 / (1 + u * u).sqrt()
    return u.asinh(), slope, -u * slope**3


def _acosh(u: arb) -> tuple[arb, arb, arb]:
    slope = 1 / (u * u - 1).sqrt()
    return u.acosh(), slope, -u * slope**3


def _atanh(u: arb) -> tuple[arb, arb, arb]:
    slope = 1 / (1 - u * u)
    return u.atanh(), slope, 2 * u * slope * slope


RULES: Mapping[str, Rule] = {
    "tanh": _tanh,
    "logistic": _logistic,
    "softplus": _softplus,
    "erf": _erf,
    "exp": lambda u: (u.exp(),) * 3,
    "sin": lambda u: (u.sin(), u.cos(), -u.sin()),
    "cos": lambda u: (u.cos(), -u.sin(), -u.cos()),
    "sinh": lambda u: (u.sinh(), u.cosh(), u.sinh()),
    "cosh": lambda u: (u.cosh(), u.sinh(), u.cosh()),
    "log": lambda u: (u.log(), 1 / u, -1 / (u * u)),
    "atan": lambda u: (u.atan(), 1 / (1 + u * u), -2 * u / ((1 + u * u) * (1 + u * u))),
    "tan": _tan,
    "cot": _cot,
    "asin": _asin,
    "acos": _acos,
    "asinh": _asinh,
    "acosh": _acosh,
    "atanh": _atanh,
    "Abs": lambda u: (abs(u), arb.nan(), arb.nan()),
    "sign": lambda u: (u.sgn(), arb.nan(), arb.nan()),
}
"""Value, first and second derivative of the functions that the checker knows."""


def jet_of(
    expression: sp.Expr, weights: Mapping[sp.Symbol, arb], inputs: Mapping[sp.Symbol, arb]
) -> Jet:
    """Value of a formula with its derivatives by the weights."""
    d = len(weights)
    known = {symbol: _constant(value, d) for symbol, value in inputs.items()}
    known |= {symbol: _variable(value, k, d) for k, (symbol, value) in enumerate(weights.items())}
    return _jet(expression, known, d)


def plain(expression: sp.Expr, known: Mapping[sp.Symbol, arb]) -> arb:
    """Value of a formula without derivatives."""
    return jet_of(expression, {}, known).value


def _constant(value: arb, d: int) -> Jet:
    return Jet(value, [arb(0)] * d, [[arb(0)] * d for _ in range(d)])


def _variable(value: arb, place: int, d: int) -> Jet:
    jet = _constant(value, d)
    jet.gradient[place] = arb(1)
    return jet


def _jet(expression: sp.Expr, known: Mapping[sp.Symbol, Jet], d: int) -> Jet:
    if expression in known:
        return known[expression]
    if not expression.args:
        return _constant(_number(expression), d)
    if expression.is_Pow and not isinstance(expression, sp.exp):
        return _power(expression, known, d)
    parts = [_jet(part, known, d) for part in expression.args]
    if expression.is_Add or expression.is_Mul:
        join = _sum if expression.is_Add else _product
        total = parts[0]
        for part in parts[1:]:
            total = join(total, part)
        return total
    rule = RULES.get(type(expression).__name__)
    if rule is None:
        raise Refused(f"the checker has no rule for {type(expression).__name__}")
    return _chain(rule, parts[0])


def _number(expression: sp.Expr) -> arb:
    if expression is sp.pi:
        return arb.pi()
    if expression is sp.E:
        return arb(1).exp()
    require(expression.is_Rational, f"{expression} is no number")
    return arb(fmpq(int(expression.p), int(expression.q)))


def _power(expression: sp.Expr, known: Mapping[sp.Symbol, Jet], d: int) -> Jet:
    power = expression.exp
    if not power.is_Rational:  # e^{b log a}, which has a value where a is positive
        logarithm = _chain(RULES["log"], _jet(expression.base, known, d))
        return _chain(RULES["exp"], _product(_jet(power, known, d), logarithm))
    require(abs(power.p) <= HIGHEST_POWER * power.q, f"the power {power} is too high")
    p = fmpq(int(power.p), int(power.q))

    def rule(u: arb) -> tuple[arb, arb, arb]:
        first, second = arb(p) * _raise(u, p - 1), arb(p) * arb(p - 1)
        return _raise(u, p), first, second * _raise(u, p - 2) if second != 0 else arb(0)

    return _chain(rule, _jet(expression.base, known, d))


def _raise(u: arb, power: fmpq) -> arb:
    """A power; whole ones by repeated products, which also hold around zero."""
    if power.q != 1:
        return u**power
    product = arb(1)
    for _ in range(abs(int(power.p))):
        product *= u
    return product if power.p >= 0 else 1 / product


def _chain(rule: Rule, inner: Jet) -> Jet:
    value, first, second = rule(inner.value)
    g = inner.gradient
    return Jet(
        value,
        [first * a for a in g],
        [
            [second * (a * b) + first * h for b, h in zip(g, row, strict=True)]
            for a, row in zip(g, inner.hessian, strict=True)
        ],
    )


def _sum(a: Jet, b: Jet) -> Jet:
    return Jet(
        a.value + b.value,
        [p + q for p, q in zip(a.gradient, b.gradient, strict=True)],
        [
            [p + q for p, q in zip(left, right, strict=True)]
            for left, right in zip(a.hessian, b.hessian, strict=True)
        ],
    )


def _product(a: Jet, b: Jet) -> Jet:
    d = len(a.gradient)
    return Jet(
        a.value * b.value,
        [a.value * q + b.value * p for p, q in zip(a.gradient, b.gradient, strict=True)],
        [
            [
                a.value * b.hessian[i][j]
                + b.value * a.hessian[i][j]
                + a.gradient[i] * b.gradient[j]
                + a.gradient[j] * b.gradient[i]
                for j in range(d)
            ]
            for i in range(d)
        ],
    )
