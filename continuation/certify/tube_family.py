"""∇L = 0 along a parameter, in balls: noise σ or data set size n as one more unknown.

z = (θ, p). Noise enters the residual, r = f − T − σ ε; the size enters the weights, sample i
carrying S(n − i + 1), S(t) = 6t⁵ − 15t⁴ + 10t³ on [0, 1] and constant outside (MODEL: the unit
ramp). The weights are not normalised here: that divides the gradient by a positive number.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from flint import arb, arb_mat

from continuation.certify.exact import ExactLoss
from continuation.certify.formulas import Column
from continuation.landscape.loss import Loss


class Family(Protocol):
    """A gradient that depends on one parameter."""

    def evaluate(self, theta: Sequence[arb], p: arb) -> tuple[arb_mat, arb_mat, arb_mat]:
        """F = ∇L (d × 1), its derivative by θ (d × d) and by p (d × 1), over a box."""

    def second(self, theta: Sequence[arb], p: arb, direction: Sequence[arb]) -> arb_mat:
        """d²F(z + t z')/dt² at t = 0, z' = direction of length d + 1; d × 1."""


@dataclass(frozen=True, eq=False)
class NoiseFamily:
    """The parameter is the noise σ."""

    loss: ExactLoss

    def evaluate(self, theta: Sequence[arb], p: arb) -> tuple[arb_mat, arb_mat, arb_mat]:
        """See `Family`."""
        at = self.loss.at_noise(p)
        found = at.evaluate(theta)
        return found.gradient, found.hessian, at.noise_slope(theta)

    def second(self, theta: Sequence[arb], p: arb, direction: Sequence[arb]) -> arb_mat:
        """See `Family`."""
        at = self.loss.at_noise(p)
        falls = [-direction[-1] * e for e in at.noise]
        weights = at.weights or [arb(1) / arb(len(at.x))] * len(at.x)
        nothing = [arb(0)] * len(at.x)
        return bent_gradient(at, theta, direction[:-1], falls, (weights, nothing, nothing))


@dataclass(frozen=True, eq=False)
class SizeFamily:
    """The parameter is the size n, samples being ramped in one by one."""

    loss: ExactLoss

    def evaluate(self, theta: Sequence[arb], p: arb) -> tuple[arb_mat, arb_mat, arb_mat]:
        """See `Family`."""
        weights, slopes, _ = self._weights(p)
        found = self._weighted(weights).evaluate(theta)
        return found.gradient, found.hessian, self._weighted(slopes).gradient(theta)

    def second(self, theta: Sequence[arb], p: arb, direction: Sequence[arb]) -> arb_mat:
        """See `Family`."""
        weights, slopes, bends = self._weights(p)
        along = direction[-1]
        scaled = ([along * s for s in slopes], [along * along * b for b in bends])
        nothing = [arb(0)] * len(weights)
        at = self._weighted(weights)
        return bent_gradient(at, theta, direction[:-1], nothing, (weights, *scaled))

    def _weighted(self, weights: Column) -> ExactLoss:
        return replace(self.loss, weights=weights)

    def _weights(self, p: arb) -> tuple[Column, Column, Column]:
        count = len(self.loss.x)
        rows = [_ramp(p - k, count) for k in range(count)]
        return [r[0] for r in rows], [r[1] for r in rows], [r[2] for r in rows]


def _ramp(t: arb, count: int) -> tuple[arb, arb, arb]:
    """S, S', S'' over count, for an interval t that may reach beyond [0, 1]."""
    if t >= 1:
        return arb(1) / count, arb(0), arb(0)
    if t <= 0:
        return arb(0), arb(0), arb(0)
    ends = [_clipped(t.lower()), _clipped(t.upper())]
    s = _polynomial(ends[0]).union(_polynomial(ends[1]))
    inside = ends[0].union(ends[1])
    rest = inside * (1 - inside)
    return s / count, 30 * rest * rest / count, 60 * rest * (1 - 2 * inside) / count


def _clipped(t: arb) -> arb:
    return t.max(arb(0)).min(arb(1))


def _polynomial(t: arb) -> arb:
    return t * t * t * (t * (6 * t - 15) + 10)


def bent_gradient(
    loss: ExactLoss,
    theta: Sequence[arb],
    direction: Sequence[arb],
    falls: Column,
    weights: tuple[Column, Column, Column],
) -> arb_mat:
    """Second derivative of Σ ω r ∇f along (θ', p') for tanh units without bias.

    Parameters
    ----------
    direction : sequence of arb, length d
        θ'.
    falls : list of arb, length n
        Derivative of −y by p, times p'.
    weights : three lists of arb
        ω, ω' p', ω'' p'².
    """
    h = len(theta) // 2
    total = [arb(0)] * (2 * h)
    for j, x in enumerate(loss.x):
        jets = [
            _unit_jet(theta[k], direction[k], theta[h + k], direction[h + k], x) for k in range(h)
        ]
        r = [sum((jet[0][m] for jet in jets), arb(0)) for m in range(3)]
        r[0] -= loss.targets[j]
        r[1] += falls[j]
        w = [column[j] for column in weights]
        for k, (_, by_w, by_v) in enumerate(jets):
            total[k] += _second_of_product(w, r, by_w)
            total[h + k] += _second_of_product(w, r, by_v)
    return arb_mat(2 * h, 1, total)


Jet = tuple[arb, arb, arb]
"""A value with its first two derivatives."""


def _unit_jet(w: arb, a: arb, v: arb, b: arb, x: arb) -> tuple[Jet, Jet, Jet]:
    """The unit v tanh(w x) and its derivatives by w and v, along w' = a, v' = b."""
    t = (w * x).tanh()
    s = (w * x).sech() ** 2
    up = a * x
    first, second = s, -2 * t * s
    third = s * (6 * t * t - 2)
    phi = (t, first * up, second * up * up)
    slope = (x * first, x * second * up, x * third * up * up)
    value = (v * phi[0], b * phi[0] + v * phi[1], 2 * b * phi[1] + v * phi[2])
    by_w = (v * slope[0], b * slope[0] + v * slope[1], 2 * b * slope[1] + v * slope[2])
    return value, by_w, phi


def _second_of_product(w: Sequence[arb], r: Sequence[arb], j: Sequence[arb]) -> arb:
    """(ω r j)'' by Leibniz."""
    value, slope = r[0] * j[0], r[1] * j[0] + r[0] * j[1]
    bend = r[2] * j[0] + 2 * r[1] * j[1] + r[0] * j[2]
    return w[2] * value + 2 * w[1] * slope + w[0] * bend


def family_of(loss: Loss, parameter: str, noise: float) -> Family:
    """The family of a loss along "noise" or "size"."""
    if parameter == "noise":
        return NoiseFamily(ExactLoss.of(loss, noise=0.0))
    return SizeFamily(ExactLoss.of(loss, noise=noise))


__all__ = ["Family", "NoiseFamily", "SizeFamily", "family_of"]
