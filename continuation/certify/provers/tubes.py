"""`certify_branch`: a branch of critical points, proved from one end to the other.

Tubes (see `tube`) around short chords are glued: the point in which the curve of one tube starts
lies in the tube before, hence on its curve. Where dp/dt ≠ 0 on a tube the Hessian is regular on
its curve, and the index there is that at the tube's start. Where dp/dt may vanish, d²p/dt² ≠ 0
must hold on the whole tube: then the augmented system {F = 0, dp/dt = 0} has at most one zero in
it, a nondegenerate fold, and exactly one if dp/dt differs in sign at the ends.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from flint import arb, arb_mat

from continuation.arrays import Array
from continuation.certify.certificate import (
    PROVED,
    UNDECIDED,
    Certificate,
    hexadecimals,
    problem_of,
)
from continuation.certify.enclosures import working_precision
from continuation.certify.provers.tube import (
    Inertia,
    Tube,
    bending,
    certain_sign,
    contains,
    crossing,
    inertia_at,
    prove_tube,
    tangent,
)
from continuation.certify.provers.tube_family import Family, family_of
from continuation.corrector import CONVERGED
from continuation.errors import InvalidInputError
from continuation.landscape.branches import SetBranch
from continuation.landscape.network import CERTIFIED_BRANCHES, Conditions, Loss, LossAlong
from continuation.landscape.sets import SET_KINDS
from continuation.options import NewtonOptions, StepOptions
from continuation.problem import AnyProblem
from continuation.workspace import Workspace

BUDGET = 4000
"""Tubes tried at most: a minute or two for two units and 50 samples."""

SHORTEST = 1e-9
"""Length of a chord, relative to 1 + |z|, below which no more are halved."""

TOGETHER = 1e-10
"""Corrected points closer than this are one."""

CORRECTOR = NewtonOptions(step_tolerance=1e-13, max_iterations=12)
WEIGHTS = StepOptions(state_scale=1.0, parameter_scale=1.0)
"""Points are put on the curve to rounding, in the units that networks have."""

CLEAR = 2
"""d²p/dt² must exceed its radius so many times: a margin for checkers with other enclosures."""

PARAMETERS = ("noise", "size")


@dataclass(frozen=True, eq=False)
class Link:
    """A tube with what was proved on it.

    Attributes
    ----------
    tube : Tube
    radii : ndarray
        Around the tube's start, within which the curve starts.
    inertia : tuple of int
        Of the Hessian on the curve; on a tube with a fold at its start.
    fold : bool
        Whether the tube holds a fold.
    """

    tube: Tube
    radii: Array = field(repr=False)
    inertia: Inertia
    fold: bool


def certify_branch(
    loss: Loss,
    branch: SetBranch,
    *,
    limits: tuple[float, float] | None = None,
    budget: int = BUDGET,
) -> Certificate:
    """Prove that a branch exists, is unique in a tube, and which index it has.

    Parameters
    ----------
    loss : Loss
    branch : SetBranch
        Of `follow`, along "noise" or "size" (unit ramp), of an isolated point, the origin, a
        split line or a dead unit; the last two are certified through their smaller network.
    limits : (float, float), optional
        Only the first contiguous part of the branch with parameters in this range.
    budget : int
        Most tubes to try.

    Returns
    -------
    Certificate
        PROVED from end to end, with the folds passed and the index of each piece in the claim;
        or UNDECIDED with the place where the proof stops, `open` holding the part before.

    Raises
    ------
    InvalidInputError
        Another parameter, or a set whose branch is not one of ∇L = 0.

    Examples
    --------
    >>> from continuation.certify import certify_branch
    >>> from continuation.landscape import Dataset, Loss, find_critical_sets, follow
    >>> from symbolic import single_unit
    >>> loss = Loss(single_unit(), Dataset.sample(single_unit(), n=20, seed=0))
    >>> sets = find_critical_sets(loss, noise=0.1)
    >>> branch = follow(loss, sets[0], "noise", limits=(0.1, 0.2))
    >>> certify_branch(loss, branch).verdict
    'PROVED'
    """
    own = _own_loss(loss, branch)
    noise = branch.set.conditions.without(branch.parameter).noise
    along = LossAlong(own, branch.parameter, Conditions(noise))
    states = np.column_stack([branch.theta if own is loss else branch.state, branch.p])
    states, left = _finite(states)
    states = states if limits is None else _part(states, limits)
    links: list[Link] = []
    reason = ""
    with working_precision():
        walk = _walk(family_of(along), along.problem(), states, budget)
        for step in walk:
            if isinstance(step, str):
                reason = step
            else:
                links.append(step)
    if left and limits is None:
        reason = reason or "the branch goes on at infinity, where it is not certified"
    stated = problem_of(own, noise=noise)
    return _certificate(branch.parameter, links, reason, stated, states)


def _own_loss(loss: Loss, branch: SetBranch) -> Loss:
    """The loss whose critical points make up the branch's states."""
    found = branch.set
    if branch.parameter not in PARAMETERS:
        raise InvalidInputError(f"branches are certified in {' or '.join(PARAMETERS)}")
    if found.conditions.decays:
        raise InvalidInputError("branches are certified without weight decay")
    model = loss.model
    CERTIFIED_BRANCHES.require(model)
    size = found.conditions.on(loss.data).size
    if branch.parameter == "noise" and size not in (None, loss.data.size):
        raise InvalidInputError("give the loss on the data set's first samples: data.first(n)")
    if SET_KINDS[found.subkind].proved_below:
        return Loss(model.with_hidden(model.hidden - 1), loss.data)
    if not found.is_point or branch.state.shape[1] != model.dimension:
        raise InvalidInputError(
            f"{found.subkind}: only branches of isolated points, the origin, split lines and dead "
            "units are certified"
        )
    return loss


def _finite(states: Array) -> tuple[Array, bool]:
    """The longest run of samples with finite weights, and whether any others are left out."""
    finite = np.isfinite(states).all(axis=1)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], finite, [False]])))
    if not edges.size:
        raise InvalidInputError("the branch has no sample with finite weights")
    first, last = max(edges.reshape(-1, 2), key=lambda run: int(run[1] - run[0]))
    return states[first:last], not bool(finite.all())


def _part(states: Array, limits: tuple[float, float]) -> Array:
    inside = (states[:, -1] >= limits[0]) & (states[:, -1] <= limits[1])
    if inside.sum() < 2:
        raise InvalidInputError(f"the branch has fewer than two samples within {limits}")
    first = int(np.argmax(inside))
    rest = inside[first:]
    last = rest.size if rest.all() else int(np.argmin(rest))
    return states[first : first + max(last, 2)]


def _walk(family: Family, problem: AnyProblem, states: Array, budget: int) -> Iterator[Link | str]:
    """Proved links in order; a text where the proof stops."""
    corrector = Workspace(problem, states[0, :-1], float(states[0, -1]), CORRECTOR, WEIGHTS)
    points = [_corrected(corrector, z, None) for z in states]
    if points[0] is None:
        yield "the branch's first point does not converge"
        return
    todo = [p for p in points[:0:-1] if p is not None]
    here, tried = points[0], 0
    before: Link | None = None
    while todo:
        goal = todo[-1]
        if np.linalg.norm(goal - here) <= SHORTEST * (1.0 + np.linalg.norm(here)):
            if len(todo) > 1 and np.linalg.norm(goal - here) < TOGETHER:
                todo.pop()
                continue
            yield f"no tube holds at {_place(here)}: a branch point, or a degenerate one"
            return
        tried += 1
        if tried > budget:
            yield f"the budget of {budget} tubes ended at {_place(here)}; raise it"
            return
        link = _link(family, here, goal, before)
        if link is not None:
            yield link
            before, here = link, goal
            todo.pop()
            continue
        middle = _corrected(corrector, 0.5 * (here + goal), goal - here)
        if middle is None:
            yield f"Newton's method leaves the branch at {_place(here)}"
            return
        todo.append(middle)


def _place(z: Array) -> str:
    return f"p = {z[-1]:.6g}, theta = {np.array2string(z[:-1], precision=5)}"


def _corrected(workspace: Workspace, z: Array, normal: Array | None) -> Array | None:
    """The curve's point in the plane of a normal (of constant p if None); None without one."""
    z = np.array(z)
    if normal is None:
        status = workspace.correct_at_parameter(z)
    else:
        status = workspace.correct(z, z.copy(), normal / np.linalg.norm(normal), np.inf)
    return z if status == CONVERGED else None


def _link(family: Family, start: Array, end: Array, before: Link | None) -> Link | None:
    """A tube from start to end, glued to the one before; None where something is not proved."""
    tube = prove_tube(family, start, end)
    if tube is None:
        return None
    radii = crossing(family, tube, start)
    if radii is None or (before is not None and not contains(before.tube, start, radii)):
        return None
    along = tangent(tube)
    if along is None:
        return None
    if before is None or before.fold:
        inertia = inertia_at(family, start, radii)
    else:
        inertia = before.inertia
    turns = certain_sign(along[-1]) == 0
    fold = _fold(family, tube, along) if turns else False
    if inertia is None or fold is None:
        return None
    return Link(tube, radii, inertia, fold)


def _fold(family: Family, tube: Tube, along: list[arb]) -> bool | None:
    """Whether the curve turns back in p inside the tube; None where that is not proved."""
    bent = bending(family, tube, along)
    if bent is None or not abs(bent[-1].mid()) > CLEAR * bent[-1].rad():
        return None
    signs = [_slope_sign(family, tube, point) for point in (tube.start, tube.end)]
    return None if 0 in signs else signs[0] != signs[1]


def _slope_sign(family: Family, tube: Tube, point: Array) -> int:
    """Sign of dp/dt where the curve passes a point."""
    radii = crossing(family, tube, point)
    if radii is None:
        return 0
    z = [arb(float(p), float(r)) for p, r in zip(point, radii, strict=True)]
    _, by_theta, by_p = family.evaluate(z[:-1], z[-1])
    rows, d = by_theta.tolist(), len(z) - 1
    normal = [arb(float(n)) for n in tube.normal]
    matrix = arb_mat([[*row, by_p[k, 0]] for k, row in enumerate(rows)] + [normal])
    inverse = arb_mat(tube.inverse.tolist())
    try:
        found = (inverse * matrix).solve(inverse * arb_mat(d + 1, 1, [arb(0)] * d + [arb(1)]))
    except ZeroDivisionError:
        return 0
    return certain_sign(found[d, 0])


def _certificate(
    parameter: str, links: list[Link], reason: str, stated: dict[str, object], states: Array
) -> Certificate:
    points = [link.tube.start for link in links]
    points += [links[-1].tube.end] if links else [states[0]]
    claim = {
        "parameter": parameter,
        "points": [hexadecimals(z) for z in points],
        "radii": [hexadecimals(link.tube.radii) for link in links],
        "crossings": [hexadecimals(link.radii) for link in links],
        "inertias": [list(link.inertia) for link in links],
        "folds": [k for k, link in enumerate(links) if link.fold],
    }
    if reason:
        return Certificate("branch", UNDECIDED, reason, stated, open=claim)
    return Certificate("branch", PROVED, problem=stated, claim=claim)
