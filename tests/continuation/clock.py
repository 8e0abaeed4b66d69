"""A clock for tests: what it shows does not depend on the load of the machine."""

import time


class Clock:
    """In place of the monotonic clock: it moves when it is told to, and by `tick` at each look."""

    def __init__(self, monkeypatch, tick=0.0):
        self.now, self.tick = 100.0, tick
        monkeypatch.setattr(time, "monotonic", self.read)

    def read(self):
        self.now += self.tick
        return self.now
