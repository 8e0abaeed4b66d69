"""Sets are used only under the conditions that they were found under."""

import numpy as np
import pytest

from continuation.certify import certify_graph, certify_sets
from continuation.errors import InvalidInputError
from continuation.landscape import (
    CriticalSets,
    Dataset,
    Loss,
    connect,
    estimate_basins,
    find_critical_sets,
    passage_times,
    phase_plane,
)
from continuation.landscape.network import Conditions
from continuation.landscape.sets import shared_conditions
from symbolic import Model, fukumizu_amari

NOISE, SIZE, DECAY = 0.3, 15.5, 0.02


@pytest.fixture(scope="module")
def searched():
    model = Model.from_expression("a**2*x + b", parameters=["a", "b"])
    rng = np.random.default_rng(4)
    x, offset, noise = rng.normal(size=(3, 20))
    data = Dataset(x, 2.0 * x + offset, noise, None, "arrays")
    loss = Loss(model, data)
    return loss, find_critical_sets(
        loss, noise=NOISE, size=SIZE, weight_decay=DECAY, infinity=False, most_runs=600
    )


@pytest.fixture(scope="module")
def student():
    model = fukumizu_amari()
    loss = Loss(model, Dataset.sample(model, 50, 0))
    return loss, find_critical_sets(loss, noise=0.1), 0.1


USES = {
    "connect": lambda loss, sets, **given: connect(loss, sets, **given),
    "basins": lambda loss, sets, **given: estimate_basins(loss, sets=sets, n=3, **given),
    "passages": lambda loss, sets, **given: passage_times(loss, sets, n=3, **given),
    "plane": lambda loss, sets, **given: phase_plane(loss, sets, resolution=3, **given),
}


@pytest.mark.parametrize("use", USES.values(), ids=USES)
@pytest.mark.parametrize(
    "other", [{"noise": 0.0}, {"size": 20}, {"weight_decay": np.float64(0.0)}], ids=str
)
def test_other_conditions_are_refused_with_both_named(searched, use, other):
    loss, sets = searched
    with pytest.raises(InvalidInputError) as refusal:
        use(loss, sets, **other)
    (name, value), found = next(iter(other.items())), sets[0].conditions
    assert f"{name} = {float(value)}" in str(refusal.value)
    assert f"{name} = {found.value(name)}" in str(refusal.value)


@pytest.mark.slow
def test_conditions_that_are_not_given_are_those_of_the_sets(searched):
    loss, sets = searched
    given = {"noise": NOISE, "size": SIZE, "weight_decay": DECAY}
    plain, told = connect(loss, sets).nx, connect(loss, sets, **given).nx
    assert list(plain.edges(data=True)) == list(told.edges(data=True))
    assert estimate_basins(loss, sets=sets, n=9) == estimate_basins(loss, sets=sets, n=9, **given)
    planes = [phase_plane(loss, sets, resolution=5, **more) for more in ({}, given)]
    np.testing.assert_array_equal(planes[0].gradient, planes[1].gradient)
    times = [passage_times(loss, sets, n=5, **more) for more in ({}, given)]
    assert [len(one) for one in times] == [1, 1]
    np.testing.assert_array_equal(times[0][0].measured, times[1][0].measured)


def test_a_graph_is_certified_where_it_was_found(student):
    loss, sets, noise = student
    assert certify_sets(loss, sets) == certify_sets(loss, sets, noise=noise)
    graph = connect(loss, sets)
    assert all(one.conditions.noise == noise for one in graph.sets)
    for refused in (
        lambda: certify_sets(loss, sets, noise=0.5),
        lambda: certify_graph(loss, graph, noise=0.5),
    ):
        with pytest.raises(InvalidInputError, match=rf"noise = {noise}.*noise = 0\.5"):
            refused()


def test_sets_of_two_searches_do_not_mix(student):
    loss, sets, noise = student
    other = find_critical_sets(loss, noise=2.0 * noise, regions=False)
    with pytest.raises(InvalidInputError, match="was found at"):
        connect(loss, [*sets, *other])


def test_all_samples_are_the_size_of_the_data_set(student):
    loss, sets, _ = student
    size = loss.data.size
    assert shared_conditions(loss.data, sets, size=size).size == size
    assert shared_conditions(loss.data, sets).size is None
    assert shared_conditions(loss.data, (), noise=0.5) == Conditions(noise=0.5)


def test_sets_of_other_data_or_of_another_model_are_refused(student):
    loss, sets, _ = student
    model = loss.model
    other = Loss(model, Dataset.sample(model, loss.data.size, 7))
    wider = model.with_hidden(model.hidden + 1)
    for place, text in (
        (other, "is a set of other data"),
        (Loss(wider, Dataset.sample(wider, loss.data.size, 0)), "a model of"),
    ):
        for use in (
            lambda at: connect(at, sets),
            lambda at: estimate_basins(at, sets=sets, n=1),
            lambda at: passage_times(at, sets, n=1),
        ):
            with pytest.raises(InvalidInputError, match=text):
                use(place)


def test_results_carry_the_conditions(student):
    loss, sets, noise = student
    graph = connect(loss, sets)
    basins = estimate_basins(loss, sets=sets, n=1)
    assert sets.conditions.noise == graph.conditions.noise == basins.conditions.noise == noise
    assert CriticalSets(()).conditions == Conditions()
