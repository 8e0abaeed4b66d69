"""Theorem 5: with noise no theoretical optimum is critical.

At theta* in Theta*, f = T and so r = -sigma eps:

    grad L(theta*) = -sigma sum omega eps grad f(x; theta*),

which is linear in the noise vector eps; it vanishes on a linear subspace only.

* The subspace is proper: the derivative by the output weight of a unit that carries the teacher's
  unit k is -sigma sum omega eps phi(w_k x), a form that is not zero unless phi(w_k x_i) = 0 at
  every sample of positive weight. For tanh that means x_i = 0 at all of them.
* For tanh this form is the same on all of Theta*, which may be a manifold: tanh(w x) with different
  w > 0 have their nearest poles i pi/(2 w) at different places and are linearly independent, so in
  every theta* some unit has the input weight +-w_k. One form keeps the gradient from vanishing on
  all of Theta*.
* The 2 K functions phi(w_k x), x phi'(w_k x) of a teacher of K units are linearly independent, by a
  minor of their Taylor coefficients that is not zero. So for almost all inputs the subspace has
  codimension min(n, 2 K) at least: a Gaussian noise vector lies in it with probability 0.

*Proof.* SymPy differentiates one sample at f = T; the minor by exact elimination.

*Check.* Power series of a loss at a random theta* taught by itself; the minor again, in balls.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import sympy as sp
from flint import arb, fmpq

from symbolic.activations import U
from symbolic.checker.formulas import value_of
from symbolic.checker.jets import Jet
from symbolic.checker.linear import determinant
from symbolic.checker.networks import activate
from symbolic.checker.points import Balls, Points, Residues, apply, seed_of
from symbolic.model import Model
from symbolic.theorems.proof import ANY_SIZE, Claims, conclude, formula, undecided
from symbolic.theorems.smooth import Smooth
from symbolic.verdict import Verdict

NAME = "noisy optimum"
ONE = (
    "∇L(θ*) = −σ Σ ω ε ∇f(x; θ*), which vanishes only for noise vectors in a proper linear "
    "subspace, of codimension min(n, 2 H*) at least for almost all inputs"
)
ALL = ONE + "; one hyperplane holds the subspaces of all θ* in Θ*"
STATEMENTS = (ONE, ALL)
FIELDS = (frozenset({"model", "claims", "units", "orders"}),)
CLAIMS: Claims = {
    "residual": "-sigma*eps",
    # derivatives of half the squared residual of one sample
    "by_w": "-sigma*eps*v*x*phi1",
    "by_v": "-sigma*eps*phi0",
}
_ORDERS_PER_UNIT = 4  # Taylor orders: an odd phi has every second one, and two functions a unit
_LARGEST_DENOMINATOR = 10**6
_SAMPLES = 3


def applies(model: Model) -> bool:
    """To perceptrons with free output weights whose teacher has at most their units."""
    units = model.teacher_units
    return model.is_plain and units is not None and 0 < len(units) <= model.hidden


def prove(model: Model, claims: Claims = CLAIMS) -> Verdict:
    """Prove the gradient for an unknown phi, the independence for the model's teacher."""
    units = [[_exact(number) for number in unit] for unit in model.teacher_units or ()]
    minor = _minor([w for w, _ in units], model)
    tanh = model.is_tanh
    assumptions = (
        "any smooth φ for the gradient",
        ANY_SIZE,
        "weight decay 0, σ ≠ 0, a sample of positive weight with φ(w_k x) ≠ 0",
        "linearly independent analytic functions have a matrix of values of full rank at almost "
        "all inputs",
        *(("tanh(w x), w > 0 different, are linearly independent by their poles",) if tanh else ()),
    )
    content = {
        "model": model.to_json(),
        "claims": dict(claims),
        "units": [[str(number) for number in unit] for unit in units],
        "orders": minor,
    }
    defects = {**dict(_gradient(claims)), **dict(_teacher(model, units))}
    defects["Taylor minor"] = sp.Integer(0) if minor else undecided("no_minor_found")
    return conclude(NAME, ALL if tanh else ONE, assumptions, defects, content)


def _exact(number: float) -> sp.Rational:
    """The simplest rational near a number; that the units are the teacher's is proved apart."""
    return sp.Rational(repr(number)).limit_denominator(_LARGEST_DENOMINATOR)


def _gradient(claims: Claims) -> Iterator[tuple[str, sp.Expr]]:
    """One sample at f = T, a unit of f written out."""
    w, v, x, sigma, eps, T, rest = sp.symbols("w v x sigma eps T rest", real=True)
    residual = rest + v * Smooth(0, w * x) - T - sigma * eps
    optimal = {T: rest + v * Smooth(0, w * x)}
    values = {"sigma": sigma, "eps": eps, "v": v, "x": x}
    values |= {f"phi{m}": Smooth(m, w * x) for m in range(2)}
    yield "residual", sp.expand(residual.xreplace(optimal) - formula(claims, "residual", values))
    for name, variable in (("by_w", w), ("by_v", v)):
        slope = sp.diff(residual**2 / 2, variable).xreplace(optimal)
        yield name, sp.expand(slope - formula(claims, name, values))


def _teacher(model: Model, units: list[list[sp.Rational]]) -> Iterator[tuple[str, sp.Expr]]:
    """The teacher is the sum of the units of the certificate."""
    x, phi = model.input_symbol, model.activation_expr
    found = sp.Add(*(v * phi.subs(U, w * x) for w, v in units))
    same = sp.expand(model.teacher_expr - found) == 0
    yield "teacher", sp.Integer(0) if same else undecided("teacher_without_rational_weights")


def _minor(weights: list[sp.Rational], model: Model) -> list[int]:
    """Taylor orders whose coefficients of the 2 K functions have a determinant != 0, or none."""
    many = range(_ORDERS_PER_UNIT * len(weights) + 1)
    phi = _derivatives_at_zero(model, len(many))
    rows = []
    for w in weights:
        rows.append([phi[m] * w**m / sp.factorial(m) for m in many])
        rows.append([m * phi[m] * w ** (m - 1) / sp.factorial(m) if m else 0 for m in many])
    _, pivots = sp.Matrix(rows).rref()
    return list(pivots) if len(pivots) == len(rows) else []


def _derivatives_at_zero(model: Model, count: int) -> list[sp.Expr]:
    """phi(0), phi'(0), ..."""
    ring = model.ring
    current, values = ring.symbols[0], []
    for _ in range(count):
        values.append(ring.expand(current).subs(U, 0))
        current = sp.expand(ring.derivative(current))
    return values


def check(content: Mapping[str, Any], model: Mapping[str, Any]) -> bool:
    """Whether series and Taylor minor agree; see the top of this file."""
    claims, tanh = content["claims"], model["activation"] == "tanh"
    if set(claims) != set(CLAIMS) or content["statement"] != (ALL if tanh else ONE):
        return False
    if model["bias"] or model["offset"] or model["output_weights"] is not None:
        return False
    if len(content["units"]) > model["hidden"]:
        return False
    seed = seed_of(content)
    units = [[value_of(number, {}) for number in unit] for unit in content["units"]]
    return (
        _taught_by(Balls(seed), model, units)
        and _independent(Balls(seed), model["activation"], [w for w, _ in units], content["orders"])
        and _gradient_agrees(Residues(seed), claims)
    )


def _taught_by(points: Points, model: Mapping[str, Any], units: list[list[Any]]) -> bool:
    """Whether the units add up to the teacher at random inputs."""
    for _ in range(_SAMPLES):
        x, total = points.number(), arb(0)
        for w, v in units:
            total = total + v * activate(points, model["activation"], w * x)
        teacher = value_of(model["teacher"], {"x": x}, lambda name, u: apply(points, name, u))
        if not points.same(total, teacher):
            return False
    return bool(units)


def _independent(points: Points, activation: str, weights: list[fmpq], orders: list[int]) -> bool:
    """Whether the Taylor coefficients of the given orders have a determinant that excludes 0."""
    if len(set(orders)) != 2 * len(weights) or min(orders) < 0:
        return False
    top = max(orders)
    line = Jet([arb(0), arb(1), *[arb(0)] * (top - 1)])
    phi = activate(points, activation, line).c
    rows = []
    for w in weights:
        rows.append([phi[m] * w**m for m in orders])
        rows.append([m * phi[m] * w ** (m - 1) if m else arb(0) for m in orders])
    return not (arb(0) + determinant(rows)).contains(0)


def _gradient_agrees(points: Points, claims: Claims) -> bool:
    """Slope of a loss along a random direction where the network is its own teacher."""
    number = points.number
    units = [[number() for _ in range(4)] for _ in range(2)]  # w, v and their velocities
    sigma = number()
    found, expected = Jet([sigma * 0] * 2), sigma * 0
    for _ in range(_SAMPLES):
        x, eps, weight = number(), number(), number()
        r = Jet([sigma * 0] * 2) - sigma * eps
        residual = value_of(claims["residual"], {"sigma": sigma, "eps": eps})
        if not points.same(residual, r.c[0]):
            return False
        for w, v, dw, dv in units:
            phi = points.taylor("phi", w * x, 1)
            r = r + apply(points, "phi", Jet([w, dw]) * x) * Jet([v, dv]) - v * phi[0]
            names = {"sigma": sigma, "eps": eps, "v": v, "x": x, "phi0": phi[0], "phi1": phi[1]}
            slopes = [value_of(claims[k], names) for k in ("by_w", "by_v")]
            expected = expected + weight * (dw * slopes[0] + dv * slopes[1])
        found = found + r * r * weight / 2
    return points.same(found.c[1], expected)
