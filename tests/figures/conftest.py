"""What several tests of the explorer show."""

import pytest

from continuation.landscape import Dataset, Loss, evolve
from continuation.landscape.network import Axis
from continuation.storage import EvolutionResult, strand_sets
from figures.explore.documents import document
from symbolic import single_unit


@pytest.fixture(scope="session")
def result():
    """One unit along the noise: two sets are born, and one arrives at infinity."""
    model = single_unit()
    loss = Loss(model, Dataset.sample(model, 20, 0))
    found = evolve(loss, "noise", (0.15, 0.25), searched_at=(0.2,), resolution=2, regions=False)
    settings = {"noise": 0.1, "seed": 0}
    axes = (Axis("x"), Axis("y", centre=1.0, scale=2.0))
    return EvolutionResult(loss, settings, axes, strand_sets(found), evolution=found)


@pytest.fixture(scope="session")
def shown(result):
    return document(result, "evolution.nc")
