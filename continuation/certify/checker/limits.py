"""What tanh units leave at infinity: formulas of limit models and what decides across their ends.

The names of the unknowns say which parts a limit has (docs/theory.md, Infinity): units w, v, bias;
units that meet, w with a, b, …; those that vanish, c, c3, …; one that becomes a step, s; jumps of
units with bias, s and half; exponentials, tail and rate; the offset; further parts carry a number.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import factorial

import sympy as sp
from flint import arb

from continuation.certify.checker.problem import Problem
from continuation.certify.checker.refusal import require
from symbolic import Model, parse_expression

TOGETHER = "abde"
"""Letters of the coefficients of x^k tanh^(k) of units that meet."""

POWERS = ("c", "c3", "c5", "c7")
"""Of units that vanish."""

NAMES = frozenset(
    {"kappa", "offset", *POWERS}
    | {
        f"{name}{number}"
        for name in ("w", "v", *TOGETHER, "bias", "s", "half", "tail", "rate")
        for number in ("", *range(2, 65))
    }
)
"""Names that unknowns may have."""

X = "x"


def tanh_derivatives(order: int) -> list[list[int]]:
    """tanh, tanh', … as polynomials in tanh, lowest power first, by y' = 1 − y²."""
    rows = [[0, 1]]
    for _ in range(order):
        slope = [k * c for k, c in enumerate(rows[-1])][1:]
        padded = [*slope, 0, 0]
        rows.append([c - (padded[k - 2] if k > 1 else 0) for k, c in enumerate(padded)])
    return rows


DERIVATIVES = tanh_derivatives(2 * len(POWERS) + 1)


@dataclass(frozen=True)
class Normal:
    """What decides in one coordinate that vanishes at an end.

    Attributes
    ----------
    parts : sequence of (formula, samples)
        The derivative of the outputs, up to a positive factor; samples None: all of them.
    bends : bool
        Whether the coordinate has either sign, so that the loss falls one way.
    """

    parts: Sequence[tuple[sp.Expr, frozenset[int] | None]]
    bends: bool = False


@dataclass(frozen=True)
class Limit(Problem):
    """The loss of a limit model on the data of a network, in which x stands beside features.

    Attributes
    ----------
    outputs : sympy.Expr
    unknowns : tuple of sympy.Symbol
        In order.
    features : sequence of mapping
        Of each sample the input and on which side of the jumps it lies.
    normals : tuple of Normal
    """

    outputs: sp.Expr
    unknowns: tuple[sp.Symbol, ...]
    features: Sequence[Mapping[sp.Symbol, arb]]
    normals: tuple[Normal, ...]

    @property
    def formula(self) -> sp.Expr:
        """The outputs."""
        return self.outputs

    @property
    def symbols(self) -> tuple[sp.Symbol, ...]:
        """The unknowns, in order."""
        return self.unknowns

    def inputs(self) -> Iterator[Mapping[sp.Symbol, arb]]:
        """What is known of each sample."""
        return iter(self.features)


@dataclass(frozen=True)
class Shape:
    """How many parts there are of each sort.

    Attributes
    ----------
    model : Model
        The network.
    units : tuple of int
        Of each finite weight, how many units have it.
    powers, steps, tails : int
    jumps : tuple of bool
        Of each whether it lies at an input.
    """

    model: Model
    units: tuple[int, ...]
    powers: int
    steps: int
    tails: int
    jumps: tuple[bool, ...]

    @classmethod
    def of(cls, names: Sequence[str], model: Model) -> Shape:
        """The shape whose unknowns have these names, in this order; `Refused` if there is none."""
        units = tuple(
            max(1, sum(letter + n in names for letter in TOGETHER)) for n in _numbers("w", names)
        )
        jumps = tuple(f"half{n}" in names for n in _numbers("s", names)) if model.bias else ()
        steps = 0 if model.bias else sum(name == "s" for name in names)
        powers = sum(name in names for name in POWERS)
        tails = len(list(_numbers("rate", names)))
        shape = cls(model, units, powers, steps, tails, jumps)
        require(list(names) == shape.names, "no limit has these names, in this order")
        return shape

    @property
    def arm(self) -> str:
        """What stands for x in the powers: beside an offset a small unit does not feel κ."""
        return "(x + kappa)" if self.model.bias and not self.model.offset else X

    @property
    def names(self) -> list[str]:
        """Of all unknowns, as limits are written."""
        first, *further = [self._unit_names(k) for k in range(len(self.units))] or [[]]
        shift = ["kappa"] if self.powers and self.arm != X else []
        parts = [first, POWERS[: self.powers], shift, ["s"] * self.steps, *further]
        jumps = zip(_count(), self.jumps, strict=False)
        parts += [[f"s{n}", *[f"half{n}"] * at] for n, at in jumps]
        parts += [[f"tail{n}", f"rate{n}"] for n in itertools.islice(_count(), self.tails)]
        return [*itertools.chain.from_iterable(parts), *["offset"] * self.model.offset]

    def _unit_names(self, k: int) -> list[str]:
        n, meeting = _number(k), self.units[k] > 1
        letters = TOGETHER[: self.units[k]] if meeting else "v"
        shift = ["kappa"] if meeting and self.model.bias else []
        return [f"w{n}", *(a + n for a in letters), *[f"bias{n}"] * self.model.bias, *shift]

    @property
    def subkind(self) -> str:
        """The name of the end."""
        ends = ["confluence"] * sum(m > 1 for m in self.units) + ["linear"] * self.powers
        ends += ["step"] * (self.steps + len(self.jumps)) + ["exponential"] * self.tails
        require(bool(ends), "nothing of this limit is at infinity")
        return ends[0] if len(ends) == 1 else "corner"

    def require_network(self) -> None:
        """Whether the units of the network make this limit, and a certificate can speak of it."""
        model = self.model
        require(model.is_tanh, "this is no tanh network")
        spent = sum(self.units) + self.powers + self.steps + len(self.jumps) + self.tails
        require(model.free_output and spent == model.hidden, "this network has no such end")
        require(model.bias or not model.offset, "an offset without biases has no chart")
        require(self.steps <= 1, "two units that become steps together have no chart")
        if model.bias:
            require(max(self.units, default=1) <= 2, "three units with bias have no chart")
            require(sum(m > 1 for m in self.units) <= 1, "two pairs with bias have no chart")
            require(self.powers <= 1, "two small units with bias have no chart")
            require(model.offset or not self.tails, "without offset no exponential is left")

    def formula(self) -> str:
        """The limit function of x and the features side, hit, side2, …"""
        terms = [f"{c}*{h}**{k}*{_derivative(k, u)}" for u, h, c, k in self._unit_terms()]
        terms += [f"{name}*{self.arm}**{2 * k + 1}" for k, name in enumerate(POWERS[: self.powers])]
        terms += ["s*side"] * self.steps
        for n, at in zip(_count(), self.jumps, strict=False):
            terms.append(f"s{n}*(side{n} + half{n}*hit{n})" if at else f"s{n}*side{n}")
        terms += [f"tail{n}*exp(-rate{n}*x)" for n in itertools.islice(_count(), self.tails)]
        return " + ".join([*terms, *["offset"] * self.model.offset])

    def _unit_terms(self) -> Iterator[tuple[str, str, str, int]]:
        """Argument, arm, coefficient and order of every term."""
        for k, m in enumerate(self.units):
            u, h, letters = self._unit(k)
            yield from ((u, h, letters[j], j) for j in range(m))

    def _unit(self, k: int) -> tuple[str, str, list[str]]:
        n, meeting = _number(k), self.units[k] > 1
        bias = f" + bias{n}" if self.model.bias else ""
        arm = "(x + kappa)" if meeting and self.model.bias else X
        letters = TOGETHER[: self.units[k]] if meeting else "v"
        return f"w{n}*x{bias}", arm, [letter + n for letter in letters]

    def smooth_normals(self) -> Iterator[tuple[str, bool]]:
        """Derivatives of the outputs across meeting, diverging and vanishing, and if they bend.

        Of m units that meet, in Σ (w_k − w)²: the moments Σ v_k (w_k − w)^j follow the recursion
        of the polynomial with the zeros w_k − w, whose first coefficient is −Σ (w_k − w)²/2. Of
        those that vanish likewise in Σ w_k². An exponential goes on with its square.
        """
        for k, m in enumerate(self.units):
            u, h, letters = self._unit(k)
            if m > 1:
                far = f"{letters[-1]}*{h}**{m + 1}*{_derivative(m + 1, u)}/{4 * m * (m + 1)}"
                near = f"{letters[-2]}*{h}**{m}*{_derivative(m, u)}/{4 * m * (m - 1)}"
                yield f"{far} + {near}", False
        for n in itertools.islice(_count(), self.tails):
            yield f"-tail{n}*exp(-2*rate{n}*x)", False
        if self.powers and self.model.bias and self.model.offset:
            yield "c*x**2", True
        elif self.powers:
            m = self.powers
            ratio = _series(m) / _series(m - 1)
            yield f"{POWERS[m - 1]}*({ratio})*{self.arm}**{2 * m + 1}", False


def _numbers(letter: str, names: Sequence[str]) -> Iterator[str]:
    """The numbers behind a letter, as long as they follow each other."""
    return itertools.takewhile(lambda n: letter + n in names, _count())


def _count() -> Iterator[str]:
    return (_number(k) for k in itertools.count())


def _number(k: int) -> str:
    return str(k + 1) if k else ""


def _derivative(order: int, argument: str) -> str:
    terms = [f"{c}*tanh({argument})**{p}" for p, c in enumerate(DERIVATIVES[order]) if c]
    return f"({' + '.join(terms)})"


def _series(k: int) -> Fraction:
    """The coefficient of u^(2k+1) in tanh u."""
    return Fraction(DERIVATIVES[2 * k + 1][0], factorial(2 * k + 1)) if k else Fraction(1)


def limit_of(problem: Problem, names: Sequence[str], walls: Sequence[int]) -> tuple[Limit, str]:
    """The limit of these unknowns, and the name of the end; `Refused` if a network has none such.

    Parameters
    ----------
    problem : Problem
        Of the network.
    names : sequence of str
    walls : sequence of int
        Of each jump the number of distinct inputs below it.
    """
    shape = Shape.of(names, problem.model)
    shape.require_network()
    require(problem.decay == 0, "with weight decay nothing lies at infinity")
    sides = Sides.of(problem.x, shape, walls)
    known = (*names, X, *sides.names)
    smooth = shape.smooth_normals()
    normals = [Normal([(_read(text, known), None)], bends) for text, bends in smooth]
    normals += [
        Normal([(_read(text, known), samples) for text, samples in parts])
        for parts in sides.normals(offset=problem.model.offset)
    ]
    made = Limit(
        **vars(problem),
        outputs=_read(shape.formula(), known),
        unknowns=tuple(_symbol(name) for name in names),
        features=sides.features(),
        normals=tuple(normals),
    )
    return made, shape.subkind


def _read(text: str, names: Sequence[str]) -> sp.Expr:
    return parse_expression(text, names)


def _symbol(name: str) -> sp.Symbol:
    return sp.Symbol(name, real=True)


@dataclass(frozen=True)
class Sides:
    """Where the inputs lie beside jumps.

    Attributes
    ----------
    x : sequence of arb
        Exact.
    ranks : tuple of int
        Of each sample the number of distinct inputs below it.
    places : tuple of Fraction
        The distinct inputs, increasing.
    walls : tuple of int
        Of each jump the number of distinct inputs below it.
    at_input : tuple of bool
        Of each jump whether it lies at the next input.
    stepped : bool
        Whether a step lies at 0.
    """

    x: Sequence[arb]
    ranks: tuple[int, ...]
    places: tuple[Fraction, ...]
    walls: tuple[int, ...]
    at_input: tuple[bool, ...]
    stepped: bool

    @classmethod
    def of(cls, x: Sequence[arb], shape: Shape, walls: Sequence[int]) -> Sides:
        """The inputs beside the jumps of a shape."""
        exact = [Fraction(float(value)) for value in x]
        places = sorted(set(exact))
        rank = {place: k for k, place in enumerate(places)}
        require(len(walls) == len(shape.jumps), "the claim lacks places of its jumps")
        for wall, at in zip(walls, shape.jumps, strict=True):
            low, high = (0, len(places) - 1) if at else (1, len(places) - 1)
            require(low <= wall <= high, "a jump lies beyond the inputs")
        sides = cls(
            x, tuple(rank[v] for v in exact), tuple(places), tuple(walls), shape.jumps,
            shape.steps > 0,
        )  # fmt: skip
        sides.require_apart()
        return sides

    def require_apart(self) -> None:
        """No input beside one that a jump lies at is alone between jumps: they would share it."""
        jumps = list(zip(self.walls, self.at_input, strict=True))
        walls = {place for wall, at in jumps for place in (wall, wall + at)}
        shared = any({wall - 1, wall + 2} & walls for wall, at in jumps if at)
        require(not shared, "an input beside a jump is alone between jumps")

    @property
    def names(self) -> list[str]:
        """Of the features."""
        jumps = [name + _number(k) for k in range(len(self.walls)) for name in ("side", "hit")]
        return [*jumps, *["side"] * self.stepped]

    def features(self) -> list[dict[sp.Symbol, arb]]:
        """Of each sample."""
        return [self._of_sample(k) for k in range(len(self.ranks))]

    def _of_sample(self, sample: int) -> dict[sp.Symbol, arb]:
        found, x = {_symbol(X): self.x[sample]}, self.places[self.ranks[sample]]
        if self.stepped:
            found[_symbol("side")] = arb(int(x > 0) - int(x < 0))
        for k, (wall, at) in enumerate(zip(self.walls, self.at_input, strict=True)):
            rank = self.ranks[sample]
            hit = at and rank == wall
            found[_symbol(f"side{_number(k)}")] = arb(0 if hit else 1 if rank >= wall else -1)
            found[_symbol(f"hit{_number(k)}")] = arb(int(hit))
        return found

    def normals(self, *, offset: bool) -> Iterator[list[tuple[str, frozenset[int]]]]:
        """What the nearest samples lose by a unit that is not yet infinitely steep."""
        if self.stepped:
            nearest = min(abs(place) for place in self.places if place)
            samples = [k for k, p in enumerate(self.places) if abs(p) == nearest]
            yield [("-s*side", self._at(*samples))]
        held = self._held(offset=offset)
        for k, (wall, at) in enumerate(zip(self.walls, self.at_input, strict=True)):
            n, beside = _number(k), (wall - 1, wall + at)
            free = [j for j in beside if 0 <= j < len(self.places) and j not in held]
            if not at:
                yield from ([(f"-s{n}*side{n}", self._at(j))] for j in free)
            elif free:
                away = {j: abs(self.places[j] - self.places[wall]) for j in free}
                seen = {wall - 1: f"(1 + half{n})/(1 - half{n})"}
                yield [
                    (f"-s{n}*side{n}*{seen.get(j, f'(1 - half{n})/(1 + half{n})')}", self._at(j))
                    for j in free
                    if away[j] == min(away.values())
                ]

    def _at(self, *places: int) -> frozenset[int]:
        """Samples at distinct inputs."""
        return frozenset(k for k, rank in enumerate(self.ranks) if rank in places)

    def _held(self, *, offset: bool) -> set[int]:
        """Inputs alone between jumps, which any residual but 0 would move.

        Beside an offset the ends of the data are as jumps. Their residual is 0 where the limit
        model is critical.
        """
        walls = {0, len(self.places)} if offset else set()
        for wall, at in zip(self.walls, self.at_input, strict=True):
            walls |= {wall, wall + at}
        return {k for k in range(len(self.places)) if {k, k + 1} <= walls}
