"""The unit: the part of a network that all units share, with its exact derivatives.

A perceptron is a sum of H equal units o(x; w, [c], [v]) and an offset; a model given by an
expression is one unit that holds all parameters. Every kernel and every derivative of the loss
is built from the derivatives of o, which are therefore taken once, here.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import sympy as sp

from symbolic.activations import Ring
from symbolic.model import Model

_NO_RING = Ring((), (), ())


@dataclass(frozen=True)
class Unit:
    """One unit and its derivatives.

    Attributes
    ----------
    count
        How many such units the network has.
    parameters
        The symbols of theta it owns; parameter a of unit k is theta[a*count + k].
    constants
        Symbols that are fixed numbers of each unit (a fixed output weight v).
    argument
        The argument u of the activation.
    ring
        Ring of the activation; without symbols for an expression.
    value
        Output o, in the ring's symbols, the parameters and x.
    input
        The symbol x.
    """

    count: int
    parameters: tuple[sp.Symbol, ...]
    constants: tuple[sp.Symbol, ...]
    argument: sp.Expr
    ring: Ring
    value: sp.Expr
    input: sp.Symbol

    def differentiate(self, expression: sp.Expr, parameter: sp.Symbol) -> sp.Expr:
        """Derivative by one parameter; products of u and x stay products."""
        inner = sp.diff(self.argument, parameter)
        outer = self.ring.derivative(expression) * inner if inner != 0 else 0
        return sp.diff(expression, parameter) + outer

    @cached_property
    def gradient(self) -> tuple[sp.Expr, ...]:
        """do/d(parameter)."""
        return tuple(self.differentiate(self.value, p) for p in self.parameters)

    @cached_property
    def hessian(self) -> dict[tuple[int, int], sp.Expr]:
        """d2o/d(parameter a)d(parameter b) for a <= b, without the entries that vanish."""
        entries = {}
        for a, first in enumerate(self.gradient):
            for b in range(a, len(self.parameters)):
                entry = sp.factor_terms(self.differentiate(first, self.parameters[b]))
                if entry != 0:
                    entries[a, b] = entry
        return entries

    @cached_property
    def direction(self) -> tuple[sp.Symbol, ...]:
        """Symbols e_a of a direction in the space of the parameters."""
        taken = {symbol.name for symbol in (*self.parameters, *self.constants, self.input)}
        return tuple(fresh_symbol(f"e_{p.name}", taken) for p in self.parameters)

    def along(self, expression: sp.Expr, order: int) -> tuple[sp.Expr, ...]:
        """Derivatives of orders 0..order of an expression along the direction."""
        result = [expression]
        for _ in range(order):
            terms = (
                e * self.differentiate(result[-1], p)
                for e, p in zip(self.direction, self.parameters, strict=True)
            )
            result.append(sp.factor_terms(sp.Add(*terms)))
        return tuple(result)


def fresh_symbol(name: str, taken: Iterable[str]) -> sp.Symbol:
    """Real symbol of that name, with as many underscores as it takes to differ."""
    while name in taken:
        name += "_"
    return sp.Symbol(name, real=True)


def unit_of(model: Model) -> Unit:
    """The unit of a model."""
    if not model.is_perceptron:
        symbols = model.parameter_symbols
        return Unit(1, symbols, (), sp.Integer(0), _NO_RING, model.expression, model.input_symbol)
    w, c, v = (sp.Symbol(name, real=True) for name in "wcv")
    parameters = (w, *((c,) if model.bias else ()), *((v,) if model.free_output else ()))
    argument = w * model.input_symbol + (c if model.bias else 0)
    return Unit(
        count=model.hidden,
        parameters=parameters,
        constants=() if model.free_output else (v,),
        argument=argument,
        ring=model.ring,
        value=v * model.ring.symbols[0],
        input=model.input_symbol,
    )
