"""Files appear whole or not at all, through links, and never in place of a device."""

import errno
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from continuation.errors import StoreError
from continuation.storage.files import (
    LOCK,
    atomic_file,
    remove_leftovers,
    require_writable,
    sole_worker,
    write_text,
)


def test_devices_and_pipes_are_refused_and_stay(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path in (Path(os.devnull), pipe):
        for act in (require_writable, lambda p: write_text(p, "new")):
            with pytest.raises(StoreError, match="it is a device or a pipe"):
                act(path)
    assert stat.S_ISCHR(Path(os.devnull).stat().st_mode)
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    assert list(tmp_path.iterdir()) == [pipe]


def test_folders_are_refused(tmp_path):
    with pytest.raises(StoreError, match="it is a folder"):
        require_writable(tmp_path)
    with pytest.raises(StoreError, match="it is a folder"):
        write_text(tmp_path, "new")


@pytest.mark.parametrize("exists", [True, False])
def test_a_link_stays_and_its_target_is_replaced(tmp_path, exists):
    (tmp_path / "far").mkdir()
    target, link = tmp_path / "far" / "target.txt", tmp_path / "link.txt"
    if exists:
        target.write_text("old")
    link.symlink_to(target)
    write_text(link, "new")
    assert link.is_symlink()
    assert target.read_text() == "new"
    assert list((tmp_path / "far").iterdir()) == [target]


def test_a_circle_of_links_is_refused(tmp_path):
    (tmp_path / "a").symlink_to(tmp_path / "b")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    with pytest.raises(StoreError, match="cannot write"):
        write_text(tmp_path / "a", "new")


def test_the_permissions_of_a_replaced_file_stay(tmp_path):
    path = write_text(tmp_path / "a.txt", "old")
    path.chmod(0o640)
    write_text(path, "new")
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_names_of_255_bytes(tmp_path):
    for name in ("x" * 252 + ".nc", "x." + "y" * 253, "é" * 127 + "x"):
        assert write_text(tmp_path / name, name).read_text("utf-8") == name
    with pytest.raises(StoreError, match=r"cannot write .*: File name too long"):
        write_text(tmp_path / ("x" * 256), "new")
    with pytest.raises(StoreError, match="null"):
        write_text(tmp_path / "a\0b", "new")


STEPS = {"write": (Path, "write_bytes"), "flush": (os, "fsync"), "rename": (os, "replace")}


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("reason", [errno.ENOSPC, errno.EIO, errno.EDQUOT])
def test_a_failing_disk_leaves_the_old_file_and_one_clear_line(tmp_path, monkeypatch, step, reason):
    path = write_text(tmp_path / "a.txt", "old")

    def fail(*_):
        raise OSError(reason, os.strerror(reason))

    with monkeypatch.context() as patch:
        patch.setattr(*STEPS[step], fail)
        with pytest.raises(StoreError, match=f"cannot write .*a.txt: {os.strerror(reason)}$"):
            write_text(path, "new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_files_reach_the_disk_before_their_name_and_the_name_after(tmp_path, monkeypatch):
    order = []
    flush, rename = os.fsync, os.replace
    monkeypatch.setattr(os, "fsync", lambda h: (order.append(os.fstat(h).st_mode), flush(h))[1])
    monkeypatch.setattr(os, "replace", lambda *p: (order.append("rename"), rename(*p))[1])
    write_text(tmp_path / "a.txt", "new")
    assert stat.S_ISREG(order[0])
    assert order[1] == "rename"
    assert stat.S_ISDIR(order[2])


KILLED = """
import os, signal, sys
from continuation.storage.files import atomic_file
with atomic_file(sys.argv[1]) as temporary:
    temporary.write_text("half")
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.slow
def test_what_a_killed_process_left_is_removed_and_nothing_else(tmp_path):
    subprocess.run([sys.executable, "-c", KILLED, str(tmp_path / "a.nc")], check=False)
    assert len(list(tmp_path.iterdir())) == 1
    (tmp_path / ".mlpcont-notes").write_text("of the user")
    with atomic_file(tmp_path / "b.nc") as own:
        remove_leftovers(tmp_path)
        assert own.exists()
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == [".mlpcont-notes", "b.nc"]


TRY = """
import sys
from pathlib import Path
from continuation.storage.files import sole_worker
with sole_worker(Path(sys.argv[1])):
    print("got it")
"""


def attempt(folder):
    run = [sys.executable, "-c", TRY, str(folder)]
    return subprocess.run(run, capture_output=True, text=True, check=False)


@pytest.mark.slow
def test_two_processes_exclude_each_other(tmp_path):
    with sole_worker(tmp_path):
        done = attempt(tmp_path)
        assert done.returncode == 1
        assert "another process works in" in done.stderr
    assert list(tmp_path.iterdir()) == []
    (tmp_path / LOCK).write_text("left by a process that was killed")
    assert attempt(tmp_path).stdout == "got it\n"
