"""The figure of certified uniqueness: shares, intervals, one curve per noise."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from figures import uniqueness
from figures.settings import Budget, Settings

SETTINGS = Settings(budget=Budget.QUICK)


@pytest.fixture
def data(monkeypatch):
    monkeypatch.setattr(uniqueness, "SIZES", (20, 60))
    return uniqueness.assemble(
        SETTINGS, [uniqueness.compute(part) for part in uniqueness.parts(SETTINGS)]
    )


def test_shares_lie_in_their_intervals_and_are_drawn(data):
    assert data.sizes == {"preset": 2, "seed": 2, "size": 2, "noise": 4}
    share = data["estimate"].to_numpy()
    np.testing.assert_array_equal(share, data["holds"].to_numpy().mean(axis=1))
    assert (data["lower"].to_numpy() <= share).all()
    assert (share <= data["upper"].to_numpy()).all()
    assert share[0, 1, 0] == 1.0  # one unit, little noise
    assert (share[1, :, -1] == 0.0).all()  # two units, much noise
    canvas = uniqueness.draw(data)
    for row, axis in enumerate(canvas.axes):
        curves = [container.lines[0].get_ydata() for container in axis.containers]
        np.testing.assert_array_equal(np.transpose(curves), share[row])
    plt.close(canvas)
