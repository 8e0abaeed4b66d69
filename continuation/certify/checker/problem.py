"""The loss of a certificate, read and evaluated anew: jets of plain formulas in ball arithmetic.

Nothing here is shared with the provers: the network's formula is walked once for every sample
with values that carry their first and second derivatives by all weights.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import sympy as sp
from flint import arb, arb_mat, fmpq

from continuation.certify.checker import schema
from continuation.certify.checker.jets import Jet, jet_of, plain
from continuation.certify.checker.refusal import Refused, require
from continuation.certify.checker.watch import Watch
from symbolic import FormulaError, Model, ModelError

CHECK_PRECISION = 128
"""Bits of the checker's balls."""

LONGEST_MODEL = 10_000
"""Characters of a model's text; formulas of this length take below a second to read."""

MOST_OF_LAYERS = 20_000
"""Weights of a network of layers, of which no matrix is built here."""

WEIGHT_SUM_ROUNDING = Fraction(1, 10**12)
"""Σ ω may differ from 1 by this for each sample: weights are doubles that were normalised."""

PROBLEM = schema.record(
    {
        "model": schema.text(LONGEST_MODEL),
        "x": schema.rows(schema.real(), 2),
        "target": schema.optional(schema.rows(schema.real(), 2)),
        "noise": schema.rows(schema.real(), 2),
        "weights": schema.optional(schema.rows(schema.real(0.0, 1.0), 2)),
        "sigma": schema.real(0.0),
        "size": schema.optional(schema.real(2.0)),
        "weight_decay": schema.real(0.0),
    }
)
"""Model, data and parameters of a certificate."""


@dataclass(frozen=True)
class Problem:
    """Data and parameters of a certificate, and the formula of its network.

    Attributes
    ----------
    model : Model
    x, target, noise, weights : list of arb
        Inputs, targets without noise, noises, and weights ω_i, all written out; of several inputs
        or outputs one sample after the other.
    sigma, decay : arb
    size : float or None
        The size that was given; x and the other lists are cut to it.
    weighted : bool
        Whether the samples came with weights of their own.
    taught : bool
        Whether the targets are those of the model's teacher.
    watch : Watch
        Of the check.
    """

    model: Model
    x: list[arb]
    target: list[arb]
    noise: list[arb]
    weights: list[arb]
    sigma: arb
    decay: arb
    size: float | None
    weighted: bool
    taught: bool
    watch: Watch

    @classmethod
    def read(cls, record: Any, watch: Watch | None = None) -> Problem:
        """From the "problem" of a certificate.

        Raises
        ------
        Refused
            Not a problem: fields, types or ranges are amiss, lists differ in length, weights do
            not sum to 1, the size lies outside the data, the model is no model.
        """
        fields = PROBLEM(record, "problem")
        model = _model(fields["model"])
        count = _samples(model, fields)
        weights = _weights(fields["weights"], fields["size"], count)
        n, d, m = len(weights), model.inputs, model.outputs
        x, noise = _balls(fields["x"][: n * d]), _balls(fields["noise"][: n * m])
        target = _target(model, fields["target"], x)
        sigma, decay = arb(fields["sigma"]), arb(fields["weight_decay"])
        return cls(
            model=model,
            x=x,
            target=target,
            noise=noise,
            weights=weights,
            sigma=sigma,
            decay=decay,
            size=fields["size"],
            weighted=fields["weights"] is not None,
            taught=fields["target"] is None,
            watch=watch or Watch(),
        )

    def with_hidden(self, hidden: int) -> Problem:
        """The same data for a network of another width."""
        return replace(self, model=self.model.with_hidden(hidden))

    def derivatives(self, theta: Sequence[arb]) -> tuple[arb, arb_mat, arb_mat, arb_mat]:
        """Loss, gradient, Σ ω ∂f ∂fᵀ + ρ and Σ ω r ∂²f over a box."""
        require(not self.model.is_network, "nothing is known here of the derivatives of layers")
        d = len(theta)
        loss = self.decay * sum((t * t for t in theta), arb(0)) / 2
        slope = [self.decay * t for t in theta]
        square = [[self.decay * int(a == b) for b in range(d)] for a in range(d)]
        curved = [[arb(0)] * d for _ in range(d)]
        for jet, target, noise, weight in zip(
            self.jets(theta), self.target, self.noise, self.weights, strict=True
        ):
            r = jet.value - target - self.sigma * noise
            loss += weight * r * r / 2
            for a in range(d):
                slope[a] += weight * r * jet.gradient[a]
                for b in range(d):
                    square[a][b] += weight * (jet.gradient[a] * jet.gradient[b])
                    curved[a][b] += weight * (r * jet.hessian[a][b])
        return loss, arb_mat(d, 1, slope), arb_mat(square), arb_mat(curved)

    def jets(self, theta: Sequence[arb]) -> Iterator[Jet]:
        """The outputs with their derivatives at each sample."""
        known = dict(zip(self.symbols, theta, strict=True))
        return (jet_of(self.formula, known, inputs) for inputs in self.inputs())

    @property
    def formula(self) -> sp.Expr:
        """The outputs."""
        return self.model.expression

    @property
    def symbols(self) -> tuple[sp.Symbol, ...]:
        """The weights, in order."""
        return self.model.parameter_symbols

    def inputs(self) -> Iterator[Mapping[sp.Symbol, arb]]:
        """What is known of each sample."""
        return ({self.model.input_symbol: x} for x in self.x)


def _model(text: str) -> Model:
    """The model of its canonical text; widths are bounded before anything is built."""
    fields = schema.parse(text)
    require(isinstance(fields, dict), "the model is no record")
    largest = MOST_OF_LAYERS if fields.get("kind") == "network" else schema.MOST_WEIGHTS
    for name, most in (("hidden", largest), ("parameters", schema.MOST_WEIGHTS)):
        value = fields.get(name)
        wide = len(value) if isinstance(value, list) else value
        require(type(wide) is int and wide <= most, f"the model's {name} are out of range")
    try:
        model = Model.from_json(text)
    except (FormulaError, ModelError, RecursionError) as error:
        raise Refused(f"the model is no model: {error}") from error
    require(model.to_json() == text, "the model's text is not the one that this model has")
    require(1 <= model.dimension <= largest, "the model has too many weights")
    return model


def _samples(model: Model, fields: Mapping[str, Any]) -> int:
    """The number of samples; all columns have it."""
    d, m = model.inputs, model.outputs
    widths = {"x": d, "noise": m, "target": m, "weights": 1}
    columns = {name: fields[name] for name in widths if fields[name] is not None}
    counts = {Fraction(len(column), widths[name]) for name, column in columns.items()}
    require(len(counts) == 1, "the data have columns of different lengths")
    count = counts.pop()
    require(count.denominator == 1 and count >= 2, "the data have columns of different lengths")
    rows = {tuple(fields["x"][k : k + d]) for k in range(0, len(fields["x"]), d)}
    require(len(rows) > 1, "all inputs are the same")
    return int(count)


def _target(model: Model, given: Sequence[float] | None, x: Sequence[arb]) -> list[arb]:
    """The observed targets, or those of the teacher."""
    d = model.inputs
    if given is not None:
        return _balls(given[: len(x) // d * model.outputs])
    require(model.teacher is not None, "neither targets nor a teacher are given")
    rows = (x[k : k + d] for k in range(0, len(x), d))
    samples = (dict(zip(model.input_symbols, row, strict=True)) for row in rows)
    return [plain(teacher, sample) for sample in samples for teacher in model.teachers]


def _balls(values: Sequence[float]) -> list[arb]:
    return [arb(value) for value in values]


def around(centre: Sequence[arb], radius: arb) -> list[arb]:
    """The box of a radius in the maximum norm around an exact point."""
    return [m + arb(0, radius) for m in centre]


def _weights(given: Sequence[float] | None, size: float | None, n: int) -> list[arb]:
    """Weights of the samples that count."""
    if given is not None:
        require(size is None, "data with weights have no size")
        total = sum(map(Fraction, given), Fraction(0))
        off = abs(total - 1) > n * WEIGHT_SUM_ROUNDING
        require(not off, "the weights of the samples do not sum to 1")
        return _balls(given)
    if size is None:
        return [arb(fmpq(1, n))] * n
    p, q = size.as_integer_ratio()
    whole, t = p // q, fmpq(p % q, q)
    require(whole >= 2 and p <= n * q, "the size lies outside the data")
    ramp = 10 * t**3 - 15 * t**4 + 6 * t**5
    share = fmpq(1) / (whole + ramp)
    rest = [arb(ramp * share)] if t > 0 else []
    return [arb(share)] * whole + rest
