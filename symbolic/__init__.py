"""Exact mathematics of small networks: model, derivatives, symmetry, kernels."""

from symbolic.arguments import ModelError
from symbolic.derivatives import Derivation, derive
from symbolic.kernels import KernelCacheError, Kernels, load_kernels
from symbolic.model import (
    PRESETS,
    Model,
    fukumizu_amari,
    overparameterised,
    single_unit,
)
from symbolic.parsing import FormulaError, parse_expression
from symbolic.symmetry import SignedPermutation, generators
from symbolic.verdict import Verdict
from symbolic.verification import check, verify

__all__ = [
    "PRESETS",
    "Derivation",
    "FormulaError",
    "KernelCacheError",
    "Kernels",
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
    "verify",
]
