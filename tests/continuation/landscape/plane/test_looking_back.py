"""Short lines across a curve that is not known, against the formula of the curve."""

import numpy as np
import pytest

from continuation.landscape import Dataset, Loss
from continuation.landscape.network import sample_weights
from continuation.landscape.plane import Plane
from continuation.landscape.plane.looking_back import LookBack
from symbolic import single_unit
from tests.continuation.landscape.plane.test_plane_diagram import LIMITS, SCHEDULE, step_arrival


@pytest.mark.parametrize("turn", [0.1, 1.7])
def test_a_short_line_lies_across_the_arrival_at_a_step(turn):
    model = single_unit()
    data = Dataset.sample(model, 50, 0)
    plane = Plane(Loss(model, data), "size", "noise", LIMITS, schedule=SCHEDULE)

    def above(size, noise):
        weights = sample_weights(data.size, size, SCHEDULE)
        return noise - step_arrival(data.x, weights, data.target, data.noise)

    size = 41.3
    on = plane.to_square(np.array([size, -above(size, 0.0)]))
    assert ((on > 0.05) & (on < 0.95)).all()
    away = 0.03 * np.array([np.cos(turn), np.sin(turn)])
    same, other = on - 0.4 * away, on + away
    assert above(*plane.from_square(same)) * above(*plane.from_square(other)) < 0
    look = LookBack(plane, 0)
    assert look.census(same) != look.census(other)
    [line] = look.across(same, other)
    ends = [(line.at, end) if line.axis else (end, line.at) for end in (line.low, line.high)]
    assert above(*ends[0]) * above(*ends[1]) < 0
    width = np.ptp(plane.limits[line.axis])
    assert line.high - line.low < 0.01 * width
