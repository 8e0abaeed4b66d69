"""Distance from a critical set, against every image and every share at once."""

import itertools

import numpy as np
import pytest

from continuation.errors import InvalidInputError
from continuation.landscape import Dataset, Loss, find_critical_sets
from continuation.landscape.network import Symmetry, symmetry
from continuation.landscape.sets import nearest_member
from symbolic import fukumizu_amari, three_units


def sets_of(model):
    loss = Loss(model, Dataset.sample(model, n=30, seed=1))
    return find_critical_sets(loss, noise=0.1, regions=False)


@pytest.fixture(scope="module")
def sets():
    return [*sets_of(fukumizu_amari()), *sets_of(three_units())]


def distance_by_hand(found, theta):
    """Smallest distance over all images of θ, with the least squares solution for the shares."""
    symmetry = Symmetry.of(found.model)
    images = [symmetry.act(g, theta) for g in symmetry.elements()]
    place = found.theta
    if found.embedding is None or not found.embedding.dimension:
        return min(np.linalg.norm(image - place) for image in images)
    embedding, base = found.embedding, found.base
    free = []  # differences of members span the directions of the manifold
    for unit, m in enumerate(embedding.copies):
        for k in range(m - 1):
            shares = [list(each) for each in embedding.equal_shares()]
            shares[unit][k] += 1.0
            shares[unit][m - 1] -= 1.0
            free.append(embedding.lift(found.model, base, shares) - place)
    directions = np.linalg.qr(np.array(free).T)[0]
    gaps = (image - place for image in images)
    return min(np.linalg.norm(gap - directions @ (directions.T @ gap)) for gap in gaps)


@pytest.mark.parametrize("in_turns", [False, True])
@pytest.mark.parametrize("scale", [1e-6, 1e-2, 1.0])
def test_the_distance_is_that_over_all_images_and_shares(sets, scale, in_turns, monkeypatch):
    if in_turns:  # as for groups that are too large to be listed
        monkeypatch.setattr(symmetry, "SMALL_LIST", 0)
    rng = np.random.default_rng(3)
    assert any(found.dimension == 2 for found in sets)
    for found in sets:
        if found.theta is None:
            continue
        theta = found.theta + scale * rng.standard_normal(found.theta.size)
        member = nearest_member(found, theta)
        assert member.distance == pytest.approx(np.linalg.norm(theta - member.theta), abs=1e-14)
        assert member.distance == pytest.approx(distance_by_hand(found, theta), rel=1e-9, abs=1e-14)


def test_members_of_a_line_have_no_distance_and_their_share(sets):
    lines = [found for found in sets if found.dimension]
    rng = np.random.default_rng(4)
    for line in lines:
        symmetry = Symmetry.of(line.model)
        shares = [
            (*drawn, 1.0 - sum(drawn))
            for drawn in (3.0 * rng.standard_normal(m - 1) for m in line.embedding.copies)
        ]
        place = line.embedding.lift(line.model, line.base, shares)
        for element in itertools.islice(symmetry.elements(), 0, None, 5):
            theta = symmetry.act(element, place)
            member = nearest_member(line, theta)
            assert member.distance < 1e-13 * (1.0 + np.linalg.norm(theta))
            np.testing.assert_allclose(member.theta, theta, atol=1e-12)
            found = [sorted(each) for each in member.shares]
            np.testing.assert_allclose(
                np.concatenate(found), np.concatenate([*map(sorted, shares)])
            )


def test_sets_at_infinity_have_no_distance(sets):
    end = next(found for found in sets if found.at_infinity)
    with pytest.raises(InvalidInputError, match="at infinity"):
        nearest_member(end, np.zeros(4))
