"""Notifications of alerts: who may be notified from this machine, and a thread that sends them.

Anyone may have written the rules of a registry and the addresses in them. An address is used only
if this user set or allowed it on this machine. The list of allowed addresses lies in the user's
data folder, never in the registry. The address of a webhook is a secret, so messages name its host
and a digest.
"""

from __future__ import annotations

import hashlib
import logging
import queue
import re
import threading
from collections.abc import Iterable
from pathlib import Path

from nbmodel.display import line
from nbmodel.errors import ReadFailed
from nbmodel.monitor.alerts.channels.base import Notification
from nbmodel.monitor.alerts.channels.table import channels, check_notifier, recipient
from nbmodel.repo import location
from nbmodel.store.durable import append_line, explained, make_folders

MAX_QUEUED = 100  # messages; further ones are dropped and counted

_DIGEST_RE = re.compile(r"[0-9a-f]{64}")
_DIGEST_KIND = "sha256:"

logger = logging.getLogger("nbmodel.monitor")


# -- webhooks that this user allowed --------------------------------------------------


def allow(notifier: str) -> None:
    """Allow an address that another user set in the registry to be notified from this machine.

    Parameters
    ----------
    notifier : str
        ``webhook:URL``, as in the alert, or ``sha256:DIGEST``, as a warning in the log names it.

    Examples
    --------
    >>> nbmodel.monitor.allow("webhook:https://hooks.example.org/models")
    """
    digest = notifier.removeprefix(_DIGEST_KIND)
    if digest == notifier or not _DIGEST_RE.fullmatch(digest):
        if is_allowed(check_notifier(notifier)):
            return
        digest = _digest(notifier)
    path = _allowed_path()
    if digest not in _allowed_digests(path):
        with explained(f"the list of your webhooks, {path}"):
            make_folders(path.parent, Path(path.anchor), mode=0o700)
            append_line(path, digest)


def is_allowed(notifier: str) -> bool:
    """Return whether a notifier may be used: the log always, others if this user allowed them."""
    if notifier.partition(":")[0] == "log":
        return True
    return _digest(notifier) in _allowed_digests(_allowed_path())


def _allowed_path() -> Path:
    return location.data_folder() / "webhooks"


def _allowed_digests(path: Path) -> list[str]:
    try:
        return path.read_text("ascii", errors="replace").split()
    except FileNotFoundError:
        return []
    except OSError as error:
        raise ReadFailed(str(path), error) from error


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
                        "%s was set by another user and is not called. To allow it: "
                        "nbmodel.monitor.allow(%r).",
                        recipient(notifier), f"{_DIGEST_KIND}{_digest(notifier)}",
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
                logger.warning("%s could not be notified: %s", recipient(notifier), line(error))
