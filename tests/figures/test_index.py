"""The index of a folder: what is there is linked, what is not is said, texts stay texts."""

import html
import re
from html.parser import HTMLParser

import pytest

from figures import claims, index, job
from figures.settings import Budget

CAPTION = """**Loss & more.** (**a**) R < 1 where `w_1 < 2`; (**b**) the rest.
A second line.

- model: f = <b>x</b>
- made by: `python -m figures --only graph`
"""


class Tags(HTMLParser):
    """Tags of a page, its links and its text; refuses what is not closed."""

    EMPTY = ("meta", "img")

    def __init__(self, text):
        super().__init__()
        self.open, self.links, self.seen, self.text = [], [], [], ""
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.seen.append(tag)
        self.links += [value for name, value in attrs if name in ("href", "src")]
        if tag not in self.EMPTY:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


@pytest.fixture
def output(tmp_path):
    for name in ("graph", "noise"):
        (tmp_path / f"{name}.png").write_bytes(b"png")
        (tmp_path / f"{name}.pdf").write_bytes(b"pdf")
    (tmp_path / "graph.md").write_text(CAPTION, encoding="utf-8")
    return tmp_path


def test_figures_have_captions_and_links_that_exist(output):
    claims.write({}, output, Budget.QUICK)
    (output / "explorer.html").write_text("page", encoding="utf-8")
    page = Tags(index.write(output).read_text(encoding="utf-8"))
    linked = [link for link in page.links if not link.startswith("#")]
    assert all((output / link).is_file() for link in linked)
    assert {"graph.png", "graph.pdf", "noise.png", "claims.md", "explorer.html"} <= set(linked)
    assert page.seen.count("figure") == 2
    assert "R < 1 where w_1 < 2" in page.text
    assert "python -m figures --only graph" in page.text
    assert job.figure_module("noise").TITLE in page.text
    for text in claims.CLAIMS.values():
        assert text in page.text


def test_what_is_missing_is_said(tmp_path):
    page = Tags(index.write(tmp_path).read_text(encoding="utf-8"))
    assert "No claims were measured" in page.text
    assert "No page of the explorer is here" in page.text
    assert "figure" not in page.seen


def test_captions_become_markup_and_their_texts_do_not():
    page = Tags(f"<div>{index.paragraphs(CAPTION)}</div>")
    assert page.seen == ["div", "p", "strong", "strong", "code", "strong", "ul", "li", "li", "code"]
    assert "f = <b>x</b>" in page.text
    plain = re.sub(r"[*`]|^- ", "", CAPTION, flags=re.MULTILINE)
    assert page.text.split() == html.unescape(plain).split()


def test_names_of_pages_are_escaped(output):
    (output / "a&b <i>'.html").write_text("page", encoding="utf-8")
    page = Tags(index.write(output).read_text(encoding="utf-8"))
    assert "a&b <i>'.html" in page.text
    assert "i" not in page.seen
