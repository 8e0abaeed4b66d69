"""What takes longest to compile, begun before the parts that need it."""

from __future__ import annotations

from collections.abc import Callable

from continuation.landscape.flow import compiled_flows
from continuation.stepper import compiled

TASKS: tuple[Callable[[], object], ...] = (compiled_flows, compiled)
"""The flows and the tracer of branches. Whatever else a part lacks it compiles itself, while the
others that lack it wait (`symbolic.machine_code`)."""

FIRST = ("optimum", "noise", "size", "collapse", "uniqueness", "motorcycle")
"""Figures whose parts begin while the flows compile, and the one whose part takes longest."""
