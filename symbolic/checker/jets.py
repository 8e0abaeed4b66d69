"""Truncated power series in one variable over any field."""

from collections.abc import Callable, Sequence
from math import factorial
from typing import Any

from flint import fmpq


class Jet:
    """The series c_0 + c_1 s + ... + c_m s^m, modulo s^(m+1).

    Numbers mix with jets. Directional derivatives of a function are those of its value at
    theta + s e: no rule of differentiation is used but the Taylor series of the activation.
    """

    def __init__(self, coefficients: Sequence[Any]) -> None:
        self.c = tuple(coefficients)

    @property
    def order(self) -> int:
        """Highest power m."""
        return len(self.c) - 1

    def derivative(self, order: int) -> Any:
        """Derivative of the given order at s = 0."""
        return self.c[order] * factorial(order)

    def _other(self, other: Any) -> "Jet":
        if isinstance(other, Jet):
            return other
        return Jet((self.c[0] * 0 + other, *(c * 0 for c in self.c[1:])))

    def __add__(self, other: Any) -> "Jet":
        return Jet([a + b for a, b in zip(self.c, self._other(other).c, strict=True)])

    __radd__ = __add__

    def __neg__(self) -> "Jet":
        return Jet([-a for a in self.c])

    def __sub__(self, other: Any) -> "Jet":
        return self + -self._other(other)

    def __rsub__(self, other: Any) -> "Jet":
        return self._other(other) + -self

    def __mul__(self, other: Any) -> "Jet":
        if not isinstance(other, Jet):
            return Jet([a * other for a in self.c])
        many = range(len(self.c))
        return Jet([_sum(self.c[j] * other.c[m - j] for j in range(m + 1)) for m in many])

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> "Jet":
        if not isinstance(other, Jet):
            return Jet([a / other for a in self.c])
        quotient: list[Any] = []
        for m in range(len(self.c)):
            known = _sum((quotient[j] * other.c[m - j] for j in range(m)), self.c[0] * 0)
            quotient.append((self.c[m] - known) / other.c[0])
        return Jet(quotient)

    def __rtruediv__(self, other: Any) -> "Jet":
        return self._other(other) / self

    def __pow__(self, power: int) -> "Jet":
        result = self._other(fmpq(1))
        for _ in range(abs(power)):
            result = result * self
        return result if power >= 0 else fmpq(1) / result

    def compose(self, taylor: Callable[[Any, int], Sequence[Any]]) -> "Jet":
        """The function of Taylor coefficients taylor(c_0, m) at this jet."""
        coefficients = taylor(self.c[0], self.order)
        step = Jet((self.c[0] * 0, *self.c[1:]))
        result = self._other(coefficients[-1])
        for coefficient in reversed(coefficients[:-1]):
            result = result * step + coefficient
        return result


def _sum(terms: Any, start: Any = None) -> Any:
    total = start
    for term in terms:
        total = term if total is None else total + term
    return total
