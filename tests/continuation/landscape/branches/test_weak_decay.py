"""Where infinity goes under weight decay: points with weights of order ρ^(−1/4)."""

import numpy as np
import pytest

from continuation.errors import ConvergenceError, InvalidInputError
from continuation.landscape import (
    Dataset,
    Loss,
    find_critical_sets,
    follow,
    from_infinity,
    label_regions,
)
from continuation.landscape.branches.ranges import arrival_along
from continuation.landscape.network import LossAlong, split_plain
from symbolic import fukumizu_amari, overparameterised, single_unit

CASES = [(fukumizu_amari, seed) for seed in range(2)] + [(overparameterised, s) for s in range(2)]
KINDS = ("confluence", "linear")


@pytest.fixture(scope="module", params=CASES, ids=lambda case: f"{case[0].__name__}-{case[1]}")
def landscape(request):
    preset, seed = request.param
    model = preset()
    loss = Loss(model, Dataset.sample(model, 60, seed))
    return loss, find_critical_sets(loss, noise=0.2, regions=False)


def decay_at(end, slope, normal):
    """Weight decay at which the law puts the point at this normal coordinate."""
    if end.subkind == "confluence":
        return slope * (normal / end.limit.units[0].coefficients[1]) ** 2
    return 2.0 * slope * (normal / end.limit.powers[0]) ** 2


def normal_coordinate(end, point):
    """D or q of the weights."""
    w = np.abs(split_plain(point.theta)[0])
    return (w[0] - w[1]) ** 2 if end.subkind == "confluence" else w.min() ** 2


def test_ends_that_pull_become_points_by_the_law(landscape):
    loss, sets = landscape
    met = 0
    for end in (s for s in sets if s.subkind in KINDS):
        (slope,) = end.normal_derivatives
        if slope < 0.0:
            with pytest.raises(InvalidInputError, match="repels"):
                from_infinity(loss, end, 1e-6)
            continue
        errors = []
        for share in (3e-2, 1e-2):  # how far from the end, in its own units
            normal = share * min(end.limit.units[0].weight ** 2, 0.25)
            decay = decay_at(end, slope, normal)
            point = from_infinity(loss, end, decay)
            gradient = loss.gradient(point.theta, noise=0.2, weight_decay=decay)
            assert np.abs(gradient).max() < 1e-9
            assert (point.index, point.nullity) == (end.index, 0)
            errors.append(abs(normal_coordinate(end, point) / normal - 1.0))
        assert errors[1] < 0.45 * errors[0] + 1e-3  # the next order is that of the coordinate
        assert errors[1] < 0.05
        met += 1
    assert met or not any(s.subkind in KINDS and s.attracting for s in sets)


def test_what_does_not_come_from_infinity_is_refused(landscape):
    loss, sets = landscape
    finite = next(s for s in sets if not s.at_infinity)
    corner = next(s for s in sets if s.subkind == "corner")
    for found in (finite, corner):
        with pytest.raises(InvalidInputError, match="no end with a chart"):
            from_infinity(loss, found, 1e-6)
    end = next(s for s in sets if s.subkind in KINDS)
    with pytest.raises(InvalidInputError, match="weight_decay > 0"):
        from_infinity(loss, end, 0.0)


def attracting_confluence(model):
    loss = Loss(model, Dataset.sample(model, 60, 0))
    sets = find_critical_sets(loss, noise=0.2, regions=False)
    return loss, next(s for s in sets if s.subkind == "confluence" and s.attracting)


def test_at_a_larger_decay_it_is_the_same_point_moved():
    """The law alone puts it at D = 3 for ρ = 1e-5, where w² = 0.006."""
    loss, end = attracting_confluence(fukumizu_amari())
    small, large = (from_infinity(loss, end, decay) for decay in (1e-7, 1e-5))
    assert np.abs(loss.gradient(large.theta, noise=0.2, weight_decay=1e-5)).max() < 1e-9
    assert (small.index, large.index) == (0, 0)
    branch = follow(loss, large, "weight_decay", (1e-7, 1e-5))
    assert branch.theta[-1] == pytest.approx(small.theta, rel=1e-6)


def test_where_a_unit_dies_nothing_goes_on():
    loss, end = attracting_confluence(overparameterised())
    assert from_infinity(loss, end, 1e-5).index == 0
    with pytest.raises(ConvergenceError, match="a unit of it dies"):
        from_infinity(loss, end, 1e-4)


def dying(loss):
    """ρ at which the origin begins to attract."""
    return abs(np.mean(loss.data.x * (loss.data.target + 0.2 * loss.data.noise)))


def test_a_unit_dies_at_the_origin_and_not_at_a_linear_end():
    model = single_unit()
    loss = Loss(model, Dataset.sample(model, 50, 0))
    sets = find_critical_sets(loss, noise=0.2, weight_decay=0.01, most_runs=300)
    point = next(found for found in sets if found.is_isolated)
    branch = follow(loss, point, "weight_decay", (0.0, 1.0))
    (pitchfork,) = (special for special in branch.special if special.kind == "pitchfork")
    assert pitchfork.p == pytest.approx(dying(loss), rel=1e-9)
    assert branch.stop_reasons == ("limit", "limit")
    along = LossAlong(loss, "noise", point.conditions)
    assert arrival_along(along, point, (0.0, 1.0)) is None


def test_equal_units_come_to_a_line_where_decay_falls_and_to_the_origin_where_it_grows():
    model = overparameterised()
    loss = Loss(model, Dataset.sample(model, 30, 0))
    sets = find_critical_sets(loss, noise=0.2, weight_decay=1e-3, most_runs=300, regions=False)
    equal = next(s for s in sets if s.is_isolated and np.ptp(s.theta[:2]) < 1e-9)
    branch = follow(loss, equal, "weight_decay", (0.0, 1.0))
    assert branch.stop_reasons == ("arrival: split line", "arrival: origin")
    assert branch.p[0] < 1e-8
    assert branch.p[-1] == pytest.approx(dying(loss), rel=1e-3)

    # towards zero noise the attractor's second unit dies, and what is left tends to the teacher
    (fitted,) = label_regions(loss, sets.attractors)
    states = np.array(fitted.evidence.branch.state)
    last = split_plain(states[-1])
    assert fitted.region == "overfitting"
    assert np.hypot(*split_plain(fitted.theta)).min() > 0.1
    assert np.hypot(*last).min() < 1e-9
    assert np.hypot(*last).max() == pytest.approx(np.sqrt(2.0), abs=1e-2)
