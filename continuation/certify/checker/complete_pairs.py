"""The checker's conditions of criticality over a box of two input weights, in ball matrices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flint import arb, arb_mat

from continuation.certify.checker.curve import Curve, hull, inner, row

UNIT = arb(0, 1)
"""[-1, 1]."""


@dataclass(frozen=True, eq=False)
class Conditions:
    """G = (G₁, G₂) at the centre of a box, its derivatives over it, and χ over it."""

    value: arb_mat
    slopes: arb_mat
    chi: arb

    def excluded(self) -> bool:
        """No common zero in the box."""
        if self.chi > 0 or self.chi < 0:
            return True
        ones = arb_mat(2, 1, [UNIT, UNIT])
        plain = self.value + self.slopes * ones
        if any(not entry.contains(0) for entry in plain.entries()):
            return True
        inverse = self._inverse()
        if inverse is None:
            return False
        turned = inverse * self.value + inverse * self.slopes * ones
        return any(not entry.contains(0) for entry in turned.entries())

    def injective(self) -> bool:
        """At most one zero: every matrix of the slopes is regular."""
        inverse = self._inverse()
        if inverse is None:
            return False
        turned = inverse * self.slopes
        a, b, c, d = turned.entries()
        return bool(a > 0 and d > 0 and a * d - abs(b) * abs(c) > 0)

    def has_zero(self) -> bool:
        """Exactly one zero in the box, by Krawczyk's test."""
        inverse = self._inverse()
        if inverse is None:
            return False
        eye = arb_mat([[1, 0], [0, 1]])
        image = (eye - inverse * self.slopes) * arb_mat(2, 1, [UNIT, UNIT])
        image -= inverse * self.value
        return all(bool(abs(entry) < 0.999) for entry in image.entries())

    def _inverse(self) -> arb_mat | None:
        middle = arb_mat([[entry.mid() for entry in row] for row in self.slopes.tolist()])
        try:
            found = middle.inv()
        except ZeroDivisionError:
            return None
        return arb_mat([[entry.mid() for entry in row] for row in found.tolist()])


def conditions(data: Curve, box: Sequence[float]) -> Conditions | None:
    """Enclosures for the box [a, b] × [c, d] in (q₁, q₂); None where they are not finite."""
    a, b, c, d = box
    p, q = 0.5 * (a + b), 0.5 * (c + d)
    half = [arb(max(b - p, p - a)) * (1 + arb(2) ** -50), arb(max(d - q, q - c))]
    half[1] *= 1 + arb(2) ** -50
    middle = [data.line(p)[0], *data.differences(p, q)]
    ends = zip(data.differences(a, c), data.differences(b, d), strict=True)
    whole = [hull(data.line(a)[0], data.line(b)[0]), *(hull(s, t) for s, t in ends)]
    slope = row(hull(data.line(a)[1], data.line(b)[1]))
    try:
        return _conditions(data.y, [row(c) for c in middle], [row(c) for c in whole], slope, half)
    except ZeroDivisionError:
        return None


def _conditions(
    y: arb_mat, centre: list[arb_mat], box: list[arb_mat], slope: arb_mat, half: list[arb]
) -> Conditions:
    features = arb_mat(centre[0].tolist() + centre[1].tolist())
    turn = _orthonormal(features * features.transpose())
    q0 = turn * features
    zero = arb_mat(1, y.nrows())
    along = [
        turn * arb_mat((-slope * half[0]).tolist() + (-box[2] * half[0]).tolist()),
        turn * arb_mat(zero.tolist() + (-box[3] * half[1]).tolist()),
    ]
    q = q0 + along[0] * UNIT + along[1] * UNIT
    target = y.transpose()
    start = _middle(q0 * y).transpose()
    r0 = start * q0 - target
    gram0 = q0 * q0.transpose()
    exact = start - (gram0.inv() * (q0 * r0.transpose())).transpose()
    gram = gram0
    for b in along:
        mixed = b * q.transpose()
        gram += (mixed + mixed.transpose()) * UNIT
    inverse = gram.inv()
    r = r0 + (start * along[0]) * UNIT + (start * along[1]) * UNIT
    moved = q0 * r0.transpose()
    for b in along:
        moved += (b * r.transpose() + q * (start * b).transpose()) * UNIT
    kappa = start - (inverse * moved).transpose()
    centred = exact * q0 - target
    r = kappa * q - target
    steps: list[arb_mat] = []
    for _ in range(3):
        turns = [-(inverse * (b * r.transpose() + q * (kappa * b).transpose())) for b in along]
        steps = [t.transpose() * q + kappa * b for t, b in zip(turns, along, strict=True)]
        r = _meet(r, centred + steps[0] * UNIT + steps[1] * UNIT)
    value, slopes = [], []
    thirds = ((box[4] * 2, box[5]), (box[5], box[6] * 2))
    for k in (0, 1):
        part = _middle(centre[2 + k] * q0.transpose())
        p0 = centre[2 + k] - part * q0
        bent = [-t * h - part * b for t, h, b in zip(thirds[k], half, along, strict=True)]
        p = _meet(box[2 + k] - part * q, p0 + bent[0] * UNIT + bent[1] * UNIT)
        value.append(inner(centred, p0))
        free = [t - _middle(t * q0.transpose()) * q for t in bent]
        slopes.append([inner(s, p) + inner(r, t) for s, t in zip(steps, free, strict=True)])
    fourth = box[5] - _middle(box[5] * q0.transpose()) * q
    return Conditions(arb_mat(2, 1, value), arb_mat(slopes), inner(r, fourth))


def _orthonormal(gram: arb_mat) -> arb_mat:
    """An exact matrix T with T G Tᵀ close to 1."""
    a, b, d = gram[0, 0].mid(), gram[0, 1].mid(), gram[1, 1].mid()
    first = (1 / a.sqrt()).mid()
    share = (b / a).mid()
    second = (1 / (d - share * b).sqrt()).mid()
    return arb_mat([[first, 0], [-(share * second).mid(), second]])


def _middle(matrix: arb_mat) -> arb_mat:
    return arb_mat([[entry.mid() for entry in row] for row in matrix.tolist()])


def _meet(a: arb_mat, b: arb_mat) -> arb_mat:
    """For every entry the narrower of two enclosures."""
    pairs = zip(a.entries(), b.entries(), strict=True)
    return arb_mat(1, a.ncols(), [p if p.rad() < q.rad() else q for p, q in pairs])
