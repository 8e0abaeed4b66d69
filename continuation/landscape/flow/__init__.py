"""The gradient flow, integrated until its limit is decided.

May import `network`, `infinity` and `sets`.
"""

from continuation.landscape.flow.biased_ends import biased_arrival
from continuation.landscape.flow.compiled import compiled_flows
from continuation.landscape.flow.gradient_flow import (
    FlowResult,
    Passage,
    Trajectory,
    flow_to_limit,
    flows_to_limits,
    trajectory,
)
from continuation.landscape.flow.options import FLOW_TIME, RTOL, STEP_LIMIT, FlowOptions
from continuation.landscape.flow.results import escape_law
from continuation.landscape.flow.wide_flows import operations_of_a_step

__all__ = [
    "FLOW_TIME",
    "RTOL",
    "STEP_LIMIT",
    "FlowOptions",
    "FlowResult",
    "Passage",
    "Trajectory",
    "biased_arrival",
    "compiled_flows",
    "escape_law",
    "flow_to_limit",
    "flows_to_limits",
    "operations_of_a_step",
    "trajectory",
]
