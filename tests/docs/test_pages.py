"""Every block of code and every command of the documentation runs, and prints what is shown."""

import re

import matplotlib.pyplot as plt
import pytest

from docs.pages import ROOT, pages
from docs.taken import differences, take

PAGES = pages()

QUICK = {
    "docs/tutorials/equations.md",
}
"""Pages of seconds; the others run with the slow tests."""


@pytest.mark.parametrize(
    "page",
    [
        pytest.param(page, id=page.name, marks=[] if page.name in QUICK else [pytest.mark.slow])
        for page in PAGES
    ],
)
def test_a_page_runs_as_it_stands(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(plt, "show", lambda: None)
    namespace = {"__name__": "__main__"}
    for step in page.steps:
        printed = take(step, namespace)
        if step.printed is not None:
            assert not differences(step.printed, printed), step.text
        for number in re.findall(r"#.*?(\d+\.\d{5,})", step.text):
            assert number in printed, number
    plt.close("all")


def test_quick_pages_exist():
    assert {page.name for page in PAGES} >= QUICK


def test_a_page_without_code_would_be_noticed():
    assert {"README.md", "docs/examples.md", "docs/networks.md"} <= {p.name for p in PAGES}


def test_shown_output_is_compared():
    assert not differences("p = 0.333\nsets …\n", "p = 0.33333\nsets 12 of 3\n")
    assert differences("p = 0.336\n", "p = 0.33333\n")
    assert differences("3 sets\n", "4 sets\n")
    assert differences("three sets\n", "four sets\n")
    assert not differences("1.5e-3\n…\n", "0.0015\nmore\n")


def test_every_fence_is_closed():
    for page in PAGES:
        text = page.path.read_text(encoding="utf-8")
        assert len(re.findall(r"^```", text, re.MULTILINE)) % 2 == 0, page.name


def test_links_within_the_repository_exist():
    for page in PAGES:
        if page.path.parent == ROOT:
            for target in re.findall(r"\]\(([^)#:]+)\)", page.path.read_text(encoding="utf-8")):
                assert (ROOT / target).exists(), (page.name, target)
