"""Text to SymPy by a whitelist; user text never reaches `eval` or `sympify`.

The grammar, with `**` binding tighter than a sign on its left and associating to the right::

    sum     = product (("+" | "-") product)*
    product = signed (("*" | "/") signed)*
    signed  = ("+" | "-") signed | power
    power   = atom ("**" signed)?
    atom    = number | name | function "(" sum ")" | "(" sum ")"

Numbers become exact rationals. A constant part must be a finite real double, so that 1/0, log(-1)
and exp(1000) are refused where they stand; powers are bounded before they are taken.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import sympy as sp

from symbolic.errors import FormulaError
from symbolic.functions import CONSTANTS, SYMPY_FUNCTIONS, evaluate

LONGEST_FORMULA = 2000  # characters
DEEPEST_NESTING = 40  # parentheses, signs and powers inside each other
LARGEST_EXPONENT = 100
LONGEST_NUMBER = 60  # characters of one literal
LARGEST_RATIONAL = 2048  # bits of a numerator or denominator
_MOST_READINGS = 5

_TOKEN = re.compile(
    r"\s*(?:(?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)"
    r"|(?P<name>[A-Za-z_][A-Za-z_0-9]*)|(?P<operator>\*\*|[-+*/()]))"
)


@dataclass(frozen=True)
class _Token:
    kind: str  # "number", "name", "operator" or "end"
    text: str
    position: int


def parse_expression(text: str, names: Iterable[str] = ("x",)) -> sp.Expr:
    """Formula as an exact SymPy expression in real symbols.

    Parameters
    ----------
    text
        Built from the names, numbers, ``+ - * / **``, parentheses and the functions of
        `symbolic.functions.SYMPY_FUNCTIONS`; "0.1" is exactly 1/10.
    names
        The symbols that may occur.

    Raises
    ------
    FormulaError
        Anything else; its `position` points at the character.

    Examples
    --------
    >>> from symbolic import parse_expression
    >>> parse_expression("2*tanh(x) - 0.5*x**2")
    -x**2/2 + 2*tanh(x)
    """
    if not isinstance(text, str):
        raise TypeError(f"a formula must be text, got {type(text).__name__}")
    symbols = {name: sp.Symbol(name, real=True) for name in names}
    value = _parse(text, symbols)
    try:
        return _settled(value, symbols)
    except FormulaError:
        reason = f"simplifies to {value}, which is not supported"
        raise FormulaError(reason, text, len(text) - len(text.lstrip())) from None


def _parse(text: str, symbols: dict[str, sp.Symbol]) -> sp.Expr:
    if len(text) > LONGEST_FORMULA:
        raise FormulaError(f"longer than {LONGEST_FORMULA} characters", text, LONGEST_FORMULA)
    return _Parser(text, _tokens(text), symbols).whole()


def _settled(value: sp.Expr, symbols: dict[str, sp.Symbol]) -> sp.Expr:
    """The value whose text is read as itself: SymPy may simplify again what it has printed."""
    for _ in range(_MOST_READINGS):
        again = _parse(str(value), symbols)
        if again == value:
            break
        value = again
    return value


def _tokens(text: str) -> list[_Token]:
    tokens, position = [], 0
    end = len(text.rstrip())
    while position < end:
        match = _TOKEN.match(text, position)
        if match is None:
            at = position + len(text[position:]) - len(text[position:].lstrip())
            raise FormulaError(_unexpected(text[at]), text, at)
        kind = str(match.lastgroup)
        tokens.append(_Token(kind, match[kind], match.start(kind)))
        position = match.end()
    return [*tokens, _Token("end", "", end)]


def _unexpected(character: str) -> str:
    hint = "; powers are written **" if character == "^" else ""
    return f"unexpected character {character!r}{hint}"


class _Parser:
    """Recursive descent over the tokens of one formula."""

    def __init__(self, text: str, tokens: list[_Token], symbols: dict[str, sp.Symbol]) -> None:
        self.text = text
        self.tokens = tokens
        self.symbols = symbols
        self.index = 0
        self.depth = 0

    @property
    def token(self) -> _Token:
        return self.tokens[self.index]

    def take(self) -> _Token:
        self.index += 1
        return self.tokens[self.index - 1]

    def error(self, reason: str, token: _Token) -> FormulaError:
        return FormulaError(reason, self.text, token.position)

    def at(self, *operators: str) -> bool:
        return self.token.kind == "operator" and self.token.text in operators

    def whole(self) -> sp.Expr:
        value = self.sum()
        if self.token.kind != "end":
            raise self.error(f"expected an operator, found {self.token.text!r}", self.token)
        return value

    def sum(self) -> sp.Expr:
        value = self.product()
        while self.at("+", "-"):
            operator = self.take()
            right = self.product()
            value = self.checked(value + right if operator.text == "+" else value - right, operator)
        return value

    def product(self) -> sp.Expr:
        value = self.signed()
        while self.at("*", "/"):
            operator = self.take()
            right = self.signed()
            if operator.text == "/" and right == 0:
                raise self.error("division by zero", operator)
            value = self.checked(value * right if operator.text == "*" else value / right, operator)
        return value

    def signed(self) -> sp.Expr:
        if not self.at("+", "-"):
            return self.power()
        operator = self.take()
        value = self.nested(self.signed, operator)
        return -value if operator.text == "-" else value

    def power(self) -> sp.Expr:
        base = self.atom()
        if not self.at("**"):
            return base
        operator = self.take()
        exponent = self.nested(self.signed, operator)
        if exponent.is_number and abs(exponent) > LARGEST_EXPONENT:
            raise self.error(f"exponent beyond {LARGEST_EXPONENT}", operator)
        return self.checked(base**exponent, operator)

    def atom(self) -> sp.Expr:
        token = self.take()
        if token.kind == "number":
            return self.number(token)
        if token.kind == "name":
            return self.call(token) if self.at("(") else self.symbol(token)
        if token.text == "(":
            return self.parenthesis(token)
        found = repr(token.text) if token.text else "the end"
        raise self.error(f"expected a number, a name or '(', found {found}", token)

    def number(self, token: _Token) -> sp.Expr:
        size = float(token.text)
        if len(token.text) > LONGEST_NUMBER or (size and not 1e-300 < size < 1e300):
            raise self.error("number too long, too large or too small", token)
        return sp.Rational(token.text) if size else sp.Integer(0)

    def symbol(self, token: _Token) -> sp.Expr:
        if token.text in self.symbols:
            return self.symbols[token.text]
        if token.text in CONSTANTS:
            return CONSTANTS[token.text]
        known = ", ".join(self.symbols) or "none"
        raise self.error(f"unknown name {token.text!r}; known: {known}", token)

    def call(self, token: _Token) -> sp.Expr:
        if token.text not in SYMPY_FUNCTIONS:
            known = ", ".join(sorted(SYMPY_FUNCTIONS))
            raise self.error(f"unknown function {token.text!r}; known: {known}", token)
        argument = self.parenthesis(self.take())
        return self.checked(SYMPY_FUNCTIONS[token.text](argument), token)

    def parenthesis(self, opening: _Token) -> sp.Expr:
        value = self.nested(self.sum, opening)
        if not self.at(")"):
            raise self.error("this parenthesis is not closed", opening)
        self.take()
        return value

    def nested(self, rule: Callable[[], sp.Expr], token: _Token) -> sp.Expr:
        self.depth += 1
        if self.depth > DEEPEST_NESTING:
            raise self.error(f"nested deeper than {DEEPEST_NESTING}", token)
        value = rule()
        self.depth -= 1
        return value

    def checked(self, value: sp.Expr, token: _Token) -> sp.Expr:
        """The value, unless it is no finite real number or out of bounds."""
        if value.has(sp.I, sp.zoo, sp.oo, sp.nan) or not _finite(value):
            raise self.error("not a finite real number", token)
        if any(_too_high(part) for part in (value, *value.args)):
            raise self.error(f"exponent beyond {LARGEST_EXPONENT}", token)
        if value.is_Rational and max(abs(value.p), value.q).bit_length() > LARGEST_RATIONAL:
            raise self.error("number too long", token)
        return value


def _finite(value: sp.Expr) -> bool:
    if value.free_symbols:
        return True
    try:
        with np.errstate(all="ignore"):
            return bool(np.isfinite(evaluate(value, {})))
    except (ValueError, OverflowError):
        return False


def _too_high(value: sp.Expr) -> bool:
    exponent = value.exp if value.is_Pow else sp.Integer(0)
    return bool(exponent.is_number and abs(exponent) > LARGEST_EXPONENT)
