"""The source of the product as syntax, each file read once."""

import ast
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent


def files(package: str) -> list[Path]:
    """Files of a package, by its dotted name."""
    found = sorted((ROOT / package.replace(".", "/")).rglob("*.py"))
    assert found
    return found


PATHS = [path for package in ("symbolic", "continuation", "figures") for path in files(package)]


@cache
def nodes(path: Path) -> tuple[ast.AST, ...]:
    """All nodes of a file."""
    return tuple(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
