from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from continuation.errors import InvalidInputError
from continuation.landscape.flow.gradient_flow import flows_to_limits
from continuation.landscape.graph.connect import connect
from continuation.landscape.graph.departures import departures
from continuation.landscape.graph.exploration import explore
from continuation.landscape.graph.flow_graph import FlowGraph
from continuation.landscape.graph.manifold_points import (
    fixed_subspace,
    manifold_points,
    unstable_directions,
)
from continuation.landscape.graph.targets import match
from continuation.landscape.graph.unstable_spheres import UnstableSphere, sphere
from continuation.landscape.network.dataset import Dataset
from continuation.landscape.network.loss import Loss
from continuation.landscape.network.symmetry import Symmetry
from continuation.landscape.search.find import find_critical_sets
from continuation.landscape.sets.assembly import Assembler
from symbolic import Model, fukumizu_amari, overparameterised, single_unit
from tests import invariants

NOISE = 0.1
CASES = [(fukumizu_amari, 0), (fukumizu_amari, 1), (overparameterised, 0), (overparameterised, 2)]


@pytest.fixture(scope="module", params=CASES, ids=lambda case: f"{case[0].__name__}-{case[1]}")
def case(request):
    preset, seed = request.param
    model = preset()
    loss = Loss(model, Dataset.sample(model, 100, seed))
    sets = find_critical_sets(loss, noise=NOISE)
    return loss, sets, connect(loss, sets, noise=NOISE)


def outgoing(graph, label):
    return [edge for _, _, edge in graph.nx.out_edges(label, data=True)]


def test_invariants_of_the_graph(case):
    _, _, graph = case
    invariants.loss_falls_along_every_edge(graph)
    invariants.index_one_points_have_two_ends(graph)


def test_all_limits_are_sets_that_the_search_knows(case):
    _, sets, graph = case
    assert set(graph.nx) == {found.label for found in sets}
    assert {node["found_by"] for _, node in graph.nx.nodes(data=True)} == {"search"}


def test_attracting_sets_have_no_way_out_but_saddles_do(case):
    _, sets, graph = case
    for found in sets:
        if found.kind == "point":
            assert bool(outgoing(graph, found.label)) == (found.index > 0)
        if found.kind == "infinity":
            note = graph.nx.nodes[found.label]["note"]
            assert ("not computed" in note) == (not found.attracting)


def origin(sets):
    return next(found for found in sets if found.subkind == "origin")


def test_the_circle_of_the_origin_is_divided_into_basins(case):
    _, sets, graph = case
    edges = outgoing(graph, origin(sets).label)
    arcs = [edge for edge in edges if edge["departure"] == "arc"]
    assert sum(edge["share"] for edge in arcs) == pytest.approx(1.0)
    assert all(edge["multiplicity"] in (4, 8) for edge in edges)
    # going round the circle, there is one boundary after every basin
    boundaries = [edge for edge in edges if edge["departure"] in ("symmetric", "bisected")]
    assert sum(e["multiplicity"] for e in boundaries) == sum(e["multiplicity"] for e in arcs)


def test_the_boundaries_on_the_circle_lead_to_saddles(case):
    _, sets, graph = case
    nodes = {found.label: found for found in sets}
    label = origin(sets).label
    reached = {b: edge for _, b, edge in graph.nx.out_edges(label, data=True)}
    (dead,) = (n for n in nodes if nodes[n].subkind == "dead unit")
    assert (reached[dead]["departure"], reached[dead]["multiplicity"]) == ("symmetric", 4)
    for _, target, edge in graph.nx.out_edges(label, data=True):
        found = nodes[target]
        if edge["departure"] == "bisected":
            assert edge["direction_error"] < 1e-4
            assert edge["passage_distance"] < 1e-4
            # a line attracts neither side at its end λ = 1
            on_end = found.kind == "line" and edge["line_parameter"] == 1.0
            assert on_end or (found.kind == "point" and found.index == 1)


def test_bisection_finds_the_connections_that_symmetry_knows():
    model = overparameterised()
    loss = Loss(model, Dataset.sample(model, 100, 1))
    sets = find_critical_sets(loss, noise=NOISE, regions=False)
    at = loss.at(noise=NOISE)
    whole = UnstableSphere.of(at, origin(sets))
    blind = replace(whole, maps=whole.maps[:1])

    def flow(starts):
        return flows_to_limits(at, [start.theta for start in starts], rtol=1e-4)

    found = explore(blind, flow, flow, lambda result: match(result, sets))
    angles = [np.arctan2(*b.direction[::-1]) % (2 * np.pi) for b in found.boundaries]
    # the flow rests next to the axes and diagonals, which is where the bisection ends
    rays = np.round(np.array(angles) / (np.pi / 4))
    assert sorted(rays % 8) == list(range(8))
    for angle, ray, boundary in zip(angles, rays, found.boundaries, strict=True):
        assert abs(angle - ray * np.pi / 4) <= 2 * boundary.error < 1e-2


@pytest.mark.parametrize("seed", range(3))
def test_a_boundary_at_the_end_of_a_line_takes_few_flows(seed):
    rng = np.random.default_rng(seed)
    model = fukumizu_amari()
    loss = Loss(model, Dataset.sample(model, 10, seed))
    sets = find_critical_sets(loss, noise=NOISE, regions=False, infinity=False)
    whole = UnstableSphere.of(loss.at(noise=NOISE), origin(sets))
    arc = replace(whole, maps=whole.maps[:1])
    ends, bend = np.sort(rng.uniform(0.0, 2 * np.pi, 2)), rng.uniform(-0.2, 0.2)
    tried = []

    def flow(starts):
        out = []
        for start in starts:
            e = arc.basis @ (start.theta - arc.source.weights)
            angle = np.arctan2(e[1], e[0]) % (2 * np.pi)
            inside = ends[0] < angle < ends[1]
            gap = min(abs(angle - ends))
            share = 1.0 - np.sqrt(0.2 * gap * (1.0 + bend * gap)) if inside else None
            end = SimpleNamespace(label="line" if inside else "away")
            out.append(SimpleNamespace(line_parameter=share, representative=np.ones(4), end=end))
        tried.append(len(starts))
        return out

    found = explore(arc, flow, flow, lambda result: result.end)
    angles = [np.arctan2(*b.direction[::-1]) % (2 * np.pi) for b in found.boundaries]
    assert np.sort(angles) == pytest.approx(ends, abs=2e-9)
    assert all(b.sides[0].target is not b.sides[1].target for b in found.boundaries)
    # halving alone takes 28 flows for each boundary
    assert tried.count(1) <= 2 * (16 + 4)


def test_the_rays_of_a_mirror_are_two_unless_a_symmetry_turns_them_round():
    flip = np.diag([1.0, -1.0])
    turn = np.array([[0.6, -0.8], [0.8, 0.6]])
    mirror = turn @ flip @ turn.T
    one = UnstableSphere(None, None, np.eye(2), np.eye(2), np.array([np.eye(2), mirror]))
    assert sorted(one.symmetric() @ turn[:, 0]) == pytest.approx([-1.0, 1.0])
    both = replace(one, maps=np.array([np.eye(2), mirror, -np.eye(2), -mirror]))
    rays = np.abs(both.symmetric() @ turn)
    assert sorted(rays[:, 0]) == pytest.approx([0.0, 1.0])
    start, width = one.domain()
    assert (start % np.pi, width) == pytest.approx((np.arctan2(0.8, 0.6), np.pi))


@pytest.mark.parametrize(("activation", "offset", "maps"), [("tanh", 0.0, 2), ("logistic", 1.0, 1)])
def test_only_symmetries_that_turn_the_unstable_space_count(activation, offset, maps):
    """That of a dead unit shears outputs and offset where the activation is odd about 1/2."""
    model = Model.perceptron(hidden=2, activation=activation, offset=True)
    theta, e = np.array([0.0, 1.0, 0.0, 1.0, 0.5]), np.array([0.0, 0.0, 1.0, 0.0, offset])
    stretched = np.eye(5) - 2.0 * np.outer(e, e)
    stretched[0, 0] = -1.0
    symmetry = Symmetry.of(model)
    source = SimpleNamespace(
        model=model, weights=theta, index=2, stabiliser=symmetry.stabiliser(theta)
    )
    at = SimpleNamespace(model=model, hessian=lambda _: stretched)
    assert len(UnstableSphere.of(at, source).maps) == maps


def test_three_units_have_three_kinds_of_symmetric_directions():
    model = fukumizu_amari().with_hidden(3)
    at = Loss(model, Dataset.sample(model, 50, 0)).at(noise=NOISE)
    zero = np.zeros(6)
    point = Assembler(at).point(zero, "origin")
    found = UnstableSphere.of(at, point)
    # along one unit, two equal units, three equal units
    assert sorted(found.multiplicity(ray) for ray in found.symmetric()) == [6, 8, 12]
    assert len(found.maps) == 48


def test_the_symmetries_of_a_point_act_on_its_unstable_space(case):
    loss, sets, _ = case
    at = loss.at(noise=NOISE)
    sphere_ = UnstableSphere.of(at, origin(sets))
    symmetry = Symmetry.of(loss.model)
    assert len(sphere_.maps) == 8
    assert sphere_.domain()[1] == pytest.approx(np.pi / 4)
    direction = np.array([np.cos(0.3), np.sin(0.3)])
    (start,) = sphere_.starts(direction[None])
    images = [symmetry.act(g, start) for g in symmetry.elements()]
    mapped = sphere_.starts(sphere_.maps @ direction)
    for image in images:
        assert min(np.abs(image - other).max() for other in mapped) < 1e-12
    assert sphere_.multiplicity(direction) == 8
    assert sorted(sphere_.multiplicity(ray) for ray in sphere_.symmetric()) == [4, 4]


def test_the_graph_round_trips(case, tmp_path):
    _, _, graph = case
    graph.to_graphml(tmp_path / "graph.graphml")
    for back in (
        FlowGraph.from_json(graph.to_json()),
        FlowGraph.from_graphml(tmp_path / "graph.graphml"),
    ):
        assert dict(back.nx.nodes(data=True)) == dict(graph.nx.nodes(data=True))
        assert sorted(map(str, back.rows())) == sorted(map(str, graph.rows()))


def connections(graph):
    names = ("multiplicity", "status", "departure")
    return sorted((r["source"], r["target"], *(r[n] for n in names)) for r in graph.rows())


def test_targets_do_not_depend_on_the_tolerance(case):
    loss, sets, graph = case
    other = connect(loss, sets, noise=NOISE, rtol=1e-4)
    assert connections(other) == connections(graph)
    shares = [
        {(r["source"], r["target"]): r["share"] for r in g.rows() if "share" in r}
        for g in (other, graph)
    ]
    assert shares[0] == pytest.approx(shares[1], abs=1e-3)


def test_saddles_carry_the_rate_at_which_the_flow_leaves_them(case):
    loss, sets, graph = case
    at = loss.at(noise=NOISE)
    for found in sets:
        rate = graph.nx.nodes[found.label].get("escape_rate")
        assert (rate is not None) == (found.kind == "point" and found.index > 0)
        if rate is not None:
            assert rate == pytest.approx(-np.linalg.eigvalsh(at.hessian(found.theta))[0])
    for chain in graph.chains():
        assert len(chain.escape_times) == len(chain.nodes)
        assert len(chain.durations) == len(chain.loss_drops) == len(chain.nodes) - 1
        assert min(chain.loss_drops) > 0.0


def test_reflected_data_have_the_same_graph():
    model = overparameterised()
    data = Dataset.sample(model, 60, 3)
    graphs = []
    for sign in (1.0, -1.0):
        loss = Loss(model, Dataset.from_arrays(sign * data.x, model=model, noise=sign * data.noise))
        sets = find_critical_sets(loss, noise=NOISE)
        graphs.append(connect(loss, sets, noise=NOISE))
    assert connections(graphs[0]) == connections(graphs[1])


@pytest.mark.parametrize("element", [1, 5, 7])
def test_the_graph_of_transformed_sets_is_the_same(element):
    model = overparameterised()
    loss = Loss(model, Dataset.sample(model, 100, 0))
    sets = find_critical_sets(loss, noise=NOISE, regions=False)
    symmetry = Symmetry.of(model)
    g = list(symmetry.elements())[element]
    moved = [s if s.theta is None else _moved(s, symmetry, g) for s in sets]
    graphs = [connect(loss, found, noise=NOISE, rtol=1e-4) for found in (sets, moved)]
    assert connections(graphs[0]) == connections(graphs[1])


def _moved(found, symmetry, g):
    theta = symmetry.act(g, found.theta)
    return replace(found, theta=theta, stabiliser=symmetry.stabiliser(theta))


def test_a_single_unit_has_one_saddle_with_two_equal_ends():
    model = single_unit()
    loss = Loss(model, Dataset.sample(model, 80, 0))
    graph = connect(loss, find_critical_sets(loss, noise=NOISE), noise=NOISE)
    (edge,) = graph.rows()
    assert (edge["multiplicity"], edge["status"]) == (2, "point")
    assert graph.nx.nodes[edge["source"]]["subkind"] == "origin"


def test_unknown_limits_become_nodes():
    model = fukumizu_amari()
    loss = Loss(model, Dataset.sample(model, 100, 0))
    sets = find_critical_sets(loss, noise=NOISE)
    saddles = [found for found in sets if found.kind != "infinity" and not found.attracting]
    graph = connect(loss, saddles, noise=NOISE)
    flow = [a for _, a in graph.nx.nodes(data=True) if a["found_by"] == "flow"]
    assert {node["kind"] for node in flow} == {"infinity", "line"}
    assert all(node["attracting"] for node in flow)
    by_kind = {found.kind: found for found in sets if found.attracting}
    for node in flow:
        if node["kind"] == "line":
            assert node["loss"] == pytest.approx(by_kind["line"].loss, rel=1e-9)
            assert node["orbit_size"] == by_kind["line"].orbit_size


def test_undecided_trajectories_are_shown():
    model = fukumizu_amari()
    loss = Loss(model, Dataset.sample(model, 100, 0))
    sets = find_critical_sets(loss, noise=NOISE)
    graph = connect(loss, sets, noise=NOISE, flow_time=1.0)
    assert {row["target"] for row in graph.rows()} == {"undecided"}
    assert graph.nx.nodes["undecided"]["kind"] == "undecided"


def test_time_that_is_spent_is_shown_on_the_sets_left():
    model = overparameterised()
    loss = Loss(model, Dataset.sample(model, 60, 3))
    sets = find_critical_sets(loss, noise=NOISE, regions=False)
    seen = []
    graph = connect(loss, sets, noise=NOISE, seconds=1e-9, progress=seen.append)
    assert graph.nx.number_of_edges() == 0
    assert all("1e-09 s have passed" in node["note"] for _, node in graph.nx.nodes(data=True))
    assert [look.done for look in seen] == list(range(len(sets)))
    assert seen[-1].total == len(sets)
    with pytest.raises(InvalidInputError, match="seconds"):
        connect(loss, sets, noise=NOISE, seconds=0.0)


@pytest.mark.slow
def test_a_plane_of_three_equal_units_is_left_from_its_unstable_pieces():
    model = fukumizu_amari().with_hidden(3)
    loss = Loss(model, Dataset.sample(model, 50, 0))
    at = loss.at(noise=NOISE)
    sets = find_critical_sets(loss, noise=NOISE, regions=False, most_runs=1)
    plane = next(found for found in sets if found.kind == "manifold")
    starts = departures(at, plane)
    assert len(starts) == sum(2 * piece.index for piece in plane.pieces)
    assert all(at.value(start.theta) < plane.loss for start in starts)


def test_departures_lie_below_their_set_on_the_unstable_side(case):
    loss, sets, _ = case
    at = loss.at(noise=NOISE)
    for found in sets:
        for start in departures(at, found):
            assert at.value(start.theta) < found.loss
            if start.subspace is not None:
                np.testing.assert_allclose(start.subspace @ start.theta, start.theta, atol=1e-14)


def test_both_sides_of_an_index_one_point_are_left(case):
    loss, sets, _ = case
    at = loss.at(noise=NOISE)
    chosen = [found for found in sets if found.is_point and found.index == 1]
    assert chosen
    for found in chosen:
        one, other = departures(at, found)
        assert (one.theta - found.weights) @ (other.theta - found.weights) < 0.0


def test_the_saddle_of_a_double_well_is_left_to_either_side():
    model = Model.from_expression("a**2*x", parameters=["a"])
    at = Loss(model, Dataset.from_observations([-1.0, 1.0], [-1.0, 1.0])).at()
    saddle = Assembler(at).point(np.zeros(1), "isolated")
    left, right = sorted(float(start.theta[0]) for start in departures(at, saddle))
    assert left == -right < 0.0


def test_the_manifold_is_quadratically_approximated():
    model = fukumizu_amari()
    loss = Loss(model, Dataset.sample(model, 100, 0))
    at = loss.at(noise=NOISE)
    saddle = next(s for s in find_critical_sets(loss, noise=NOISE) if s.subkind == "dead unit")
    hessian = at.hessian(saddle.theta)
    (e,) = unstable = unstable_directions(hessian, 1, model)
    rate = float(e @ hessian @ e)
    defects = []
    for distance in (2e-2, 1e-2):
        # on the manifold, −∇L is tangent: its component off e is 2 s μ W s
        up, low = (
            manifold_points(at, saddle.theta, hessian, unstable, e[None], d)[0]
            for d in (distance * (1 + 1e-5), distance * (1 - 1e-5))
        )
        tangent = (up - low) / (2e-5 * distance)
        here = manifold_points(at, saddle.theta, hessian, unstable, e[None], distance)[0]
        gradient = at.gradient(here)
        off = gradient - tangent * (gradient @ e) / (tangent @ e)
        defects.append(np.linalg.norm(off) / abs(rate))
    # the defect is of third order
    assert defects[1] < defects[0] / 6.0


def test_fixed_subspaces():
    model = fukumizu_amari()
    assert fixed_subspace(model, np.array([1.0, 2.0, 3.0, 4.0])) is None
    dead = fixed_subspace(model, np.array([1.0, 0.0, 3.0, 0.0]))
    np.testing.assert_allclose(dead, np.diag([1.0, 0.0, 1.0, 0.0]))
    equal = fixed_subspace(model, np.array([1.0, -1.0, 2.0, -2.0]))
    np.testing.assert_allclose(equal @ [1.0, -1.0, 0.0, 0.0], [1.0, -1.0, 0.0, 0.0])
    np.testing.assert_allclose(equal @ [1.0, 1.0, 0.0, 0.0], np.zeros(4), atol=1e-15)


@pytest.mark.parametrize("k", [2, 3, 4])
def test_directions_cover_the_sphere(k):
    points = sphere(k, 16 * k)
    np.testing.assert_allclose(np.linalg.norm(points, axis=1), 1.0)
    assert np.abs(points.mean(axis=0)).max() < 0.15
    probes = np.random.default_rng(0).standard_normal((200, k))
    probes /= np.linalg.norm(probes, axis=1, keepdims=True)
    assert (probes @ points.T).max(axis=1).min() > 0.5


@pytest.mark.slow
def test_biased_networks_have_a_graph():
    model = Model.perceptron(hidden=1, bias=True, offset=True)
    x = np.linspace(-1.5, 1.5, 30)
    loss = Loss(model, Dataset.from_observations(x, np.tanh(2 * x - 1) + 0.1 * np.cos(9 * x)))
    graph = connect(loss, find_critical_sets(loss))
    assert graph.rising_edges() == ()
    for label, node in graph.nx.nodes(data=True):
        if node["kind"] == "point" and node["index"] == 1 and node["nullity"] == 0:
            assert sum(edge["multiplicity"] for edge in outgoing(graph, label)) == 2
