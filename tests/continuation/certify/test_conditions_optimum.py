"""Just one inequality violated, by a little. Of the optimum: bound, distance, box, units."""

import numpy as np
import pytest
from flint import arb, fmpq
from scipy.optimize import brentq

from continuation.certify.checker.problem import Problem
from tests.continuation.certify import stored_certificates as stored
from tests.continuation.certify.condition_cases import LITTLE, accepted, changed, hexed, refused


def columns(record):
    names = ("x", "noise")
    x, noise = (np.array([float.fromhex(t) for t in record["problem"][n]]) for n in names)
    return x, float.fromhex(record["problem"]["sigma"]) * noise


@pytest.mark.parametrize(("name", "spare"), [("orbit", 0), ("manifold", 1)])
def test_the_bound_of_the_gradient_is_the_closed_form(name, spare):
    record = stored.record(name)
    x, pull = columns(record)
    total = 0.0
    for w, v in record["claim"]["units"]:
        t = np.tanh(float(w) * x)
        total += np.mean(pull * t) ** 2
        total += float(v) ** 2 * np.mean(pull * x * (1 - t * t)) ** 2 / (spare + 1)
    record["claim"]["constant"] = hexed(1e-9)
    record["claim"]["gradient_bound"] = hexed(np.sqrt(total) * (1 - LITTLE))
    assert accepted(record)
    record["claim"]["gradient_bound"] = hexed(np.sqrt(total) * (1 + LITTLE))
    assert refused(record, "may be smaller")


@pytest.mark.parametrize("name", ["orbit", "manifold"])
def test_the_distance_is_the_closed_form(name):
    record = stored.record(name)
    x, pull = columns(record)
    bound = float.fromhex(record["claim"]["gradient_bound"])

    def stiffness(reach):
        gamma = np.sqrt(x * x + 2)
        residual = np.abs(pull) + reach * gamma
        curved = residual * (4 / (3 * np.sqrt(3)) * x * x + np.abs(x))
        return float(np.mean(gamma**2 + curved))

    exact = brentq(lambda c: c * stiffness(c) - bound, 0.0, 1.0, xtol=1e-15)
    record["claim"]["constant"] = hexed(exact * (1 - LITTLE))
    assert accepted(record)
    record["claim"]["constant"] = hexed(exact * (1 + LITTLE))
    assert refused(record, "may be closer")


def test_distances_are_at_most_one():
    record = stored.record("manifold")
    record["claim"]["constant"] = hexed(0.0)
    assert refused(record, "zero")
    record["claim"]["constant"] = hexed(1.0 + LITTLE)
    assert refused(record, "out of range")


def quieter(record, factor):
    """The same for less noise: all bounds and distances shrink with it."""
    claim = record["claim"]
    shrunk = {
        name: hexed(factor * float.fromhex(claim[name])) for name in ("gradient_bound", "constant")
    }
    radius = hexed(0.9 * factor * float.fromhex(claim["isolated"]["radius"]))
    claim = {**claim, **shrunk, "isolated": {**claim["isolated"], "radius": radius}}
    sigma = hexed(factor * float.fromhex(record["problem"]["sigma"]))
    return {**changed(record, sigma=sigma), "claim": claim}


def hessian_and_slope(problem, theta):
    _, slope, square, curved = problem.derivatives([arb(t) for t in theta])
    matrix = np.array((square + curved).tolist(), dtype=float)
    return matrix, np.array(slope.tolist(), dtype=float).ravel()


def optimum_and_nearest(record):
    """θ*, and the critical point next to it by Newton's method."""
    problem = Problem.read(record["problem"])
    stated = record["claim"]["isolated"]["theta"]
    start = np.array([float(fmpq(*map(int, (t + "/1").split("/")[:2]))) for t in stated])
    theta = start.copy()
    for _ in range(60):
        theta = theta - np.linalg.solve(*hessian_and_slope(problem, theta))
    return problem, start, theta


@pytest.mark.parametrize("factor", [1.0, 2.0**-12])
def test_the_empty_box_ends_before_the_nearest_critical_point(factor):
    """The exact one by Newton's method from θ*; with little noise the box may reach to it."""
    record = quieter(stored.record("orbit"), factor)
    assert accepted(record)
    _, start, theta = optimum_and_nearest(record)
    distance = np.abs(theta - start).max()
    isolated = record["claim"]["isolated"]
    assert float.fromhex(isolated["radius"]) < distance
    isolated["radius"] = hexed(distance * (1 + LITTLE))
    assert refused(record, "may hold a critical point")


def test_with_the_exact_inverse_the_box_reaches_up_to_the_nearest_critical_point():
    record = quieter(stored.record("orbit"), 2.0**-38)
    problem, start, theta = optimum_and_nearest(record)
    distance = np.abs(theta - start).max()
    isolated = record["claim"]["isolated"]
    isolated["inverse"] = hexed(np.linalg.inv(hessian_and_slope(problem, start)[0]).tolist())
    isolated["radius"] = hexed(distance * (1 - 1e-3))
    assert accepted(record)
    isolated["radius"] = hexed(distance * (1 + 1e-3))
    assert refused(record, "may hold a critical point")


def test_a_box_is_around_one_point_not_a_manifold():
    record = stored.record("manifold")
    record["claim"]["isolated"] = stored.record("orbit")["claim"]["isolated"]
    assert refused(record, "not an orbit")


def test_the_box_is_around_the_optimum():
    record = stored.record("orbit")
    record["claim"]["isolated"]["theta"][0] = "1000001/1000000"
    assert refused(record, "another point")


@pytest.mark.parametrize(
    ("units", "reason"),
    [
        ([["1", "1/2"], ["1", "1/2"]], "equal units"),
        ([["-1", "-1"]], "equal units"),
        ([["1", "1"], ["7", "0"]], "silent"),
        ([["1", "1000001/1000000"]], "other units"),
        ([["1000001/1000000", "1"]], "other units"),
        ([["1", "1"], ["2", "1"], ["3", "-1"]], "too few units"),
    ],
)
def test_the_units_are_those_of_the_teacher(units, reason):
    record = stored.record("manifold")
    record["claim"]["units"] = units
    assert refused(record, reason)


def test_only_without_noise_the_optimum_is_critical():
    record = stored.record("silent")
    assert accepted(record)
    assert refused(changed(record, sigma=hexed(1e-300)), "there is noise")
