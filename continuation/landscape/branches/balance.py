"""Problems in other units of their unknowns, in machine code where they are themselves."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np

from continuation.arrays import Array
from continuation.callable_problem import Problem
from continuation.compilation import (
    KERNEL_SIGNATURE,
    address_of,
    call_kernel,
    compiled_for_all_models,
)
from continuation.compiled_problem import CompiledProblem
from continuation.problem import AnyProblem, Kernel

KERNEL = 0
"""Place, among the constants, of the address of the kernel in the units it was made in."""


def scaled_problem(problem: AnyProblem, scale: Array) -> AnyProblem:
    """S F(S u, p) = 0 with S = diag(scale): the same critical points, the same inertia."""
    if isinstance(problem, CompiledProblem):
        # an address is a number below 2⁵³, which a double holds exactly
        constants = np.concatenate([[address_of(problem.kernel)], scale, problem.constants])
        return replace(problem, kernel=_scaled_kernel(), constants=constants, jet=None, unit=None)
    return Problem(
        lambda u, p: scale * problem.residual(scale * u, p),
        lambda u, p: scale[:, None] * problem.jacobian(scale * u, p) * scale,
        lambda u, p: scale * problem.dresidual_dp(scale * u, p),
        symmetric=problem.symmetric,
    )


def _scaled(u, p, constants, data, work, F, J, Fp):  # type: ignore[no-untyped-def]
    n = u.size
    x, scale = np.empty(n), constants[1 : n + 1]
    for i in range(n):
        x[i] = scale[i] * u[i]
    address, known = int(constants[KERNEL]), constants[n + 1 :]
    value = call_kernel(address, (x, p, known, data, work, F, J, Fp))
    for i in range(n):
        F[i] *= scale[i]
        Fp[i] *= scale[i]
        for j in range(n):
            J[i, j] *= scale[i] * scale[j]
    return value


@cache
def _scaled_kernel() -> Kernel:
    """`_scaled`, compiled on first use and cached on disk, one compilation for every kernel."""
    return compiled_for_all_models(_scaled, KERNEL_SIGNATURE, (), "branches in other units")
