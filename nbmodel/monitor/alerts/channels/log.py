"""Notifications in the program's log."""

from __future__ import annotations

import logging

from nbmodel.display import visible
from nbmodel.errors import InvalidValue
from nbmodel.monitor.alerts.channels.base import Notification, NotificationChannel

logger = logging.getLogger("nbmodel.monitor")


def _check(address: str) -> None:
    if address:
        raise InvalidValue("The notifier log: takes no address.", "Use log: alone.")


def _send(_: str, notification: Notification) -> None:
    # The text has several lines, so that the rollback can be copied. Line breaks in names are
    # already escaped.
    logger.warning("%s", visible(notification.text()))


CHANNEL = NotificationChannel(_send, _check, "log:", is_secret=False)
