"""Classes that a network separates: flows run to infinity there, and are said to."""

import numpy as np
import pytest

from continuation.errors import InvalidInputError
from continuation.landscape import (
    Axis,
    Dataset,
    Loss,
    connect,
    estimate_basins,
    find_critical_sets,
    flow_to_limit,
    follow,
    locate,
)
from continuation.landscape.sets import CriticalSets
from continuation.landscape.vectors import is_separated
from continuation.storage import GraphResult, load_result, save_result
from symbolic import Model

MODELS = {
    "logistic": Model.mlp(2, (2,), loss="logistic"),
    "softmax": Model.mlp(2, (2, 2), 3, loss="softmax"),
    "kinks": Model.mlp(2, (3,), 2, loss="softmax", activation="relu", bias=False),
}


def loss_of(name, seed=0, n=9):
    x = np.random.default_rng(seed).normal(size=(n, 2))
    return Loss(MODELS[name], Dataset.from_observations(x, (x[:, 0] > 0.0).astype(int)))


NAMES = ("logistic", *(pytest.param(name, marks=pytest.mark.slow) for name in ("softmax", "kinks")))


@pytest.mark.parametrize("name", NAMES)
def test_flows_of_separable_classes_end_at_infinity(name):
    """Their weights are not critical: along the output weights the loss falls."""
    loss = loss_of(name)
    at, start = loss.at(), np.random.default_rng(0).normal(size=loss.model.dimension)
    result = flow_to_limit(at, start)
    assert (result.status, result.subkind, result.loss) == ("infinity", "separated", 0.0)
    f = at.kernels.outputs(result.theta, loss.data.x).reshape(loss.data.size, -1)
    scores = np.column_stack([np.zeros(len(f)), f[:, 0]]) if f.shape[1] == 1 else f
    assert (scores.argmax(axis=1) == loss.data.target).all()
    assert is_separated(at, at.value(result.theta))
    assert not is_separated(at, np.log(2.0) / loss.data.size)
    first = loss.model.layered.linear
    assert at.gradient(result.theta)[first:] @ result.theta[first:] < 0.0


def test_what_cannot_be_separated_is_not():
    loss = loss_of("logistic")
    assert not is_separated(loss.at(weight_decay=0.1), 0.0)
    shares = Dataset.from_observations(loss.data.x, np.full(loss.data.size, 0.5))
    assert not is_separated(Loss(loss.model, shares).at(), 0.0)
    squared = Model.mlp(2, (2,))
    assert not is_separated(Loss(squared, loss.data).at(), 0.0)


@pytest.mark.slow
def test_the_set_is_listed_reached_stored_and_not_followed(tmp_path):
    loss = loss_of("logistic")
    sets = find_critical_sets(loss, seconds=2.0)
    certain = next(s for s in sets if s.subkind == "separated")
    assert any("separates the classes" in note for note in sets.notes)
    basins = estimate_basins(loss, n=3, sets=sets)
    assert basins.targets[0].label == certain.label
    assert basins.targets[0].count == 3
    graph = connect(loss, [certain])
    axes = (Axis("x1"), Axis("y"))
    result = GraphResult(loss, {"seed": 0}, axes, CriticalSets((certain,)), graph=graph)
    (again,) = load_result(save_result(result, tmp_path / "graph.nc")).sets
    assert (again.subkind, again.limit.to_dict()) == ("separated", {"separated": 1.0})
    start = np.random.default_rng(1).normal(size=loss.model.dimension)
    assert "classes are separated" in locate(loss, start).text
    with pytest.raises(InvalidInputError, match="no branch to follow"):
        follow(loss, certain, "size", limits=(8.0, 9.0))
