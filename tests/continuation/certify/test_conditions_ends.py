"""Just one inequality violated, by a little. Of lines and ends."""

import pytest

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
    "network",
    [
        {"hidden": 2},
        {"hidden": 1, "output_weights": [1.0]},
        {"hidden": 1, "bias": True},
        {"hidden": 1, "offset": True},
    ],
)
def test_an_end_belongs_to_the_networks_that_have_it(network):
    record = stored.record("infinity")
    assert accepted(record)
    model = Model.perceptron(teacher="tanh(x)", **network)
    reason = "no such end" if len(network) == 1 or "output_weights" in network else "without bias"
    assert refused(changed(record, model=model.to_json()), reason)


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
