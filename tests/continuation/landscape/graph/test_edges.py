"""Edges that are one connection are joined."""

from types import SimpleNamespace

import pytest

from continuation.landscape.graph.edges import UNDECIDED, flow_edge, merged

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


def test_the_loss_falls_by_what_the_source_lies_above_the_end():
    saddle = SimpleNamespace(label="saddle", loss=0.5)
    line = SimpleNamespace(label="line", is_line=True)
    end = SimpleNamespace(status="line", loss=0.125, duration=3.0, line_parameter=0.70049)
    edge = flow_edge(saddle, "left", end, line)
    assert (edge["source"], edge["target"], edge["departure"]) == ("saddle", "line", "left")
    assert (edge["loss_drop"], edge["duration"], edge["line_parameter"]) == (0.375, 3.0, 0.7)
    lost = flow_edge(saddle, "left", end, None)
    assert (lost["target"], lost["loss_drop"]) == (UNDECIDED, 0.375)
    assert "line_parameter" not in lost
