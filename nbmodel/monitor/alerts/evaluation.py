"""The state of alerts for the versions that serve, and the rollback if an alert fires."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from nbmodel import refs
from nbmodel.display import visible
from nbmodel.errors import NotFound
from nbmodel.monitor.alerts.alert import Alert
from nbmodel.monitor.alerts.outcomes import Outcome, evaluate
from nbmodel.monitor.quality.timeseries import Series
from nbmodel.records import VersionInfo
from nbmodel.versioning.context import Context
from nbmodel.versioning.live_spans import holders_in_turn
from nbmodel.versioning.resolve import resolve

# IPython expands $ and {}; a quote ends the text; a shell reads ! ` and \ too.
_UNSAFE_RE = re.compile(r"[^\w .,()<>=%:+*-]")


@dataclass(frozen=True, slots=True)
class AlertStatus:
    """The state of an alert for one version, and how to roll back.

    Attributes
    ----------
    alert : Alert
    outcome : Outcome
    last_good : str
        The version that held the stage before; empty if there was none.
    rollback : str
        The command that returns the stage to that version; empty if that is not possible.
    """

    alert: Alert
    outcome: Outcome
    last_good: str
    rollback: str

    @property
    def firing(self) -> bool:
        """Whether the condition of the rule has held for enough windows."""
        return self.outcome.state == "firing"

    def text(self) -> str:
        """Return state, version and rule, and the rollback on further lines."""
        place = f" in {self.outcome.stage}" if self.outcome.stage else ""
        subject = self.outcome.version + place
        line = f"{self.outcome.state}  {subject}  {_single_line(self.outcome.text())}"
        if not self.firing:
            return line
        rollback = f"\nlast good: {self.last_good}\n{self.rollback}" if self.rollback else ""
        return line + rollback

    def document(self) -> dict[str, Any]:
        """Return the status as JSON-compatible values."""
        return {
            "model": self.alert.model,
            "alert": self.alert.id,
            "rule": str(self.alert.rule),
            "state": self.outcome.state,
            "version": self.outcome.version,
            "stage": self.outcome.stage,
            "metric": self.outcome.metric,
            "value": self.outcome.value,
            "window_start": self.outcome.start / 1e6 if self.outcome.start else None,
            "window_end": (
                (self.outcome.start + self.outcome.width) / 1e6 if self.outcome.start else None
            ),
            "rows": self.outcome.rows,
            "current": self.outcome.current,
            "judged_at": self.outcome.judged_at / 1e6 if self.outcome.judged_at else None,
            "since": self.outcome.since / 1e6 if self.outcome.since else None,
            "last_good": self.last_good,
            "rollback": self.rollback,
        }


def _single_line(text: str) -> str:
    """Keep a text on one line of a log: names in it may contain line breaks."""
    return visible(text).replace("\n", "\\n")


def evaluate_alerts(
    context: Context,
    model: str,
    alerts: Sequence[Alert],
    series: Sequence[Series],
    until: int,
    width: int = 0,
) -> list[AlertStatus]:
    """Evaluate alerts for the versions that serve now.

    Parameters
    ----------
    context : Context
    model : str
    alerts : sequence of Alert
    series : sequence of Series
        Traffic, quality and drift of the model.
    until : int
        Windows that start at or after this time, in microseconds, are incomplete.
    width : int
        Width of the windows, microseconds.
    """
    context.index.refresh()
    statuses = []
    for alert in alerts:
        if alert.model != model:
            continue
        for stage, version in evaluated_versions(context, alert).items():
            (outcome,) = evaluate([alert.rule], series, version.ref, stage, until, width)
            statuses.append(_status(context, alert, version, outcome))
    return statuses


def evaluated_versions(context: Context, alert: Alert) -> dict[str, VersionInfo]:
    """Return the versions for which an alert may fire now, by stage.

    The stage is empty if no version of the model holds one: then it is the latest version.
    """
    holders = context.index.stages(alert.model)
    stages = [alert.stage] if alert.stage else sorted(holders) or [""]
    return {
        stage: resolve(context, f"{alert.model}@{holders[stage].commit}" if stage else alert.model)
        for stage in stages
        if not stage or stage in holders
    }


def _status(context: Context, alert: Alert, version: VersionInfo, outcome: Outcome) -> AlertStatus:
    model, stage = alert.model, outcome.stage
    last_good = _previous_version(context, version, stage) if stage else ""
    rollback = ""
    if last_good:
        reason = _quotable(outcome.text())
        rollback = f'%model_rollback {refs.stage_reference(model, stage)} -m "{reason}"'
    return AlertStatus(alert, outcome, last_good, rollback)


def _quotable(text: str) -> str:
    """Return a text that can stand between quotes on a line of a notebook and of a shell."""

    def escape(match: re.Match[str]) -> str:
        character = match[0]
        is_plain = not character.isascii() and character.isprintable()
        return character if is_plain and visible(character) == character else "_"

    return _UNSAFE_RE.sub(escape, text)


def _previous_version(context: Context, version: VersionInfo, stage: str) -> str:
    """Return the version that a rollback would return the stage to; empty if there is none."""
    holders = holders_in_turn(context.index.moves(version.model), stage)
    if len(holders) < 2:
        return ""
    try:
        return resolve(context, f"{version.model}@{holders[-2]}").ref
    except NotFound:  # the version is not in this clone
        return ""
