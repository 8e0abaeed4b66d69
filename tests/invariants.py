"""What is true of every result, whatever made it: asked of stored numbers, never of the code.

Each function takes a result and the equations it is about, computes anew what the result states,
and fails with the name of the part that disagrees.
"""

import numpy as np

from continuation.kinds import KINDS

GRADIENT = 1e-13
"""Rounding of ∇L at weights of order one (relative to 1 + max |θ|)."""

ZERO_EIGENVALUE = 1e-13
"""Rounding of the eigenvalues of a Hessian of order one."""

ON_BRANCH = 1e-9
"""Distance of a sample from the branch, in units of the state: the Newton step that is left."""

TANGENT, KERNEL = 1e-6, 1e-5
"""Angles: those of a tangent follow the step's tolerance, those of a kernel the location's root."""


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
        eigenvalues = np.linalg.eigvalsh(hessian)
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
