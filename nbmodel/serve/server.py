"""The process: listens when every model is in memory, drains when it is told to end."""

from __future__ import annotations

import secrets
import socket
from collections.abc import Sequence
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import TYPE_CHECKING

import uvicorn

from nbmodel.errors import WriteFailed
from nbmodel.serve.app import application
from nbmodel.serve.guards import Guard, Limits
from nbmodel.serve.slots import Plan, Slots

if TYPE_CHECKING:
    from nbmodel.versioning.registry import Registry

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
DRAIN = 30  # seconds for requests that run when the server is told to end


@dataclass(frozen=True, slots=True)
class Options:
    """How to serve.

    Attributes
    ----------
    host, port
        Address; port 0 for any that is free.
    token : str
        Asked of every request; one is made up if `host` is not loopback and none is given.
    allow : sequence of str
        Host names by which clients may call the server, beside `host` and loopback.
    """

    host: str = "127.0.0.1"
    port: int = 8080
    token: str = ""
    allow: Sequence[str] = ()
    trust: bool = False
    limits: Limits = field(default_factory=Limits)

    @property
    def local(self) -> bool:
        """Whether only this machine can reach it."""
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"

    def chosen_token(self) -> str:
        """The token in use, empty for none."""
        return self.token or ("" if self.local else secrets.token_urlsafe(24))


def listen(options: Options) -> socket.socket:
    """A socket on the wanted address.

    Raises
    ------
    WriteFailed
        If the port is taken, or may not be used.
    """
    family = socket.AF_INET6 if ":" in options.host else socket.AF_INET
    found = socket.socket(family)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        found.bind((options.host, options.port))
        found.listen(2048)
    except OSError as error:
        found.close()
        raise WriteFailed(
            f"Cannot listen on {options.host}:{options.port}: {error.strerror}.",
            "Choose another: --port PORT, or --port 0 for any that is free.",
        ) from error
    return found


def serve(registry: Registry, plans: Sequence[Plan], options: Options) -> None:
    """Serve until told to end by SIGTERM or Ctrl-C."""
    with listen(options) as door:
        slots = Slots(registry, list(plans), trust=options.trust)
        slots.follow()
        try:
            host, port = door.getsockname()[:2]
            token = options.chosen_token()
            _say(host, port, token, slots)
            hosts = (*LOOPBACK, options.host, *options.allow) if options.local else options.allow
            guarded = Guard(application(slots, options.limits), token, hosts, options.limits)
            config = uvicorn.Config(
                guarded, log_level="warning", access_log=False, lifespan="off",
                server_header=False, timeout_graceful_shutdown=DRAIN, timeout_keep_alive=60,
            )  # fmt: skip
            uvicorn.Server(config).run(sockets=[door])
        finally:
            slots.close()


def _say(host: str, port: int, token: str, slots: Slots) -> None:
    for name, slot in slots.all().items():
        print(f"{name}: {slot.primary.name}  http://{host}:{port}/v2/models/{name}", flush=True)  # noqa: T201
    if token:
        print(f"token: {token}", flush=True)  # noqa: T201
