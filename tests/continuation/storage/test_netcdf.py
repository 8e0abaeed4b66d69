import json

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from continuation.errors import StoreError
from continuation.storage.files import atomic_file, write_text
from continuation.storage.netcdf import (
    read_dataset,
    to_json,
    write_dataset,
)


def sample(values: np.ndarray) -> xr.Dataset:
    return xr.Dataset({"a": ("i", values), "name": ("i", [f"s{k}" for k in range(values.size)])})


@pytest.mark.slow
@given(hnp.arrays(np.float64, st.integers(1, 20), elements=st.floats(width=64)))
def test_round_trip_is_identical(tmp_path_factory, values):
    path = tmp_path_factory.mktemp("store") / "result.nc"
    write_dataset(path, sample(values), "test")
    back = read_dataset(path, "test")
    np.testing.assert_array_equal(back["a"].to_numpy(), values)
    assert back["name"].to_numpy().tolist() == [f"s{k}" for k in range(values.size)]
    assert "numpy" in json.loads(back.attrs["versions"])


def test_missing_truncated_and_foreign_files_are_named(tmp_path):
    with pytest.raises(StoreError, match="no result file"):
        read_dataset(tmp_path / "absent.nc")
    path = write_dataset(tmp_path / "a.nc", sample(np.arange(1000.0)), "test")
    content = path.read_bytes()
    for cut in (0, 10, 500, len(content) // 2):
        path.write_bytes(content[:cut])
        with pytest.raises(StoreError, match="truncated or no NetCDF"):
            read_dataset(path)
    xr.Dataset({"b": 1.0}).to_netcdf(path, engine="h5netcdf")
    with pytest.raises(StoreError, match="not a result of mlpcont"):
        read_dataset(path)


def test_kind_is_checked(tmp_path):
    path = write_dataset(tmp_path / "a.nc", sample(np.zeros(2)), "points")
    with pytest.raises(StoreError, match="'points' where 'graph'"):
        read_dataset(path, "graph")


def interrupt_writing(path):
    with atomic_file(path) as temporary:
        temporary.write_text("half")
        raise ZeroDivisionError


def test_failed_write_leaves_the_old_file_and_no_other(tmp_path):
    path = write_text(tmp_path / "a.txt", "old")
    with pytest.raises(ZeroDivisionError):
        interrupt_writing(path)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_unwritable_folder_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="choose another output folder"):
        write_text(tmp_path / "file" / "a.txt", "")


def test_json_is_canonical_and_refuses_objects():
    assert to_json({"b": np.arange(2), "a": np.float64(0.1)}) == '{"a": 0.1, "b": [0, 1]}'
    with pytest.raises(TypeError, match="no place"):
        to_json({"a": object()})
