"""The functions a formula may use, each with its SymPy class and its NumPy meaning."""

import math
from collections.abc import Callable, Mapping

import numpy as np
import sympy as sp

Array = np.ndarray


class logistic(sp.Function):
    """1/(1 + exp(-u)), kept as one function so that kernels can evaluate it without overflow."""

    nargs = 1

    @classmethod
    def eval(cls, u: sp.Expr) -> sp.Expr | None:
        """Value at zero, the only argument that is simplified."""
        return sp.Rational(1, 2) if u.is_zero else None

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        """Derivative, a polynomial in the function itself."""
        return self * (1 - self)

    def _eval_is_extended_real(self) -> bool | None:
        return self.args[0].is_extended_real

    def _eval_rewrite_as_exp(self, u: sp.Expr, **_: object) -> sp.Expr:
        return 1 / (1 + sp.exp(-u))


class softplus(sp.Function):
    """log(1 + exp(u)), kept as one function for the same reason."""

    nargs = 1

    @classmethod
    def eval(cls, u: sp.Expr) -> sp.Expr | None:
        """Value at zero, the only argument that is simplified."""
        return sp.log(2) if u.is_zero else None

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        """Derivative: the logistic function."""
        return logistic(self.args[0])

    def _eval_is_extended_real(self) -> bool | None:
        return self.args[0].is_extended_real

    def _eval_rewrite_as_exp(self, u: sp.Expr, **_: object) -> sp.Expr:
        return sp.log(1 + sp.exp(u))


def _logistic(u: Array) -> Array:
    return 0.5 + 0.5 * np.tanh(0.5 * u)


def _softplus(u: Array) -> Array:
    return np.logaddexp(0.0, u)


def _erf(u: Array) -> Array:
    return np.vectorize(math.erf, otypes=[float])(u)


# name in formulas: SymPy function
SYMPY_FUNCTIONS: Mapping[str, Callable[..., sp.Expr]] = {
    "abs": sp.Abs,
    "Abs": sp.Abs,
    "acos": sp.acos,
    "acosh": sp.acosh,
    "asin": sp.asin,
    "asinh": sp.asinh,
    "atan": sp.atan,
    "atanh": sp.atanh,
    "cos": sp.cos,
    "cosh": sp.cosh,
    "cot": sp.cot,
    "erf": sp.erf,
    "exp": sp.exp,
    "log": sp.log,
    "logistic": logistic,
    "sign": sp.sign,
    "sin": sp.sin,
    "sinh": sp.sinh,
    "softplus": softplus,
    "sqrt": sp.sqrt,
    "tan": sp.tan,
    "tanh": sp.tanh,
}

CONSTANTS: Mapping[str, sp.Expr] = {"pi": sp.pi, "E": sp.E}

# name of the SymPy class: NumPy function
NUMPY_FUNCTIONS: Mapping[str, Callable[[Array], Array]] = {
    "Abs": np.abs,
    "acos": np.arccos,
    "acosh": np.arccosh,
    "asin": np.arcsin,
    "asinh": np.arcsinh,
    "atan": np.arctan,
    "atanh": np.arctanh,
    "cos": np.cos,
    "cosh": np.cosh,
    "cot": lambda u: 1.0 / np.tan(u),
    "erf": _erf,
    "exp": np.exp,
    "log": np.log,
    "logistic": _logistic,
    "sign": np.sign,
    "sin": np.sin,
    "sinh": np.sinh,
    "softplus": _softplus,
    "tan": np.tan,
    "tanh": np.tanh,
}


def evaluate(expression: sp.Expr, values: Mapping[sp.Symbol, Array]) -> Array:
    """Value of an expression by NumPy, term by term (no generated code).

    Parameters
    ----------
    expression
        Sums, products, powers and the functions of `NUMPY_FUNCTIONS`.
    values
        An array for every free symbol; they are broadcast.

    Raises
    ------
    ValueError
        A function or symbol has no numerical meaning here.
    """
    if expression.is_Symbol and expression in values:
        return np.asarray(values[expression], dtype=float)
    if expression.is_number and not expression.args:
        return np.asarray(float(expression))
    arguments = [evaluate(argument, values) for argument in expression.args]
    if expression.is_Add:
        return sum(arguments[1:], start=arguments[0])
    if expression.is_Mul:
        return math.prod(arguments[1:], start=arguments[0])
    if expression.is_Pow:
        return _power(arguments[0], arguments[1], expression.exp)
    name = type(expression).__name__
    if name not in NUMPY_FUNCTIONS:
        raise ValueError(f"{expression} has no numerical value")
    return NUMPY_FUNCTIONS[name](*arguments)


def _power(base: Array, power: Array, exponent: sp.Expr) -> Array:
    if exponent == sp.Rational(1, 2):
        return np.sqrt(base)
    return base ** (int(exponent) if exponent.is_Integer else power)
