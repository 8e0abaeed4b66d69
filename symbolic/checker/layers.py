"""Networks of layers, several inputs and outputs, in the arithmetic of the checker.

Perceptrons and formulas are networks of one input and one output. In layers the activations are
functions of which nothing is known: what is checked of a network of layers holds for any.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from symbolic.checker.networks import Fields, exact, network, points_for
from symbolic.checker.networks import dimension as dimension_of_one
from symbolic.checker.points import Points, Residues, apply

Row = list[Any]


def points_of(model: Fields, seed: int) -> Points:
    """Residues where the activation is unknown or has a differential equation, else balls."""
    return Residues(seed) if model["kind"] == "network" else points_for(model, seed)


def inputs_of(model: Fields) -> int:
    """Number of inputs."""
    return int(model["network"]["inputs"]) if model["kind"] == "network" else 1


def outputs(points: Points, model: Fields, theta: Sequence[Any], x: Sequence[Any]) -> Row:
    """f(x; theta) of all outputs; theta layer by layer, rows of inputs first, then biases."""
    if model["kind"] != "network":
        return [network(points, model, theta, x[0])]
    a, rest = list(x), list(theta)
    *hidden, (fan_in, fan_out, biased) = _layers(model["network"])
    for shape in hidden:
        matrix, bias, rest = _taken(rest, *shape)
        a = [apply(points, "phi", z) for z in _affine(a, matrix, bias)]
    given = model["network"]["output_weights"]
    if given is None:
        matrix, bias, _ = _taken(rest, fan_in, fan_out, biased)
    else:
        matrix, bias = [[exact(v) for v in row] for row in given], rest
    return _affine(a, matrix, bias)


def dimension(model: Fields) -> int:
    """Number of parameters."""
    if model["kind"] != "network":
        return dimension_of_one(model)
    *hidden, last = _layers(model["network"])
    given = model["network"]["output_weights"] is not None
    size = last[1] * last[2] if given else _size(*last)
    return sum(_size(*shape) for shape in hidden) + size


@dataclass(frozen=True)
class LastLayer:
    """The layer in which the outputs are linear.

    Attributes
    ----------
    units, outputs : int
    free, biased : bool
        Whether its weights are parameters; whether it has biases. A formula has neither.
    """

    units: int
    outputs: int
    free: bool
    biased: bool

    @classmethod
    def of(cls, model: Fields) -> "LastLayer":
        """That of a model."""
        if model["kind"] == "network":
            *_, (units, count, biased) = _layers(model["network"])
            return cls(units, count, model["network"]["output_weights"] is None, biased)
        free = model["kind"] == "perceptron" and model["output_weights"] is None
        return cls(model["hidden"], 1, free, model["offset"])

    def mixed(self, theta: Sequence[Any], mixing: Sequence[Sequence[Any]]) -> Row:
        """A direction in theta: output weights and biases, V and b, move along V C and b C."""
        many = range(self.outputs)
        start = len(theta) - (self.units + self.biased) * self.outputs
        rows = [theta[k : k + self.outputs] for k in range(start, len(theta), self.outputs)]
        moved = [
            sum((row[j] * mixing[j][k] for j in many), 0 * row[0]) for row in rows for k in many
        ]
        return [0 * t for t in theta[:start]] + moved


def _layers(fields: Fields) -> list[tuple[int, int, bool]]:
    """(inputs, units, biased) of every layer, the outputs' last."""
    widths = [fields["inputs"], *fields["hidden"], fields["outputs"]]
    biased = [fields["bias"]] * len(fields["hidden"]) + [fields["offset"]]
    return list(zip(widths, widths[1:], biased, strict=False))


def _size(fan_in: int, fan_out: int, biased: bool) -> int:
    return (fan_in + biased) * fan_out


def _taken(rest: Row, fan_in: int, fan_out: int, biased: bool) -> tuple[list[Row], Row, Row]:
    """The first layer's matrix and biases, and what is left."""
    matrix = [rest[i * fan_out : (i + 1) * fan_out] for i in range(fan_in)]
    end = fan_in * fan_out
    return matrix, rest[end : end + biased * fan_out], rest[_size(fan_in, fan_out, biased) :]


def _affine(a: Row, matrix: Sequence[Sequence[Any]], bias: Row) -> Row:
    """A W + b; without biases where there are none."""
    found = []
    for k in range(len(matrix[0])):
        terms = [a[i] * row[k] for i, row in enumerate(matrix)]
        start = bias[k] if bias else terms.pop()
        found.append(sum(terms, start))
    return found
