"""Certified branches: from end to end, through folds, and never past what is degenerate."""

import json
from dataclasses import replace

import numpy as np
import pytest
from flint import arb, arb_mat

from continuation.certify import PROVED, UNDECIDED, certify_branch, check
from continuation.certify.enclosures.balls import working_precision
from continuation.certify.provers.tube import OVERLAP, Tube, contains, prove_tube
from continuation.certify.provers.tube_family import family_of
from continuation.errors import InvalidInputError
from continuation.landscape import Dataset, Loss, find_critical_sets, follow
from continuation.landscape.network import Conditions, LossAlong
from symbolic import single_unit
from tests.continuation.certify.certify_cases import NOISE, found, preset_loss

pytestmark = pytest.mark.slow


def of_kind(loss, subkind, noise=NOISE):
    return next(s for s in found(loss, noise) if s.subkind == subkind)


@pytest.fixture(scope="module")
def folded():
    """One unit on six samples: its branch in the noise turns twice."""
    model = single_unit()
    loss = Loss(model, Dataset.sample(model, n=6, seed=5))
    sets = find_critical_sets(loss, noise=1.5)
    point = next(s for s in sets if s.kind == "point" and s.subkind == "isolated")
    return loss, follow(loss, point, "noise", (0.8, 2.5))


@pytest.fixture(scope="module")
def proof(folded):
    loss, branch = folded
    return certify_branch(loss, branch)


@pytest.mark.parametrize("parameter", ["noise", "size"])
def test_derivatives_of_the_families_agree_with_differences(parameter):
    loss = preset_loss("fukumizu_amari", samples=12)
    theta, step = [0.9, 3.8, 1.7, -0.8], 1e-5
    direction = [0.3, -0.2, 0.5, 0.1, 0.7]
    with working_precision():
        family = family_of(LossAlong(loss, parameter, Conditions(NOISE)))
        p = {"noise": 0.2, "size": 7.4}[parameter]

        def at(t):
            z = [arb(a) + arb(t) * arb(b) for a, b in zip([*theta, p], direction, strict=True)]
            return family.evaluate(z[:-1], z[-1])

        here = at(0.0)
        after, earlier = at(step), at(-step)
        ahead, behind = after[0], earlier[0]
        slope = here[1] * arb_mat(4, 1, direction[:4]) + here[2] * arb(direction[4])
        turning = family.turning([arb(t) for t in theta], arb(p), [arb(d) for d in direction])
        second = family.second([arb(t) for t in theta], arb(p), [arb(d) for d in direction])
        for k in range(4):
            difference = (ahead[k, 0] - behind[k, 0]) / (2 * step)
            assert float(difference) == pytest.approx(float(slope[k, 0]), rel=1e-6, abs=1e-9)
            bend = (ahead[k, 0] - 2 * here[0][k, 0] + behind[k, 0]) / arb(step) ** 2
            for j in range(4):
                change = (after[1][k, j] - earlier[1][k, j]) / (2 * step)
                assert float(change) == pytest.approx(float(turning[k, j]), rel=1e-6, abs=1e-9)
            change = (after[2][k, 0] - earlier[2][k, 0]) / (2 * step)
            assert float(change) == pytest.approx(float(turning[k, 4]), rel=1e-6, abs=1e-9)
            assert float(bend) == pytest.approx(float(second[k, 0]), rel=1e-5, abs=1e-8)


def test_a_branch_is_proved_through_its_folds_with_its_indices(folded, proof):
    _, branch = folded
    assert proof.verdict == PROVED, proof.reason
    assert len(proof.claim["folds"]) == sum(p.kind == "fold" for p in branch.special) == 2
    indices = [row[0] for row in proof.claim["inertias"]]
    assert sorted(set(indices)) == sorted(set(branch.inertia[:, 0]))
    assert (np.diff(indices) != 0).sum() == 2


def test_the_checker_accepts_the_proof_and_no_damaged_one(proof):
    assert check(proof).accepted, check(proof).reason
    record = json.loads(proof.to_json())
    claim = record["claim"]
    for name, change in {
        "folds": claim["folds"][:1],
        "inertias": [[0, 0, 2]] * len(claim["inertias"]),
        "points": claim["points"][::-1],
        "radii": [[(1e-16).hex()] * 3] * len(claim["radii"]),
    }.items():
        assert not check(json.dumps({**record, "claim": {**claim, name: change}})), name


def test_samples_of_the_branch_lie_in_the_tubes(folded, proof):
    _, branch = folded
    ends = np.array([[float.fromhex(t) for t in row] for row in proof.claim["points"]])
    for z in np.column_stack([branch.theta, branch.p]):
        assert np.abs(ends - z).max(axis=1).min() < 0.1


@pytest.mark.parametrize("parameter", ["noise", "size"])
def test_dead_units_and_lines_are_proved_through_their_smaller_network(parameter):
    loss = preset_loss("fukumizu_amari", samples=12)
    limits = {"noise": (0.1, 0.11), "size": (11.95, 12.0)}[parameter]
    for subkind in ("dead unit", "split line"):
        branch = follow(loss, of_kind(loss, subkind), parameter, limits, noise=NOISE)
        certificate = certify_branch(loss, branch)
        assert certificate.verdict == PROVED, certificate.reason
        assert check(certificate).accepted, check(certificate).reason


def test_two_units_are_proved():
    loss = preset_loss("fukumizu_amari", samples=12)
    branch = follow(loss, of_kind(loss, "isolated"), "noise", (0.1, 0.1005))
    certificate = certify_branch(loss, branch)
    assert certificate.verdict == PROVED, certificate.reason
    assert certificate.claim["inertias"][0][0] == of_kind(loss, "isolated").index
    assert check(certificate).accepted, check(certificate).reason


def test_an_ended_budget_names_the_place(folded):
    loss, branch = folded
    certificate = certify_branch(loss, branch, budget=5)
    assert certificate.verdict == UNDECIDED
    assert "budget" in certificate.reason
    assert not check(certificate).accepted


def test_a_branch_point_stops_the_proof():
    model = single_unit()
    loss = Loss(model, Dataset.sample(model, n=4, seed=3))
    sets = find_critical_sets(loss, noise=1.5)
    point = next(s for s in sets if s.kind == "point" and s.subkind == "isolated")
    branch = follow(loss, point, "noise", (0.8, 2.5))
    assert any(p.kind == "pitchfork" for p in branch.special)
    certificate = certify_branch(loss, branch)
    assert certificate.verdict == UNDECIDED
    assert "p = 1.4886" in certificate.reason


def test_no_tube_holds_where_there_is_no_curve():
    loss = preset_loss("fukumizu_amari", samples=12)
    theta = of_kind(loss, "isolated").theta
    with working_precision():
        family = family_of(LossAlong(loss, "noise"))
        start = np.append(theta * 1.05, 0.1)
        assert prove_tube(family, start, start + np.array([0, 0, 0, 0, 1e-3])) is None


def test_what_is_not_supported_is_said(folded):
    loss, branch = folded
    with pytest.raises(InvalidInputError, match="noise or size"):
        certify_branch(loss, replace(branch, parameter="weight_decay"))


@pytest.mark.parametrize(
    ("along", "across", "radius", "inside"),
    [
        (0.0, 0.099, 0.0, True),
        (0.0, 0.101, 0.0, False),
        (0.9, -0.099, 0.0, True),
        (0.9, -0.101, 0.0, False),
        (0.3, 0.05, 0.03, True),
        (0.3, 0.05, 0.06, False),
        (1.0 + 1.99 * OVERLAP, 0.0, 0.0, True),
        (1.0 + 2.01 * OVERLAP, 0.0, 0.0, False),
        (-1.0 - 2.01 * OVERLAP, 0.0, 0.0, False),
    ],
)
def test_a_tube_holds_what_is_within_its_radii_of_its_axis(along, across, radius, inside):
    """Places along the axis in halves of the chord, across it in the second weight."""
    start, end, radii = np.array([1.0, 2.0, 3.0]), np.array([3.0, 2.0, 7.0]), np.full(3, 0.1)
    tube = Tube(start, end, radii, np.empty(0), np.empty(0), arb_mat(0, 0))
    point = tube.middle + 0.5 * along * (end - start) + np.array([0.0, across, 0.0])
    assert contains(tube, point, np.array([0.0, radius, 0.0])) == inside
