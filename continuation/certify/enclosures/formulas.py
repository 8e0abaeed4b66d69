"""Formulas evaluated in balls, for all samples at once.

A formula is turned once into a short program on balls and columns (one ball for each sample), so
that the cost of an evaluation is that of the ball arithmetic.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import sympy as sp
from flint import arb, fmpq

from continuation.errors import InvalidInputError

Column: TypeAlias = list[arb]
Value: TypeAlias = arb | Column
Operation: TypeAlias = Callable[..., Value]


def _logistic(u: arb) -> arb:
    return 1 / (1 + (-u).exp())


def _softplus(u: arb) -> arb:
    return u.exp().log1p()


FUNCTIONS: Mapping[str, Callable[[arb], arb]] = {
    "Abs": abs,
    "acos": arb.acos,
    "acosh": arb.acosh,
    "asin": arb.asin,
    "asinh": arb.asinh,
    "atan": arb.atan,
    "atanh": arb.atanh,
    "cos": arb.cos,
    "cosh": arb.cosh,
    "cot": arb.cot,
    "erf": arb.erf,
    "exp": arb.exp,
    "log": arb.log,
    "logistic": _logistic,
    "sign": arb.sgn,
    "sin": arb.sin,
    "sinh": arb.sinh,
    "softplus": _softplus,
    "tan": arb.tan,
    "tanh": arb.tanh,
}
"""Name of a SymPy function: its enclosure by Arb."""


@dataclass(frozen=True)
class Program:
    """Formulas as a sequence of operations on numbered places.

    Attributes
    ----------
    inputs : tuple of sympy.Symbol
        Symbols whose values fill the first places.
    constants : tuple of sympy.Expr
        Numbers that fill the next places.
    steps : tuple of (operation, places)
        Each step's result takes the next place.
    outputs : tuple of int
        Places of the formulas.
    """

    inputs: tuple[sp.Symbol, ...]
    constants: tuple[sp.Expr, ...]
    steps: tuple[tuple[Callable[..., Value], tuple[int, ...]], ...]
    outputs: tuple[int, ...]

    def __call__(self, values: Sequence[Value]) -> list[Value]:
        """Values of the formulas; `values` in the order of `inputs`."""
        places: list[Value] = [*values, *(number(c) for c in self.constants)]
        for operation, arguments in self.steps:
            places.append(operation(*(places[k] for k in arguments)))
        return [places[k] for k in self.outputs]


def as_column(value: Value, n: int) -> Column:
    """A value of a formula over n samples, which may be the same for all of them."""
    return value if isinstance(value, list) else [value] * n


def number(expression: sp.Expr) -> arb:
    """Enclosure of a SymPy number: rationals, π and e (floats are exact dyadic numbers)."""
    if expression is sp.pi:
        return arb.pi()
    if expression is sp.E:
        return arb.const_e()
    if not expression.is_Rational and not expression.is_Float:
        raise InvalidInputError(f"{expression} is no number with an enclosure")
    value = sp.Rational(expression)
    return arb(fmpq(int(value.p), int(value.q)))


def compile_formulas(formulas: Sequence[sp.Expr], inputs: Sequence[sp.Symbol]) -> Program:
    """Program of several formulas that share subexpressions.

    Raises
    ------
    InvalidInputError
        A function or symbol has no enclosure here.
    """
    shared, reduced = sp.cse([sp.S(formula) for formula in formulas])
    whole = [*(expression for _, expression in shared), *reduced]
    constants = sorted({n for e in whole for n in _numbers(e)}, key=sp.default_sort_key)
    writer = _Writer({e: k for k, e in enumerate([*inputs, *constants])})
    for symbol, expression in shared:
        writer.places[symbol] = writer.place(expression)
    outputs = tuple(writer.place(expression) for expression in reduced)
    return Program(tuple(inputs), tuple(constants), tuple(writer.steps), outputs)


def _numbers(expression: sp.Expr) -> list[sp.Expr]:
    """The numbers that are operands; exponents belong to their operation."""
    if expression.is_Pow and expression.exp.is_Rational:
        return _numbers(expression.base)
    if expression.is_number and not expression.args:
        return [expression]
    return [n for argument in expression.args for n in _numbers(argument)]


@dataclass
class _Writer:
    """Assigns places to subexpressions and writes the steps that fill them."""

    places: dict[sp.Expr, int]
    steps: list[tuple[Operation, tuple[int, ...]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.filled = len(self.places)

    def place(self, expression: sp.Expr) -> int:
        if expression not in self.places:
            write = self._sum if expression.is_Add else self._other
            self.places[expression] = write(expression)
        return self.places[expression]

    def _sum(self, expression: sp.Expr) -> int:
        """Terms from the left; those with the factor −1 are subtracted, which saves a product."""
        minus = [-t for t in expression.args if t.is_Mul and t.as_coeff_Mul()[0] == -1]
        plus = [t for t in expression.args if -t not in minus]
        first, *rest = plus or expression.args
        place = self.place(first)
        for term in rest:
            place = self._step(_add, (place, self.place(term)))
        for term in minus if plus else ():
            place = self._step(_subtract, (place, self.place(term)))
        return place

    def _other(self, expression: sp.Expr) -> int:
        operation, parts = _operation(expression)
        place, *rest = [self.place(part) for part in parts]
        if not rest:
            return self._step(operation, (place,))
        for other in rest:
            place = self._step(operation, (place, other))
        return place

    def _step(self, operation: Operation, arguments: tuple[int, ...]) -> int:
        self.steps.append((operation, arguments))
        self.filled += 1
        return self.filled - 1


def _operation(expression: sp.Expr) -> tuple[Operation, Sequence[sp.Expr]]:
    """What makes an expression of its parts; with more than two parts, from the left."""
    if expression.is_Mul:
        return _multiply, expression.args
    if isinstance(expression, sp.exp):
        return _elementwise(arb.exp), expression.args
    if expression.is_Pow and expression.exp == 2:
        return _square, (expression.base,)
    if expression.is_Pow and expression.exp.is_Rational:
        return _elementwise(_rational_power(expression.exp)), (expression.base,)
    if expression.is_Pow:
        return _power, expression.args
    name = type(expression).__name__
    if name not in FUNCTIONS:
        raise InvalidInputError(f"{expression} has no enclosure in ball arithmetic")
    return _elementwise(FUNCTIONS[name]), expression.args


def _add(a: Value, b: Value) -> Value:
    if isinstance(a, list):
        return (
            [p + q for p, q in zip(a, b, strict=True)]
            if isinstance(b, list)
            else [p + b for p in a]
        )
    return [a + q for q in b] if isinstance(b, list) else a + b


def _subtract(a: Value, b: Value) -> Value:
    if isinstance(a, list):
        if isinstance(b, list):
            return [p - q for p, q in zip(a, b, strict=True)]
        return [p - b for p in a]
    return [a - q for q in b] if isinstance(b, list) else a - b


def _square(a: Value) -> Value:
    return [p * p for p in a] if isinstance(a, list) else a * a


def _multiply(a: Value, b: Value) -> Value:
    if isinstance(a, list):
        return (
            [p * q for p, q in zip(a, b, strict=True)]
            if isinstance(b, list)
            else [p * b for p in a]
        )
    return [a * q for q in b] if isinstance(b, list) else a * b


def _power(a: Value, b: Value) -> Value:
    return _elementwise(arb.exp)(_multiply(b, _elementwise(arb.log)(a)))


def _rational_power(exponent: sp.Rational) -> Callable[[arb], arb]:
    if exponent == sp.Rational(1, 2):
        return arb.sqrt
    if exponent == sp.Rational(-1, 2):
        return arb.rsqrt
    if exponent.is_Integer:
        whole = int(exponent)
        return lambda ball: whole_power(ball, whole)
    power = fmpq(int(exponent.p), int(exponent.q))
    return lambda ball: ball**power


def whole_power(ball: arb, exponent: int) -> arb:
    """A power by products: Arb's own goes through the logarithm and fails on balls around 0."""
    if exponent < 0:
        return 1 / whole_power(ball, -exponent)
    if exponent == 0:
        return arb(1)
    half = whole_power(ball, exponent // 2)
    return half * half * ball if exponent % 2 else half * half


def _elementwise(function: Callable[[arb], arb]) -> Operation:
    def apply(a: Value) -> Value:
        return [function(p) for p in a] if isinstance(a, list) else function(a)

    return apply
