"""What weights become when they diverge, vanish or meet: limit models, ends, charts.

May import `network`.
"""

from continuation.landscape.infinity.beyond import Jump, Tail, are_apart
from continuation.landscape.infinity.biased_slopes import jump_slopes, neighbours_of_jumps
from continuation.landscape.infinity.chart_problem import ChartLoss, ChartProblem
from continuation.landscape.infinity.charts import Chart
from continuation.landscape.infinity.critical_ends import (
    CriticalEnd,
    SearchedEnds,
    meeting_slope,
    normal_slopes,
    step_slope,
    vanishing_slope,
)
from continuation.landscape.infinity.critical_models import (
    ModelPoint,
    fixed_point,
    silent_points,
    silent_weights,
    working_points,
)
from continuation.landscape.infinity.ends import (
    AT_THE_END,
    CHARTED,
    CONFLUENCE,
    CORNER,
    LINEAR,
    SEPARATE_PAIR,
    SEPARATED,
    STEP,
    TAIL,
    ChartedEnd,
    End,
    Entry,
    arrival,
    charted_end,
    end_of,
    has_close_pair,
)
from continuation.landscape.infinity.escape_laws import EscapeLaw
from continuation.landscape.infinity.limit_model import MOST_MEETING, LimitModel, LimitUnit
from continuation.landscape.infinity.limit_systems import LimitLoss, LimitSystem, limit_step
from continuation.landscape.infinity.location import Passage, passage_at, passage_at_step

__all__ = [
    "AT_THE_END",
    "CHARTED",
    "CONFLUENCE",
    "CORNER",
    "LINEAR",
    "MOST_MEETING",
    "SEPARATED",
    "SEPARATE_PAIR",
    "STEP",
    "TAIL",
    "Chart",
    "ChartLoss",
    "ChartProblem",
    "ChartedEnd",
    "CriticalEnd",
    "End",
    "Entry",
    "EscapeLaw",
    "Jump",
    "LimitLoss",
    "LimitModel",
    "LimitSystem",
    "LimitUnit",
    "ModelPoint",
    "Passage",
    "SearchedEnds",
    "Tail",
    "are_apart",
    "arrival",
    "charted_end",
    "end_of",
    "fixed_point",
    "has_close_pair",
    "jump_slopes",
    "limit_step",
    "meeting_slope",
    "neighbours_of_jumps",
    "normal_slopes",
    "passage_at",
    "passage_at_step",
    "silent_points",
    "silent_weights",
    "step_slope",
    "vanishing_slope",
    "working_points",
]
