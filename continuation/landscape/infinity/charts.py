"""Charts at infinity: weights of a network in coordinates in which an end is a regular point.

A chart takes one unit, or two, of a network to the coordinates of `chart_blocks` and leaves the
others as they are. At a critical point the Hessian of the loss in a chart is a congruence of that
in the weights: the same index. Where the coordinates belong to no real weights, the point of the
chart is *virtual*: its network function is real, its units are a conjugate pair or imaginary.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from continuation.arrays import Array
from continuation.errors import InvalidInputError
from continuation.landscape.infinity.blocks import (
    Block,
    ClosePair,
    SmallUnit,
    SteepUnit,
    Unit,
    Values,
)
from continuation.landscape.network import join_plain, split_plain

BLOCKS: Mapping[str, Block] = {
    "confluence": ClosePair(),
    "linear": SmallUnit(),
    "step": SteepUnit(),
}
"""The block that is regular at each end."""

NORMAL = {"confluence": 1, "linear": 0, "step": 0}
"""Position of the coordinate that tells the distance to the end: D, q and ln w."""


@dataclass(frozen=True)
class Chart:
    """Coordinates (block, then (w, v) of every other unit) of a network of H tanh units.

    Attributes
    ----------
    end : {"confluence", "linear", "step"}
    units : tuple of int
        The unit, or the two, that the block stands for; of two the one with the smaller input
        weight first.
    signs : tuple of int
        Flip of each of the H units, so that input weights are positive in the chart.
    """

    end: str
    units: tuple[int, ...]
    signs: tuple[int, ...]

    @classmethod
    def at(cls, end: str, theta: Array) -> Chart:
        """The chart in which weights θ (2H,) near an end are close to a regular point.

        The block takes the two closest units of opposite output (confluence), the flattest
        unit (linear) or the steepest (step).
        """
        if end not in BLOCKS:
            raise InvalidInputError(f"no chart for {end!r}; choose from {', '.join(BLOCKS)}")
        w, v = split_plain(np.asarray(theta, dtype=np.float64))
        signs = np.where(w < 0.0, -1, 1)
        return cls(end, _units(end, signs * w, signs * v), tuple(int(s) for s in signs))

    @property
    def block(self) -> Block:
        """Coordinates of `units`."""
        return BLOCKS[self.end]

    @property
    def normal(self) -> int:
        """Position of the coordinate that tells the distance to the end."""
        return NORMAL[self.end]

    @property
    def others(self) -> tuple[int, ...]:
        """Units outside the block, in order."""
        return tuple(k for k in range(len(self.signs)) if k not in self.units)

    @property
    def dimension(self) -> int:
        """Number of coordinates, 2H."""
        return 2 * len(self.signs)

    def to_chart(self, theta: Array) -> Array:
        """Coordinates z (2H,) of weights θ (2H,)."""
        w, v = np.array(self.signs) * split_plain(np.asarray(theta, dtype=np.float64))
        rest = [value for k in self.others for value in (w[k], v[k])]
        return np.array([*_INTO[self.end](w[list(self.units)], v[list(self.units)]), *rest])

    def from_chart(self, z: Array) -> Array:
        """Weights θ (2H,) of coordinates z (2H,); all nan at the end and where z is virtual."""
        w, v = np.full((2, len(self.signs)), np.nan)
        size = len(self.block.names)
        if self.is_real(z):
            units = list(self.units)
            w[units], v[units] = _BACK[self.end](z[:size])
            for place, k in enumerate(self.others):
                w[k], v[k] = z[size + 2 * place : size + 2 * place + 2]
        return join_plain(np.array(self.signs) * w, np.array(self.signs) * v)

    def is_real(self, z: Array) -> bool:
        """Whether z is the image of finite real weights."""
        return self.end == "step" or bool(z[self.normal] > 0.0)

    def tangent_to_weights(self, z: Array, dz: Array) -> Array:
        """Image of a small displacement of real z, up to its length."""
        step = 1e-6 * abs(z[self.normal]) / max(float(np.abs(dz).max()), 1e-300)
        return (self.from_chart(z + step * dz) - self.from_chart(z - step * dz)) / (2.0 * step)

    def values(self, z: Array, x: Array) -> Values:
        """Network function (m,), first (2H, m) and second derivatives (2H, 2H, m) on x (m,)."""
        size = len(self.block.names)
        total, slopes, bend = self.block.values(z[:size], x)
        jacobian = np.empty((self.dimension, x.size))
        bends = np.zeros((self.dimension, self.dimension, x.size))
        jacobian[:size], bends[:size, :size] = slopes, bend
        for k in range(size, self.dimension, 2):
            value, jacobian[k : k + 2], bends[k : k + 2, k : k + 2] = Unit().values(z[k : k + 2], x)
            total = total + value
        return total, jacobian, bends

    def limit(self, z: Array) -> dict[str, float]:
        """Parameters of the limit model, as in `limit_outputs`, at a point z of the end.

        Units beyond the first are w2, v2, ….
        """
        size = len(self.block.names)
        head = {
            "confluence": lambda: {"w": z[0], "a": z[2], "b": z[3]},
            "linear": lambda: {"c": z[1]},
            "step": lambda: {"s": z[1]},
        }[self.end]()
        first = 2 if self.end == "confluence" else 1
        for place in range(len(self.others)):
            number = "" if place + first == 1 else str(place + first)
            head[f"w{number}"], head[f"v{number}"] = z[size + 2 * place : size + 2 * place + 2]
        return {name: float(value) for name, value in head.items()}

    def scale(self, z: Array, rms: float) -> Array:
        """Typical sizes (2H,) of the coordinates near z: those in which steps are measured.

        `rms` is the root mean square of the inputs: a unit bends at w = 1/rms.
        """
        size = len(self.block.names)
        rest = np.abs(z[size:]).reshape(-1, 2)
        inputs, outputs = np.maximum(rest, 0.1 * (1.0 + rest)).T
        if self.end == "confluence":
            w = abs(z[0])
            out = max(abs(z[2]), abs(z[3]) / w, 0.1)
            head = [w, w * w, out, out * w]
        elif self.end == "linear":
            head = [1.0 / rms**2, max(abs(z[1]), 0.1)]
        else:
            head = [1.0, max(abs(z[1]), 0.1)]
        return np.array([*head, *np.column_stack([inputs, outputs]).ravel()])


def _units(end: str, w: Array, v: Array) -> tuple[int, ...]:
    if end == "linear":
        return (int(np.argmin(w)),)
    if end == "step":
        return (int(np.argmax(w)),)
    order = np.argsort(w)
    pairs = [(i, j) for i, j in itertools.pairwise(order) if v[i] * v[j] < 0.0]
    if not pairs:
        raise InvalidInputError("no neighbouring units of opposite output: no confluence near")
    i, j = min(pairs, key=lambda pair: (w[pair[1]] - w[pair[0]]) / (w[pair[1]] + w[pair[0]]))
    return int(i), int(j)


def _pair_into(w: Array, v: Array) -> list[float]:
    delta = w[1] - w[0]
    return [(w[0] + w[1]) / 2.0, delta**2, v[0] + v[1], delta * (v[1] - v[0]) / 2.0]


def _pair_back(z: Array) -> tuple[Array, Array]:
    w, square, a, b = z
    delta = np.sqrt(square)
    side = np.array([-1.0, 1.0])
    return w + side * delta / 2.0, a / 2.0 + side * b / delta


def _small_into(w: Array, v: Array) -> list[float]:
    return [w[0] ** 2, w[0] * v[0]]


def _small_back(z: Array) -> tuple[Array, Array]:
    w = np.sqrt(z[:1])
    return w, z[1] / w


def _steep_into(w: Array, v: Array) -> list[float]:
    return [np.log(w[0]), v[0]]


def _steep_back(z: Array) -> tuple[Array, Array]:
    return np.exp(z[:1]), z[1:2]


_INTO = {"confluence": _pair_into, "linear": _small_into, "step": _steep_into}
_BACK = {"confluence": _pair_back, "linear": _small_back, "step": _steep_back}
