"""Just one inequality violated, by a little. Of unique minima: h, distances, third derivatives."""

from dataclasses import dataclass

import numpy as np
import pytest
import sympy as sp
from flint import arb, arb_mat, ctx, fmpq

from continuation.certify.checker import Refused
from continuation.certify.checker.forms import parts, size, turned
from continuation.certify.checker.problem import Problem
from continuation.certify.checker.unique import _Start, _start
from tests.continuation.certify import stored_certificates as stored
from tests.continuation.certify.condition_cases import LITTLE, accepted, changed, hexed, refused


@dataclass(frozen=True, eq=False)
class Constant(_Start):
    """A bound of the third derivatives that is given."""

    bound: float = 1.0

    def _third(self, reach):
        return arb(self.bound)


def test_h_is_below_one_half_and_distances_are_the_closed_forms():
    def start(h):
        return Constant(None, [], None, arb(2), arb(0.25), h / 0.5)

    with pytest.raises(Refused, match="h is not below"):
        start(0.5).condition(arb(1))
    with pytest.raises(Refused, match="h is not below"):
        start(0.5 * (1 + LITTLE)).condition(arb(1))
    h = 0.48
    near, other = start(h).condition(arb(1))
    root = np.sqrt(1 - 2 * h)
    assert float(near) == pytest.approx((1 - root) / (2 * h / 0.5), rel=1e-12)
    assert float(other) == pytest.approx((1 + root) / (2 * h / 0.5), rel=1e-12)


def unit_start():
    record = stored.record("unit")
    problem = Problem.read(record["problem"])
    claim = record["claim"]
    scale = np.array([[float.fromhex(t) for t in row] for row in claim["scale"]])
    theta = np.array([1.0, 1.0])
    for _ in range(50):
        _, slope, square, curved = problem.derivatives([arb(t) for t in theta])
        matrix = np.array((square + curved).tolist(), dtype=float)
        theta = theta - np.linalg.solve(matrix, np.array(slope.tolist(), dtype=float).ravel())
    return record, float(np.linalg.norm(np.linalg.solve(scale, theta - 1.0)))


def test_the_distances_of_a_unique_minimum():
    record, distance = unit_start()
    claim = record["claim"]
    assert distance <= float.fromhex(claim["distance"])
    for name, value, reason in (
        ("distance", distance * (1 - LITTLE), "farther away"),
        ("near", float.fromhex(claim["distance"]) * (1 - LITTLE), "outside the ball"),
        ("radius", float.fromhex(claim["wide"]) * (1 + LITTLE), "as close"),
        ("radius", float.fromhex(claim["distance"]), "not in order"),
        ("wide", 1.0, "h is not below"),
    ):
        assert refused({**record, "claim": {**claim, name: hexed(value)}}, reason), name


def test_a_coarse_scale_costs_distance():
    """S with SᵀAS = s² has β = 1/(1 − (1 − s²) √2), by which the distance grows."""
    record, _ = unit_start()
    claim, s = record["claim"], 0.97
    scale = s * np.array([[float.fromhex(t) for t in row] for row in claim["scale"]])
    start = _start(Problem.read(record["problem"]), [fmpq(1), fmpq(1)], scale.tolist())
    assert float(start.beta) == pytest.approx(1.0 / (1.0 - (1.0 - s**2) * np.sqrt(2.0)), rel=1e-9)
    near = 1.2 * float.fromhex(claim["near"])
    least = float(start.condition(arb(near))[0])
    coarse = {**claim, "scale": hexed(scale.tolist()), "near": hexed(near)}
    for name in ("wide", "radius"):
        coarse[name] = hexed(0.8 * float.fromhex(claim[name]))
    for factor, holds in ((1 + LITTLE, True), (1 - LITTLE, False)):
        given = {**record, "claim": {**coarse, "distance": hexed(factor * least)}}
        assert accepted(given) if holds else refused(given, "farther away")


def test_the_other_root_bounds_the_radius():
    """On the largest ball with h < 1/2 the second root lies inside."""
    record, _ = unit_start()
    claim = record["claim"]
    wide = float.fromhex(claim["wide"])
    while accepted({**record, "claim": {**claim, "wide": hexed(1.1 * wide)}}):
        wide *= 1.1
    good = {**claim, "wide": hexed(wide)}
    assert refused({**record, "claim": {**good, "radius": hexed(wide)}}, "as close")


@pytest.mark.parametrize("name", ["unit", "unique"])
def test_the_scale_makes_the_hessian_regular(name):
    record = stored.record(name)
    zero = [[(0.0).hex()] * len(row) for row in record["claim"]["scale"]]
    record["claim"]["scale"] = zero
    assert refused(record, "may be singular")


def test_without_noise_the_optimum_itself_is_critical():
    assert refused(changed(stored.record("unit"), sigma=hexed(0.0)), "itself may be critical")


def test_forms_are_the_derivatives_of_the_loss():
    """Against differences of the Hessian along random directions."""
    record = stored.record("unique")
    theta = [arb(t) for t in (0.9, 3.5, 1.8, -1.1)]
    random = np.random.default_rng(0)
    step = arb(2) ** -30
    with ctx.workprec(300):
        problem = Problem.read(record["problem"])
        third, fourth = parts(problem, theta, (3, 4))
        for _ in range(3):
            e = [arb(v) for v in random.standard_normal(4)]

            def bent(s, e=e):
                moved = [t + s * step * d for t, d in zip(theta, e, strict=True)]
                _, _, square, curved = problem.derivatives(moved)
                row = arb_mat(1, 4, e)
                return (row * (square + curved) * row.transpose())[0, 0]

            values = [bent(s) for s in (1, 0, -1)]
            slopes = (
                (values[0] - values[2]) / (2 * step),
                (values[0] - 2 * values[1] + values[2]) / step**2,
            )
            for form, factor, wanted in zip((third, fourth), (6, 24), slopes, strict=True):
                found = sum(
                    (
                        c * np.prod([d**p for d, p in zip(e, powers, strict=True)])
                        for powers, c in form.items()
                    ),
                    arb(0),
                )
                assert abs(factor * found - wanted) < 1e-10 * (1 + abs(wanted))


def test_the_size_of_a_form_is_the_smaller_of_two_norms():
    random = np.random.default_rng(1)
    for order in (2, 3, 4):
        tensor = random.standard_normal((3,) * order)
        from itertools import permutations

        symmetric = sum(np.transpose(tensor, p) for p in permutations(range(order)))
        form: dict = {}
        for index in np.ndindex(symmetric.shape):
            powers = tuple(index.count(k) for k in range(3))
            form[powers] = form.get(powers, arb(0)) + arb(float(symmetric[index])) / sp.factorial(
                order
            )
        rows = symmetric.reshape(3, -1)
        gram = np.abs(rows @ rows.T).sum(axis=1).max()
        expected = min(np.sqrt(gram), np.linalg.norm(symmetric))
        assert float(size(form)) == pytest.approx(expected, rel=1e-12)
        scale = random.standard_normal((3, 3))
        moved = symmetric
        for axis in range(order):
            moved = np.moveaxis(np.tensordot(moved, scale, axes=(axis, 0)), -1, axis)
        again = turned(form, arb_mat(scale.tolist()))
        value = sum(float(c) for c in again.values())
        assert value == pytest.approx(moved.sum() / float(sp.factorial(order)), rel=1e-9)
