"""Critical points of networks of layers, with the count that weight decay gives."""

import numpy as np
import pytest

from continuation.landscape import Dataset, Loss, connect, find_critical_sets
from continuation.landscape.search.repeated_starts import Harvest
from continuation.landscape.sets import Assembler
from symbolic import Model

XOR = Dataset.from_observations([[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0])


@pytest.mark.slow
def test_one_unit_on_xor_is_complete_under_decay():
    loss = Loss(Model.mlp(2, (1,), bias=False, offset=True), XOR)
    sets = find_critical_sets(loss, weight_decay=0.005, seed=0, most_runs=20)
    assert sets.euler_count == 1
    assert len(sets) > 1
    for found in sets:
        assert np.abs(loss.gradient(found.weights, weight_decay=0.005)).max() < 1e-12
        assert found.largest_error < 1e-9
        eigenvalues = np.linalg.eigvalsh(loss.hessian(found.weights, weight_decay=0.005))
        assert found.index == (eigenvalues < 0.0).sum()


@pytest.mark.slow
def test_the_count_tells_complete_lists_of_xor_from_others():
    whole = Loss(Model.mlp(2, (2,)), XOR)
    found = find_critical_sets(whole, weight_decay=0.01, seed=0, most_runs=300)
    assert (len(found), found.euler_count) == (18, 1)
    again = find_critical_sets(whole, weight_decay=0.01, seed=1, most_runs=12_000)
    assert (len(again), again.euler_count) == (18, 1)  # after two quiet batches it had 17
    fewer = find_critical_sets(whole, weight_decay=0.01, seed=1, most_runs=100)
    assert fewer.euler_count != 1
    assert not fewer.complete
    assert "incomplete" in fewer.notes[0]


@pytest.mark.slow
def test_xor_2_3_1_is_complete_under_decay():
    whole = Loss(Model.mlp(2, (3,)), XOR)
    found = find_critical_sets(whole, weight_decay=0.03, seed=1, most_runs=400)
    assert found.euler_count == 1
    assert [one.index for one in found] == [0, 0, 1, 1, 1, 2]
    assert sum(one.orbit_size * (-1) ** one.index for one in found) == 1
    for one in found:
        assert np.abs(whole.gradient(one.weights, weight_decay=0.03)).max() < 1e-12


@pytest.mark.slow
def test_xor_2_2_1_as_a_graph():
    decay = 0.02
    whole = Loss(Model.mlp(2, (2,)), XOR)
    sets = find_critical_sets(whole, weight_decay=decay, seed=1, most_runs=1500)
    assert (sets.euler_count, len(sets)) == (1, 6)
    graph = connect(whole, sets, weight_decay=decay).nx
    labels = {found.label for found in sets}
    for found in sets:
        out = graph.out_edges(found.label, data=True)
        assert {edge[1] for edge in out} <= labels
        if found.index == 1:
            assert sum(edge[2]["multiplicity"] for edge in out) == 2


@pytest.mark.slow
def test_without_decay_lines_and_silent_curves_lie_over_the_points_of_narrower_shapes():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((30, 2))
    y = np.tanh(x @ [1.0, -0.5]) - 0.7 * np.tanh(x @ [0.3, 1.4]) + 0.2 * rng.standard_normal(30)
    loss = Loss(Model.mlp(2, (2,), bias=False), Dataset.from_observations(x, y))
    sets = find_critical_sets(loss, most_runs=300, seed=0)
    kinds = [found.subkind for found in sets]
    assert {"split line", "silent curve"} <= set(kinds)
    for found in (one for one in sets if not one.at_infinity):
        assert np.abs(loss.gradient(found.theta)).max() < 1e-9
        assert found.nullity == found.dimension
    line = next(found for found in sets if found.subkind == "split line")
    assert [piece.index for piece in line.pieces] == [2, 0]
    assert line.attracting  # on the rays
    graph = connect(loss, sets, seconds=60).nx
    assert graph.out_degree(line.label)


def test_points_on_a_kink_are_none():
    """|w x| + decay: at w = 0 the kernels' gradient vanishes, and the loss has a kink there."""
    x = np.array([[-1.0, 0.5], [2.0, 1.0], [0.5, -1.5]])
    model = Model.mlp(2, (1,), activation="relu", bias=False)
    loss = Loss(model, Dataset.from_observations(x, [1.0, 2.0, 0.3]))
    assert loss.at().kinks(np.zeros(3)) == 3
    assert loss.at().kinks(np.array([0.5, -1.0, 1.0])) == 1
    assert loss.at().kinks(np.array([0.5, 0.9, 1.0])) == 0
    harvest = Harvest(Assembler(loss.at(weight_decay=0.01)), decays=True)
    harvest.add(np.zeros(3), random=True)
    assert (harvest.kinked, harvest.points) == (1, [])
    assert "on the kink of a unit" in harvest.notes()[0]
