"""Of processes that need the same function at the same time one compiles it, the others wait."""

import subprocess
import sys
import time

from symbolic import code_folder
from symbolic.code_folder import sole_maker
from symbolic.machine_code import cached_njit, watching_compilation

HOLD = """
import sys, time
from symbolic.code_folder import sole_maker
with sole_maker("one"):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_others_wait_and_other_names_do_not(tmp_path, monkeypatch):
    monkeypatch.setenv("MLPCONT_CACHE", str(tmp_path))
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert holder.stdout.read(4) == b"held"
    with sole_maker("two"):
        pass
    monkeypatch.setattr(code_folder, "PATIENCE", 0.2)
    begin = time.monotonic()
    with sole_maker("one"):  # a process that does not go on is not waited for
        assert time.monotonic() - begin >= 0.2
    monkeypatch.setattr(code_folder, "PATIENCE", 60.0)
    holder.kill()  # the system frees its lock
    holder.communicate()
    with sole_maker("one"), sole_maker("three"):
        pass


def test_a_folder_that_cannot_be_made_keeps_nobody_waiting(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("MLPCONT_CACHE", str(tmp_path / "file" / "folder"))
    with sole_maker("one"):
        pass


def test_compilation_is_told_with_its_purpose_and_only_once(tmp_path, monkeypatch):
    monkeypatch.setenv("MLPCONT_CACHE", str(tmp_path))
    told = []
    with watching_compilation(told.append):
        for _ in range(2):
            twice = cached_njit(purpose="a test")(lambda x: 2 * x)
            assert (twice(3), twice(4)) == (6, 8)
    cached_njit(purpose="unseen")(lambda x: 3 * x)(1)
    assert told == ["a test"]
