"""What a page of ours may load and run: Content-Security-Policy (CSP level 3, W3C)."""

from __future__ import annotations

import base64
import hashlib
import re

_HOST_RE = re.compile(r"[A-Za-z0-9.\-]+(:\d+)?|\[[0-9a-fA-F:]+\](:\d+)?")


def digest(script: str) -> str:
    """A script as a source of ``script-src``: it runs if it is exactly this one."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"


def for_server(host: str = "") -> str:
    """Of the pages that Voilà serves at `host`.

    No inline script, no ``blob:``, no ``eval``: the page speaks to its kernel itself. The two
    relaxations: plotly adds style elements while it draws (``'unsafe-inline'``, styles only), and
    not every browser counts the page's own web socket as ``'self'``.
    """
    sockets = f" ws://{host} wss://{host}" if _HOST_RE.fullmatch(host) else ""
    return _joined(
        {
            "default-src": "'none'",
            "script-src": "'self'",
            "style-src": "'self' 'unsafe-inline'",
            "img-src": "'self' data: blob:",
            "font-src": "'self'",
            "connect-src": f"'self'{sockets}",
            "form-action": "'self'",
            "base-uri": "'none'",
            "frame-ancestors": "'self'",
        }
    )


def for_file(*scripts: str) -> str:
    """Of a page on disk that runs exactly these scripts and asks nobody for anything.

    ``blob:`` is for pictures of charts, which plotly draws from a blob of the page itself.
    """
    return _joined(
        {
            "default-src": "'none'",
            "script-src": " ".join(map(digest, scripts)),
            "style-src": "'unsafe-inline'",
            "img-src": "data: blob:",
            "form-action": "'none'",
            "base-uri": "'none'",
        }
    )


def _joined(directives: dict[str, str]) -> str:
    return "; ".join(f"{name} {value}" for name, value in directives.items())
