"""Telling of alerts: by the log, by webhook; beside the work, never before it.

The rules of a registry may be a stranger's, and so may the addresses in them. An address is
called only if this user set it on this machine, or allowed it: that list lies in the user's
data folder, never in the registry.
"""

from __future__ import annotations

import hashlib
import json
import logging
import queue
import threading
from collections.abc import Callable, Iterable, Mapping
from http.client import HTTPException
from pathlib import Path
from typing import Any, Protocol

from nbmodel.display import line, visible
from nbmodel.errors import InvalidValue, ReadFailed
from nbmodel.monitor.alerts.http import is_http_url, post
from nbmodel.repo import location
from nbmodel.store.durable import append_line, explained, make_folders

TIMEOUT_SECONDS = 5.0  # seconds that a webhook has to answer
MAX_QUEUED = 100  # messages that may wait; more are dropped, and counted
MAX_CHARACTERS = 2000  # characters of an address

logger = logging.getLogger("nbmodel.monitor")


class Notification(Protocol):
    """What can be told: an alert that fires, or no longer does."""

    def document(self) -> dict[str, Any]:
        """Ready for JSON."""

    def text(self) -> str:
        """For people."""


def check_notifier(notifier: str) -> str:
    """Return a notifier as it is, if it is ``log:`` or ``webhook:URL`` with http or https.

    Raises
    ------
    InvalidValue
        If it is neither.
    """
    kind, _, address = notifier.partition(":")
    if kind not in _CHANNELS or (kind == "log" and address) or len(notifier) > MAX_CHARACTERS:
        raise InvalidValue(
            f"{notifier[:80]!r} is no notifier.", "Write webhook:https://... or log:."
        )
    if kind == "webhook":
        _check_address(address)
    return notifier


def _check_address(address: str) -> None:
    if not is_http_url(address):
        raise InvalidValue(
            f"{address[:80]!r} is no address of a webhook.", "Give an http or https URL."
        )


# -- addresses that this user knows --------------------------------------------------


def allow(notifier: str) -> None:
    """Remember that this user wants a notifier's address to be called from this machine."""
    if check_notifier(notifier).startswith("webhook:") and not is_allowed(notifier):
        path = _allowed()
        with explained(f"the list of your webhooks, {path}"):
            make_folders(path.parent, Path(path.anchor), mode=0o700)
            append_line(path, _digest(notifier))


def is_allowed(notifier: str) -> bool:
    """Whether a notifier may be used: a log always, an address if this user knows it."""
    if not notifier.startswith("webhook:"):
        return True
    path = _allowed()
    try:
        return _digest(notifier) in path.read_text("ascii", errors="replace").split()
    except FileNotFoundError:
        return False
    except OSError as error:
        raise ReadFailed(str(path), error) from error


def _allowed() -> Path:
    return location.data_folder() / "webhooks"


def _digest(notifier: str) -> str:
    return hashlib.sha256(notifier.encode()).hexdigest()


# -- sending -------------------------------------------------------------------------


class Notifier:
    """Tells of alerts in a thread of its own.

    Attributes
    ----------
    sent, failed, dropped, refused : int
        Messages that arrived, that did not, that waited behind too many others, and whose
        address this user does not know.
    """

    def __init__(self) -> None:
        self.sent = self.failed = self.dropped = self.refused = 0
        self._said: set[str] = set()
        self._queue: queue.Queue[tuple[str, Notification] | None] = queue.Queue(MAX_QUEUED)
        self._thread = threading.Thread(target=self._run, name="nbmodel-notify", daemon=True)
        self._thread.start()

    def notify(self, notifiers: Iterable[str], told: Notification) -> None:
        """Hand over a message for each notifier; never waits."""
        for notifier in notifiers:
            if not is_allowed(notifier):
                self.refused += 1
                if notifier not in self._said:
                    self._said.add(notifier)
                    logger.warning(
                        "%r was set by somebody else and is not called. If you want it: "
                        "nbmodel.monitor.allow(%r).", notifier, notifier,
                    )  # fmt: skip
                continue
            try:
                self._queue.put_nowait((notifier, told))
            except queue.Full:
                self.dropped += 1

    def close(self) -> None:
        """Send what waits, then end."""
        self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (message := self._queue.get()) is not None:
            notifier, told = message
            kind, _, address = notifier.partition(":")
            try:
                _CHANNELS[kind](address, told)
                self.sent += 1
            except (OSError, HTTPException, InvalidValue) as error:
                self.failed += 1
                logger.warning("%s could not be told: %s", line(notifier[:80]), line(error))


def _to_log(_: str, told: Notification) -> None:
    # On several lines: the one that takes the stage back is there to be copied, and each part of
    # the text keeps to its own line.
    logger.warning("%s", visible(told.text()))


def _to_webhook(address: str, told: Notification) -> None:
    """POST the alert as JSON."""
    _check_address(address)
    body = json.dumps(told.document() | {"text": told.text()}).encode()
    status, _ = post(address, body, {"Content-Type": "application/json"}, TIMEOUT_SECONDS)
    if status >= 300:
        raise HTTPException(f"it answered {status}")


_CHANNELS: Mapping[str, Callable[[str, Notification], None]] = {
    "webhook": _to_webhook,
    "log": _to_log,
}
