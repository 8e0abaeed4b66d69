"""Newton within a plane: the only Newton loop of the engine, plain or compiled.

References
----------
.. [1] P. Deuflhard, *Newton Methods for Nonlinear Problems*, Springer 2004, ch. 5.
"""

import math

from continuation.compilation import apart, in_loops
from continuation.step_arrays import (
    border,
    evaluate,
    solve,
    update,
    weighted_length,
)
from continuation.step_units import equilibrate, residual_in_units, restore, rounding_in_units

__all__ = [
    "CONVERGED",
    "EXHAUSTED",
    "NOT_FINITE",
    "SINGULAR",
    "SLOW",
    "correct",
    "is_all_rounding",
    "size_of",
]

# entries of `options`
(STEP_TOLERANCE, RESIDUAL_TOLERANCE, MAX_ITERATIONS, MIN_STEP, MAX_STEP, COS_MAX_ANGLE,
 TARGET_ANGLE, LOWER, UPPER, SYMMETRIC, MAX_CONTRACTION, FARTHEST) = range(12)  # fmt: skip
# entries of `report`: the last correction
ITERATIONS, FIRST_STEP, CONTRACTION, REMAINING, ROUNDING, ANGLE = range(6)
# status of a correction
CONVERGED, SLOW, NOT_FINITE, EXHAUSTED, SINGULAR = range(5)

MACHINE = 2.220446049250313e-16
#: A Newton step above this may leave eigenvalues taken one step earlier inaccurate.
LAST_NEWTON_STEP = 1e-6
#: Deuflhard's bound is 1/4 for the simplified, 1/2 for the ordinary Newton method; the smaller
#: one also keeps the iteration on the right one of two neighbouring branches.
BRANCH_CONTRACTION = 0.25
#: A residual is all rounding below this many roundings of its terms.
ROUNDINGS = 100.0
#: Contraction worse than this, and a residual all rounding: the remaining step is rounding too.
STAGNATION = 0.1


@in_loops
def size_of(length, farthest):  # type: ignore[no-untyped-def]
    """What a tolerance is a part of, at a point so many units from zero; a unit, if farther."""
    return 1.0 + length if length <= farthest else 1.0


@in_loops
def is_all_rounding(residual, scale):  # type: ignore[no-untyped-def]
    """Whether a residual is no more than what rounding of (x, p) makes of its terms."""
    return residual <= ROUNDINGS * MACHINE * scale


def correct(  # type: ignore[no-untyped-def]
    kernel, constants, data, work, y, y0, t, weight, rows, gauge, options, F, J, Fp, B, R, report
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
    size = size_of(weighted_length(y, weight), options[FARTHEST])
    previous = 0.0
    limit = int(options[MAX_ITERATIONS])
    for iteration in range(1, limit + 1):
        report[ITERATIONS] = iteration
        evaluate(kernel, y[:n], y[n], constants, data, work, F, J, Fp)
        residual = residual_in_units(F, rows)
        if not math.isfinite(residual):
            return NOT_FINITE
        border(B, R, J, Fp, F, gauge, t, weight, y, y0)
        equilibrate(B, R, rows, weight)
        if not solve(B, R):
            return SINGULAR
        restore(R, rows, weight)
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
            scale = rounding_in_units(J, Fp, y, rows)
            if residual * contraction <= options[RESIDUAL_TOLERANCE] * (1.0 + scale):
                left = min(1.0, contraction) * min(1.0, contraction)
                report[ROUNDING] = scale
                report[REMAINING] = residual * left
                return CONVERGED
        elif iteration > 1 and contraction > STAGNATION:
            scale = rounding_in_units(J, Fp, y, rows)
            if is_all_rounding(residual, scale) and step <= LAST_NEWTON_STEP * size:
                report[ROUNDING] = scale
                report[REMAINING] = residual
                return CONVERGED
            if contraction > options[MAX_CONTRACTION]:
                return SLOW
        previous = step
    return EXHAUSTED


apart(correct)
