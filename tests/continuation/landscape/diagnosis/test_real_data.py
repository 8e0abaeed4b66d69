"""Networks that scikit-learn trained on the data sets it ships, read from CSV and located."""

import numpy as np
import pytest

from continuation.errors import InvalidInputError
from continuation.landscape import Dataset, Loss, locate, read_table
from continuation.landscape.imports import from_sklearn
from symbolic import Model

datasets = pytest.importorskip("sklearn.datasets")
networks = pytest.importorskip("sklearn.neural_network")

STAGES = {"at a set", "converging", "passing a saddle", "in a channel", "descending"}

SETS = [
    # loader, columns, target, classes, hidden layers
    ("load_diabetes", ["bmi"], None, 0, (3,)),
    ("load_diabetes", ["age", "sex", "bmi", "bp", "s1", "s3", "s5", "s6"], None, 0, (4,)),
    ("load_linnerud", ["Chins", "Situps", "Jumps"], "Waist", 0, (2,)),
    ("load_iris", None, None, 3, (3,)),
    ("load_wine", ["alcohol", "flavanoids", "color_intensity", "proline"], None, 3, (3, 2)),
    ("load_breast_cancer", ["mean radius", "mean texture", "mean concavity"], None, 2, (3,)),
    ("load_digits", [f"pixel_{i}_{j}" for i in (2, 4, 6) for j in (2, 5)], None, 2, (3,)),
]
"""Seven cases of six data sets, with one to eight inputs."""


def csv_of(loader, columns, target, classes, path):
    """The data set as a file with named columns; of ten digits the zeros and ones."""
    kept = getattr(datasets, loader)(as_frame=True)
    frame = kept.frame
    name = target or kept.target.name
    if classes:
        frame = frame[frame[name] < classes]
        labels = [f"class_{k}" for k in range(classes)]
        frame = frame.assign(**{name: [labels[k] for k in frame[name]]})
    chosen = columns or list(kept.feature_names)
    frame[[*chosen, name]].to_csv(path, index=False)
    return chosen, name


@pytest.mark.slow
@pytest.mark.parametrize(("loader", "columns", "target", "classes", "hidden"), SETS)
def test_networks_on_real_data_are_located_in_column_names(
    loader, columns, target, classes, hidden, tmp_path
):
    columns, name = csv_of(loader, columns, target, classes, tmp_path / "data.csv")
    table = read_table(tmp_path / "data.csv", name, columns, test=0.25, seed=1)
    assert [axis.name for axis in table.inputs] == columns
    assert table.test is not None
    assert len(table.classes) == classes
    x, y = table.train.x.reshape(table.train.size, -1), table.train.target
    kind = networks.MLPClassifier if classes else networks.MLPRegressor
    trained = kind(
        hidden_layer_sizes=hidden,
        activation="tanh",
        alpha=0.0,
        solver="lbfgs",
        max_iter=400,
        random_state=0,
    ).fit(x, y)
    imported = from_sklearn(trained, x, y)
    loss = Loss(imported.model, table.train)
    assert loss.value(imported.theta) == pytest.approx(imported.value(), rel=1e-12)
    f = np.asarray(loss.predict(imported.theta, table.test.x))
    theirs = table.test.x.reshape(table.test.size, -1)
    if classes == 2:
        np.testing.assert_array_equal(f > 0.0, trained.predict(theirs) == 1)
    elif classes:
        np.testing.assert_array_equal(f.argmax(axis=1), trained.predict(theirs))
    else:
        np.testing.assert_allclose(f, trained.predict(theirs), rtol=1e-12, atol=1e-12)
    place = locate(loss, imported.theta, columns=columns, seconds=60)
    assert place.columns == tuple(columns)
    assert place.stage in STAGES
    assert "In columns: unit " in place.text
    assert any(f"{column} (" in place.text for column in columns)
    assert place.inertia is not None
    assert sum(place.inertia) == imported.theta.size


def test_words_name_columns_and_their_number_is_checked():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((20, 2)) * [1.0, 5.0]
    loss = Loss(Model.mlp(2, (2,)), Dataset.from_observations(x, x[:, 0]))
    theta = loss.model.pack(
        [np.array([[1.0, 0.1], [0.1, -1.0]]), np.ones((2, 1))], [np.zeros(2), np.zeros(1)]
    )
    place = locate(loss, theta, columns=["age", "height"], sets=[], step_limit=20)
    first, second = np.std(x, axis=0) * [1.0, 0.1]
    assert f"unit 1 reads age ({first:+.2g}), height ({second:+.2g})." in place.text
    with pytest.raises(InvalidInputError, match="columns must name 2 inputs, not 1"):
        locate(loss, theta, columns=["age"])
