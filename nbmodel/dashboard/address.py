"""Where the dashboard listens, and who may open it."""

from __future__ import annotations

import ipaddress
import re
import secrets
import socket
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

from nbmodel.errors import InvalidValue

FIRST_PORT = 8866  # Voilà's own
MAX_PORTS = 50
MAX_TOKEN_CHARACTERS = 256
MAX_BASE_URL_CHARACTERS = 500

_PATH_RE = re.compile(r"/?([A-Za-z0-9_~-][A-Za-z0-9._~-]*(/|$))*")


@dataclass(frozen=True, slots=True)
class PublicAddress:
    """The address under which a proxy shows the dashboard.

    Attributes
    ----------
    path : str
        Begins and ends with a slash.
    origin : str
        ``https://models.example.org``; empty if only the path is known.
    host : str
        The name in the origin, or an empty text.
    """

    path: str = "/"
    origin: str = ""
    host: str = ""


def public_address(base_url: str) -> PublicAddress:
    """Return what ``--base-url`` names: a path, or a whole URL.

    Raises
    ------
    InvalidValue
        If it is neither.
    """
    wrong = InvalidValue(
        f"{base_url[:80]!r} is not a base URL.",
        "Use a path, or a whole URL: --base-url /models/, --base-url https://example.org/models/.",
    )
    origin = host = ""
    path = base_url
    if "://" in base_url:
        try:
            parts = urlsplit(base_url)
            host, _ = parts.hostname or "", parts.port
        except ValueError:
            raise wrong from None
        if parts.scheme not in ("http", "https") or not _is_host(host) or parts.query:
            raise wrong
        if "@" in parts.netloc or parts.fragment:
            raise wrong
        origin, path = f"{parts.scheme}://{parts.netloc}", parts.path
    if len(base_url) > MAX_BASE_URL_CHARACTERS or not _PATH_RE.fullmatch(path):
        raise wrong
    bare = path.strip("/")
    return PublicAddress(f"/{bare}/" if bare else "/", origin, host)


def _is_host(host: str) -> bool:
    return re.fullmatch(r"[A-Za-z0-9.:-]+", host) is not None


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches an address."""
    if host == "localhost":
        return True
    with suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return False


def free_port(host: str, port: int) -> int:
    """The requested port, else the first free one from 8866 on.

    Raises
    ------
    InvalidValue
        If it is taken, is none, or the address is not one of this machine.
    """
    if not 0 <= port < 1 << 16:
        raise InvalidValue(f"{port} is not a port.", "Use a number from 1 to 65535.")
    for candidate in [port] if port else range(FIRST_PORT, FIRST_PORT + MAX_PORTS):
        try:
            family, kind, protocol, _, where = socket.getaddrinfo(
                host, candidate, type=socket.SOCK_STREAM
            )[0]
        except (OSError, UnicodeError):  # the latter for a name that cannot be one
            raise InvalidValue(f"{host[:80]!r} is not an address.", _HOST) from None
        with socket.socket(family, kind, protocol) as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                trial.bind(where)
            except OSError as error:
                if port:
                    raise InvalidValue(
                        f"Cannot listen on {host} port {port}: {error.strerror}.",
                        "Choose another: --port, --host.",
                    ) from None
                continue
            return candidate
    raise InvalidValue(
        f"No port from {FIRST_PORT} to {FIRST_PORT + MAX_PORTS - 1} is free on {host}.",
        "End what uses them, or name another: --port.",
    )


_HOST = "Use 127.0.0.1, or an address of this machine: --host."


def token_for(host: str, token: str, public_host: str = "") -> str:
    """The token that was given; one made up where others can reach the address; else none.

    Others reach it at `host` itself, or at `public_host`, the name of a proxy.

    Raises
    ------
    InvalidValue
        If it cannot stand in an address.
    """
    if token and not (token.isascii() and token.replace("-", "").replace("_", "").isalnum()):
        raise InvalidValue("A token of other characters was given.", "Use letters and digits.")
    if len(token) > MAX_TOKEN_CHARACTERS:
        raise InvalidValue(f"A token of {len(token)} characters is too long.", "Use 32.")
    local = is_loopback(host) and (not public_host or is_loopback(public_host))
    return token or ("" if local else secrets.token_urlsafe(24))


def url_of(host: str, port: int, token: str, public: PublicAddress = PublicAddress()) -> str:
    """What to type into a browser."""
    unspecified = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  # compared, not listened on
    name = unspecified.get(host, host)
    url_host = f"[{name}]" if ":" in name else name
    return f"{public.origin or f'http://{url_host}:{port}'}{public.path}" + (
        f"?token={token}" if token else ""
    )
