"""The README's first script runs as printed in a fresh process; its commands are those of CI."""

import os
import re
import subprocess
import sys

from docs.pages import ROOT

TEXT = (ROOT / "README.md").read_text(encoding="utf-8")
FIRST, *_ = re.findall(r"```python\n(.*?)```", TEXT, flags=re.DOTALL)


def test_the_first_script_runs_without_a_warning(tmp_path):
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}
    result = subprocess.run(
        [sys.executable, "-W", "error", "-c", FIRST],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    assert result.returncode == 0, result.stderr
    assert "\n" in result.stdout.strip()


def test_the_first_script_has_ten_lines():
    assert len(FIRST.splitlines()) <= 10


def test_test_command_is_one_line():
    (command,) = re.findall(r"<!-- test command -->\n```bash\n(.*?)\n```", TEXT, flags=re.DOTALL)
    assert "\n" not in command
    assert command.endswith("-m pytest")
