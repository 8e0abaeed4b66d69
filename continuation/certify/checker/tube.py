"""The tubes of the checker of branches: each holds one curve, proved in balls.

Derivatives are those of jets of the network's formula, second derivatives along the curve those of
power series in one variable; the proofs share nothing with `tubes` but their inequalities.
A tube costs about 50 ms for 50 samples.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from flint import arb, arb_mat, arb_series

from continuation.certify.checker.problem import Problem
from continuation.certify.checker.refusal import require

OVERLAP = arb(1) / 32
"""Tubes are longer than their chords by this share at both ends."""

UNIT = arb(0, 1)


@dataclass(frozen=True, eq=False)
class Curve:
    """∇L and its derivatives with one parameter free."""

    problem: Problem
    parameter: str

    @classmethod
    def of(cls, problem: Problem, parameter: str) -> Curve:
        """Of a certificate's problem, in which the parameter itself has no value."""
        model = problem.model
        require(model.is_plain_tanh, "the units are no plain tanh units")
        require(problem.decay == 0, "there is weight decay")
        require(problem.size is None, "the branch is one of the whole data set")
        require(parameter == "size" or problem.sigma == 0, "the noise has a value besides")
        require(parameter == "noise" or not problem.weighted, "weighted data have no size")
        return cls(problem, parameter)

    def weights(self, p: arb | arb_series) -> list[Any]:
        """ω_i at one value of the parameter."""
        if self.parameter == "noise":
            return list(self.problem.weights)
        count = len(self.problem.x)
        return [_ramp(p - k) / count for k in range(count)]

    def sigma(self, p: Any) -> Any:
        """σ at one value of the parameter."""
        return p if self.parameter == "noise" else self.problem.sigma

    def evaluate(self, z: Sequence[arb]) -> tuple[list[arb], list[list[arb]]]:
        """F and the rows of F' by (θ, p) over a box."""
        theta, p, d = z[:-1], z[-1], len(z) - 1
        value, rows = [arb(0)] * d, [[arb(0)] * (d + 1) for _ in range(d)]
        weights, slopes = self.weights(p), self._weight_slopes(p)
        data = self.problem
        for j, jet in enumerate(data.jets(theta)):
            r = jet.value - data.target[j] - self.sigma(p) * data.noise[j]
            falls = -weights[j] * data.noise[j] if self.parameter == "noise" else slopes[j] * r
            for a in range(d):
                value[a] += weights[j] * r * jet.gradient[a]
                rows[a][d] += falls * jet.gradient[a]
                for b in range(d):
                    bent = jet.gradient[a] * jet.gradient[b] + r * jet.hessian[a][b]
                    rows[a][b] += weights[j] * bent
        return value, rows

    def second(self, z: Sequence[arb], direction: Sequence[arb]) -> list[arb]:
        """d²F(z + t z')/dt² at t = 0, by power series."""
        lines = [arb_series([a, b], 3) for a, b in zip(z, direction, strict=True)]
        h = (len(z) - 1) // 2
        total = [arb_series([0], 3)] * (2 * h)
        weights = self.weights(lines[-1])
        data = self.problem
        for j, x in enumerate(data.x):
            units = [_tanh(lines[k] * x) for k in range(h)]
            f = sum((lines[h + k] * units[k] for k in range(h)), arb_series([0], 3))
            r = (f - data.target[j] - self.sigma(lines[-1]) * data.noise[j]) * weights[j]
            for k in range(h):
                total[k] += r * lines[h + k] * x * (1 - units[k] * units[k])
                total[h + k] += r * units[k]
        return [2 * series[2] for series in total]

    def turning(self, z: Sequence[arb], direction: Sequence[arb]) -> list[list[arb]]:
        """Rows of d/dt of (F by θ, F by p) at z + t z', t = 0, by power series."""
        lines = [arb_series([a, b], 2) for a, b in zip(z, direction, strict=True)]
        h, data = (len(z) - 1) // 2, self.problem
        total = [[arb_series([0], 2)] * (2 * h + 1) for _ in range(2 * h)]
        weights = self.weights(lines[-1])
        for j, x in enumerate(data.x):
            y = [_tanh(lines[k] * x) for k in range(h)]
            s = [(1 - t * t) * x for t in y]
            f = sum((lines[h + k] * y[k] for k in range(h)), arb_series([0], 2))
            r = f - data.target[j] - self.sigma(lines[-1]) * data.noise[j]
            rows = [lines[h + k] * s[k] for k in range(h)] + y
            falls = -weights[j] * data.noise[j]
            if self.parameter == "size":
                falls = _ramp_slope_line(lines[-1] - j) * r / len(data.x)
            pull = weights[j] * r
            for a in range(2 * h):
                total[a][2 * h] += falls * rows[a]
                for b in range(2 * h):
                    total[a][b] += weights[j] * rows[a] * rows[b]
            for k in range(h):
                total[k][k] += pull * lines[h + k] * s[k] * y[k] * (-2 * x)
                total[k][h + k] += pull * s[k]
                total[h + k][k] += pull * s[k]
        return [[entry[1] for entry in row] for row in total]

    def _weight_slopes(self, p: arb) -> list[arb]:
        if self.parameter == "noise":
            return []
        count = len(self.problem.x)
        return [_ramp_slope(p - k) / count for k in range(count)]


def _tanh(u: arb_series) -> arb_series:
    """By y' = (1 − y²) u', which keeps balls narrow."""
    t = u[0].tanh()
    s = u[0].sech() ** 2
    return arb_series([t, s * u[1], s * u[2] - t * s * u[1] * u[1]], u.prec)


def _ramp(t: Any) -> Any:
    """S(t), of a ball or a series; constant outside [0, 1]."""
    middle = t[0] if isinstance(t, arb_series) else t
    if middle >= 1:
        return arb(1)
    if middle <= 0:
        return arb(0)
    if isinstance(t, arb_series):
        rest, slope = _ramp(t[0]), _ramp_slope(t[0])
        inside = _inside(t[0])
        bend = 60 * inside * (1 - inside) * (1 - 2 * inside)
        second = slope * t[2] + bend * t[1] * t[1] / 2
        return arb_series([rest, slope * t[1], second], t.prec)
    ends = [_inside(arb(t.lower())), _inside(arb(t.upper()))]
    values = [e**3 * (10 + e * (6 * e - 15)) for e in ends]
    return values[0].union(values[1])


def _ramp_slope_line(t: arb_series) -> arb_series:
    """S' along a series of first order."""
    inside = _inside(t[0])
    bend = 60 * inside * (1 - inside) * (1 - 2 * inside)
    return arb_series([_ramp_slope(t[0]), bend * t[1]], 2)


def _ramp_slope(t: arb) -> arb:
    inside = _inside(t)
    return 30 * (inside * (1 - inside)) ** 2


def _inside(t: arb) -> arb:
    """The part of t in [0, 1]; an end where they do not meet."""
    low, high = arb(t.lower()), arb(t.upper())
    return low.max(arb(0)).min(arb(1)).union(high.max(arb(0)).min(arb(1)))


@dataclass(frozen=True, eq=False)
class Tube:
    """A chord with radii, and the preconditioned system in its tube."""

    curve: Curve
    middle: list[arb]
    half: list[arb]
    normal: list[arb]
    radii: list[arb]
    inverse: arb_mat = field(repr=False)
    image: arb_mat = field(repr=False)

    @classmethod
    def prove(
        cls, curve: Curve, start: Sequence[arb], end: Sequence[arb], radii: list[arb]
    ) -> Tube:
        """Prove that the tube holds one curve."""
        middle = [((a + b) / 2).mid() for a, b in zip(start, end, strict=True)]
        share = (1 + 2 * OVERLAP) / 2
        half = [((b - a) * share).mid() for a, b in zip(start, end, strict=True)]
        square = sum((h * h for h in half), arb(0)).mid()
        require(square > 0 and all(r > 0 for r in radii), "a tube has no length or no width")
        normal = [(h / square).mid() for h in half]
        value, rows = curve.evaluate(middle)
        inverse = midpoint(arb_mat([*rows, normal]).inv())
        along = [_dot(row, half) for row in rows]
        chord = [m + h * UNIT for m, h in zip(middle, half, strict=True)]
        bent = curve.second(chord, half)
        parts = [_moved(inverse, v) for v in (value, along, [b / 2 for b in bent])]
        shift = [sum((p[k].abs_upper() for p in parts), arb(0)) for k in range(len(middle))]
        box = [c + arb(0, 1) * r for c, r in zip(chord, radii, strict=True)]
        across = [UNIT * r for r in radii]
        wide = zip(rows, curve.turning(box, half), curve.turning(box, across), strict=True)
        spread = [[e + UNIT * a + b for e, a, b in zip(*row, strict=True)] for row in wide]
        image = inverse * arb_mat([*spread, normal])
        for k, row in enumerate(image.tolist()):
            pull = sum(
                (abs(e - int(k == m)) * r for m, (e, r) in enumerate(zip(row, radii, strict=True))),
                arb(0),
            )
            require(shift[k] + pull < radii[k], "a tube does not contract")
        return cls(curve, middle, half, normal, radii, inverse, image)

    def require_crossing(self, point: Sequence[arb], near: Sequence[arb]) -> None:
        """The curve meets the plane of a point of the axis within the stated radii."""
        require(all(bool(0 < a < r) for a, r in zip(near, self.radii, strict=True)), "no crossing")
        shift = _moved(self.inverse, self.curve.evaluate(list(point))[0])
        for k, row in enumerate(self.image.tolist()):
            pull = sum(
                (abs(e - int(k == m)) * r for m, (e, r) in enumerate(zip(row, near, strict=True))),
                arb(0),
            )
            require(abs(shift[k]) + pull < near[k], "a tube's curve is not where it is said to be")

    def require_inside(self, point: Sequence[arb], near: Sequence[arb]) -> None:
        """All z within the radii of a point lie in the tube."""
        away = [p + arb(0, 1) * r - m for p, r, m in zip(point, near, self.middle, strict=True)]
        t = _dot(self.normal, away) / _dot(self.normal, self.half)
        require(abs(t) < 1, "two tubes do not overlap")
        for a, h, r in zip(away, self.half, self.radii, strict=True):
            require(abs(a - t * h) < r, "a tube does not start in the one before")

    def turns(self) -> bool:
        """Whether dp/dt changes its sign, exactly once."""
        d = len(self.middle) - 1
        speed = _dot(self.normal, self.half)
        along = self.image.solve(self.inverse * _column([*[arb(0)] * d, speed])).entries()
        if along[-1] > 0 or along[-1] < 0:
            return False
        box = [
            m + UNIT * h + UNIT * r
            for m, h, r in zip(self.middle, self.half, self.radii, strict=True)
        ]
        second = self.curve.second(box, along)
        bent = self.image.solve(-(self.inverse * _column([*second, arb(0)])))[d, 0]
        require(bent > 0 or bent < 0, "a tube may hold several folds")
        signs = [self._slope(s) for s in (-1, 1)]
        require(signs[0] != 0 and signs[1] != 0, "a tube begins or ends at a fold")
        return signs[0] != signs[1]

    def _slope(self, side: int) -> int:
        """Sign of dp/dt where the curve passes an end of the chord."""
        share = arb(side) / (1 + 2 * OVERLAP)
        end = [(m + share * h).mid() for m, h in zip(self.middle, self.half, strict=True)]
        shift = _moved(self.inverse, self.curve.evaluate(end)[0])
        size = sum((abs(s) for s in shift), arb(0)).abs_upper()
        reach = [(4 * (abs(s) + size)).abs_upper() for s in shift]
        for k, row in enumerate(self.image.tolist()):
            pull = sum(
                (abs(e - int(k == m)) * r for m, (e, r) in enumerate(zip(row, reach, strict=True))),
                arb(0),
            )
            if not (abs(shift[k]) + pull < reach[k] and reach[k] < self.radii[k]):
                reach = self.radii
                break
        z = [e + UNIT * r for e, r in zip(end, reach, strict=True)]
        d = len(z) - 1
        image = self.inverse * arb_mat([*self.curve.evaluate(z)[1], self.normal])
        p = image.solve(self.inverse * _column([*[arb(0)] * d, arb(1)]))[d, 0]
        return int(p > 0) - int(p < 0)


def _dot(a: Sequence[arb], b: Sequence[arb]) -> arb:
    return sum((p * q for p, q in zip(a, b, strict=True)), arb(0))


def _column(values: Sequence[arb]) -> arb_mat:
    return arb_mat(len(values), 1, list(values))


def _moved(inverse: arb_mat, value: Sequence[arb]) -> list[arb]:
    found: list[arb] = (inverse * _column([*value, arb(0)])).entries()
    return found


def midpoint(matrix: arb_mat) -> arb_mat:
    """The exact matrix in the middle of an enclosure."""
    return arb_mat([[entry.mid() for entry in row] for row in matrix.tolist()])
