"""`python -m tests.crash --kills N [--seed S] [--small | --jobs J FIGURES]`: 1 on a difference."""

import argparse
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.crash.small import Forked

FIGURES = ("phase_plane", "landscape")
"""Quick ones, of one and of several parts, whose data are points, fields and trajectories."""

LATEST = 0.8
"""Kills come within this share of the time of an undisturbed run: the machine may become faster."""


def main():
    parser = argparse.ArgumentParser(prog="python -m tests.crash")
    parser.add_argument("figures", nargs="*", default=list(FIGURES))
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0, help="of the moments")
    parser.add_argument("--jobs", type=int, default=1, help="workers of the main job")
    parser.add_argument("--small", action="store_true", help="one small figure: many more kills")
    options = parser.parse_args()
    command = [sys.executable, "-m", "figures", "--quick", "--jobs", str(options.jobs)]
    for name in options.figures:
        command += ["--only", name]

    def start(output):
        null = subprocess.DEVNULL
        return subprocess.Popen([*command, "--output", str(output)], stdout=null, stderr=null)

    with tempfile.TemporaryDirectory() as folder:
        begin = Forked if options.small else start
        wrong = crash(begin, Path(folder), options.kills, random.Random(options.seed))
    sys.exit(int(wrong > 0))


def crash(start, folder, kills, moments):
    """Kill and run on; the number of finished stores that differ from the undisturbed one."""
    run(start, folder / "warm")  # kernels are compiled once, before anything is timed
    lasts = run(start, folder / "whole")
    expected = stored(folder / "whole")
    print(f"undisturbed: {lasts:.1f} s, {len(expected)} files", flush=True)
    done = finished = wrong = 0
    while done < kills:
        finished += 1
        output = folder / f"killed{finished}"
        own = 0
        while done < kills and killed(start, output, lasts * LATEST * moments.random()):
            done, own = done + 1, own + 1
        if own == 0:  # the machine has become faster
            lasts *= LATEST
        run(start, output)
        same = stored(output) == expected
        wrong += not same
        print(f"store {finished}: {own} kills, {'the same' if same else 'DIFFERS'}", flush=True)
    print(f"{done} kills, {finished} finished stores, {wrong} different")
    return wrong


def run(start, output):
    """Run the job to its end; the seconds that it took."""
    begin = time.monotonic()
    process = start(output)
    process.wait()
    if process.returncode:
        raise RuntimeError(f"the job ends with {process.returncode}")
    return time.monotonic() - begin


def killed(start, output, seconds):
    """Whether the job was killed before it had ended."""
    process = start(output)
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    return process.returncode == -signal.SIGKILL


def stored(output):
    """Every file of an output folder, unfinished ones included: name and bytes."""
    paths = (path for path in sorted(output.rglob("*")) if path.is_file())
    return {str(path.relative_to(output)): path.read_bytes() for path in paths}


if __name__ == "__main__":
    main()
