"""Compound ends: their limits against nearby weights, and flows that were followed further."""

import itertools

import numpy as np
import pytest

from continuation.landscape import Dataset, Loss, connect, find_critical_sets, flow_to_limit
from continuation.landscape.flow.clusters import (
    FiniteCluster,
    StepCluster,
    VanishingCluster,
    partitions,
)
from continuation.landscape.flow.compound_ends import compound_end
from continuation.landscape.flow.gradient_flow import trajectory
from continuation.landscape.infinity import end_of
from continuation.landscape.network.responses import Responses, tanh_derivatives
from continuation.landscape.network.symmetry import Symmetry
from symbolic import fukumizu_amari, overparameterised

NOISE = 0.1

pytestmark = pytest.mark.slow  # four units are compiled first


def case(preset, hidden):
    model = preset().with_hidden(hidden)
    loss = Loss(model, Dataset.sample(model, 100, 0))
    at = loss.at(noise=NOISE)
    return loss, at, Responses.at(at)


@pytest.fixture(scope="module")
def four():
    return case(fukumizu_amari, 4)


@pytest.fixture(scope="module")
def flows(four):
    """Ends that are decided, with the weights at which they were."""
    starts = np.random.default_rng(5).standard_normal((6, 8))
    return [flow_to_limit(four[1], start) for start in starts]


def shares(m):
    return tuple(np.ones(1) for _ in range(m))


@pytest.mark.parametrize(
    ("of", "weights"),
    [
        (FiniteCluster, [0.9, 1.2]),
        (FiniteCluster, [0.8, 1.0, 1.3, 1.5]),
        (VanishingCluster, [0.2]),
        (VanishingCluster, [0.1, 0.2, 0.4]),
        (StepCluster, [40.0]),
    ],
)
def test_basis_functions_are_continuous_down_to_the_limit(four, of, weights):
    responses = four[2]
    cluster = of(np.array(weights), shares(len(weights)))
    limit = cluster.basis(responses, cluster.centre, 0.0)
    gaps = [
        np.abs(cluster.basis(responses, cluster.centre, s) - limit)[:, -1].max()
        for s in (0.04, 0.02, 0.01)
    ]
    assert gaps[2] < 0.02 * np.abs(limit[0, -1]).max() + 1e-4
    assert gaps[2] < gaps[1] < gaps[0] or gaps[0] < 1e-10


def test_derivatives_in_the_centre_agree_with_differences(four):
    cluster = FiniteCluster(np.array([0.9, 1.0, 1.3]), shares(3))
    for s in (1.0, 0.0):
        value = {h: cluster.basis(four[2], 1.1 + h, s) for h in (-1e-5, 0.0, 1e-5)}
        for order in (1, 2):
            difference = (value[1e-5][order - 1] - value[-1e-5][order - 1]) / 2e-5
            assert difference == pytest.approx(value[0.0][order], abs=2e-6)


def test_tanh_has_derivatives_of_any_order():
    u = np.linspace(-2.0, 2.0, 9)
    derivatives = tanh_derivatives(u, 9)
    h = 1e-5
    for k in range(5, 9):
        up, down = tanh_derivatives(u + h, 9)[k], tanh_derivatives(u - h, 9)[k]
        assert (up - down) / (2.0 * h) == pytest.approx(derivatives[k + 1], rel=1e-6, abs=1e-3)


def test_weights_are_grouped_with_their_copies():
    # w 0.2 twice and 0.5 with the opposite sign go to zero; 3 and −3.1 meet
    theta = np.array([0.2, -0.2, 0.5, 3.0, -3.1, 1.0, -1.0, -2.0, 5.0, 5.0])
    found = [
        [(type(c), tuple(np.round(c.weights, 3)), [part.size for part in c.shares]) for c in p]
        for p in partitions(theta)
    ]
    assert [(VanishingCluster, (0.2, 0.5), [2, 1]), (FiniteCluster, (3.0, 3.1), [1, 1])] in found


def test_limits_are_those_of_later_weights(four, flows):
    """Further along the flow the loss approaches that of the limit, from above."""
    loss, at, _ = four
    assert all(result.status == "infinity" for result in flows)
    assert any(result.subkind == "corner" for result in flows)
    x = loss.data.x
    for result in flows:
        r = result.limit.outputs(loss.model, x) - loss.data.target - NOISE * loss.data.noise
        assert result.loss == pytest.approx(0.5 * np.mean(r**2), rel=1e-6)
        later = trajectory(at, result.theta, step_limit=2000)
        excess = np.array([at.value(result.theta), at.value(later.theta[-1])]) - result.loss
        assert 0.0 < excess[1] <= excess[0]


def test_decisions_do_not_depend_on_the_order_and_signs_of_units(four, flows):
    loss, at, responses = four
    symmetry = Symmetry.of(loss.model)
    for result in flows[:2]:
        for g in itertools.islice(symmetry.elements(), 5, 384, 150):
            image = symmetry.act(g, result.theta)
            again = compound_end(responses, image, at.value(image), copies_may_part=True)
            same = compound_end(
                responses, result.theta, at.value(result.theta), copies_may_part=True
            )
            assert (again is None) == (same is None)
            if again is not None:
                assert again.limit == pytest.approx(same.limit, rel=1e-6)


def test_pairs_and_single_units_have_the_ends_of_the_compiled_rule():
    """For two units both rules know the confluence and the linear end."""
    flows = [
        (at, responses, flow_to_limit(at, start))
        for _, at, responses in (case(overparameterised, 2), case(fukumizu_amari, 2))
        for start in np.random.default_rng(3).standard_normal((12, 4))
    ]
    seen = set()
    for at, responses, result in flows:
        if result.subkind in ("confluence", "linear"):
            end = compound_end(
                responses, result.theta, at.value(result.theta), copies_may_part=True
            )
            assert end is not None
            assert end_of(end.limit).name == result.subkind
            assert end.loss == pytest.approx(result.loss, rel=1e-3)
            seen.add(result.subkind)
        elif result.status == "point":
            end = compound_end(responses, result.theta, result.loss, copies_may_part=True)
            assert end is None or not end.decided
    assert seen == {"confluence", "linear"}


@pytest.mark.slow
def test_the_graph_of_a_wide_network_says_what_was_sampled():
    loss, _, _ = case(fukumizu_amari, 3)
    sets = find_critical_sets(loss, noise=NOISE)
    graph = connect(loss, sets, noise=NOISE, most_departures=2)
    assert any("raise most_departures" in note for note in graph.notes)
    for found in sets:
        out = sum(e["multiplicity"] for _, _, e in graph.nx.out_edges(found.label, data=True))
        assert out <= 2
    assert "undecided" not in graph.nx
