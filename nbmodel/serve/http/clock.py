"""When what a request tells of happened: now, unless the server replays the past."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from nbmodel.errors import InvalidInput
from nbmodel.monitor.common import windows

_SHOWN = 60  # characters of what was sent


@dataclass(frozen=True, slots=True)
class Clock:
    """The time that is logged.

    Attributes
    ----------
    replay : bool
        Requests may bring the time of what they tell of. Else they may not: whoever can ask
        for a prediction could write into the past that monitoring looks at.
    """

    replay: bool = False

    def read(self, given: Any) -> int:
        """Microseconds since the epoch: of the time in a request, or of now if it has none.

        Raises
        ------
        InvalidInput
            If the request has a time and may not, or if that is not ISO 8601.
        """
        if given is None:
            return time.time_ns() // 1000
        if not self.replay:
            raise InvalidInput(
                "The request brings its own time; this server logs by the clock.",
                "Leave the time out, or start a server for the past: --replay.",
            )
        try:
            return windows.microseconds(datetime.fromisoformat(given))
        except (TypeError, ValueError):
            raise InvalidInput(
                f"{str(given)[:_SHOWN]!r} is no time.", "Send ISO 8601: 2013-04-01T12:00:00Z."
            ) from None
