"""The search over settings: what counts as the scenario, one part of each question, the picture."""

import matplotlib

matplotlib.use("Agg")

from dataclasses import replace

import matplotlib.pyplot as plt
import numpy as np
import pytest

from continuation.ensemble import Crossing, Probe, Setting
from figures import best, boundary, collapse, journeys, optimum, scenario
from figures.settings import Budget, Settings
from figures.shares import HOLDS, SUMMARY, verdict
from symbolic import PRESETS

QUICK, THOROUGH = Settings(budget=Budget.QUICK), Settings(budget=Budget.THOROUGH)


@pytest.mark.parametrize(
    ("regions", "expected"),
    [
        (("plateau", "near-optimal", "overfitting"), 1.0),
        (("plateau", "other", "near-optimal", "plateau"), 1.0),
        (("near-optimal", "plateau", "overfitting"), 0.0),
        (("near-optimal", "overfitting"), 0.0),
        (("plateau", "overfitting"), 0.0),
    ],
)
def test_a_near_optimal_saddle_comes_after_a_plateau(regions, expected):
    assert journeys.passes(regions) == expected


def test_ends_without_a_label_may_be_in_the_region_or_not():
    assert journeys.arrives("overfitting") == (1.0, 1.0)
    assert journeys.arrives("unlabelled") == (0.0, 1.0)
    assert journeys.arrives("plateau") == journeys.arrives("other") == (0.0, 0.0)


@pytest.fixture(scope="module")
def data():
    """Every question about one unit, and trajectories of two, on two data sets; a boundary."""
    traced = next(p for p in scenario.parts(THOROUGH) if p.family == "single_unit")
    parts = [replace(traced, size=10, probes=3)]
    parts += [p for p in scenario.parts(QUICK) if p.family == "single_unit"]
    parts += [
        p for p in scenario.parts(QUICK)
        if (p.question, p.family) == ("trajectories", "overparameterised")
    ]  # fmt: skip
    computed = [scenario.compute(replace(p, budget=2)) for p in parts]
    return scenario.assemble(QUICK, computed)


def rows(data, family, share):
    wanted = (data["family"] == family) & (data["share"] == share)
    return data.isel(row=np.flatnonzero(wanted.to_numpy()))


def test_one_unit_ends_overfitting_and_passes_no_near_optimal_saddle(data):
    assert (rows(data, "single_unit", scenario.ARRIVAL)["estimate"] == 1.0).all()
    assert (rows(data, "single_unit", scenario.ITINERARY)["estimate"] == 0.0).all()
    assert (rows(data, "single_unit", scenario.SINGLE)["estimate"] == 1.0).all()
    assert (rows(data, "single_unit", scenario.TOGETHER)["estimate"] == 1.0).all()
    close = rows(data, "single_unit", scenario.USEFUL)
    assert close["estimate"].to_numpy().tolist() == [1.0, 0.0]  # so much decay spoils the fit


def test_a_search_judges_what_it_has_chosen_by_new_data_sets():
    """One unit: nothing tends to the optimum but what attracts, so that the best share is 0."""
    search = next(p for p in scenario.parts(THOROUGH) if p.family == "1 units")
    search = replace(search, candidates=2, finalists=1, draws=2)
    data = scenario.compute(search)
    assert data["share"].to_numpy().tolist() == [scenario.BEST]
    assert (data["estimate"].item(), data["draws"].item()) == (0.0, 2)
    texts = {str(setting.student.teacher) for setting in best.candidates(search)}
    assert any(text in str(data["family"].item()) for text in texts)
    assert "H = 1" in scenario.setting_text(data.isel(row=0))


def test_two_units_pass_both_saddles_from_small_weights(data):
    small = rows(data, "overparameterised", scenario.ITINERARY)
    shares = dict(
        zip(small["scale"].to_numpy().tolist(), small["estimate"].to_numpy(), strict=True)
    )
    assert shares[0.01] >= shares[0.1] >= shares[1.0]
    assert shares[0.01] > 0.2


def test_intervals_hold_their_shares(data):
    estimate, unknown, lower, upper = (data[name].to_numpy() for name in SUMMARY)
    assert (lower <= estimate + 1e-12).all()
    assert (estimate + unknown <= upper + 1e-12).all()
    assert (data["draws"] == 2).all()


def test_crossings_are_bracketed_by_what_was_asked(data):
    """One unit at one size, both shares: ends of a bracket are noises that were asked."""
    assert data["crossing_threshold"].to_numpy().tolist() == [0.5, 0.95]
    asked = {0.02, 4.0, -np.inf, np.inf}
    assert set(data["crossing_lower"].to_numpy()) | set(data["crossing_upper"].to_numpy()) <= asked
    (claims, settings, *_) = zip(*boundary.sentences(data), strict=True)
    assert (claims, settings) == ((3, 3), ("single_unit, n = 10",) * 2)


@pytest.mark.parametrize(("first", "brackets"), [(1, [[0.3, 0.7]] * 2), (0, [])])
def test_drawn_brackets_are_the_stored_ones(first, brackets):
    """None where the first side is open: the share may cross before the limits."""
    model = scenario.FAMILIES["single_unit"]()
    part = boundary.Boundary(1, model, 30, 0, 1, 2)
    sides = ((0.02, first), (0.3, 1), (0.5, 0), (0.7, -1), (4.0, -1))
    probes = tuple(Probe(value, 0.5, 0.0, 1.0, 25, side) for value, side in sides)
    found = [
        Crossing(Setting(model, 30, 1.0), "noise", threshold, 0.95, probes)
        for threshold in boundary.THRESHOLDS
    ]
    data = boundary._rows(part, found)
    canvas, axis = plt.subplots()
    boundary.draw_boundary(axis, data, 1)
    drawn = [path for bar in axis.containers for path in bar[2][0].get_segments()]
    assert [path[:, 1].tolist() for path in drawn] == list(map(pytest.approx, brackets))
    plt.close(canvas)


def test_the_picture_shows_every_cell(data):
    canvas = scenario.draw(data)
    for axis, share in zip(canvas.axes, scenario.PANELS, strict=False):
        of = data.isel(row=np.flatnonzero((data["share"] == share).to_numpy()))
        assert len(axis.texts) == of.sizes["row"]
        marked = sum("✓" in text.get_text() for text in axis.texts)
        ends = zip(of["lower"].to_numpy(), of["upper"].to_numpy(), strict=True)
        assert marked == sum(verdict(low, high) == HOLDS for low, high in ends)
    plt.close(canvas)


def test_a_picture_without_boundaries_has_no_panels_for_them(data):
    without = data.drop_dims(("crossing", "probe"))
    canvas = scenario.draw(without)
    titles = [axis.get_title() for axis in canvas.axes]
    named = [title for title in titles if title]
    assert len(named) == len(scenario.PANELS)
    assert all(map(str.endswith, named, scenario.PANELS.values()))
    assert len(scenario.caption(without).panels) == len(scenario.PANELS)
    assert boundary.sentences(without) == []
    plt.close(canvas)


def test_collapse_counts_by_region_and_doubts_lists_that_are_not_complete():
    assert collapse._number(1, 1, False) == (1.0, 1.0)
    assert collapse._number(1, 1, True) == (0.0, 1.0)
    assert collapse._number(0, 1, True) == (0.0, 1.0)
    assert collapse._number(2, 1, True) == collapse._number(0, 1, False) == (0.0, 0.0)
    part = next(p for p in collapse.parts(QUICK) if p.preset == "single_unit")
    data = collapse.compute(replace(part, budget=2))
    assert data["estimate"].to_numpy().ravel().tolist() == [1.0, 1.0, 1.0]
    canvas = collapse.draw(data)
    assert "2 data sets" in canvas.axes[0].get_title()
    plt.close(canvas)


def test_every_preset_is_asked():
    assert {p.preset for p in collapse.parts(QUICK)} == set(PRESETS)
    assert {p.family for p in scenario.parts(QUICK)} >= set(PRESETS)
    proofs = [p for p in optimum.parts(QUICK) if isinstance(p, optimum.Proofs)]
    assert {p.preset for p in proofs} == set(PRESETS)
    one = next(p for p in proofs if p.preset == "single_unit")
    assert optimum.compute(replace(one, budget=2))["estimate"].item() == 1.0
