"""Complete lists: what is proved holds, a missing or a false point is never proved away."""

import json
from dataclasses import replace

import numpy as np
import pytest
from flint import arb, arb_mat, ctx

from continuation.certify import PROVED, REFUTED, UNDECIDED, certify_complete, check
from continuation.certify.checker.curve import derivatives
from continuation.certify.enclosures import ExactLoss
from continuation.certify.enclosures.divided_differences import (
    VALUE_ERROR,
    enclose_differences,
    lines,
)
from continuation.certify.provers.boxes import EXCLUDED, WORK_ROWS, examine
from continuation.certify.provers.boxes_search import judge
from continuation.certify.provers.complete import _data
from continuation.certify.provers.complete_roots import Range, isolate
from continuation.errors import InvalidInputError
from continuation.landscape.network import Conditions
from symbolic import single_unit
from tests.continuation.certify.certify_cases import NOISE, found, preset_loss, tiny_loss

pytestmark = pytest.mark.slow  # compiling the boxes takes longer than all of these tests

SMALL = 8
"""Samples of the quick cases."""

RANGE = (0.3, 6.0)
FORTY_DIGITS = 240
"""Bits that leave forty digits after the cancellation of divided differences."""


def exact_line(q, x):
    rows = [derivatives(arb(float(q)) * arb(float(t)) ** 2) for t in x]
    return [
        [r[m] * arb(float(t)) ** (2 * m + 1) for r, t in zip(rows, x, strict=True)]
        for m in range(4)
    ]


def exact_differences(p, q, x):
    a, b = exact_line(p, x), exact_line(q, x)
    step = 1 / (arb(float(q)) - arb(float(p)))
    v12 = [(s - t) * step for s, t in zip(a[0], b[0], strict=True)]
    v112 = [(s - t) * step for s, t in zip(a[1], v12, strict=True)]
    v122 = [(s - t) * step for s, t in zip(v12, b[1], strict=True)]
    v1112 = [(s - t) * step for s, t in zip(a[2], v112, strict=True)]
    v1122 = [(s - t) * step for s, t in zip(v112, v122, strict=True)]
    v1222 = [(s - t) * step for s, t in zip(v122, b[2], strict=True)]
    return [v12, v112, v122, v1112, v1122, v1222]


def exact_conditions(p, q, x, y):
    """(G₁, G₂) from normal equations in 240 bits."""
    g = exact_line(p, x)[0]
    v = exact_differences(p, q, x)
    rows = arb_mat([g, v[0]])
    target = arb_mat(len(y), 1, [arb(float(t)) for t in y])
    kappa = (rows * rows.transpose()).solve(rows * target)
    r = kappa.transpose() * rows - target.transpose()
    return [(r * arb_mat(len(y), 1, v[k]))[0, 0] for k in (1, 2)]


def test_the_curve_and_its_derivatives_agree_with_forty_digits():
    rng = np.random.default_rng(0)
    x = np.abs(rng.standard_normal(30)) * 10.0 ** rng.uniform(-3, 2, 30)
    q = np.concatenate([[0.0], 10.0 ** rng.uniform(-8, 4, 40)])
    table = lines(q, x)
    with ctx.workprec(FORTY_DIGITS):
        for k in range(q.size):
            for m, row in enumerate(exact_line(q[k], x)):
                for value, true in zip(table[k, m], row, strict=True):
                    assert abs(arb(float(value)) / true - 1) < VALUE_ERROR / 4


def test_divided_differences_lie_within_their_bounds_also_where_arguments_meet():
    rng = np.random.default_rng(1)
    x = np.abs(rng.standard_normal(6))
    low, high = np.empty((6, 6)), np.empty((6, 6))
    with ctx.workprec(FORTY_DIGITS):
        for gap in 10.0 ** rng.uniform(-9, 1, 60):
            p = 10.0 ** rng.uniform(-3, 1.5)
            q = p * (1.0 + gap)
            a, b = lines([p, q], x)
            enclose_differences(a, b, p, q, low, high)
            for k, row in enumerate(exact_differences(p, q, x)):
                for j, true in enumerate(row):
                    assert low[k, j] <= true <= high[k, j]


def test_conditions_of_random_boxes_enclose_those_of_their_points():
    rng = np.random.default_rng(2)
    loss = preset_loss("fukumizu_amari", samples=SMALL)
    unit = _data(ExactLoss.of(loss, noise=NOISE))
    w, out = np.empty((WORK_ROWS, unit.x.size)), np.empty(12)
    with ctx.workprec(FORTY_DIGITS):
        for _ in range(60):
            centre = np.sort(10.0 ** rng.uniform(-1, 1.3, 2))
            half = centre * 10.0 ** rng.uniform(-6, -1.5, 2)
            ends = np.ravel(np.column_stack([centre - half, centre, centre + half]))
            rows = lines(ends, unit.x)
            examine(rows[:3].copy(), rows[3:].copy(), ends, unit.y.mid, unit.y.rad, w, out)
            value, error, slope, spread = out[:2], out[2:4], out[4:8], out[8:]
            for e in rng.uniform(-1, 1, (3, 2)):
                p, q = centre + half * e
                true = exact_conditions(p, q, unit.x, unit.y.mid)
                for k in (0, 1):
                    away = sum(
                        (abs(slope[2 * k + i]) + spread[2 * k + i]) * abs(e[i]) for i in (0, 1)
                    )
                    assert abs(true[k] - float(value[k])) <= error[k] + away * (1 + 1e-9)


def test_a_box_with_a_critical_point_is_never_excluded():
    rng = np.random.default_rng(3)
    loss = preset_loss("fukumizu_amari")
    point = next(s for s in found(loss) if s.subkind == "isolated")
    unit = _data(ExactLoss.of(loss, noise=NOISE))
    q = np.sort(np.abs(point.theta[:2])) ** 2
    for size in 10.0 ** rng.uniform(-9, -0.5, 100):
        low, high = q * (1 - size * rng.uniform(0, 1, 2)), q * (1 + size * rng.uniform(0, 1, 2))
        box = np.ravel(np.column_stack([low, high]))
        assert judge(box, unit.x, unit.y.mid, unit.y.rad) != EXCLUDED


@pytest.mark.parametrize("name", ["fukumizu_amari", "overparameterised"])
def test_the_list_of_a_search_is_proved_and_accepted_by_the_checker(name):
    loss = preset_loss(name, samples=SMALL)
    certificate = certify_complete(loss, found(loss), noise=NOISE, box=(1.0, 1.2))
    assert certificate.verdict == PROVED, certificate.reason
    assert check(certificate).accepted, check(certificate).reason


def test_the_check_of_a_list_says_how_far_it_is_and_ends_in_time():
    loss = preset_loss("fukumizu_amari", samples=SMALL)
    certificate = certify_complete(loss, found(loss), noise=NOISE, box=(0.0, 3.0))
    told = []
    result = check(certificate, seconds=0.0, progress=lambda *look: told.append(look))
    assert not result.accepted
    assert "not checked to the end: 100 of" in result.reason
    assert told[0][0] == 100 < told[0][1]


def test_the_whole_range_is_proved_for_fifty_samples():
    loss = preset_loss("overparameterised", seed=2)
    certificate = certify_complete(loss, found(loss), noise=NOISE, box=(0.0, 6.0))
    assert certificate.proved, certificate.reason
    assert len(certificate.to_json()) < 40_000


@pytest.fixture(scope="module")
def listed():
    loss = preset_loss("overparameterised", seed=4)
    return loss, list(found(loss))


@pytest.mark.parametrize("subkind", ["isolated", "split line", "dead unit", "origin"])
def test_a_list_without_one_of_its_sets_is_refuted(listed, subkind):
    loss, sets = listed
    inside = [s for s in sets if s.subkind == subkind and np.abs(s.theta[:2]).max() < 6.0]
    less = [s for s in sets if s is not inside[0]]
    certificate = certify_complete(loss, less, noise=NOISE, box=(0.0, 6.0))
    assert certificate.verdict == REFUTED
    assert "not in the list" in certificate.reason


def moved(critical, theta):
    return replace(critical, theta=np.array(theta))


def test_false_points_are_refused(listed):
    loss, sets = listed
    point = next(s for s in sets if s.subkind == "isolated")
    near = moved(point, point.theta * np.array([1.0, 1.001, 1.0, 1.0]))
    far = moved(point, [1.1, 3.0, 0.5, 0.2])
    rest = [s for s in sets if s is not point]
    for wrong in ([*rest, near], [*sets, far], [*sets, point]):
        certificate = certify_complete(loss, wrong, noise=NOISE, box=RANGE)
        assert certificate.verdict in (REFUTED, UNDECIDED)
        assert certificate.reason


def test_an_ended_budget_leaves_boxes(listed):
    loss, sets = listed
    certificate = certify_complete(loss, sets, noise=NOISE, box=RANGE, budget=500)
    assert certificate.verdict == UNDECIDED
    assert "budget" in certificate.reason
    assert certificate.open["left"]
    assert not check(certificate).accepted


def test_a_range_that_cuts_through_a_point_stays_undecided(listed):
    loss, sets = listed
    point = next(s for s in sets if s.subkind == "isolated")
    edge = float(np.abs(point.theta[:2]).max())
    for listed_sets in (sets, [s for s in sets if s is not point]):
        certificate = certify_complete(
            loss, listed_sets, noise=NOISE, box=(0.3, np.nextafter(edge, 0.0))
        )
        assert certificate.verdict == UNDECIDED
        assert "boundary" in certificate.reason


def damaged(certificate, **changes):
    record = json.loads(certificate.to_json())
    record["claim"].update(changes)
    return json.dumps(record)


def test_damaged_certificates_are_refused():
    loss = preset_loss("overparameterised", samples=SMALL)
    certificate = certify_complete(loss, found(loss), noise=NOISE, box=(1.0, 1.1))
    assert certificate.proved
    claim = certificate.claim
    assert not check(damaged(certificate, tree=claim["tree"][:-8] + "AAAAAAA="))
    assert not check(damaged(certificate, high=(9.0).hex()))
    assert not check(
        damaged(certificate, working=[])
        if claim["working"]
        else damaged(certificate, working=[[(1.1).hex(), (1.2).hex()]])
    )
    assert not check(damaged(certificate, pairs=[[(1.1).hex(), (1.2).hex()]]))


def test_zeros_of_a_cubic_are_isolated():
    def cubic(low, high):
        q = 0.5 * (low + high)
        value = (q - 1.01) * (q - 2.01) * (q - 2.51)
        ends = np.maximum(np.abs(low), np.abs(high))
        slope = 3 * q**2 - 11.06 * q + 9.6102
        spread = (6 * ends + 12) * 0.5 * (high - low) + 1e-12
        return Range(value, np.full_like(q, 1e-13)), Range(slope, spread)

    roots = isolate(cubic, 0.0, 4.0)
    assert roots.undecided.size == 0
    assert all(a < r < b for r, (a, b) in zip([1.01, 2.01, 2.51], roots.intervals, strict=True))


def test_a_loose_slope_makes_no_zeros_and_open_signs_leave_their_interval_open():
    """q − 1.01 with slopes known as 1 to 10: intervals beside the zero are monotone, not empty."""

    def line(error):
        def function(low, high):
            q = 0.5 * (low + high)
            value = Range(q - 1.01, np.full_like(q, error))
            return value, Range(np.full_like(q, 5.5), np.full_like(q, 4.5))

        return function

    sharp, open_ = isolate(line(0.0), 0.0, 4.0), isolate(line(0.02), 0.0, 4.0)
    ((a, b),) = sharp.intervals
    assert a < 1.01 < b
    assert sharp.undecided.size == 0
    assert all(a < 1.01 - 0.02 < 1.01 + 0.02 < b for a, b in open_.intervals)
    assert any(a <= 1.01 <= b for a, b in [*open_.intervals, *open_.undecided])


def test_a_sign_is_known_where_zero_is_outside():
    numbers = Range(np.array([1.0, -1.0, 1.0, -1.0, 0.0]), np.array([0.5, 0.99, 1.0, 2.0, 0.0]))
    assert numbers.sign.tolist() == [1.0, -1.0, 0.0, 0.0, 0.0]


def test_the_sets_say_at_which_parameters_they_are_all():
    loss = preset_loss("overparameterised", samples=SMALL)
    sets = found(loss)
    given = certify_complete(loss, sets, noise=NOISE, box=(1.0, 1.1))
    taken = certify_complete(loss, sets, box=(1.0, 1.1))
    assert taken == given
    assert taken.problem["sigma"] == NOISE.hex()
    with pytest.raises(InvalidInputError, match=r"to be used at noise = 0\.25"):
        certify_complete(loss, sets, noise=0.25, box=(1.0, 1.1))
    with pytest.raises(InvalidInputError, match="size = 6"):
        certify_complete(loss, sets, size=6, box=(1.0, 1.1))
    decaying = [replace(s, conditions=Conditions(NOISE, weight_decay=0.1)) for s in sets]
    with pytest.raises(InvalidInputError, match="without weight decay"):
        certify_complete(loss, decaying, box=(1.0, 1.1))


def test_what_is_not_supported_is_said():
    model = single_unit()
    with pytest.raises(InvalidInputError, match="two tanh units"):
        certify_complete(tiny_loss(model), [], noise=NOISE)
    loss = preset_loss("overparameterised", samples=SMALL)
    with pytest.raises(InvalidInputError, match="range"):
        certify_complete(loss, [], noise=NOISE, box=(2.0, 1.0))
    with pytest.raises(InvalidInputError, match="equal weights"):
        certify_complete(tiny_loss(loss.model), [], noise=NOISE)
