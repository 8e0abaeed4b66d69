"""Oracles in random coordinates; the whole survey is `tests/benchmarks/general_position.py`."""

import pytest

from tests.continuation.general_position import CORES, drawn, judged

ONCE_WRONG = [("fold", 58), ("near_miss", 53), ("d3", 11)]
"""Draws of the survey that tell of kinds of their own: an unknown that is by chance much smaller
than its unit, branches that pass each other more closely than a step foresees, directions that are
told apart in one unknown only."""


@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", CORES)
def test_nothing_is_wrong_in_random_coordinates(name: str, seed: int) -> None:
    assert judged(name, seed, exact=bool(seed % 2)).faults == ()


@pytest.mark.parametrize(("name", "seed"), ONCE_WRONG)
def test_what_was_once_wrong(name: str, seed: int) -> None:
    assert drawn(name, seed).faults == ()


@pytest.mark.parametrize(("name", "seed"), [("d3", 507), ("d4", 501), ("d4", 504), ("d4", 509)])
def test_branches_that_lie_in_a_narrow_cone(name: str, seed: int) -> None:
    assert judged(name, seed, exact=bool(seed % 2), condition=1e3).faults == ()


@pytest.mark.parametrize("name", CORES)
def test_nothing_is_wrong_in_random_units(name: str) -> None:
    assert judged(name, 1, dimension=4, scales=True).faults == ()
