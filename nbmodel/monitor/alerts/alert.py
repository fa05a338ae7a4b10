"""An alert, and the list of alerts that commands show."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from nbmodel import display, plugins, refs
from nbmodel.display import Result, Table
from nbmodel.monitor.alerts import rules
from nbmodel.monitor.alerts.channels.table import missing_plugin, recipient
from nbmodel.monitor.alerts.rules import AlertRule
from nbmodel.records import Person


@dataclass(frozen=True, slots=True)
class Alert:
    """A rule that is set for a model.

    Attributes
    ----------
    model : str
    rule : AlertRule
    stage : str
        The stage that the rule watches. If empty, it watches every stage, or the latest version if
        there is no stage.
    notify : tuple of str
        Notifiers: ``slack:URL``, ``mail:NAME@HOST``, ``log:``. URLs of webhooks are secrets: show
        `recipients` instead.
    author : Person
    time : int
        When the alert was set, seconds since the epoch.
    """

    model: str
    rule: AlertRule
    stage: str
    notify: tuple[str, ...]
    author: Person
    time: int

    @property
    def id(self) -> str:
        """Eight hex digits that name the alert in commands."""
        text = f"{self.model}#{self.stage} {self.rule}"
        return hashlib.sha256(text.encode(errors="backslashreplace")).hexdigest()[:8]

    @property
    def subject(self) -> str:
        """What the alert watches, as a reference."""
        return refs.stage_reference(self.model, self.stage) if self.stage else self.model

    def applies_to(self, stage: str) -> bool:
        """Whether it may fire for a stage; with an empty text, for any."""
        return stage in ("", self.stage) or not self.stage

    @property
    def recipients(self) -> tuple[str, ...]:
        """The notifiers as they may be shown: of a webhook only the host."""
        return tuple(map(recipient, self.notify))

    @property
    def missing_plugin(self) -> str:
        """Name of a plug-in that the alert needs and that cannot be used here; or empty."""
        if not rules.is_known(self.rule.metric):
            return self.rule.metric
        return next(filter(None, map(missing_plugin, self.notify)), "")


@dataclass(frozen=True, repr=False)
class AlertsResult(Result):
    """Alerts of a registry, the newest last.

    Attributes
    ----------
    alerts : tuple of Alert
    message : str
        What was changed.
    unavailable : tuple of Alert
        Alerts that are not evaluated here, because a plug-in is missing or cannot be loaded.
    warnings : tuple of str
        What may be wrong with an alert that was added.
    """

    alerts: tuple[Alert, ...]
    message: str = ""
    unavailable: tuple[Alert, ...] = ()
    warnings: tuple[str, ...] = ()

    def text(self) -> str:
        """Return the message, a table and the warnings."""
        table = self._table().text() if self.alerts or self.unavailable else ""
        warnings = map(display.visible, self._warnings())
        return "\n".join(filter(None, [self.message, table, *warnings]))

    def html(self) -> str:
        """Return the message, a table and the warnings as HTML."""
        message = f"<div>{display.escaped(self.message)}</div>" if self.message else ""
        table = self._table().html() if self.alerts or self.unavailable else ""
        return message + table + display.warned(self._warnings())

    def _warnings(self) -> list[str]:
        return [*self.warnings, *(f"{a.id} is {not_evaluated(a)}." for a in self.unavailable)]

    def _table(self) -> Table:
        return Table(
            ("id", "watches", "rule", "notifies", "set by", "date"),
            [
                (
                    a.id, a.subject, str(a.rule), " ".join(a.recipients), a.author.name,
                    display.moment(a.time),
                )
                for a in (*self.alerts, *self.unavailable)
            ],
        )  # fmt: skip


def not_evaluated(alert: Alert) -> str:
    """Say why an alert is not evaluated: its plug-in is not installed, or cannot be loaded."""
    name = alert.missing_plugin
    reason = "cannot be loaded" if plugins.is_plugin(name) else "is not installed"
    return f"not evaluated here: the plug-in {name} {reason}"
