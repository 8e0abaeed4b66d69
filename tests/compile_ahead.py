"""What takes long to compile, so that every worker can begin with a part that no other has."""

from collections.abc import Callable

from continuation.landscape import Dataset, Loss, find_critical_sets
from continuation.landscape.flow.compiled import compiled_flows
from continuation.landscape.search.reduced_seeker import compiled_reduced_seeker
from continuation.landscape.search.seekers import compiled_seeker
from continuation.stepper import compiled
from symbolic import overparameterised


def search() -> None:
    """The exhaustive search, with the loss of one unit and of two."""
    model = overparameterised()
    find_critical_sets(Loss(model, Dataset.sample(model, 5, 0)), noise=0.1, regions=False)


TASKS: tuple[Callable[[], object], ...] = (
    compiled_flows,
    search,
    compiled,
    compiled_reduced_seeker,
    compiled_seeker,
)
"""Dealt in turn: two workers have about as much to do each."""
