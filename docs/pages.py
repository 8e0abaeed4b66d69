"""Every page of the documentation as the steps that a reader would take: code, commands, output."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

FENCE = re.compile(
    r"^```(\w+)\n(.*?)^```$\n?(?:\n*^```text\n(.*?)^```$)?", re.DOTALL | re.MULTILINE
)
"""A block of code, and the output that is shown right below it."""

LANGUAGES = ("python", "bash")


@dataclass(frozen=True)
class Step:
    """One block: Python code or commands, and what the page says that they print."""

    language: str
    text: str
    printed: str | None


@dataclass(frozen=True)
class Page:
    """One page; its steps are taken in order, in one folder and one namespace."""

    path: Path
    steps: tuple[Step, ...]

    @property
    def name(self) -> str:
        """Its path within the repository."""
        return self.path.relative_to(ROOT).as_posix()

    @property
    def commands(self) -> Iterator[str]:
        """Every line of the blocks of commands; a backslash goes on with the next."""
        for step in self.steps:
            if step.language == "bash":
                yield from lines(step.text)


def lines(commands: str) -> list[str]:
    """The commands of one block."""
    joined = commands.replace("\\\n", " ")
    return [line for line in joined.splitlines() if line and not line.startswith("#")]


def steps(text: str) -> Iterator[Step]:
    """The blocks of a page that run."""
    for language, block, printed in FENCE.findall(text):
        if language in LANGUAGES:
            yield Step(language, block, printed or None)


def pages() -> list[Page]:
    """README, how to contribute, and the pages of the site that hold code or commands."""
    paths = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
    found = [
        Page(path, tuple(steps(path.read_text(encoding="utf-8"))))
        for path in paths
        if not {"_build", "examples_gallery"} & set(path.parts)
    ]
    return [page for page in found if page.steps]
