"""Values of formulas given as text, in any arithmetic, by a whitelist of syntax."""

import ast
from collections.abc import Callable, Mapping
from typing import Any

from flint import fmpq

Apply = Callable[[str, Any], Any]
_OPERATORS: Mapping[type, Callable[[Any, Any], Any]] = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.Div: lambda a, b: a / b,
}
_LONGEST = 200_000  # characters
_HIGHEST_POWER = 100


class FormulaRefused(ValueError):
    """A formula that the checker does not accept."""


def value_of(text: str, names: Mapping[str, Any], apply: Apply | None = None) -> Any:
    """Value of a formula.

    Parameters
    ----------
    text
        Names, whole numbers, ``+ - * /``, ``**`` with a whole exponent, calls of one argument.
    names
        Value of every name.
    apply
        Value of the function of a given name at a given argument.

    Raises
    ------
    FormulaRefused
        Any other syntax, an unknown name or function, a division by zero.
    """
    if not isinstance(text, str) or len(text) > _LONGEST:
        raise FormulaRefused("a formula must be text of bounded length")
    try:
        tree = ast.parse(text.strip(), mode="eval").body
        return _value(tree, names, apply)
    except (SyntaxError, RecursionError, ZeroDivisionError) as error:
        raise FormulaRefused(f"{text[:60]!r}: {error}") from error


def _value(node: ast.expr, names: Mapping[str, Any], apply: Apply | None) -> Any:
    match node:
        case ast.Constant(value=int() as number) if not isinstance(number, bool):
            return fmpq(number)
        case ast.Name(id=name) if name in names:
            return names[name]
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_value(operand, names, apply)
        case ast.BinOp(left=base, op=ast.Pow(), right=exponent):
            return _power(_value(base, names, apply), exponent, apply)
        case ast.BinOp(left=left, op=operator, right=right) if type(operator) in _OPERATORS:
            values = _value(left, names, apply), _value(right, names, apply)
            return _OPERATORS[type(operator)](*values)
        case ast.Call(func=ast.Name(id=name), args=[argument], keywords=[]) if apply:
            return apply(name, _value(argument, names, apply))
    raise FormulaRefused(f"not accepted: {ast.unparse(node)[:80]}")


def _power(base: Any, exponent: ast.expr, apply: Apply | None) -> Any:
    power = _value(exponent, {}, None)
    if power == fmpq(1, 2) and apply is not None:
        return apply("sqrt", base)
    if not isinstance(power, fmpq) or power.q != 1 or abs(power) > _HIGHEST_POWER:
        raise FormulaRefused(f"exponents must be whole numbers up to {_HIGHEST_POWER}")
    return base ** int(power.p)
