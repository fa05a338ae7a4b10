"""Transitions of alerts: a notification is sent when an alert starts firing and when it stops."""

from __future__ import annotations

from collections.abc import Iterable

from nbmodel.monitor.alerts.evaluation import AlertStatus
from nbmodel.monitor.alerts.notify import Notifier

Key = tuple[str, str, str]  # id of the alert, stage, version


class AlertTransitions:
    """Remembers which alerts fire and sends notifications of changes.

    Every change goes to the log, and to the notifiers of the alert.

    Parameters
    ----------
    notifier : Notifier
    firing : iterable of (str, str, str)
        Alerts that were firing before, from `firing_alerts` of an earlier process.
    """

    def __init__(self, notifier: Notifier, firing: Iterable[Key] = ()) -> None:
        self._notifier = notifier
        self._firing = set(firing)

    @property
    def firing_alerts(self) -> tuple[Key, ...]:
        """Id, stage and version of each alert that fires."""
        return tuple(sorted(self._firing))

    def notify_changes(self, statuses: Iterable[AlertStatus]) -> list[AlertStatus]:
        """Send a notification for each alert that started or stopped firing.

        For a version that replaces another one, an alert starts again. Windows without data leave
        the state of an alert unchanged.

        Parameters
        ----------
        statuses : iterable of AlertStatus
            All alerts of the model.

        Returns
        -------
        list of AlertStatus
            The alerts that changed.
        """
        changed_statuses, keys = [], set()
        for status in statuses:
            key = (status.alert.id, status.outcome.stage, status.outcome.version)
            keys.add(key)
            if status.firing == (key in self._firing) or not status.outcome.judged:
                continue
            if status.firing:
                self._firing.add(key)
            else:
                self._firing.discard(key)
            notifiers = (name for name in status.alert.notify if name.partition(":")[0] != "log")
            self._notifier.notify(("log:", *notifiers), status)
            changed_statuses.append(status)
        self._firing &= keys  # versions that no longer serve are forgotten
        return changed_statuses
