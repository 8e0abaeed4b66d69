"""Bratu's problem in one dimension, u'' + λ exp u = 0, by finite differences."""

import numpy as np
import pytest
from scipy import sparse
from scipy.optimize import brentq

from continuation import Problem, StepOptions, trace_branch

EXACT_FOLD = 3.513830719125


def bratu(n: int) -> Problem:
    h = 1 / (n + 1)
    laplacian = (
        sparse.diags_array(
            [np.ones(n - 1), -2 * np.ones(n), np.ones(n - 1)], offsets=[-1, 0, 1], format="csc"
        )
        / h**2
    )

    return Problem(
        lambda u, p: laplacian @ u + p * np.exp(u),
        lambda u, p: sparse.csc_matrix(laplacian + sparse.diags_array(p * np.exp(u))),
        lambda u, p: np.exp(u),
        symmetric=True,
    )


def closed_form(x: np.ndarray, theta: float) -> np.ndarray:
    """u = -2 log(cosh((x - ½) θ/2) / cosh(θ/4)) with θ = √(2λ) cosh(θ/4)."""
    return -2 * np.log(np.cosh((x - 0.5) * theta / 2) / np.cosh(theta / 4))


@pytest.fixture(scope="module")
def branch():
    return trace_branch(
        bratu(1000), np.zeros(1000), 0.0, (-0.1, 4.0), step=StepOptions(initial=0.1, maximum=0.5),
        targets=[1.0], stop=lambda s: s.p < 0.9 and s.inertia[2] == 1,
    )  # fmt: skip


def test_fold(branch) -> None:
    folds = [q for q in branch.special if q.kind == "fold"]
    assert len(folds) == 1
    # the discretisation is of second order: extrapolated from n = 1000 and n = 499
    coarse = trace_branch(
        bratu(499), np.zeros(499), 0.0, (-0.1, 4.0), step=StepOptions(initial=0.1, maximum=0.5),
        stop=lambda s: bool(s.special),
    )  # fmt: skip
    h, k = 1 / 1001, 1 / 500
    a, b = folds[0].p, coarse.special[0].p
    assert (a * k**2 - b * h**2) / (k**2 - h**2) == pytest.approx(EXACT_FOLD, abs=1e-10)


def test_both_solutions_at_one(branch) -> None:
    at_one = [q for q in branch.special if q.kind == "target"]
    assert [q.p for q in at_one] == [1.0, 1.0]
    x = np.arange(1, 1001) / 1001
    for point, bounds in zip(at_one, ((0.1, 4.0), (4.0, 20.0)), strict=True):
        theta = brentq(lambda t: t - np.sqrt(2.0) * np.cosh(t / 4), *bounds)
        assert np.abs(point.x - closed_form(x, theta)).max() < 2e-5


def test_inertia_from_pivots(branch) -> None:
    assert tuple(branch.inertia[0]) == (1000, 0, 0)
    assert tuple(branch.inertia[-1]) == (999, 0, 1)
