"""NaN excludes no box: whatever number of `examine` it stands in, nothing is known."""

import numpy as np
import pytest

from continuation.certify.enclosures import enclose_differences, lines
from continuation.certify.provers.boxes import (
    EXACTLY_ONE,
    EXCLUDED,
    INJECTIVE,
    SPLIT,
    WORK_ROWS,
    centred,
    examine,
    tabulated,
)
from continuation.certify.provers.boxes_search import unique_box

pytestmark = pytest.mark.slow  # compiling the boxes takes longer than all of these tests

NAN = np.nan
X = np.linspace(0.3, 2.4, 7) / np.sqrt(7.0)
PAIR = (0.8, 3.0)
SCALE = np.sqrt(7.0)


def inputs(box):
    """Arguments of `examine` for a box (q₁ from, to, q₂ from, to) and fitted targets."""
    q = np.array([box[0], sum(box[:2]) / 2, box[1], box[2], sum(box[2:]) / 2, box[3]])
    rows = lines(q, SCALE * X) / SCALE
    w = np.sqrt(PAIR)
    y = (np.tanh(SCALE * w[0] * X) - 0.7 * np.tanh(SCALE * w[1] * X)) / SCALE
    return [rows[:3].copy(), rows[3:].copy(), q, y, np.full(7, 1e-15)]


def code(arguments):
    return examine(*arguments, np.empty((WORK_ROWS, 7)), np.empty(12))


def boxes():
    """Boxes of each outcome."""
    near, wider = (
        [PAIR[0] - half, PAIR[0] + half, PAIR[1] - half, PAIR[1] + half] for half in (1e-5, 1e-4)
    )
    return [near, wider, [0.2, 0.21, 1.0, 1.01]]


def test_the_boxes_have_something_to_lose():
    assert [code(inputs(box)) for box in boxes()] == [EXACTLY_ONE, INJECTIVE, EXCLUDED]


@pytest.mark.parametrize("box", range(len(boxes())))
def test_nan_in_any_argument_leaves_the_box_open(box):
    for number in range(5):
        whole = inputs(boxes()[box])
        for place in np.ndindex(whole[number].shape):
            arguments = inputs(boxes()[box])
            arguments[number][place] = NAN
            assert code(arguments) == SPLIT, (number, place)


@pytest.mark.parametrize("argument", range(4))
def test_a_radius_about_nan_is_nan(argument):
    ends = [np.array([value]) for value in (1.0, 1.2, 0.9, 1.4)]
    out = np.empty((3, 1))
    centred(*ends, out)
    assert np.isfinite(out).all()
    ends[argument][0] = NAN
    centred(*ends, out)
    assert np.isnan(out[2, 0])
    if argument < 2:
        assert np.isnan(out[1, 0])


@pytest.mark.parametrize("argument", range(3))
def test_a_tabulated_radius_about_nan_is_nan(argument):
    ends = [np.array([value]) for value in (1.4, 1.2, 1.1)]
    out = np.empty((3, 1))
    tabulated(*ends, out)
    assert np.isfinite(out).all()
    ends[argument][0] = NAN
    tabulated(*ends, out)
    assert np.isnan(out[2, 0])


def test_where_quotients_are_nan_what_convexity_gives_remains():
    first, second = lines(np.array(PAIR), X)
    exact, high = np.empty((6, 7)), np.empty((6, 7))
    enclose_differences(first, second, *PAIR, exact, high)
    first[0, 3] = NAN  # of no quotient but g[12] and those made of it
    low, above = np.empty((6, 7)), np.empty((6, 7))
    enclose_differences(first, second, *PAIR, low, above)
    assert (low <= exact).all()
    assert (above >= high).all()
    assert (low[:, 3] < exact[:, 3]).any()


def test_a_box_about_a_point_of_nan_targets_is_none():
    y = np.full(7, NAN)
    assert unique_box(PAIR, X, y, np.zeros(7)) is None
