"""The README's scripts run as printed, in a fresh process, and its commands exist."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")
SCRIPTS = re.findall(r"```python\n(.*?)```", TEXT, flags=re.DOTALL)


def headings():
    """The heading above each script."""
    parts = re.split(r"```python\n.*?```", TEXT, flags=re.DOTALL)[:-1]
    above = ["".join(parts[: k + 1]) for k in range(len(parts))]
    return [re.findall(r"^#+ (.*)", text, re.MULTILINE)[-1] for text in above]


def test_there_are_scripts():
    assert len(SCRIPTS) == TEXT.count("```python") == len(headings()) > 5


def scripts():
    """Every script under its heading; those of later chapters run with the slow tests."""
    quick = ("mlpcont",)
    return [
        pytest.param(script, id=heading, marks=[] if heading in quick else [pytest.mark.slow])
        for script, heading in zip(SCRIPTS, headings(), strict=True)
    ]


@pytest.mark.parametrize("script", scripts())
def test_script_runs_without_a_warning(script, tmp_path):
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}
    result = subprocess.run(
        [sys.executable, "-W", "error", "-c", script],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    assert result.returncode == 0, result.stderr
    assert "\n" in result.stdout.strip()


def test_the_first_script_has_ten_lines():
    assert len(SCRIPTS[0].splitlines()) <= 10


def test_linked_files_exist():
    for target in re.findall(r"\]\(([^)#]+)\)", TEXT):
        assert (ROOT / target).is_file(), target


def test_test_command_is_one_line():
    (command,) = re.findall(r"<!-- test command -->\n```bash\n(.*?)\n```", TEXT, flags=re.DOTALL)
    assert "\n" not in command
    assert command.endswith("-m pytest")
