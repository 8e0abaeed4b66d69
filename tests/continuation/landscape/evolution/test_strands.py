"""States along strands."""

import numpy as np
import pytest

from continuation.landscape import Dataset, Loss, find_critical_sets, follow
from continuation.landscape.evolution import StrandAt
from continuation.landscape.evolution.cutting import strands_of
from continuation.landscape.network import LossAlong
from symbolic import single_unit


def test_a_set_is_known_where_another_branch_crosses_it():
    """There the Jacobian is singular to the last digit: <x, y> = 3/2 is the decay itself."""
    loss = Loss(single_unit(), Dataset.from_observations([1.0, 2.0], [1.0, 1.0]))
    sets = find_critical_sets(loss, weight_decay=1.0, most_runs=200)
    (origin,) = (found for found in sets if found.subkind == "origin")
    (strand,) = strands_of(follow(loss, origin, "weight_decay", (0.5, 2.0)))
    at = StrandAt(LossAlong(loss, "weight_decay"), strand)
    hessian = loss.hessian([0.0, 0.0], weight_decay=1.5)
    assert np.linalg.det(hessian) == 0.0
    np.testing.assert_array_equal(at.state(1.5), [0.0, 0.0])
    assert at.critical_set(1.5).nullity == pytest.approx(1)
