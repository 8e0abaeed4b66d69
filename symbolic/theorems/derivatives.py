"""Theorem 1a: what is derived is the derivative of the loss.

For one sample L = 1/2 (f - T - sigma eps)^2 + rho/2 |theta|^2; the loss of a data set is the
weighted sum of the first term over the samples, so its derivatives are the sums of these.

*Proof.* `symbolic.derive` assembles gradient, Hessian and Taylor jets from the derivatives of one
unit in the ring of the activation. SymPy differentiates the loss of the whole network instead,
without rings and units, and both are expanded.

*Check.* The loss is evaluated at theta + s e, sigma + s tau, rho + s kappa as a power series in s
from its definition, at a random point and direction. Its coefficients must be those that the
formulas of the certificate give there.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import sympy as sp

from symbolic.checker.networks import Samples, dimension, formula, line, loss, points_for
from symbolic.checker.points import seed_of
from symbolic.derivatives import JET_ORDER, Derivation, derive
from symbolic.model import Model
from symbolic.theorems.proof import conclude
from symbolic.verdict import Verdict

NAME = "derivatives"
STATEMENT = (
    "gradient, Hessian, Taylor jets to order 4 and the derivatives of the gradient by noise and "
    "weight decay are the derivatives of the loss"
)
NAMED = {"theta", "direction", "target", "noise", "sigma", "rho"}
STATEMENTS = (STATEMENT,)
FIELDS = (
    frozenset({"model", "names", "ring", "gradient", "hessian", "by_noise", "by_decay", "jet"}),
)
_NONE: Mapping[str, Any] = {}
MOST_UNITS = 2
"""Identities between all units follow from those between two: an entry of the Hessian touches two
units, and the others enter through the residual alone."""


def applies(model: Model) -> bool:
    """To every model but networks of layers, whose derivatives are taken layer by layer."""
    return not model.is_network


def prove(model: Model, derivation: Derivation | None = None) -> Verdict:
    """Compare a derivation, `derive(model)` unless another is given, with SymPy's derivatives."""
    derivation = derivation or derive(two_units(model))
    assumptions = ("one sample; sums over samples by linearity", _extent(derivation.model, model))
    content = {
        "model": derivation.model.to_json(),
        "names": _names(derivation),
        "ring": {str(symbol): str(value) for symbol, value in derivation.ring.items()},
        "gradient": [str(g) for g in derivation.gradient],
        "hessian": [[str(entry) for entry in row] for row in derivation.hessian.tolist()],
        "by_noise": [str(n) for n in derivation.noise_derivative],
        "by_decay": [str(n) for n in derivation.weight_decay_derivative],
        "jet": [str(m) for m in derivation.jet],
    }
    return conclude(NAME, STATEMENT, assumptions, dict(_defects(derivation)), content)


def two_units(model: Model) -> Model:
    """The first two units of a wider perceptron; any other model itself."""
    if not model.is_perceptron or model.hidden <= MOST_UNITS:
        return model
    weights = model.output_weights
    return Model.perceptron(
        hidden=MOST_UNITS,
        activation=model.activation,
        output_weights="free" if weights is None else weights[:MOST_UNITS],
        bias=model.bias,
        offset=model.offset,
    )


def _extent(proved: Model, model: Model) -> str:
    if not model.is_perceptron:
        return "the formula as given"
    if proved.hidden == model.hidden:
        return f"{model.hidden} unit{'s' if model.hidden > 1 else ''}"
    return f"{model.hidden} units: an entry touches two of them, the rest enters by the residual"


def _names(derivation: Derivation) -> dict[str, Any]:
    """How the certificate calls what its formulas depend on."""
    return {
        "theta": [str(p) for p in derivation.parameters],
        "direction": [str(e) for e in derivation.direction],
        **{k: str(getattr(derivation, k)) for k in ("target", "noise", "sigma", "rho")},
    }


def _defects(derivation: Derivation) -> Iterator[tuple[str, sp.Expr]]:
    network, theta = derivation.model.expression, derivation.parameters
    residual = network - derivation.target - derivation.sigma * derivation.noise
    whole = residual**2 / 2 + derivation.rho / 2 * sum(p**2 for p in theta)
    for a, p in enumerate(theta):
        slope = sp.diff(whole, p)
        yield f"gradient {a}", slope - derivation.expand(derivation.gradient[a])
        by_noise = derivation.expand(derivation.noise_derivative[a])
        yield f"noise {a}", sp.diff(slope, derivation.sigma) - by_noise
        yield (
            f"decay {a}",
            sp.diff(slope, derivation.rho) - derivation.weight_decay_derivative[a],
        )
        for b in range(a, len(theta)):
            entry = derivation.expand(derivation.hessian[a, b])
            yield f"Hessian {a}, {b}", sp.diff(slope, theta[b]) - entry
    yield from _jet_defects(derivation)


def _jet_defects(derivation: Derivation) -> Iterator[tuple[str, sp.Expr]]:
    """Jets of the network, and of the loss by the product rule."""
    t = sp.Dummy("t", real=True)
    pairs = zip(derivation.parameters, derivation.direction, strict=True)
    moved = derivation.model.expression.xreplace({p: p + t * e for p, e in pairs})
    for order, entry in enumerate(derivation.network_jet):
        at_zero = moved.xreplace({t: sp.Integer(0)})
        yield f"jet of the network, order {order}", at_zero - derivation.expand(entry)
        moved = sp.diff(moved, t)
    yield from _product_rule(derivation)


def _product_rule(derivation: Derivation) -> Iterator[tuple[str, sp.Expr]]:
    """The square of a series with the network's coefficients has those of the loss."""
    t = sp.Dummy("t", real=True)
    series = [derivation.residual, *derivation.network_jet[1:]]
    placed = sp.symbols(f"r:{JET_ORDER + 1}", real=True)
    r = sum(c * t**m / sp.factorial(m) for m, c in enumerate(placed))
    moved = zip(derivation.parameters, derivation.direction, strict=True)
    decay = derivation.rho / 2 * sum((p + t * e) ** 2 for p, e in moved)
    loss_series = sp.Poly(sp.expand(r**2 / 2 + decay), t)
    back = dict(zip(placed, series, strict=True))
    for order, entry in enumerate(derivation.jet):
        coefficient = sp.factorial(order) * loss_series.coeff_monomial(t**order)
        yield f"jet of the loss, order {order}", coefficient.xreplace(back) - entry


def check(content: Mapping[str, Any], model: Mapping[str, Any]) -> bool:
    """Whether power series of the loss agree with the certificate; see the top of this file."""
    points = points_for(model, seed_of(content))
    names, d = content["names"], dimension(model)
    if set(names) != NAMED or not _different(content, model):
        return False
    sample = Samples.random(points, 1)
    theta, e = ([points.number() for _ in range(d)] for _ in range(2))
    sigma, tau, rho, kappa = (points.number() for _ in range(4))
    values = dict(zip(names["theta"], theta, strict=True)) | {model["input"]: sample.x[0]}
    values |= {names["target"]: sample.target[0], names["noise"]: sample.noise[0]}
    values |= {names["sigma"]: sigma, names["rho"]: rho}
    values |= {z: formula(points, text, values) for z, text in content["ring"].items()}
    curve = line(theta, e, JET_ORDER)
    samples = Samples(sample.x, sample.target, sample.noise, [points.number() * 0 + 1])

    directions = dict(zip(names["direction"], e, strict=True))

    def claimed(texts: list[str], more: Mapping[str, Any] = _NONE) -> list[Any]:
        return [formula(points, text, {**values, **more}) for text in texts]

    along = loss(points, model, curve, samples, sigma, rho)
    s_sigma, s_rho = (line([a], [b], JET_ORDER)[0] for a, b in ((sigma, tau), (rho, kappa)))
    mixed = loss(points, model, curve, samples, s_sigma, s_rho)
    slope = _dot(e, claimed(content["gradient"]))
    hessian = [claimed(row) for row in content["hessian"]]
    curvature = _dot(e, [_dot(e, row) for row in hessian])
    by_noise, by_decay = (_dot(e, claimed(content[k])) for k in ("by_noise", "by_decay"))
    twice = curvature + 2 * tau * by_noise + 2 * kappa * by_decay
    twice = twice + tau * tau * sample.noise[0] * sample.noise[0]
    jets = claimed(content["jet"], directions)
    pairs = [(along.derivative(m), jet) for m, jet in enumerate(jets)]
    pairs += [(along.derivative(1), slope), (along.derivative(2), curvature)]
    pairs += [(mixed.derivative(2), twice)]
    pairs += [(hessian[a][b], hessian[b][a]) for a in range(d) for b in range(a)]
    complete = len(jets) == JET_ORDER + 1
    return complete and all(points.same(a, b) for a, b in pairs)


def _different(content: Mapping[str, Any], model: Mapping[str, Any]) -> bool:
    """Whether no name of the certificate means two things."""
    names = content["names"]
    single = [names[k] for k in ("target", "noise", "sigma", "rho")]
    given = [*names["theta"], *names["direction"], *single, model["input"], *content["ring"]]
    return len(set(given)) == len(given)


def _dot(first: list[Any], second: list[Any]) -> Any:
    total = first[0] * second[0]
    for a, b in zip(first[1:], second[1:], strict=True):
        total = total + a * b
    return total
