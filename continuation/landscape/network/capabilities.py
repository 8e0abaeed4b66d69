"""What is offered for which models: one table, read by the errors, the searches and the docs.

A capability names a question, the predicate on models that says for which of them it is answered,
and the reason in words. Refusals take their reason from here, so that the errors, the notes of a
search and the docs say the same.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from continuation.errors import InvalidInputError
from continuation.landscape.network.loss import KINKS
from continuation.landscape.network.responses import saturation
from symbolic import Model


@dataclass(frozen=True)
class Capability:
    """Something that is offered for some models only.

    Attributes
    ----------
    name : str
        What is offered.
    predicate : callable
        Model ↦ whether it is offered.
    reason : str
        For which models, and why not for the others.
    """

    name: str
    predicate: Callable[[Model], bool]
    reason: str

    def holds(self, model: Model) -> bool:
        """Whether it is offered for this model."""
        return self.predicate(model)

    def require(self, model: Model) -> None:
        """Refuse other models.

        Raises
        ------
        InvalidInputError
            With the reason.
        """
        if not self.holds(model):
            raise InvalidInputError(f"{self.reason}; this model has {described(model)}")


def described(model: Model) -> str:
    """A model in one line: its units, what is free of them, and its weights."""
    weights = f"{model.dimension} weights"
    if model.network is not None:
        shape = "-".join(map(str, (model.inputs, *model.widths, model.outputs)))
        return f"layers {shape} ({model.activation or 'linear'}), {model.loss} loss and {weights}"
    if not model.is_perceptron:
        return f"the formula {model.formula} and {weights}"
    more = [("biases", model.bias), ("an offset", model.offset)]
    fixed = [("fixed output weights", not model.free_output), ("a teacher", model.teacher)]
    parts = [name for name, present in (*more, *fixed) if present]
    units = f"{model.hidden} {model.activation} unit{'s' if model.hidden > 1 else ''}"
    return ", ".join([units, *parts]) + f" and {weights}"


def is_plain_sigmoid(model: Model) -> bool:
    """Whether f = Σ v_k φ(w_k x) with odd φ that saturates at least exponentially."""
    return model.is_plain_odd and saturation(model) is not None


@lru_cache(maxsize=64)
def has_cubic_term(model: Model) -> bool:
    """Whether φ'''(0) ≠ 0: then two units can make a linear and a cubic term."""
    return abs(float(model.activation_functions(3)(np.zeros(1))[3, 0])) > 0.0


MOST_ENUMERATED = 4
"""Units whose critical sets are searched on a grid: two take 0.1 s, three 1 s, four 20 s, and five
would take half an hour."""


def _is_narrow_sigmoid(model: Model) -> bool:
    return is_plain_sigmoid(model) and model.hidden <= MOST_ENUMERATED


def _is_wide_sigmoid(model: Model) -> bool:
    return is_plain_sigmoid(model) and model.hidden >= 3


def _is_one_smooth_layer(model: Model) -> bool:
    network = model.network
    if network is None or network.outputs != 1 or network.output_weights is not None:
        return False
    return len(network.hidden) == 1 and not any(network.kinked)


def _is_biased_tanh(model: Model) -> bool:
    return model.is_tanh and model.bias and model.free_output and model.hidden <= 3


def _is_narrow_and_biased(model: Model) -> bool:
    return _is_biased_tanh(model) and model.hidden <= 2


def _teaches_one_unit_less(model: Model) -> bool:
    units = model.teacher_units
    return is_plain_sigmoid(model) and units is not None and len(units) == model.hidden - 1


def _is_taught_by_units(model: Model) -> bool:
    return model.teacher_units is not None


def _represents_teacher(model: Model) -> bool:
    units = model.teacher_units
    return units is not None and len(units) <= model.hidden


def _has_one_optimum(model: Model) -> bool:
    units = model.teacher_units
    return model.is_plain and units is not None and len(units) == model.hidden


SPLIT_LINES = Capability(
    "split lines",
    lambda model: model.has_split_lines,
    "only networks of two and more units with free output weights split",
)
EXHAUSTIVE_SEARCH = Capability(
    "a search that is exhaustive",
    _is_narrow_sigmoid,
    "every critical set is enumerated for one to four odd sigmoid units without bias",
)
FORMULA = Capability(
    "fits from given starts and within bounds",
    lambda model: model.formula is not None,
    "starts and bounds are for models given by a formula",
)
WIDE_ENDS = Capability(
    "a search for ends at infinity, and flows to compound ends",
    _is_wide_sigmoid,
    "ends are searched, and flows run to compound ones, for three or more odd sigmoid units "
    "without bias; those of up to four units are enumerated",
)
MEETING_ENDS = Capability(
    "a search for ends at which units meet",
    lambda model: model.has_split_lines and not model.bias and not is_plain_sigmoid(model),
    "two units of any smooth activation that meet at infinity, beside finite ones, are searched "
    "for networks of one input without bias; of odd units with an offset linear and step ends, too",
)
BIASED_ENDS = Capability(
    "a list of ends at infinity of units with bias",
    _is_narrow_and_biased,
    "ends of units with bias are listed for one or two tanh units with free output weights",
)
BIASED_FLOWS = Capability(
    "flows to jumps and exponential ends of units with bias",
    _is_biased_tanh,
    "flows of up to three tanh units with bias and free output weights run to jumps between and at "
    "inputs and, with an offset, to exponentials",
)
REDUCED_LOSS = Capability(
    "the reduced loss of two input weights",
    lambda model: model.is_plain_odd and model.hidden == 2,
    "the reduced loss is defined for two odd units without bias",
)
ARRIVALS = Capability(
    "branches that know where they have come to",
    is_plain_sigmoid,
    "the ranges of the weights are known for odd sigmoid units without bias",
)
CHARTS = Capability(
    "branches that go on at infinity",
    lambda model: model.is_plain_tanh,
    "branches are continued in charts at infinity for tanh units without bias",
)
REGIONS = Capability(
    "labels of regions",
    _is_taught_by_units,
    "regions need a teacher that is a sum of units of the model's activation",
)
REPRESENTED_TEACHER = Capability(
    "a bound on the gradient at the optimum",
    _represents_teacher,
    "Θ* is empty: the student cannot represent the teacher",
)
FREE_OUTPUTS = Capability(
    "a bound on the gradient over a manifold of optima",
    lambda model: model.free_output,
    "the bound needs free output weights",
)
ONE_OPTIMUM = Capability(
    "the theoretical optimum as one orbit",
    _has_one_optimum,
    "Θ* is one orbit only where the teacher has exactly as many units as the student",
)
BLOW_UP = Capability(
    "the blow-up at zero noise",
    _teaches_one_unit_less,
    "the blow-up at zero noise is for odd sigmoid units without bias and a teacher of exactly "
    "one unit less",
)
PHASE_PLANE = Capability(
    "a phase plane",
    lambda model: model.dimension == 2,
    "a phase plane needs a model with two weights. A single unit without bias and offset has two",
)
CONFLUENCE_FLOWS = Capability(
    "flows to a confluence",
    lambda model: model.has_split_lines,
    "two units that meet with opposite output weights need free output weights",
)
LINEAR_FLOWS = Capability(
    "flows to a linear end",
    lambda model: model.has_odd_free_units and not (model.bias and model.offset),
    "the linear end of a unit with bias does not feel its shift where there is an offset",
)
STEP_FLOWS = Capability(
    "flows to a step end",
    lambda model: model.has_odd_free_units and not model.bias,
    "a step between two inputs does not feel its position where there is a bias",
)
CUBIC_CORNER_FLOWS = Capability(
    "flows to the corner of two linear ends",
    lambda model: STEP_FLOWS.holds(model) and model.hidden > 1 and has_cubic_term(model),
    "two units without bias make c x + c₃ x³ where φ has a cubic term",
)
MIXED_CORNER_FLOWS = Capability(
    "flows to the corner of a linear and a step end",
    lambda model: STEP_FLOWS.holds(model) and model.hidden > 1,
    "one of two units without bias tends to a line, the other to a step",
)
COMPLETE_LIST = Capability(
    "certificates of complete lists",
    lambda model: model.is_plain_tanh and model.hidden == 2,
    "a complete list is proved for two tanh units with free output weights and no bias",
)
CERTIFIED_POINTS = Capability(
    "certificates of points, lines and basins",
    lambda model: not model.is_network,
    "points, lines and basins are certified for perceptrons of one input and for formulas, with "
    "squared error",
)
CERTIFIED_BRANCHES = Capability(
    "certificates of branches",
    lambda model: model.is_plain_tanh,
    "branches are certified for tanh units without bias",
)
CERTIFIED_ENDS = Capability(
    "certificates of sets at infinity",
    lambda model: model.is_tanh and model.free_output and (model.bias or not model.offset),
    "sets at infinity are certified for tanh units with free output weights, where every unit "
    "leaves a part of its own",
)
CERTIFIED_OPTIMUM = Capability(
    "certificates of the theoretical optimum",
    lambda model: model.is_tanh and model.free_output,
    "Θ* is described, with a distance from it, for tanh perceptrons with free output weights",
)
ANY_OPTIMUM_BOUND = Capability(
    "certificates that no optimum of a network is critical",
    lambda model: model.loss == "squared" and (model.offset or model.has_free_last_layer),
    "a part of the gradient is the same on all of Θ* for squared error and a network with free "
    "output weights or with output biases, of any layers, inputs and outputs",
)
VECTOR_ENDS = Capability(
    "a list of ends at infinity of several inputs, and flows to them",
    _is_one_smooth_layer,
    "ends of networks of layers are listed and reached for one hidden layer of smooth units, one "
    "output and free output weights",
)
SMOOTHING = Capability(
    "branches in the smoothing of kinks",
    lambda model: model.smoothing is not None,
    KINKS,
)
ISOLATED_OPTIMUM = Capability(
    "certificates of a unique minimum",
    lambda model: model.is_unbiased,
    "the condition is for students without biases and offset that have exactly the teacher's "
    "units: only then θ* is isolated",
)

FLOW_ENDS = (CONFLUENCE_FLOWS, LINEAR_FLOWS, STEP_FLOWS, CUBIC_CORNER_FLOWS, MIXED_CORNER_FLOWS)
"""Ends with a chart in the compiled rule of flows, in its order."""

CAPABILITIES = (
    EXHAUSTIVE_SEARCH,
    FORMULA,
    WIDE_ENDS,
    MEETING_ENDS,
    BIASED_ENDS,
    BIASED_FLOWS,
    VECTOR_ENDS,
    REDUCED_LOSS,
    SPLIT_LINES,
    ARRIVALS,
    CHARTS,
    SMOOTHING,
    REGIONS,
    REPRESENTED_TEACHER,
    FREE_OUTPUTS,
    ONE_OPTIMUM,
    BLOW_UP,
    PHASE_PLANE,
    *FLOW_ENDS,
    COMPLETE_LIST,
    CERTIFIED_POINTS,
    CERTIFIED_BRANCHES,
    CERTIFIED_ENDS,
    CERTIFIED_OPTIMUM,
    ANY_OPTIMUM_BOUND,
    ISOLATED_OPTIMUM,
)
"""The table."""


def capability_table() -> str:
    """The table as Markdown: what is offered, and for which models."""
    rows = [f"| {q.name} | {q.reason} |" for q in CAPABILITIES]
    return "\n".join(["| offered | for which models |", "| --- | --- |", *rows])
