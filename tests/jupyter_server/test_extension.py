"""The files of the extension enable it, and it imports no framework."""

import json
import subprocess
import sys
from pathlib import Path

from nbmodel import jupyter_server

CONFIG = Path(__file__).parents[2] / "labextension/jupyter-config/jupyter_server_config.d"

LOADED = """
import json, sys
import nbmodel.jupyter_server
nbmodel.jupyter_server._jupyter_server_extension_points()
print(json.dumps(sorted(sys.modules)))
"""


def test_the_extension_is_enabled_on_install():
    config = json.loads((CONFIG / "nbmodel.json").read_text())
    assert config == {"ServerApp": {"jpserver_extensions": {"nbmodel.jupyter_server": True}}}
    (point,) = jupyter_server._jupyter_server_extension_points()
    assert (point["module"], point["app"].name) == ("nbmodel.jupyter_server", "nbmodel")


def test_a_server_starts_without_git_and_numpy():
    done = subprocess.run(
        [sys.executable, "-c", LOADED], capture_output=True, text=True, check=True
    )
    loaded = set(json.loads(done.stdout))
    assert "nbmodel.jupyter_server.handlers" in loaded
    assert loaded & {"git", "numpy", "pandas", "nbmodel.views", "nbmodel.versioning"} == set()
