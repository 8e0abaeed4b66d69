"""A quick look at many samples: signs of their rates, and whether anything can have happened."""

__all__ = ["screened"]


def screened(values, tangents, unit, table):  # type: ignore[no-untyped-def]
    """Numbers of negative, zero and positive eigenvalues of each sample into `table` (m, 3).

    Parameters
    ----------
    values : (m, n) ndarray
        Ascending.
    tangents : (m, n + 1) ndarray
    unit : float
        An eigenvalue below this part of the largest is zero.
    table : (m, 3) ndarray of int

    Returns
    -------
    bool
        True where no sample is or encloses a special point: nothing is zero, turns, changes sign,
        halves or doubles from one sample to the next.
    """
    m, n = values.shape
    quiet = True
    for i in range(m):
        tolerance = unit * max(abs(values[i, 0]), abs(values[i, n - 1]))
        below, above = 0, 0
        for j in range(n):
            value = values[i, j]
            below += value < -tolerance
            above += value > tolerance
            if i > 0:
                before = values[i - 1, j]
                less, more = min(abs(before), abs(value)), max(abs(before), abs(value))
                quiet = quiet and before * value > 0.0 and 2.0 * less > more
        table[i, 0], table[i, 1], table[i, 2] = below, n - below - above, above
        quiet = quiet and below + above == n
        if i > 0:
            quiet = quiet and tangents[i - 1, n] * tangents[i, n] > 0.0
    return quiet
