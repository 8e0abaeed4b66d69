"""One attractor under weight decay: all critical points, of which one orbit is a minimum.

The loss of H tanh units with weight decay ρ > 0 is coercive, so that all its critical points lie in
a known box, and the search for others has an end. With r the residuals, t = tanh(w x) and
s = 1 − t²:

- v is the ridge fit to given w: with Y = Σ ω y², E = Σ ω r² and F = Σ ω f², E ≤ Y, Σ ω r f = −ρ|v|²
  and Y = E + F + 2ρ|v|², where E + F ≥ 2|Σ ω r f|; so ρ|v|² ≤ Y/4;
- ρ w² = −v Σ ω r w x s, and |u (1 − tanh² u)| < 0.448, so that ρ w² ≤ 0.448 |v| √Y;
- a unit is dead (w = v = 0) or alive, and then q g = ρ² with g = Σ ω r x s and q = Σ ω r t/w.

The box of input weights, modulo symmetry 0 ≤ w₁ ≤ … ≤ w_H, is halved until each part is excluded by
one of these, by the interval Newton operator, or lies where a stated point is known to be alone.
Nothing is shared with the search that found the points.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from flint import arb, arb_mat, ctx

from continuation.certify.checker import schema
from continuation.certify.checker.points import (
    POINT,
    Claim,
    balls,
    identity,
    inertia,
    loss_of_point,
    require_point,
)
from continuation.certify.checker.problem import Problem, around
from continuation.certify.checker.refusal import require
from continuation.certify.checker.words import at_most, exactly

ATTRACTOR = schema.record({"points": schema.rows(POINT, 1, 100)})
"""All critical points modulo symmetry, the minimum first."""

TWO_MINIMA = schema.record({"points": schema.rows(POINT, 2, 2)})

STEEPEST = "0.448"
"""Above the maximum of u (1 − tanh² u), which is 0.44776 at u tanh u = 1/2."""

MOST_UNITS = 2
"""Boxes in three input weights would be millions."""

BITS = 64
"""Precision in boxes: their widths, not the rounding, decide."""

SMALLEST = 1e-7
"""Width of a box, relative to the range, that is given up."""

GRADIENT_FLOW = (
    "bounded trajectories of a gradient flow whose critical points are isolated converge; stable "
    "manifolds of nondegenerate saddles have measure zero"
)


def check_attractor(problem: Problem, claim: Claim) -> arb:
    """Every point with its index, one minimum, and no other in the box; the minimum's loss."""
    _require_network(problem)
    indices = [_index(problem, point) for point in claim["points"]]
    require(indices[0] == 0, "the first point is no minimum")
    require(0 not in indices[1:], "there is another minimum")
    known = [image for images in _apart(problem, claim["points"]) for image in images]
    with ctx.workprec(BITS):
        _require_no_others(_Boxes.of(problem), known)
    return loss_of_point(problem, claim["points"][0])


def state_attractor(claim: Claim) -> str:
    """What `check_attractor` shows."""
    points = claim["points"]
    return (
        f"critical points modulo symmetry: {len(points)}, all nondegenerate, with one minimum, "
        f"within {at_most(points[0]['radius'])} of θ = "
        f"({', '.join(map(exactly, points[0]['theta']))}); the gradient flow from all "
        "initial weights but a set of measure zero converges to it or to an image of it"
    )


def check_two_minima(problem: Problem, claim: Claim) -> arb:
    """Two minima that are no images of each other; the loss of the first."""
    _require_network(problem)
    for point in claim["points"]:
        require(_index(problem, point) == 0, "a point is no minimum")
    _apart(problem, claim["points"])
    return loss_of_point(problem, claim["points"][0])


def state_two_minima(claim: Claim) -> str:
    """What `check_two_minima` shows."""
    texts = [", ".join(exactly(value) for value in point["theta"]) for point in claim["points"]]
    return (
        f"there are minima near θ = ({texts[0]}) and near θ = ({texts[1]}), which are no images of "
        "each other: no single one attracts almost all initial weights"
    )


def _require_network(problem: Problem) -> None:
    model = problem.model
    require(model.is_tanh and model.free_output and model.is_unbiased, "these are no tanh units")
    require(model.hidden <= MOST_UNITS, f"more than {MOST_UNITS} units are not searched")
    require(problem.decay > 0, "without weight decay trajectories need not be bounded")


def _index(problem: Problem, point: Claim) -> int:
    """Negative eigenvalues of a critical point that is proved to be there and nondegenerate."""
    require_point(problem, point)
    _, _, square, curved = problem.derivatives(balls(point["theta"]))
    negative, positive = inertia(square + curved)
    require(point["inertia"] == (negative, 0, positive), "a point has another inertia")
    return negative


def _apart(problem: Problem, points: Sequence[Claim]) -> list[list[Image]]:
    """Images of all points, none of which is one of another point."""
    images = [_images(problem, point) for point in points]
    for some, others in itertools.combinations(images, 2):
        for one, other in itertools.product(some, others):
            apart = any(not a.overlaps(b) for a, b in zip(one.there, other.there, strict=True))
            require(apart, "two points may be images of each other")
    return images


@dataclass(frozen=True)
class Image:
    """A stated point: the box in which it is, and the one in which it is alone."""

    there: list[arb]
    alone: list[arb]


def _images(problem: Problem, point: Claim) -> list[Image]:
    """Images of a point with all w ≥ 0, in every order of the units."""
    hidden, theta = problem.model.hidden, point["theta"]
    units = [
        (-w, -v) if w < 0.0 else (w, v) for w, v in zip(theta[:hidden], theta[hidden:], strict=True)
    ]
    radii = arb(point["radius"]), arb(point["uniqueness_radius"])
    centres = [
        balls([*(w for w, _ in order), *(v for _, v in order)])
        for order in itertools.permutations(units)
    ]
    return [Image(*(around(centre, radius) for radius in radii)) for centre in centres]


Table = list[list[arb]]
"""A row for each sample, a column for each unit."""


@dataclass(frozen=True)
class _Boxes:
    """The loss over boxes of weights, with the bounds that every critical point obeys.

    Attributes
    ----------
    hidden : int
    decay : arb
    samples : list of (arb, arb, arb)
        Input, target and weight of each.
    outputs, inputs : arb
        Bounds of |v_k| and |w_k|.
    """

    problem: Problem
    hidden: int
    decay: arb
    samples: list[tuple[arb, arb, arb]]
    outputs: arb
    inputs: arb

    @classmethod
    def of(cls, problem: Problem) -> _Boxes:
        columns = (problem.x, problem.target, problem.noise, problem.weights)
        samples = [(x, y + problem.sigma * e, w) for x, y, e, w in zip(*columns, strict=True)]
        squares, decay = sum((w * y * y for _, y, w in samples), arb(0)), problem.decay
        outputs = ((squares / decay).sqrt() / 2).upper()
        mean = (squares * sum(problem.weights, arb(0))).sqrt()  # of |r|: weights are rounded
        inputs = (arb(STEEPEST) * outputs * mean / decay).sqrt().upper()
        return cls(problem, problem.model.hidden, decay, samples, outputs, inputs)

    def tanhs(self, w: Sequence[arb]) -> Table:
        """tanh(w x), a row for each sample."""
        return [[(u * x).tanh() for u in w] for x, _, _ in self.samples]

    def fitted(self, t: Table) -> list[arb]:
        """Output weights of critical points with input weights in a box."""
        d = self.hidden
        matrix = [[self.decay * int(a == b) for b in range(d)] for a in range(d)]
        right = [arb(0)] * d
        for row, (_, y, weight) in zip(t, self.samples, strict=True):
            for a in range(d):
                part = weight * row[a]
                right[a] += y * part
                for b in range(d):
                    matrix[a][b] += part * row[b]
        most = arb(0, self.outputs)
        try:
            solved = arb_mat(matrix).solve(arb_mat(d, 1, right))
        except ZeroDivisionError:
            return [most] * d
        shared = (_common(v, most) for v in solved.entries())
        return [most if v is None else v for v in shared]

    def residuals(self, t: Table, v: Sequence[arb]) -> list[arb]:
        """ω r of every sample."""
        return [
            weight * sum((a * b for a, b in zip(v, row, strict=True)), -y)
            for row, (_, y, weight) in zip(t, self.samples, strict=True)
        ]

    def derivatives(
        self, t: Table, v: Sequence[arb], w: Sequence[arb]
    ) -> tuple[list[arb], arb_mat]:
        """Gradient and Hessian over a box."""
        d = self.hidden
        slope = [self.decay * value for value in (*w, *v)]
        rows = [[self.decay * int(a == b) for b in range(2 * d)] for a in range(2 * d)]
        samples = zip(self.samples, t, self.residuals(t, v), strict=True)
        for (x, _, weight), row, r in samples:
            s = [x * (1 - a * a) for a in row]
            first = [*(a * b for a, b in zip(v, s, strict=True)), *row]
            for a in range(2 * d):
                slope[a] += r * first[a]
                part = weight * first[a]
                for b in range(a, 2 * d):
                    rows[a][b] += part * first[b]
            for k in range(d):
                rows[k][k] -= 2 * r * v[k] * x * row[k] * s[k]
                rows[k][d + k] += r * s[k]
        for a in range(2 * d):
            for b in range(a):
                rows[a][b] = rows[b][a]
        return slope, arb_mat(rows)

    def alive(self, t: Table, residuals: Sequence[arb], w: arb, unit: int) -> bool:
        """Whether a unit of a critical point in the box may be another than w = v = 0."""
        slow, fast = arb(0), arb(0)
        for (x, _, _), row, r in zip(self.samples, t, residuals, strict=True):
            pull = r * x
            fast += pull * (1 - row[unit] * row[unit])
            slow += pull * _quotient(w * x)
        return bool((slow * fast).overlaps(self.decay * self.decay))


def _quotient(u: arb) -> arb:
    """tanh(u)/u, which falls with |u| from 1."""
    far = abs(u).upper()
    least = far.tanh() / far if far > 0 else arb(1)
    near = abs(u).lower()
    most = near.tanh() / near if near > 0 else arb(1)
    return least.union(most)


def _common(a: arb, b: arb) -> arb | None:
    """The part that two intervals share; None where they have none."""
    if not a.is_finite():
        return b
    return a.intersection(b) if a.overlaps(b) else None


def _require_no_others(boxes: _Boxes, known: Sequence[Image]) -> None:
    """Every box of input weights is excluded, or its points are known."""
    whole = arb(boxes.inputs / 2, boxes.inputs / 2)
    stack, done = [[whole] * boxes.hidden], 0
    while stack:
        w = stack.pop()
        done += 1
        boxes.problem.watch.pass_by(done, done + len(stack))
        if any(a > b for a, b in itertools.pairwise(w)):
            continue
        rest = _narrowed(boxes, w, known)
        if rest is None or any(_inside(rest, image.alone) for image in known):
            continue
        widths = [float((2 * value.rad()).upper()) for value in rest[: boxes.hidden]]
        widest = max(range(boxes.hidden), key=widths.__getitem__)
        place = ", ".join(value.mid().str(6, radius=False) for value in rest[: boxes.hidden])
        require(
            widths[widest] > SMALLEST, f"other critical points are not excluded near w = {place}"
        )
        stack += _halves(rest[: boxes.hidden], widest)


def _narrowed(boxes: _Boxes, w: Sequence[arb], known: Sequence[Image]) -> list[arb] | None:
    """The weights that other critical points in a box may have; None if there are none."""
    w = list(w)
    t = boxes.tanhs(w)
    v = boxes.fitted(t)
    residuals = boxes.residuals(t, v)
    dead = [k for k, u in enumerate(w) if not boxes.alive(t, residuals, u, k)]
    if any(w[k] > 0 for k in dead):
        return None
    for k in dead:
        w[k] = v[k] = arb(0)
    slope, hessian = boxes.derivatives(boxes.tanhs(w) if dead else t, v, w)
    if any(not component.contains(0) for component in slope):
        return None
    return _newton(boxes, [*w, *v], hessian, known)


def _newton(
    boxes: _Boxes, box: list[arb], hessian: arb_mat, known: Sequence[Image]
) -> list[arb] | None:
    """What the box shares with its image under x ↦ x − A ∇L(x); None where that says enough.

    It does where nothing is shared, and where the map contracts in the norm of the box's widths, so
    that it has one fixed point at most, and a known one lies there.
    """
    d = len(box)
    centre = [value.mid() for value in box]
    w, v = centre[: boxes.hidden], centre[boxes.hidden :]
    slope, here = boxes.derivatives(boxes.tanhs(w), v, w)
    try:
        inverse = here.mid().inv().mid()
    except ZeroDivisionError:
        return box
    rates = identity(d) - inverse * hessian
    away = arb_mat(d, 1, [a - c for a, c in zip(box, centre, strict=True)])
    step = rates * away - inverse * arb_mat(d, 1, slope)
    if _contracts(rates, box) and any(_inside(image.there, box) for image in known):
        return None
    common = [_common(c + e, a) for c, e, a in zip(centre, step.entries(), box, strict=True)]
    return None if any(value is None for value in common) else [v for v in common if v is not None]


def _contracts(rates: arb_mat, box: Sequence[arb]) -> bool:
    """Whether the matrices shorten in the maximum norm with the box's widths as units."""
    radii = [value.rad() for value in box]
    return all(
        sum((abs(rate) * radius for rate, radius in zip(row, radii, strict=True)), arb(0)) < own
        for row, own in zip(rates.tolist(), radii, strict=True)
    )


def _inside(box: Sequence[arb], wide: Sequence[arb]) -> bool:
    """Whether a box lies in another one."""
    return all(b.contains(a) for a, b in zip(box, wide, strict=True))


def _halves(w: Sequence[arb], place: int) -> list[list[arb]]:
    low, high, middle = w[place].lower(), w[place].upper(), w[place].mid()
    parts = low.union(middle), middle.union(high)
    return [[*w[:place], part, *w[place + 1 :]] for part in parts]
