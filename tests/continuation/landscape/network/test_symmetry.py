"""The weight-space group: invariance of the loss, orbits, stabilisers."""

from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from continuation.landscape import Symmetry
from continuation.landscape.network import symmetry as network_symmetry
from symbolic import Model, fukumizu_amari
from symbolic.functions import evaluate

TEACHER = "tanh(x) - tanh(3*x)/2"
MODELS = {
    "odd": Model.perceptron(hidden=3, teacher=TEACHER),
    "odd with bias and offset": Model.perceptron(hidden=2, bias=True, offset=True, teacher=TEACHER),
    "logistic with offset": Model.perceptron(
        hidden=2, activation="logistic", bias=True, offset=True, teacher=TEACHER
    ),
    "logistic": Model.perceptron(hidden=3, activation="logistic", teacher=TEACHER),
    "even": Model.perceptron(hidden=2, activation="exp(-u**2)", teacher=TEACHER),
    "fixed": Model.perceptron(hidden=3, output_weights=[1, -1, 2], teacher=TEACHER),
    "fixed and even": Model.perceptron(
        hidden=2, activation="exp(-u**2)", output_weights=[1, 1], teacher=TEACHER
    ),
}
ORDERS = [48, 8, 8, 6, 8, 2, 8]
WEIGHTS = st.lists(st.floats(-3, 3), min_size=4, max_size=4)


def network(model, theta):
    """f on a few inputs, without kernels."""
    h, x = model.hidden, np.linspace(-2, 2, 9)
    w, rest = theta[:h], theta[h:]
    c, rest = (rest[:h], rest[h:]) if model.bias else (np.zeros(h), rest)
    v, rest = (rest[:h], rest[h:]) if model.free_output else (model.output_weights, rest)
    phi = model.activation_functions(0)(np.outer(w, x) + c[:, None])[0]
    return v @ phi + (rest[0] if model.offset else 0.0)


@pytest.mark.parametrize(("name", "order"), list(zip(MODELS, ORDERS, strict=True)))
def test_every_element_leaves_the_network_unchanged(name, order):
    model = MODELS[name]
    symmetry = Symmetry.of(model)
    assert symmetry.order == order == sum(1 for _ in symmetry.elements())
    theta = np.random.default_rng(1).normal(size=model.dimension)
    for element in symmetry.elements():
        image = symmetry.act(element, theta)
        assert network(model, image) == pytest.approx(network(model, theta), rel=1e-12)
        assert symmetry.distance(theta, image) < 1e-13
        assert symmetry.same(image, theta)


DECAYING = [48, 8, 2, 6, 8, 2, 8]
"""Orders under weight decay: a flip of a logistic unit moves its centre into the offset."""


@pytest.mark.parametrize(("name", "order"), list(zip(MODELS, DECAYING, strict=True)))
def test_under_weight_decay_every_element_keeps_the_size_of_the_weights(name, order):
    model = MODELS[name]
    symmetry, whole = Symmetry.of(model, decays=True), Symmetry.of(model)
    assert symmetry.order == order
    theta = np.random.default_rng(3).normal(size=model.dimension)
    sizes = [np.linalg.norm(whole.act(g, theta)) for g in whole.elements()]
    kept = sum(abs(size - np.linalg.norm(theta)) < 1e-12 for size in sizes)
    assert kept == order
    for element in symmetry.elements():
        image = symmetry.act(element, theta)
        assert network(model, image) == pytest.approx(network(model, theta), rel=1e-12)
        assert np.linalg.norm(image) == pytest.approx(np.linalg.norm(theta), rel=1e-14)


@pytest.mark.parametrize(
    ("text", "names", "order"),
    [
        ("a*exp(-b*x) + c*exp(-d*x) + p", "abcdp", 2),
        ("p*exp(-q*x) + a*exp(-(x - b)**2/c**2) + d*exp(-(x - e)**2/f**2)", "abcdefpq", 8),
        ("a*tanh(b*x + c) + d*tanh(e*x + f) + p", "abcdefp", 8),
        ("exp(a*x) + exp(b*x) + exp(c*x)", "abc", 6),
        ("v*w*x", "vw", 4),
        ("a*sin(b*x + c)", "abc", 2),
        ("b*exp(-a*x) - d*exp(-c*x) + f*exp(-g*x)", "abcdfg", 2),
        ("log(a*x + b)/sqrt(c)", "abc", 1),
        ("b*(x**2 + c*x)/(x**2 + d*x + f)", "bcdf", 1),
    ],
)
def test_a_formula_has_the_signed_permutations_that_leave_it_as_it_is(text, names, order):
    model = Model.from_expression(text, list(names))
    symmetry = Symmetry.of(model)
    assert symmetry.order == order == len(set(symmetry.elements()))
    theta, b = np.random.default_rng(5).uniform(0.5, 1.5, (2, model.dimension))
    f, x = model.expression, np.linspace(0.1, 2.0, 7)

    def values(point):
        return evaluate(
            f, {**dict(zip(model.parameter_symbols, point, strict=True)), model.input_symbol: x}
        )

    images = [symmetry.act(g, theta) for g in symmetry.elements()]
    for image in images:
        np.testing.assert_allclose(values(image), values(theta), rtol=1e-12)
        assert symmetry.same(image, theta)
    nearest = min(np.linalg.norm(image - b) for image in images)
    assert symmetry.distance(theta, b) == pytest.approx(nearest)
    assert symmetry.stabiliser(theta).order == 1
    assert symmetry.stabiliser(np.zeros(model.dimension)).order == order


def test_an_expression_has_the_trivial_group():
    model = Model.from_expression("b1*(1 - exp(-b2*x))", parameters=["b1", "b2"])
    symmetry = Symmetry.of(model)
    assert symmetry.stabiliser(np.array([1.0, 2.0])).order == 1
    assert symmetry.distance(np.array([1.0, 2.0]), np.array([1.0, 4.0])) == 2.0


@given(WEIGHTS, WEIGHTS)
@settings(max_examples=60, deadline=None)
def test_orbit_distance_is_the_minimum_over_the_group(a, b):
    symmetry = Symmetry.of(fukumizu_amari())
    a, b = np.array(a), np.array(b)
    images = [symmetry.act(g, a) for g in symmetry.elements()]
    nearest = min(np.linalg.norm(image - b) for image in images)
    assert symmetry.distance(a, b) == pytest.approx(nearest, abs=1e-12)
    assert symmetry.distance(b, a) == pytest.approx(nearest, abs=1e-12)
    with patch.object(network_symmetry, "SMALL_LIST", 0):  # by assignment, as for large groups
        assert symmetry.distance(a, b) == pytest.approx(nearest, abs=1e-12)


@given(WEIGHTS)
@settings(max_examples=60, deadline=None)
def test_orbit_and_stabiliser_multiply_to_the_group(theta):
    symmetry = Symmetry.of(fukumizu_amari())
    theta = np.round(theta, 1)  # ties and zeros are the interesting cases
    images = {tuple(symmetry.act(g, theta) + 0.0) for g in symmetry.elements()}
    assert symmetry.stabiliser(theta).order * len(images) == symmetry.order
    assert symmetry.stabiliser(theta).order == symmetry._stabiliser_order(theta)


def test_nearly_equal_units_are_near_in_orbit_distance_although_sorting_swaps_them():
    symmetry = Symmetry.of(fukumizu_amari())
    a = np.array([1.0, 1.0 + 1e-9, 2.0, -3.0])
    b = np.array([1.0 + 1e-9, 1.0, 2.0, -3.0])
    assert symmetry.distance(a, b) < 1e-8


def test_large_groups_are_not_enumerated():
    model = Model.perceptron(hidden=12, teacher="tanh(x)")
    symmetry = Symmetry.of(model)
    theta = np.zeros(model.dimension)
    assert symmetry.stabiliser(theta).order == symmetry.order == 2**12 * 479001600
    assert symmetry.same(np.roll(np.ones(24), 3), np.ones(24))
