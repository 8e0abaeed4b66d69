"""Wilson intervals against published values, the closed formula and their order."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from continuation.statistics import wilson_interval

PUBLISHED = [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611),
             (1, 29, 0.0061, 0.1718)]  # fmt: skip
"""R. G. Newcombe, *Statistics in Medicine* 17 (1998) 857, table I, method 3."""

counts = st.integers(1, 2000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


def closed_formula(hits, trials, level):
    """Roots p of (p̂ − p)² = z² p (1 − p) / n."""
    z, share = norm.ppf(0.5 + 0.5 * level), hits / trials
    ends = np.roots([1 + z * z / trials, -(2 * share + z * z / trials), share * share])
    return np.sort(ends.real)


@pytest.mark.parametrize(("hits", "trials", "low", "high"), PUBLISHED)
def test_published_intervals(hits, trials, low, high):
    (lower,), (upper,) = wilson_interval([hits], trials)
    assert [lower, upper] == pytest.approx([low, high], abs=5e-5)


@settings(deadline=None)
@given(counts, st.floats(0.5, 0.999))
def test_ends_solve_the_quadratic_equation_of_the_score(count, level):
    hits, trials = count
    ends = np.ravel(wilson_interval([hits], trials, level))
    assert ends == pytest.approx(closed_formula(hits, trials, level), abs=1e-6)


@settings(deadline=None)
@given(counts)
def test_the_fraction_lies_inside_and_misses_are_the_mirror_image(count):
    hits, trials = count
    (lower,), (upper,) = wilson_interval([hits], trials)
    assert -1e-12 <= lower <= hits / trials + 1e-12
    assert hits / trials - 1e-12 <= upper <= 1.0 + 1e-12
    (mirrored_lower,), (mirrored_upper,) = wilson_interval([trials - hits], trials)
    assert [mirrored_lower, mirrored_upper] == pytest.approx([1 - upper, 1 - lower], abs=1e-12)


def test_intervals_move_up_with_the_hits_and_shrink_with_the_trials():
    lower, upper = wilson_interval(np.arange(41), 40)
    assert (np.diff(lower) > 0.0).all()
    assert (np.diff(upper) > 0.0).all()
    widths = [np.subtract(*wilson_interval([n // 2], n)[::-1])[0] for n in (10, 40, 160, 640)]
    assert np.divide(widths[:-1], widths[1:]) == pytest.approx([2.0, 2.0, 2.0], rel=0.15)


def test_a_higher_level_is_wider():
    narrow, wide = wilson_interval([7], 20, 0.9), wilson_interval([7], 20, 0.99)
    assert wide[0] < narrow[0] < narrow[1] < wide[1]


def test_shape_is_kept():
    hits = np.array([[0, 3, 5], [9, 1, 10]])
    lower, upper = wilson_interval(hits, 10)
    assert lower.shape == upper.shape == hits.shape
    for place, count in np.ndenumerate(hits):
        assert (lower[place], upper[place]) == tuple(np.ravel(wilson_interval([count], 10)))
    assert wilson_interval(3, 10)[0] == lower[0, 1]


@pytest.mark.parametrize(("hits", "trials", "level"), [(5, 4, 0.95), (-1, 4, 0.95), (1, 4, 1.5)])
def test_counts_and_levels_out_of_range_are_refused(hits, trials, level):
    with pytest.raises(ValueError):
        wilson_interval([hits], trials, level)
