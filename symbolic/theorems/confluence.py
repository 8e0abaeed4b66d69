"""Theorem 7: two units that meet while their output weights run to infinity.

With the mean w and D = (w_1 - w_2)^2, a = v_1 + v_2 and b = (v_1 - v_2)(w_1 - w_2)/2 the pair is

    v_1 phi(w_1 x) + v_2 phi(w_2 x) = a E(w x, D x^2) + b x O(w x, D x^2),
    E(u, z) = sum_m phi^(2m)(u) (z/4)^m / (2m)!,  O(u, z) = sum_m phi^(2m+1)(u) (z/4)^m / (2m+1)!

(as Taylor expansions for smooth phi, as convergent series for analytic phi and small z), a smooth
function of (w, D, a, b) with the limit a phi(w x) + b x phi'(w x) at D = 0, where its derivative
by D is a x^2 phi''/8 + b x^3 phi'''/24. For tanh, with c = 2 w x and s = sinh(sqrt z)/sqrt z,

    E = sinh c / (cosh c + cosh sqrt z),   O = 2 s / (cosh c + cosh sqrt z),

which is analytic for all z > -pi^2 (virtual pairs, D < 0, included).

*Proof.* The pair is even in w_1 - w_2 at fixed a and b, so smooth in D (Whitney); SymPy expands it
to order 8, and proves the closed form with the exponentials as variables.

*Check.* Power series in w_1 - w_2 with random derivatives of phi; the closed form at random
exponentials modulo a prime.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import sympy as sp

from symbolic.checker.formulas import value_of
from symbolic.checker.jets import Jet
from symbolic.checker.points import Points, Residues, apply, seed_of
from symbolic.model import Model
from symbolic.theorems.proof import Claims, conclude, formula
from symbolic.verdict import Verdict

NAME = "confluence"
GENERAL = (
    "two units are a smooth function of their mean weight w, D = (w_1 − w_2)², a = v_1 + v_2 and "
    "b = (v_1 − v_2)(w_1 − w_2)/2, with the limit a φ(w x) + b x φ'(w x) at D = 0"
)
CLOSED = GENERAL + "; for tanh in closed form, analytic for D x² > −π²"
STATEMENTS = (GENERAL, CLOSED)
FIELDS = (
    frozenset({"claims"}),
    frozenset({"claims", "tanh"}),
)
ORDER = 8
"""Highest power of w_1 - w_2 that is compared."""

CLAIMS: Claims = {
    "limit": "a*phi0 + b*x*phi1",
    "slope": "a*x**2*phi2/8 + b*x**3*phi3/24",  # derivative by D at D = 0
}
TANH_CLAIMS: Claims = {
    # with P = exp(2 w x), Q = exp((w_1 - w_2) x): sinh c = (P - 1/P)/2, cosh sqrt z = (Q + 1/Q)/2
    "even": "(P - 1/P)/(P + 1/P + Q + 1/Q)",
    "odd": "2*(Q - 1/Q)/((P + 1/P + Q + 1/Q)*delta*x)",
}


def applies(model: Model) -> bool:
    """To perceptrons of at least two units with free output weights and without biases."""
    return model.has_split_lines and not model.bias


def prove(model: Model, claims: Claims = CLAIMS, tanh_claims: Claims = TANH_CLAIMS) -> Verdict:
    """Prove the expansion for an unknown activation, the closed form where it is tanh."""
    closed = model.is_tanh
    assumptions = (
        "any smooth φ; other units add a term of their own",
        f"Taylor coefficients in w_1 - w_2 to order {ORDER}",
        "H. Whitney, Duke Math. J. 10 (1943) 159: a smooth even function is smooth in the square",
        *(("cosh c + cosh √z > 0 where z > −π²",) if closed else ()),
    )
    content: dict[str, Any] = {"claims": dict(claims)}
    defects = dict(_expansion(claims))
    if closed:
        content["tanh"] = dict(tanh_claims)
        defects |= dict(_closed_form(tanh_claims))
    return conclude(NAME, CLOSED if closed else GENERAL, assumptions, defects, content)


def _expansion(claims: Claims) -> Iterator[tuple[str, sp.Expr]]:
    """Taylor polynomials of the pair in delta = w_1 - w_2, with symbols for phi^(m)(w x)."""
    a, b, x, delta = sp.symbols("a b x delta", real=True)
    phi = sp.symbols(f"phi0:{ORDER + 2}", real=True)

    def unit(shift: sp.Expr) -> sp.Expr:
        return sum(p * (shift * x) ** m / sp.factorial(m) for m, p in enumerate(phi))

    plus, minus = unit(delta / 2), unit(-delta / 2)
    pair = sp.expand(a * (plus + minus) / 2 + b * (plus - minus) / delta)
    values = {"a": a, "b": b, "x": x, **{f"phi{m}": p for m, p in enumerate(phi)}}
    claimed = {0: "limit", 2: "slope"}
    for order in range(ORDER + 1):
        coefficient = pair.coeff(delta, order)
        if order % 2:
            yield f"odd order {order}", coefficient
        elif order in claimed:
            yield claimed[order], coefficient - formula(claims, claimed[order], values)
        else:
            half = order // 2
            series = a * phi[order] / sp.factorial(order)
            series += b * x * phi[order + 1] / sp.factorial(order + 1)
            yield f"order {order}", coefficient - series * x**order / sp.Integer(4) ** half


def _closed_form(claims: Claims) -> Iterator[tuple[str, sp.Expr]]:
    """tanh(w_k x) with P = exp(2 w x) and Q = exp(delta x)."""
    P, Q = sp.symbols("P Q", positive=True)
    x, delta = sp.symbols("x delta", real=True)
    plus, minus = (P * Q - 1) / (P * Q + 1), (P / Q - 1) / (P / Q + 1)
    values = {"P": P, "Q": Q, "delta": delta, "x": x}
    exponentials = {sp.Symbol(n, real=True): s for n, s in (("P", P), ("Q", Q))}

    def claimed(name: str) -> sp.Expr:
        return formula(claims, name, values).xreplace(exponentials)

    yield "even part", sp.together((plus + minus) / 2 - claimed("even"))
    yield "odd part", sp.together((plus - minus) / (delta * x) - claimed("odd"))


def check(content: Mapping[str, Any], model: Mapping[str, Any]) -> bool:
    """Whether series and closed form agree at random points; see the top of this file."""
    points, closed = Residues(seed_of(content)), "tanh" in content
    if set(content["claims"]) != set(CLAIMS) or (content["statement"] == CLOSED) != closed:
        return False
    if closed and set(content["tanh"]) != set(TANH_CLAIMS):
        return False
    general = _series_agree(points, content["claims"])
    return general and (not closed or _closed_agrees(points, content["tanh"]))


def _series_agree(points: Points, claims: Claims) -> bool:
    """The two units themselves along delta = 0 + t, times delta where b divides by it."""
    number = points.number
    w, x, a, b = (number() for _ in range(4))
    zero = w * 0
    half = Jet([zero, zero + 1, *[zero] * (ORDER + 1)]) / 2  # delta/2, to order ORDER + 2
    plus, minus = (apply(points, "phi", (w + s * half) * x) for s in (1, -1))
    # v_1 = a/2 + b/delta, v_2 = a/2 - b/delta
    pair = (plus + minus) * a / 2
    divided = Jet([*((plus - minus) * b).c[1:], zero])
    found = (pair + divided).c[: ORDER + 1]
    phi = [c * _factorial(m) for m, c in enumerate(points.taylor("phi", w * x, 3))]
    names = {"a": a, "b": b, "x": x, **{f"phi{m}": p for m, p in enumerate(phi)}}
    pairs = [(found[0], value_of(claims["limit"], names))]
    pairs += [(found[2], value_of(claims["slope"], names))]
    pairs += [(found[m], 0) for m in range(1, ORDER, 2)]
    return all(points.same(first, second) for first, second in pairs)


def _closed_agrees(points: Points, claims: Claims) -> bool:
    """Closed form against tanh = (e - 1)/(e + 1), e = exp(2 u), at random exponentials."""
    P, Q, delta, x = (points.number() for _ in range(4))
    names = {"P": P, "Q": Q, "delta": delta, "x": x}
    plus, minus = ((e - 1) / (e + 1) for e in (P * Q, P / Q))
    even = points.same((plus + minus) / 2, value_of(claims["even"], names))
    return even and points.same((plus - minus) / (delta * x), value_of(claims["odd"], names))


def _factorial(m: int) -> int:
    return m * _factorial(m - 1) if m else 1
