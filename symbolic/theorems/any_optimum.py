"""Theorem 5b: whatever the network, with noise no theoretical optimum is critical.

Let f(x; theta) have m outputs and the loss be half the squared error. At every theta* with
f(.; theta*) = T, of whatever architecture, the residual is -sigma eps, and

    grad L(theta*) = -sigma sum omega J(x; theta*)^T eps,   J = df/dtheta (m x d),

which is linear in the noise: at a given theta* it vanishes for the noises of a linear subspace of
codimension rank J (J over all samples of positive weight) only, a null set unless J = 0 at all of
them.

Theta* may be a manifold, and an infinite union of null sets need not be one. Where the last layer
is linear with free weights, f = V^T a + b, two parts of the gradient know nothing of theta*:

    sum_u V_uj dL/dV_uk + b_j dL/db_k = -sigma sum omega T_j eps_k      (f_j = T_j, contracted)
    dL/db_k = -sigma sum omega eps_k                                    (with output biases)

Each is one subspace of noises for all of Theta*, proper as soon as T differs from 0 at a sample of
positive weight, or as there are output biases. Outside of it no theta* is critical: a Gaussian
noise vector lies in it with probability 0. Layers, activations and widths below play no part, nor
do kinks: the derivatives by the last layer exist wherever f does.

*Proof.* SymPy differentiates a sample of two outputs along any curve, where f = T, and by the last
layer of two units and a bias; sums over units and samples are linear.

*Check.* Power series of the loss of the model itself at a random theta* that teaches itself; in
layers every activation is a function of which nothing is known.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

import sympy as sp

from symbolic.checker.formulas import value_of
from symbolic.checker.layers import LastLayer, dimension, inputs_of, outputs, points_of
from symbolic.checker.networks import line
from symbolic.checker.points import Points, seed_of
from symbolic.model import Model
from symbolic.theorems.proof import ANY_SIZE, Claims, conclude, formula
from symbolic.theorems.smooth import Smooth
from symbolic.verdict import Verdict

NAME = "any optimum"
GRADIENT = "∇L(θ*) = −σ Σ ω J(x; θ*)ᵀ ε at every θ* with f(·; θ*) = T"
ONE = GRADIENT + (
    ", which vanishes only for noise vectors in a linear subspace, of codimension rank J"
)
ALL = GRADIENT + (
    "; contracted with the output weights it is −σ Σ ω T εᵀ, the same at all of them: one proper "
    "linear subspace holds the noise vectors for which any θ* in Θ* is critical"
)
BIASED = GRADIENT + (
    "; by the output biases it is −σ Σ ω ε, the same at all of them: one proper linear subspace "
    "holds the noise vectors for which any θ* in Θ* is critical"
)
STATEMENTS = (ONE, ALL, BIASED)
FIELDS = (frozenset({"model", "claims"}),)
CLAIMS: Claims = {
    # derivative of half the squared residual of one output, J that of the output
    "slope": "-sigma*eps*J",
    # sum over the last layer of V_uj d/dV_uk, and of b_j d/db_k
    "contracted": "-sigma*eps*T",
    # d/db_k
    "biased": "-sigma*eps",
}
_NEEDED = {
    ONE: "J ≠ 0 at a sample of positive weight",
    ALL: "T ≠ 0 at a sample of positive weight",
    BIASED: "any inputs and any T",
}
_SAMPLES = 3
_OUTPUTS = 2  # a pair of outputs is all that a sum over pairs needs
_UNITS = 2


def applies(model: Model) -> bool:
    """To every model with squared error, the loss that has noise on its targets."""
    return model.loss == "squared"


def prove(model: Model, claims: Claims = CLAIMS) -> Verdict:
    """Prove the gradient for any f, and what is the same on all of Theta* for a last layer."""
    last = (model.offset, model.has_free_last_layer)
    statement, used = _statement(*last), _used(*last)
    assumptions = (
        "any f that has the derivatives named, any number of layers and outputs",
        ANY_SIZE,
        "squared error, weight decay 0, σ ≠ 0",
        _NEEDED[statement],
    )
    content = {"model": model.to_json(), "claims": {k: claims[k] for k in sorted(used)}}
    defects = {"slope": _along(claims), **dict(_last(claims, used))}
    return conclude(NAME, statement, assumptions, defects, content)


def _used(biased: bool, free: bool) -> set[str]:
    """Names of the claims that such a model makes."""
    return {"slope"} | ({"contracted"} if free else set()) | ({"biased"} if biased else set())


def _statement(biased: bool, free: bool) -> str:
    """The strongest statement of a model with output biases, with free output weights."""
    return BIASED if biased else ALL if free else ONE


def _along(claims: Claims) -> sp.Expr:
    """One sample along any curve theta(t) through theta(0) = theta*."""
    t, sigma = sp.symbols("t sigma", real=True)
    eps = sp.symbols(f"eps:{_OUTPUTS}", real=True)
    many = [sp.Integer(j) for j in range(_OUTPUTS)]
    f = [Smooth(0, t + j) for j in many]  # one unknown function, elsewhere for each output
    residuals = [f[j] - Smooth(0, j) - sigma * eps[j] for j in many]
    names = [{"sigma": sigma, "eps": eps[j], "J": Smooth(1, j)} for j in many]
    half_square = sp.Add(*(r**2 for r in residuals)) / 2
    claimed = sp.Add(*(formula(claims, "slope", n) for n in names))
    return sp.expand(sp.diff(half_square, t).subs(t, 0) - claimed)


def _last(claims: Claims, used: set[str]) -> Iterator[tuple[str, sp.Expr]]:
    """One sample by the last layer of two units and a bias, f = V^T a + b."""
    units, many = range(_UNITS), range(_OUTPUTS)
    V = sp.Matrix(_UNITS, _OUTPUTS, lambda u, k: sp.Symbol(f"V{u}{k}", real=True))
    a = sp.symbols(f"a:{_UNITS}", real=True)
    b, T, eps = (sp.symbols(f"{name}:{_OUTPUTS}", real=True) for name in ("b", "T", "eps"))
    sigma = sp.Symbol("sigma", real=True)
    f = [sp.Add(b[k], *(V[u, k] * a[u] for u in units)) for k in many]
    value = sp.Add(*((f[k] - T[k] - sigma * eps[k]) ** 2 for k in many)) / 2
    optimal = dict(zip(T, f, strict=True))
    for j, k in product(many, many) if "contracted" in used else ():
        along = sp.Add(*(V[u, j] * sp.diff(value, V[u, k]) for u in units))
        defect = along + b[j] * sp.diff(value, b[k])
        defect -= formula(claims, "contracted", {"sigma": sigma, "eps": eps[k], "T": T[j]})
        yield f"contracted {j} {k}", sp.expand(defect.xreplace(optimal))
    for k in many if "biased" in used else ():
        claimed = formula(claims, "biased", {"sigma": sigma, "eps": eps[k]})
        yield f"biased {k}", sp.expand((sp.diff(value, b[k]) - claimed).xreplace(optimal))


def check(content: Mapping[str, Any], model: Mapping[str, Any]) -> bool:
    """Whether the series of the loss of the model, taught by itself, agree."""
    claims, last = content["claims"], LastLayer.of(model)
    if set(claims) != _used(last.biased, last.free):
        return False
    if content["statement"] != _statement(last.biased, last.free):
        return False
    points = points_of(model, seed_of(content))
    theta = [points.number() for _ in range(dimension(model))]
    taught = _Taught.random(points, model, theta)
    return all(
        taught.slope_is(points, direction, expected)
        for direction, expected in _directions(points, claims, last, theta)
    )


Names = Mapping[str, Any]
Expected = Callable[[int, Names, list[Any]], Any]
"""(output k, its names, targets of the sample) to the slope that belongs to it."""


def _directions(
    points: Points, claims: Claims, last: LastLayer, theta: list[Any]
) -> Iterator[tuple[list[Any], Expected]]:
    """Random directions in theta and of the last layer, with the slopes that are claimed."""
    many, number = range(last.outputs), points.number
    yield [number() for _ in theta], lambda k, names, T: value_of(claims["slope"], names)
    if last.free:
        mixing = [[number() for _ in many] for _ in many]

        def contracted(k: int, names: Names, T: list[Any]) -> Any:
            parts = [value_of(claims["contracted"], {**names, "T": t}) for t in T]
            return sum((row[k] * p for row, p in zip(mixing, parts, strict=True)), 0 * T[0])

        yield last.mixed(theta, mixing), contracted
    if last.biased:
        shares = [number() for _ in many]
        along = [0 * t for t in theta[: -last.outputs]] + shares
        yield along, lambda k, names, T: shares[k] * value_of(claims["biased"], names)


@dataclass(frozen=True)
class _Taught:
    """A model at theta* with random samples whose targets are its own.

    Attributes
    ----------
    model : mapping
    theta : list
    sigma : number
    inputs, targets, noises : list of list
        A row for each sample.
    weights : list
    """

    model: Mapping[str, Any]
    theta: list[Any]
    sigma: Any
    inputs: list[list[Any]]
    targets: list[list[Any]]
    noises: list[list[Any]]
    weights: list[Any]

    @classmethod
    def random(cls, points: Points, model: Mapping[str, Any], theta: list[Any]) -> "_Taught":
        """Random inputs, noises and weights."""
        number, many = points.number, range(_SAMPLES)
        inputs = [[number() for _ in range(inputs_of(model))] for _ in many]
        targets = [outputs(points, model, theta, x) for x in inputs]
        noises = [[number() for _ in row] for row in targets]
        return cls(model, theta, number(), inputs, targets, noises, [number() for _ in many])

    def slope_is(self, points: Points, direction: list[Any], expected: Expected) -> bool:
        """Whether the loss has the slope that is expected along a direction."""
        curve, zero = line(self.theta, direction, 1), self.sigma * 0
        found = claimed = zero
        rows = zip(self.inputs, self.targets, self.noises, self.weights, strict=True)
        for x, T, eps, weight in rows:
            for k, f in enumerate(outputs(points, self.model, curve, x)):
                r = f - T[k] - self.sigma * eps[k]
                names = {"sigma": self.sigma, "eps": eps[k], "J": f.c[1]}
                found = found + (r * r * weight / 2).c[1]
                claimed = claimed + weight * expected(k, names, T)
        return points.same(found, claimed)
