"""One attractor under weight decay: the list is whole, or the certificate is refused."""

import copy

import numpy as np
import pytest

from continuation.certify import PROVED, REFUTED, UNDECIDED, certify_attractor, check
from continuation.certify.checker.attractor import STEEPEST
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
