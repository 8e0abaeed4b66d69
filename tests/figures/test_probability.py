"""Shares of an ensemble over size and noise: what is drawn, and the table of the documentation."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
import xarray as xr

from continuation.ensemble import shares
from figures.probability import draw_probability, share_columns

SIZES, NOISES, DATA_SETS = (10, 30, 100), (0.1, 0.3), 40


@pytest.fixture(scope="module")
def table():
    """Answers true with a probability that grows with n: 0 at first, then 1."""
    rng = np.random.default_rng(0)
    rows = [
        (cell, model, n, noise, 0.0, float(rng.random() < probability), float(rng.random() < 0.5))
        for cell, (model, n, noise, probability) in enumerate(
            (model, n, noise, probability)
            for model in ("first", "second")
            for noise in NOISES
            for n, probability in zip(SIZES, (0.0, 0.6, 1.0), strict=True)
        )
        for _ in range(DATA_SETS)
    ]
    names = ("cell", "model", "n", "noise", "weight_decay", "alone", "other")
    columns = dict(zip(names, zip(*rows, strict=True), strict=True))
    return xr.Dataset(
        {name: ("row", np.array(columns[name])) for name in ("alone", "other")},
        {name: ("row", np.array(columns[name])) for name in names[:5]},
    )


def test_every_share_and_model_has_a_panel_with_its_cells(table):
    assert list(share_columns(table)) == ["alone", "other"]
    canvas = draw_probability(table)
    panels = [axes for axes in canvas.axes if axes.get_title()]
    assert [axes.get_title() for axes in panels] == [
        f"{model}\n{column}" for model in ("first", "second") for column in ("alone", "other")
    ]
    found = shares(table, "alone")
    mesh = panels[0].collections[0]
    drawn = np.asarray(mesh.get_array()).reshape(len(NOISES), len(SIZES))
    for k in range(len(NOISES) * len(SIZES)):
        cell = found.isel(cell=k)
        place = NOISES.index(float(cell["noise"])), SIZES.index(int(cell["n"]))
        assert drawn[place] == pytest.approx(float(cell["share"]))
    plt.close(canvas)


def test_the_line_of_a_half_runs_between_the_sizes_where_it_is_crossed(table):
    canvas = draw_probability(table)
    first = canvas.axes[0]
    half = first.collections[1]
    points = np.vstack([path.vertices for path in half.get_paths()])
    assert ((points[:, 0] > 0.0) & (points[:, 0] < 2.0)).all()
    plt.close(canvas)
