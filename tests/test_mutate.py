"""Lists of mutants do not rot: old texts stand where they say, once, and the tests named exist.

`python -m tests.mutate LIST` runs them.
"""

from pathlib import Path

import pytest

from tests.mutate.__main__ import LISTS

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def text_of():
    """Text of a file of the repository, read once."""
    known = {}

    def read(path):
        if path not in known:
            known[path] = (ROOT / path).read_text(encoding="utf-8")
        return known[path]

    return read


@pytest.mark.parametrize("name", LISTS)
def test_old_texts_stand_there_once(name, text_of):
    mutants = LISTS[name].MUTANTS
    wrong = [(m.file, m.before) for m in mutants if text_of(m.file).count(m.before) != 1]
    assert not wrong
    changes = [(m.file, m.before, m.after) for m in mutants]
    assert len(set(changes)) == len(changes)
    assert all(m.before != m.after for m in mutants)


@pytest.mark.parametrize("name", LISTS)
def test_every_mutant_names_tests_that_exist(name, text_of):
    for mutant in LISTS[name].MUTANTS:
        assert mutant.tests
        for test in mutant.tests:
            file, _, function = test.partition("::")
            assert not function or f"def {function}(" in text_of(file), test


def test_there_are_hundreds():
    assert sum(len(module.MUTANTS) for module in LISTS.values()) >= 200
