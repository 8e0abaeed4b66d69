"""Two-parameter curves of folds and branch points, with their cusps."""

import numpy as np
import pytest

from continuation import (
    InvalidInputError,
    Problem,
    StepOptions,
    trace_branch,
    trace_branch_point_curve,
    trace_fold_curve,
)

STEP = StepOptions(initial=0.02, maximum=0.05)


def cusp(q: float) -> Problem:
    return Problem(lambda x, p: np.array([p + q * x[0] - x[0] ** 3]), symmetric=True)


def shifted_pitchfork(q: float) -> Problem:
    return Problem(lambda x, p: np.array([(p - q * q) * x[0] - x[0] ** 3, x[1] - p]))


def test_fold_curve_through_its_cusp() -> None:
    branch = trace_branch(cusp(1.0), [1.5], 1.5**3 - 1.5, (-2, 4), -1)
    curve = trace_fold_curve(cusp, branch.special[0], 1.0, (-1, 2), -1, STEP)
    assert np.abs(curve.p**2 - 4 * (curve.q / 3) ** 3).max() < 1e-12
    assert curve.p[0] * curve.p[-1] < 0  # both sides of the cusp
    assert [q.kind for q in curve.special] == ["cusp", "limit"]
    point = curve.special[0]
    assert np.abs([point.p, point.coefficients["q"], point.x[0]]).max() < 1e-10


def test_branch_point_curve() -> None:
    branch = trace_branch(shifted_pitchfork(0.5), [0.0, -1.0], -1.0, (-1, 1))
    curve = trace_branch_point_curve(shifted_pitchfork, branch.special[0], 0.5, (-1, 1), -1, STEP)
    assert np.abs(curve.p - curve.q**2).max() < 1e-12
    assert np.abs(curve.unfolding).max() < 1e-12
    assert curve.branch.stop_reason == "limit"


def test_a_curve_starts_at_its_own_kind() -> None:
    branch = trace_branch(cusp(1.0), [1.5], 1.5**3 - 1.5, (-2, 4), -1)
    with pytest.raises(InvalidInputError, match="got 'fold'"):
        trace_branch_point_curve(cusp, branch.special[0], 1.0)
