"""Intervals that hold at every stopping time: closed form, exact coverage, martingale."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import betaln

from continuation.errors import InvalidInputError
from continuation.statistics import (
    LEVEL,
    _log_wealth,
    anytime_decides,
    anytime_excludes,
    anytime_interval,
)

counts = st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


def hits(count, trials):
    return np.repeat([1.0, 0.0], [count, trials - count])


def mixture(k, n, p):
    """Log wealth of the beta-binomial mixture after k hits of n, in closed form."""
    ratio = betaln(k + 0.5, n - k + 0.5) - betaln(0.5, 0.5)
    return ratio - k * np.log(p) - (n - k) * np.log1p(-p)


@settings(deadline=None, max_examples=25)
@given(counts, st.floats(0.5, 0.999))
def test_ends_solve_the_equation_of_the_beta_binomial_mixture(count, level):
    k, n = count
    lower, upper = anytime_interval(hits(k, n), level)
    assert lower < k / n or lower == k == 0
    assert upper > k / n or (upper, k) == (1.0, n)
    for end in {lower, upper} - {0.0, 1.0}:
        assert mixture(k, n, end) == pytest.approx(-np.log1p(-level), abs=1e-6)
    for mean in (0.05, 0.5, 0.95):
        assert anytime_excludes(hits(k, n), mean, level) == (not lower <= mean <= upper)


@pytest.mark.parametrize("p", [0.01, 0.2, 0.5, 0.9, 0.95, 0.99])
def test_with_the_stated_probability_all_intervals_hold_the_share(p):
    """The exact probability that one of the first 1000 leaves it out, by dynamic programming."""
    alive, missed = np.array([1.0]), 0.0
    for n in range(1, 1001):
        alive = np.r_[alive * (1.0 - p), 0.0] + np.r_[0.0, alive * p]
        out = mixture(np.arange(n + 1), n, p) > -np.log1p(-LEVEL)
        missed += alive[out].sum()
        alive[out] = 0.0
    assert alive.sum() + missed == pytest.approx(1.0)
    assert 0.2 * (1.0 - LEVEL) < missed <= 1.0 - LEVEL


def test_wealth_is_a_martingale_for_any_law():
    values, law = np.array([0.0, 0.3, 0.8, 1.0]), np.array([0.1, 0.4, 0.3, 0.2])
    mean = float(values @ law)
    total = sum(
        law[list(way)].prod() * np.exp(_log_wealth(values[list(way)], np.ones(5), mean))
        for way in itertools.product(range(4), repeat=5)
    )
    assert total == pytest.approx(1.0, rel=1e-12)


@settings(deadline=None, max_examples=15)
@given(st.lists(st.floats(0.0, 1.0), min_size=1, max_size=30))
def test_values_of_any_kind_have_their_mean_inside_and_mirror(values):
    x = np.array(values)
    lower, upper = anytime_interval(x)
    assert 0.0 <= lower <= x.mean() + 1e-12
    assert x.mean() - 1e-12 <= upper <= 1.0
    assert anytime_interval(1.0 - x) == pytest.approx((1.0 - upper, 1.0 - lower), abs=1e-9)


def test_less_spread_is_known_better_than_hits_and_misses():
    """Forty means of ten throws each say more than forty throws."""
    rng = np.random.default_rng(1)
    single = np.subtract(*anytime_interval(rng.binomial(1, 0.5, 40))[::-1])
    means = np.subtract(*anytime_interval(rng.binomial(10, 0.5, 40) / 10)[::-1])
    assert means < single


def test_nothing_is_known_without_values_and_most_cases_need_116():
    assert anytime_interval([]) == (0.0, 1.0)
    assert anytime_interval(np.ones(115))[0] < 0.95 < anytime_interval(np.ones(116))[0]
    assert anytime_interval([0, 0])[0] == 0.0 == 1.0 - anytime_interval([1, 1])[1]


@pytest.mark.parametrize(
    ("values", "level"), [([0.5, 1.1], 0.95), ([-0.1], 0.95), ([np.nan], 0.95), ([1.0], 1.0)]
)
def test_values_and_levels_out_of_range_are_refused(values, level):
    with pytest.raises(InvalidInputError):
        anytime_interval(values, level)


@pytest.mark.parametrize("n", [3, 40])
@pytest.mark.parametrize("share", [0.5, 0.95])
def test_bounds_decide_when_the_interval_of_the_bound_that_matters_does(n, share):
    """What is unknown counts against the side that is claimed."""
    for hit in range(n + 1):
        for unknown in range(0, n - hit + 1, max(1, n // 7)):
            least, most = hits(hit, n), hits(hit + unknown, n)
            above = anytime_interval(least)[0] > share
            below = anytime_interval(most)[1] < share
            assert anytime_decides(least, most, share) == (above or below)
            if not unknown:
                assert anytime_decides(least, most, share) == anytime_excludes(least, share)


def test_no_values_decide_nothing():
    assert not anytime_decides([], [], 0.5)
