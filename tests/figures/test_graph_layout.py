"""Places of nodes, arrows and numbers in a drawn graph."""

import numpy as np
import pytest
import xarray as xr

from figures import motorcycle
from figures.graph_layout import (
    BENDS,
    Scene,
    bends,
    bezier,
    label_boxes,
    number_places,
    places_across,
    touched,
)


def scene(height, links, width=220.0, label=45.0):
    height = np.asarray(height, dtype=float)
    links = np.array(links, dtype=np.int64).reshape(-1, 2)
    return Scene(height, width, np.full(height.size, label), links)


def boxes_apart(one, other):
    return (one[1] <= other[0]).any() or (other[1] <= one[0]).any()


@pytest.mark.parametrize("seed", range(4))
def test_no_arrow_runs_through_a_foreign_node_and_no_two_labels_meet(seed):
    """Random graphs of the sizes that occur, each node with a flow to a lower one."""
    rng = np.random.default_rng(seed)
    n = 9 + seed
    height = np.sort(rng.uniform(0.0, 280.0, n))
    links = [(k, int(rng.integers(0, k))) for k in range(1, n) if rng.random() < 0.7]
    drawn = scene(height, links)
    across = places_across(drawn)
    assert touched(drawn, across, bends(drawn, across)) == []
    points = np.column_stack([across, height])
    boxes = label_boxes(drawn, points)
    assert all(boxes_apart(boxes[i], boxes[j]) for i in range(n) for j in range(i))
    assert min(box[0, 0] for box in boxes) >= 0.0
    assert max(box[1, 0] for box in boxes) <= drawn.width


def test_a_foreign_node_on_the_straight_line_is_passed():
    """Three on one vertical line: the arrow from the top to the bottom bends around the middle."""
    drawn = scene([0.0, 100.0, 200.0], [(2, 0)])
    across = np.full(3, 110.0)
    (bend,) = bends(drawn, across)
    assert bend != 0.0
    assert touched(drawn, across, [0.0]) == [(0, 1)]
    assert touched(drawn, across, [bend]) == []


def test_a_free_arrow_is_straight_and_a_chain_stands_in_one_column():
    drawn = scene([0.0, 80.0, 160.0, 240.0], [(3, 2), (2, 1), (1, 0)])
    across = places_across(drawn)
    assert np.ptp(across) == 0.0
    assert bends(drawn, across) == [0.0] * 3


@pytest.mark.parametrize("bend", BENDS)
def test_curves_are_those_that_are_drawn(bend):
    """Matplotlib's "arc3", whose middle stands aside by half the bend times the length."""
    start, end = np.array([3.0, 1.0]), np.array([43.0, 31.0])
    middle = bezier(start, end, bend)[12] - 0.5 * (start + end)
    np.testing.assert_allclose(middle, 0.5 * bend * np.array([30.0, -40.0]), atol=1e-12)


def test_numbers_keep_clear_of_labels_and_of_each_other():
    drawn = scene([0.0, 150.0, 160.0], [(1, 0), (2, 0)])
    across = places_across(drawn)
    bent = bends(drawn, across)
    at = number_places(drawn, across, bent, ["12", "8"])
    half = np.array([6.0, 4.5])
    points = np.column_stack([across, drawn.height])
    labels = label_boxes(drawn, points)
    boxes = [np.array([place - half, place + half]) for place in at]
    assert boxes_apart(*boxes)
    assert all(boxes_apart(box, label) for box in boxes for label in labels)


def test_nodes_without_links_and_single_ones_have_places():
    assert np.isfinite(places_across(scene([0.0, 50.0, 50.0], []))).all()
    empty = scene([0.0], [])
    assert number_places(empty, places_across(empty), [], []).shape == (0, 2)


@pytest.mark.parametrize("count", [12, 30])
def test_a_crowded_graph_names_the_lowest_attractors_and_what_divides_them(count):
    """Every second node attracts; node 3 leads to the lowest two, node 5 to a lowest and a high."""
    links = np.array([(3, 0), (3, 2), (5, 4), (5, count - 2)])
    shown = xr.Dataset(
        {
            "label": ("node", [f"isolated {k}" for k in range(count)]),
            "loss": ("node", np.arange(count, dtype=float)),
            "attracting": ("node", (np.arange(count) % 2 == 0).astype(float)),
            "source": ("edge", links[:, 0]), "target": ("edge", links[:, 1]),
            "source_parameter": ("edge", np.full(4, np.nan)),
            "multiplicity": ("edge", np.ones(4)),
        }
    )  # fmt: skip
    _, texts = motorcycle.texts(shown)
    named = {k for k, text in enumerate(texts) if not text.isdecimal()}
    assert named == (set(range(count)) if count == 12 else {0, 2, 3, 4, 6})
    assert [int(text) for text in texts if text.isdecimal()] == list(
        range(1, count - len(named) + 1)
    )
