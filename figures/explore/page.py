"""Documents and the programs that show them in one HTML file."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from string import Template

from continuation.storage import write_text
from figures.explore.plain import Document
from figures.style import REGION_COLOURS

LARGEST = 8_000_000
"""Bytes that a page is meant to stay below, so that a browser opens it at once."""

PROGRAMS = ("chart.js", "panels.js", "ensembles.js", "page.js")
"""In the order in which they are read."""


def write_page(documents: Sequence[Document], title: str, path: Path) -> Path:
    """Write one page for all documents; `StoreError` if it cannot be."""
    return write_text(path, page(documents, title))


def page(documents: Sequence[Document], title: str) -> str:
    """The HTML text of a page.

    No script of it is run but the one that it is written with (its digest stands in its
    content security policy), and nothing is asked for from the network.

    Parameters
    ----------
    documents : sequence of dict
        At least one.
    title : str
    """
    program = _script("\n".join(map(_resource, PROGRAMS)))
    return Template(_resource("page.html")).substitute(
        allowed=_digest(program),
        generator="mlpcont",
        title=html.escape(title),
        style=_resource("page.css"),
        payload=_data({"documents": list(documents), "colours": dict(REGION_COLOURS)}),
        program=program,
    )


def _resource(name: str) -> str:
    return files("figures.explore").joinpath("page", name).read_text(encoding="utf-8")


def _script(text: str) -> str:
    """A program whose own texts do not end the element that it stands in."""
    return re.sub(r"</(script)", r"<\\/\1", text, flags=re.IGNORECASE)


def _data(values: Document) -> str:
    """JSON that is no markup, whatever texts are in it."""
    text = json.dumps(values, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def _digest(script: str) -> str:
    """As a content security policy names a script that may run."""
    digest = hashlib.sha256(script.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"
