"""One attractor under weight decay: the list is whole, or the certificate is refused."""

import copy

import numpy as np
import pytest
from flint import arb

from continuation.certify import PROVED, REFUTED, UNDECIDED, certify_attractor, check
from continuation.certify.checker.attractor import STEEPEST, _Boxes, _quotient
from continuation.certify.checker.problem import Problem
from continuation.errors import InvalidInputError
from continuation.landscape import Dataset, Loss, Symmetry, find_critical_sets, flows_to_limits
from symbolic import fukumizu_amari, overparameterised, single_unit
from tests.continuation.certify import stored_certificates as stored

ONE = stored.record("attractor")
TWO = stored.record("two_minima")


def outcome(record, **changed):
    claim = record["claim"] | changed
    return check(stored.json.dumps(record | {"claim": claim}))


def test_what_is_left_out_is_missed():
    """Without the origin the boxes around it cannot be excluded; without the minimum neither."""
    minimum, origin = ONE["claim"]["points"]
    assert outcome(ONE).accepted
    for points in ([minimum], [origin]):
        assert not outcome(ONE, points=points).accepted
    assert "not excluded near w = " in outcome(ONE, points=[minimum]).reason


def test_points_stand_once_and_the_minimum_first():
    minimum, origin = ONE["claim"]["points"]
    assert "no minimum" in outcome(ONE, points=[origin, minimum]).reason
    assert "images" in outcome(ONE, points=[minimum, origin, origin]).reason
    flipped = copy.deepcopy(minimum)
    flipped["theta"] = [(-float.fromhex(value)).hex() for value in minimum["theta"]]
    assert "another minimum" in outcome(ONE, points=[minimum, origin, flipped]).reason
    assert outcome(ONE, points=[flipped, origin]).accepted  # any image will do


def test_two_minima_refute_and_two_images_do_not():
    first = TWO["claim"]["points"][0]
    assert outcome(TWO).accepted
    image = copy.deepcopy(first)
    for k, j in ((0, 1), (2, 3)):
        image["theta"][k], image["theta"][j] = image["theta"][j], image["theta"][k]
    order = [1, 0, 3, 2]
    image["inverse"] = [[image["inverse"][a][b] for b in order] for a in order]
    assert "images" in outcome(TWO, points=[first, image]).reason
    assert not outcome(ONE | {"kind": "attractor", "verdict": REFUTED}).accepted
    assert check(stored.json.dumps(TWO | {"verdict": PROVED})).accepted is False


def test_without_decay_nothing_is_claimed():
    problem = ONE["problem"] | {"weight_decay": (0.0).hex()}
    assert "need not be bounded" in check(stored.json.dumps(ONE | {"problem": problem})).reason
    loss = Loss(single_unit(), Dataset.sample(single_unit(), 6, 0))
    with pytest.raises(InvalidInputError, match="weight decay"):
        certify_attractor(loss, [])


def boxes_of(record):
    return _Boxes.of(Problem.read(record["problem"]))


@pytest.mark.parametrize(
    "seed", [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(1, 10))]
)
def test_enclosures_hold_what_they_enclose(seed):
    """Ridge fits, gradients and Hessians at points of random boxes, of two units."""
    rng, decay = np.random.default_rng(seed), 1e-3
    model = fukumizu_amari()
    data, boxes = Dataset.sample(model, 10, 0), boxes_of(TWO)
    at = Loss(model, data).at(noise=0.1, weight_decay=decay)
    y = data.target + 0.1 * data.noise
    for radius in (1e-3, 0.1, 1.0):
        centre = rng.uniform(1.0, 3.0, 2)
        w = [arb(value, radius) for value in centre]
        t = boxes.tanhs(w)
        v = boxes.fitted(t)
        slope, hessian = boxes.derivatives(t, v, w)
        for inside in centre + radius * rng.uniform(-1.0, 1.0, (20, 2)):
            columns = np.tanh(np.outer(data.x, inside))
            fit = np.linalg.solve(columns.T @ columns / 10 + decay * np.eye(2), columns.T @ y / 10)
            theta = np.concatenate([inside, fit])
            assert all(b.contains(arb(x, 1e-9)) for b, x in zip(v, fit, strict=True))
            exact = [*at.gradient(theta), *at.hessian(theta).ravel()]
            for ball, value in zip([*slope, *hessian.entries()], exact, strict=True):
                assert ball.overlaps(arb(value, 1e-9))


def test_every_critical_point_obeys_the_bounds():
    """The stored minima, one of which has a large weight: in the box, with living units."""
    boxes = boxes_of(TWO)
    for point in TWO["claim"]["points"]:
        theta = [arb(float.fromhex(value), 1e-9) for value in point["theta"]]
        w, v = theta[:2], theta[2:]
        assert all(abs(a) < boxes.inputs for a in w)
        assert sum(a * a for a in v) < boxes.outputs**2
        t = boxes.tanhs(w)
        residuals = boxes.residuals(t, v)
        assert all(boxes.alive(t, residuals, w[k], k) for k in range(2))
        away = [a + arb(0.3) for a in w]
        t = boxes.tanhs(away)
        residuals = boxes.residuals(t, boxes.fitted(t))
        assert not all(boxes.alive(t, residuals, away[k], k) for k in range(2))


def test_quotients_are_enclosed():
    for u in (arb(0), arb(0.5, 0.5), arb(2, 3), arb(-1, 0.2)):
        ball = _quotient(u)
        for x in np.linspace(float(u.lower()), float(u.upper()), 9):
            assert ball.overlaps(arb(np.tanh(x) / x if x else 1.0, 1e-15))


def test_the_bound_of_steepness_holds():
    u = np.linspace(0.0, 20.0, 200_001)
    assert 0.4477 < (u / np.cosh(u) ** 2).max() < float(STEEPEST)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("make", "n", "decay", "expected"),
    [
        (overparameterised, 6, 0.1, PROVED),
        (overparameterised, 4, 0.3, PROVED),
        (overparameterised, 20, 0.1, PROVED),
        (fukumizu_amari, 10, 1e-3, REFUTED),
        (single_unit, 30, 0.01, PROVED),
    ],
)
def test_flows_end_where_the_certificate_says(make, n, decay, expected):
    """From many scales, of every proved data set; on the other one they end in two places."""
    model = make()
    loss = Loss(model, Dataset.sample(model, n, 0))
    sets = find_critical_sets(loss, noise=0.1, weight_decay=decay)
    found = certify_attractor(loss, sets)
    assert found.verdict == expected
    assert check(found).accepted
    starts = np.random.default_rng(0).standard_normal((40, model.dimension))
    starts *= np.geomspace(0.01, 10.0, 40)[:, None]
    ends = flows_to_limits(loss.at(noise=0.1, weight_decay=decay), starts)
    assert all(end.status == "point" for end in ends)
    group = Symmetry.of(model, decays=True)
    minimum = np.array([float.fromhex(v) for v in found.claim["points"][0]["theta"]])
    away = [group.distance(end.weights, minimum) for end in ends]
    assert (max(away) < 1e-6) == (expected == PROVED)


@pytest.mark.slow
def test_time_that_is_over_is_no_proof():
    loss = Loss(overparameterised(), Dataset.sample(overparameterised(), 20, 0))
    sets = find_critical_sets(loss, noise=0.1, weight_decay=0.03)
    found = certify_attractor(loss, sets, seconds=0.1)
    assert found.verdict == UNDECIDED
    assert "not checked to the end" in found.reason
