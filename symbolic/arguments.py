"""Checks of the arguments that models are made from, and their canonical forms."""

from collections.abc import Iterable, Sequence

import numpy as np
import sympy as sp

from symbolic.activations import NAMED, U, ring_of
from symbolic.errors import ModelError
from symbolic.functions import SYMPY_FUNCTIONS
from symbolic.parsing import parse_expression

FREE = "free"
WIDEST = 1024


def whole_width(hidden: int) -> int:
    """Number of units, checked."""
    whole = isinstance(hidden, int | np.integer) and not isinstance(hidden, bool)
    if not whole or not 1 <= hidden <= WIDEST:
        raise ModelError(f"hidden must be a whole number from 1 to {WIDEST}, got {hidden!r}")
    return int(hidden)


INPUT_LAWS = ("normal", "uniform")
"""Laws of the inputs, of mean 0 and a given standard deviation."""


def known_law(input_law: str) -> str:
    """Law of the inputs, checked."""
    if input_law not in INPUT_LAWS:
        raise ModelError(f"input_law must be one of {', '.join(INPUT_LAWS)}, got {input_law!r}")
    return input_law


def positive_scale(input_scale: float) -> float:
    """Standard deviation of the inputs, checked."""
    try:
        value = float(input_scale)
    except (TypeError, ValueError):
        value = float("nan")
    if not 0.0 < value < float("inf"):
        raise ModelError(f"input_scale must be positive and finite, got {input_scale!r}")
    return value


def fixed_weights(weights: str | Sequence[float], hidden: int) -> tuple[float, ...] | None:
    """Fixed output weights as floats; None if they are free."""
    if isinstance(weights, str):
        if weights != FREE:
            raise ModelError(f'output_weights must be "free" or numbers, got {weights!r}')
        return None
    try:
        values = tuple(float(v) for v in weights)
    except (TypeError, ValueError):
        raise ModelError(f'output_weights must be "free" or numbers, got {weights!r}') from None
    if len(values) != hidden or not np.all(np.isfinite(values)):
        raise ModelError(f"expected {hidden} finite output weights, got {weights!r}")
    return values


#: An activation must be real and finite here: units are dead at 0, and take either sign.
FINITE_AT = (-1, 0, 1)


def canonical_activation(activation: str) -> str:
    """Name of the activation, or its simplified formula."""
    if not isinstance(activation, str):
        raise ModelError(f"activation must be a name or a formula in u, got {activation!r}")
    expression = activation_expression(activation)
    if U not in expression.free_symbols:
        raise ModelError(f"activation {activation!r} does not depend on u")
    try:
        ring_of(expression)
    except ValueError as error:
        raise ModelError(str(error)) from None
    for u in FINITE_AT:
        value = expression.subs(U, u)
        if value.is_finite is False or value.is_real is False:
            raise ModelError(f"activation {activation!r} is no real number at u = {u}")
    named = [name for name in NAMED if SYMPY_FUNCTIONS[name](U) == expression]
    return named[0] if named else str(expression)


def activation_expression(activation: str) -> sp.Expr:
    """The activation in the symbol u."""
    if activation in NAMED:
        return SYMPY_FUNCTIONS[activation](U)
    if activation.isidentifier() and activation != U.name:
        raise ModelError(
            f"unknown activation {activation!r}; known: {', '.join(NAMED)}, or a formula in u"
        )
    return parse_expression(activation, (U.name,))


def canonical_teacher(teacher: str | sp.Expr | None, input: str) -> str | None:
    """Simplified text of the teacher."""
    return None if teacher is None else str(parse_expression(formula_text(teacher), (input,)))


def formula_text(formula: str | sp.Expr) -> str:
    """Text of a formula that may be an expression."""
    if isinstance(formula, str | sp.Expr):
        return str(formula)
    raise ModelError(f"expected a formula as text or SymPy expression, got {formula!r}")


def distinct_names(parameters: Sequence[str], input: str) -> tuple[str, ...]:
    """Names of the parameters, none of them twice or taken."""
    if not isinstance(parameters, Iterable):
        raise ModelError(f"parameters must be names such as ['b1', 'b2'], got {parameters!r}")
    names = (parameters,) if isinstance(parameters, str) else tuple(parameters)
    if not names:
        raise ModelError("an expression needs at least one parameter")
    for name in (*names, input):
        if not (isinstance(name, str) and name.isascii() and name.isidentifier()):
            raise ModelError(f"{name!r} is no name for a parameter or input")
        if name in SYMPY_FUNCTIONS:
            raise ModelError(f"the name {name!r} is taken by a function")
    if len({*names, input}) != len(names) + 1:
        raise ModelError(f"names clash: parameters {list(names)}, input {input!r}")
    return names


def require_smooth(expression: sp.Expr, names: tuple[str, ...]) -> None:
    """Refuse what has no derivatives, or does not depend on every parameter."""
    if expression.has(sp.Abs, sp.sign):
        raise ModelError(f"{expression} is not smooth in its parameters")
    unused = set(names) - {symbol.name for symbol in expression.free_symbols}
    if unused:
        raise ModelError(f"parameters that do not occur in the formula: {sorted(unused)}")
