"""Edges that are one connection are joined."""

import pytest

from continuation.landscape.graph.edges import merged

EDGE = {"source": "a", "target": "b", "status": "point", "departure": "sampled"}


def test_multiplicities_add_up_and_the_fastest_and_the_worst_count():
    first = EDGE | {"multiplicity": 2, "share": 0.25, "duration": 7.0, "loss_drop": 0.1,
                    "direction_error": 1e-3, "passage_distance": 0.1}  # fmt: skip
    second = first | {"multiplicity": 3, "share": 0.5, "duration": 5.0, "direction_error": 1e-2}
    (joined,) = merged([first, second])
    assert joined["multiplicity"] == 5
    assert joined["share"] == pytest.approx(0.75)
    assert (joined["duration"], joined["direction_error"]) == (5.0, 1e-2)


def test_other_ends_ways_and_places_are_other_connections():
    edge = EDGE | {"multiplicity": 1, "duration": 1.0}
    others = [edge | {name: value} for name, value in
              (("target", "c"), ("departure", "line"), ("line_parameter", 0.3))]  # fmt: skip
    assert len(merged([edge, *others])) == 4
