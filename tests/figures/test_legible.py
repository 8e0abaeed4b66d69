"""Every figure of a quick run, for a page and for a column: no text on another, none clipped."""

import itertools

import matplotlib.pyplot as plt
import pytest
from matplotlib.text import Text

from figures import job
from figures.settings import PAGE, Budget, Settings
from figures.style import COLUMN, Style

QUICK = ("phase_plane",)
"""Figures whose data take less than a second."""

SHARED = 0.1
"""Part of the smaller of two boxes that texts may share: boxes have room around the letters."""


def unseen(canvas):
    """Labels of ticks beyond the limits of their axis, which Matplotlib keeps and does not draw."""
    for panel in canvas.axes:
        for axis in (panel.xaxis, panel.yaxis):
            low, high = sorted(axis.get_view_interval())
            for tick in (*axis.get_major_ticks(), *axis.get_minor_ticks()):
                if not low <= tick.get_loc() <= high:
                    yield from (tick.label1, tick.label2)


def boxes(canvas):
    canvas.draw_without_rendering()
    left_out = {id(text) for text in unseen(canvas)}
    for text in canvas.findobj(Text):
        if text.get_visible() and text.get_text().strip() and id(text) not in left_out:
            yield text.get_text(), text.get_window_extent()


def overlaps(one, other):
    width = min(one.x1, other.x1) - max(one.x0, other.x0)
    height = min(one.y1, other.y1) - max(one.y0, other.y0)
    smaller = min(one.width * one.height, other.width * other.height)
    return width > 0 and height > 0 and width * height > SHARED * smaller


def faults(canvas):
    """Texts that are clipped, and pairs that overlap."""
    seen = list(boxes(canvas))
    wide, high = canvas.bbox.width + 1, canvas.bbox.height + 1
    clipped = [
        text for text, b in seen if min(b.x0, b.y0) < -1 or b.x1 > wide or b.y1 > high
    ]  # fmt: skip
    pairs = itertools.combinations(seen, 2)
    return clipped + [(s, t) for (s, one), (t, other) in pairs if overlaps(one, other)]


def test_what_overlaps_or_is_clipped_is_noticed():
    canvas, axes = plt.subplots()
    axes.text(0.5, 0.5, "one")
    axes.text(0.5, 0.5, "other")
    axes.text(1.2, 0.5, "beyond the canvas")
    assert faults(canvas) == ["beyond the canvas", ("one", "other")]
    plt.close(canvas)


@pytest.mark.parametrize(
    "name",
    [pytest.param(n, marks=() if n in QUICK else pytest.mark.slow) for n in job.NAMES],
)
def test_texts_of_a_figure_are_apart(name):
    module, settings = job.figure_module(name), Settings(budget=Budget.QUICK)
    data = module.assemble(settings, [module.compute(part) for part in module.parts(settings)])
    for style in map(Style, (PAGE, COLUMN)):
        with style.used():
            canvas = module.draw(data, style)
        assert faults(canvas) == []
        plt.close(canvas)
