"""The Jupyter Server extension: serves the views of `nbmodel.views` under ``/nbmodel/api/``.

===========  ===============================================================
extension    the application that Jupyter Server loads, configures and stops
handlers     HTTP requests to calls of a view, and their results to responses
service      calls views in threads
registries   finds and opens the registry of a notebook
errors       the HTTP status and body of each error
===========  ===============================================================

The modules that open a registry are imported with the first request, so that the extension does
not delay the start of the server.
"""

from __future__ import annotations

from typing import Any

from nbmodel.jupyter_server.extension import Extension

__all__ = ["Extension"]


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    return [{"module": "nbmodel.jupyter_server", "app": Extension}]
