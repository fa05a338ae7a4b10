"""What alerts come to for the versions that serve, and the way back from those that fire."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from nbmodel.display import visible
from nbmodel.errors import NotFound
from nbmodel.monitor.alerts import rules
from nbmodel.monitor.alerts.rules import Outcome
from nbmodel.monitor.alerts.store import Alert
from nbmodel.monitor.quality.timeseries import Series
from nbmodel.records import VersionInfo
from nbmodel.versioning.context import Context
from nbmodel.versioning.resolve import resolve
from nbmodel.versioning.stages import holders_in_turn

_UNSAFE_RE = re.compile(r"[^\w .,()<>=%:+*-]")  # IPython would expand $ and {}, a quote would end


@dataclass(frozen=True, slots=True)
class AlertStatus:
    """An alert, what it came to, and the way back.

    Attributes
    ----------
    alert : Alert
    outcome : Outcome
    last_good : str
        Version that held the stage before; empty if none did.
    rollback : str
        The line that gives the stage back to it; empty if nothing can.
    """

    alert: Alert
    outcome: Outcome
    last_good: str
    rollback: str

    @property
    def firing(self) -> bool:
        """Whether the rule holds, for as long as it takes."""
        return self.outcome.state == "firing"

    def text(self) -> str:
        """State, version, rule, and the way back, on a line or two."""
        where = f"{self.outcome.version}{f' #{self.outcome.stage}' if self.outcome.stage else ''}"
        line = f"{self.outcome.state}  {where}  {_single_line(self.outcome.text())}"
        if not self.firing:
            return line
        back = f"\nlast good: {self.last_good}\n{self.rollback}" if self.rollback else ""
        return line + back

    def document(self) -> dict[str, Any]:
        """The same, ready for JSON."""
        return {
            "model": self.alert.model,
            "alert": self.alert.id,
            "rule": str(self.alert.rule),
            "state": self.outcome.state,
            "version": self.outcome.version,
            "stage": self.outcome.stage,
            "metric": self.outcome.metric,
            "value": self.outcome.value,
            "since": self.outcome.since / 1e6 if self.outcome.since else None,
            "last_good": self.last_good,
            "rollback": self.rollback,
        }


def _single_line(text: str) -> str:
    """Text that cannot pretend to be another line of a log: the names in it are anybody's."""
    return visible(text).replace("\n", "\\n")


def evaluate_alerts(
    context: Context, model: str, alerts: Sequence[Alert], series: Sequence[Series], until: int
) -> list[AlertStatus]:
    """What alerts come to for the versions that serve now.

    Parameters
    ----------
    context : Context
    model : str
    alerts : sequence of Alert
    series : sequence of Series
        Traffic, quality and drift of the model.
    until : int
        Windows that begin at or after this time, in microseconds, are not complete yet.
    """
    context.index.refresh()
    serving = {stage: move.commit for stage, move in context.index.stages(model).items()}
    found = []
    for alert in alerts:
        if alert.model != model:
            continue
        for stage in [alert.stage] if alert.stage else sorted(serving) or [""]:
            found += _evaluate_alert(context, alert, stage, serving.get(stage), series, until)
    return found


def _evaluate_alert(
    context: Context, alert: Alert, stage: str, commit: str | None, series: Sequence[Series],
    until: int,
) -> list[AlertStatus]:  # fmt: skip
    model = alert.model
    if stage and commit is None:  # nothing holds the stage
        return []
    version = resolve(context, f"{model}@{commit}" if commit else model)
    outcome = rules.evaluate([alert.rule], series, version.ref, stage, until)[0]
    last_good = _previous_version(context, version, stage) if stage else ""
    rollback = ""
    if last_good:
        why = _UNSAFE_RE.sub("_", outcome.text())
        rollback = f'%model_rollback {model}#{stage} -m "{why}"'
    return [AlertStatus(alert, outcome, last_good, rollback)]


def _previous_version(context: Context, version: VersionInfo, stage: str) -> str:
    """The version that a rollback of the stage would give it to; empty if there is none."""
    held = holders_in_turn(context.index.moves(version.model), stage)
    if len(held) < 2:
        return ""
    try:
        return resolve(context, f"{version.model}@{held[-2]}").ref
    except NotFound:  # not in this clone
        return ""
