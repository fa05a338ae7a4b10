"""What a notification is, and what a channel is that sends it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

TIMEOUT_SECONDS = 5.0  # for the response of another program


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
    example : str
        A notifier as a user writes it, for advice; ``KIND:ADDRESS`` if empty.
    is_secret : bool
        Whether the address lets its reader send messages, as that of a webhook does. Of a secret
        address, only the host is shown, if it is a URL.
    """

    send: Callable[[str, Notification], None]
    check: Callable[[str], None] | None = None
    example: str = ""
    is_secret: bool = True
