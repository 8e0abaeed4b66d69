"""Checkers of certified points and split lines."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

from flint import arb, arb_mat

from continuation.certify.checker.problem import Problem, Refused, around, number, numbers, require


def check_point(record: Mapping[str, Any]) -> None:
    """Existence within the radius, uniqueness within the larger one, and the inertia."""
    require(record["verdict"] == "PROVED", "a point can only be proved")
    problem = Problem.read(record["problem"])
    require_point(problem, record)
    centre = numbers(record["claim"]["theta"])
    _, _, square, curved = problem.derivatives(centre)
    require_inertia(square + curved, record["inertia"])


def check_line(record: Mapping[str, Any]) -> None:
    """The base point, and the inertia on each of the three open pieces."""
    require(record["verdict"] == "PROVED", "a line can only be proved")
    problem = Problem.read(record["problem"])
    model = problem.model
    require(model.has_split_lines, "this network has no split lines")
    require(problem.decay == 0, "with weight decay there are no split lines")
    smaller = problem.with_hidden(model.hidden - 1)
    require_point(smaller, record)
    claim = record["claim"]
    base = around(numbers(claim["theta"]), number(record["radius"]))
    _, _, square, curved = smaller.derivatives(base)
    require(claim["unit"] in range(model.hidden - 1), "there is no such unit")
    names = [f"{letter}_{claim['unit'] + 1}" for letter in "wcv"]
    inputs = [k for k, name in enumerate(smaller.model.parameter_names) if name in names[:2]]
    output = smaller.model.parameter_names.index(names[2])
    require(base[output] > 0 or base[output] < 0, "the output weight v* may vanish")
    across = arb_mat([[curved[a, b] for b in inputs] for a in inputs])
    _require_pieces(record, inertia(square + curved), inertia(across))


def _require_pieces(
    record: Mapping[str, Any], base: tuple[int, int], across: tuple[int, int]
) -> None:
    inside = [base[0] + across[0], 1, base[1] + across[1]]
    outside = [base[0] + across[1], 1, base[1] + across[0]]
    pieces = [
        {"lower": None, "upper": "0", "inertia": outside},
        {"lower": "0", "upper": "1", "inertia": inside},
        {"lower": "1", "upper": None, "inertia": outside},
    ]
    require(record["claim"]["pieces"] == pieces, "a piece of the line has another index")
    require(record["inertia"] == inside, "the segment has another inertia")


def require_point(problem: Problem, record: Mapping[str, Any]) -> None:
    """One critical point within the radius, no other within the uniqueness radius."""
    claim = record["claim"]
    centre = numbers(claim["theta"])
    d = problem.model.dimension
    radius, alone = number(record["radius"]), number(record["uniqueness_radius"])
    require(len(centre) == d, "θ has another length than the weights")
    require(radius >= 0 and radius <= alone, "the radii are not in order")
    inverse = arb_mat([numbers(row) for row in claim["inverse"]])
    require((inverse.nrows(), inverse.ncols()) == (d, d), "the matrix has another shape")
    _, slope, *_ = problem.derivatives(centre)
    _, _, square, curved = problem.derivatives(around(centre, alone))
    one = arb_mat(d, d, [int(a == b) for a in range(d) for b in range(d)])
    rate = _largest(
        sum((abs(e) for e in row), arb(0)) for row in (one - inverse * (square + curved)).tolist()
    )
    shift = _largest(abs(e) for e in (inverse * slope).entries())
    require(rate < 1, "the Newton step is no contraction of the box of uniqueness")
    require(shift + rate * radius <= radius, "the Newton step leaves the box of existence")


def _largest(balls: Any) -> arb:
    """The largest upper end, as an exact ball."""
    ends = [ball.upper() for ball in balls]
    require(all(end.is_finite() for end in ends), "an enclosure is not finite")
    return max(ends)


def require_inertia(matrix: arb_mat, claimed: Sequence[int]) -> None:
    """The matrices of an enclosure have the claimed numbers of signed eigenvalues."""
    negative, positive = inertia(matrix)
    require(list(claimed) == [negative, 0, positive], "the Hessian has another inertia")


def inertia(matrix: arb_mat) -> tuple[int, int]:
    """Negative and positive eigenvalues of the symmetric matrices of an enclosure.

    All roots of the characteristic polynomial are real; then Descartes' rule of signs counts the
    positive ones exactly, and those of p(−x) the negative ones. Coefficients of unknown sign
    must not matter.
    """
    coefficients = matrix.charpoly().coeffs()
    d = matrix.nrows()
    signs = [_signs(coefficients[k] if k < len(coefficients) else arb(0)) for k in range(d + 1)]
    if signs[0] == (-1, 1):
        raise Refused("an eigenvalue may be zero")
    counts = {(_changes(c, -1), _changes(c, 1)) for c in itertools.product(*signs)}
    exact = {pair for pair in counts if sum(pair) == d}
    require(len(exact) == 1 and len(counts) == 1, "the signs of the eigenvalues are open")
    return exact.pop()


def _signs(ball: arb) -> tuple[int, ...]:
    if ball > 0:
        return (1,)
    return (-1,) if ball < 0 else (-1, 1)


def _changes(signs: Sequence[int], direction: int) -> int:
    """Changes of sign of p(x), or of p(−x)."""
    seen = [s * direction**k for k, s in enumerate(signs)]
    return sum(a != b for a, b in itertools.pairwise(seen))
