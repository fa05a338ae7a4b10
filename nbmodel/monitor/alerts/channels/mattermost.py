"""An incoming webhook of Mattermost.

The body has ``text`` and one attachment. Source: "Incoming webhooks" and "Message attachments" of
docs.mattermost.com. Mattermost reads ``@all`` and ``@prod`` as mentions, also in the text of an
attachment, but not in code. So everything that others wrote is in a block of code.
"""

from __future__ import annotations

import re
from typing import Any

from nbmodel.display import cut
from nbmodel.monitor.alerts.channels.base import Notification, NotificationChannel
from nbmodel.monitor.alerts.channels.facts import Document, fact_lines, title
from nbmodel.monitor.alerts.channels.webhook import check_url, post_json

# A server may split a text of more than 4,000 characters, and the parts would not be in the code.
MAX_CHARACTERS = 3500
COLORS = {"firing": "#D24B4E"}  # of the bar beside the attachment
OTHER_COLOR = "#3DB887"
SENTENCES = {"firing": "An alert is firing."}
OTHER_SENTENCE = "An alert has stopped firing."


def body(document: Document) -> dict[str, Any]:
    """Return the JSON that Mattermost takes for an alert."""
    state = str(document.get("state") or "")
    sentence = SENTENCES.get(state, OTHER_SENTENCE)
    lines = [title(document), "", *fact_lines(document)]
    attachment = {
        "fallback": sentence,  # shown where there is no formatting, so it has no text from others
        "color": COLORS.get(state, OTHER_COLOR),
        "text": _code(cut("\n".join(lines), MAX_CHARACTERS)),
    }
    return {"text": f"**nbmodel**: {sentence}", "attachments": [attachment]}


def _code(text: str) -> str:
    """A block of code whose fence is longer than every run of backticks in it."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}\n{text}\n{fence}"


def _send(address: str, notification: Notification) -> None:
    post_json(address, body(notification.document()))


CHANNEL = NotificationChannel(_send, check_url, "mattermost:https://HOST/hooks/...")
