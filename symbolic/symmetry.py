"""Symmetries of the weight space: signed permutations g of theta with f(x; g theta) = f(x; theta).

They leave |theta| unchanged, hence the loss with any data and any weight decay.

Generators of a perceptron:

* exchange of two units; with fixed output weights only of units of equal weight, or, for an odd
  activation, of opposite weight, the signs of w and c changing on the way;
* change of sign of a unit: (w, c, v) -> (-w, -c, -v) for an odd activation, (w, c) -> (-w, -c)
  for an even one; with fixed output weights only where it preserves v.

Not included: the affine symmetries of logistic and softplus, whose image under u -> -u differs by
a multiple of 1 or u (with an output offset, (w, c, v, b) -> (-w, -c, -v, b + v) for logistic):
they are no isometries, so weight decay breaks them. Those of an expression of up to
`MOST_PARAMETERS` are found by `symbolic.formula_symmetry`.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import sympy as sp

from symbolic.activations import U
from symbolic.formula_symmetry import changes_of_sign, exchanges
from symbolic.model import Model

MOST_PARAMETERS = 16
"""Of a formula whose symmetries are sought: with more, networks have better ways to be given."""


@dataclass(frozen=True)
class SignedPermutation:
    """The map (g theta)_i = signs[i] * theta[indices[i]].

    Attributes
    ----------
    name : str
        What it does, in words.
    indices, signs : tuple of int
        Shape (d,).
    """

    name: str
    indices: tuple[int, ...]
    signs: tuple[int, ...]

    def __call__(self, theta: tuple[sp.Expr, ...]) -> tuple[sp.Expr, ...]:
        """Image of theta, shape (d,)."""
        return tuple(s * theta[i] for i, s in zip(self.indices, self.signs, strict=True))


def parity(model: Model) -> int | None:
    """-1 for an odd activation, 1 for an even one, None where SymPy proves neither."""
    phi = model.activation_expr
    if phi is None:
        return None
    if model.is_odd:
        return -1
    return 1 if sp.simplify(phi.subs(U, -U) - phi) == 0 else None


def generators(model: Model) -> tuple[SignedPermutation, ...]:
    """Generators of the group of signed permutations described above.

    Examples
    --------
    >>> from symbolic import generators, single_unit
    >>> generators(single_unit())
    (SignedPermutation(name='change of sign of unit 1', indices=(0, 1), signs=(-1, -1)),)
    """
    if model.is_network:
        return ()
    if not model.is_perceptron:
        return tuple(_of_formula(model)) if model.dimension <= MOST_PARAMETERS else ()
    return (*_exchanges(model, parity(model)), *_flips(model, parity(model)))


def invariance_defect(model: Model, g: SignedPermutation) -> sp.Expr:
    """f(x; g theta) - f(x; theta), simplified; zero proves the symmetry."""
    theta = model.parameter_symbols
    image = model.expression.xreplace(dict(zip(theta, g(theta), strict=True)))
    difference = sp.expand(image - model.expression)
    return difference if difference == 0 else sp.simplify(difference)


def _of_formula(model: Model) -> Iterator[SignedPermutation]:
    theta, f, names = model.parameter_symbols, model.expression, model.parameter_names
    for indices, signs in exchanges(f, theta):
        pairs = [f"{names[i]} and {names[j]}" for i, j in enumerate(indices) if i < j]
        yield SignedPermutation(f"exchange of {', '.join(pairs)}", indices, signs)
    for indices, signs in changes_of_sign(f, theta, model.input_symbol):
        turned = [name for name, sign in zip(names, signs, strict=True) if sign < 0]
        yield SignedPermutation(f"change of sign of {', '.join(turned)}", indices, signs)


def _exchanges(model: Model, sign: int | None) -> Iterator[SignedPermutation]:
    weights = model.output_weights
    if weights is None:
        for k in range(model.hidden - 1):
            yield _exchange(model, k, k + 1, 1)
        return
    last: dict[float, int] = {}
    for k, v in enumerate(weights):
        key = abs(v) if sign == -1 else v
        if key in last:
            partner = last[key]
            yield _exchange(model, partner, k, 1 if weights[partner] == v else -1)
        last[key] = k


def _exchange(model: Model, k: int, m: int, sign: int) -> SignedPermutation:
    indices, signs = list(range(model.dimension)), [1] * model.dimension
    for a in range(len(model.unit_parameters)):
        first, second = a * model.hidden + k, a * model.hidden + m
        indices[first], indices[second] = second, first
        signs[first] = signs[second] = sign
    signed = "" if sign == 1 else ", signs changed"
    return SignedPermutation(
        f"exchange of units {k + 1} and {m + 1}{signed}", tuple(indices), tuple(signs)
    )


def _flips(model: Model, sign: int | None) -> Iterator[SignedPermutation]:
    if sign is None:
        return
    for k in range(model.hidden):
        fixed = model.output_weights
        if fixed is not None and sign * fixed[k] != fixed[k]:
            continue
        signs = [1] * model.dimension
        for a, name in enumerate(model.unit_parameters):
            signs[a * model.hidden + k] = sign if name == "v" else -1
        yield SignedPermutation(
            f"change of sign of unit {k + 1}", tuple(range(model.dimension)), tuple(signs)
        )
