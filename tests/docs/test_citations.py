"""What docstrings cite of the documents exists."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CITED = re.compile(r"(docs/\w+\.md),\s+([^.:;()]+?)[.:;)]")
"""A document of the repository and one of its headings, as in "docs/theory.md, Symmetry."."""
SOURCES = [
    p for room in ("continuation", "figures", "symbolic") for p in (ROOT / room).rglob("*.py")
]
CITATIONS = [
    (path.relative_to(ROOT).as_posix(), *cited)
    for path in SOURCES
    for cited in CITED.findall(path.read_text(encoding="utf-8"))
]
MATHEMATICS = (
    "infinity/charts", "infinity/ends", "infinity/limit_model", "sets/manifolds",
    "sets/embedding", "search/euler", "branches/regions", "zero_noise/blow_up", "flow/decision",
    "flow/escapes", "network/ramp", "network/symmetry", "network/units", "graph/connect",
    "evolution/switches",
)  # fmt: skip
"""Modules of the landscape that rest on a section of the theory."""


def headings(document: str) -> set[str]:
    text = (ROOT / document).read_text(encoding="utf-8")
    return {line.lstrip("#").strip() for line in text.splitlines() if line.startswith("#")}


@pytest.mark.parametrize(("path", "document", "heading"), CITATIONS)
def test_a_cited_heading_exists(path, document, heading):
    assert " ".join(heading.split()) in headings(document), f"{path} cites what {document} lacks"


@pytest.mark.parametrize("module", MATHEMATICS)
def test_the_mathematics_of_a_module_can_be_looked_up(module):
    path = f"continuation/landscape/{module}.py"
    assert any(cited[:2] == (path, "docs/theory.md") for cited in CITATIONS)
