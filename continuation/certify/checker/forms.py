"""Derivatives of the loss of tanh units as homogeneous polynomials, and bounds of their size.

The checker's way to third derivatives: the loss of each sample is multiplied out as a polynomial
in the changes δ of the weights, whose part of degree m is D^mL[δ, …, δ]/m!; then δ = S z.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from math import factorial, prod

from flint import arb, arb_mat

from continuation.certify.checker.problem import Problem

Powers = tuple[int, ...]
Form = Mapping[Powers, arb]
"""Exponents ↦ coefficient, all of one degree."""


def parts(problem: Problem, theta: Sequence[arb], degrees: Sequence[int]) -> list[Form]:
    """Parts of the given degrees of the loss around θ, or around every point of a box."""
    totals: list[dict[Powers, arb]] = [{} for _ in degrees]
    top = max(degrees)
    rows = zip(problem.x, problem.target, problem.noise, problem.weights, strict=True)
    for x, target, noise, weight in rows:
        value, network = _network(theta, x, top)
        r = value - target - problem.sigma * noise
        for total, degree in zip(totals, degrees, strict=True):
            for powers, coefficient in _half_square(r, network, degree):
                total[powers] = total.get(powers, arb(0)) + weight * coefficient
    return list(totals)


def _network(theta: Sequence[arb], x: arb, top: int) -> tuple[arb, dict[Powers, arb]]:
    """The network and its Taylor coefficients of degrees 1 to `top`, w_1..w_H, v_1..v_H."""
    hidden, d = len(theta) // 2, len(theta)
    value, found = arb(0), {}
    for k in range(hidden):
        v, series = theta[hidden + k], _tanh_series(theta[k] * x, top)
        value += v * series[0]
        for m, c in enumerate(series):
            by_w = c * x**m
            if m:
                found[_powers(d, {k: m})] = v * by_w
            if m < top:
                found[_powers(d, {k: m, hidden + k: 1})] = by_w
    return value, found


def _powers(d: int, chosen: Mapping[int, int]) -> Powers:
    return tuple(chosen.get(k, 0) for k in range(d))


def _tanh_series(u: arb, top: int) -> list[arb]:
    """Taylor coefficients by y' = 1 − y²."""
    series = [u.tanh()]
    for m in range(top):
        square = sum((series[i] * series[m - i] for i in range(m + 1)), arb(0))
        series.append((int(m == 0) - square) / (m + 1))
    return series


def _half_square(
    r: arb, network: Mapping[Powers, arb], degree: int
) -> Iterator[tuple[Powers, arb]]:
    """The part of one degree of (r + f)²/2, f without constant term."""
    for powers, c in network.items():
        if sum(powers) == degree:
            yield powers, r * c
    for (p, a), (q, b) in itertools.product(network.items(), repeat=2):
        if sum(p) + sum(q) == degree:
            yield tuple(i + j for i, j in zip(p, q, strict=True)), a * b / 2


def turned(form: Form, scale: arb_mat) -> Form:
    """The form in z, δ = S z."""
    d = scale.nrows()
    lines = [{_powers(d, {j: 1}): scale[i, j] for j in range(d)} for i in range(d)]
    total: dict[Powers, arb] = {}
    for powers, coefficient in form.items():
        product: dict[Powers, arb] = {(0,) * d: coefficient}
        for line, power in zip(lines, powers, strict=True):
            for _ in range(power):
                product = _times(product, line)
        for key, value in product.items():
            total[key] = total.get(key, arb(0)) + value
    return total


def _times(left: Form, right: Form) -> dict[Powers, arb]:
    found: dict[Powers, arb] = {}
    for (p, a), (q, b) in itertools.product(left.items(), right.items()):
        key = tuple(i + j for i, j in zip(p, q, strict=True))
        found[key] = found.get(key, arb(0)) + a * b
    return found


def size(form: Form) -> arb:
    """Upper bound of |D^m[e_1, …, e_m]| over unit vectors, D^m the symmetric form behind p.

    The smaller of its Frobenius norm and of a bound of the norm of its unfolding to d rows: the
    largest sum of a row of the Gram matrix.
    """
    entries = {p: prod(map(factorial, p)) * c for p, c in form.items()}
    d = len(next(iter(form)))
    whole = sum((_copies(p) * t * t for p, t in entries.items()), arb(0))
    rests = {_less(p, i) for p in entries for i in range(d) if p[i]}
    gram = [[arb(0)] * d for _ in range(d)]
    for rest in rests:
        column = [entries.get(_more(rest, i), arb(0)) for i in range(d)]
        for i, j in itertools.product(range(d), repeat=2):
            gram[i][j] += _copies(rest) * column[i] * column[j]
    largest = max(sum((abs(entry) for entry in row), arb(0)).upper() for row in gram)
    return min(arb(largest).sqrt().upper(), arb(whole.upper()).sqrt().upper())


def _copies(powers: Powers) -> int:
    """How many entries of the symmetric form are the same."""
    return factorial(sum(powers)) // prod(map(factorial, powers))


def _less(powers: Powers, i: int) -> Powers:
    return tuple(p - (k == i) for k, p in enumerate(powers))


def _more(powers: Powers, i: int) -> Powers:
    return tuple(p + (k == i) for k, p in enumerate(powers))
