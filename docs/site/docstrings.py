"""Docstrings are plain text with mathematics: |w|, θ*, v_k; here they become reStructuredText."""

from __future__ import annotations

import re
from typing import Any

LITERAL = re.compile(r"(``.*?``)")
MARKUP = re.compile(r"[*|]|(?<=\w)_(?!\w)")
"""What reStructuredText would read as emphasis, a substitution or a reference."""

CITED = re.compile(r"docs/(\w+)\.md,\s+([^.:;()]+?)(?=[.:;)])")
"""A page of the site and one of its headings, as in "docs/theory.md, Symmetry."."""


def as_restructured_text(
    app: Any, what: str, name: str, thing: Any, options: Any, lines: list[str]
) -> None:
    """Escape the mathematics and link the cited headings, in place."""
    escaped = "\n".join(line if _is_code(line) else _escaped(line) for line in lines)
    lines[:] = CITED.sub(_link, escaped).split("\n")


def _is_code(line: str) -> bool:
    return line.lstrip().startswith((">>>", "..."))


def _escaped(line: str) -> str:
    parts = LITERAL.split(line)
    parts[::2] = [MARKUP.sub(lambda found: "\\" + found.group(), part) for part in parts[::2]]
    return "".join(parts)


def _link(cited: re.Match[str]) -> str:
    page, heading = cited.group(1), " ".join(cited.group(2).split())
    return f":ref:`{heading} <{page}:{heading.lower()}>`" + "\n" * cited.group().count("\n")
