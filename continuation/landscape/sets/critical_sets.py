"""Critical sets of the loss as values: points, manifolds, ends (docs/theory.md, Critical sets)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike

from continuation.arrays import Array
from continuation.errors import InvalidInputError
from continuation.landscape.infinity import LimitModel
from continuation.landscape.network import Conditions, Stabiliser, Units
from continuation.landscape.sets.kinds import INFINITY, ISOLATED, LINE, POINT, VALLEY
from continuation.landscape.sets.manifolds import Embedding, Piece
from symbolic import AnyKernels, Model, load_kernels


@dataclass(frozen=True)
class Segment:
    """A piece of a split line v₁ = λ v*, v₂ = (1 − λ) v*.

    Attributes
    ----------
    lower, upper : float
        Range of λ.
    transverse_curvature : float
        λ(1−λ) v* Σ ω r φ''(w* x) x² at λ = 1/2 (inside) or λ = 2 (outside); with a hidden
        bias the smallest eigenvalue of the corresponding matrix.
    index : int
        Number of descending directions across the piece; 0 means that it attracts.
    """

    lower: float
    upper: float
    transverse_curvature: float
    index: int


@dataclass(frozen=True)
class EvidenceBranch:
    """The branch that a region label rests on, from the set to the lowest noise that it reaches.

    Attributes
    ----------
    noise : tuple of float, length m
    state : tuple of tuple of float, (m, k)
        What was followed, see `SetBranch.state`.
    distance : tuple of float, length m
        L² distance of the network function to the teacher, over the population.
    """

    noise: tuple[float, ...]
    state: tuple[tuple[float, ...], ...] = field(repr=False)
    distance: tuple[float, ...] = field(repr=False)


@dataclass(frozen=True)
class RegionEvidence:
    """What a region label rests on.

    Attributes
    ----------
    units, required : int
        Units of the network function (at infinity of its limit), and H* of the teacher.
    optimum_loss : float
        L(Θ*) on the same data.
    lowest_noise : float
        Where the branch towards zero noise ended.
    distance : float
        L² distance of the network function there to the teacher, over the population.
    slope : float
        Exponent k of distance ~ σ^k at the end of the branch; nan where it was not reached.
    tends_to_teacher : bool
    reason : str
    branch : EvidenceBranch or None
        None where nothing was followed: at zero noise, where the set cannot be followed, and where
        the number of units decides.
    """

    units: int
    required: int
    optimum_loss: float
    lowest_noise: float = float("nan")
    distance: float = float("nan")
    slope: float = float("nan")
    tends_to_teacher: bool = False
    reason: str = ""
    branch: EvidenceBranch | None = field(default=None, repr=False)


@dataclass(frozen=True, eq=False)
class CriticalSet:
    """One critical set of the loss, modulo symmetry.

    Attributes
    ----------
    kind : {"point", "line", "manifold", "infinity"}
        A line has one free parameter, a manifold two or more.
    subkind : str
        "isolated", "origin", "dead unit", "silent unit"; with free shares "split line", "split
        plane" (two), "split manifold", "valley"; with a hidden bias "silent curve", "silent
        manifold"; at infinity "confluence", "step", "linear", "corner".
    label : str
        Short text, unique within one result, such as "split line 2".
    model : Model
    theta : ndarray, shape (d,), or None
        Representative; on a line or manifold the point with equal shares (λ = 1/2); None at
        infinity.
    limit : LimitModel or None
        At infinity. It is also a mapping of its parameters: confluence {w, a, b}, linear
        {w, v, c}, step {w, v, s}, corner {c, c3} or {c, s}; one unit's ends lack w and v.
    loss, excess_risk : float
        Loss on the data; loss on the population without noise (nan without a teacher).
    eigenvalues : ndarray
        Of the Hessian at θ; at infinity of the limit model's. Like all second derivatives here in
        units that fit the data (docs/theory.md, Units).
    inertia : tuple of int
        Negative, zero, positive; at infinity the signs of the normal derivatives are included.
    normal_derivatives : tuple of float
        At infinity: derivative of the loss in the coordinates that vanish there.
    attracting : bool
        A line or manifold attracts if one of its pieces does.
    region : str
        "plateau", "near-optimal", "overfitting", "other" or "unlabelled".
    orbit_size : int
        Number of images under the symmetry.
    stabiliser : Stabiliser
        Symmetries that map the set to itself.
    segments : tuple of Segment
        Pieces of a split line.
    base : ndarray or None
        Weights of the smaller network this set is an embedding of.
    embedding : Embedding or None
        How it lies over them: copied, silent and dead units.
    pieces : tuple of Piece
        Pieces of a line or manifold, with their transverse indices.
    conditions : Conditions
        noise, size and weight_decay at which the set was found.
    evidence : RegionEvidence or None
        What the region rests on.
    error_bound : ndarray or None
        How far each weight (d,) may be from that of the true critical point, across a line or
        manifold; at infinity each of the limit's `unknowns`. inf where the Hessian is too singular
        to say; None where it was not asked: limits that flows were decided to run to, limits of
        hidden biases, files of earlier versions, networks of more than 100 weights.
    """

    kind: str
    subkind: str
    label: str
    model: Model = field(repr=False)
    theta: Array | None
    limit: LimitModel | None
    loss: float
    excess_risk: float
    eigenvalues: Array = field(repr=False)
    inertia: tuple[int, int, int]
    attracting: bool
    orbit_size: int = 1
    stabiliser: Stabiliser = field(default=Stabiliser(1), repr=False)
    normal_derivatives: tuple[float, ...] = ()
    region: str = "unlabelled"
    segments: tuple[Segment, ...] = field(default=(), repr=False)
    base: Array | None = field(default=None, repr=False)
    embedding: Embedding | None = field(default=None, repr=False)
    pieces: tuple[Piece, ...] = field(default=(), repr=False)
    conditions: Conditions = field(default=Conditions(), repr=False)
    evidence: RegionEvidence | None = field(default=None, repr=False)
    error_bound: Array | None = field(default=None, repr=False)

    @property
    def is_point(self) -> bool:
        """Whether it is one point in the weights."""
        return self.kind == POINT

    @property
    def is_line(self) -> bool:
        """Whether it has one free parameter."""
        return self.kind == LINE

    @property
    def at_infinity(self) -> bool:
        """Whether it is a critical point of a limit model."""
        return self.kind == INFINITY

    @property
    def is_isolated(self) -> bool:
        """Whether all its units work and differ."""
        return self.subkind == ISOLATED

    @property
    def weights(self) -> Array:
        """Representative weights θ (d,).

        Raises
        ------
        InvalidInputError
            At infinity, where there are none.
        """
        if self.theta is None:
            raise InvalidInputError(f"{self.label or self.subkind} is at infinity, without weights")
        return self.theta

    @property
    def end(self) -> LimitModel:
        """The limit model of a set at infinity.

        Raises
        ------
        InvalidInputError
            For a set in the weights, which has none.
        """
        if self.limit is None:
            raise InvalidInputError(f"{self.label or self.subkind} is not at infinity")
        return self.limit

    @property
    def smaller(self) -> tuple[Array, Embedding]:
        """The point (d₀,) of a smaller network that the set lies over, and its embedding.

        Raises
        ------
        InvalidInputError
            For a genuine set of this network, or one at infinity.
        """
        if self.base is None or self.embedding is None:
            raise InvalidInputError(f"{self.label or self.subkind} is over no smaller network")
        return self.base, self.embedding

    @property
    def largest_error(self) -> float:
        """Largest of the error bounds; inf where nothing is known."""
        return np.inf if self.error_bound is None else float(self.error_bound.max(initial=0.0))

    @property
    def index(self) -> int:
        """Number of descending directions."""
        return self.inertia[0]

    @property
    def nullity(self) -> int:
        """Dimension of the Hessian's kernel; 1 on a split line."""
        return self.inertia[1]

    @property
    def dimension(self) -> int:
        """Free parameters of the set: 0 for points and at infinity, 1 for lines."""
        if self.subkind == VALLEY:
            return self.nullity
        return 0 if self.embedding is None else self.embedding.dimension

    @property
    def free_parameters(self) -> tuple[str, ...]:
        """Names of the coordinates on the set, see `Embedding`."""
        return () if self.embedding is None else self.embedding.free_parameters

    def rescaled(self, units: Units) -> CriticalSet:
        """The same set, given in `units`, in the ones that these are multiples of."""
        return replace(
            self,
            theta=None if self.theta is None else units.weights(self.theta),
            limit=None if self.limit is None else self.limit.rescaled(units),
            base=None if self.base is None else units.weights(self.base),
            embedding=None if self.embedding is None else self.embedding.rescaled(units),
            loss=self.loss * units.loss,
            error_bound=self._rescaled_errors(units),
        )

    def _rescaled_errors(self, units: Units) -> Array | None:
        if self.error_bound is None or self.limit is None:
            return None if self.error_bound is None else units.weights(self.error_bound)
        return self.limit.at(self.error_bound).rescaled(units).unknowns

    def __str__(self) -> str:
        if self.theta is None:
            place = "" if self.limit is None else self.limit.text()
        else:
            place = np.array2string(self.theta, precision=5)
        attracts = ", attracting" if self.attracting else ""
        return (
            f"{self.label}: index {self.index}{attracts}, loss {self.loss:.6g}, {self.region}, "
            f"orbit of {self.orbit_size}, {place}"
        )

    def outputs(self, x: ArrayLike) -> Array:
        """Network function of the set, at infinity its limit; shape (m,) for inputs (m,)."""
        state = self.weights if self.limit is None else self.limit.unknowns
        return self.outputs_at(state[None], x)[0]

    def outputs_at(self, states: Array, x: ArrayLike) -> Array:
        """Network functions with other weights, at infinity of other limits of the same kind.

        Parameters
        ----------
        states : ndarray, shape (k, s)
            Weights, or unknowns of the limit model.
        x : array_like, shape (m,)

        Returns
        -------
        ndarray, shape (k, m)
        """
        x = np.asarray(x, dtype=np.float64)
        if self.limit is not None:
            return self.limit.outputs_at(states, self.model, x)
        kernels = _kernels(self.model)
        return np.stack([kernels.outputs(theta, x) for theta in np.array(states)])


@lru_cache(maxsize=32)
def _kernels(model: Model) -> AnyKernels:
    """The kernels, without a look at their file for every set."""
    return load_kernels(model)
