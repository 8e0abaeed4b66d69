"""Problems F(x, p) = 0: plain callables, or a compiled kernel of one fixed signature.

Both offer the same methods and the same `kernel`, which is what the tracer calls. Second and
third derivatives are exact where the problem offers them (`second_derivative`,
`third_derivative`, or the `jet` of a compiled problem), else error-controlled differences.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
from scipy import linalg, sparse

from continuation import differences
from continuation.compilation import KERNEL_SIGNATURE
from continuation.errors import InvalidInputError, UnknownNameError
from continuation.meaning import Meaning
from continuation.pencil import checked_mass, rank_of
from continuation.user_functions import UserFunction, checked_parameters, checked_states

__all__ = [
    "KERNEL_SIGNATURE",
    "AnyProblem",
    "CompiledProblem",
    "Problem",
    "check_derivatives",
    "check_values",
]

Array = np.ndarray
Kernel = Callable[..., float]

#: Largest relative disagreement between given and differenced derivatives that passes the check.
DERIVATIVE_TOLERANCE = 1e-6
#: A length for differences below this part of the number it is added to would cost digits.
RELATIVE_LENGTH = 1e-3


class AnyProblem:
    """What both kinds of problem share; the engine depends on nothing else.

    Attributes
    ----------
    symmetric : bool
        The Jacobian is symmetric: real eigenvalues, no Hopf points.
    is_map : bool
        F(x, p) = G(x, p) - x for a map G: flips and Neimark-Sacker points are looked for.
    flow_sign : float
        The flow is x' = flow_sign F: 1, or -1 where F is the gradient of a potential.
    mass : ndarray, shape (n, n), or None
        The flow is mass x' = F.
    lengths : ndarray, shape (n + 1,), or None
        Lengths of (x, p) over which F changes, for differences; None: 1, or the size of each.
    unit : float or None
        What counts as 1 in the unknowns where no `state_scale` says it; None: found at the start.
    kernel : callable
        Fills F, J and Fp; the signature is `KERNEL_SIGNATURE`.
    """

    lengths: Array | None = None
    unit: float | None = None
    symmetric: bool
    is_map: bool = False
    flow_sign: float = 1.0
    mass: Array | None = None
    kernel: Kernel
    constants: Array
    data: Array
    work: Array

    @property
    def meaning(self) -> Meaning:
        """Names, held parameters and flow, for results."""
        return Meaning(flow_sign=self.flow_sign, is_map=self.is_map)

    def mass_matrix(self, n: int) -> Array:
        """M of M x' = F, shape (n, n)."""
        return np.eye(n) if self.mass is None else self.mass

    def degrees(self, n: int) -> int:
        """Number of differential equations among n."""
        return n if self.mass is None else rank_of(self.mass)

    def trouble(self, x: Array, p: float) -> str:
        """What the user's functions raise at (x, p); empty where they do not."""
        return ""

    def residual(self, x: Array, p: float) -> Array:
        """F(x, p), shape (n,)."""
        raise NotImplementedError

    def jacobian(self, x: Array, p: float) -> Any:
        """dF/dx, shape (n, n)."""
        raise NotImplementedError

    def dresidual_dp(self, x: Array, p: float) -> Array:
        """dF/dp, shape (n,)."""
        raise NotImplementedError

    def full_jacobian(self, z: Array) -> Any:
        """Derivative by z = (x, p): [dF/dx, dF/dp], shape (n, n + 1)."""
        x, p = z[:-1], float(z[-1])
        blocks: Any = [self.jacobian(x, p), np.asarray(self.dresidual_dp(x, p))[:, None]]
        if sparse.issparse(blocks[0]):
            return sparse.hstack(blocks, format="csc")
        return np.hstack(blocks)

    def turned(self, z: Array, v: Array) -> Any:
        """Derivative of `full_jacobian` (n, n + 1) at z in the direction v, both (n + 1,)."""
        return differences.along(lambda h: self.full_jacobian(z + h * v), self._length(z, v))

    def _length(self, z: Array, v: Array) -> float:
        """How far F can be followed from z along v before it changes appreciably."""
        moved = v != 0
        parts = self.lengths_at(z)[moved] / np.abs(v[moved])
        return float(parts.min(initial=np.inf)) if moved.any() else 1.0

    def lengths_at(self, z: Array) -> Array:
        """Lengths (n + 1,) of z = (x, p) over which differences are taken."""
        if self.lengths is None:
            return np.maximum(1.0, np.abs(z))
        return np.maximum(self.lengths, RELATIVE_LENGTH * np.abs(z))

    @property
    def differenced(self) -> dict[str, None]:
        """Names of the first derivatives that are taken by differences."""
        return {}

    def measured(self, lengths: Array) -> "AnyProblem":
        """The same problem, its differences taken over these lengths (n + 1,) of (x, p)."""
        return self

    def exact(self, z: Array, *directions: Array) -> Array | None:
        """D²F or D³F along two or three directions, (n + 1,) each; None where not offered."""
        return None

    def second(self, z: Array, u: Array, v: Array) -> Array:
        """D²F[u, v] at z = (x, p), all (n + 1,): shape (n,)."""
        value = self.exact(z, u, v)
        return np.asarray(self.turned(z, u) @ v) if value is None else value

    def third(self, z: Array, u: Array, v: Array, w: Array) -> Array:
        """D³F[u, v, w] at z = (x, p), all (n + 1,): shape (n,)."""
        value = self.exact(z, u, v, w)
        if value is not None:
            return value
        # differences of differences: a longer step keeps the rounding of the inner one small
        size = 10 * self._length(z, u)
        return np.asarray(differences.along(lambda h: self.second(z + h * u, v, w), size))

    def check(self, x: Array, p: float) -> None:
        """Raise `InvalidInputError` where shapes or values at a start are unusable."""
        check_values(self, x, p)


def check_values(problem: AnyProblem, x: Array, p: float) -> None:
    """Raise `InvalidInputError` where a function has another shape or is not finite at a start."""
    n = x.size
    shapes = (("residual", (n,)), ("jacobian", (n, n)), ("dresidual_dp", (n,)))
    for name, shape in shapes:
        value: Any = getattr(problem, name)(x, p)
        is_sparse: bool = sparse.issparse(value)
        entries: Any = value.data if is_sparse else np.asarray(value)
        found = value.shape if is_sparse else entries.shape
        if found != shape:
            raise InvalidInputError(
                f"{name} returned shape {found} for a state of {n} unknowns, expected {shape}. "
                "Return one number per unknown, the derivative by unknown j in column j."
            )
        if entries.dtype.kind not in "iuf":
            raise InvalidInputError(
                f"{name} must return real numbers, got {entries.dtype}. Split complex equations "
                "into real and imaginary parts."
            )
        if not np.isfinite(entries).all():
            raise InvalidInputError(
                f"{name} is not finite at the start (p = {p:.6g}). "
                "Start inside the domain of the equations."
            )


def kernel_of(residual: Any, jacobian: Any, dresidual_dp: Any) -> Kernel:
    """Three functions of (x, p) in the form the tracer calls."""

    def kernel(
        x: Array, p: float, _c: Array, _d: Array, _w: Array, f: Array, j: Any, fp: Array
    ) -> float:
        f[:] = residual(x, p)
        try:
            j[:] = jacobian(x, p)
        except linalg.LinAlgError:  # outside the domain
            f[:] = np.nan
        fp[:] = dresidual_dp(x, p)
        return 0.0

    return kernel


@dataclass(frozen=True, eq=False)
class Problem(AnyProblem):
    """F(x, p) = 0 by plain callables.

    Parameters
    ----------
    residual : callable
        F(x, p) -> (n,), for x of shape (n,) and a number p. With `parameters`: F(x, **parameters).
    jacobian : callable, optional
        (x, p) -> (n, n), dense or scipy.sparse; differences where not given. With `parameters`:
        (x, **parameters).
    dresidual_dp : callable, optional
        (x, p) -> (n,); differences where not given. With `parameters`: (x, **parameters), the
        derivative by the parameter that is free.
    symmetric : bool
        The Jacobian is symmetric (gradients): real eigenvalues and exact counts of their signs.
    second_derivative, third_derivative : callable, optional
        (z, u, v) -> D²F[u, v] and (z, u, v, w) -> D³F[u, v, w], shape (n,), with z = (x, p) and
        directions of shape (n + 1,).
    is_map : bool
        F(x, p) = G(x, p) - x; see `map_problem`.
    flow_sign : float
        Stability is that of x' = flow_sign F: 1, or -1 where F is the gradient of a potential.
    states : sequence of str, optional
        Names of the unknowns.
    parameters : mapping of str to float, optional
        Values of all parameters by name; the callables then take them as keywords.
    free : str, optional
        The parameter that is varied; where there are several it must be said.
    mass : (n, n) or (n,) array_like, optional
        Stability is that of M x' = F; M may be singular (differential-algebraic equations of
        index 1).

    Examples
    --------
    >>> problem = Problem(
    ...     lambda x, a, b: a + b * x - x**3, parameters={"a": -2.0, "b": 1.0}, free="a"
    ... )
    >>> problem.freeing("b").meaning.held
    (('a', -2.0),)
    """

    residual: Callable[[Array, float], Any]  # type: ignore[assignment]
    jacobian: Callable[[Array, float], Any] | None = None  # type: ignore[assignment]
    dresidual_dp: Callable[[Array, float], Any] | None = None  # type: ignore[assignment]
    symmetric: bool = False
    second_derivative: Callable[[Array, Array, Array], Array] | None = None
    third_derivative: Callable[[Array, Array, Array, Array], Array] | None = None
    is_map: bool = False
    flow_sign: float = 1.0
    states: Sequence[str] = ()
    parameters: Mapping[str, float] | None = None
    free: str | None = None
    mass: Any = None
    lengths: Array | None = field(default=None, repr=False)
    # what the kernel of a compiled problem reads; a plain one needs none
    constants: Array = field(init=False, repr=False, default_factory=lambda: np.zeros(1))
    data: Array = field(init=False, repr=False, default_factory=lambda: np.zeros((1, 1)))
    work: Array = field(init=False, repr=False, default_factory=lambda: np.zeros((1, 1)))

    def __post_init__(self) -> None:
        for name in ("residual", "jacobian", "dresidual_dp"):
            value = getattr(self, name)
            if not callable(value) and (name == "residual" or value is not None):
                raise InvalidInputError(
                    f"{name} must be a function of (x, p), got {type(value).__name__}."
                )
        if self.parameters is not None and (self.second_derivative or self.third_derivative):
            raise InvalidInputError(
                "second and third derivatives are of functions of (x, p): leave them out where "
                "parameters have names."
            )
        values, free = checked_parameters(self.parameters, self.free)
        checked: dict[str, Any] = {
            "parameters": values,
            "free": free,
            "states": checked_states(self.states),
        }
        checked["mass"] = checked_mass(self.mass, self.symmetric, self.is_map)
        for name in ("residual", "jacobian", "dresidual_dp"):
            given = getattr(self, name)
            if isinstance(given, UserFunction):
                given = given.function
            if isinstance(getattr(given, "__self__", None), Problem):
                given = None  # differences of the problem that this one replaces
            checked[name] = given and UserFunction(name, given, values, free)
        for name, value in checked.items():
            object.__setattr__(self, name, value)
        if self.jacobian is None:
            object.__setattr__(self, "jacobian", self._jacobian_by_differences)
        if self.dresidual_dp is None:
            object.__setattr__(self, "dresidual_dp", self._dp_by_differences)

    @property
    def meaning(self) -> Meaning:
        """Names, held parameters and flow, for results."""
        held = tuple((k, v) for k, v in (self.parameters or {}).items() if k != self.free)
        return Meaning(
            states=tuple(self.states), parameter=self.free or "p", held=held,
            flow_sign=self.flow_sign, is_map=self.is_map, has_mass=self.mass is not None,
        )  # fmt: skip

    def at(self, **values: float) -> "Problem":
        """The same equations with other values of some parameters."""
        known = self._require_parameters(*values)
        return replace(self, **self._given(), parameters={**known, **values})

    def freeing(self, name: str) -> "Problem":
        """The same equations with another parameter free; the others are held at their values."""
        self._require_parameters(name)
        given = self._given()
        if name != self.free:
            given["dresidual_dp"] = None
        return replace(self, **given, free=name)

    def parameter_value(self, name: str) -> float:
        """The value of a parameter, held or free, that the problem was given."""
        return self._require_parameters(name)[name]

    def _given(self) -> dict[str, Any]:
        """The derivatives as they were given: those by differences belong to this instance."""
        return {
            name: value if isinstance(value, UserFunction) else None
            for name, value in (("jacobian", self.jacobian), ("dresidual_dp", self.dresidual_dp))
        }

    def _require_parameters(self, *names: str) -> Mapping[str, float]:
        known = self.parameters
        if known is None:
            raise InvalidInputError(
                "the parameters of this problem have no names: "
                "give them as Problem(f, parameters={'a': 0.0, 'b': 1.0}, free='a')."
            )
        for name in names:
            if name not in known:
                raise UnknownNameError(f"no parameter {name!r}; known are {', '.join(known)}.")
        return known

    def check(self, x: Array, p: float) -> None:
        """Raise `InvalidInputError` where shapes or values at a start are unusable."""
        for name, size in (("states", len(self.states)), ("mass", len(self.mass_matrix(0)))):
            if size not in (0, x.size):
                raise InvalidInputError(f"{name} is for {size} unknowns, the state has {x.size}.")
        for name in ("residual", "jacobian", "dresidual_dp"):
            function = getattr(self, name)
            if isinstance(function, UserFunction):
                try:
                    function.raw(x, p)
                except Exception as error:
                    raise InvalidInputError(
                        f"{function.trouble(error)} at the start ({self.free} = {p:.6g}). "
                        "Start inside the domain of the equations."
                    ) from error
        check_values(self, x, p)

    def trouble(self, x: Array, p: float) -> str:
        """What the user's functions raise at (x, p); empty where they do not."""
        for name in ("residual", "jacobian", "dresidual_dp"):
            function = getattr(self, name)
            if isinstance(function, UserFunction):
                try:
                    function.raw(x, p)
                except Exception as error:  # the user's code may raise anything
                    return f"{function.trouble(error)} at {self.free} = {p:.6g}"
        return ""

    def _jacobian_by_differences(self, x: Array, p: float) -> Array:
        lengths = self.lengths_at(np.append(x, p))[:-1]
        x = np.array(x, dtype=float)
        return differences.jacobian(lambda y: self.residual(y, p), x, lengths)

    def _dp_by_differences(self, x: Array, p: float) -> Array:
        def moved(h: float) -> Array:
            return np.asarray(self.residual(x, p + h), dtype=float)

        return np.asarray(differences.along(moved, float(self.lengths_at(np.append(x, p))[-1])))

    @property
    def differenced(self) -> dict[str, None]:
        """Names of the first derivatives that are taken by differences."""
        return {name: None for name, value in self._given().items() if value is None}

    def measured(self, lengths: Array) -> "Problem":
        """The same problem, its differences taken over these lengths (n + 1,) of (x, p)."""
        return replace(self, **self._given(), lengths=lengths)

    def __getstate__(self) -> dict[str, Any]:
        """Everything but the kernel, which is made anew where it is needed."""
        return {name: value for name, value in self.__dict__.items() if name != "kernel"}

    @cached_property
    def kernel(self) -> Kernel:  # type: ignore[override]
        """The callables in the form the tracer calls."""
        return kernel_of(self.residual, self.jacobian, self.dresidual_dp)

    def exact(self, z: Array, *directions: Array) -> Array | None:
        """By the callables given."""
        given = self.second_derivative if len(directions) == 2 else self.third_derivative
        return None if given is None else np.asarray(given(z, *directions), dtype=float)


@dataclass(frozen=True, eq=False)
class CompiledProblem(AnyProblem):
    """F(x, p) = 0 by a Numba kernel compiled for `KERNEL_SIGNATURE`.

    Parameters
    ----------
    kernel : numba dispatcher
        kernel(x, p, constants, data, work, F, J, Fp) -> potential; fills F, J and Fp.
    constants : (c,) ndarray
    data : (r, N) ndarray
    work : (s, b) ndarray
        Scratch of the kernel; not shared between threads.
    dimension : int
        Number of unknowns n.
    symmetric : bool
        The Jacobian is symmetric; only then is the whole step compiled too.
    jet : numba dispatcher, optional
        Same signature; takes a direction e in J[0] and returns F = F, J[1] = D²F[e, e] and
        J[2] = D³F[e, e, e], J having max(3, n) rows and Fp max(5, n) entries.
    """

    kernel: Kernel
    constants: Array
    data: Array
    work: Array
    dimension: int
    symmetric: bool = True
    jet: Kernel | None = None
    is_map: bool = False
    flow_sign: float = -1.0
    unit: float | None = 1.0  # weights of networks: inputs are of order one

    def __post_init__(self) -> None:
        for name, ndim in (("constants", 1), ("data", 2), ("work", 2)):
            array = np.ascontiguousarray(getattr(self, name), dtype=np.float64)
            if array.ndim != ndim:
                raise InvalidInputError(
                    f"{name} must have {ndim} dimension(s), got shape {array.shape}."
                )
            object.__setattr__(self, name, array)
        if self.dimension < 1:
            raise InvalidInputError(f"dimension must be at least 1, got {self.dimension}.")

    def evaluate(self, x: Array, p: float) -> tuple[float, Array, Array, Array]:
        """Potential, F (n,), dF/dx (n, n) and dF/dp (n,) in one call of the kernel."""
        n = self.dimension
        f, j, fp = np.zeros(n), np.zeros((n, n)), np.zeros(n)
        x = np.ascontiguousarray(x, dtype=np.float64)
        if x.shape != (n,):
            raise InvalidInputError(f"the state must have shape ({n},), got {x.shape}.")
        value = self.kernel(x, float(p), self.constants, self.data, self.work, f, j, fp)
        return value, f, j, fp

    def check(self, x: Array, p: float) -> None:
        """Raise `InvalidInputError` for a state of another shape; values are seen by Newton."""
        if x.shape != (self.dimension,):
            raise InvalidInputError(
                f"the state must have shape ({self.dimension},), got {x.shape}."
            )

    def residual(self, x: Array, p: float) -> Array:
        """F(x, p), shape (n,)."""
        return self.evaluate(x, p)[1]

    def jacobian(self, x: Array, p: float) -> Array:
        """dF/dx, shape (n, n)."""
        return self.evaluate(x, p)[2]

    def dresidual_dp(self, x: Array, p: float) -> Array:
        """dF/dp, shape (n,)."""
        return self.evaluate(x, p)[3]

    def full_jacobian(self, z: Array) -> Array:
        """[dF/dx, dF/dp], shape (n, n + 1)."""
        _, _, j, fp = self.evaluate(z[:-1], z[-1])
        return np.column_stack([j, fp])

    def exact(self, z: Array, *directions: Array) -> Array | None:
        """By the jet, where all directions keep the parameter fixed."""
        if self.jet is None or any(v[-1] for v in directions):
            return None
        if len(directions) == 2:
            u, v = directions
            return np.asarray((self._jet(z, u + v)[1] - self._jet(z, u - v)[1]) / 4)
        u, v, w = directions
        signs = ((1, 1), (1, -1), (-1, 1), (-1, -1))
        terms = [s * t * self._jet(z, u + s * v + t * w)[2] for s, t in signs]
        return np.asarray(sum(terms) / 24)

    def _jet(self, z: Array, e: Array) -> Array:
        n = self.dimension
        f, j, fp = np.zeros(n), np.zeros((max(3, n), n)), np.zeros(max(5, n))
        j[0] = e[:-1]
        x = np.ascontiguousarray(z[:-1])
        assert self.jet is not None
        self.jet(x, float(z[-1]), self.constants, self.data, self.work, f, j, fp)
        return j


def check_derivatives(problem: AnyProblem, x: Array, p: float) -> None:
    """Compare the derivatives a problem gives with differences of its residual.

    Parameters
    ----------
    problem : Problem or CompiledProblem
    x : (n,) array_like
    p : float

    Raises
    ------
    InvalidInputError
        Names the entry that disagrees most, with both values.
    """
    x = np.array(x, dtype=float)
    given: Any = problem.full_jacobian(np.append(x, p))
    is_sparse: bool = sparse.issparse(given)
    if is_sparse:
        given = given.toarray()
    z = np.append(x, p)
    expected = differences.jacobian(
        lambda z: np.asarray(problem.residual(z[:-1], float(z[-1]))), z, problem.lengths_at(z)
    )
    gap = np.abs(given - expected)
    i, j = np.unravel_index(int(gap.argmax()), gap.shape)
    if gap[i, j] > DERIVATIVE_TOLERANCE * max(1.0, float(np.abs(expected).max())):
        by = "dresidual_dp" if j == x.size else "jacobian"
        entry = f"[{i}]" if j == x.size else f"[{i}, {j}]"
        raise InvalidInputError(
            f"{by}{entry} is {given[i, j]:.6g} but differences of the residual give "
            f"{expected[i, j]:.6g}. Correct it, or leave it out: differences are then used."
        )
