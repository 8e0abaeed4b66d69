"""What the site adds to Sphinx: entries of public names, help of commands, plain docstrings."""

from __future__ import annotations

from sphinx.application import Sphinx

from docs.site.commands import CommandHelp
from docs.site.docstrings import as_restructured_text
from docs.site.public_names import PublicNames


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directives and the reader of docstrings."""
    app.add_directive("public", PublicNames)
    app.add_directive("command-help", CommandHelp)
    app.connect("autodoc-process-docstring", as_restructured_text, priority=BEFORE_NUMPYDOC)
    return {"parallel_read_safe": True}


BEFORE_NUMPYDOC = 100
"""Listeners are called in the order of this number, and numpydoc's own is 500."""
