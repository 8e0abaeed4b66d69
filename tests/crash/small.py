"""`python -m tests.crash.small --output FOLDER`: the main job for one small figure.

The command's own code finds what is missing, computes, stores, assembles and draws; only the
figure, its kernels (none) and its workers (a thread) are other ones. "begun" is printed when all
is loaded.
"""

import argparse
import sys
import time
import types
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr

from continuation.storage import sole_worker
from figures import __main__ as program
from figures import compile_kernels, job
from figures.settings import Settings

PARTS = 12
SECONDS = 0.05
"""How long each takes."""


def parts(settings):
    return [settings.seed + k for k in range(PARTS)]


def compute(seed):
    time.sleep(SECONDS)
    values = np.random.default_rng(seed).standard_normal((40, 50))
    return xr.Dataset({"value": (("row", "column"), values)}, attrs={"seed": seed})


def assemble(_settings, stored):
    return xr.concat(stored, "part", combine_attrs="drop")


def draw(data):
    canvas, axes = plt.subplots()
    axes.plot(data["value"].to_numpy()[:, 0].T)
    return canvas


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--output", type=Path, required=True)
    output = parser.parse_args().output
    module = types.ModuleType("figures.small")
    vars(module).update(
        TITLE="small", __file__=__file__, parts=parts, compute=compute, assemble=assemble, draw=draw
    )
    sys.modules["figures.small"] = module
    job.NAMES, compile_kernels.TASKS, program.process_pool = ("small",), (), ThreadPoolExecutor
    print("begun", flush=True)
    with sole_worker(output):
        program._run(["small"], Settings(), output, False, 1)


if __name__ == "__main__":
    main()
