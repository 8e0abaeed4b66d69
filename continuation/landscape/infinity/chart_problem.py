"""The loss in a chart at infinity, as a continuation problem in the noise or the size."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from continuation.arrays import Array
from continuation.errors import InvalidInputError
from continuation.landscape.infinity.blocks import LARGEST_LOG
from continuation.landscape.infinity.charts import Chart
from continuation.landscape.network import (
    LossAlong,
    Responses,
    Samples,
    sample_weights,
    weight_slopes,
)
from continuation.problem import AnyProblem

STEEPEST = 300.0
"""Largest 2 w |x_j| of a steep unit: e^{-300} is far below the rounding of the loss and still a
number; the rescaled row stays exact up to there."""


@dataclass(frozen=True, eq=False)
class ChartValues:
    """The loss at a point of a chart.

    Attributes
    ----------
    loss : float
    gradient, slope : ndarray, shape (k,)
        By the coordinates, and its derivative by the parameter.
    hessian : ndarray, shape (k, k)
    """

    loss: float
    gradient: Array
    hessian: Array
    slope: Array


@dataclass(frozen=True, eq=False)
class ChartLoss:
    """The loss of a network in a chart, as a function of the coordinates and one parameter.

    Attributes
    ----------
    along : LossAlong
        In the noise or the size.
    chart : Chart

    Raises
    ------
    InvalidInputError
        For another parameter.
    """

    along: LossAlong
    chart: Chart

    def __post_init__(self) -> None:
        if self.along.parameter not in ("noise", "size"):
            raise InvalidInputError(
                "charts at infinity run in 'noise' and 'size', not in " + repr(self.along.parameter)
            )

    def at(self, z: Array, p: float) -> ChartValues:
        """Loss and derivatives at coordinates z (k,) and parameter p."""
        responses, change = self._data(p)
        values, slopes, bends = self.chart.values(z, responses.x)
        rows = responses.rows
        jacobian = rows(slopes)
        residual = rows(values) - responses.target
        hessian = jacobian @ jacobian.T + rows(bends) @ residual
        if self.by_noise:
            slope = -(jacobian @ responses.samples.noise)
        else:
            slope = jacobian @ (change * residual)
        return ChartValues(
            0.5 * float(residual @ residual), jacobian @ residual, hessian, slope
        )  # fmt: skip

    @property
    def by_noise(self) -> bool:
        """Whether the parameter is the noise; else it is the size."""
        return self.along.parameter == "noise"

    def _data(self, p: float) -> tuple[Responses, Array]:
        """Samples at p, and the relative change of their weights with p (sizes only)."""
        if self.by_noise:
            return self.along.responses(p), np.empty(0)
        data, schedule = self.along.loss.data, self.along.schedule
        weight = sample_weights(data.size, p, schedule)
        change = weight_slopes(data.size, p, schedule)
        seen = weight > 0.0
        samples = Samples.plain(data.x, weight, data.target, data.noise)
        target = samples.teacher + self.along.fixed.noise * samples.noise
        return Responses(samples, target, self.along.loss.model), change[seen] / weight[seen]

    def nearest(self, p: float) -> float:
        """|x_j| of the input nearest to 0: what decides how fast a step end is approached."""
        away = np.abs(self._data(p)[0].x)
        return float(away[away > 0.0].min())

    def beside_zero(self, z: Array, p: float) -> tuple[float, Array, float]:
        """Condition of a step end, Σ ω sign(x) r over the inputs nearest to 0, and derivatives.

        Returns
        -------
        value : float
        slopes : ndarray, shape (k,)
            By the coordinates.
        slope : float
            By the parameter.
        """
        responses, change = self._data(p)
        values, slopes, _ = self.chart.values(z, responses.x)
        distance = np.abs(responses.x)
        nearest = distance == distance[distance > 0.0].min()
        probe = responses.rows(np.where(nearest, np.sign(responses.x), 0.0))
        residual = responses.rows(values) - responses.target
        noise = responses.samples.noise
        slope = -(probe @ noise) if self.by_noise else (change * probe) @ residual
        return float(probe @ residual), responses.rows(slopes) @ probe, float(slope)


@dataclass(frozen=True, eq=False)
class ChartProblem(AnyProblem):
    """∇L = 0 in a chart, in units of the coordinates' typical sizes: u = z/scale.

    At a step end the row of ln w is divided by w x_j e^{−2 w x_j}, which it is proportional to;
    otherwise it would vanish before the others and count as solved. The Jacobian is symmetric
    but for that.

    Attributes
    ----------
    of : ChartLoss
    scale : ndarray, shape (k,)
    nearest : float
        |x_j| in the factor of a steep unit's row.
    """

    of: ChartLoss
    scale: Array
    nearest: float

    @classmethod
    def at(cls, of: ChartLoss, z: Array, p: float) -> ChartProblem:
        """The problem in units that fit the point (z, p)."""
        rms = float(np.sqrt(np.mean(of.along.loss.data.x**2)))
        return cls(of, of.chart.scale(z, rms), of.nearest(p))

    def __post_init__(self) -> None:
        crossed = self.of.chart.end.crossed
        for name, value in (("symmetric", crossed), ("flow_sign", -1.0)):
            object.__setattr__(self, name, value)
        for name, shape in (("constants", 1), ("data", (1, 1)), ("work", (1, 1))):
            object.__setattr__(self, name, np.zeros(shape))
        object.__setattr__(self, "kernel", self._fill)

    def residual(self, x: Array, p: float) -> Array:
        """Scaled gradient, shape (k,)."""
        return self._scaled(x, p)[0]

    def jacobian(self, x: Array, p: float) -> Array:
        """Its derivative by u, shape (k, k)."""
        return self._scaled(x, p)[1]

    def dresidual_dp(self, x: Array, p: float) -> Array:
        """Its derivative by the parameter, shape (k,)."""
        return self._scaled(x, p)[2]

    def full_jacobian(self, z: Array) -> Any:
        """Both derivatives beside each other, shape (k, k + 1)."""
        _, jacobian, slope = self._scaled(z[:-1], float(z[-1]))
        return np.column_stack([jacobian, slope])

    def _fill(
        self, x: Array, p: float, _c: Array, _d: Array, _w: Array, f: Array, j: Array, fp: Array
    ) -> float:
        f[:], j[:], fp[:] = self._scaled(x, p)
        return 0.0

    def _scaled(self, u: Array, p: float) -> tuple[Array, Array, Array]:
        z = self.scale * u
        found = self.of.at(z, p)
        gradient, hessian, slope = found.gradient, found.hessian, found.slope
        if not self.of.chart.end.crossed:
            gradient, hessian, slope = self._rescaled(float(z[0]), gradient, hessian, slope)
        return (
            self.scale * gradient,
            self.scale[:, None] * hessian * self.scale,
            self.scale * slope,
        )

    def _rescaled(
        self, log: float, gradient: Array, hessian: Array, slope: Array
    ) -> tuple[Array, Array, Array]:
        reach = 2.0 * np.exp(np.clip(log, -LARGEST_LOG, LARGEST_LOG)) * self.nearest
        factor = np.exp(min(reach, STEEPEST)) / reach
        row = np.ones_like(gradient)
        row[0] = factor
        hessian = row[:, None] * hessian
        hessian[0, 0] += factor * (reach - 1.0) * gradient[0]
        return row * gradient, hessian, row * slope
