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
from typing import NamedTuple

from flint import arb, arb_mat

from continuation.certify.balls import exact, working_precision
from continuation.certify.formulas import Column, Program, Value, compile_formulas
from continuation.landscape.loss import Loss
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
    """The unit of a model with the programs of its ring, output and derivatives."""

    unit: Unit
    argument: Program
    ring: Program
    output: Program
    gradient: Program
    hessian: Program


@lru_cache(maxsize=64)
def unit_programs(model: Model) -> UnitPrograms:
    """Programs of a model's unit, compiled once for each model."""
    unit = unit_of(model)
    outer = (*unit.parameters, *unit.constants, unit.input)
    inner = (*unit.ring.symbols, *outer)
    return UnitPrograms(
        unit,
        compile_formulas([unit.argument], outer),
        compile_formulas(unit.ring.values, [U]),
        compile_formulas([unit.value], inner),
        compile_formulas(unit.gradient, inner),
        compile_formulas(list(unit.hessian.values()), inner),
    )


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
    def of(
        cls,
        loss: Loss,
        *,
        noise: float = 0.0,
        size: float | None = None,
        weight_decay: float = 0.0,
    ) -> ExactLoss:
        """The loss at fixed parameters, which are checked as in `Loss.at`.

        Raises
        ------
        InvalidInputError
            A parameter out of range, or a formula without enclosure.
        """
        loss.at(noise=noise, size=size, weight_decay=weight_decay)
        data, model = loss.data, loss.model
        with working_precision():
            count, weights = size_weights(data.size if size is None else size)
            if data.weights is not None:
                weights = [exact(w) for w in data.weights]
            x = [exact(t) for t in data.x[:count]]
            known = data.kind == "observed" or model.teacher_expr is None
            teacher = [exact(t) for t in data.target[:count]] if known else taught(model, x)
            noises = [exact(t) for t in data.noise[:count]]
            return cls(model, x, teacher, noises, weights, exact(noise), exact(weight_decay))

    def at_noise(self, sigma: arb) -> ExactLoss:
        """The same loss at another σ, or over an interval of them."""
        return replace(self, sigma=sigma)

    @cached_property
    def targets(self) -> Column:
        """T(x_i) + σ ε_i."""
        return [t + self.sigma * e for t, e in zip(self.teacher, self.noise, strict=True)]

    def outputs(self, theta: Sequence[arb]) -> Column:
        """f(x_i; θ) for every sample."""
        return self._outputs(theta, self._units(theta))

    def residual(self, theta: Sequence[arb]) -> Column:
        """r_i = f(x_i; θ) − y_i."""
        return self._residual(theta, self._units(theta))

    def value(self, theta: Sequence[arb]) -> arb:
        """L over a box."""
        return self._value(theta, self.residual(theta))

    def gradient(self, theta: Sequence[arb]) -> arb_mat:
        """∇L over a box, d × 1."""
        units = self._units(theta)
        column = self._weighted(self._residual(theta, units))
        return self._mean(arb_mat(self._jacobian(units)) * column) + self.decay * vector(theta)

    def noise_slope(self, theta: Sequence[arb]) -> arb_mat:
        """∂∇L/∂σ = −Σ ω ε ∇f over a box, d × 1."""
        jacobian = arb_mat(self._jacobian(self._units(theta)))
        return -self._mean(jacobian * self._weighted(self.noise))

    def evaluate(self, theta: Sequence[arb]) -> Enclosure:
        """Loss, gradient and Hessian over a box in one pass."""
        units = self._units(theta)
        residual = self._residual(theta, units)
        rows, d = self._jacobian(units), len(theta)
        curved = [self._columns(self._programs.hessian(u)) for u in units]
        stack = arb_mat([*rows, *(row for unit in curved for row in unit)])
        sums = self._mean(stack * self._weighted(residual)).entries()
        jacobian = arb_mat(rows)
        hessian = self._mean(jacobian * self._weighted_rows(rows)).tolist()
        self._add_curvature(hessian, sums[d:])
        for a in range(d):
            hessian[a][a] += self.decay
        gradient = arb_mat(d, 1, sums[:d]) + self.decay * vector(theta)
        return Enclosure(self._value(theta, residual), gradient, arb_mat(hessian))

    # -- parts -------------------------------------------------------------------------------

    @cached_property
    def _programs(self) -> UnitPrograms:
        return unit_programs(self.model)

    def _units(self, theta: Sequence[arb]) -> list[list[Value]]:
        """For every unit the values of its ring, parameters, constants and x."""
        programs = self._programs
        unit, fixed = programs.unit, self.model.exact_output_weights
        found = []
        for k in range(unit.count):
            outer: list[Value] = [theta[a * unit.count + k] for a in range(len(unit.parameters))]
            outer += [exact(Fraction(int(v.p), int(v.q))) for v in fixed[k : k + 1]]
            outer.append(self.x)
            ring = programs.ring(programs.argument(outer)) if unit.ring.symbols else []
            found.append([*ring, *outer])
        return found

    def _outputs(self, theta: Sequence[arb], units: list[list[Value]]) -> Column:
        columns = [self._columns(self._programs.output(u))[0] for u in units]
        total = [sum(parts[1:], parts[0]) for parts in zip(*columns, strict=True)]
        return [t + theta[-1] for t in total] if self.model.offset else total

    def _residual(self, theta: Sequence[arb], units: list[list[Value]]) -> Column:
        outputs = self._outputs(theta, units)
        return [f - y for f, y in zip(outputs, self.targets, strict=True)]

    def _value(self, theta: Sequence[arb], residual: Column) -> arb:
        square = self._mean(arb_mat([residual]) * self._weighted(residual))[0, 0]
        return (square + self.decay * sum((t * t for t in theta), arb(0))) / 2

    def _jacobian(self, units: list[list[Value]]) -> list[Column]:
        """Rows ∂f/∂θ_a, in the order of θ."""
        rows = [self._columns(self._programs.gradient(u)) for u in units]
        parameters = range(len(self._programs.unit.parameters))
        offset = [[arb(1)] * len(self.x)] if self.model.offset else []
        return [row[a] for a in parameters for row in rows] + offset

    def _add_curvature(self, hessian: list[list[arb]], sums: list[arb]) -> None:
        """Add Σ ω r ∂²f, which couples parameters of one unit only."""
        unit = self._programs.unit
        entry = iter(sums)
        for k in range(unit.count):
            for a, b in unit.hessian:
                i, j, amount = a * unit.count + k, b * unit.count + k, next(entry)
                hessian[i][j] += amount
                if i != j:
                    hessian[j][i] += amount

    def _columns(self, values: list[Value]) -> list[Column]:
        return [v if isinstance(v, list) else [v] * len(self.x) for v in values]

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
    return values if isinstance(values, list) else [values] * len(x)


def size_weights(size: float) -> tuple[int, Column | None]:
    """Samples of a uniform data set of continuous size n, and their weights (None: equal).

    Sample ⌈n⌉ carries the weight S(n − ⌊n⌋) of the others, S(t) = 6t⁵ − 15t⁴ + 10t³, and the
    weights are normalised (MODEL: Parameters that are continued).
    """
    whole = int(size)
    t = Fraction(size) - whole
    if t == 0:
        return whole, None
    ramp = t**3 * (t * (6 * t - 15) + 10)
    full = 1 / (whole + ramp)
    return whole + 1, [exact(full)] * whole + [exact(ramp * full)]
