"""Flows whose periodic orbits, multipliers and special orbits are known in closed form.

Each is written in plain coordinates y; `turned` puts it into random linear coordinates x = A y + b
with units from 1e-6 to 1e6, and time into another unit, so that nothing is aligned or of order one.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from continuation import Problem
from continuation.arrays import Array
from continuation.orbits import Orbit, orbit_from_samples

Function = Callable[[Array, float], Array]
"""(y, p) -> y', for one point (n,) or many (n, P)."""


def circle(x, y):
    """The unit circle, attracting with multiplier exp(-4π), angular velocity 1."""
    r2 = x * x + y * y
    return x * (1 - r2) - y, y * (1 - r2) + x


def supercritical(y, p):
    """Hopf: radius √p, period 2π, multipliers 1 and exp(-4πp)."""
    r2 = y[0] ** 2 + y[1] ** 2
    return np.array([p * y[0] - y[1] - r2 * y[0], y[0] + p * y[1] - r2 * y[1]])


def folding(y, p):
    """Fold of cycles at p = -1/4, r² = 1/2: r' = r (p + r² - r⁴)."""
    r2 = y[0] ** 2 + y[1] ** 2
    rate = p + r2 - r2**2
    return np.array([rate * y[0] - y[1], y[0] + rate * y[1]])


def moebius(y, p):
    """Period doubling at p = 0: the transverse frame makes half a turn; doubled orbits a² = p."""
    r = np.sqrt(y[0] ** 2 + y[1] ** 2)
    c, s = y[0] / r, y[1] / r
    rho, z, decay = r - 1, y[2], -1.0
    even, odd = (p + decay) / 2, (p - decay) / 2
    a = (1 + c) / 2 * rho + s / 2 * z
    b = s / 2 * rho + (1 - c) / 2 * z
    cubic = rho * a + z * b
    rho_rate = even * rho + odd * (c * rho + s * z) - z / 2 - cubic * a
    z_rate = even * z + odd * (s * rho - c * z) + rho / 2 - cubic * b
    return np.array([c * rho_rate - y[1], s * rho_rate + y[0], z_rate])


def pitchfork(y, p):
    """Branch point at p = 0 of the circle z = 0, with the circles z = ±√p."""
    return np.array([*circle(y[0], y[1]), p * y[2] - y[2] ** 3])


def transcritical(y, p):
    """Branch point at p = 0 of the circle z = 0, with the circle z = p."""
    return np.array([*circle(y[0], y[1]), p * y[2] - y[2] ** 2])


TURNS = 0.31
"""Of the pair of multipliers of `torus`, per period."""


def torus(y, p):
    """Torus at p = 0 with multipliers exp(2π(p ± 0.31i))."""
    u, v = y[2], y[3]
    rate = p - u * u - v * v
    return np.array([*circle(y[0], y[1]), rate * u - TURNS * v, rate * v + TURNS * u])


@dataclass(frozen=True)
class Turned:
    """A flow in other coordinates: x = a y + b, time in units of `second`."""

    problem: Problem
    a: Array
    b: Array
    second: float

    def plain(self, x: Array) -> Array:
        """Plain coordinates of states (K, n)."""
        return np.linalg.solve(self.a, (x - self.b).T).T

    def outside(self, y: Array) -> Array:
        """Inverse of `plain`."""
        return y @ self.a.T + self.b


def turned(flow: Function, n: int, seed: int, spread: float = 6.0) -> Turned:
    """A flow in random coordinates; `spread` is the decimal exponent of the units."""
    random = np.random.default_rng(seed)
    mixing = np.linalg.qr(random.standard_normal((n, n)))[0] + 0.3 * random.standard_normal((n, n))
    units = 10.0 ** random.uniform(-spread, spread, n)
    a = units[:, None] * mixing
    b = units * random.standard_normal(n)
    second = float(10.0 ** random.uniform(-spread, spread))
    inverse = np.linalg.inv(mixing) / units

    def residual(x: Array, p: float) -> Array:
        y = inverse @ (x.T - b).T
        return a @ flow(y, p) / second

    return Turned(Problem(residual), a, b, second)


def ring(t: Turned, n: int, p: float) -> Orbit:
    """The unit circle in the first two plain coordinates."""
    angle = np.linspace(0, 2 * np.pi, 81)
    y = np.zeros((81, n))
    y[:, 0], y[:, 1] = np.cos(angle), np.sin(angle)
    return orbit_from_samples(angle * t.second, t.outside(y), p)
