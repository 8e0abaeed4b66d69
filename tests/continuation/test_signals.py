"""Ctrl-C and SIGTERM end command lines with 130 and 143, silently, wherever they arrive."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import symbolic
from continuation.storage import atomic_file
from continuation.terminal import command_line
from symbolic.signals import AGAIN, INTERRUPTED, TERMINATED, Ended, ended_by_signals

CODES = {signal.SIGINT: INTERRUPTED, signal.SIGTERM: TERMINATED}
LOADING = 0.4
"""Seconds after which every one of the packages is still being loaded, or has done nothing."""


@pytest.mark.skipif(os.name != "posix", reason="sends signals")
@pytest.mark.parametrize("package", ["symbolic", "continuation", "figures"])
@pytest.mark.parametrize("how", CODES)
def test_a_command_that_is_being_loaded_ends_quietly(package, how):
    environment = {**os.environ, "PYTHONPATH": str(Path(symbolic.__file__).parent.parent)}
    with subprocess.Popen(
        [sys.executable, "-m", package, "--help"], stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE, text=True, env=environment,
    ) as process:  # fmt: skip
        time.sleep(LOADING)
        process.send_signal(how)
        _, errors = process.communicate(timeout=60)
    assert "Traceback" not in errors
    assert process.returncode in (-how, CODES[how], 0)  # 0: it was done before


@pytest.mark.parametrize("how", CODES)
def test_a_signal_is_an_exit_code_and_one_line(capsys, how):
    with pytest.raises(SystemExit) as end, command_line("nothing is written by halves"):
        signal.raise_signal(how)
    assert end.value.code == CODES[how]
    assert capsys.readouterr() == ("", "interrupted; nothing is written by halves\n")


def test_handlers_are_those_from_before_afterwards():
    before = [signal.getsignal(number) for number in CODES]
    with pytest.raises(Ended), ended_by_signals():
        signal.raise_signal(signal.SIGINT)
    assert [signal.getsignal(number) for number in CODES] == before


class Last:
    def __del__(self):
        signal.raise_signal(signal.SIGINT)


def test_a_signal_within_a_finaliser_is_not_lost():
    def work():
        Last()
        time.sleep(100 * AGAIN)

    with pytest.raises(Ended), ended_by_signals():
        work()


def test_a_library_that_keeps_what_it_has_on_ctrl_c_does_not_keep_it_in_a_command():
    """`trace_branch` returns the branch so far on Ctrl-C, which a command must not store."""

    def library():
        try:
            signal.raise_signal(signal.SIGINT)
        except KeyboardInterrupt:
            return "a part"

    with pytest.raises(Ended), ended_by_signals():
        library()


def test_a_file_that_is_interrupted_as_it_is_published_leaves_nothing(tmp_path, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt), atomic_file(tmp_path / "a.nc") as temporary:
        temporary.write_bytes(b"a")
    assert list(tmp_path.iterdir()) == []
