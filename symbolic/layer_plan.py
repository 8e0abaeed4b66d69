"""Structure of a network of layers as its kernels read it: data in `work`, not code.

`Network.plan` writes it; a hidden bias is one more input that is constantly 1.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from symbolic.layer_functions import Term

Array = np.ndarray


@dataclass(frozen=True, eq=False)
class Row:
    """One layer of a plan: its shape, place among all weights, and activation."""

    fan_in: int
    bias: int
    fan_out: int
    start: int
    terms: tuple[Term, ...]

    @property
    def width(self) -> int:
        """Inputs, the constant one of the biases included."""
        return self.fan_in + self.bias

    @property
    def end(self) -> int:
        """Where its weights end."""
        return self.start + self.width * self.fan_out

    def matrix(self, weights: Array) -> Array:
        """Its weights, (width, fan_out), a view."""
        return weights[self.start : self.end].reshape(self.width, self.fan_out)


@dataclass(frozen=True, eq=False)
class Plan:
    """Structure of a network as the kernels need it."""

    inputs: int
    outputs: int
    loss: int
    huber: float
    layers: tuple[Row, ...]
    decays: Array
    given: Array

    @property
    def free(self) -> slice | Array:
        """Places of θ among all weights."""
        if not self.given.size:
            return slice(None)
        last = self.layers[-1]
        skipped = np.arange(last.start, last.start + self.given.size)
        return np.delete(np.arange(last.end), skipped)

    def whole(self, theta: Array, given: Array) -> Array:
        """All weights of the free ones θ (d,) and others."""
        if not self.given.size:
            return theta
        place = self.layers[-1].start
        return np.concatenate([theta[:place], given, theta[place:]])


@lru_cache(maxsize=64)
def read_plan(text: bytes, columns: int) -> Plan:
    """The plan that `Network.plan` wrote."""
    head, *rows, given = np.frombuffer(text).reshape(-1, columns)
    layers, start, decays = [], 0, []
    for row in rows:
        fan_in, bias, fan_out, terms = map(int, row[:4])
        flat = row[4 : 4 + 4 * terms].reshape(terms, 4)
        parsed = tuple((int(c), float(f), float(s), bool(by_u)) for c, f, s, by_u in flat)
        layers.append(Row(fan_in, bias, fan_out, start, parsed))
        start = layers[-1].end
        decays += [1.0] * (fan_in * fan_out) + [float(head[4])] * (bias * fan_out)
    plan = Plan(
        int(head[0]), int(head[1]), int(head[2]), float(head[3]), tuple(layers),
        np.array(decays), given[: int(head[5])].copy(),
    )  # fmt: skip
    return plan


def plan_of(work: Array) -> Plan:
    """The plan in the kernels' scratch array."""
    return read_plan(work.tobytes(), work.shape[1])
