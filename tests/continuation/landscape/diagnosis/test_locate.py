"""Where a network stands: against the sets that it was put at, and against the flow."""

import json

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest

from continuation.errors import InvalidInputError
from continuation.landscape import (
    Dataset,
    Loss,
    find_critical_sets,
    flow_to_limit,
    locate,
    trajectory,
)
from continuation.landscape.diagnosis.redundancy import near_embeddings
from continuation.landscape.flow import escape_law
from continuation.landscape.network import Layout, Symmetry
from symbolic import Model, fukumizu_amari, overparameterised

NOISE = 0.1


@pytest.fixture(scope="module")
def loss():
    model = fukumizu_amari()
    return Loss(model, Dataset.sample(model, n=50, seed=0))


@pytest.fixture(scope="module")
def sets(loss):
    return find_critical_sets(loss, noise=NOISE)


def images(model, theta, seed):
    symmetry, rng = Symmetry.of(model), np.random.default_rng(seed)
    elements = list(symmetry.elements())
    return [symmetry.act(elements[k], theta) for k in rng.integers(0, len(elements), 3)]


def test_weights_at_a_set_are_found_there_in_any_image(loss, sets):
    for found in sets:
        if found.theta is None:
            continue
        for theta in images(loss.model, found.theta, seed=1):
            place = locate(loss, theta, sets=sets)
            assert place.stage == "at a set"
            assert place.distance < 1e-9
            assert place.nearest.loss == pytest.approx(found.loss, rel=1e-9)
            assert place.gradient_norm < 1e-9
            if not found.dimension:
                assert place.nearest.label == found.label
                assert place.inertia == found.inertia


def test_distance_is_that_of_the_displacement_modulo_symmetry(loss, sets):
    point = next(found for found in sets if found.is_isolated)
    rng = np.random.default_rng(2)
    for theta in images(loss.model, point.theta, seed=3):
        moved = 1e-3 * rng.standard_normal(theta.size)
        place = locate(loss, theta + moved, noise=NOISE, sets=sets)
        assert place.nearest is point
        assert place.distance == pytest.approx(np.linalg.norm(moved), rel=1e-9)
        assert (place.stage, place.ends_at_nearest) == ("converging", True)
        np.testing.assert_allclose(place.nearest_theta, theta, atol=1e-12)


@pytest.mark.parametrize("label", ["dead unit 1", "origin 1"])
def test_a_passage_is_predicted_as_the_flow_makes_it(loss, sets, label):
    saddle = next(found for found in sets if found.label == label)
    rng = np.random.default_rng(4)
    times = []
    for small in (1e-3, 1e-5, 1e-7):
        theta = saddle.theta + small * rng.standard_normal(saddle.theta.size)
        place = locate(loss, theta, noise=NOISE, sets=sets)
        assert place.stage == "passing a saddle"
        passage = place.passage
        assert passage.saddle is saddle
        assert passage.rates.size == saddle.index
        assert passage.time == pytest.approx(passage.flow_time, rel=0.2)
        end = flow_to_limit(loss.at(noise=NOISE), theta)
        assert place.flow.status == end.status
        times.append(passage.time * passage.rates[0])
    assert np.diff(times) == pytest.approx(np.log(100.0), abs=2.0)


def test_exactly_on_a_saddle_nothing_leaves_it_but_a_push(loss, sets):
    saddle = next(found for found in sets if found.label == "dead unit 1")
    place = locate(loss, saddle.theta, noise=NOISE, sets=sets)
    assert place.stage == "at a set"
    assert place.index == saddle.index == 1
    assert place.basin is None
    assert not place.decided
    assert "push the weights along" in place.text
    pushed = locate(loss, saddle.theta + 1e-2 * place.direction, noise=NOISE, sets=sets)
    assert pushed.loss < place.loss
    assert pushed.basin is not None
    assert pushed.basin.loss < saddle.loss


def test_a_channel_names_units_limit_and_rate(loss, sets):
    rng = np.random.default_rng(5)
    at, met = loss.at(noise=NOISE), 0
    for _ in range(12):
        theta = rng.standard_normal(4)
        path = trajectory(at, theta)
        if path.result.status != "infinity":
            continue
        met += 1
        place = locate(loss, path.result.theta, noise=NOISE, sets=sets)
        assert place.stage == "in a channel"
        assert place.channel.end in sets
        assert place.channel.units == ((0, 1),)
        assert place.channel.loss_gap > 0.0
        assert place.channel.function_gap < 0.1
        assert place.channel.limit.text() in place.text
        assert json.loads(json.dumps(place.to_dict(), allow_nan=False))["channel"]["limit"]
    assert met


def test_the_rate_of_a_channel_is_the_law_of_its_end():
    model = overparameterised()
    loss = Loss(model, Dataset.sample(model, n=50, seed=0))
    at, sets = loss.at(noise=NOISE), find_critical_sets(loss, noise=NOISE)
    rng, met = np.random.default_rng(6), set()
    for _ in range(12):
        path = trajectory(at, rng.standard_normal(4))
        if path.result.subkind not in ("linear", "confluence"):
            continue
        met.add(path.result.subkind)
        channel = locate(loss, path.result.theta, noise=NOISE, sets=sets).channel
        expected = escape_law(channel.end)
        assert channel.law.weight_factor == pytest.approx(expected.weight_factor, rel=1e-9)
        assert (
            f"{expected.weight_factor:.3g} t^(1/4)"
            in locate(loss, path.result.theta, noise=NOISE, sets=sets).text
        )
        if channel.subkind == "linear":
            (unit,) = channel.units[0]
            inputs = np.abs(Layout.of(model).input_weights(path.result.theta))
            assert unit == int(np.argmin(inputs))
    assert met


def test_where_no_search_is_exhaustive_the_neighbourhood_is_known_all_the_same(loss):
    rng = np.random.default_rng(7)
    for _ in range(4):
        theta = rng.standard_normal(4)
        place = locate(loss, theta, noise=NOISE, weight_decay=1e-3)
        assert "no list of all sets" in place.method
        assert place.basin.attracting
        end = place.flow.weights
        again = locate(loss, end, noise=NOISE, weight_decay=1e-3)
        assert again.stage == "at a set"
        assert again.inertia == (0, 0, 4)
        assert again.nearest.loss == pytest.approx(place.basin.loss, rel=1e-12)


def test_units_of_the_data_change_weights_and_losses_only():
    x = np.linspace(-2.0, 2.0, 30)
    y = np.tanh(x) + 0.3 * np.sin(3.0 * x)
    model = Model.perceptron(hidden=2)
    theta = np.array([0.7, 1.9, 0.8, -0.4])
    plain = locate(Loss(model, Dataset.from_observations(x, y)), theta)
    far = Loss(model, Dataset.from_observations(1e4 * x, 1e-3 * y))
    scaled = locate(far, theta * np.array([1e-4, 1e-4, 1e-3, 1e-3]))
    assert scaled.stage == plain.stage
    assert scaled.nearest.label == plain.nearest.label
    assert scaled.basin.label == plain.basin.label
    assert scaled.loss == pytest.approx(1e-6 * plain.loss, rel=1e-10)
    for name in ("distance", "gradient_norm", "gradient_cosine", "inertia", "eigenvalues"):
        assert getattr(scaled, name) == pytest.approx(getattr(plain, name), rel=1e-6)
    np.testing.assert_allclose(scaled.loss_of.data.x, 1e4 * x)


def test_the_gradient_scale_bounds_it_and_eigenvalues_are_those_of_the_hessian(loss, sets):
    rng = np.random.default_rng(8)
    for spread in (0.1, 1.0, 5.0):
        theta = spread * rng.standard_normal(4)
        place = locate(loss, theta, noise=NOISE, sets=sets)
        value, gradient, hessian = loss.evaluate(theta, noise=NOISE)
        assert place.loss == value
        assert place.gradient_norm == pytest.approx(np.linalg.norm(gradient), rel=1e-14)
        assert 0.0 < place.gradient_cosine <= 1.0
        exact = np.linalg.eigvalsh(hessian)
        np.testing.assert_allclose(place.eigenvalues, exact, atol=1e-12)
        assert 0.0 < place.eigenvalue_error < 1e-10
        assert place.index == int((exact < 0.0).sum())
        assert place.direction @ hessian @ place.direction == pytest.approx(exact[0], rel=1e-9)
        assert place.direction @ gradient <= 0.0


def test_near_embeddings_are_projections():
    rng = np.random.default_rng(9)
    model = Model.perceptron(hidden=3, bias=True, offset=True)
    layout = Layout.of(model)
    for _ in range(5):
        theta = rng.standard_normal(model.dimension)
        units = layout.units(theta)
        for near in near_embeddings(model, theta):
            moved = units.copy()
            first = near.units[0]
            if near.kind == "silent unit":
                moved[first, -1] = 0.0
            elif near.kind == "dead unit":
                moved[first] = 0.0
            else:
                second, sign = near.units[1], 1.0 if near.kind == "copied unit" else -1.0
                mean = 0.5 * (units[first, :-1] + sign * units[second, :-1])
                moved[first, :-1], moved[second, :-1] = mean, sign * mean
                cancels = sign * units[first, -1] * units[second, -1] < 0.0
                assert near.cancelling == cancels
            assert near.distance == pytest.approx(np.linalg.norm(moved - units), rel=1e-12)


@pytest.mark.parametrize("activation", ["tanh", "logistic", "abs", "relu"])
def test_near_embeddings_of_layers_are_smaller_networks(activation):
    """At the nearest embedding of each unit the function is that without it, or of its copy."""
    rng = np.random.default_rng(10)
    model = Model.mlp(2, (3, 2), 2, activation)
    theta, x = rng.standard_normal(model.dimension), rng.standard_normal((9, 2))
    loss = Loss(model, Dataset.from_observations(x, rng.standard_normal((9, 2))))
    found = near_embeddings(model, theta)
    assert {near.layer for near in found} == {0, 1}
    assert len(found) == 2 * 3 + 3 + 2 * 2 + 1
    for near in (one for one in found if "unit" in one.kind and len(one.units) == 2):
        weights, biases = ([np.array(each) for each in part] for part in model.unpack(theta.copy()))
        k, (i, j) = near.layer, near.units
        sign = -1.0 if near.kind == "opposite unit" else 1.0
        before = np.concatenate([weights[k].ravel(), biases[k]])
        for part in (weights[k], biases[k][None]):
            mean = 0.5 * (part[:, i] + sign * part[:, j])
            part[:, i], part[:, j] = mean, sign * mean
        after = np.concatenate([weights[k].ravel(), biases[k]])
        assert near.distance == pytest.approx(np.linalg.norm(after - before), rel=1e-12)
        whole = loss.predict(model.pack(weights, biases), x)
        parity = {"tanh": -1.0, "logistic": -1.0, "abs": 1.0}.get(activation, 1.0)
        factor = parity if sign < 0.0 else 1.0
        if activation == "logistic" and sign < 0.0:  # odd about one half
            biases[k + 1] = biases[k + 1] + weights[k + 1][j]
        weights[k + 1][i] += factor * weights[k + 1][j]
        weights[k + 1][j] = 0.0
        merged = loss.predict(model.pack(weights, biases), x)
        np.testing.assert_allclose(merged, whole, rtol=1e-9, atol=1e-12)


def test_networks_of_layers_are_located_and_drawn():
    rng = np.random.default_rng(11)
    x, labels = rng.standard_normal((40, 2)), rng.integers(0, 3, 40)
    model = Model.mlp(2, (2,), 3, loss="softmax")
    loss = Loss(model, Dataset.from_observations(x, labels))
    place = locate(loss, rng.standard_normal(model.dimension), weight_decay=0.1)
    assert place.basin is not None
    assert 0.0 < place.gradient_cosine <= 1.0
    again = locate(loss, place.flow.weights, weight_decay=0.1)
    assert (again.stage, again.index) == ("at a set", 0)
    bare = locate(loss, place.theta, seconds=0.3)
    assert "No minimum is isolated here: softmax is the same" in bare.text
    _, ax = plt.subplots()
    assert place.plot(ax)
    json.dumps(place.to_dict(), allow_nan=False)
    plt.close("all")


def test_a_valley_is_known_by_what_lies_along_it():
    """Classes under a decay that leaves out the biases: one number may be added to all outputs."""
    rng = np.random.default_rng(12)
    x, labels = rng.standard_normal((30, 1)), rng.integers(0, 3, 30)
    model = Model.mlp(1, (1,), 3, loss="softmax", decay_biases=False)
    at = Loss(model, Dataset.from_observations(x, labels)).at(weight_decay=0.1)
    loss = Loss(model, Dataset.from_observations(x, labels))
    place = locate(loss, rng.standard_normal(model.dimension), weight_decay=0.1)
    assert (place.flow.status, place.basin.subkind, place.basin.attracting) == (
        "manifold", "valley", True,
    )  # fmt: skip
    shift = model.pack([np.zeros((1, 1)), np.zeros((1, 3))], [np.zeros(1), np.ones(3)])
    moved = place.flow.weights + 2.5 * shift
    assert at.value(moved) == pytest.approx(place.basin.loss, rel=1e-13)
    again = locate(loss, moved, weight_decay=0.1)
    # and the unit sees nothing, so that its bias is free as well
    assert (again.stage, again.index, again.basin.dimension) == ("at a set", 0, 2)
    assert "where unit 1 is silent" in again.text
    assert "a minimum, flat along 2 of its directions" in again.text
    assert again.to_dict()["basin"]["dimension"] == 2
    np.testing.assert_allclose(at.hessian(moved) @ shift, 0.0, atol=1e-12)


def test_units_of_a_saddle_are_named_as_in_the_weights():
    rng = np.random.default_rng(13)
    x = rng.standard_normal((30, 2))
    y = np.column_stack([np.sin(x[:, 0]) * x[:, 1], np.cos(x[:, 0])])
    narrow, model = Model.mlp(2, (1,), 2), Model.mlp(2, (2,), 2)
    data = Dataset.from_observations(x, y)
    end = flow_to_limit(Loss(narrow, data).at(weight_decay=1e-2), rng.standard_normal(7))
    (w, v), (b, offset) = narrow.unpack(end.weights)
    dead = model.pack(
        [np.column_stack([np.zeros(2), w]), np.vstack([np.zeros(2), v])],
        [np.append(0.0, b), offset],
    )
    theta = dead + 1e-4 * rng.standard_normal(dead.size)
    place = locate(Loss(model, data), theta, weight_decay=1e-2)
    assert place.stage == "passing a saddle"
    assert "where unit 1 is dead, index" in place.text
    assert place.to_dict()["nearest"]["smaller"][0]["units"] == [0]
    np.testing.assert_allclose(place.passage.theta, dead, atol=1e-9)


def test_a_channel_is_reached_where_nothing_curves_down_and_has_its_units():
    """Three units with biases: a bias grows, and an exponential is left."""
    rng = np.random.default_rng(0)
    x = np.linspace(-3.0, 3.0, 60)
    y = 2.0 * np.tanh(x) - np.tanh(4.0 * x) + 0.1 * rng.standard_normal(60)
    model = Model.perceptron(3, bias=True, offset=True)
    loss = Loss(model, Dataset.from_observations(x, y))
    theta = np.random.default_rng(0).standard_normal(10)
    path = trajectory(loss.at(), theta)
    assert path.result.subkind == "exponential"
    early, late = locate(loss, theta), locate(loss, path.result.theta)
    assert (early.stage, early.basin.subkind) == ("descending", "exponential")
    assert early.index > 0
    assert f"its limit has {early.basin.limit.text()}" in early.text
    assert late.stage == "in a channel"
    ratio = np.abs(path.result.theta[3:6] / path.result.theta[:3])  # of biases to input weights
    assert late.channel.units == ((int(np.argmax(ratio)),),)


def test_it_is_drawn_with_the_function_of_where_it_ends(loss, sets):
    _, ax = plt.subplots()
    place = locate(loss, [1.0, -0.3, 0.2, 0.7], noise=NOISE, sets=sets)
    artists = place.plot(ax)
    labels = [artist.get_label() for artist in artists]
    assert labels[0] == "data"
    assert any(place.basin.label in label for label in labels)
    x, drawn = artists[-1].get_data()
    np.testing.assert_array_equal(drawn, place.basin.outputs(x))
    assert str(place) == place.text
    plt.close("all")


def test_bad_input_is_said(loss, sets):
    with pytest.raises(InvalidInputError, match="shape"):
        locate(loss, [1.0, 2.0], noise=NOISE)
    with pytest.raises(InvalidInputError, match="finite"):
        locate(loss, [1.0, np.nan, 0.0, 0.0], noise=NOISE)
    x = np.linspace(1e5, 1e7, 25)
    decay = Model.from_expression("a*exp(-b*x)", ["a", "b"])
    with pytest.raises(InvalidInputError, match="overflows"):
        locate(Loss(decay, Dataset.from_observations(x, np.exp(-x / 1e6))), [1.0, -0.1])
    with pytest.raises(InvalidInputError, match="no critical set there"):
        locate(loss, np.ones(4), noise=0.2, sets=sets)


@pytest.fixture(scope="module")
def wide():
    """A network of 121 weights in a saddle where two units are equal and two silent."""
    rng = np.random.default_rng(8)
    x = rng.standard_normal((30, 10))
    model = Model.mlp(inputs=10, hidden=10)
    data = Dataset.from_observations(x, np.sin(x @ rng.standard_normal(10)))
    return Loss(model, data), 0.3 * rng.standard_normal(model.dimension)


def test_what_is_too_large_for_the_time_is_said_and_the_rest_answered(wide):
    loss, theta = wide
    at = loss.at(weight_decay=0.01)
    place = locate(loss, theta, weight_decay=0.01, seconds=0.05)
    assert place.flow is place.basin is place.nearest is place.passage is None
    assert not place.decided
    exact = np.linalg.eigvalsh(at.hessian(theta))
    np.testing.assert_allclose(place.eigenvalues, exact, atol=1e-12)
    assert place.inertia == (int((exact < 0).sum()), 0, int((exact > 0).sum()))
    assert place.gradient_norm == pytest.approx(np.linalg.norm(at.gradient(theta)), rel=1e-12)
    assert [what in place.text for what in ("nearest critical set", "signs")] == [True, False]
    assert len(place.unanswered) == 2
    assert place.embedding.distance == min(one.distance for one in place.embeddings)
    step = 1e-3 * place.direction
    assert at.value(theta + step) < at.value(theta)


def test_the_lowest_eigenvalue_is_left_where_all_of_them_are_too_many(wide):
    loss, theta = wide
    place = locate(loss, theta, weight_decay=0.01, seconds=0.004)
    exact = np.linalg.eigvalsh(loss.at(weight_decay=0.01).hessian(theta))
    assert place.eigenvalues == pytest.approx(exact[:1], rel=1e-9)
    assert (place.inertia, place.index, place.stage) == (None, None, "descending")
    assert len(place.unanswered) == 3
    told = json.loads(json.dumps(place.to_dict(), allow_nan=False))
    assert (told["inertia"], told["flow"], len(told["unanswered"])) == (None, None, 3)


def test_a_flow_keeps_its_time_and_goes_on_where_it_was(wide):
    loss, theta = wide
    at = loss.at(weight_decay=0.01)
    cut = trajectory(at, theta, seconds=0.05)
    assert not cut.result.decided
    assert "0.05 s have passed" in cut.result.message
    assert (np.diff(cut.t) > 0.0).all()
    assert (np.diff(cut.loss) < 1e-12).all()
    whole = trajectory(at, theta, step_limit=40)
    np.testing.assert_allclose(cut.theta[:15], whole.theta[:15], rtol=1e-9)
    with pytest.raises(InvalidInputError, match="seconds must be positive"):
        locate(loss, theta, seconds=0.0)


@pytest.mark.slow
def test_two_thousand_weights_have_their_eigenvalues_within_a_minute():
    rng = np.random.default_rng(9)
    x = rng.standard_normal((100, 8))
    model = Model.mlp(inputs=8, hidden=(37, 42))
    assert model.dimension == 1972
    loss = Loss(model, Dataset.from_observations(x, np.sin(x[:, 0])))
    place = locate(loss, 0.3 * rng.standard_normal(model.dimension), seconds=60.0)
    assert sum(place.inertia) == place.eigenvalues.size == 1972
    assert len(place.unanswered) == 2
