"""The loss of a certificate, read and evaluated anew: jets of plain formulas in ball arithmetic.

Nothing here is shared with the provers: the network's formula is walked once for every sample
with values that carry their first and second derivatives by all weights.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import sympy as sp
from flint import arb, arb_mat, fmpq

from continuation.certify.checker import schema
from continuation.certify.checker.refusal import Refused, require
from continuation.certify.checker.watch import Watch
from symbolic import FormulaError, Model, ModelError

CHECK_PRECISION = 128
"""Bits of the checker's balls."""

LONGEST_MODEL = 10_000
"""Characters of a model's text; formulas of this length take below a second to read."""

MOST_OF_LAYERS = 20_000
"""Weights of a network of layers, of which no matrix is built here."""

HIGHEST_POWER = 100
"""Of whole powers in formulas, which are repeated products here."""

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
class Jet:
    """A value with its gradient and the rows of its Hessian by all weights."""

    value: arb
    gradient: list[arb]
    hessian: list[list[arb]]


Rule = Callable[[arb], tuple[arb, arb, arb]]


def _tanh(u: arb) -> tuple[arb, arb, arb]:
    t = u.tanh()
    return t, 1 - t * t, -2 * t * (1 - t * t)


def _logistic(u: arb) -> tuple[arb, arb, arb]:
    s = 1 / (1 + (-u).exp())
    return s, s * (1 - s), s * (1 - s) * (1 - 2 * s)


def _softplus(u: arb) -> tuple[arb, arb, arb]:
    s = 1 / (1 + (-u).exp())
    return (1 + u.exp()).log(), s, s * (1 - s)


def _erf(u: arb) -> tuple[arb, arb, arb]:
    bell = 2 / arb.pi().sqrt() * (-u * u).exp()
    return u.erf(), bell, -2 * u * bell


RULES: Mapping[str, Rule] = {
    "tanh": _tanh,
    "logistic": _logistic,
    "softplus": _softplus,
    "erf": _erf,
    "exp": lambda u: (u.exp(),) * 3,
    "sin": lambda u: (u.sin(), u.cos(), -u.sin()),
    "cos": lambda u: (u.cos(), -u.sin(), -u.cos()),
    "sinh": lambda u: (u.sinh(), u.cosh(), u.sinh()),
    "cosh": lambda u: (u.cosh(), u.sinh(), u.cosh()),
    "log": lambda u: (u.log(), 1 / u, -1 / (u * u)),
    "atan": lambda u: (u.atan(), 1 / (1 + u * u), -2 * u / ((1 + u * u) * (1 + u * u))),
    "Abs": lambda u: (abs(u), arb.nan(), arb.nan()),
}
"""Value, first and second derivative of the functions that the checker knows."""


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


def jet_of(
    expression: sp.Expr, weights: Mapping[sp.Symbol, arb], inputs: Mapping[sp.Symbol, arb]
) -> Jet:
    """Value of a formula with its derivatives by the weights."""
    d = len(weights)
    known = {symbol: _constant(value, d) for symbol, value in inputs.items()}
    known |= {symbol: _variable(value, k, d) for k, (symbol, value) in enumerate(weights.items())}
    return _jet(expression, known, d)


def plain(expression: sp.Expr, known: Mapping[sp.Symbol, arb]) -> arb:
    """Value of a formula without derivatives."""
    return jet_of(expression, {}, known).value


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


def _constant(value: arb, d: int) -> Jet:
    return Jet(value, [arb(0)] * d, [[arb(0)] * d for _ in range(d)])


def _variable(value: arb, place: int, d: int) -> Jet:
    jet = _constant(value, d)
    jet.gradient[place] = arb(1)
    return jet


def _jet(expression: sp.Expr, known: Mapping[sp.Symbol, Jet], d: int) -> Jet:
    if expression in known:
        return known[expression]
    if not expression.args:
        return _constant(_number(expression), d)
    if expression.is_Pow and not isinstance(expression, sp.exp):
        return _power(expression, known, d)
    parts = [_jet(part, known, d) for part in expression.args]
    if expression.is_Add or expression.is_Mul:
        join = _sum if expression.is_Add else _product
        total = parts[0]
        for part in parts[1:]:
            total = join(total, part)
        return total
    rule = RULES.get(type(expression).__name__)
    if rule is None:
        raise Refused(f"the checker has no rule for {type(expression).__name__}")
    return _chain(rule, parts[0])


def _number(expression: sp.Expr) -> arb:
    if expression is sp.pi:
        return arb.pi()
    if expression is sp.E:
        return arb(1).exp()
    require(expression.is_Rational, f"{expression} is no number")
    return arb(fmpq(int(expression.p), int(expression.q)))


def _power(expression: sp.Expr, known: Mapping[sp.Symbol, Jet], d: int) -> Jet:
    power = expression.exp
    require(power.is_Rational, f"the checker has no rule for {expression}")
    require(abs(power.p) <= HIGHEST_POWER * power.q, f"the power {power} is too high")
    p = fmpq(int(power.p), int(power.q))

    def rule(u: arb) -> tuple[arb, arb, arb]:
        first, second = arb(p) * _raise(u, p - 1), arb(p) * arb(p - 1)
        return _raise(u, p), first, second * _raise(u, p - 2) if second != 0 else arb(0)

    return _chain(rule, _jet(expression.base, known, d))


def _raise(u: arb, power: fmpq) -> arb:
    """A power; whole ones by repeated products, which also hold around zero."""
    if power.q != 1:
        return u**power
    product = arb(1)
    for _ in range(abs(int(power.p))):
        product *= u
    return product if power.p >= 0 else 1 / product


def _chain(rule: Rule, inner: Jet) -> Jet:
    value, first, second = rule(inner.value)
    g = inner.gradient
    return Jet(
        value,
        [first * a for a in g],
        [
            [second * (a * b) + first * h for b, h in zip(g, row, strict=True)]
            for a, row in zip(g, inner.hessian, strict=True)
        ],
    )


def _sum(a: Jet, b: Jet) -> Jet:
    return Jet(
        a.value + b.value,
        [p + q for p, q in zip(a.gradient, b.gradient, strict=True)],
        [
            [p + q for p, q in zip(left, right, strict=True)]
            for left, right in zip(a.hessian, b.hessian, strict=True)
        ],
    )


def _product(a: Jet, b: Jet) -> Jet:
    d = len(a.gradient)
    return Jet(
        a.value * b.value,
        [a.value * q + b.value * p for p, q in zip(a.gradient, b.gradient, strict=True)],
        [
            [
                a.value * b.hessian[i][j]
                + b.value * a.hessian[i][j]
                + a.gradient[i] * b.gradient[j]
                + a.gradient[j] * b.gradient[i]
                for j in range(d)
            ]
            for i in range(d)
        ],
    )
