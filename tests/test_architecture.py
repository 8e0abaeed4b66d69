"""Who may import whom: one table, down to the rooms of the landscape."""

import ast
import sys
from functools import cache
from pathlib import Path

import pytest

from tests.sources import PATHS, ROOT, files, nodes

LANDSCAPE = "continuation.landscape"
CERTIFY = "continuation.certify"
ENGINE = "the engine"
"""Every module directly in `continuation` that `ABOVE_THE_ENGINE` does not name."""

EXPORTS = "continuation.exports"
"""The one arrow up: results of the engine save themselves and become tables, by imports that
happen when asked for."""

ABOVE_THE_ENGINE = {
    "continuation.workers",
    "continuation.statistics",
    "continuation.__main__",
    "continuation.terminal",
}

NETWORK = {ENGINE, "symbolic"}
INFINITY = NETWORK | {f"{LANDSCAPE}.network"}
SETS = INFINITY | {f"{LANDSCAPE}.infinity", EXPORTS}
VECTORS = SETS | {f"{LANDSCAPE}.sets"}
BRANCHES = VECTORS | {f"{LANDSCAPE}.vectors"}
SEARCH = BRANCHES | {f"{LANDSCAPE}.branches", f"{LANDSCAPE}.fits", f"{LANDSCAPE}.biases"}
FLOW = BRANCHES | {f"{LANDSCAPE}.kinks"}
GRAPH = FLOW | {f"{LANDSCAPE}.flow"}
ZERO_NOISE = SEARCH | {f"{LANDSCAPE}.search"}
BASINS = GRAPH | ZERO_NOISE | {f"{LANDSCAPE}.graph", f"{LANDSCAPE}.optimisers"}
EVOLUTION = BASINS | {f"{LANDSCAPE}.basins", f"{LANDSCAPE}.zero_noise"}
DIAGNOSIS = BASINS | {f"{LANDSCAPE}.basins"}
PLANE = EVOLUTION | {f"{LANDSCAPE}.evolution"}
WHOLE_LANDSCAPE = PLANE | {
    f"{LANDSCAPE}.diagnosis",
    f"{LANDSCAPE}.imports",
    f"{LANDSCAPE}.plane",
    LANDSCAPE,
}
CERTIFICATES = INFINITY | {f"{CERTIFY}.certificate"}
PROVERS = WHOLE_LANDSCAPE | CERTIFICATES | {f"{CERTIFY}.enclosures"}
ALL_CERTIFY = PROVERS | {f"{CERTIFY}.provers", f"{CERTIFY}.checker", CERTIFY}
STATISTICS = {"continuation.statistics", "continuation.workers"}
ORBITS = "continuation.orbits"

ALL = (
    ALL_CERTIFY
    | STATISTICS
    | {"continuation", "continuation.storage", "continuation.terminal", "continuation.ensemble"}
)

LAW = {
    "symbolic": set(),
    ENGINE: {"symbolic.errors", "symbolic.inner_code", "symbolic.machine_code", EXPORTS},
    EXPORTS: {ENGINE, "continuation.storage"},
    ORBITS: {ENGINE, EXPORTS},
    f"{LANDSCAPE}.network": NETWORK,
    f"{LANDSCAPE}.imports": INFINITY,
    f"{LANDSCAPE}.infinity": INFINITY,
    f"{LANDSCAPE}.sets": SETS,
    f"{LANDSCAPE}.vectors": VECTORS,
    f"{LANDSCAPE}.biases": VECTORS,
    f"{LANDSCAPE}.branches": BRANCHES,
    f"{LANDSCAPE}.fits": INFINITY,
    f"{LANDSCAPE}.kinks": INFINITY,
    f"{LANDSCAPE}.search": SEARCH,
    f"{LANDSCAPE}.flow": FLOW,
    f"{LANDSCAPE}.optimisers": GRAPH,
    f"{LANDSCAPE}.graph": GRAPH,
    f"{LANDSCAPE}.zero_noise": ZERO_NOISE | STATISTICS,
    f"{LANDSCAPE}.basins": BASINS | STATISTICS,
    f"{LANDSCAPE}.evolution": EVOLUTION,
    f"{LANDSCAPE}.plane": PLANE | {ORBITS},
    f"{LANDSCAPE}.diagnosis": DIAGNOSIS,
    LANDSCAPE: WHOLE_LANDSCAPE,
    f"{CERTIFY}.certificate": INFINITY | {f"{CERTIFY}.checker"},
    f"{CERTIFY}.enclosures": CERTIFICATES,
    f"{CERTIFY}.provers": PROVERS | STATISTICS,
    f"{CERTIFY}.checker": {"symbolic"},
    CERTIFY: ALL_CERTIFY,
    "continuation.workers": {ENGINE, "symbolic.loading", "symbolic.signals"},
    "continuation.statistics": {ENGINE},
    "continuation.terminal": {"symbolic.signals", "symbolic.complaints"},
    "continuation.storage": ALL | {ORBITS},
    "continuation.ahead": ALL,
    "continuation.ensemble": ALL - {"continuation.terminal"},
    "continuation.commands": ALL | {"continuation.ahead"},
    "continuation.__main__": {"continuation.commands", ENGINE, "symbolic.release"},
    "continuation": {ENGINE, EXPORTS, "symbolic.loading"},
    "figures": ALL | {"continuation.ahead", "continuation.commands"},
}
"""Room -> rooms whose modules it may import; every room may import from itself."""

COMMAND_LINES = {"continuation.commands", "figures"}
"""Rooms without public names: one file for each command or picture."""

LIBRARIES = {
    "symbolic": {"lazy_loader", "sympy", "numpy", "numba", "llvmlite", "typer", "rich", "flint"},
    ENGINE: {"numpy", "scipy", "numba"},
    ORBITS: {"numpy", "scipy", "numba"},
    EXPORTS: {"numpy", "pandas"},
    f"{CERTIFY}.checker": {"flint", "sympy"},
}
"""Rooms that may use only these libraries."""

FORBIDDEN = {"symbolic": {"networkx", "scipy", "matplotlib"}, LANDSCAPE: {"matplotlib", "typer"}}
"""Libraries that nothing in a package may use."""


def module_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def room_of(module: str) -> str:
    """The room in which a module lies: the longest name of the table that begins its own."""
    parts = module.split(".")
    for end in range(len(parts), 0, -1):
        name = ".".join(parts[:end])
        if name == "continuation" and len(parts) > 1:
            return ENGINE
        if name in LAW:
            return name
    raise AssertionError(f"{module} lies in no room of the table")


@cache
def imported(path: Path) -> set[str]:
    """Full names of the modules that a file imports, wherever the import stands."""
    names: set[str] = set()
    for node in nodes(path):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            whole = {f"{node.module}.{alias.name}" for alias in node.names}
            names |= {name if is_module(name) else str(node.module) for name in whole}
    return names


@cache
def is_module(name: str) -> bool:
    place = ROOT / name.replace(".", "/")
    return place.with_suffix(".py").is_file() or (place / "__init__.py").is_file()


def inside(name: str) -> bool:
    return name.split(".")[0] in {"symbolic", "continuation", "figures"}


def test_a_room_imports_only_from_those_before_it():
    """One test of all files: of one each, hundreds cost more than what they look at."""
    wrong = []
    for path in PATHS:
        room = room_of(module_of(path))
        allowed = LAW[room] | {room}
        wrong += [
            f"{module_of(path)} in {room} may not import {name}"
            for name in filter(inside, imported(path))
            if name not in allowed and room_of(name) not in allowed
        ]
    assert wrong == []


def test_libraries_stay_where_they_belong():
    wrong = []
    for path in PATHS:
        module = module_of(path)
        outside = {name.split(".")[0] for name in imported(path) if not inside(name)}
        libraries = outside - set(sys.stdlib_module_names)
        beyond = libraries - LIBRARIES.get(room_of(module), libraries)
        for package, forbidden in FORBIDDEN.items():
            if module.split(".")[: package.count(".") + 1] == package.split("."):
                beyond |= libraries & forbidden
        wrong += [f"{module} may not import {name}" for name in sorted(beyond)]
    assert wrong == []


def test_every_room_of_the_table_exists_and_has_a_face():
    for room in set(LAW) - {ENGINE}:
        place = ROOT / room.replace(".", "/")
        assert place.with_suffix(".py").is_file() or (place / "__init__.py").is_file(), room
        if place.is_dir() and room not in COMMAND_LINES:
            face = (place / "__init__.py").read_text(encoding="utf-8")
            assert ast.get_docstring(ast.parse(face)), room
            assert "__all__" in face, room


@pytest.mark.parametrize("room", [room for room in LAW if room.startswith(LANDSCAPE + ".")])
def test_no_room_of_the_landscape_is_a_corridor(room):
    assert len(files(room)) <= 16  # about fifteen and the face


def test_no_code_is_made_from_text():
    """User text never reaches eval or sympify; stored results never reach pickle."""
    banned = {"eval", "exec", "sympify", "parse_expr", "pickle"}
    for path in PATHS:
        called = {
            getattr(node.func, "id", getattr(node.func, "attr", None))
            for node in nodes(path)
            if isinstance(node, ast.Call)
        }
        assert not (called | imported(path)) & banned, path


def test_nothing_vanishes_with_optimisation():
    """No `assert` in the product: misuse raises, and what must exist is of a class that has it."""
    for path in PATHS:
        found = [node.lineno for node in nodes(path) if isinstance(node, ast.Assert)]
        assert not found, f"{path}: lines {found}"
