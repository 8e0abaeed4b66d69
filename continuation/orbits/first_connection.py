"""A first orbit between two equilibria: followed in time, or given; its ends by the linear flow."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import integrate, linalg

from continuation.arrays import Array
from continuation.errors import ConvergenceError, InvalidInputError
from continuation.options import as_state
from continuation.orbits.flow import Flow
from continuation.orbits.mesh import MeshOptions, times
from continuation.orbits.scheme import scheme_of

__all__ = ["Equilibria", "Guess", "meshed"]

LEAVING = 1e-4
"""Distance at which an orbit starts that is followed in time, in the same parts."""

NEAREST = 0.3
"""An orbit followed in time must pass the target within this part of the way it came."""

SLOWEST = 60.0
"""So many times as long as the slowest growth or decay tells an orbit is followed."""

DIRECTIONS = 200
"""In an unstable subspace of several dimensions, tried for the first orbit."""

FINE = 1e-10
"""Relative tolerance of integration."""


@dataclass(frozen=True, eq=False)
class Guess:
    """A first orbit in the units of the run: times (K,) and states (K, n)."""

    t: Array
    x: Array


@dataclass(frozen=True, eq=False)
class Equilibria:
    """Two equilibria of a flow, in its units.

    Attributes
    ----------
    flow : Flow
    p : float
    points : (ndarray, ndarray)
        Where orbits come from and where they go, (n,) each.
    """

    flow: Flow
    p: float
    points: tuple[Array, Array]

    def given(self, t: Array, x: Array) -> Guess:
        """An orbit that the user knows, in the units of the run."""
        t, x = as_state(t, "t"), np.array(x, dtype=float)
        if x.shape != (t.size, self.flow.n) or not np.isfinite(x).all():
            raise InvalidInputError(
                f"the guess must be times (K,) and states (K, {self.flow.n}); got shapes "
                f"{t.shape} and {x.shape}."
            )
        return Guess(t - t[0], x / self.flow.states)

    def followed(self) -> Guess:
        """The orbit of the unstable subspace that comes nearest to the target."""
        begin, end = self.points
        jacobian = self.flow.jacobian(begin[None], self.p)[0]
        vectors: Any
        _, vectors, count = linalg.schur(jacobian, sort="rhp")
        if count == 0:
            raise InvalidInputError("no orbit leaves the source: it attracts.")
        size = float(linalg.norm(end - begin)) or float(max(1.0, np.abs(begin).max()))
        random = np.random.default_rng(0).standard_normal((DIRECTIONS, count))
        ways = np.array([[1.0], [-1.0]]) if count == 1 else random
        best, distance = None, np.inf
        for way in ways:
            start = begin + LEAVING * size * (vectors[:, :count] @ (way / linalg.norm(way)))
            orbit, gap = self._towards(start, size)
            if gap < distance:
                best, distance = orbit, gap
        if best is None or distance > NEAREST:
            raise ConvergenceError(
                f"no orbit from the source comes near the target (within {distance:.2g} of its own "
                "size): choose p nearer to the connection, or give a guess."
            )
        return best

    def _towards(self, start: Array, size: float) -> tuple[Guess, float]:
        """The orbit from a state to where it passes the target, and how near: beside its size."""
        flow, end, p = self.flow, self.points[1], self.p
        values = np.concatenate(
            [linalg.eigvals(flow.jacobian(x[None], p)[0]).real for x in self.points]
        )
        duration = SLOWEST / float(np.abs(values).min())

        def gone(_: float, x: Array) -> float:
            return 1e3 * size - float(linalg.norm(x - end))

        gone.terminal = True  # type: ignore[attr-defined]
        with np.errstate(all="ignore"):
            solution: Any = integrate.solve_ivp(
                lambda _, x: flow.value(x[None], p)[0], (0.0, duration), start, method="LSODA",
                rtol=FINE, atol=FINE * size, events=gone,
            )  # fmt: skip
        x = solution.y.T
        away = linalg.norm(x - end, axis=1)
        came = np.maximum.accumulate(linalg.norm(x - start, axis=1))
        nearest = np.flatnonzero(
            (np.diff(away, prepend=0.0) < 0) & (np.diff(away, append=np.inf) >= 0)
        )
        if not nearest.size:
            return Guess(solution.t, x), np.inf
        last = int(nearest[np.argmin(away[nearest] / came[nearest])])
        return Guess(solution.t[: last + 1], x[: last + 1]), float(away[last] / came[last])

    def trimmed(self, orbit: Guess, radius: float) -> Guess:
        """Cut or prolonged, by the linear flow, to ends at this distance of the equilibria."""
        backward = self._ended(Guess(-orbit.t[::-1], orbit.x[::-1]), 0, radius)
        return self._ended(Guess(-backward.t[::-1], backward.x[::-1]), 1, radius)

    def _ended(self, orbit: Guess, side: int, radius: float) -> Guess:
        """The last end of an orbit, in forward time at the target, backward at the source."""
        x, sign = self.points[side], 1.0 if side else -1.0
        away = linalg.norm(orbit.x - x, axis=1)
        near = np.flatnonzero(away <= radius)
        near = near[near > np.argmax(away)]  # the other end of a homoclinic orbit is as near
        if near.size and near[0] > 3:
            return Guess(orbit.t[: near[0] + 1], orbit.x[: near[0] + 1])
        jacobian = sign * self.flow.jacobian(x[None], self.p)[0]
        decaying = decaying_projection(jacobian)
        start = decaying @ (orbit.x[-1] - x)
        if linalg.norm(start) <= radius:
            return orbit
        slowest = float(np.abs(linalg.eigvals(jacobian).real).min())
        span = np.linspace(0, np.log(linalg.norm(start) / radius) / slowest * 2 + 1 / slowest, 400)
        # what grows is left out before, too: it may do so beyond all numbers
        onward = linalg.expm(decaying @ jacobian * (span[1] - span[0]))
        tail = [start]
        for _ in span[1:]:
            tail.append(decaying @ (onward @ tail[-1]))
            if linalg.norm(tail[-1]) <= radius:
                break
        t = orbit.t[-1] + span[1 : len(tail)]
        return Guess(np.append(orbit.t, t), np.vstack([orbit.x, x + np.array(tail[1:])]))


def decaying_projection(jacobian: Array) -> Array:
    """Projection on the stable subspace along the unstable one, (n, n)."""
    values, vectors = linalg.eig(jacobian)
    keep = np.diag((values.real < 0).astype(float))
    return np.asarray((vectors @ keep @ np.linalg.inv(vectors)).real)


def meshed(guess: Guess, mesh: MeshOptions) -> tuple[Array, Array]:
    """A mesh even in arclength, and the guess at its nodes."""
    t = (guess.t - guess.t[0]) / (guess.t[-1] - guess.t[0])
    scheme = scheme_of(mesh.degree)
    size = float(np.ptp(guess.x, axis=0).max())
    length = np.append(0.0, np.cumsum(linalg.norm(np.diff(guess.x, axis=0), axis=1) / size))
    measure = length / length[-1] + t
    ends = np.interp(np.linspace(0, measure[-1], mesh.intervals + 1), measure, t)
    inner = times(ends, scheme.degree)
    nodes = np.stack([np.interp(inner, t, column) for column in guess.x.T], axis=-1)
    return ends, nodes
