"""How to serve: the options of ``nbmodel serve``."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from ipaddress import ip_address

from nbmodel.monitor.prediction_log.options import LogOptions
from nbmodel.serve.http.middleware import RequestLimits
from nbmodel.serve.watch.watcher import WatchSchedule


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerOptions:
    """How to serve.

    Attributes
    ----------
    host, port
        Where to listen; port 0 means any free port.
    token : str
        That every request must send. If it is empty and `host` is not loopback, a random token
        is used.
    allow : sequence of str
        Host names by which clients may call the server, in addition to `host` and loopback.
    trust : bool
        Load other people's versions like own ones.
    accept_differences : bool
        Serve a version even if its outputs for the acceptance rows differ from those at commit.
    as_json : bool
        Print the address as one line of JSON, for a program that started the server.
    with_parent : bool
        Stop when standard input closes, which happens when the parent process ends.
    log : str
        Folder or fsspec URL of the prediction log; in the user's data folder if empty.
    no_log : bool
        Do not log predictions.
    log_words : LogOptions
        What is logged for each model, and for how long.
    replay : bool
        Whether requests may set the time that is logged.
    watch : WatchSchedule or None
        How often the log is evaluated for drift and alerts; None for never.
    workers : int
        Number of worker processes.
    limits : RequestLimits
    """

    host: str = "127.0.0.1"
    port: int = 8080
    token: str = ""
    allow: Sequence[str] = ()
    trust: bool = False
    accept_differences: bool = False
    as_json: bool = False
    with_parent: bool = False
    log: str = ""
    no_log: bool = False
    replay: bool = False
    watch: WatchSchedule | None = None
    workers: int = 1
    log_words: LogOptions = field(default_factory=LogOptions)
    limits: RequestLimits = field(default_factory=RequestLimits)

    @property
    def local(self) -> bool:
        """Whether only this machine can reach the server."""
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"

    def effective_token(self) -> str:
        """The token that clients must send; empty for none."""
        return self.token or ("" if self.local else secrets.token_urlsafe(24))
