"""A damaged, foreign, full or unwritable cache of kernels never gives another number."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

import symbolic
from symbolic import KernelCacheError, code_folder
from symbolic.code_folder import cache_size, clear_cache, read_entry, write_entry

PROGRAM = """
import numpy as np
from symbolic import Model, load_kernels
kernels = load_kernels(Model.perceptron(1, "sin", output_weights=[1]))
x, out = np.linspace(-1.0, 1.0, 5), np.zeros(5)
kernels.network(np.array([0.7]), x, out)
stats = kernels.network.stats
print(sum(stats.cache_hits.values()), repr(float(out @ np.arange(5.0))))
"""


def run(cache):
    root = str(Path(symbolic.__file__).parent.parent)
    environment = {**os.environ, "MLPCONT_CACHE": str(cache), "PYTHONPATH": root}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def damage_sign(content):
    place = content.rindex(b"out[i] +=")
    return content[:place] + b"out[i] -=" + content[place + 9 :]


DAMAGES = {
    "a sign": lambda c: c.replace(b"+", b"-", 1),
    "more": lambda c: c + b"# more\n",
    "cut": lambda c: c[: len(c) // 2],
    "empty": lambda c: b"",
    "a bit": lambda c: c[:90] + bytes([c[90] ^ 4]) + c[91:],
    "head": lambda c: c.replace(b"sha256", b"sha255"),
    "no pickle": lambda c: c[:80] + b"\x80\x05garbage",
}


@pytest.mark.parametrize("kind", DAMAGES)
def test_a_damaged_file_counts_as_missing(cache, kind):
    path = write_entry("code_a.bin", b"out += 1\n" * 100)
    path.write_bytes(DAMAGES[kind](path.read_bytes()))
    assert read_entry("code_a.bin") is None


@pytest.mark.slow
def test_damaged_source_and_machine_code_are_built_again(tmp_path):
    """A changed sign is not used, and a cut file does not end the process."""
    value = run(tmp_path)[1]
    (source,), (code,) = tmp_path.glob("kernel_*.py"), tmp_path.glob("code_*.bin")
    whole = source.read_bytes()
    source.write_bytes(damage_sign(whole))
    code.write_bytes(code.read_bytes()[:5000])
    assert run(tmp_path) == ["0", value]
    assert source.read_bytes() == whole
    assert run(tmp_path) == ["1", value]


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("MLPCONT_CACHE", str(tmp_path))
    return tmp_path


def test_files_of_others_and_files_open_to_all_are_refused(cache, monkeypatch):
    path = write_entry("kernel_a.py", b"text")
    assert read_entry("kernel_a.py") == b"text"
    path.chmod(0o666)
    with pytest.raises(KernelCacheError, match=r"changed by anyone.*set MLPCONT_CACHE"):
        read_entry("kernel_a.py")
    path.chmod(0o644)
    monkeypatch.setattr(os, "geteuid", lambda: path.stat().st_uid + 1)
    monkeypatch.setattr(code_folder, "TRUSTED", ())
    with pytest.raises(KernelCacheError, match=r"another user.*set MLPCONT_CACHE"):
        read_entry("kernel_a.py")


def test_the_folder_is_the_users_own(cache, monkeypatch):
    monkeypatch.setenv("MLPCONT_CACHE", str(cache / "new"))
    write_entry("kernel_a.py", b"text")
    assert (cache / "new").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("step", [(Path, "write_bytes"), (os, "replace")])
def test_a_full_disk_is_named_and_leaves_nothing(cache, monkeypatch, step):
    def fail(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(*step, fail)
    with pytest.raises(KernelCacheError, match="No space left on device"):
        write_entry("kernel_a.py", b"text")
    assert list(cache.iterdir()) == []


def test_the_cache_has_a_size_and_is_cleared_without_touching_other_files(cache):
    (cache / "notes.txt").write_text("of the user")
    for k in range(3):
        write_entry(f"code_{k}.bin", b"x" * 1000)
    size = cache_size()
    assert (size.folder, size.files) == (cache, 3)
    assert 3000 < size.bytes < 3300
    assert clear_cache() == size
    assert [path.name for path in cache.iterdir()] == ["notes.txt"]


def test_the_oldest_files_make_room(cache, monkeypatch):
    monkeypatch.setattr(code_folder, "MOST_BYTES", 2500)
    for k in range(4):
        path = write_entry(f"code_{k}.bin", b"x" * 1000)
        os.utime(path, (k, k))
    assert sorted(path.name for path in cache.iterdir()) == ["code_2.bin", "code_3.bin"]
