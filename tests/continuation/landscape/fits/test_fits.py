"""Fits of formulas: NIST's problems, any units, bounds, and what is refused."""

import json
from pathlib import Path

import numpy as np
import pytest

from continuation.errors import InvalidInputError
from continuation.landscape import Dataset, Loss, Symmetry, find_critical_sets
from continuation.landscape.fits.curve import Curve
from continuation.landscape.fits.limits import limits_of
from symbolic import Model, fukumizu_amari

NIST = json.loads((Path(__file__).parents[3] / "data" / "nist.json").read_text(encoding="utf-8"))
"""Statistical Reference Datasets, nonlinear regression (public domain): certified to 11 digits."""

EXPONENTIALS = json.loads(
    (Path(__file__).parents[3] / "data" / "exponentials.json").read_text(encoding="utf-8")
)
"""Sums of exponentials of Moré, Garbow and Hillstrom, *ACM TOMS* 7 (1981) 17, and of Lanczos."""

STARTS = ("start1", "start2", None)


def loss_of(problem, x_unit=1.0, y_unit=1.0):
    model = Model.from_expression(problem["expression"], problem["parameters"], input="x")
    x, y = x_unit * np.array(problem["x"]), y_unit * np.array(problem["y"])
    return Loss(model, Dataset.from_observations(x, y))


def certified(problem, loss, sets):
    """The set at the certified parameters, up to exchanges, to the digits that are certified."""
    known, symmetry = np.array(problem["certified"]), Symmetry.of(loss.model)
    rounding = 2.0 * np.finfo(float).eps * np.sqrt(problem["rss"]) * np.linalg.norm(problem["y"])
    near = [s for s in sets if symmetry.align(s.theta, known) == pytest.approx(known, rel=1e-10)]
    assert len(near) == 1
    assert near[0].attracting
    squares = [2 * len(problem["x"]) * s.loss for s in (near[0], *sets)]
    assert squares[0] == pytest.approx(problem["rss"], rel=1e-9, abs=rounding)
    assert squares[0] == pytest.approx(min(squares), rel=1e-12)  # ENSO's have aliases
    return near[0]


@pytest.mark.parametrize(
    ("name", "start"),
    [("Hahn1", "start2"), ("BoxBOD", "start1"), ("MGH10", None), ("Lanczos3", None)],
)
def test_certified_minima_are_found(name, start):
    problem, loss = NIST[name], loss_of(NIST[name])
    given = {"most_runs": 20} if start is None else {"starts": problem[start]}
    sets = find_critical_sets(loss, **given)
    assert np.isfinite(certified(problem, loss, sets).largest_error)
    assert all(np.isfinite(s.theta).all() for s in sets)


@pytest.mark.slow
@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("name", sorted(NIST))
def test_all_certified_minima_are_found(name, start):
    problem, loss = NIST[name], loss_of(NIST[name])
    sets = find_critical_sets(loss, starts=None if start is None else problem[start])
    certified(problem, loss, sets)


@pytest.mark.slow
@pytest.mark.parametrize("from_start", [True, False])
@pytest.mark.parametrize("name", sorted(EXPONENTIALS))
def test_published_sums_of_exponentials_are_fitted(name, from_start):
    problem = EXPONENTIALS[name]
    loss = loss_of(problem)
    sets = find_critical_sets(loss, starts=problem["start"] if from_start else None, most_runs=120)
    best = min(sets, key=lambda one: one.loss)
    if problem["squares"]:
        squares = 2 * len(problem["x"]) * best.loss
        assert squares == pytest.approx(float(problem["squares"]), rel=2e-6)
    else:
        assert max(best.weights) == pytest.approx(float(problem["largest"]), rel=1e-10)
    assert best.attracting


@pytest.mark.slow
def test_exchanged_parameters_are_one_set():
    model = Model.from_expression("a*exp(-b*x) + c*exp(-d*x)", list("abcd"))
    x = np.linspace(0.0, 4.0, 30)
    y = 2.0 * np.exp(-0.5 * x) + np.exp(-3.0 * x) + 0.001 * np.cos(40.0 * x)
    starts = [[2.0, 0.5, 1.0, 3.0], [1.0, 3.0, 2.0, 0.5], [1.1, 2.5, 1.8, 0.6]]
    (found,) = find_critical_sets(Loss(model, Dataset.from_observations(x, y)), starts=starts)
    assert found.attracting
    assert found.orbit_size == 2
    assert found.theta == pytest.approx([2.0, 0.5, 1.0, 3.0], abs=0.05)  # as it was found first


@pytest.mark.parametrize(("x_unit", "y_unit"), [(1e-6, 1e6), (3e5, 7e-4)])
def test_any_units_of_the_data_will_do(x_unit, y_unit):
    problem = NIST["BoxBOD"]
    sets = find_critical_sets(loss_of(problem, x_unit, y_unit), most_runs=30)
    b1, b2 = problem["certified"]
    assert sets[0].theta == pytest.approx([y_unit * b1, b2 / x_unit], rel=1e-9)
    assert sets[0].attracting


def test_what_fits_run_off_to_is_said():
    """A constant is the limit of b1 (1 - exp(-b2 x)) as b2 grows: the mean of the data."""
    problem, loss = NIST["BoxBOD"], loss_of(NIST["BoxBOD"])
    curve = Curve(loss.at(), np.full(2, -np.inf), np.full(2, np.inf))
    (limit,) = limits_of(curve, [np.array([100.0, 300.0])])
    y = np.array(problem["y"])
    assert limit.loss == pytest.approx(0.5 * y.var(), rel=1e-12)
    assert (limit.held, limit.powers[0]) == (1, 0.0)
    assert limit.values[0] == pytest.approx(y.mean(), rel=1e-9)
    assert limit.text(("b1", "b2")).endswith(f"as b2 → ∞, b1 → {y.mean():.9g}")


@pytest.mark.slow
def test_the_published_minimum_at_infinity_is_found():
    """Of MGH09: (x² + b x)/(p x + q) with RSS 0.00102734304870, in multiple precision."""
    loss = loss_of(NIST["MGH09"])
    sets = find_critical_sets(loss, starts=[25.0, -14.0, -1000.0, -700.0])
    assert len(sets) == 0
    (note,) = (note for note in sets.notes if note.startswith("at infinity"))
    assert "falls to 4.66974113" in note  # RSS / (2 n)
    assert "b2 → -14.07588" in note


def test_linear_parameters_are_found_and_fitted():
    loss = loss_of(NIST["BoxBOD"])
    curve = Curve(loss.at(), np.full(2, -np.inf), np.full(2, np.inf))
    assert curve.linear == [0]
    b1, b2 = NIST["BoxBOD"]["certified"]
    (fitted,), (squares,) = curve.with_linear_part(np.array([[1.0, b2]]))
    assert fitted[0] == pytest.approx(b1, rel=1e-8)
    assert squares == pytest.approx(NIST["BoxBOD"]["rss"] / 6, rel=1e-9)  # Σ ω r², ω = 1/n


def test_bounds_keep_points_out_and_are_kept():
    problem, loss = NIST["BoxBOD"], loss_of(NIST["BoxBOD"])
    inside = find_critical_sets(loss, bounds=([100.0, 0.1], [300.0, 2.0]), most_runs=30)
    certified(problem, loss, inside)
    outside = find_critical_sets(loss, starts=[220.0, 1.5], bounds=([100.0, 1.0], [300.0, 2.0]))
    assert not [s for s in outside if s.attracting]
    assert any("bound" in note for note in outside.notes)


def test_a_start_outside_the_bounds_is_searched_from_inside():
    problem, loss = NIST["BoxBOD"], loss_of(NIST["BoxBOD"])
    bounds = ([100.0, 0.1], [300.0, 2.0])
    outside = find_critical_sets(loss, starts=[[1e3, -1.0], [200.0, 0.5]], bounds=bounds)
    certified(problem, loss, outside)
    assert "1 start outside the bounds: begun on the bounds instead" in outside.notes
    inside = find_critical_sets(loss, starts=[[300.0, 0.1], [200.0, 0.5]], bounds=bounds)
    assert [s.loss for s in outside] == [s.loss for s in inside]
    assert not any("outside the bounds" in note for note in inside.notes)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"starts": [1.0]}, "shape"),
        ({"starts": [[1.0, np.nan]]}, "finite"),
        ({"bounds": ([1.0, 2.0], [1.0, 3.0])}, "below"),
        ({"bounds": ([1.0, 2.0, 3.0], 4.0)}, "numbers"),
        ({"bounds": 3.0}, "lower, upper"),
        ({"starts": [1.0, -1e5]}, "no finite value"),
    ],
)
def test_starts_and_bounds_that_are_none_are_refused(given, message):
    with pytest.raises(InvalidInputError, match=message):
        find_critical_sets(loss_of(NIST["BoxBOD"]), **given)


def test_networks_take_neither_starts_nor_bounds():
    model = fukumizu_amari()
    loss = Loss(model, Dataset.sample(model, 20, 0))
    with pytest.raises(InvalidInputError, match="formula"):
        find_critical_sets(loss, noise=0.1, starts=np.ones(4))
