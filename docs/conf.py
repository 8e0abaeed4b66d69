"""The documentation site: `python -m sphinx -W -b html docs docs/_build`."""

import sys
from importlib.metadata import version as installed_version
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # the sources of this folder are documented, not installed ones

project = "mlpcont"
author = "The mlpcont developers"
release = version = installed_version("mlpcont")
language = "en"

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosectionlabel",
    "numpydoc",
    "myst_parser",
    "sphinx_gallery.gen_gallery",
    "docs.site",
]
exclude_patterns = ["_build", "gallery", "claims_table.md"]

default_role = "py:obj"  # `name` in a docstring is a name: a link where it is known
autosectionlabel_prefix_document = True
autodoc_typehints = "none"  # numpydoc's sections say the types, with shapes
autodoc_member_order = "bysource"
numpydoc_show_class_members = False
numpydoc_xref_param_type = False
myst_heading_anchors = 3
myst_enable_extensions = ["colon_fence"]

sphinx_gallery_conf = {
    "examples_dirs": "gallery",
    "gallery_dirs": "examples_gallery",
    "download_all_examples": False,
    "show_memory": False,
    "min_reported_time": 1e9,
    "remove_config_comments": True,
    "image_scrapers": ("matplotlib",),
    "capture_repr": (),
}

html_theme = "pydata_sphinx_theme"
html_title = "mlpcont"
html_show_sourcelink = False
html_copy_source = False
html_theme_options = {
    "navigation_with_keys": True,
    "show_prev_next": True,
    "secondary_sidebar_items": ["page-toc"],
    "header_links_before_dropdown": 7,
}
