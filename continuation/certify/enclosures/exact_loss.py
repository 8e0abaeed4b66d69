"""The loss and its derivatives in ball arithmetic: data exact, teacher and activation enclosed.

Inputs, noises, weights, σ and ρ are the exact dyadic numbers that the doubles stand for, observed
targets too; the teacher's values are enclosures of its formula. Nothing here rests on the
elementary functions of NumPy or of the compiled kernels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property, lru_cache
from typing import NamedTuple, Unpack

import sympy as sp
from flint import arb, arb_mat

from continuation.certify.enclosures.balls import exact, working_precision
from continuation.certify.enclosures.formulas import (
    Column,
    Program,
    Value,
    as_column,
    compile_formulas,
)
from continuation.landscape.network import Conditions, Given, Loss, ramp
from symbolic import Model
from symbolic.activations import U
from symbolic.units import Unit, unit_of


class Enclosure(NamedTuple):
    """Loss, gradient (d × 1) and Hessian (d × d) over a box of weights."""

    value: arb
    gradient: arb_mat
    hessian: arb_mat


@dataclass(frozen=True)
class UnitPrograms:
    """The unit of a model with programs of its output and derivatives.

    Attributes
    ----------
    unit : Unit
    orders : tuple of Program
        The output o; o and ∂o; o, ∂o and the entries of ∂²o that do not vanish.
    """

    unit: Unit
    orders: tuple[Program, Program, Program]


@lru_cache(maxsize=64)
def unit_programs(model: Model) -> UnitPrograms:
    """Programs of a model's unit, compiled once for each model."""
    return programs_of(unit_of(model))


def programs_of(unit: Unit) -> UnitPrograms:
    """Programs of a unit."""
    inputs = (*unit.parameters, *unit.constants, unit.input)
    formulas = [
        sp.S(unit.ring.expand(formula)).xreplace({U: unit.argument})
        for formula in (unit.value, *unit.gradient, *unit.hessian.values())
    ]
    ends = (1, 1 + len(unit.parameters), len(formulas))
    zeroth, first, second = (compile_formulas(formulas[:end], inputs) for end in ends)
    return UnitPrograms(unit, (zeroth, first, second))


@dataclass(frozen=True, eq=False)
class ExactLoss:
    """L(θ) = ½ Σ ω_i (f(x_i; θ) − T(x_i) − σ ε_i)² + ½ ρ |θ|² in balls.

    Make it with `ExactLoss.of`; evaluate it within `balls.working_precision()`.

    Attributes
    ----------
    model : Model
    x, teacher, noise : list of arb, length n
        Inputs, targets without noise, frozen noise.
    weights : list of arb, length n, or None
        ω_i where they differ; None for 1/n each.
    sigma, decay : arb
        σ and ρ.
    """

    model: Model
    x: Column = field(repr=False)
    teacher: Column = field(repr=False)
    noise: Column = field(repr=False)
    weights: Column | None = field(repr=False)
    sigma: arb
    decay: arb

    @classmethod
    def of(cls, loss: Loss, **given: Unpack[Given]) -> ExactLoss:
        """The loss at fixed parameters, which are checked as in `Loss.at`.

        Raises
        ------
        InvalidInputError
            A parameter out of range, or a formula without enclosure.
        """
        conditions = Conditions(**given)
        conditions.require_meaning(loss.data)
        data, model = loss.data, loss.model
        with working_precision():
            count, weights = size_weights(data.size if conditions.size is None else conditions.size)
            if data.weights is not None:
                weights = [exact(w) for w in data.weights]
            x = [exact(t) for t in data.x[:count]]
            known = data.kind == "observed" or model.teacher_expr is None
            teacher = [exact(t) for t in data.target[:count]] if known else taught(model, x)
            noises = [exact(t) for t in data.noise[:count]]
            sigma, decay = exact(conditions.noise), exact(conditions.weight_decay)
            return cls(model, x, teacher, noises, weights, sigma, decay)

    def at_noise(self, sigma: arb) -> ExactLoss:
        """The same loss at another σ, or over an interval of them."""
        return replace(self, sigma=sigma)

    @property
    def dimension(self) -> int:
        """Number of weights."""
        return self.model.dimension

    @property
    def has_offset(self) -> bool:
        """Whether the last weight is added to the units."""
        return self.model.offset

    @cached_property
    def targets(self) -> Column:
        """T(x_i) + σ ε_i."""
        return [t + self.sigma * e for t, e in zip(self.teacher, self.noise, strict=True)]

    def residual(self, theta: Sequence[arb]) -> Column:
        """r_i = f(x_i; θ) − y_i."""
        return self._residual(theta, self._units(theta, 0))

    def value(self, theta: Sequence[arb]) -> arb:
        """L over a box."""
        return self._value(theta, self.residual(theta))

    def gradient(self, theta: Sequence[arb]) -> arb_mat:
        """∇L over a box, d × 1."""
        units = self._units(theta, 1)
        column = self._weighted(self._residual(theta, units))
        return self._mean(arb_mat(self._jacobian(units)) * column) + self.decay * vector(theta)

    def noise_slope(self, theta: Sequence[arb]) -> arb_mat:
        """∂∇L/∂σ = −Σ ω ε ∇f over a box, d × 1."""
        jacobian = arb_mat(self._jacobian(self._units(theta, 1)))
        return -self._mean(jacobian * self._weighted(self.noise))

    def evaluate(self, theta: Sequence[arb]) -> Enclosure:
        """Loss, gradient and Hessian over a box in one pass."""
        units = self._units(theta, 2)
        residual, rows = self._residual(theta, units), self._jacobian(units)
        weighted = self._weighted(residual)
        gradient = self._mean(arb_mat(rows) * weighted) + self.decay * vector(theta)
        return Enclosure(
            self._value(theta, residual), gradient, self._hessian(units, rows, weighted)
        )

    def hessian(self, theta: Sequence[arb]) -> arb_mat:
        """∇²L over a box, d × d."""
        units = self._units(theta, 2)
        weighted = self._weighted(self._residual(theta, units))
        return self._hessian(units, self._jacobian(units), weighted)

    def curvature(self, theta: Sequence[arb]) -> arb_mat:
        """Σ ω r ∂²f over a box, d × d: the part of the Hessian that the residual carries."""
        units = self._units(theta, 2)
        weighted = self._weighted(self._residual(theta, units))
        return arb_mat(self._curved(units, weighted, len(theta)))

    def mean(self, column: Column) -> arb:
        """Σ ω_i c_i."""
        ones = arb_mat(1, len(column), [1] * len(column))
        return self._mean(ones * self._weighted(column))[0, 0]

    def mean_noise(self, column: Column) -> arb:
        """Σ ω_i ε_i c_i."""
        return self._mean(arb_mat([column]) * self._weighted(self.noise))[0, 0]

    # -- parts -------------------------------------------------------------------------------

    @cached_property
    def _programs(self) -> UnitPrograms:
        return unit_programs(self.model)

    @property
    def _owned(self) -> int:
        """Number of weights that a unit owns."""
        return len(self._programs.unit.parameters)

    def _units(self, theta: Sequence[arb], order: int) -> list[list[Column]]:
        """For every unit the columns of its output and its derivatives up to an order."""
        count = self._programs.unit.count
        program, n = self._programs.orders[order], len(self.x)
        found = []
        for k in range(count):
            inputs: list[Value] = [theta[a * count + k] for a in range(self._owned)]
            columns = program([*inputs, *self._constants(k), self.x])
            found.append([as_column(column, n) for column in columns])
        return found

    def _constants(self, k: int) -> list[Value]:
        """What is fixed of a unit: its output weight, or nothing."""
        fixed = self.model.exact_output_weights[k : k + 1]
        return [exact(Fraction(int(v.p), int(v.q))) for v in fixed]

    def _outputs(self, theta: Sequence[arb], units: list[list[Column]]) -> Column:
        total = units[0][0]
        for unit in units[1:]:
            total = [a + b for a, b in zip(total, unit[0], strict=True)]
        return [t + theta[-1] for t in total] if self.has_offset else total

    def _residual(self, theta: Sequence[arb], units: list[list[Column]]) -> Column:
        outputs = self._outputs(theta, units)
        return [f - y for f, y in zip(outputs, self.targets, strict=True)]

    def _value(self, theta: Sequence[arb], residual: Column) -> arb:
        square = self._mean(arb_mat([residual]) * self._weighted(residual))[0, 0]
        return (square + self.decay * sum((t * t for t in theta), arb(0))) / 2

    def _jacobian(self, units: list[list[Column]]) -> list[Column]:
        """Rows ∂f/∂θ_a, in the order of θ."""
        offset = [[arb(1)] * len(self.x)] if self.has_offset else []
        return [unit[1 + a] for a in range(self._owned) for unit in units] + offset

    def _hessian(self, units: list[list[Column]], rows: list[Column], residual: arb_mat) -> arb_mat:
        """Σ ω ∂f ∂fᵀ + Σ ω r ∂²f + ρ."""
        hessian = self._curved(units, residual, len(rows))
        for a, row in enumerate(hessian):
            row[a] += self.decay
        return self._mean(arb_mat(rows) * self._weighted_rows(rows)) + arb_mat(hessian)

    def _curved(self, units: list[list[Column]], residual: arb_mat, d: int) -> list[list[arb]]:
        """Σ ω r ∂²f, which couples parameters of one unit only."""
        curvature = [[arb(0)] * d for _ in range(d)]
        columns = [column for unit in units for column in unit[1 + self._owned :]]
        if not columns:
            return curvature
        sums = iter(self._mean(arb_mat(columns) * residual).entries())
        unit = self._programs.unit
        for k in range(unit.count):
            for a, b in unit.hessian:
                i, j = a * unit.count + k, b * unit.count + k
                curvature[i][j] = curvature[j][i] = next(sums)
        return curvature

    def _weighted(self, column: Column) -> arb_mat:
        if self.weights is not None:
            column = [w * c for w, c in zip(self.weights, column, strict=True)]
        return arb_mat(len(column), 1, column)

    def _weighted_rows(self, rows: list[Column]) -> arb_mat:
        if self.weights is not None:
            rows = [[w * c for w, c in zip(self.weights, row, strict=True)] for row in rows]
        return arb_mat(rows).transpose()

    def _mean(self, matrix: arb_mat) -> arb_mat:
        return matrix if self.weights is not None else matrix / arb(len(self.x))


def vector(entries: Sequence[arb]) -> arb_mat:
    """A column matrix."""
    return arb_mat(len(entries), 1, list(entries))


def taught(model: Model, x: Column) -> Column:
    """Enclosures of the teacher's values T(x_i).

    Raises
    ------
    InvalidInputError
        The teacher's formula has a function without enclosure.
    """
    program = compile_formulas([model.teacher_expr], [model.input_symbol])
    (values,) = program([x])
    return as_column(values, len(x))


def size_weights(size: float) -> tuple[int, Column | None]:
    """Samples of a uniform data set of continuous size n, and their weights (None: equal).

    Sample ⌈n⌉ carries the weight S(n − ⌊n⌋) of the others, an exact fraction, and the weights are
    normalised (docs/theory.md, Parameters).
    """
    whole = int(size)
    t = Fraction(size) - whole
    if t == 0:
        return whole, None
    part = ramp(t)
    full = 1 / (whole + part)
    return whole + 1, [exact(full)] * whole + [exact(part * full)]
