import itertools
from dataclasses import dataclass, replace
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from continuation.errors import InvalidInputError
from continuation.landscape.basins.estimate import estimate_basins, wilson_interval
from continuation.landscape.basins.itineraries import (
    NEAR,
    Gazetteer,
    Stop,
    itinerary,
    regions_of,
    route,
)
from continuation.landscape.flow.gradient_flow import trajectory
from continuation.landscape.graph.passing import nearest_share, region_at, weight_distance
from continuation.landscape.network.dataset import Dataset
from continuation.landscape.network.loss import Loss
from continuation.landscape.search.find import find_critical_sets
from symbolic import fukumizu_amari

NOISE = 0.1


@pytest.fixture(scope="module")
def student():
    model = fukumizu_amari()
    loss = Loss(model, Dataset.sample(model, 100, 0))
    return loss, find_critical_sets(loss, noise=NOISE)


@given(total=st.integers(1, 10_000), share=st.floats(0, 1))
def test_the_wilson_interval_solves_its_equation(total, share):
    count = round(share * total)
    p, z = count / total, 1.959963984540054
    for q in wilson_interval(count, total):
        assert 0.0 <= q <= 1.0
        if 0 < count < total:
            assert (p - q) ** 2 == pytest.approx(z**2 * q * (1 - q) / total, rel=1e-6)
    lower, upper = wilson_interval(count, total)
    assert lower <= p <= upper


@pytest.mark.parametrize(("count", "total"), [(-1, 5), (6, 5), (0, 0)])
def test_impossible_counts_are_refused(count, total):
    with pytest.raises(InvalidInputError):
        wilson_interval(count, total)


def test_basins_add_up_and_nest(student):
    loss, sets = student
    small, large = (estimate_basins(loss, noise=NOISE, n=n, seed=5, sets=sets) for n in (40, 120))
    labels = {found.label for found in sets if found.attracting}
    for basins in (small, large):
        assert sum(f.count for f in basins.targets) == basins.n
        assert sum(f.count for f in basins.itineraries) == basins.n
        assert {f.label for f in basins.targets} <= labels
    counts = {f.label: f.count for f in large.targets}
    assert all(f.count <= counts[f.label] for f in small.targets)


@pytest.mark.parametrize(("n", "seed"), [(0, 0), (5, -1)])
def test_bad_numbers_are_refused(student, n, seed):
    with pytest.raises(InvalidInputError):
        estimate_basins(student[0], noise=NOISE, n=n, seed=seed)


def test_a_trajectory_from_small_weights_passes_the_plateau(student):
    loss, sets = student
    at = loss.at(noise=NOISE)
    path = trajectory(at, [0.02, 1e-4, 0.02, -1e-4])
    stops = itinerary(at, path, sets)
    assert "dead unit" in [stop.label.rsplit(" ", 1)[0] for stop in stops]
    assert stops[-1].label in {found.label for found in sets if found.attracting}
    assert all(a.t < b.t for a, b in itertools.pairwise(stops))
    assert stops == itinerary(at, path.result, sets)


def test_points_of_a_line_are_at_distance_zero(student):
    _, sets = student
    line = next(found for found in sets if found.kind == "line")
    w, v = line.theta[0], 2.0 * line.theta[2]
    for share in (0.3, 0.5, 1.2):
        theta = np.array([w, -w, share * v, -(1 - share) * v])
        assert weight_distance(line, theta) < 1e-12
        # halfway between two values of the grid, seen from the side of either copy
        nearest, distance = nearest_share(line, np.array([w, -w, 0.66 * v, -0.34 * v]))
        assert (nearest, distance) == (pytest.approx(0.66), pytest.approx(0.0, abs=1e-8))


def test_a_piece_of_an_overfitting_line_that_does_not_attract_is_near_optimal(student):
    _, sets = student
    line = replace(next(found for found in sets if found.kind == "line"), region="overfitting")
    w, v = line.theta[0], 2.0 * line.theta[2]
    for share in (0.7, 1.6):
        piece = next(s for s in line.segments if s.lower < share < s.upper)
        for theta in ([w, -w, share * v, (share - 1) * v], [-w, w, (share - 1) * v, share * v]):
            expected = "overfitting" if piece.index == 0 else "near-optimal"
            assert region_at(line, np.array(theta)) == expected
        assert region_at(replace(line, region="plateau"), np.array(theta)) == "plateau"
    assert len({piece.index == 0 for piece in line.segments}) == 2


def test_regions_are_named_once():
    stops = [Stop(str(k), r, float(k), 0.0) for k, r in enumerate(["a", "a", "b", "a"])]
    assert regions_of(stops) == ("a", "b", "a")


@dataclass(frozen=True)
class Named:
    """Of a set, what a route asks of it."""

    label: str
    region: str = "other"
    segments: tuple[str, ...] = ()


def test_repeated_stops_are_one_and_the_end_is_the_last():
    names = [Named("a"), None, Named("a"), Named("b"), Named("a"), Named("a", "plateau")]
    passages = [SimpleNamespace(theta=k, t=float(k), speed=0.1) for k in range(len(names))]
    places = SimpleNamespace(nearest=names.__getitem__, sets=())
    lost = SimpleNamespace(
        passages=passages, decided=False, status="undecided", subkind="", duration=9.0
    )
    stops = route(places, lost)
    assert [(s.label, s.region, s.t) for s in stops] == [
        ("a", "other", 0.0),
        ("b", "other", 3.0),
        ("a", "other", 4.0),
        ("a", "plateau", 5.0),
        ("undecided", "unlabelled", 9.0),
    ]


def test_a_slow_moment_at_the_end_is_no_stop_of_its_own():
    names = [Named("a"), Named("undecided", "unlabelled")]
    passages = [SimpleNamespace(theta=k, t=float(k), speed=0.1) for k in range(2)]
    lost = SimpleNamespace(
        passages=passages, decided=False, status="undecided", subkind="", duration=9.0
    )
    stops = route(SimpleNamespace(nearest=names.__getitem__, sets=()), lost)
    assert [(s.label, s.t) for s in stops] == [("a", 0.0), ("undecided", 9.0)]


@pytest.mark.parametrize(("gap", "near"), [(0.99, True), (1.01, False)])
def test_a_place_belongs_to_a_set_that_is_near_in_function(gap, near):
    """Sets with constant outputs 0 and 1; θ is the output, a little below or above the second."""
    x, sets = np.zeros(2), [Named("zero"), Named("one")]
    kernels = SimpleNamespace(outputs=lambda theta, x: np.full(x.size, theta))
    outputs, weights = np.array([[0.0, 0.0], [1.0, 1.0]]), np.array([0.25, 0.75])
    places = Gazetteer(SimpleNamespace(kernels=kernels), sets, x, outputs, weights, 3.0)
    for side in (-1.0, 1.0):
        found = places.nearest(1.0 + side * gap * NEAR * 3.0)
        assert found == (sets[1] if near else None)
