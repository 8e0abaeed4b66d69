"""Linear algebra over the fields of the checker."""

from collections.abc import Sequence
from typing import Any


def with_vanishing_sums(rows: Sequence[Sequence[Any]], start: Sequence[Any]) -> list[Any]:
    """A vector r with rows @ r = 0: the first entries of `start` are changed to make it so.

    Parameters
    ----------
    rows
        Shape (m, n), m < n, with an invertible leading square block.
    start
        Shape (n,).
    """
    m = len(rows)
    right = [-_dot(row[m:], start[m:]) for row in rows]
    return [*solve([list(row[:m]) for row in rows], right), *start[m:]]


def solve(matrix: list[list[Any]], right: list[Any]) -> list[Any]:
    """Solution of a square system by elimination with row exchanges.

    Raises
    ------
    ZeroDivisionError
        The matrix is singular.
    """
    size = len(matrix)
    rows = [[*row, b] for row, b in zip(matrix, right, strict=True)]
    for k in range(size):
        pivot = next((i for i in range(k, size) if rows[i][k] != 0), k)
        rows[k], rows[pivot] = rows[pivot], rows[k]
        rows[k] = [a / rows[k][k] for a in rows[k]]
        for i in range(size):
            if i != k:
                factor = rows[i][k]
                rows[i] = [a - factor * b for a, b in zip(rows[i], rows[k], strict=True)]
    return [row[-1] for row in rows]


def determinant(matrix: Sequence[Sequence[Any]]) -> Any:
    """Determinant by elimination with row exchanges."""
    rows, result = [list(row) for row in matrix], 1
    for k in range(len(rows)):
        pivot = next((i for i in range(k, len(rows)) if rows[i][k] != 0), None)
        if pivot is None:
            return 0
        if pivot != k:
            rows[k], rows[pivot] = rows[pivot], rows[k]
            result = -result
        result = result * rows[k][k]
        for i in range(k + 1, len(rows)):
            factor = rows[i][k] / rows[k][k]
            rows[i] = [a - factor * b for a, b in zip(rows[i], rows[k], strict=True)]
    return result


def _dot(first: Sequence[Any], second: Sequence[Any]) -> Any:
    total = first[0] * second[0]
    for a, b in zip(first[1:], second[1:], strict=True):
        total = total + a * b
    return total
