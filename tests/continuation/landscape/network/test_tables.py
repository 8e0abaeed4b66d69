"""CSV files with many columns: what is read, in which units, and what is refused."""

import numpy as np
import pytest
from sklearn import datasets

from continuation.errors import InvalidInputError, UnknownNameError
from continuation.landscape import GradientDescent, Loss, descend, locate, read_table
from symbolic import Model

SETS = {
    "diabetes": (datasets.load_diabetes, ["bmi", "bp", "s5"], "target", 442),
    "iris": (datasets.load_iris, None, "target", 150),
    "wine": (
        datasets.load_wine,
        ["alcohol", "malic_acid", "ash", "magnesium", "flavanoids", "hue", "proline"],
        "target", 178,
    ),
    "breast cancer": (datasets.load_breast_cancer, ["mean radius", "mean texture"], "target", 569),
    "linnerud": (datasets.load_linnerud, ["Chins", "Situps"], ["Weight", "Waist", "Pulse"], 20),
    "digits": (datasets.load_digits, ["pixel_2_2", "pixel_3_4", "pixel_5_3"], "target", 1797),
}  # fmt: skip
"""Sets that scikit-learn ships: loader, inputs, targets, rows."""

NUMBERS = ("diabetes", "linnerud")
"""Those whose targets are numbers."""


def table_of(name, folder, **options):
    load, inputs, target, _ = SETS[name]
    frame = load(as_frame=True).frame
    frame.to_csv(folder / "set.csv", index=False)
    table = read_table(folder / "set.csv", target, inputs, classes=name not in NUMBERS, **options)
    return frame, table


def network_for(table):
    """Two units, on as many inputs and outputs as the table has."""
    inputs, outputs = len(table.inputs), len(table.classes) or len(table.targets)
    loss = "softmax" if table.classes else "squared"
    return Model.mlp(inputs, (2,), outputs, loss=loss)


@pytest.mark.parametrize("name", SETS)
def test_sets_that_are_shipped_are_read_with_their_names(name, tmp_path):
    frame, table = table_of(name, tmp_path, test=0.25, seed=1)
    rows = SETS[name][3]
    assert table.train.size + table.test.size == rows == len(frame)
    assert table.test.size == round(0.25 * rows)
    x = table.train.x
    np.testing.assert_allclose(x.mean(axis=0), 0.0, atol=1e-12)
    np.testing.assert_allclose(x.std(axis=0), 1.0, rtol=1e-12)
    both = np.vstack([x, table.test.x])
    measured = np.array([a.measured(c) for a, c in zip(table.inputs, both.T, strict=True)]).T
    expected = frame[[axis.name for axis in table.inputs]].to_numpy()
    np.testing.assert_allclose(np.sort(measured, axis=0), np.sort(expected, axis=0), rtol=1e-9)
    assert bool(table.classes) == (name not in NUMBERS)
    model = network_for(table)
    theta = np.random.default_rng(0).standard_normal(model.dimension)
    value = Loss(model, table.train).value(theta)
    f = Loss(model, table.train).predict(theta, x)
    y = table.train.target
    if table.classes:
        logs = f - np.log(np.exp(f).sum(axis=1, keepdims=True))
        assert value == pytest.approx(-logs[np.arange(len(y)), y.astype(int)].mean(), rel=1e-11)
    else:
        gaps = ((f - y) ** 2).reshape(len(y), -1).sum(axis=1)
        assert value == pytest.approx(0.5 * gaps.mean(), rel=1e-11)
    units = table.units(model, theta)
    assert list(units.index) == [*(axis.name for axis in table.inputs), "bias"]
    assert list(units.columns) == ["unit 1", "unit 2"]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["diabetes", "iris", "linnerud", "breast cancer"])
def test_a_network_on_them_is_located(name, tmp_path):
    _, table = table_of(name, tmp_path, test=0.2)
    model = network_for(table)
    loss = Loss(model, table.train)
    start = 0.5 * np.random.default_rng(2).standard_normal(model.dimension)
    done = descend(loss.at(weight_decay=0.05), start, GradientDescent(0.3), step_limit=20_000)
    assert done.status == "point"
    place = locate(loss, done.theta, weight_decay=0.05)
    assert (place.stage, place.index) == ("at a set", 0)
    assert loss.value(done.theta, weight_decay=0.05) < loss.value(start, weight_decay=0.05)
    assert np.isfinite(Loss(model, table.test).value(done.theta))  # on 4 rows it may well rise


def test_predictions_are_in_measured_units(tmp_path):
    frame, table = table_of("diabetes", tmp_path)
    model = network_for(table)
    theta = np.random.default_rng(3).standard_normal(model.dimension)
    (w, v), (c, b) = model.unpack(theta)
    measured = frame[["bmi", "bp", "s5"]]
    scaled = ((measured - measured.mean()) / measured.std(ddof=0)).to_numpy()
    expected = (np.tanh(scaled @ w + c) @ v + b)[:, 0]
    expected = frame["target"].mean() + frame["target"].std(ddof=0) * expected
    found = table.predict(model, theta, measured.to_numpy())
    np.testing.assert_allclose(found, expected, rtol=1e-10)


def test_words_are_classes_and_the_draw_of_rows_is_one_of_its_seed(tmp_path):
    path = tmp_path / "words.csv"
    rows = "\n".join(f"{k},{k * k},{'even' if k % 2 == 0 else 'odd'}" for k in range(10))
    path.write_text(f"a,b,kind\n{rows}\n")
    table = read_table(path, "kind", test=0.3, seed=4)
    assert table.classes == ("even", "odd")
    assert set(table.train.target) <= {0.0, 1.0}
    assert "classes even, odd" in table.reading
    again, other = (read_table(path, "kind", test=0.3, seed=s) for s in (4, 5))
    np.testing.assert_array_equal(again.test.x, table.test.x)
    assert not np.array_equal(other.test.x, table.test.x)
    whole = read_table(path, "b", ["a"], standardise=False)
    assert whole.test is None
    np.testing.assert_array_equal(whole.train.target, np.arange(10.0) ** 2)


@pytest.mark.parametrize(
    ("options", "error", "said"),
    [
        ({"target": "gone"}, UnknownNameError, "no column 'gone'"),
        ({"target": "b", "inputs": ["a", "b"]}, InvalidInputError, "'b' is both"),
        ({"target": "b", "inputs": []}, InvalidInputError, "missing"),
        ({"target": ["a", "b"], "inputs": ["c"], "classes": True}, InvalidInputError, "one target"),
        ({"target": "b", "test": 1.0}, InvalidInputError, "share of the rows"),
        ({"target": "a", "inputs": ["word"]}, InvalidInputError, "found 'x'"),
        ({"target": "hole", "inputs": ["a"], "classes": True}, InvalidInputError, "row 2"),
    ],
)
def test_what_cannot_be_read_is_said(tmp_path, options, error, said):
    path = tmp_path / "bad.csv"
    path.write_text("a,b,c,word,hole\n1,2,3,x,u\n2,3,5,y,\n4,5,6,z,v\n")
    with pytest.raises(error, match=said):
        read_table(path, **options)
