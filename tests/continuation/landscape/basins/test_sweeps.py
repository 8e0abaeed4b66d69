from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from continuation.errors import InvalidInputError, UnknownNameError
from continuation.landscape.basins.estimate import estimate_basins
from continuation.landscape.basins.sweeps import sweep_basins
from continuation.landscape.network.dataset import Dataset
from continuation.landscape.network.loss import Loss
from symbolic import fukumizu_amari

VALUES = (0.3, 0.5)


@pytest.fixture(scope="module")
def student():
    model = fukumizu_amari()
    return Loss(model, Dataset.sample(model, 100, 0))


@pytest.fixture(scope="module")
def sweep(student):
    return sweep_basins(student, "noise", VALUES, n=40, seed=3)


def test_every_trajectory_ends_somewhere(sweep):
    assert (sweep.counts.sum(axis=1) == sweep.n).all()
    assert sweep.complete.all()
    lower, upper = sweep.interval()
    assert ((lower <= sweep.fractions) & (sweep.fractions <= upper)).all()
    assert (sweep.counts[~sweep.exists] == 0).all()


def test_one_value_is_a_single_estimate(student, sweep):
    alone = estimate_basins(student, noise=VALUES[0], n=40, seed=3)
    assert sorted(f.count for f in alone.targets) == sorted(c for c in sweep.counts[0] if c)


def test_attractors_keep_their_names_along_their_branches(sweep):
    for name in ("isolated 1", "split line 1"):
        column = sweep.labels.index(name)
        assert sweep.exists[:, column].all()
        assert list(sweep.matched_by[:, column]) == ["", "branch"]
    # the confluence gives way to the corner between the two values
    ends = {name: list(sweep.exists[:, k]) for k, name in enumerate(sweep.labels)}
    assert ends["confluence 1"] == [True, False]
    assert ends["corner 1"] == [False, True]
    assert set(sweep.regions[:, sweep.labels.index("isolated 1")]) == {"overfitting"}


@pytest.mark.slow
def test_a_sweep_over_size_uses_the_leading_samples():
    model = fukumizu_amari()
    data = Dataset.sample(model, 40, 1)
    sweep = sweep_basins(Loss(model, data), "size", (20.0, 40.0), noise=0.1, n=20)
    first = Dataset.from_arrays(data.x[:20], model=model, noise=data.noise[:20])
    alone = estimate_basins(Loss(model, first), noise=0.1, n=20)
    assert sorted(f.count for f in alone.targets) == sorted(c for c in sweep.counts[0] if c)


def test_the_executor_changes_nothing(student, sweep):
    with ThreadPoolExecutor(1) as executor:
        other = sweep_basins(student, "noise", VALUES, n=40, seed=3, executor=executor)
    assert other.labels == sweep.labels
    for name in ("counts", "regions", "matched_by", "exists"):
        np.testing.assert_array_equal(getattr(other, name), getattr(sweep, name))


@pytest.mark.parametrize("values", [(), (0.2, 0.1), (0.1, 0.1)])
def test_values_must_increase(student, values):
    with pytest.raises(InvalidInputError, match="increasing"):
        sweep_basins(student, "noise", values)


def test_bad_arguments_are_refused(student):
    with pytest.raises(UnknownNameError, match="noise, size"):
        sweep_basins(student, "population", VALUES)
    with pytest.raises(InvalidInputError):
        sweep_basins(student, "noise", VALUES, n=0)
