"""All critical sets of one loss, and how complete the list is.

May import `network`, `infinity`, `sets`, `branches` and `fits`.
"""

from continuation.landscape.search.find import find_critical_sets
from continuation.landscape.search.reduced_loss import reduced_loss

__all__ = [
    "find_critical_sets",
    "reduced_loss",
]
