"""The student f(x; theta) and the teacher T(x) of a model, as formulas and as functions."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import sympy as sp

from symbolic.activations import Ring, U, derivatives, ring_of
from symbolic.arguments import activation_expression
from symbolic.errors import ModelError
from symbolic.functions import evaluate
from symbolic.parsing import parse_expression
from symbolic.structure import Structure


@dataclass(frozen=True)
class Formulas(Structure):
    """A model's activation, student and teacher as SymPy expressions, with their functions.

    Attributes are those of `Structure`.
    """

    # -- activation --------------------------------------------------------------------------

    @cached_property
    def activation_expr(self) -> Any:
        """Activation phi as an expression in the symbol u; None for an expression."""
        return activation_expression(self.activation) if self.is_perceptron else None

    @cached_property
    def ring(self) -> Ring:
        """The differential ring of the activation."""
        return ring_of(self.activation_expr)

    @cached_property
    def is_odd(self) -> bool:
        """Whether SymPy proves phi(-u) = -phi(u)."""
        phi = self.activation_expr
        return phi is not None and sp.simplify(phi.subs(U, -U) + phi) == 0

    @property
    def is_plain_odd(self) -> bool:
        """Whether f = sum_k v_k phi(w_k x), all of it free, with odd phi."""
        return self.is_plain and self.is_odd

    @property
    def is_odd_function(self) -> bool:
        """Whether f(-x; theta) = -f(x; theta) for every theta."""
        return self.is_odd and self.is_unbiased

    @property
    def has_odd_free_units(self) -> bool:
        """Whether there are units v phi(w x [+ c]) with free v and odd phi."""
        return self.free_output and self.is_odd

    def activation_functions(self, order: int) -> Callable[[np.ndarray], np.ndarray]:
        """Numerical phi, phi', ... up to an order.

        Parameters
        ----------
        order
            Highest derivative, 0 to 4 (any order for the five named activations).

        Returns
        -------
        Callable
            Takes u of any shape; returns an array of shape (order + 1, *u.shape).
        """
        ring, expressions = self.ring, derivatives(self.ring, order)

        def functions(u: np.ndarray) -> np.ndarray:
            u = np.asarray(u, dtype=float)
            values = {U: u}
            for symbol, value in zip(ring.symbols, ring.values, strict=True):
                values[symbol] = evaluate(value, {U: u})
            rows = [np.broadcast_to(evaluate(e, values), u.shape) for e in expressions]
            return np.stack(rows)

        return functions

    # -- student -----------------------------------------------------------------------------

    @property
    def input_symbol(self) -> sp.Symbol:
        """The input x."""
        return sp.Symbol(self.input, real=True)

    @property
    def input_symbols(self) -> tuple[sp.Symbol, ...]:
        """All inputs, in their order."""
        names = (self.input,) if self.network is None else self.network.input_names
        return tuple(sp.Symbol(name, real=True) for name in names)

    @cached_property
    def parameter_symbols(self) -> tuple[sp.Symbol, ...]:
        """Theta as real symbols."""
        return tuple(sp.Symbol(name, real=True) for name in self.parameter_names)

    @cached_property
    def expression(self) -> sp.Expr:
        """f(x; theta) as one SymPy expression.

        Raises
        ------
        ModelError
            The model is a network of layers: its derivatives are taken layer by layer.
        """
        if self.is_network:
            raise ModelError(
                "exact derivations are of perceptrons and formulas, not of networks of layers; "
                "their kernels take derivatives layer by layer"
            )
        if not self.is_perceptron:
            return parse_expression(str(self.formula), (*self.parameters, self.input))
        symbols = dict(zip(self.parameter_names, self.parameter_symbols, strict=True))
        units = [self._unit(k, symbols) for k in range(1, self.hidden + 1)]
        return sp.Add(*units, symbols.get("b_0", sp.Integer(0)))

    def _unit(self, k: int, symbols: dict[str, sp.Symbol]) -> sp.Expr:
        argument = symbols[f"w_{k}"] * self.input_symbol + symbols.get(f"c_{k}", 0)
        weight = symbols[f"v_{k}"] if self.free_output else self.exact_output_weights[k - 1]
        return weight * self.activation_expr.subs(U, argument)

    @property
    def exact_output_weights(self) -> tuple[sp.Rational, ...]:
        """The fixed output weights as exact rationals of their decimal text; () if free."""
        return tuple(sp.Rational(repr(v)) for v in self.output_weights or ())

    # -- teacher -----------------------------------------------------------------------------

    @cached_property
    def teacher_expr(self) -> sp.Expr | None:
        """T(x), or None; None for a network, which may have several inputs."""
        return (
            None
            if self.teacher is None or self.is_network
            else parse_expression(self.teacher, (self.input,))
        )

    @cached_property
    def teachers(self) -> tuple[sp.Expr, ...]:
        """T(x), a formula in `input_symbols` for each output; () for observed data."""
        own = () if self.teacher is None else (self.teacher,)
        texts = own if self.network is None else self.network.teachers
        names = [str(symbol) for symbol in self.input_symbols]
        return tuple(parse_expression(text, names) for text in texts)

    @cached_property
    def teacher_units(self) -> tuple[tuple[float, float], ...] | None:
        """The teacher as units ((w, v), ...), T = sum v phi(w x); None if no such form shows."""
        if self.teacher_expr is None or not self.is_perceptron:
            return None
        terms = sp.Add.make_args(sp.expand(self.teacher_expr))
        units = [self._teacher_unit(term) for term in terms if term != 0]
        return None if None in units else tuple(unit for unit in units if unit is not None)

    def _teacher_unit(self, term: sp.Expr) -> tuple[float, float] | None:
        x = self.input_symbol
        weight, rest = term.as_independent(x)
        for node in rest.atoms(sp.Function) | {rest}:
            for argument in node.args:
                w = argument.coeff(x)
                if w.is_number and w != 0 and rest == self.activation_expr.subs(U, w * x):
                    return float(w), float(weight)
        return None

    def teacher_function(self) -> Callable[[np.ndarray], np.ndarray]:
        """T as a vectorised function of the inputs, (n,) or (n, d), to (n,) or (n, m).

        Raises
        ------
        ModelError
            The model has no teacher.
        """
        if self.teacher is None:
            raise ModelError("this model has no teacher; give one, or observed targets")
        if self.network is not None:
            return self.network.teacher_function()
        expression, symbol = self.teacher_expr, self.input_symbol

        def teacher(x: np.ndarray) -> np.ndarray:
            x = np.asarray(x, dtype=float)
            return np.broadcast_to(evaluate(expression, {symbol: x}), x.shape).copy()

        return teacher
