"""All divisions of points by planes: as many as there are, and none that is not one."""

import numpy as np
import pytest

from continuation.landscape import Dataset, Loss
from continuation.landscape.vectors import vector_ends
from continuation.landscape.vectors.divisions import count_of_divisions, divisions
from continuation.landscape.vectors.margins import widest_margin
from symbolic import Model


@pytest.mark.parametrize(("n", "d"), [(1, 1), (6, 1), (7, 2), (2, 3), (9, 3)])
@pytest.mark.parametrize("size", [1e-6, 1e6])
def test_points_in_general_position_have_as_many_as_cover_says(n, d, size):
    points = size * np.random.default_rng(n).normal(size=(n, d))
    found = divisions(points)
    assert len(found) == len({tuple(sides) for sides in found}) == count_of_divisions(n, d)
    for sides in found:
        assert sides[0] == 1
        assert widest_margin(points, sides) is not None


def test_points_on_common_planes_have_those_that_random_planes_find():
    grid = np.array([(a, b, 1.0) for a in range(3) for b in range(2)])
    found = {tuple(sides) for sides in divisions(grid)}
    normals = np.random.default_rng(0).normal(size=(5000, 3))
    seen = np.sign(normals @ grid.T).astype(int)
    assert found == {tuple(sides) for sides in seen * seen[:, :1]}


def test_points_at_the_origin_have_no_side():
    (sides, *_) = divisions(np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]]))
    assert sides[0] == 0
    assert (sides[1:] != 0).all()


def test_a_list_says_that_every_division_was_tried():
    """Every single step that attracts separates the samples as one of the divisions does."""
    model = Model.mlp(2, (1,), bias=False)
    rng = np.random.default_rng(3)
    x = rng.normal(size=(7, 2))
    side = x @ [1.0, -0.5]
    y = np.sign(side) * (1.0 + np.exp(-np.abs(side)))  # nearest samples ask for more
    at = Loss(model, Dataset.from_observations(x, y)).at()
    found = vector_ends(at)
    assert "divisions of the samples" in found.note
    ways = {tuple(sides) for sides in divisions(x)}
    steps = [end for end in found.ends if end.limit.leaps]
    assert steps
    for end in steps:
        sides = np.sign(x @ end.limit.leaps[0].u).astype(int)
        assert tuple(sides * sides[0]) in ways
        assert end.attracting
