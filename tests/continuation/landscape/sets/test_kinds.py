"""The table of kinds of critical sets: no entry lacks its parts, no set is outside it."""

import pytest

from continuation.certify.certificate import PROVED
from continuation.certify.checker.kinds import KINDS
from continuation.landscape import Dataset, Loss, find_critical_sets
from continuation.landscape.branches.problems import FOLLOWERS
from continuation.landscape.graph.departures import DEPARTURES
from continuation.landscape.infinity.ends import ENDS
from continuation.landscape.sets import Embedding
from continuation.landscape.sets.kinds import FAMILIES, INFINITY, NOT_LEFT, SET_KINDS
from figures.basins import HATCHES, KIND_NAMES
from figures.style import KIND_MARKERS
from symbolic import overparameterised, single_unit


@pytest.mark.parametrize("name", FAMILIES)
def test_families_have_all_parts(name):
    family = FAMILIES[name]
    assert family.meaning
    assert KIND_MARKERS[name] == family.marker


def test_markers_tell_families_apart():
    assert len({family.marker for family in FAMILIES.values()}) == len(FAMILIES)


@pytest.mark.parametrize("name", SET_KINDS)
def test_kinds_have_all_parts(name):
    kind = SET_KINDS[name]
    assert kind.meaning
    assert kind.family in FAMILIES
    assert kind.followed in FOLLOWERS
    assert kind.left in DEPARTURES or kind.left == NOT_LEFT
    assert kind.unproved or (kind.family, PROVED) in KINDS, "a certificate, or why there is none"
    assert (kind.left == NOT_LEFT) == (kind.family == INFINITY) == (name in ENDS)
    assert (name in HATCHES) == (name in KIND_NAMES) == (kind.hatch is not None)


def test_every_way_is_used():
    assert {kind.followed for kind in SET_KINDS.values()} == set(FOLLOWERS)
    assert {kind.left for kind in SET_KINDS.values()} - {NOT_LEFT} == set(DEPARTURES)


@pytest.mark.parametrize("preset", [single_unit, overparameterised])
def test_sets_found_are_of_the_family_of_their_kind(preset):
    model = preset()
    sets = find_critical_sets(Loss(model, Dataset.sample(model, 20, 1)), noise=0.2, regions=False)
    for found in sets:
        assert found.kind == SET_KINDS[found.subkind].family
        assert found.at_infinity == (found.limit is not None)


@pytest.mark.parametrize(
    "embedding",
    [
        Embedding((), dead=2),
        Embedding((1,), dead=1),
        Embedding((1,), ((0.3,),)),
        Embedding((2,)),
        Embedding((3,)),
        Embedding((4,)),
        Embedding((1,), ((0.3, 0.1),), silent_freedom=1),
        Embedding((), ((0.3, 0.1), (0.2, 0.5)), silent_freedom=1),
    ],
    ids=lambda embedding: embedding.subkind,
)
def test_embeddings_are_of_the_family_of_their_kind(embedding):
    assert embedding.kind == SET_KINDS[embedding.subkind].family
