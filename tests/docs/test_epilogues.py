"""Every command shows examples below its help, and every command that a help text shows runs."""

import re

import pytest
from typer.testing import CliRunner

from continuation import __main__ as continuation_command
from continuation.commands.group import COMMANDS, EXAMPLES, example
from docs.taken import run_command
from figures import __main__ as figures_command
from symbolic import __main__ as symbolic_command

APPS = {
    "symbolic": (symbolic_command.app, ("", "derive", "check")),
    "continuation": (continuation_command.app, COMMANDS),
    "figures": (figures_command.app, ("", "explore")),
}
"""Every command of the three packages."""

PLACES = re.compile(r" (FILE|--help|\[OPTIONS\])")
"""In a command that is a pattern, no example."""


def help_of(package, command):
    words = [command] if command else []
    runner = CliRunner(env={"COLUMNS": "900", "TERM": "dumb"})
    done = runner.invoke(APPS[package][0], [*words, "--help"])
    assert done.exit_code == 0
    return re.sub(r"[│╭╮╰╯─]", " ", done.output)


def shown(text):
    """Commands that a help text shows, up to the end of the clause; in `` ` `` they are named."""
    found = re.findall(r"(python -m \w+.*?)(?:;|\.(?=\s)|\n|$)", re.sub("`.*?`", "", text))
    return [" ".join(one.split()) for one in found if not PLACES.search(one)]


@pytest.mark.parametrize(
    ("package", "command"), [(package, one) for package in APPS for one in APPS[package][1]]
)
def test_every_command_has_an_example_of_itself(package, command):
    own = f"python -m {package} {command}".strip()
    assert any(one.startswith(own) for one in shown(help_of(package, command)))


def test_the_groups_list_all_their_commands():
    for package, (app, commands) in APPS.items():
        done = CliRunner(env={"COLUMNS": "100"}).invoke(app, ["--help"])
        named = set(re.findall(r"^│ ([a-z][\w-]+) ", done.output, re.MULTILINE))
        assert named == (set() if package == "figures" else set(filter(None, commands)))


def test_the_examples_of_the_table_are_those_below_the_help():
    assert tuple(EXAMPLES) == COMMANDS
    for command in COMMANDS:
        assert shown(help_of("continuation", command)) == [example(command)]


@pytest.mark.slow
def test_all_that_is_shown_runs(tmp_path, monkeypatch):
    """`graph` first, whose file others read."""
    monkeypatch.chdir(tmp_path)
    assert run_command(example("graph"))
    for package, (_, commands) in APPS.items():
        for command in commands:
            for one in shown(help_of(package, command)):
                run_command(one)
