"""Networks of layers written by hand: sample by sample, unit by unit, for complex weights too."""

import cmath
from itertools import pairwise

import numpy as np

ACTIVATIONS = {
    "tanh": cmath.tanh,
    "logistic": lambda u: 1 / (1 + cmath.exp(-u)),
    "softplus": lambda u: cmath.log(1 + cmath.exp(u)),
    "sin": cmath.sin,
    "identity": lambda u: u,
    "silu": lambda u: u / (1 + cmath.exp(-u)),
    "relu": lambda u: u if u.real > 0 else 0 * u,
    "leaky_relu": lambda u: u if u.real > 0 else 0.01 * u,
    "abs": lambda u: u if u.real > 0 else -u,
    "softplus(3*u)/3": lambda u: cmath.log(1 + cmath.exp(3 * u)) / 3,
    "1/(1 + exp(-4*u)) + log(1 + exp(u))": lambda u: (
        1 / (1 + cmath.exp(-4 * u)) + cmath.log(1 + cmath.exp(u))
    ),
    "u*tanh(u/2) - cos(u)": lambda u: u * cmath.tanh(u / 2) - cmath.cos(u),
}


def split(theta, widths, bias, offset):
    """Weights [unit][input] and biases [unit] of every layer, theta read number by number."""
    numbers, layers = iter(theta), []
    for k, (below, above) in enumerate(pairwise(widths)):
        matrix = [[next(numbers) for _ in range(above)] for _ in range(below)]
        biased = offset if k == len(widths) - 2 else bias
        layers.append((matrix, [next(numbers) if biased else 0.0 for _ in range(above)]))
    return layers


def network(theta, x, widths, activations, bias, offset):
    """Outputs for one sample."""
    a = list(x)
    for k, (matrix, biases) in enumerate(split(theta, widths, bias, offset)):
        z = [
            sum((a[i] * matrix[i][j] for i in range(len(a))), biases[j]) for j in range(len(biases))
        ]
        a = z if k == len(widths) - 2 else [ACTIVATIONS[activations[k]](complex(u)) for u in z]
    return a


def sample_loss(f, y, loss, huber=1.0):
    """Loss of one sample."""
    if loss == "softmax":
        total = cmath.log(sum(cmath.exp(v) for v in f))
        return sum(t * (total - v) for v, t in zip(f, y, strict=True))
    value = 0.0
    for v, t in zip(f, y, strict=True):
        r = v - t
        if loss == "logistic":
            value += cmath.log(1 + cmath.exp(v)) - t * v
        elif loss == "squared" or abs(r.real) <= huber:
            value += r * r / 2
        else:
            value += huber * ((r if r.real > 0 else -r) - huber / 2)
    return value


def gradient(function, theta, step=1e-30):
    """Complex-step gradient of a real function of the weights."""
    theta = np.asarray(theta, dtype=complex)
    steps = 1j * step * np.eye(theta.size)
    return np.array([complex(function(theta + e)).imag / step for e in steps])
