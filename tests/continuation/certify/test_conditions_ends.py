"""Just one inequality violated, by a little. Of lines and ends."""

import json

import pytest

from continuation.certify.provers import limits
from continuation.certify.provers.infinity import infinity_certificate
from continuation.certify.provers.limits import NO_VALUE
from continuation.certify.provers.question import Question
from continuation.landscape import Dataset, Loss
from continuation.landscape.infinity import Jump, LimitModel
from symbolic import Model
from tests.continuation.certify import stored_certificates as stored
from tests.continuation.certify.condition_cases import (
    accepted,
    changed,
    hexed,
    parabola,
    refused,
    simple,
)


def test_a_line_copies_a_unit_of_its_base():
    record = stored.record("line")
    record["claim"]["unit"] = 1
    assert refused(record, "no such unit")


@pytest.mark.parametrize("piece", [0, 1, 2, None])
def test_every_piece_of_a_line_and_its_segment_have_their_own_inertia(piece):
    record = stored.record("line")
    assert accepted(record)
    changed = record["claim"] if piece is None else record["claim"]["pieces"][piece]
    negative, zero, positive = changed["inertia"]
    changed["inertia"] = [negative + 1, zero, positive - 1]
    reason = "the segment" if piece is None else "a piece of the line"
    assert refused(record, f"{reason} has another")


def test_decay_has_neither_lines_nor_ends():
    for name in ("line", "infinity"):
        record = changed(stored.record(name), weight_decay=hexed(1e-300))
        assert refused(record, "weight decay")


@pytest.mark.parametrize(
    ("network", "reason"),
    [
        ({"hidden": 2}, "no such end"),
        ({"hidden": 1, "output_weights": [1.0]}, "no such end"),
        ({"hidden": 1, "bias": True}, "no limit has these names"),
        ({"hidden": 1, "offset": True}, "no limit has these names"),
        ({"hidden": 1, "activation": "erf"}, "no tanh network"),
    ],
)
def test_an_end_belongs_to_the_networks_that_have_it(network, reason):
    record = stored.record("infinity")
    assert accepted(record)
    model = Model.perceptron(teacher="tanh(x)", **network)
    assert refused(changed(record, model=model.to_json()), reason)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"walls": [2, 7]}, "beyond the inputs"),
        ({"walls": [2, 0]}, "beyond the inputs"),
        ({"walls": [2]}, "lacks places of its jumps"),
        ({"walls": [2, 1]}, "alone between jumps"),
        ({"walls": [2, 4]}, "alone between jumps"),
        ({"names": ["s", "half", "offset", "s2"]}, "no limit has these names"),
        ({"subkind": "step"}, "another name"),
    ],
)
def test_jumps_lie_among_the_inputs_and_leave_each_to_one(changes, reason):
    record = stored.record("jumps")
    assert accepted(record)
    record["claim"] |= changes
    assert refused(record, reason)


def test_free_inputs_decide_nothing_and_the_nearer_one_does():
    """Beside an offset the first input is free behind a jump; of two the nearer decides."""
    x, y = [0.0, 1.0, 3.0, 4.0], [0.5, 0.2, 1.0, 1.4]
    model = Model.perceptron(hidden=1, bias=True, offset=True)
    question = Question.of(Loss(model, Dataset.from_observations(x, y)))
    border = LimitModel(offset=0.6833333333333333, jumps=(Jump(0.5, 0.18333333333333335),))
    inside = LimitModel(offset=0.85, jumps=(Jump(1.0, 0.35, (0.2 - 0.85) / 0.35),))
    assert infinity_certificate(question, inside).reason == NO_VALUE
    certificate = infinity_certificate(question, border)
    assert sum(certificate.inertia) == 3
    assert accepted(json.loads(certificate.to_json()))
    low = Question.of(Loss(model, Dataset.from_observations(x, [0.5, 0.8, 1.0, 1.4])))
    held = LimitModel(offset=0.85, jumps=(Jump(1.0, 0.35, (0.8 - 0.85) / 0.35),))
    certificate = infinity_certificate(low, held)
    assert certificate.inertia == (1, 0, 3)
    assert accepted(json.loads(certificate.to_json()))


def test_a_value_at_a_jump_lies_between_the_limits_of_the_unit(monkeypatch):
    monkeypatch.setattr(limits, "_halves", lambda end, theta: [])
    model = Model.perceptron(hidden=1, bias=True)
    loss = Loss(model, Dataset.from_observations([-1.0, 0.0, 1.5], [-1.0, 2.0, 1.2]))
    limit = LimitModel(jumps=(Jump(0.0, 1.1, 2.0 / 1.1),))
    certificate = infinity_certificate(Question.of(loss), limit)
    assert certificate.proved
    assert refused(json.loads(certificate.to_json()), "no unit has this value")


def test_the_derivative_across_an_end_has_a_sign():
    """With |x| = 1 the residual is orthogonal to x³ = x: the sign is open."""
    model = Model.perceptron(hidden=1)
    end = {"subkind": "linear", "names": ["c"]}
    claim = {**parabola()["claim"], **end}
    record = simple("a*x", [1.0, -1.0], [1.0, 0.0], "infinity", claim, model=model.to_json())
    for inertia in ([0, 0, 1], [0, 0, 2], [1, 0, 1]):
        record["claim"]["inertia"] = inertia
        assert refused(record, "may vanish")


def test_the_index_across_an_end_follows_the_sign():
    record = stored.record("infinity")
    negative, zero, positive = record["claim"]["inertia"]
    record["claim"]["inertia"] = [1 - negative, zero, 2 - positive + 1 - 1]
    assert refused(record, "another inertia")
