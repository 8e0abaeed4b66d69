"""The kinds of ends at infinity: one object each, which knows all that depends on the kind.

- `CONFLUENCE`: two input weights meet and their outputs cancel;
- `LINEAR`: an input weight vanishes while its output diverges;
- `STEP`: an input weight diverges;
- `TAIL`: a bias diverges, of tanh units;
- `SEPARATED`: every class becomes certain (`landscape.vectors.separation`);
- `CORNER`: more than one of these at once.

An end with a chart has a block (see `blocks`) in whose coordinates it is a regular point: how
weights go into them and back, which of them is normal to the end, what is left of the network
there, when a branch of finite weights has arrived, and when a branch in the chart leaves it.

See docs/theory.md, Infinity.
"""

from __future__ import annotations

import itertools
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from continuation.arrays import Array
from continuation.errors import InvalidInputError
from continuation.landscape.infinity.blocks import Block, ClosePair, SmallUnit, SteepUnit
from continuation.landscape.infinity.escape_laws import EscapeLaw, confluence_law, linear_law
from continuation.landscape.infinity.limit_model import LimitModel, LimitUnit
from continuation.landscape.network import split_plain

CLOSE_PAIR = 0.05
"""Distance of two input weights, relative to their mean, below which they are a confluent pair:
their functions differ from its limit by the square of this."""

SEPARATE_PAIR = 0.3
"""Distance of two input weights, relative to their mean, from which they are separate again: six
times that at which they became a pair, so that a branch does not go to and fro and its Hessian
in the weights, whose condition grows like the fourth power, is regular to rounding."""

SEPARATE_UNIT = 3.0
"""Likewise for a small unit and, inverted, for a steep one: ratio to where it arrived."""

CUT_OFF = 37.0
"""2 w |x_j| at which a branch to a step end is cut off: e^{-37} = 1e-16 is what is left to p*."""

CORNER_WEIGHT = 0.2
"""Mean input weight of a pair times the root mean square of x below which both are almost linear:
the chart of the pair is no longer well scaled there (a corner at infinity)."""

LEAST_OUTPUT = 0.1
"""Typical size of an output weight that is smaller still: steps are measured in these."""


@dataclass(frozen=True)
class Entry:
    """Where a branch has entered a chart.

    Attributes
    ----------
    start : ndarray, shape (k,)
        Coordinates there.
    nearest : float
        |x_j| of the input nearest to 0.
    input_scale : float
        Root mean square of the inputs.
    """

    start: Array
    nearest: float
    input_scale: float


class End:
    """A kind of end at infinity; corners and tails have no chart and no law of escape.

    Attributes
    ----------
    name : str
        The `subkind` of its critical sets.
    """

    name = "corner"

    def escape(self, limit: LimitModel, slope: float) -> EscapeLaw | None:
        """Law of the flow to it, where the derivative in the normal coordinate is slope > 0."""
        return None

    def __repr__(self) -> str:
        return self.name


@dataclass(frozen=True, repr=False)
class NamedEnd(End):
    """One without a chart."""

    name: str


class ChartedEnd(End, ABC):
    """An end with a chart.

    Attributes
    ----------
    block : Block
        Coordinates of the units that it concerns.
    normal : int
        Position of the coordinate that tells the distance to the end.
    crossed : bool
        Whether the loss is smooth across it, so that branches pass; else they only approach it.
    """

    block: Block
    normal: int
    crossed = True

    @abstractmethod
    def units(self, w: Array, v: Array) -> tuple[int, ...]:
        """The units nearest to it among those of weights w ≥ 0 and v (H,)."""

    @abstractmethod
    def into(self, w: Array, v: Array) -> Array:
        """Coordinates (k, ...) of the weights (1 or 2, ...) of these units."""

    @abstractmethod
    def back(self, z: Array) -> tuple[Array, Array]:
        """Inverse of `into` at real points; nan elsewhere."""

    @abstractmethod
    def limit(self, z: Array) -> LimitModel:
        """What is left of these units at a point z (k,) of the end."""

    @abstractmethod
    def scale(self, z: Array, rms: float) -> list[float]:
        """Typical sizes of the coordinates near z; `rms` is that of the inputs."""

    @abstractmethod
    def reached(self, w: Array, v: Array, lowest: float, highest: float) -> bool:
        """Whether weights (H,) have come to it: beyond [lowest, highest], or within a pair."""

    @abstractmethod
    def left(self, z: Array, entry: Entry) -> str | None:
        """Why a branch leaves at z: "returned", "corner", "at the end"; None where it stays."""

    def is_real(self, z: Array) -> bool:
        """Whether z is the image of finite real weights."""
        return bool(z[self.normal] > 0.0)

    def under_decay(self, limit: LimitModel, slope: float, decay: float) -> Array:
        """Coordinates (k,) at which a small weight decay balances the pull towards the end.

        Parameters
        ----------
        limit : LimitModel
        slope : float
            Derivative of the loss in the normal coordinate, positive.
        decay : float
            ρ > 0; the coordinates are those of leading order.

        Raises
        ------
        InvalidInputError
            For a step, where the balance is logarithmic.
        """
        raise InvalidInputError(f"a {self.name} has no power law under weight decay")


class _Confluence(ChartedEnd):
    """(w, D, a, b) with w the mean input weight, D = δ², a = v₁ + v₂, b = δ (v₂ − v₁)/2."""

    name, block, normal = "confluence", ClosePair(), 1

    def units(self, w: Array, v: Array) -> tuple[int, ...]:
        order = np.argsort(w)
        pairs = [(i, j) for i, j in itertools.pairwise(order) if v[i] * v[j] < 0.0]
        if not pairs:
            raise InvalidInputError("no neighbouring units of opposite output: no confluence near")
        i, j = min(pairs, key=lambda pair: (w[pair[1]] - w[pair[0]]) / (w[pair[1]] + w[pair[0]]))
        return int(i), int(j)

    def into(self, w: Array, v: Array) -> Array:
        delta = w[1] - w[0]
        return np.array([(w[0] + w[1]) / 2.0, delta**2, v[0] + v[1], delta * (v[1] - v[0]) / 2.0])

    def back(self, z: Array) -> tuple[Array, Array]:
        w, square, a, b = z
        with np.errstate(invalid="ignore", divide="ignore"):
            delta = np.sqrt(square)
            weights = np.array([w - delta / 2.0, w + delta / 2.0])
            return weights, np.array([a / 2.0 - b / delta, a / 2.0 + b / delta])

    def limit(self, z: Array) -> LimitModel:
        w, _, a, b = map(float, z)
        return LimitModel((LimitUnit(w, (a, b)),))

    def scale(self, z: Array, rms: float) -> list[float]:
        w = abs(z[0])
        out = max(abs(z[2]), abs(z[3]) / w, LEAST_OUTPUT)
        return [w, w * w, out, out * w]

    def reached(self, w: Array, v: Array, lowest: float, highest: float) -> bool:
        return has_close_pair(w, v, CLOSE_PAIR)

    def left(self, z: Array, entry: Entry) -> str | None:
        if z[0] < min(CORNER_WEIGHT / entry.input_scale, entry.start[0] / 2.0):
            return CORNER.name
        return "returned" if z[1] > (SEPARATE_PAIR * z[0]) ** 2 else None

    def under_decay(self, limit: LimitModel, slope: float, decay: float) -> Array:
        unit = next(unit for unit in limit.units if unit.meets)
        a, b = unit.coefficients
        return np.array([unit.weight, abs(b) * np.sqrt(decay / slope), a, b])

    def escape(self, limit: LimitModel, slope: float) -> EscapeLaw | None:
        return confluence_law(limit.units[0].coefficients[1], slope)


class _Linear(ChartedEnd):
    """(q, c) with q = w² and c = w v."""

    name, block, normal = "linear", SmallUnit(), 0

    def units(self, w: Array, v: Array) -> tuple[int, ...]:
        return (int(np.argmin(w)),)

    def into(self, w: Array, v: Array) -> Array:
        return np.array([w[0] ** 2, w[0] * v[0]])

    def back(self, z: Array) -> tuple[Array, Array]:
        w = np.sqrt(z[:1])
        return w, z[1] / w

    def limit(self, z: Array) -> LimitModel:
        return LimitModel(powers=(float(z[1]),))

    def scale(self, z: Array, rms: float) -> list[float]:
        return [1.0 / rms**2, max(abs(z[1]), LEAST_OUTPUT)]

    def reached(self, w: Array, v: Array, lowest: float, highest: float) -> bool:
        return bool(np.abs(w).min() < lowest)

    def left(self, z: Array, entry: Entry) -> str | None:
        entered = abs(entry.start[self.normal])
        return "returned" if z[0] > SEPARATE_UNIT**2 * entered else None

    def under_decay(self, limit: LimitModel, slope: float, decay: float) -> Array:
        c = limit.powers[0]
        return np.array([abs(c) * np.sqrt(0.5 * decay / slope), c])

    def escape(self, limit: LimitModel, slope: float) -> EscapeLaw | None:
        return linear_law(limit.powers[0], slope)


class _Step(ChartedEnd):
    """(ln w, v)."""

    name, block, normal, crossed = "step", SteepUnit(), 0, False

    def units(self, w: Array, v: Array) -> tuple[int, ...]:
        return (int(np.argmax(w)),)

    def into(self, w: Array, v: Array) -> Array:
        return np.array([np.log(w[0]), v[0]])

    def back(self, z: Array) -> tuple[Array, Array]:
        return np.exp(z[:1]), z[1:2]

    def limit(self, z: Array) -> LimitModel:
        return LimitModel(step=float(z[1]))

    def scale(self, z: Array, rms: float) -> list[float]:
        return [1.0, max(abs(z[1]), LEAST_OUTPUT)]

    def reached(self, w: Array, v: Array, lowest: float, highest: float) -> bool:
        return bool(np.abs(w).max() > highest)

    def left(self, z: Array, entry: Entry) -> str | None:
        if 2.0 * np.exp(z[0]) * entry.nearest > CUT_OFF:
            return AT_THE_END
        return "returned" if z[0] < entry.start[0] - np.log(SEPARATE_UNIT) else None

    def is_real(self, z: Array) -> bool:
        return True


CONFLUENCE: ChartedEnd = _Confluence()
LINEAR: ChartedEnd = _Linear()
STEP: ChartedEnd = _Step()
CORNER = End()
TAIL = NamedEnd("exponential")
SEPARATED = NamedEnd("separated")

AT_THE_END = "at the end"
"""Why a branch ends that cannot pass its end."""

ARRIVALS = (STEP, LINEAR, CONFLUENCE)
"""Ends with a chart, in the order in which weights that are near several are said to be at one."""

CHARTED: Mapping[str, ChartedEnd] = {end.name: end for end in ARRIVALS}
ENDS: Mapping[str, End] = {
    **CHARTED,
    CORNER.name: CORNER,
    TAIL.name: TAIL,
    SEPARATED.name: SEPARATED,
}
"""By name."""


def charted_end(name: str) -> ChartedEnd:
    """The end of this name.

    Raises
    ------
    InvalidInputError
        If there is none with a chart.
    """
    if name not in CHARTED:
        raise InvalidInputError(f"no chart for {name!r}; choose from {', '.join(CHARTED)}")
    return CHARTED[name]


def end_of(limit: LimitModel) -> End:
    """The kind of end that leaves this limit model."""
    kinds = zip((CONFLUENCE, LINEAR, STEP, TAIL), limit.counts, strict=True)
    found: list[End] = [end for end, count in kinds for _ in range(count)]
    return found[0] if len(found) == 1 else CORNER


def arrival(theta: Array, lowest: float, highest: float) -> ChartedEnd | None:
    """The end that weights θ (2H,) have come to, if any."""
    w, v = split_plain(theta)
    return next((end for end in ARRIVALS if end.reached(w, v, lowest, highest)), None)


def has_close_pair(w: Array, v: Array, distance: float) -> bool:
    """Whether two units of opposite output have input weights within this relative distance."""
    order = np.argsort(np.abs(w))
    inputs, outputs = np.abs(w)[order], (v * np.where(w < 0.0, -1.0, 1.0))[order]
    close = np.diff(inputs) < distance * (inputs[1:] + inputs[:-1]) / 2.0
    return bool((close & (outputs[1:] * outputs[:-1] < 0.0)).any())
