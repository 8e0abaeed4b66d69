"""Theorem 2: symmetries of the loss, of its gradient, and of the flow.

For a signed permutation g of the weights with f(x; g theta) = f(x; theta):

* L(g theta) = L(theta) and, as g is orthogonal, grad L(g theta) = g grad L(theta), with any data
  and any weight decay;
* so on Fix(g) = {theta : g theta = theta} the gradient lies in Fix(g), which the gradient flow and
  gradient descent therefore never leave; the same holds for intersections of such spaces.

*Proof.* Units that g leaves alone are one unknown smooth function of the input; phi is any smooth
function of the parity that the exchange or the change of sign needs. So the number of units, of
samples, and the activation are general.

*Check.* Loss and gradient by power series at random points of the whole network, with a phi of
random derivatives; on Fix(g), at random points of it. That the maps generate the whole group is
counted: each exchanges two units or turns the sign of one, the exchanges connect all units that
may be exchanged, and every sign that may be turned is.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import sympy as sp

from symbolic.checker.networks import Samples, activate, dimension, line, loss
from symbolic.checker.points import Balls, Points, Residues, seed_of
from symbolic.model import Model
from symbolic.symmetry import SignedPermutation, generators, parity
from symbolic.theorems.proof import ANY_SIZE, conclude
from symbolic.theorems.smooth import OF_PARITY
from symbolic.verdict import Verdict

NAME = "symmetry"
STATEMENT = (
    "loss invariant and gradient equivariant under every generator of the group of signed "
    "permutations of the weights; fixed-point subspaces are invariant under the flow"
)
STATEMENTS = (STATEMENT,)
FIELDS = (frozenset({"model", "parity", "maps"}),)
_KINDS = {None: "any smooth φ", -1: "any smooth odd φ", 1: "any smooth even φ"}
_SAMPLES = 2


def applies(model: Model) -> bool:
    """To perceptrons that have a symmetry."""
    return model.is_perceptron and bool(generators(model))


def prove(model: Model, maps: Sequence[SignedPermutation] | None = None) -> Verdict:
    """Prove the maps, `generators(model)` unless others are given, to be symmetries."""
    maps = generators(model) if maps is None else maps
    kind = parity(model)
    assumptions = (
        _KINDS[kind] + (f", which {model.activation} is" if kind else ""),
        ANY_SIZE,
        "units that a map leaves alone are one unknown smooth function",
    )
    content = {
        "model": model.to_json(),
        "parity": kind,
        "maps": [{"indices": g.indices, "signs": g.signs} for g in maps],
    }
    defects = {name: defect for g in maps for name, defect in _defects(model, g, kind)}
    return conclude(NAME, STATEMENT, assumptions, defects, content)


def _defects(model: Model, g: SignedPermutation, kind: int | None) -> Iterator[tuple[str, sp.Expr]]:
    theta = model.parameter_symbols
    touched = [i for i in range(len(theta)) if g.indices[i] != i or g.signs[i] != 1]
    units = {i % model.hidden for i in touched}
    own = [i for i in range(model.hidden * len(model.unit_parameters)) if i % model.hidden in units]
    residual = _units(model, sorted(units), kind) + sp.Symbol("rest_minus_target", real=True)
    rho = sp.Symbol("rho", real=True)
    whole = residual**2 / 2 + rho / 2 * sum(theta[i] ** 2 for i in own)
    image = dict(zip(theta, g(theta), strict=True))
    yield f"{g.name}: invariance", whole.xreplace(image) - whole
    slope = {i: sp.diff(whole, theta[i]) for i in own}
    fixed = _fixed(g, theta)
    for i in own:
        turned = g.signs[i] * slope[g.indices[i]]
        yield f"{g.name}: equivariance {i}", slope[i].xreplace(image) - turned
        yield f"{g.name}: fixed subspace {i}", (slope[i] - turned).xreplace(fixed)


def _units(model: Model, units: list[int], kind: int | None) -> sp.Expr:
    """Sum of some units with an unknown activation of the given parity."""
    phi = OF_PARITY[kind]
    symbols = dict(zip(model.parameter_names, model.parameter_symbols, strict=True))
    total = sp.Integer(0)
    for k in units:
        argument = symbols[f"w_{k + 1}"] * model.input_symbol + symbols.get(f"c_{k + 1}", 0)
        free = model.free_output
        total += (symbols[f"v_{k + 1}"] if free else model.exact_output_weights[k]) * phi(
            0, argument
        )
    return total


def _fixed(g: SignedPermutation, theta: tuple[sp.Symbol, ...]) -> dict[sp.Symbol, sp.Expr]:
    """A parametrisation of Fix(g) by the first coordinate of each cycle of length 1 or 2."""
    values: dict[sp.Symbol, sp.Expr] = {}
    for i, j in enumerate(g.indices):
        if i == j and g.signs[i] == -1:
            values[theta[i]] = sp.Integer(0)
        elif j < i:
            values[theta[i]] = g.signs[i] * theta[j]
    return values


def check(content: Mapping[str, Any], model: Mapping[str, Any]) -> bool:
    """Whether power series of the whole loss show the symmetries; see the top of this file."""
    seed, kind = seed_of(content), content["parity"]
    if not content["maps"] or kind != _parity_of(model, seed):
        return False
    if any(set(g) != {"indices", "signs"} for g in content["maps"]):
        return False
    if not _generate(content["maps"], model, kind):
        return False
    points = Residues(seed, parity=kind)
    free = {**model, "activation": "phi"}
    return all(_symmetric(points, free, g["indices"], g["signs"]) for g in content["maps"])


def _parity_of(model: Mapping[str, Any], seed: int) -> int | None:
    """Parity of the model's activation, by its values at a random point and its mirror image."""
    points = Balls(seed)
    u = points.number()
    there, back = (activate(points, model["activation"], s * u) for s in (1, -1))
    return next((sign for sign in (-1, 1) if points.same(back, sign * there)), None)


def _generate(
    maps: Sequence[Mapping[str, Any]], model: Mapping[str, Any], kind: int | None
) -> bool:
    """Whether the maps, each an exchange or a change of sign, are enough for the whole group."""
    hidden, moves = model["hidden"], [_units_moved(g, model["hidden"]) for g in maps]
    exchanged: set[tuple[int, ...]] = {units for units in moves if len(units) == 2}
    turned = {units for units in moves if len(units) == 1}
    if len(exchanged) + len(turned) < len(moves):  # another kind of map, or one given twice
        return False
    weights = model["output_weights"] or [1] * hidden
    free = model["output_weights"] is None
    classes = {abs(v) if kind == -1 else v for v in weights}
    signs = {(k,) for k, v in enumerate(weights) if kind == 1 or (kind == -1 and (free or v == 0))}
    return turned == signs and _connected(exchanged, hidden) == len(classes)


def _units_moved(g: Mapping[str, Any], hidden: int) -> tuple[int, ...]:
    """The units that a map exchanges, or whose sign it turns."""
    moved = {i % hidden for i in range(hidden) if g["indices"][i] != i}
    return tuple(sorted(moved or {i for i in range(hidden) if g["signs"][i] == -1}))


def _connected(pairs: set[tuple[int, ...]], count: int) -> int:
    """Number of classes into which pairs join a number of units."""
    names = list(range(count))
    for k, m in pairs:
        names = [names[k] if name == names[m] else name for name in names]
    return len(set(names))


def _symmetric(
    points: Points, model: Mapping[str, Any], indices: list[int], signs: list[int]
) -> bool:
    d = dimension(model)
    if sorted(indices) != list(range(d)) or any(s not in (1, -1) for s in signs):
        return False
    samples, sigma, rho = Samples.random(points, _SAMPLES), points.number(), points.number()
    theta, e = ([points.number() for _ in range(d)] for _ in range(2))

    def act(vector: list[Any]) -> list[Any]:
        return [s * vector[i] for s, i in zip(signs, indices, strict=True)]

    def along(start: list[Any], direction: list[Any]) -> Any:
        return loss(points, model, line(start, direction, 1), samples, sigma, rho)

    here, image = along(theta, e), along(act(theta), act(e))
    fixed = [a + b for a, b in zip(theta, act(theta), strict=True)]
    inside = along(fixed, e)  # for g of order 2, which all generators are
    moved = along(fixed, act(e))
    pairs = [(here.c[0], image.c[0]), (here.c[1], image.c[1]), (inside.c[1], moved.c[1])]
    of_order_two = act(act(theta)) == theta
    return of_order_two and all(points.same(a, b) for a, b in pairs)
