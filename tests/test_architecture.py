"""Who may import whom (the packages point in one direction)."""

import ast
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ENGINE_ALLOWED = {"numpy", "scipy", "numba", "continuation"}
STANDS_ABOVE_THE_ENGINE = {
    "store.py",
    "records.py",
    "leg_records.py",
    "evolution_records.py",
    "flow_records.py",
    "results.py",
    "ensemble.py",
    "statistics.py",
    "__main__.py",
}


def imported_modules(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= absolute_names(path, node)
    return names


def absolute_names(path: Path, node: ast.ImportFrom) -> set[str]:
    if node.level == 0:
        return {str(node.module)}
    package = list(path.relative_to(ROOT).parts[: -node.level])
    if node.module:
        return {".".join([*package, node.module])}
    return {".".join([*package, alias.name]) for alias in node.names}


def third_party(names: set[str]) -> set[str]:
    return {name.split(".")[0] for name in names} - set(sys.stdlib_module_names)


def files(package: str) -> list[Path]:
    found = sorted((ROOT / package).rglob("*.py"))
    assert found
    return found


@pytest.mark.parametrize("path", files("symbolic"), ids=lambda p: str(p.relative_to(ROOT)))
def test_symbolic_knows_neither_numerics_nor_figures(path):
    assert not third_party(imported_modules(path)) & {
        "continuation",
        "figures",
        "networkx",
        "scipy",
    }


@pytest.mark.parametrize(
    "path",
    [
        p
        for p in sorted((ROOT / "continuation").glob("*.py"))
        if p.name not in STANDS_ABOVE_THE_ENGINE
    ],
    ids=lambda p: p.name,
)
def test_engine_knows_no_network(path):
    names = imported_modules(path)
    assert third_party(names) <= ENGINE_ALLOWED
    assert not any(name.startswith("continuation.landscape") for name in names)
    assert not any(
        name == f"continuation.{above[:-3]}" for name in names for above in STANDS_ABOVE_THE_ENGINE
    )


@pytest.mark.parametrize("package", ["symbolic", "continuation"])
def test_nothing_imports_figures_or_matplotlib(package):
    for path in files(package):
        assert not third_party(imported_modules(path)) & {"figures", "matplotlib"}, path


def test_no_code_is_made_from_text():
    """User text never reaches eval or sympify; stored results never reach pickle."""
    banned = {"eval", "exec", "sympify", "parse_expr", "pickle"}
    for package in ("symbolic", "continuation", "figures"):
        for path in files(package):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            called = {
                getattr(node.func, "id", getattr(node.func, "attr", None))
                for node in ast.walk(tree)
                if isinstance(node, ast.Call)
            }
            assert not (called | imported_modules(path)) & banned, path
