"""Limit models against networks whose weights are close to the limit, and their letters."""

import numpy as np
import pytest

from continuation.errors import InvalidInputError
from continuation.landscape.infinity import LimitModel, LimitUnit
from symbolic import Model

LETTERS = [
    {"w": 1.2, "a": 0.3, "b": -0.7},
    {"w": 1.2, "a": 0.3, "b": -0.7, "d": 0.2, "c": 0.5, "c3": -0.1, "w2": 0.4, "v2": 2.0},
    {"w": 1.2, "v": 0.3, "c": -0.7, "s": 0.1, "w2": -0.4, "v2": 2.0, "w3": 0.9, "v3": 0.0},
    {"c": 0.4, "c3": -0.1, "c5": 0.0},
    {"c": 0.4, "s": 2.0},
    {"s": 2.0},
    {"w": 1.0, "a": 2.0, "b": 3.0, "bias": 4.0, "kappa": 5.0, "w2": 6.0, "v2": 7.0, "bias2": 8.0,
     "offset": 9.0},
    {"w": 1.0, "v": 2.0, "bias": -1.0, "c": 3.0, "kappa": 0.5},
]  # fmt: skip


def mlp(units, x, offset=0.0):
    """Σ v tanh(w x + bias)."""
    return offset + sum(v * np.tanh(w * x + c) for w, v, c in units)


@pytest.mark.parametrize("letters", LETTERS, ids=lambda letters: "".join(letters))
def test_letters_come_back_whatever_their_order(letters):
    limit = LimitModel.from_dict(letters)
    assert limit.to_dict() == letters
    assert LimitModel.from_dict(dict(sorted(letters.items()))) == limit
    assert dict(limit) == letters
    assert all(limit[name] == value for name, value in letters.items())


@pytest.mark.parametrize("letters", LETTERS[:-2], ids=lambda letters: "".join(letters))
def test_unknowns_stand_where_the_slots_say(letters):
    limit = LimitModel.from_dict(letters)
    z = np.random.default_rng(0).standard_normal(limit.unknowns.size)
    moved, slots = limit.at(z), limit.slots
    assert moved.unknowns == pytest.approx(z, abs=0.0)
    assert limit.at(limit.unknowns) == limit
    assert list(moved) == list(limit)
    assert z[slots.weights] == pytest.approx([unit.weight for unit in moved.units], abs=0.0)
    assert [z[k] for k in slots.powers] == list(moved.powers)
    assert slots.step is None or z[slots.step] == moved.step


@pytest.mark.parametrize("name", ["z", "w-1", "e", "kapp"])
def test_other_letters_are_refused(name):
    with pytest.raises(InvalidInputError, match=name):
        LimitModel.from_dict({"w": 1.0, "v": 2.0, name: 3.0} if name != "e" else {"e": 1.0})


@pytest.mark.parametrize("seed", range(3))
def test_limit_functions_are_limits_of_networks(seed):
    """Pairs, small and steep units with bias, at δ → 0, where the error falls like δ."""
    rng = np.random.default_rng(seed)
    model = Model.perceptron(hidden=4, bias=True, offset=True)
    x = np.linspace(-2.0, 2.0, 41)
    w, a, b, bias, shift, w2, v2, bias2, offset = rng.standard_normal(9)
    pair = LimitUnit(w, (a, b), bias, shift)
    limit = LimitModel((pair, LimitUnit(w2, (v2,), bias2)), offset=offset)
    errors = []
    for d in (1e-2, 1e-3):
        near = [
            (w + d, a / 2 + b / (2 * d), bias + d * shift),
            (w - d, a / 2 - b / (2 * d), bias - d * shift),
            (w2, v2, bias2),
        ]
        errors.append(np.abs(mlp(near, x, offset) - limit.outputs(model, x)).max())
    assert errors[1] < 0.02 * errors[0]
    linear = LimitModel((LimitUnit(w2, (v2,), bias2),), (a,), shift=shift, offset=offset)
    near = [(1e-4, a * 1e4, 1e-4 * shift), (w2, v2, bias2)]
    assert mlp(near, x, offset) == pytest.approx(linear.outputs(model, x), abs=1e-5)
    step = LimitModel((LimitUnit(w2, (v2,)),), step=b)
    assert mlp([(1e6, b, 0.0), (w2, v2, 0.0)], x) == pytest.approx(step.outputs(model, x))


def test_units_that_are_alike_are_put_in_order():
    first, second = LimitUnit(2.0, (1.0,), 0.5), LimitUnit(1.0, (3.0,), -0.5)
    pair = LimitUnit(5.0, (1.0, 2.0))
    assert LimitModel((pair, first, second)).canonical(odd=False) == LimitModel(
        (pair, second, first)
    )
    turned = LimitUnit(-1.0, (-3.0,), 0.5)
    assert LimitModel((pair, first, turned)).canonical(odd=True) == LimitModel(
        (pair, second, first)
    )


def test_input_weights_and_working_units():
    limit = LimitModel((LimitUnit(-2.0, (1.0, 0.0)), LimitUnit(1.0, (0.0,))), (0.3,), step=1.0)
    assert limit.input_weights == (0.0, 1.0, 2.0, 2.0, np.inf)
    assert limit.working_units == 4
