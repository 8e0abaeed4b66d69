"""Takes the steps of a page: runs code and commands, and compares what they print."""

import contextlib
import io
import re
import shlex
import warnings
from importlib import import_module

from typer.testing import CliRunner

from docs.pages import Step, lines

NUMBER = re.compile(r"(?<![\w.])[-+]?\d+(?:\.\d+)?(?:e[-+]?\d+)?(?![\w])")
ANYTHING = "…"
"""In shown output: whatever stands there."""

LAST_DIGITS = 2.0
"""Shown and printed numbers agree within so many units of the last digit shown."""


ELSEWHERE = (
    "git clone", "python3 -m venv", "source ", ".venv/bin/", ".ci/", "pip install", "ruff ", "mypy",
    "python -m pip", "python -m pytest", "python -m sphinx", "python -m docs",
)  # fmt: skip
"""Commands that install, test and build: `.ci/run` and `.ci/nightly` run these."""

SHORTER = {"--data-sets 200": "--data-sets 1", "--thorough": "--quick --only phase_plane"}
"""Of commands that take hours: the same with less to do."""


def take(step: Step, namespace: dict[str, object]) -> str:
    """Run one block and return what it prints."""
    if step.language == "python":
        return run_code(step.text, namespace)
    commands = (line for line in lines(step.text) if not line.startswith(ELSEWHERE))
    return "".join(run_command(command) for command in commands)


def run_code(text: str, namespace: dict[str, object]) -> str:
    """What a piece of Python prints; every warning is an error."""
    printed = io.StringIO()
    with warnings.catch_warnings(), contextlib.redirect_stdout(printed):
        warnings.simplefilter("error")
        exec(compile(text, "page", "exec"), namespace)  # noqa: S102
    return printed.getvalue()


def run_command(command: str) -> str:
    """What `python -m package …` prints, run in this process."""
    for long, short in SHORTER.items():
        command = command.replace(long, short)
    start, module, package, *arguments = shlex.split(command, comments=True)
    assert (start, module) == ("python", "-m"), command
    target = arguments.index(">") if ">" in arguments else len(arguments)
    app = import_module(f"{package}.__main__").app
    done = CliRunner().invoke(app, arguments[:target])
    assert done.exit_code == 0, (command, done.output, done.exception)
    for path in arguments[target + 1 :]:
        with open(path, "w", encoding="utf-8") as file:
            file.write(done.output)
    return done.output


def differences(shown: str, printed: str) -> list[str]:
    """Lines of a page's output that were not printed so, in this order."""
    got = [" ".join(line.split()) for line in printed.splitlines() if line.strip()]
    wanted = [" ".join(line.split()) for line in shown.splitlines() if line.strip()]
    if wanted and wanted[-1] == ANYTHING:  # the page shows the beginning
        wanted, got = wanted[:-1], got[: len(wanted) - 1]
    if len(wanted) != len(got):
        return [f"{len(wanted)} lines are shown, {len(got)} were printed:", *got]
    return [
        f"{w!r} is shown, {g!r} was printed"
        for w, g in zip(wanted, got, strict=True)
        if not _agree(w, g)
    ]


def _agree(shown: str, printed: str) -> bool:
    """The same words, and the same numbers to the digits that are shown."""
    pattern = ANYTHING.join(NUMBER.sub("\0", part) for part in shown.split(ANYTHING))
    expression = re.escape(pattern).replace(re.escape(ANYTHING), ".*?")
    expression = expression.replace(re.escape("\0"), f"({NUMBER.pattern})")
    match = re.fullmatch(expression, printed)
    if match is None:
        return False
    numbers = [n for part in shown.split(ANYTHING) for n in NUMBER.findall(part)]
    return all(_near(a, b) for a, b in zip(numbers, match.groups(), strict=True))


def _near(shown: str, printed: str) -> bool:
    mantissa, _, exponent = shown.partition("e")
    unit = 10.0 ** (int(exponent or 0) - len(mantissa.partition(".")[2]))
    integer = "." not in shown and not exponent
    return abs(float(shown) - float(printed)) <= (0.0 if integer else LAST_DIGITS * unit)
