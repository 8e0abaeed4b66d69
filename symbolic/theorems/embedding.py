"""Theorem 3: critical points of a network with one unit less, embedded.

Let F(x) = q(x) + v phi(w x) be the network of H - 1 units at a critical point of its loss, where
q stands for the other units and an offset, r = F - y its residual, S[.] = sum omega r (.), so that

    S[phi(w x)] = 0,   v S[x phi'(w x)] = 0,   S[dq] = 0 for every direction of the other units.

* **Split line**: w_1 = w_2 = w, v_1 = lam v, v_2 = (1 - lam) v is critical for H units for every
  lam; f = F and so L is constant along it. In the coordinates (dq, dw, dv, l, tau) with

      dw_1 = dw + (1 - lam) tau,  dw_2 = dw - lam tau,  dv_1 = dv + l,  dv_2 = -l,

  of determinant 1, the Hessian is that of the smaller network on (dq, dw, dv), 0 on l, along the
  line (nullity >= 1), and the transverse curvature lam (1 - lam) v S[phi''(w x) x^2] on tau,
  without mixed terms.
* **Dead unit** (phi(0) = 0): w_1 = v_1 = 0 beside F is critical.
* **Silent unit**: v_1 = 0, w_1 any root of h(w_1) = S[phi(w_1 x)] beside F is critical.

*Proof.* Per sample, for an unknown smooth phi and an unknown smooth q: what the claims leave is a
combination of the critical equations, with the cofactors that stand in the certificate.

*Check.* Losses of both networks as power series on five random samples with random derivatives of
phi and q: all claims for any residuals, and what the theorem says of them for residuals that solve
the critical equations.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import sympy as sp

from symbolic.checker.formulas import value_of
from symbolic.checker.jets import Jet
from symbolic.checker.linear import with_vanishing_sums
from symbolic.checker.points import Points, Residues, apply, seed_of
from symbolic.model import Model
from symbolic.theorems.proof import ANY_SIZE, Claims, conclude, formula, second_directional
from symbolic.theorems.smooth import Smooth, Vanishing
from symbolic.verdict import Verdict

NAME = "embedding"
SPLIT = (
    "a critical point of the loss of H − 1 units with a unit (w, v), v ≠ 0, gives a split line of "
    "critical points of H units, w_1 = w_2 = w, v_1 = λ v, v_2 = (1 − λ) v, along which L is "
    "constant; its inertia is that of the smaller Hessian, a zero along the line (nullity ≥ 1) and "
    "the sign of the transverse curvature λ(1 − λ) v Σ ω r φ''(w x) x²; "
    "and a silent unit (w_1, v_1 = 0) for every root w_1 of Σ ω r φ(w_1 x)"
)
DEAD = SPLIT + "; and the dead unit w_1 = v_1 = 0"
STATEMENTS = (SPLIT, DEAD)
FIELDS = (frozenset({"claims", "dead"}),)

CLAIMS: Claims = {
    # transverse curvature, for one sample: the factor of tau^2
    "curvature": "lam*(1 - lam)*v*r*phi2*x**2",
    # factor of S[x phi'] = 0 in what else the second derivative contains
    "cofactor": "2*tau*((1 - lam)*dv + ell)",
    # first derivative along any direction, by those of the smaller network
    "slope": "dq*r*q1 + (lam*dw_1 + (1 - lam)*dw_2)*v*r*x*phi1 + (dv_1 + dv_2)*r*phi0",
    # first derivative at a silent unit beside it
    "silent": "dq*r*q1 + dw_2*v*r*x*phi1 + dv_2*r*phi0 + dv_1*r*psi0",
}
_NAMES = ("lam", "v", "x", "r", "tau", "ell", "dq", "dw", "dv", "dw_1", "dw_2", "dv_1", "dv_2")
_SAMPLES = 5


def applies(model: Model) -> bool:
    """To perceptrons of at least two units with free output weights and without biases."""
    return model.has_split_lines and not model.bias


def vanishes_at_zero(model: Model) -> bool:
    """Whether phi(0) = 0."""
    return bool(model.activation_expr.subs(sp.Symbol("u", real=True), 0) == 0)


def prove(model: Model, claims: Claims = CLAIMS) -> Verdict:
    """Prove the claims for an unknown activation, with phi(0) = 0 where the model's has it."""
    dead = vanishes_at_zero(model)
    assumptions = (
        "any smooth φ" + (" with φ(0) = 0" if dead else ""),
        "any H >= 2: the other units are an unknown smooth function q of the input",
        ANY_SIZE,
        "weight decay 0",
        "Sylvester's law of inertia",
        "(w, v) and the other units are critical in the smaller loss, v ≠ 0",
    )
    content = {"claims": dict(claims), "dead": dead}
    defects = dict(_defects(claims, Vanishing if dead else Smooth, dead))
    return conclude(NAME, DEAD if dead else SPLIT, assumptions, defects, content)


def _defects(claims: Claims, phi: type[Smooth], dead: bool) -> Iterator[tuple[str, sp.Expr]]:
    s = {name: sp.Symbol(name, real=True) for name in _NAMES}
    w, w_1, w_2, v_1, v_2, z, y = sp.symbols("w w_1 w_2 v_1 v_2 z y", real=True)
    x, v, lam, tau, ell = s["x"], s["v"], s["lam"], s["tau"], s["ell"]
    q = sp.Function("q")
    values = {**s, "phi0": phi(0, w * x), "phi1": phi(1, w * x), "phi2": phi(2, w * x)}
    values |= {"q1": sp.Symbol("q1", real=True), "psi0": phi(0, w_1 * x)}
    network = q(z) + v_1 * phi(0, w_1 * x) + v_2 * phi(0, w_2 * x)
    small = q(z) + v * phi(0, w * x)
    loss, small_loss = ((f - y) ** 2 / 2 for f in (network, small))
    line = {w_1: w, w_2: w, v_1: lam * v, v_2: (1 - lam) * v}
    unknown = {y: small - s["r"]}
    slope = {sp.diff(q(z), z): values["q1"]}

    def settled(expression: sp.Expr) -> sp.Expr:
        return sp.expand(expression.xreplace(unknown).doit().xreplace(slope))

    free = {z: s["dq"], w_1: s["dw_1"], w_2: s["dw_2"], v_1: s["dv_1"], v_2: s["dv_2"]}
    value, first, _ = second_directional(loss, line, free)
    yield "constant loss", settled(value - small_loss)
    yield "criticality", settled(first) - formula(claims, "slope", values)
    adapted = {
        z: s["dq"],
        w_1: s["dw"] + (1 - lam) * tau,
        w_2: s["dw"] - lam * tau,
        v_1: s["dv"] + ell,
        v_2: -ell,
    }
    _, _, second = second_directional(loss, line, adapted)
    smaller = {z: s["dq"], w: s["dw"], v: s["dv"]}
    _, _, expected = second_directional(small_loss, {}, smaller)
    rest = formula(claims, "cofactor", values) * s["r"] * x * values["phi1"]
    curvature = tau**2 * formula(claims, "curvature", values)
    yield "second derivative", settled(second - expected) - rest - curvature
    beside = {v_1: sp.Integer(0), w_2: w, v_2: v}
    _, first, _ = second_directional(loss, beside, free)
    yield "silent unit", settled(first) - formula(claims, "silent", values)
    if dead:
        _, first, _ = second_directional(loss, {**beside, w_1: sp.Integer(0)}, free)
        expected = formula(claims, "silent", {**values, "psi0": sp.Integer(0)})
        yield "dead unit", settled(first) - expected


def check(content: Mapping[str, Any], model: Mapping[str, Any]) -> bool:
    """Whether random losses with that critical point agree; see the top of this file."""
    if type(content["dead"]) is not bool or set(content["claims"]) != set(CLAIMS):
        return False
    if content["statement"] != (DEAD if content["dead"] else SPLIT):
        return False
    points = Residues(seed_of(content), vanishing=content["dead"])
    parts = []
    for critical in (False, True):
        case = _Case(points, critical)
        parts += [case.split_line(content["claims"])]
        parts += [case.beside(points.number(), content["claims"])]
        if content["dead"]:
            parts += [case.beside(points.number() * 0, content["claims"])]
    return all(parts)


class _Case:
    """A random point of the smaller loss, critical or not, on a few samples."""

    def __init__(self, points: Points, critical: bool) -> None:
        self.points = points
        self.critical = critical
        number, many = points.number, range(_SAMPLES)
        self.w, self.v, self.lam = number(), number(), number()
        self.x = [number() for _ in many]
        self.weight = [number() for _ in many]
        self.q = [[number() for _ in range(3)] for _ in many]  # Taylor coefficients of q
        self.phi = [points.taylor("phi", self.w * x, 2) for x in self.x]
        rows = [
            [o * p[0] for o, p in zip(self.weight, self.phi, strict=True)],
            [o * p[1] * x for o, p, x in zip(self.weight, self.phi, self.x, strict=True)],
            [o * q[1] for o, q in zip(self.weight, self.q, strict=True)],
        ]
        self.r = [number() for _ in many]
        if critical:
            self.r = with_vanishing_sums(rows, self.r)

    def loss(self, units: list[tuple[Any, Any]], dq: Any) -> Jet:
        """Loss of q + sum v phi(w x) for units (w, v) of jets; q moves by dq."""
        total = Jet([self.w * 0] * 3)
        for x, o, r, q, phi in zip(self.x, self.weight, self.r, self.q, self.phi, strict=True):
            f = Jet([q[0], q[1] * dq, q[2] * dq * dq])
            for w, v in units:
                f = f + apply(self.points, "phi", w * x) * v
            residual = f - (q[0] + self.v * phi[0] - r)
            total = total + residual * residual * o
        return total / 2

    def total(self, text: str, names: Mapping[str, Any]) -> Any:
        """Sum over samples of a formula for one sample."""
        total = self.w * 0
        for x, o, r, q, phi in zip(self.x, self.weight, self.r, self.q, self.phi, strict=True):
            known = {"x": x, "r": r, "q1": q[1], "phi0": phi[0], "phi1": phi[1], "phi2": 2 * phi[2]}
            total = total + o * value_of(text, {**known, "v": self.v, "lam": self.lam, **names})
        return total

    def split_line(self, claims: Claims) -> bool:
        """Loss, slope and second derivative on the split line."""
        number, lam = self.points.number, self.lam
        dq, dw, dv, ell, tau = (number() for _ in range(5))
        small = self.loss([(_line(self.w, dw), _line(self.v, dv))], dq)
        first = (_line(self.w, dw + (1 - lam) * tau), _line(lam * self.v, dv + ell))
        second = (_line(self.w, dw - lam * tau), _line((1 - lam) * self.v, -ell))
        split = self.loss([first, second], dq)
        moved = {"dq": dq, "dw_1": dw + (1 - lam) * tau, "dw_2": dw - lam * tau}
        moved |= {"dv_1": dv + ell, "dv_2": -ell}
        factor = value_of(claims["cofactor"], {"lam": lam, "tau": tau, "dv": dv, "ell": ell})
        curvature, slope = self.total(claims["curvature"], {}), self.total(claims["slope"], moved)
        cofactor = factor * self.total("r*x*phi1", {})
        more = tau * tau * curvature + cofactor
        pairs = [(split.c[0], small.c[0]), (split.c[1], slope)]
        pairs += [(split.derivative(2), small.derivative(2) + more)]
        pairs += [(slope, 0), (cofactor, 0)] if self.critical else []
        return all(self.points.same(a, b) for a, b in pairs)

    def beside(self, w_1: Any, claims: Claims) -> bool:
        """Slope at a unit without output beside the smaller network."""
        number = self.points.number
        dq, dw_1, dv_1, dw_2, dv_2 = (number() for _ in range(5))
        silent = (_line(w_1, dw_1), _line(w_1 * 0, dv_1))
        found = self.loss([silent, (_line(self.w, dw_2), _line(self.v, dv_2))], dq)
        h = self.w * 0
        claimed = self.w * 0
        moved = {"dq": dq, "dw_1": dw_1, "dw_2": dw_2, "dv_1": dv_1, "dv_2": dv_2}
        for i, (x, o, r) in enumerate(zip(self.x, self.weight, self.r, strict=True)):
            psi = self.points.taylor("phi", w_1 * x, 0)[0]
            h = h + o * r * psi
            names = {"x": x, "r": r, "v": self.v, "q1": self.q[i][1], "psi0": psi, **moved}
            names |= {"phi0": self.phi[i][0], "phi1": self.phi[i][1]}
            claimed = claimed + o * value_of(claims["silent"], names)
        pairs = [(found.c[1], claimed)] + ([(claimed, dv_1 * h)] if self.critical else [])
        return all(self.points.same(a, b) for a, b in pairs)


def _line(start: Any, direction: Any) -> Jet:
    return Jet([start, direction, start * 0])
