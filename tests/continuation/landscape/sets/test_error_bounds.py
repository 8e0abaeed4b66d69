"""Error bounds hold: every set against the same equations solved with forty digits."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
from flint import arb, arb_mat, ctx

from continuation.certify import certify_point
from continuation.landscape import Dataset, Loss, find_critical_sets
from continuation.landscape.network import fitting_units, rescaled
from continuation.landscape.sets import same_set, weight_errors
from continuation.landscape.sets.error_bounds import root_bound
from symbolic import PRESETS, Model

BITS = 140
"""Forty digits."""

CASES = [  # preset, samples, seed, noise, units of x and y
    ("fukumizu_amari", 20, 0, 0.1, None),
    ("fukumizu_amari", 15, 1, 0.3, (1e-7, 1e5)),
    ("fukumizu_amari", 20, 38, 0.1, (1e4, 1e-9)),
    ("overparameterised", 20, 12, 0.03, None),
    ("overparameterised", 12, 19, 0.03, (3.7e5, 2.2e-6)),
    ("overparameterised", 12, 20, 0.03, None),
    ("overparameterised", 30, 20, 0.03, (1e-3, 1e8)),
]


@dataclass(frozen=True)
class Place:
    """What a set's equations determine: units (weight, coefficients), powers and a step."""

    values: np.ndarray
    units: tuple[tuple[int, tuple[int, ...]], ...]
    powers: tuple[int, ...] = ()
    step: int | None = None


def place_of(found):
    """The parameters of a set; of a line those of the smaller network."""
    if found.limit is not None:
        slots = found.limit.slots
        units = tuple((w, tuple(c)) for w, c in slots.units)
        return Place(found.limit.unknowns, units, tuple(slots.powers), slots.step)
    values = found.base if found.dimension else found.theta
    hidden = len(values) // 2
    return Place(values, tuple((k, (hidden + k,)) for k in range(hidden)))


def bound_of(found):
    """Error bounds of these parameters."""
    if not found.dimension:
        return found.error_bound
    w, _, v, _ = found.error_bound
    return np.array([w, 2.0 * v])


def gradient(place, z, x, y):
    """Gradient of the loss in multiple precision."""
    out = [arb(0)] * len(z)
    for one, target in zip(x, y, strict=True):
        slope, value = [arb(0)] * len(z), -target
        for w, coefficients in place.units:
            t = (z[w] * one).tanh()
            d = 1 - t * t
            phi = (t, d, -2 * t * d)
            for k, c in enumerate(coefficients):
                slope[c] = one**k * phi[k]
                value += z[c] * slope[c]
                slope[w] += z[c] * one ** (k + 1) * phi[k + 1]
        for k, c in enumerate(place.powers):
            slope[c] = one ** (2 * k + 1)
            value += z[c] * slope[c]
        if place.step is not None:
            slope[place.step] = one.sgn()
            value += z[place.step] * slope[place.step]
        out = [g + value * s for g, s in zip(out, slope, strict=True)]
    return [g.mid() for g in out]


def distance_to_root(place, data, noise):
    """|stored − true| of each parameter: a chord method from the stored ones."""
    ctx.prec = BITS
    try:
        x, target, error = (
            [arb(float(v)) for v in values] for values in (data.x, data.target, data.noise)
        )
        y = [t + arb(noise) * e for t, e in zip(target, error, strict=True)]  # not rounded
        start = [arb(float(v)) for v in place.values]
        here, columns = gradient(place, start, x, y), []
        for k, value in enumerate(start):
            h = abs(value) * arb(2) ** -60 if value != 0 else arb(2) ** -80
            ahead = [v + h if j == k else v for j, v in enumerate(start)]
            there = gradient(place, ahead, x, y)
            columns.append([((a - b) / h).mid() for a, b in zip(there, here, strict=True)])
        inverse = arb_mat(columns).transpose().inv()
        z = start
        for _ in range(5):
            force = arb_mat([[g] for g in gradient(place, z, x, y)])
            step = [s.mid() for s in (inverse * force).entries()]
            z = [(v - s).mid() for v, s in zip(z, step, strict=True)]
        assert all(
            float(abs(s)) <= 1e-25 * float(abs(v)) + 1e-40 for s, v in zip(step, z, strict=True)
        )
        return np.array([float(abs(a - b)) for a, b in zip(z, start, strict=True)])
    finally:
        ctx.prec = 53


def loss_of(preset, samples, seed, noise, units):
    """A preset's loss at its noise; in other units the same samples as observed data."""
    model = PRESETS[preset]()
    data = Dataset.sample(model, samples, seed)
    if units is None:
        return Loss(model, data), noise
    ux, uy = units
    seen = Dataset.from_observations(data.x * ux, (data.target + noise * data.noise) * uy)
    return Loss(Model.perceptron(hidden=2), seen), 0.0


@pytest.fixture(scope="module")
def compared():
    """Loss, noise, set, distance and bound of every set of all cases."""
    rows = []
    for case in CASES:
        loss, noise = loss_of(*case)
        for found in find_critical_sets(loss, noise=noise, regions=False):
            if found.subkind != "origin":
                distance = distance_to_root(place_of(found), loss.data, noise)
                rows.append((loss, noise, found, distance, bound_of(found)))
    return rows


def test_every_bound_holds(compared):
    assert len(compared) >= 60
    for _, _, found, distance, bound in compared:
        assert np.isfinite(bound).all(), found
        assert (distance <= bound).all(), (found, distance, bound)


def test_bounds_are_not_much_larger_than_the_distance(compared):
    ratio = [(bound / distance).min() for *_, distance, bound in compared if distance.all()]
    assert np.median(ratio) <= 1e3


def test_ill_conditioned_points_are_among_them(compared):
    sizes = [
        np.abs(found.eigenvalues).min() / np.abs(found.eigenvalues).max()
        for _, _, found, *_ in compared
        if found.is_point
    ]
    assert sum(size < 1e-8 for size in sizes) >= 7
    assert min(sizes) < 1e-11


def test_proved_radii_hold_as_well(compared):
    """On the same numbers: certificates take a teacher by its formula, not by rounded values."""
    proved = 0
    for loss, noise, found, *_ in compared:
        y = loss.data.target + noise * loss.data.noise
        plain = Loss(Model.perceptron(hidden=2), Dataset.from_observations(loss.data.x, y))
        if found.subkind not in ("isolated", "silent unit") or fitting_units(plain).change:
            continue
        certificate = certify_point(plain, found.theta)
        assert certificate.proved, (found, certificate.reason)
        distance = distance_to_root(place_of(found), plain.data, 0.0)
        assert (distance <= float.fromhex(certificate.claim["radius"])).all(), found
        assert (distance <= found.error_bound).all()
        proved += 1
    assert proved >= 3


def test_a_moved_point_has_a_bound_that_reaches_the_true_one():
    loss, noise = loss_of(*CASES[0])
    found = find_critical_sets(loss, noise=noise, regions=False)[0]
    rng = np.random.default_rng(0)
    for size in 10.0 ** np.arange(-12, -5):
        moved = found.theta + size * rng.standard_normal(4)
        bound = weight_errors(loss.at(noise=noise), moved)
        assert (np.abs(moved - found.theta) <= bound + found.error_bound).all()
        there = replace(found, theta=moved, error_bound=bound)
        assert same_set(found, there)


def test_sets_further_apart_than_their_bounds_are_two():
    loss, noise = loss_of(*CASES[0])
    found = find_critical_sets(loss, noise=noise, regions=False)[0]
    away = replace(found, theta=found.theta + 10.0 * found.error_bound)
    assert not same_set(found, away)


def test_singular_equations_have_no_bound():
    x = np.linspace(0.1, 1.0, 9)
    loss = Loss(Model.perceptron(hidden=2), Dataset.from_observations(x, np.tanh(x)))
    on_optimum = np.array([1.0, 0.3, 1.0, 0.0])
    assert np.isinf(weight_errors(loss.at(), on_optimum)).all()


def test_the_box_of_a_fold_reaches_its_root_or_is_infinite():
    """(x − r)² = δ² at the larger root: a Jacobian of 2δ and a curvature of 2."""
    for delta in 10.0 ** np.arange(-8, 0):
        for off in (1e-3, 0.2, 0.4, 0.6, 3.0):
            x = delta * (1.0 + off)
            value, slope = np.array([x**2 - delta**2]), np.array([[2.0 * x]])
            bound = root_bound(value, slope, np.zeros((1, 1)), np.full((1, 1, 1), 2.0), np.ones(1))
            assert bound[0] >= delta * off
            if off <= 0.2:
                assert np.isfinite(bound[0])


def test_bounds_are_in_the_units_of_the_data():
    loss, _ = loss_of(*CASES[1])
    units = fitting_units(loss).inverse
    found = next(s for s in find_critical_sets(loss, regions=False) if s.theta is not None)
    plain = rescaled(found, units)
    np.testing.assert_allclose(plain.error_bound, units.weights(found.error_bound), rtol=1e-12)
    assert not np.allclose(plain.error_bound, found.error_bound, rtol=0.5)
