"""Limit models of networks of one hidden layer with several inputs.

With x̃ = (x, 1) where the units have biases, else x, a limit is

    f(x) = Σ [a φ(w·x̃) + (b·x̃) φ'(w·x̃)] + Σ c·x̃ + Σ s φ(∞ u·x̃) + Σ v φ(w·x̃) + offset:

gated linear units where two units meet, lines where one vanishes, steps where one diverges in a
direction, and the units that stay finite. A hidden bias is one more input that is constantly 1.

See docs/theory.md, Infinity.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from continuation.arrays import Array
from continuation.landscape.infinity import LimitModel
from continuation.landscape.network import Units
from symbolic import Model, activation_derivatives

BIAS = "bias"
"""Name of the input that is constantly 1."""

Vector = tuple[float, ...]

SATURATED: Mapping[str, tuple[float, float]] = {
    "tanh": (-1.0, 1.0),
    "erf": (-1.0, 1.0),
    "logistic": (0.0, 1.0),
}
"""Values of an activation at -∞ and ∞, which it tends to at least exponentially."""


class Meeting(NamedTuple):
    """Two units that meet: a φ(w·x̃) + (b·x̃) φ'(w·x̃)."""

    w: Vector
    b: Vector
    a: float


class Step(NamedTuple):
    """A unit that diverges in the direction u: s φ(±∞)."""

    u: Vector
    s: float


class Working(NamedTuple):
    """A unit that stays finite: v φ(w·x̃)."""

    w: Vector
    v: float


@dataclass(frozen=True, eq=False)
class VectorLimit(LimitModel):
    """The limit of a network of one hidden layer at one end at infinity; a mapping by letters.

    Attributes
    ----------
    names : tuple of str
        Of the inputs x̃.
    meeting : tuple of Meeting
    lines : tuple of tuple of float
        c of units that vanish, over x̃, or over x where there are biases and an offset.
    leaps : tuple of Step
    working : tuple of Working
    """

    names: tuple[str, ...] = ()
    meeting: tuple[Meeting, ...] = ()
    lines: tuple[Vector, ...] = ()
    leaps: tuple[Step, ...] = ()
    working: tuple[Working, ...] = ()

    @property
    def counts(self) -> tuple[int, int, int, int]:
        """How many ends of each kind it has: units that meet, vanish, diverge; no tails."""
        return len(self.meeting), len(self.lines), len(self.leaps), 0

    @property
    def input_weights(self) -> tuple[float, ...]:
        """|w| of all units, increasing: 0 where they vanish, inf where one diverges."""
        both = [float(np.linalg.norm(pair.w)) for pair in self.meeting for _ in range(2)]
        finite = [float(np.linalg.norm(unit.w)) for unit in self.working]
        ends = [0.0 for _ in self.lines] + [np.inf for _ in self.leaps]
        return tuple(sorted([*ends, *both, *finite]))

    @property
    def working_units(self) -> int:
        """Units of the limit function."""
        return 2 * len(self.meeting) + len(self.lines) + len(self.leaps) + len(self.working)

    @property
    def exchanges(self) -> int:
        """Permutations of units that map it to itself: of two that meet."""
        return int(2 ** len(self.meeting))

    @property
    def is_simple(self) -> bool:
        """No: its weights are vectors."""
        return False

    @property
    def is_followed(self) -> bool:
        """Not by the equations of one input, see `vector_loss`."""
        return False

    @property
    def unknowns(self) -> Array:
        """All parameters as a vector (k,): meeting w, b, a; c; s; working w, v; offset."""
        rows: list[Sequence[float]] = [(*pair.w, *pair.b, pair.a) for pair in self.meeting]
        rows += self.lines
        rows += [(leap.s,) for leap in self.leaps]
        rows += [(*unit.w, unit.v) for unit in self.working]
        rows += [] if self.offset is None else [(self.offset,)]
        return np.array([value for row in rows for value in row])

    @property
    def bent(self) -> list[int]:
        """Places of the unknowns in which the function is not linear: all w."""
        d = len(self.names)
        starts = [k * (2 * d + 1) for k in range(len(self.meeting))]
        first = len(starts) * (2 * d + 1) + sum(map(len, self.lines)) + len(self.leaps)
        starts += [first + k * (d + 1) for k in range(len(self.working))]
        return [start + k for start in starts for k in range(d)]

    def at(self, z: Array | Sequence[float]) -> VectorLimit:
        """The same kind of limit model with other unknowns z (k,)."""
        given, d = iter([float(value) for value in z]), len(self.names)

        def take(count: int) -> Vector:
            return tuple(next(given) for _ in range(count))

        return replace(
            self,
            meeting=tuple(Meeting(take(d), take(d), next(given)) for _ in self.meeting),
            lines=tuple(take(len(line)) for line in self.lines),
            leaps=tuple(Step(leap.u, next(given)) for leap in self.leaps),
            working=tuple(Working(take(d), next(given)) for _ in self.working),
            offset=None if self.offset is None else next(given),
        )

    def outputs(self, model: Model, x: Array) -> Array:
        """Limit function at inputs x (m, d); the model gives the activation. Shape (m,)."""
        inputs, name = with_ones(np.asarray(x), len(self.names)), model.activation
        out = np.full(len(inputs), 0.0 if self.offset is None else self.offset)
        for w, b, a in self.meeting:
            phi = activation_derivatives(name, inputs @ w, 1)
            out += a * phi[0] + (inputs @ b) * phi[1]
        for line in self.lines:
            out += inputs[:, : len(line)] @ line
        for leap in self.leaps:
            out += leap.s * step_values(name, inputs @ leap.u)
        for w, v in self.working:
            out += v * activation_derivatives(name, inputs @ w, 0)[0]
        return np.asarray(out)

    def outputs_at(self, z: Array, model: Model, x: Array) -> Array:
        """Limit functions of the same kind, with other unknowns z (k, s); shape (k, m)."""
        return np.array([self.at(row).outputs(model, x) for row in np.asarray(z)])

    def canonical(self, *, odd: bool) -> VectorLimit:
        """With its units in order; of an odd activation every w has a first weight above 0."""
        meeting = [_positive_pair(pair) if odd else pair for pair in self.meeting]
        leaps = [_positive(*leap) if odd else leap for leap in self.leaps]
        working = [_positive(*unit) if odd else unit for unit in self.working]
        return replace(
            self,
            meeting=tuple(sorted(meeting)),
            lines=tuple(sorted(self.lines)),
            leaps=tuple(Step(*leap) for leap in sorted(leaps)),
            working=tuple(Working(*unit) for unit in sorted(working)),
        )

    def rescaled(self, units: Units) -> VectorLimit:
        """The same limit: networks of layers are never measured in other units."""
        return self

    def to_dict(self) -> dict[str, float]:
        """By letter and name of the input: w_x1, b_x1, a where units meet; c_x1; u_x1, s; w_x1, v.

        The second of a kind has a number, as in w2_x1.
        """
        out: dict[str, float] = {}
        pairs, units = enumerate(self.meeting, 1), enumerate(self.working, 1 + len(self.meeting))
        for n, pair in pairs:
            out |= (
                self._named("w", n, pair.w) | self._named("b", n, pair.b) | {_one("a", n): pair.a}
            )
        for n, line in enumerate(self.lines, 1):
            out |= self._named("c", n, line)
        for n, leap in enumerate(self.leaps, 1):
            out |= self._named("u", n, leap.u) | {_one("s", n): leap.s}
        for n, unit in units:
            out |= self._named("w", n, unit.w) | {_one("v", n): unit.v}
        return out if self.offset is None else out | {"offset": self.offset}

    def _named(self, letter: str, number: int, vector: Vector) -> dict[str, float]:
        pairs = zip(self.names, vector, strict=False)
        return {f"{_one(letter, number)}_{name}": value for name, value in pairs}

    @classmethod
    def from_dict(cls, letters: Mapping[str, float]) -> VectorLimit:
        """Inverse of `to_dict`, in any order: inputs by their number, the bias last."""
        vectors: dict[str, dict[str, float]] = {}
        for name, value in letters.items():
            if (found := re.fullmatch(r"([wbcu]\d*)_(.+)", name)) is not None:
                vectors.setdefault(found[1], {})[found[2]] = float(value)
        names = max(
            (tuple(sorted(each, key=_rank)) for each in vectors.values()), key=len, default=()
        )
        read = {
            name: tuple(each[one] for one in names if one in each) for name, each in vectors.items()
        }

        def every(first: str) -> Iterator[str]:
            """The numbers of the scalars of this letter."""
            numbers = [n[1:] for n in letters if re.fullmatch(rf"{first}\d*", n)]
            return iter(sorted(numbers, key=lambda n: int(n or 1)))

        return cls(
            offset=None if "offset" not in letters else float(letters["offset"]),
            names=names,
            meeting=tuple(
                Meeting(read[f"w{n}"], read[f"b{n}"], float(letters[f"a{n}"])) for n in every("a")
            ),
            lines=tuple(vector for name, vector in read.items() if name.startswith("c")),
            leaps=tuple(Step(read[f"u{n}"], float(letters[f"s{n}"])) for n in every("s")),
            working=tuple(Working(read[f"w{n}"], float(letters[f"v{n}"])) for n in every("v")),
        )


def with_ones(x: Array, columns: int) -> Array:
    """Inputs x̃ (m, D) of x (m, d): with a column of ones where there are biases."""
    x = x.reshape(len(x), -1)
    return x if x.shape[1] == columns else np.column_stack([x, np.ones(len(x))])


def step_values(activation: str, u: Array) -> Array:
    """The activation at infinitely many times u."""
    low, high = SATURATED[activation]
    return np.asarray((low + high) / 2.0 + (high - low) / 2.0 * np.sign(u))


def _rank(name: str) -> tuple[bool, int, str]:
    """x1 … x9, x10 …, bias."""
    return name == BIAS, len(name), name


def _one(letter: str, number: int) -> str:
    return letter if number == 1 else f"{letter}{number}"


def _positive(w: Vector, v: float) -> tuple[Vector, float]:
    first = next((value for value in w if value), 0.0)
    return (w, v) if first >= 0.0 else (tuple(-value for value in w), -v)


def _positive_pair(pair: Meeting) -> Meeting:
    w, a = _positive(pair.w, pair.a)
    return Meeting(w, pair.b, a)
