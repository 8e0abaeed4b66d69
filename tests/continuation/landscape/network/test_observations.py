import numpy as np
import pytest

from continuation.errors import InvalidInputError, StoreError, UnknownNameError
from continuation.landscape.network.observations import read_observations


@pytest.fixture
def csv_file(tmp_path):
    def write(text: str):
        path = tmp_path / "data.csv"
        path.write_text(text)
        return path

    return write


def test_reads_named_columns_and_standardises(csv_file):
    path = csv_file("t,u,a\n1,9,10\n2,9,20\n4,9,60\n")
    plain = read_observations(path, ["t", "a"])
    np.testing.assert_array_equal(plain.data.x, [1, 2, 4])
    np.testing.assert_array_equal(plain.data.target, [10, 20, 60])
    scaled = read_observations(path, ["t", "a"], standardise=True)
    assert abs(scaled.data.x.mean()) < 1e-15
    assert scaled.data.target.std() == pytest.approx(1.0)
    np.testing.assert_allclose(scaled.y.measured(scaled.data.target), [10, 20, 60])
    assert (scaled.x.name, scaled.y.name) == ("t", "a")


@pytest.mark.parametrize(
    ("text", "columns", "error", "message"),
    [
        ("", None, InvalidInputError, "names of two columns"),
        ("x\n1\n", None, InvalidInputError, "names of two columns"),
        ("x,y\n1,2\n3,nan\n", None, InvalidInputError, "row 2 .*'y'.*'nan'"),
        ("x,y\n1,2\n3\n", None, InvalidInputError, "found 'nothing'"),
        ("x,y\n1,2\n3,abc\n", None, InvalidInputError, "'abc'"),
        ("x,y\n1,2\n", None, InvalidInputError, "at least 2 samples"),
        ("x,y\n1,2\n1,3\n", None, InvalidInputError, "all 2 inputs equal"),
        ("x,y\n1,2\n3,4\n", ["x", "z"], UnknownNameError, "no column 'z'; the file has x, y"),
        ("x,y\n1,2\n3,4\n", ["x", "x"], InvalidInputError, "two different columns"),
    ],
)
def test_bad_files_are_explained(csv_file, text, columns, error, message):
    with pytest.raises(error, match=message):
        read_observations(csv_file(text), columns)


def test_constant_column_cannot_be_standardised(csv_file):
    with pytest.raises(InvalidInputError, match="'y' is constant"):
        read_observations(csv_file("x,y\n1,2\n3,2\n"), standardise=True)


def test_binary_and_missing_files(tmp_path):
    (tmp_path / "b.csv").write_bytes(b"\xff\xfe\x00\x81")
    for name in ("b.csv", "absent.csv"):
        with pytest.raises(StoreError, match="cannot read"):
            read_observations(tmp_path / name)
