"""Activations of layers: names and formulas as sums of terms c [u] phi(s u)."""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numpy as np
import sympy as sp

from symbolic.activations import NAMED, U
from symbolic.arguments import canonical_activation
from symbolic.errors import ModelError
from symbolic.functions import SYMPY_FUNCTIONS
from symbolic.layer_functions import (
    ABS,
    COS,
    ERF,
    EXP,
    IDENTITY,
    LOGISTIC,
    RELU,
    SIN,
    SOFTPLUS,
    TANH,
    Term,
    derivatives_of,
)
from symbolic.parsing import parse_expression

Array = np.ndarray

SHORT: dict[str, tuple[Term, ...]] = {
    "identity": ((IDENTITY, 1.0, 1.0, False),),
    "relu": ((RELU, 1.0, 1.0, False),),
    "leaky_relu": ((IDENTITY, 0.01, 1.0, False), (RELU, 0.99, 1.0, False)),
    "abs": ((ABS, 1.0, 1.0, False),),
    "silu": ((LOGISTIC, 1.0, 1.0, True),),
    "gelu": ((IDENTITY, 0.5, 1.0, False), (ERF, 0.5, 2**-0.5, True)),
}
"""Names beside those of perceptrons, as sums of terms c [u] phi(s u)."""

CODES = {"tanh": TANH, "erf": ERF, "logistic": LOGISTIC, "softplus": SOFTPLUS, "sin": SIN}
"""Names of perceptrons' activations."""

NAMES = {code: f"{name}({{}})" for name, code in CODES.items()} | {
    IDENTITY: "{}",
    COS: "cos({})",
    EXP: "exp({})",
    ABS: "abs({})",
    RELU: "(abs({0}) + {0})/2",
}
"""Texts of the functions of a term but the identity, with a place for the argument."""

FUNCTIONS: dict[int, Callable[[sp.Expr], sp.Expr]] = {
    TANH: sp.tanh,
    LOGISTIC: lambda u: 1 / (1 + sp.exp(-u)),
    ERF: sp.erf,
    SOFTPLUS: lambda u: sp.log(1 + sp.exp(u)),
    SIN: sp.sin,
    COS: sp.cos,
    EXP: sp.exp,
    ABS: sp.Abs,
}
"""Functions of a term of a formula."""

PROBES = (sp.Rational(7, 11), sp.Rational(-13, 17), sp.Rational(23, 19))
"""Arguments at which a term of a formula is compared with the functions, to `DIGITS` digits."""

DIGITS, SAME = 40, sp.Float("1e-30")


def canonical_activations(given: str | Sequence[str], layers: int) -> tuple[str, ...]:
    """One activation for each hidden layer, in canonical form.

    Raises
    ------
    ModelError
        Another number of them, or one that networks of layers cannot have.
    """
    several = [given] * layers if isinstance(given, str) else list(given)
    if len(several) != layers:
        raise ModelError(f"{layers} hidden layers need as many activations, not {len(several)}")
    names = tuple(_canonical(name) for name in several)
    for name in names:
        terms_of(name)
    return names


def _canonical(name: Any) -> str:
    known = isinstance(name, str) and name in (*SHORT, *NAMED)
    if isinstance(name, str) and name.isidentifier() and name != U.name and not known:
        raise ModelError(
            f"unknown activation {name!r}; known: {', '.join((*NAMED, *SHORT))}, or a formula in u"
        )
    if known:
        return str(name)
    if isinstance(name, str) and has_kink(name):
        return str(parse_expression(name, (U.name,)))
    return canonical_activation(name)


def has_kink(formula: str) -> bool:
    """Whether a formula in u contains |u|."""
    named = formula.isidentifier() and formula != U.name
    return not named and bool(parse_expression(formula, (U.name,)).has(sp.Abs))


def apply(name: str, u: Array) -> Array:
    """The activation at u of any shape.

    Examples
    --------
    >>> import numpy as np
    >>> from symbolic import apply
    >>> apply("relu", np.array([-1.0, 2.0]))
    array([0., 2.])
    """
    return derivatives_of(terms_of(name), u, 0)[0]


def activation_derivatives(name: str, u: Array, order: int) -> list[Array]:
    """phi, phi', ... up to an order of at most 4, at u of any shape.

    Examples
    --------
    >>> import numpy as np
    >>> from symbolic import activation_derivatives
    >>> [float(value[0]) + 0.0 for value in activation_derivatives("tanh", np.array([0.0]), 3)]
    [0.0, 1.0, 0.0, -2.0]
    """
    return derivatives_of(terms_of(name), u, order)


@cache
def parity_of(name: str) -> int:
    """-1 for an odd activation, 1 for an even one, else 0; on sample points."""
    u = np.linspace(0.1, 3.0, 23)
    here, there = (apply(name, sign * u) for sign in (1.0, -1.0))
    tiny = 1e-13 * np.abs(here).max()
    if np.abs(here + there).max() < tiny:
        return -1
    return 1 if np.abs(here - there).max() < tiny else 0


@cache
def centre_of(name: str) -> float | None:
    """The c with phi(u) + phi(-u) = 2c: 0 for an odd activation; None if there is none."""
    u = np.linspace(0.1, 3.0, 23)
    sums = apply(name, u) + apply(name, -u)
    tiny = 1e-13 * np.abs(apply(name, u)).max()
    if np.ptp(sums) >= tiny:
        return None
    return 0.0 if np.abs(sums).max() < tiny else 0.5 * float(sums.mean())


@cache
def terms_of(name: str) -> tuple[Term, ...]:
    """An activation as a sum of terms c [u] phi(s u).

    Raises
    ------
    ModelError
        A formula that is no such sum.
    """
    if name in NAMED:
        return ((CODES[name], 1.0, 1.0, False),)
    if name in SHORT:
        return SHORT[name]
    whole = sp.expand(_plain(parse_expression(name, (U.name,))))
    return tuple(_term(part, name) for part in sp.Add.make_args(whole))


def formula_of(terms: Sequence[Term]) -> str:
    """Text of an activation: its name where it has a short one, or a formula in u."""
    short = [name for name, known in SHORT.items() if known == tuple(terms)]
    return short[0] if short else " + ".join(map(_text, terms))


def _text(term: Term) -> str:
    code, factor, inner, by_u = term
    return f"{factor!r}*{'u*' * by_u}{NAMES[code].format(f'({inner!r}*u)')}"


def _plain(expression: sp.Expr) -> sp.Expr:
    """The logistic function and softplus as formulas of exp and log."""
    for name in ("logistic", "softplus"):
        function = SYMPY_FUNCTIONS[name]
        expression = expression.replace(function, FUNCTIONS[CODES[name]])
    return expression


def _share(ratio: sp.Expr) -> float | None:
    """The number that an expression in u is for every u; None where it is none."""
    if U not in ratio.free_symbols:
        return float(ratio)
    try:
        shares = [ratio.subs(U, u).evalf(DIGITS) for u in PROBES]
    except ZeroDivisionError:  # an exponential that underflows at one probe
        return None
    same = all(s.is_Number and abs(s - shares[0]) <= SAME * abs(shares[0]) for s in shares)
    return float(shares[0]) if same else None


def _positive_first(number: sp.Expr) -> tuple[bool, str]:
    return bool(number < 0), str(number)


def _term(part: sp.Expr, name: str) -> Term:
    scales = {argument.expand().coeff(U) for f in part.atoms(sp.Function) for argument in f.args}
    signed = sorted(
        {s * t for s in scales if s.is_number and s != 0 for t in (1, -1)}, key=_positive_first
    )
    candidates = [(IDENTITY, U, sp.Integer(1), 0)]
    candidates += [
        (code, function(s * U) * U**by_u, s, by_u)
        for code, function in FUNCTIONS.items()
        for s in signed
        for by_u in (0, 1)
    ]
    for code, base, scale, by_u in candidates:
        share = _share(part / base)
        if share is not None:
            return code, share, float(scale), bool(by_u)
    raise ModelError(
        "networks of layers take activations that are sums of c*phi(s*u) and c*u*phi(s*u), phi "
        f"one of tanh, logistic, erf, softplus, sin, cos, exp and abs, and {', '.join(SHORT)}; "
        f"{part} in {name!r} is none (a perceptron of one input takes every smooth formula)"
    )
