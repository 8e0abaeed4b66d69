"""Which module defines a name that a package offers, read without importing anything."""

from __future__ import annotations

import ast
import importlib.util
from pathlib import Path


def origin(module: str, name: str) -> str:
    """The module that defines a name of another: imports are followed, through stubs of faces."""
    for statement in ast.parse(_source(module).read_text(encoding="utf-8")).body:
        if isinstance(statement, ast.ImportFrom) and name in {a.name for a in statement.names}:
            package = module if _is_package(module) else module.rpartition(".")[0]
            source = "." * statement.level + (statement.module or "")
            return origin(importlib.util.resolve_name(source, package), name)
    return module


def _source(module: str) -> Path:
    spec = importlib.util.find_spec(module)
    assert spec is not None
    assert spec.origin is not None
    stub = Path(spec.origin).with_suffix(".pyi")
    return stub if stub.is_file() else Path(spec.origin)


def _is_package(module: str) -> bool:
    return _source(module).stem == "__init__"
