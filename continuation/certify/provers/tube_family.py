"""∇L = 0 along a parameter, in balls: noise σ or data set size n as one more unknown.

z = (θ, p). Noise enters the residual, r = f − T − σ ε; the size enters the weights, sample i
carrying S(n − i + 1), S the ramp on [0, 1] and constant outside (docs/theory.md, Parameters).
The weights are not normalised here: that divides the gradient by a positive number.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from flint import arb, arb_mat

from continuation.certify.enclosures import Column, ExactLoss
from continuation.certify.provers.tube_columns import Moved, bent_gradient, product, with_column
from continuation.landscape.network import LossAlong, ramp


class Family(Protocol):
    """A gradient that depends on one parameter."""

    def evaluate(self, theta: Sequence[arb], p: arb) -> tuple[arb_mat, arb_mat, arb_mat]:
        """F = ∇L (d × 1), its derivative by θ (d × d) and by p (d × 1), over a box."""

    def second(self, theta: Sequence[arb], p: arb, direction: Sequence[arb]) -> arb_mat:
        """d²F(z + t z')/dt² at t = 0, z' = direction of length d + 1; d × 1."""

    def turning(self, theta: Sequence[arb], p: arb, direction: Sequence[arb]) -> arb_mat:
        """d/dt of the derivatives of F by θ and p at z + t z'; d × (d + 1)."""


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
        return bent_gradient(at, theta, direction[:-1], falls, self._weights())

    def turning(self, theta: Sequence[arb], p: arb, direction: Sequence[arb]) -> arb_mat:
        """See `Family`."""
        at = self.loss.at_noise(p)
        weights, nothing, _ = self._weights()
        moved = Moved.along(at, theta, direction[:-1], [-direction[-1] * e for e in at.noise])
        by_p = moved.slopes([-w * e for w, e in zip(weights, at.noise, strict=True)])
        return with_column(moved.hessian_slopes(weights, nothing), by_p)

    def _weights(self) -> tuple[Column, Column, Column]:
        count = len(self.loss.x)
        nothing = [arb(0)] * count
        return self.loss.weights or [arb(1) / arb(count)] * count, nothing, nothing


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

    def turning(self, theta: Sequence[arb], p: arb, direction: Sequence[arb]) -> arb_mat:
        """See `Family`."""
        weights, slopes, bends = self._weights(p)
        rates = [direction[-1] * s for s in slopes]
        nothing = [arb(0)] * len(weights)
        moved = Moved.along(self._weighted(weights), theta, direction[:-1], nothing)
        first = moved.slopes(product(slopes, moved.residual))
        changes = [
            direction[-1] * b * r + s * c
            for b, r, s, c in zip(bends, moved.residual, slopes, moved.change, strict=True)
        ]
        by_p = first + moved.values(changes)
        return with_column(moved.hessian_slopes(weights, rates), by_p)

    def _weighted(self, weights: Column) -> ExactLoss:
        return replace(self.loss, weights=weights)

    def _weights(self, p: arb) -> tuple[Column, Column, Column]:
        count = len(self.loss.x)
        rows = [_ramp_over(p - k, count) for k in range(count)]
        return [r[0] for r in rows], [r[1] for r in rows], [r[2] for r in rows]


def _ramp_over(t: arb, count: int) -> tuple[arb, arb, arb]:
    """S, S', S'' over count, for an interval t that may reach beyond [0, 1].

    Here the values at both ends bound S between them, because it is monotone, and the constants
    outside [0, 1] count: the formula of `ramp`, taken over an interval, knows neither.
    """
    if t >= 1:
        return arb(1) / count, arb(0), arb(0)
    if t <= 0:
        return arb(0), arb(0), arb(0)
    ends = [_clipped(t.lower()), _clipped(t.upper())]
    s = ramp(ends[0]).union(ramp(ends[1]))
    inside = ends[0].union(ends[1])
    rest = inside * (1 - inside)
    return s / count, 30 * rest * rest / count, 60 * rest * (1 - 2 * inside) / count


def _clipped(t: arb) -> arb:
    return t.max(arb(0)).min(arb(1))


def family_of(along: LossAlong) -> Family:
    """The family of a loss along "noise" or "size" (one sample at a time)."""
    if along.parameter == "noise":
        return NoiseFamily(ExactLoss.of(along.loss))
    return SizeFamily(ExactLoss.of(along.loss, noise=along.fixed.noise))


__all__ = ["Family", "NoiseFamily", "SizeFamily", "family_of"]
