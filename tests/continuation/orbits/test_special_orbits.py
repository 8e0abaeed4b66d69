"""Folds, period doublings, tori and branch points of orbits against closed forms."""

import numpy as np
import pytest

from continuation import InvalidInputError, StepOptions
from continuation.orbits import SpecialOrbit, trace_orbits
from continuation.orbits.events import Local, special_kinds
from tests.continuation.orbits.closed_forms import (
    TURNS,
    folding,
    moebius,
    pitchfork,
    ring,
    torus,
    transcritical,
    turned,
)

FEW = StepOptions(initial=0.05, maximum=0.4, max_samples=40)
LIMITS = (-0.6, 0.5)
SEEDS = [0, pytest.param(1, marks=pytest.mark.slow), pytest.param(2, marks=pytest.mark.slow)]


def test_a_multiplier_that_passes_through_infinity_is_no_special_orbit():
    """The mesh makes it negative far beyond what an orbit on the way could have."""

    def at(*multipliers):
        return Local(np.zeros(1), np.ones(1), np.array(multipliers, dtype=complex))

    assert special_kinds([at(1.4e8, 1.0, 2e-4), at(-5.8e8, 1.0, 3e-5)]) == set()
    assert special_kinds([at(2.0, 1.0, 0.5), at(-2.0, 1.0, 0.5)]) >= {"branch point"}
    assert special_kinds([at(-0.9, 1.0, 0.5), at(-1.1, 1.0, 0.5)]) == {"period doubling"}


def only(branch, kind):
    """The one special orbit of a kind; no other kinds but where branches end."""
    found = [q for q in branch.special if q.kind not in ("limit", "hopf")]
    assert [q.kind for q in found] == [kind]
    assert found[0].located
    assert found[0].residual < 1e-9
    return found[0]


def primary(flow, n, seed):
    t = turned(flow, n, seed)
    branch = trace_orbits(t.problem, ring(t, n, -0.4), LIMITS, step=FEW)
    assert branch.stop_reason == "limit"
    return t, branch


@pytest.mark.parametrize("seed", SEEDS)
def test_fold_of_cycles(seed):
    t = turned(folding, 2, seed)
    branch = trace_orbits(t.problem, ring(t, 2, 0.0), (-0.5, 0.1), direction=-1, step=FEW)
    fold = only(branch, "fold")
    assert fold.p == pytest.approx(-0.25, abs=1e-10)
    assert np.linalg.norm(t.plain(fold.orbit.x), axis=1) == pytest.approx(np.sqrt(0.5), rel=1e-6)
    assert fold.vector.shape == fold.orbit.x.shape
    # stable where r² > 1/2
    radius = np.array([np.linalg.norm(t.plain(o.x)[0]) for o in branch])
    assert (branch.stable == (radius**2 > 0.5)).all()


@pytest.mark.parametrize("seed", SEEDS)
def test_period_doubling_and_the_doubled_orbits(seed):
    t, branch = primary(moebius, 3, seed)
    point = only(branch, "period doubling")
    assert point.p == pytest.approx(0.0, abs=1e-9)
    for orbit in branch:
        assert np.abs(orbit.multipliers + np.exp(2 * np.pi * orbit.p)).min() < 1e-5 * np.exp(
            2 * np.pi * orbit.p
        )
    doubled = trace_orbits(t.problem, point, LIMITS, step=FEW)
    assert doubled.stop_reason == "limit"
    last = doubled[-1]
    assert last.period / t.second == pytest.approx(4 * np.pi, rel=1e-8)
    assert last.stable
    y = t.plain(last.x)
    amplitude = (np.linalg.norm(y[:, :2], axis=1) - 1) ** 2 + y[:, 2] ** 2
    assert amplitude == pytest.approx(np.full(len(y), 0.5), abs=1e-4)


@pytest.mark.parametrize("flow", [pitchfork, transcritical])
@pytest.mark.parametrize("seed", SEEDS)
def test_branch_point_and_the_other_branch(flow, seed):
    t, branch = primary(flow, 3, seed)
    point = only(branch, "branch point")
    assert point.p == pytest.approx(0.0, abs=1e-9)
    height = 0.5 if flow is transcritical else np.sqrt(0.5)
    ends = [trace_orbits(t.problem, point, LIMITS, direction=d, step=FEW) for d in (1, -1)]
    reached = sorted(float(t.plain(b[-1].x)[:, 2].mean()) for b in ends)
    expected = [-0.6, height] if flow is transcritical else [-height, height]
    assert reached == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("seed", SEEDS)
def test_torus(seed):
    _, branch = primary(torus, 4, seed)
    point = only(branch, "torus")
    assert point.p == pytest.approx(0.0, abs=1e-9)
    angle = np.angle(np.exp(2j * np.pi * TURNS))
    assert point.coefficients["angle"] == pytest.approx(abs(angle), abs=1e-6)
    assert branch.stable[0]
    assert branch[-1].unstable == 2


def test_no_other_branch_leaves_a_fold():
    t = turned(folding, 2, 0, spread=0.0)
    branch = trace_orbits(t.problem, ring(t, 2, 0.0), (-0.5, 0.1), direction=-1, step=FEW)
    fold = only(branch, "fold")
    assert isinstance(fold, SpecialOrbit)
    with pytest.raises(InvalidInputError, match="fold"):
        trace_orbits(t.problem, fold)
