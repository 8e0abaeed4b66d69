"""Exact derivatives of the loss of one sample.

Everything is assembled from the derivatives of the unit (`symbolic.units`), the same ones that
the kernels are printed from. Derivatives of the activation appear as polynomials in the symbols
of its ring, one set of symbols per unit: t_1, t_2, ... = tanh(w_1 x), tanh(w_2 x), ...
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from math import comb

import sympy as sp

from symbolic.activations import U
from symbolic.model import Model
from symbolic.units import Unit, fresh_symbol, unit_of

JET_ORDER = 4


@dataclass(frozen=True)
class Derivation:
    """Loss of one sample, 1/2 (f - T - sigma eps)^2 + rho/2 |theta|^2, and its derivatives.

    Attributes
    ----------
    model : Model
    unit : Unit
        The unit all derivatives come from.
    parameters : tuple of Symbol
        Theta, shape (d,).
    target, noise, sigma, rho : Symbol
        T, eps, noise level and weight decay.
    direction : tuple of Symbol
        The direction e of the Taylor jet, shape (d,).
    """

    model: Model
    unit: Unit
    parameters: tuple[sp.Symbol, ...]
    target: sp.Symbol
    noise: sp.Symbol
    sigma: sp.Symbol
    rho: sp.Symbol
    direction: tuple[sp.Symbol, ...]

    # -- assembly ----------------------------------------------------------------------------

    @cached_property
    def ring(self) -> dict[sp.Symbol, sp.Expr]:
        """Symbol of the ring: what it stands for, for every unit."""
        table = {}
        for k in range(self.unit.count):
            argument = {U: self.unit.argument.xreplace(self._names(k))}
            for symbol, value in zip(self.unit.ring.symbols, self.unit.ring.values, strict=True):
                table[_numbered(symbol, k)] = value.xreplace(argument)
        return table

    def expand(self, expression: sp.Expr) -> sp.Expr:
        """The expression in theta and x alone, without symbols of the ring."""
        return expression.xreplace(self.ring)

    def _names(self, k: int) -> dict[sp.Symbol, sp.Expr]:
        """Symbols of the unit: symbols of unit k of the network."""
        unit, count = self.unit, self.unit.count
        names = {p: self.parameters[a * count + k] for a, p in enumerate(unit.parameters)}
        names |= {e: self.direction[a * count + k] for a, e in enumerate(unit.direction)}
        names |= {z: _numbered(z, k) for z in unit.ring.symbols}
        names |= dict(zip(unit.constants, self.model.exact_output_weights[k : k + 1], strict=True))
        return names

    def _of_unit(self, expression: sp.Expr, k: int) -> sp.Expr:
        if self.unit.ring.symbols:
            expression = expression.xreplace({U: self.unit.argument})
        return expression.xreplace(self._names(k))

    def _over_units(self, expression: sp.Expr) -> list[sp.Expr]:
        return [self._of_unit(expression, k) for k in range(self.unit.count)]

    @cached_property
    def _offset(self) -> tuple[sp.Symbol, ...]:
        return self.parameters[-1:] if self.model.offset else ()

    # -- network -----------------------------------------------------------------------------

    @cached_property
    def network(self) -> sp.Expr:
        """f(x; theta)."""
        return sp.Add(*self._over_units(self.unit.value), *self._offset)

    @cached_property
    def network_gradient(self) -> tuple[sp.Expr, ...]:
        """df/dtheta, shape (d,)."""
        entries = [e for g in self.unit.gradient for e in self._over_units(g)]
        return (*entries, *(sp.Integer(1) for _ in self._offset))

    @cached_property
    def network_hessian(self) -> Mapping[tuple[int, int], sp.Expr]:
        """d2f/dtheta_a dtheta_b for a <= b; entries that are missing vanish."""
        count = self.unit.count
        return {
            (a * count + k, b * count + k): self._of_unit(entry, k)
            for (a, b), entry in self.unit.hessian.items()
            for k in range(count)
        }

    @cached_property
    def network_jet(self) -> tuple[sp.Expr, ...]:
        """d^m/dt^m f(x; theta + t e) at t = 0, m = 0..4."""
        orders = [sp.Add(*self._over_units(o)) for o in self.unit.along(self.unit.value, JET_ORDER)]
        if self._offset:
            orders[0] += self.parameters[-1]
            orders[1] += self.direction[-1]
        return tuple(orders)

    # -- loss of one sample ------------------------------------------------------------------

    @cached_property
    def residual(self) -> sp.Expr:
        """R = f - T - sigma eps."""
        return self.network - self.target - self.sigma * self.noise

    @cached_property
    def loss(self) -> sp.Expr:
        """1/2 r^2 + rho/2 |theta|^2."""
        return self.residual**2 / 2 + self.rho / 2 * _dot(self.parameters, self.parameters)

    @cached_property
    def gradient(self) -> tuple[sp.Expr, ...]:
        """dL/dtheta, shape (d,)."""
        rows = zip(self.network_gradient, self.parameters, strict=True)
        return tuple(self.residual * entry + self.rho * theta for entry, theta in rows)

    @cached_property
    def hessian(self) -> sp.ImmutableMatrix:
        """d2L/dtheta2, shape (d, d)."""
        return sp.ImmutableMatrix(self.model.dimension, self.model.dimension, self._hessian_entry)

    def _hessian_entry(self, a: int, b: int) -> sp.Expr:
        a, b = sorted((int(a), int(b)))
        curvature = self.residual * self.network_hessian.get((a, b), sp.Integer(0))
        product = self.network_gradient[a] * self.network_gradient[b]
        return product + curvature + (self.rho if a == b else 0)

    @cached_property
    def noise_derivative(self) -> tuple[sp.Expr, ...]:
        """d(dL/dtheta)/dsigma, shape (d,)."""
        return tuple(-self.noise * entry for entry in self.network_gradient)

    @property
    def weight_decay_derivative(self) -> tuple[sp.Expr, ...]:
        """d(dL/dtheta)/drho = theta, shape (d,)."""
        return self.parameters

    @cached_property
    def jet(self) -> tuple[sp.Expr, ...]:
        """d^m/dt^m L(theta + t e) at t = 0, m = 0..4."""
        r = (self.residual, *self.network_jet[1:])
        theta, e = self.parameters, self.direction
        decay = [_dot(theta, theta) / 2, _dot(theta, e), _dot(e, e), 0, 0]
        return tuple(
            sum(comb(m, j) * r[j] * r[m - j] for j in range(m + 1)) / 2 + self.rho * decay[m]
            for m in range(JET_ORDER + 1)
        )


def derive(model: Model) -> Derivation:
    """Exact derivatives of a model's loss.

    Examples
    --------
    >>> from symbolic import derive, single_unit
    >>> derivation = derive(single_unit())
    >>> derivation.network_gradient
    (v_1*x*(1 - t_1**2), t_1)
    """
    parameters = model.parameter_symbols
    taken = {*model.parameter_names, model.input}
    names = ("T", "epsilon", "sigma", "rho")
    target, noise, sigma, rho = (fresh_symbol(name, taken) for name in names)
    direction = tuple(fresh_symbol(f"e_{name}", taken) for name in model.parameter_names)
    return Derivation(model, unit_of(model), parameters, target, noise, sigma, rho, direction)


def _numbered(symbol: sp.Symbol, k: int) -> sp.Symbol:
    return sp.Symbol(f"{symbol.name}_{k + 1}", real=True)


def _dot(first: Iterable[sp.Expr], second: Iterable[sp.Expr]) -> sp.Expr:
    return sp.Add(*(a * b for a, b in zip(first, second, strict=True)))
