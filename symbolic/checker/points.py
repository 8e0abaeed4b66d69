"""Random points at which identities are checked, with the Taylor series of functions there."""

import hashlib
import json
import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from flint import arb, arb_series, ctx, fmpq, nmod

from symbolic.checker.jets import Jet

PRIME = 2**61 - 1
BALL_BITS = 400
_AGREEMENT = 300  # bits in which two balls must agree
_LARGEST_REAL = fmpq(3, 2)  # keeps the powers of a formula near 1


class Points(Protocol):
    """Arithmetic in which both sides of an identity are evaluated."""

    pi: Any

    def number(self) -> Any:
        """A random number."""

    def taylor(self, name: str, at: Any, order: int) -> Sequence[Any]:
        """Taylor coefficients 0..order of a function at a number."""

    def same(self, first: Any, second: Any) -> bool:
        """Whether two numbers agree."""


def seed_of(content: Mapping[str, Any]) -> int:
    """Seed of a check, from the whole certificate: whoever writes it cannot choose the points."""
    text = json.dumps(content, sort_keys=True)
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")


def apply(points: Points, name: str, argument: Any) -> Any:
    """Value of a function at a number or jet."""
    if isinstance(argument, Jet):
        return argument.compose(lambda at, order: points.taylor(name, at, order))
    return points.taylor(name, argument, 0)[0]


class Residues:
    """Residues modulo 2^61 - 1 in which functions are known by their differential equations only.

    The value of a function at a random point is a random number of its own, as tanh(u) is
    algebraically independent of u; its Taylor series follows from the equation. What holds here
    holds in the differential ring of the function, so for the function itself.

    Parameters
    ----------
    seed
        Of the random numbers.
    parity
        Of the function "phi", about which nothing else is known: all its derivatives at a point
        are random numbers. -1 odd, 1 even, None neither.
    vanishing
        Whether phi(0) = 0.
    """

    def __init__(self, seed: int, parity: int | None = None, vanishing: bool = False) -> None:
        self._random = random.Random(seed)
        self._values: dict[tuple[str, int], list[nmod]] = {}
        self._parity = parity
        self._vanishing = vanishing or parity == -1
        self.pi = self.number()

    def number(self) -> nmod:
        """A random residue, never 0."""
        return nmod(self._random.randrange(1, PRIME), PRIME)

    def same(self, first: Any, second: Any) -> bool:
        """Whether two residues are equal."""
        return bool(nmod(0, PRIME) + first == nmod(0, PRIME) + second)

    def taylor(self, name: str, at: Any, order: int) -> list[nmod]:
        """Taylor coefficients of phi, or of a function with a differential equation."""
        at = nmod(0, PRIME) + at
        if name == "phi":
            return self._free(at, order)
        if name not in _EQUATIONS:
            raise KeyError(f"no differential equation is known for {name}")
        functions, rule = _EQUATIONS[name]
        start = [self._value(f, at) for f in functions]
        return _solution(start, rule, at, order)[0]

    def _free(self, at: nmod, order: int) -> list[nmod]:
        """Random derivatives, with the parity asked for."""
        mirrored = self._parity is not None and int(at) > int(-at)
        key = ("phi", int(-at) if mirrored else int(at))
        known = self._values.setdefault(key, [])
        while len(known) <= order:
            known.append(self._random_coefficient(at, len(known)))
        if not mirrored:
            return known[: order + 1]
        return [c * self._parity * (-1) ** m for m, c in enumerate(known[: order + 1])]

    def _random_coefficient(self, at: nmod, m: int) -> nmod:
        wrong_parity = self._parity is not None and self._parity != (-1) ** m
        absent = int(at) == 0 and (wrong_parity or (m == 0 and self._vanishing))
        return nmod(0, PRIME) if absent else self.number()

    def _value(self, name: str, at: nmod) -> nmod:
        """Value of one of the functions with an equation, the same whenever it is asked for."""
        if name in _COMPOSED:
            return _COMPOSED[name](self, at)
        sign = _PARITY.get(name)
        mirrored = sign is not None and int(at) > int(-at)
        key = (name, int(-at) if mirrored else int(at))
        if key not in self._values:
            fresh = _AT_ZERO[name] if int(at) == 0 and name in _AT_ZERO else None
            self._values[key] = [self.number() if fresh is None else nmod(fresh, PRIME)]
        return self._values[key][0] * (sign if mirrored and sign is not None else 1)


def _solution(start: list[Any], rule: Callable[..., Any], at: Any, order: int) -> list[list[Any]]:
    """Taylor coefficients of the solution of z' = rule(u, z), z(at) = start."""
    zero = start[0] * 0
    series = [[z] for z in start]
    for m in range(order):
        u = Jet([at, *([zero + 1] if m else []), *([zero] * (m - 1))])
        slopes = rule(u, *(Jet(z) for z in series))
        for z, slope in zip(series, slopes, strict=True):
            z.append(slope.c[m] / (m + 1))
    return series


# function: the functions its equation closes over (itself first), and their derivatives
_EQUATIONS: Mapping[str, tuple[tuple[str, ...], Callable[..., Any]]] = {
    "tanh": (("tanh",), lambda u, t: (1 - t * t,)),
    "logistic": (("logistic",), lambda u, s: (s * (1 - s),)),
    "softplus": (("softplus", "logistic"), lambda u, p, s: (s, s * (1 - s))),
    "sin": (("sin", "cos"), lambda u, s, c: (c, -s)),
    "cos": (("cos", "sin"), lambda u, c, s: (-s, c)),
    "erf": (("erf", "gauss"), lambda u, e, g: (g, -2 * u * g)),
    "exp": (("exp",), lambda u, e: (e,)),
    "sqrt": (("sqrt",), lambda u, q: (1 / (2 * q),)),
}
_PARITY = {"tanh": -1, "sin": -1, "erf": -1, "cos": 1}
_AT_ZERO = {"tanh": 0, "sin": 0, "erf": 0, "cos": 1, "exp": 1}
_COMPOSED: Mapping[str, Callable[[Residues, nmod], nmod]] = {
    "gauss": lambda points, u: 2 * points._value("exp", -u * u) / points._value("sqrt", points.pi),
}


class Balls:
    """Real balls of 400 bits, for functions without a differential equation of low order.

    Agreement at random rational points is shown to 300 bits. That is evidence with a proven
    error bound at these points, not a proof of the identity.
    """

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self.pi = arb.pi()

    def number(self) -> arb:
        """A random rational in (0, 3/2)."""
        return arb(fmpq(self._random.randrange(1, 10**6), 10**6) * _LARGEST_REAL)

    def same(self, first: Any, second: Any) -> bool:
        """Whether two balls overlap and are small."""
        difference = arb(0) + first - second
        size = 1 + abs(arb(0) + first)
        return bool(difference.contains(0) and difference.rad() < size * arb(2) ** -_AGREEMENT)

    def taylor(self, name: str, at: Any, order: int) -> list[arb]:
        """Taylor coefficients by ball arithmetic."""
        ctx.cap = max(ctx.cap, order + 1)
        series = _BALL_FUNCTIONS[name](arb_series([arb(0) + at, 1], order + 1))
        coefficients = list(series.coeffs())
        return coefficients + [arb(0)] * (order + 1 - len(coefficients))


def _method(name: str) -> Callable[[Any], Any]:
    return lambda series: getattr(series, name)()


_BUILT_IN = ("exp", "log", "sin", "cos", "tan", "sqrt", "atan", "asin", "acos", "erf")
_BALL_FUNCTIONS: Mapping[str, Callable[[Any], Any]] = {
    **{name: _method(name) for name in _BUILT_IN},
    "logistic": lambda s: 1 / (1 + (-s).exp()),
    "softplus": lambda s: (1 + s.exp()).log(),
    "tanh": lambda s: 1 - 2 / ((2 * s).exp() + 1),
    "sinh": lambda s: (s.exp() - (-s).exp()) / 2,
    "cosh": lambda s: (s.exp() + (-s).exp()) / 2,
    "cot": lambda s: 1 / s.tan(),
    "asinh": lambda s: (s + (s * s + 1).sqrt()).log(),
    "acosh": lambda s: (s + (s * s - 1).sqrt()).log(),
    "atanh": lambda s: ((1 + s) / (1 - s)).log() / 2,
}
