"""Results of the three commands come back from their files bit for bit."""

import dataclasses
import json
from collections.abc import Mapping
from functools import cache

import networkx as nx
import numpy as np
import pytest
import xarray as xr

from continuation.errors import InvalidInputError, StoreError
from continuation.landscape import Dataset, Loss, connect, find_critical_sets, follow
from continuation.landscape.network.observations import Axis
from continuation.storage.kinds import BranchResult, GraphResult, Result
from continuation.storage.netcdf import read_dataset, write_dataset
from continuation.storage.results import load_result, save_result
from continuation.storage.sets import (
    branch_from_arrays,
    branch_to_arrays,
    dataset_from_arrays,
    dataset_to_arrays,
    sets_from_arrays,
    sets_to_arrays,
)
from symbolic import PRESETS, Model

AXES = (Axis("time", 25.5, 13.0), Axis("g", -3.1e-7))
SETTINGS = {"noise": 0.1, "weight_decay": 0.0, "seed": 3, "set": "split line 1", "size": None}
CASES = ("single_unit", "fukumizu_amari", "overparameterised", "observed")


def assert_same(a, b, where="result"):
    """The same types, fields, keys, shapes and bits, all the way down; NaN equals NaN."""
    if dataclasses.is_dataclass(a):
        assert type(a) is type(b), where
        for field in dataclasses.fields(a):
            assert_same(getattr(a, field.name), getattr(b, field.name), f"{where}.{field.name}")
    elif isinstance(a, nx.MultiDiGraph):
        assert isinstance(b, nx.MultiDiGraph), where
        assert_same(list(a.nodes(data=True)), list(b.nodes(data=True)), f"{where}.nodes")
        edges = [list(graph.edges(keys=True, data=True)) for graph in (a, b)]
        assert_same(*edges, f"{where}.edges")
    elif isinstance(a, np.ndarray):
        assert isinstance(b, np.ndarray), where
        assert (a.shape, a.dtype) == (b.shape, b.dtype), where
        assert np.ascontiguousarray(a).tobytes() == np.ascontiguousarray(b).tobytes(), where
    elif isinstance(a, Mapping):
        assert sorted(a) == sorted(b), where
        for key in a:
            assert_same(a[key], b[key], f"{where}[{key!r}]")
    elif isinstance(a, (tuple, list)):
        assert type(a) is type(b), where
        assert len(a) == len(b), where
        for i, (left, right) in enumerate(zip(a, b, strict=True)):
            assert_same(left, right, f"{where}[{i}]")
    elif isinstance(a, float):
        assert isinstance(b, float), where
        assert np.float64(a).tobytes() == np.float64(b).tobytes() or a != a != b, where
    else:
        assert isinstance(b, type(a)), where
        assert a == b, where


@cache
def case(name):
    """Loss and critical sets of a preset, or of observed data."""
    if name == "observed":
        x = np.linspace(-1.5, 1.5, 25)
        y = np.tanh(3 * x) - np.tanh(2 * x - 2) + 0.1 * np.sin(37.0 * np.arange(x.size))
        loss = Loss(
            Model.perceptron(hidden=2, bias=True, offset=True), Dataset.from_observations(x, y)
        )
        return loss, find_critical_sets(loss)
    model = PRESETS[name]()
    loss = Loss(model, Dataset.sample(model, 40, 1))
    return loss, find_critical_sets(loss, noise=0.1)


def result_of(name, of=Result, **more):
    loss, sets = case(name)
    return of(loss, SETTINGS, AXES, sets, **more)


def from_file(result, folder):
    return load_result(save_result(result, folder / "result.nc"))


def assert_same_result(a, b):
    assert a.kind == b.kind
    assert_same(a.loss.data, b.loss.data)
    assert a.loss.model == b.loss.model
    assert a.loss.model.digest == b.loss.model.digest
    names = ("settings", "axes", "sets", *(("branch",) if a.kind == "branch" else ()))
    for name in names:
        assert_same(getattr(a, name), getattr(b, name), name)


def test_the_comparison_sees_what_differs():
    """Every leaf of a tree of values counts, down to the last bit and the sign of zero."""
    _, sets = case("fukumizu_amari")
    line = next(s for s in sets if s.kind == "line")
    assert_same(line, dataclasses.replace(line, loss=line.loss + 0.0))
    bent = dataclasses.replace(line.segments[0], lower=np.nextafter(line.segments[0].lower, 9.0))
    for changed in (
        {"loss": np.nextafter(line.loss, 1.0)},
        {"theta": line.theta[:-1]},
        {"theta": np.where(np.arange(4) == 2, np.nextafter(line.theta, 9.0), line.theta)},
        {"base": None},
        {"segments": (bent, *line.segments[1:])},
        {"conditions": line.conditions.where("noise", 0.2)},
        {"inertia": list(line.inertia)},
        {"attracting": not line.attracting},
    ):
        with pytest.raises(AssertionError):
            assert_same(line, dataclasses.replace(line, **changed))
    with pytest.raises(AssertionError):
        assert_same(0.0, -0.0)
    assert_same(float("nan"), float("nan"))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["fukumizu_amari", "observed"])
def test_sets_come_back(name, tmp_path):
    result = result_of(name)
    back = from_file(result, tmp_path)
    assert back.kind == "points"
    assert_same_result(result, back)


@pytest.mark.slow
def test_the_cases_hold_every_kind_of_content():
    """Otherwise the round trips above would prove less than they seem to."""
    everything = [s for name in CASES for s in case(name)[1]]
    assert {s.kind for s in everything} == {"point", "line", "manifold", "infinity"}
    assert {s.subkind for s in everything} >= {"origin", "dead unit", "split line", "isolated"}
    assert {s.subkind for s in everything} >= {"confluence", "step", "linear", "corner"}
    assert any(s.theta is None and s.limit for s in everything)
    assert any(len(s.segments) > 1 for s in everything)
    assert any(s.base is not None for s in everything)
    assert any(s.evidence is not None and s.evidence.tends_to_teacher for s in everything)
    assert any(s.evidence is not None and np.isnan(s.evidence.slope) for s in everything)
    assert any(s.evidence is not None and s.evidence.branch is not None for s in everything)
    assert any(s.normal_derivatives for s in everything)
    assert any(s.stabiliser.order > 1 and s.stabiliser.elements for s in everything)
    assert any(np.isnan(s.excess_risk) for s in everything)
    assert {case(name)[1].complete for name in CASES} == {True, False}
    assert {case(name)[1].euler_count for name in CASES} == {None, 1}


def test_no_sets_at_all_come_back():
    loss, sets = case("fukumizu_amari")
    none = dataclasses.replace(sets, sets=(), notes=(), euler_count=None)
    assert_same(none, sets_from_arrays(sets_to_arrays(none), loss.model))


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("fukumizu_amari", "point"),
        ("overparameterised", "line"),
        ("fukumizu_amari", "infinity"),
    ],
)
def test_branches_come_back(name, kind, tmp_path):
    loss, sets = case(name)
    chosen = next(s for s in sets if s.kind == kind)
    branch = follow(loss, chosen, "noise", (0.09, 0.12), targets=[0.11])
    result = result_of(name, BranchResult, branch=branch)
    back = from_file(result, tmp_path)
    assert_same_result(result, back)
    assert back.branch.set is next(s for s in back.sets if s.label == chosen.label)
    assert [p.kind for p in back.branch.special] == ["limit", "target", "limit"]
    assert repr(back.branch) == repr(branch)


def test_a_branch_in_one_direction_comes_back(tmp_path):
    loss, sets = case("fukumizu_amari")
    branch = follow(loss, sets[0], "size", (30, 40), direction=-1)
    assert len(branch.branches) == 1
    result = result_of("fukumizu_amari", BranchResult, branch=branch)
    assert_same_result(result, from_file(result, tmp_path))


def test_a_branch_through_infinity_comes_back(tmp_path):
    model = PRESETS["overparameterised"]()
    loss = Loss(model, Dataset.sample(model, 30, 5))
    sets = find_critical_sets(loss, noise=0.2, regions=False)
    chosen = next(s for s in sets if s.label == "isolated 2")
    branch = follow(loss, chosen, "noise", (0.01, 1.0))
    legs = next(legs for legs in branch.beyond if legs)
    assert [leg.chart for leg in legs] == ["linear", "weights"]
    assert legs[0].special
    assert len(legs[0].passages) == 2
    result = BranchResult(loss, SETTINGS, AXES, sets, branch=branch)
    assert_same_result(result, from_file(result, tmp_path))


def test_a_silent_unit_with_complex_eigenvalues_comes_back(tmp_path):
    model = PRESETS["fukumizu_amari"]()
    loss = Loss(model, Dataset.sample(model, 12, 1))
    sets = find_critical_sets(loss, noise=0.95, regions=False)
    silent = next(s for s in sets if s.subkind == "silent unit")
    branch = follow(loss, silent, "noise", (0.25, 1.0))
    assert any(np.abs(b.eigenvalues.imag).max() > 0.01 for b in branch.branches)
    assert "fold" in {point.kind for point in branch.special}
    assert any(point.kernel.size and point.coefficients for point in branch.special)
    assert any(branch.arrivals)
    assert None in branch.arrivals
    result = BranchResult(loss, SETTINGS, AXES, sets, branch=branch)
    assert_same_result(result, from_file(result, tmp_path))


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_graphs_come_back(name, tmp_path):
    loss, sets = case(name)
    graph = connect(loss, sets, **({} if name == "observed" else {"noise": 0.1}))
    result = result_of(name, GraphResult, graph=graph)
    back = from_file(result, tmp_path)
    assert back.kind == "graph"
    assert_same_result(result, back)
    assert_same(graph.nx, back.graph.nx)
    assert back.graph.nx.number_of_edges() > 0
    assert [chain.nodes for chain in back.graph.chains()] == [c.nodes for c in graph.chains()]


def test_weighted_data_come_back():
    model = PRESETS["single_unit"]()
    rng = np.random.default_rng(0)
    data = Dataset.from_arrays(
        rng.normal(size=7), model=model, noise=rng.normal(size=7), weights=rng.random(7)
    )
    assert_same(data, dataset_from_arrays(dataset_to_arrays(data)))


def test_what_is_loaded_can_be_worked_with(tmp_path):
    """The model of a file evaluates, and its sets are critical for its data."""
    loss, sets = case("fukumizu_amari")
    back = from_file(result_of("fukumizu_amari"), tmp_path)
    for before, after in zip(sets, back.sets, strict=True):
        np.testing.assert_array_equal(before.outputs([0.5, -2.0]), after.outputs([0.5, -2.0]))
    best = back.sets[0]
    assert np.abs(back.loss.gradient(best.theta, noise=0.1)).max() < 1e-12
    branch = follow(back.loss, best, "noise", (0.09, 0.11))
    assert_same(follow(loss, sets[0], "noise", (0.09, 0.11)), branch)


def test_saving_twice_stores_the_same(tmp_path):
    first = save_result(result_of("single_unit"), tmp_path / "a.nc")
    second = save_result(load_result(first), tmp_path / "b.nc")
    xr.testing.assert_identical(read_dataset(first), read_dataset(second))


def test_numbers_stand_in_named_variables_of_their_own(tmp_path):
    """Another NetCDF reader finds the losses and weights without our code."""
    _, sets = case("fukumizu_amari")
    path = save_result(result_of("fukumizu_amari"), tmp_path / "points.nc")
    with xr.open_dataset(path, engine="h5netcdf") as data:
        np.testing.assert_array_equal(data["loss"], [s.loss for s in sets])
        assert data["label"].to_numpy().tolist() == [s.label for s in sets]
        assert data["theta"].dims == ("set", "weight")
        assert data["sign"].to_numpy().tolist() == ["negative", "zero", "positive"]
        assert json.loads(data.attrs["versions"]).keys() >= {"python", "numpy", "mlpcont"}
        assert data.attrs["model_digest"] == PRESETS["fukumizu_amari"]().digest
        assert json.loads(data.attrs["settings"]) == SETTINGS


def test_branches_carry_the_dimensions_of_their_samples():
    loss, sets = case("fukumizu_amari")
    branch = follow(loss, sets[0], "noise", (0.09, 0.12))
    arrays = branch_to_arrays(branch)
    assert arrays["branch_theta"].shape == (len(branch), 4)
    assert_same(branch, branch_from_arrays(arrays, sets))


@pytest.fixture(scope="module")
def content(tmp_path_factory):
    return save_result(result_of("single_unit"), tmp_path_factory.mktemp("r") / "a.nc").read_bytes()


@pytest.fixture
def stored(content, tmp_path):
    path = tmp_path / "points.nc"
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("share", [0.0, 0.001, 0.1, 0.5, 0.9, 0.999])
def test_a_truncated_file_is_refused(stored, content, share):
    stored.write_bytes(content[: int(share * len(content))])
    with pytest.raises(StoreError, match=r"points\.nc is (truncated or no NetCDF file|damaged)"):
        load_result(stored)


def test_foreign_files_are_refused(tmp_path):
    path = tmp_path / "foreign.nc"
    with pytest.raises(StoreError, match="no result file"):
        load_result(path)
    path.write_text("x,y\n1,2\n")
    with pytest.raises(StoreError, match="no NetCDF file"):
        load_result(path)
    xr.Dataset({"a": 1.0}).to_netcdf(path, engine="h5netcdf")
    with pytest.raises(StoreError, match="not a result of mlpcont"):
        load_result(path)
    with pytest.raises(StoreError, match="no result file"):
        load_result(tmp_path)


@pytest.mark.parametrize("kind", ["figure noise", "part of noise", "point", ""])
def test_another_kind_is_refused(tmp_path, kind):
    path = write_dataset(tmp_path / "a.nc", sets_to_arrays(case("single_unit")[1]), kind)
    with pytest.raises(StoreError, match="not one of points, branch, graph"):
        load_result(path)


def test_a_newer_format_is_refused(stored):
    data = read_dataset(stored).assign_attrs(format_version=99)
    data.to_netcdf(stored, engine="h5netcdf")
    with pytest.raises(StoreError, match="newer mlpcont"):
        load_result(stored)


@pytest.mark.parametrize(
    "change",
    [
        {"model_digest": "0" * 64},
        {"model": PRESETS["fukumizu_amari"]().to_json()},
        {"model_digest": PRESETS["overparameterised"]().digest},
    ],
)
def test_a_model_that_is_not_its_digest_is_refused(stored, change):
    write_dataset(stored, read_dataset(stored).assign_attrs(change), "points")
    with pytest.raises(StoreError, match="does not match its digest"):
        load_result(stored)


def test_unwritable_names_are_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="choose another output folder"):
        save_result(result_of("single_unit"), tmp_path / "file" / "points.nc")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file"]


def test_a_result_without_its_two_axes_is_refused_when_it_is_made():
    model = PRESETS["single_unit"]()
    loss = Loss(model, Dataset.sample(model, 10, 0))
    with pytest.raises(InvalidInputError, match="axes must be two"):
        Result(loss, SETTINGS, AXES[:1], find_critical_sets(loss, noise=0.1, regions=False))
