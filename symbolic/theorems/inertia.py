"""Theorem 4: inertia of the origin, of dead and of silent units.

Let phi(0) = 0, weight decay 0, S[.] = sum omega (.).

* At the **origin** D^2 L[d theta]^2 = 2 c sum_k dw_k dv_k with c = -phi'(0) S[x y]: eigenvalues
  +-c, each H times; index H where c != 0.
* A **silent unit** (w_1, v_1 = 0) with h(w_1) = S[r phi(w_1 x)] = 0 beside a critical point of the
  smaller loss, with Hessian A there: in the coordinates

      dw_1 = beta - a(dq)/b - s gamma/(2 b),   dv_1 = gamma,
      a(dq) = S[phi(w_1 x) dF],  s = S[phi(w_1 x)^2],  b = h'(w_1) = S[r x phi'(w_1 x)],

  of determinant 1, D^2 L = A(dq, dq) + 2 b beta gamma. So its index is 1 + index(A) where b != 0,
  and its nullity that of A. The **dead unit** is the case w_1 = 0.

*Proof.* Entries of the Hessian per sample by SymPy for an unknown smooth phi and an unknown smaller
network F; then the congruence with symbols for the sums.

*Check.* Power series of the loss on four random samples, with the sums computed from them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import sympy as sp

from symbolic.checker.formulas import value_of
from symbolic.checker.jets import Jet
from symbolic.checker.linear import with_vanishing_sums
from symbolic.checker.points import Points, Residues, apply, seed_of
from symbolic.model import Model
from symbolic.theorems.embedding import vanishes_at_zero
from symbolic.theorems.proof import ANY_SIZE, Claims, conclude, formula, second_directional
from symbolic.theorems.smooth import Vanishing
from symbolic.verdict import Verdict

NAME = "inertia"
STATEMENT = (
    "the origin has index H where Σ ω x y ≠ 0; a dead or silent unit (w_1, v_1 = 0) beside a "
    "critical point of the smaller loss has index 1 + index(A), A its Hessian, where "
    "Σ ω r x φ'(w_1 x) ≠ 0"
)
STATEMENTS = (STATEMENT,)
FIELDS = (frozenset({"claims"}),)
CLAIMS: Claims = {
    # entries of the Hessian for one sample, the rest moving along its own direction q
    "qq": "F1**2 + r*F2",
    "qw": "0",
    "qv": "phi0*F1",
    "ww": "0",
    "wv": "r*x*phi1",
    "vv": "phi0**2",
    # the change of coordinates: dw_1 = beta + this
    "shift": "-a*dq/b - s*gamma/(2*b)",
    # the second derivative in the new coordinates
    "form": "A*dq**2 + 2*b*beta*gamma",
    # the second derivative at the origin for one sample and one unit
    "origin": "-2*phi1*x*y*dw*dv",
}
_ENTRIES = ("qq", "qw", "qv", "ww", "wv", "vv")
_SAMPLES = 4
_UNITS = 3  # of the network whose origin is checked


def applies(model: Model) -> bool:
    """To perceptrons with free output weights, without biases or offset, and phi(0) = 0."""
    return model.is_plain and vanishes_at_zero(model) and phi_slope(model) != 0


def phi_slope(model: Model) -> sp.Expr:
    """phi'(0)."""
    u = sp.Symbol("u", real=True)
    return sp.diff(model.activation_expr, u).subs(u, 0)


def prove(model: Model, claims: Claims = CLAIMS) -> Verdict:
    """Prove the claims for an unknown activation with phi(0) = 0."""
    assumptions = (
        "any smooth φ with φ(0) = 0, φ'(0) ≠ 0",
        "any H: beside the unit stands an unknown smooth network F of the others",
        ANY_SIZE,
        "weight decay 0",
        "Sylvester's law of inertia",
    )
    defects = {**dict(_entries(claims)), **dict(_congruence(claims)), **dict(_origin(claims))}
    return conclude(NAME, STATEMENT, assumptions, defects, {"claims": dict(claims)})


def _entries(claims: Claims) -> Iterator[tuple[str, sp.Expr]]:
    """Entries of the Hessian for one sample."""
    z, w, v, x, r, y = sp.symbols("z w v x r y", real=True)
    dq, dw, dv, F1, F2 = sp.symbols("dq dw dv F1 F2", real=True)
    F = sp.Function("F")
    loss = (F(z) + v * Vanishing(0, w * x) - y) ** 2 / 2
    point = {v: sp.Integer(0)}
    _, _, second = second_directional(loss, point, {z: dq, w: dw, v: dv})
    known = {sp.diff(F(z), z, 2): F2, sp.diff(F(z), z): F1}
    found = sp.expand(second.xreplace({y: F(z) - r}).doit().xreplace(known))
    form = sp.Poly(found, dq, dw, dv)
    values = {"F1": F1, "F2": F2, "r": r, "x": x}
    values |= {f"phi{m}": Vanishing(m, w * x) for m in range(2)}
    powers = {"qq": dq**2, "qw": dq * dw, "qv": dq * dv, "ww": dw**2, "wv": dw * dv, "vv": dv**2}
    for name in _ENTRIES:
        twice = 1 if name[0] == name[1] else 2
        entry = form.coeff_monomial(powers[name])
        yield f"entry {name}", entry - twice * formula(claims, name, values)


def _congruence(claims: Claims) -> Iterator[tuple[str, sp.Expr]]:
    """The quadratic form with symbols for the sums of the entries."""
    A, a, s, b, dq, beta, gamma = sp.symbols("A a s b dq beta gamma", real=True)
    values = {"A": A, "a": a, "s": s, "b": b, "dq": dq, "beta": beta, "gamma": gamma}
    dw = beta + formula(claims, "shift", values)
    form = A * dq**2 + 2 * a * dq * gamma + 2 * b * dw * gamma + s * gamma**2
    yield "congruence", sp.together(form - formula(claims, "form", values))


def _origin(claims: Claims) -> Iterator[tuple[str, sp.Expr]]:
    """Second derivative at zero of two units: units do not mix."""
    w_1, w_2, v_1, v_2, x, y, dw_1, dw_2, dv_1, dv_2 = sp.symbols(
        "w_1 w_2 v_1 v_2 x y dw_1 dw_2 dv_1 dv_2", real=True
    )
    network = v_1 * Vanishing(0, w_1 * x) + v_2 * Vanishing(0, w_2 * x)
    zero = dict.fromkeys((w_1, w_2, v_1, v_2), sp.Integer(0))
    moved = {w_1: dw_1, w_2: dw_2, v_1: dv_1, v_2: dv_2}
    _, first, second = second_directional((network - y) ** 2 / 2, zero, moved)
    values = {"x": x, "y": y, "phi1": Vanishing(1, sp.Integer(0))}
    units = (
        formula(claims, "origin", {**values, "dw": dw, "dv": dv})
        for dw, dv in ((dw_1, dv_1), (dw_2, dv_2))
    )
    yield "slope at the origin", sp.expand(first)
    yield "origin", sp.expand(second - sp.Add(*units))


def check(content: Mapping[str, Any], model: Mapping[str, Any]) -> bool:
    """Whether power series of random losses agree; see the top of this file."""
    claims = content["claims"]
    if set(claims) != set(CLAIMS):
        return False
    points = Residues(seed_of(content), vanishing=True)
    silent = _silent_unit(points, claims, points.number())
    dead = _silent_unit(points, claims, points.number() * 0)
    return silent and dead and _at_origin(points, claims)


@dataclass(frozen=True)
class _Silent:
    """A unit w with output weight 0 beside a random critical point, on a few samples."""

    points: Points
    w: Any
    x: list[Any]
    weight: list[Any]
    F: list[list[Any]]  # Taylor coefficients of the smaller network along its direction
    r: list[Any]

    @classmethod
    def random(cls, points: Points, w: Any) -> "_Silent":
        """Residuals that solve the critical equations of F and of the unit."""
        number, many = points.number, range(_SAMPLES)
        x, weight, start = ([number() for _ in many] for _ in range(3))
        F = [[number() for _ in range(3)] for _ in many]
        rows = [[o * f[1] for o, f in zip(weight, F, strict=True)]]
        if w != 0:
            phi = (points.taylor("phi", w * x_i, 0)[0] for x_i in x)
            rows.append([o * p for o, p in zip(weight, phi, strict=True)])
        return cls(points, w, x, weight, F, with_vanishing_sums(rows, start))

    def loss(self, dq: Any, dw: Any, dv: Any) -> Jet:
        """Loss along a direction, without the factor 1/2."""
        zero = self.w * 0
        total = Jet([zero] * 3)
        for x, o, F, r in zip(self.x, self.weight, self.F, self.r, strict=True):
            unit = apply(self.points, "phi", Jet([self.w, dw, zero]) * x) * Jet([zero, dv, zero])
            f = Jet([F[0], F[1] * dq, F[2] * dq * dq]) + unit
            total = total + (f - (F[0] - r)) ** 2 * o
        return total

    def entries(self, claims: Claims) -> dict[str, Any]:
        """Sums over the samples of the claimed entries of the Hessian."""
        total = dict.fromkeys(_ENTRIES, self.w * 0)
        for x, o, F, r in zip(self.x, self.weight, self.F, self.r, strict=True):
            phi = self.points.taylor("phi", self.w * x, 1)
            names = {"F1": F[1], "F2": 2 * F[2], "r": r, "x": x, "phi0": phi[0], "phi1": phi[1]}
            for name in _ENTRIES:
                total[name] = total[name] + o * value_of(claims[name], names)
        return total


def _silent_unit(points: Points, claims: Claims, w: Any) -> bool:
    case, number = _Silent.random(points, w), points.number
    H = case.entries(claims)
    dq, dw, dv, beta, gamma = (number() for _ in range(5))
    own = case.loss(dq, dw, dv)
    mixed = H["qw"] * dq * dw + H["qv"] * dq * dv + H["wv"] * dw * dv
    form = H["qq"] * dq * dq + H["ww"] * dw * dw + H["vv"] * dv * dv + 2 * mixed
    names = {"A": H["qq"], "a": H["qv"], "b": H["wv"], "s": H["vv"], "dq": dq}
    names |= {"beta": beta, "gamma": gamma}
    turned = case.loss(dq, beta + value_of(claims["shift"], names), gamma)
    pairs = [(own.c[1], 0), (own.c[2], form), (turned.c[2], value_of(claims["form"], names))]
    return all(points.same(a, b) for a, b in pairs)


def _at_origin(points: Points, claims: Claims) -> bool:
    number, slope = points.number, points.taylor("phi", points.number() * 0, 1)[1]
    zero = slope * 0
    moves = [(number(), number()) for _ in range(_UNITS)]
    found, expected = Jet([zero] * 3), zero
    for _ in range(_SAMPLES):
        x, y, weight = number(), number(), number()
        f = Jet([zero] * 3)
        for dw, dv in moves:
            f = f + apply(points, "phi", Jet([zero, dw, zero]) * x) * Jet([zero, dv, zero])
            names = {"x": x, "y": y, "phi1": slope, "dw": dw, "dv": dv}
            expected = expected + weight * value_of(claims["origin"], names)
        found = found + (f - y) ** 2 * weight
    return points.same(found.c[1], 0) and points.same(found.c[2], expected)
