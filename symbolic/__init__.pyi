from .derivatives import Derivation, derive
from .errors import FormulaError, KernelCacheError, MlpcontError, ModelError
from .kernels import AnyKernels, Kernels, load_kernels
from .layer_activations import activation_derivatives, apply, centre_of, parity_of
from .layer_kernels import LayerKernels
from .layers import Network
from .model import Model
from .parsing import parse_expression
from .presets import (
    PRESETS,
    Preset,
    fukumizu_amari,
    maleknia_sato,
    overparameterised,
    single_unit,
    three_units,
)
from .symmetry import SignedPermutation, generators
from .verdict import Verdict
from .verification import check, verify

__all__ = [
    "PRESETS",
    "AnyKernels",
    "Derivation",
    "FormulaError",
    "KernelCacheError",
    "Kernels",
    "LayerKernels",
    "MlpcontError",
    "Model",
    "ModelError",
    "Network",
    "Preset",
    "SignedPermutation",
    "Verdict",
    "activation_derivatives",
    "apply",
    "centre_of",
    "check",
    "derive",
    "fukumizu_amari",
    "generators",
    "load_kernels",
    "maleknia_sato",
    "overparameterised",
    "parity_of",
    "parse_expression",
    "single_unit",
    "three_units",
    "verify",
]
