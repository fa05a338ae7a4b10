"""Telling once: an alert is told of when it begins to fire, and when it no longer does."""

from __future__ import annotations

from collections.abc import Iterable

from nbmodel.monitor.alerts.evaluation import AlertStatus
from nbmodel.monitor.alerts.notify import Notifier

Key = tuple[str, str, str]  # id of the alert, stage, version


class AlertTransitions:
    """Remembers what fired, and tells of changes only: the log always, and whom an alert names.

    Parameters
    ----------
    notifier : Notifier
    firing : iterable of (str, str, str)
        What an earlier watch of the same model had told of, from its `firing`.
    """

    def __init__(self, notifier: Notifier, firing: Iterable[Key] = ()) -> None:
        self._notifier = notifier
        self._firing = set(firing)

    @property
    def firing_alerts(self) -> tuple[Key, ...]:
        """Id, stage and version of what was told that it fires."""
        return tuple(sorted(self._firing))

    def notify_changes(self, found: Iterable[AlertStatus]) -> list[AlertStatus]:
        """Tell of what is new in all that is watched; return what was told.

        A version that takes over from one that fired begins anew. Windows without data leave
        an alert as it was.
        """
        told, seen = [], set()
        for one in found:
            key = (one.alert.id, one.outcome.stage, one.outcome.version)
            seen.add(key)
            if one.firing == (key in self._firing) or (one.outcome.state == "no data"):
                continue
            if one.firing:
                self._firing.add(key)
            else:
                self._firing.discard(key)
            named = (name for name in one.alert.notify if name.partition(":")[0] != "log")
            self._notifier.notify(("log:", *named), one)
            told.append(one)
        self._firing &= seen  # what no longer serves is not watched any more
        return told
