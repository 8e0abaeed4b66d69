"""Critical points of one unit with bias and of two that meet, against random starts."""

import numpy as np
import pytest

from continuation.landscape import Dataset, Loss
from continuation.landscape.biases import critical_places
from continuation.landscape.biases.input_grid import (
    FLATTEST,
    STEEPEST,
    InputGrid,
    is_seen,
    settled_places,
)
from continuation.landscape.biases.nodes import is_critical
from continuation.landscape.biases.parts import Background, UnitPart, fitted
from continuation.landscape.network import Responses
from symbolic import Model


def background(seed, offset, scale):
    """Data in general position about a random unit, inputs in units of their own."""
    rng = np.random.default_rng(seed)
    x = np.sort(rng.normal(0.3, 1.0, 30))
    y = np.tanh(rng.uniform(1.0, 3.0) * x - 0.5) + 0.4 * rng.standard_normal(x.size)
    model = Model.perceptron(hidden=2, bias=True, offset=offset)
    return Background(
        Responses.at(Loss(model, Dataset.from_observations(scale * x, y)).at()), offset
    )


@pytest.mark.parametrize("meeting", [1, 2])
@pytest.mark.parametrize(
    ("seed", "offset", "scale"), [(0, True, 1.0), (1, False, 1e-3), (2, True, 40.0)]
)
def test_no_random_start_finds_another_point(seed, offset, scale, meeting):
    known = background(seed, offset, scale)
    responses, x = known.responses, known.responses.x
    listed = critical_places(responses, InputGrid.of(x), meeting, known.rows)
    assert len(listed)
    for place in listed:
        limit = fitted(known, (UnitPart(*map(float, place), meeting),))
        assert limit is None or is_critical(responses, limit)
    rng, spread = np.random.default_rng(7), np.std(x)
    w = np.exp(rng.uniform(np.log(2 * FLATTEST), np.log(STEEPEST / 2), 2000)) / spread
    starts = np.array([w, -w * rng.choice(x, w.size)]).T
    met = settled_places(responses, starts, meeting, known.rows)
    low, high = FLATTEST / spread, STEEPEST / spread
    inside = (met[:, 0] > 1.01 * low) & (met[:, 0] < 0.99 * high) & is_seen(met, x)
    assert inside.any()
    for place in met[inside]:
        if abs(place[1]) > 5.0 + abs(place[0] * x).max():
            continue  # saturated on all inputs: a constant
        assert np.abs(listed / place - 1.0).max(axis=1).min() < 1e-5, place
