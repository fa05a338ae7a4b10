"""An incoming webhook of Slack.

The body has ``text``, which notifications on a phone show, and ``blocks``. Sources: "Formatting
message text" and "Block Kit" of docs.slack.dev. In such text, ``&``, ``<`` and ``>`` are control
characters: ``<!channel>`` would notify a whole channel. So they are escaped. Slack neither makes
links of names nor fetches URLs.
"""

from __future__ import annotations

from typing import Any

from nbmodel.monitor.alerts.channels.base import Notification, NotificationChannel
from nbmodel.monitor.alerts.channels.facts import Document, fact_lines, title
from nbmodel.monitor.alerts.channels.webhook import check_url, post_json

MAX_SECTION_CHARACTERS = 3000  # of a section block, by Slack's documentation
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_FENCE = "```"


def body(document: Document) -> dict[str, Any]:
    """Return the JSON that Slack takes for an alert."""
    heading = _escape(title(document), MAX_SECTION_CHARACTERS)
    # A backtick could end the block of code, in which nothing is formatted.
    lines = "\n".join(fact_lines(document)).replace("`", "'")
    facts = _escape(lines, MAX_SECTION_CHARACTERS - 2 * len(_FENCE))
    blocks = [_section(heading), _section(f"{_FENCE}{facts}{_FENCE}")]
    return {"text": heading, "blocks": blocks, "unfurl_links": False, "unfurl_media": False}


def _section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text, "verbatim": True}}


def _escape(text: str, limit: int) -> str:
    """Escape the control characters, and keep at most `limit` characters of the result."""
    pieces: list[str] = []
    length = 0
    for character in text:
        piece = _ENTITIES.get(character, character)
        length += len(piece)
        if length > limit:
            break
        pieces.append(piece)
    return "".join(pieces)


def _send(address: str, notification: Notification) -> None:
    post_json(address, body(notification.document()))


CHANNEL = NotificationChannel(_send, check_url, "slack:https://hooks.slack.com/services/...")
