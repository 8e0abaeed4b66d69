"""The weight-space symmetry of a perceptron: signed permutations of its units.

A permutation of the units leaves the network function unchanged, and so does, for an activation
with φ(−u) = 2φ₀ − φ(u) (odd, or odd about its value at 0 where an output offset can absorb the
constant), the flip (w, c, v) ↦ −(w, c, v) of one unit; for an even activation (w, c) ↦ −(w, c).
Where output weights are fixed, a unit may only move to a place that has its weight, up to the
sign of the flip.

Sorting units is discontinuous at ties; equality of orbits is decided by `Symmetry.distance`.

See docs/theory.md, Symmetry.

References
----------
H. J. Sussmann, *Neural Networks* 5 (1992) 589.
H. W. Kuhn, *Naval Res. Logist. Quart.* 2 (1955) 83: the assignment problem.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from continuation.arrays import Array
from continuation.landscape.network.responses import activation
from continuation.landscape.network.weights import Layout
from symbolic import Model

LARGEST_LISTED = 1000
"""Groups up to this order (four odd units have 384) are searched element by element."""

SAME_WEIGHTS = 1e-7
"""Relative distance below which two weight vectors are the same: critical points are found to
1e-13 times their condition, and distinct ones are not this close except within 1e-14 of a fold."""


@dataclass(frozen=True)
class SignedPermutation:
    """Unit k goes to place `place[k]` with sign `sign[k]`."""

    place: tuple[int, ...]
    sign: tuple[int, ...]


@dataclass(frozen=True)
class Stabiliser:
    """Symmetries that leave one object where it is.

    Attributes
    ----------
    order : int
    elements : tuple of SignedPermutation
        All of them, for groups of at most `LARGEST_LISTED` elements; else empty.
    """

    order: int
    elements: tuple[SignedPermutation, ...] = ()


@dataclass(frozen=True)
class Symmetry:
    """The symmetry group of one perceptron (trivial for a model given by an expression).

    Attributes
    ----------
    layout : Layout
        Of the weights.
    flip : tuple of int
        Signs of one unit's free parameters under a flip; empty where there is none.
    output_sign : int
        Sign of the output weight under a flip, free or not: −1 for odd, 1 for even φ.
    centre : float
        φ₀, the value about which φ is odd.
    fixed : tuple of float or None
        Fixed output weights.
    """

    layout: Layout
    flip: tuple[int, ...]
    output_sign: int
    centre: float
    fixed: tuple[float, ...] | None

    @classmethod
    def of(cls, model: Model) -> Symmetry:
        """The group of a model."""
        return _symmetry(model)

    @property
    def hidden(self) -> int:
        """Units H; 0 for an expression."""
        return self.layout.hidden

    @property
    def order(self) -> int:
        """Number of elements."""
        if self.fixed is None:
            return math.factorial(self.hidden) * (2**self.hidden if self.flip else 1)
        return sum(1 for _ in self.elements())

    def elements(self) -> Iterator[SignedPermutation]:
        """All elements, the identity first."""
        signs = (1, -1) if self.flip else (1,)
        for place in itertools.permutations(range(self.hidden)):
            for sign in itertools.product(signs, repeat=self.hidden):
                if all(self._allowed(k, place[k], sign[k]) for k in range(self.hidden)):
                    yield SignedPermutation(place, sign)

    def act(self, element: SignedPermutation, theta: Array) -> Array:
        """The image of θ, shape (d,)."""
        units, rest = self.layout.split(theta)
        moved = np.empty_like(units)
        for k, (place, sign) in enumerate(zip(element.place, element.sign, strict=True)):
            moved[place] = units[k] if sign > 0 else units[k] * np.array(self.flip)
            if sign < 0 and self.layout.rest:
                rest = rest + 2.0 * self.centre * self._output(units, k)
        return self.layout.join(moved, rest)

    def distance(self, a: Array, b: Array) -> float:
        """Smallest Euclidean distance between the orbits of a and b (offset centred)."""
        return float(np.linalg.norm(self.align(a, b) - b))

    def same(self, a: Array, b: Array) -> bool:
        """Whether a and b lie on one orbit, to rounding."""
        return self.distance(a, b) <= SAME_WEIGHTS * (1.0 + float(np.linalg.norm(b)))

    def align(self, a: Array, b: Array) -> Array:
        """The image of a that is nearest to b, by assignment of units with their best sign."""
        if self.hidden == 0:
            return np.asarray(a)
        units, targets = self.layout.units(a), self.layout.units(b)
        cost = ((units[:, None] - targets) ** 2).sum(axis=2)
        sign = np.ones(cost.shape, dtype=int)
        if self.flip:
            flipped = ((units[:, None] * np.array(self.flip) - targets) ** 2).sum(axis=2)
            sign = np.where(self._mask(-1) & (flipped < cost), -1, 1)
            kept = np.where(self._mask(1), cost, np.inf)
            cost = np.minimum(kept, np.where(self._mask(-1), flipped, np.inf))
            sign = np.where(self._mask(1), sign, -1)
        elif self.fixed is not None:
            cost = np.where(self._mask(1), cost, np.inf)
        _, place = linear_sum_assignment(np.where(np.isfinite(cost), cost, 1e300))
        chosen = sign[np.arange(self.hidden), place]
        return self.act(SignedPermutation(tuple(map(int, place)), tuple(map(int, chosen))), a)

    def canonical(self, theta: Array) -> Array:
        """A representative for display: first parameter ≥ 0 where flips allow, units sorted.

        It jumps at ties, so it must not be used to compare.
        """
        if self.hidden == 0 or self.fixed is not None:
            return np.asarray(theta)
        units = self.layout.units(theta)
        tiny = SAME_WEIGHTS * (1.0 + np.abs(units).max())
        leading = [next((q for q in unit if abs(q) > tiny), 0.0) for unit in units]
        sign = [-1 if q < 0.0 and self.flip else 1 for q in leading]
        turned = units * np.where(np.array(sign)[:, None] < 0, np.array(self.flip or (1,)), 1)
        rank = np.argsort(np.lexsort(np.round(turned.T[::-1] / tiny)))
        element = SignedPermutation(tuple(map(int, rank)), tuple(sign))
        return self.act(element, np.asarray(theta, dtype=float)) + 0.0  # no negative zeros

    def stabiliser(self, theta: Array) -> Stabiliser:
        """Elements that fix θ, to rounding."""
        if self.hidden == 0:
            return Stabiliser(1)
        if self.fixed is None and self.order > LARGEST_LISTED:
            return Stabiliser(self._stabiliser_order(theta))
        tolerance = SAME_WEIGHTS * (1.0 + float(np.linalg.norm(theta)))
        fixing = tuple(
            g for g in self.elements() if np.linalg.norm(self.act(g, theta) - theta) <= tolerance
        )
        return Stabiliser(len(fixing), fixing)

    def _stabiliser_order(self, theta: Array) -> int:
        """∏ m! over classes of m equal units, times 2 for every unit that is zero."""
        units = self.layout.units(theta)
        tiny = SAME_WEIGHTS * (1.0 + np.abs(units).max())
        flip = np.array(self.flip or (1,) * self.layout.blocks)
        order, left = 1, list(units)
        while left:
            unit = left.pop()
            near = [
                min(np.abs(other - unit).max(), np.abs(other * flip - unit).max()) < tiny
                for other in left
            ]
            left = [other for other, same in zip(left, near, strict=True) if not same]
            count = 1 + sum(near)
            fixed_by_flip = bool(self.flip) and np.abs(unit * flip - unit).max() < tiny
            order *= math.factorial(count) * (2**count if fixed_by_flip else 1)
        return order

    def _mask(self, sign: int) -> NDArray[np.bool_]:
        places = range(self.hidden)
        return np.array([[self._allowed(k, place, sign) for place in places] for k in places])

    def _allowed(self, unit: int, place: int, sign: int) -> bool:
        if self.fixed is None:
            return True
        return self.fixed[place] == self.fixed[unit] * (1 if sign > 0 else self.output_sign)

    def _output(self, units: Array, k: int) -> float:
        return self.fixed[k] if self.fixed is not None else float(units[k, -1])


@lru_cache(maxsize=256)
def _symmetry(model: Model) -> Symmetry:
    layout = Layout.of(model)
    if not model.is_perceptron:
        return Symmetry(layout, (), 1, 0.0, None)
    inner, outer = (-1,) * layout.inputs, (1,) * layout.outputs
    parity, centre = _parity(model)
    flip: tuple[int, ...] = ()
    if parity < 0 and (centre == 0.0 or model.offset):
        flip = (-1,) * layout.blocks
    elif parity > 0:
        flip = inner + outer
    return Symmetry(layout, flip, parity, centre, model.output_weights)


def _parity(model: Model) -> tuple[int, float]:
    """(−1, φ₀) if φ is odd about φ₀, (1, 0) if it is even, else (0, 0); on sample points."""
    if model.is_odd:
        return -1, 0.0
    u = np.linspace(0.1, 3.0, 23)
    here, there = activation(model, 0)(u)[0], activation(model, 0)(-u)[0]
    scale = 1e-13 * np.abs(here).max()
    if np.ptp(here + there) < scale:
        return -1, 0.5 * float((here + there).mean())
    return (1, 0.0) if np.abs(here - there).max() < scale else (0, 0.0)
