"""The same sets, flows and graph whatever the data are measured in."""

import numpy as np
import pytest

from continuation.landscape import (
    Dataset,
    Loss,
    connect,
    estimate_basins,
    find_critical_sets,
    flow_to_limit,
    flows_to_limits,
    trajectory,
)
from continuation.landscape.infinity import LimitModel, LimitUnit
from continuation.landscape.network import Layout, Units
from symbolic import Model

TWO = Model.perceptron(hidden=2)
BIASED = Model.perceptron(hidden=1, bias=True, offset=True)
SCALES = [(1e6, 1.0), (1.0, 1e-6), (1e-12, 1e5), (1e9, 1e-9), (1e-6, 1e6), (100.0, 1e-3)]


def observations(x_unit=1.0, y_unit=1.0, *, model=TWO, seed=1):
    rng = np.random.default_rng(seed)
    x = 2.0 * rng.standard_normal(60)
    y = 2.0 * np.tanh(x) - np.tanh(4.0 * x) + 0.1 * rng.standard_normal(60)
    return Loss(model, Dataset.from_observations(x * x_unit, y * y_unit))


def weights_in(model, x_unit, y_unit, theta):
    """Numbers of the weights after another choice of units, by hand."""
    units, rest = Layout.of(model).split(theta)
    units = units.copy()
    units[:, 0] /= x_unit
    units[:, -1] *= y_unit
    return Layout.of(model).join(units, rest * y_unit)


def described(sets):
    return [(s.subkind, s.inertia, s.attracting, s.orbit_size, s.label) for s in sets]


def edges_of(graph):
    return sorted((a, b, e["status"], e["multiplicity"]) for a, b, e in graph.nx.edges(data=True))


@pytest.mark.parametrize(("x_unit", "y_unit"), SCALES)
def test_sets_and_graph(x_unit, y_unit):
    plain, loss = observations(), observations(x_unit, y_unit)
    expected, found = find_critical_sets(plain), find_critical_sets(loss)
    assert found.complete
    assert described(found) == described(expected)
    assert any("units of" in note for note in found.notes)
    for one, other in zip(expected, found, strict=True):
        assert other.loss == pytest.approx(one.loss * y_unit**2, rel=1e-10, abs=0.0)
        if one.theta is not None:
            theta = weights_in(TWO, x_unit, y_unit, one.theta)
            np.testing.assert_allclose(other.theta, theta, rtol=1e-7, atol=0.0)
            assert loss.value(other.theta) == pytest.approx(other.loss, rel=1e-10, abs=0.0)
        x = np.linspace(-4.0, 4.0, 9)
        np.testing.assert_allclose(
            other.outputs(x * x_unit) / y_unit, one.outputs(x), rtol=1e-6, atol=1e-9
        )
    graph = connect(loss, found)
    assert edges_of(graph) == edges_of(connect(plain, expected))
    assert graph.rising_edges() == ()
    drops = {(a, b): e["loss_drop"] for a, b, e in graph.nx.edges(data=True)}
    for (a, b), drop in drops.items():
        fall = graph.nx.nodes[a]["loss"] - graph.nx.nodes[b]["loss"]
        assert drop == pytest.approx(fall, rel=1e-5, abs=1e-9 * y_unit**2)


@pytest.mark.slow
@pytest.mark.parametrize(("x_unit", "y_unit"), SCALES[2:4])
def test_units_with_bias_and_offset(x_unit, y_unit):
    plain, loss = observations(model=BIASED), observations(x_unit, y_unit, model=BIASED)
    expected, found = (find_critical_sets(one, seed=3, most_runs=400) for one in (plain, loss))
    assert described(found) == described(expected)
    for one, other in zip(expected, found, strict=True):
        assert other.loss == pytest.approx(one.loss * y_unit**2, rel=1e-9, abs=0.0)


@pytest.mark.parametrize(("x_unit", "y_unit"), SCALES[:4])
def test_flows(x_unit, y_unit):
    plain, at = observations().at(), observations(x_unit, y_unit).at()
    start = np.array([0.4, 1.1, 0.3, -0.7])
    given = weights_in(TWO, x_unit, y_unit, start)
    expected, found = flow_to_limit(plain, start), flow_to_limit(at, given)
    assert (found.status, found.subkind) == (expected.status, expected.subkind)
    np.testing.assert_allclose(
        found.weights, weights_in(TWO, x_unit, y_unit, expected.weights), rtol=1e-6
    )
    assert flows_to_limits(at, given[None])[0].loss == found.loss
    way = trajectory(at, given)
    np.testing.assert_allclose(way.theta[0], given, rtol=1e-14)
    assert way.loss[-1] < way.loss[0]
    assert way.loss[0] == pytest.approx(at.value(given), rel=1e-12)


def test_basins():
    expected = estimate_basins(observations(), n=40)
    assert estimate_basins(observations(1e7, 1e-8), n=40) == expected


def test_weight_decay_has_the_units_of_the_weights():
    """|θ|² adds weights of different units: nothing may be rescaled."""
    loss = observations(100.0, 1.0, model=Model.perceptron(hidden=1))
    found = find_critical_sets(loss, weight_decay=0.01, most_runs=400)
    assert not any("units of" in note for note in found.notes)
    for one in found:
        assert np.abs(loss.gradient(one.theta, weight_decay=0.01)).max() < 1e-7


def test_a_teacher_has_the_units_of_its_inputs():
    model = Model.perceptron(hidden=2, teacher="tanh(x)", input_scale=100.0)
    data = Dataset.sample(model, n=30, seed=0)
    assert not Units.fitting(model, data.x, data.target).change


@pytest.mark.parametrize("seed", range(5))
def test_limit_models(seed):
    """f(x) is the same function: f_new(x · X) = Y f(x)."""
    rng = np.random.default_rng(seed)
    w, a, b, d, v, c, c3, s, kappa, bias = rng.normal(size=10)
    units = (LimitUnit(w, (a, b, d), bias, kappa), LimitUnit(1.3, (v,), 0.2))
    limit = LimitModel(units, (c, c3), s, kappa, 0.7)
    change = Units(Layout.of(BIASED), *10.0 ** rng.integers(-6, 7, size=2))
    # numbers given in these units: x · X
    x = np.linspace(-2.0, 2.0, 7)
    other = limit.rescaled(change).outputs(BIASED, x * change.x)
    np.testing.assert_allclose(other, change.y * limit.outputs(BIASED, x), rtol=1e-9)
    back = limit.rescaled(change).rescaled(change.inverse)
    for name, value in limit.items():
        assert back[name] == pytest.approx(value, rel=1e-12)


def test_invalid_weights_are_refused_in_every_unit():
    at = observations(1e6, 1e-6).at()
    with pytest.raises(ValueError, match="shape"):
        flow_to_limit(at, [1.0, 2.0])
    with pytest.raises(ValueError, match="non-finite"):
        flow_to_limit(at, [1.0, 2.0, np.nan, 0.0])


def test_every_kind_of_weight_has_its_unit():
    """w x and biases are numbers; output weights and the offset are measured like y."""
    layout = Layout.of(Model.perceptron(hidden=2, bias=True, offset=True))
    units = Units(layout, x=10.0, y=1000.0)
    outside = units.weights([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0])
    np.testing.assert_allclose(outside, [0.1, 0.2, 3.0, 4.0, 5000.0, 6000.0, 7000.0])
    np.testing.assert_allclose(units.inverse.weights(outside), np.arange(1.0, 8.0))
    assert units.loss == 1e6
