"""`index.html`: all figures of a folder with captions, claims, pages and how each was made."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import quote

from continuation.storage import write_text
from figures import job
from figures.captions import SUFFIX
from figures.failures import NAME as FAILURES
from figures.failures import Failure
from figures.settings import Budget

NAME = "index.html"

STYLE = """
:root { color-scheme: light dark; }
body { max-width: 60rem; margin: 0 auto; padding: 1rem; line-height: 1.45;
  font-family: system-ui, "Segoe UI", "DejaVu Sans", sans-serif; }
nav { display: flex; flex-wrap: wrap; gap: .2rem 1rem; }
figure { margin: 2rem 0; }
img { max-width: 100%; height: auto; background: white; border-radius: 6px; }
figcaption, td, th { font-size: .92rem; }
table { border-collapse: collapse; }
td, th { text-align: left; vertical-align: top; padding: .2rem .8rem .2rem 0;
  border-bottom: 1px solid #8886; }
"""

NO_EXPLORER = (
    "No page of the explorer is here: it is made of figure `graph`; "
    "`python -m figures explore --help` says how pages of results are made."
)


def write(output: Path, missing: Sequence[Failure] = ()) -> Path:
    """Write the index of a folder; returns its path.

    What is not there (a figure that was not asked for, the explorer) is left out, or said, and so
    is what could not be made.

    Raises
    ------
    StoreError
        If it cannot be written.
    """
    names = [name for name in job.NAMES if (output / f"{name}.png").is_file()]
    parts = [
        f"<h1>mlpcont {html.escape(version('mlpcont'))}: figures and claims</h1>",
        _contents(names),
        *_failures(missing),
        "<h2 id='claims'>Claims</h2>",
        *_claims(output),
        "<h2 id='explorer'>Explorer</h2>",
        *_pages(output),
        "<h2>Figures</h2>",
        *(_figure(name, output) for name in names),
    ]
    head = (
        "<!doctype html>\n<html lang='en'>\n<head>\n<meta charset='utf-8'>\n"
        "<meta name='viewport' content='width=device-width, initial-scale=1'>\n"
        f"<title>Figures and claims</title>\n<style>{STYLE}</style>\n</head>\n<body>"
    )
    return write_text(output / NAME, "\n".join([head, *parts, "</body>", "</html>", ""]))


def _failures(missing: Sequence[Failure]) -> Iterator[str]:
    """What the last run could not make; a picture of it is of an earlier run."""
    if missing:
        lines = (f"<li>{html.escape(str(failure))}</li>" for failure in missing)
        yield f"<h2 id='failures'>Not made by the last run</h2>\n<ul>{''.join(lines)}</ul>"
        yield f"<p>Tracebacks: <a href='{FAILURES}'>{FAILURES}</a>.</p>"


def _contents(names: list[str]) -> str:
    links = [("claims", "claims"), ("explorer", "explorer"), *((name, name) for name in names)]
    anchors = (f"<a href='#{place}'>{name}</a>" for place, name in links)
    return f"<nav>{' '.join(anchors)}</nav>"


def _claims(output: Path) -> Iterator[str]:
    """Verdicts on the claims, by reading, with the number of settings."""
    path = output / "claims.json"
    if not path.is_file():
        yield "<p>No claims were measured.</p>"
        return
    report = json.loads(path.read_text(encoding="utf-8"))
    if report["budget"] != Budget.THOROUGH:
        yield (
            f"<p><em>A run of the {report['budget']} budget: too small to see that a claim about "
            "most cases holds; <code>--thorough</code> decides.</em></p>"
        )
    yield "<table><tr><th>claim</th><th>reading</th><th>verdicts, by number of settings</th></tr>"
    for row in report["contents"]:
        claim = f"{row['claim']}. {report['claims'][str(row['claim'])]}"
        yield f"<tr>{''.join(map(_cell, (claim, row['reading'], _verdicts(row))))}</tr>"
    yield "</table>"
    yield "<p>Shares, intervals and reasons: <a href='claims.md'>claims.md</a>.</p>"


def _verdicts(row: dict[str, Any]) -> str:
    found = {name: len(where) for name, where in row.items() if isinstance(where, list) and where}
    return ", ".join(f"{name} in {count}" for name, count in found.items())


def _cell(text: str) -> str:
    return f"<td>{html.escape(text)}</td>"


def _pages(output: Path) -> Iterator[str]:
    """Links to the pages of the explorer, and to others that were put beside them."""
    pages = sorted(path.name for path in output.glob("*.html") if path.name != NAME)
    if not pages:
        yield f"<p>{marked(NO_EXPLORER)}</p>"
        return
    links = (f"<li><a href='{quote(page)}'>{html.escape(page)}</a></li>" for page in pages)
    yield f"<ul>{''.join(links)}</ul>"


def _figure(name: str, output: Path) -> str:
    """Picture, caption, and the files that it is made of."""
    title = html.escape(job.figure_module(name).TITLE)
    files = [f"{name}.pdf", f"data/{name}.nc"]
    links = [f"<a href='{path}'>{path}</a>" for path in files if (output / path).is_file()]
    caption = output / f"{name}.{SUFFIX}"
    text = caption.read_text(encoding="utf-8") if caption.is_file() else f"{title}."
    return (
        f"<figure id='{name}'>\n<img src='{name}.png' alt='{title}' loading='lazy'>\n"
        f"<figcaption>{paragraphs(text)}<p>{', '.join(links)}</p></figcaption>\n</figure>"
    )


def paragraphs(text: str) -> str:
    """Markdown of captions as HTML: paragraphs, and lists of lines that begin with a dash."""
    blocks = []
    for block in re.split(r"\n\s*\n", text.strip()):
        lines = block.splitlines()
        if all(line.startswith("- ") for line in lines):
            items = "\n".join(f"<li>{marked(line[2:])}</li>" for line in lines)
            blocks.append(f"<ul>{items}</ul>")
        else:
            blocks.append(f"<p>{marked(' '.join(lines))}</p>")
    return "\n".join(blocks)


def marked(text: str) -> str:
    """Bold and code of Markdown as HTML; everything else as it stands."""
    pieces = re.split(r"(`[^`]*`)", html.escape(text, quote=False))
    return "".join(
        f"<code>{piece[1:-1]}</code>" if piece.startswith("`") and len(piece) > 1
        else re.sub(r"\*\*(.+?)\*\*", r"<strong>\1</strong>", piece)
        for piece in pieces
    )  # fmt: skip
