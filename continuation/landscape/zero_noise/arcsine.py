"""Units of erf on Gaussian inputs: the population loss in closed form, for any number of inputs.

For x ~ N(0, 1) in every direction and s(u) = erf(u/√2), E s(a·x) s(b·x) = (2/π) asin(q) with
q = a·b / √((1 + |a|²)(1 + |b|²)): what quadrature needs a grid for, which has as many dimensions as
there are inputs, is an arcsine for each pair of units.

References
----------
C. K. I. Williams, *Advances in NIPS* 9 (1997) 295.
D. Saad and S. A. Solla, *Phys. Rev. E* 52 (1995) 4225.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike

from continuation.arrays import Array
from continuation.errors import InvalidInputError
from continuation.landscape.network import as_weights
from symbolic import Model


@dataclass(frozen=True, eq=False)
class ErfPopulation:
    """L(θ) = ½ E (f(x; θ) − T(x))² of one layer of erf units without bias, T = Σ t erf(b·x).

    Parameters
    ----------
    model : Model
        `Model.mlp` with one hidden layer of erf, one output, squared error, and neither biases nor
        offset; output weights free or given. Inputs are N(0, input_scale²), independent.
    teacher : array_like, shape (m, d)
        Input weights b of the teacher's units.
    outputs : array_like, shape (m,), optional
        Their output weights t; ones if omitted.

    Raises
    ------
    InvalidInputError
        Another model, or arrays that do not fit it.
    """

    model: Model
    teacher: ArrayLike = field(repr=False)
    outputs: ArrayLike | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        network = self.model.layered
        fits = (len(network.hidden), network.outputs, network.loss) == (1, 1, "squared")
        if not fits or network.activations != ("erf",) or network.bias or network.offset:
            raise InvalidInputError(
                "the closed form is for one hidden layer of erf units without biases and offset, "
                "one output and squared error"
            )
        if self.model.input_law != "normal":
            raise InvalidInputError(
                f"the closed form is for normal inputs, not for {self.model.input_law} ones"
            )
        b = np.array(self.teacher, dtype=np.float64)
        t = np.ones(len(b)) if self.outputs is None else np.array(self.outputs, dtype=np.float64)
        if b.ndim != 2 or b.shape[1] != network.inputs or t.shape != b.shape[:1]:
            raise InvalidInputError(
                f"a teacher for {network.inputs} inputs has input weights of shape "
                f"(m, {network.inputs}) and m output weights, not {b.shape} and {t.shape}"
            )
        object.__setattr__(self, "teacher", b)
        object.__setattr__(self, "outputs", t)

    def value(self, theta: ArrayLike) -> float:
        """Loss L(θ), of weights (d,)."""
        return self.evaluate(theta)[0]

    def gradient(self, theta: ArrayLike) -> Array:
        """∇L(θ), shape (d,)."""
        return self.evaluate(theta)[1]

    def hessian(self, theta: ArrayLike) -> Array:
        """∇²L(θ), shape (d, d)."""
        return self.evaluate(theta)[2]

    def evaluate(self, theta: ArrayLike) -> tuple[float, Array, Array]:
        """Loss, gradient (d,) and Hessian (d, d)."""
        weights, _ = self.model.unpack(as_weights(self.model, theta))
        scale = np.sqrt(2.0) * self.model.input_scale
        a, v = scale * weights[0].T, weights[1][:, 0]
        b, t = scale * np.asarray(self.teacher), np.asarray(self.outputs)
        mine, theirs = _Pairs.of(a, a), _Pairs.of(a, b)
        pull = np.einsum("j,ijx->ix", v, mine.slope) - np.einsum("m,imx->ix", t, theirs.slope)
        fit = mine.mean @ v - theirs.mean @ t
        value = 0.5 * float(v @ mine.mean @ v + t @ _Pairs.of(b, b).mean @ t) - float(
            v @ theirs.mean @ t
        )
        inner = _inner(v, t, mine, theirs)
        mixed = v[:, None, None] * mine.slope.swapaxes(1, 2)  # unit, input, output weight
        h, d = a.shape
        mixed[np.arange(h), :, np.arange(h)] += pull
        gradient = np.concatenate([(scale * v[:, None] * pull).T.ravel(), fit])
        hessian = np.empty((h * d + h,) * 2)
        hessian[: h * d, : h * d] = scale**2 * inner.transpose(1, 0, 3, 2).reshape(h * d, h * d)
        across = scale * mixed.transpose(1, 0, 2).reshape(h * d, h)
        hessian[: h * d, h * d :], hessian[h * d :, : h * d] = across, across.T
        hessian[h * d :, h * d :] = mine.mean
        free = self.model.dimension
        return value, gradient[:free], hessian[:free, :free]


@dataclass(frozen=True, eq=False)
class _Pairs:
    """Means of products of units, with derivatives: of each a (h, d) with each b (m, d).

    Attributes
    ----------
    mean : ndarray, shape (h, m)
    slope : ndarray, shape (h, m, d)
        By a.
    bend, mixed : ndarray, shape (h, m, d, d)
        Second derivatives by a twice, and by a and b.
    """

    mean: Array
    slope: Array
    bend: Array
    mixed: Array

    @classmethod
    def of(cls, a: Array, b: Array) -> _Pairs:
        dot, one = a @ b.T, np.eye(a.shape[1])
        left, right = 1.0 + (a**2).sum(axis=1)[:, None], 1.0 + (b**2).sum(axis=1)
        mean = 2.0 / np.pi * np.arcsin(dot / np.sqrt(left * right))
        root = np.sqrt(left * right - dot**2)[..., None, None]
        first = 2.0 / np.pi / root
        x, y = a[:, None, :], b[None, :, :]
        c, big, other = dot[..., None], left[..., None], right[None, :, None]
        along = y - c / big * x
        slope = first[..., 0] * along
        by_a, by_b = -(other * x - c * y), -(big * y - c * x)
        xx = np.einsum("ijk,ijl->ijkl", x + 0.0 * y, x + 0.0 * y)
        xy = np.einsum("ijk,ijl->ijkl", x + 0.0 * y, y + 0.0 * x)
        c4, big4 = c[..., None], big[..., None]
        bend = np.einsum("ijk,ijl->ijkl", along, by_a) / root**2
        bend = first * (bend - xy / big4 + 2.0 * c4 / big4**2 * xx - c4 / big4 * one)
        mixed = np.einsum("ijk,ijl->ijkl", along, by_b) / root**2
        mixed = first * (mixed + one - xx / big4)
        return cls(mean, slope, bend, mixed)


def _inner(v: Array, t: Array, mine: _Pairs, theirs: _Pairs) -> Array:
    """Second derivatives by the input weights of all pairs of units, (h, d, h, d)."""
    inner = (v[:, None, None, None] * v[None, :, None, None] * mine.mixed).transpose(0, 2, 1, 3)
    own = np.einsum("j,ijkl->ikl", v, mine.bend) - np.einsum("m,imkl->ikl", t, theirs.bend)
    for unit, block in enumerate(v[:, None, None] * own):
        inner[unit, :, unit, :] += block
    return inner
