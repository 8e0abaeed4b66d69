"""Ball arithmetic: functions, derivatives and linear algebra with proven bounds.

May import `symbolic` and the record of a certificate.
"""

from continuation.certify.enclosures.balls import (
    box,
    exact,
    is_finite,
    lower,
    magnitude,
    midpoints,
    norm,
    upper,
    working_precision,
)
from continuation.certify.enclosures.divided_differences import (
    ORDERS,
    VALUE_ERROR,
    enclose_differences,
    fill_line,
    lines,
    taylor_table,
)
from continuation.certify.enclosures.exact_loss import (
    ExactLoss,
    UnitPrograms,
    programs_of,
    size_weights,
)
from continuation.certify.enclosures.formulas import (
    Column,
    Program,
    Value,
    as_column,
    compile_formulas,
)
from continuation.certify.enclosures.krawczyk import (
    Failure,
    contraction,
    contraction_rate,
    enlarge,
    identity,
    inertia,
    row_norm,
)
from continuation.certify.enclosures.third_derivatives import Matrix, ThirdDerivatives

__all__ = [
    "ORDERS",
    "VALUE_ERROR",
    "Column",
    "ExactLoss",
    "Failure",
    "Matrix",
    "Program",
    "ThirdDerivatives",
    "UnitPrograms",
    "Value",
    "as_column",
    "box",
    "compile_formulas",
    "contraction",
    "contraction_rate",
    "enclose_differences",
    "enlarge",
    "exact",
    "fill_line",
    "identity",
    "inertia",
    "is_finite",
    "lines",
    "lower",
    "magnitude",
    "midpoints",
    "norm",
    "programs_of",
    "row_norm",
    "size_weights",
    "taylor_table",
    "upper",
    "working_precision",
]
