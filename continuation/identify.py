"""What a located event is: its place made exact by Newton, its kernel, its kind."""

from dataclasses import dataclass, replace

import numpy as np
from scipy import linalg, sparse

from continuation.across import tangent_at
from continuation.arrays import Array
from continuation.branch import SpecialPoint
from continuation.corrector import CONVERGED
from continuation.kinds import KINDS
from continuation.linalg import zero_tolerance
from continuation.locate import Local, Path
from continuation.pairs import double_hopf, flip, oscillatory, with_pair
from continuation.steady import in_fitting_units, steady

__all__ = ["Event", "identify"]

NO_TANGENT = "its tangent is that of the interpolated branch: no points beside it are found"
"""Of a point at which other branches cross, or at which no tangent can be solved for."""

PAIR = 1e-6
"""A singular value below this part of the scale makes an eigenvalue zero; a multiplier so near to
-1 or 1 is that."""

VANISHING = 1e-3
"""An eigenvalue above this part of what it is at both ends of the bracket does not vanish at the
root, small as it may be: it is slow beside others."""

TOGETHER = 1e-7
"""Pairs whose real part is below this part of them reach the axis with the critical one."""


@dataclass(frozen=True)
class Event:
    """A root of one test function, which has this value there."""

    kind: str
    local: Local
    bracket: tuple[float, float]
    name: str = ""
    value: float = 0.0
    target: float = np.nan


def identify(path: Path, events: list[Event], offset: int) -> SpecialPoint:
    """The special point at a place where the given events happen together."""
    event = events[0]
    blank = _blank(path, events, offset)
    if event.kind == "target":
        return _at_target(path, blank, event.target)
    if event.kind in ("user", "turn"):
        return replace(blank, kind="fold" if event.kind == "turn" else "user")
    row = blank.index - offset
    try:
        point = _singular(path, blank, events, row)
    except linalg.LinAlgError as error:
        return replace(blank, kind="branch point", located=False, status=str(error))
    crossing = KINDS[point.kind].branching and point.located
    tangent = tangent_at(path, point.point, row, crossing)
    if tangent is None:
        along = path.guess(path.coordinate(point.point, row))[1]
        return replace(point, tangent=along, status=f"{point.status}; {NO_TANGENT}")
    return replace(point, tangent=tangent)


def _blank(path: Path, events: list[Event], offset: int) -> SpecialPoint:
    """The root as it is, before anything is known of it."""
    local, n, problem = events[0].local, path.workspace.n, path.workspace.problem
    ends = min(e.bracket[0] for e in events), max(e.bracket[1] for e in events)
    left = float(np.abs(problem.residual(local.z[:-1], float(local.z[-1]))).max())
    return SpecialPoint(
        kind=events[0].kind, x=local.z[:-1], p=float(local.z[-1]), tangent=local.tangent,
        kernel=np.zeros((n, 0)), left_kernel=np.zeros((n, 0)), coefficients={},
        located=all(e.local.corrected for e in events), status="root on the branch",
        bracket=np.array([path.at(end).z for end in ends]), name=events[0].name,
        index=offset + int(min(local.u, len(path.samples) - 1.5)),
        residual=max(left, *(abs(e.value) for e in events)),
        meaning=problem.meaning,
    )  # fmt: skip


def _at_target(path: Path, point: SpecialPoint, p: float) -> SpecialPoint:
    z = np.append(point.x, p)
    located = path.workspace.correct_at_parameter(z, 1.0) == CONVERGED
    status = "Newton at the target" if located else "Newton failed at the target: near a fold"
    x = z[:-1] if located else point.x
    left = float(np.abs(path.workspace.problem.residual(x, p)).max())
    return replace(point, x=x, p=p, located=located, status=status, name="", residual=left)


def _singular(path: Path, point: SpecialPoint, events: list[Event], row: int) -> SpecialPoint:
    problem, local = path.workspace.problem, events[0].local
    if problem.is_map:
        critical = _least(local.eigenvalues, np.abs(np.abs(1 + local.eigenvalues) - 1))
        if abs(critical + 2) < PAIR:
            return flip(path, point)
        if abs(critical) > PAIR:
            return oscillatory(path, point, critical)
    vanishing = _vanishing(path, events[0])
    zeros = min(vanishing, _nullity(path, point, events))
    pairs = [] if problem.is_map else _pairs(local, zeros)
    on_axis = [value for value in pairs if abs(value.real) <= TOGETHER * abs(value)]
    if zeros <= path.always_zero:
        if pairs and (point.located or _is_least(pairs[0], local, path.always_zero)):
            return _oscillatory(path, point, on_axis or pairs[:1])
        if point.located:
            status = "the eigenvalue does not vanish at the root: take smaller steps"
            return replace(point, kind="branch point", located=False, status=status)
    several = sum(e.kind in ("rate", "dip") for e in events) - 2 * len(on_axis)
    crosses = any(e.kind != "dip" for e in events)
    expected = max(1, several) + path.always_zero
    found = steady(path, point, row, (expected, max(1, vanishing)), crosses)
    return with_pair(path, found, on_axis[0]) if on_axis else found


def _oscillatory(path: Path, point: SpecialPoint, pairs: list[complex]) -> SpecialPoint:
    if len(pairs) > 1:
        return double_hopf(path, point, pairs)
    return oscillatory(path, point, pairs[0])


def _pairs(local: Local, zeros: int) -> list[complex]:
    """One eigenvalue of each pair but for those zero; relatively nearest to the axis first."""
    size = np.sort(np.abs(local.eigenvalues))
    least = (1 + TOGETHER) * float(size[zeros - 1]) if zeros else 0.0
    pairs = [complex(v) for v in local.eigenvalues if v.imag > 0 and abs(v) > least]
    return sorted(pairs, key=lambda v: abs(v.real) / abs(v))


def _is_least(pair: complex, local: Local, skipped: int) -> bool:
    """Whether no other eigenvalue is nearer to the axis, but for those always zero."""
    return abs(pair.real) <= float(np.sort(np.abs(local.eigenvalues.real))[skipped])


def _least(values: Array, size: Array) -> complex:
    return complex(values[int(np.argmin(size))])


def _vanishing(path: Path, event: Event) -> int:
    """Eigenvalues that are zero at the event, and not at both ends of its bracket."""
    ends = [path.at(u) for u in event.bracket if u != event.local.u]
    here, *there = (np.sort(np.abs(at.eigenvalues)) for at in (event.local, *ends))
    least = np.min(there, axis=0) if there else np.full(here.size, np.inf)
    zero = zero_tolerance(float(here[-1]), here.size)
    return int((here <= np.maximum(zero, VANISHING * least)).sum())


def _nullity(path: Path, point: SpecialPoint, events: list[Event]) -> int:
    """Eigenvalues zero of dF/dx: singular values in units that fit; of a sparse one as they are."""
    problem = in_fitting_units(path, point)[0]
    z = problem.units.inside(point.point)
    j = problem.jacobian(z[:-1], float(z[-1]))
    is_sparse: bool = sparse.issparse(j)
    if is_sparse:
        scale = float(np.abs([path.at(e).eigenvalues for e in events[0].bracket]).max())
        return int((np.abs(events[0].local.eigenvalues) <= PAIR * scale).sum())
    if not np.isfinite(j).all():
        raise linalg.LinAlgError("dF/dx is not finite here: the equations leave their domain")
    return int((linalg.svdvals(j) <= PAIR).sum())
