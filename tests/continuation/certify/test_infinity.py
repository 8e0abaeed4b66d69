"""Certified sets at infinity: the charts against networks close to infinity, and the checker."""

import json

import mpmath
import pytest
import sympy as sp

from continuation.certify import UNDECIDED, certify_sets, check
from continuation.certify.provers.infinity import CHARTS, infinity_certificate
from continuation.certify.provers.question import Question
from continuation.landscape import Dataset, Loss, find_critical_sets
from symbolic import Model, parse_expression
from tests.continuation.certify.certify_cases import NOISE, found, preset_loss


@pytest.fixture(scope="module")
def proved():
    return [
        (critical, certificate)
        for seed in (0, 1)
        for loss in [preset_loss("overparameterised", seed)]
        for sets in [found(loss)]
        for critical, certificate in zip(sets, certify_sets(loss, sets, noise=NOISE), strict=True)
        if critical.subkind in ("confluence", "linear")
    ]


def confluent(x, gap, w, a, b):
    """Two units whose input weights differ by `gap`: (φ₁ + φ₂) a/2 + (φ₁ − φ₂) b/gap."""
    first, second = (mpmath.tanh((w + sign * gap / 2) * x) for sign in (1, -1))
    return a * (first + second) / 2 + b * (first - second) / gap


def linear(x, small, w, v, c):
    """A unit of small input weight beside another."""
    return v * mpmath.tanh(w * x) + c / small * mpmath.tanh(small * x)


@pytest.mark.parametrize(
    ("end", "network"),
    [(("confluence", ("w", "a", "b")), confluent), (("linear", ("w", "v", "c")), linear)],
)
@pytest.mark.parametrize("x", [-1.7, 0.4, 2.5])
def test_charts_are_the_limits_of_networks_and_their_first_derivatives(end, network, x):
    chart, names = CHARTS[end], end[1]
    values = dict(zip(names, (0.8, -1.3, 0.6), strict=True))
    with mpmath.workdps(60):
        small = mpmath.mpf(10) ** -12
        numbers = [mpmath.mpf(v) for v in values.values()]
        at = {name: sp.Float(value, 60) for name, value in {**values, "x": x}.items()}
        formula, across = (
            parse_expression(text, (*names, "x")) for text in (chart.formula, chart.across)
        )
        limit, slope = (
            mpmath.mpf(str(e.subs({s: at[s.name] for s in e.free_symbols}).evalf(50)))
            for e in (formula, across)
        )
        beyond = network(mpmath.mpf(x), small, *numbers)
        assert abs(beyond - limit) < 1e-22
        assert abs((beyond - limit) / small**2 - slope) < 1e-12


def test_the_corner_of_two_linear_units_is_proved_and_its_slope_is_that_of_networks():
    """Small units of c x + c₃ x³ with w₁² + w₂² = q: f − limit = −(2/5) c₃ x⁵ q + …"""
    chart = CHARTS["corner", ("c", "c3")]
    c, c3, x = (mpmath.mpf(value) for value in (0.7, -0.4, 1.3))
    with mpmath.workdps(60):
        w = [mpmath.mpf(10) ** -8 * k for k in (1, 2)]
        moments = mpmath.matrix([[w[0], w[1]], [w[0] ** 3, w[1] ** 3]])
        v = mpmath.lu_solve(moments, mpmath.matrix([c, -3 * c3]))
        beyond = sum(v[k] * mpmath.tanh(w[k] * x) for k in (0, 1)) - c * x - c3 * x**3
        slope = eval_at(chart.across, c=c, c3=c3, x=x)
        assert abs(beyond / (w[0] ** 2 + w[1] ** 2) - slope) < 1e-12
    model = Model.perceptron(hidden=2)
    data = Dataset.from_observations([0.5, 1.0, 1.5, 2.0], [0.3, 0.9, 1.1, 0.7])
    loss = Loss(model, data)
    (corner,) = [s for s in found_at_zero(loss) if tuple(s.limit or ()) == ("c", "c3")]
    certificate = infinity_certificate(Question.of(loss), "corner", corner.limit)
    assert certificate.proved
    assert certificate.inertia == corner.inertia
    assert check(certificate).accepted
    assert not check(certificate.to_json().replace('"c3"', '"v"')).accepted


def eval_at(text, **values):
    """A formula at given values."""
    names = tuple(values)
    found = parse_expression(text, names)
    at = {s: sp.Float(str(values[s.name]), 50) for s in found.free_symbols}
    return mpmath.mpf(str(found.subs(at).evalf(40)))


def found_at_zero(loss):
    """Sets of observed data."""
    return find_critical_sets(loss, regions=False)


@pytest.mark.parametrize(("far", "index"), [(1.0, 1), (3.0, 0)])
def test_the_linear_end_of_one_unit_has_the_sign_of_its_cubic_moment(far, index):
    # x = 1, 2 and y = 1, y₂: c = (1 + 2 y₂)/5, and the loss goes on with −c Σ r x³ = 6 c (y₂ − 2)/5
    model = Model.perceptron(hidden=1)
    question = Question.of(Loss(model, Dataset.from_observations([1.0, 2.0], [1.0, far])))
    certificate = infinity_certificate(question, "linear", {"c": (1.0 + 2.0 * far) / 5.0})
    assert certificate.proved
    assert certificate.inertia == (index, 0, 2 - index)
    assert check(certificate).accepted


def test_confluences_and_linear_ends_are_proved_with_their_index(proved):
    assert {critical.subkind for critical, _ in proved} == {"confluence", "linear"}
    for critical, certificate in proved:
        assert certificate.proved, certificate
        assert certificate.inertia == critical.inertia
        assert check(certificate).accepted


@pytest.mark.parametrize("place", [0, 2])
def test_damaged_ones_are_refused(place, proved):
    _, certificate = proved[0]
    record = json.loads(certificate.to_json())
    theta = record["claim"]["theta"]
    theta[place] = (float.fromhex(theta[place]) + 1e-7).hex()
    assert not check(json.dumps(record)).accepted
    record = json.loads(certificate.to_json())
    negative, zero, positive = record["claim"]["inertia"]
    record["claim"]["inertia"] = [negative + 1, zero, positive - 1]
    assert not check(json.dumps(record)).accepted
    record = json.loads(certificate.to_json())
    record["claim"]["subkind"] = "step"
    assert not check(json.dumps(record)).accepted


def test_other_ends_and_networks_are_undecided():
    loss = preset_loss("fukumizu_amari")
    question = Question.of(loss, noise=NOISE)
    for subkind, limit in (
        ("step", {"w": 1.0, "v": 1.0, "s": 0.1}),
        ("linear", {"c": 1.0}),
        ("confluence", {"w": 1.0, "a": 1.0, "b": float("nan")}),
        ("confluence", {"w": 0.3, "a": 1.0, "b": 1.0}),
    ):
        assert infinity_certificate(question, subkind, limit).verdict == UNDECIDED
    biased = Model.perceptron(hidden=2, bias=True, teacher="tanh(x)")
    other = Question.of(type(loss)(biased, loss.data), noise=NOISE)
    limit = {"w": 1.0, "a": 1.0, "b": 1.0}
    assert infinity_certificate(other, "confluence", limit).verdict == UNDECIDED
