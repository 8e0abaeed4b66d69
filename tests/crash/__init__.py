"""Crash test: `python -m tests.crash --kills N`. It is not part of the suite.

The main job is killed (SIGKILL) at random moments and run on, over and over; every store that comes
to its end this way is compared byte by byte with that of an undisturbed run.
"""
