"""The last step of a branch: onto a limit of the parameter, by Newton with the parameter held."""

from continuation.compilation import in_loops
from continuation.corrector import (
    CONVERGED,
    COS_MAX_ANGLE,
    FIRST_STEP,
    LOWER,
    REMAINING,
    ROUNDING,
    SINGULAR,
    UPPER,
    correct,
    is_all_rounding,
)
from continuation.step_arrays import (
    assign,
    interpolated_tangent,
    orient,
    predict,
)
from continuation.step_units import residual_in_units, rounding_in_units

__all__ = ["arrive", "cubic_root"]

#: Bisections: the resolution of a double.
BISECTIONS = 52
#: Newton may move the interpolated point by this part of the step.
MAX_INTERPOLATION_ERROR = 0.05
#: Where Newton moves it by less than this part of the step, the tangent of the interpolant is right
#: to a few times that; one that differs by more is that of a matrix nearly singular at the limit.
CLOSE = 1e-6
COS_ALIKE = 1.0 - 1e-8


def cubic_root(f0, f1, d0, d1, low, high):  # type: ignore[no-untyped-def]
    """Where the cubic on [0, 1] with values f0, f1 and slopes d0, d1 changes sign in [low, high].

    It must have different signs there; a zero at `low` counts.
    """
    is_negative = cubic(f0, f1, d0, d1, low) < 0.0
    for _ in range(BISECTIONS):
        middle = 0.5 * (low + high)
        if (cubic(f0, f1, d0, d1, middle) < 0.0) == is_negative:
            low = middle
        else:
            high = middle
    return 0.5 * (low + high)


@in_loops
def cubic(f0, f1, d0, d1, s):  # type: ignore[no-untyped-def]
    """Hermite's cubic on [0, 1]."""
    b = s * s * (3.0 - 2.0 * s)
    return (1.0 - b) * f0 + b * f1 + s * (1.0 - s) * ((1.0 - s) * d0 - s * d1)


in_loops(cubic_root)


@in_loops
def arrive(  # type: ignore[no-untyped-def]
    kernel, constants, data, work, z, t, y, tn, y0, slope, normal, weight, rows, gauge, options,
    step, F, J, Fp, B, R, report,
):  # fmt: skip
    """Replace (y, tn), a step beyond (z, t) and outside the limits, by the point at the limit.

    Returns
    -------
    bool
        False where Newton fails, or leaves the branch: the step must be shorter.
    """
    n = F.size
    bound = options[LOWER] if y[n] < options[LOWER] else options[UPPER]
    s = cubic_root(z[n] - bound, y[n] - bound, step * t[n], step * tn[n], 0.0, 1.0)
    predict(y0, y, tn, z, t, step, (s - 1.0) * step)
    interpolated_tangent(slope, y, tn, z, t, step, s, weight)
    y0[n] = bound
    assign(y, y0)
    status = correct(
        kernel, constants, data, work, y, y0, normal, weight, rows, gauge, options, F, J, Fp, B, R,
        report,
    )  # fmt: skip
    y[n] = bound
    if status == SINGULAR:
        # a branch point at the limit itself: a solution already, or none that can be found
        report[REMAINING] = residual_in_units(F, rows)
        report[ROUNDING] = rounding_in_units(J, Fp, y, rows)
        assign(tn, slope)
        return is_all_rounding(report[REMAINING], report[ROUNDING])
    if status != CONVERGED or report[FIRST_STEP] > MAX_INTERPOLATION_ERROR * step:
        return False
    cosine = orient(tn, R, slope, weight)
    if report[FIRST_STEP] <= CLOSE * step and not cosine >= COS_ALIKE:
        assign(tn, slope)
        return True
    return cosine >= options[COS_MAX_ANGLE]
