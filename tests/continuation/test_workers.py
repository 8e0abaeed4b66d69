"""Workers end with their parent, and what a lost one left is run again once."""

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from continuation import workers
from continuation.commands import common
from continuation.commands.tables import Report
from continuation.errors import WorkerLostError
from continuation.landscape import CriticalSets, Dataset, Loss
from continuation.landscape.sets import Assembler
from continuation.terminal import shown
from symbolic import single_unit
from symbolic.signals import TERMINATED


def die_once(mark: str) -> str:
    """End like a process that the system kills, the first time."""
    path = Path(mark)
    if path.name.startswith("deadly") and not path.exists():
        path.write_text("")
        os.kill(os.getpid(), signal.SIGKILL)
    return path.name


def die(_: int) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.slow
def test_the_part_of_a_lost_worker_is_run_again(tmp_path):
    marks = [str(tmp_path / name) for name in ("a", "deadly", "b", "c")]
    arrived = []
    with workers.process_pool(1) as pool:
        found = workers.run(die_once, marks, pool, lambda index, _: arrived.append(index))
        assert found == ["a", "deadly", "b", "c"]
        assert sorted(arrived) == [0, 1, 2, 3]


@pytest.mark.slow
def test_a_worker_lost_twice_is_one_clear_error():
    with workers.process_pool(1) as pool, pytest.raises(WorkerLostError, match="lost twice"):
        workers.run(die, [0], pool)


PROGRAM = """
import os, sys, time
from continuation.workers import process_pool
from continuation.terminal import command_line

def work(_):
    print(os.getpid(), flush=True)
    time.sleep(600)

if __name__ == "__main__":
    with command_line("nothing"), process_pool(1) as pool:
        print(os.getpid(), flush=True)
        pool.submit(work, 0).result()
"""


def gone(process: int) -> bool:
    """Whether a process ends within a minute (an unread exit code counts as ended)."""
    for _ in range(600):
        try:
            state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
        except FileNotFoundError:
            return True
        if state == "Z":
            return True
        time.sleep(0.1)
    return False


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks processes up in /proc")
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_workers_end_with_their_parent(tmp_path, how):
    script = tmp_path / "program.py"
    script.write_text(PROGRAM)
    environment = {**os.environ, "PYTHONPATH": str(Path(workers.__file__).parent.parent)}
    with subprocess.Popen(
        [sys.executable, str(script)], stdout=subprocess.PIPE, text=True,
        env=environment,
    ) as parent:  # fmt: skip
        assert parent.stdout is not None
        pids = [int(parent.stdout.readline()) for _ in range(2)]
        parent.send_signal(how)
        assert all(gone(process) for process in pids)
    if how == signal.SIGTERM:
        assert parent.returncode == TERMINATED


def test_a_thread_pool_is_not_restarted():
    with ThreadPoolExecutor(1) as threads:
        assert workers.run(str, [1, 2], threads) == ["1", "2"]


def test_labels_in_tables_are_shown_as_text():
    model = single_unit()
    loss = Loss(model, Dataset.sample(model, 5, 0))
    point = Assembler(loss.at(noise=0.1)).point(np.ones(2), "isolated")
    hostile = replace(point, label="[red]a\x1b[31mb[/]")
    with common.console.capture() as seen:
        common.print_sets(
            CriticalSets((hostile,), notes=("[/nothing]\x07",)), Report(common.console)
        )
    assert r"[red]a\x1b[31mb[/]" in seen.get()
    assert r"[/nothing]\x07" in seen.get()
    assert "\x1b[31m" not in seen.get()
    assert "\x07" not in seen.get()


def test_text_from_files_is_shown_as_text():
    assert shown("a\x1b[31mb") == r"a\x1b[31mb"
    assert shown("[red]x[/]\n") == r"\[red]x\[/]" + "\n"
