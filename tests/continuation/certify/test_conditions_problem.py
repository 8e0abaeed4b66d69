"""Just one inequality violated, by a little. Of the problem: weights, lengths, ranges."""

import json

import pytest

from tests.continuation.certify.condition_cases import (
    LITTLE,
    accepted,
    changed,
    hexed,
    parabola,
    refused,
)


def test_the_sum_of_the_weights_is_one():
    for second, good in ((0.5, True), (0.5 + LITTLE, False), (0.5 - LITTLE, False)):
        record = changed(parabola(alone=0.5), weights=hexed([0.5, second]))
        claim = {**record["claim"], "radius": hexed(0.1)}
        assert accepted({**record, "claim": claim}) is good
    many = hexed([0.1] * 10)
    ten = changed(parabola(), weights=many, x=hexed([1.0, -1.0] * 5), noise=hexed([0.0] * 10))
    assert accepted(changed(ten, target=hexed([1.0, 0.0] * 5)))


def test_no_sample_has_a_negative_weight():
    record = changed(parabola(), x=hexed([1.0, -1.0, 0.0]), target=hexed([1.0, 0.0, 0.0]))
    record = changed(record, noise=hexed([0.0] * 3))
    good, bad = [0.5, 0.5 - LITTLE, LITTLE], [0.5, 0.5 + LITTLE, -LITTLE]
    claim = {**record["claim"], "radius": hexed(0.1)}
    assert accepted({**changed(record, weights=hexed(good)), "claim": claim})
    assert refused({**changed(record, weights=hexed(bad)), "claim": claim}, "out of range")


@pytest.mark.parametrize("name", ["sigma", "weight_decay"])
def test_noise_and_decay_are_not_negative(name):
    """Nothing else objects: the data have no noise, and the point is found anew."""
    value = -LITTLE
    record = changed(parabola(radius=0.1), **{name: hexed(value)})
    assert refused(record, "out of range")
    assert accepted(changed(parabola(radius=0.1), **{name: hexed(-value)}))


@pytest.mark.parametrize("name", ["x", "noise", "target", "weights"])
def test_columns_have_one_length_before_anything_is_cut(name):
    whole = changed(parabola(), weights=hexed([0.5, 0.5]))
    longer = {**whole["problem"], name: [*whole["problem"][name], hexed(0.0)]}
    assert refused({**whole, "problem": longer}, "different lengths")
    cut = changed(parabola(), size=hexed(2.0))
    assert accepted(cut)
    if name != "weights":
        longer = {**cut["problem"], name: [*cut["problem"][name], hexed(0.0)]}
        assert refused({**cut, "problem": longer}, "different lengths")


@pytest.mark.parametrize("value", ["inf", "nan", "-inf", "0x1p5000", "1.5", "0x1p0", 1.0, None])
@pytest.mark.parametrize("name", ["sigma", "weight_decay"])
def test_numbers_are_finite_and_written_in_one_way(name, value):
    assert refused(changed(parabola(), **{name: value}), "problem")


def test_there_are_data():
    assert refused(changed(parabola(), x=[], target=[], noise=[]), "x has 0 entries")


def test_the_size_lies_within_the_data():
    assert refused(changed(parabola(), size=hexed(2.0 + LITTLE)), "outside the data")
    assert refused(changed(parabola(), size=hexed(2.0 - LITTLE)), "out of range")
    assert refused(changed(parabola(), size=hexed(2.0), weights=hexed([0.5, 0.5])), "no size")


def test_inputs_differ():
    assert refused(changed(parabola(), x=hexed([1.0, 1.0])), "all inputs are the same")


def test_a_model_has_one_text():
    """Another spelling of the same model would have another digest."""
    text = parabola()["problem"]["model"]
    fields = json.loads(text)
    for other in (f" {text}", json.dumps(fields), json.dumps(dict(reversed(fields.items())))):
        assert json.loads(other) == fields
        assert other != text
        assert refused(changed(parabola(), model=other), "not the one that this model has")
