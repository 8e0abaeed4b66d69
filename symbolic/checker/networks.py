"""Networks and losses from their definition, in the arithmetic of the checker."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from flint import fmpq

from symbolic.checker.formulas import value_of
from symbolic.checker.jets import Jet
from symbolic.checker.points import Balls, Points, Residues, apply

Fields = Mapping[str, Any]
"""A model as the dictionary of its JSON text."""

EXACT_ACTIVATIONS = ("tanh", "erf", "logistic", "softplus", "sin")


def points_for(model: Fields, seed: int) -> Points:
    """Residues where the activation has a differential equation, else balls."""
    exact = model["kind"] == "perceptron" and model["activation"] in EXACT_ACTIVATIONS
    return Residues(seed) if exact else Balls(seed)


def exact(number: float) -> fmpq:
    """A number as the rational of its decimal text."""
    value = Fraction(repr(number))
    return fmpq(value.numerator, value.denominator)


def activate(points: Points, name: str, argument: Any) -> Any:
    """The activation, given by its name or its formula in u."""
    if name == "phi" or name in EXACT_ACTIVATIONS:
        return apply(points, name, argument)
    return formula(points, name, {"u": argument})


def formula(points: Points, text: str, names: Mapping[str, Any]) -> Any:
    """Value of a formula with functions."""
    known = {"pi": points.pi, **names}
    return value_of(text, known, lambda name, argument: apply(points, name, argument))


def network(points: Points, model: Fields, theta: Sequence[Any], x: Any) -> Any:
    """f(x; theta), theta in the order w_1..w_H, [c_1..c_H], [v_1..v_H], [b_0]."""
    if model["kind"] == "expression":
        names = dict(zip(model["parameters"], theta, strict=True))
        return formula(points, model["formula"], {**names, model["input"]: x})
    hidden, rest = model["hidden"], list(theta)
    w, rest = rest[:hidden], rest[hidden:]
    c, rest = (rest[:hidden], rest[hidden:]) if model["bias"] else ([0] * hidden, rest)
    if model["output_weights"] is None:
        v, rest = rest[:hidden], rest[hidden:]
    else:
        v = [exact(weight) for weight in model["output_weights"]]
    total = rest[0] if model["offset"] else 0 * w[0]
    for w_k, c_k, v_k in zip(w, c, v, strict=True):
        total = total + activate(points, model["activation"], w_k * x + c_k) * v_k
    return total


def dimension(model: Fields) -> int:
    """Number of parameters."""
    if model["kind"] == "expression":
        return len(model["parameters"])
    free = model["output_weights"] is None
    return model["hidden"] * (1 + model["bias"] + free) + model["offset"]


def line(start: Sequence[Any], direction: Sequence[Any], order: int) -> list[Jet]:
    """The curve start + s * direction as jets."""
    return [Jet([a, e, *[a * 0] * (order - 1)]) for a, e in zip(start, direction, strict=True)]


@dataclass(frozen=True)
class Samples:
    """Random inputs, targets, noises and weights of a few samples, one list each."""

    x: list[Any]
    target: list[Any]
    noise: list[Any]
    weight: list[Any]

    @classmethod
    def random(cls, points: Points, n: int) -> "Samples":
        """Random samples, n of them."""
        columns = ([points.number() for _ in range(n)] for _ in range(4))
        return cls(*columns)

    def __len__(self) -> int:
        return len(self.x)


def loss(
    points: Points,
    model: Fields,
    theta: Sequence[Any],
    samples: Samples,
    sigma: Any,
    rho: Any = 0,
) -> Any:
    """1/2 sum omega (f - T - sigma eps)^2 + rho/2 |theta|^2."""
    rows = zip(samples.x, samples.target, samples.noise, samples.weight, strict=True)
    total = sum((p * p for p in theta[1:]), start=theta[0] * theta[0]) * rho
    for x, target, noise, weight in rows:
        r = network(points, model, theta, x) - target - sigma * noise
        total = total + r * r * weight
    return total / 2
