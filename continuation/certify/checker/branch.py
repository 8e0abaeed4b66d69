"""Certified branches: schema, check of every tube, join, fold and index, and statement."""

from __future__ import annotations

from collections.abc import Sequence

from flint import arb, arb_mat

from continuation.certify.checker import schema
from continuation.certify.checker.points import Claim, balls, identity
from continuation.certify.checker.problem import Problem
from continuation.certify.checker.refusal import require
from continuation.certify.checker.tube import UNIT, Curve, Tube, midpoint
from continuation.certify.checker.words import exactly

BRANCH = schema.record(
    {
        "parameter": schema.word("noise", "size"),
        "points": schema.rows(schema.weights, 2),
        "radii": schema.rows(schema.rows(schema.positive, 1, schema.MOST_WEIGHTS + 1), 1),
        "crossings": schema.rows(schema.rows(schema.positive, 1, schema.MOST_WEIGHTS + 1), 1),
        "inertias": schema.rows(schema.inertia, 1),
        "folds": schema.rows(schema.count(0, schema.MOST_ROWS)),
    }
)
"""Ends of the tubes' chords (θ, p), radii of the tubes, radii around their starts within which the
curve passes, inertia on each tube, and the tubes in which the curve turns back in p."""


def check_branch(problem: Problem, claim: Claim) -> None:
    """Every tube holds one curve that goes on in the next, with these folds and indices."""
    curve = Curve.of(problem, claim["parameter"])
    points, radii, near = (
        [balls(row) for row in claim[name]] for name in ("points", "radii", "crossings")
    )
    count, folds = len(points) - 1, claim["folds"]
    lengths = {len(rows) for rows in (radii, near, claim["inertias"])}
    require(lengths == {count}, "tubes and points do not match")
    wide = {len(row) for row in (*points, *radii, *near)}
    require(wide == {problem.model.dimension + 1}, "a point has another length than (θ, p)")
    require(folds == sorted(set(folds)), "a fold is stated twice, or out of order")
    require(not folds or folds[-1] < count, "there is no tube for a fold")
    before: Tube | None = None
    for k in range(count):
        tube = Tube.prove(curve, points[k], points[k + 1], radii[k])
        tube.require_crossing(points[k], near[k])
        if before is not None:
            before.require_inside(points[k], near[k])
        require(tube.turns() == (k in folds), f"tube {k}: the folds are not as stated")
        if k > 0 and (k - 1) not in folds:
            require(claim["inertias"][k] == claim["inertias"][k - 1], "the inertia jumps")
        else:
            _require_inertia(curve, points[k], near[k], claim["inertias"][k])
        before = tube


def state_branch(claim: Claim) -> str:
    """What `check_branch` shows."""
    first, last = (exactly(claim["points"][k][-1]) for k in (0, -1))
    folds = [f"{exactly(claim['points'][k][-1])}" for k in claim["folds"]]
    count = f"{len(folds)} fold{'s' * (len(folds) != 1)}"
    where = f" near {', '.join(folds)}" if folds else ""
    indices = ", ".join(str(i) for i in sorted({row[0] for row in claim["inertias"]}))
    return (
        f"from {claim['parameter']} = {first} to {last} one curve of critical points runs through "
        f"{len(claim['radii'])} tubes and is alone in them, with {count}{where}; index {indices}"
    )


def _require_inertia(
    curve: Curve, point: Sequence[arb], near: Sequence[arb], stated: Sequence[int]
) -> None:
    """Signs of the leading minors of the Hessian, after an exact congruence."""
    z = [p + UNIT * r for p, r in zip(point, near, strict=True)]
    d = len(z) - 1
    hessian = arb_mat([row[:d] for row in curve.evaluate(z)[1]])
    turn = _diagonaliser(hessian)
    turned = turn * hessian * turn.transpose()
    negative, before = 0, arb(1)
    for k in range(1, d + 1):
        minor = arb_mat([row[:k] for row in turned.tolist()[:k]]).det()
        require(minor > 0 or minor < 0, "the inertia is not separated from zero")
        negative += bool(minor * before < 0)
        before = minor
    require(tuple(stated) == (negative, 0, d - negative), "the inertia is not as stated")


def _diagonaliser(matrix: arb_mat) -> arb_mat:
    """Rows close to eigenvectors, exact: by Jacobi's rotations of the midpoint."""
    d = matrix.nrows()
    a, turn = midpoint(matrix), identity(d)
    for _ in range(8):
        for i in range(d):
            for j in range(i + 1, d):
                if a[i, j] == 0:
                    continue
                angle = arb.atan2(2 * a[i, j], a[j, j] - a[i, i]) / 2
                rotation = identity(d)
                c, s = angle.cos().mid(), angle.sin().mid()
                rotation[i, i], rotation[i, j], rotation[j, i], rotation[j, j] = c, -s, s, c
                a = midpoint(rotation * a * rotation.transpose())
                turn = midpoint(rotation * turn)
    return turn
