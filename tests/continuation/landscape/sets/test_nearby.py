"""Newton's method to the point next to weights: valleys are found, channels are no points."""

import numpy as np

from continuation.landscape import Dataset, Loss, flow_to_limit
from continuation.landscape.sets import is_in_valley, nearby_point
from symbolic import Model, overparameterised


def exact_fits():
    """More weights than samples: every fit has others beside it."""
    rng = np.random.default_rng(1)
    model = Model.mlp(2, (2,))
    data = Dataset.from_observations(rng.standard_normal((3, 2)), rng.standard_normal(3))
    return Loss(model, data).at(), rng.standard_normal(model.dimension)


def test_an_exact_fit_of_few_samples_lies_in_a_valley_that_flows_end_in():
    at, theta = exact_fits()
    end = flow_to_limit(at, theta)
    assert (end.status, end.subkind) == ("manifold", "valley")
    assert end.loss < 1e-20
    values = np.linalg.eigvalsh(at.hessian(end.weights))
    assert int((values > 1e-9).sum()) == 3  # as many as samples
    assert np.linalg.norm(end.weights - nearby_point(at, end.theta)) < 1e-9


def test_regular_points_and_degenerate_ones_are_no_valleys():
    model = overparameterised()
    at = Loss(model, Dataset.sample(model, n=20, seed=0)).at(noise=0.1, weight_decay=0.01)
    end = flow_to_limit(at, np.array([0.4, 1.2, 0.7, -0.3]))
    assert end.status == "point"
    assert not is_in_valley(at, end.weights)
    quartic = Model.from_expression("b**2*x", parameters=["b"], input="x")
    flat = Loss(quartic, Dataset.from_observations([-1.0, 1.0], [0.0, 0.0])).at()
    assert flat.hessian([0.0])[0, 0] == 0.0
    assert not is_in_valley(flat, np.zeros(1))


def test_in_a_channel_there_is_no_point_where_the_hessian_falls_to_rounding():
    """exp(-b x) of targets 0: no weights are critical, and in double precision nearly all are."""
    model = Model.from_expression("a*exp(-b*x)", parameters=["a", "b"], input="x")
    at = Loss(model, Dataset.from_observations([1.0, 2.0, 3.0], [0.3, 0.3, 0.2])).at()
    far = np.array([1.0, 40.0])
    assert np.linalg.eigvalsh(at.hessian(far)).min() < 1e-14
    point = nearby_point(at, far)
    assert point is None or np.linalg.norm(at.gradient(point)) < 1e-14
