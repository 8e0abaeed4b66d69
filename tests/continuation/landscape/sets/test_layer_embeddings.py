"""Embeddings in networks of layers: criticality and inertia against the exact Hessian, counts."""

import itertools
import math

import numpy as np
import pytest

from continuation.congruence import scaled_inertia
from continuation.deadline import UNLIMITED
from continuation.landscape import Dataset, Loss, follow
from continuation.landscape.graph.departures import departures
from continuation.landscape.network import Axis, Conditions, Symmetry
from continuation.landscape.search.lifting import BasePoint, ShapeLifter
from continuation.landscape.search.seekers import MINIMUM, polish, seek
from continuation.landscape.sets import (
    Assembler,
    CriticalSets,
    LayerEmbedding,
    count_exact_subspaces,
    count_subspaces,
    labelled,
    layer_embeddings,
    nearest_member,
    silent_inputs,
)
from continuation.storage import Result, load_result, save_result
from docs.small_networks import exact_subspaces
from symbolic import Model

SHAPES = [
    # narrow, wide, inputs, outputs, activation, bias
    ((2,), (4,), 2, 1, "tanh", False),
    ((1,), (3,), 1, 3, "softplus", False),
    ((2,), (3,), 2, 2, "tanh", True),
    ((1, 2), (2, 3), 2, 1, "tanh", False),
    ((2, 1), (3, 2), 1, 2, "sin", False),
]
"""With more outputs than inputs (shares free in a kernel of dimension two), and in two layers."""


def base_point(narrow, inputs, outputs, activation, bias, seed):
    """A loss, and random weights that are critical: the residual is normal to all slopes."""
    rng = np.random.default_rng(seed)
    model = Model.mlp(inputs, narrow, outputs, activation, bias=bias, loss="huber", huber=1e3)
    n, d = 40, model.dimension
    x, theta = rng.standard_normal((n, inputs)), 0.9 * rng.standard_normal(d)
    f = Loss(model, Dataset.from_observations(x, np.zeros((n, outputs)))).kernels.outputs
    slopes = np.array([_slope(f, theta, e, x) for e in np.eye(d)])
    residual = rng.standard_normal(n * outputs)
    for _ in range(2):
        residual -= np.linalg.lstsq(slopes.T, residual, rcond=None)[0] @ slopes
    y = f(theta, x).reshape(n, outputs) - residual.reshape(n, outputs)
    loss = Loss(model, Dataset.from_observations(x, y))
    found = polish(loss.at(), theta)
    if found is None:  # too singular to converge: another draw
        return base_point(narrow, inputs, outputs, activation, bias, seed + 100)
    return loss, found, scaled_inertia(loss.hessian(found))[0]


def _slope(f, theta, e, x):
    """∂f along e, extrapolated from central differences."""
    one, half = (
        (f(theta + h * e, x) - f(theta - h * e, x)).ravel() / (2.0 * h) for h in (2e-3, 1e-3)
    )
    return (4.0 * half - one) / 3.0


@pytest.mark.parametrize(("narrow", "wide", "inputs", "outputs", "activation", "bias"), SHAPES)
def test_every_piece_has_the_inertia_of_its_hessian(
    narrow, wide, inputs, outputs, activation, bias
):
    loss, base, index = base_point(narrow, inputs, outputs, activation, bias, seed=3)
    whole = Loss(loss.model.with_widths(wide), loss.data)
    at, rng = whole.at(), np.random.default_rng(4)
    build = Assembler(at)
    for embedding in layer_embeddings(narrow, wide, [()] * len(wide)):
        found = build.embedded(base, index, embedding)
        assert found.loss == pytest.approx(loss.value(base), rel=1e-12)
        assert found.nullity == found.dimension == len(found.free_parameters)
        assert found.kind == ("line" if found.dimension == 1 else "manifold")
        for piece in found.pieces:
            shares = [
                np.array(part) * np.exp(0.1 * rng.standard_normal(len(part)))
                for part in piece.shares(embedding)
            ]
            shares = [part / part.sum() for part in shares]
            assert [int((part < 0).sum()) for part in shares] == list(piece.negative)
            theta = embedding.lift(whole.model, base, shares)
            assert np.abs(at.gradient(theta)).max() < 1e-9
            assert at.value(theta) == pytest.approx(found.loss, rel=1e-12)
            assert scaled_inertia(at.hessian(theta))[:2] == (piece.index, found.dimension)
            moved = Symmetry.of(whole.model).act(next(Symmetry.of(whole.model).elements()), theta)
            member = nearest_member(found, moved)
            assert member.distance < 1e-8


def test_one_unit_and_one_output_is_what_perceptrons_have():
    x, rng = np.linspace(-2.0, 2.0, 20), np.random.default_rng(5)
    y = np.tanh(x) - 0.5 * np.tanh(3.0 * x) + 0.1 * rng.standard_normal(20)
    plain = Model.perceptron(hidden=1)
    layers = Model.mlp(1, (1,), bias=False, loss="huber", huber=100.0)
    at = Loss(plain, Dataset.from_observations(x, y)).at()
    (base,), _ = seek(at, np.array([[1.0, 0.5]]), MINIMUM)
    wide = Loss(layers.with_widths((2,)), Dataset.from_observations(x, y))
    found = Assembler(wide.at()).embedded(base, 0, LayerEmbedding((2,), widths=(1,)))
    other = Loss(Model.perceptron(hidden=2), wide.data)
    line = Assembler(other.at()).line(base, 0, 0)
    assert [p.index for p in found.pieces] == [p.index for p in line.pieces]
    assert found.orbit_size == line.orbit_size
    assert (found.kind, found.subkind, found.attracting) == ("line", "split line", line.attracting)
    np.testing.assert_allclose(found.theta, line.theta, atol=1e-12)


@pytest.mark.parametrize(("inputs", "outputs", "dimension"), [(3, 1, 2), (2, 1, 1), (2, 2, 0)])
def test_silent_units_stand_on_the_zero_set_of_their_equations(inputs, outputs, dimension):
    loss, base, index = base_point((1,), inputs, outputs, "tanh", bias=False, seed=6)
    whole = Loss(loss.model.with_widths((2,)), loss.data)
    roots = silent_inputs(whole, Conditions(), (1,), base, 0, seed=0)
    assert roots
    for root in filter(any, roots):
        embedding = LayerEmbedding((1,), (root,), widths=(1,), silent_layers=(0,))
        found = Assembler(whole.at()).embedded(base, index, embedding)
        assert np.abs(whole.gradient(found.theta)).max() < 1e-9
        assert found.dimension == found.nullity == dimension
        assert found.index == index + outputs == found.pieces[0].index


@pytest.mark.parametrize(
    ("inputs", "outputs", "bias", "dimension", "across", "kind"),
    [
        (2, 2, False, 0, 2, "dead unit"),
        (1, 2, False, 1, 1, "silent curve"),
        (2, 4, False, 2, 2, "silent manifold"),
        (1, 1, True, 1, 1, "silent curve"),
    ],
)
def test_a_dead_unit_is_a_manifold_of_its_own(inputs, outputs, bias, dimension, across, kind):
    """Outgoing weights are free in the kernel of M, and with biases the unit may be constant."""
    loss, base, index = base_point((1,), inputs, outputs, "tanh", bias, seed=6)
    whole = Loss(loss.model.with_widths((2,)), loss.data)
    roots = silent_inputs(whole, Conditions(), (1,), base, 0, seed=0)
    dead, *others = roots
    assert not any(dead)
    assert all(any(root[:inputs]) for root in others)
    embedding = LayerEmbedding((1,), (dead,), widths=(1,), silent_layers=(0,))
    found = Assembler(whole.at()).embedded(base, index, embedding)
    assert np.abs(whole.gradient(found.theta)).max() < 1e-9
    assert found.dimension == found.nullity == dimension
    assert found.index == index + across == found.pieces[0].index
    assert found.subkind == kind
    for null in np.linalg.eigh(whole.hessian(found.theta))[1].T[index + across :][:dimension]:
        moved = found.theta + 1e-4 * null
        assert np.abs(whole.gradient(moved)).max() < 1e-6  # of second order
    if not dimension:
        assert found.orbit_size == 4  # 2! 2², and the flip of the dead unit changes nothing


def test_a_dead_unit_that_may_move_lies_on_the_zero_set_of_silent_ones():
    loss, base, _ = base_point((1,), 3, 1, "tanh", bias=False, seed=6)
    whole = Loss(loss.model.with_widths((2,)), loss.data)
    roots = silent_inputs(whole, Conditions(), (1,), base, 0, seed=0)
    assert all(any(root) for root in roots)


def test_counts_are_those_of_simsek_et_al():
    assert [count_subspaces(*rm) for rm in ((1, 2), (2, 3), (2, 4))] == [1, 6, 14]
    assert [count_exact_subspaces(*rm) for rm in ((1, 2), (2, 3), (2, 4))] == [3, 12, 62]
    for r, m in itertools.product(range(1, 4), range(1, 6)):
        maps = itertools.product(range(r), repeat=m)
        assert count_subspaces(r, m) == sum(len(set(each)) == r for each in maps)
    for r, m in itertools.product(range(1, 4), range(1, 5)):
        assert count_exact_subspaces(r, m) == exact_subspaces(r, m)


@pytest.mark.parametrize(
    ("narrow", "wide"), [((1,), (2,)), ((2,), (3,)), ((2,), (4,)), ((1, 2), (3, 3))]
)
def test_orbits_of_copies_add_up_to_the_count(narrow, wide):
    """Generic units: the images of all manifolds of copies over one orbit are G(r, m) spaces."""
    loss, base, index = base_point(narrow, 1, 1, "softplus", False, seed=7)
    whole = Loss(loss.model.with_widths(wide), loss.data)
    build = Assembler(whole.at())
    sets = [
        build.embedded(base, index, e) for e in layer_embeddings(narrow, wide, [()] * len(wide))
    ]
    counts = [count_subspaces(r, m) for r, m in zip(narrow, wide, strict=True)]
    assert sum(found.orbit_size for found in sets) == math.prod(counts)


def test_a_lifter_lists_copies_and_silent_units_of_every_layer():
    loss, base, index = base_point((1, 1), 2, 1, "tanh", False, seed=8)
    whole = Loss(loss.model.with_widths((2, 2)), loss.data)
    lifter = ShapeLifter(whole, Conditions(), 0)
    lifted = lifter.all_over((1, 1), [BasePoint(2, base, index)], UNLIMITED)
    assert len(lifted.sets) + len(lifted.degenerate) == lifted.total
    kinds = {found.subkind for found in lifted.sets}
    assert kinds & {"split line", "split plane", "split manifold"}
    for found in lifted.sets:
        assert np.abs(whole.gradient(found.theta)).max() < 1e-9
        assert found.pieces[0].index == found.index


def test_a_manifold_is_stored_followed_and_left(tmp_path):
    loss, base, index = base_point((1,), 2, 2, "tanh", False, seed=3)
    whole = Loss(loss.model.with_widths((2,)), loss.data)
    found = Assembler(whole.at()).embedded(base, index, LayerEmbedding((2,), widths=(1,)))
    found = labelled([found])[0]
    axes = Axis("x"), Axis("y")
    path = save_result(Result(whole, {}, axes, CriticalSets((found,))), tmp_path / "sets.nc")
    (read,) = load_result(path).sets
    assert read.embedding == found.embedding
    assert read.pieces == found.pieces
    branch = follow(whole, found, "size", limits=(38.0, 40.0))
    assert str(branch).endswith("stopped: limit)")
    for start in departures(whole.at(), found):
        assert whole.value(start.theta) < found.loss
