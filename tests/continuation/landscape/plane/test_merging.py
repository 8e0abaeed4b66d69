"""Two polylines along each other are one; what is left of the second divides as before."""

import numpy as np
import pytest

from continuation.landscape.plane.arrangement import arrangement_of
from continuation.landscape.plane.merging import divided, merged

WITHIN = 1e-4


def wave(seed, low=-0.1, high=1.1, count=260):
    """A curve across the square, turned at random."""
    rng = np.random.default_rng(seed)
    t = np.linspace(low, high, count)
    y = 0.5 + 0.1 * np.sin(5 * t + rng.uniform(0, 6)) + 0.2 * (t - 0.5)
    return np.column_stack([t, y] if seed % 2 else [y, t])


@pytest.mark.parametrize("seed", range(4))
def test_a_curve_drawn_twice_divides_once(seed):
    once, other = wave(seed), wave(seed, count=211)
    other = other + 2e-5 * np.sin(90 * other[:, ::-1])
    assert len(arrangement_of([once, other]).areas) > 20
    faces = divided([once, other])
    assert faces.areas == pytest.approx(arrangement_of([once]).areas, abs=1e-12)


@pytest.mark.parametrize("seed", range(4))
def test_a_curve_that_leaves_another_one_divides_beyond(seed):
    along = wave(seed)
    rng, middle = np.random.default_rng(seed), len(along) // 2
    leaving = along + 3e-5 * rng.uniform(-1, 1, along.shape)
    away = np.linspace(0, 0.3, len(along) - middle)
    leaving[middle:, 1 if seed % 2 else 0] += away
    faces = divided([along, leaving])
    large = faces.areas[faces.areas > 1e-4]
    assert len(large) == 3
    assert faces.areas[3:].sum() < 1e-6
    pieces = merged([along, leaving], WITHIN)
    assert len(pieces) == 2


def test_crossings_stay():
    a, b = np.array([[0.0, 0.2], [1.0, 0.7]]), np.array([[0.3, 0.0], [0.6, 1.0]])
    dense = np.linspace(0, 1, 301)[:, None]
    curves = [c[0] + dense * (c[1] - c[0]) for c in (a, b)]
    assert divided(curves).areas == pytest.approx(arrangement_of(curves).areas)
    assert (divided(curves).areas > 1e-12).sum() == 4
