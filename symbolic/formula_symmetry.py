"""Symmetries of a formula: signed permutations of its parameters that leave it unchanged.

Parameters that are exchanged look alike: with one of them marked and all the others called the
same, the formula is the same, and so it is with two marked for every pair and its image. Few maps
pass, and each is put into the formula. Changes of sign are tried on numbers first. What SymPy does
not show by expanding is no symmetry here.
"""

import itertools
from collections.abc import Iterator, Sequence
from functools import cache

import numpy as np
import sympy as sp

from symbolic.functions import evaluate

Map = tuple[tuple[int, ...], tuple[int, ...]]
"""Indices and signs of (g θ)_i = signs[i] θ[indices[i]]."""

MOST_TURNED = 3
"""Parameters that change sign together: those of one unit with a bias."""

_FIRST, _SECOND, _OTHER = sp.symbols("first second other", real=True)


def exchanges(expression: sp.Expr, parameters: Sequence[sp.Symbol]) -> Iterator[Map]:
    """Involutions that exchange parameters in pairs, one for every two that may be exchanged."""
    names, signs = tuple(parameters), (1,) * len(parameters)
    known: set[tuple[int, int]] = set()
    for pair in itertools.combinations(range(len(names)), 2):
        i, j = pair
        indices = None if pair in known else _involution(expression, names, {i: j, j: i})
        if indices is not None:
            known |= set(enumerate(indices))
            yield indices, signs


def changes_of_sign(
    expression: sp.Expr, parameters: Sequence[sp.Symbol], x: sp.Symbol
) -> Iterator[Map]:
    """Changes of sign of up to three parameters, none a product of those before."""
    many, known = len(parameters), list[np.ndarray]()
    for signs in _turned(many)[_seem_even(expression, parameters, x, _turned(many))]:
        if any((signs[before < 0] < 0).all() for before in known):
            continue
        if _same(expression, {p: int(s) * p for p, s in zip(parameters, signs, strict=True)}):
            known.append(signs)
            yield tuple(range(many)), tuple(map(int, signs))


def _turned(many: int) -> np.ndarray:
    """Signs (choices, many), fewest changes first."""
    sets = [
        turned
        for size in range(1, MOST_TURNED + 1)
        for turned in itertools.combinations(range(many), size)
    ]
    return np.array([[-1 if k in turned else 1 for k in range(many)] for turned in sets])


def _involution(
    expression: sp.Expr, parameters: tuple[sp.Symbol, ...], images: dict[int, int]
) -> tuple[int, ...] | None:
    """An exchange that contains the given images, or None."""
    for i, j in itertools.combinations_with_replacement(images, 2):
        marked = (
            _marked(expression, parameters, *pair) for pair in ((i, j), (images[i], images[j]))
        )
        if len(set(marked)) > 1:
            return None
    whole = tuple(images.get(k, k) for k in range(len(parameters)))
    if _same(expression, {p: parameters[k] for p, k in zip(parameters, whole, strict=True)}):
        return whole
    left = [k for k in range(len(parameters)) if k not in images]
    longer = ({**images, i: j, j: i} for i, j in itertools.combinations(left, 2))
    found = (_involution(expression, parameters, more) for more in longer)
    return next((one for one in found if one is not None), None)


@cache
def _marked(
    expression: sp.Expr, parameters: tuple[sp.Symbol, ...], first: int, second: int
) -> sp.Expr:
    """The formula with two parameters marked and all the others called the same."""
    names = dict.fromkeys(parameters, _OTHER)
    return expression.xreplace(names | {parameters[first]: _FIRST, parameters[second]: _SECOND})


def _same(expression: sp.Expr, image: dict[sp.Symbol, sp.Expr]) -> bool:
    """Whether the formula is unchanged, as it stands or expanded."""
    moved = expression.xreplace(image)
    return bool(moved == expression or sp.expand(moved - expression) == 0)


def _seem_even(
    expression: sp.Expr, parameters: Sequence[sp.Symbol], x: sp.Symbol, signs: np.ndarray
) -> np.ndarray:
    """Which changes of sign (choices, d) leave the numbers at random points as they are."""
    rng = np.random.default_rng(0)
    inputs, theta = rng.uniform(-2.0, 2.0, 9), rng.uniform(0.3, 1.7, len(parameters))
    with np.errstate(all="ignore"):
        here, there = (
            np.asarray(
                evaluate(expression, {**dict(zip(parameters, columns, strict=True)), x: inputs})
            )
            for columns in (theta, (signs * theta).T[:, :, None])
        )
    same = np.isclose(here, there, rtol=1e-9, atol=1e-12, equal_nan=True).all(axis=-1)
    return np.asarray(same & np.isfinite(here).any())
