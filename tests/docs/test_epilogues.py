"""The examples below the help of the commands run, and the commands that epilogues name exist."""

import re

import pytest
from typer.testing import CliRunner

from continuation import __main__ as continuation_command
from continuation.commands.group import COMMANDS, EXAMPLES, example
from docs.taken import run_command
from figures import __main__ as figures_command


def help_of(app, *command):
    done = CliRunner(env={"COLUMNS": "200", "TERM": "dumb"}).invoke(app, [*command, "--help"])
    assert done.exit_code == 0
    return " ".join(re.sub(r"[│╭╮╰╯─]", " ", done.output).split())


def test_every_command_has_an_example_below_its_help():
    assert tuple(EXAMPLES) == COMMANDS
    assert f"Example: {example('cache')}" in help_of(continuation_command.app, "cache")


def test_commands_that_epilogues_name_exist():
    known = {"continuation", "figures"}
    for text in (help_of(continuation_command.app), help_of(figures_command.app)):
        named = re.findall(r"python -m (\w+)", text)
        assert named
        assert set(named) <= known


@pytest.mark.slow
def test_the_examples_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for command in ("graph", *COMMANDS):
        assert run_command(example(command))
