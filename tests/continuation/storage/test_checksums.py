"""Whatever is changed in a stored file is noticed and named, and edits on purpose are recorded."""

import io
import json

import h5py
import numpy as np
import pytest
import xarray as xr

from continuation.errors import StoreError
from continuation.storage.manifest import MANIFEST
from continuation.storage.netcdf import FORMAT, read_dataset, read_stored, write_dataset

GENERAL = xr.Dataset(
    {
        "loss": ("set", np.array([0.106, -0.0, np.nan, 5e-324])),
        "theta": (("set", "weight"), np.linspace(-1e300, 1e300, 4 * 200).reshape(4, 200)),
        "index": ("set", np.array([0, 1, -5, 2**40])),
        "sign": ("set", np.array([1, 0, 1, 1], dtype=np.int8)),
        "stable": ("set", np.array([True, False, True, True])),
        "label": ("set", ["split line 1", "", "σ → 0", "x" * 50]),
        "empty": ("none", np.zeros(0)),
        "certificates": ((), "{}"),
    },
    {"weight": np.arange(200.0)},
    {"complete": 1, "notes": "[]", "level": 0.25, "graph": ""},
)


@pytest.fixture
def path(tmp_path):
    return write_dataset(tmp_path / "a.nc", GENERAL, "test")


def change(path, edit):
    with h5py.File(path, "r+") as file:
        edit(file)


def set_value(name, index, value):
    def edit(file):
        file[name][index] = value

    return edit


def set_attribute(name, value):
    def edit(file):
        file.attrs[name] = value

    return edit


def test_an_untouched_file_is_verified(path):
    stored = read_stored(path)
    assert stored.verified
    assert stored.edited == ()
    xr.testing.assert_equal(stored.data, GENERAL)
    assert stored.data.attrs.items() >= GENERAL.attrs.items()


@pytest.mark.parametrize(
    ("field", "edit"),
    [
        ("variable 'loss'", set_value("loss", 0, np.nextafter(0.106, 1.0))),
        ("variable 'loss'", set_value("loss", 1, 0.0)),
        ("variable 'index'", set_value("index", 3, 7)),
        ("variable 'sign'", set_value("sign", 1, 1)),
        ("variable 'stable'", set_value("stable", 1, 1)),
        ("variable 'label'", set_value("label", 1, "proved")),
        ("variable 'certificates'", set_value("certificates", (), "[]")),
        ("variable 'weight'", set_value("weight", 7, 7.5)),
        ("attribute 'complete'", set_attribute("complete", 0)),
        ("attribute 'notes'", set_attribute("notes", '["proved"]')),
        ("attribute 'level'", set_attribute("level", 0.5)),
        ("attribute 'kind'", set_attribute("kind", "points")),
        ("attribute 'more'", set_attribute("more", 1)),
        ("manifest", set_attribute(MANIFEST, "{}")),
        ("manifest", set_attribute("manifest_digest", "0" * 64)),
        ("manifest", lambda file: file.attrs.__delitem__(MANIFEST)),
        ("variable 'loss'", lambda file: file["loss"].attrs.update(scale_factor=2.0)),
        ("variable 'loss'", lambda file: file["loss"].attrs.update(units="m")),
        ("variable 'loss'", lambda file: file.__delitem__("loss")),
        ("variable 'new'", lambda file: file.create_dataset("new", data=1.0)),
        ("variable 'loss'", lambda file: file.move("loss", "lost")),
    ],
)
def test_a_change_is_named_with_its_field(path, field, edit):
    change(path, edit)
    with pytest.raises(StoreError, match=r"a\.nc is damaged: .*" + field):
        read_dataset(path)


def test_hdf5_keeps_a_checksum_of_long_arrays_for_other_readers(path):
    with h5py.File(path) as file:
        assert file["theta"].fletcher32
        offset = file["theta"].id.get_chunk_info(0).byte_offset
    content = bytearray(path.read_bytes())
    content[offset + 100] ^= 1
    with h5py.File(io.BytesIO(bytes(content))) as file, pytest.raises(OSError, match="filter"):
        file["theta"][...]


def test_an_edit_on_purpose_is_accepted_and_recorded_for_ever(path, tmp_path):
    change(path, set_value("loss", 0, 7.0))
    stored = read_stored(path, edited=True)
    assert stored.data["loss"][0] == 7.0
    assert stored.edited == ("variable 'loss'",)
    again = write_dataset(tmp_path / "b.nc", stored.data, "test")
    change(again, set_attribute("level", 1.0))
    edited = read_stored(again, edited=True)
    assert edited.edited == ("attribute 'level'", "variable 'loss'")
    last = write_dataset(tmp_path / "c.nc", edited.data, "test")
    assert read_stored(last).edited == edited.edited
    change(last, set_attribute("edited", json.dumps([])))
    with pytest.raises(StoreError, match="attribute 'edited'"):
        read_stored(last)


def test_files_from_before_checksums_load_and_say_so(tmp_path):
    path = tmp_path / "old.nc"
    old = GENERAL.assign_attrs(format=FORMAT, format_version=1, kind="test")
    old.to_netcdf(path, engine="h5netcdf")
    stored = read_stored(path)
    assert not stored.verified
    xr.testing.assert_identical(stored.data, old)


def links(file, path):
    return {
        "soft": lambda: file.__setitem__("more", h5py.SoftLink("/loss")),
        "external": lambda: file.__setitem__("more", h5py.ExternalLink("other.nc", "/x")),
        "group": lambda: file.create_group("more/" * 300),
        "virtual": lambda: file.create_virtual_dataset("more", _virtual(path)),
        "compound": lambda: file.create_dataset("more", data=np.zeros(2, "f8,i4")),
        "compressed": lambda: file.create_dataset("more", data=np.zeros(10**6), compression=9),
        "absent chunks": lambda: file.create_dataset("more", (3 * 10**9,), "f8", chunks=(10**6,)),
        "not written": lambda: file.create_dataset("more", (3 * 10**9,), "f8"),
        "texts": lambda: file.create_dataset("more", (10**8,), h5py.string_dtype(), chunks=True),
        "dimensions": lambda: file.create_dataset("more", data=np.zeros((1,) * 9)),
    }


def _virtual(path):
    layout = h5py.VirtualLayout((10**9,), "f8")
    layout[:1] = h5py.VirtualSource(path, "loss", (1,))
    return layout


@pytest.mark.parametrize(
    "kind",
    ["soft", "external", "group", "virtual", "compound", "compressed", "absent chunks",
     "not written", "texts", "dimensions"],
)  # fmt: skip
def test_what_no_result_holds_is_refused_before_it_is_read(path, kind):
    change(path, lambda file: links(file, path)[kind]())
    with pytest.raises(StoreError, match=r"a\.nc is damaged: 'more'"):
        read_dataset(path)


def test_one_text_stored_once_and_named_a_thousand_times_is_refused(path):
    """Every element points to the same bytes of the file."""

    def edit(file):
        texts = file.create_dataset("more", (3000,), h5py.string_dtype())
        texts[0] = "x" * 60_000

    change(path, edit)
    content = path.read_bytes()
    with h5py.File(path) as file:
        first = file["more"].id.get_offset()
    pointer = content[first : first + 16]
    path.write_bytes(content[:first] + 3000 * pointer + content[first + 16 * 3000 :])
    with pytest.raises(StoreError, match="'more' asks for more text"):
        read_dataset(path)


def test_every_flipped_bit_is_noticed_or_changes_nothing(tmp_path):
    """Also those of HDF5's own tables; no exception but ours."""
    small = GENERAL.isel(weight=slice(0, 3))
    path = write_dataset(tmp_path / "a.nc", small, "test")
    whole, content = read_dataset(path), path.read_bytes()
    rng = np.random.default_rng(5)
    noticed = 0
    for place in rng.choice(len(content), 300, replace=False):
        damaged = bytearray(content)
        damaged[place] ^= 1 << rng.integers(8)
        path.write_bytes(damaged)
        try:
            read = read_dataset(path)
        except StoreError:
            noticed += 1
        else:
            xr.testing.assert_identical(read, whole)
    assert noticed > 290


def test_a_damaged_byte_of_an_array_names_the_array(path):
    with h5py.File(path) as file:
        places = {
            "theta": file["theta"].id.get_chunk_info(0).byte_offset,
            "loss": file["loss"].id.get_offset(),
        }
    content = path.read_bytes()
    for name, place in places.items():
        damaged = bytearray(content)
        damaged[place + 3] ^= 4
        path.write_bytes(damaged)
        with pytest.raises(
            StoreError, match=rf"a\.nc is damaged: variable '{name}' does not match"
        ):
            read_dataset(path, edited=True)


def test_a_cut_end_is_noticed(path):
    content = path.read_bytes()
    for cut in range(1, len(content), 997):
        path.write_bytes(content[:-cut])
        with pytest.raises(StoreError):
            read_dataset(path)
