"""Kernels of networks of layers against the same passes in bare BLAS and `np.tanh`.

    python -m tests.benchmarks.bench_layers

Prints processor time for each pass as a multiple of the bare one: for loss and gradient `a @ W`,
`np.tanh` and the products of the way back; for Hessian times vector two ways back more; for the
Hessian, with the change of the gradient with the noise, as many of these as there are weights; for
the directional derivatives up to the fourth the way there and back for each of four coefficients.
`layers.md` holds what it has printed.
"""

import time

import numpy as np

from continuation.landscape import Dataset, Loss
from symbolic import Model

SHAPES = (((2, 8, 1), 10_000), ((8, 16, 16, 2), 10_000), ((64, 27, 8, 1), 4_000))


def processor_time(function, least=0.3):
    """Shortest of repeated calls."""
    function()
    times, start = [], time.process_time()
    while time.process_time() - start < least:
        before = time.process_time()
        function()
        times.append(time.process_time() - before)
    return min(times)


def bare(weights, x, y, passes):
    """Forward, and backward `passes` times, over blocks that fit into the cache."""
    for first in range(0, len(x), 2048):
        layers = [x[first : first + 2048]]
        for k, matrix in enumerate(weights):
            z = layers[-1] @ matrix
            layers.append(np.tanh(z) if k + 1 < len(weights) else z)
        for _ in range(passes):
            error = layers[-1] - y[first : first + 2048]
            for k in range(len(weights) - 1, -1, -1):
                layers[k].T @ error
                if k:
                    error = (error @ weights[k].T) * (1.0 - layers[k] ** 2)


def row(shape, n):
    """Line of the table for one network."""
    rng = np.random.default_rng(0)
    d, *hidden, m = shape
    model = Model.mlp(d, hidden, m, bias=False)
    x, y = rng.standard_normal((n, d)), rng.standard_normal((n, m))
    at = Loss(model, Dataset.from_observations(x, y)).at()
    theta, e = rng.standard_normal((2, model.dimension)) * 0.3
    weights = [np.ascontiguousarray(w) for w in model.unpack(theta)[0]]
    once, twice = (processor_time(lambda k=k: bare(weights, x, y, k)) for k in (1, 3))
    measured = (
        ("loss and gradient", processor_time(lambda: at.gradient(theta)), once),
        ("product", processor_time(lambda: at.product(theta, e)), twice),
        ("Hessian", processor_time(lambda: at.hessian(theta)), twice * model.dimension),
        ("derivatives to the fourth", processor_time(lambda: at.jet(theta, e)), 4 * once),
    )
    texts = [f"{name} {1e3 * mine:.2f} ms ({mine / base:.2f} x)" for name, mine, base in measured]
    return f"{'-'.join(map(str, shape))}, P = {model.dimension}, n = {n}: {', '.join(texts)}"


if __name__ == "__main__":
    for each in SHAPES:
        print(row(*each))
