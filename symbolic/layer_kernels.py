"""Kernels of networks of layers: array functions for all of them, none compiled for any.

Compiled loops (seekers, flows, the tracer) take kernels as first-class functions; these here go
back to Python, whose passes over the samples are products of matrices.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from numba import objmode

from symbolic import layer_runtime
from symbolic.kernel_passes import KERNEL_SIGNATURE
from symbolic.layers import Network, Rows
from symbolic.machine_code import cached_njit

Array = np.ndarray


@dataclass(frozen=True)
class LayerKernels:
    """Kernels of one network, with the signature of the generated ones (`symbolic.Kernels`).

    The rows of their data are the d inputs, m targets, m noises and, where weights are not
    uniform, the weights.

    Attributes
    ----------
    network : Network
    """

    network: Network

    @property
    def evaluate(self) -> Callable[..., float]:
        """Loss; fills F = gradient, J = Hessian and Fp = dF/dp."""
        return first_class(_evaluate)

    @property
    def gradient(self) -> Callable[..., float]:
        """Loss; fills F only."""
        return first_class(_gradient)

    @property
    def product(self) -> Callable[..., float]:
        """Loss; fills F and J[1] = Hessian times J[0], at the cost of two gradients."""
        return layer_runtime.product

    @property
    def jet(self) -> Callable[..., float]:
        """Taylor derivatives along e = J[0], see `symbolic.Kernels.jet`."""
        return first_class(_jet)

    @property
    def rows(self) -> Rows:
        """Which row of the data holds what."""
        return Rows(self.network.inputs, self.network.outputs)

    @property
    def squared(self) -> "LayerKernels":
        """Those of the same network with squared error."""
        return LayerKernels(replace(self.network, loss="squared"))

    def scratch(self) -> Array:
        """What the kernels take as `work`: the structure of the network."""
        return self.network.plan()

    def outputs(self, theta: Array, x: Array) -> Array:
        """Network function at x, (n, d) or (n,), to (n,) for one output or (n, m)."""
        network = self.network
        a = np.asarray(x, dtype=np.float64).reshape(len(x), network.inputs)
        f = network.arguments(theta, a)[-1]
        return f[:, 0] if network.outputs == 1 else f


def _evaluate(theta, p, constants, data, work, F, J, Fp):  # type: ignore[no-untyped-def]
    with objmode(value="float64"):
        value = layer_runtime.evaluate(theta, p, constants, data, work, F, J, Fp)
    return value


def _gradient(theta, p, constants, data, work, F, J, Fp):  # type: ignore[no-untyped-def]
    with objmode(value="float64"):
        value = layer_runtime.gradient(theta, p, constants, data, work, F, J, Fp)
    return value


def _jet(theta, p, constants, data, work, F, J, Fp):  # type: ignore[no-untyped-def]
    with objmode(value="float64"):
        value = layer_runtime.jet(theta, p, constants, data, work, F, J, Fp)
    return value


@cache
def first_class(function: Callable[..., float]) -> Callable[..., float]:
    """An array function as one that compiled loops can call, at a cost of some 20 µs a call."""
    compiled: Callable[..., float] = cached_njit(
        KERNEL_SIGNATURE, purpose="the loss of this model", error_model="numpy"
    )(function)
    return compiled
