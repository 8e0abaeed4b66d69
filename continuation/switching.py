r"""Branch switching for a kernel of any dimension.

At a branch point [J, F_p] has a kernel of dimension k + 1, spanned by the columns of E. On
z = z* + Eβ + ..., F is reduced (Lyapunov-Schmidt) to k equations

    ½ Q[β, β] + ⅙ C[β, β, β] + ... = 0,   Q = ψᵀ D²F[E, E],  C = ψᵀ(D³F[E, E, E] + 3 D²F[E, Y]),

J Y = -D²F[E, E] off the kernel. Their real solutions on a small sphere |β| = ε are found by Newton
from points spread over it; each is a direction in which a branch may leave, and is accepted when
the corrector confirms it with an actual step. β are coordinates of the kernel in which Q and C are
as small as any of the same volume make them: in others, directions that symmetry spreads evenly may
lie in one narrow cone.

References
----------
.. [1] E. L. Allgower, K. Georg, *Introduction to Numerical Continuation Methods*, SIAM 2003, ch. 8.
.. [2] M. Golubitsky, I. Stewart, D. Schaeffer, *Singularities and Groups in Bifurcation Theory II*,
       Springer 1988, ch. XIII (D₃, D₄).
.. [3] G. Kempf, L. Ness, *The length of vectors in representation spaces*, Lecture Notes in
       Mathematics 732, Springer 1979, pp. 233-243.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import combinations_with_replacement, permutations

import numpy as np
from scipy import linalg

from continuation.branch import SpecialPoint
from continuation.corrector import CONVERGED
from continuation.errors import InvalidInputError, require_type
from continuation.fitting import typical
from continuation.kinds import KINDS
from continuation.linalg import kernel
from continuation.normal_forms import off_kernel
from continuation.options import NEWTON, STEP, NewtonOptions, StepOptions, as_state
from continuation.problem import AnyProblem
from continuation.run import Run
from continuation.scaling import InUnits, Units
from continuation.start import SingularStart, Start, at_solution
from continuation.workspace import Workspace

__all__ = ["Offshoot", "Reduced", "all_directions", "branch_directions", "on_one_half",
           "start_along", "workspace_at"]  # fmt: skip

Array = np.ndarray

#: Lengths of the verifying step, as |β|; the first at which every direction is confirmed counts,
#: else that at which most are.
AMPLITUDES = (1e-2, 3e-3, 1e-3)
#: β along the kernel is at most so much longer or shorter than in the units of the run.
MOST_STRETCHED = 1e4
#: The parameter ranges over so many steps like that in which a point was found.
MANY_STEPS = 20.0
#: The verified point may lie off the predicted one by this part of the step.
MAX_DEVIATION = 0.5
#: Points nearer than this part of the step are on the same branch.
SAME_BRANCH = 1e-2
#: Points within this part of the step are compared in one plane across the branch.
SIDE_BY_SIDE = 0.3
#: Cosine of the largest angle between a direction that is asked for and the branch that is taken.
ALONG = 0.5
#: Sweeps of the coordinates of a kernel; of the eigenvalues of a sweep, a smaller part of the
#: largest is that of a direction in which the terms are degenerate.
SWEEPS, DEGENERATE = 40, 1e-6
#: A branch along which the parameter changes by a smaller part of all is no axis of it.
STEEP = 0.1
#: Newton iterations and residual on the sphere.
SPHERE_ITERATIONS = 60
SPHERE_TOLERANCE = 1e-9


@dataclass(frozen=True, eq=False)
class Offshoot:
    """A half-branch that leaves a special point.

    Attributes
    ----------
    z : (n + 1,) ndarray
        A solution (x, p) on it, a small step away.
    direction : (n + 1,) ndarray
        Unit vector from the special point to z.
    """

    z: Array = field(repr=False)
    direction: Array


def branch_directions(
    problem: AnyProblem,
    point: SpecialPoint,
    newton: NewtonOptions = NEWTON,
    step: StepOptions = STEP,
    p_limits: tuple[float, float] = (-np.inf, np.inf),
) -> tuple[Offshoot, ...]:
    """All half-branches that leave a branch point, but for those of the branch it was found on.

    Parameters
    ----------
    problem : Problem or CompiledProblem
    point : SpecialPoint
        With a kernel: a branch point of any kind, or a touch.
    newton, step, p_limits
        As for `trace_branch`; scales and limits say what counts as a small step.

    Examples
    --------
    >>> from continuation import Problem, branch_directions, trace_branch
    >>> problem = Problem(lambda x, p: p * x - x**3)
    >>> trivial = trace_branch(problem, [0.0], -1.0, p_limits=(-1, 1))
    >>> [pitchfork] = [point for point in trivial.special if point.kind == "pitchfork"]
    >>> len(branch_directions(problem, pitchfork))
    2
    """
    require_type(
        "the point", point, SpecialPoint, "a special point of a branch, one of branch.special"
    )
    if not KINDS[point.kind].branching:
        raise InvalidInputError(
            f"no branch of solutions leaves a {point.kind}: switch at a branch point, pitchfork, "
            "transcritical point or touch."
        )
    run = Run(problem, p_limits, step, newton)
    problem.check(point.x, point.p)
    w = workspace_at(problem, point, newton, step, run.limits)
    reduced = Reduced.at(w, point)
    best: list[Offshoot] = []
    for amplitude in AMPLITUDES:
        found, unconfirmed = _confirmed(w, reduced, point, amplitude)
        best = max(best, found, key=len)
        if best and not unconfirmed:
            break
    return tuple(best)


def workspace_at(
    problem: AnyProblem,
    point: SpecialPoint,
    newton: NewtonOptions,
    step: StepOptions,
    p_limits: tuple[float, float],
) -> Workspace:
    """The arrays of a run, in units that fit around a special point.

    Lengths of differences are found beside it: where dF/dx vanishes nothing tells them.
    """
    limits = p_limits if np.isfinite(p_limits).all() else _range_about(point)
    beside = point.bracket[0]
    w = Workspace(problem, beside[:-1], float(beside[-1]), newton, step, limits)
    w.use(typical(w.problem, np.vstack([point.bracket, point.point]), step, limits))
    return w


def _confirmed(
    w: Workspace, reduced: "Reduced", point: SpecialPoint, amplitude: float
) -> tuple[list[Offshoot], int]:
    """Half-branches met by a step of this length, and the number of directions in which none is."""
    length = amplitude
    ways = (1.0, -1.0) if point.tangent.any() else ()  # of the branch it was found on
    known = [
        _step(w, point.point, s * point.tangent, reduced.reach(w, point.tangent, length))
        for s in ways
    ]
    found: list[Offshoot] = []
    unconfirmed = 0
    for prediction, direction in reduced.predictions(length):
        z = _step(w, point.point + prediction, direction, 0.0)
        if z is None or reduced.size(z - point.point - prediction) > MAX_DEVIATION * length:
            unconfirmed += 1
            continue
        others = [k for k in known if k is not None] + [o.z for o in found]
        beside = [_beside(w, reduced, o, z, direction, length) for o in others]
        if all(reduced.size(z - o) > SAME_BRANCH * length for o in beside):
            d = z - point.point
            found.append(Offshoot(z, d / np.linalg.norm(d)))
    return found, unconfirmed


def _range_about(point: SpecialPoint) -> tuple[float, float]:
    """Values between which the parameter is small or large, where no limits say so."""
    extent = max(abs(point.p), MANY_STEPS * float(np.ptp(point.bracket[:, -1])))
    return point.p - extent, point.p + extent


def all_directions(run: Run, z: Array) -> tuple[Offshoot, ...]:
    """Every half-branch that leaves a solution z = (x, p) at which [J, Fp] has lost rank."""
    w = Workspace(run.problem, z[:-1], float(z[-1]), run.newton, run.step, run.limits)
    units = w.units.around(w.problem, z)
    j = np.asarray(w.problem.jacobian(z[:-1], float(z[-1])))
    right, left = kernel(units.rows[:, None] * j * units.columns[:-1])
    point = SpecialPoint(
        kind="branch point", x=z[:-1], p=float(z[-1]), tangent=np.zeros(z.size),
        kernel=units.columns[:-1, None] * right, left_kernel=units.rows[:, None] * left,
        coefficients={}, located=True, status="as given",
        bracket=np.array([z, z]), index=0, meaning=w.problem.meaning,
    )  # fmt: skip
    return branch_directions(w.problem, point, run.newton, run.step, run.limits)


def start_along(run: Run, x0: Array, p0: float, direction: int | Array) -> Start:
    """A run from a start; where several branches pass, along the one nearest to the direction."""
    try:
        return at_solution(run, x0, p0, direction)
    except SingularStart:
        if not np.ndim(direction):
            raise
    wanted = as_state(direction, "direction")
    offshoots = all_directions(run, np.append(as_state(x0), p0))
    along = [float(o.direction @ wanted) / float(np.linalg.norm(wanted)) for o in offshoots]
    if max(along, default=0.0) < ALONG:
        raise InvalidInputError("no branch leaves the start within 60 degrees of the direction.")
    chosen = offshoots[int(np.argmax(along))]
    return at_solution(run, chosen.z[:-1], float(chosen.z[-1]), chosen.direction)


def _step(workspace: Workspace, base: Array, direction: Array, length: float) -> Array | None:
    """A solution in the plane through base + length direction, normal to the direction."""
    t = direction / workspace.norm(direction)
    start = base + length * t
    y = start.copy()
    return y if workspace.correct(y, start, t, 0.5) == CONVERGED else None


def _beside(
    workspace: Workspace, reduced: "Reduced", o: Array, z: Array, direction: Array, length: float
) -> Array:
    """Where the branch of the point o passes z: its point in the same plane, if o is not far.

    On a branch that bends, points predicted along a tangent and a chord are not the same.
    """
    if reduced.size(o - z) > SIDE_BY_SIDE * length:
        return o
    y = o.copy()
    t = direction / workspace.norm(direction)
    return y if workspace.correct(y, z, t, 0.5) == CONVERGED else o


def on_one_half(
    workspace: Workspace, reduced: "Reduced", origin: Array, z: Array, other: Array
) -> bool:
    """Whether two solutions a small step from a branch point lie on one half-branch of it."""
    d, e = z - origin, other - origin
    length, of_d, of_e = reduced.size(d), reduced.coordinates(d), reduced.coordinates(e)
    ahead = float(of_e @ of_d) / length
    if ahead <= 0.0:
        return False
    y = origin + e * (length / ahead)
    if reduced.size(y - z) > SIDE_BY_SIDE * length:
        return False
    met = workspace.correct(y, z, d / workspace.norm(d), 0.5) == CONVERGED
    return met and reduced.size(y - z) <= SAME_BRANCH * length


@dataclass(frozen=True, eq=False)
class Reduced:
    """The reduced equations at a branch point, to third order, in the units of a run.

    Attributes
    ----------
    units : Units
    basis : (n + 1, k + 1) ndarray
        E; as long as makes terms along the kernel and those with the parameter alike.
    slaved : (n + 1, k + 1, k + 1) ndarray
        Y.
    quadratic : (k, k + 1, k + 1) ndarray
    cubic : (k, k + 1, k + 1, k + 1) ndarray
    """

    units: Units
    basis: Array
    slaved: Array
    quadratic: Array
    cubic: Array

    @classmethod
    def at(cls, workspace: Workspace, point: SpecialPoint) -> "Reduced":
        """Reduce F at a special point."""
        units, z = workspace.units, workspace.units.inside(point.point)
        problem = InUnits(workspace.problem, units)
        phi = linalg.qr(point.kernel / units.columns[:-1, None], mode="economic")[0]
        psi = linalg.qr(point.left_kernel / units.rows[:, None], mode="economic")[0]
        fp = np.asarray(problem.dresidual_dp(z[:-1], float(z[-1])), dtype=float)
        along = np.append(off_kernel(problem, z, phi, psi, fp), 1.0)
        tangent = units.inside(point.tangent)
        if abs(tangent[-1]) > STEEP * np.linalg.norm(tangent):
            along = tangent  # other branches leave that at angles as large as can be
        kernel_in_z = np.vstack([phi, np.zeros(phi.shape[1])])
        basis = np.column_stack([kernel_in_z, along / np.linalg.norm(along)])
        reduced = cls._of(problem, z, phi, psi, basis)
        if phi.shape[1] > 1:
            basis = basis @ _balanced(reduced.quadratic, reduced.cubic)
            reduced = cls._of(problem, z, phi, psi, basis)
        return reduced._stretched()

    @classmethod
    def _of(cls, problem: InUnits, z: Array, phi: Array, psi: Array, basis: Array) -> "Reduced":
        """Reduce F, in units, along the columns of a basis of the kernel of [J, F_p]."""
        m, k = basis.shape[1], phi.shape[1]
        slaved, quadratic = np.zeros((z.size, m, m)), np.zeros((k, m, m))
        for a, b in combinations_with_replacement(range(m), 2):
            f2 = problem.second(z, basis[:, a], basis[:, b])
            y = np.append(off_kernel(problem, z, phi, psi, f2), 0.0)
            slaved[:, a, b] = slaved[:, b, a] = y
            quadratic[:, a, b] = quadratic[:, b, a] = psi.T @ f2
        cubic = np.zeros((k, m, m, m))
        for triple in combinations_with_replacement(range(m), 3):
            value = psi.T @ _third_order(problem, z, basis, slaved, triple)
            for a, b, c in permutations(triple):
                cubic[:, a, b, c] = value
        return cls(problem.units, basis, slaved, quadratic, cubic)

    def _stretched(self) -> "Reduced":
        """The same in coordinates in which the kernel's own terms count as those of the parameter.

        Sizes of the unknowns do not tell how far a branch can be foreseen: they may be small by
        chance, or lie far from zero.
        """
        k, reach = len(self.quadratic), _reach(self.quadratic, self.cubic)
        s = np.append(np.full(k, reach), 1.0)
        return Reduced(
            self.units, self.basis * s, self.slaved * np.multiply.outer(s, s),
            self.quadratic * np.multiply.outer(s, s),
            self.cubic * np.multiply.outer(s, np.multiply.outer(s, s)),
        )  # fmt: skip

    def coordinates(self, displacement: Array) -> Array:
        """β of a displacement (n + 1,), its part off the kernel left out."""
        return np.asarray(np.linalg.lstsq(self.basis, self.units.inside(displacement))[0])

    def size(self, displacement: Array) -> float:
        """|β| of a displacement (n + 1,)."""
        return float(np.linalg.norm(self.coordinates(displacement)))

    def reach(self, workspace: Workspace, direction: Array, length: float) -> float:
        """Length of the step along a direction (n + 1,) that has |β| = length."""
        return length * workspace.norm(direction) / self.size(direction)

    def predictions(self, length: float) -> Iterator[tuple[Array, Array]]:
        """Displacement and direction, (n + 1,) each, of every solution with |β| = length."""
        for beta in self.on_sphere(length):
            direction = self.basis @ beta
            bent = np.einsum("zab,a,b->z", self.slaved, beta, beta) * length**2 / 2
            yield self.units.outside(length * direction + bent), self.units.outside(direction)

    def on_sphere(self, length: float) -> list[Array]:
        """Unit vectors β with ½ Q[β, β] + length/6 C[β, β, β] = 0, each once, unless a continuum.

        Newton from points all over the sphere at a time, which the engine's takes one by one.
        """
        q, c = self.quadratic / 2, self.cubic * length / 6
        size = np.sqrt((q**2).sum() + (c**2).sum())
        if size == 0.0:
            return []
        q, c = q / size, c / size
        beta = spread(self.basis.shape[1])
        for _ in range(SPHERE_ITERATIONS):
            residual, matrix = _sphere_system(q, c, beta)
            beta = beta - (np.linalg.pinv(matrix) @ residual[..., None])[..., 0]
            beta /= np.linalg.norm(beta, axis=1, keepdims=True)
        small = np.abs(_sphere_system(q, c, beta)[0]).max(axis=1) < SPHERE_TOLERANCE
        distinct: list[Array] = []
        for b in beta[small]:
            if all(np.linalg.norm(b - d) > 1e-3 for d in distinct):
                distinct.append(b)
        # more than cubics can have alone (Bézout) are a continuum: to third order no direction is
        # distinguished (O(2), or Sₙ without quadratic terms)
        return distinct if len(distinct) <= 2 * 3 ** len(q) else []


def _reach(quadratic: Array, cubic: Array) -> float:
    """Length along the kernel at which its own terms are as large as those with the parameter.

    1 where either are missing: nothing tells of it.
    """
    k = len(quadratic)
    own = float(np.linalg.norm(quadratic[:, :k, :k])) / 2
    third = float(np.linalg.norm(cubic[:, :k, :k, :k])) / 6
    by_parameter = float(np.linalg.norm(quadratic[:, :k, k]))
    if not by_parameter * (own + third) > 0:
        return 1.0
    reach = 2 * by_parameter / (own + np.sqrt(own**2 + 4 * third * by_parameter))
    return float(np.clip(reach, 1 / MOST_STRETCHED, MOST_STRETCHED))


def _balanced(quadratic: Array, cubic: Array) -> Array:
    """Coordinates of a kernel in which its quadratic and cubic terms are smallest [3]_.

    Of all coordinates of the same volume, and all combinations of the equations: there every
    direction of the kernel, and every equation, has the same share in them. For a kernel on which
    a symmetry acts irreducibly they are those in which it acts by rotations and reflections.

    Returns
    -------
    (k + 1, k + 1) ndarray
        New basis vectors in the columns, the largest singular value 1; the last one, along the
        parameter, is kept.
    """
    k = len(quadratic)
    rows, right = np.eye(k), np.eye(k + 1)
    own = np.zeros_like(quadratic)
    own[:, :k, :k] = quadratic[:, :k, :k]
    reach = _reach(quadratic, cubic)
    parts = (quadratic - own, reach * own, reach**2 * cubic)
    most = max(float(np.linalg.norm(part)) for part in parts)
    # where one of two kinds of terms is much larger than the other, both tell of coordinates
    present = [np.linalg.norm(part) > DEGENERATE * most for part in parts]
    for _ in range(SWEEPS):
        turned = (
            *(np.einsum("ka,abc,bi,cj->kij", rows, part, right, right, optimize=True)
              for part in (quadratic - own, own)),
            np.einsum("ka,abcd,bi,cj,dl->kijl", rows, cubic, right, right, right, optimize=True),
        )  # fmt: skip
        terms = [t / np.linalg.norm(t) for t, is_present in zip(turned, present, strict=True)
                 if is_present]  # fmt: skip
        if not terms:
            break
        by_row = sum(t.reshape(k, -1) @ t.reshape(k, -1).T for t in terms)
        across = [np.moveaxis(t, 1, 0)[:k].reshape(k, -1) for t in terms]
        rows = _inverse_root(by_row) @ rows
        right[:k, :k] = right[:k, :k] @ _inverse_root(sum(a @ a.T for a in across))
    right[:k, :k] /= np.linalg.norm(right[:k, :k], 2)
    return right


def _inverse_root(shares: Array) -> Array:
    """The fourth root of the inverse, of determinant 1: half of what would make them equal."""
    values, vectors = np.linalg.eigh(shares)
    values = np.maximum(values, DEGENERATE * values[-1]) ** -0.25
    return (vectors * (values / np.exp(np.log(values).mean()))) @ vectors.T


def _third_order(
    problem: AnyProblem, z: Array, basis: Array, slaved: Array, triple: tuple[int, ...]
) -> Array:
    a, b, c = triple
    total = problem.third(z, basis[:, a], basis[:, b], basis[:, c])
    for i, j, k in ((a, b, c), (b, a, c), (c, a, b)):
        if slaved[:, j, k].any():
            total = total + problem.second(z, basis[:, i], slaved[:, j, k])
    return total


def _sphere_system(q: Array, c: Array, beta: Array) -> tuple[Array, Array]:
    """Reduced equations and |β|² = 1 for a batch of β, with their Jacobians."""
    qb = np.einsum("kab,sb->ska", q, beta)
    cbb = np.einsum("kabc,sb,sc->ska", c, beta, beta)
    value = np.einsum("ska,sa->sk", qb + cbb, beta)
    sphere = (np.einsum("sa,sa->s", beta, beta) - 1)[:, None] / 2
    residual = np.concatenate([value, sphere], axis=1)
    return residual, np.concatenate([2 * qb + 3 * cbb, beta[:, None, :]], axis=1)


def spread(m: int) -> Array:
    """Unit vectors spread over the sphere in m dimensions, symmetric under β → -β; reproducible."""
    if m == 2:
        angle = (np.arange(48) + 0.25) * (2 * np.pi / 48)
        return np.column_stack([np.cos(angle), np.sin(angle)])
    half = np.random.default_rng(0).standard_normal((100 * 3 ** (m - 2), m))
    half /= np.linalg.norm(half, axis=1, keepdims=True)
    return np.concatenate([half, -half])
