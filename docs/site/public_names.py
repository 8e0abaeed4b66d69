"""`.. public:: package` documents the names that are listed in it, whatever they are.

Faces of packages are lazy, so that the kind of a name is asked of the object itself, and the text
that stands under a constant of the module that defines it.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Iterator
from types import ModuleType

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.errors import ExtensionError
from sphinx.pycode import ModuleAnalyzer
from sphinx.util.docutils import SphinxDirective

from docs.site.faces import origin


class PublicNames(SphinxDirective):
    """One entry for each name of the content, by the directive of autodoc that suits it."""

    required_arguments = 1
    has_content = True

    def run(self) -> list[nodes.Node]:
        """Parse the entries."""
        package = importlib.import_module(self.arguments[0])
        names = " ".join(self.content).split()
        text = [line for name in names for line in entry(package, name)]
        return self.parse_text_to_nodes(StringList(text, source=self.arguments[0]))


def entry(package: ModuleType, name: str) -> Iterator[str]:
    """The directive of one name."""
    thing = getattr(package, name)
    source = origin(package.__name__, name)
    handed_on = [] if source.startswith(package.__name__) else ["   :no-index:"]
    if inspect.isclass(thing):
        yield from (f".. autoclass:: {package.__name__}.{name}", "   :members:", *handed_on, "")
    elif inspect.isroutine(thing):
        yield from (f".. autofunction:: {package.__name__}.{name}", *handed_on, "")
    else:
        yield from _constant(package.__name__, name, source)


def _constant(package: str, name: str, source: str) -> Iterator[str]:
    comment = ModuleAnalyzer.for_module(source).find_attr_docs()
    if ("", name) not in comment:
        raise ExtensionError(f"{package}.{name} has no text under its definition")
    yield from (f".. py:data:: {package}.{name}", "")
    yield from (f"   {line}" for line in [*comment["", name], ""])
