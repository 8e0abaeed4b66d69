"""A first homoclinic orbit beside a Bogdanov-Takens point, by the predictor of its normal form.

On the centre manifold w₀' = w₁, w₁' = β₁ + β₂ w₁ + a w₀² + b w₀ w₁ to the orders that count. With
w₀ = ε² u(s)/a, s = ε t, β₁ = -4 ε⁴/a, β₂ = (10/7)(b/a) ε², an orbit homoclinic to the saddle u = 2
is u = 2 - 6 sech² s + O(ε) [1]_. States and both parameters are polynomials of w₀, w₁, β₁, β₂, to
the orders that count, whose coefficients solve the equation of the manifold one after the other.

References
----------
.. [1] Yu. A. Kuznetsov, H. G. E. Meijer, B. Al-Hdaibat, W. Govaerts, *Int. J. Bifurcation Chaos* 24
       (2014) 1450057; W.-J. Beyn, in *Numerical Treatment of Differential Equations* (1994).
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from continuation import differences
from continuation.arrays import Array
from continuation.branch import SpecialPoint
from continuation.centre_manifold import CentreManifold, Mode, centre_manifold
from continuation.errors import InvalidInputError
from continuation.family import FittedFamily, NamedFamily, parameter_size
from continuation.linalg import bordered_solve
from continuation.options import StepOptions
from continuation.scaling import InUnits

__all__ = ["Beside", "beside_double_zero"]

SHARE = 10 / 7
"""Of β₂ in (b/a) ε²: where Melnikov's integral vanishes."""

LAG = -72 / 7
"""Of (b/a) ε sech² s tanh s log cosh s in u, the next order: the orbit is no longer even."""

VANISHES = 1e-9
"""What is below this part of what it stands beside is zero."""

DURATION, TIMES = 8.0, 401
"""Half the duration in s, at whose end u is 3e-6 from the saddle, and nodes of the orbit."""


@dataclass(frozen=True, eq=False)
class Beside:
    """A homoclinic orbit, roughly: times (K,), states (K, n), both parameters, the saddle (n,)."""

    t: Array
    x: Array
    p: float
    q: float
    saddle: Array


def beside_double_zero(
    named: NamedFamily, point: SpecialPoint, step: StepOptions, amplitude: float
) -> Beside:
    """The predicted orbit whose extent along the null vector is this part of the unit.

    Raises
    ------
    InvalidInputError
        Where the quadratic coefficients vanish, or both parameters do not unfold the point.
    """
    fitted = FittedFamily(named.at, named.start, point, step)
    return Predictor(fitted, named.start, fitted.units.inside(point.point)).at(amplitude)


class Predictor:
    """Coefficients of the normal form with parameters, in fitted units.

    Parameters
    ----------
    fitted : FittedFamily
    q : float
        Second parameter of the point.
    z : (n + 1,) ndarray
        (x, p) there, in these units.
    """

    def __init__(self, fitted: FittedFamily, q: float, z: Array) -> None:
        self.fitted, self.q, self.z, self.unit = fitted, q, z, parameter_size(q)
        self.form = form = centre_manifold(fitted(q), z, [Mode(root=1, chain=True)], 2)
        self.jacobian, self.mass = form.jacobian, form.mass
        self.q0, self.q1 = form.right.real.T
        self.p0, self.p1 = form.left.real.T
        self.a, self.b = (form.coefficient(1, *e).real for e in ((2, 0), (1, 1)))
        self._require_generic(form)

    def _require_generic(self, form: CentreManifold) -> None:
        size = float(np.abs(self.p1).max() * np.abs(form.jacobian).max())
        unfolds = np.abs(self.slope).max() > VANISHES * size
        if not unfolds or min(abs(self.a), abs(self.b)) <= VANISHES * max(abs(self.a), abs(self.b)):
            raise InvalidInputError(
                "no homoclinic orbit is predicted beside this point: a quadratic coefficient of "
                "its normal form vanishes, or the parameters do not unfold it, as where symmetry "
                "or a known branch keeps an equilibrium in place."
            )

    def at(self, amplitude: float) -> Beside:
        """The orbit of a given extent."""
        length = float(np.abs(self.q0).max())
        epsilon = np.sqrt(amplitude * abs(self.a) / (6 * length))
        s = np.linspace(-DURATION, DURATION, TIMES)
        sech = 1 / np.cosh(s)
        lag = LAG * self.b / self.a * epsilon * sech**2 * np.tanh(s) * np.log(np.cosh(s))
        u = 2 - 6 * sech**2 + lag
        v = np.gradient(u, s, edge_order=2)
        beta1, beta2 = -4 * epsilon**4 / self.a, SHARE * self.b / self.a * epsilon**2
        w = np.column_stack([epsilon**2 / self.a * u, epsilon**3 / self.a * v])
        states = sum(
            np.outer(np.prod(w ** np.array(e), axis=1), h.real) for e, h in self.form.h.items()
        )
        by1, by2, twice = self.by_first, self.by_second, self.twice
        states = states + beta1 * by1.state + beta2 * by2.state + beta2**2 / 2 * twice.state
        states = states + np.outer(beta2 * w[:, 0], self.mixed)
        p, q = beta1 * by1.way + beta2 * by2.way + beta2**2 / 2 * twice.way
        units = self.fitted.units.columns
        x = (self.z[:-1] + states) * units[:-1]
        place = float((self.z[-1] + p) * units[-1]), self.q + float(q) * self.unit
        return Beside(s / epsilon, x, *place, x[-1])

    # -- derivatives by both parameters, (p, q) in their units -------------------------------------

    def _moved(self, direction: Array, h: float) -> tuple[InUnits, float]:
        """Problem and first parameter a length h away."""
        problem = self.fitted(self.q + h * float(direction[1]) * self.unit)
        return problem, float(self.z[-1] + h * direction[0])

    def _residual(self, direction: Array, h: float) -> Array:
        problem, p = self._moved(direction, h)
        return problem.residual(self.z[:-1], p)

    def _by(self, direction: Array) -> Array:
        """Of F."""
        return np.asarray(differences.along(lambda h: self._residual(direction, h)))

    def _turned(self, direction: Array, v: Array) -> Array:
        """Of dF/dx v."""

        def turned(h: float) -> Array:
            problem, p = self._moved(direction, h)
            return np.asarray(problem.jacobian(self.z[:-1], p) @ v)

        return np.asarray(differences.along(turned))

    def _second(self, u: Array, v: Array) -> Array:
        """D²F[u, v]."""
        return self.fitted(self.q).second(self.z, np.append(u, 0.0), np.append(v, 0.0))

    # -- the unfolding -----------------------------------------------------------------------------

    @cached_property
    def slope(self) -> Array:
        """How both parameters move β₁, (2,)."""
        return np.array([self.p1 @ self._by(way) for way in np.eye(2)])

    @cached_property
    def by_first(self) -> "Response":
        """Of the parameters and of the state to β₁."""
        way = self.slope / (self.slope @ self.slope)
        return Response(way, self._solved(self.mass @ self.q1 - self._by(way)))

    @cached_property
    def by_second(self) -> "Response":
        """To β₂: the direction of folds, Hopf points and homoclinic orbits."""
        way = np.array([-self.slope[1], self.slope[0]]) / np.linalg.norm(self.slope)
        h = self._solved(-self._by(way))
        turned = self._turned(way, self.q0)
        h = h - self.p1 @ (self._second(self.q0, h) + turned) / (2 * self.a) * self.q0
        damping = self.p1 @ (self._second(self.q1, h) + self._turned(way, self.q1))
        damping += self.p0 @ (self._second(self.q0, h) + turned)
        return Response(way / damping, h / damping)

    @cached_property
    def mixed(self) -> Array:
        """The state by β₂ w₀."""
        way, h = self.by_second.way, self.by_second.state
        return self._solved(-self._second(self.q0, h) - self._turned(way, self.q0))

    @cached_property
    def twice(self) -> "Response":
        """Second derivatives by β₂."""
        way, h = self.by_second.way, self.by_second.state
        size = float(np.linalg.norm(way))
        of_way = differences.repeated(lambda t: self._residual(way / size, t), 2, 1.0)
        total = self._second(h, h) + 2 * self._turned(way, h) + size**2 * of_way
        bent = -(self.p1 @ total) * self.by_first.way
        return Response(bent, self._solved(-total - self._by(bent)))

    def _solved(self, right: Array) -> Array:
        """Solution (n,) of J h = right, which is in the range, without a part along q₀."""
        border, row = self.mass @ self.q1, self.mass.T @ self.p0
        rows = np.append(right, 0.0)[:, None]
        return bordered_solve(self.jacobian, border[:, None], row[:, None], rows)[:-1, 0]


@dataclass(frozen=True, eq=False)
class Response:
    """How both parameters (2,) and the state (n,) follow one of the normal form."""

    way: Array
    state: Array
