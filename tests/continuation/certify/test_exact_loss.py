"""Enclosures against 40-digit arithmetic: every number lies in its ball, on thousands of points."""

import math

import mpmath
import numpy as np
import pytest
import sympy as sp
from flint import arb
from hypothesis import given
from hypothesis import strategies as st

from continuation.certify.enclosures.balls import (
    box,
    exact,
    lower,
    magnitude,
    midpoints,
    norm,
    upper,
    working_precision,
)
from continuation.certify.enclosures.exact_loss import ExactLoss, size_weights
from continuation.certify.enclosures.formulas import compile_formulas, whole_power
from continuation.errors import InvalidInputError
from continuation.landscape import Dataset, Loss
from symbolic import Model, fukumizu_amari, parse_expression
from tests.continuation.certify.certify_cases import expression_model, tiny_loss

DIGITS = 40
MODELS = {
    "tanh": lambda: fukumizu_amari(),
    "bias and offset": lambda: Model.perceptron(
        hidden=2, bias=True, offset=True, teacher="exp(-x**2)*erf(x) + sqrt(2)"
    ),
    "fixed outputs": lambda: Model.perceptron(
        hidden=2, output_weights=[0.1, -0.3], teacher="sin(x)"
    ),
    "formula": expression_model,
}


def to_mpf(ball):
    """Ends of a ball, exactly."""
    mantissa, exponent = ball.mid().man_exp()
    middle = mpmath.mpf(int(mantissa)) * mpmath.mpf(2) ** int(exponent)
    mantissa, exponent = ball.rad().man_exp()
    radius = mpmath.mpf(int(mantissa)) * mpmath.mpf(2) ** int(exponent)
    return middle - radius, middle + radius


def encloses(ball, number):
    """Whether a ball holds a number known to 40 digits."""
    low, high = to_mpf(ball)
    slack = abs(number) * mpmath.mpf(10) ** (5 - DIGITS)
    return low - slack <= number <= high + slack


def reference_unit(w, v, x):
    """f, ∂f and ∂²f of one unit v tanh(w x), by formulas written out."""
    t = mpmath.tanh(w * x)
    s = 1 - t * t
    return v * t, (v * s * x, t), (-2 * v * t * s * x * x, s * x, mpmath.mpf(0))


def reference(loss, theta, noise):
    """Loss, gradient and Hessian of two tanh units in 40 digits."""
    w, v = [mpmath.mpf(float(t)) for t in theta[:2]], [mpmath.mpf(float(t)) for t in theta[2:]]
    value, gradient = mpmath.mpf(0), [mpmath.mpf(0)] * 4
    hessian = [[mpmath.mpf(0)] * 4 for _ in range(4)]
    for x, e in zip(loss.data.x, loss.data.noise, strict=True):
        x, e = mpmath.mpf(float(x)), mpmath.mpf(float(e))
        target = 2 * mpmath.tanh(x) - mpmath.tanh(4 * x) + mpmath.mpf(noise) * e
        units = [reference_unit(w[k], v[k], x) for k in range(2)]
        r = sum(u[0] for u in units) - target
        slope = [units[0][1][0], units[1][1][0], units[0][1][1], units[1][1][1]]
        value += r * r / 2 / loss.data.size
        for a in range(4):
            gradient[a] += r * slope[a] / loss.data.size
            for b in range(4):
                k, same = a % 2, a % 2 == b % 2
                second = units[k][2][(a // 2) + (b // 2)] if same else 0
                hessian[a][b] += (slope[a] * slope[b] + r * second) / loss.data.size
    return value, gradient, hessian


def test_the_loss_is_enclosed_at_thousands_of_points_to_40_digits():
    model = fukumizu_amari()
    loss = Loss(model, Dataset.sample(model, 5, 0))
    enclosed = ExactLoss.of(loss, noise=0.3)
    rng = np.random.default_rng(0)
    with mpmath.workdps(DIGITS), working_precision():
        for _ in range(120):
            theta = rng.normal(0.0, 3.0, 4)
            found = enclosed.evaluate(box(theta, 0.0))
            value, gradient, hessian = reference(loss, theta, 0.3)
            assert encloses(found.value, value)
            assert all(
                encloses(b, g) for b, g in zip(found.gradient.entries(), gradient, strict=True)
            )
            assert all(
                encloses(found.hessian[a, b], hessian[a][b]) for a in range(4) for b in range(4)
            )
            assert upper(found.value.rad()) < 1e-18 * (1 + abs(float(value)))


def test_elementary_functions_are_enclosed_at_thousands_of_points():
    names = ["tanh", "erf", "exp", "sin", "cos", "atan", "sinh", "cosh", "asinh"]
    points = np.random.default_rng(1).normal(0.0, 4.0, 400)
    references = {name: getattr(mpmath, name) for name in names}
    with mpmath.workdps(DIGITS), working_precision():
        for name in names:
            formula = parse_expression(f"{name}(u)", ("u",))
            program = compile_formulas([formula], sorted(formula.free_symbols, key=str))
            (values,) = program([[exact(p) for p in points]])
            assert all(
                encloses(ball, references[name](mpmath.mpf(float(p))))
                for ball, p in zip(values, points, strict=True)
            )


@pytest.mark.parametrize("name", MODELS)
def test_boxes_enclose_the_values_of_their_points(name):
    loss = tiny_loss(MODELS[name]())
    enclosed = ExactLoss.of(loss, noise=0.2, weight_decay=0.01)
    rng = np.random.default_rng(2)
    d = loss.model.dimension
    with working_precision():
        for _ in range(5):
            theta, radius = rng.normal(size=d), float(10.0 ** rng.uniform(-8, -0.5))
            around = enclosed.evaluate(box(theta, radius))
            for _ in range(4):
                inside = enclosed.evaluate(box(theta + rng.uniform(-radius, radius, d), 0.0))
                assert around.value.contains(inside.value)
                assert around.gradient.contains(inside.gradient)
                assert around.hessian.contains(inside.hessian)


@pytest.mark.slow
@pytest.mark.parametrize("name", MODELS)
def test_enclosures_agree_with_the_compiled_kernels(name):
    loss = tiny_loss(MODELS[name]())
    theta = np.random.default_rng(4).normal(size=loss.model.dimension)
    enclosed = ExactLoss.of(loss, noise=0.2, weight_decay=0.03)
    value, gradient, hessian = loss.evaluate(theta, noise=0.2, weight_decay=0.03)
    with working_precision():
        found = enclosed.evaluate(box(theta, 0.0))
        assert float(found.value.mid()) == pytest.approx(value, rel=1e-13)
        np.testing.assert_allclose(np.ravel(midpoints(found.gradient)), gradient, atol=1e-13)
        np.testing.assert_allclose(midpoints(found.hessian), hessian, atol=1e-12)
        np.testing.assert_array_equal(
            midpoints(enclosed.hessian(box(theta, 0.0))), midpoints(found.hessian)
        )


def test_the_gradient_is_affine_in_the_noise():
    loss = tiny_loss(fukumizu_amari())
    enclosed = ExactLoss.of(loss, noise=0.25)
    with working_precision():
        theta = box([0.5, -1.0, 2.0, 0.3], 0.0)
        slope = enclosed.noise_slope(theta)
        shifted = enclosed.gradient(theta) + slope * arb(0.5)
        assert shifted.overlaps(enclosed.at_noise(arb(0.75)).gradient(theta))


@pytest.mark.parametrize("size", [3.0, 3.25, 4.9])
def test_a_continuous_size_has_the_weights_of_the_loss(size):
    model = fukumizu_amari()
    loss = Loss(model, Dataset.sample(model, 6, 1))
    theta = np.array([0.4, 1.3, -0.2, 0.9])
    enclosed = ExactLoss.of(loss, noise=0.1, size=size)
    with working_precision():
        here = enclosed.value(box(theta, 0.0))
        assert float(here.mid()) == pytest.approx(
            loss.value(theta, noise=0.1, size=size), rel=1e-14
        )
        count, weights = size_weights(size)
        total = arb(1) if weights is None else sum(weights, arb(0))
        assert total.contains(1)
        assert count == math.ceil(size)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_floats_become_balls_exactly(value):
    ball = exact(value)
    assert ball.rad() == 0
    assert float(ball) == value


@given(
    st.floats(-1e300, 1e300),
    st.floats(0, 1e290),
)
def test_balls_become_floats_outward(middle, radius):
    with working_precision():
        ball = arb(middle) / 3 + arb(0, radius)
        assert arb(upper(ball)) >= ball.upper()
        assert arb(lower(ball)) <= ball.lower()
        assert arb(magnitude(ball)) >= abs(ball).upper()


def test_what_is_not_finite_has_infinite_ends():
    ball = arb(0, 1).log()
    assert (lower(ball), upper(ball)) == (-math.inf, math.inf)
    with working_precision():
        assert norm([arb(3), arb(4)]).contains(5)


def test_formulas_without_enclosure_are_refused():
    x = sp.Symbol("x", real=True)
    with pytest.raises(InvalidInputError, match="enclosure"):
        compile_formulas([sp.gamma(x)], [x])
    with pytest.raises(InvalidInputError, match="enclosure"):
        compile_formulas([sp.EulerGamma * x], [x])([[arb(1)]])


def test_powers_and_constants_are_enclosed():
    x = sp.Symbol("x", positive=True)
    program = compile_formulas([x**3 / 2, sp.sqrt(x), x**-2, x**x, sp.pi * x], [x])
    with working_precision():
        cube, root, inverse, power, circle = (column[0] for column in program([[arb(2)]]))
    assert cube == 4
    assert (root**2).contains(2)
    assert inverse == arb(0.25)
    assert power.contains(4)
    assert float(circle) == pytest.approx(2 * math.pi)


@pytest.mark.parametrize("exponent", [-3, -2, 2, 3, 5])
def test_whole_powers_hold_around_zero_and_elsewhere(exponent):
    for middle in (-1.5, 0.0, 0.7):
        ball = arb(middle, 0.25)
        power = whole_power(ball, exponent)
        if middle == 0.0 and exponent < 0:
            assert not power.is_finite()
            continue
        for x in (middle - 0.25, middle, middle + 0.2):
            assert power.contains(arb(x) ** exponent)
