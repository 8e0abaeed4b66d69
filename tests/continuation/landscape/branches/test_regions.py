"""Each region label carries the branch that proves it."""

from types import SimpleNamespace

import numpy as np
import pytest

from continuation.certify.evidence import evidence_again
from continuation.landscape.branches.regions import STEEPEST_ROOT, label_regions, optimum_loss
from continuation.landscape.network.conditions import Conditions
from continuation.landscape.network.dataset import Dataset
from continuation.landscape.network.loss import Loss
from continuation.landscape.search.find import find_critical_sets
from continuation.landscape.sets.assembly import squared_distance
from symbolic import fukumizu_amari, overparameterised, single_unit

NOISE = 0.1


@pytest.fixture(scope="module", params=[fukumizu_amari, overparameterised])
def labelled(request):
    model = request.param()
    loss = Loss(model, Dataset.sample(model, 50, 1))
    return loss, find_critical_sets(loss, noise=NOISE)


def followed(sets):
    return [s for s in sets if s.evidence.branch is not None]


def test_the_branch_leads_from_the_set_to_the_lowest_noise(labelled):
    _, sets = labelled
    assert {"overfitting"} <= {found.region for found in followed(sets)}
    for found in followed(sets):
        branch, evidence = found.evidence.branch, found.evidence
        assert branch.noise[0] == pytest.approx(NOISE)
        assert branch.noise[-1] == evidence.lowest_noise
        assert branch.distance[-1] == pytest.approx(evidence.distance)
        assert branch.distance[0] == pytest.approx(np.sqrt(squared_distance(found)), rel=1e-6)
        assert len(branch.noise) == len(branch.state) == len(branch.distance)


def test_its_samples_are_critical_points(labelled):
    loss, sets = labelled
    points = [s for s in followed(sets) if s.subkind == "isolated"]
    assert points
    for found in points:
        for noise, state in zip(
            found.evidence.branch.noise, found.evidence.branch.state, strict=True
        ):
            assert np.abs(loss.gradient(np.array(state), noise=noise)).max() < 1e-10


def test_the_label_follows_from_the_branch(labelled):
    _, sets = labelled
    for found in followed(sets):
        branch, evidence = found.evidence.branch, found.evidence
        last = np.array(branch.noise) < 20.0 * branch.noise[-1]
        if np.isnan(evidence.slope) or last.sum() < 2:
            continue
        noise, distance = np.array(branch.noise)[last], np.array(branch.distance)[last]
        slope = np.polyfit(np.log(noise), np.log(distance), 1)[0]
        assert (slope > STEEPEST_ROOT) == evidence.tends_to_teacher
        assert (found.region in ("overfitting", "near-optimal")) <= evidence.tends_to_teacher


def test_the_plateau_needs_no_branch(labelled):
    _, sets = labelled
    plateau = [found for found in sets if found.region == "plateau"]
    assert plateau
    for found in plateau:
        assert found.evidence.branch is None
        assert found.evidence.units < found.evidence.required


def test_embeddings_of_one_point_share_its_branch():
    model = overparameterised()
    loss = Loss(model, Dataset.sample(model, 50, 1))
    sets = find_critical_sets(loss, noise=NOISE, regions=False)
    embedded = [s for s in label_regions(loss, sets) if s.base is not None]
    shared = [s.evidence.branch for s in embedded if s.evidence.branch is not None]
    assert len(shared) > 1
    assert all(branch is shared[0] for branch in shared)


@pytest.mark.parametrize("size", [None, 12, 17.5])
def test_the_loss_of_the_optimum_is_that_of_the_teacher(size):
    model = fukumizu_amari()
    loss = Loss(model, Dataset.sample(model, 20, 0))
    found = SimpleNamespace(conditions=Conditions(0.3, size=size))
    teacher = [1.0, 4.0, 2.0, -1.0]
    expected = loss.value(teacher, noise=0.3, size=size)
    assert optimum_loss(loss, found) == pytest.approx(expected, rel=1e-12)


def test_weight_decay_falls_with_the_square_of_the_noise():
    model = single_unit()
    loss = Loss(model, Dataset.sample(model, 40, 0))

    def attractor(noise, decay):
        sets = find_critical_sets(loss, noise=noise, weight_decay=decay, most_runs=300)
        return next(found for found in sets if found.attracting)

    weak, strong = attractor(0.2, 1e-3), attractor(0.2, 0.03)
    for found in (weak, strong):
        branch, decay = found.evidence.branch, found.conditions.weight_decay
        assert found.evidence.slope == pytest.approx(1.0, abs=0.05)
        assert branch.noise[-1] <= 1e-3
        for noise, state in zip(branch.noise, branch.state, strict=True):
            there = loss.at(noise=noise, weight_decay=decay * (noise / 0.2) ** 2)
            assert np.abs(there.gradient(state)).max() < 1e-10
        assert evidence_again(loss, found)["region"] == found.region
    # the strong one fits the data less well than the teacher: it is not the noise that it fits
    optimum = 0.5 * np.mean((0.2 * loss.data.noise) ** 2)
    assert weak.region == "overfitting"
    assert loss.value(weak.theta, noise=0.2) < optimum
    assert strong.region == "other"
    assert loss.value(strong.theta, noise=0.2) > optimum
    assert attractor(0.0, 1e-3).region == "unlabelled"
