"""Data that are no real numbers are refused with a remedy; none is converted without a word."""

import datetime

import numpy as np
import pytest

from continuation.errors import InvalidInputError
from continuation.landscape import Dataset, Loss
from symbolic import single_unit

X = np.linspace(-1.0, 2.0, 4)

KINDS = {
    "words": (["a", "b", "c", "d"], "text"),
    "numbers as words": (["1", "2", "3", "4"], "text"),
    "bytes": ([b"1", b"2", b"3", b"4"], "text"),
    "complex": (X + 0j, "complex numbers"),
    "dates": (np.arange(4).astype("datetime64[D]"), "dates"),
    "durations": (np.arange(4).astype("timedelta64[s]"), "durations"),
    "python dates": ([datetime.date(2024, 1, k) for k in (1, 2, 3, 4)], "objects"),
    "none": ([1.0, None, 2.0, 3.0], "objects"),
    "mask": (np.ma.masked_greater(X, 1.0), "masked entries"),
    "ragged": ([[1.0], [1.0, 2.0], 3.0, 4.0], "array of numbers"),
    "records": (np.zeros(4, "f8,i4"), "entries of type"),
    "nan": ([1.0, np.nan, 2.0, 3.0], "not a finite number"),
    "inf": ([1.0, -np.inf, 2.0, 3.0], "not a finite number"),
    "large": (1e300 * X, "choose another unit"),
    "small": (1e-170 * X, "choose another unit"),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("place", ["x", "y", "weights"])
def test_data_that_are_no_real_numbers_are_refused(kind, place):
    values, message = KINDS[kind]
    given = {"x": X, "y": X**2} | {place: values}
    if place == "weights":
        message = f"{message}|weights must be"
        if kind in ("large", "small"):
            return  # they are normalised
    with pytest.raises(InvalidInputError, match=message):
        Dataset.from_observations(given.pop("x"), given.pop("y"), **given)


def test_numbers_of_every_kind_are_accepted():
    for values in (X.astype(np.float32), [True, False, True, True], range(4), np.ma.array(X)):
        data = Dataset.from_observations(values, X)
        np.testing.assert_array_equal(data.x, np.asarray(values, dtype=np.float64))


WRONG = [np.nan, np.inf, -np.inf, None, "3", 2.5, 1, -3, 1e155, 3 + 0j, True]


@pytest.mark.parametrize("n", WRONG)
def test_sizes_that_are_none_are_refused(n):
    model = single_unit()
    data = Dataset.sample(model, 10, 0)
    for act in (
        lambda: Dataset.sample(model, n, 0),
        lambda: Dataset.population(model, n),
        lambda: data.first(n),
    ):
        with pytest.raises(InvalidInputError, match="must be an integer"):
            act()


@pytest.mark.parametrize(
    "level", [np.nan, np.inf, None, "0.1", -0.1, 1e-170, 1e155, 0.1 + 0j, True]
)
@pytest.mark.parametrize("name", ["noise", "weight_decay"])
def test_levels_that_are_none_are_refused(level, name):
    model = single_unit()
    loss = Loss(model, Dataset.sample(model, 10, 0))
    with pytest.raises(InvalidInputError, match=f"{name} must be finite and >= 0"):
        loss.at(**{name: level})


@pytest.mark.parametrize("size", [np.nan, np.inf, "5", 1.0, 11, 1e155, 3 + 0j, True])
def test_continuous_sizes_that_are_none_are_refused(size):
    model = single_unit()
    loss = Loss(model, Dataset.sample(model, 10, 0))
    with pytest.raises(InvalidInputError, match="size must lie in"):
        loss.at(size=size)
