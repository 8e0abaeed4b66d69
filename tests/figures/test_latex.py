"""Texts that LaTeX sets, and what is said where it is not installed."""

import matplotlib as mpl
import matplotlib.pyplot as plt
import pytest
from typer.testing import CliRunner

from continuation.errors import InvalidInputError
from figures import latex
from figures.__main__ import app
from figures.style import Style


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("95 % of time_ms & more", r"95 \% of time\_ms \& more"),
        (r"noise $\sigma_1$, 5 %", r"noise $\sigma_1$, 5 \%"),
        ("plateau → ∞", r"plateau $\to$ $\infty$"),
        ("$a → b$", r"$a \to  b$"),
        (r"costs \$5 or 10³", r"costs \$5 or 10$^{3}$"),
        ("", ""),
    ],
)
def test_texts_are_escaped_outside_of_mathematics(text, expected):
    assert latex.as_latex(text) == expected


def test_all_texts_of_a_canvas_are_rewritten():
    with mpl.rc_context({"text.usetex": True}):
        canvas, axes = plt.subplots()
        axes.set(title="50 %", xlabel="a_b")
        axes.set_xticks([0, 1], ["x_1", "x_2"])
        slanted = axes.text(0, 0, "far", style="italic")
        latex.set_by_latex(canvas)
        assert (axes.get_title(), axes.get_xlabel()) == (r"50 \%", r"a\_b")
        assert axes.xaxis.get_major_formatter()(1.0, 1) == r"x\_2"
        assert slanted.get_text() == r"\textit{far}"
    plt.close(canvas)


def test_without_latex_texts_stay_as_they_are():
    canvas, axes = plt.subplots()
    axes.set(title="50 %")
    latex.set_by_latex(canvas)
    assert axes.get_title() == "50 %"
    plt.close(canvas)


def test_what_lacks_is_named(monkeypatch, tmp_path):
    monkeypatch.setattr(latex.shutil, "which", lambda name: None)
    with pytest.raises(InvalidInputError, match=r"latex, dvipng .*apt-get install"):
        Style(latex=True)
    folder = tmp_path / "out"
    done = CliRunner().invoke(app, ["--latex", "--only", "noise", "--output", str(folder)])
    assert done.exit_code == 1
    assert "not found: latex, dvipng" in " ".join(done.output.split())
    assert not folder.exists()
