"""Orbits and curves of them come back from a file as they were, to the last bit."""

from dataclasses import fields, is_dataclass

import matplotlib.pyplot as plt
import numpy as np
import pytest

from continuation import Problem, StoreError, load, trace_branch
from continuation.meaning import Meaning
from continuation.options import StepOptions
from continuation.orbits import (
    Connection,
    ConnectionBranch,
    MeshOptions,
    Orbit,
    OrbitBranch,
    OrbitCurve,
    SpecialOrbit,
    trace_orbits,
)


def same(one, other):
    """Whether two records agree in every bit of every field."""
    if is_dataclass(one):
        assert type(one) is type(other)
        return all(same(getattr(one, f.name), getattr(other, f.name)) for f in fields(one))
    if isinstance(one, tuple):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, np.ndarray):
        return one.dtype == other.dtype and np.array_equal(one, other, equal_nan=True)
    return type(one) is type(other) and (one == other or one != one)


def orbit(seed, nodes=9, n=3, meaning=None):
    """An orbit of numbers that mean nothing, with an odd one among them."""
    rng = np.random.default_rng(seed)
    multipliers = rng.standard_normal(n) + 1j * rng.standard_normal(n)
    return Orbit(
        t=rng.uniform(size=nodes), x=1e-300 * rng.standard_normal((nodes, n)), p=rng.uniform(),
        period=5e-324, multipliers=multipliers, mesh=rng.uniform(size=(nodes + 3) // 4), degree=4,
        error=np.inf, meaning=meaning or NAMED,
    )  # fmt: skip


NAMED = Meaning(states=("V", "m", "ä b"), parameter="I", held=(("g", 0.1),), flow_sign=-1.0)


def special(kind, seed, width, saddle=None):
    at = orbit(seed, 5)
    vector = np.random.default_rng(seed).standard_normal((5 if width else 0, width or 3))
    return SpecialOrbit(
        kind=kind, orbit=at, vector=vector, slopes=np.array([-0.0, np.nan]),
        coefficients={"angle": 0.3}, located=seed % 2 == 0, status="Newton", residual=1e-12,
        index=seed, saddle=saddle, meaning=NAMED,
    )  # fmt: skip


def connection(seed):
    rng = np.random.default_rng(seed)
    return Connection(
        t=rng.uniform(size=5 + seed), x=rng.standard_normal((5 + seed, 3)), p=0.1, q=np.nan,
        source=rng.standard_normal(3), target=rng.standard_normal(3), duration=2.0, error=1e-7,
        truncation=np.nan, meaning=NAMED,
    )  # fmt: skip


RESULTS = {
    "orbit": orbit(0),
    "branch": OrbitBranch(
        (orbit(0), orbit(1, 13), orbit(2, 5)),
        (special("fold", 0, 3), special("torus", 1, 6), special("homoclinic", 2, 0, np.ones(3))),
        "limit", "the parameter reached its limit", NAMED,
    ),
    "branch without orbits": OrbitBranch((), (), "no progress", "nothing", NAMED),
    "curve": OrbitCurve(
        (orbit(0), orbit(1, 13)), np.array([0.1, 0.2]), np.array([np.nan, 1.0]),
        np.array([0.5, np.nan]), "torus", "samples",
        "", Meaning(states=NAMED.states, parameter="I", second="g"),
    ),
    "connection": connection(0),
    "connections": ConnectionBranch((connection(1), connection(2)), 1, "isolated", "one", NAMED),
}  # fmt: skip


@pytest.mark.parametrize("name", RESULTS)
def test_a_file_gives_back_what_it_got(name, tmp_path):
    path = RESULTS[name].save(tmp_path / "orbits.nc")
    assert same(RESULTS[name], load(path))


@pytest.mark.parametrize("name", ["orbit", "branch", "connection", "connections", "curve"])
def test_what_comes_back_is_tabled_and_drawn(name, tmp_path):
    found = load(RESULTS[name].save(tmp_path / "orbits.nc"))
    frame = found.to_dataframe()
    assert frame.equals(RESULTS[name].to_dataframe())
    _, ax = plt.subplots()
    assert found.plot(ax)
    plt.close(ax.figure)


def test_a_changed_file_is_refused(tmp_path):
    path = RESULTS["branch"].save(tmp_path / "orbits.nc")
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(StoreError, match=r"damaged|truncated"):
        load(path)


def test_a_run_goes_on_from_an_orbit_of_a_file(tmp_path):
    problem = Problem(
        lambda y, p: np.array([p * y[0] - y[1], y[0] + p * y[1]]) - (y[0] ** 2 + y[1] ** 2) * y
    )
    hopf = trace_branch(problem, [0, 0], -0.1, (-0.1, 1)).special[0]
    few = StepOptions(initial=0.1, maximum=0.3, max_samples=3)
    mesh = MeshOptions(intervals=8)
    branch = trace_orbits(problem, hopf, (-0.1, 0.5), step=few, mesh=mesh)
    back = load(branch.save(tmp_path / "orbits.nc"))
    further = trace_orbits(problem, back[-1], (0, 0.5), step=few, mesh=mesh)
    assert further.amplitude[:, 0] == pytest.approx(2 * np.sqrt(further.p), rel=1e-5)
