"""The arrays of one run, and the corrector bound to them: compiled, plain or sparse."""

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from scipy import linalg, sparse

from continuation import corrector, step_arrays, stepper
from continuation.arrays import as_point
from continuation.bordered_sparse import BorderedSparse, SparseJacobian, SparsePencil
from continuation.compilation import address_of
from continuation.compiled_problem import CompiledProblem
from continuation.conservation import held
from continuation.corrector import CONVERGED, EXHAUSTED, NOT_FINITE, SINGULAR, SLOW
from continuation.eigenvalues import spectrum
from continuation.fitting import farthest, fitting, measured, shortened
from continuation.linalg import zero_tolerance
from continuation.options import STEP, NewtonOptions, StepOptions
from continuation.pencil import Pencil
from continuation.problem import AnyProblem
from continuation.rates import counts
from continuation.scaling import Units

__all__ = ["MESSAGES", "Samples", "Workspace"]

Array = np.ndarray

#: Status of a correction -> what happened and what to do.
MESSAGES = {
    CONVERGED: "converged",
    SLOW: "Newton stopped contracting: start nearer to the solution, or take smaller steps.",
    NOT_FINITE: "the residual is not finite: the equations left their domain; start elsewhere, "
    "or narrow the limits.",
    EXHAUSTED: "no convergence within the iterations: start nearer, or raise max_iterations.",
    SINGULAR: "the Jacobian is singular: start away from folds and branch points, "
    "or use switch_branch.",
}


#: A diverging Newton iteration may overflow; that is a status, not a warning.
QUIET: Any = {"over": "ignore", "invalid": "ignore", "divide": "ignore"}
#: A matrix in units that fit it, whose smallest singular value is above this, is regular.
REGULAR = 1e-10
#: Tangents of this relative length were measured in the units in use.
SAME_UNITS = 1e-6
#: Relative size up to which an eigenvalue along a family of solutions is zero.
FAMILY_ZERO = 1e-6
#: Number of unknowns up to which their norm is that of one that counts as 1.
PLAIN_DIMENSION = 64


#: Entries of the Jacobians that a compiled run keeps for their eigenvalues: 16 MB.
KEPT_NUMBERS = 2**21
NOT_COUNTED = np.array(-1)
_PLAIN = (stepper.advance, corrector.correct)


@dataclass(frozen=True)
class Samples:
    """Consecutive points of a branch, as arrays with one row a sample.

    Attributes
    ----------
    x : (m, n) ndarray
    p : (m,) ndarray
    tangent : (m, n + 1) ndarray
    eigenvalues : (m, k) ndarray
        Ascending; complex, by real part, where the problem is not symmetric.
    negative : (m,) ndarray
        Number of negative pivots of a sparse symmetric Jacobian, else -1 (count eigenvalues).
    statistics : (m, 6) ndarray
        Columns of `stepper`: length, Newton iterations, remaining residual, smallest singular
        value, scale of rounding, next step length.
    """

    x: Array = field(repr=False)
    p: Array = field(repr=False)
    tangent: Array = field(repr=False)
    eigenvalues: Array = field(repr=False)
    negative: Array = field(repr=False)
    statistics: Array = field(repr=False)

    def __len__(self) -> int:
        return int(self.p.size)

    def __getitem__(self, rows: slice) -> "Samples":
        return Samples(*(a[rows] for a in self.arrays()))

    def arrays(self) -> tuple[Array, ...]:
        """The six arrays, in the order of the attributes."""
        return self.x, self.p, self.tangent, self.eigenvalues, self.negative, self.statistics

    def followed_by(self, other: "Samples") -> "Samples":
        """Both, one after the other."""
        return joined([self, other])


def joined(parts: list[Samples]) -> Samples:
    """One `Samples` of several consecutive ones."""
    return Samples(*(np.concatenate(a) for a in zip(*(s.arrays() for s in parts), strict=True)))


class Workspace:
    """A problem with the scratch arrays of the corrector.

    Parameters
    ----------
    problem : Problem or CompiledProblem
    x : (n,) ndarray
        A state at which to look whether the Jacobian is sparse.
    p : float
    newton : NewtonOptions
    step : StepOptions
    limits : (float, float)
        Of the parameter.
    """

    def __init__(
        self,
        problem: AnyProblem,
        x: Array,
        p: float,
        newton: NewtonOptions,
        step: StepOptions = STEP,
        limits: tuple[float, float] = (-np.inf, np.inf),
    ) -> None:
        n = x.size
        self.n = n
        self.step, self.newton, self.problem = step, newton, problem
        z = as_point(x, p)
        self._measure(z)  # before anything is differenced
        has_kernel = isinstance(problem, CompiledProblem)
        self.is_compiled = has_kernel and problem.symmetric
        self.is_sparse = not has_kernel and sparse.issparse(self.problem.jacobian(x, p))
        self.F, self.Fp, self.R = np.zeros(n), np.zeros(n), np.zeros((n + 1, 2), order="F")
        self.degrees = problem.degrees(n)  # number of eigenvalues there are
        self.J: Any = self._room_for_jacobian(n)
        self.B: Any = BorderedSparse() if self.is_sparse else np.zeros((n + 1, n + 1), order="F")
        self.report = np.zeros(6)
        self.gauge = np.zeros((0, 0))
        self.family, self.scale = 0, 0.0
        self.options = corrector_options(newton, step, limits)
        self.options[corrector.SYMMETRIC] = problem.symmetric
        self.options[corrector.FARTHEST] = farthest(problem, step, limits)
        loops: Any = stepper.compiled()[:2] if self.is_compiled else _PLAIN
        self._advance, self._correct = loops
        self.problem = held(self.problem, x, p)
        units = fitting(self.problem, z, step, limits)
        self.problem = shortened(self.problem, z, units)
        self.use(units)

    def _measure(self, z: Array) -> None:
        """Find the lengths over which F changes, where it is differenced."""
        self.problem = measured(self.problem, z, self.step.state_scale)

    def use(self, units: Units) -> None:
        """Measure arclength, Newton steps, residuals and differences in these units."""
        self.units = units
        self.weight = units.columns**-2.0
        self.weight[:-1] /= max(1.0, self.n / PLAIN_DIMENSION)
        is_plain = (units.rows == 1.0).all() and (units.columns[:-1] == 1.0).all()
        self.rows = np.zeros(0) if is_plain else units.rows
        if not self.problem.differenced and (units.columns != 1.0).any():
            self.problem = self.problem.measured(units.columns)
        self._bind()

    def _bind(self) -> None:
        problem = self.problem
        kernel: Any = address_of(problem.kernel) if self.is_compiled else problem.kernel
        self._bound = (kernel, problem.constants, problem.data, problem.work)

    def _room_for_jacobian(self, n: int) -> Any:
        has_mass = self.problem.mass is not None
        if self.is_sparse and has_mass:
            return SparsePencil(n, self.problem.mass, self.degrees)
        if self.is_sparse:
            return SparseJacobian(n, self.problem.symmetric)
        return Pencil.of(self.problem.mass_matrix(n)) if has_mass else np.zeros((n, n))

    def adapt(self, z: Array, units: Units) -> bool:
        """Use other units from z = (x, p), (n + 1,), on; False where they are those in use."""
        if units is self.units:
            return False
        self._measure(z)
        self.problem = shortened(self.problem, z, units)
        self.use(units)
        return True

    def size_of(self, x: Array) -> float:
        """What distances from a state (n,) are compared with, in units of the run."""
        length = self.norm(np.append(x, 0.0))
        return float(corrector.size_of(length, self.options[corrector.FARTHEST]))

    def residual_norm(self, z: Array) -> float:
        """|F| at z = (x, p) in the units of the run."""
        f = np.asarray(self.problem.residual(z[:-1], float(z[-1])), dtype=float)
        return float(np.linalg.norm(f * self.units.rows))

    def fix(self, z: Array, k: int) -> Array:
        """Hold the k directions in which dF/dx is singular at z, all along a family of solutions.

        Adding ψφᵀ makes the bordered matrix regular and leaves the other components alone. Returns
        the directions φ, shape (k, n), orthonormal.
        """
        u, s, vt = linalg.svd(self.problem.jacobian(z[:-1], float(z[-1])))
        self.gauge = np.ascontiguousarray(max(s[0], 1.0) * u[:, -k:] @ vt[-k:])
        self.family, self.scale = k, max(self.scale, float(s[0]))
        return np.asarray(vt[-k:])

    def _without_family(self, values: Array) -> Array:
        """Eigenvalues (m, k) with those along the family made exactly zero, where they are small.

        They are so up to the last Newton step, after which the Jacobian is not taken again.
        """
        if not self.family:
            return values
        size = np.abs(values)
        along = np.argsort(size, axis=1)[:, : self.family]
        small = np.take_along_axis(size, along, 1) <= FAMILY_ZERO * self.scale
        kept = np.take_along_axis(values, along, 1)
        np.put_along_axis(values, along, np.where(small, 0.0, kept), 1)
        return values

    @property
    def parameter_unit(self) -> float:
        """What counts as 1 in the parameter."""
        return float(self.units.columns[-1])

    @property
    def iterations(self) -> int:
        """Newton iterations of the last correction."""
        return int(self.report[corrector.ITERATIONS])

    @property
    def last_step(self) -> float:
        """Length of the last Newton step."""
        d = self.R[:, 0]
        return float(np.sqrt(d @ d))

    def inner(self, u: Array, v: Array) -> float:
        """Weighted inner product of two vectors (n + 1,)."""
        return float((u * self.weight) @ v)

    def norm(self, u: Array) -> float:
        """Weighted norm of a vector (n + 1,)."""
        return float(np.sqrt(self.inner(u, u)))

    def _quietly(self) -> AbstractContextManager[None]:
        return nullcontext() if self.is_compiled else np.errstate(**QUIET)

    def correct(
        self, y: Array, base: Array, t: Array, contraction: float = corrector.BRANCH_CONTRACTION
    ) -> int:
        """Newton onto the branch within the plane through `base` normal to `t`; y in place."""
        self.options[corrector.MAX_CONTRACTION] = contraction
        base, t = np.ascontiguousarray(base), np.ascontiguousarray(t)
        with self._quietly():
            status = self._correct(
                *self._bound, y, base, t, self.weight, self.rows, self.gauge, self.options,
                self.F, self.J, self.Fp, self.B, self.R, self.report,
            )  # fmt: skip
        self.options[corrector.MAX_CONTRACTION] = corrector.BRANCH_CONTRACTION
        return int(status)

    def correct_at_parameter(self, z: Array, contraction: float = np.inf) -> int:
        """Newton at the parameter z[-1], held; z in place."""
        t = np.zeros(self.n + 1)
        t[-1] = 1.0
        return self.correct(z, z.copy(), t, contraction)

    def tangent(self, reference: Array) -> Array:
        """Unit tangent at the point corrected last, oriented as `reference`."""
        t = np.empty(self.n + 1)
        step_arrays.orient(t, self.R, reference, self.weight)
        return t

    def spectrum(self) -> tuple[Array, int, float]:
        """Eigenvalues, negative pivots (-1 if not counted), smallest singular value.

        At the last evaluation of the Jacobian.
        """
        if self.is_compiled:  # as for every other sample, to the last bit
            several = np.empty((1, self.n))
            least = self._spectra(self.J[None].copy(), several)
            return self._without_family(several)[0], -1, float(least[0])
        w, wi = np.zeros((2, self.eigenvalue_count))
        smallest = spectrum(self.J, self.problem.symmetric, w, wi, self.rows, self.weight)
        values, negative = _eigenvalues(w[None], wi[None], self.problem.symmetric, self.has_few)
        return self._without_family(values)[0], int(np.ravel(negative)[0]), smallest

    def _spectra(self, matrices: Array, values: Array) -> Array:
        """Eigenvalues of symmetric matrices (m, n, n), destroyed, into `values` (m, n).

        Returns
        -------
        (m,) ndarray
            Smallest singular values, in the units of the run where its equations have some.
        """
        smallest = np.empty(len(matrices))
        in_units = self.rows[:, None] * matrices * self.units.columns[:-1] if self.rows.size else ()
        stepper.compiled().spectra(matrices, values, smallest)
        return np.linalg.svd(in_units, compute_uv=False)[:, -1] if len(in_units) else smallest

    @property
    def eigenvalue_count(self) -> int:
        """Eigenvalues kept per sample: all, or those nearest to zero of a large sparse Jacobian."""
        return self.J.count if self.is_sparse else self.degrees

    @property
    def has_few(self) -> bool:
        """Whether a sample has only some of its eigenvalues."""
        return self.eigenvalue_count < self.degrees

    def advance(self, vectors: Array, control: Array, capacity: int, window: Samples) -> Samples:
        """`window` and up to `capacity` samples more, from the state (vectors, control).

        The state is carried on.
        """
        n, k, w = self.n, self.eigenvalue_count, len(window)
        if self.is_compiled:
            capacity = min(capacity, max(1, KEPT_NUMBERS // n**2))
        widths = ((n,), (), (n + 1,), (k,), (k,), (6,))
        arrays = [np.empty((w + capacity, *width)) for width in widths]
        X, P, T, W, WI, statistics = (a[w:] for a in arrays)
        kept = np.empty((capacity, n, n) if self.is_compiled else (0, 0, 0))
        with self._quietly():
            m = self._advance(
                *self._bound, vectors, self.weight, self.rows, self.gauge, self.options, control,
                self.F, self.J, self.Fp, self.B, self.R, self.report, X, P, T, W, WI,
                statistics, kept,
            )  # fmt: skip
        if self.is_compiled:
            statistics[:m, stepper.S_SMALLEST] = self._spectra(kept[:m], W[:m])
        values, negative = _eigenvalues(W[:m], WI[:m], self.problem.symmetric, self.has_few)
        values = self._without_family(values)
        return _filled(window, arrays, m, values, negative)

    def counts(self, samples: Samples) -> tuple[Array, bool]:
        """Numbers of negative, zero and positive rates (m, 3); whether nothing can have happened.

        Where dF/dx is regular in the units of the run no rate is zero, however slow beside others.
        The second is true only where no special point can lie on or between the samples.
        """
        problem = self.problem
        if not self.is_compiled or problem.is_map or self.rows.size:
            dense = bool(self.rows.size) and not self.is_sparse
            regular = (samples.statistics[:, stepper.S_SMALLEST] > REGULAR) & dense
            values, negative = samples.eigenvalues, samples.negative
            return counts(problem, values, negative, self.degrees, regular), False
        table = np.empty((len(samples), 3), dtype=np.int64)
        values, tangents = map(np.ascontiguousarray, (samples.eigenvalues, samples.tangent))
        return table, stepper.compiled().screened(
            values, tangents, zero_tolerance(1.0, self.n), table
        )

    def in_units(self, samples: Samples) -> Samples:
        """The same samples, tangents and lengths measured in the units in use."""
        z = np.column_stack([samples.x, samples.p])
        size = np.sqrt(samples.tangent**2 @ self.weight)[:, None]
        if np.abs(size - 1.0).max() <= SAME_UNITS:
            return samples
        statistics = samples.statistics.copy()
        statistics[1:, stepper.S_LENGTH] = np.sqrt(np.diff(z, axis=0) ** 2 @ self.weight)
        return replace(samples, tangent=samples.tangent / size, statistics=statistics)

    def sample(
        self, z: Array, tangent: Array, following: float, spectrum: tuple[Array, int, float]
    ) -> Samples:
        """The point corrected last, as the first sample of a branch."""
        values, negative, smallest = spectrum
        row = np.zeros((1, 6))
        row[0, stepper.S_NEXT] = following
        row[0, stepper.S_ITERATIONS] = self.iterations
        row[0, stepper.S_REMAINING] = self.report[corrector.REMAINING]
        row[0, stepper.S_SMALLEST] = smallest
        row[0, stepper.S_ROUNDING] = self.report[corrector.ROUNDING]
        return Samples(
            z[None, :-1].copy(), z[-1:].copy(), tangent[None].copy(), values[None],
            np.array([negative]), row,
        )  # fmt: skip


def _filled(
    window: Samples, arrays: list[Array], m: int, values: Array, negative: Array
) -> Samples:
    """The window and the m samples behind the room left for it in the arrays."""
    w = len(window)
    x, p, tangent, eigenvalues, _, statistics = arrays
    if np.iscomplexobj(values):
        eigenvalues = np.empty(eigenvalues.shape, dtype=complex)
    if values.base is not arrays[3]:
        eigenvalues[w : w + m] = values
    signs = np.empty(w + m, dtype=np.int64)
    signs[w:] = negative
    filled = Samples(*(a[: w + m] for a in (x, p, tangent, eigenvalues, signs, statistics)))
    for new, old in zip(filled.arrays(), window.arrays(), strict=True):
        new[:w] = old
    return filled


def _eigenvalues(w: Array, wi: Array, symmetric: bool, few: bool) -> tuple[Array, Array]:
    """Eigenvalues in order, and the number of negative pivots: -1 where it is not counted."""
    if not symmetric:
        return np.sort_complex(w + 1j * wi), NOT_COUNTED
    # a large sparse symmetric Jacobian hands its count of negative pivots over in wi
    return (np.sort(w, axis=1), wi[:, 0].astype(int)) if few else (w, NOT_COUNTED)


def corrector_options(
    newton: NewtonOptions, step: StepOptions, limits: tuple[float, float]
) -> Array:
    """Options as the compiled loops read them, of a problem that is not symmetric."""
    options = np.zeros(12)
    options[corrector.STEP_TOLERANCE] = newton.step_tolerance
    options[corrector.RESIDUAL_TOLERANCE] = newton.residual_tolerance
    options[corrector.MAX_ITERATIONS] = newton.max_iterations
    options[corrector.MIN_STEP], options[corrector.MAX_STEP] = step.minimum, step.maximum
    options[corrector.COS_MAX_ANGLE] = np.cos(step.max_angle)
    options[corrector.TARGET_ANGLE] = step.max_angle / 2
    options[corrector.LOWER], options[corrector.UPPER] = limits
    options[corrector.MAX_CONTRACTION] = corrector.BRANCH_CONTRACTION
    options[corrector.FARTHEST] = np.inf
    return options
