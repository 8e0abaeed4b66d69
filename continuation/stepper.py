"""The step along a branch: predict, correct, tangent, step control. One source.

Every function here runs as plain Python for plain callables and is compiled by Numba for a
`CompiledProblem`. Where an array expression is best written in one way for NumPy and in another
for a compiled loop, the function has two bodies (`dual`). No function of another file is compiled
into the loop: the disk cache follows edits of one file only, and would be stale.

The kernel enters as a first-class function of one fixed signature: the loop is compiled once and
serves every model.

References
----------
.. [1] E. L. Allgower, K. Georg, *Introduction to Numerical Continuation Methods*, SIAM 2003, ch. 6.
.. [2] H. B. Keller, in *Applications of Bifurcation Theory*, Academic Press 1977, pp. 359-384.
.. [3] P. Deuflhard, *Newton Methods for Nonlinear Problems*, Springer 2004, ch. 5.
"""

import math
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from numba import types
from numba.extending import register_jitable
from scipy.linalg import lapack

from continuation.compilation import FORTRAN, KERNEL_SIGNATURE, MATRIX, VECTOR, dual, machine_code
from continuation.eigenvalues import spectra, spectrum

__all__ = ["advance", "compiled", "correct"]

# rows of `vectors`
POINT, TANGENT, OLD_POINT, OLD_TANGENT, TRIAL, PREDICTED, NEW_TANGENT = range(7)
# entries of `options`
(STEP_TOLERANCE, RESIDUAL_TOLERANCE, MAX_ITERATIONS, MIN_STEP, MAX_STEP, COS_MAX_ANGLE,
 TARGET_ANGLE, LOWER, UPPER, SYMMETRIC, MAX_CONTRACTION) = range(11)  # fmt: skip
# entries of `control`: the state of the step control, and what happened
NEXT_STEP, LAST_STEP, REASON, EVALUATIONS, REJECTIONS, STATUS = range(6)
# entries of `report`: the last correction
ITERATIONS, FIRST_STEP, CONTRACTION, REMAINING, ROUNDING, ANGLE = range(6)
# columns of `statistics`, one row a sample
(S_LENGTH, S_ITERATIONS, S_REMAINING, S_SMALLEST, S_ROUNDING, S_NEXT) = range(6)
# reasons why `advance` came back
FULL, OUTSIDE, TOO_SMALL = 0, 1, 2
# status of a correction
CONVERGED, SLOW, NOT_FINITE, EXHAUSTED, SINGULAR = range(5)

MACHINE = 2.220446049250313e-16
#: A Newton step above this may leave eigenvalues taken one step earlier inaccurate.
LAST_NEWTON_STEP = 1e-6
#: Deuflhard's bound is 1/4 for the simplified, 1/2 for the ordinary Newton method; the smaller
#: one also keeps the iteration on the right one of two neighbouring branches.
BRANCH_CONTRACTION = 0.25
#: Contraction worse than this, and a residual all rounding: the remaining step is rounding too.
STAGNATION = 0.1
#: The predictor may miss the branch by this part of the step.
MAX_PREDICTOR_ERROR = 0.25
#: Contraction and predictor error at which the step length is kept.
TARGET_CONTRACTION = 0.02
TARGET_PREDICTOR_ERROR = 0.02
MAX_GROWTH = 1.6


def predict(out, z, t, zo, to, h, s):  # type: ignore[no-untyped-def]
    """Cubic Hermite through the last two points, extrapolated by a length `s`; Euler at first."""
    if h > 0.0:
        b = 1.0 + s / h
        c, d = b * b * (3.0 - 2.0 * b), h * b * (b - 1.0)
        np.multiply(zo, 1.0 - c, out=out)
        out += c * z
        out += (d * (b - 1.0)) * to
        out += (d * b) * t
    else:
        np.multiply(t, s, out=out)
        out += z


@dual(predict)
def _predict(out, z, t, zo, to, h, s):  # type: ignore[no-untyped-def]
    if h > 0.0:
        b = 1.0 + s / h
        c, d = b * b * (3.0 - 2.0 * b), h * b * (b - 1.0)
        for i in range(out.size):
            out[i] = (1.0 - c) * zo[i] + c * z[i] + d * (b - 1.0) * to[i] + d * b * t[i]
    else:
        for i in range(out.size):
            out[i] = z[i] + s * t[i]


def border(B, R, J, Fp, F, gauge, t, weight, y, y0):  # type: ignore[no-untyped-def]
    """Bordered matrix [[J, Fp], [w t]]; right-hand sides (F, w t (y - y0)) and the unit vector."""
    n = F.size
    if type(B) is not np.ndarray:
        B.assemble(J, Fp, t * weight)
    else:
        B[:n, :n] = J
        if gauge.size:
            B[:n, :n] += gauge
        B[:n, n] = Fp
        np.multiply(t, weight, out=B[n])
    R[:n, 0] = F
    R[n, 0] = (t * weight).dot(y - y0)
    R[:n, 1] = 0.0
    R[n, 1] = 1.0


@dual(border)
def _border(B, R, J, Fp, F, gauge, t, weight, y, y0):  # type: ignore[no-untyped-def]
    n = F.size
    s = 0.0
    for j in range(n):
        for i in range(n):
            B[i, j] = J[i, j]
        B[n, j] = weight[j] * t[j]
        B[j, n] = Fp[j]
        R[j, 0] = F[j]
        R[j, 1] = 0.0
        s += weight[j] * t[j] * (y[j] - y0[j])
    if gauge.size > 0:
        for j in range(n):
            for i in range(n):
                B[i, j] += gauge[i, j]
    B[n, n] = weight[n] * t[n]
    R[n, 0] = s + weight[n] * t[n] * (y[n] - y0[n])
    R[n, 1] = 1.0


def solve(B, R):  # type: ignore[no-untyped-def]
    """Solve B X = R; X in R, B destroyed. False where B is exactly singular."""
    if type(B) is not np.ndarray:
        return bool(B.solve(R))
    return lapack.dgesv(B, R, overwrite_a=1, overwrite_b=1)[3] == 0


@dual(solve)
def _solve(B, R):  # type: ignore[no-untyped-def]
    # By columns: contiguous in Fortran order, hence vectorised; faster than LAPACK to n = 16
    # and within a factor two of it to n = 100.
    n, k = R.shape
    for c in range(n):
        p = c
        for i in range(c + 1, n):
            if abs(B[i, c]) > abs(B[p, c]):
                p = i
        if B[p, c] == 0.0:
            return False
        if p != c:
            for j in range(n):
                B[c, j], B[p, j] = B[p, j], B[c, j]
            for j in range(k):
                R[c, j], R[p, j] = R[p, j], R[c, j]
        inverse = 1.0 / B[c, c]
        B[c, c] = inverse
        for i in range(c + 1, n):
            B[i, c] *= inverse
        for j in range(c + 1, n):
            f = B[c, j]
            for i in range(c + 1, n):
                B[i, j] -= B[i, c] * f
        for j in range(k):
            f = R[c, j]
            for i in range(c + 1, n):
                R[i, j] -= B[i, c] * f
    for j in range(k):
        for c in range(n - 1, -1, -1):
            f = R[c, j] * B[c, c]
            R[c, j] = f
            for i in range(c):
                R[i, j] -= B[i, c] * f
    return True


def update(y, R, weight):  # type: ignore[no-untyped-def]
    """Subtract the Newton step from `y`; return its weighted length."""
    d = R[:, 0]
    y -= d
    return math.sqrt((d * weight).dot(d))


@dual(update)
def _update(y, R, weight):  # type: ignore[no-untyped-def]
    s = 0.0
    for i in range(y.size):
        d = R[i, 0]
        y[i] -= d
        s += weight[i] * d * d
    return math.sqrt(s)


def orient(tn, R, t, weight):  # type: ignore[no-untyped-def]
    """Normalise the new tangent, oriented as the old one; return the cosine between them."""
    v = R[:, 1]
    wv = v * weight
    c = t.dot(wv)
    length = math.copysign(math.sqrt(v.dot(wv)), c)
    np.divide(v, length, out=tn)
    return c / length


@dual(orient)
def _orient(tn, R, t, weight):  # type: ignore[no-untyped-def]
    s = 0.0
    c = 0.0
    for i in range(t.size):
        s += weight[i] * R[i, 1] * R[i, 1]
        c += weight[i] * R[i, 1] * t[i]
    length = math.copysign(math.sqrt(s), c)
    for i in range(t.size):
        tn[i] = R[i, 1] / length
    return c / length


def magnitude(v):  # type: ignore[no-untyped-def]
    """Euclidean norm."""
    return math.sqrt(v.dot(v))


@dual(magnitude)
def _magnitude(v):  # type: ignore[no-untyped-def]
    s = 0.0
    for i in range(v.size):
        s += v[i] * v[i]
    return math.sqrt(s)


def weighted_length(v, weight):  # type: ignore[no-untyped-def]
    """Norm in the units of the run."""
    return math.sqrt((v * weight).dot(v))


@dual(weighted_length)
def _weighted_length(v, weight):  # type: ignore[no-untyped-def]
    s = 0.0
    for i in range(v.size):
        s += weight[i] * v[i] * v[i]
    return math.sqrt(s)


def rounding_scale(J, Fp, y):  # type: ignore[no-untyped-def]
    """|J| |x| + |Fp| |p|: times the machine precision, what rounding of (x, p) does to F."""
    n = Fp.size
    if type(J) is not np.ndarray:
        frobenius = J.norm()
    else:
        flat = J.reshape(-1)
        frobenius = math.sqrt(flat.dot(flat))
    x = y[:n]
    return frobenius * math.sqrt(x.dot(x)) + math.sqrt(Fp.dot(Fp)) * abs(y[n])


@dual(rounding_scale)
def _rounding_scale(J, Fp, y):  # type: ignore[no-untyped-def]
    n = Fp.size
    s = 0.0
    x = 0.0
    f = 0.0
    for i in range(n):
        x += y[i] * y[i]
        f += Fp[i] * Fp[i]
        for j in range(n):
            s += J[i, j] * J[i, j]
    return math.sqrt(s * x) + math.sqrt(f) * abs(y[n])


def keep(J, symmetric, m, kept, W, WI, statistics):  # type: ignore[no-untyped-def]
    """Note the eigenvalues of sample m; compiled code keeps J, for all of them at once later."""
    statistics[m, S_SMALLEST] = spectrum(J, symmetric, W[m], WI[m])


@dual(keep)
def _keep(J, symmetric, m, kept, W, WI, statistics):  # type: ignore[no-untyped-def]
    for i in range(J.shape[0]):
        for j in range(J.shape[1]):
            kept[m, i, j] = J[i, j]


def shift(vectors, weight):  # type: ignore[no-untyped-def]
    """Make the trial point the present one and the present one the old; return their distance."""
    d = vectors[TRIAL] - vectors[POINT]
    vectors[OLD_POINT] = vectors[POINT]
    vectors[OLD_TANGENT] = vectors[TANGENT]
    vectors[POINT] = vectors[TRIAL]
    vectors[TANGENT] = vectors[NEW_TANGENT]
    return math.sqrt((d * weight).dot(d))


@dual(shift)
def _shift(vectors, weight):  # type: ignore[no-untyped-def]
    s = 0.0
    for i in range(vectors.shape[1]):
        d = vectors[TRIAL, i] - vectors[POINT, i]
        s += weight[i] * d * d
        vectors[OLD_POINT, i] = vectors[POINT, i]
        vectors[OLD_TANGENT, i] = vectors[TANGENT, i]
        vectors[POINT, i] = vectors[TRIAL, i]
        vectors[TANGENT, i] = vectors[NEW_TANGENT, i]
    return math.sqrt(s)


@register_jitable(error_model="numpy")
def correct(  # type: ignore[no-untyped-def]
    kernel, constants, data, work, y, y0, t, weight, gauge, options, F, J, Fp, B, R, report
):
    """Newton on F(y) = 0, t . w (y - y0) = 0, from `y`, in place: the only Newton loop.

    It ends when the *next* step, foreseen from the contraction, is below the step tolerance and
    the residual below its own, or when the residual is all rounding. On success R[:, 1] is the
    solution of the bordered system for the last unit vector: a multiple of the tangent.

    Returns
    -------
    int
        CONVERGED, SLOW, NOT_FINITE, EXHAUSTED or SINGULAR.
    """
    n = F.size
    size = 1.0 + weighted_length(y, weight)
    previous = 0.0
    limit = int(options[MAX_ITERATIONS])
    for iteration in range(1, limit + 1):
        report[ITERATIONS] = iteration
        kernel(y[:n], y[n], constants, data, work, F, J, Fp)
        residual = magnitude(F)
        if not math.isfinite(residual):
            return NOT_FINITE
        border(B, R, J, Fp, F, gauge, t, weight, y, y0)
        if not solve(B, R):
            return SINGULAR
        step = update(y, R, weight)
        if not math.isfinite(step):
            return NOT_FINITE
        if iteration == 1:
            report[FIRST_STEP] = step
            report[CONTRACTION] = 0.0
            contraction = 1.0
        else:
            contraction = step / previous if previous > 0.0 else 0.0
            if iteration == 2:
                report[CONTRACTION] = contraction
        if step * contraction <= options[STEP_TOLERANCE] * size and step <= LAST_NEWTON_STEP * size:
            scale = rounding_scale(J, Fp, y)
            if residual * contraction <= options[RESIDUAL_TOLERANCE] * (1.0 + scale):
                report[ROUNDING] = scale
                report[REMAINING] = residual * min(1.0, contraction) * min(1.0, contraction)
                return CONVERGED
        elif iteration > 1 and contraction > STAGNATION:
            scale = rounding_scale(J, Fp, y)
            if residual <= 100.0 * MACHINE * scale and step <= LAST_NEWTON_STEP * size:
                report[ROUNDING] = scale
                report[REMAINING] = residual
                return CONVERGED
            if contraction > options[MAX_CONTRACTION]:
                return SLOW
        previous = step
    return EXHAUSTED


def growth(report, length, hermite, target_angle):  # type: ignore[no-untyped-def]
    """Factor of the next step length from contraction, predictor error and angle [1]_."""
    power = 0.25 if hermite else 0.5
    f = (report[CONTRACTION] / TARGET_CONTRACTION) ** power
    f = max(f, (report[FIRST_STEP] / (TARGET_PREDICTOR_ERROR * length)) ** power)
    f = max(f, report[ANGLE] / target_angle)
    return min(MAX_GROWTH, max(0.5, 1.0 / max(f, 1e-3)))


@dual(growth)
def _growth(report, length, hermite, target_angle):  # type: ignore[no-untyped-def]
    c = report[CONTRACTION] / TARGET_CONTRACTION
    d = report[FIRST_STEP] / (TARGET_PREDICTOR_ERROR * length)
    f = math.sqrt(max(c, d))
    if hermite:
        f = math.sqrt(f)
    f = max(f, report[ANGLE] / target_angle)
    return min(MAX_GROWTH, max(0.5, 1.0 / max(f, 1e-3)))


def advance(  # type: ignore[no-untyped-def]
    kernel, constants, data, work, vectors, weight, gauge, options, control,
    F, J, Fp, B, R, report, X, P, T, W, WI, statistics, kept,
):  # fmt: skip
    """Take steps until the arrays are full, the parameter leaves its limits, or no step succeeds.

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
    symmetric = options[SYMMETRIC] != 0.0
    length, last = control[NEXT_STEP], control[LAST_STEP]
    control[REASON] = FULL
    m = 0
    while m < P.size:
        predict(y0, z, t, zo, to, last, length)
        y[:] = y0
        status = correct(
            kernel, constants, data, work, y, y0, t, weight, gauge, options, F, J, Fp, B, R, report
        )
        control[EVALUATIONS] += report[ITERATIONS]
        cosine = orient(tn, R, t, weight) if status == CONVERGED else 0.0
        good = cosine >= options[COS_MAX_ANGLE]
        if not good or report[FIRST_STEP] > MAX_PREDICTOR_ERROR * length:
            control[REJECTIONS] += 1
            control[STATUS] = status
            length *= 0.5
            if length < options[MIN_STEP]:
                control[REASON] = TOO_SMALL
                break
            continue
        report[ANGLE] = math.acos(min(1.0, cosine))
        keep(J, symmetric, m, kept, W, WI, statistics)
        distance = shift(vectors, weight)
        factor = growth(report, length, last > 0.0, options[TARGET_ANGLE])
        length = min(options[MAX_STEP], length * factor)
        last = distance
        X[m] = z[:n]
        P[m] = z[n]
        T[m] = t
        row = statistics[m]
        row[S_LENGTH], row[S_ITERATIONS], row[S_NEXT] = last, report[ITERATIONS], length
        row[S_REMAINING], row[S_ROUNDING] = report[REMAINING], report[ROUNDING]
        m += 1
        if z[n] < options[LOWER] or z[n] > options[UPPER]:
            control[REASON] = OUTSIDE
            break
    control[NEXT_STEP] = length
    control[LAST_STEP] = last
    return m


@cache
def compiled() -> tuple[Callable[..., Any], Callable[..., Any], Callable[..., Any]]:
    """`advance`, `correct` and `spectra` as machine code, for symmetric problems.

    From Numba's disk cache after the first process. General eigenvalues would have to be compiled
    with them, which takes longer than all the rest.
    """
    kernel, v, m, f = types.FunctionType(KERNEL_SIGNATURE), VECTOR, MATRIX, FORTRAN
    problem = (kernel, v, m, m)
    system = (v, m, v, f, f, v)
    stack = types.Array(types.float64, 3, "C")
    run = (*problem, m, v, m, v, v, *system, m, v, m, m, m, m, stack)
    return (
        machine_code(advance, types.int64(*run)),
        machine_code(correct, types.int64(*problem, v, v, v, v, m, v, *system)),
        machine_code(spectra, types.void(stack, m, v)),
    )
