"""The loss along one parameter: at every value it is the loss that the kernels know."""

import numpy as np
import pytest

from continuation.errors import InvalidInputError, UnknownNameError
from continuation.landscape import Dataset, Loss
from continuation.landscape.network import Conditions, LossAlong
from continuation.landscape.network.along import in_blocks
from symbolic import overparameterised

THETA = np.array([0.7, 1.3, 0.4, -0.2])
FIXED = Conditions(noise=0.1, weight_decay=0.03)
CASES = [
    ("noise", 0.4, FIXED, ()),
    ("noise", 0.4, Conditions(size=17.3), ()),
    ("size", 33.0, FIXED, ()),
    ("size", 33.4, FIXED, ()),
    ("size", 33.0, FIXED, (20, 40)),
    ("size", 20.0, FIXED, (20, 30, 40)),
    ("weight_decay", 0.2, FIXED, ()),
    ("population", 0.3, FIXED, ()),
    ("population", 1.0, Conditions(noise=0.1), ()),
    ("noise", 0.2, Conditions(size=33.4), (20, 30, 40)),
    ("noise", 0.2, Conditions(population=0.6), ()),
    ("weight_decay", 0.2, Conditions(noise=0.1, size=21.0), (20, 30, 40)),
]


@pytest.fixture(scope="module")
def loss():
    model = overparameterised()
    return Loss(model, Dataset.sample(model, 40, 0))


@pytest.mark.parametrize(("parameter", "p", "fixed", "schedule"), CASES)
def test_the_loss_at_a_value_is_the_one_that_is_continued(loss, parameter, p, fixed, schedule):
    along = LossAlong(loss, parameter, fixed, schedule)
    value, gradient, hessian, _ = along.problem().evaluate(THETA, p)
    at = along.at(p)
    assert at.value(THETA) == pytest.approx(value, rel=1e-13)
    np.testing.assert_allclose(at.gradient(THETA), gradient, rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(at.hessian(THETA), hessian, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize(("parameter", "p", "fixed", "schedule"), CASES)
def test_single_units_see_the_same_data(loss, parameter, p, fixed, schedule):
    along = LossAlong(loss, parameter, fixed, schedule)
    responses, at = along.responses(p), along.at(p)
    residual = THETA[2:] @ responses.features(THETA[:2], 0)[0] - responses.target
    decay = at.conditions.weight_decay
    expected = at.value(THETA) - 0.5 * decay * float(THETA @ THETA)
    assert 0.5 * float(residual @ residual) == pytest.approx(expected, rel=1e-12)


def test_the_entry_of_the_parameter_plays_no_part(loss):
    one, other = (LossAlong(loss, "noise", Conditions(noise=s)) for s in (0.1, 0.7))
    assert one.at(0.3).gradient(THETA).tolist() == other.at(0.3).gradient(THETA).tolist()
    assert one.problem().residual(THETA, 0.3).tolist() == (
        other.problem().residual(THETA, 0.3).tolist()
    )
    assert one.value(Conditions(noise=0.7)) == 0.7
    assert LossAlong(loss, "size").value(Conditions()) == 40.0


def test_weight_decay_anywhere_counts(loss):
    assert LossAlong(loss, "weight_decay").decays
    assert LossAlong(loss, "noise", FIXED).decays
    assert not LossAlong(loss, "noise").decays


def test_blocks_of_samples(loss):
    data = loss.data
    assert in_blocks(data, 20.0, (20, 40)).weights is None
    assert in_blocks(data, 40.0, (20, 40)).size == 40
    assert in_blocks(data, 30.0, (20, 30, 40)).weights is None
    middle = in_blocks(data, 30.0, (20, 40))
    assert middle.weights.sum() == pytest.approx(1.0)
    assert middle.weights[25] / middle.weights[5] == pytest.approx(0.5)


def test_what_has_no_meaning_is_refused(loss):
    with pytest.raises(UnknownNameError, match="temperature"):
        LossAlong(loss, "temperature").problem()
    with pytest.raises(InvalidInputError, match="schedule"):
        LossAlong(loss, "noise", schedule=(20, 40)).problem()
