from .derivatives import Derivation, derive
from .errors import FormulaError, KernelCacheError, MlpcontError, ModelError
from .kernels import Kernels, load_kernels
from .model import (
    PRESETS,
    Model,
    fukumizu_amari,
    overparameterised,
    single_unit,
    three_units,
)
from .parsing import parse_expression
from .symmetry import SignedPermutation, generators
from .verdict import Verdict
from .verification import check, verify

__all__ = [
    "PRESETS",
    "Derivation",
    "FormulaError",
    "KernelCacheError",
    "Kernels",
    "MlpcontError",
    "Model",
    "ModelError",
    "SignedPermutation",
    "Verdict",
    "check",
    "derive",
    "fukumizu_amari",
    "generators",
    "load_kernels",
    "overparameterised",
    "parse_expression",
    "single_unit",
    "three_units",
    "verify",
]
