"""Oracles in random coordinates; the whole survey is `tests/benchmarks/general_position.py`."""

import pytest

from tests.continuation.general_position import CORES, judged

DRAWS = 2


@pytest.mark.parametrize("name", CORES)
def test_nothing_is_wrong_in_random_coordinates(name: str) -> None:
    for seed in range(DRAWS):
        assert judged(name, seed, exact=bool(seed % 2)).faults == (), f"seed {seed}"


@pytest.mark.parametrize("name", CORES)
def test_nothing_is_wrong_in_random_units(name: str) -> None:
    assert judged(name, 1, dimension=4, scales=True).faults == ()
