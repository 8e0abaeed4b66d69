"""The weight-space symmetry of a perceptron: signed permutations of its units.

A permutation of the units leaves the network function unchanged, and so does, for an activation
with φ(−u) = 2φ₀ − φ(u) (odd, or odd about its value at 0 where an output offset can absorb the
constant), the flip (w, c, v) ↦ −(w, c, v) of one unit; for an even activation (w, c) ↦ −(w, c).
Where output weights are fixed, a unit may only move to a place that has its weight, up to the
sign of the flip. Weight decay is unchanged by all of these but a flip about φ₀ ≠ 0: that moves a
constant into the offset, whose size it changes. It is a symmetry of the function, but not of the
loss, unless biases do not decay.

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
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from continuation.arrays import Array
from continuation.landscape.network.responses import activation
from continuation.landscape.network.weights import Layout
from symbolic import Model, Network, centre_of, parity_of

LARGEST_LISTED = 1000
"""Groups up to this order (four odd units have 384) are searched element by element."""

SMALL_LIST = 30_000
"""Numbers in the matrices of all elements up to which these are kept: those of four odd units."""

SAME_WEIGHTS = 1e-7
"""Relative distance below which two weight vectors are the same: critical points are found to
1e-13 times their condition, and distinct ones are not this close except within 1e-14 of a fold."""


FORBIDDEN = 1e300
"""Cost of an assignment that the group does not have."""


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
    def of(cls, model: Model, *, decays: bool = False) -> Symmetry:
        """The group of a model's loss, with weight decay or without."""
        return _symmetry(model, decays)

    @property
    def hidden(self) -> int:
        """Units H; 0 for an expression."""
        return self.layout.hidden

    @cached_property
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

    @cached_property
    def _listed(self) -> _Listed:
        elements, every = tuple(self.elements()), np.eye(self.layout.dimension)
        shifts = np.array([self.act(g, 0.0 * every[0]) for g in elements])
        images = np.array([[self.act(g, row) for row in every] for g in elements])
        return _Listed(elements, (images - shifts[:, None]).transpose(0, 2, 1).copy(), shifts)

    @cached_property
    def is_small(self) -> bool:
        """Whether all images of weights take one product."""
        numbers = self.order * self.layout.dimension**2 if self.fixed is None else np.inf
        return numbers <= SMALL_LIST

    def images(self, theta: Array) -> Array:
        """All images of θ (d,) in the order of `elements`, shape (order, d), of a small group."""
        return np.asarray(self._listed.matrices @ theta + self._listed.shifts)

    def distance(self, a: Array, b: Array) -> float:
        """Smallest Euclidean distance between the orbits of a and b (offset centred)."""
        return float(np.linalg.norm(self.align(a, b) - b))

    def same(self, a: Array, b: Array) -> bool:
        """Whether a and b lie on one orbit, to rounding."""
        return self.distance(a, b) <= SAME_WEIGHTS * (1.0 + float(np.linalg.norm(b)))

    def align(self, a: Array, b: Array) -> Array:
        """The image of a that is nearest to b: of all, or by assignment of units with signs."""
        if self.hidden == 0:
            return np.asarray(a)
        if self.is_small:
            images = self.images(np.asarray(a))
            return np.asarray(images[int(((images - b) ** 2).sum(axis=1).argmin())])
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
        if self.is_small:
            moved = np.linalg.norm(self.images(theta) - theta, axis=1)
            fixing = tuple(self._listed.elements[k] for k in np.flatnonzero(moved <= tolerance))
            return Stabiliser(len(fixing), fixing)
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
        if self.fixed is None:
            return np.ones((self.hidden, self.hidden), dtype=np.bool_)
        places = range(self.hidden)
        return np.array([[self._allowed(k, place, sign) for place in places] for k in places])

    def _allowed(self, unit: int, place: int, sign: int) -> bool:
        if self.fixed is None:
            return True
        return self.fixed[place] == self.fixed[unit] * (1 if sign > 0 else self.output_sign)

    def _output(self, units: Array, k: int) -> float:
        return self.fixed[k] if self.fixed is not None else float(units[k, -1])


@dataclass(frozen=True, eq=False)
class _Listed:
    """All elements of a group, with their action θ ↦ Aθ + b as matrices and shifts."""

    elements: tuple[SignedPermutation, ...]
    matrices: Array
    shifts: Array


@dataclass(frozen=True)
class LayerSymmetry(Symmetry):
    """The group of a network of layers: signed permutations of the units of every hidden layer.

    An element numbers all hidden units, layer after layer. Units whose given output weights
    differ may not be exchanged.

    Attributes
    ----------
    network : Network
    parities : tuple of int
        For each hidden layer −1 where φ is odd about a constant, 1 where it is even, else 0.
    centres : tuple of float
        φ₀ of each hidden layer: a flip adds 2 φ₀ times the unit's outputs to the next biases.
    """

    network: Network
    parities: tuple[int, ...]
    centres: tuple[float, ...]

    @cached_property
    def order(self) -> int:
        """Number of elements."""
        return math.prod(self._layer_order(k) for k in range(len(self.parities)))

    def elements(self) -> Iterator[SignedPermutation]:
        """All elements, the identity first."""
        for parts in itertools.product(*map(self._layer_elements, range(len(self.parities)))):
            yield self._joined(parts)

    def act(self, element: SignedPermutation, theta: Array) -> Array:
        """The image of θ, shape (d,)."""
        weights, biases = self.network.unpack(theta)
        weights = [w.copy() for w in weights]
        biases = [None if b is None else b.copy() for b in biases]
        start = 0
        for k, (h, parity) in enumerate(zip(self.network.hidden, self.parities, strict=True)):
            place = np.array(element.place[start : start + h]) - start
            sign = np.array(element.sign[start : start + h], dtype=np.float64)
            weights[k], weights[k + 1] = weights[k].copy(), weights[k + 1].copy()
            if (following := biases[k + 1]) is not None:
                following += 2.0 * self.centres[k] * (sign < 0.0) @ weights[k + 1]
            weights[k][:, place] = weights[k] * sign
            weights[k + 1][place] = weights[k + 1] * (sign[:, None] if parity < 0 else 1.0)
            if (bias := biases[k]) is not None:
                moved = bias * sign
                bias[place] = moved
            start += h
        return self._packed(weights, biases)

    def align(self, a: Array, b: Array) -> Array:
        """The image of a that is nearest to b, by assignment of units layer after layer.

        With one hidden layer it is the nearest; with more, layers before it are left as they are
        matched, which finds b wherever b is an image of a with different units.
        """
        for k in range(len(self.parities)):
            a = self._aligned_layer(k, a, b)
        return np.asarray(a)

    def canonical(self, theta: Array) -> Array:
        """A representative for display: units sorted, their first weight ≥ 0 where flips allow."""
        theta = np.asarray(theta, dtype=np.float64)
        for k, parity in enumerate(self.parities):
            if self._rows(k) is None:
                units = self._incoming(theta, k)
                tiny = SAME_WEIGHTS * (1.0 + np.abs(units).max())
                leading = [next((q for q in unit if abs(q) > tiny), 0.0) for unit in units]
                sign = np.where((np.array(leading) < 0.0) & (parity != 0), -1, 1)
                turned = np.round(units * sign[:, None] / tiny)
                rank = np.argsort(np.lexsort(turned.T[::-1]))
                theta = self.act(self._only(k, rank, sign), theta)
        return theta + 0.0  # no negative zeros

    def stabiliser(self, theta: Array) -> Stabiliser:
        """Elements that fix θ, to rounding; for large groups only how many."""
        if self.order > LARGEST_LISTED:
            layers = range(len(self.parities))
            return Stabiliser(math.prod(self._fixing(theta, k) for k in layers))
        tolerance = SAME_WEIGHTS * (1.0 + float(np.linalg.norm(theta)))
        fixing = tuple(
            g for g in self.elements() if np.linalg.norm(self.act(g, theta) - theta) <= tolerance
        )
        return Stabiliser(len(fixing), fixing)

    def _fixing(self, theta: Array, layer: int) -> int:
        """∏ m! over classes of m equal units of a layer, times 2 for every unit that is zero."""
        units = np.hstack([self._incoming(theta, layer), self._outgoing(theta, layer)])
        tiny = SAME_WEIGHTS * (1.0 + np.abs(units).max())
        order, left = 1, list(range(len(units)))
        while left:
            k = left.pop()
            same = [j for j in left if np.abs(units[j] - units[k]).max() < tiny]
            left = [j for j in left if j not in same]
            zero = self.parities[layer] != 0 and np.abs(units[k]).max() < tiny
            order *= math.factorial(1 + len(same)) * (2 ** (1 + len(same)) if zero else 1)
        return order

    def _aligned_layer(self, layer: int, a: Array, b: Array) -> Array:
        """The image of a under one layer's group whose units are nearest to those of b."""
        mine, theirs = self._incoming(a, layer), self._incoming(b, layer)
        out, other = self._outgoing(a, layer), self._outgoing(b, layer)
        flips_outputs = self.parities[layer] < 0
        if layer + 1 < len(self.parities):  # the units that follow are matched later
            out, other = np.sort(np.abs(out), axis=1), np.sort(np.abs(other), axis=1)
            flips_outputs = False
        costs = []
        for sign in (1.0, -1.0):
            turned = sign * out if flips_outputs else out
            cost = ((sign * mine[:, None] - theirs) ** 2).sum(axis=2)
            cost = cost + ((turned[:, None] - other) ** 2).sum(axis=2)
            allowed = self._allowed_places(layer, int(sign))
            costs.append(np.where(allowed, cost, FORBIDDEN))
        _, place = linear_sum_assignment(np.minimum(*costs))
        here = np.arange(len(place))
        signs = np.where(costs[1][here, place] < costs[0][here, place], -1, 1)
        return self.act(self._only(layer, place, signs), a)

    def _allowed_places(self, layer: int, sign: int) -> NDArray[np.bool_]:
        """Whether unit k may go to place j with the sign, (h, h)."""
        h, parity, rows = self.network.hidden[layer], self.parities[layer], self._rows(layer)
        if sign < 0 and parity == 0:
            return np.zeros((h, h), dtype=bool)
        if rows is None:
            return np.ones((h, h), dtype=bool)
        moved = rows * (sign if parity < 0 else 1)
        return np.asarray((moved[:, None] == rows).all(axis=2))

    def _layer_order(self, layer: int) -> int:
        h, parity = self.network.hidden[layer], self.parities[layer]
        if self._rows(layer) is None:
            return math.factorial(h) * (2**h if parity else 1)
        return sum(1 for _ in self._layer_elements(layer))

    def _layer_elements(self, layer: int) -> Iterator[tuple[tuple[int, ...], tuple[int, ...]]]:
        h = self.network.hidden[layer]
        allowed = {s: self._allowed_places(layer, s) for s in (1, -1)}
        signs = (1, -1) if self.parities[layer] else (1,)
        for place in itertools.permutations(range(h)):
            for sign in itertools.product(signs, repeat=h):
                if all(allowed[s][k, place[k]] for k, s in enumerate(sign)):
                    yield place, sign

    def _joined(self, parts: Sequence[tuple[Sequence[int], Sequence[int]]]) -> SignedPermutation:
        places: list[int] = []
        signs: list[int] = []
        for place, sign in parts:
            places += [len(signs) + int(p) for p in place]
            signs += map(int, sign)
        return SignedPermutation(tuple(places), tuple(signs))

    def _only(self, layer: int, place: NDArray[Any], sign: NDArray[Any]) -> SignedPermutation:
        """The element that moves the units of one layer."""
        widths = self.network.hidden
        parts: list[tuple[Sequence[int], Sequence[int]]] = [(range(h), [1] * h) for h in widths]
        parts[layer] = (place.tolist(), sign.tolist())
        return self._joined(parts)

    def _rows(self, layer: int) -> Array | None:
        """Given output weights (h, m), for the last hidden layer."""
        given = self.network.output_weights
        return None if given is None or layer + 1 < len(self.parities) else np.array(given)

    def _incoming(self, theta: Array, layer: int) -> Array:
        weights, biases = self.network.unpack(theta)
        bias = biases[layer]
        return weights[layer].T if bias is None else np.column_stack([weights[layer].T, bias])

    def _outgoing(self, theta: Array, layer: int) -> Array:
        return self.network.unpack(theta)[0][layer + 1]

    def _packed(self, weights: list[Array], biases: list[Array | None]) -> Array:
        given = self.network.output_weights is not None
        return self.network.pack(weights[:-1] if given else weights, biases)


@lru_cache(maxsize=256)
def _symmetry(model: Model, decays: bool) -> Symmetry:
    layout = Layout.of(model)
    if model.network is not None:
        return _of_layers(layout, model.network, decays)
    if not model.is_perceptron:
        return Symmetry(layout, (), 1, 0.0, None)
    inner, outer = (-1,) * layout.inputs, (1,) * layout.outputs
    parity, centre = _parity(model)
    flip: tuple[int, ...] = ()
    if parity < 0 and (centre == 0.0 or (model.offset and not decays)):
        flip = (-1,) * layout.blocks
    elif parity > 0:
        flip = inner + outer
    return Symmetry(layout, flip, parity, centre, model.output_weights)


def _of_layers(layout: Layout, network: Network, decays: bool) -> LayerSymmetry:
    absorbs = [not (decays and network.decay_biases) and after.bias for after in network.layers[1:]]
    parities, centres = [], []
    for name, free in zip(network.activations, absorbs, strict=True):
        centre = centre_of(name)
        flips = centre is not None and (centre == 0.0 or free)
        parities.append(-1 if flips else max(parity_of(name), 0))
        centres.append(centre if flips and centre is not None else 0.0)
    return LayerSymmetry(layout, (), 1, 0.0, None, network, tuple(parities), tuple(centres))


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
