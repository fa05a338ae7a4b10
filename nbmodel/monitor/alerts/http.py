"""POST requests to an address that a user gave, over http and https only."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit
from urllib.request import HTTPHandler, HTTPSHandler, OpenerDirector, ProxyHandler, Request

from nbmodel._version import __version__

MAX_RESPONSE_BYTES = 1 << 16  # of the response


def is_http_url(address: str) -> bool:
    """Return whether a text is a valid http or https URL."""
    try:
        parts = urlsplit(address)
        valid = parts.scheme in ("http", "https") and parts.hostname and (parts.port or 1)
    except ValueError:
        return False
    return bool(valid) and address.isprintable() and " " not in address


def post(
    address: str, body: bytes, headers: Mapping[str, str], timeout_s: float
) -> tuple[int, bytes]:
    """Send a POST request; redirects are not followed.

    A redirect could lead anywhere, and handlers of other schemes would open files or FTP.

    Returns
    -------
    (int, bytes)
        Status and the first bytes of the response.

    Raises
    ------
    OSError, http.client.HTTPException
        If there is no response.
    """
    request = Request(  # noqa: S310  only http and https have a handler below
        address, body, {"User-Agent": f"nbmodel/{__version__}", **headers}, method="POST"
    )
    opener = OpenerDirector()
    for handler in (ProxyHandler(), HTTPHandler(), HTTPSHandler()):
        opener.add_handler(handler)
    with opener.open(request, timeout=timeout_s) as response:
        return response.status, response.read(MAX_RESPONSE_BYTES)
