"""Exact mathematics of small networks: model, derivatives, symmetry, kernels."""

from .kernels import KernelCacheError, Kernels, load_kernels
from .model import (
    PRESETS,
    Model,
    ModelError,
    fukumizu_amari,
    overparameterised,
    single_unit,
)
from .parsing import FormulaError, parse_expression

__all__ = [
    "PRESETS",
    "FormulaError",
    "KernelCacheError",
    "Kernels",
    "Model",
    "ModelError",
    "fukumizu_amari",
    "load_kernels",
    "overparameterised",
    "parse_expression",
    "single_unit",
]
