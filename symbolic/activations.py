"""Activations as differential rings.

An activation is a few functions z_0(u), z_1(u), ... with z_0 = phi, whose derivatives are
polynomials in the z themselves (and u). Every derivative of a unit, of any order, is then a
polynomial in numbers that are evaluated once per unit and sample: for tanh in one number.
"""

from dataclasses import dataclass
from functools import lru_cache

import sympy as sp

from symbolic.functions import SYMPY_FUNCTIONS, logistic, softplus

U = sp.Symbol("u", real=True)
HIGHEST_ORDER = 4  # of derivatives of phi, needed by the fourth Taylor coefficient of the loss

NAMED = ("tanh", "erf", "logistic", "softplus", "sin")


@dataclass(frozen=True)
class Ring:
    """Functions of u that are closed under differentiation.

    Attributes
    ----------
    symbols
        Names z_0, z_1, ...; z_0 is the activation.
    values
        The same as expressions in u.
    rules
        dz/du as polynomials in `symbols` and u.
    """

    symbols: tuple[sp.Symbol, ...]
    values: tuple[sp.Expr, ...]
    rules: tuple[sp.Expr, ...]

    def derivative(self, expression: sp.Expr) -> sp.Expr:
        """d/du of an expression in the symbols and u."""
        rules = dict(zip(self.symbols, self.rules, strict=True))
        present = [z for z in self.symbols if z in expression.free_symbols]
        return sp.Add(sp.diff(expression, U), *(sp.diff(expression, z) * rules[z] for z in present))

    def expand(self, expression: sp.Expr) -> sp.Expr:
        """The expression with every symbol replaced by its function of u."""
        return expression.xreplace(dict(zip(self.symbols, self.values, strict=True)))


def _tanh() -> Ring:
    t = sp.Symbol("t", real=True)
    return Ring((t,), (sp.tanh(U),), (1 - t**2,))


def _logistic() -> Ring:
    s = sp.Symbol("s", real=True)
    return Ring((s,), (logistic(U),), (s * (1 - s),))


def _softplus() -> Ring:
    p, s = sp.symbols("p s", real=True)
    return Ring((p, s), (softplus(U), logistic(U)), (s, s * (1 - s)))


def _sin() -> Ring:
    s, c = sp.symbols("s c", real=True)
    return Ring((s, c), (sp.sin(U), sp.cos(U)), (c, -s))


def _erf() -> Ring:
    e, g = sp.symbols("e g", real=True)
    return Ring((e, g), (sp.erf(U), 2 / sp.sqrt(sp.pi) * sp.exp(-(U**2))), (g, -2 * U * g))


_NAMED_RINGS = {
    "tanh": _tanh,
    "erf": _erf,
    "logistic": _logistic,
    "softplus": _softplus,
    "sin": _sin,
}


def ring_of(activation: sp.Expr) -> Ring:
    """The ring of an activation given in the symbol u.

    Anything but the five named activations gets its plain derivatives as ring.

    Raises
    ------
    ValueError
        The activation has no `HIGHEST_ORDER` derivatives.
    """
    for name, make in _NAMED_RINGS.items():
        if activation == SYMPY_FUNCTIONS[name](U):
            return make()
    values = [activation]
    for _ in range(HIGHEST_ORDER):
        values.append(sp.diff(values[-1], U))
    if any(value.has(sp.Derivative, sp.DiracDelta, sp.sign, sp.Abs) for value in values):
        raise ValueError(f"activation {activation} is not smooth")
    symbols = sp.symbols(f"z:{HIGHEST_ORDER + 1}", real=True)
    beyond = sp.nan  # no kernel asks for more
    return Ring(tuple(symbols), tuple(values), (*symbols[1:], beyond))


@lru_cache(maxsize=64)
def derivatives(ring: Ring, order: int) -> tuple[sp.Expr, ...]:
    """phi, phi', ... up to the given order as polynomials in the ring's symbols."""
    result = [ring.symbols[0]]
    for _ in range(order):
        result.append(ring.derivative(result[-1]))
    return tuple(result)
