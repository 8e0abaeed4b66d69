"""What is true of every branch, of every oracle and of a network's loss."""

import numpy as np
import pytest

from continuation import StepOptions, trace_branch
from tests import invariants
from tests.continuation.perceptron import problem as network
from tests.continuation.problems import ORACLES


@pytest.mark.parametrize("name", ORACLES)
def test_branches_of_the_oracles(name):
    oracle = ORACLES[name]
    branch = trace_branch(
        oracle.problem, oracle.x0, oracle.p0, oracle.limits, direction=oracle.direction
    )
    assert len(branch) > 3
    invariants.branch_solves_its_equations(oracle.problem, branch)


def test_the_branch_of_a_network():
    step = StepOptions(initial=0.02, maximum=0.05)
    branch = trace_branch(network(100), np.array([1.0, 4.0, 2.0, -1.0]), 0.0, (0.0, 0.3), step=step)
    invariants.branch_solves_its_equations(network(100), branch)
