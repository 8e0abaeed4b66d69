"""One critical set followed in one parameter, through infinity too; regions rest on it.

May import `network`, `infinity` and `sets`.
"""

from continuation.landscape.branches.course import Course, usual_steps
from continuation.landscape.branches.falling_decay import conditions_at
from continuation.landscape.branches.follow import (
    SetBranch,
    follow,
    follow_to_infinity,
    joined_special_points,
)
from continuation.landscape.branches.legs import ChartLeg, Leg, Route, WeightsLeg, passages_of
from continuation.landscape.branches.problems import Description, Lifted, lifted_problem
from continuation.landscape.branches.ranges import arrival_of, range_of_points
from continuation.landscape.branches.regions import (
    have_regions,
    in_region,
    label_regions,
    lowest_noise,
    optimum_loss,
    reasons_of,
    region_evidence,
    trend_of,
)
from continuation.landscape.branches.through_infinity import go_on
from continuation.landscape.branches.weak_decay import from_infinity

__all__ = [
    "ChartLeg",
    "Course",
    "Description",
    "Leg",
    "Lifted",
    "Route",
    "SetBranch",
    "WeightsLeg",
    "arrival_of",
    "conditions_at",
    "follow",
    "follow_to_infinity",
    "from_infinity",
    "go_on",
    "have_regions",
    "in_region",
    "joined_special_points",
    "label_regions",
    "lifted_problem",
    "lowest_noise",
    "optimum_loss",
    "passages_of",
    "range_of_points",
    "reasons_of",
    "region_evidence",
    "trend_of",
    "usual_steps",
]
