"""Theorem 9: exactly one critical point near the theoretical optimum, and it is a minimum.

Let A = Hessian of L at theta*, beta >= |A^-1|, eta >= |A^-1 grad L(theta*)|, K a Lipschitz constant
of the Hessian on the ball of radius R around theta*, in any Euclidean norm of the weights. If

    h = beta K eta <= 1/2  and  t = (1 - sqrt(1 - 2 h)) / (beta K) <= R,

then L has exactly one critical point within min(R, (1 + sqrt(1 - 2 h)) / (beta K)) of theta*, and
it lies within t (Newton and Kantorovich; Ortega and Rheinboldt 1970, 12.6.2). If A is positive
definite and h < 1/2, the Hessian there is at least sqrt(1 - 2 h)/beta > 0: a minimum; and it is not
theta* where grad L(theta*) != 0, which Theorem 5 says almost surely.

K is the largest |D^3 L[e, e, e]|, |e| = 1, on the ball, where for one sample
D^3 (r^2/2)[e, e, e] = 3 f_1 f_2 + r f_3, f_m the derivatives of f along e, sums over units of the
claims below. For tanh they are bounded by |phi'| <= 1, |phi''| <= 4/(3 sqrt 3) < 0.7699,
|phi'''| <= 2, |phi''''| < 4.0859 for all u, so that all of it is computed from the data alone.
`continuation.certify.unique_minimum` does so in ball arithmetic, where K is sharper: it bounds the
same derivative by Taylor's formula around theta*.

*Proof.* SymPy: Taylor jet of one sample; algebra of the majorant K t^2/2 - t/beta + eta/beta; the
bounds by Sturm's theorem on polynomials in tanh.

*Check.* Power series modulo a prime; the bounds by Bernstein coefficients in rationals.
"""

from collections.abc import Iterator, Mapping
from itertools import pairwise
from math import comb
from typing import Any

import sympy as sp
from flint import fmpq

from symbolic.activations import derivatives
from symbolic.checker.formulas import value_of
from symbolic.checker.jets import Jet
from symbolic.checker.points import Points, Residues, apply, seed_of
from symbolic.model import Model
from symbolic.theorems.proof import ANY_SIZE, Claims, conclude, formula, undecided
from symbolic.theorems.smooth import Smooth
from symbolic.verdict import Verdict

NAME = "unique minimum"
GENERAL = (
    "β K η < ½ and (1 − s)/(β K) ≤ R, s = √(1 − 2 β K η), imply exactly one critical point within "
    "min(R, (1 + s)/(β K)) of θ*; it is a minimum where the Hessian at θ* is positive definite, "
    "and not θ* where ∇L(θ*) ≠ 0; β ≥ |A⁻¹|, η ≥ |A⁻¹∇L(θ*)|, A the Hessian at θ* with Lipschitz "
    "constant K within R"
)
TANH = GENERAL + "; for tanh K follows from the data by |φ''| < 0.7699, |φ'''| ≤ 2"
STATEMENTS = (GENERAL, TANH)
FIELDS = (
    frozenset({"claims"}),
    frozenset({"claims", "bounds", "polynomials"}),
)
CLAIMS: Claims = {
    # third derivative of half the squared residual along a direction
    "third": "3*f1*f2 + r*f3",
    # what a unit adds to the derivatives of f along (dw, dv)
    "f1": "dv*phi0 + v*x*dw*phi1",
    "f2": "2*x*dw*dv*phi1 + v*x**2*dw**2*phi2",
    "f3": "3*x**2*dw**2*dv*phi2 + v*x**3*dw**3*phi3",
    # majorant with eta = (1 - s**2)/(2*beta*K), its roots, and 1/beta - K root
    "majorant": "K*t**2/2 - t/beta + (1 - s**2)/(2*beta**2*K)",
    "root": "(1 - s)/(beta*K)",
    "other": "(1 + s)/(beta*K)",
    "margin": "s/beta",
}
BOUNDS: Mapping[str, str] = {"1": "1", "2": "7699/10000", "3": "2", "4": "40859/10000"}
"""Bounds of the derivatives of tanh by their order."""
_DEEPEST = 12  # bisections until Bernstein coefficients are not negative
_UNITS = 2


def applies(model: Model) -> bool:
    """To perceptrons with free output weights, without biases, that have a teacher of H units."""
    units = model.teacher_units
    return model.is_plain and units is not None and len(units) == model.hidden


def prove(model: Model, claims: Claims = CLAIMS, bounds: Mapping[str, str] = BOUNDS) -> Verdict:
    """Prove the derivatives, the majorant's algebra and, for tanh, the bounds."""
    tanh = model.is_tanh
    assumptions = (
        "any smooth φ" + ("; the bounds for tanh" if tanh else ""),
        ANY_SIZE,
        "the theorem of Newton and Kantorovich in finite dimensions",
        "a symmetric trilinear form is largest on equal arguments (S. Banach, 1938)",
        "exactly as many units as the teacher: θ* is isolated",
    )
    content: dict[str, Any] = {"claims": dict(claims)}
    defects = {**dict(_third(claims)), **dict(_majorant(claims))}
    if tanh:
        polynomials = {k: str(_polynomial(int(k))) for k in bounds}
        content |= {"bounds": dict(bounds), "polynomials": polynomials}
        defects |= dict(_bounds(bounds))
    return conclude(NAME, TANH if tanh else GENERAL, assumptions, defects, content)


def _third(claims: Claims) -> Iterator[tuple[str, sp.Expr]]:
    """Taylor derivatives of one unit and of one sample along a direction."""
    w, v, x, dw, dv, s, r, f1, f2, f3 = sp.symbols("w v x dw dv s r f1 f2 f3", real=True)
    moved = (v + s * dv) * Smooth(0, (w + s * dw) * x)
    values = {"v": v, "x": x, "dw": dw, "dv": dv}
    values |= {f"phi{m}": Smooth(m, w * x) for m in range(4)}
    for m in (1, 2, 3):
        slope = sp.diff(moved, s, m).xreplace({s: sp.Integer(0)})
        yield f"f{m}", sp.expand(slope - formula(claims, f"f{m}", values))
    residual = r + f1 * s + f2 * s**2 / 2 + f3 * s**3 / 6
    third = sp.diff(residual**2 / 2, s, 3).xreplace({s: sp.Integer(0)})
    yield "third", third - formula(claims, "third", {"f1": f1, "f2": f2, "f3": f3, "r": r})


def _majorant(claims: Claims) -> Iterator[tuple[str, sp.Expr]]:
    K, beta, s = sp.symbols("K beta s", real=True)
    t = sp.Symbol("t", real=True)
    values = {"K": K, "beta": beta, "s": s}
    root, other = (formula(claims, name, values) for name in ("root", "other"))
    factored = K / 2 * (t - root) * (t - other)
    yield "roots", sp.together(formula(claims, "majorant", {**values, "t": t}) - factored)
    yield "margin", sp.together(1 / beta - K * root - formula(claims, "margin", values))


def _polynomial(order: int) -> sp.Expr:
    """tanh^(order) as a polynomial in t = tanh."""
    ring = Model.perceptron(1).ring
    return sp.expand(derivatives(ring, order)[order])


def _bounds(bounds: Mapping[str, str]) -> Iterator[tuple[str, sp.Expr]]:
    """Zero where bound - P and bound + P are not negative on [-1, 1]; else a value below zero."""
    t = sp.Symbol("t", real=True)
    for order, text in bounds.items():
        bound = sp.Rational(text)
        for sign in (1, -1):
            yield (
                f"bound {order}, {sign}",
                _negative_part(bound + sign * _polynomial(int(order)), t),
            )


def _negative_part(expression: sp.Expr, t: sp.Symbol) -> sp.Expr:
    """Zero if a polynomial is >= 0 on [-1, 1] by Sturm's theorem, else a value there below 0."""
    polynomial = sp.Poly(expression, t)
    odd = [f for f, multiplicity in polynomial.sqf_list()[1] if multiplicity % 2]
    changes = sum(f.count_roots(-1, 1) for f in odd)
    if changes == 0 and polynomial(sp.Rational(1, 3)) > 0:
        return sp.Integer(0)
    points = [sp.Rational(k, 64) for k in range(-64, 65)]
    lowest = min(polynomial(p) for p in points)
    return lowest if lowest < 0 else undecided("sign_not_decided")


def check(content: Mapping[str, Any], model: Mapping[str, Any]) -> bool:
    """Whether series, majorant and bounds agree; see the top of this file."""
    claims, tanh = content["claims"], "bounds" in content
    stated = content["statement"] == (TANH if tanh else GENERAL)
    points = Residues(seed_of(content))
    if set(claims) != set(CLAIMS) or not stated:
        return False
    algebra = _third_agrees(points, claims) and _majorant_agrees(points, claims)
    return algebra and (not tanh or _bounds_hold(points, content["bounds"], content["polynomials"]))


def _third_agrees(points: Points, claims: Claims) -> bool:
    number = points.number
    x, y = number(), number()
    f, sums = Jet([x * 0] * 4), [x * 0] * 3
    for _ in range(_UNITS):
        w, v, dw, dv = (number() for _ in range(4))
        curve = Jet([w, dw, w * 0, w * 0]) * x
        f = f + apply(points, "phi", curve) * Jet([v, dv, w * 0, w * 0])
        phi = points.taylor("phi", w * x, 3)
        names = {"v": v, "x": x, "dw": dw, "dv": dv, "phi0": phi[0], "phi1": phi[1]}
        names |= {"phi2": 2 * phi[2], "phi3": 6 * phi[3]}
        slopes = [value_of(claims[f"f{m}"], names) for m in (1, 2, 3)]
        sums = [a + b for a, b in zip(sums, slopes, strict=True)]
    r = f - y
    names = dict(zip(("f1", "f2", "f3"), sums, strict=True)) | {"r": r.c[0]}
    return points.same((r * r / 2).derivative(3), value_of(claims["third"], names))


def _majorant_agrees(points: Points, claims: Claims) -> bool:
    K, beta, s, t = (points.number() for _ in range(4))
    names = {"K": K, "beta": beta, "s": s, "t": t}
    value, root, other, margin = (
        value_of(claims[name], names) for name in ("majorant", "root", "other", "margin")
    )
    factored = points.same(value, K * (t - root) * (t - other) / 2)
    eta = (1 - s * s) / (2 * beta * K)
    start = points.same(K * root * other / 2, eta / beta)
    return factored and start and points.same(1 / beta - K * root, margin)


def _bounds_hold(points: Points, bounds: Mapping[str, str], polynomials: Mapping[str, str]) -> bool:
    """The polynomials are the derivatives of tanh, and are bounded on [-1, 1]."""
    if bounds != BOUNDS or set(polynomials) != set(BOUNDS):
        return False  # other bounds are not those of the statement
    u = points.number()
    taylor = points.taylor("tanh", u, 4)
    factorial = 1
    for m in (1, 2, 3, 4):
        factorial *= m
        claimed = value_of(polynomials[str(m)], {"t": taylor[0]})
        if not points.same(claimed, taylor[m] * factorial):
            return False
        line = Jet([fmpq(0), fmpq(1), *[fmpq(0)] * m])  # the polynomial has degree m + 1
        coefficients = list((value_of(polynomials[str(m)], {"t": line}) + fmpq(0)).c)
        bound = value_of(bounds[str(m)], {})
        for sign in (1, -1):
            shifted = [c * sign for c in coefficients]
            shifted[0] = shifted[0] + bound
            if not _not_negative(shifted):
                return False
    return True


def _not_negative(power: list[fmpq]) -> bool:
    """Whether a polynomial is >= 0 on [-1, 1], by Bernstein coefficients on halves."""
    return all(_bernstein(_on_unit_interval(power, left), _DEEPEST) for left in (-1, 0))


def _on_unit_interval(power: list[fmpq], left: int) -> list[fmpq]:
    """Bernstein coefficients on [left, left + 1]."""
    n = len(power) - 1
    shifted = [
        sum((power[m] * comb(m, j) * fmpq(left) ** (m - j) for m in range(j, n + 1)), fmpq(0))
        for j in range(n + 1)
    ]
    return [
        sum((shifted[j] * fmpq(comb(i, j), comb(n, j)) for j in range(i + 1)), fmpq(0))
        for i in range(n + 1)
    ]


def _bernstein(coefficients: list[fmpq], depth: int) -> bool:
    """Not negative if all coefficients are; else on both halves (de Casteljau)."""
    if all(c >= 0 for c in coefficients):
        return True
    if depth == 0 or coefficients[0] < 0 or coefficients[-1] < 0:
        return False
    left, right, row = [], [], list(coefficients)
    while row:
        left.append(row[0])
        right.append(row[-1])
        row = [(a + b) / 2 for a, b in pairwise(row)]
    return _bernstein(left, depth - 1) and _bernstein(right[::-1], depth - 1)
