"""Where a given network stands in its landscape.

May import `basins` and what `basins` may import.
"""

from continuation.landscape.diagnosis.channels import Channel
from continuation.landscape.diagnosis.locate import locate
from continuation.landscape.diagnosis.location import Location
from continuation.landscape.diagnosis.redundancy import NearEmbedding
from continuation.landscape.diagnosis.saddles import SaddlePassage

__all__ = ["Channel", "Location", "NearEmbedding", "SaddlePassage", "locate"]
