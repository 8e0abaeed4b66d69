"""The main job for one small figure, in a fork: nothing has to be loaded anew.

The command's own code finds what is missing, computes, stores, assembles and draws; only the
figure, its kernels (none) and its workers (a thread) are other ones.
"""

import multiprocessing
import os
import subprocess
import sys
import time
import types
from concurrent.futures import ThreadPoolExecutor

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr

from continuation.storage import sole_worker
from figures import compile_kernels, job
from figures import run as program
from figures.captions import Caption
from figures.settings import Settings
from figures.style import Style

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


def caption(data):
    return Caption(["all of it"], [], "40", "0", "1 data set")


def draw(data, style):
    canvas, axes = plt.subplots()
    axes.plot(data["value"].to_numpy()[:, 0].T)
    return canvas


def work(output):
    """What a process does that may be killed at any moment."""
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    os.dup2(silence, 2)
    module = types.ModuleType("figures.small")
    vars(module).update(
        TITLE="small",
        __file__=__file__,
        parts=parts,
        compute=compute,
        assemble=assemble,
        draw=draw,
        caption=caption,
    )
    sys.modules["figures.small"] = module
    job.NAMES, compile_kernels.TASKS, program.process_pool = ("small",), (), ThreadPoolExecutor
    with sole_worker(output):
        program._run(["small"], Settings(), output, False, 1, Style())


class Forked:
    """That process, with as much of `subprocess.Popen` as is used here."""

    def __init__(self, output):
        self._process = multiprocessing.get_context("fork").Process(target=work, args=(output,))
        self._process.start()

    def wait(self, timeout=None):
        self._process.join(timeout)
        if self._process.is_alive():
            raise subprocess.TimeoutExpired("small job", timeout)

    def kill(self):
        self._process.kill()
        self._process.join()

    @property
    def returncode(self):
        return self._process.exitcode
