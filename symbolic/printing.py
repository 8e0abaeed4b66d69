"""SymPy expressions to the source text of kernels."""

from collections.abc import Mapping, Sequence

import sympy as sp
from sympy.printing.pycode import PythonCodePrinter

_LONGEST_PRODUCT = 6  # integer powers up to this are printed as products

# name of the SymPy class: name of the function in a kernel file
_NAMES = {
    "Abs": "abs",
    "acos": "math.acos",
    "acosh": "math.acosh",
    "asin": "math.asin",
    "asinh": "math.asinh",
    "atan": "math.atan",
    "atanh": "math.atanh",
    "cos": "math.cos",
    "cosh": "math.cosh",
    "erf": "math.erf",
    "exp": "math.exp",
    "log": "math.log",
    "logistic": "logistic",
    "sign": "sign",
    "sin": "math.sin",
    "sinh": "math.sinh",
    "softplus": "softplus",
    "tan": "math.tan",
    "tanh": "tanh",
}


class _KernelPrinter(PythonCodePrinter):
    """Small powers as products, exact numbers as doubles, functions of the kernel runtime."""

    def _print_Function(self, expr: sp.Expr) -> str:
        name = type(expr).__name__
        if name not in _NAMES:
            raise ValueError(f"no kernel can evaluate {expr}")
        return f"{_NAMES[name]}({', '.join(self._print(a) for a in expr.args)})"

    def _print_cot(self, expr: sp.Expr) -> str:
        return f"(1.0/math.tan({self._print(expr.args[0])}))"

    def _print_NumberSymbol(self, expr: sp.Expr) -> str:
        return repr(float(expr))

    _print_Exp1 = _print_Pi = _print_NumberSymbol

    def _print_Rational(self, expr: sp.Expr) -> str:
        return repr(float(expr))

    _print_Integer = _print_Half = _print_Rational

    def _print_Pow(self, expr: sp.Expr, rational: bool = False) -> str:
        if expr.exp == sp.Rational(1, 2):
            return f"math.sqrt({self._print(expr.base)})"
        if expr.exp.is_Integer and abs(expr.exp) <= _LONGEST_PRODUCT:
            base = self.parenthesize(expr.base, 1000)
            product = "*".join([base] * abs(int(expr.exp)))
            return f"({product})" if expr.exp > 0 else f"(1.0/({product}))"
        base = self.parenthesize(expr.base, 1000)
        exponent = int(expr.exp) if expr.exp.is_Integer else None
        return f"{base}**{exponent if exponent is not None else f'({self._print(expr.exp)})'}"


for _name in _NAMES:  # in place of the methods that SymPy defines by name
    setattr(_KernelPrinter, f"_print_{_name}", _KernelPrinter._print_Function)
_PRINTER = _KernelPrinter({"fully_qualified_modules": False})


def source_of(expression: sp.Expr) -> str:
    """One expression as source text."""
    return str(_PRINTER.doprint(expression))


def assignments(
    targets: Sequence[str],
    expressions: Sequence[sp.Expr],
    renamed: Mapping[sp.Symbol, sp.Symbol],
    prefix: str = "q",
) -> list[str]:
    """Lines that assign expressions to targets, with common subexpressions shared.

    Parameters
    ----------
    targets
        Left sides.
    expressions
        Right sides.
    renamed
        Symbols of the expressions: symbols of the kernel text.
    prefix
        Of the names of the shared subexpressions.
    """
    exact = [e.xreplace(dict(renamed)) for e in expressions]
    shared, results = sp.cse(exact, symbols=sp.numbered_symbols(prefix))
    lines = [f"{symbol} = {source_of(value)}" for symbol, value in shared]
    return lines + [f"{t} = {source_of(e)}" for t, e in zip(targets, results, strict=True)]
