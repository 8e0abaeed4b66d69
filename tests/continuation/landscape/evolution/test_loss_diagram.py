"""Diagrams of the loss, checked against networks written out in NumPy."""

import dataclasses
import itertools

import numpy as np
import pytest

from continuation.errors import InvalidInputError
from continuation.landscape import Dataset, Loss, find_critical_sets
from continuation.landscape.evolution.diagram import function_distance, loss_diagram, lowest_index
from symbolic import Model, fukumizu_amari, overparameterised

pytestmark = pytest.mark.slow

NOISE = 0.1
CASES = {
    "noise": (overparameterised, 40, (0.05, 0.3), (0.05, 0.1, 0.3), 0.0),
    "noise of two-unit teacher": (fukumizu_amari, 60, (0.02, 0.5), (0.05, 0.5), 0.0),
    "size": (fukumizu_amari, 60, (57.0, 60.0), (57.0, 60.0), NOISE),
}


@pytest.fixture(scope="module", params=CASES)
def case(request):
    preset, n, limits, values, noise = CASES[request.param]
    model, parameter = preset(), request.param.split()[0]
    loss = Loss(model, Dataset.sample(model, n, 1))
    return loss, loss_diagram(loss, parameter, limits, values, noise=noise)


def features(names, state, x):
    """Network function (n,) and its derivatives (k, n) by the unknowns of a limit model."""
    value = dict(zip(names, state, strict=True))
    w = value.get("w", 0.0)
    t = np.tanh(w * x)
    d = 1.0 - t * t
    rows = {"v": t, "a": t, "b": x * d, "c": x, "c3": x**3, "s": np.sign(x)}
    f = sum(value[name] * rows[name] for name in names if name != "w")
    inner = value.get("v", value.get("a", 0.0)) * d * x
    inner = inner - 2.0 * value.get("b", 0.0) * x * x * t * d
    return f, np.array([inner if name == "w" else rows[name] for name in names])


def network(theta, x):
    """Network function (n,) and its derivatives (4, n) by (w1, w2, v1, v2)."""
    w, v = theta[:2], theta[2:]
    t = np.tanh(np.outer(w, x))
    return v @ t, np.vstack([v[:, None] * (1.0 - t * t) * x, t])


def outputs(branch, row, x):
    if branch.set.limit is None:
        return network(branch.theta[row], x)
    return features(tuple(branch.set.limit), branch.state[row], x)


def sample_weights(data, size):
    """Uniform over the first `size` samples; the last part of a sample by a smoothstep."""
    t = np.clip(size - np.arange(data.size), 0.0, 1.0)
    ramp = 6.0 * t**5 - 15.0 * t**4 + 10.0 * t**3
    return ramp / ramp.sum()


def gradient(loss, diagram, branch, row):
    """Gradient and the sum of the absolute values of its terms: what rounding is relative to."""
    data = loss.data
    noise, weight = parameters(loss, diagram, branch.p[row])
    f, slopes = outputs(branch, row, data.x)
    residual = f - data.target - noise * data.noise
    return slopes @ (weight * residual), np.abs(slopes) @ (weight * np.abs(residual))


def parameters(loss, diagram, p):
    """Noise and weights of the samples at a parameter value."""
    if diagram.parameter == "noise":
        return p, sample_weights(loss.data, loss.data.size)
    return NOISE, sample_weights(loss.data, p)


def hessian(data, noise, weight, theta):
    """By complex step of the gradient."""

    def slope(q):
        f, rows = network(q, data.x)
        return rows @ (weight * (f - data.target - noise * data.noise))

    steps = theta + 1e-30j * np.eye(theta.size)
    return np.array([slope(q).imag for q in steps]) / 1e-30


def negative(matrix, zero=1e-9):
    return int((np.linalg.eigvalsh(matrix) < -zero).sum())


def functions_at(branch, value, x):
    """Network functions of the branch where it passes a value, at samples and at targets."""
    rows = [outputs(branch, row, x)[0] for row in np.flatnonzero(branch.p == value)]
    marked = [s.x for s in branch.special if s.kind in ("target", "limit") and s.p == value]
    return rows + [function_of(branch, state, x) for state in marked]


def function_of(branch, state, x):
    """Network function of what was continued: one unit, a unit beside a root, or both units."""
    if branch.set.limit is not None:
        return features(tuple(branch.set.limit), state, x)[0]
    if state.size == 3:
        working = int(np.argmax(np.abs(branch.set.theta[2:])))
        return state[2] * np.tanh(state[working] * x)
    w, v = np.split(state, 2)
    return v @ np.tanh(np.outer(w, x))


def same_function(f, g):
    return np.abs(f - g).max() < 1e-5 * (1.0 + np.abs(g).max())


def test_every_sample_is_critical(case):
    loss, diagram = case
    for branch in diagram.branches:
        for row in range(len(branch)):
            slope, terms = gradient(loss, diagram, branch, row)
            assert (np.abs(slope) <= 1e-8 * (terms + 1e-3)).all(), (branch, row)


def test_losses_are_those_of_the_network_functions(case):
    loss, diagram = case
    data = loss.data
    for branch in diagram.branches:
        for row in (0, len(branch) // 2, len(branch) - 1):
            noise, weight = parameters(loss, diagram, branch.p[row])
            error = outputs(branch, row, data.x)[0] - data.target - noise * data.noise
            assert branch.loss[row] == pytest.approx(0.5 * weight @ error**2, rel=1e-9)


def test_each_searched_set_lies_on_exactly_one_branch(case):
    loss, diagram = case
    x = loss.data.x
    assert diagram.failures == ()
    for value in diagram.searched_at:
        fixed = (
            {"noise": value} if diagram.parameter == "noise" else {"noise": NOISE, "size": value}
        )
        for found in find_critical_sets(loss, regions=False, **fixed):
            expected = found.outputs(x)
            owners = [
                branch
                for branch in diagram.branches
                if branch.set.subkind == found.subkind
                and any(same_function(f, expected) for f in functions_at(branch, value, x))
            ]
            assert len(owners) == 1, (value, found, owners)


def test_no_set_is_followed_twice(case):
    loss, diagram = case
    x = loss.data.x
    for a, b in itertools.combinations(diagram.branches, 2):
        if a.set.subkind != b.set.subkind:
            continue
        for value in (*diagram.searched_at, *diagram.limits):
            pairs = itertools.product(functions_at(a, value, x), functions_at(b, value, x))
            assert not any(same_function(f, g) for f, g in pairs)


def test_branches_stay_within_the_limits_and_end_exactly_there(case):
    _, diagram = case
    low, high = diagram.limits
    for branch in diagram.branches:
        assert low <= branch.p.min()
        assert branch.p.max() <= high
        stops = [traced.stop_reason for traced in branch.branches]
        ends = branch.p[[0, -1]] if len(stops) == 2 else branch.p[-1:]
        for stop, end in zip(stops, ends, strict=True):
            assert (stop == "limit") == (end in (low, high))


def test_the_index_is_that_of_the_hessian(case):
    loss, diagram = case
    compared = 0
    for branch in diagram.branches:
        index = lowest_index(branch)
        assert index.shape == branch.p.shape
        if branch.set.limit is not None:
            np.testing.assert_array_equal(index, branch.inertia[:, 0])
            continue
        for row in range(len(branch)):
            at = parameters(loss, diagram, branch.p[row])
            values = [hessian(loss.data, *at, q) for q in representatives(branch, row)]
            if min(np.sort(np.abs(np.linalg.eigvalsh(h)))[h_zero(branch)] for h in values) > 1e-6:
                assert index[row] == min(map(negative, values))
                compared += 1
    assert compared > 20


def test_no_index_is_negative_where_a_curvature_is_within_rounding_of_zero(case):
    _, diagram = case
    line = next(b for b in diagram.branches if b.set.is_line)
    rounded = dataclasses.replace(
        line,
        transverse=np.full_like(line.transverse, -1e-15),
        inertia=np.zeros_like(line.inertia),
    )
    assert (lowest_index(rounded) == 0).all()


def h_zero(branch):
    return 1 if branch.set.kind == "line" else 0


def representatives(branch, row):
    """Weights in each kind of piece: λ = 1/2 and λ = 2 on a line."""
    theta = branch.theta[row]
    if branch.set.kind != "line":
        return [theta]
    total = theta[2] + theta[3]
    return [theta, np.array([theta[0], theta[1], 2.0 * total, -total])]


def test_function_distance_is_the_root_of_twice_the_excess_risk(case):
    loss, diagram = case
    for branch in diagram.branches:
        distance = function_distance(loss, branch)
        assert distance.shape == branch.p.shape
        start = np.flatnonzero(branch.p == branch.set.conditions.value(diagram.parameter))
        risks = distance[start] ** 2 / 2.0
        assert np.abs(risks - branch.set.excess_risk).min() < 1e-7 * branch.set.excess_risk


def test_function_distance_is_the_integral_over_the_inputs(case):
    loss, diagram = case
    scale = loss.model.input_scale
    x = scale * np.linspace(-12.0, 12.0, 400_000)
    density = np.exp(-0.5 * (x / scale) ** 2)
    density /= density.sum()
    teacher = loss.model.teacher_function()(x)
    for branch in diagram.branches:
        row = len(branch) // 2
        # The nodes of the quadrature resolve no jump at zero, and no unit that nearly is one,
        # against a steep teacher.
        steep = "s" in (branch.set.limit or {}) or np.abs(branch.state[row]).max() > 40.0
        accuracy = 0.1 if steep else 0.005
        error = outputs(branch, row, x)[0] - teacher
        expected = np.sqrt(density @ error**2)
        assert function_distance(loss, branch)[row] == pytest.approx(expected, rel=accuracy)


def test_the_optimum_is_at_distance_zero_without_noise():
    model = fukumizu_amari()
    loss = Loss(model, Dataset.sample(model, 60, 1))
    diagram = loss_diagram(loss, "noise", (0.0, 0.05), (0.05,))
    best = min(diagram.branches, key=lambda b: b.loss.min())
    distance = function_distance(loss, best)
    assert best.p.min() == 0.0
    assert distance[best.p.argmin()] < 1e-9
    assert (np.diff(distance[np.argsort(best.p)]) > 0.0).all()


def test_every_set_is_announced_before_it_is_followed():
    model = overparameterised()
    loss = Loss(model, Dataset.sample(model, 40, 1))
    seen = []
    diagram = loss_diagram(loss, "noise", (0.09, 0.1), (0.1,), progress=seen.append)
    followed = [f"following {branch.set.label} of noise = 0.1" for branch in diagram.branches]
    assert [look.stage for look in seen] == followed
    assert len(seen) == len(find_critical_sets(loss, noise=0.1, regions=False))


def test_more_searches_keep_the_branches():
    model = fukumizu_amari()
    loss = Loss(model, Dataset.sample(model, 60, 1))
    one = loss_diagram(loss, "noise", (0.05, 0.2), (0.1,))
    two = loss_diagram(loss, "noise", (0.05, 0.2), (0.1, 0.15))
    assert [b.set.label for b in two.branches[: len(one.branches)]] == [
        b.set.label for b in one.branches
    ]


def test_blocks_meet_the_whole_data_sets_and_ends_are_reported():
    model = overparameterised()
    loss = Loss(model, Dataset.sample(model, 40, 1))
    diagram = loss_diagram(loss, "size", (20, 40), (20, 40), noise=NOISE, schedule=(20, 40))
    assert {b.set.kind for b in diagram.branches} <= {"point", "line"}
    there = find_critical_sets(loss, noise=NOISE, size=40, regions=False)
    ends = [s for s in there if s.kind == "infinity"]
    assert ends
    assert all(any(s.label in text and "= 40" in text for text in diagram.failures) for s in ends)
    for branch in diagram.branches:
        if branch.p[-1] == 40 and branch.set.kind == "point":
            assert any(s.loss == pytest.approx(branch.loss[-1], rel=1e-9) for s in there)


@pytest.mark.slow
def test_silent_units_of_two_branches_are_not_taken_for_one():
    """Between 40 and 60 samples no unit that is no step is silent: one branch ends there as a step,
    the other comes to the split line before.
    """
    model, sizes = overparameterised(), (20, 50, 100)
    loss = Loss(model, Dataset.sample(model, 1000, 0).first(100))
    diagram = loss_diagram(loss, "size", (20, 100), (100, 20), noise=NOISE, schedule=sizes)
    silent = [b for b in diagram.branches if b.set.subkind == "silent unit"]
    assert {b.arrivals for b in silent} == {("split line",), ("step",)}
    assert len(silent) == 2
    listed = {
        size: sum(
            s.subkind == "silent unit" and np.abs(s.theta).max() < 100.0
            for s in find_critical_sets(loss, noise=NOISE, size=size, regions=False)
        )
        for size in (20, 50, 100)
    }
    assert listed == {20: 1, 50: 0, 100: 1}


@pytest.mark.parametrize("parameter", ["weight_decay", "population", "temperature"])
def test_other_parameters_are_refused(parameter):
    model = overparameterised()
    loss = Loss(model, Dataset.sample(model, 40, 1))
    with pytest.raises(InvalidInputError, match="'noise' or 'size'"):
        loss_diagram(loss, parameter, (0.0, 1.0), (0.5,))


@pytest.mark.parametrize("values", [(), (0.01,), (0.1, 0.5), (np.nan,)])
def test_values_must_lie_within_the_limits(values):
    model = overparameterised()
    loss = Loss(model, Dataset.sample(model, 40, 1))
    with pytest.raises(InvalidInputError, match="searched_at"):
        loss_diagram(loss, "noise", (0.05, 0.3), values)


def test_distances_need_a_teacher():
    model = Model.perceptron(hidden=2)
    x = np.linspace(-2.0, 2.0, 30)
    loss = Loss(model, Dataset.from_observations(x, np.tanh(x) - 0.2 * np.sin(3 * x)))
    diagram = loss_diagram(loss, "size", (29, 30), (30,))
    assert len(diagram.branches) > 0
    with pytest.raises(InvalidInputError, match="teacher"):
        function_distance(loss, diagram.branches[0])
