"""The loss of a network on data: samples, conditions, symmetry. Nothing of critical points.

May import the engine and `symbolic`.
"""

from continuation.landscape.network.along import LossAlong
from continuation.landscape.network.capabilities import (
    ARRIVALS,
    BLOW_UP,
    CAPABILITIES,
    CERTIFIED_BRANCHES,
    CERTIFIED_ENDS,
    CERTIFIED_OPTIMUM,
    CHARTS,
    COMPLETE_LIST,
    EXHAUSTIVE_SEARCH,
    FLOW_ENDS,
    FREE_OUTPUTS,
    ISOLATED_OPTIMUM,
    ONE_OPTIMUM,
    PHASE_PLANE,
    REDUCED_LOSS,
    REGIONS,
    REPRESENTED_TEACHER,
    SPLIT_LINES,
    WIDE_ENDS,
    Capability,
    capability_table,
)
from continuation.landscape.network.conditions import (
    PARAMETERS,
    Conditions,
    Given,
    as_limits,
    require_level,
)
from continuation.landscape.network.dataset import Dataset, as_whole
from continuation.landscape.network.inertia import scaled_inertia
from continuation.landscape.network.loss import INPUT_ROW, Jet, Loss, LossAt, as_weights
from continuation.landscape.network.observations import Axis, read_observations
from continuation.landscape.network.ramp import ramp, sample_weights, weight_slopes, weights_of
from continuation.landscape.network.responses import (
    Activation,
    Responses,
    activation,
    height,
    project,
    saturation,
)
from continuation.landscape.network.samples import Samples
from continuation.landscape.network.symmetry import (
    LARGEST_LISTED,
    SignedPermutation,
    Stabiliser,
    Symmetry,
)
from continuation.landscape.network.units import Units, fitting_units, in_fitting_units, rescaled
from continuation.landscape.network.weight_grid import SPACING, Grid
from continuation.landscape.network.weights import (
    Layout,
    input_place,
    join_plain,
    output_place,
    split_plain,
    unit_of_input,
)

__all__ = [
    "ARRIVALS",
    "BLOW_UP",
    "CAPABILITIES",
    "CERTIFIED_BRANCHES",
    "CERTIFIED_ENDS",
    "CERTIFIED_OPTIMUM",
    "CHARTS",
    "COMPLETE_LIST",
    "EXHAUSTIVE_SEARCH",
    "FLOW_ENDS",
    "FREE_OUTPUTS",
    "INPUT_ROW",
    "ISOLATED_OPTIMUM",
    "LARGEST_LISTED",
    "ONE_OPTIMUM",
    "PARAMETERS",
    "PHASE_PLANE",
    "REDUCED_LOSS",
    "REGIONS",
    "REPRESENTED_TEACHER",
    "SPACING",
    "SPLIT_LINES",
    "WIDE_ENDS",
    "Activation",
    "Axis",
    "Capability",
    "Conditions",
    "Dataset",
    "Given",
    "Grid",
    "Jet",
    "Layout",
    "Loss",
    "LossAlong",
    "LossAt",
    "Responses",
    "Samples",
    "SignedPermutation",
    "Stabiliser",
    "Symmetry",
    "Units",
    "activation",
    "as_limits",
    "as_weights",
    "as_whole",
    "capability_table",
    "fitting_units",
    "height",
    "in_fitting_units",
    "input_place",
    "join_plain",
    "output_place",
    "project",
    "ramp",
    "read_observations",
    "require_level",
    "rescaled",
    "sample_weights",
    "saturation",
    "scaled_inertia",
    "split_plain",
    "unit_of_input",
    "weight_slopes",
    "weights_of",
]
