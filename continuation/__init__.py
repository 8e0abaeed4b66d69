"""Continuation of solutions of F(x, p) = 0: branches, special points, diagrams.

The engine knows nothing of networks; `continuation.landscape` builds on it.
"""

import lazy_loader

from symbolic.loading import begin_program

begin_program(__name__)

# Names come from the stub beside this file, each when it is first asked for.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
