"""The reference is complete: every public name has its entry, every command its help."""

import importlib
import re

import pytest

from continuation.commands.group import COMMANDS
from docs.pages import ROOT

REFERENCE = ROOT / "docs" / "reference"
PACKAGES = (
    "symbolic",
    "continuation",
    "continuation.landscape",
    "continuation.orbits",
    "continuation.ensemble",
    "continuation.certify",
    "continuation.storage",
)


def listed(package: str) -> list[str]:
    """Names that the page of a package documents."""
    text = (REFERENCE / f"{package.split('.')[-1]}.rst").read_text(encoding="utf-8")
    blocks = re.findall(rf"^\.\. public:: {re.escape(package)}\n\n((?:   .*\n)+)", text, re.M)
    return " ".join(blocks).split()


@pytest.mark.parametrize("package", PACKAGES)
def test_every_public_name_has_one_entry(package):
    assert sorted(listed(package)) == sorted(importlib.import_module(package).__all__)


def test_every_command_has_its_help():
    text = (REFERENCE / "commands.rst").read_text(encoding="utf-8")
    shown = re.findall(r"^\.\. command-help:: (.*)$", text, re.MULTILINE)
    commands = [f"continuation {name}" for name in COMMANDS]
    groups = ["continuation", "figures", "symbolic", "symbolic derive", "symbolic check"]
    assert sorted(shown) == sorted(commands + groups)


def test_every_panel_of_a_figure_has_its_entry():
    text = (REFERENCE / "figures.rst").read_text(encoding="utf-8")
    shown = re.findall(r"^\.\. autofunction:: (figures\.\w+\.draw_\w+)$", text, re.MULTILINE)
    panels = [
        f"figures.{path.stem}.{name}"
        for path in sorted((ROOT / "figures").glob("*.py"))
        for name in re.findall(r"^def (draw_\w+)", path.read_text(encoding="utf-8"), re.MULTILINE)
    ]
    assert sorted(shown) == sorted(panels)
