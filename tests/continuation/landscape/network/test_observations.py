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
        ("x,y\n1,2\n3,4,5\n", None, InvalidInputError, "more than 2 entries"),
        ("x,y\n1,5,2,5\n3,5,4,5\n", None, InvalidInputError, "decimal commas must be points"),
        ("x;y\n1,5;2,5\n3,5;4,5\n", None, InvalidInputError, "commas between, not semicolons"),
        ("x\ty\n1\t2\n3\t4\n", None, InvalidInputError, "commas between, not tabs"),
        ('x,y\n"1,5","2,5"\n"3,5",4\n', None, InvalidInputError, "found '1,5'"),
        ("1,2\n3,4\n5,6\n", None, InvalidInputError, r"holds numbers \(1, 2\), not the names"),
        ("x,x\n1,2\n3,4\n", None, InvalidInputError, "one name to several columns"),
        ("x,y\n1,2+1j\n3,4\n", None, InvalidInputError, "found '2\\+1j'"),
        ("x,y\n1,True\n3,False\n", None, InvalidInputError, "found 'True'"),
        ("x,y\n1,2\n3,NA\n", None, InvalidInputError, "row 2 .*found 'NA'"),
        ("x,y\n1,2\n3,0x10\n", None, InvalidInputError, "found '0x10'"),
        ("x,y\n1,2\n3,1e400\n", None, InvalidInputError, "found '1e400'"),
        ("x,y\n1,2\n3,1e300\n", None, InvalidInputError, "choose another unit"),
        ("x,y\n1,2\n3,2024-01-01\n", None, InvalidInputError, "found '2024-01-01'"),
    ],
)
def test_bad_files_are_explained(csv_file, text, columns, error, message):
    with pytest.raises(error, match=message):
        read_observations(csv_file(text), columns)


@pytest.mark.parametrize(
    ("text", "columns", "said"),
    [
        ("x,y\n1,2\n3,4\n", None, "2 rows; x is column 'x' and y is column 'y', as the first line"),
        ("t,u,a\n1,9,2\n3,9,4\n", ["t", "a"], "x is column 't' and y is column 'a' of 3"),
        ("x,y\n1,2\n\n3,4\n\n\n", None, "2 rows, 3 empty rows left out"),
        ("x,y\n1,2\n,\n3,4\n", None, "2 rows, 1 empty row left out"),
        ("t,2019\n1,2\n3,4\n", ["t", "2019"], "y is column '2019'"),
    ],
)
def test_the_reading_is_stated(csv_file, text, columns, said):
    seen = read_observations(csv_file(text), columns)
    assert said in seen.reading
    np.testing.assert_array_equal(seen.data.x, [1, 3])


def test_the_row_of_a_bad_entry_counts_empty_rows(csv_file):
    with pytest.raises(InvalidInputError, match=r"row 3 .*'abc'"):
        read_observations(csv_file("x,y\n1,2\n\n3,abc\n"))


@pytest.mark.parametrize("first", ["1,2", "0.5,y", "t,7.25", "nan,3"])
def test_a_first_row_of_data_is_not_eaten(csv_file, first):
    with pytest.raises(InvalidInputError, match=r"holds numbers .* not the names"):
        read_observations(csv_file(f"{first}\n3,4\n5,6\n"))


def test_constant_column_cannot_be_standardised(csv_file):
    with pytest.raises(InvalidInputError, match="'y' is constant"):
        read_observations(csv_file("x,y\n1,2\n3,2\n"), standardise=True)


def test_binary_and_missing_files(tmp_path):
    (tmp_path / "b.csv").write_bytes(b"\xff\xfe\x00\x81")
    for name in ("b.csv", "absent.csv"):
        with pytest.raises(StoreError, match="cannot read"):
            read_observations(tmp_path / name)


@pytest.mark.parametrize("text", ["x,y\n1e6,1\n1000000.00001,2\n", "x,y\n1,7\n2,7.0000000001\n"])
def test_a_column_that_hardly_varies_is_not_standardised_to_noise(csv_file, text):
    with pytest.raises(InvalidInputError, match="cannot be standardised"):
        read_observations(csv_file(text), standardise=True)
    assert read_observations(csv_file(text)).data.size == 2


def test_numbers_are_read_to_the_last_bit_and_blank_lines_count_for_nothing(csv_file):
    rng = np.random.default_rng(0)
    values = rng.normal(size=(500, 2)) * 10.0 ** rng.integers(-30, 30, size=(500, 2))
    rows = "\n\n".join(f" {x!r} ,{y!r}" for x, y in values.tolist())
    data = read_observations(csv_file(f"\ufeffx , y\n{rows}\n\n")).data
    np.testing.assert_array_equal(np.transpose([data.x, data.target]), values)
