"""Continuation of solutions of F(x, p) = 0: branches, special points, diagrams.

The engine knows nothing of networks; `continuation.landscape` builds on it.
"""

import lazy_loader

from symbolic.signals import quiet_while_loading

quiet_while_loading(__name__)

# Names come from the stub beside this file, each when it is first asked for.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
