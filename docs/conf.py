"""How Sphinx builds the documentation: ``make docs``, without a network, warnings as errors."""

from __future__ import annotations

import atexit
import os
import shutil
import sys
import tempfile
from pathlib import Path

from nbmodel._version import __version__

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

# The cells of the pages run as those of one reader, Ann, and leave nothing in your own folders.
# `!nbmodel` in a cell is the command of this environment.
_home = Path(tempfile.mkdtemp(prefix="nbmodel-docs-"))
atexit.register(shutil.rmtree, _home, ignore_errors=True)
(_home / "gitconfig").write_text("[user]\n  name = Ann\n  email = ann@example.org\n")
os.environ |= {
    "GIT_CONFIG_GLOBAL": str(_home / "gitconfig"),
    "GIT_CONFIG_NOSYSTEM": "1",
    "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
    **{f"XDG_{name}_HOME": str(_home / name.lower()) for name in ("CACHE", "DATA", "STATE")},
}
for _name in ("NBMODEL_LOG", "NBMODEL_REPO", "NBMODEL_READ_ONLY", "NBMODEL_TOKEN"):
    os.environ.pop(_name, None)

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
exclude_patterns = ["_build", "_ext", "reference/http_*.md"]  # the last are parts of http.md
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

# Tutorial and guides are notebooks: the build runs every cell of them.
nb_execution_mode = "force"
nb_execution_timeout = 120
nb_execution_raise_on_error = True
nb_execution_in_temp = True
nb_merge_streams = True
nb_ipywidgets_js = {}  # from a CDN: a panel is shown as a picture instead
# A widget needs its kernel: the page shows its text.
nb_mime_priority_overrides = [("html", "application/vnd.jupyter.widget-view+json", None)]

autodoc_typehints = "none"
autosummary_generate = False
numpydoc_show_class_members = False
suppress_warnings = ["mystnb.unknown_mime_type"]
nitpicky = False

html_theme = "pydata_sphinx_theme"
html_title = "nbmodel"
html_static_path = ["_static"]
html_show_sourcelink = False
html_sidebars = {page: [] for page in (
    "index", "tutorial", "troubleshooting", "security", "comparison", "limits", "architecture",
    "extending", "contributing", "changelog",
)}  # fmt: skip
html_theme_options = {
    "show_toc_level": 2,
    "navigation_with_keys": False,
    "header_links_before_dropdown": 6,
    "use_edit_page_button": False,
    "show_nav_level": 1,
    "footer_start": ["copyright"],
    "footer_end": [],
}
