"""Critical sets that leave the theoretical optimum when the noise is switched on.

At σ = 0 the optimum of a student with one unit more than the teacher is a manifold. What it
becomes for small σ > 0 are the critical points of the reduced function of the blow-up, the lines
and dead units over the fitted teacher, and the ends at infinity beside it: their number is that
of the overfitting and near-optimal sets at small noise.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from continuation.arrays import Array
from continuation.landscape.infinity import (
    CONFLUENCE,
    LINEAR,
    STEP,
    LimitModel,
    ModelPoint,
    fixed_point,
    normal_slopes,
    silent_points,
    working_points,
)
from continuation.landscape.network import Grid, Loss, Responses, project
from continuation.landscape.zero_noise.blow_up import BlowUp

SPACING = 0.01
"""Ratio of neighbouring nodes minus one, on which the reduced function is scanned."""

CLOSEST = 1e-3
"""Relative distance of s from a teacher's weight at which the scan ends: there the extra unit's
feature differs from the fixed ones by 1e-6, and s = w* itself is no critical point."""


@dataclass(frozen=True, eq=False)
class ZeroNoiseSet:
    """A critical set that tends to the theoretical optimum as σ → 0+.

    Attributes
    ----------
    subkind : str
        As in `CriticalSet`: "isolated", "silent unit", "dead unit", "split line", "confluence",
        "linear", "step".
    place : mapping
        Scaled coordinates: s and u of the extra unit (points); the number k of the teacher's
        unit that is split, and m, the coefficient of x²φ'' in the fit of the noise; κ with
        w − w_k* ≈ κ √σ (confluence); c or s with c x or s sign(x) of that times σ (ends).
    index : int
        Number of descending directions; on a line that at equal shares.
    attracting : bool
        A line always does, on its segment or on its rays.
    reduced_loss : float
        lim L/σ².
    state : ndarray or None
        Scaled weights (s, u, α_1, β_1, …) at σ = 0, where the set is a point.
    """

    subkind: str
    place: Mapping[str, float]
    index: int
    attracting: bool
    reduced_loss: float
    state: Array | None = field(default=None, repr=False)

    @property
    def region(self) -> str:
        """Region at small noise."""
        return "overfitting" if self.attracting else "near-optimal"


@dataclass(frozen=True, eq=False)
class ZeroNoiseSets:
    """All of them, in order of their reduced loss.

    Attributes
    ----------
    blow_up : BlowUp
    sets : tuple of ZeroNoiseSet
    euler_count : int
        Σ (−1)^index over the critical points of R(s), isolated and silent, and over the two ends
        of the scan where R grows inwards: 1 for a complete list on an interval.
    notes : tuple of str
        The range of s that was scanned.
    """

    blow_up: BlowUp = field(repr=False)
    sets: tuple[ZeroNoiseSet, ...]
    euler_count: int
    notes: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.sets)

    def __iter__(self) -> Iterator[ZeroNoiseSet]:
        return iter(self.sets)

    @property
    def points(self) -> tuple[ZeroNoiseSet, ...]:
        """Isolated points and silent units, from which branches start at σ = 0."""
        return tuple(s for s in self.sets if s.state is not None)

    def count(self, region: str) -> int:
        """Number of sets of a region at small noise."""
        return sum(s.region == region for s in self.sets)

    def __repr__(self) -> str:
        return (
            f"ZeroNoiseSets({len(self)} sets: {self.count('overfitting')} overfitting, "
            f"{self.count('near-optimal')} near-optimal, Euler count {self.euler_count})"
        )


def zero_noise_sets(loss: Loss, *, size: float | None = None) -> ZeroNoiseSets:
    """The sets into which noise breaks the optimum of a student with one unit too many.

    Parameters
    ----------
    loss : Loss
        H units, a teacher of H − 1 units of the same odd sigmoid activation, no bias.
    size : float, optional
        Number of leading samples.

    Returns
    -------
    ZeroNoiseSets

    Raises
    ------
    InvalidInputError
        For other models and for observed data.

    References
    ----------
    K. Fukumizu and S. Amari, *Neural Networks* 13 (2000) 317: lines over a smaller network.

    Examples
    --------
    >>> from continuation.landscape import Dataset, Loss, zero_noise_sets
    >>> from symbolic import overparameterised
    >>> model = overparameterised()
    >>> loss = Loss(model, Dataset.sample(model, n=20, seed=0))
    >>> zero_noise_sets(loss)
    ZeroNoiseSets(7 sets: 4 overfitting, 3 near-optimal, Euler count 1)
    """
    blow_up = BlowUp.of(loss, size)
    grid = Grid.of(blow_up.responses, SPACING, widening=np.inf)  # until the unit is a step
    points = [p for nodes in _scans(grid.nodes, blow_up.units[:, 0]) for p in _on(blow_up, nodes)]
    found = [*points, *_over_the_fit(blow_up), *_ends(blow_up)]
    note = (
        f"extra input weights scanned: {grid.lowest:.3g} to {grid.highest:.3g}, apart from "
        f"{CLOSEST:g} of the teacher's"
    )
    count = sum((-1) ** p.index for p in points)
    count += int(_slope(blow_up, grid.lowest) > 0.0) + int(_slope(blow_up, grid.highest) < 0.0)
    found.sort(key=lambda s: s.reduced_loss)
    return ZeroNoiseSets(blow_up, tuple(found), count, (note,))


def reduced_function(blow_up: BlowUp, s: Array) -> Array:
    """R(s) = min over the other scaled weights of L/σ² at σ = 0, shape (k,) for s (k,)."""
    _, residual = _fitted(blow_up, blow_up.responses.features(s, 0)[0])
    return 0.5 * np.einsum("kn,kn->k", residual, residual)


def _slope(blow_up: BlowUp, s: float) -> float:
    """dR/ds."""
    phi, dphi = blow_up.responses.features(np.array([s]), 1)
    coefficients, residual = _fitted(blow_up, phi)
    return float(coefficients[0, 0] * (residual[0] @ dphi[0]))


def _fitted(blow_up: BlowUp, phi: Array) -> tuple[Array, Array]:
    """Fit of the noise by φ(s x) (k, q) and the fixed features: coefficients, residuals (k, q)."""
    rows = np.array([phi, *(np.broadcast_to(row, phi.shape) for row in blow_up.fixed)])
    return project(blow_up.responses.target, rows)


def _scans(nodes: Array, teacher: Array) -> list[Array]:
    """The nodes between the teacher's weights, refined towards these."""
    edges = [nodes[0], *np.sort(teacher[(teacher > nodes[0]) & (teacher < nodes[-1])]), nodes[-1]]
    approach = np.geomspace(CLOSEST, 0.1, 60)
    parts = []
    for low, high in itertools.pairwise(edges):
        near = [edge * (1.0 + side * approach) for edge, side in ((low, 1.0), (high, -1.0))]
        inside = np.concatenate([nodes, *near])
        bottom = low * (1.0 + CLOSEST * (low != edges[0]))
        top = high * (1.0 - CLOSEST * (high != edges[-1]))
        parts.append(np.unique(inside[(inside >= bottom) & (inside <= top)]))
    return parts


def _on(blow_up: BlowUp, nodes: Array) -> list[ZeroNoiseSet]:
    """Isolated points and silent units with s among these nodes."""
    working = working_points(blow_up.responses, nodes, *blow_up.fixed)
    silent = silent_points(blow_up.responses, nodes, *blow_up.fixed)
    return [_point(blow_up, p) for p in working + silent]


def _point(blow_up: BlowUp, point: ModelPoint) -> ZeroNoiseSet:
    state = blow_up.state(point.w, _fit(blow_up, point))
    value, _, hessian, _ = blow_up.derivatives(state, 0.0)
    index = ModelPoint(point.w, point.coefficients, point.residual, hessian).index
    return ZeroNoiseSet(
        "silent unit" if point.silent else "isolated",
        {"s": point.w, "u": float(state[1])},
        index,
        index == 0,
        value,
        state,
    )


def _fit(blow_up: BlowUp, point: ModelPoint) -> Array:
    """Coefficients of φ(s x) and of the fixed features; of a silent unit without it."""
    if not point.silent:
        return point.coefficients
    return np.append(0.0, fixed_point(blow_up.responses, *blow_up.fixed).coefficients)


def _over_the_fit(blow_up: BlowUp) -> list[ZeroNoiseSet]:
    """The dead unit, and a split line over each of the teacher's units with its confluences."""
    fit = fixed_point(blow_up.responses, *blow_up.fixed)
    found = [ZeroNoiseSet("dead unit", {"u": 0.0}, 1, False, fit.loss)]
    for k, (w, v) in enumerate(blow_up.units):
        bend, third = blow_up.responses.features(w, 3)[2:]
        with_bend = fixed_point(blow_up.responses, *blow_up.fixed, bend)
        m = float(with_bend.coefficients[-1])
        segment = v * m < 0.0
        place = {"k": float(k), "m": m}
        found.append(ZeroNoiseSet("split line", place, int(not segment), True, fit.loss))
        if segment:
            normal = -v * float(with_bend.residual @ third)  # L_D has the sign of κ times this
            root = np.sqrt(-2.0 * m / v)
            for kappa in (-root, root):
                falling = int(kappa * normal < 0.0)
                found.append(
                    ZeroNoiseSet(
                        CONFLUENCE.name,
                        place | {"kappa": float(kappa)},
                        falling,
                        not falling,
                        with_bend.loss,
                    )
                )
    return found


def _ends(blow_up: BlowUp) -> list[ZeroNoiseSet]:
    """The linear and the step end beside the fitted teacher."""
    responses = blow_up.responses
    found = []
    for subkind, name, feature in (
        (LINEAR.name, "c", responses.monomial(1)),
        (STEP.name, "s", _signs(responses)),
    ):
        point = fixed_point(responses, *blow_up.fixed, feature)
        coefficient = float(point.coefficients[-1])
        end = LimitModel.from_dict({name: coefficient})
        falling = int(normal_slopes(responses, end, point)[0] < 0.0)
        place = {name: coefficient}
        found.append(ZeroNoiseSet(subkind, place, falling, not falling, point.loss))
    return found


def _signs(responses: Responses) -> Array:
    return responses.rows(np.sign(responses.x))
