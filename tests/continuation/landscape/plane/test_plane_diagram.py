"""The plane of two parameters: curves against formulas, regions against fresh searches."""

from dataclasses import replace

import numpy as np
import pytest

from continuation import load
from continuation.errors import InvalidInputError, UnknownNameError
from continuation.landscape import Dataset, Loss, Regions, find_critical_sets, plane_diagram
from continuation.landscape.network import sample_weights, weights_of
from continuation.landscape.plane import Plane, form_of, fresh_graph
from symbolic import single_unit

SCHEDULE = (20, 50)
LIMITS = ((20.0, 50.0), (0.05, 0.5))


@pytest.fixture(scope="module")
def loss():
    model = single_unit()
    return Loss(model, Dataset.sample(model, 50, 0))


@pytest.fixture(scope="module")
def diagram(loss):
    return plane_diagram(
        loss, "size", "noise", LIMITS, schedule=SCHEDULE, lines=1, resolution=0, regions=False
    )


def step_arrival(x, weights, teacher, noise):
    """σ* at which the step s sign(x) fitted to the data meets the target next to zero."""
    nearest = int(np.argmin(np.abs(x)))
    sign = np.sign(x)
    at_zero, per_noise = (
        float(weights @ (sign * y)) - sign[nearest] * y[nearest] for y in (teacher, noise)
    )
    return -at_zero / per_noise


def test_the_arrival_at_a_step_is_where_the_formula_puts_it(loss, diagram):
    (curve,) = [c for c in diagram.curves if c.text == "step"]
    assert (curve.kind, curve.ends) == ("arrival", ("limit", "limit"))
    data = loss.data
    inside = [p for p in curve.points if 20.0 <= p[0] <= 50.0 and 0.05 <= p[1] <= 0.5]
    assert len(inside) > 20
    for size, noise in inside:
        weights = sample_weights(data.size, size, SCHEDULE)
        expected = step_arrival(data.x, weights, data.target, data.noise)
        assert noise == pytest.approx(expected, abs=curve.error * 0.45)


def test_regions_agree_with_fresh_searches(loss, diagram):
    plane = Plane(loss, "size", "noise", LIMITS, schedule=SCHEDULE)
    assert len(diagram.regions.where(lambda graph: True)) >= 2
    rng = np.random.default_rng(1)
    for point in plane.from_square(rng.uniform(size=(8, 2))):
        fresh = form_of(fresh_graph(plane, tuple(point), 0)).nodes(data="kind")
        known = form_of(diagram.graph_at(*point)).nodes(data="kind")
        assert sorted(kind for _, kind in fresh) == sorted(kind for _, kind in known)


def test_questions_to_the_regions(diagram):
    regions = diagram.regions
    one = regions.where(lambda graph: len(graph.attractors) == 1)
    more = regions.where(lambda graph: len(graph.attractors) > 1)
    computed = regions.where(lambda graph: True)
    assert len(one) + len(more) == len(computed)
    assert one.area + more.area == pytest.approx(computed.area)
    assert sum(region.area for region in regions) == pytest.approx(1.0, abs=1e-9)
    for region in computed:
        assert diagram.region_at(*region.at) is region
        assert region.saddles + region.attractors == len(region.graph.nx)


def test_slivers_of_rounding_do_not_take_the_place_of_a_region(diagram):
    largest = diagram.regions[0]
    sliver = replace(largest, number=len(diagram.regions), area=0.0, graph=None)
    more = replace(diagram, regions=Regions((*diagram.regions, sliver)))
    assert more.region_at(*largest.at) is largest


def test_a_diagram_is_read_back_as_it_was_written(diagram, tmp_path):
    again = load(diagram.save(tmp_path / "plane.nc"))
    assert repr(again) == repr(diagram)
    for one, other in zip(again.curves, diagram.curves, strict=True):
        np.testing.assert_array_equal(one.points, other.points)
        assert (one.name, one.special, one.ends) == (other.name, other.special, other.ends)
    for one, other in zip(again.regions, diagram.regions, strict=True):
        assert (one.number, one.at, one.area, one.note) == (
            other.number, other.at, other.area, other.note
        )  # fmt: skip
        assert one.attractors == other.attractors
    assert again.region_at(33.0, 0.2).number == diagram.region_at(33.0, 0.2).number


def test_it_is_drawn_with_a_legend_beside(diagram):
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, ax = pyplot.subplots()
    assert len(diagram.plot(ax)) >= len(diagram.curves)
    texts = {text.get_text() for text in ax.get_legend().get_texts()}
    assert "arrival" in texts
    assert ax.get_xlabel() == "samples n"
    pyplot.close(figure)


@pytest.mark.parametrize(
    ("schedule", "q", "kept"),
    [((20, 30, 50), 30.0, False), ((20, 30, 50), 50.0, False), ((20, 30, 50), 36.0, True),
     ((), 25.0, False), ((), 25.5, True)],
)  # fmt: skip
def test_lines_keep_off_the_sizes_at_which_curves_bend(loss, schedule, q, kept):
    plane = Plane(loss, "size", "noise", LIMITS, schedule=schedule)
    moved = plane.off_kinks(q)
    assert (moved == q) == kept
    assert abs(moved - q) <= 0.5
    assert 20.0 <= moved <= 50.0
    assert Plane(loss, "weight_decay", "noise", ((0.0, 0.1), (0.05, 0.5))).off_kinks(0.05) == 0.05


@pytest.mark.slow
def test_between_population_and_data_arrivals_are_where_the_formula_puts_them(loss):
    limits = ((0.3, 1.0), (0.05, 0.9))
    found = plane_diagram(
        loss, "population", "noise", limits, lines=1, resolution=0, regions=False, seconds=20.0
    )
    population, data = loss.population.data, loss.data
    x, teacher, noise = (
        np.concatenate([getattr(population, name), getattr(data, name)])
        for name in ("x", "target", "noise")
    )
    curves = [c for c in found.curves if c.text.startswith("step")]
    assert curves
    for curve in curves:
        for share, level in curve.points[1:-1]:
            weights = np.concatenate(
                [(1.0 - share) * weights_of(population), share * weights_of(data)]
            )
            expected = step_arrival(x, weights, teacher, noise)
            assert level == pytest.approx(expected, abs=curve.error * 0.85)


@pytest.mark.slow
def test_under_weight_decay_the_unit_leaves_the_origin_where_the_formula_says(loss):
    data, noises = loss.data, (0.05, 0.9)
    low, high = sorted(abs(np.mean(data.x * (data.target + s * data.noise))) for s in noises)
    limits = ((0.9 * low, 1.1 * high), noises)
    found = plane_diagram(
        loss, "weight_decay", "noise", limits, lines=1, resolution=0, regions=False, seconds=60.0
    )
    (curve,) = [c for c in found.curves if c.kind == "branch point"]
    for decay, level in curve.points[1:-1]:
        slope = np.mean(data.x * (data.target + level * data.noise))
        assert decay == pytest.approx(abs(slope), abs=curve.error)
    weak, strong = (
        found.regions.where(lambda graph, n=n: len(graph.nx) == n) for n in (2, 1)
    )  # the unit that works and the origin; the origin alone
    assert weak.area + strong.area == pytest.approx(1.0, abs=1e-6)


def test_when_time_is_up_it_says_so(loss):
    found = plane_diagram(
        loss, "size", "noise", LIMITS, schedule=SCHEDULE, seconds=1e-3, regions=False
    )
    assert not found.complete
    assert any("raise seconds" in note for note in found.notes)
    assert "not complete" in repr(found)


@pytest.mark.parametrize(
    ("names", "limits", "match"),
    [
        (("noise", "noise"), LIMITS, "different"),
        (("size", "noise"), ((50.0, 20.0), (0.05, 0.5)), "size"),
        (("size", "noise"), ((20.0, 50.0), (0.5, 0.05)), "noise"),
        (("size", "noise"), ((20.0, np.nan), (0.05, 0.5)), "size"),
        (("size", "noise"), ((20.0, 50.0), (0.0, 0.5)), "positive"),
        (("size", "noise"), ((20.0, 51.0), (0.05, 0.5)), "50"),
        (("size", "noise"), (20.0, 50.0), "limits"),
        (("size", "noise"), None, "two pairs"),
        (("population", "noise"), ((0.5, 1.5), (0.05, 0.5)), "population"),
        (("size", "population"), ((20.0, 50.0), (0.1, 1.0)), "not offered"),
    ],
)
def test_planes_without_meaning_are_refused(loss, names, limits, match):
    with pytest.raises(InvalidInputError, match=match):
        plane_diagram(loss, *names, limits)


def test_names_and_numbers_without_meaning_are_refused(loss, diagram):
    with pytest.raises(UnknownNameError, match="temperature"):
        plane_diagram(loss, "temperature", "noise", LIMITS)
    with pytest.raises(InvalidInputError, match="lines"):
        plane_diagram(loss, "size", "noise", LIMITS, lines=0)
    with pytest.raises(InvalidInputError, match="seconds"):
        plane_diagram(loss, "size", "noise", LIMITS, seconds=0.0)
    with pytest.raises(InvalidInputError, match="schedule"):
        plane_diagram(loss, "weight_decay", "noise", ((0.01, 0.1), (0.1, 0.2)), schedule=(20, 50))
    for point in ((10.0, 0.2), (30.0, np.nan), (30.0, "a")):
        with pytest.raises(InvalidInputError, match="outside"):
            diagram.region_at(*point)


def test_the_sets_of_a_line_are_those_of_the_loss_there(loss):
    plane = Plane(loss, "noise", "size", (LIMITS[1], LIMITS[0]), schedule=SCHEDULE)
    at, conditions = plane.at((0.2, 37.0))
    found = find_critical_sets(at, **conditions.keywords, regions=False)
    weights = sample_weights(50, 37.0, SCHEDULE)
    (isolated,) = [s for s in found if s.subkind == "isolated"][:1]
    x, target = loss.data.x, loss.data.target + 0.2 * loss.data.noise
    r = isolated.outputs(x) - target
    assert isolated.loss == pytest.approx(0.5 * float(weights @ r**2), rel=1e-12)
