"""Where one more unit of a layer may be silent beside a critical point of a network of layers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from continuation.arrays import Array
from continuation.landscape.network import Conditions, LayerSymmetry, Loss, LossAt, Symmetry
from continuation.landscape.sets.layer_embeddings import LayerEmbedding
from symbolic import Model

SILENT_STARTS = 30
"""Inputs from which roots of a silent unit's equations are sought."""

ROOT_STEPS, ROOT = 60, 1e-11
"""Newton steps to a root, and how small the last one is then, and the equations: relative to the
inputs, and to the residual. Where the unit is flat the steps vanish without a root."""

FARTHEST = 1e3
"""Inputs of a silent unit beyond which a run is left."""

APART = 1e-5
"""Relative distance below which two roots are one, or a root is a unit that works or is zero."""


def silent_inputs(
    loss: Loss,
    conditions: Conditions,
    shape: Sequence[int],
    base: Array,
    layer: int,
    seed: int,
) -> tuple[tuple[float, ...], ...]:
    """Inputs (w, [c]) at which one more unit of a layer may be silent beside a critical point.

    Where there are as many as equations these are all roots that were found, up to flips; where
    there are more, one point of the zero set; none where there are fewer. A dead unit, whose inputs
    are zero, is one of them unless it lies on that set.
    """
    model = loss.model.with_widths(shape)
    wider = list(shape)
    wider[layer] += 1
    at = Loss(loss.model.with_widths(wider), loss.data).under(conditions)
    unit = _Silent.of(at, model, base, layer, tuple(shape))
    dead = [unit.dead] if unit.dies_alone else []
    if unit.inputs < unit.outputs:
        return tuple(dead)
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(layer, *shape)))
    found: list[Array] = []
    for _ in range(SILENT_STARTS):
        size = math.exp(rng.uniform(-1.0, 1.5))
        root = unit.root(size * rng.standard_normal(unit.inputs))
        if root is not None and unit.is_new(root, found) and not (dead and unit.is_constant(root)):
            found.append(unit.canonical(root))
            if unit.inputs > unit.outputs:
                break
    return (*dead, *sorted(tuple(map(float, root)) for root in found))


@dataclass(frozen=True, eq=False)
class _Silent:
    """The equations h(w) = 0 of a unit without outputs beside a narrower network."""

    at: LossAt
    base: Array
    embedding: LayerEmbedding
    places: Array
    outgoing: Array
    working: Array
    flips: bool
    biased: bool

    @classmethod
    def of(
        cls, at: LossAt, model: Model, base: Array, layer: int, shape: tuple[int, ...]
    ) -> _Silent:
        numbers, biases = at.model.unpack(np.arange(float(at.model.dimension)))
        weights, own = model.unpack(base)
        bias, here = biases[layer], own[layer]
        places = numbers[layer][:, 0] if bias is None else np.append(numbers[layer][:, 0], bias[0])
        working = weights[layer] if here is None else np.vstack([weights[layer], here])
        embedding = LayerEmbedding(
            (1,) * sum(shape), ((0.0,) * len(places),), widths=shape, silent_layers=(layer,)
        )
        symmetry = Symmetry.of(at.model)
        flips = isinstance(symmetry, LayerSymmetry) and symmetry.parities[layer] != 0
        return cls(
            at, base, embedding, places.astype(int), numbers[layer + 1][0].astype(int),
            working.T, flips, bias is not None,
        )  # fmt: skip

    @property
    def inputs(self) -> int:
        return len(self.places)

    @property
    def outputs(self) -> int:
        return len(self.outgoing)

    @property
    def dead(self) -> tuple[float, ...]:
        """The inputs of a dead unit."""
        return (0.0,) * self.inputs

    @property
    def dies_alone(self) -> bool:
        """Whether a dead unit is critical, and its inputs cannot move but for a constant's bias."""
        value, gradient, hessian = self.at.evaluate(self._with(np.zeros(self.inputs)))
        pull = hessian[np.ix_(self.places, self.outgoing)]
        rest, size = np.linalg.norm(gradient[self.outgoing]), np.abs(pull).max()
        rank = np.linalg.matrix_rank(pull, ROOT * size) if size else 0
        constant = bool(self.biased and np.abs(pull[-1]).max() <= ROOT * size)
        return bool(rest <= ROOT * math.sqrt(2.0 * value) and self.inputs - rank == constant)

    def is_constant(self, root: Array) -> bool:
        """Whether a unit is constant: no inputs, any bias."""
        return self.biased and float(np.abs(root[:-1]).max(initial=0.0)) <= APART

    def _with(self, inputs: Array) -> Array:
        """The weights (d,) with these inputs."""
        theta = self.embedding.lift(self.at.model, self.base)
        theta[self.places] = inputs
        return theta

    def root(self, start: Array) -> Array | None:
        """Shortest Newton steps to a root; None where they do not contract."""
        w = start
        for _ in range(ROOT_STEPS):
            value, gradient, hessian = self.at.evaluate(self._with(w))
            pull = hessian[np.ix_(self.outgoing, self.places)]
            step = -np.linalg.lstsq(pull, gradient[self.outgoing], rcond=None)[0]
            w = w + step
            size = 1.0 + float(np.linalg.norm(w))
            if not size < FARTHEST:
                return None
            if float(np.linalg.norm(step)) < ROOT * size:
                rest = float(np.linalg.norm(gradient[self.outgoing]))
                return w if rest <= ROOT * math.sqrt(2.0 * value) else None
        return None

    def is_new(self, root: Array, found: Sequence[Array]) -> bool:
        """Whether a root is none of a working unit, of zero, or one that is known."""
        others = [*self.working, 0.0 * root, *found]
        near = APART * (1.0 + float(np.linalg.norm(root)))
        signs = (1.0, -1.0) if self.flips else (1.0,)
        return all(np.linalg.norm(root - s * other) > near for other in others for s in signs)

    def canonical(self, root: Array) -> Array:
        """The image under a flip whose first input is positive."""
        return -root if self.flips and root[0] < 0.0 else root
