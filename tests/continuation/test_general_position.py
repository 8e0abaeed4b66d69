"""Oracles in random coordinates; the whole survey is `tests/benchmarks/general_position.py`."""

import pytest

from tests.continuation.general_position import CORES, judged

DRAWS = 2


@pytest.mark.parametrize("name", CORES)
def test_nothing_is_wrong_in_random_coordinates(name: str) -> None:
    for seed in range(DRAWS):
        assert judged(name, seed, exact=bool(seed % 2)).faults == (), f"seed {seed}"


UNITS = [
    pytest.param(
        name,
        marks=pytest.mark.xfail(
            name == "fold", strict=True,
            reason="the eigenvector of a Hopf pair, 1e-5 of the fastest rate, is known to 6e-5",
        ),
    )
    for name in CORES
]  # fmt: skip


@pytest.mark.parametrize("name", UNITS)
def test_nothing_is_wrong_in_random_units(name: str) -> None:
    assert judged(name, 1, dimension=4, scales=True).faults == ()
