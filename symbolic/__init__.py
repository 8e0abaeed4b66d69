"""Exact mathematics of small networks: model, derivatives, symmetry, kernels."""

import lazy_loader

from symbolic.loading import begin_program

begin_program(__name__)

# Names come from the stub beside this file, each when it is first asked for: the exception tree,
# which every package needs, must not cost the import of SymPy.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
