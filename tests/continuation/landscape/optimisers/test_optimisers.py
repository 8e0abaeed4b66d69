"""Optimisers as maps: their steps against plain Python, their limits against the flow."""

import numpy as np
import pytest

from continuation.errors import InvalidInputError
from continuation.landscape import (
    Adam,
    Dataset,
    GradientDescent,
    Loss,
    Momentum,
    StochasticGradientDescent,
    descend,
    descents,
    edge_of_stability,
    estimate_basins,
    find_critical_sets,
    flows_to_limits,
)
from continuation.landscape.graph import match
from continuation.landscape.sets import Assembler
from continuation.maps import gradient_descent, switch_to_period_two
from symbolic import Model, fukumizu_amari

NOISE = 0.1


@pytest.fixture(scope="module")
def loss():
    model = fukumizu_amari()
    return Loss(model, Dataset.sample(model, n=50, seed=0))


@pytest.fixture(scope="module")
def sets(loss):
    return find_critical_sets(loss, noise=NOISE)


def by_hand(gradient, theta, rule, steps, order=None):
    """Textbook loops."""
    u, m, s = np.zeros((3, theta.size))
    for k in range(steps):
        g = gradient(theta) if order is None else gradient(theta, order[k])
        if isinstance(rule, Adam):
            m = rule.first * m + (1 - rule.first) * g
            s = rule.second * s + (1 - rule.second) * g**2
            ahead = m / (1 - rule.first ** (k + 1))
            below = np.sqrt(s / (1 - rule.second ** (k + 1))) + rule.epsilon
            theta = theta - rule.step * ahead / below
        else:
            u = getattr(rule, "momentum", 0.0) * u + g
            theta = theta - rule.step * u
    return theta


@pytest.mark.parametrize(
    "rule", [GradientDescent(0.1), Momentum(0.05, 0.8), Adam(0.01, 0.8, 0.95, 1e-6)]
)
def test_steps_are_those_of_the_textbook(loss, rule):
    at, start = loss.at(noise=NOISE), np.array([1.0, -0.5, 0.3, 0.8])
    done = descend(at, start, rule, step_limit=57)
    np.testing.assert_allclose(done.theta, by_hand(at.gradient, start, rule, 57), rtol=1e-11)
    assert (done.steps, done.status) == (57, "undecided")
    assert done.duration == pytest.approx(57 * rule.step)


def test_batches_take_every_sample_once_in_an_epoch(loss):
    rule = StochasticGradientDescent(0.05, 0.5, batch_size=7, seed=3)
    order = rule.order(50, 0, 20)
    assert order.shape == (20, 7)
    for epoch in (order[:7], order[7:14]):
        assert len(set(epoch.ravel())) == 49
    assert not np.array_equal(order[:7], order[7:14])
    np.testing.assert_array_equal(rule.order(50, 5, 9), order[5:14])
    data = loss.data

    def gradient(theta, samples):
        part = Dataset.from_arrays(data.x[samples], model=loss.model, noise=data.noise[samples])
        return Loss(loss.model, part).gradient(theta, noise=NOISE)

    start = np.array([1.0, -0.5, 0.3, 0.8])
    done = descend(loss.at(noise=NOISE), start, rule, step_limit=20)
    np.testing.assert_allclose(done.theta, by_hand(gradient, start, rule, 20, order), rtol=1e-10)


def test_small_steps_end_where_the_flow_ends(loss, sets):
    at, starts = loss.at(noise=NOISE), np.random.default_rng(1).standard_normal((6, 4))
    flows = flows_to_limits(at, starts)
    maps = descents(at, starts, GradientDescent(0.2))
    ends = [match(result, sets) for result in flows]
    assert len({end.label for end in ends}) > 1
    assert [match(result, sets) for result in maps] == ends
    for flow, result in zip(flows, maps, strict=True):
        assert result.decided
        assert abs(len(result.passages) - len(flow.passages)) <= 1


def test_beyond_the_edge_a_minimum_is_left_for_an_orbit_of_period_two(loss, sets):
    minimum = next(found for found in sets if found.is_isolated)
    edge = edge_of_stability(loss, minimum)
    assert edge.sharpness == pytest.approx(minimum.eigenvalues[-1], rel=1e-12)
    assert edge.flip.p == pytest.approx(edge.step, rel=1e-9)
    assert edge.flip.located
    assert edge.supercritical
    at = loss.at(noise=NOISE)
    start = minimum.theta + 1e-3 * edge.direction
    held = descend(at, start, GradientDescent(0.99 * edge.step))
    assert match(held, sets) is minimum
    left = descend(at, start, GradientDescent(1.02 * edge.step))
    assert (left.status, left.subkind) == ("undecided", "period 2")
    ahead = left.theta - 1.02 * edge.step * at.gradient(left.theta)
    back = ahead - 1.02 * edge.step * at.gradient(ahead)
    np.testing.assert_allclose(back, left.theta, atol=1e-7)
    assert np.abs(ahead - left.theta).max() > 1e-3
    carried = descend(at, start, Momentum(1.02 * edge.step, 0.5))
    assert match(carried, sets) is minimum  # its limit is 2(1 + β)/η


def test_the_branch_of_period_two_leaves_at_the_flip(loss, sets):
    minimum = next(found for found in sets if found.is_isolated)
    edge = edge_of_stability(loss, minimum)
    problem = gradient_descent(loss.problem("noise"), NOISE)
    branch = switch_to_period_two(problem, edge.flip, (0.9 * edge.step, 1.05 * edge.step))
    assert branch.p.max() > edge.step
    assert branch.p.min() > edge.step - 1e-6


def test_too_large_steps_diverge_and_say_so(loss):
    done = descend(loss.at(noise=NOISE), [3.0, -2.0, 3.0, 2.0], GradientDescent(50.0))
    assert (done.status, done.subkind) == ("undecided", "diverged")
    assert "smaller step" in done.message


def test_batches_hover_where_their_mean_is_accepted(loss, sets):
    minimum = next(found for found in sets if found.is_isolated)
    rule = StochasticGradientDescent(0.05, 0.9, batch_size=10)
    done = descend(loss.at(noise=NOISE), minimum.theta + 0.05, rule)
    assert match(done, sets) is minimum
    again = descend(loss.at(noise=NOISE), minimum.theta + 0.05, rule)
    assert (again.steps, again.loss) == (done.steps, done.loss)


def test_basins_of_an_optimiser_stand_beside_those_of_the_flow(loss, sets):
    n = 6
    flow = estimate_basins(loss, sets=sets, n=n)
    slow = estimate_basins(loss, sets=sets, n=n, dynamics=Momentum(0.02, 0.9))
    wild = estimate_basins(loss, sets=sets, n=n, dynamics=GradientDescent(2.5))
    labels = {found.label for found in sets}
    for basins in (flow, slow, wild):
        assert sum(one.count for one in basins.targets) == n
    assert {one.label for one in flow.targets} <= labels
    assert any(one.label not in labels for one in wild.targets)


def test_networks_of_layers_are_descended_too():
    rng = np.random.default_rng(2)
    x, labels = rng.standard_normal((40, 2)), rng.integers(0, 2, 40)
    model = Model.mlp(2, (2,), loss="logistic")
    loss = Loss(model, Dataset.from_observations(x, labels))
    at = loss.at(weight_decay=0.1)
    done = descend(at, rng.standard_normal(9), GradientDescent(0.5), step_limit=3000)
    assert done.status == "point"
    assert np.abs(at.gradient(done.theta)).max() < 1e-9
    edge = edge_of_stability(loss, Assembler(at).point(done.theta, "isolated"))
    assert edge.flip.p == pytest.approx(2.0 / np.linalg.eigvalsh(at.hessian(done.theta))[-1])


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: GradientDescent(0.0), "step must be positive"),
        (lambda: Momentum(0.1, 1.0), "momentum must be at least 0 and below 1"),
        (lambda: Adam(0.1, epsilon=-1.0), "epsilon must be positive"),
        (lambda: StochasticGradientDescent(0.1, batch_size=0), "batch_size"),
        (lambda: StochasticGradientDescent(0.1, seed=-1), "seed"),
    ],
)
def test_rules_refuse_what_is_no_rule(make, said):
    with pytest.raises(InvalidInputError, match=said):
        make()


def test_descents_refuse_what_cannot_be_descended(loss, sets):
    at = loss.at(noise=NOISE)
    with pytest.raises(InvalidInputError, match="as many samples"):
        descend(at, np.ones(4), StochasticGradientDescent(0.1, batch_size=51))
    with pytest.raises(InvalidInputError, match="without weights"):
        descend(loss.at(noise=NOISE, size=20), np.ones(4), StochasticGradientDescent(0.1))
    with pytest.raises(InvalidInputError, match="step_limit"):
        descend(at, np.ones(4), GradientDescent(0.1), step_limit=0)
    with pytest.raises(InvalidInputError, match=r"\(m, d\)"):
        descents(at, np.ones(4), GradientDescent(0.1))
    saddle = next(found for found in sets if found.subkind == "origin")
    with pytest.raises(InvalidInputError, match="no attracting point"):
        edge_of_stability(loss, saddle)


@pytest.mark.slow
def test_descent_with_a_fixed_step_stays_in_a_channel_where_the_sharpness_is_two_over_the_step():
    """λ_max ≈ 2 b² E x² φ'(w x)²/ε², so that ε² ≈ η b² E x² φ'² (Martinelli et al. 2025)."""
    teacher = "erf((5*x + 2.5)/sqrt(2)) + erf((5*x - 2.5)/sqrt(2))"
    model = Model.perceptron(hidden=2, activation="erf", teacher=teacher)
    at = Loss(model, Dataset.population(model)).at()
    w, a, b = 0.6125638625719463, 1.6675561554799754, 1.0583158069140426
    slope = 2.0 / np.sqrt(np.pi) * np.exp(-((w * at.x) ** 2))
    width = abs(b) * np.sqrt(at.weights @ (at.x * slope) ** 2)
    gaps = []
    for step in (0.4, 0.3):
        gap = 1.05 * width * np.sqrt(step)
        theta = np.array([w + gap / 2, w - gap / 2, a / 2 + b / gap, a / 2 - b / gap])
        for _ in range(20_000):
            theta = theta - step * at.gradient(theta)
        mean = theta - step * at.gradient(theta) / 2.0  # of a small orbit of period two
        sharpness = np.linalg.eigvalsh(at.hessian(mean))[-1]
        assert sharpness * step / 2.0 == pytest.approx(1.0, abs=1e-3)
        gaps.append((mean[0] - mean[1]) / np.sqrt(step))
    assert gaps[0] == pytest.approx(gaps[1], rel=5e-3)  # ε ~ √η
    assert gaps == pytest.approx([width] * 2, rel=0.07)  # of higher order in ε
