"""What weights become when they diverge, vanish or meet: limit models, ends, charts.

May import `network`.
"""

from continuation.landscape.infinity.chart_problem import ChartLoss, ChartProblem
from continuation.landscape.infinity.charts import BLOCKS, Chart
from continuation.landscape.infinity.critical_models import (
    ModelPoint,
    confluent_point,
    confluent_points,
    fixed_point,
    negative_directions,
    silent_points,
    silent_weights,
    working_points,
)
from continuation.landscape.infinity.ends import (
    End,
    confluence_slope,
    cubic_slope,
    ends_of_one,
    ends_of_two,
    linear_slope,
    step_slope,
)
from continuation.landscape.infinity.limit_functions import (
    DERIVATIVES,
    canonical_limit,
    limit_outputs,
)
from continuation.landscape.infinity.limit_systems import LimitSystem, limit_of
from continuation.landscape.infinity.location import Passage, passage_at, passage_at_step

__all__ = [
    "BLOCKS",
    "DERIVATIVES",
    "Chart",
    "ChartLoss",
    "ChartProblem",
    "End",
    "LimitSystem",
    "ModelPoint",
    "Passage",
    "canonical_limit",
    "confluence_slope",
    "confluent_point",
    "confluent_points",
    "cubic_slope",
    "ends_of_one",
    "ends_of_two",
    "fixed_point",
    "limit_of",
    "limit_outputs",
    "linear_slope",
    "negative_directions",
    "passage_at",
    "passage_at_step",
    "silent_points",
    "silent_weights",
    "step_slope",
    "working_points",
]
