"""Limit models of tanh units in balls, with the derivatives of the loss across their ends.

The limit function is one formula in its unknowns, x, and features that say on which side of each
jump a sample lies; what vanishes at an end enters by its first derivative (docs/theory.md,
Attraction).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields
from functools import lru_cache

import numpy as np
import sympy as sp
from flint import arb

from continuation.certify.enclosures import (
    Column,
    ExactLoss,
    Program,
    UnitPrograms,
    Value,
    as_column,
    box,
    compile_formulas,
    programs_of,
    working_precision,
)
from continuation.landscape.infinity import Jump, LimitModel, LimitUnit, are_apart
from continuation.landscape.network import CERTIFIED_ENDS
from symbolic import Model
from symbolic.activations import Ring, U
from symbolic.units import Unit

NO_CHART = "there is no certificate for this kind of end, or for this network, at infinity"
MORE_JUMPS = "steep units share what is between them: that such an end attracts is not proved"
NO_VALUE = "no unit has the value at a jump that fits best"
CLOSE = "two inputs are equally near to a jump up to rounding, and disagree"

NEARLY = 1e-9
"""Relative difference of two distances that rounding may have exchanged."""


def why_not(model: Model, limit: LimitModel, x: Column) -> str:
    """Why an end of a network on inputs x has no certificate; "" where it may have one."""
    spent = sum(len(unit.coefficients) for unit in limit.units) + len(limit.powers)
    spent += (limit.step is not None) + len(limit.tails)
    if not CERTIFIED_ENDS.holds(model) or not limit.is_followed or not _fits(model, limit):
        return NO_CHART
    if spent + len(limit.jumps) != model.hidden:
        return MORE_JUMPS if limit.jumps else NO_CHART
    places = np.array([float(value) for value in x])
    return "" if not limit.jumps or are_apart(places, limit.jumps) else MORE_JUMPS


def _fits(model: Model, limit: LimitModel) -> bool:
    """Whether the limit has the parts that units of this network leave."""
    if not model.bias:
        return limit.is_simple
    pairs = [unit for unit in limit.units if unit.meets]
    whole = all(unit.bias is not None for unit in limit.units)
    met = all(len(u.coefficients) == 2 and u.shift is not None for u in pairs) and len(pairs) <= 1
    shifted = (limit.shift is None) == (model.offset or not limit.powers)
    level = (limit.offset is not None) == model.offset and (model.offset or not limit.tails)
    return whole and met and shifted and level and len(limit.powers) <= 1 and limit.step is None


@dataclass(frozen=True)
class LimitPrograms:
    """A kind of limit compiled once.

    Attributes
    ----------
    unit : UnitPrograms
        The limit function.
    across : Program
        Derivatives of the outputs in the coordinates that vanish smoothly.
    bends : tuple of bool
        Of each whether it has either sign, so that the loss falls one way.
    """

    unit: UnitPrograms
    across: Program
    bends: tuple[bool, ...]


@lru_cache(maxsize=64)
def limit_programs(letters: tuple[str, ...]) -> LimitPrograms:
    """Programs of the kind of limit with these letters, as `LimitModel.to_dict` has them."""
    like = LimitModel.from_dict(dict.fromkeys(letters, 0.5))
    unknowns = {name: _symbol(name) for name in names_of(like)}
    x, features = _symbol("x"), tuple(map(_symbol, _feature_names(like)))
    symbols = unknowns | {symbol.name: symbol for symbol in features}
    value = sp.Add(*_terms(like, symbols, x))
    unit = Unit(1, tuple(unknowns.values()), features, sp.Integer(0), Ring((), (), ()), value, x)
    normals = list(_smooth_normals(like, symbols, x))
    across = compile_formulas(
        [formula for formula, _ in normals], (*unknowns.values(), *features, x)
    )
    return LimitPrograms(programs_of(unit), across, tuple(bends for _, bends in normals))


def names_of(limit: LimitModel) -> tuple[str, ...]:
    """The names of the unknowns: places of jumps are none."""
    return tuple(name for name in limit if not name.startswith("place"))


def _symbol(name: str) -> sp.Symbol:
    return sp.Symbol(name, real=True)


def _number(k: int) -> str:
    return str(k + 1) if k else ""


def _feature_names(like: LimitModel) -> list[str]:
    """The side of each jump and, at an input, the input; the side of a step."""
    found = ["side"] if like.step is not None else []
    for k, jump in enumerate(like.jumps):
        found += [f"side{_number(k)}", *[f"hit{_number(k)}"] * (jump.half is not None)]
    return found


Symbols = dict[str, sp.Symbol]


def _terms(like: LimitModel, known: Symbols, x: sp.Symbol) -> Iterator[sp.Expr]:
    for k, unit in enumerate(like.units):
        arm, argument, letters = _unit(unit, k, known, x)
        for order, letter in enumerate(letters):
            yield letter * arm**order * _tanh(order, argument)
    arm = _arm(like, known, x)
    yield from (known[name] * arm ** (2 * k + 1) for k, name in enumerate(_powers(like)))
    if like.step is not None:
        yield known["s"] * known["side"]
    for k, jump in enumerate(like.jumps):
        n, shape = _number(k), known[f"side{_number(k)}"]
        shape += 0 if jump.half is None else known[f"half{n}"] * known[f"hit{n}"]
        yield known[f"s{n}"] * shape
    for k in range(len(like.tails)):
        yield known[f"tail{_number(k)}"] * sp.exp(-known[f"rate{_number(k)}"] * x)
    if like.offset is not None:
        yield known["offset"]


def _unit(
    unit: LimitUnit, k: int, known: Symbols, x: sp.Symbol
) -> tuple[sp.Expr, sp.Expr, list[sp.Symbol]]:
    """X + κ, the argument, and the coefficients."""
    n = _number(k)
    argument = known[f"w{n}"] * x + (known[f"bias{n}"] if unit.bias is not None else 0)
    arm = x + known["kappa"] if unit.shift is not None else x
    letters = "abdefghi"[: len(unit.coefficients)] if unit.meets else "v"
    return arm, argument, [known[letter + n] for letter in letters]


def _arm(like: LimitModel, known: Symbols, x: sp.Symbol) -> sp.Expr:
    return x if like.shift is None else x + known["kappa"]


def _powers(like: LimitModel) -> list[str]:
    return [f"c{2 * k + 1}" if k else "c" for k in range(len(like.powers))]


@lru_cache(maxsize=16)
def _derivative(order: int) -> sp.Expr:
    return sp.expand(sp.diff(sp.tanh(U), U, order))


def _tanh(order: int, argument: sp.Expr) -> sp.Expr:
    return _derivative(order).xreplace({U: argument})


def _smooth_normals(
    like: LimitModel, known: Symbols, x: sp.Symbol
) -> Iterator[tuple[sp.Expr, bool]]:
    """∂f in the coordinates that vanish smoothly, and whether they have either sign.

    For units that meet and that vanish as in `critical_ends.meeting_slope` and `vanishing_slope`.
    """
    for k, unit in enumerate(like.units):
        if unit.meets:
            h, u, (*_, before, last) = _unit(unit, k, known, x)
            m = len(unit.coefficients)
            far = last * h ** (m + 1) * _tanh(m + 1, u) / (4 * m * (m + 1))
            yield far + before * h**m * _tanh(m, u) / (4 * m * (m - 1)), False
    for k in range(len(like.tails)):
        n = _number(k)
        yield -known[f"tail{n}"] * sp.exp(-2 * known[f"rate{n}"] * x), False
    if like.powers:
        m, last = len(like.powers), known[_powers(like)[-1]]
        if like.shift is None and like.offset is not None:
            yield last * x**2, True
            return
        ratio = _series(m) / _series(m - 1)
        yield ratio * last * _arm(like, known, x) ** (2 * m + 1), False


def _series(k: int) -> sp.Rational:
    """The coefficient of u^(2k+1) in tanh u."""
    return _derivative(2 * k + 1).xreplace({U: sp.Integer(0)}) / sp.factorial(2 * k + 1)


@dataclass(frozen=True, eq=False)
class ExactLimit(ExactLoss):
    """The loss of a limit model on the data of a network, in balls.

    Attributes
    ----------
    programs : LimitPrograms
    features : list of Column
        See `limit_programs`.
    """

    programs: LimitPrograms
    features: list[Column] = field(repr=False)

    @property
    def dimension(self) -> int:
        """Number of unknowns."""
        return len(self.programs.unit.unit.parameters)

    @property
    def has_offset(self) -> bool:
        """No: the offset stands in the formula."""
        return False

    @property
    def _programs(self) -> UnitPrograms:
        return self.programs.unit

    def _constants(self, k: int) -> list[Value]:
        return list(self.features)

    def slopes_across(self, theta: Sequence[arb]) -> list[tuple[arb, bool]]:
        """Of each coordinate that vanishes smoothly the derivative of the loss."""
        columns = self.programs.across([*theta, *self.features, self.x])
        return [
            (self.pull(theta, as_column(column, len(self.x))), bends)
            for column, bends in zip(columns, self.programs.bends, strict=True)
        ]

    def pull(self, theta: Sequence[arb], column: Column) -> arb:
        """Σ ω r c."""
        residual = self.residual(theta)
        return self.mean([r * c for r, c in zip(residual, column, strict=True)])


def exact_limit(loss: ExactLoss, limit: LimitModel) -> ExactLimit:
    """The loss of a limit of the network that a loss is of."""
    programs = limit_programs(tuple(limit))
    shared = {f.name: getattr(loss, f.name) for f in fields(loss)}
    return ExactLimit(**shared, programs=programs, features=_features(loss.x, limit))


def _features(x: Column, limit: LimitModel) -> list[Column]:
    found = [[value.sgn() for value in x]] if limit.step is not None else []
    ranks = ranks_of(x)
    for jump, wall in zip(limit.jumps, walls_of(limit, [float(t) for t in x]), strict=True):
        at = jump.half is not None
        found.append([arb(_side(rank, wall, at=at)) for rank in ranks])
        found += [[arb(int(rank == wall)) for rank in ranks]] if at else []
    return found


def ranks_of(x: Column) -> list[int]:
    """Of each sample how many distinct inputs are smaller."""
    places = sorted({float(value) for value in x})
    return [bisect_left(places, float(value)) for value in x]


def _side(rank: int, wall: int, *, at: bool) -> int:
    if at and rank == wall:
        return 0
    return 1 if rank >= wall else -1


def walls_of(limit: LimitModel, x: Sequence[float]) -> list[int]:
    """Of each jump how many distinct inputs of x lie below it."""
    places = sorted({float(value) for value in x})
    return [_wall(jump, places) for jump in limit.jumps]


def _wall(jump: Jump, places: Sequence[float]) -> int:
    if jump.half is None:
        return bisect_left(places, jump.place)
    return min(range(len(places)), key=lambda k: abs(places[k] - jump.place))


def steep_slopes(end: ExactLimit, limit: LimitModel, theta: Sequence[arb]) -> list[arb] | None:
    """Derivatives of the loss by what the nearest inputs do not see of steep units yet.

    None where two of them are equally near up to rounding, and disagree.
    """
    found: list[arb] = []
    if limit.step is not None:
        found.append(_step_slope(end, theta))
    held = _held_inputs(limit, end.x)
    for k, wall in enumerate(walls_of(limit, [float(t) for t in end.x])):
        here = _jump_slopes(end, limit, theta, (k, wall), held)
        if here is None:
            return None
        found += here
    return found


def _value(end: ExactLimit, theta: Sequence[arb], name: str) -> arb:
    names = [symbol.name for symbol in end.programs.unit.unit.parameters]
    return theta[names.index(name)]


def _step_slope(end: ExactLimit, theta: Sequence[arb]) -> arb:
    away = [abs(float(value)) for value in end.x]
    nearest = min(value for value in away if value > 0.0)
    signs = [value.sgn() * int(far == nearest) for value, far in zip(end.x, away, strict=True)]
    return -_value(end, theta, "s") * end.pull(theta, signs)


def _held_inputs(limit: LimitModel, x: Column) -> set[int]:
    """Distinct inputs alone between jumps, or between one and an end of the data with offset."""
    places = sorted({float(value) for value in x})
    ends = {0, len(places)} if limit.offset is not None else set()
    at_input = [wall for wall, jump in _walled(limit, x) if jump.half is not None]
    walls = ends | {wall for wall, _ in _walled(limit, x)} | {wall + 1 for wall in at_input}
    return {k for k in range(len(places)) if k in walls and k + 1 in walls}


def _walled(limit: LimitModel, x: Column) -> list[tuple[int, Jump]]:
    return list(zip(walls_of(limit, [float(t) for t in x]), limit.jumps, strict=True))


def _jump_slopes(
    end: ExactLimit,
    limit: LimitModel,
    theta: Sequence[arb],
    placed: tuple[int, int],
    held: set[int],
) -> list[arb] | None:
    """Of jump k at wall m: both neighbours in a gap, at an input the nearer one."""
    (k, wall), jump = placed, limit.jumps[placed[0]]
    places, ranks = sorted({float(value) for value in end.x}), ranks_of(end.x)
    at, size = jump.half is not None, _value(end, theta, f"s{_number(k)}")
    beside = [
        (j, side)
        for j, side in ((wall - 1, -1), (wall + at, 1))
        if 0 <= j < len(places) and j not in held
    ]
    pulls = [
        -size * side * end.pull(theta, [arb(int(rank == j)) for rank in ranks])
        for j, side in beside
    ]
    if not at:
        return pulls
    half = _value(end, theta, f"half{_number(k)}")
    seen = [(1 + half) / (1 - half), (1 - half) / (1 + half)]
    pulls = [pull * seen[side > 0] for pull, (_, side) in zip(pulls, beside, strict=True)]
    return _nearest(pulls, [_distance(places[j], places[wall]) for j, _ in beside])


def _distance(place: float, other: float) -> arb:
    return abs(arb(place) - arb(other))


def _nearest(pulls: list[arb], away: list[arb]) -> list[arb] | None:
    """The pull of the nearer input, or the sum of two that are equally near."""
    if len(pulls) < 2:
        return pulls
    if away[0] == away[1]:
        return [pulls[0] + pulls[1]]
    if abs(away[0] - away[1]) < NEARLY * away[0] and not bool(pulls[0] * pulls[1] > 0):
        return None
    return [pulls[0] if away[0] < away[1] else pulls[1]]


def _halves(end: ExactLimit, theta: Sequence[arb]) -> list[arb]:
    """The values at inputs that jumps lie at, of their sizes."""
    symbols = end.programs.unit.unit.parameters
    return [t for s, t in zip(symbols, theta, strict=True) if s.name.startswith("half")]


def signs_across(
    end: ExactLimit, limit: LimitModel, theta: Sequence[float], radius: float
) -> list[int] | str:
    """Signs of the loss in the normal coordinates over a box, or why one is open."""
    with working_precision():
        here = box(theta, radius)
        if any(not bool(abs(half) < 1) for half in _halves(end, here)):
            return NO_VALUE
        steep = steep_slopes(end, limit, here)
        if steep is None:
            return CLOSE
        slopes = [*end.slopes_across(here), *((slope, False) for slope in steep)]
    if not all(bool(slope > 0) or bool(slope < 0) for slope, _ in slopes):
        return "the derivative in a normal coordinate may vanish"
    return [-1 if bends or bool(slope < 0) else 1 for slope, bends in slopes]
