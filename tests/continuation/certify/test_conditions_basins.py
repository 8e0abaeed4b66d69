"""Just one inequality violated, by a little. Of basins: level, ball, states."""

from tests.continuation.certify.condition_cases import (
    LITTLE,
    accepted,
    hexed,
    parabola,
    refused,
    simple,
)


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


def test_the_ball_of_a_basin_is_the_euclidean_one():
    assert refused(two_wells(1.0, 0.25, [0, 0, 1], 1e-3, [[1.1 + LITTLE]]), "not in the ball")


def test_the_curvature_is_that_of_the_whole_ball():
    """L'' = 6a² − 2 is 4 at the minimum, and 2.86 at 0.9: L rises to 0.0137 at least, not 0.02."""
    assert accepted(two_wells(1.0, 0.25, [0, 0, 1], 0.010))
    assert refused(two_wells(1.0, 0.25, [0, 0, 1], 0.015), "below the level on the sphere")


def test_a_maximum_has_no_basin():
    assert refused(two_wells(0.0, -0.5, [1, 0, 0], 0.501), "no minimum")
