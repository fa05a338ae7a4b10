"""Sending to an address that the user gave: http and https, and nowhere else."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit
from urllib.request import HTTPHandler, HTTPSHandler, OpenerDirector, ProxyHandler, Request

from nbmodel._version import __version__

MAX_RESPONSE_BYTES = 1 << 16  # bytes of an answer that are read


def is_http_url(address: str) -> bool:
    """Whether a text is an http or https URL that can be called."""
    try:
        parts = urlsplit(address)
        good = parts.scheme in ("http", "https") and parts.hostname and (parts.port or 1)
    except ValueError:
        return False
    return bool(good) and address.isprintable() and " " not in address


def post(
    address: str, body: bytes, headers: Mapping[str, str], timeout: float
) -> tuple[int, bytes]:
    """POST, and the status and the begin of the answer; redirects are not followed.

    A redirect could lead anywhere, and a handler of files or FTP would obey.

    Raises
    ------
    OSError, http.client.HTTPException
        If there is no answer.
    """
    request = Request(  # noqa: S310  only http and https have a handler below
        address, body, {"User-Agent": f"nbmodel/{__version__}", **headers}, method="POST"
    )
    opener = OpenerDirector()
    for handler in (ProxyHandler(), HTTPHandler(), HTTPSHandler()):
        opener.add_handler(handler)
    with opener.open(request, timeout=timeout) as answer:
        return answer.status, answer.read(MAX_RESPONSE_BYTES)
