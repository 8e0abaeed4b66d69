"""Every branch that a test traces is checked: its located points are what they say."""

import pytest

from continuation import arclength
from tests import invariants


@pytest.fixture(autouse=True)
def special_points_are_checked(monkeypatch):
    assemble = arclength.assemble

    def checked(tracer, parts):
        branch = assemble(tracer, parts)
        invariants.special_points_are_what_they_say(tracer.workspace.problem, branch)
        return branch

    monkeypatch.setattr(arclength, "assemble", checked)
