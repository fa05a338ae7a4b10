"""The Jupyter Server extension: the answers of `nbmodel.views` under ``/nbmodel/api/``.

===========  ===============================================================
extension    what Jupyter Server loads, configures and stops
handlers     HTTP to verbs and back
registries   which registry a notebook means; each opened once
errors       one table: error to HTTP status and body
===========  ===============================================================

What opens a registry is imported with the first request: a server starts as fast as without.
"""

from __future__ import annotations

from typing import Any

from nbmodel.jupyter_server.extension import Extension

__all__ = ["Extension"]


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    return [{"module": "nbmodel.jupyter_server", "app": Extension}]
