"""One step along a branch of periodic orbits of a compiled kernel, in one call.

The engine's own step and Newton are compiled a second time, for the blocks of collocation in the
place of a matrix: their source is `stepper` and `corrector`, as for equilibria. An orbit in Python
takes ten times as long as its arithmetic.
"""

import math
import sys
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from numba import types

from continuation import arrival, compilation, corrector, step_arrays, step_units, stepper
from continuation.arrays import Array
from continuation.compilation import (
    MATRIX,
    STACK,
    VECTOR,
    address_of,
    call_of,
    compiled_for_all_models,
    dual,
    in_loops,
)
from continuation.corrector import CONTRACTION, FIRST_STEP, ITERATIONS, STEP_TOLERANCE
from continuation.orbits import elimination, filling
from continuation.orbits.elimination import CONDENSE, solver
from continuation.orbits.filling import FILL, filler
from continuation.orbits.scheme import Scheme
from continuation.step_arrays import border, evaluate, solve
from continuation.step_units import equilibrate, rounding_in_units
from continuation.stepper import POINT, TANGENT, advance, keep

__all__ = ["compiled_step", "on_mesh", "packed"]

call_fill, call_condense = call_of(FILL), call_of(CONDENSE)

# entries of a packed problem that are single numbers; addresses of machine code have 48 bits
COUNT, DEGREE, STATES, PARAMETER, UNIT, FILLER, SOLVER, NUMBERS = range(8)


@in_loops
def places(count, m, n):  # type: ignore[no-untyped-def]
    """Where the arrays of a packed problem begin, and the length of all.

    The states' units and the rates' (n,), lengths of intervals (count,), values and slopes of the
    scheme (m, m + 1), the linear conditions (n + 1, nodes n), derivatives of the field (count, m,
    n, n), those of the equations by period and parameter (count, m n, 2), room for the conditions
    (n + 2, nodes n) and their derivatives (n + 2, 2), the relation of the ends (n, 2 n).
    """
    width = (count * m + 1) * n
    rates = NUMBERS + n
    lengths = rates + n
    values = lengths + count
    slopes = values + m * (m + 1)
    full = slopes + m * (m + 1)
    field = full + (n + 1) * width
    columns = field + count * m * n * n
    wide = columns + 2 * count * m * n
    corner = wide + (n + 2) * width
    relation = corner + 2 * (n + 2)
    end = relation + 2 * n * n
    mesh, conditions = (NUMBERS, rates, lengths, values, slopes), (wide, corner, relation, end)
    return (*mesh, full, field, columns, *conditions)


@in_loops
def sizes(J):  # type: ignore[no-untyped-def]
    """Intervals, degree and states of a packed problem."""
    return int(J[COUNT]), int(J[DEGREE]), int(J[STATES])


@in_loops
def vector(J, at, size):  # type: ignore[no-untyped-def]
    """A part of a packed problem."""
    return J[at : at + size]


@in_loops
def matrix(J, at, rows, columns):  # type: ignore[no-untyped-def]
    """The same as an array of two dimensions."""
    return J[at : at + rows * columns].reshape((rows, columns))


@in_loops
def field_of(J, at, count, m, n):  # type: ignore[no-untyped-def]
    """Derivatives of the field."""
    return J[at : at + count * m * n * n].reshape((count, m, n, n))


@in_loops
def columns_of(J, at, count, rows):  # type: ignore[no-untyped-def]
    """Derivatives of the equations by period and parameter."""
    return J[at : at + 2 * count * rows].reshape((count, rows, 2))


@dual(evaluate, packed=True)
def _evaluate(kernel, x, p, constants, data, work, F, J, Fp):  # type: ignore[no-untyped-def]
    count, m, n = sizes(J)
    states, rates, lengths, values, slopes, full, field, columns = places(count, m, n)[:8]
    call_fill(int(J[FILLER]), (
        kernel, constants, data, work, x, p, vector(J, states, n), J[PARAMETER],
        vector(J, rates, n), J[UNIT], vector(J, lengths, count), matrix(J, values, m, m + 1),
        matrix(J, slopes, m, m + 1), matrix(J, full, n + 1, (count * m + 1) * n), F,
        field_of(J, field, count, m, n), columns_of(J, columns, count, m * n), Fp,
    ))  # fmt: skip


@dual(border, packed=True)
def _border(B, R, J, Fp, F, gauge, t, weight, y, y0):  # type: ignore[no-untyped-def]
    n = F.size
    count, m, states = sizes(J)
    full, _, columns, wide, corner = places(count, m, states)[5:10]
    own, nodes = states + 1, (count * m + 1) * states
    start = n - own
    s = 0.0
    for a in range(n):
        R[a, 0], R[a, 1] = F[a], 0.0
        s += weight[a] * t[a] * (y[a] - y0[a])
    R[n, 0], R[n, 1] = s + weight[n] * t[n] * (y[n] - y0[n]), 1.0
    for i in range(start):
        B[columns + 2 * i + 1] = Fp[i]
    for a in range(own * nodes):
        B[wide + a] = J[full + a]
    for a in range(nodes):
        B[wide + own * nodes + a] = weight[a] * t[a]
    for e in range(own):
        B[corner + 2 * e], B[corner + 2 * e + 1] = 0.0, Fp[start + e]
    for a in range(2):
        B[corner + 2 * own + a] = weight[nodes + a] * t[nodes + a]


@dual(solve, packed=True)
def _solve(B, R):  # type: ignore[no-untyped-def]
    count, m, n = sizes(B)
    lengths, values, slopes, _, field, columns, wide, corner, relation = places(count, m, n)[2:11]
    return call_condense(int(B[SOLVER]), (
        vector(B, lengths, count), matrix(B, values, m, m + 1), matrix(B, slopes, m, m + 1),
        field_of(B, field, count, m, n), columns_of(B, columns, count, m * n),
        matrix(B, wide, n + 2, (count * m + 1) * n), matrix(B, corner, n + 2, 2), R,
        matrix(B, relation, n, 2 * n),
    ))  # fmt: skip


@dual(equilibrate, packed=True)
def _equilibrate(B, R, rows, weight):  # type: ignore[no-untyped-def]
    pass  # these equations have no units of their own


@dual(rounding_in_units, packed=True)
def _rounding_in_units(J, Fp, y, rows):  # type: ignore[no-untyped-def]
    count, m, states = sizes(J)
    full, _, columns, wide = places(count, m, states)[5:9]
    entries, x, by_parameter = 0.0, 0.0, 0.0
    for a in range(full, columns):
        entries += J[a] * J[a]
    for a in range(columns, wide, 2):
        entries += J[a] * J[a]
    for i in range(Fp.size):
        x += y[i] * y[i]
        by_parameter += Fp[i] * Fp[i]
    return math.sqrt(entries * x) + math.sqrt(by_parameter) * abs(y[Fp.size])


@dual(keep, packed=True)
def _keep(J, symmetric, rows, weight, m, kept, W, WI, statistics):  # type: ignore[no-untyped-def]
    pass  # the relation of the ends is that of one orbit only


@in_loops
def refer(J, weights, z, t):  # type: ignore[no-untyped-def]
    """Fix the phase beside the orbit z; beside its tangent t where it is an equilibrium."""
    count, m, n = sizes(J)
    lengths, _, slopes, full, field = places(count, m, n)[2:7]
    values, phase = lengths + count, full + n * (count * m + 1) * n
    still = True
    for a in range(field - phase):
        J[phase + a] = 0.0
        still = still and z[a] == z[a % n]
    v = t if still else z
    size = 0.0
    for i in range(count):
        h, at = J[lengths + i], i * m * n
        for j in range(m):
            for a in range(n):
                s = 0.0
                for node in range(m + 1):
                    s += J[slopes + j * (m + 1) + node] * v[at + node * n + a]
                s /= h
                size += s * s
                s *= h * weights[j]
                for node in range(m + 1):
                    J[phase + at + node * n + a] += J[values + j * (m + 1) + node] * s
    scale = math.sqrt(count * m / size) if size > 0.0 else 1.0
    for a in range(phase, field):
        J[a] *= scale


@in_loops
def highest(J, top, z, i, a):  # type: ignore[no-untyped-def]
    """The derivative of order m of state a in interval i, where it is constant."""
    count, m, n = sizes(J)
    s = 0.0
    for node in range(m + 1):
        s += top[node] * z[(i * m + node) * n + a]
    return s / J[places(count, m, n)[2] + i] ** m


@in_loops
def rise(J, top, z, i):  # type: ignore[no-untyped-def]
    """Size of the derivative of order m + 1 between interval i and the one before on the circle."""
    count, m, n = sizes(J)
    lengths, before = places(count, m, n)[2], (i - 1) % count
    size = 0.0
    for a in range(n):
        last = highest(J, top, z, before, a) if count > 1 else 0.0
        size += (highest(J, top, z, i, a) - last) ** 2
    span = 0.5 * (J[lengths + i] + J[lengths + before]) if count > 1 else 1.0
    return math.sqrt(size) / span


@in_loops
def estimate(J, top, error, z, errors):  # type: ignore[no-untyped-def]
    """Write what `mesh.interval_errors` says of a closed curve."""
    count, m, n = sizes(J)
    lengths = places(count, m, n)[2]
    after = rise(J, top, z, 0)
    for i in range(count):
        before, after = after, rise(J, top, z, (i + 1) % count)
        errors[i] = error * max(before, after) * J[lengths + i] ** (m + 1)


@in_loops
def last_step(report):  # type: ignore[no-untyped-def]
    """How far Newton moved its last iterate; infinite where that is not known."""
    if report[ITERATIONS] > 2.0:
        return math.inf
    return report[FIRST_STEP] * (report[CONTRACTION] if report[ITERATIONS] == 2.0 else 1.0)


def step(  # type: ignore[no-untyped-def]
    kernel, constants, data, work, vectors, weight, rows, gauge, options, control, F, J, Fp, R,
    report, weights, top, error, errors, X, P, T, W, statistics, kept,
):  # fmt: skip
    """Fix the phase, take a step, relate the ends of the new orbit and estimate its errors.

    Arguments are those of `advance`, weights, top and error of the scheme, and errors (N,).

    Returns
    -------
    int
        Steps taken: 1, or 0 where none succeeds.
    """
    refer(J, weights, vectors[POINT], vectors[TANGENT])
    taken = advance(
        kernel, constants, data, work, vectors, weight, rows, gauge, options, control, F, J, Fp, J,
        R, report, X, P, T, W, W, statistics, kept,
    )  # fmt: skip
    # a last step below the tolerance: one more matrix would tell no more of the orbit
    z, n = vectors[POINT], F.size
    if taken and last_step(report) > options[STEP_TOLERANCE]:
        evaluate(kernel, z[:n], z[n], constants, data, work, F, J, Fp)
        border(J, R, J, Fp, F, gauge, vectors[TANGENT], weight, z, z)
        solve(J, R)
    estimate(J, top, error, z, errors)
    return taken


def on_mesh(J: Array, h: Array) -> None:
    """Let a packed problem stand on another mesh of as many intervals."""
    at = places(h.size, *map(int, J[[DEGREE, STATES]]))[2]
    J[at : at + h.size] = h


def packed(
    units: tuple[Array, float, Array, float], h: Array, scheme: Scheme, n: int
) -> tuple[Array, Array, Array]:
    """A problem as compiled code takes it; views of its linear conditions and of the relation.

    Parameters
    ----------
    units : states (n,), parameter, rates (n,) and period
        As `fill` takes them.
    h : (N,) ndarray
    scheme : Scheme
    n : int
    """
    states, parameter, rates, unit = units
    count, m = h.size, scheme.degree
    at = places(count, m, n)
    J = np.zeros(at[-1])
    machinery = address_of(filler(), FILL), address_of(solver(), CONDENSE)
    J[:NUMBERS] = count, m, n, parameter, unit, *machinery
    J[NUMBERS : at[5]] = np.concatenate(
        [states, rates, h, scheme.values.ravel(), scheme.slopes.ravel()]
    )
    full = J[at[5] : at[6]].reshape(n + 1, -1)
    full[:n, :n], full[:n, -n:] = np.eye(n), -np.eye(n)
    return J, full, J[at[10] :].reshape(n, 2 * n)


@cache
def compiled_step() -> Callable[..., Any]:
    """`step` as machine code, from the disk cache after the first process."""
    v, m, number = VECTOR, MATRIX, types.float64
    problem, system = (types.int64, v, m, m), (v, v, v, m, v)
    signature = types.int64(
        *problem, m, v, v, m, v, v, *system, v, v, number, v, m, v, m, m, m, STACK
    )
    called = (
        arrival, compilation, corrector, elimination, filling, step_arrays, step_units, stepper,
        sys.modules[__name__],
    )  # fmt: skip
    return compiled_for_all_models(step, signature, called, "orbits")
