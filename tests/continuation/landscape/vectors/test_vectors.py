"""Sets at infinity of one hidden layer with several inputs, against networks on their way there."""

from dataclasses import replace

import numpy as np
import pytest

from continuation.errors import InvalidInputError
from continuation.landscape import Dataset, Loss, find_critical_sets, flow_to_limit, follow, locate
from continuation.landscape.biases import biased_ends
from continuation.landscape.sets import Assembler, same_set
from continuation.landscape.vectors import (
    VectorLimit,
    VectorLoss,
    end_of_limit,
    vector_arrival,
    vector_ends,
)
from continuation.landscape.vectors.arrivals import settled
from continuation.landscape.vectors.limit import Meeting, Step, Working
from continuation.landscape.vectors.margins import widest_margin
from continuation.landscape.vectors.searching import converged, searched_kinds
from continuation.landscape.vectors.vector_loss import samples_of
from symbolic import Model


def case(seed, inputs=2, hidden=2, n=40, loss="squared", **given):
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((n, inputs)) @ rng.standard_normal((inputs, inputs))
    y = np.tanh(x[:, 0]) - 0.7 * np.tanh(x @ rng.standard_normal(inputs))
    y += 0.2 * rng.standard_normal(n)
    data = Dataset.from_observations(x, (y > 0.0).astype(int) if loss == "logistic" else y)
    return Loss(Model.mlp(inputs, (hidden,), loss=loss, **given), data).at(), rng


def names_of(at):
    return ("x1", "x2", "x3")[: at.model.inputs] + ("bias",) * at.model.bias


def random_limit(at, rng, *, meeting=0, lines=0, leaps=0, working=1):
    d = len(names_of(at))
    model = at.model.layered
    entries = model.inputs if model.offset else d

    def vector(count=d):
        return tuple(rng.standard_normal(count))

    return VectorLimit(
        offset=0.3 if model.offset else None,
        names=names_of(at),
        meeting=tuple(Meeting(vector(), vector(), 0.7) for _ in range(meeting)),
        lines=tuple(vector(entries) for _ in range(lines)),
        leaps=tuple(Step(vector(), -0.6) for _ in range(leaps)),
        working=tuple(Working(vector(), 0.4) for _ in range(working)),
    )


CASES = [
    (case(0, bias=False), {"meeting": 1, "working": 0}),
    (case(1, inputs=3, hidden=3), {"meeting": 1, "lines": 0}),
    (case(2, bias=False), {"lines": 1}),
    (case(3, activation="erf", loss="huber", huber=0.4), {"leaps": 1, "lines": 1}),
    (case(4, activation="logistic", loss="logistic"), {"leaps": 1, "meeting": 1}),
    (case(5, activation="u*tanh(u)", bias=False, offset=True), {"meeting": 2, "working": 0}),
]


@pytest.mark.parametrize(("at", "parts"), [(at, parts) for (at, _), parts in CASES])
def test_derivatives_of_limits(at, parts):
    rng = np.random.default_rng(7)
    limit = random_limit(at, rng, **parts)
    loss, z = VectorLoss(at, limit), limit.unknowns
    point, gradient = loss.point(z)
    ahead, behind = ([loss.point(z + s * 1e-6 * e) for e in np.eye(z.size)] for s in (1.0, -1.0))
    slope = [(a[0].loss - b[0].loss) / 2e-6 for a, b in zip(ahead, behind, strict=True)]
    bend = [(a[1] - b[1]) / 2e-6 for a, b in zip(ahead, behind, strict=True)]
    np.testing.assert_allclose(gradient, slope, atol=2e-9 * (1.0 + np.abs(gradient).max()))
    size = 1.0 + np.abs(point.hessian).max()
    np.testing.assert_allclose(point.hessian, bend, atol=5e-9 * size)
    np.testing.assert_array_equal(limit.at(z).unknowns, z)
    read = VectorLimit.from_dict(dict(sorted(limit.to_dict().items())))
    assert read.names == limit.names
    np.testing.assert_array_equal(read.unknowns, limit.unknowns)
    np.testing.assert_array_equal(read.outputs(at.model, at.x), limit.outputs(at.model, at.x))
    for odd in (False, True):
        same = limit.canonical(odd=odd and at.model.activation == "tanh")
        np.testing.assert_allclose(same.outputs(at.model, at.x), limit.outputs(at.model, at.x))


def weights_near(at, limit, s):
    """Weights at distance s from the end of a limit of one part and working units."""
    rows = [(w, v) for w, v in limit.working]
    for w, b, a in limit.meeting:
        rows += [
            (np.add(w, side * s * np.array(b)), a / 2 + side / (2 * s)) for side in (1.0, -1.0)
        ]
    for c in limit.lines:
        rows += [(s * np.array([*c, *[0.0] * (len(names_of(at)) - len(c))]), 1 / s)]
    rows += [(np.array(u) / s, v) for u, v in limit.leaps]
    w, v = np.array([w for w, _ in rows]), np.array([v for _, v in rows])
    biases = [w[:, -1], [limit.offset]] if at.model.bias else []
    return at.model.pack([w[:, : at.model.inputs].T, v[:, None]], biases)


@pytest.mark.parametrize(
    ("given", "parts"),
    [
        ({"bias": False}, {"meeting": 1}),
        ({}, {"meeting": 1}),
        ({"bias": False}, {"lines": 1}),
        ({"bias": False}, {"meeting": 1, "lines": 1}),
    ],
)
def test_the_loss_near_an_end_is_that_of_the_limit_with_its_normal_slope(given, parts):
    at, rng = case(11, hidden=1 + 2 * parts.get("meeting", 0) + parts.get("lines", 0), **given)
    limit = random_limit(at, rng, **parts)
    limit = settled_by_descent(at, limit)
    end = end_of_limit(at, limit)
    assert np.abs(VectorLoss(at, end.limit).point(end.limit.unknowns)[1]).max() < 1e-10
    slopes = [
        (at.value(weights_near(at, end.limit, s)) - end.point.loss) / s**2 for s in (2e-3, 1e-3)
    ]
    slope = slopes[1] + (slopes[1] - slopes[0]) / 3.0
    assert len(end.normals) == len(parts)
    assert slope == pytest.approx(sum(end.normals), rel=1e-3)


def settled_by_descent(at, limit, seed=3):
    """A minimum among the limits of a kind, from random starts."""
    rng = np.random.default_rng(seed)
    runs = (rng.standard_normal(limit.unknowns.size) for _ in range(20))
    ends = (converged(VectorLoss(at, limit), z, descend=True) for z in runs)
    return limit.at(next(z for z in ends if z is not None))


def attracting_confluence():
    at, rng = case(6, n=30)
    limit = random_limit(at, rng, meeting=1, working=0)
    end = end_of_limit(at, settled_by_descent(at, limit, seed=4))
    loss = Loss(at.model, Dataset.from_observations(at.x, at.targets))
    assert end.attracting
    return at, loss, end


def test_two_units_become_steps_at_once():
    at, _ = case(11, n=30, bias=False, hidden=3)
    margins = [widest_margin(at.x, np.sign(at.x @ u)) for u in ((0.645, -0.764), (0.925, -0.38))]
    leaps = tuple(
        Step(tuple(one.u), s) for one, s in zip(margins, (-0.35, 0.15), strict=True)
    )  # fmt: skip
    working = (Working((3.3, 1.0), 0.3),)
    limit = settled(at, VectorLimit(names=("x1", "x2"), leaps=leaps, working=working))
    end = end_of_limit(at, limit)
    assert (end.subkind, end.attracting) == ("corner", True)
    assert len(end.normals) == sum(len(one.supports) for one in margins)
    theta = weights_near(at, end.limit, 1e-3)
    arrival = vector_arrival(at, theta, at.value(theta))
    assert arrival.groups == ((1,), (2,))
    assert arrival.end.point.loss == pytest.approx(end.point.loss, rel=1e-10)


@pytest.mark.parametrize(
    ("hidden", "activation", "pairs"),
    [
        (3, "tanh", {(1, 1, 0), (1, 0, 1), (0, 1, 1), (0, 0, 2)}),
        (4, "softplus", {(2, 0, 0)}),
        (1, "tanh", set()),
    ],
)
def test_the_ends_that_are_searched(hidden, activation, pairs):
    at, _ = case(0, hidden=hidden, activation=activation)
    twos = list(searched_kinds(at, 2))
    assert {limit.counts[:3] for limit in twos} == pairs
    for limit in [*twos, *searched_kinds(at, 1)]:
        meeting, lines, leaps, _ = limit.counts
        assert 2 * meeting + lines + leaps + len(limit.working) == hidden


def test_a_hidden_bias_is_one_more_input():
    """Ends of one input with bias are those that the grid of that case lists."""
    rng = np.random.default_rng(2)
    x = np.sort(rng.uniform(-2, 2, 25))
    y = np.tanh(2 * x + 1) - np.tanh(x - 0.5) + 0.2 * rng.standard_normal(25)
    data = Dataset.from_observations(x, y)
    known = biased_ends(Loss(Model.perceptron(1, bias=True, offset=True), data).at()).ends
    network = Model.mlp(1, (1,), decay_biases=False)
    found = vector_ends(Loss(network, data).at(), seed=0).ends
    lists = {
        kind: [np.array([e.point.loss for e in ends if e.subkind == kind and e.attracting])
               for ends in (known, found)]
        for kind in ("step", "linear")
    }  # fmt: skip
    theirs, ours = lists["step"]
    inside = [min(abs(theirs - one)) <= 1e-9 * one for one in ours]
    assert len(ours) >= 1
    assert all(inside)
    line = [e for e in known if e.subkind == "linear"]
    mine = [e for e in found if e.subkind == "linear"]
    assert [e.point.loss for e in mine] == pytest.approx([e.point.loss for e in line], rel=1e-10)
    assert [e.index for e in mine] == [e.index for e in line]


def test_the_widest_margin_is_that_of_a_separating_plane():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((30, 3))
    signs = np.sign(x @ [1.0, -2.0, 0.5])
    margin = widest_margin(x, signs)
    sizes = signs * (x @ margin.u)
    assert np.linalg.norm(margin.u) == pytest.approx(1.0)
    np.testing.assert_allclose(sizes[margin.supports], sizes.min(), rtol=1e-7)
    for _ in range(200):
        other = margin.u + 0.05 * rng.standard_normal(3)
        assert (signs * (x @ other)).min() <= sizes.min() * np.linalg.norm(other) * (1 + 1e-9)
    assert widest_margin(x, rng.choice([-1.0, 1.0], 30)) is None


def channel():
    """A published channel: the 2-3-1 network on two inputs, as stopped at norm 1000."""
    grid = np.linspace(-(3**0.5), 3**0.5, 101)
    x = np.stack(np.meshgrid(grid, grid, indexing="ij"), -1).reshape(-1, 2)
    bowl = 3 * (x[:, 1] + 1 - x[:, 0] ** 2) ** 2 + (1 - x[:, 0]) ** 2
    model = Model.mlp(2, (3,), activation="1/(1+exp(-4*u)) + log(1+exp(u))", bias=False)
    at = Loss(model, Dataset.from_observations(x, (np.log10(bowl + 0.1) - 0.6481) / 0.5113)).at()
    pair = Meeting((-0.2729, 0.2634), (-3.5, 1.28), -4.64)
    limit = VectorLimit(
        names=("x1", "x2"), meeting=(pair,), working=(Working((0.290498, 0.178717), 4.395985),)
    )
    return at, limit


def test_the_published_channel_has_its_limit():
    """Published 0.299187793 (mean square) when the run stopped; the end lies just below."""
    at, limit = channel()
    end = end_of_limit(at, settled(at, limit))
    assert 2.0 * end.point.loss == pytest.approx(0.29915274390949, abs=1e-13)
    assert 2.0 * end.point.loss < 0.299187793 < 2.0 * end.point.loss + 4e-5
    assert end.attracting
    assert end.inertia == (0, 0, 9)


def test_flows_that_run_to_a_gated_linear_unit_are_decided_and_named():
    at, loss, end = attracting_confluence()
    theta = weights_near(at, end.limit, 0.02)
    arrival = vector_arrival(at, theta, at.value(theta))
    assert arrival.groups == ((0, 1),)
    result = flow_to_limit(at, theta)
    assert (result.status, result.subkind) == ("infinity", "confluence")
    assert result.loss == pytest.approx(end.point.loss, rel=1e-10)
    found = replace(Assembler(at).unbounded_end(end), label="confluence 1")
    place = locate(loss, theta, sets=[found])
    assert (place.stage, place.basin.label) == ("in a channel", "confluence 1")
    assert "unit 1, unit 2" in place.text
    assert "w_x1 = " in place.text
    assert same_set(place.channel.end, found)


def test_ends_are_followed_in_the_size():
    at, loss, end = attracting_confluence()
    branch = follow(loss, Assembler(at).unbounded_end(end), "size", (29.5, 30.0))
    last = branch.p.argmin()
    assert branch.p[last] == 29.5
    there, gradient = VectorLoss(loss.at(size=29.5), end.limit).point(branch.state[last])
    assert np.abs(gradient).max() < 1e-10
    assert branch.loss[last] == pytest.approx(there.loss, rel=1e-12)


@pytest.mark.slow
def test_the_list_has_them_and_says_that_it_is_no_proof():
    at, loss, _ = attracting_confluence()
    sets = find_critical_sets(loss, most_runs=60, seed=0)
    ends = [found for found in sets if found.at_infinity]
    assert {"confluence", "step"} <= {found.subkind for found in ends}
    assert any("supported, not proved" in note for note in sets.notes)
    for found in ends:
        assert np.abs(VectorLoss(at, found.end).point(found.end.unknowns)[1]).max() < 1e-9
    assert not any(s.at_infinity for s in find_critical_sets(loss, most_runs=60, infinity=False))


def test_other_networks_are_refused():
    at, _ = case(0, hidden=2)
    deep = Loss(Model.mlp(2, (2, 2)), Dataset.from_observations(at.x, at.targets)).at()
    with pytest.raises(InvalidInputError, match="one hidden layer of smooth units"):
        vector_ends(deep)
    assert samples_of(at).inputs.shape == (40, 3)
