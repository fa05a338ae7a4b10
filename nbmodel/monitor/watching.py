"""Telling once: an alert is told of when it begins to fire, and when it no longer does."""

from __future__ import annotations

from collections.abc import Iterable

from nbmodel.monitor.firing import Firing
from nbmodel.monitor.notify import Notifier


class Watch:
    """Remembers what fired, and tells of changes only.

    Parameters
    ----------
    notifier : Notifier
    """

    def __init__(self, notifier: Notifier) -> None:
        self._notifier = notifier
        self._firing: dict[tuple[str, str, str], Firing] = {}

    def look(self, found: Iterable[Firing]) -> list[Firing]:
        """Tell of what is new; return what was told.

        A version that takes over from one that fired begins anew. Windows without data leave
        an alert as it was.
        """
        told, seen = [], set()
        for one in found:
            key = (one.alert.id, one.outcome.stage, one.outcome.version)
            seen.add(key)
            if one.fires == (key in self._firing) or (one.outcome.state == "no data"):
                continue
            if one.fires:
                self._firing[key] = one
            else:
                del self._firing[key]
            self._notifier.tell(one.alert.notify or ("log:",), one)
            told.append(one)
        # What no longer serves is not watched any more.
        self._firing = {key: one for key, one in self._firing.items() if key in seen}
        return told
