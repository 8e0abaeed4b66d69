"""Speed of the kernels: ``python -m pytest -n 0 -s tests/benchmarks/bench_kernels.py``.

One core; medians of alternating runs of the kernel and of bare `np.tanh` on as many arguments. The
kernel is called as the engine calls it, from compiled code through a first-class function.
"""

import time

import numpy as np
import pytest
from numba import njit, types

from symbolic import Model, fukumizu_amari, load_kernels
from symbolic.codegen import kernel_source
from symbolic.kernel_passes import KERNEL_SIGNATURE

ROUNDS = 41
VECTOR, MATRIX = types.float64[::1], types.float64[:, ::1]


@njit(
    types.float64(
        types.FunctionType(KERNEL_SIGNATURE), types.int64,
        VECTOR, types.float64, VECTOR, MATRIX, MATRIX, VECTOR, MATRIX, VECTOR,
    )
)  # fmt: skip
def repeat(kernel, times, theta, p, constants, data, work, F, J, Fp):
    total = 0.0
    for _ in range(times):
        total += kernel(theta, p, constants, data, work, F, J, Fp)
    return total


def seconds(function):
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def measure(model, samples, times):
    """Median seconds of one evaluation and of np.tanh of all arguments."""
    kernels, d = load_kernels(model), model.dimension
    rng = np.random.default_rng(0)
    data = rng.normal(size=(3, samples))
    theta = rng.normal(size=d)
    constants = np.array([0, 0.1, 0.0, samples, 1.0, 0.0])
    work, F, J, Fp = np.empty(kernels.work_shape), np.empty(d), np.empty((d, d)), np.empty(d)
    arguments = np.outer(theta[: model.hidden], data[0]).ravel()
    out = np.empty_like(arguments)

    def evaluate():
        repeat(kernels.evaluate, times, theta, 0.1, constants, data, work, F, J, Fp)

    def tanh():
        for _ in range(times):
            np.tanh(arguments, out=out)

    pairs = np.array([(seconds(evaluate), seconds(tanh)) for _ in range(ROUNDS)])
    return np.median(pairs, axis=0) / times


@pytest.mark.parametrize(("samples", "times"), [(100, 3000), (10**4, 40), (10**6, 1)])
def test_two_units(samples, times):
    kernel, tanh = measure(fukumizu_amari(), samples, times)
    print(
        f"\nH = 2, n = {samples}: {kernel / samples * 1e9:.2f} ns/sample, np.tanh "
        f"{tanh / samples * 1e9:.2f}, ratio {kernel / tanh:.2f}, {kernel * 1e6:.2f} us"
    )
    if samples == 100:
        assert kernel < 1e-6
    else:
        assert kernel < 1.2 * tanh


@pytest.mark.parametrize("hidden", [1, 3, 4, 5, 16, 64])
def test_other_widths(hidden):
    kernel, tanh = measure(Model.perceptron(hidden), 4096, 10)
    print(f"\nH = {hidden}: {kernel / 4096 * 1e9:.1f} ns/sample, np.tanh {tanh / 4096 * 1e9:.1f}")


@pytest.mark.parametrize("hidden", [1, 2, 4, 64])
def test_compilation(hidden, tmp_path, monkeypatch):
    monkeypatch.setenv("MLPCONT_CACHE", str(tmp_path))
    model = Model.perceptron(hidden)
    printed = seconds(lambda: kernel_source(model))
    kernels = load_kernels(model)
    names = ("evaluate", "gradient", "jet", "network")
    compiled = {name: seconds(lambda name=name: getattr(kernels, name)) for name in names}
    text = ", ".join(f"{name} {value:.1f} s" for name, value in compiled.items())
    print(f"\nH = {hidden}: derived and printed in {printed:.2f} s; compiled: {text}")
    assert sum(compiled.values()) < 30.0
