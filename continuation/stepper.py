"""The step along a branch: predict, correct, tangent, step control. One source.

Every function here, in `corrector`, `step_arrays` and `step_units` runs as plain Python for plain
callables and is compiled by Numba for a `CompiledProblem`. Where an array expression is best
written in one way for NumPy and in another for a compiled loop, the function has two bodies
(`dual`).

References
----------
.. [1] E. L. Allgower, K. Georg, *Introduction to Numerical Continuation Methods*, SIAM 2003, ch. 6.
.. [2] H. B. Keller, in *Applications of Bifurcation Theory*, Academic Press 1977, pp. 359-384.
"""

import math
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

from numba import types

from continuation import (
    arrival,
    compilation,
    corrector,
    eigenvalues,
    screening,
    step_arrays,
    step_units,
)
from continuation.arrival import arrive
from continuation.compilation import (
    FORTRAN,
    MATRIX,
    VECTOR,
    compiled_for_all_models,
    dual,
    in_loops,
)
from continuation.corrector import (
    ANGLE,
    CONTRACTION,
    CONVERGED,
    COS_MAX_ANGLE,
    FIRST_STEP,
    ITERATIONS,
    LOWER,
    MAX_STEP,
    MIN_STEP,
    REMAINING,
    ROUNDING,
    SYMMETRIC,
    TARGET_ANGLE,
    UPPER,
    correct,
)
from continuation.eigenvalues import spectra, spectrum
from continuation.screening import screened
from continuation.step_arrays import assign, distance, height, orient, predict

__all__ = ["advance", "compiled", "compiled_loop"]

# rows of `vectors`
ROWS = 11
(POINT, TANGENT, OLD_POINT, OLD_TANGENT, TRIAL, PREDICTED, NEW_TANGENT, INTERPOLATED_TANGENT,
 NORMAL, FIRST_POINT, FIRST_TANGENT) = range(ROWS)  # fmt: skip
# entries of `control`: the state of the step control, and what happened
NEXT_STEP, LAST_STEP, REASON, EVALUATIONS, REJECTIONS, STATUS = range(6)
# columns of `statistics`, one row a sample
(S_LENGTH, S_ITERATIONS, S_REMAINING, S_SMALLEST, S_ROUNDING, S_NEXT) = range(6)
# reasons why `advance` came back
FULL, OUTSIDE, TOO_SMALL, NEAR_START = range(4)

#: The predictor may miss the branch by this part of the step.
MAX_PREDICTOR_ERROR = 0.25
#: Contraction and predictor error at which the step length is kept.
TARGET_CONTRACTION = 0.02
TARGET_PREDICTOR_ERROR = 0.02
#: A predictor that misses by less than this part of its target is charged less for contraction:
#: where it misses by rounding alone, so does the second Newton step.
PRECISE = 0.1
MAX_GROWTH = 1.6
#: The branch may pass its first point within this many lengths of the step.
NEAR = 1.5


def keep(J, symmetric, rows, weight, m, kept, W, WI, statistics):  # type: ignore[no-untyped-def]
    """Note the eigenvalues of sample m; compiled code keeps J, for all of them at once later."""
    statistics[m, S_SMALLEST] = spectrum(J, symmetric, W[m], WI[m], rows, weight)


@dual(keep)
def _keep(J, symmetric, rows, weight, m, kept, W, WI, statistics):  # type: ignore[no-untyped-def]
    for i in range(J.shape[0]):
        for j in range(J.shape[1]):
            kept[m, i, j] = J[i, j]


@in_loops
def shift(vectors):  # type: ignore[no-untyped-def]
    """Make the trial point the present one and the present one the old."""
    assign(vectors[OLD_POINT], vectors[POINT])
    assign(vectors[OLD_TANGENT], vectors[TANGENT])
    assign(vectors[POINT], vectors[TRIAL])
    assign(vectors[TANGENT], vectors[NEW_TANGENT])


def growth(report, length, hermite, target_angle):  # type: ignore[no-untyped-def]
    """Factor of the next step length from contraction, predictor error and angle [1]_."""
    power = 0.25 if hermite else 0.5
    missed = report[FIRST_STEP] / (TARGET_PREDICTOR_ERROR * length)
    f = (report[CONTRACTION] / TARGET_CONTRACTION * min(1.0, missed / PRECISE)) ** power
    f = max(f, missed**power)
    f = max(f, report[ANGLE] / target_angle)
    return min(MAX_GROWTH, max(0.5, 1.0 / max(f, 1e-3)))


@dual(growth)
def _growth(report, length, hermite, target_angle):  # type: ignore[no-untyped-def]
    missed = report[FIRST_STEP] / (TARGET_PREDICTOR_ERROR * length)
    c = report[CONTRACTION] / TARGET_CONTRACTION * min(1.0, missed / PRECISE)
    f = math.sqrt(max(c, missed))
    if hermite:
        f = math.sqrt(f)
    f = max(f, report[ANGLE] / target_angle)
    return min(MAX_GROWTH, max(0.5, 1.0 / max(f, 1e-3)))


def advance(  # type: ignore[no-untyped-def]
    kernel, constants, data, work, vectors, weight, rows, gauge, options, control,
    F, J, Fp, B, R, report, X, P, T, W, WI, statistics, kept,
):  # fmt: skip
    """Take steps until the arrays are full, a limit of the parameter or the first point is reached.

    Or until no step succeeds.

    `vectors` and `control` hold the whole state: calling again goes on as if never interrupted.

    Returns
    -------
    int
        Number of samples written; the reason to stop stands in control[REASON].
    """
    n = F.size
    z, t = vectors[POINT], vectors[TANGENT]
    zo, to = vectors[OLD_POINT], vectors[OLD_TANGENT]
    y, y0, tn = vectors[TRIAL], vectors[PREDICTED], vectors[NEW_TANGENT]
    vectors[NORMAL, n] = 1.0
    symmetric = options[SYMMETRIC] != 0.0
    length, last = control[NEXT_STEP], control[LAST_STEP]
    control[REASON] = FULL
    first, first_tangent = vectors[FIRST_POINT], vectors[FIRST_TANGENT]
    ahead = height(z, first, first_tangent, weight)
    factor = 1.0
    m = 0
    while m < P.size:
        predict(y0, z, t, zo, to, last, length)
        assign(y, y0)
        status = correct(
            kernel, constants, data, work, y, y0, t, weight, rows, gauge, options, F, J, Fp, B, R,
            report,
        )  # fmt: skip
        control[EVALUATIONS] += report[ITERATIONS]
        cosine = orient(tn, R, t, weight) if status == CONVERGED else 0.0
        good = cosine >= options[COS_MAX_ANGLE]
        good = good and report[FIRST_STEP] <= MAX_PREDICTOR_ERROR * length
        if good:
            report[ANGLE] = math.acos(min(1.0, cosine))
            factor = growth(report, length, last > 0.0, options[TARGET_ANGLE])
        if good and (y[n] < options[LOWER] or y[n] > options[UPPER]):
            control[REASON] = OUTSIDE
            good = arrive(
                kernel, constants, data, work, z, t, y, tn, y0, vectors[INTERPOLATED_TANGENT],
                vectors[NORMAL], weight, rows, gauge, options, distance(y, z, weight),
                F, J, Fp, B, R, report,
            )  # fmt: skip
            control[EVALUATIONS] += report[ITERATIONS]
        if not good:
            control[REJECTIONS] += 1
            control[STATUS] = status
            control[REASON] = FULL
            length *= 0.5
            if length < options[MIN_STEP]:
                control[REASON] = TOO_SMALL
                break
            continue
        keep(J, symmetric, rows, weight, m, kept, W, WI, statistics)
        last = distance(y, z, weight)
        shift(vectors)
        length = min(options[MAX_STEP], length * factor)
        assign(X[m], z[:n])
        P[m] = z[n]
        assign(T[m], t)
        row = statistics[m]
        row[S_LENGTH], row[S_ITERATIONS], row[S_NEXT] = last, report[ITERATIONS], length
        row[S_REMAINING], row[S_ROUNDING] = report[REMAINING], report[ROUNDING]
        m += 1
        before, ahead = ahead, height(z, first, first_tangent, weight)
        if before < 0.0 <= ahead and distance(z, first, weight) <= NEAR * last:
            control[REASON] = NEAR_START if control[REASON] == FULL else control[REASON]
        if control[REASON] != FULL:
            break
    control[NEXT_STEP] = length
    control[LAST_STEP] = last
    return m


in_loops(advance)


class Loops(NamedTuple):
    """The loops as machine code; the first two take the address of a kernel in its place."""

    advance: Callable[..., Any]
    correct: Callable[..., Any]
    spectra: Callable[..., Any]
    screened: Callable[..., Any]


@cache
def compiled() -> Loops:
    """The loops for symmetric problems, from the disk cache after the first process.

    General eigenvalues would have to be compiled with them, which takes longer than all the rest.
    """
    return Loops(*map(compiled_loop, Loops._fields))


@cache
def compiled_loop(name: str) -> Callable[..., Any]:
    """One of the loops."""
    v, m, f, i = VECTOR, MATRIX, FORTRAN, types.Array(types.int64, 2, "C")
    problem = (types.int64, v, m, m)
    system = (v, m, v, f, f, v)
    stack = types.Array(types.float64, 3, "C")
    run = (*problem, m, v, v, m, v, v, *system, m, v, m, m, m, m, stack)
    called = (arrival, compilation, corrector, eigenvalues, screening, step_arrays, step_units)
    loops: dict[str, tuple[Callable[..., Any], Any]] = {
        "advance": (advance, types.int64(*run)),
        "correct": (correct, types.int64(*problem, v, v, v, v, v, m, v, *system)),
        "spectra": (spectra, types.void(stack, m, v)),
        "screened": (screened, types.boolean(m, m, types.float64, i)),
    }
    return compiled_for_all_models(*loops[name], called, "branches")
