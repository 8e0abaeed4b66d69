"""Embeddings of smaller networks: what a manifold says about itself must be true all over it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from continuation.landscape import Dataset, Loss, find_critical_sets, follow
from continuation.landscape.flow.gradient_flow import flow_to_limit
from continuation.landscape.graph.targets import discovered, match
from continuation.landscape.search.silent_units import (
    ANGLES,
    RADII,
    _joined_in_cell,
    _Plane,
    silent_curves,
)
from continuation.landscape.sets.embedding import (
    reduced_network,
    segments,
    unit_curvatures,
    working_units,
)
from continuation.landscape.sets.manifolds import (
    Embedding,
    count_embeddings,
    embeddings_of,
    pieces_of,
)
from symbolic import Model, fukumizu_amari, overparameterised

NOISE = 0.1
WIDTHS = [
    (fukumizu_amari, 3),
    pytest.param((fukumizu_amari, 4), marks=pytest.mark.slow),  # 14 s: its exhaustive search
]


@pytest.fixture(scope="module", params=WIDTHS, ids=lambda c: f"{c[0].__name__}-{c[1]}")
def case(request):
    preset, hidden = request.param
    loss = Loss(preset().with_hidden(hidden), Dataset.sample(preset(), 40, 0))
    return loss, find_critical_sets(
        loss, noise=NOISE, regions=False, infinity=False, most_runs=1200
    )


def biased():
    model = Model.perceptron(hidden=2, bias=True, offset=True)
    x = np.linspace(-2, 2, 60)
    y = np.tanh(3 * x + 1) - 0.5 * np.tanh(x - 1) + 0.1 * np.random.default_rng(0).normal(size=60)
    return Loss(model, Dataset.from_observations(x, y))


def random_shares(piece, embedding, rng):
    """Shares with the signs of a piece, in random order and of random size, that add up to 1."""
    rows = []
    for m, n in zip(embedding.copies, piece.negative, strict=True):
        part = rng.uniform(0.2, 1.0, m)
        part[:n] *= -1.0
        part[n:] *= (1.0 - part[:n].sum()) / part[n:].sum()
        rows.append(rng.permutation(part))
    return rows


def test_manifolds_are_critical_all_over_with_the_index_of_their_pieces(case):
    loss, sets = case
    rng = np.random.default_rng(0)
    families = [s for s in sets if s.dimension]
    assert {s.kind for s in families} == {"line", "manifold"}
    for found in families:
        assert found.nullity == found.dimension == len(found.free_parameters)
        for piece in found.pieces:
            theta = found.embedding.lift(
                loss.model, found.base, random_shares(piece, found.embedding, rng)
            )
            value, gradient, hessian = loss.evaluate(theta, noise=NOISE)
            scale = 1.0 + np.abs(theta).max()
            assert value == pytest.approx(found.loss, rel=1e-11)
            assert np.abs(gradient).max() < 1e-12 * scale
            diagonal, rows = np.abs(np.diag(hessian)), np.abs(hessian).max(axis=1)
            size = np.sqrt(np.where(diagonal > 1e-8 * rows, diagonal, rows))
            eigenvalues = np.linalg.eigvalsh(hessian / np.outer(size, size))
            assert (eigenvalues < -1e-11).sum() == piece.index
        assert found.attracting == any(piece.index == 0 for piece in found.pieces)


def test_idle_units_each_add_one_to_the_index(case):
    loss, sets = case
    for found in sets:
        if found.embedding is None or found.dimension:
            continue
        idle = len(found.embedding.silent) + found.embedding.dead
        smaller = loss.model.with_hidden(max(1, len(found.embedding.copies)))
        below = 0
        if found.embedding.copies:
            hessian = Loss(smaller, loss.data).hessian(found.base, noise=NOISE)
            below = int((np.linalg.eigvalsh(hessian) < 0.0).sum())
        assert found.index == below + idle


def test_orbits_and_embeddings_are_listed_once(case):
    _, sets = case
    symmetry_order = sets[0].orbit_size * sets[0].stabiliser.order
    for found in sets:
        if found.kind != "infinity":
            assert found.orbit_size * found.stabiliser.order == symmetry_order
    keys = [
        (found.embedding, tuple(np.round(found.base, 9)))
        for found in sets
        if found.embedding is not None
    ]
    assert len(set(keys)) == len(keys)


def test_the_copies_of_one_unit_form_a_plane_for_three_units():
    model = overparameterised()
    loss = Loss(model.with_hidden(3), Dataset.sample(model, 40, 0))
    sets = find_critical_sets(loss, noise=NOISE, regions=False, infinity=False, most_runs=1200)
    (plane,) = (s for s in sets if s.subkind == "split plane")
    assert plane.embedding == Embedding((3,))
    assert [piece.negative for piece in plane.pieces] == [(0,), (1,), (2,)]
    assert [piece.parts for piece in plane.pieces] == [1, 3, 3]
    indices = [piece.index for piece in plane.pieces]
    assert indices in ([0, 1, 2], [2, 1, 0])
    assert str(plane.embedding) == "3 of 1"


@given(
    units=st.integers(0, 3),
    extra=st.integers(0, 4),
    roots=st.integers(0, 3),
    dead=st.booleans(),
)
@settings(max_examples=60, deadline=None)
def test_the_number_of_embeddings_is_known_without_listing_them(units, extra, roots, dead):
    places = [(float(k),) for k in range(roots)]
    listed = list(embeddings_of(units, extra, places, dead=dead))
    assert len(listed) == len(set(listed)) == count_embeddings(units, extra, roots, dead=dead)
    assert all(embedding.hidden == units + extra for embedding in listed)


@given(
    copies=st.lists(st.integers(1, 3), min_size=1, max_size=3),
    silent=st.integers(0, 2),
    dead=st.integers(0, 2),
    seed=st.integers(0, 1000),
)
@settings(max_examples=40, deadline=None)
def test_the_reduced_network_undoes_the_lift(copies, silent, dead, seed):
    rng = np.random.default_rng(seed)
    embedding = Embedding(tuple(copies), tuple((5.0 + k,) for k in range(silent)), dead)
    model = Model.perceptron(hidden=embedding.hidden)
    base = rng.uniform(0.5, 1.0, 2 * len(copies)) + np.tile(np.arange(len(copies)), 2)
    again, found = reduced_network(model, embedding.lift(model, base))
    assert found.dead == dead
    assert sorted(found.silent) == sorted(embedding.silent)
    w, v = base.reshape(2, -1)
    order = np.argsort(again.reshape(2, -1)[0])
    assert again.reshape(2, -1)[:, order] == pytest.approx(np.array([w, v]))
    assert [found.copies[k] for k in order] == list(copies)


def test_the_shares_of_every_piece_are_whole_and_have_its_signs():
    embedding = Embedding((4, 1, 3))
    curvatures = [np.array([1.0, -1.0]), np.empty(0), np.array([2.0])]
    pieces = pieces_of(embedding, 1, curvatures)
    assert len(pieces) == 4 * 1 * 3
    for piece in pieces:
        shares = piece.shares(embedding)
        assert [sum(row) for row in shares] == pytest.approx([1.0] * 3)
        assert tuple(sum(share < 0.0 for share in row) for row in shares) == piece.negative


@pytest.mark.slow
def test_silent_units_with_bias_form_curves_of_critical_points():
    """From the point that stands for a curve, the curve is followed in both directions."""
    loss = biased()
    sets = find_critical_sets(loss, most_runs=600)
    curves = [s for s in sets if s.subkind == "silent curve"]
    assert curves
    for found in curves:
        assert found.kind == "line"
        assert found.nullity == 1
        for direction in (1.0, -1.0):
            w, c = found.embedding.silent[0]
            ahead = np.zeros(2)
            for _ in range(10):
                slope = _h_slope(loss, found, w, c)
                tangent = direction * np.array([-slope[1], slope[0]]) / np.linalg.norm(slope)
                if ahead @ tangent < 0.0:
                    tangent = -tangent
                ahead = tangent
                w, c = _back_to_zero(loss, found, *(np.array([w, c]) + 0.02 * tangent))
                moved = Embedding((1,), ((w, c),), 0, 1).lift(loss.model, found.base)
                value, gradient, hessian = loss.evaluate(moved)
                assert value == pytest.approx(found.loss, rel=1e-12)
                assert np.abs(gradient).max() < 1e-12
                assert (np.linalg.eigvalsh(hessian) < -1e-12).sum() == found.pieces[0].index


def _h(loss, found, w, c):
    data = loss.data
    base = Loss(loss.model.with_hidden(1), data).predict(found.base, data.x)
    return float(np.mean((base - data.target) * np.tanh(w * data.x + c)))


def _h_slope(loss, found, w, c):
    step = 1e-6
    return np.array(
        [
            _h(loss, found, w + step, c) - _h(loss, found, w - step, c),
            _h(loss, found, w, c + step) - _h(loss, found, w, c - step),
        ]
    ) / (2 * step)


def _back_to_zero(loss, found, w, c):
    for _ in range(6):
        slope = _h_slope(loss, found, w, c)
        w, c = np.array([w, c]) - _h(loss, found, w, c) * slope / (slope @ slope)
    return float(w), float(c)


def test_the_curvature_across_a_line_is_that_of_its_share():
    """λ(1 − λ) K: a quarter at λ = 1/2, −2 at λ = −1 and 2."""
    pieces = segments(1, np.array([-3.0, 2.0]))
    assert [piece.transverse_curvature for piece in pieces] == [-4.0, -0.75, -4.0]
    assert [piece.index for piece in segments(1, np.array([-3.0]))] == [1, 2, 1]
    assert [piece.index for piece in segments(0, np.array([1.0, 2.0]))] == [2, 0, 2]


def test_the_curvature_of_copies_is_that_of_moving_them_apart():
    model, embedding = fukumizu_amari(), Embedding((2,))
    hessian = np.zeros((4, 4))
    hessian[:2, :2] = [[5.0, 2.0], [2.0, 5.0]]  # (t, −t)/√2 has 5 − 2, and K twice that
    assert unit_curvatures(model, hessian, embedding)[0] == pytest.approx([6.0])


def test_opposite_copies_share_the_difference_of_their_outputs():
    model = fukumizu_amari()
    for sign in (1.0, -1.0):
        theta = np.array([0.7, sign * 0.7, 2.0, 0.5])
        base, embedding = reduced_network(model, theta)
        assert embedding.copies == (2,)
        assert base == pytest.approx([0.7, 2.0 + sign * 0.5])


@pytest.mark.parametrize(
    ("theta", "units"),
    [
        ([1.0, 2.0, 1.0, 1.0], 2),
        ([1.0, 2.0, 1.0, 0.0], 1),
        ([0.0, 2.0, 1.0, 1.0], 1),
        ([1.0, -1.0, 1.0, 2.0], 1),
        ([0.0, 0.0, 0.0, 0.0], 0),
    ],
)
def test_units_that_are_silent_idle_or_copied_do_not_work(theta, units):
    assert working_units(fukumizu_amari(), np.array(theta)) == units


def test_at_a_saddle_of_a_cell_the_corners_of_its_centre_are_joined():
    """Left, right, lower and upper edge are all crossed; the centre says which pairs belong."""
    edges = [(0, 0, 0), (0, 0, 1), (1, 0, 0), (1, 1, 0)]
    left, right, lower, upper = range(4)
    number = dict(zip(edges, range(4), strict=True))
    for last, pairs in ((1.5, {(left, upper), (lower, right)}),
                        (0.5, {(left, lower), (upper, right)})):  # fmt: skip
        values = np.array([[1.0, -1.0], [-1.0, last]])
        assert set(_joined_in_cell(values, number, 0, 0)) == pairs


def test_the_cell_of_a_unit_is_the_one_that_holds_it():
    plane = _Plane(None, np.zeros(1), np.zeros(1), centre=0.7, spread=2.0, turn=2 * np.pi, sign=1.0)
    random = np.random.default_rng(0)
    step = plane.turn / ANGLES
    for i, j in random.integers(0, (ANGLES, RADII - 1), (40, 2)):
        angle = plane.angles[i] + random.uniform(0.1, 0.9) * step
        w, c = plane.parameters(angle, np.sqrt(plane.radii[j] * plane.radii[j + 1]))
        assert plane.cell(w, c) == (i, j)


def test_the_curves_of_a_known_zero_set():
    """For residuals that a pair of opposite inputs carries, h vanishes on w = 0 and c = 0 only."""
    model = Model.perceptron(hidden=1, bias=True)
    x = np.array([-1.0, 1.0])
    at = Loss(model, Dataset.from_observations(x, np.array([1.0, -1.0]))).at()
    # h = tanh(w + c) + tanh(w − c), up to a factor: zero on w = 0
    found = silent_curves(at, np.zeros(2), np.empty((0, 2)))
    assert len(found.places) == 1
    assert found.places[0][0] == pytest.approx(0.0, abs=1e-12)
    at = Loss(model, Dataset.from_observations(x, np.array([1.0, 1.0]))).at()
    # h = tanh(c + w) + tanh(c − w): zero on c = 0
    found = silent_curves(at, np.zeros(2), np.empty((0, 2)))
    assert len(found.places) == 1
    assert found.places[0][1] == pytest.approx(0.0, abs=1e-12)


def test_a_flow_onto_a_piece_of_a_plane_is_decided_as_that_plane():
    model = fukumizu_amari()
    loss = Loss(model.with_hidden(3), Dataset.sample(model, 40, 0))
    at = loss.at(noise=NOISE)
    sets = find_critical_sets(loss, noise=NOISE, regions=False, infinity=False, most_runs=1200)
    rng, met = np.random.default_rng(1), 0
    for plane in (s for s in sets if s.kind == "manifold" and s.attracting):
        piece = next(p for p in plane.pieces if p.index == 0)
        theta = plane.embedding.lift(loss.model, plane.base, piece.shares(plane.embedding))
        for _ in range(3):
            result = flow_to_limit(at, theta + 0.01 * rng.normal(size=theta.size))
            assert result.status == "line"
            assert match(result, sets) is plane
            again = discovered(loss, at, result, "found")
            assert again.pieces == plane.pieces
            assert again.loss == pytest.approx(plane.loss, rel=1e-9)
            met += 1
    assert met


@pytest.mark.slow
def test_embedded_sets_are_followed_through_the_smaller_network(case):
    loss, sets = case
    chosen = {s.subkind: s for s in sets if s.embedding is not None}
    for found in chosen.values():
        branch = follow(loss, found, "noise", (0.098, 0.1), direction=-1)
        assert branch.p[-1] == pytest.approx(0.098)
        assert (branch.inertia[:, 1] == found.dimension).all()
        for theta, p in zip(branch.theta, branch.p, strict=True):
            assert np.abs(loss.gradient(theta, noise=p)).max() < 1e-10 * (1 + np.abs(theta).max())
