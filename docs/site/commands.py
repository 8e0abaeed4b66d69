"""`.. command-help:: continuation points` shows what the command prints for `--help`."""

from __future__ import annotations

import importlib
import os
from unittest import mock

import typer
from docutils import nodes
from sphinx.util.docutils import SphinxDirective
from typer.testing import CliRunner

WIDTH = "100"
"""Columns of a page's code block without a bar to scroll."""


class CommandHelp(SphinxDirective):
    """A section with the help of one command."""

    required_arguments = 1
    final_argument_whitespace = True

    def run(self) -> list[nodes.Node]:
        """The section and its text."""
        package, *command = self.arguments[0].split()
        title = " ".join(["python -m", package, *command])
        text = help_text(package, command)
        section = nodes.section(ids=[nodes.make_id(title)])
        section += nodes.title(text=title)
        section += nodes.literal_block(text, text, language="text")
        self.state.document.note_explicit_target(section)
        return [section]


def help_text(package: str, command: list[str]) -> str:
    """What `--help` prints on a wide terminal without colours."""
    app: typer.Typer = importlib.import_module(f"{package}.__main__").app
    with mock.patch.dict(os.environ, {"COLUMNS": WIDTH, "NO_COLOR": "1", "TERM": "dumb"}):
        result = CliRunner().invoke(app, [*command, "--help"], prog_name=f"python -m {package}")
    assert result.exit_code == 0, result.output
    return "\n".join(line.rstrip() for line in result.output.strip().splitlines())
