"""The channels by kind, and what a text such as ``slack:URL`` names.

A new channel is a file of this folder and a row of `CHANNELS`. Other packages add channels by the
entry points ``nbmodel.notifiers``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from urllib.parse import urlsplit

from nbmodel import plugins
from nbmodel.display import cut, line
from nbmodel.errors import InvalidValue
from nbmodel.monitor.alerts.channels import log, mail, mattermost, slack, webhook
from nbmodel.monitor.alerts.channels.base import NotificationChannel

MAX_CHARACTERS = 2000  # of a notifier
MAX_NAME_CHARACTERS = 80  # of an address that is not a URL, where it is shown

_KIND_RE = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,63}")

CHANNELS: Mapping[str, NotificationChannel] = {
    "log": log.CHANNEL,
    "slack": slack.CHANNEL,
    "mattermost": mattermost.CHANNEL,
    "mail": mail.CHANNEL,
    "webhook": webhook.CHANNEL,
}


@cache
def channels() -> dict[str, NotificationChannel]:
    """Return nbmodel's channels by kind, then those of plug-ins."""
    plugged = plugins.load_plugins(plugins.NOTIFIER_GROUP, NotificationChannel, CHANNELS)
    return {**CHANNELS, **plugged}


def missing_plugin(notifier: str) -> str:
    """Return the kind of a notifier that nothing installed here can send to; else an empty text."""
    kind, separator, _ = notifier.partition(":")
    is_kind = bool(separator) and _KIND_RE.fullmatch(kind) is not None
    return kind if is_kind and len(notifier) <= MAX_CHARACTERS and kind not in channels() else ""


def check_notifier(notifier: str) -> str:
    """Return a notifier unchanged if a channel takes it: ``log:``, ``slack:URL``.

    Raises
    ------
    InvalidValue
        If no channel takes it.
    """
    kind, _, address = notifier.partition(":")
    channel = channels().get(kind)
    if channel is None or len(notifier) > MAX_CHARACTERS:
        examples = [row.example or f"{name}:ADDRESS" for name, row in channels().items()]
        raise InvalidValue(
            f"{recipient(notifier)!r} is not a notifier.", f"Use {', '.join(examples)}."
        )
    if channel.check is not None:
        channel.check(address)
    return notifier


def recipient(notifier: str) -> str:
    """Name a notifier for people: of a URL only the host, of another secret address nothing."""
    kind, _, address = notifier.partition(":")
    if not address or kind not in channels():
        return cut(line(kind.partition("/")[0]), MAX_NAME_CHARACTERS)
    if "//" in address:
        try:
            address = urlsplit(address).hostname or "..."
        except ValueError:
            address = "..."
    elif channels()[kind].is_secret:
        address = "..."
    return f"{kind}:{cut(line(address), MAX_NAME_CHARACTERS)}"
