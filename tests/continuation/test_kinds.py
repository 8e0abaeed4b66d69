"""The table of kinds is whole, and nothing beside it lists kinds."""

import ast
from dataclasses import fields
from typing import get_origin

import pytest
from matplotlib.lines import Line2D

from continuation.kinds import KINDS, Kind
from tests.sources import ROOT, files, nodes

CODE = [path for path in files("continuation") + files("figures") if path.name != "kinds.py"]


@pytest.mark.parametrize("name", KINDS)
def test_an_entry_has_all_its_parts(name):
    kind = KINDS[name]
    for part in fields(Kind):
        value = getattr(kind, part.name)
        assert isinstance(value, get_origin(part.type) or part.type), part.name
    assert 0 < len(kind.meaning) <= 80, "meaning"
    assert kind.marker in Line2D.markers, "marker"
    assert kind.singular or not (kind.branching or kind.turning), "singular"
    assert (kind.codimension > 0) == (kind.singular or kind.pair or kind.of_map or kind.of_orbit), (
        "codimension"
    )
    assert set(kind.curves) <= set(KINDS), "curves"
    assert not (kind.pair and kind.gradient), "gradient"


def test_what_nothing_degenerates_at_is_no_event_of_the_equations():
    assert {name for name, kind in KINDS.items() if kind.codimension == 0} == {
        "infinity", "limit", "target", "user",
    }  # fmt: skip


def names_in(node: ast.AST) -> list[str]:
    parts = node.keys if isinstance(node, ast.Dict) else getattr(node, "elts", [])
    return [part.value for part in parts if isinstance(part, ast.Constant)]


def hands_over(node: ast.AST) -> bool:
    """Whether it is a table from kinds to what treats them: functions, or records of them."""
    return isinstance(node, ast.Dict) and all(
        isinstance(v, ast.Name | ast.Call) for v in node.values
    )


def lists_of_kinds(path):
    """Lines of a file that hold nothing but names of kinds, and no table of what treats them."""
    for node in nodes(path):
        names = [] if hands_over(node) else names_in(node)
        if len(names) > 1 and set(names) <= set(KINDS):
            yield f"{path.relative_to(ROOT)}, line {node.lineno}: {names}"


def test_no_other_list_of_kinds():
    assert [line for path in CODE for line in lists_of_kinds(path)] == []


def names_given(value: ast.expr) -> list[str]:
    if isinstance(value, ast.IfExp):
        return names_given(value.body) + names_given(value.orelse)
    is_name = isinstance(value, ast.Constant) and isinstance(value.value, str)
    return [value.value] if is_name else []


def test_every_name_given_to_a_special_point_is_in_the_table():
    for path in CODE:
        for node in nodes(path):
            called = getattr(getattr(node, "func", None), "id", "")
            for argument in getattr(node, "keywords", []) if called == "SpecialPoint" else []:
                names = names_given(argument.value) if argument.arg == "kind" else []
                assert set(names) <= set(KINDS), f"{path.relative_to(ROOT)}, line {node.lineno}"
