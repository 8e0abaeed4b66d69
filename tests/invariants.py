"""What is true of every result, whatever made it: asked of stored numbers, never of the code.

Each function takes a result and the equations it is about, computes anew what the result states,
and fails with the name of the part that disagrees.
"""

import numpy as np

from continuation.kinds import KINDS
from continuation.polish import WITHIN

GRADIENT = 1e-13
"""Rounding of ∇L at weights of order one (relative to 1 + max |θ|)."""

ZERO_EIGENVALUE = 1e-13
"""Rounding of the eigenvalues of a Hessian of order one."""

ON_BRANCH = 1e-9
"""Distance of a sample from the branch, in units of the state: the Newton step that is left."""

ROUNDING = 1e-14
"""What evaluating the equations once more may change, in units of each."""

TANGENT, KERNEL = 1e-6, 1e-5
"""Angles: those of a tangent follow the step's tolerance, those of a kernel the location's root."""


def eigenvalues_in_own_units(hessian):
    """Eigenvalues after a diagonal congruence, which keeps their signs (Sylvester's law).

    Two copies of a unit of weight 90 have curvatures of 1e-7 beside one of 2, and differ by 1e-14.
    """
    own = np.abs(np.diagonal(hessian))
    unit = np.sqrt(np.where(own > 0, own, np.abs(hessian).max(axis=1)))
    return np.linalg.eigvalsh(hessian / np.outer(unit, unit))


def sets_are_critical_as_stated(loss, sets, **conditions):
    """Gradient, loss, inertia and nullity of every set at finite weights, orbit sizes, labels."""
    assert len({found.label for found in sets}) == len(sets)
    order = None
    for found in sets:
        size = found.orbit_size * found.stabiliser.order
        assert order in (None, size), found.label
        order = size
        if found.theta is None:
            assert found.limit is not None, found.label
            continue
        value, gradient, hessian = loss.evaluate(found.theta, **conditions)
        assert np.abs(gradient).max() < GRADIENT * (1 + np.abs(found.theta).max()), found.label
        assert np.isclose(value, found.loss, rtol=1e-12, atol=0), found.label
        eigenvalues = eigenvalues_in_own_units(hessian)
        assert found.inertia[0] == (eigenvalues < -ZERO_EIGENVALUE).sum(), found.label
        assert sum(found.inertia) == eigenvalues.size, found.label
        assert found.attracting <= (found.index == 0 or found.kind != "point"), found.label


def the_list_has_its_euler_count(sets):
    """Σ (−1)^index = 1 where the search says that its list is complete."""
    assert sets.complete
    assert sets.euler_count == 1


def loss_falls_along_every_edge(graph):
    """And each edge states the difference of its ends."""
    assert graph.rising_edges() == ()
    for a, b, edge in graph.nx.edges(data=True):
        drop = graph.nx.nodes[a]["loss"] - graph.nx.nodes[b]["loss"]
        assert np.isclose(drop, edge["loss_drop"], rtol=1e-2, atol=1e-9), (a, b)


def index_one_points_have_two_ends(graph):
    """The unstable manifold of an index-1 point has two halves; an attracting point has none."""
    for label, node in graph.nx.nodes(data=True):
        if node["kind"] != "point" or label == "undecided":
            continue
        leaving = [edge for _, _, edge in graph.nx.out_edges(label, data=True)]
        if node["index"] == 1:
            assert sum(edge["multiplicity"] for edge in leaving) == 2, label
        assert bool(leaving) == (node["index"] > 0), label


def branch_solves_its_equations(problem, branch, scale=1.0):
    """Samples and tangents of a branch, and the kernels of its located points (dense Jacobians).

    Parameters
    ----------
    scale : float or (n,) array_like
        Size of each unknown: distances and angles are measured in these units.
    """
    unit = np.broadcast_to(np.asarray(scale, dtype=float), branch.x.shape[1:])
    places = list(zip(branch.x, branch.p, strict=True))
    rows = np.max([np.abs(_matrix(problem, *place, unit)).max(axis=1) for place in places], axis=0)
    for (x, p), tangent in zip(places, branch.tangent, strict=True):
        matrix = _matrix(problem, x, p, unit) / rows[:, None]
        distance = np.linalg.lstsq(matrix, problem.residual(x, p) / rows)[0]
        assert np.abs(distance).max() < ON_BRANCH, p
        assert _image(matrix, np.append(tangent[:-1] / unit, tangent[-1])) < TANGENT, p
    for point in branch.special:
        if point.located and KINDS[point.kind].singular:
            matrix = _matrix(problem, point.x, point.p, unit) / rows[:, None]
            assert np.abs(problem.residual(point.x, point.p) / rows).max() < ON_BRANCH, point
            for vector in point.kernel.T:
                assert _image(matrix[:, :-1], vector / unit) < KERNEL, point


def _matrix(problem, x, p, unit):
    """[J, F_p] (n, n + 1) by unknowns in their units."""
    return np.column_stack([problem.jacobian(x, p) * unit, problem.dresidual_dp(x, p)])


def _image(matrix, vector):
    return np.abs(matrix @ (vector / np.linalg.norm(vector))).max()


def special_points_are_what_they_say(problem, branch):
    """Every located point solves the equations that its kind stands for, computed anew.

    In units of the point and its bracket, each equation in that of its terms (also those of an
    eigenvalue that is subtracted): F vanishes, dF/dx has the null vectors stated, other
    branches only meet where ∂F/∂p lies in its range, pairs and multipliers are where they should.
    """
    for point in branch.special:
        if not point.located:
            continue
        size, rows = _units_of(problem, point)
        mass = problem.mass_matrix(point.x.size)
        f = np.abs(problem.residual(point.x, point.p))
        assert (f / rows).max() < ON_BRANCH, point
        if KINDS[point.kind].codimension:
            assert 0.0 <= point.residual <= WITHIN, (point, point.residual)
        else:  # a function of the user has units of its own
            said = point.residual * (1 + TANGENT)
            assert (f <= said + ROUNDING * rows).all(), point
        if point.kernel.shape[1]:
            kind, matrix = KINDS[point.kind], _dense(problem.jacobian(point.x, point.p))
            for shift, right, left in _null_vectors(point, kind):
                terms = rows + np.abs(shift * mass) @ size[:-1]
                inside = (matrix - shift * mass) * size[:-1] / terms[:, None]
                assert _image(inside, right / size[:-1]) < KERNEL, point
                assert _image(inside.conj().T, left * terms) < KERNEL, point
                if kind.branching:
                    slope = problem.dresidual_dp(point.x, point.p) * size[-1] / rows
                    psi = left * rows / np.linalg.norm(left * rows)
                    assert abs(psi @ slope) < KERNEL * max(1.0, np.linalg.norm(slope)), point


def _null_vectors(point, kind):
    """(shift, right, left): dF/dx - shift M is singular; a pair is stored as two real columns."""
    right, left = point.kernel, point.left_kernel
    if kind.singular:
        return [(0.0, u, v) for u, v in zip(right.T, left.T, strict=True)]
    if not kind.pair:
        return [(-2.0, right[:, 0], left[:, 0])]
    names = ("frequency", "second_frequency")
    omegas = [point.coefficients[name] for name in names if name in point.coefficients]
    pairs = []
    for k, omega in enumerate(omegas):
        value = np.exp(1j * omega) - 1 if kind.of_map else 1j * omega
        re, im = slice(2 * k, 2 * k + 1), slice(2 * k + 1, 2 * k + 2)
        u, v = (a[:, re].ravel() + 1j * a[:, im].ravel() for a in (right, left))
        pairs.append((value, u, v))
    return pairs


def _units_of(problem, point):
    """Sizes (n + 1,) of (x, p) and (n,) of the terms of F, on the bracket of a point."""
    z = np.vstack([point.bracket, point.point])
    size = np.maximum(np.abs(z).max(axis=0), np.ptp(z, axis=0))
    size[:-1] = np.where(size[:-1] > 1e-12 * size.max(), size[:-1], size.max())
    size[-1] = size[-1] or 1.0
    rows = [np.abs(_dense(problem.full_jacobian(y))) @ size for y in z]
    largest = np.max(rows, axis=0)
    return size, np.where(largest > 0, largest, 1.0)


def _dense(matrix):
    return np.asarray(matrix.toarray() if hasattr(matrix, "toarray") else matrix)
