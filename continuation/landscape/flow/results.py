"""Results of a gradient flow: its limit, what it passed slowly on the way, how fast it runs off."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from continuation.arrays import Array
from continuation.errors import InvalidInputError
from continuation.landscape.flow import compiled
from continuation.landscape.infinity import EscapeLaw, LimitModel, end_of
from continuation.landscape.network import Units
from continuation.landscape.sets import CriticalSet

_REASON = {
    compiled.UNDECIDED_TIME: "undecided at t = {t:.3g}, the time limit; raise flow_time",
    compiled.UNDECIDED_STEPS: "undecided after {n} steps at t = {t:.3g}; raise step_limit",
    compiled.STALLED: "undecided: rounding stopped the integration at t = {t:.3g}",
    compiled.STATIONARY: "undecided: the gradient vanished at t = {t:.3g} where no isolated set "
    "attracts: at an exact fit of fewer samples than weights, one of a continuum; at a critical "
    "point, from which the start was, or in an invariant subspace",
    compiled.NOT_FINITE: "undecided: the loss is not finite at t = {t:.3g}",
    compiled.UNRESOLVED: "escape to infinity whose reduced profile is too flat to tell the end",
}


@dataclass(frozen=True)
class Passage:
    """A local minimum of the speed |∇L| along a trajectory: it passes something slowly.

    Attributes
    ----------
    t, speed, loss : float
        Time and |∇L| in units that fit the data (docs/theory.md, Units), and L there.
    theta : ndarray, shape (d,)
    """

    t: float
    speed: float
    loss: float
    theta: Array = field(repr=False)

    def rescaled(self, units: Units) -> Passage:
        """The same, given in `units`, in the ones that these are multiples of."""
        return replace(self, loss=self.loss * units.loss, theta=units.weights(self.theta))


@dataclass(frozen=True)
class FlowResult:
    """Where a trajectory of the gradient flow goes.

    Attributes
    ----------
    status : {"point", "line", "manifold", "kink", "infinity", "undecided"}
    subkind : str
        "isolated" for a point, "split line" for a line, "valley" for a manifold, "kink"; at
        infinity "confluence", "linear", "step", "corner", "separated" or "unresolved"; "" if
        undecided.
    theta : ndarray, shape (d,)
        The limit (point, line, kink), or a point of it (manifold); else the weights where the
        integration stopped.
    line_parameter : float or None
        λ ≥ ½, the larger share of the total output weight of the two equal units of a line
        (above 1 on the rays); None elsewhere, and where more units are equal.
    limit : LimitModel or None
        At infinity; None where the end is unresolved.
    loss : float
        L of the limit.
    duration : float
        Flow time until the decision, in units that fit the data.
    steps : int
        Accepted steps.
    message : str
        Reason and remedy where undecided; evidence elsewhere.
    passages : tuple of Passage
        Slow passages on the way (the first 16).
    representative : ndarray, shape (d,), or None
        The limit itself (point, kink), a point of it (manifold), or the same line with equal
        shares; None at infinity.
    """

    status: str
    subkind: str
    theta: Array = field(repr=False)
    line_parameter: float | None
    limit: LimitModel | None
    loss: float
    duration: float
    steps: int
    message: str
    passages: tuple[Passage, ...] = field(default=(), repr=False)
    representative: Array | None = field(default=None, repr=False)

    @property
    def weights(self) -> Array:
        """Weights (d,) of the limit: its representative.

        Raises
        ------
        InvalidInputError
            For a flow that is undecided or runs to infinity.
        """
        if self.representative is None:
            raise InvalidInputError(
                f"a flow that ends as {self.status} has no limit in the weights"
            )
        return self.representative

    def rescaled(self, units: Units) -> FlowResult:
        """The same flow, given in `units`, in the ones that these are multiples of."""
        equal = self.representative
        return replace(
            self,
            theta=units.weights(self.theta),
            limit=None if self.limit is None else self.limit.rescaled(units),
            loss=self.loss * units.loss,
            passages=tuple(one.rescaled(units) for one in self.passages),
            representative=None if equal is None else units.weights(equal),
        )

    @property
    def decided(self) -> bool:
        """Whether the set that it tends to is known."""
        return self.status != "undecided" and self.subkind != "unresolved"


def reason(outcome: int, t: float, steps: int) -> str:
    """Why a flow was not decided, and what to do."""
    return _REASON[outcome].format(t=t, n=steps)


def escape_law(end: CriticalSet) -> EscapeLaw:
    """The law of an attracting confluence or linear end.

    Parameters
    ----------
    end : CriticalSet
        At infinity.

    Raises
    ------
    InvalidInputError
        For a set that does not attract or has another law (steps, corners).
    """
    law = None
    if end.limit is not None and end.attracting:
        law = end_of(end.limit).escape(end.limit, float(end.normal_derivatives[0]))
    if law is None:
        raise InvalidInputError(
            f"{end.label or end.subkind} has no such law: it is for attracting confluences and "
            "linear ends"
        )
    return law
