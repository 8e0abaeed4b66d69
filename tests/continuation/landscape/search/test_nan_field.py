"""NaN is never small: the compiled searches lose none."""

import numpy as np
import pytest

from continuation.landscape import Dataset, Loss
from continuation.landscape.network import Responses
from continuation.landscape.search.cells import between, refine, sheet
from continuation.landscape.search.reduced_seeker import seek_reduced
from continuation.landscape.search.repeated_starts import Harvest
from continuation.landscape.search.seekers import ANY_INDEX, MINIMUM, polish, seek
from continuation.landscape.search.unit_table import UnitTable
from continuation.landscape.sets.assembly import Assembler
from symbolic import Model, overparameterised

KINDS = [(1,), (1, 1), (2, 1), (1, 1, 1), (1, 1, 1, 1)]


@pytest.fixture(scope="module")
def table():
    model = overparameterised()
    loss = Loss(model, Dataset.sample(model, 12, 0))
    return UnitTable.of(Responses.at(loss.at(noise=0.1)), 0.5, 0.1)


def field(table, rows, target, copies):
    """E with the first cluster on its second node, for clusters that are in no order."""
    nothing = np.empty((0, target.size))
    d = len(copies)
    return sheet(rows, nothing, target, np.array(copies), np.zeros(d, bool), 1e9, 0, 1)


@pytest.mark.parametrize("copies", KINDS)
def test_nan_in_a_feature_is_nan_wherever_it_enters(table, copies):
    target, d = table.frame @ table.responses.target, len(copies)
    clean = field(table, table.rows, target, copies)
    assert np.isfinite(clean).all()
    for k, m in enumerate(copies):
        node = 1 if k == 0 else 2
        for order in range(m + 1):
            rows = table.rows.copy()
            rows[order, d * node + k, 3] = np.nan
            damaged = field(table, rows, target, copies)
            expected = np.zeros(clean.shape, bool)
            grid = expected.reshape(*(table.rows.shape[1] // d,) * (d - 1), d)
            at = grid if k == 0 else np.moveaxis(grid, k - 1, 0)[node]
            at[...] = True
            if order == m:  # of the force of its own cluster only
                expected &= np.arange(d) == k
            assert (np.isnan(damaged) == expected).all()


@pytest.mark.parametrize("copies", KINDS)
def test_nan_in_a_target_is_nan_everywhere(table, copies):
    target = table.frame @ table.responses.target
    target[2] = np.nan
    assert np.isnan(field(table, table.rows, target, copies)).all()


@pytest.mark.parametrize("copies", KINDS)
def test_no_point_is_found_where_there_is_nan(table, copies):
    target, d = table.frame @ table.responses.target, len(copies)
    starts, found = np.full((1, d), 4.0) + np.arange(d), np.ones(1, bool)
    nothing = np.empty((0, target.size))
    rows = np.full_like(table.rows, np.nan)
    refine(rows, table.step, nothing, target, np.array(copies), 1e9, 0, starts, found)
    assert not found.any()
    before = np.full((1, 1), -1.0)
    for value in (np.nan, np.inf):
        places = np.empty((1, 1), dtype=np.int64)
        assert between(before, np.full((1, 1), value), np.zeros(1, bool), 0, places) == 0


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_corner_that_is_no_number_leaves_no_candidate(value):
    """A cell of two far clusters, where either E changes its sign along its own axis."""
    before = np.array([[-1.0, -1.0], [-1.0, 1.0]])
    after = np.array([[1.0, -1.0], [1.0, 1.0]])
    places, order = np.empty((1, 2), dtype=np.int64), np.zeros(2, bool)
    assert between(before, after, order, 10, places) == 1
    assert places.tolist() == [[10, 0]]
    for sheet_ in (before, after):
        for index in np.ndindex(sheet_.shape):
            kept, sheet_[index] = sheet_[index], value
            assert between(before, after, order, 10, places) == 0
            sheet_[index] = kept


def damaged(loss, row, sample):
    """The loss at its parameters with NaN in one number of its data."""
    at = loss.at()
    at.data[row, sample] = np.nan
    return at


@pytest.mark.parametrize("row", range(2))
def test_no_seeker_arrives_where_the_loss_is_nan(row):
    x = np.linspace(-1.0, 2.0, 9)
    loss = Loss(Model.perceptron(hidden=2), Dataset.from_observations(x, np.sin(2.0 * x)))
    starts = np.random.default_rng(0).standard_normal((5, 4))
    at = damaged(loss, row, 4)
    for target in (MINIMUM, ANY_INDEX):
        assert not seek(at, starts, target)[1].any()
    assert not seek_reduced(at, starts)[1].any()
    assert polish(at, starts[0]) is None


def test_the_end_of_a_run_at_a_pole_is_no_point():
    """At b3 = -2 the formula of the data at x = 2 is 0 * inf, without a warning."""
    model = Model.from_expression("b1*exp(b2/(x + b3))", ("b1", "b2", "b3"))
    at = Loss(model, Dataset.from_observations([1.0, 2.0, 3.0, 4.0], [4.0, 3.0, 2.0, 1.5])).at()
    harvest = Harvest(Assembler(at), decays=False)
    harvest.add(np.array([1.0, -1.0, -2.0]), random=True)
    assert (harvest.points, harvest.astray) == ([], 1)
