"""Networks written by hand in NumPy, analytic in their parameters: the oracle of the kernels."""

import numpy as np
from scipy import special


def _logistic(u):
    return 1 / (1 + np.exp(-u))


# phi and phi'
ACTIVATIONS = {
    "tanh": (np.tanh, lambda u: 1 / np.cosh(u) ** 2),
    "erf": (special.erf, lambda u: 2 / np.sqrt(np.pi) * np.exp(-u * u)),
    "logistic": (_logistic, lambda u: np.exp(-u) / (1 + np.exp(-u)) ** 2),
    "softplus": (lambda u: np.log(1 + np.exp(u)), _logistic),
    "sin": (np.sin, np.cos),
    "u/(u**2 + 1)": (lambda u: u / (1 + u * u), lambda u: (1 - u * u) / (1 + u * u) ** 2),
}


class Perceptron:
    def __init__(self, hidden, activation="tanh", output_weights="free", bias=False, offset=False):
        self.hidden, self.bias, self.offset = hidden, bias, offset
        self.output_weights = output_weights
        self.phi, self.slope = ACTIVATIONS[activation]
        self.free = isinstance(output_weights, str)
        self.dimension = hidden * (1 + bias + self.free) + offset

    def split(self, theta):
        h = self.hidden
        w = theta[:h]
        c = theta[h : 2 * h] if self.bias else np.zeros(h)
        start = h * (1 + self.bias)
        v = theta[start : start + h] if self.free else np.asarray(self.output_weights, float)
        return w, c, v, theta[-1] if self.offset else 0.0

    def outputs(self, theta, x):
        w, c, v, b = self.split(theta)
        return v @ self.phi(np.outer(w, x) + c[:, None]) + b

    def jacobian(self, theta, x):
        w, c, v, _ = self.split(theta)
        u = np.outer(w, x) + c[:, None]
        slope = v[:, None] * self.slope(u)
        rows = [slope * x]
        rows += [slope] if self.bias else []
        rows += [self.phi(u)] if self.free else []
        rows += [np.ones((1, x.size))] if self.offset else []
        return np.concatenate(rows)


class Saturation:
    """b1*(1 - exp(-b2*x))."""

    dimension = 2

    def outputs(self, theta, x):
        return theta[0] * (1 - np.exp(-theta[1] * x))

    def jacobian(self, theta, x):
        decay = np.exp(-theta[1] * x)
        return np.array([1 - decay, theta[0] * x * decay])


class LossByHand:
    """1/2 sum omega (f - T - sigma eps)^2 + rho/2 |theta|^2 and its gradient, analytic."""

    def __init__(self, network, x, target, noise, omega, sigma, rho):
        self.network, self.x, self.target, self.noise = network, x, target, noise
        self.omega, self.sigma, self.rho = omega, sigma, rho

    def residual(self, theta):
        return self.network.outputs(theta, self.x) - self.target - self.sigma * self.noise

    def value(self, theta):
        r = self.residual(theta)
        return 0.5 * np.sum(self.omega * r * r) + 0.5 * self.rho * np.sum(theta * theta)

    def gradient(self, theta):
        jacobian = self.network.jacobian(theta, self.x)
        return jacobian @ (self.omega * self.residual(theta)) + self.rho * theta

    def hessian(self, theta):
        """Complex step of the gradient."""
        return complex_step(self.gradient, theta)

    def along(self, function, theta, direction, order):
        """d^k/dt^k function(theta + t*direction), k = 0..order, by a Cauchy integral."""
        radius, points = 0.1, 32
        circle = np.exp(2j * np.pi * np.arange(points) / points)
        values = np.array([function(theta + radius * t * direction) for t in circle])
        k = np.arange(order + 1)
        factorial = special.factorial(k) / radius**k / points
        waves = circle[:, None] ** -k
        return (np.tensordot(waves.T, values, axes=1).T * factorial).T.real


def complex_step(function, theta, step=1e-30):
    steps = theta + 1j * step * np.eye(theta.size)
    return np.array([function(row).imag / step for row in steps])
