"""Successive halving finds the setting whose share is known to be largest, and judges it anew."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from continuation.ensemble import Setting, best_settings, grid
from continuation.errors import InvalidInputError

CELLS = grid("single_unit", n=(10, 30), noise=(0.1, 0.2))


def coins(case):
    """Hits with probabilities of which that at n = 30, σ = 0.2 is largest, in the second column."""
    draw = np.random.default_rng([case.seed, case.setting.n, int(1e3 * case.setting.noise)])
    best = case.setting.n == 30 and case.setting.noise == 0.2
    return {"first": draw.random() < 0.2, "second": draw.random() < (0.9 if best else 0.1)}


def best(**given):
    options = {"data_sets": 40, "first": 4, "finalists": 1} | given
    with ThreadPoolExecutor(1) as here:
        return best_settings(coins, CELLS, ("first", "second"), executor=here, **options)


@pytest.mark.parametrize(
    "seed", [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(1, 10))]
)
def test_the_largest_share_is_found_and_judged_by_new_data_sets(tmp_path, seed):
    [found] = best(seed=seed, store=tmp_path / "s")
    assert (found.setting, found.column) == (Setting("single_unit", 30, 0.2), "second")
    assert found.data_sets == 40
    assert found.lower < 0.9 < found.upper
    assert [found] == list(best(seed=seed, store=tmp_path / "s")) == list(best(seed=seed))


def test_finalists_stand_in_order():
    found = best(finalists=3, data_sets=25)
    assert len(found) == 3
    assert found[0].share == max(one.share for one in found)


@pytest.mark.parametrize("wrong", [{"first": 0}, {"finalists": 0}, {"data_sets": 0}])
def test_wrong_numbers_are_refused(wrong):
    with pytest.raises(InvalidInputError):
        best(**wrong)
    with pytest.raises(InvalidInputError):
        best_settings(coins, CELLS, (), data_sets=1)
    with pytest.raises(InvalidInputError):
        best_settings(coins, (), "first", data_sets=1)
