"""Sums of exponentials as networks: their points, split lines, and what they tend to at infinity.

References
----------
J. Moré, B. Garbow and K. Hillstrom, *ACM TOMS* 7 (1981) 17: Biggs, Jennrich and Sampson, Osborne.
C. Lanczos, *Applied Analysis* (1956) 272, as NIST's data set Lanczos3.
"""

import json
from pathlib import Path

import numpy as np
import pytest

from continuation.errors import InvalidInputError
from continuation.landscape import Dataset, Loss, find_critical_sets, flows_to_limits
from continuation.landscape.infinity import LimitLoss, LimitModel
from continuation.landscape.network import Responses
from continuation.landscape.search import wide_ends as searching
from continuation.landscape.search.repeated_starts import is_below_silence
from symbolic import Model, fukumizu_amari

DATA = json.loads(
    (Path(__file__).parents[3] / "data" / "exponentials.json").read_text(encoding="utf-8")
)


def network(name, hidden, **options):
    problem = DATA[name]
    model = Model.perceptron(hidden, activation="exp(-u)", **options)
    return Loss(model, Dataset.from_observations(problem["x"], problem["y"]))


def squares(loss, found):
    """Residual sum of squares of a set."""
    return 2 * loss.data.size * found.loss


def summary(loss, sets):
    return [(s.subkind, pytest.approx(squares(loss, s), rel=1e-9), s.index) for s in sets]


def test_two_exponentials_that_meet_are_an_end(monkeypatch):
    """(a + b t) e^(−ct): one attracts, the other is left; the slope decides, as differences do."""
    monkeypatch.setattr(searching, "STARTS", 12)
    loss = network("Biggs EXP6", 2)
    found = searching.wide_ends(loss.at(), seed=0)
    values = [26 * end.point.loss for end in found.ends]
    assert values == pytest.approx([0.0811337918757, 0.2426767786072], rel=1e-11)
    assert [(end.index, end.attracting) for end in found.ends] == [(1, False), (0, True)]
    assert "confluences from 12 runs" in found.note
    assert "linear" not in found.note  # exponentials are not odd
    x, y = loss.data.x, loss.data.target
    for end in found.ends:
        w, gap = end.limit["w"], 1e-2
        columns = np.exp(-np.outer(x, [w + gap, w - gap]))
        rise = 0.5 * np.mean((columns @ np.linalg.lstsq(columns, y, rcond=None)[0] - y) ** 2)
        rise -= end.point.loss
        # the least over w falls below the slope's line by a higher power of the gap
        assert rise == pytest.approx(4 * gap**2 * end.normals[0], rel=5e-2)


def test_kinds_of_ends_are_those_of_the_activation(monkeypatch):
    monkeypatch.setattr(searching, "STARTS", 1)
    x = np.linspace(0.1, 2.0, 9)

    def note(**options):
        loss = Loss(Model.perceptron(2, **options), Dataset.from_observations(x, np.sin(3 * x)))
        return searching.wide_ends(loss.at(), seed=0).note

    assert "confluences, linear ends, step ends from 3 runs" in note(offset=True)
    for other in ({}, {"bias": True}):
        with pytest.raises(InvalidInputError, match="three or more"):
            note(**other)


def test_an_offset_moves_with_the_end():
    """Newton's gradient of the limit is that of its loss, offset included."""
    loss = network("Osborne 1", 2, offset=True)
    responses = Responses.at(loss.at())
    limit = LimitModel.from_dict({"w": 0.02, "a": 0.3, "b": -0.01, "offset": 0.2})
    at, z = LimitLoss(responses, limit), limit.unknowns
    _, gradient = at.point(z)
    for place, size in enumerate((1e-5, 1e-4, 1e-6, 1e-4)):
        step = size * np.eye(4)[place]
        rise = at.point(z + step)[0].loss - at.point(z - step)[0].loss
        assert rise / (2 * size) == pytest.approx(gradient[place], rel=1e-6)


def test_a_critical_point_is_no_worse_than_its_units_in_silence():
    model = fukumizu_amari()
    loss = Loss(model, Dataset.sample(model, 40, 0))
    at = loss.at(noise=0.1)
    points = [s.theta for s in find_critical_sets(loss, noise=0.1, regions=False) if s.is_isolated]
    assert points
    assert all(is_below_silence(at, theta) for theta in points)
    assert not is_below_silence(at, np.array([1.0, 2.0, 30.0, 40.0]))


@pytest.mark.slow
def test_biggs_is_a_zero_set_over_embedded_minima_of_fewer_units():
    pair, three = (network("Biggs EXP6", h) for h in (2, 3))
    sets = find_critical_sets(pair)
    assert summary(pair, sets) == [
        ("isolated", 0.0056556499254999, 0), ("confluence", 0.0811337918757, 1),
        ("confluence", 0.2426767786072, 0), ("split line", 0.30636677262479, 0),
    ]  # fmt: skip
    assert sets[0].theta == pytest.approx(
        [1.711416, 17.68319817, 2.32628732, -5.18656155], rel=1e-7
    )
    assert sets[3].theta[0] == pytest.approx(1.22755595, rel=1e-8)
    assert 2 * sets[3].theta[2] == pytest.approx(1.66540613, rel=1e-8)

    sets = find_critical_sets(three)
    zero, *rest = sets
    assert squares(three, zero) < 1e-25
    assert (zero.index, zero.orbit_size) == (0, 6)
    assert zero.theta == pytest.approx([1.0, 4.0, 10.0, 1.0, 3.0, -5.0], rel=1e-10)
    lines = [s for s in rest if s.subkind == "split line"]
    assert [squares(three, s) for s in lines] == pytest.approx([0.0056556499254999] * 2, rel=1e-11)
    attracting = {tuple(piece.index == 0 for piece in line.pieces) for line in lines}
    assert attracting == {(False, True), (True, False)}  # a segment, and rays
    (plane,) = (s for s in rest if s.subkind == "split plane")
    assert squares(three, plane) == pytest.approx(0.30636677262479, rel=1e-12)
    (end,) = (s for s in rest if s.limit is not None)
    assert squares(three, end) == pytest.approx(3.233174562607e-05, rel=1e-9)


@pytest.mark.slow
def test_flows_of_two_exponentials_reach_every_set_that_attracts():
    loss = network("Biggs EXP6", 2)
    starts = np.random.default_rng(0).standard_normal((40, 4)) * [3, 3, 1, 1] + [3, 3, 0, 0]
    results = flows_to_limits(loss.at(), starts)
    ends = {(r.status, r.subkind, round(26 * r.loss, 8)) for r in results}
    assert ends == {
        ("point", "isolated", 0.00565565),
        ("line", "split line", 0.30636677),
        ("infinity", "confluence", 0.24267678),
    }


@pytest.mark.slow
def test_jennrich_and_sampsons_units_coincide():
    """Output weights are fixed to 1, so that equal units are an isolated, symmetric point."""
    loss = network("Jennrich, Sampson", 2, output_weights=[1.0, 1.0])
    (found,) = find_critical_sets(loss)
    assert found.theta == pytest.approx([-0.257825213670364] * 2, rel=1e-11)
    assert squares(loss, found) == pytest.approx(124.362182355614854, rel=1e-13)
    assert (found.inertia, found.orbit_size) == ((0, 0, 2), 1)
    curvatures = np.linalg.eigvalsh(loss.hessian(found.theta))
    assert 20 * curvatures == pytest.approx([4484.247204, 135786.0418], rel=1e-9)


@pytest.mark.slow
def test_osborne_has_an_embedded_point_and_a_constant_below_its_minimum():
    loss = network("Osborne 1", 2, offset=True)
    sets = find_critical_sets(loss)
    finite = [s for s in sets if s.limit is None]
    assert summary(loss, finite) == [
        ("isolated", 5.4648946975e-05, 0), ("split line", 0.0505720454149, 0),
        ("dead unit", 0.0505720454149, 1), ("origin", 1.15290290909, 2),
    ]  # fmt: skip
    assert [squares(loss, s) for s in sets if s.attracting and s.limit is not None] == (
        pytest.approx([0.03038048286], rel=1e-9)
    )


@pytest.mark.slow
def test_lanczos_has_its_points_of_one_two_and_three_exponentials():
    one, two, three = (network("Lanczos 3", h) for h in (1, 2, 3))
    (single,) = find_critical_sets(one)
    assert squares(one, single) == pytest.approx(0.01693419, rel=1e-6)
    assert single.theta == pytest.approx([3.79749547, 2.46711322], rel=1e-8)
    best, line = find_critical_sets(two)
    assert squares(two, best) == pytest.approx(4.346553e-06, rel=1e-6)
    assert best.theta == pytest.approx([1.87341581, 4.64022967, 0.44449622, 2.06829077], rel=1e-8)
    assert squares(two, line) == pytest.approx(squares(one, single), rel=1e-12)
    best = find_critical_sets(three)[0]
    assert squares(three, best) == pytest.approx(1.6117193594e-08, rel=1e-8)
