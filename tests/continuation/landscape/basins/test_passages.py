from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from continuation.errors import InvalidInputError
from continuation.landscape.basins.passages import exit_time, passage_times, rate_terms
from continuation.landscape.network.dataset import Dataset
from continuation.landscape.network.loss import Loss
from continuation.landscape.network.loss_at import Jet
from continuation.landscape.search.find import find_critical_sets
from symbolic import Model, fukumizu_amari

NOISE = 0.1


@pytest.fixture(scope="module")
def student():
    model = fukumizu_amari()
    loss = Loss(model, Dataset.sample(model, 100, 0))
    return loss, find_critical_sets(loss, noise=NOISE, regions=False)


@given(
    st.lists(st.floats(-12, -2), min_size=1, max_size=3),
    st.floats(0.01, 5),
    st.integers(0, 9),
)
def test_the_linear_flow_is_at_the_radius_at_the_exit_time(exponents, radius, seed):
    rng = np.random.default_rng(seed)
    start = radius * 10.0 ** np.array(exponents) * rng.choice([-1.0, 1.0], len(exponents))
    rates = 10.0 ** rng.uniform(-3, 1, len(exponents))
    t = exit_time(start, rates, radius)
    assert np.linalg.norm(start * np.exp(rates * t)) == pytest.approx(radius, rel=1e-6)


def test_the_exit_time_of_one_direction_is_a_logarithm():
    assert exit_time(np.array([1e-4]), np.array([2.0]), 0.1) == pytest.approx(np.log(1e3) / 2)
    assert exit_time(np.array([0.2]), np.array([2.0]), 0.1) == 0.0
    assert exit_time(np.array([0.0]), np.array([2.0]), 0.1) == np.inf


@pytest.mark.slow
def test_a_double_well_leaves_its_saddle_by_its_closed_form():
    # L = (a² − 1)²/2, a' = 2a(1 − a²): a(t) = (1 + (a₀⁻² − 1) e^{−4t})^−½
    model = Model.from_expression("a**2*x", parameters=["a"])
    loss = Loss(model, Dataset.from_observations([-1.0, 1.0], [-1.0, 1.0]))
    sets = find_critical_sets(loss)
    radius, spread = 0.1, 1e-3
    (found,) = passage_times(loss, sets, n=20, spread=spread, radius=radius, rtol=1e-8)
    starts = spread * np.random.default_rng(0).standard_normal(20)
    exact = 0.25 * np.log((starts**-2 - 1) / (radius**-2 - 1))
    np.testing.assert_allclose(np.sort(found.measured), np.sort(exact), rtol=1e-4)
    linear = 0.5 * np.log(radius / np.abs(starts))
    np.testing.assert_allclose(np.sort(found.predicted), np.sort(linear), rtol=1e-6)
    assert found.rates == pytest.approx([2.0])
    # a' = 2a − 2a³: the rate is wrong by a² at the radius
    assert found.nonlinearity == pytest.approx(radius**2, rel=1e-6)


@pytest.mark.parametrize(("bend", "stiff"), [(0.0, 1.0), (1.0, 1.0), (-2.0, 3.0)])
def test_a_bent_double_well_has_the_rate_of_its_valley_floor(bend, stiff):
    # L = (a² − 1)²/2 + λ (b + g a²)²/2, in turned axes: the least over b is the double well
    c, s = 0.6, 0.8
    axes = np.array([[c, s], [-s, c]])

    def jet(theta, e):
        a, b = axes @ e
        third = np.array([4.0 * stiff * bend * a * b, 2.0 * stiff * bend * a * a]) @ axes
        fourth = np.array([(12.0 + 12.0 * stiff * bend**2) * a**3, 0.0]) @ axes
        taylor = [0.5, 0.0, stiff * b * b - 2.0 * a * a, third @ e, fourth @ e]
        return Jet(np.array(taylor), third, fourth)

    values, vectors = np.array([-2.0, stiff]), axes.T
    first, second = rate_terms(SimpleNamespace(jet=jet), np.zeros(2), values, vectors, 0)
    assert first == pytest.approx(0.0, abs=1e-12)
    assert second == pytest.approx(1.0, rel=1e-12)


def test_small_weights_leave_the_origin_as_its_eigenvalues_predict(student):
    loss, sets = student
    origin = next(s for s in sets if s.subkind == "origin")
    (found,) = passage_times(loss, [origin], noise=NOISE, n=60, spread=1e-3, radius=0.05)
    assert found.count == 60
    assert found.ratio == pytest.approx(1.0, abs=0.01)
    # E ln|u| over a normal pair is (ln 2 − γ)/2
    mean = (np.log(0.05 / 1e-3) - 0.5 * (np.log(2.0) - np.euler_gamma)) / found.rates[0]
    assert found.predicted.mean() == pytest.approx(mean, rel=0.06)


def test_only_nondegenerate_saddles_are_measured(student):
    loss, sets = student
    found = passage_times(loss, sets, noise=NOISE, n=2)
    assert {p.label.rsplit(" ", 1)[0] for p in found} == {"dead unit", "origin"}
    never = next(p for p in found if p.label.startswith("origin"))
    assert never.count == 0
    assert np.isnan(never.ratio)
    assert np.isnan(never.standard_error)


@pytest.mark.parametrize("bad", [{"n": 0}, {"seed": -1}, {"radius": 0.0}, {"spread": -1.0}])
def test_bad_numbers_are_refused(student, bad):
    with pytest.raises(InvalidInputError):
        passage_times(student[0], student[1], noise=NOISE, **bad)
