"""Notifications of alerts, by the program's log, by webhook or by a plug-in; a thread sends them.

The rules of a registry may be written by anybody, and so may the addresses in them. An address is
used only if this user set or allowed it on this machine. The list of allowed addresses lies in the
user's data folder, never in the registry. Other packages add channels by the entry points
``nbmodel.notifiers``.
"""

from __future__ import annotations

import hashlib
import json
import logging
import queue
import re
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from http.client import HTTPException
from pathlib import Path
from typing import Any, Protocol

from nbmodel import plugins
from nbmodel.display import line, visible
from nbmodel.errors import InvalidValue, ReadFailed
from nbmodel.monitor.alerts.http import is_http_url, post
from nbmodel.repo import location
from nbmodel.store.durable import append_line, explained, make_folders

TIMEOUT_SECONDS = 5.0  # for the response of a webhook
MAX_QUEUED = 100  # messages; further ones are dropped and counted
MAX_CHARACTERS = 2000  # of a notifier

_KIND_RE = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,63}")

logger = logging.getLogger("nbmodel.monitor")


class Notification(Protocol):
    """The content of a notification: an alert that started or stopped firing."""

    def document(self) -> dict[str, Any]:
        """Return JSON-compatible values."""

    def text(self) -> str:
        """Return a text for people."""


@dataclass(frozen=True, slots=True)
class NotificationChannel:
    """A way to send notifications; what an entry point of ``nbmodel.notifiers`` names.

    Attributes
    ----------
    send : callable
        Takes the address, which is the part of a notifier after ``KIND:``, and a `Notification`. It
        raises any exception if the message was not sent. It runs in the thread of notifications.
    check : callable, optional
        Takes an address, and raises `InvalidValue` if it cannot be one.
    """

    send: Callable[[str, Notification], None]
    check: Callable[[str], None] | None = None


@cache
def channels() -> dict[str, NotificationChannel]:
    """Return nbmodel's channels by kind, then those of plug-ins."""
    plugged = plugins.load_plugins(plugins.NOTIFIER_GROUP, NotificationChannel, _CHANNELS)
    return {**_CHANNELS, **plugged}


def missing_plugin(notifier: str) -> str:
    """Return the kind of a notifier that nothing installed here can send to; else an empty text."""
    kind, separator, _ = notifier.partition(":")
    is_kind = bool(separator) and _KIND_RE.fullmatch(kind) is not None
    return kind if is_kind and len(notifier) <= MAX_CHARACTERS and kind not in channels() else ""


def check_notifier(notifier: str) -> str:
    """Return a notifier unchanged if it is ``log:``, ``webhook:URL``, or one of a plug-in.

    Raises
    ------
    InvalidValue
        If it is none of them.
    """
    kind, _, address = notifier.partition(":")
    channel = channels().get(kind)
    if channel is None or len(notifier) > MAX_CHARACTERS:
        others = "".join(f", {name}:ADDRESS" for name in channels() if name not in _CHANNELS)
        raise InvalidValue(
            f"{notifier[:80]!r} is not a notifier.", f"Use webhook:https://... or log:{others}."
        )
    if channel.check is not None:
        channel.check(address)
    return notifier


def _check_empty(address: str) -> None:
    if address:
        raise InvalidValue(f"{address[:80]!r} follows log:.", "Use log: alone.")


def _check_address(address: str) -> None:
    if not is_http_url(address):
        raise InvalidValue(
            f"{address[:80]!r} is not the address of a webhook.", "Use an http or https URL."
        )


# -- webhooks that this user allowed --------------------------------------------------


def allow(notifier: str) -> None:
    """Allow an address that another user set in the registry to be notified from this machine.

    Parameters
    ----------
    notifier : str
        ``webhook:URL``, as in the alert.

    Examples
    --------
    >>> nbmodel.monitor.allow("webhook:https://hooks.example.org/models")
    """
    if not is_allowed(check_notifier(notifier)):
        path = _allowed_path()
        with explained(f"the list of your webhooks, {path}"):
            make_folders(path.parent, Path(path.anchor), mode=0o700)
            append_line(path, _digest(notifier))


def is_allowed(notifier: str) -> bool:
    """Return whether a notifier may be used: the log always, others if this user allowed them."""
    if notifier.partition(":")[0] == "log":
        return True
    path = _allowed_path()
    try:
        return _digest(notifier) in path.read_text("ascii", errors="replace").split()
    except FileNotFoundError:
        return False
    except OSError as error:
        raise ReadFailed(str(path), error) from error


def _allowed_path() -> Path:
    return location.data_folder() / "webhooks"


def _digest(notifier: str) -> str:
    return hashlib.sha256(notifier.encode()).hexdigest()


# -- sending -------------------------------------------------------------------------


class Notifier:
    """Sends notifications in a separate thread.

    Attributes
    ----------
    sent, failed, dropped, refused : int
        Messages that arrived; that failed; that were dropped because too many waited; that were
        refused because this user did not allow the webhook.
    """

    def __init__(self) -> None:
        self.sent = self.failed = self.dropped = self.refused = 0
        self._warned: set[str] = set()
        self._queue: queue.Queue[tuple[str, Notification] | None] = queue.Queue(MAX_QUEUED)
        self._thread = threading.Thread(target=self._run, name="nbmodel-notify", daemon=True)
        self._thread.start()

    def notify(self, notifiers: Iterable[str], notification: Notification) -> None:
        """Queue a message for each notifier; this never waits."""
        for notifier in notifiers:
            if not is_allowed(notifier):
                self.refused += 1
                if notifier not in self._warned:
                    self._warned.add(notifier)
                    logger.warning(
                        "%r was set by another user and is not called. To allow it: "
                        "nbmodel.monitor.allow(%r).", notifier, notifier,
                    )  # fmt: skip
                continue
            try:
                self._queue.put_nowait((notifier, notification))
            except queue.Full:
                self.dropped += 1

    def close(self) -> None:
        """Send the queued messages, then stop the thread."""
        self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (message := self._queue.get()) is not None:
            notifier, notification = message
            kind, _, address = notifier.partition(":")
            try:
                channels()[kind].send(address, notification)
                self.sent += 1
            except Exception as error:  # noqa: BLE001  the code of others may raise anything
                self.failed += 1
                logger.warning("%s could not be notified: %s", line(notifier[:80]), line(error))


def _to_log(_: str, notification: Notification) -> None:
    # The text has several lines, so that the rollback can be copied. Line breaks in names are
    # already escaped.
    logger.warning("%s", visible(notification.text()))


def _to_webhook(address: str, notification: Notification) -> None:
    """Send the alert as JSON in a POST request."""
    _check_address(address)
    body = json.dumps(notification.document() | {"text": notification.text()}).encode()
    status, _ = post(address, body, {"Content-Type": "application/json"}, TIMEOUT_SECONDS)
    if status >= 300:
        raise HTTPException(f"it answered {status}")


_CHANNELS: Mapping[str, NotificationChannel] = {
    "webhook": NotificationChannel(_to_webhook, _check_address),
    "log": NotificationChannel(_to_log, _check_empty),
}
