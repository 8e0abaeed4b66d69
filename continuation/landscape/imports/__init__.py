"""Networks that were trained elsewhere, as a model, its weights and a data set.

The objects are read by their attributes: no library is imported. May import `network`.
"""

from continuation.landscape.imports.arrays import from_arrays
from continuation.landscape.imports.imported import Imported
from continuation.landscape.imports.keras_layers import from_keras
from continuation.landscape.imports.scikit_learn import from_sklearn
from continuation.landscape.imports.torch_modules import from_torch

__all__ = ["Imported", "from_arrays", "from_keras", "from_sklearn", "from_torch"]
