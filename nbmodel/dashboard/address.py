"""Where the dashboard listens, and who may open it."""

from __future__ import annotations

import ipaddress
import secrets
import socket
from contextlib import suppress

from nbmodel.errors import InvalidValue

FIRST_PORT = 8866  # Voilà's own
MAX_PORTS = 50
MAX_TOKEN_CHARACTERS = 256


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


def token_for(host: str, token: str) -> str:
    """The token that was given; one made up where others can reach the address; else none.

    Raises
    ------
    InvalidValue
        If it cannot stand in an address.
    """
    if token and not (token.isascii() and token.replace("-", "").replace("_", "").isalnum()):
        raise InvalidValue("A token of other characters was given.", "Use letters and digits.")
    if len(token) > MAX_TOKEN_CHARACTERS:
        raise InvalidValue(f"A token of {len(token)} characters is too long.", "Use 32.")
    return token or ("" if is_loopback(host) else secrets.token_urlsafe(24))


def url_of(host: str, port: int, token: str) -> str:
    """What to type into a browser."""
    unspecified = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  # compared, not listened on
    name = unspecified.get(host, host)
    shown = f"[{name}]" if ":" in name else name
    return f"http://{shown}:{port}/" + (f"?token={token}" if token else "")
