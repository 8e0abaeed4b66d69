"""A problem for each value of a second parameter, in units and with differences that fit it.

As along a branch, norms and tolerances mean something only where all unknowns count alike, and the
totals of what is conserved are those of the start. Units, lengths of differences and totals are
found once, at the special point from which a curve starts.
"""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from continuation.arrays import Array
from continuation.branch import SpecialPoint
from continuation.callable_problem import Problem
from continuation.conservation import Held, held
from continuation.errors import InvalidInputError
from continuation.fitting import measured
from continuation.meaning import Meaning
from continuation.options import StepOptions, as_number
from continuation.problem import AnyProblem
from continuation.scaling import InUnits, Units, power_of_two

__all__ = ["Family", "FittedFamily", "NamedFamily", "named_family", "parameter_size"]

Family = Callable[[float], AnyProblem]

KEPT = 64
"""Problems of values of q that are kept: differences by q come back to the same few."""

PLAIN, NOTHING = (0.05, 2.0), 1e-8
"""A first parameter of this size, or below the second number, counts in units of 1."""

PLAIN_NUMBER = 50.0
"""So many units an unknown may count and still be stepped through in reasonable time."""


@dataclass(frozen=True)
class NamedFamily:
    """The problem at each q, the value of q to start from, and the names of both parameters."""

    at: Family
    start: float
    meaning: Meaning


def named_family(family: Family | Problem, point: SpecialPoint, q0: float | str) -> NamedFamily:
    """What the first three arguments of a tracer of curves mean together."""
    if isinstance(family, Problem):
        return _by_name(family, point, q0)
    if not callable(family):
        raise InvalidInputError(f"expected a Problem or a function q -> Problem, got {family!r}.")
    value = as_number("q0", q0)
    at_start = family(value)
    if not isinstance(at_start, AnyProblem):
        raise InvalidInputError(
            f"the family must return a Problem for each q, got {type(at_start).__name__}."
        )
    return NamedFamily(family, value, at_start.meaning)


def _by_name(problem: Problem, point: SpecialPoint, q0: float | str) -> NamedFamily:
    if not isinstance(q0, str) or problem.parameters is None:
        raise InvalidInputError(
            "the second parameter of a problem is given by its name, and the problem by "
            "Problem(f, parameters={...}); or give a function q -> Problem and the value of q."
        )
    problem = _where(problem, point)
    if q0 == problem.free:
        raise InvalidInputError(f"{q0} is the first parameter already: name another one.")
    start = problem.parameter_value(q0)
    kept = tuple(pair for pair in problem.meaning.held if pair[0] != q0)
    meaning = replace(problem.meaning, second=q0, held=kept)
    return NamedFamily(lambda q: problem.at(**{q0: q}), start, meaning)


def _where(problem: Problem, point: SpecialPoint) -> Problem:
    """The problem with the parameters as they are at a point, which says them by name."""
    found, known = point.meaning, problem.parameters or {}
    if found.parameter not in known:
        return problem
    values = {name: value for name, value in found.held if name in known}
    if found.second in known and "q" in point.coefficients:  # the point lies on a curve
        values[found.second] = point.coefficients["q"]
    return problem.freeing(found.parameter).at(**values)


class FittedFamily:
    """q -> the problem in units fitted at one point; `plain(q)` the same in those of the user.

    Parameters
    ----------
    family : callable
    q : float
    point : SpecialPoint
        Of family(q), at which units and lengths are found.
    step : StepOptions
        Whose `state_scale` says over what lengths F changes, and `parameter_scale` the unit of p.
    """

    def __init__(self, family: Family, q: float, point: SpecialPoint, step: StepOptions) -> None:
        self.family = family
        z = point.point
        self.start = measured(held(family(q), z[:-1], float(z[-1])), z, step.state_scale)
        parameter = step.parameter_scale or parameter_size(float(z[-1]))
        matrices = [self.start.full_jacobian(y) for y in (z, *point.bracket)]
        first = Units.balancing(matrices, parameter, self.start.symmetric)
        self.units = _not_below(first.rebalanced(matrices, self.start.symmetric), z)
        # the state counts too: where F is linear nearby, its derivatives say nothing of lengths
        known = self.start.lengths
        self.lengths = np.maximum(self.units.columns, np.abs(z)) if known is None else known
        self._known: OrderedDict[float, InUnits] = OrderedDict()

    def plain(self, q: float) -> AnyProblem:
        """The problem at q, in the units of the user."""
        problem, start = self.family(q), self.start
        if isinstance(start, Held):
            problem = Held(problem, start.combinations, start.totals, start.weights)
        return problem.measured(self.lengths)

    def __call__(self, q: float) -> InUnits:
        """The problem at q, in the fitted units."""
        if q not in self._known:
            self._known[q] = InUnits(self.plain(q), self.units)
            if len(self._known) > KEPT:
                self._known.popitem(last=False)
        return self._known[q]


def _not_below(units: Units, z: Array) -> Units:
    """Units, larger by one factor where most unknowns are many of them: balance leaves it free."""
    many = np.abs(z[:-1]) / units.columns[:-1]
    factor = float(power_of_two(np.asarray(np.median(many[many > 0])))) if (many > 0).any() else 1.0
    if factor <= PLAIN_NUMBER:
        return units
    columns = np.append(units.columns[:-1] * factor, units.columns[-1])
    return Units(columns, np.asarray(units.rows / factor))


def parameter_size(p: float) -> float:
    """What counts as 1 in a parameter that is p at the start."""
    if abs(p) < NOTHING or PLAIN[0] <= abs(p) <= PLAIN[1]:
        return 1.0
    return float(power_of_two(np.array(abs(p))))
