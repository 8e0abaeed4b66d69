"""The table of published numbers is what its command computes."""

import pytest

from docs.rows import Row, markdown
from docs.validation import TABLES


def lines(table):
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in table.splitlines()[2:]]


def test_the_table_is_stored_whole():
    for path, comparisons in TABLES.items():
        stored = lines(path.read_text(encoding="utf-8"))
        assert all(len(line) == 5 for line in stored)
        assert len({line[0] for line in stored}) >= len(comparisons)


def test_a_wrong_number_does_not_agree():
    assert Row("source", "quantity", "0.4536", 0.45362).agrees
    assert Row("source", "quantity", "", 0.4536243, 0.4536243).agrees
    assert not Row("source", "quantity", "0.4536", 0.4539).agrees
    assert not Row("source", "quantity", "", 0.45362, 0.453624327778129).agrees
    assert Row("source", "quantity", "0.4536", 0.4539).digits == 2
    assert Row("source", "quantity", "", 0.3).own
    assert not Row("source", "quantity", "", float("nan")).agrees
    assert "our own" in markdown([Row("source", "quantity", "", 0.3)])


@pytest.mark.slow
@pytest.mark.parametrize("path", TABLES, ids=lambda path: path.stem)
def test_all_published_numbers_are_met(path):
    rows = [row for compare in TABLES[path] for row in compare()]
    assert all(row.agrees for row in rows)
    stored = lines(path.read_text(encoding="utf-8"))
    for row, now, then in zip(rows, lines(markdown(rows)), stored, strict=True):
        assert now[:3] == then[:3]
        if not row.own:
            assert int(now[4].split()[0]) >= int(then[4].split()[0]) - 1
