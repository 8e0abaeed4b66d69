"""How each statement is proved; each prover returns a certificate.

May import `enclosures`, the landscape and the record of a certificate.
"""

import lazy_loader

# Names come from the stub beside this file, each when it is first asked for.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
