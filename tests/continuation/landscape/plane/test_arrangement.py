"""The square cut by curves: membership against formulas, whatever the curves do."""

import numpy as np
import pytest

from continuation.landscape.plane.arrangement import arrangement_of, crossings

ANGLES = np.linspace(0.0, 2.0 * np.pi, 400)


def circle(x, y, radius):
    return np.column_stack([x + radius * np.cos(ANGLES), y + radius * np.sin(ANGLES)])


@pytest.mark.parametrize("seed", range(3))
def test_points_lie_in_the_face_that_formulas_say(seed):
    rng = np.random.default_rng(seed)
    circles = [(*rng.uniform(0.2, 0.8, 2), rng.uniform(0.05, 0.4)) for _ in range(4)]
    slope, level = rng.uniform(-1.0, 1.0), rng.uniform(0.3, 0.7)
    line = np.array([[-1.0, level - slope], [2.0, level + 2.0 * slope]])
    loose = np.array([[0.1, 0.15], [0.2, 0.9]])  # ends within the square: it divides nothing
    faces = arrangement_of([*(circle(*c) for c in circles), line, loose])
    points = rng.uniform(size=(400, 2))
    x, y = points.T
    gaps = [np.hypot(x - a, y - b) - r for a, b, r in circles] + [y - level - slope * x]
    signs = np.sign(gaps).T
    clear = (np.abs(gaps) > 1e-3).all(axis=0)
    found = faces.faces_at(points)
    for face in np.unique(found[clear]):
        assert len(np.unique(signs[clear & (found == face)], axis=0)) == 1
    assert faces.areas.sum() == pytest.approx(1.0, abs=1e-9)
    assert faces.areas[:8] == pytest.approx(np.sort(faces.areas)[::-1][:8])
    assert [faces.face_at(z) for z in faces.inner[:8]] == list(range(8))


def test_a_face_that_is_connected_around_others_is_one():
    faces = arrangement_of([circle(0.5, 0.5, 0.3), circle(0.5, 0.5, 0.1)])
    expected = [np.pi * 0.08, np.pi * 0.01, 1.0 - np.pi * 0.09]
    assert sorted(faces.areas) == pytest.approx(sorted(expected), rel=1e-3)
    ring = 0.5 + 0.2 * np.column_stack([np.cos(ANGLES), np.sin(ANGLES)])
    assert len(set(faces.faces_at(ring))) == 1


def test_vertical_lines_and_curves_that_stop_at_the_border_divide():
    vertical = np.array([[0.25, 0.0], [0.25, 1.0]])
    level = np.array([[0.0, 0.5], [1.0, 0.5]])
    faces = arrangement_of([vertical, level])
    assert sorted(faces.areas) == pytest.approx([0.125, 0.125, 0.375, 0.375])
    assert arrangement_of([]).areas == pytest.approx([1.0])


def test_crossings_are_those_of_different_curves():
    one, other = np.array([[0.0, 0.1], [1.0, 0.9]]), np.array([[0.1, 1.0], [0.8, 0.0]])
    ((i, j, place),) = crossings([one, other, circle(0.9, 0.1, 0.05)])
    assert {i, j} == {0, 1}
    t = np.linalg.solve(np.column_stack([one[1] - one[0], other[0] - other[1]]), other[0] - one[0])
    assert place == pytest.approx(one[0] + t[0] * (one[1] - one[0]), abs=1e-10)
