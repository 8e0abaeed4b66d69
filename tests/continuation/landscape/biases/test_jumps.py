"""What is settled or left out for many jumps at once is what each alone would give."""

import itertools

import numpy as np
import pytest

from continuation.landscape import Dataset, Loss
from continuation.landscape.biases.ends import _attracting, _end
from continuation.landscape.biases.input_grid import InputGrid, settled_beside, settled_places
from continuation.landscape.biases.jumps import JumpPairs, Jumps
from continuation.landscape.biases.nodes import Nodes, gains_of
from continuation.landscape.biases.parts import Background, UnitPart, fitted, jump_parts
from continuation.landscape.infinity import are_apart
from continuation.landscape.network import Responses
from symbolic import Model

SIGHT = (4.0, 2)
CASES = [(0, True, 1.0, 1.0), (1, False, 1e-3, 1e4), (4, True, 50.0, 1e-3)]


def background(seed, offset, scale, height, n=11):
    """Data in general position, one input twice, or equally spaced, in units of their own."""
    rng = np.random.default_rng(seed)
    x = np.sort(np.append(rng.normal(0.3, 1.0, n), 0.7))
    x[4] = x[3]
    x = np.linspace(-1.0, 1.6, x.size) if height == 1e-3 else x
    y = np.tanh(3.0 * x - 0.5) + 0.6 * rng.standard_normal(x.size)
    model = Model.perceptron(hidden=2, bias=True, offset=offset)
    data = Dataset.from_observations(scale * x, height * y)
    return Background(Responses.at(Loss(model, data).at()), offset)


@pytest.mark.parametrize("case", CASES)
def test_no_attracting_pair_of_jumps_is_left_out(case):
    known = background(*case)
    responses, jumps = known.responses, jump_parts(known.responses.x, offset=known.offset)
    pairs, kept, attracting = JumpPairs.of(responses, jumps), set(), set()
    for k, part in enumerate(jumps):
        fixed = np.vstack([known.rows, part.rows(responses)])
        kept |= {(k, int(other)) for other in pairs.attracting(responses.target, fixed, k)}
    for k, other in itertools.combinations(range(len(jumps)), 2):
        limit = fitted(known, (jumps[k], jumps[other]))
        if limit is None or not are_apart(responses.x, limit.jumps):
            continue
        attracting |= {(k, other) for _ in _attracting(iter([_end(responses, limit)]))}
    assert attracting
    assert attracting <= kept
    assert len(kept) < len(jumps) * (len(jumps) - 1) / 4


@pytest.mark.parametrize("case", CASES[:2])
def test_units_beside_many_jumps_are_those_beside_each(case):
    known = background(*case, n=20)
    responses, parts = known.responses, jump_parts(known.responses.x, offset=known.offset)
    sort = [part for part in parts if part.at_sample == (case[0] == 1)][::3]
    nodes = Nodes.of(responses, InputGrid.of(responses.x))
    table = Jumps.of(responses, sort, known.rows)
    kept = table.units(responses, nodes)
    found = 0
    for gains, fixed, part in zip(
        nodes.gains(responses.target, table.fixed), table.fixed, sort, strict=True
    ):
        assert gains == pytest.approx(
            gains_of(nodes.rows, fixed, responses.target), abs=1e-9 * gains.max()
        )
        starts = nodes.places[nodes.is_top(gains)]
        alone = settled_places(responses, starts, 1, fixed, SIGHT)
        together, _ = settled_beside(
            responses, starts, np.broadcast_to(fixed, (len(starts), *fixed.shape)), SIGHT
        )
        for place in alone:
            assert np.abs(together / place - 1.0).max(axis=1).min() < 1e-7
            limit = fitted(known, (UnitPart.at(place), part))
            if limit is None or not list(_attracting(iter([_end(responses, limit)]))):
                continue
            beside = [other for other, jump in kept if jump == part]
            assert min(np.abs(other / place - 1.0).max() for other in beside) < 1e-6
            found += 1
    assert found
