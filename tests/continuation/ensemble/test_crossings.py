"""Crossings of shares that are known: coins whose probability is a formula of the condition."""

import numpy as np
import pytest

from continuation.ensemble import Crossing, Probe, Setting, find_crossings
from continuation.errors import InvalidInputError

SETTING = Setting("single_unit", 10, 0.1)


def falling(case):
    """A hit with probability 1/(1 + σ²): 1/2 at σ = 1, 0.95 at σ = 0.229."""
    share = 1.0 / (1.0 + case.setting.noise**2)
    return {"hit": np.random.default_rng(case.seed).random() < share}


def rising(case):
    """A hit with probability n/(n + 100): 1/2 at n = 100."""
    share = case.setting.n / (case.setting.n + 100)
    return {"hit": np.random.default_rng(case.seed).random() < share}


def hidden(case):
    """Always a coin of 1/2: never decided."""
    return {"hit": np.random.default_rng(case.seed).random() < 0.5}


def crossing(question, **given):
    options = {"along": "noise", "limits": (0.01, 100.0), "threshold": 0.5, "data_sets": 200}
    [found] = find_crossings(question, SETTING, "hit", **(options | given))
    return found


@pytest.mark.parametrize(
    "seed", [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(1, 20))]
)
def test_brackets_hold_the_known_crossing(seed):
    found = crossing(falling, seed=seed)
    assert found.found
    assert found.lower <= 1.0 <= found.upper
    assert found.upper < 4.0 * found.lower  # the limits are 10^4 apart
    assert len(found.probes) <= 10
    few = [probe.data_sets for probe in (found.probes[0], found.probes[-1])]
    assert max(few) <= 25  # far from the crossing one shard decides
    most = crossing(falling, threshold=0.95, seed=seed)
    assert most.lower <= np.sqrt(1 / 0.95 - 1) <= most.upper


def test_sizes_are_whole_and_may_rise():
    found = crossing(rising, along="n", limits=(5, 2000), probes=6)
    assert found.sides == (-1, 1)
    assert found.lower <= 100 <= found.upper
    assert all(float(probe.value).is_integer() for probe in found.probes)


def test_without_a_crossing_two_probes_suffice():
    found = crossing(falling, limits=(0.01, 0.1))
    assert (len(found.probes), found.found, found.sides) == (2, False, (1, 1))
    assert str(found) == "above 0.5 from noise = 0.01 to 0.1"


def test_what_is_not_decided_brackets_nothing():
    found = crossing(hidden, data_sets=50)
    assert (found.lower, found.upper) == (-np.inf, np.inf)
    assert len(found.probes) == 2
    assert str(found) == "0.5: undecided"
    half = crossing(falling, limits=(0.01, 1.0), data_sets=100, probes=4)
    assert half.upper == np.inf
    assert 0.01 < half.lower < 1.0
    assert "the rest undecided" in str(half)


def test_sides_that_change_twice_are_said():
    sides = (1, -1, 1)
    probes = tuple(Probe(k + 1.0, 0.5, 0.0, 1.0, 25, side) for k, side in enumerate(sides))
    found = Crossing(SETTING, "noise", 0.5, 0.95, probes)
    assert not found.monotone
    assert "several times" in str(found)


def test_settings_go_together_and_a_store_answers_again(tmp_path):
    """Two crossings in one call are those of two calls; from the store nothing changes."""
    both = [SETTING, Setting("single_unit", 20, 0.1)]
    seen = []
    options = {"along": "noise", "limits": (0.1, 10.0), "threshold": 0.5, "data_sets": 25}
    options |= {"probes": 4}
    found = find_crossings(
        falling, both, "hit", store=tmp_path / "s", progress=seen.append, **options
    )
    again = find_crossings(falling, both, "hit", store=tmp_path / "s", **options)
    alone = [find_crossings(falling, one, "hit", **options)[0] for one in both]
    assert list(found) == list(again) == alone == list(seen[-1])


@pytest.mark.parametrize(
    "wrong",
    [{"along": "hidden"}, {"limits": (0.0, 1.0)}, {"limits": (2.0, 1.0)}, {"probes": 1},
     {"threshold": 1.0}, {"along": "n", "limits": (5.5, 10)}],
)  # fmt: skip
def test_wrong_arguments_are_refused(wrong):
    with pytest.raises(InvalidInputError):
        crossing(falling, **wrong)
