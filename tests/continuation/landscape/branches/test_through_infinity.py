"""Branches through infinity: where they pass it, what they are beyond, and that they come back."""

import mpmath as mp
import numpy as np
import pytest
from scipy.optimize import brentq

from continuation.landscape import Dataset, Loss, find_critical_sets, follow
from continuation.landscape.branches.legs import passages_of
from continuation.landscape.infinity.chart_problem import ChartLoss, ChartProblem
from continuation.landscape.infinity.charts import Chart
from continuation.landscape.infinity.critical_ends import meeting_slope
from continuation.landscape.infinity.ends import CONFLUENCE
from continuation.landscape.infinity.limit_model import LimitUnit
from continuation.landscape.network import LossAlong
from continuation.landscape.network.responses import Responses, project
from symbolic import fukumizu_amari, overparameterised, single_unit


def _branch(preset, n, seed, parameter, limits, *, noise=0.2, size=None, label="isolated 1"):
    model = preset()
    loss = Loss(model, Dataset.sample(model, n, seed))
    sets = find_critical_sets(loss, noise=noise, size=size, regions=False)
    return loss, follow(loss, next(s for s in sets if s.label == label), parameter, limits)


@pytest.fixture(scope="module")
def confluent():
    return _branch(fukumizu_amari, 30, 2, "noise", (0.01, 1.0))


@pytest.fixture(scope="module")
def linear():
    return _branch(overparameterised, 30, 5, "noise", (0.01, 1.0), label="isolated 2")


def _legs(branch):
    return next(legs for legs in branch.beyond if legs)


def test_the_arrival_is_a_limit_point_whose_normal_derivative_vanishes(confluent):
    """σ* by bisection on the limit model alone: a search that knows no chart."""
    loss, branch = confluent
    first = passages_of(_legs(branch))[0]

    def normal(noise):
        responses = Responses.at(loss.at(noise=noise))

        def fitted(w):
            features = responses.features(w, 2)
            (a, b), residual = project(responses.target, features[:2, None])
            return LimitUnit(w, (a[0], b[0])), residual[0], residual[0] @ features[2]

        around = np.array([0.95, 1.05]) * first.limit["w"]
        w = brentq(lambda w: fitted(w)[2], *around, xtol=1e-14, rtol=1e-14)
        return meeting_slope(responses, fitted(w)[1], fitted(w)[0])

    exact = brentq(normal, first.p - 1e-3, first.p + 1e-3, xtol=1e-14, rtol=1e-14)
    assert first.end == "confluence"
    assert first.located
    assert first.p == pytest.approx(exact, abs=1e-10)
    assert first.error < 1e-11


def test_arrival_at_a_linear_end_in_thirty_digits(linear):
    """∇L = 0 and L_q = 0 of v φ(wx) + c x in (w, v, c, σ) by mpmath."""
    loss, branch = linear
    first = passages_of(_legs(branch))[0]
    x, noise = loss.data.x.tolist(), loss.data.noise.tolist()

    def equations(w, v, c, sigma):
        r = [v * mp.tanh(w * s) + c * s - mp.tanh(s) - sigma * e
             for s, e in zip(x, noise, strict=True)]  # fmt: skip
        rows = (
            lambda s: s / mp.cosh(w * s) ** 2,
            lambda s: mp.tanh(w * s),
            lambda s: s,
            lambda s: s**3,
        )
        return [mp.fsum(q * row(s) for q, s in zip(r, x, strict=True)) for row in rows]

    with mp.workdps(30):
        start = [first.limit[name] for name in ("w", "v", "c")]
        exact = mp.findroot(equations, [*start, first.p], tol=1e-24)
        assert float(abs(exact[3] - first.p)) < 1e-10
    assert first.becomes == "virtual"


def test_a_step_end_is_where_the_residual_beside_zero_vanishes():
    loss, branch = _branch(fukumizu_amari, 30, 4, "noise", (0.01, 1.0), label="isolated 2")
    _, other = _branch(fukumizu_amari, 30, 4, "noise", (0.01, 1.0), label="isolated 3")
    _, steep = _branch(fukumizu_amari, 30, 4, "noise", (0.01, 1.0))  # starts at w = 69
    ends = [passages_of(_legs(b))[0] for b in (branch, other, steep)]
    assert [end.becomes for end in ends] == ["end", "end", "end"]
    assert [end.p for end in ends[1:]] == pytest.approx([ends[0].p] * 2, abs=1e-10)
    limit, x = ends[0].limit, loss.data.x
    r = limit["v"] * np.tanh(limit["w"] * x) + limit["s"] * np.sign(x)
    r = r - loss.data.target - ends[0].p * loss.data.noise
    assert abs(r[np.argmin(np.abs(x))]) < 1e-12
    assert abs(r @ np.sign(x)) < 1e-11
    # the branch itself comes to it
    assert _legs(branch)[0].p[-1] == pytest.approx(ends[0].p, abs=1e-10)


def test_rows_are_critical_and_marked(confluent, linear):
    for loss, branch in (confluent, linear):
        for leg in _legs(branch):
            for k in range(0, len(leg), 5):
                virtual = bool(leg.virtual[k])
                assert virtual == bool(np.isnan(leg.theta[k]).all())
                if virtual:
                    of = ChartLoss(LossAlong(loss, "noise"), leg.unit)
                    problem = ChartProblem.at(of, leg.coordinates[k], leg.p[k])
                    u = leg.coordinates[k] / problem.scale
                    assert np.abs(problem.residual(u, leg.p[k])).max() < 1e-9
                    continue
                value, gradient, _ = loss.evaluate(leg.theta[k], noise=leg.p[k])
                assert np.abs(gradient).max() < 1e-8
                assert value == pytest.approx(leg.loss[k], rel=1e-11)
                assert leg.outputs(k, loss.data.x) == pytest.approx(
                    loss.predict(leg.theta[k], loss.data.x), abs=1e-9
                )


def test_virtual_rows_lie_between_passages(confluent):
    _, branch = confluent
    leg = _legs(branch)[0]
    assert [p.becomes for p in leg.passages] == ["virtual", "real"]
    low, high = (p.index for p in leg.passages)
    expected = (np.arange(len(leg)) > low) & (np.arange(len(leg)) <= high)
    assert (leg.virtual == expected).all()
    assert leg.stop_reason == "returned"


def test_a_return_is_a_set_that_the_search_finds(linear):
    loss, branch = linear
    legs = _legs(branch)
    assert [p.becomes for p in passages_of(legs)] == ["virtual", "real"]
    assert legs[-1].chart == "weights"
    k = len(legs[-1]) // 2
    noise, theta = float(legs[-1].p[k]), legs[-1].theta[k]
    found = find_critical_sets(loss, noise=noise, regions=False)
    distances = [
        np.abs(np.sort(np.abs(s.theta)) - np.sort(np.abs(theta))).max()
        for s in found
        if s.subkind == "isolated"
    ]
    assert min(distances) < 1e-8


def test_the_chart_repeats_the_branch_on_the_overlap(confluent):
    """The last rows before the arrival, in the chart: the same points at the same parameters."""
    loss, branch = confluent
    direction = next(b for b, end in zip(branch.branches, branch.arrivals, strict=True) if end)
    for k in range(len(direction) - 30, len(direction), 7):
        chart = Chart.at(CONFLUENCE, direction.x[-1])
        z = chart.to_chart(direction.x[k])
        problem = ChartProblem.at(ChartLoss(LossAlong(loss, "noise"), chart), z, direction.p[k])
        step = np.linalg.lstsq(
            problem.jacobian(z / problem.scale, direction.p[k]),
            problem.residual(z / problem.scale, direction.p[k]),
        )[0]
        assert np.abs(step).max() < 1e-7


def test_no_false_folds_on_the_way():
    """On the way out and at D = 0 the parameter keeps its direction: nothing else may be seen."""
    _, branch = _branch(fukumizu_amari, 30, 0, "noise", (0.01, 1.0))
    end = next(k for k, end in enumerate(branch.arrivals) if end == "confluence")
    assert {s.kind for s in branch.branches[end].special} <= {"limit", "target"}
    assert {s.kind for s in branch.beyond[end][0].special} <= {"limit", "target"}
    p = np.concatenate([branch.branches[end].p, branch.beyond[end][0].p[1:]])
    assert (np.diff(p) > 0.0).all()


def test_in_the_size_a_branch_passes_and_comes_back():
    loss, branch = _branch(fukumizu_amari, 60, 0, "size", (20, 60), size=40)
    legs = _legs(branch)
    passages = passages_of(legs)
    assert [p.becomes for p in passages] == ["virtual", "real"]
    assert all(p.located for p in passages)
    for theta, size in zip(legs[-1].theta[::20], legs[-1].p[::20], strict=True):
        assert np.abs(loss.gradient(theta, noise=0.2, size=size)).max() < 1e-8


@pytest.mark.slow
def test_two_branches_are_one_through_infinity():
    """From either side the same two passages, in opposite order."""
    model = fukumizu_amari()
    loss = Loss(model, Dataset.sample(model, 60, 6))
    sets = [
        s
        for s in find_critical_sets(loss, noise=0.3, size=30, regions=False)
        if s.subkind == "isolated"
    ]
    there, back = (
        [p.p for legs in follow(loss, s, "size", (20, 60)).beyond for p in passages_of(legs)]
        for s in sets[:2]
    )
    assert len(there) == 2
    assert there == pytest.approx(back[::-1], abs=1e-9)


@pytest.mark.parametrize(("seed", "end"), [(0, "linear"), (2, "step")])
def test_the_single_unit_arrives_instead_of_running_out_of_samples(seed, end):
    _, branch = _branch(single_unit, 30, seed, "noise", (0.01, 4.0), noise=0.1)
    passages = [p for legs in branch.beyond for p in passages_of(legs)]
    assert [p.end for p in passages] == [end]
    assert passages[0].located
    assert "samples" not in branch.stop_reasons
    assert f"through infinity: {end}" in repr(branch)
