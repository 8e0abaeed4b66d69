"""Execution of the text of a kernel file in exact arithmetic.

A small interpreter of the part of Python that kernels are written in. Numbers may be residues or
balls; numbers printed in the text are read as the simplest rationals that round to them, so that
1/3 is a third. Arrays are lists. Nothing is handed to Python itself.
"""

import ast
import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any

from flint import fmpq

_LARGEST_DENOMINATOR = 10**6
_OPERATORS: Mapping[type, Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
_BUILT_IN: Mapping[str, Callable[..., Any]] = {"min": min, "max": max, "range": range}
_IGNORED = ("use_wide_vectors",)  # a hint to the compiler


class ExecutionRefused(ValueError):
    """Text that the interpreter does not accept."""


class _Return(Exception):
    """Carries the value of a return statement out of its function."""

    def __init__(self, value: Any) -> None:
        self.value = value


class Rows(list):
    """A list of numbers or rows with the size of an array; slices share their entries."""

    @property
    def size(self) -> int:
        """Number of entries."""
        return len(self)


class Program:
    """Functions of a kernel file.

    Parameters
    ----------
    source
        Text of the file.
    functions
        What replaces mathematical functions such as tanh.
    constants
        Numbers that stand for irrational constants, by their double.
    """

    def __init__(
        self,
        source: str,
        functions: Mapping[str, Callable[..., Any]],
        constants: Mapping[float, Any],
    ) -> None:
        tree = ast.parse(source)
        self._text = {f.name: f for f in tree.body if isinstance(f, ast.FunctionDef)}
        self._functions = {**_BUILT_IN, **functions}
        self._constants = constants
        self._globals: dict[str, Any] = {}
        for node in tree.body:
            if isinstance(node, ast.Assign) and _name(node) in ("WORK_SHAPE", "OUTPUT_WEIGHTS"):
                self._globals[_name(node)] = self.value(node.value, {})

    @property
    def work_rows(self) -> int:
        """Rows of scratch that the kernels ask for."""
        return int(self._globals["WORK_SHAPE"][0])

    def call(self, name: str, *arguments: Any) -> Any:
        """Run one of the functions."""
        if name in self._functions:
            return self._functions[name](*arguments)
        if name not in self._text:
            raise ExecutionRefused(f"unknown function {name}")
        function = self._text[name]
        names = [a.arg for a in function.args.args]
        local = dict(zip(names, arguments, strict=True))
        try:
            self.run(function.body, local)
        except _Return as result:
            return result.value
        return None

    def run(self, body: Iterable[ast.stmt], local: dict[str, Any]) -> None:
        """Run statements."""
        for node in body:
            self._statement(node, local)

    def _statement(self, node: ast.stmt, local: dict[str, Any]) -> None:
        match node:
            case ast.Expr(value=ast.Constant()):
                return
            case ast.Expr(value=ast.Call(func=ast.Name(id=name))) if name in _IGNORED:
                return
            case ast.Expr(value=value):
                self.value(value, local)
            case ast.Assign(targets=targets, value=value):
                result = self.value(value, local)
                for target in targets:
                    self._assign(target, result, local)
            case ast.AugAssign(target=target, op=op, value=value):
                old = self.value(target, local)
                self._assign(target, _OPERATORS[type(op)](old, self.value(value, local)), local)
            case ast.For(target=ast.Name(id=name), iter=iterable, body=body):
                for number in self.value(iterable, local):
                    local[name] = number
                    self.run(body, local)
            case ast.Return(value=value):
                raise _Return(None if value is None else self.value(value, local))
            case _:
                raise ExecutionRefused(f"not accepted: {ast.unparse(node)[:80]}")

    def _assign(self, target: ast.expr, result: Any, local: dict[str, Any]) -> None:
        match target:
            case ast.Name(id=name):
                local[name] = result
            case ast.Tuple(elts=targets):
                for part, value in zip(targets, result, strict=True):
                    self._assign(part, value, local)
            case ast.Subscript(value=array, slice=ast.Slice(lower=None, upper=upper)) if upper:
                length = self.value(upper, local)
                self.value(array, local)[:length] = result[:length]
            case ast.Subscript(value=array, slice=index):
                row, last = self._place(array, index, local)
                row[last] = result
            case _:
                raise ExecutionRefused(f"not accepted: {ast.unparse(target)[:80]}")

    def _place(self, array: ast.expr, index: ast.expr, local: dict[str, Any]) -> tuple[Any, int]:
        found, place = self.value(array, local), self.value(index, local)
        *outer, last = place if isinstance(place, tuple) else (place,)
        for step in outer:
            found = found[step]
        return found, last

    def value(self, node: ast.expr, local: Mapping[str, Any]) -> Any:
        """Value of an expression."""
        match node:
            case ast.Constant(value=float() as number):
                return self._constants.get(number, simplest(number))
            case ast.Constant(value=int() as number):
                return number
            case ast.Name(id=name) if name in local:
                return local[name]
            case ast.Name(id=name) if name in self._globals:
                return self._globals[name]
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return -self.value(operand, local)
            case ast.BinOp(left=base, op=ast.Pow(), right=ast.Constant(value=int() as power)):
                return self.value(base, local) ** power
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
                return _OPERATORS[type(op)](self.value(left, local), self.value(right, local))
            case ast.IfExp(test=ast.Compare(left=a, ops=[ast.Eq()], comparators=[b])):
                equal = self.value(a, local) == self.value(b, local)
                return self.value(node.body if equal else node.orelse, local)
            case ast.Tuple(elts=parts):
                return tuple(self.value(part, local) for part in parts)
            case ast.Attribute(value=array, attr="size"):
                return len(self.value(array, local))
            case ast.Subscript(value=array, slice=ast.Slice(lower=lower, upper=upper)):
                bounds = [None if b is None else self.value(b, local) for b in (lower, upper)]
                return Rows(self.value(array, local)[bounds[0] : bounds[1]])
            case ast.Subscript(value=array, slice=index):
                found, last = self._place(array, index, dict(local))
                return found[last]
            case ast.Call(func=function, args=arguments, keywords=[]):
                return self.call(_called(function), *(self.value(a, local) for a in arguments))
        raise ExecutionRefused(f"not accepted: {ast.unparse(node)[:80]}")


def simplest(number: float) -> fmpq:
    """The rational of small denominator that rounds to a double, else the double itself."""
    near = Fraction(number).limit_denominator(_LARGEST_DENOMINATOR)
    exact = near if float(near) == number else Fraction(number)
    return fmpq(exact.numerator, exact.denominator)


def zeros(shape: Sequence[int]) -> Rows:
    """An array of zeros."""
    first, *rest = shape
    return Rows(zeros(rest) if rest else fmpq(0) for _ in range(first))


def _called(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):  # math.exp
        return function.attr
    if isinstance(function, ast.Name):
        return function.id
    raise ExecutionRefused("only named functions are called")


def _name(node: ast.Assign) -> str:
    return getattr(node.targets[0], "id", "")
