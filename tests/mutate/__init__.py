"""Mutation testing: every condition that is weakened in a copy of the code is noticed by a test.

`python -m tests.mutate LIST` runs one of the lists of `LISTS`. It is not part of the suite.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Mutant:
    """One change of the code.

    Attributes
    ----------
    file : str
        Relative to the repository.
    before, after : str
        What stands there, exactly once, and what shall.
    equivalent : str
        Why no test can notice it; "" for those that one must notice.
    """

    file: str
    before: str
    after: str
    equivalent: str = ""
