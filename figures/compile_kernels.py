"""What takes longest to compile, begun before the parts that need it."""

from __future__ import annotations

from collections.abc import Callable

from continuation.landscape.flow import compiled_flows
from continuation.stepper import compiled

TASKS: tuple[Callable[[], object], ...] = (compiled_flows, compiled)
"""The flows and the tracer of branches. Whatever else a part lacks it compiles itself, while the
others that lack it wait (`symbolic.machine_code`)."""

FIRST = ("motorcycle", "optimum", "uniqueness", "noise", "size", "collapse")
"""The figure whose one part takes longest, and those whose parts need no flows, the first picture
first: all of them begin while the flows compile."""


def turn(name: str) -> int:
    """Place of a figure in the order of work; those that are not among the first keep theirs."""
    return FIRST.index(name) if name in FIRST else len(FIRST)
