"""Every inequality of the checker: a certificate that violates just this one, by a little."""

import copy
import json
from dataclasses import dataclass

import numpy as np
import pytest
import sympy as sp
from flint import arb, arb_mat, arb_series, ctx, fmpq
from scipy.optimize import brentq

from continuation.certify.checker import Refused, check
from continuation.certify.checker.complete import _check_tree, _require_apart
from continuation.certify.checker.complete_pairs import Conditions, conditions
from continuation.certify.checker.complete_roots import _check_zeros
from continuation.certify.checker.curve import Curve as UnitCurve
from continuation.certify.checker.forms import parts, size, turned
from continuation.certify.checker.problem import CHECK_PRECISION, Problem
from continuation.certify.checker.tube import Curve, Tube, _ramp, _ramp_slope_line
from continuation.certify.checker.unique import _Start
from symbolic import Model
from tests.continuation.certify import stored_certificates as stored

LITTLE = 1e-6


def accepted(record):
    return check(json.dumps(record)).accepted


def refused(record, reason):
    result = check(json.dumps(record))
    return not result.accepted and reason in result.reason


def hexed(value):
    if isinstance(value, list | tuple):
        return [hexed(entry) for entry in value]
    return float(value).hex()


def simple(formula, x, target, kind, claim, parameters=("a",), **changes):
    """A certificate about a model of few weights, whose loss is known in closed form."""
    model = Model.from_expression(formula, parameters)
    problem = {
        "model": model.to_json(),
        "x": hexed(x),
        "target": hexed(target),
        "noise": hexed([0.0] * len(x)),
        "weights": None,
        "sigma": hexed(0.0),
        "size": None,
        "weight_decay": hexed(0.0),
    }
    return {
        "format": "mlpcont-certificate",
        "version": 2,
        "kind": kind,
        "verdict": "PROVED",
        "reason": "",
        "set": None,
        "problem": {**problem, **changes},
        "claim": claim,
    }


def parabola(kind="point", theta=0.5, inverse=1.0, radius=0.0, alone=1.0, **more):
    """L = 1/8 + (a − 1/2)²/2: the Hessian is 1 everywhere."""
    claim = {
        "theta": hexed([theta]),
        "inverse": hexed([[inverse]]),
        "radius": hexed(radius),
        "uniqueness_radius": hexed(alone),
        "inertia": [0, 0, 1],
    }
    return simple("a*x", [1.0, -1.0], [1.0, 0.0], kind, {**claim, **more})


# -- points ----------------------------------------------------------------------------------


def test_the_step_must_contract():
    assert accepted(parabola(inverse=2.0 - LITTLE))
    assert refused(parabola(inverse=2.0 + LITTLE), "no contraction")
    assert refused(parabola(inverse=2.0), "no contraction")


def test_the_step_must_stay_in_the_box_of_existence():
    for sign in (-1.0, 1.0):
        theta = 0.5 + sign * 2.0**-10
        assert accepted(parabola(theta=theta, radius=2.0**-10))
        assert refused(parabola(theta=theta, radius=2.0**-10 * (1 - LITTLE)), "leaves the box")


def test_the_radii_are_in_order():
    assert accepted(parabola(radius=1.0, alone=1.0))
    assert refused(parabola(radius=1.0 + LITTLE, alone=1.0), "not in order")


@pytest.mark.parametrize("inertia", [[1, 0, 0], [0, 1, 0], [0, 0, 2], [1, 0, 1], [0, 0, 0]])
def test_the_inertia_is_that_of_the_hessian(inertia):
    assert refused(parabola(inertia=inertia), "inertia")


def test_lengths_fit_the_weights():
    assert refused(
        parabola(theta=0.5) | {"claim": {**parabola()["claim"], "theta": hexed([0.5, 0.5])}},
        "length",
    )
    wide = {**parabola()["claim"], "inverse": hexed([[1.0, 0.0]])}
    assert refused({**parabola(), "claim": wide}, "shape")


# -- basins ----------------------------------------------------------------------------------


def basin(ball=0.5, level=0.2, entries=(), **more):
    entries = hexed([list(e) for e in entries])
    return parabola("basin", ball=hexed(ball), level=hexed(level), entries=entries, **more)


def test_the_level_is_below_the_loss_on_the_sphere():
    sphere = 0.125 + 0.5 * 0.5**2
    assert accepted(basin(level=sphere * (1 - LITTLE)))
    assert refused(basin(level=sphere * (1 + LITTLE)), "below the level on the sphere")


def test_the_level_knows_how_far_the_minimum_may_be_from_the_centre():
    """The centre lies 1/16 off: both the loss there and the distance to the sphere count."""
    off = 2.0**-4
    value, slope = 0.125 + 0.5 * off**2, off
    sphere = value - off * slope + 0.5 * (0.5 - off) ** 2
    moved = {"theta": 0.5 + off, "radius": off}
    assert accepted(basin(level=sphere * (1 - LITTLE), **moved))
    assert refused(basin(level=sphere * (1 + LITTLE), **moved), "below the level on the sphere")


def test_the_curvature_of_a_basin_is_the_smallest_that_the_inverse_allows():
    """With C = 1.2 the bound is (1 − 0.2)/1.2, not 1."""
    sphere = 0.125 + 0.5 * (0.8 / 1.2) * 0.5**2
    assert accepted(basin(level=sphere * (1 - LITTLE), inverse=1.2))
    assert refused(basin(level=sphere * (1 + LITTLE), inverse=1.2), "below the level")


def test_the_level_is_above_the_minimum():
    assert accepted(basin(level=0.125 * (1 + LITTLE)))
    assert refused(basin(level=0.125), "not above the minimum")


def test_the_ball_lies_in_the_box_of_uniqueness():
    assert accepted(basin(ball=1.0))
    assert refused(basin(ball=1.0 + LITTLE), "ball is too large")


def test_the_minimum_lies_in_the_ball():
    assert refused(basin(ball=0.5, level=1.0, radius=2.0, alone=2.0), "outside the ball")


def two_wells(theta, inverse, inertia, level, entries=()):
    """L = (a² − 1)²/2."""
    claim = {
        "theta": hexed([theta]),
        "inverse": hexed([[inverse]]),
        "radius": hexed(0.0),
        "uniqueness_radius": hexed(0.1),
        "inertia": inertia,
        "ball": hexed(0.1),
        "level": hexed(level),
        "entries": hexed([list(e) for e in entries]),
    }
    return simple("a**2*x", [1.0, -1.0], [1.0, -1.0], "basin", claim)


def test_states_lie_in_the_ball_and_below_the_level():
    level = 1e-3
    assert accepted(two_wells(1.0, 0.25, [0, 0, 1], level, [[1.02]]))
    assert refused(two_wells(1.0, 0.25, [0, 0, 1], level, [[-1.0]]), "not in the ball")
    assert refused(two_wells(1.0, 0.25, [0, 0, 1], level, [[1.05]]), "not below the level")
    assert refused(two_wells(1.0, 0.25, [0, 0, 1], level, [[1.0, 1.0]]), "length")


def test_a_maximum_has_no_basin():
    assert refused(two_wells(0.0, -0.5, [1, 0, 0], 0.501), "no minimum")


# -- the problem -----------------------------------------------------------------------------


def changed(record, **fields):
    return {**record, "problem": {**record["problem"], **fields}}


def test_the_sum_of_the_weights_is_one():
    for second, good in ((0.5, True), (0.5 + LITTLE, False), (0.5 - LITTLE, False)):
        record = changed(parabola(alone=0.5), weights=hexed([0.5, second]))
        claim = {**record["claim"], "radius": hexed(0.1)}
        assert accepted({**record, "claim": claim}) is good
    many = hexed([0.1] * 10)
    ten = changed(parabola(), weights=many, x=hexed([1.0, -1.0] * 5), noise=hexed([0.0] * 10))
    assert accepted(changed(ten, target=hexed([1.0, 0.0] * 5)))


def test_no_sample_has_a_negative_weight():
    record = changed(parabola(), x=hexed([1.0, -1.0, 0.0]), target=hexed([1.0, 0.0, 0.0]))
    record = changed(record, noise=hexed([0.0] * 3))
    good, bad = [0.5, 0.5 - LITTLE, LITTLE], [0.5, 0.5 + LITTLE, -LITTLE]
    claim = {**record["claim"], "radius": hexed(0.1)}
    assert accepted({**changed(record, weights=hexed(good)), "claim": claim})
    assert refused({**changed(record, weights=hexed(bad)), "claim": claim}, "out of range")


@pytest.mark.parametrize("name", ["sigma", "weight_decay"])
def test_noise_and_decay_are_not_negative(name):
    """Nothing else objects: the data have no noise, and the point is found anew."""
    value = -LITTLE
    record = changed(parabola(radius=0.1), **{name: hexed(value)})
    assert refused(record, "out of range")
    assert accepted(changed(parabola(radius=0.1), **{name: hexed(-value)}))


@pytest.mark.parametrize("name", ["x", "noise", "target", "weights"])
def test_columns_have_one_length_before_anything_is_cut(name):
    whole = changed(parabola(), weights=hexed([0.5, 0.5]))
    longer = {**whole["problem"], name: [*whole["problem"][name], hexed(0.0)]}
    assert refused({**whole, "problem": longer}, "different lengths")
    cut = changed(parabola(), size=hexed(2.0))
    assert accepted(cut)
    if name != "weights":
        longer = {**cut["problem"], name: [*cut["problem"][name], hexed(0.0)]}
        assert refused({**cut, "problem": longer}, "different lengths")


@pytest.mark.parametrize("value", ["inf", "nan", "-inf", "0x1p5000", "1.5", "0x1p0", 1.0, None])
@pytest.mark.parametrize("name", ["sigma", "weight_decay"])
def test_numbers_are_finite_and_written_in_one_way(name, value):
    assert refused(changed(parabola(), **{name: value}), "problem")


def test_the_size_lies_within_the_data():
    assert refused(changed(parabola(), size=hexed(2.0 + LITTLE)), "outside the data")
    assert refused(changed(parabola(), size=hexed(2.0 - LITTLE)), "out of range")
    assert refused(changed(parabola(), size=hexed(2.0), weights=hexed([0.5, 0.5])), "no size")


def test_inputs_differ():
    assert refused(changed(parabola(), x=hexed([1.0, 1.0])), "all inputs are the same")


# -- lines and infinity ------------------------------------------------------------------------


def test_a_line_copies_a_unit_of_its_base():
    record = stored.record("line")
    record["claim"]["unit"] = 1
    assert refused(record, "no such unit")


def test_decay_has_neither_lines_nor_ends():
    for name in ("line", "infinity"):
        record = changed(stored.record(name), weight_decay=hexed(1e-300))
        assert refused(record, "weight decay")


def test_the_derivative_across_an_end_has_a_sign():
    """With |x| = 1 the residual is orthogonal to x³ = x: the sign is open."""
    model = Model.perceptron(hidden=1)
    end = {"subkind": "linear", "names": ["c"]}
    claim = {**parabola()["claim"], **end}
    record = simple("a*x", [1.0, -1.0], [1.0, 0.0], "infinity", claim, model=model.to_json())
    for inertia in ([0, 0, 1], [0, 0, 2], [1, 0, 1]):
        record["claim"]["inertia"] = inertia
        assert refused(record, "may vanish")


def test_the_index_across_an_end_follows_the_sign():
    record = stored.record("infinity")
    negative, zero, positive = record["claim"]["inertia"]
    record["claim"]["inertia"] = [1 - negative, zero, 2 - positive + 1 - 1]
    assert refused(record, "another inertia")


# -- the optimum ---------------------------------------------------------------------------------


def columns(record):
    names = ("x", "noise")
    x, noise = (np.array([float.fromhex(t) for t in record["problem"][n]]) for n in names)
    return x, float.fromhex(record["problem"]["sigma"]) * noise


@pytest.mark.parametrize(("name", "spare"), [("orbit", 0), ("manifold", 1)])
def test_the_bound_of_the_gradient_is_the_closed_form(name, spare):
    record = stored.record(name)
    x, pull = columns(record)
    total = 0.0
    for w, v in record["claim"]["units"]:
        t = np.tanh(float(w) * x)
        total += np.mean(pull * t) ** 2
        total += float(v) ** 2 * np.mean(pull * x * (1 - t * t)) ** 2 / (spare + 1)
    record["claim"]["constant"] = hexed(1e-9)
    record["claim"]["gradient_bound"] = hexed(np.sqrt(total) * (1 - LITTLE))
    assert accepted(record)
    record["claim"]["gradient_bound"] = hexed(np.sqrt(total) * (1 + LITTLE))
    assert refused(record, "may be smaller")


@pytest.mark.parametrize("name", ["orbit", "manifold"])
def test_the_distance_is_the_closed_form(name):
    record = stored.record(name)
    x, pull = columns(record)
    bound = float.fromhex(record["claim"]["gradient_bound"])

    def stiffness(reach):
        gamma = np.sqrt(x * x + 2)
        residual = np.abs(pull) + reach * gamma
        curved = residual * (4 / (3 * np.sqrt(3)) * x * x + np.abs(x))
        return float(np.mean(gamma**2 + curved))

    exact = brentq(lambda c: c * stiffness(c) - bound, 0.0, 1.0, xtol=1e-15)
    record["claim"]["constant"] = hexed(exact * (1 - LITTLE))
    assert accepted(record)
    record["claim"]["constant"] = hexed(exact * (1 + LITTLE))
    assert refused(record, "may be closer")


def test_distances_are_at_most_one():
    record = stored.record("manifold")
    record["claim"]["constant"] = hexed(0.0)
    assert refused(record, "zero")
    record["claim"]["constant"] = hexed(1.0 + LITTLE)
    assert refused(record, "out of range")


def test_the_empty_box_ends_before_the_nearest_critical_point():
    """The exact one by Newton's method from θ*; the stored box reaches nearly to it."""
    record = stored.record("orbit")
    problem = Problem.read(record["problem"])
    start = np.array(
        [
            float(fmpq(*map(int, (t + "/1").split("/")[:2])))
            for t in record["claim"]["isolated"]["theta"]
        ]
    )
    theta = start.copy()
    for _ in range(60):
        _, slope, square, curved = problem.derivatives([arb(t) for t in theta])
        matrix = np.array((square + curved).tolist(), dtype=float)
        theta = theta - np.linalg.solve(matrix, np.array(slope.tolist(), dtype=float).ravel())
    distance = np.abs(theta - start).max()
    isolated = record["claim"]["isolated"]
    assert float.fromhex(isolated["radius"]) < distance
    isolated["radius"] = hexed(distance * (1 + LITTLE))
    assert refused(record, "may hold a critical point")


def test_the_box_is_around_the_optimum():
    record = stored.record("orbit")
    record["claim"]["isolated"]["theta"][0] = "1000001/1000000"
    assert refused(record, "another point")


@pytest.mark.parametrize(
    ("units", "reason"),
    [
        ([["1", "1/2"], ["1", "1/2"]], "equal units"),
        ([["-1", "-1"]], "equal units"),
        ([["1", "1"], ["7", "0"]], "silent"),
        ([["1", "1000001/1000000"]], "other units"),
        ([["1000001/1000000", "1"]], "other units"),
        ([["1", "1"], ["2", "1"], ["3", "-1"]], "too few units"),
    ],
)
def test_the_units_are_those_of_the_teacher(units, reason):
    record = stored.record("manifold")
    record["claim"]["units"] = units
    assert refused(record, reason)


def test_only_without_noise_the_optimum_is_critical():
    record = stored.record("silent")
    assert accepted(record)
    assert refused(changed(record, sigma=hexed(1e-300)), "there is noise")


# -- complete lists ------------------------------------------------------------------------------


def quadratic(*roots):
    """Value and slope of ∏ (q − root), enclosed."""

    def function(a, b):
        c, box = arb(0.5 * (a + b)), arb(a).union(arb(b))
        value = slope = arb(1)
        for root in roots:
            value *= c - root
        slope = sum(
            (
                np.prod([box - s for k, s in enumerate(roots) if k != j]) * arb(1)
                for j in range(len(roots))
            ),
            arb(0),
        )
        return value, slope

    return function


@pytest.mark.parametrize(
    ("roots", "given", "reason"),
    [
        ((1.0, 2.0), [(0.99, 1.01), (1.99, 2.01)], ""),
        ((1.0, 2.0), [(0.99, 1.01)], "not stated"),
        ((1.0, 2.0), [(0.99, 1.01), (2.001, 2.01)], "no zero in a stated interval"),
        ((1.0, 2.0), [(0.99, 1.01), (1.99, 1.999)], "no zero in a stated interval"),
        ((1.0,), [(0.99, 1.01), (0.995, 1.02)], "share a zero"),
        ((1.0, 1.0), [(0.99, 1.01)], "not simple"),
        ((1.0,), [(0.99, 3.001)], "out of range"),
        ((1.0,), [(-0.001, 1.01)], "out of range"),
        ((1.0,), [(1.01, 0.99)], "out of range"),
    ],
)
def test_stated_zeros_are_all_and_simple(roots, given, reason):
    if not reason:
        _check_zeros("zeros", quadratic(*roots), given, 0.0, 3.0)
        return
    with pytest.raises(Refused, match=reason):
        _check_zeros("zeros", quadratic(*roots), given, 0.0, 3.0)


def krawczyk(shift, spread=0.0):
    """G = shift/1 + e with slopes 1 ± spread: the image is −shift ± spread."""
    slopes = arb_mat([[arb(1, spread), 0], [0, arb(1, spread)]])
    return Conditions(arb_mat(2, 1, [shift, 0]), slopes, arb(0, 1))


def test_a_pair_exists_where_the_image_lies_inside():
    assert krawczyk(0.99).has_zero()
    assert not krawczyk(1.0).has_zero()
    assert not krawczyk(-1.001).has_zero()
    assert krawczyk(0.5, 0.4).has_zero()
    assert not krawczyk(0.5, 0.5).has_zero()


def test_a_box_is_empty_where_a_condition_has_a_sign():
    assert krawczyk(1.01).excluded()
    assert krawczyk(-1.01).excluded()
    assert not krawczyk(0.99).excluded()
    assert Conditions(arb_mat(2, 1, [0, 0]), arb_mat([[1, 0], [0, 1]]), arb(1, 0.99)).excluded()
    assert Conditions(arb_mat(2, 1, [0, 0]), arb_mat([[1, 0], [0, 1]]), arb(-1, 0.99)).excluded()


@pytest.mark.parametrize(
    ("slopes", "good"),
    [
        ([[arb(1, 0.2), arb(0, 0.74)], [arb(0, 0.74), arb(1, 0.2)]], True),
        ([[arb(1, 0.2), arb(0, 0.76)], [arb(0, 0.76), arb(1, 0.2)]], False),
        ([[arb(1, 1.01), 0], [0, 1]], False),
        ([[1, 0], [0, arb(1, 1.01)]], False),
        ([[arb(-1, 0.2), arb(0, 0.74)], [arb(0, 0.74), arb(-1, 0.2)]], True),
    ],
)
def test_a_box_holds_one_pair_where_all_slopes_are_regular(slopes, good):
    assert Conditions(arb_mat(2, 1, [0, 0]), arb_mat(slopes), arb(0, 1)).injective() is good


def test_conditions_enclose_those_of_the_points_of_a_box():
    with ctx.workprec(200):
        data = UnitCurve.of(Problem.read(stored.record("complete")["problem"]))
        random = np.random.default_rng(0)
        for _ in range(20):
            p, q = np.sort(random.uniform(0.2, 6.0, 2))
            r, s = 1e-2 * random.uniform(0.1, 1.0, 2)
            whole = conditions(data, (p - r, p + r, q - s, q + s))
            for a, b in random.uniform(-1.0, 1.0, (4, 2)):
                here = conditions(data, (p + a * r, p + a * r, q + b * s, q + b * s))
                moved = whole.value + whole.slopes * arb_mat(2, 1, [a, b])
                assert moved.overlaps(here.value)
                assert moved.contains(arb_mat(2, 1, [e.mid() for e in here.value.entries()]))
                assert whole.chi.overlaps(here.chi)


def test_pairs_have_boxes_of_their_own():
    _require_apart([[1, 2, 3, 4], [2, 3, 3, 4]])
    with pytest.raises(Refused, match="share a box"):
        _require_apart([[1, 2, 3, 4], [2 - LITTLE, 3, 4 - LITTLE, 5]])


GRID = {"low": 0.0, "high": 1.0, "bend": 0.0, "levels": 1, "boxes": [[0.25, 1.5, 0.25, 1.5]]}


@pytest.mark.parametrize(
    ("codes", "reason"),
    [
        ([1, 2, 3, 3, 2, 4, 3], ""),
        ([1, 2, 3, 3, 2, 4, 5], ""),
        ([1, 2, 3, 3, 2, 4, 6], "open box"),
        ([1, 2, 3, 3, 2, 4, 0], "open box"),
        ([1, 2, 3, 5, 2, 4, 5], "not known"),
        ([1, 2, 3, 4, 2, 4, 5], "mirror image"),
        ([4], "mirror image"),
        ([1, 2, 3, 3, 2, 4, 4], "mirror image"),
        ([1, 1, 3, 3, 3], "halved too often"),
        ([2, 2, 3, 3, 3], "halved too often"),
        ([1, 2, 3, 3, 2, 4], "cut off"),
        ([1, 2, 3, 3, 2, 4, 3, 3], "nodes to spare"),
        ([5], "not known"),
    ],
)
def test_the_tree_covers_the_square(monkeypatch, codes, reason):
    monkeypatch.setattr("continuation.certify.checker.complete._require_empty", lambda *_: None)
    data = UnitCurve([], arb_mat(0, 1))
    if not reason:
        _check_tree(data, GRID, bytes(codes))
        return
    with pytest.raises(Refused, match=reason):
        _check_tree(data, GRID, bytes(codes))


@pytest.mark.parametrize("end", range(4))
def test_a_known_box_contains_its_leaf(monkeypatch, end):
    monkeypatch.setattr("continuation.certify.checker.complete._require_empty", lambda *_: None)
    box = [0.25, 1.0 + 1e-12, 0.25, 1.0 + 1e-12]
    data = UnitCurve([], arb_mat(0, 1))
    _check_tree(data, {**GRID, "boxes": [box]}, bytes([1, 2, 3, 3, 2, 4, 5]))
    box[end] += LITTLE if end % 2 == 0 else -LITTLE
    with pytest.raises(Refused, match="not known"):
        _check_tree(data, {**GRID, "boxes": [box]}, bytes([1, 2, 3, 3, 2, 4, 5]))


def test_a_true_leaf_must_be_empty():
    """The tree of a complete list with the leaf of a pair called empty."""
    record = stored.record("complete")
    assert record["claim"]["pairs"]
    record["claim"] |= {"pairs": [], "boxes": []}
    assert not accepted(record)


def test_pairs_lie_in_the_range_and_are_critical():
    for factor in (1 + 1e-4, 1 - 1e-4):
        record = stored.record("complete")
        record["claim"]["pairs"][0][0] = hexed(
            factor * float.fromhex(record["claim"]["pairs"][0][0])
        )
        assert not accepted(record)


# -- branches ------------------------------------------------------------------------------------


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


# -- the unique minimum ----------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Constant(_Start):
    """A bound of the third derivatives that is given."""

    bound: float = 1.0

    def _third(self, reach):
        return arb(self.bound)


def test_h_is_below_one_half_and_distances_are_the_closed_forms():
    def start(h):
        return Constant(None, [], None, arb(2), arb(0.25), h / 0.5)

    with pytest.raises(Refused, match="h is not below"):
        start(0.5).condition(arb(1))
    with pytest.raises(Refused, match="h is not below"):
        start(0.5 * (1 + LITTLE)).condition(arb(1))
    h = 0.48
    near, other = start(h).condition(arb(1))
    root = np.sqrt(1 - 2 * h)
    assert float(near) == pytest.approx((1 - root) / (2 * h / 0.5), rel=1e-12)
    assert float(other) == pytest.approx((1 + root) / (2 * h / 0.5), rel=1e-12)


def unit_start():
    record = stored.record("unit")
    problem = Problem.read(record["problem"])
    claim = record["claim"]
    scale = np.array([[float.fromhex(t) for t in row] for row in claim["scale"]])
    theta = np.array([1.0, 1.0])
    for _ in range(50):
        _, slope, square, curved = problem.derivatives([arb(t) for t in theta])
        matrix = np.array((square + curved).tolist(), dtype=float)
        theta = theta - np.linalg.solve(matrix, np.array(slope.tolist(), dtype=float).ravel())
    return record, float(np.linalg.norm(np.linalg.solve(scale, theta - 1.0)))


def test_the_distances_of_a_unique_minimum():
    record, distance = unit_start()
    claim = record["claim"]
    assert distance <= float.fromhex(claim["distance"])
    for name, value, reason in (
        ("distance", distance * (1 - LITTLE), "farther away"),
        ("near", float.fromhex(claim["distance"]) * (1 - LITTLE), "outside the ball"),
        ("radius", float.fromhex(claim["wide"]) * (1 + LITTLE), "as close"),
        ("radius", float.fromhex(claim["distance"]), "not in order"),
        ("wide", 1.0, "h is not below"),
    ):
        assert refused({**record, "claim": {**claim, name: hexed(value)}}, reason), name


def test_the_other_root_bounds_the_radius():
    """On the largest ball with h < 1/2 the second root lies inside."""
    record, _ = unit_start()
    claim = record["claim"]
    wide = float.fromhex(claim["wide"])
    while accepted({**record, "claim": {**claim, "wide": hexed(1.1 * wide)}}):
        wide *= 1.1
    good = {**claim, "wide": hexed(wide)}
    assert refused({**record, "claim": {**good, "radius": hexed(wide)}}, "as close")


@pytest.mark.parametrize("name", ["unit", "unique"])
def test_the_scale_makes_the_hessian_regular(name):
    record = stored.record(name)
    zero = [[(0.0).hex()] * len(row) for row in record["claim"]["scale"]]
    record["claim"]["scale"] = zero
    assert refused(record, "may be singular")


def test_without_noise_the_optimum_itself_is_critical():
    assert refused(changed(stored.record("unit"), sigma=hexed(0.0)), "itself may be critical")


def test_forms_are_the_derivatives_of_the_loss():
    """Against differences of the Hessian along random directions."""
    record = stored.record("unique")
    theta = [arb(t) for t in (0.9, 3.5, 1.8, -1.1)]
    random = np.random.default_rng(0)
    step = arb(2) ** -30
    with ctx.workprec(300):
        problem = Problem.read(record["problem"])
        third, fourth = parts(problem, theta, (3, 4))
        for _ in range(3):
            e = [arb(v) for v in random.standard_normal(4)]

            def bent(s, e=e):
                moved = [t + s * step * d for t, d in zip(theta, e, strict=True)]
                _, _, square, curved = problem.derivatives(moved)
                row = arb_mat(1, 4, e)
                return (row * (square + curved) * row.transpose())[0, 0]

            values = [bent(s) for s in (1, 0, -1)]
            slopes = (
                (values[0] - values[2]) / (2 * step),
                (values[0] - 2 * values[1] + values[2]) / step**2,
            )
            for form, factor, wanted in zip((third, fourth), (6, 24), slopes, strict=True):
                found = sum(
                    (
                        c * np.prod([d**p for d, p in zip(e, powers, strict=True)])
                        for powers, c in form.items()
                    ),
                    arb(0),
                )
                assert abs(factor * found - wanted) < 1e-10 * (1 + abs(wanted))


def test_the_size_of_a_form_is_the_smaller_of_two_norms():
    random = np.random.default_rng(1)
    for order in (2, 3, 4):
        tensor = random.standard_normal((3,) * order)
        from itertools import permutations

        symmetric = sum(np.transpose(tensor, p) for p in permutations(range(order)))
        form: dict = {}
        for index in np.ndindex(symmetric.shape):
            powers = tuple(index.count(k) for k in range(3))
            form[powers] = form.get(powers, arb(0)) + arb(float(symmetric[index])) / sp.factorial(
                order
            )
        rows = symmetric.reshape(3, -1)
        gram = np.abs(rows @ rows.T).sum(axis=1).max()
        expected = min(np.sqrt(gram), np.linalg.norm(symmetric))
        assert float(size(form)) == pytest.approx(expected, rel=1e-12)
        scale = random.standard_normal((3, 3))
        moved = symmetric
        for axis in range(order):
            moved = np.moveaxis(np.tensordot(moved, scale, axes=(axis, 0)), -1, axis)
        again = turned(form, arb_mat(scale.tolist()))
        value = sum(float(c) for c in again.values())
        assert value == pytest.approx(moved.sum() / float(sp.factorial(order)), rel=1e-9)
