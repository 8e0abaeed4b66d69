"""Theorem 8: the loss near the theoretical optimum, scaled by the noise.

A teacher T = sum_k v*_k phi(w*_k x) of K units and a student of H >= K units. Where K units are at
those of the teacher and the others have no output, in the scaled variables

    w_k = w*_k + sigma alpha_k,  v_k = v*_k + sigma beta_k (k <= K),   v_j = sigma u_j (j > K),

the residual r = f - T - sigma eps is divisible by sigma, so L/sigma^2 = 1/2 sum omega (r/sigma)^2
and its gradient in the scaled variables, (1/sigma^2) grad L, are smooth at sigma = 0. There

    r/sigma = R = sum_k (beta_k phi(w*_k x) + alpha_k v*_k x phi'(w*_k x))
                  + sum_j u_j phi(w_j x) - eps,

and the reduced function is 1/2 sum omega R^2: linear least squares in (alpha, beta, u), and
nonlinear only in the input weights w_j of the units that vanish. For tanh, exactly in sigma,

    tanh((w + sigma alpha) x) - tanh(w x)
        = tanh(sigma alpha x) (1 - tanh((w + sigma alpha) x) tanh(w x)).

*Proof.* Hadamard's lemma (r vanishes at sigma = 0 and is smooth); SymPy expands r and L in sigma.

*Check.* The loss of a student of two units that stay and two that vanish, of the ones and of the
others alone, as a power series in sigma, with random derivatives of phi.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import sympy as sp

from symbolic.checker.formulas import value_of
from symbolic.checker.jets import Jet
from symbolic.checker.points import Points, Residues, apply, seed_of
from symbolic.model import Model
from symbolic.theorems.proof import ANY_SIZE, Claims, conclude, formula
from symbolic.theorems.smooth import Smooth
from symbolic.verdict import Verdict

NAME = "blow-up"
STATEMENT = (
    "with w_k = w*_k + σ α_k, v_k = v*_k + σ β_k for the teacher's units and v_j = σ u_j for the "
    "others, (1/σ²) ∇L is smooth at σ = 0 and there the gradient of ½ Σ ω R², "
    "R = Σ_k (β_k φ(w*_k x) + α_k v*_k x φ'(w*_k x)) + Σ_j u_j φ(w_j x) − ε"
)
STATEMENTS = (STATEMENT,)
FIELDS = (frozenset({"claims"}),)
CLAIMS: Claims = {
    # what a unit of the teacher, and one that vanishes, add to R
    "kept": "beta*phi0 + alpha*v*x*phi1",
    "vanishing": "u*psi0",
    # addition theorem: A = tanh(w x), B = tanh(sigma alpha x), C = tanh((w + sigma alpha) x)
    "tanh": "B*(1 - A*C)",
}
_SAMPLES = 3
_UNITS = 2  # of the teacher, and that vanish


def applies(model: Model) -> bool:
    """To perceptrons with free output weights whose teacher has at most their units."""
    units = model.teacher_units
    return model.is_plain and units is not None and 0 < len(units) <= model.hidden


def prove(model: Model, claims: Claims = CLAIMS) -> Verdict:
    """Prove the claims for the numbers of units of student and teacher."""
    kept = len(model.teacher_units or ())
    assumptions = (
        "any smooth φ; the closed form for tanh only",
        f"{kept} units of the teacher, {model.hidden - kept} that vanish: R is a sum over units",
        ANY_SIZE,
        "weight decay 0",
        "Hadamard's lemma: a smooth function that vanishes at σ = 0 is σ times a smooth one",
        "the part of the optimum where units beyond the teacher's have no output",
    )
    defects = {**dict(_expansion(claims)), **dict(_addition_theorem(claims))}
    return conclude(NAME, STATEMENT, assumptions, defects, {"claims": dict(claims)})


def _expansion(claims: Claims) -> Iterator[tuple[str, sp.Expr]]:
    """Residual and loss of one kept and one vanishing unit in powers of sigma."""
    w, v, s, u, x, eps, alpha, beta, sigma, rest = sp.symbols(
        "w v s u x eps alpha beta sigma rest", real=True
    )
    moved = (v + sigma * beta) * Smooth(0, (w + sigma * alpha) * x) - v * Smooth(0, w * x)
    # the other units of the teacher contribute sigma * rest + O(sigma^2)
    residual = moved + sigma * u * Smooth(0, s * x) + sigma * rest - sigma * eps
    zero = {sigma: sp.Integer(0)}
    values = {"beta": beta, "alpha": alpha, "v": v, "x": x, "u": u}
    values |= {"phi0": Smooth(0, w * x), "phi1": Smooth(1, w * x), "psi0": Smooth(0, s * x)}
    reduced = formula(claims, "kept", values) + formula(claims, "vanishing", values) + rest - eps
    yield "residual at sigma = 0", sp.expand(residual.xreplace(zero))
    first = sp.diff(residual, sigma).xreplace(zero)
    yield "reduced residual", sp.expand(first - reduced)
    loss = residual**2 / 2
    half = sp.diff(loss, sigma, 2).xreplace(zero) / 2
    yield "slope of the loss in sigma", sp.expand(sp.diff(loss, sigma).xreplace(zero))
    yield "reduced function", sp.expand(half - reduced**2 / 2)
    for variable in (alpha, beta, u, s):
        slope = sp.diff(loss, variable, sigma, sigma).xreplace(zero) / 2
        yield f"reduced gradient {variable}", sp.expand(slope - sp.diff(reduced**2 / 2, variable))


def _addition_theorem(claims: Claims) -> Iterator[tuple[str, sp.Expr]]:
    P, Q = sp.symbols("P Q", real=True)  # exp(2 w x), exp(2 sigma alpha x)
    a, b, c = ((e - 1) / (e + 1) for e in (P, Q, P * Q))
    yield "addition theorem", sp.together(c - a - formula(claims, "tanh", {"A": a, "B": b, "C": c}))


def check(content: Mapping[str, Any], model: Mapping[str, Any]) -> bool:
    """Whether the series of the loss begins with the reduced function; see the top of this file."""
    claims, points = content["claims"], Residues(seed_of(content))
    if set(claims) != set(CLAIMS):
        return False
    numbers = ((_UNITS, _UNITS), (_UNITS, 0), (0, _UNITS))  # each claim alone, too
    series = all(_series_agree(points, claims, *n) for n in numbers)
    return series and _addition_agrees(points, claims)


def _series_agree(points: Points, claims: Claims, kept: int, vanishing: int) -> bool:
    """The series of the loss of a student with some units that stay and some that vanish."""
    number = points.number
    near = [[number() for _ in range(4)] for _ in range(kept)]  # w*, v*, alpha, beta
    far = [[number() for _ in range(2)] for _ in range(vanishing)]  # w_j, u_j
    zero = number() * 0
    sigma = Jet([zero, zero + 1, zero])
    loss, reduced = Jet([zero] * 3), zero
    for _ in range(_SAMPLES):
        x, eps, weight = number(), number(), number()
        r, R = -eps * sigma, -eps
        for w, v, alpha, beta in near:
            phi = points.taylor("phi", w * x, 1)
            r = r + apply(points, "phi", (w + alpha * sigma) * x) * (v + beta * sigma) - v * phi[0]
            names = {"alpha": alpha, "beta": beta, "v": v, "x": x, "phi0": phi[0], "phi1": phi[1]}
            R = R + value_of(claims["kept"], names)
        for w, u in far:
            psi = points.taylor("phi", w * x, 0)[0]
            r = r + u * sigma * psi
            R = R + value_of(claims["vanishing"], {"u": u, "psi0": psi})
        loss, reduced = loss + r * r * weight / 2, reduced + R * R * weight / 2
    return all(points.same(a, b) for a, b in zip(loss.c, (0, 0, reduced), strict=True))


def _addition_agrees(points: Points, claims: Claims) -> bool:
    P, Q = points.number(), points.number()
    a, b, c = ((e - 1) / (e + 1) for e in (P, Q, P * Q))
    return points.same(c - a, value_of(claims["tanh"], {"A": a, "B": b, "C": c}))
