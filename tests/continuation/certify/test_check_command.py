"""`python -m continuation check`: stored certificates are proved again, damaged ones refused."""

import json
import time
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from typer.testing import CliRunner

from continuation import certify
from continuation.__main__ import app
from continuation.certify import (
    agreements,
    agreements_of_graph,
    certificates_to_json,
    certify_sets,
    check,
)
from continuation.landscape import FlowGraph
from continuation.landscape.network import Stabiliser
from continuation.storage.netcdf import read_dataset, write_dataset
from continuation.storage.results import CERTIFICATES, load_result
from tests.continuation.certify.certify_cases import NOISE, found, preset_loss
from tests.continuation.clock import Clock

RUNNER = CliRunner()


@cache
def certificates():
    loss = preset_loss("fukumizu_amari", 0, samples=12)
    return certify_sets(loss, found(loss), noise=NOISE)


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    path = tmp_path_factory.mktemp("graph") / "graph.nc"
    options = ["--preset", "fukumizu_amari", "--n", "12", "--output", str(path)]
    result = RUNNER.invoke(app, ["graph", *options])
    assert result.exit_code == 0, result.output
    assert "proved:" in result.output
    return path


KNOWN = {}
"""What the checker said of certificates, by their text: most tests change other things."""


def known(certificate, **_progress):
    text = certificate.to_json()
    if text not in KNOWN:
        KNOWN[text] = check(certificate)
    return KNOWN[text]


@pytest.fixture(autouse=True)
def _checked_once(monkeypatch):
    monkeypatch.setattr(certify, "check", known)


def run(path):
    return RUNNER.invoke(app, ["check", str(path)])


def test_a_stored_graph_is_checked(stored):
    result = run(stored)
    assert result.exit_code == 0, result.output
    assert "0 refused" in result.output
    loaded = load_result(stored)
    assert sum(c.proved for c in loaded.certificates) >= 3
    assert any(c.kind == "basin" for c in loaded.certificates)
    marked = {n for n, node in loaded.graph.nx.nodes(data=True) if node["certified"]}
    labels = [s.label for s in loaded.sets]
    assert marked == {labels[c.set] for c in loaded.certificates if c.proved}


def damaged(stored, tmp_path, change):
    """The file with a change and new checksums, as somebody makes it who means to deceive."""
    data = read_dataset(stored)
    change(data)
    return write_dataset(tmp_path / "damaged.nc", data, data.attrs["kind"])


def test_a_moved_point_in_a_result_is_refused(stored, tmp_path):
    def move(data):
        record = json.loads(str(data[CERTIFICATES].item()))
        point = next(c for c in record["certificates"] if c["kind"] == "point")
        point["claim"]["theta"][0] = (float.fromhex(point["claim"]["theta"][0]) + 1e-3).hex()
        data[CERTIFICATES] = ((), json.dumps(record))

    result = run(damaged(stored, tmp_path, move))
    assert result.exit_code == 1
    assert "REFUSED" in result.output
    assert "1 refused" in result.output


def test_other_data_in_a_result_are_refused(stored, tmp_path):
    def replace(data):
        data["data_x"] = data["data_x"] + np.float64(1e-9)

    result = run(damaged(stored, tmp_path, replace))
    assert result.exit_code == 1
    assert "other data" in result.output


def every(name, value):
    def change(data):
        data[name] = data[name] * 0 + value if value is not None else data[name] * 1.5

    return change


def one(name, place, factor):
    def change(data):
        values = data[name].to_numpy().copy()
        values[place] = values[place] * factor + (values[place] == 0)
        data[name] = (data[name].dims, values)

    return change


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (every("theta", None), "that of another set"),
        (every("loss", 7.0), "the loss 7.0"),
        (every("inertia", 0), "the inertia (0, 0, 0)"),
        (one("loss", 0, 1 + 1e-8), "the loss"),
        (one("theta", (0, 0), 1 + 1e-15), "that of another set"),
        (one("excess_risk", 0, 1.01), "excess_risk is not"),
        (one("eigenvalues", (0, 0), 1.01), "eigenvalues is not"),
        (one("orbit_size", 0, 2), "orbit_size is not"),
        (one("attracting", 0, 0), "attracting is not"),
        (one("error_bound", (0, 0), 5.0), "error_bound is not"),
        (one("error_bound", (0, 0), 0.1), "error_bound is not"),
    ],
)
def test_numbers_beside_the_certificates_must_be_theirs(stored, tmp_path, change, said):
    result = run(damaged(stored, tmp_path, change))
    assert result.exit_code == 1, result.output
    assert "DOES NOT AGREE" in result.output
    assert said in " ".join(result.output.split())


def change_collection(change):
    def replace(data):
        record = json.loads(str(data[CERTIFICATES].item()))
        change(record)
        data[CERTIFICATES] = ((), json.dumps(record))

    return replace


def test_every_set_has_its_own_certificate(stored, tmp_path):
    def drop(record):
        del record["certificates"][0]

    def double(record):
        record["certificates"].append(record["certificates"][0])

    def empty(record):
        record["certificates"] = []

    def swap(record):
        points = [c for c in record["certificates"] if c["kind"] == "point" and c["claim"]]
        points[0]["set"], points[1]["set"] = points[1]["set"], points[0]["set"]

    for change in (drop, double, empty, swap):
        assert run(damaged(stored, tmp_path, change_collection(change))).exit_code == 1


def test_certificates_of_another_loss_are_refused(stored, tmp_path):
    """Whole certificates, with a problem of their own, beside sets that they do not speak of."""
    other = preset_loss("fukumizu_amari", 1, samples=12)
    proved = certificates_to_json(certify_sets(other, found(other), noise=NOISE))

    def replace(data):
        data[CERTIFICATES] = ((), proved)

    result = run(damaged(stored, tmp_path, replace))
    assert result.exit_code == 1
    assert "speaks of another loss" in " ".join(result.output.split())


def test_a_file_in_which_nothing_is_certified_does_not_pass(tmp_path):
    path = tmp_path / "sets.json"
    path.write_text(certificates_to_json([]))
    assert run(path).exit_code == 1
    path.write_text(certificates_to_json([c for c in certificates() if not c.proved]))
    assert run(path).exit_code == 1


def test_each_stored_number_is_certified_recomputed_or_unchecked(stored):
    words = " ".join(run(stored).output.split())
    assert "certified: theta, inertia, loss; recomputed:" in words
    assert "conditions, evidence, region" in words
    assert "connections: loss drops recomputed" in words
    assert "flows of the graph: followed anew out of 10 sets" in words


def change_graph(change):
    """A change of the graph of a result, as a file holds it."""

    def replace(data):
        graph = json.loads(data.attrs["graph"])
        change(graph)
        data.attrs["graph"] = json.dumps(graph)

    return replace


def test_a_connection_that_the_flow_does_not_make_is_noticed(stored, tmp_path):
    def bend(graph):
        link = next(link for link in graph["links"] if "line_parameter" in link)
        link["line_parameter"] += 0.1

    result = run(damaged(stored, tmp_path, change_graph(bend)))
    assert result.exit_code == 1
    assert "has another line_parameter" in " ".join(result.output.split())


def test_flows_are_unchecked_where_their_number_is_not_said(stored, tmp_path):
    def forget(data):
        settings = json.loads(data.attrs["settings"])
        del settings["most_departures"]
        data.attrs["settings"] = json.dumps(settings)

    result = run(damaged(stored, tmp_path, forget))
    assert result.exit_code == 0
    assert "unchecked (the file does not say how many were" in " ".join(result.output.split())


def test_flows_for_which_no_time_is_left_are_no_success(stored, monkeypatch):
    Clock(monkeypatch, tick=1e-6)
    again = certify.follow_again

    def late(*arguments, **options):
        return again(*arguments, **{**options, "seconds": 1e-9})

    monkeypatch.setattr(certify, "follow_again", late)
    result = RUNNER.invoke(app, ["check", str(stored), "--seconds", "1000"])
    assert result.exit_code == 1
    words = " ".join(result.output.split())
    assert "flows of the graph out of 10 sets: unchecked (the time was over)" in words


def test_a_json_file_is_checked(tmp_path):
    path = tmp_path / "sets.json"
    path.write_text(certificates_to_json(certificates()))
    assert run(path).exit_code == 0
    proved = next(c for c in certificates() if c.proved)
    path.write_text(proved.to_json())
    assert "1 accepted" in run(path).output


@pytest.mark.parametrize("text", ["", "{}", "[1]"])
def test_other_files_end_in_a_clear_error(tmp_path, text):
    path = tmp_path / "other.json"
    path.write_text(text)
    result = run(path)
    assert result.exit_code == 1
    assert "error:" in result.output
    assert "Traceback" not in result.output


def test_missing_files_and_results_without_certificates_end_in_a_clear_error(stored, tmp_path):
    assert "error:" in run(tmp_path / "missing.json").output
    assert "error:" in run(tmp_path / "missing.nc").output

    def forget(data):
        del data[CERTIFICATES]

    result = run(damaged(stored, tmp_path, forget))
    assert result.exit_code == 1
    assert "no certificates" in result.output


def test_results_can_do_without(tmp_path):
    path = tmp_path / "plain.nc"
    options = ["--preset", "fukumizu_amari", "--n", "12", "--no-certify", "--output", str(path)]
    assert RUNNER.invoke(app, ["points", *options]).exit_code == 0
    assert load_result(path).certificates == ()


def test_what_the_time_does_not_reach_is_unchecked_and_no_success(stored):
    result = RUNNER.invoke(app, ["check", str(stored), "--seconds", "1e-9"])
    assert result.exit_code == 1
    left = sum(c.proved for c in load_result(stored).certificates)
    assert "0 accepted, 0 refused" in result.output
    assert f"{left} left unchecked: the time was over" in result.output
    assert result.output.count("UNCHECKED") == left
    assert "DOES NOT AGREE" not in result.output
    assert RUNNER.invoke(app, ["check", str(stored), "--seconds", "1e6"]).exit_code == 0


def test_a_certificate_that_takes_longer_than_the_time_is_given_up(stored, monkeypatch):
    def slow(certificate, **_progress):
        if not certificate.proved:
            return check(certificate)
        try:
            time.sleep(600.0)
        except Exception as error:  # as a checker that takes whatever happens for damage
            raise AssertionError from error
        raise AssertionError

    monkeypatch.setattr(certify, "check", slow)
    result = RUNNER.invoke(app, ["check", str(stored), "--seconds", "0.5"])
    assert result.exit_code == 1
    left = sum(c.proved for c in load_result(stored).certificates)
    assert f"{left} left unchecked: the time was over" in result.output


def changed_evidence(stored, change):
    """The message on a set of a file whose sets were changed as objects."""
    loaded = load_result(stored)
    sets = [change(found) for found in loaded.sets]
    checked = [(c, known(c)) for c in loaded.certificates]
    parameters = {"noise": loaded.settings["noise"], "weight_decay": 0.0}
    return list(agreements(loaded.loss, sets, checked, parameters))


def with_branch(found, **changes):
    """The set with another evidence, where it rests on a branch."""
    why = found.evidence
    if why is None or why.branch is None:
        return found
    branch = replace(why.branch, **{k: v(getattr(why.branch, k)) for k, v in changes.items()})
    return replace(found, evidence=replace(why, branch=branch))


def test_regions_evidence_and_symmetry_are_recomputed(stored):
    found = changed_evidence(stored, lambda s: s)
    assert not any(agreement.faults for agreement in found)
    assert any("region" in agreement.recomputed for agreement in found)
    assert all(
        "stabiliser" in a.recomputed
        for a, s in zip(found, load_result(stored).sets, strict=True)
        if s.theta is not None
    )


def of_segment(found, **changes):
    """The set with another first segment, where it has some."""
    if not found.segments:
        return found
    first = replace(found.segments[0], **changes)
    return replace(found, segments=(first, *found.segments[1:]))


def of_end(found, name, change):
    """The set at infinity with another number, or value, by name."""
    return replace(found, **{name: change(getattr(found, name))}) if found.at_infinity else found


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("segments", lambda s: of_segment(s, index=2)),
        ("segments", lambda s: of_segment(s, upper=0.5)),
        ("segments", lambda s: of_segment(s, transverse_curvature=-3.0)),
        (
            "pieces",
            lambda s: replace(
                s, pieces=tuple(replace(piece, index=piece.index + 1) for piece in s.pieces)
            ),
        ),
        ("pieces", lambda s: replace(s, pieces=s.pieces[:-1])),
        ("attracting", lambda s: replace(s, attracting=not s.attracting) if s.is_line else s),
        ("attracting", lambda s: of_end(s, "attracting", lambda value: not value)),
        ("orbit_size", lambda s: of_end(s, "orbit_size", lambda value: 2 * value)),
        ("stabiliser", lambda s: of_end(s, "stabiliser", lambda value: Stabiliser(7))),
        (
            "normal_derivatives",
            lambda s: of_end(s, "normal_derivatives", lambda d: (1.001 * d[0], *d[1:])),
        ),
        ("eigenvalues", lambda s: of_end(s, "eigenvalues", lambda values: 1.001 * values)),
        ("error_bound", lambda s: of_end(s, "error_bound", lambda values: 0.1 * values)),
        ("kind", lambda s: replace(s, kind="manifold")),
        ("inertia", lambda s: of_end(s, "inertia", lambda signs: (signs[0] + 1, 0, signs[2]))),
    ],
)
def test_each_number_that_is_recomputed_is_compared(stored, name, change):
    found = changed_evidence(stored, change)
    assert any(f"{name} is not what" in fault for a in found for fault in a.faults)


def test_nothing_of_an_end_or_a_line_is_left_unchecked(stored):
    found = changed_evidence(stored, lambda s: s)
    assert not any(agreement.faults for agreement in found)
    for agreement, one in zip(found, load_result(stored).sets, strict=True):
        if one.is_line or one.is_isolated:
            assert agreement.unchecked == ()
        if one.at_infinity and one.subkind != "step":
            assert not {"orbit_size", "stabiliser", "attracting"} & set(agreement.unchecked)


@pytest.mark.parametrize(
    "change",
    [
        lambda why: replace(why, tends_to_teacher=not why.tends_to_teacher),
        lambda why: replace(why, slope=np.nan_to_num(why.slope) + 0.1),
    ],
)
def test_an_exponent_that_the_branch_does_not_have_is_noticed(stored, change):
    def falsified(found):
        why = found.evidence
        if why is None or why.branch is None:
            return found
        return replace(found, evidence=change(why))

    found = changed_evidence(stored, falsified)
    faults = [a.set for a in found if any("evidence is not what" in f for f in a.faults)]
    branched = [k for k, s in enumerate(load_result(stored).sets) if s.evidence.branch is not None]
    ends = [k for k in branched if load_result(stored).sets[k].at_infinity]
    assert ends
    assert set(branched) == set(faults)


@pytest.mark.parametrize("said", ["proved", "its branch ends at noise 0.1 (limit)"])
def test_the_reason_of_evidence_is_made_from_its_numbers(stored, said):
    """No word of a file is printed as if it had been checked."""
    found = changed_evidence(
        stored, lambda s: replace(s, evidence=s.evidence and replace(s.evidence, reason=said))
    )
    stated = [a for a in found if {"evidence", "region"} <= {*a.recomputed}]
    assert stated
    assert all("evidence is not what the weights give" in a.faults for a in stated)


@pytest.mark.parametrize(
    "change",
    [
        lambda s: with_branch(
            s, state=lambda rows: rows[1:], noise=lambda n: n[1:], distance=lambda d: d[1:]
        ),
        lambda s: with_branch(s, state=lambda rows: (tuple(1.001 * x for x in rows[0]), *rows[1:])),
        lambda s: with_branch(s, noise=lambda levels: (*levels[:-1], 1.1 * levels[-1])),
        lambda s: with_branch(s, distance=lambda d: (*d[:-1], 0.5 * d[-1])),
    ],
)
def test_evidence_that_its_branch_does_not_give_is_noticed(stored, change):
    found = changed_evidence(stored, change)
    assert any("evidence is not what" in fault for a in found for fault in a.faults)


def test_another_region_or_stabiliser_is_noticed(stored):
    def relabelled(found):
        return replace(found, region="overfitting" if found.region == "other" else "other")

    found = changed_evidence(stored, relabelled)
    assert any("region is not what" in fault for a in found for fault in a.faults)
    found = changed_evidence(
        stored, lambda s: replace(s, stabiliser=Stabiliser(s.stabiliser.order + 1))
    )
    assert any("stabiliser is not what" in fault for a in found for fault in a.faults)


def test_a_false_loss_drop_is_noticed(stored):
    loaded = load_result(stored)
    graph = loaded.graph.nx.copy()
    for _, _, edge in graph.edges(data=True):
        edge["loss_drop"] = -edge["loss_drop"]
    checked = [(c, known(c)) for c in loaded.certificates]
    faults = agreements_of_graph(FlowGraph(graph, loaded.sets), loaded.sets, checked)
    assert any("the loss rises from" in fault for fault in faults)
    assert any("is not that between the sets" in fault for fault in faults)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("multiplicity", lambda v: v + 1, "sides lead away from"),
        ("share", lambda v: 0.9 * v, "do not add up to 1"),
        ("status", lambda v: "point" if v != "point" else "line", "does not end in a"),
        ("duration", lambda v: -v, "takes no time"),
    ],
)
def test_connections_that_cannot_be_are_noticed(stored, name, value, said):
    loaded = load_result(stored)
    graph = loaded.graph.nx.copy()
    for _, _, edge in graph.edges(data=True):
        if name in edge:
            edge[name] = value(edge[name])
    checked = [(c, known(c)) for c in loaded.certificates]
    assert agreements_of_graph(loaded.graph, loaded.sets, checked) == []
    faults = agreements_of_graph(FlowGraph(graph, loaded.sets), loaded.sets, checked)
    assert any(said in fault for fault in faults)


@pytest.mark.parametrize("name", ["excess_risk", "escape_rate", "theta", "limit", "found_by"])
def test_every_number_of_a_node_is_that_of_its_set(stored, name):
    loaded = load_result(stored)
    graph = loaded.graph.nx.copy()
    label = next(n for n, node in graph.nodes(data=True) if name in node)
    node = graph.nodes[label]
    node[name] = 2.0 * node[name] if isinstance(node[name], float) else "elsewhere"
    checked = [(c, known(c)) for c in loaded.certificates]
    faults = agreements_of_graph(FlowGraph(graph, loaded.sets), loaded.sets, checked)
    assert any(f"{name} is not that of its set" in fault for fault in faults)


def test_a_node_that_a_flow_has_met_is_no_listed_set(stored):
    loaded = load_result(stored)
    graph = loaded.graph.nx.copy()
    source = next(iter(graph))
    graph.add_node("isolated (flow) 1", **graph.nodes[source] | {"found_by": "flow"})
    checked = [(c, known(c)) for c in loaded.certificates]
    assert agreements_of_graph(FlowGraph(graph, loaded.sets), loaded.sets, checked) == []
