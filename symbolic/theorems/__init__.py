"""The theorems, one a file: statement, assumptions, `prove` by SymPy and an independent `check`.

Every module has

* ``NAME``, and ``STATEMENTS``: what its certificates may state;
* ``FIELDS``: what they may hold besides, one set for each form; all of it enters the check;
* ``applies(model)``: whether the theorem is stated for a model;
* ``prove(model, ...) -> Verdict``: further arguments replace what is claimed, so that a false claim
  can be seen to be refuted;
* ``check(content, model) -> bool``: whether the content of a certificate proves its statement; the
  model is the dictionary of the certificate's model, and empty where it has none.
"""

from collections.abc import Mapping
from types import ModuleType

from symbolic.theorems import (
    any_optimum,
    blow_up,
    confluence,
    derivatives,
    embedding,
    gradient_structure,
    inertia,
    noisy_optimum,
    printed_kernels,
    symmetry,
    unique_minimum,
)

_IN_ORDER = (
    derivatives,
    printed_kernels,
    symmetry,
    embedding,
    inertia,
    noisy_optimum,
    any_optimum,
    gradient_structure,
    confluence,
    blow_up,
    unique_minimum,
)
THEOREMS: Mapping[str, ModuleType] = {module.NAME: module for module in _IN_ORDER}
"""By name, in the order of the table."""

OF_LAYERS = frozenset({any_optimum.NAME})
"""Theorems whose certificates may speak of networks of layers."""
