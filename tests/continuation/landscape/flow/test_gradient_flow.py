import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from continuation.errors import InvalidInputError
from continuation.landscape.flow.gradient_flow import flow_to_limit, flows_to_limits, trajectory
from continuation.landscape.network.dataset import Dataset
from continuation.landscape.network.loss import Loss
from continuation.landscape.network.symmetry import Symmetry
from symbolic import Model, fukumizu_amari, overparameterised

STARTS = np.random.default_rng(7).standard_normal((12, 4))


def at(model, seed=0, n=100, **parameters):
    return Loss(model, Dataset.sample(model, n, seed)).at(**({"noise": 0.1} | parameters))


@pytest.fixture(scope="module")
def student():
    return at(fukumizu_amari())


@pytest.mark.slow
def test_a_quadratic_loss_flows_by_the_matrix_exponential():
    model = Model.from_expression("a*x + b", parameters=["a", "b"])
    x = np.array([-1.0, 0.5, 2.0, 3.0])
    loss = Loss(model, Dataset.from_observations(x, 2 * x - 1 + x**2)).at()
    start = np.array([3.0, -2.0])
    path = trajectory(loss, start, rtol=1e-8)
    values, vectors = np.linalg.eigh(loss.hessian(start))
    minimum = start - np.linalg.solve(loss.hessian(start), loss.gradient(start))
    decay = np.exp(-np.outer(path.t, values)) * (vectors.T @ (start - minimum))
    np.testing.assert_allclose(path.theta, minimum + decay @ vectors.T, atol=1e-6)
    assert path.result.status == "point"
    np.testing.assert_allclose(path.result.theta, minimum, rtol=1e-12)


@pytest.mark.parametrize("start", [0.01, -0.3, 2.0])
def test_a_double_well_flows_by_its_closed_form(start):
    model = Model.from_expression("a**2*x", parameters=["a"])
    loss = Loss(model, Dataset.from_observations([-1.0, 1.0], [-1.0, 1.0])).at()
    path = trajectory(loss, [start], rtol=1e-8)
    exact = np.sign(start) / np.sqrt(1.0 + (start**-2.0 - 1.0) * np.exp(-4.0 * path.t))
    np.testing.assert_allclose(path.theta[:, 0], exact, atol=1e-6)
    assert path.result.status == "point"
    assert path.result.theta[0] == pytest.approx(np.sign(start), abs=1e-12)


@pytest.mark.parametrize(("rtol", "error"), [(1e-4, 5e-3), (1e-6, 5e-5), (1e-8, 5e-7)])
def test_trajectories_agree_with_another_integrator(student, rtol, error):
    path = trajectory(student, STARTS[0], rtol=rtol)
    kept = path.t < 300.0
    reference = solve_ivp(
        lambda _, theta: -student.gradient(theta),
        (0.0, 300.0),
        STARTS[0],
        method="Radau",
        jac=lambda _, theta: -student.hessian(theta),
        t_eval=path.t[kept],
        rtol=1e-10,
        atol=1e-12,
    )
    np.testing.assert_allclose(path.theta[kept], reference.y.T, atol=error)


def test_loss_falls_and_is_that_of_the_recorded_weights(student):
    for start in STARTS[:4]:
        path = trajectory(student, start)
        assert np.all(np.diff(path.t) > 0.0)
        assert np.all(np.diff(path.loss) <= 1e-13 * path.loss[:-1])
        np.testing.assert_array_equal(path.theta[0], start)
        for k in (0, len(path.t) // 2, -1):
            assert path.loss[k] == pytest.approx(student.value(path.theta[k]), rel=1e-12)


@settings(max_examples=10, deadline=None)
@given(element=st.integers(0, 7), start=st.integers(0, 11))
def test_the_flow_commutes_with_the_symmetry(student, element, start):
    symmetry = Symmetry.of(student.model)
    g = list(symmetry.elements())[element]
    one = flow_to_limit(student, STARTS[start], rtol=1e-4)
    other = flow_to_limit(student, symmetry.act(g, STARTS[start]), rtol=1e-4)
    assert (one.status, one.subkind) == (other.status, other.subkind)
    assert one.loss == pytest.approx(other.loss, rel=1e-9)
    if one.status == "point":
        assert symmetry.same(one.theta, other.theta)
    if one.limit is not None:
        assert other.limit == pytest.approx(one.limit, rel=1e-3)


@pytest.mark.slow
@pytest.mark.parametrize("model", [fukumizu_amari(), overparameterised()], ids=["two", "one"])
def test_decisions_hold_in_a_tight_long_integration(model):
    loss = at(model, seed=2)
    for start, result in zip(STARTS, flows_to_limits(loss, STARTS, rtol=1e-4), strict=True):
        assert result.status != "undecided"
        end = solve_ivp(
            lambda _, theta: -loss.gradient(theta),
            (0.0, 1e9),
            start,
            method="BDF",
            jac=lambda _, theta: -loss.hessian(theta),
            rtol=1e-7,
            atol=1e-9,
        ).y[:, -1]
        assert loss.value(end) >= result.loss - 1e-7
        assert outputs(loss, end) == pytest.approx(limit_function(loss, result), abs=0.03)


def outputs(loss, theta):
    out = np.empty(loss.data.shape[1])
    loss.kernels.network(np.ascontiguousarray(theta), loss.data[0], out)
    return out


def limit_function(loss, result):
    if result.limit is None:
        return outputs(loss, result.theta)
    return result.limit.outputs(loss.model, loss.data[0])


def test_the_loss_at_infinity_is_that_of_the_limit_model():
    kinds = set()
    for seed in (0, 2):
        loss = at(overparameterised(), seed=seed)
        y = loss.data[1] + 0.1 * loss.data[2]
        starts = np.random.default_rng(1).standard_normal((50, 4))
        for result in flows_to_limits(loss, starts, rtol=1e-4):
            if result.status == "infinity":
                kinds.add(result.subkind)
                error = limit_function(loss, result) - y
                # even in the distance, which is extrapolated away: 1e-6 without
                assert result.loss == pytest.approx(0.5 * np.mean(error**2), rel=1e-8)
    assert {"confluence", "linear", "step"} <= kinds


def test_a_linear_end_and_a_step_meet_in_a_corner():
    loss = at(overparameterised(), seed=2, n=50, noise=0.5)
    starts = np.random.default_rng(3).standard_normal((10, 4))
    corners = [r for r in flows_to_limits(loss, starts, rtol=1e-4) if r.subkind == "corner"]
    assert corners
    y = loss.data[1] + 0.5 * loss.data[2]
    for result in corners:
        assert set(result.limit) == {"c", "s"}
        error = limit_function(loss, result) - y
        assert result.loss == pytest.approx(0.5 * np.mean(error**2), rel=1e-6)


def test_limits_do_not_depend_on_the_tolerance():
    loss = at(overparameterised(), seed=1)
    loose, tight = (flows_to_limits(loss, STARTS, rtol=rtol) for rtol in (1e-4, 1e-7))
    for a, b in zip(loose, tight, strict=True):
        assert (a.status, a.subkind) == (b.status, b.subkind)
        assert a.loss == pytest.approx(b.loss, rel=1e-6)
        if a.line_parameter is not None:
            assert a.line_parameter == pytest.approx(b.line_parameter, abs=0.02)
            assert a.line_parameter >= 0.5


def test_a_point_is_a_nondegenerate_minimum(student):
    points = [r for r in flows_to_limits(student, STARTS) if r.status == "point"]
    assert points
    for result in points:
        assert np.abs(student.gradient(result.theta)).max() < 1e-12
        assert np.linalg.eigvalsh(student.hessian(result.theta))[0] > 1e-10


def test_weight_decay_leaves_only_points():
    loss = at(overparameterised(), weight_decay=1e-3)
    assert {r.status for r in flows_to_limits(loss, STARTS)} == {"point"}


@pytest.mark.slow
@pytest.mark.parametrize("options", [{"bias": True}, {"bias": True, "offset": True}])
def test_biased_networks_are_never_decided_wrongly(options):
    model = Model.perceptron(hidden=2, teacher="tanh(2*x) + tanh(x - 1)/2", **options)
    loss = at(model, noise=0.2, n=60)
    starts = np.random.default_rng(1).standard_normal((6, model.dimension))
    for result in flows_to_limits(loss, starts, rtol=1e-4, step_limit=4000):
        if result.status in ("point", "line"):
            assert np.abs(loss.gradient(result.theta)).max() < 1e-8
            assert np.linalg.eigvalsh(loss.hessian(result.theta))[0] > -1e-8
        elif result.status == "undecided":
            assert "raise" in result.message or "rounding" in result.message


def test_three_units_end_on_lines_points_or_at_infinity():
    model = overparameterised().with_hidden(3)
    loss = at(model)
    starts = np.random.default_rng(3).standard_normal((8, 6))
    results = flows_to_limits(loss, starts, rtol=1e-4)
    assert any(result.status != "undecided" for result in results)
    for result in results:
        if result.status == "line":
            assert np.abs(loss.gradient(result.theta)).max() < 1e-6


def test_a_critical_start_is_not_called_a_limit(student):
    result = flow_to_limit(student, np.zeros(4))
    assert result.status == "undecided"
    assert "critical point" in result.message


def test_budgets_end_the_flow_with_a_remedy(student):
    assert "raise flow_time" in flow_to_limit(student, STARTS[0], flow_time=1.0).message
    assert "raise step_limit" in flow_to_limit(student, STARTS[0], step_limit=5).message


def test_an_invariant_subspace_is_kept(student):
    start = np.array([0.3, 0.3, 0.5, 0.5])
    equal = 0.5 * np.kron(np.eye(2), np.ones((2, 2)))
    path = trajectory(student, start, subspace=equal)
    assert np.abs(path.theta @ (np.eye(4) - equal)).max() < 1e-12
    assert path.result.status == "line"
    assert path.result.line_parameter == pytest.approx(0.5, abs=1e-12)


def test_units_that_stay_zero_are_no_line():
    loss = at(fukumizu_amari().with_hidden(3), n=50)
    first = np.diag([1.0, 0.0, 0.0, 1.0, 0.0, 0.0])
    result = flow_to_limit(loss, 1e-3 * first.sum(axis=0), subspace=first)
    assert (result.status, result.subkind, result.line_parameter) == ("point", "isolated", None)
    assert np.abs(loss.gradient(result.theta)).max() < 1e-12
    np.testing.assert_array_equal(np.diag(first) * result.theta, result.theta)


@pytest.mark.parametrize("start", [[1.0, 2.0], [1.0, 2.0, np.nan, 0.0]])
def test_bad_starts_are_refused(student, start):
    with pytest.raises(InvalidInputError):
        flow_to_limit(student, start)


@pytest.mark.parametrize("name", ["rtol", "flow_time", "step_limit"])
def test_bad_limits_are_refused(student, name):
    with pytest.raises(InvalidInputError, match=name):
        flow_to_limit(student, STARTS[0], **{name: 0})


@pytest.mark.parametrize(("weight", "output"), [(1e-4, 2.5), (8.8e-5, -1.5), (-1e-6, 3.0)])
def test_next_to_a_linear_end_that_hardly_matters_the_flow_is_decided(weight, output):
    """The end {unit, c x} attracts with c = -1.7e-4: its fall at w = 1e-4 is a rounding of L."""
    loss = Loss(overparameterised(), Dataset.sample(overparameterised(), n=100, seed=0))
    at = loss.at(noise=0.15)
    result = flow_to_limit(at, [1.0310646, weight, 0.9187745, output], rtol=1e-4)
    assert (result.status, result.subkind) == ("infinity", "linear")
    assert result.limit["c"] == pytest.approx(-1.68488366e-4, rel=1e-6)
