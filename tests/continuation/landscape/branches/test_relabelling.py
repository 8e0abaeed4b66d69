"""Labels do not depend on the scale of the weights."""

import numpy as np
import pytest

from continuation.landscape import Dataset, Loss, find_critical_sets, follow
from symbolic import overparameterised

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def branches():
    """An isolated branch through small output weights, and the silent unit that it crosses."""
    model = overparameterised()
    loss = Loss(model, Dataset.sample(model, 200, 0))
    sets = find_critical_sets(loss, noise=0.1, size=100, regions=False)
    schedule = (20, 50, 100, 200)
    return [
        follow(loss, s, "size", (20, 200), schedule=schedule)
        for s in sets
        if s.subkind == "isolated" and s.attracting
    ]


def test_folds_and_crossings_carry_their_generic_names(branches):
    """In one parameter only folds and branch points are generic; a cusp would be a wrong label."""
    located = [s for b in branches for s in b.special if s.located]
    kinds = {s.kind for s in located} - {"target", "limit"}
    assert kinds == {"fold", "pitchfork"}


def test_a_branch_crosses_the_silent_unit_at_a_pitchfork(branches):
    """Where v of one unit vanishes, both signs of it meet."""
    for branch in branches:
        for s in branch.special:
            if s.located and s.kind == "pitchfork":
                assert np.abs(s.x[2:]).min() < 1e-9
            elif s.located and s.kind == "fold":
                assert np.abs(s.x[2:]).min() > 1e-5


def test_what_is_not_confirmed_is_not_called_located(branches):
    for branch in branches:
        for s in branch.special:
            if s.kind in ("cusp", "touch"):
                assert not s.located
                assert "not confirmed" in s.status
