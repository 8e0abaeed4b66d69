"""Points of codimension two on curves lie where closed forms put them, on systems of their own."""

import numpy as np
import pytest

from continuation import Problem, trace_branch, trace_fold_curve

COOLING = 0.74


def tank(b: float) -> Problem:
    """A stirred tank: cusp at b = 4 (1 + c), double eigenvalue zero at b = (1 + c)³ / c."""

    def f(x: np.ndarray, da: float) -> np.ndarray:
        r = da * (1 - x[0]) * np.exp(x[1])
        return np.array([-x[0] + r, -x[1] + b * r - COOLING * x[1]])

    return Problem(f)


def test_cusp_and_bogdanov_takens_point_on_a_fold_curve() -> None:
    fold = next(
        q for q in trace_branch(tank(12.0), [0, 0], 0, (0, 0.3)).special if q.kind == "fold"
    )
    curve = trace_fold_curve(tank, fold, 12.0, (4, 14), direction=-1)
    assert [q.kind for q in curve.special] == ["cusp", "bogdanov-takens", "limit"]
    cusp, double = curve.special[:2]
    assert cusp.coefficients["q"] == pytest.approx(4 * (1 + COOLING), abs=1e-9)
    u, b = 1 / (1 + COOLING), (1 + COOLING) ** 3 / COOLING
    assert double.coefficients["q"] == pytest.approx(b, abs=1e-9)
    assert double.p == pytest.approx(u / (1 - u) * np.exp(-b * u / (1 + COOLING)), abs=1e-10)
    # second differences leave about 1e-11 of the cusp's last equation
    assert all(q.located and q.residual < 1e-10 for q in curve.special)
