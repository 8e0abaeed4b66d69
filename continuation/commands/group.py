"""The group of all commands, each imported when it is called.

The list of commands and their help must not cost the import of what they compute with.
"""

from __future__ import annotations

import ast
from importlib import import_module
from importlib.resources import files
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

COMMANDS = (
    "points",
    "graph",
    "branch",
    "evolve",
    "plane",
    "phase",
    "basins",
    "locate",
    "ensemble",
    "zero-noise",
    "check",
    "cache",
)
"""In the order in which they are listed; each is a function in the module of its name."""


class LazyGroup(TyperGroup):
    """Shows what its commands say of themselves, and imports the one that is called."""

    def list_commands(self, ctx: Any) -> list[str]:
        """All commands, in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> TyperCommand | None:
        """Name and help of one command, without its options."""
        if cmd_name not in COMMANDS:
            return None
        return TyperCommand(cmd_name, help=_help(_module(cmd_name)))

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """The command that is called, whole."""
        name, _, rest = super().resolve_command(ctx, args)
        return name, None if name is None else _load(name), rest


def _module(command: str) -> str:
    return command.replace("-", "_")


def _load(command: str) -> Any:
    """The command of this name with its options."""
    name = _module(command)
    module = import_module(f"continuation.commands.{name}")
    alone = typer.Typer(add_completion=False)
    alone.command(command, cls=getattr(module, "Command", TyperCommand))(getattr(module, name))
    return typer.main.get_command(alone)


def _help(module: str) -> str:
    """Docstring of the function that has the name of its module, read without importing it."""
    source = files("continuation.commands").joinpath(f"{module}.py").read_text(encoding="utf-8")
    functions = (node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef))
    return next(ast.get_docstring(node) or "" for node in functions if node.name == module)
