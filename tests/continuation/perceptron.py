"""The loss of a perceptron with two tanh units, in any number of digits and as a small kernel."""

import math

import mpmath
import numpy as np
from numba import njit

from continuation import CompiledProblem

Array = np.ndarray


def data_set(n: int, seed: int = 0) -> tuple[Array, Array, Array]:
    """Inputs N(0, 2²), targets 2 tanh x - tanh 4x, noise N(0, 1)."""
    random = np.random.default_rng(seed)
    x = 2 * random.standard_normal(n)
    return x, 2 * np.tanh(x) - np.tanh(4 * x), random.standard_normal(n)


def exact_root(theta: Array, sigma: float, data: tuple[Array, Array, Array]) -> list[mpmath.mpf]:
    """The critical point next to θ, by Newton in 50 digits; data and σ are taken as exact."""
    with mpmath.workdps(50):
        x, target, noise = ([mpmath.mpf(float(v)) for v in row] for row in data)
        y = [t + mpmath.mpf(float(sigma)) * e for t, e in zip(target, noise, strict=True)]
        root = mpmath.matrix([mpmath.mpf(float(v)) for v in theta])
        for _ in range(6):
            gradient, hessian = _derivatives(root, x, y)
            step = mpmath.lu_solve(hessian, gradient)
            root -= step
            if mpmath.norm(step) < mpmath.mpf(10) ** -40:
                break
        return list(root)


def _derivatives(theta, x, y):
    w, v, n = theta[:2], theta[2:], len(x)
    gradient, hessian = mpmath.zeros(4, 1), mpmath.zeros(4, 4)
    for xi, yi in zip(x, y, strict=True):
        t = [mpmath.tanh(w[k] * xi) for k in range(2)]
        d = [1 - s * s for s in t]
        r = v[0] * t[0] + v[1] * t[1] - yi
        f = [v[0] * d[0] * xi, v[1] * d[1] * xi, t[0], t[1]]
        for i in range(4):
            gradient[i] += r * f[i] / n
            for j in range(4):
                hessian[i, j] += f[i] * f[j] / n
        for k in range(2):
            hessian[k, k] += -2 * r * v[k] * t[k] * d[k] * xi * xi / n
            hessian[k, k + 2] += r * d[k] * xi / n
            hessian[k + 2, k] += r * d[k] * xi / n
    return gradient, hessian


@njit(error_model="numpy")
def kernel(theta, sigma, constants, data, work, F, J, Fp):
    """Loss, gradient, Hessian and ∂/∂σ; data rows x, target, noise."""
    n = data.shape[1]
    F[:] = 0.0
    J[:] = 0.0
    Fp[:] = 0.0
    loss = 0.0
    f = np.empty(4)
    for i in range(n):
        x = data[0, i]
        t0 = math.tanh(theta[0] * x)
        t1 = math.tanh(theta[1] * x)
        d0 = 1 - t0 * t0
        d1 = 1 - t1 * t1
        r = theta[2] * t0 + theta[3] * t1 - data[1, i] - sigma * data[2, i]
        loss += r * r / (2 * n)
        f[0], f[1], f[2], f[3] = theta[2] * d0 * x, theta[3] * d1 * x, t0, t1
        for a in range(4):
            F[a] += r * f[a] / n
            Fp[a] -= data[2, i] * f[a] / n
            for b in range(4):
                J[a, b] += f[a] * f[b] / n
        J[0, 0] -= 2 * r * theta[2] * t0 * d0 * x * x / n
        J[1, 1] -= 2 * r * theta[3] * t1 * d1 * x * x / n
        J[0, 2] += r * d0 * x / n
        J[2, 0] += r * d0 * x / n
        J[1, 3] += r * d1 * x / n
        J[3, 1] += r * d1 * x / n
    return loss


def problem(n: int, seed: int = 0) -> CompiledProblem:
    """The σ-problem of a data set of n samples."""
    data = np.array(data_set(n, seed))
    return CompiledProblem(kernel, np.zeros(1), data, np.zeros((1, 1)), dimension=4)
