"""Verdicts: statements about a model with what SymPy could prove of them."""

from collections.abc import Iterator
from dataclasses import dataclass

import sympy as sp

from .derivatives import JET_ORDER, Derivation, derive
from .model import Model
from .symmetry import generators, invariance_defect

PROVED, REFUTED, UNDECIDED = "PROVED", "REFUTED", "UNDECIDED"
_DIGITS = 40
_MOST_UNITS = 2  # identities between all units follow from those between two


@dataclass(frozen=True)
class Verdict:
    """One statement and what is known of it.

    Attributes
    ----------
    statement : str
    verdict : str
        "PROVED", "REFUTED" or "UNDECIDED".
    assumptions : tuple of str
    certificate : str
        The identity that was reduced to zero, or the point where it fails.
    """

    statement: str
    verdict: str
    assumptions: tuple[str, ...]
    certificate: str


def verify(model: Model) -> tuple[Verdict, ...]:
    """Prove the derivation that the kernels are printed from, and the symmetries.

    Derivatives are compared with those that SymPy takes of the network function as a whole,
    without rings and units. They are compared for at most two units, which meet every pattern
    of indices that more units have.
    """
    small = model
    if model.kind == "perceptron" and model.hidden > _MOST_UNITS:
        small = _first_units(model)
    return (*_derivative_verdicts(small), *_symmetry_verdicts(model))


def _first_units(model: Model) -> Model:
    weights = model.output_weights
    return Model.perceptron(
        hidden=_MOST_UNITS,
        activation=model.activation,
        output_weights="free" if weights is None else weights[:_MOST_UNITS],
        bias=model.bias,
        offset=model.offset,
    )


def _derivative_verdicts(model: Model) -> Iterator[Verdict]:
    derivation = derive(model)
    network = model.expression
    theta, many = derivation.parameters, range(model.dimension)
    assumptions = ("theta, x, T, epsilon, sigma and rho are real", _extent(model))
    residual = network - derivation.target - derivation.sigma * derivation.noise
    loss = residual**2 / 2 + derivation.rho / 2 * sum(p**2 for p in theta)
    slopes = [sp.diff(loss, p) for p in theta]
    ours = [derivation.expand(g) for g in derivation.gradient]
    claims = {
        "gradient of the loss": [slopes[a] - ours[a] for a in many],
        "Hessian of the loss": [
            sp.diff(slopes[a], theta[b]) - derivation.expand(derivation.hessian[a, b])
            for a in many
            for b in range(a, model.dimension)
        ],
        "derivative of the gradient by the noise": [
            sp.diff(slopes[a], derivation.sigma) - derivation.expand(derivation.noise_derivative[a])
            for a in many
        ],
        "derivative of the gradient by the weight decay": [
            sp.diff(slopes[a], derivation.rho) - derivation.weight_decay_derivative[a] for a in many
        ],
        f"Taylor jet of the network to order {JET_ORDER}": list(_jet_defects(model, derivation)),
    }
    for statement, defects in claims.items():
        yield _verdict(f"{statement} is as derived", defects, assumptions)


def _jet_defects(model: Model, derivation: Derivation) -> Iterator[sp.Expr]:
    t = sp.Dummy("t", real=True)
    pairs = zip(derivation.parameters, derivation.direction, strict=True)
    moved = model.expression.xreplace({p: p + t * e for p, e in pairs})
    for order in derivation.network_jet:
        yield moved.xreplace({t: sp.Integer(0)}) - derivation.expand(order)
        moved = sp.diff(moved, t)


def _symmetry_verdicts(model: Model) -> Iterator[Verdict]:
    for g in generators(model):
        defect = invariance_defect(model, g)
        statement = f"the loss is invariant under {g.name}"
        yield _verdict(statement, [defect], ("theta and x are real",))


def _verdict(statement: str, defects: list[sp.Expr], assumptions: tuple[str, ...]) -> Verdict:
    for defect in defects:
        if sp.expand(defect) == 0 or sp.simplify(defect) == 0:
            continue
        point = _counterexample(defect)
        if point is None:
            return Verdict(statement, UNDECIDED, assumptions, f"not reduced to zero: {defect}")
        return Verdict(statement, REFUTED, assumptions, f"not zero at {point}: {defect}")
    certificate = f"{len(defects)} differences expand to zero"
    return Verdict(statement, PROVED, assumptions, certificate)


def _counterexample(defect: sp.Expr) -> dict[str, str] | None:
    symbols = sorted(defect.free_symbols, key=str)
    point = {s: sp.Rational(2 * k + 3, 7 + 3 * k) for k, s in enumerate(symbols)}
    value = defect.xreplace(point).evalf(_DIGITS)
    if value.is_number and abs(value) > sp.Float(10) ** (-_DIGITS // 2):
        return {str(s): str(v) for s, v in point.items()}
    return None


def _extent(model: Model) -> str:
    if model.kind == "expression":
        return "the formula as given"
    return f"checked for {model.hidden} unit{'s' if model.hidden > 1 else ''}"
