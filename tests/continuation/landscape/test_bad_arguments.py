"""What is no loss, no weights and no critical set is refused in words, wherever it is given."""

import pytest

from continuation import (
    InvalidInputError,
    Problem,
    UnknownNameError,
    switch_branch,
    trace_fold_curve,
)
from continuation.certify import certify_point, check
from continuation.ensemble import ensemble
from continuation.landscape import (
    Dataset,
    Loss,
    connect,
    estimate_basins,
    evolve,
    find_critical_sets,
    follow,
    locate,
    plane_diagram,
)
from symbolic import Model, single_unit

problem = Problem(lambda x, p: p * x - x**3)


OTHERS = ["a", {}, None, object(), 3]


@pytest.fixture(scope="module")
def loss():
    return Loss(single_unit(), Dataset.sample(single_unit(), n=10, seed=0))


@pytest.mark.parametrize("other", OTHERS)
def test_what_is_no_loss_or_model(loss, other):
    wanted = "must be a (Loss|Model|Dataset)"
    for call in (
        lambda: Loss(other, loss.data),
        lambda: Loss(loss.model, other),
        lambda: Dataset.sample(other, n=5, seed=0),
        lambda: find_critical_sets(other),
        lambda: connect(other, []),
        lambda: estimate_basins(other),
        lambda: evolve(other, "noise", (0.1, 0.2)),
        lambda: locate(other, [1.0, 1.0]),
    ):
        with pytest.raises(InvalidInputError, match=wanted):
            call()


@pytest.mark.parametrize("other", ["a", 5, None])
def test_what_cannot_be_told_of_progress(loss, other):
    for call in (
        lambda: find_critical_sets(loss, progress=other),
        lambda: connect(loss, [], progress=other),
        lambda: evolve(loss, "noise", (0.1, 0.2), progress=other),
        lambda: plane_diagram(loss, "noise", "size", ((0.1, 0.2), (5, 10)), progress=other),
        lambda: ensemble("count", [], data_sets=1, progress=other),
    ):
        with pytest.raises(InvalidInputError, match="progress must be a function"):
            call()


@pytest.mark.parametrize("other", ["a", {}, object()])
def test_what_are_no_weights(loss, other):
    for call in (loss.value, lambda t: locate(loss, t), lambda t: certify_point(loss, t)):
        with pytest.raises(InvalidInputError, match="theta must"):
            call(other)


@pytest.mark.parametrize("other", OTHERS)
def test_what_is_no_set_point_or_certificate(loss, other):
    with pytest.raises(InvalidInputError, match="find_critical_sets gives"):
        follow(loss, other, "noise", (0.1, 0.2))
    with pytest.raises(InvalidInputError, match="find_critical_sets gives"):
        connect(loss, [other])
    for call in (
        lambda: switch_branch(problem, other, p_limits=(-1, 1)),
        lambda: trace_fold_curve(lambda q: problem, other, 0.0, (0, 1)),
    ):
        with pytest.raises(InvalidInputError, match=r"one of branch\.special"):
            call()
    assert not check(other).accepted


def test_names(loss):
    with pytest.raises(ValueError, match="choose one of noise") as unknown:
        loss.problem("nois")
    assert isinstance(unknown.value, UnknownNameError)
    with pytest.raises(InvalidInputError, match="states must be"):
        Problem(lambda x, p: x, states=None)
    with pytest.raises(ValueError, match="parameters must be names"):
        Model.from_expression("a*x", None)
    with pytest.raises(ValueError, match="loss must be one of"):
        Model.mlp(inputs=2, hidden=(2,), loss={})
