"""Kernels of models given by nested formulas: array functions on the graph of the formula."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import sympy as sp
from numba import objmode

from symbolic import formula_runtime
from symbolic.errors import ModelError
from symbolic.formula_runtime import (
    FUNCTION,
    INPUT,
    NAMES,
    NUMBER,
    POWER,
    PRODUCT,
    SUM,
    WEIGHT,
)
from symbolic.layer_kernels import first_class
from symbolic.layers import Rows

Array = np.ndarray

MOST_INSIDE = 2
"""Weights inside a function of a function up to which derivatives are printed as formulas: for
three of them printing takes 17 s, for four minutes."""


@dataclass(frozen=True)
class FormulaKernels:
    """Kernels of one formula, with the signature of the generated ones (`symbolic.Kernels`).

    Attributes
    ----------
    expression : Expr
    parameters : tuple of Symbol
    input : Symbol
    """

    expression: sp.Expr
    parameters: tuple[sp.Symbol, ...]
    input: sp.Symbol

    @property
    def evaluate(self) -> Callable[..., float]:
        """Loss; fills F = gradient, J = Hessian and Fp = dF/dp."""
        return first_class(_evaluate)

    @property
    def gradient(self) -> Callable[..., float]:
        """Loss; fills F only."""
        return first_class(_gradient)

    @property
    def jet(self) -> Callable[..., float]:
        """Taylor derivatives along e = J[0], see `symbolic.Kernels.jet`."""
        return first_class(_jet)

    @property
    def rows(self) -> Rows:
        """Which row of the data holds what."""
        return Rows()

    @cached_property
    def table(self) -> Array:
        """The graph, a row for each node."""
        return table_of(self.expression, self.parameters, self.input)

    def scratch(self) -> Array:
        """What the kernels take as `work`: the graph."""
        return self.table.copy()

    def outputs(self, theta: Array, x: Array) -> Array:
        """Network function f(x; theta), shape (n,), at inputs of shape (n,)."""
        x = np.asarray(x, dtype=np.float64)
        value = formula_runtime.run(self.table, np.asarray(theta), None, x, hessian=False)
        return np.broadcast_to(value.series[0], x.shape).copy()


def is_nested(expression: sp.Expr, parameters: tuple[sp.Symbol, ...]) -> bool:
    """Whether a function of a function holds so many weights that printed derivatives blow up."""
    weights = set(parameters)
    return any(
        len(node.free_symbols & weights) > MOST_INSIDE
        and any(
            _bends(inner, weights) for part in node.args for inner in sp.preorder_traversal(part)
        )
        for node in sp.preorder_traversal(expression)
        if _bends(node, weights)
    )


def _bends(node: sp.Basic, weights: set[sp.Symbol]) -> bool:
    """Whether it is a function of weights, roots and divisions included."""
    power = isinstance(node, sp.Pow) and not (node.exp.is_Integer and node.exp > 0)
    return (power or isinstance(node, sp.Function)) and bool(node.free_symbols & weights)


def table_of(expression: sp.Expr, parameters: tuple[sp.Symbol, ...], x: sp.Symbol) -> Array:
    """The graph of a formula: a row [kind, first, second, number] for each distinct node.

    Raises
    ------
    ModelError
        A function that has no numerical meaning.
    """
    rows: list[tuple[float, float, float, float]] = []
    places: dict[sp.Basic, int] = {}

    def put(*row: float) -> int:
        rows.append((row[0], row[1], row[2], row[3]))
        return len(rows) - 1

    def place(node: sp.Basic) -> int:
        if node not in places:
            places[node] = make(node)
        return places[node]

    def chain(kind: int, parts: tuple[sp.Basic, ...]) -> int:
        whole = place(parts[0])
        for part in parts[1:]:
            whole = put(kind, whole, place(part), 0.0)
        return whole

    def make(node: sp.Basic) -> int:
        if node in parameters:
            return put(WEIGHT, parameters.index(node), 0.0, 0.0)
        if node == x:
            return put(INPUT, 0.0, 0.0, 0.0)
        if node.is_number:
            return put(NUMBER, 0.0, 0.0, float(node))
        if node.is_Add or node.is_Mul:
            return chain(SUM if node.is_Add else PRODUCT, node.args)
        if node.is_Pow and node.exp.is_number:
            return put(POWER, place(node.base), 0.0, float(node.exp))
        if node.is_Pow:
            return place(sp.exp(node.exp * sp.log(node.base), evaluate=False))
        name = type(node).__name__
        if name not in NAMES:
            raise ModelError(f"{node} has no numerical value")
        return put(FUNCTION, place(node.args[0]), 0.0, float(NAMES.index(name)))

    place(expression)
    return np.array(rows, dtype=np.float64)


def _evaluate(theta, p, constants, data, work, F, J, Fp):  # type: ignore[no-untyped-def]
    with objmode(value="float64"):
        value = formula_runtime.evaluate(theta, p, constants, data, work, F, J, Fp)
    return value


def _gradient(theta, p, constants, data, work, F, J, Fp):  # type: ignore[no-untyped-def]
    with objmode(value="float64"):
        value = formula_runtime.gradient(theta, p, constants, data, work, F, J, Fp)
    return value


def _jet(theta, p, constants, data, work, F, J, Fp):  # type: ignore[no-untyped-def]
    with objmode(value="float64"):
        value = formula_runtime.jet(theta, p, constants, data, work, F, J, Fp)
    return value
