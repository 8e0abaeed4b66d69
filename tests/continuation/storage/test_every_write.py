"""Whichever write fails, and how: what stood there stays, or what is new is there, whole."""

import itertools

import networkx as nx
import numpy as np
import pytest
import xarray as xr

from continuation.errors import StoreError
from continuation.storage import atomic_file, write_dataset, write_text
from symbolic.code_folder import CACHE_VARIABLE, read_entry, write_entry
from symbolic.errors import KernelCacheError
from tests.faults import every_failure

TEXT = {"old": "old\n" * 100, "new": "new\n" * 5000}


def write_picture(path, word):
    """A picture or a table that a library writes itself, piece by piece."""
    with atomic_file(path) as temporary, open(temporary, "wb") as file:
        nx.write_graphml(nx.path_graph(4, create_using=nx.MultiDiGraph), file)
        file.write(word.encode())


WRITERS = {
    "text": lambda path, word: write_text(path, TEXT[word]),
    "result": lambda path, word: write_dataset(
        path, xr.Dataset({"x": ("k", np.arange(len(TEXT[word])))}), word
    ),
    "graph": write_picture,
}


@pytest.mark.parametrize(
    ("name", "before"),
    [
        ("text", "nothing"),
        ("text", "old"),
        ("graph", "nothing"),
        ("graph", "old"),
        ("result", "old"),
    ],
)
def test_a_file_is_the_old_one_or_the_new_one(tmp_path, monkeypatch, name, before):
    write, places = WRITERS[name], map(str, itertools.count())
    expected = {}
    for word in ("old", "new"):
        write(tmp_path / word, word)
        expected[word] = (tmp_path / word).read_bytes()

    def fresh():
        folder = tmp_path / next(places)
        folder.mkdir()
        if before == "old":
            (folder / "a").write_bytes(expected["old"])
        return folder

    failures = every_failure(monkeypatch, lambda at: write(at / "a", "new"), fresh, StoreError)
    for folder, faults, raised in failures:
        path, whole = folder / "a", {expected["new"], expected["old"]}
        if path.exists():
            assert path.read_bytes() in whole
        else:
            assert before == "nothing"
        assert raised or path.read_bytes() == expected["new"]
        left = {found for found in folder.glob("*") if found != path}
        assert not left or "unlink" in faults.failed
        if name == "text":  # nothing bars the way to the next attempt
            write(path, "new")
            assert path.read_bytes() == expected["new"]


def test_an_entry_of_the_cache_is_whole_or_missing(tmp_path, monkeypatch):
    places = map(str, itertools.count())

    def fresh():
        folder = tmp_path / next(places)
        monkeypatch.setenv(CACHE_VARIABLE, str(folder))
        return folder

    body = b"x = 1\n" * 1000
    failures = every_failure(
        monkeypatch, lambda _: write_entry("kernel_a.py", body), fresh, KernelCacheError
    )
    for folder, faults, raised in failures:
        assert read_entry("kernel_a.py") in ((None, body) if raised else (body,))
        left = [path for path in folder.glob(".*") if path.is_file()]
        assert not left or "unlink" in faults.failed
        assert read_entry(write_entry("kernel_a.py", body).name) == body
