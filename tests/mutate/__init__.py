"""Mutation testing: every condition that is weakened in a copy of the code is noticed by a test.

`python -m tests.mutate LIST` runs one of the lists of `LISTS`. It is not part of the suite, which
only looks that every old text stands where a list says, once, and that the tests named exist.
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
    tests : tuple of str
        The few that ought to notice it, as pytest takes them.
    why : str
        What goes wrong with it, where that is not plain.
    equivalent : str
        Why no test can notice it; "" for those that one must notice.
    """

    file: str
    before: str
    after: str
    tests: tuple[str, ...]
    why: str = ""
    equivalent: str = ""


def table(file, tests, *rows):
    """Mutants of one file that the same tests notice: (before, after, why[, equivalent])."""
    return [Mutant(file, before, after, tuple(tests), *rest) for before, after, *rest in rows]
