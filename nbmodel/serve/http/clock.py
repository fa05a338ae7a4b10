"""The time at which an event is logged: now, unless the server replays the past."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from nbmodel.errors import InvalidInput
from nbmodel.monitor.common import windows

_MAX_SHOWN_CHARS = 60  # of a value that a client sent


@dataclass(frozen=True, slots=True)
class Clock:
    """Chooses the time that is logged.

    Attributes
    ----------
    replay : bool
        Whether a request may set the time of its events. By default it may not: otherwise every
        client could change the past that monitoring evaluates.
    """

    replay: bool = False

    def read(self, value: Any) -> int:
        """Microseconds since the epoch: the time that a request sent, or now if it sent none.

        Raises
        ------
        InvalidInput
            If the request sent a time and may not, or if that is not ISO 8601.
        """
        if value is None:
            return time.time_ns() // 1000
        if not self.replay:
            raise InvalidInput(
                "The request sets a time, but this server logs the current time.",
                "Leave out the time, or start a server that replays the past: --replay.",
            )
        try:
            return windows.microseconds(datetime.fromisoformat(value))
        except (TypeError, ValueError):
            raise InvalidInput(
                f"{str(value)[:_MAX_SHOWN_CHARS]!r} is not a time.",
                "Send ISO 8601: 2013-04-01T12:00:00Z.",
            ) from None
