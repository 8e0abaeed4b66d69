"""Certificates: statements about the loss that are proved in ball arithmetic, or left open."""

import lazy_loader

# Names come from the stub beside this file, each when it is first asked for.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
