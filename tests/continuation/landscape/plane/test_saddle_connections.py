"""A switch of an evolution as a boundary value problem, and its curve in two parameters."""

import numpy as np
import pytest

from continuation import InvalidInputError, StepOptions, UnknownNameError
from continuation.landscape import Dataset, Evolution, Loss, Switch, evolve, trace_switch
from continuation.landscape.flow import flow_to_limit
from continuation.landscape.network import Conditions, LossAlong
from symbolic import overparameterised

LIMITS = (0.7385, 0.7425)
"""Of the noise; within, one connection of this data set switches."""

FEW = StepOptions(initial=0.02, maximum=0.2, minimum=1e-6, max_samples=4)


@pytest.fixture(scope="module")
def loss():
    model = overparameterised()
    return Loss(model, Dataset.sample(model, 100, 1))


@pytest.fixture(scope="module")
def evolution(loss):
    return evolve(loss, "noise", LIMITS, searched_at=LIMITS, resolution=4, regions=False)


@pytest.mark.slow
def test_the_connection_is_where_bisection_found_the_switch(loss, evolution):
    (switch,) = evolution.switches
    branch = trace_switch(loss, evolution, switch, "population", (0.9, 1.0), direction=-1, step=FEW)
    assert (branch.codimension, branch.meaning.parameter) == (1, "noise")
    assert branch.meaning.second == "population"
    assert branch.p[0] == pytest.approx(switch.p, abs=1e-9)
    assert branch.q[0] == 1.0
    assert (np.diff(branch.q) < 0).all()
    assert branch.error[-1] < 1e-6


@pytest.mark.slow
def test_along_the_curve_flows_on_both_sides_end_elsewhere(loss, evolution):
    branch = trace_switch(
        loss, evolution, evolution.switches[0], "population", (0.9, 1.0), direction=-1, step=FEW
    )
    last = branch[-1]
    along = LossAlong(loss, "noise", Conditions().where("population", last.q))
    ends = []
    for p in (last.p - 1e-6, last.p + 1e-6):
        at = along.at(p)
        source = last.source
        for _ in range(5):
            source = source - np.linalg.solve(at.hessian(source), at.gradient(source))
        e = np.linalg.eigh(at.hessian(source))[1][:, 0]
        e = e * np.sign(e @ (last.x[len(last.x) // 4] - last.source))
        result = flow_to_limit(at, source + 1e-4 * e, rtol=1e-9)
        ends.append((result.subkind, result.status, np.round(np.asarray(result.theta), 2).tolist()))
    assert ends[0] != ends[1]


@pytest.mark.parametrize(
    ("second", "saddle", "error", "words"),
    [
        ("noise", "point 1", InvalidInputError, "parameter of the evolution"),
        ("colour", "point 1", UnknownNameError, "colour"),
        ("population", "", InvalidInputError, "not recognised"),
        ("population", "point 1", UnknownNameError, "no set"),
    ],
)
def test_misuse_is_named(loss, second, saddle, error, words):
    switch = Switch("point 2", 1, "a", "b", saddle, 0.74, 0.0, (0.74, 0.74), 0.74, 0.0, "located")
    empty = Evolution("noise", LIMITS, (), (), (switch,), (), ())
    with pytest.raises(error, match=words):
        trace_switch(loss, empty, switch, second, (0.9, 1.0))
