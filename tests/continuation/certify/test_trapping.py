"""Certified basins: trajectories that are inside stay and converge; edges that rest on them."""

import numpy as np
import pytest

from continuation.certify import UNDECIDED, certify_basin, certify_graph, check
from continuation.certify.enclosures.exact_loss import ExactLoss
from continuation.certify.provers.basins import Basin, with_entries
from continuation.landscape import connect, flow_to_limit
from tests.continuation.certify.certify_cases import NOISE, found, preset_loss

LOSS = preset_loss("overparameterised", 3, samples=12)
SETS = found(LOSS)
PLAIN = connect(LOSS, SETS, noise=NOISE)
MINIMUM = next(s for s in SETS if s.kind == "point" and s.attracting)
BASIN = certify_basin(LOSS, MINIMUM.theta, noise=NOISE)


def ball_and_level(basin):
    return (float.fromhex(basin.claim[name]) for name in ("ball", "level"))


def test_the_loss_on_the_sphere_is_above_the_level():
    ball, level = ball_and_level(BASIN)
    steps = np.random.default_rng(0).normal(size=(300, 4))
    steps *= ball / np.linalg.norm(steps, axis=1)[:, None]
    values = [LOSS.value(MINIMUM.theta + step, noise=NOISE) for step in steps]
    assert min(values) > level > LOSS.value(MINIMUM.theta, noise=NOISE)


def test_trajectories_from_inside_end_in_the_minimum():
    _, level = ball_and_level(BASIN)
    enclosed, at = ExactLoss.of(LOSS, noise=NOISE), LOSS.at(noise=NOISE)
    height = level - LOSS.value(MINIMUM.theta, noise=NOISE)
    eigenvalues, vectors = np.linalg.eigh(LOSS.hessian(MINIMUM.theta, noise=NOISE))
    rng = np.random.default_rng(1)
    inside = 0
    for _ in range(12):
        step = rng.normal(size=4)
        step *= np.sqrt(height) / np.linalg.norm(step)  # half of the level, to second order
        theta = MINIMUM.theta + vectors @ (step / np.sqrt(eigenvalues))
        if Basin.of(BASIN).holds(enclosed, theta):
            inside += 1
            limit = flow_to_limit(at, theta)
            assert np.abs(limit.representative - MINIMUM.theta).max() < 1e-9
    assert inside > 3


def test_states_outside_the_ball_or_above_the_level_are_not_inside():
    ball, _ = ball_and_level(BASIN)
    enclosed = ExactLoss.of(LOSS, noise=NOISE)
    assert Basin.of(BASIN).holds(enclosed, MINIMUM.theta)
    assert not Basin.of(BASIN).holds(enclosed, MINIMUM.theta + 2 * ball)
    assert not Basin.of(BASIN).holds(enclosed, MINIMUM.theta + np.array([0, 0.9 * ball, 0, 0]))
    assert not Basin.of(BASIN).holds(enclosed, np.full(4, np.nan))


def test_saddles_lines_and_other_points_have_no_basin():
    saddle = next(s for s in SETS if s.kind == "point" and s.index == 1)
    line = next(s for s in SETS if s.kind == "line")
    for theta in (saddle.theta, line.theta, [0.3, 0.2, 0.1, 5.0], [np.nan] * 4):
        certificate = certify_basin(LOSS, theta, noise=NOISE)
        assert certificate.verdict == UNDECIDED
        assert certificate.reason


def test_entries_are_checked_and_their_integration_is_not_certified():
    basin = with_entries(BASIN, [MINIMUM.theta])
    assert len(basin.claim["entries"]) == 1
    assert "not certified" in basin.assumptions[-1]
    assert check(basin).accepted
    assert with_entries(BASIN, []) == BASIN


def test_an_entry_that_lies_outside_is_refused():
    basin = with_entries(BASIN, [MINIMUM.theta + 0.01])
    assert "ball" in check(basin).reason


@pytest.fixture(scope="module")
def certified():
    return certify_graph(LOSS, PLAIN, noise=NOISE)


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
        if into_point and target == MINIMUM.label:
            seen += 1
            assert edge["certified_basin"]
        elif not graph.nx.nodes[target]["attracting"]:
            assert not edge["certified_basin"]
    assert seen >= 1


def test_the_graph_is_not_changed_but_copied(certified):
    marked, _ = certified
    assert not any(node["certified"] for _, node in PLAIN.nx.nodes(data=True))
    assert not any("certified_basin" in edge for *_, edge in PLAIN.nx.edges(data=True))
    assert set(PLAIN.nx.edges(keys=True)) == set(marked.nx.edges(keys=True))


def test_every_certificate_of_the_graph_passes_the_checker(certified):
    _, certificates = certified
    for certificate in certificates:
        if certificate.proved:
            assert check(certificate).accepted, certificate
