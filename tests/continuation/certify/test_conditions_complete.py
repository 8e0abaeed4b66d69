"""Just one inequality violated, by a little. Of complete lists: zeros, pairs, tree."""

import base64
import zlib

import numpy as np
import pytest
from flint import arb, arb_mat, ctx

from continuation.certify.checker import Refused, complete
from continuation.certify.checker.complete import _check_tree, _codes, _require_apart
from continuation.certify.checker.complete_pairs import Conditions, conditions
from continuation.certify.checker.complete_roots import _check_zeros
from continuation.certify.checker.curve import Curve as UnitCurve
from continuation.certify.checker.problem import Problem
from continuation.certify.checker.watch import Watch
from tests.continuation.certify import stored_certificates as stored
from tests.continuation.certify.condition_cases import LITTLE, accepted, hexed, refused


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
        ((1.0, 2.0), [(1.99, 2.01)], "not stated"),
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
        _check_tree(data, GRID, bytes(codes), Watch())
        return
    with pytest.raises(Refused, match=reason):
        _check_tree(data, GRID, bytes(codes), Watch())


def test_a_tree_without_its_end_is_refused():
    packed = zlib.compress(bytes([1, 2, 3, 3, 3]))

    def text(data):
        return base64.b64encode(data).decode()

    assert _codes(text(packed)) == bytes([1, 2, 3, 3, 3])
    for data in (packed[:-1], packed[:-4], packed + b"0"):
        with pytest.raises(Refused, match="more than"):
            _codes(text(data))


def test_the_cuts_of_a_tree_are_in_order(monkeypatch):
    """Of a range without length all cuts within it are one."""
    monkeypatch.setattr("continuation.certify.checker.complete._require_empty", lambda *_: None)
    codes, point = bytes([1, 1, 3, 3, 3]), {**GRID, "low": 0.3, "high": 0.3, "levels": 2}
    with pytest.raises(Refused, match="not in order"):
        _check_tree(UnitCurve([], arb_mat(0, 1)), point, codes, Watch())


@pytest.mark.parametrize("end", range(4))
def test_a_known_box_contains_its_leaf(monkeypatch, end):
    monkeypatch.setattr("continuation.certify.checker.complete._require_empty", lambda *_: None)
    box = [0.25, 1.0 + 1e-12, 0.25, 1.0 + 1e-12]
    data = UnitCurve([], arb_mat(0, 1))
    _check_tree(data, {**GRID, "boxes": [box]}, bytes([1, 2, 3, 3, 2, 4, 5]), Watch())
    box[end] += LITTLE if end % 2 == 0 else -LITTLE
    with pytest.raises(Refused, match="not known"):
        _check_tree(data, {**GRID, "boxes": [box]}, bytes([1, 2, 3, 3, 2, 4, 5]), Watch())


@pytest.mark.slow
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


def test_a_range_has_its_lower_end_first():
    record = stored.record("complete")
    claim = record["claim"]
    claim["low"], claim["high"] = claim["high"], claim["low"]
    assert refused(record, "the range is no range")


def test_a_box_is_halved_a_few_times_only(monkeypatch):
    """Of one in which nothing is ever decided the checker says so, and soon."""
    monkeypatch.setattr(complete, "conditions", lambda data, box: None)
    with pytest.raises(Refused, match="not proved empty"):
        complete._require_empty(None, (1.0, 2.0, 1.0, 2.0), 0)


def test_a_pair_lies_in_its_box():
    """Its place alone tells: nothing is computed of it."""
    for box in ((1.1, 1.2, 3.9, 4.1), (0.9, 1.1, 4.1, 4.2), (0.9, 4.05, 3.9, 4.1)):
        with pytest.raises(Refused, match="outside its box"):
            complete._check_pair(None, (1.0, 2.0), box, (arb(0.5), arb(9)))
    for ends in ((arb(1.01), arb(9)), (arb(0.5), arb(3.99))):  # in q = w²
        with pytest.raises(Refused, match="outside the range"):
            complete._check_pair(None, (1.0, 2.0), (0.9, 1.1, 3.9, 4.1), ends)


def test_a_box_of_a_pair_is_no_larger_than_its_proof():
    record = stored.record("complete")
    a, b, c, d = map(float.fromhex, record["claim"]["boxes"][0])
    record["claim"]["boxes"][0] = hexed([a / 1.1, 1.1 * b, c / 1.1, 1.1 * d])
    assert refused(record, "may hold several critical pairs")
