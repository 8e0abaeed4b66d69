"""Every public function shows an example, and the examples of all docstrings run as printed."""

import doctest
import importlib
import inspect

import pytest

from docs.pages import ROOT
from tests.docs.test_reference import PACKAGES

NOT_SHOWN = {"cluster"}
"""Starts processes, which import the script again: docs/howto/cluster.md shows it whole."""

QUICK = {"symbolic.parsing", "symbolic.presets", "continuation.newton_method", "continuation.maps"}
"""Modules whose examples take no time; the others run with the slow tests."""

PATHS = [
    path for room in ("symbolic", "continuation") for path in sorted((ROOT / room).rglob("*.py"))
]
MODULES = [
    ".".join(path.relative_to(ROOT).with_suffix("").parts)
    for path in PATHS
    if ">>> " in path.read_text(encoding="utf-8")
]


@pytest.mark.parametrize("package", PACKAGES)
def test_every_public_function_shows_an_example(package):
    face = importlib.import_module(package)
    functions = [name for name in face.__all__ if inspect.isfunction(getattr(face, name))]
    assert functions
    lack = {name for name in functions if ">>> " not in getattr(face, name).__doc__}
    assert lack <= NOT_SHOWN


@pytest.mark.parametrize(
    "module",
    [pytest.param(name, marks=[] if name in QUICK else [pytest.mark.slow]) for name in MODULES],
)
def test_examples_of_docstrings_run(module):
    """Each in a namespace of its own, as a reader would copy it."""
    for shown in doctest.DocTestFinder().find(importlib.import_module(module)):
        shown.globs = {"__name__": "example"}
        said: list[str] = []
        assert not doctest.DocTestRunner().run(shown, out=said.append).failed, "".join(said)


def test_quick_modules_have_examples():
    assert set(MODULES) >= QUICK
