"""Just one inequality violated, by a little. Of branches: tubes, joins, folds, indices."""

import copy
import itertools
import json
from dataclasses import dataclass

import pytest
import sympy as sp
from flint import arb, arb_series, ctx, fmpq

from continuation.certify.checker import Refused, check
from continuation.certify.checker.problem import CHECK_PRECISION, Problem
from continuation.certify.checker.tube import Curve, Tube, _ramp, _ramp_slope_line
from tests.continuation.certify import stored_certificates as stored
from tests.continuation.certify.condition_cases import (
    accepted,
    changed,
    hexed,
    refused,
)


def smooth_step(order):
    t = sp.Symbol("t")
    return [sp.diff(10 * t**3 - 15 * t**4 + 6 * t**5, t, k) for k in range(order + 1)], t


@pytest.mark.parametrize("at", ["1/7", "2/5", "1/2", "5/6"])
def test_the_ramp_has_the_derivatives_of_the_smooth_step(at):
    derivatives, t = smooth_step(2)
    value, first, second = (d.subs(t, sp.Rational(at)) for d in derivatives)
    with ctx.workprec(CHECK_PRECISION):
        point = arb(fmpq(*map(int, at.split("/"))))
        along = _ramp(arb_series([point, 3, 5], 3))
        slopes = _ramp_slope_line(arb_series([point, 3], 2))
        found = [along[0], along[1], along[2], slopes[0], slopes[1]]
        wanted = [value, 3 * first, 5 * first + 9 * second / 2, first, 3 * second]
        for a, b in zip(found, wanted, strict=True):
            assert a.overlaps(arb(fmpq(int(b.p), int(b.q))))
            assert a.rad() < 1e-25


@dataclass(frozen=True, eq=False)
class Plane:
    """A curve F(x, p) = p − g(x) = 0 in the plane, g a polynomial, lowest power first."""

    g: tuple

    def _at(self, x, order):
        c = self.g
        for _ in range(order):
            c = tuple(k * v for k, v in enumerate(c))[1:]
        total = arb(0)
        for v in reversed(c):
            total = total * x + v
        return total

    def evaluate(self, z):
        return [z[1] - self._at(z[0], 0)], [[-self._at(z[0], 1), arb(1)]]

    def second(self, z, direction):
        return [-self._at(z[0], 2) * direction[0] ** 2]

    def turning(self, z, direction):
        return [[-self._at(z[0], 2) * direction[0], arb(0)]]


def tube(g, x, radii):
    curve = Plane(g)
    ends = [[arb(a), curve._at(arb(a), 0).mid()] for a in x]
    return Tube.prove(curve, *ends, [arb(r) for r in radii])


BOW = (0.0, 0.0, 1.0)
"""p = x²: on a chord of length h it bends h²/4 away."""


def test_a_tube_is_wider_than_its_curve_is_bent():
    h = 0.01
    share = (1 + 1 / 16) ** 2  # tubes are longer than their chords
    sagitta = h * h / 4 * share
    tube(BOW, (0.0, h), (1e-3 * h, 3.0 * sagitta))
    with pytest.raises(Refused, match="contract"):
        tube(BOW, (0.0, h), (1e-3 * h, 0.9 * sagitta))


def test_a_tube_has_length_and_width():
    with pytest.raises(Refused, match="no length or no width"):
        tube(BOW, (0.01, 0.01), (1e-3, 1e-3))
    with pytest.raises(Refused, match="no length or no width"):
        tube(BOW, (0.0, 0.01), (1e-3, 0.0))


def test_tubes_overlap_up_to_their_ends_and_sides():
    found = tube((0.0, 1.0), (0.0, 1.0), (0.01, 0.01))
    tiny = [arb(1e-9)] * 2

    def inside(along, across=0.0):
        point = [m + along * h for m, h in zip(found.middle, found.half, strict=True)]
        point = [point[0] + across, point[1] - across]
        found.require_inside(point, tiny)

    inside(1 - 1e-3)
    inside(-(1 - 1e-3))
    inside(0.0, 0.01 * (1 - 1e-3))
    for along in (1 + 1e-3, -(1 + 1e-3)):
        with pytest.raises(Refused, match="do not overlap"):
            inside(along)
    for across in (0.01 * (1 + 1e-3), -0.01 * (1 + 1e-3)):
        with pytest.raises(Refused, match="does not start in the one before"):
            inside(0.0, across)


def test_a_tube_reaches_beyond_its_chord_by_the_stated_share():
    found = tube((0.0, 1.0), (0.0, 1.0), (0.01, 0.01))
    assert float(found.half[0]) == pytest.approx(0.5 * (1 + 1 / 16))


def test_the_curve_crosses_where_it_is_said_to():
    found = tube((0.0, 1.0), (0.0, 1.0), (0.01, 0.01))
    point = [arb(0.0), arb(1e-4)]  # the curve passes (5e-5, 5e-5) off, in the plane of the point
    found.require_crossing(point, [arb(6e-5)] * 2)
    with pytest.raises(Refused, match="not where it is said"):
        found.require_crossing(point, [arb(4.9e-5)] * 2)
    with pytest.raises(Refused, match="no crossing"):
        found.require_crossing(point, [arb(0.011)] * 2)
    with pytest.raises(Refused, match="no crossing"):
        found.require_crossing(point, [arb(0.0), arb(6e-5)])


def test_one_fold_turns_and_two_are_refused():
    h = 0.01
    assert tube(BOW, (-h, 1.5 * h), (0.1 * h, 8 * h * h)).turns()
    assert not tube((0.0, 1.0, 1.0), (0.0, h), (0.1 * h, h * h)).turns()
    cubic = (0.0, -3e-6, 0.0, 1.0)  # folds at x = ±1e-3
    with pytest.raises(Refused, match="several folds"):
        tube(cubic, (-h, h), (0.1 * h, 1e-4)).turns()


@pytest.mark.parametrize("begin", [0.05, 0.1, 0.3])
def test_a_tube_beside_a_fold_does_not_turn(begin):
    """Its radii reach beyond the fold at x = 0, its curve does not."""
    h = 0.01
    assert not tube(BOW, (begin * h, 1.5 * h), (0.5 * h, 8 * h * h)).turns()


def test_a_branch_has_no_decay():
    record = changed(stored.record("branch"), weight_decay=hexed(1e-300))
    assert refused(record, "there is weight decay")


def test_a_tube_neither_begins_nor_ends_at_a_fold():
    h = 0.01
    for x in ((0.0, 2 * h), (-2 * h, 0.0)):
        with pytest.raises(Refused, match="begins or ends at a fold"):
            tube(BOW, x, (0.1 * h, 8 * h * h)).turns()


@pytest.mark.parametrize("parameter", ["noise", "size"])
def test_derivatives_along_a_curve_agree_with_differences(parameter):
    record = stored.record("branch")["problem"]
    step = arb(2) ** -20
    z = [arb(0.9), arb(1.3), arb({"noise": 0.2, "size": 3.4}[parameter])]
    direction = [arb(0.3), arb(-0.2), arb(0.5)]

    def at(s):
        return curve.evaluate([a + s * step * b for a, b in zip(z, direction, strict=True)])

    with ctx.workprec(300):
        curve = Curve.of(Problem.read(record), parameter)
        (ahead, rows_ahead), (here, rows), (behind, rows_behind) = at(1), at(0), at(-1)
        second, turning = curve.second(z, direction), curve.turning(z, direction)
        for k in range(2):
            slope = sum((a * b for a, b in zip(rows[k], direction, strict=True)), arb(0))
            assert abs((ahead[k] - behind[k]) / (2 * step) - slope) < 1e-8
            assert abs((ahead[k] - 2 * here[k] + behind[k]) / step**2 - second[k]) < 1e-8
            for a, b, c in zip(rows_ahead[k], rows_behind[k], turning[k], strict=True):
                assert abs((a - b) / (2 * step) - c) < 1e-8


def branch_with(**changes):
    record = stored.record("branch")
    record["claim"] |= changes
    return record


def test_folds_and_indices_of_a_branch_are_its_own():
    claim = stored.record("branch")["claim"]
    tubes, (fold,) = len(claim["radii"]), claim["folds"]
    for folds in ([], [fold, fold], [fold, tubes], sorted({fold, (fold + 2) % tubes})):
        assert not accepted(branch_with(folds=folds))
    for k in range(tubes):
        inertias = copy.deepcopy(claim["inertias"])
        inertias[k] = [1 - inertias[k][0], 0, 3 - inertias[k][2]]
        assert not accepted(branch_with(inertias=inertias))


@pytest.mark.parametrize(("wider", "reason"), [(1.01, "no crossing"), (0.9, "in the one before")])
def test_a_tube_starts_on_the_stated_curve_within_the_one_before(wider, reason):
    """Crossings as wide as their own tube; the one before is wider, or narrower, by a hundred."""
    claim = stored.record("branch")["claim"]
    crossings = copy.deepcopy(claim["crossings"])
    sizes = [min(map(float.fromhex, row)) for row in claim["radii"]]
    steps = [after / before for before, after in itertools.pairwise(sizes)]
    k = 1 + steps.index(min(steps) if wider > 1.0 else max(steps))
    crossings[k] = [hexed(wider * float.fromhex(r)) for r in claim["radii"][k]]
    assert refused(branch_with(crossings=crossings), reason)


def test_a_branch_has_a_point_more_than_tubes():
    points = stored.record("branch")["claim"]["points"][:-1]
    assert refused(branch_with(points=points), "tubes and points do not match")


def test_a_part_of_a_branch_says_so():
    claim = stored.record("branch")["claim"]
    names = ("radii", "crossings", "inertias")
    part = {name: claim[name][:1] for name in names}
    result = check(json.dumps(branch_with(**part, points=claim["points"][:2], folds=[])))
    assert result.accepted
    assert "1 tubes" in result.statement
    assert repr(float.fromhex(claim["points"][1][-1])) in result.statement


def test_the_parameter_of_a_branch_has_no_value_besides():
    record = stored.record("branch")
    assert refused(changed(record, sigma=hexed(1e-300)), "the noise has a value besides")
    n = len(record["problem"]["x"])
    assert refused(changed(record, size=hexed(n)), "whole data set")
