"""The table of published numbers is what its command computes."""

import pytest

from docs.validation import COMPARISONS, TABLE, Row, markdown


def lines(table):
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in table.splitlines()[2:]]


def test_the_table_is_stored_whole():
    stored = lines(TABLE.read_text(encoding="utf-8"))
    assert all(len(line) == 5 for line in stored)
    assert len({line[0] for line in stored}) >= len(COMPARISONS)


def test_a_wrong_number_does_not_agree():
    assert Row("source", "quantity", "0.4536", 0.45362).agrees
    assert Row("source", "quantity", "", 0.4536243, 0.4536243).agrees
    assert not Row("source", "quantity", "0.4536", 0.4539).agrees
    assert not Row("source", "quantity", "", 0.45362, 0.453624327778129).agrees
    assert Row("source", "quantity", "0.4536", 0.4539).digits == 2


@pytest.mark.slow
def test_all_published_numbers_are_met():
    rows = [row for compare in COMPARISONS for row in compare()]
    assert all(row.agrees for row in rows)
    stored = lines(TABLE.read_text(encoding="utf-8"))
    for now, then in zip(lines(markdown(rows)), stored, strict=True):
        assert now[:3] == then[:3]
        assert int(now[4].split()[0]) >= int(then[4].split()[0]) - 1
