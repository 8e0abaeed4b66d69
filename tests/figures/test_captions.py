"""Captions: what stands beside every picture."""

import json

import pytest
import xarray as xr

from figures.captions import Caption, caption_text, levels, write_caption
from symbolic import PRESETS

CAPTION = Caption(
    panels=["the distance", "the gradient"],
    models=["fukumizu_amari", "something else"],
    samples="100",
    noise="0.1",
    data_sets="12 data sets",
    notes=("dots are data sets",),
)


def test_a_caption_says_what_of_which_model_on_which_data():
    text = caption_text("optimum", "distance of it", CAPTION, '{"seed": 3, "budget": "quick"}')
    first, note, _, *facts, end = text.split("\n")
    assert first == "**Distance of it.** (**a**) the distance; (**b**) the gradient."
    assert note == "Dots are data sets."
    model = PRESETS["fukumizu_amari"]()
    assert facts == [
        f"- model: Fukumizu-Amari: f(x; θ) = {model.expression}, T(x) = {model.teacher}, "
        "x ~ N(0, 2²); something else",
        "- data: n = 100; σ = 0.1; 12 data sets",
        "- made by: `python -m figures --only optimum --seed 3 --quick`",
    ]
    assert end == ""


@pytest.mark.parametrize(
    ("values", "text"),
    [([0.1], "0.1"), ([300, 30], "30, 300"), (range(5), "0 to 4"), ([1.0, 1.0, 2.0], "1, 2")],
)
def test_levels_are_listed_or_a_range(values, text):
    assert levels(values) == text


def test_a_caption_is_written_with_the_settings_of_its_data(tmp_path):
    data = xr.Dataset(attrs={"settings": json.dumps({"seed": 7, "budget": "usual"})})
    path = write_caption("optimum", "it", CAPTION, data, tmp_path)
    assert path == tmp_path / "optimum.md"
    assert "`python -m figures --only optimum --seed 7`" in path.read_text(encoding="utf-8")
