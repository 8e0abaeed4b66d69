"""The group of all commands, each imported when it is called.

The list of commands and their help must not cost the import of what they compute with.
"""

from __future__ import annotations

import ast
import inspect
from importlib import import_module
from importlib.resources import files
from typing import Any

import typer
from typer.core import TyperCommand

from symbolic.complaints import Group
from symbolic.release import with_version

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

EXAMPLES = {
    "points": "--preset fukumizu_amari --n 50 --noise 0.1",
    "graph": "--preset single_unit --n 30 --noise 0.1 --output graph.nc",
    "branch": '--preset single_unit --set "isolated 1" --parameter noise --limits 0.01 0.5',
    "evolve": "--preset single_unit --parameter noise --limits 0.05 0.5",
    "plane": "--preset single_unit --schedule 20,50 --lines 2",
    "phase": "--preset single_unit",
    "basins": "--preset single_unit --trajectories 100",
    "locate": "--preset fukumizu_amari --weights 0.4,0.02,1.2,0.01",
    "ensemble": "--preset single_unit --n 10 30 --noise 0.1 --data-sets 8 --output answers",
    "zero-noise": "--preset overparameterised",
    "check": "graph.nc",
    "cache": "",
}
"""What stands below the help of each command; the tests run them, `graph` before `check`."""


def example(command: str) -> str:
    """One call of a command, as a user types it."""
    return f"python -m continuation {command} {EXAMPLES[command]}".rstrip()


class LazyGroup(Group):
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
    offered = alone.command(
        command,
        help=_paragraphs(inspect.getdoc(getattr(module, name)) or ""),
        cls=getattr(module, "Command", TyperCommand),
        epilog=f"Example: {example(command)}",
    )
    offered(getattr(module, name))
    return with_version(typer.main.get_command(alone))


def _paragraphs(text: str) -> str:
    """The same, each paragraph one line: the terminal breaks it, and not the source."""
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in text.split("\n\n"))


def _help(module: str) -> str:
    """Docstring of the function that has the name of its module, read without importing it."""
    source = files("continuation.commands").joinpath(f"{module}.py").read_text(encoding="utf-8")
    functions = (node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef))
    return next(ast.get_docstring(node) or "" for node in functions if node.name == module)
