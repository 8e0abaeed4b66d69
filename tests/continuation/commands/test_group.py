"""Commands are listed and explained without importing what they compute with."""

import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

import continuation.commands
from continuation.__main__ import app
from continuation.commands.group import COMMANDS, LazyGroup

SHARED = {"__init__", "common", "group", "many_values", "network_task", "proofs", "tables"}
"""Files of the folder that are no command."""


def test_every_file_is_a_command_or_shared():
    """Each file of the folder is in the table, under its own name."""
    folder = Path(continuation.commands.__file__).parent
    files = {path.stem for path in folder.glob("*.py")} - SHARED
    assert {name.replace("-", "_") for name in COMMANDS} == files


@pytest.mark.parametrize("name", COMMANDS)
def test_the_outline_says_what_the_command_says(name):
    """Help of the group is the first paragraph that the command itself shows."""
    outline = LazyGroup(name="continuation").get_command(None, name)
    whole = CliRunner().invoke(app, [name, "--help"], terminal_width=200)
    assert whole.exit_code == 0
    assert " ".join(outline.help.split("\n\n")[0].split()) in " ".join(whole.output.split())


def test_an_unknown_command_is_refused():
    """Nothing is imported for a name that is not in the table."""
    result = CliRunner().invoke(app, ["__init__"])
    assert result.exit_code == 2
    assert "No such command" in result.output


@pytest.mark.parametrize(
    ("package", "command"),
    [
        ("figures", []),
        ("continuation", []),
        ("continuation", ["points"]),
        ("continuation", ["plane"]),
        ("continuation", ["check"]),
        ("continuation", ["ensemble"]),
        ("figures", ["explore"]),
        ("symbolic", []),
    ],
)
def test_help_imports_nothing_that_computes(package, command):
    """Neither compiler, nor SymPy, nor SciPy."""
    heavy = ("numba", "sympy", "scipy", "xarray", "matplotlib")
    script = (
        f"import sys; from {package}.__main__ import app; "
        f"app({[*command, '--help']}, standalone_mode=False); "
        f"print([name for name in {heavy} if name in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert run.stdout.splitlines()[-1] == "[]"


def test_the_version_is_that_of_the_distribution():
    """`--version` prints one line."""
    assert CliRunner().invoke(app, ["--version"]).output.startswith("mlpcont ")
