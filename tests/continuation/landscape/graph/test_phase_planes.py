import numpy as np
import pytest

from continuation.errors import InvalidInputError
from continuation.landscape.graph.phase_planes import phase_plane
from continuation.landscape.network.dataset import Dataset
from continuation.landscape.network.loss import Loss
from continuation.landscape.search.find import find_critical_sets
from symbolic import fukumizu_amari, single_unit

NOISE = 0.5


@pytest.fixture(scope="module")
def unit():
    model = single_unit()
    loss = Loss(model, Dataset.sample(model, 50, 0))
    return loss, find_critical_sets(loss, noise=NOISE, regions=False)


def test_the_plane_is_symmetric_under_the_sign_flip(unit):
    plane = phase_plane(*unit, noise=NOISE, resolution=11)
    np.testing.assert_allclose(plane.gradient, -plane.gradient[::-1, ::-1], atol=1e-14)
    np.testing.assert_allclose(np.sort(plane.points, axis=0), np.sort(-plane.points, axis=0))
    # the origin is a saddle between two images of the minimum
    assert sorted(plane.index) == [0, 0, 1]
    assert plane.stable == (False, False, True, True)


def test_manifolds_join_the_saddle_to_the_minima(unit):
    plane = phase_plane(*unit, noise=NOISE, resolution=3)
    minima = plane.points[plane.index == 0]
    for curve, stable in zip(plane.curves, plane.stable, strict=True):
        np.testing.assert_array_equal(curve[0], [0.0, 0.0])
        if not stable:
            assert np.linalg.norm(minima - curve[-1], axis=1).min() < 1e-2


def test_a_plane_needs_two_weights_and_a_window(unit):
    model = fukumizu_amari()
    with pytest.raises(InvalidInputError, match=r"two weights.* 4 weights"):
        phase_plane(Loss(model, Dataset.sample(model, 10, 0)), ())
    with pytest.raises(InvalidInputError, match="extent"):
        phase_plane(*unit, noise=NOISE, extent=(1.0, 1.0))
