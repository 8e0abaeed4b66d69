"""Every block of code and every command of the documentation runs, and prints what is shown."""

import re

import matplotlib.pyplot as plt
import pytest

from docs.pages import ROOT, pages
from docs.taken import ELSEWHERE, differences, take

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


TEXTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
TEXTS = [path for path in TEXTS if not {"_build", "examples_gallery"} & set(path.parts)]

NOT_RUN = {
    "from continuation.ensemble import cluster",  # waits for a scheduler; the tests of ensembles do
    "git clone", "python3 -m venv", ".venv/bin/", "python -m docs.validation --write",
    "python -m docs.collapse collapse", "python -m docs.claims out",
    "python -m figures --thorough --output out",  # hours
}  # fmt: skip
"""Beginnings of what installs and builds, as `.ci/run` does, and of what writes these pages."""


def test_no_code_and_no_command_is_left_out():
    """Code stands in fences that run, output in fences of text, formulas alone are indented."""
    taken = {page.path for page in PAGES}
    for path in TEXTS:
        text = path.read_text(encoding="utf-8")
        fences = re.findall(r"^```(\S*).*\n((?:.*\n)*?)```$", text, re.MULTILINE)
        languages = {name for name, _ in fences if not name.startswith("{")}
        assert languages <= {"python", "bash", "text", ""}, path
        assert path in taken or not languages & {"python", "bash"}, path
        shown = "\n".join(block for name, block in fences if name in ("", "text"))
        shown += "\n".join(re.findall(r"\n\n((?:    .+\n)+)", text))
        for line in shown.splitlines():
            if re.match(r"\s*(python3? -m|import |from \w+(\.\w+)* import )", line):
                assert line.strip().startswith(tuple(NOT_RUN)), (path, line)
        for command in (line for page in PAGES if page.path == path for line in page.commands):
            if command.startswith(ELSEWHERE):
                assert command.startswith(tuple(NOT_RUN)), (path, command)


def test_every_fence_is_closed():
    for page in PAGES:
        text = page.path.read_text(encoding="utf-8")
        assert len(re.findall(r"^```", text, re.MULTILINE)) % 2 == 0, page.name


def test_links_within_the_repository_exist():
    for page in PAGES:
        if page.path.parent == ROOT:
            for target in re.findall(r"\]\(([^)#:]+)\)", page.path.read_text(encoding="utf-8")):
                assert (ROOT / target).exists(), (page.name, target)
