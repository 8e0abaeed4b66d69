"""Every coefficient of a normal form against its closed form, in random coordinates, with its sign.

The oracle is x' = A G(A⁻¹ x, p) (or a map): G couples the critical coordinates to one that is
slaved, w = −m u²/λ, so that every term of a formula counts; φ = A e₁/ℓ, ψ = ℓ A⁻ᵀ e₁, ℓ = |A e₁|.
"""

import numpy as np
import pytest

from continuation import Problem
from continuation.normal_forms import at_branch_point, at_fold, report
from continuation.oscillation import flip, hopf, neimark_sacker

SEEDS = range(6)
NEAR = {"rel": 1e-6, "abs": 1e-6}
"""Second and third derivatives are differences."""


class Turned:
    """G in n coordinates of its own, seen in others; some that only decay are spare."""

    def __init__(self, seed, critical):
        self.random = np.random.default_rng(seed)
        n = critical + 1 + seed % 3
        self.A = self.random.normal(size=(n, n)) * 10.0 ** self.random.uniform(-0.5, 0.5)
        self.inverse = np.linalg.inv(self.A)
        self.n, self.critical = n, critical
        self.rates = -self.random.uniform(0.4, 0.9, n)

    def numbers(self, count):
        """Random coefficients away from 0, of both signs."""
        signs = self.random.choice([-1.0, 1.0], count)
        return signs * self.random.uniform(0.5, 2.0, count)

    def problem(self, own):
        """Of a G given by its first coordinates, the others decay; y are the own coordinates."""

        def residual(x, p):
            y = self.inverse @ x
            rest = self.rates * y
            return self.A @ np.concatenate([own(y, p), rest[self.critical + 1 :]])

        return Problem(residual)

    def origin(self):
        return np.zeros(self.n + 1)


def steady(seed):
    """Point of an equation with one critical coordinate: (turned, Q, numbers) of G₁ and G₂."""
    t = Turned(seed, 1)
    a, b, c, d, k, m, h, nu = t.numbers(8)
    rate = t.rates[1]
    quadratic = np.array([[a, k, b], [k, 0.0, h], [b, h, c]])  # of G₁ in (u, w, μ)
    return t, quadratic, d, m, nu, rate, t.numbers(1)[0]


def null_vectors(t):
    """φ and ψ of any length and sign, as a caller gives them, and ℓ with the sign of φ."""
    scale = float(t.numbers(1)[0])
    length = np.sign(scale) * np.linalg.norm(t.A[:, 0])
    return scale * t.A[:, 0], float(t.numbers(1)[0]) * t.inverse[0], length


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("kind", ["fold", "cusp"])
def test_folds(seed, kind):
    """The cubic coefficient has a meaning of its own only where the quadratic one vanishes."""
    t, Q, d, m, _, rate, e = steady(seed)
    if kind == "cusp":
        Q[0, 0] = 0.0

    def own(y, p):
        v = np.array([y[0], y[1], p])
        first = e * p + 0.5 * v @ Q @ v + d * y[0] ** 3 / 6
        return np.array([first, rate * y[1] + 0.5 * m * y[0] ** 2])

    phi, psi, length = null_vectors(t)
    problem = t.problem(own)
    form = at_fold(problem, t.origin(), phi, psi)
    a, cubic = Q[0, 0], d - 3 * Q[0, 1] * m / rate
    expected = {"quadratic": a / length, "cubic": cubic / length**2, "parameter": e * length}
    if kind == "fold":
        del form["cubic"], expected["cubic"]
    assert form == pytest.approx(expected, **NEAR)
    if kind == "cusp":
        return
    # e μ + ½ a u² = 0 with u = s/ℓ
    curvature = report("fold", form | {"cubic": 0.0}, problem)["curvature"]
    assert curvature == pytest.approx(-a / (e * length**2), **NEAR)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("kind", ["transcritical", "pitchfork"])
def test_branch_points(seed, kind):
    t, Q, d, m, nu, rate, _ = steady(seed)
    if kind == "pitchfork":
        Q[0, 0] = 0.0

    def own(y, p):
        v = np.array([y[0], y[1], p])
        first = 0.5 * v @ Q @ v + d * y[0] ** 3 / 6
        return np.array([first, rate * y[1] + nu * p + 0.5 * m * y[0] ** 2])

    phi, psi, length = null_vectors(t)
    problem = t.problem(own)
    form = at_branch_point(problem, t.origin(), phi, psi)
    w = -nu / rate
    along = -(t.A[:, 0] @ t.A[:, 1]) * w / (t.A[:, 0] @ t.A[:, 0])  # φᵀv_x = 0
    v, u = np.array([along, w, 1.0]), np.array([1.0, 0.0, 0.0])
    cubic = d - 3 * Q[0, 1] * m / rate
    expected = {
        "quadratic": Q[0, 0] / length,
        "mixed": u @ Q @ v,
        "parameter": (v @ Q @ v) * length,
        "cubic": cubic / length**2,
    }
    told = report(kind, form, problem)
    if kind == "transcritical":
        del form["cubic"], expected["cubic"]
    assert form == pytest.approx(expected, **NEAR)
    if kind == "transcritical":
        assert told["slope"] == pytest.approx(-2 * (u @ Q @ v) * length / Q[0, 0], rel=1e-5)
        return
    assert told["curvature"] == pytest.approx(-cubic / (3 * (u @ Q @ v) * length**2), rel=1e-5)
    assert told["supercritical"] == float(cubic < 0)


@pytest.mark.parametrize("seed", SEEDS)
def test_hopf(seed):
    t = Turned(seed, 2)
    sigma, k, m, twist, bend = t.numbers(5)
    omega, rate = float(t.random.uniform(0.5, 3.0)), t.rates[2]

    def own(y, p):
        square = y[0] ** 2 + y[1] ** 2
        growth = sigma * square + k * y[2]
        first = (growth + twist * y[2]) * y[0] - omega * y[1]
        second = omega * y[0] + (growth - twist * y[2]) * y[1]
        return np.array([first, second, rate * y[2] + m * square + bend * (y[0] ** 2 - y[1] ** 2)])

    q, p = t.A[:, :2] @ [1.0, -1j], np.array([1.0, -1j]) @ t.inverse[:2]
    turn = t.numbers(1)[0] * np.exp(1j * t.random.uniform(0.0, 6.0))
    form = hopf(t.problem(own), t.origin(), turn * q, p, omega)
    size = np.linalg.norm(q / np.sqrt(2)) ** 2
    # w = −m |ζ|²/λ + Re H ζ², and twist w ζ̄ has the part ½ twist H ζ |ζ|²
    turning = (0.5 * twist * bend / (2j * omega - rate)).real
    lyapunov = 2 * (sigma - k * m / rate + turning) / (omega * size)
    assert form == pytest.approx({"frequency": omega, "lyapunov": lyapunov}, **NEAR)


@pytest.mark.parametrize("seed", SEEDS)
def test_flip(seed):
    t = Turned(seed, 1)
    sigma, k, m = t.numbers(3)
    multiplier = 1.0 + t.rates[1]

    def own(y, p):
        image = -y[0] + sigma * y[0] ** 3 + k * y[0] * y[1], multiplier * y[1] + m * y[0] ** 2
        return np.array(image) - y[:2]

    scale = float(t.numbers(1)[0])
    form = flip(t.problem(own), t.origin(), scale * t.A[:, 0], t.inverse[0] / scale)
    cubic = (sigma + k * m / (1.0 - multiplier)) * scale**2
    assert form == pytest.approx({"cubic": cubic}, **NEAR)


@pytest.mark.parametrize("seed", SEEDS)
def test_neimark_sacker(seed):
    t = Turned(seed, 2)
    sigma, k, m, twist, bend = t.numbers(5)
    omega, multiplier = float(t.random.uniform(0.3, 1.2)), 1.0 + t.rates[2]
    c, s = np.cos(omega), np.sin(omega)

    def own(y, p):
        square = y[0] ** 2 + y[1] ** 2
        growth = 1.0 + sigma * square + k * y[2]
        u, v = (growth + twist * y[2]) * y[0], (growth - twist * y[2]) * y[1]
        slaved = multiplier * y[2] + m * square + bend * (y[0] ** 2 - y[1] ** 2)
        return np.array([c * u - s * v, s * u + c * v, slaved]) - y[:3]

    q, p = t.A[:, :2] @ [1.0, -1j], np.array([1.0, -1j]) @ t.inverse[:2]
    form = neimark_sacker(t.problem(own), t.origin(), q, p, omega)
    size = np.linalg.norm(q / np.sqrt(2)) ** 2
    turning = (0.5 * twist * bend / (np.exp(2j * omega) - multiplier)).real
    cubic = 2 * (sigma + k * m / (1.0 - multiplier) + turning) / size
    assert form == pytest.approx({"frequency": omega, "cubic": cubic}, **NEAR)
