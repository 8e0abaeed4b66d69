"""The explorer's documents and pages: numbers, texts, errors."""

import base64
import hashlib
import json
import re
from dataclasses import replace

import numpy as np
import pytest
from typer.testing import CliRunner

from continuation.landscape import Dataset, FlowGraph, Loss, connect, find_critical_sets
from continuation.landscape.network import Axis, LossAlong
from continuation.landscape.search import reduced_loss
from continuation.storage import GraphResult, Result, save_result
from figures import graph as graphs
from figures.__main__ import app
from figures.explore import page as pages
from figures.explore.data import MAP_DIGITS, NODES, maps_document
from figures.explore.documents import document, facts
from figures.explore.paper import write_paper_page
from figures.explore.plain import DIGITS
from figures.explore.spots import Functions, InputWeights, Spot
from figures.settings import Budget, Settings
from symbolic import fukumizu_amari, overparameterised

AXES = (Axis("x"), Axis("y"))
HOSTILE = "</script><script>alert(1)</script><!-- <b onclick='x'> & \u2028"


def run(*arguments):
    done = CliRunner(env={"COLUMNS": "200"}).invoke(app, [str(a) for a in arguments])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, re.sub(r"\x1b\[[0-9;]*m", "", done.output)


def test_the_sets_of_a_frame_lie_on_their_strands(result, shown):
    strands = {strand.label: strand for strand in result.evolution.strands}
    seen = 0
    for frame in shown["frames"]:
        for place, loss, where in zip(frame["set"], frame["loss"], frame["where"], strict=True):
            strand = strands.get(shown["sets"][place])
            if strand is None:
                continue
            assert strand.p[0] <= frame["p"] <= strand.p[-1]
            assert loss == pytest.approx(np.interp(frame["p"], strand.p, strand.loss), rel=1e-11)
            if strand.set.limit is None:
                theta = [np.interp(frame["p"], strand.p, column) for column in strand.theta.T]
                assert where == "(" + ", ".join(f"{value:.5g}" for value in theta) + ")"
            seen += 1
    assert seen > 3 * len(shown["frames"])


def test_every_strand_and_every_graph_is_shown(result, shown):
    evolution = result.evolution
    assert {strand.label for strand in evolution.strands} <= set(shown["sets"])
    assert {f["interval"] for f in shown["frames"]} >= set(range(len(evolution.intervals)))
    graphs = [interval.graph for interval in evolution.intervals]
    for interval, graph in zip(shown["intervals"], graphs, strict=True):
        names = {shown["sets"][int(k)]: node for k, node in interval["nodes"].items()}
        assert set(names) == set(graph.nx)
        sizes = {name: node["orbit_size"] for name, node in graph.nx.nodes.items()}
        assert {name: node["orbit_size"] for name, node in names.items()} == sizes
        assert [shown["sets"][k] for k in interval["attractors"]] == list(graph.attractors)
        edges = [(shown["sets"][e["source"]], shown["sets"][e["target"]], e["multiplicity"])
                 for e in interval["edges"]]  # fmt: skip
        assert edges == [(r["source"], r["target"], r["multiplicity"]) for r in graph.rows()]


def test_a_strand_within_the_bracket_of_an_event_is_shown(result):
    """It is in no graph, as the strands are that live only above the first interval here."""
    evolution = replace(result.evolution, intervals=result.evolution.intervals[:1])
    graph = evolution.intervals[0].graph.nx
    born = [strand.label for strand in evolution.strands if strand.label not in graph]
    assert born
    page = document(replace(result, evolution=evolution), "short.nc")
    assert set(page["sets"]) == set(graph) - {"undecided"} | set(born)
    shown = {page["sets"][k] for frame in page["frames"] for k in frame["set"]}
    assert set(born) <= shown


def test_a_frame_has_the_indices_and_attractors_of_its_graph(result, shown):
    for frame in shown["frames"]:
        graph = result.evolution.graph(frame["p"])
        for place, index, attracts in zip(
            frame["set"], frame["index"], frame["attracting"], strict=True
        ):
            node = graph.nx.nodes[shown["sets"][place]]
            assert (index, attracts) == (node["index"], node["attracting"])


def test_the_parameter_stands_with_its_range_and_without_a_value(result):
    settings = {"noise": 0.1, "parameter": "noise", "lower": 0.5, "upper": 0.9, "seed": 3}
    told = [fact for fact in facts(replace(result, settings=settings)) if fact[0] != "model"]
    assert told == [["data", "sampled, n = 20"], ["noise", "0.5 to 0.9"], ["seed", "3"]]


def test_events_are_those_of_the_evolution(result, shown):
    events = [(event["p"], event["kind"], event["text"]) for event in shown["events"]]
    assert events
    assert [text for _, _, text in events] == [e.text for e in result.evolution.events]
    assert [p for p, _, _ in events] == pytest.approx([e.p for e in result.evolution.events])


def test_connections_and_trajectories_end_where_the_graph_says(result, shown):
    for interval in shown["intervals"]:
        edges = {(edge["source"], edge["target"]) for edge in interval["edges"]}
        assert {(path["source"], path["target"]) for path in interval["paths"]} <= edges
        for film in interval["films"]:
            assert film["end"] in interval["attractors"]
            assert np.all(np.diff(film["t"]) > 0.0)
            assert np.all(np.diff(film["loss"]) <= 1e-6 * film["loss"][0])


def test_a_document_is_plain_json(shown):
    assert json.loads(json.dumps(shown, allow_nan=False)) == shown


@pytest.mark.parametrize("noise", [0.0, 0.07, 0.23, 0.9])
def test_three_maps_give_the_reduced_loss_at_every_noise(noise):
    model = fukumizu_amari()
    loss = Loss(model, Dataset.sample(model, 30, 3))
    maps = maps_document(LossAlong(loss, "noise"), [0.05, 0.8])
    assert maps["exact"]
    at, axis = np.array(maps["at"]), (np.arange(NODES) + 0.5) / NODES
    assert np.allclose(maps["axis"], axis, rtol=10.0 ** (1 - DIGITS))
    weights = [np.prod([(noise - b) / (a - b) for b in at if b != a]) for a in at]
    rows = [12, 40, 80]
    mixed = sum(w * np.concatenate([table[k] for k in rows])
                for w, table in zip(weights, maps["rows"], strict=True))  # fmt: skip
    direct = reduced_loss(loss, axis / (1.0 - axis), noise=noise)
    expected = np.concatenate([direct[k, : k + 1] for k in rows])
    largest = np.array([np.max(np.concatenate(table)) for table in maps["rows"]])
    assert np.abs(mixed - expected).max() <= 10.0**-MAP_DIGITS * (1.0 + np.abs(weights) @ largest)


def test_places_of_input_weights():
    plane = InputWeights()
    assert plane.place(Spot(np.zeros(1), np.array([-3.0, 1.0, 5.0, 5.0]))) == (0.5, 0.75)


@pytest.mark.parametrize("seed", range(3))
def test_distances_of_functions_in_a_plane_are_kept(seed):
    rng = np.random.default_rng(seed)
    basis, _ = np.linalg.qr(rng.standard_normal((9, 2)))
    flat = rng.standard_normal((6, 2))
    spots = [Spot(basis @ row + 0.5, None) for row in flat]
    plane = Functions.of(spots)
    places = np.array([plane.place(spot) for spot in spots])
    shown = np.linalg.norm(places[:, None] - places, axis=2) * 3.0
    assert np.allclose(shown, np.linalg.norm(flat[:, None] - flat, axis=2))


def scripts(text):
    return re.findall(r"<script>(.*?)</script>", text, flags=re.DOTALL)


def documents(path):
    """What a page shows, read back from it."""
    pattern = r'<script id="payload" type="application/json">(.*?)</script>'
    (payload,) = re.findall(pattern, path.read_text(encoding="utf-8"), flags=re.DOTALL)
    return json.loads(payload)["documents"]


def test_a_page_runs_its_program_and_nothing_else(shown, tmp_path):
    hostile = {**shown, "name": HOSTILE, "notes": [HOSTILE], "facts": [[HOSTILE, HOSTILE]]}
    path = pages.write_page([hostile], HOSTILE, tmp_path / "page.html")
    text = path.read_text(encoding="utf-8")
    allowed = re.search(r"script-src ([^;]*);", text)[1].split()
    digests = [
        base64.b64encode(hashlib.sha256(s.encode()).digest()).decode() for s in scripts(text)
    ]
    assert allowed == [f"'sha256-{digest}'" for digest in digests]
    assert "default-src 'none'" in text
    assert HOSTILE not in text
    assert documents(path)[0]["name"] == HOSTILE
    assert not re.search(r'(src|href)\s*=\s*["\']?(https?:)?//', text.replace(scripts(text)[0], ""))
    assert path.stat().st_size < pages.LARGEST


def test_the_command_shows_files_of_several_kinds(result, tmp_path):
    save_result(result, tmp_path / "one.nc")
    save_result(Result(result.loss, {"noise": 0.2}, AXES, result.sets), tmp_path / "two.nc")
    target = tmp_path / "page.html"
    code, output = run("explore", tmp_path / "one.nc", tmp_path / "two.nc", "--output", target)
    assert code == 0, output
    assert "written" in output
    assert [one["kind"] for one in documents(target)] == ["evolution", "points"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("missing.nc",), "missing.nc"),
        ((), "--preset NAME and --data FILE.csv"),
        (("x.nc", "--preset", "single_unit"), "give either FILE"),
        (("x.nc", "--noise", "0.2"), "--noise goes with --preset or --data"),
    ],
)
def test_what_cannot_be_shown_is_one_line(arguments, says, tmp_path):
    code, output = run("explore", *arguments, "--output", tmp_path / "page.html")
    assert code == 1
    assert says in output
    assert "Traceback" not in output


@pytest.mark.slow
def test_a_graph_of_two_units_has_a_map_and_a_path_for_every_edge(tmp_path):
    model = overparameterised()
    loss = Loss(model, Dataset.sample(model, 20, 0))
    sets = find_critical_sets(loss, noise=0.1)
    graph = connect(loss, sets, noise=0.1)
    result = GraphResult(loss, {"noise": 0.1, "seed": 0}, AXES, sets, graph=graph)
    shown = document(result, "graph.nc")
    (frame,), (interval,) = shown["frames"], shown["intervals"]
    assert shown["parameter"] is None
    assert len(shown["map"]["rows"]) == 1
    assert frame["loss"][: len(sets)] == pytest.approx([found.loss for found in sets])
    drawn = {(path["source"], path["target"]) for path in interval["paths"]}
    assert {(edge["source"], edge["target"]) for edge in interval["edges"]} <= drawn


@pytest.mark.slow
def test_the_main_job_has_a_page_of_its_graphs(tmp_path):
    settings = Settings(budget=Budget.QUICK, preset=("single_unit",), n=20, noise=0.1)
    computed = [graphs.compute(part) for part in graphs.parts(settings)]
    path = write_paper_page(graphs.assemble(settings, computed), settings, tmp_path)
    (shown,) = documents(path)
    nodes = FlowGraph.from_json(computed[0].attrs["json"]).nx
    assert set(shown["sets"]) == set(nodes)
    assert len(shown["intervals"][0]["edges"]) == nodes.number_of_edges()
    assert shown["origin"]["n"] == 20
