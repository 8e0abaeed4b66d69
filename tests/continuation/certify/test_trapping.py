"""Certified basins: trajectories that are inside stay and converge; edges that rest on them."""

from functools import cache

import numpy as np
import pytest

from continuation.certify import UNDECIDED, certify_basin, certify_graph, check
from continuation.certify.enclosures.exact_loss import ExactLoss
from continuation.certify.provers.basins import Basin, with_entries
from continuation.landscape import connect, flow_to_limit
from tests.continuation.certify.certify_cases import NOISE, small, small_basin, small_minimum


@cache
def plain():
    return connect(*small(), noise=NOISE)


def ball_and_level(basin):
    return (float.fromhex(basin.claim[name]) for name in ("ball", "level"))


def test_the_loss_on_the_sphere_is_above_the_level():
    (loss, _), minimum = small(), small_minimum()
    ball, level = ball_and_level(small_basin())
    steps = np.random.default_rng(0).normal(size=(300, 4))
    steps *= ball / np.linalg.norm(steps, axis=1)[:, None]
    values = [loss.value(minimum.theta + step, noise=NOISE) for step in steps]
    assert min(values) > level > loss.value(minimum.theta, noise=NOISE)


def test_trajectories_from_inside_end_in_the_minimum():
    (loss, _), minimum = small(), small_minimum()
    _, level = ball_and_level(small_basin())
    enclosed, at = ExactLoss.of(loss, noise=NOISE), loss.at(noise=NOISE)
    height = level - loss.value(minimum.theta, noise=NOISE)
    eigenvalues, vectors = np.linalg.eigh(loss.hessian(minimum.theta, noise=NOISE))
    rng = np.random.default_rng(1)
    inside = 0
    for _ in range(12):
        step = rng.normal(size=4)
        step *= np.sqrt(height) / np.linalg.norm(step)  # half of the level, to second order
        theta = minimum.theta + vectors @ (step / np.sqrt(eigenvalues))
        if Basin.of(small_basin()).holds(enclosed, theta):
            inside += 1
            limit = flow_to_limit(at, theta)
            assert np.abs(limit.representative - minimum.theta).max() < 1e-9
    assert inside > 3


def test_states_outside_the_ball_or_above_the_level_are_not_inside():
    theta, basin = small_minimum().theta, Basin.of(small_basin())
    ball, _ = ball_and_level(small_basin())
    enclosed = ExactLoss.of(small()[0], noise=NOISE)
    assert basin.holds(enclosed, theta)
    assert not basin.holds(enclosed, theta + 2 * ball)
    assert not basin.holds(enclosed, theta + np.array([0, 0.9 * ball, 0, 0]))
    assert not basin.holds(enclosed, np.full(4, np.nan))


def test_saddles_lines_and_other_points_have_no_basin():
    loss, sets = small()
    saddle = next(s for s in sets if s.kind == "point" and s.index == 1)
    line = next(s for s in sets if s.kind == "line")
    for theta in (saddle.theta, line.theta, [0.3, 0.2, 0.1, 5.0], [np.nan] * 4):
        certificate = certify_basin(loss, theta, noise=NOISE)
        assert certificate.verdict == UNDECIDED
        assert certificate.reason


def test_entries_are_checked_and_their_integration_is_not_certified():
    basin = with_entries(small_basin(), [small_minimum().theta])
    assert len(basin.claim["entries"]) == 1
    assert "not certified" in basin.assumptions[-1]
    assert check(basin).accepted
    assert with_entries(small_basin(), []) == small_basin()


def test_an_entry_that_lies_outside_is_refused():
    basin = with_entries(small_basin(), [small_minimum().theta + 0.01])
    assert "ball" in check(basin).reason


@pytest.fixture(scope="module")
def certified():
    return certify_graph(small()[0], plain(), noise=NOISE)


def test_nodes_are_marked_where_they_are_proved(certified):
    graph, certificates = certified
    for critical, certificate in zip(graph.sets, certificates, strict=False):
        assert graph.nx.nodes[critical.label]["certified"] == certificate.proved
    assert {c.kind for c in certificates} >= {"point", "line", "basin"}


def test_edges_of_index_one_points_to_point_attractors_rest_on_basins(certified):
    graph, _ = certified
    seen = 0
    for _, target, edge in graph.nx.edges(data=True):
        into_point = graph.nx.nodes[target]["kind"] == "point" and edge["departure"] == "side"
        if into_point and target == small_minimum().label:
            seen += 1
            assert edge["certified_basin"]
        elif not graph.nx.nodes[target]["attracting"]:
            assert not edge["certified_basin"]
    assert seen >= 1


def test_the_graph_is_not_changed_but_copied(certified):
    marked, _ = certified
    assert not any(node["certified"] for _, node in plain().nx.nodes(data=True))
    assert not any("certified_basin" in edge for *_, edge in plain().nx.edges(data=True))
    assert set(plain().nx.edges(keys=True)) == set(marked.nx.edges(keys=True))


def test_every_certificate_of_the_graph_passes_the_checker(certified):
    _, certificates = certified
    for certificate in certificates:
        if certificate.proved:
            assert check(certificate).accepted, certificate
