"""A picture in few bytes: Matplotlib takes a second for the simplest."""


class Canvas:
    """As much of a Matplotlib figure as the main job uses; what it shows is its bytes."""

    axes = ()

    def __init__(self, shown=b""):
        self.shown = shown

    def findobj(self, kind):
        return []

    def savefig(self, path, metadata):
        with open(path, "wb") as file:
            for piece in range(3):
                file.write(bytes([piece]) * 5000)
            file.write(self.shown)
