"""How to serve: what ``nbmodel serve`` was told."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from ipaddress import ip_address

from nbmodel.monitor.prediction_log.options import LogWords
from nbmodel.serve.http.middleware import Limits
from nbmodel.serve.watch.watcher import Cadence


@dataclass(frozen=True, slots=True, kw_only=True)
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
    trust : bool
        Load other people's versions as own ones.
    accept_differences : bool
        Serve a version that does not answer its acceptance rows as it did at commit.
    as_json : bool
        Say where it listens as one line of JSON, for a program that started it.
    log : str
        Folder or fsspec URL of the prediction log; in the user's data folder if empty.
    no_log : bool
        Keep none.
    log_words : LogWords
        What is kept of each model, and for how long.
    replay : bool
        Requests may bring the time of what they tell of, and that is logged.
    watch : Cadence or None
        How often the log is looked at for drift and alerts; None for never.
    workers : int
        Processes that answer.
    with_parent : bool
        End when standard input ends: with the process that started it.
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
    watch: Cadence | None = None
    workers: int = 1
    log_words: LogWords = field(default_factory=LogWords)
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
