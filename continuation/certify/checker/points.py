"""Certified points and split lines: schemas, checks and statements."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from flint import arb, arb_mat

from continuation.certify.checker import schema
from continuation.certify.checker.problem import Problem, around
from continuation.certify.checker.refusal import Refused, require
from continuation.certify.checker.words import at_least, at_most

Claim = Mapping[str, Any]
"""What a schema has read."""

POINT_FIELDS: Mapping[str, schema.Reader] = {
    "theta": schema.weights,
    "inverse": schema.matrix,
    "radius": schema.real(0.0),
    "uniqueness_radius": schema.positive,
    "inertia": schema.inertia,
}
"""Centre, approximate inverse of the Hessian, radii of existence and uniqueness (both in the
maximum norm), eigenvalues by sign."""

POINT = schema.record(POINT_FIELDS)

PIECE = schema.record(
    {
        "lower": schema.optional(schema.word("0", "1")),
        "upper": schema.optional(schema.word("0", "1")),
        "inertia": schema.inertia,
    }
)

LINE = schema.record(
    {
        **POINT_FIELDS,
        "unit": schema.count(0, schema.MOST_WEIGHTS),
        "pieces": schema.rows(PIECE, 3, 3),
    }
)

ENDS_EXCLUDED = "nothing is said of the ends λ = 0 and λ = 1, where the line is more degenerate"

MOST_OPEN_SIGNS = 8
"""Coefficients of a characteristic polynomial whose sign may be open: each doubles the cases."""


def check_point(problem: Problem, claim: Claim) -> arb:
    """Existence within the radius, uniqueness within the larger one, inertia; the loss there."""
    require_point(problem, claim)
    centre = balls(claim["theta"])
    _, _, square, curved = problem.derivatives(centre)
    require_inertia(square + curved, claim["inertia"])
    return loss_of_point(problem, claim)


def state_point(claim: Claim) -> str:
    """What `check_point` shows."""
    return (
        f"one critical point within {at_most(claim['radius'])} of θ, no other within "
        f"{at_least(claim['uniqueness_radius'])}, index {claim['inertia'][0]}"
    )


def check_line(problem: Problem, claim: Claim) -> arb:
    """The base point, and the inertia on each of the three open pieces; the loss on the line."""
    model = problem.model
    require(model.has_split_lines, "this network has no split lines")
    require(problem.decay == 0, "with weight decay there are no split lines")
    smaller = problem.with_hidden(model.hidden - 1)
    require_point(smaller, claim)
    base = around(balls(claim["theta"]), arb(claim["radius"]))
    _, _, square, curved = smaller.derivatives(base)
    require(claim["unit"] < model.hidden - 1, "there is no such unit")
    names = [f"{letter}_{claim['unit'] + 1}" for letter in "wcv"]
    inputs = [k for k, name in enumerate(smaller.model.parameter_names) if name in names[:2]]
    output = smaller.model.parameter_names.index(names[2])
    require(base[output] > 0 or base[output] < 0, "the output weight v* may vanish")
    across = arb_mat([[curved[a, b] for b in inputs] for a in inputs])
    _require_pieces(claim, inertia(square + curved), inertia(across))
    return loss_of_point(smaller, claim)


def _require_pieces(claim: Claim, base: tuple[int, int], across: tuple[int, int]) -> None:
    inside = (base[0] + across[0], 1, base[1] + across[1])
    outside = (base[0] + across[1], 1, base[1] + across[0])
    pieces = [
        {"lower": None, "upper": "0", "inertia": outside},
        {"lower": "0", "upper": "1", "inertia": inside},
        {"lower": "1", "upper": None, "inertia": outside},
    ]
    require(claim["pieces"] == pieces, "a piece of the line has another index")
    require(claim["inertia"] == inside, "the segment has another inertia")


def state_line(claim: Claim) -> str:
    """What `check_line` shows."""
    inside, outside = (claim["pieces"][k]["inertia"][0] for k in (1, 0))
    return (
        f"split line over unit {claim['unit'] + 1} of one critical point within "
        f"{at_most(claim['radius'])} of the base, no other within "
        f"{at_least(claim['uniqueness_radius'])}; index {inside} for 0 < λ < 1 and {outside} "
        f"outside; {ENDS_EXCLUDED}"
    )


def require_point(problem: Problem, claim: Claim) -> None:
    """One critical point within the radius, no other within the uniqueness radius."""
    centre = balls(claim["theta"])
    d = len(problem.symbols)
    radius, alone = arb(claim["radius"]), arb(claim["uniqueness_radius"])
    require(len(centre) == d, "θ has another length than the weights")
    require(radius <= alone, "the radii are not in order")
    inverse = square_matrix(claim["inverse"], d)
    _, slope, *_ = problem.derivatives(centre)
    _, _, square, curved = problem.derivatives(around(centre, alone))
    rate = largest_row(identity(d) - inverse * (square + curved))
    shift = _largest(abs(e) for e in (inverse * slope).entries())
    require(rate < 1, "the Newton step is no contraction of the box of uniqueness")
    require(shift + rate * radius <= radius, "the Newton step leaves the box of existence")


def loss_of_point(problem: Problem, claim: Claim) -> arb:
    """The loss over the box of existence, so at the critical point and at θ."""
    return problem.derivatives(around(balls(claim["theta"]), arb(claim["radius"])))[0]


def balls(values: Iterable[float]) -> list[arb]:
    """Doubles as exact balls."""
    return [arb(value) for value in values]


def square_matrix(rows: Sequence[Sequence[float]], d: int) -> arb_mat:
    """A matrix of d rows of d doubles."""
    fits = len(rows) == d and all(len(row) == d for row in rows)
    require(fits, "the matrix has another shape")
    return arb_mat([list(row) for row in rows])


def identity(d: int) -> arb_mat:
    """The unit matrix."""
    return arb_mat(d, d, [int(a == b) for a in range(d) for b in range(d)])


def largest_row(matrix: arb_mat) -> arb:
    """Upper bound of the norm that belongs to the maximum norm."""
    return _largest(sum((abs(e) for e in row), arb(0)) for row in matrix.tolist())


def _largest(values: Iterable[arb]) -> arb:
    """The largest upper end, as an exact ball."""
    ends = [value.upper() for value in values]
    require(all(end.is_finite() for end in ends), "an enclosure is not finite")
    return max(ends)


def require_inertia(matrix: arb_mat, claimed: Sequence[int]) -> None:
    """The matrices of an enclosure have the claimed numbers of signed eigenvalues."""
    negative, positive = inertia(matrix)
    require(tuple(claimed) == (negative, 0, positive), "the Hessian has another inertia")


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
    unsure = sum(len(s) > 1 for s in signs)
    require(unsure <= MOST_OPEN_SIGNS, "the signs of the eigenvalues are open")
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
