"""An alert as JSON, posted to a URL. The channels of chat programs post their own bodies."""

from __future__ import annotations

import json
from http.client import HTTPException
from typing import Any

from nbmodel.display import cut, line
from nbmodel.errors import InvalidValue
from nbmodel.monitor.alerts.channels.base import (
    TIMEOUT_SECONDS,
    Notification,
    NotificationChannel,
)
from nbmodel.monitor.alerts.http import is_http_url, post

MAX_REASON_CHARACTERS = 200  # of an error response


def check_url(address: str) -> None:
    """Raise `InvalidValue` unless an address is an http or https URL.

    The message does not contain the address: anyone who has the URL of a webhook can post to it.
    """
    if not is_http_url(address):
        raise InvalidValue(
            "The address of the webhook is not valid.", "Use an http or https URL: https://..."
        )


def post_json(address: str, document: Any) -> None:
    """Post a document to a URL.

    Raises
    ------
    InvalidValue
        If the address is not an http or https URL.
    OSError, http.client.HTTPException
        If there is no response, or its status is an error.
    """
    check_url(address)
    body = json.dumps(document).encode()
    status, response = post(address, body, {"Content-Type": "application/json"}, TIMEOUT_SECONDS)
    if status >= 300:
        # Slack and Mattermost name the mistake in the body: invalid_blocks.
        reason = cut(line(response.decode(errors="replace")), MAX_REASON_CHARACTERS)
        raise HTTPException(f"it answered {status} {reason}".rstrip())


def _send(address: str, notification: Notification) -> None:
    post_json(address, notification.document() | {"text": notification.text()})


CHANNEL = NotificationChannel(_send, check_url, "webhook:https://...")
