"""How Sphinx builds the documentation: ``make docs``, without a network, warnings as errors."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

from nbmodel._version import __version__

project = "nbmodel"
author = "the nbmodel authors"
copyright = author  # noqa: A001  Sphinx's name
release = version = __version__

extensions = [
    "myst_nb",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "generated",
]
source_suffix = {".md": "myst-nb"}
exclude_patterns = ["_build", "_ext"]
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

# Tutorial and guides are notebooks: the build runs every cell of them.
nb_execution_mode = "force"
nb_execution_timeout = 120
nb_execution_raise_on_error = True
nb_execution_in_temp = True
nb_merge_streams = True

autodoc_typehints = "none"
autosummary_generate = False
numpydoc_show_class_members = False
suppress_warnings = ["mystnb.unknown_mime_type"]
nitpicky = False

html_theme = "pydata_sphinx_theme"
html_title = "nbmodel"
html_static_path = ["_static"]
html_show_sourcelink = False
html_theme_options = {
    "show_toc_level": 2,
    "navigation_with_keys": False,
    "header_links_before_dropdown": 6,
    "use_edit_page_button": False,
    "show_nav_level": 1,
    "footer_start": ["copyright"],
    "footer_end": [],
}
