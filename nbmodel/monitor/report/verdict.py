"""The verdict on a version in a stage: its state, and the reason in one sentence of plain text.

Panels, tables and the home page show this sentence, so it is written here only.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from nbmodel.display import line, number
from nbmodel.monitor.alerts.evaluation import AlertStatus
from nbmodel.monitor.alerts.outcomes import Outcome
from nbmodel.monitor.common import windows
from nbmodel.monitor.drift.detection import MIN_WINDOW_ROWS
from nbmodel.monitor.prediction_log.entries import OUTPUT_PREFIX
from nbmodel.monitor.report.quality_change import QualityChange

State = Literal["good", "warning", "bad", "unknown"]

MAX_LISTED = 2  # columns or alerts that a sentence names
_PLAIN_NAME_RE = re.compile(r"[\w.-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What the log shows of a version in a stage.

    Attributes
    ----------
    version, stage : str
    width : int
        Width of the windows, microseconds.
    begin, end : int
        The time that was read.
    start : int or None
        Start of the window that decides; None if no window has enough rows.
    rows : int
        Rows in that window; without one, rows since `begin`.
    drift : tuple of (str, int)
        Columns that drifted in that window, the worst first, and since when without a break.
    alerts : tuple of AlertStatus
    quality : QualityChange or None
    problem : str
        Why drift is not measured; empty if it is.
    unreadable : str
        Which parts of the log cannot be read, and what to do; empty if all can.
    live, last : int or None
        Since when the version holds the stage, and the time of its last row since then, if that is
        before `begin`. None if there is none, or if it is unknown.
    """

    version: str
    stage: str
    width: int
    begin: int
    end: int
    start: int | None
    rows: int
    drift: tuple[tuple[str, int], ...] = ()
    alerts: tuple[AlertStatus, ...] = ()
    quality: QualityChange | None = None
    problem: str = ""
    unreadable: str = ""
    live: int | None = None
    last: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The verdict on a version in a stage.

    Attributes
    ----------
    stage, version : str
    state : {"good", "warning", "bad", "unknown"}
        "bad" if an alert fires; "warning" if columns drifted in the last window, an alert is
        pending, quality is clearly worse than at commit, or a part of the log cannot be read;
        "unknown" if nothing was logged recently.
    reason : str
        One sentence, without the subject and without a full stop.
    rollback : str
        The command that gives the stage back to the previous version; empty if not needed.
    firing : tuple of str
        The ids of the alerts that fire.
    """

    stage: str
    version: str
    state: State
    reason: str
    rollback: str = ""
    firing: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The sentence: ``churn@3 in prod: age has drifted since 12 May``."""
        subject = f"{self.version} in {self.stage}" if self.stage else self.version
        return f"{subject}: {self.reason}"


def judge(evidence: Evidence) -> Verdict:
    """Return the verdict that the evidence supports."""
    firing = [status for status in evidence.alerts if status.firing]
    concerning = [status for status in evidence.alerts if status.outcome.concerning]
    worse = evidence.quality is not None and evidence.quality.worse
    state: State = (
        "bad" if firing
        else "warning" if evidence.drift or concerning or worse
        else "unknown" if evidence.start is None
        else "warning" if evidence.unreadable
        else "good"
    )  # fmt: skip
    parts = [_drift_text(evidence), _firing_text(firing, evidence), _pending_text(concerning)]
    if not any(parts):
        parts = [_quiet_text(evidence)]
    parts.insert(0, evidence.unreadable)
    quality = evidence.quality.text() if evidence.quality else ""
    return Verdict(
        stage=evidence.stage,
        version=evidence.version,
        state=state,
        reason=line("; ".join(filter(None, [*parts, quality]))),
        rollback=firing[0].rollback if firing else "",
        firing=tuple(status.alert.id for status in firing),
    )


def column_name(column: str) -> str:
    """Return how a sentence names a column; a name of several words is quoted."""
    output = column.startswith(OUTPUT_PREFIX)
    name = column.removeprefix(OUTPUT_PREFIX)
    quoted_name = name if _PLAIN_NAME_RE.fullmatch(name) else f"\u201c{name}\u201d"
    return f"output {quoted_name}" if output else quoted_name


def _firing_text(firing: Sequence[AlertStatus], evidence: Evidence) -> str:
    """Name the alerts that fire; with date and value, unless the sentence has them anyway."""
    listed_columns = {column for column, _ in evidence.drift[:MAX_LISTED]}
    texts = []
    for status in firing[:MAX_LISTED]:
        outcome = status.outcome
        if outcome.metric.partition("(")[2].removesuffix(")") in listed_columns:
            texts.append(f"alert {outcome.rule} fires ({outcome.metric} is {_value(outcome)})")
            continue
        since = windows.date_label(outcome.since, evidence.width, evidence.end)
        repeated = evidence.quality is not None and outcome.metric == evidence.quality.metric
        value = "" if repeated else f": {outcome.value_text()}"
        texts.append(f"alert {outcome.rule} has fired since {since}{value}")
    return "; ".join([*texts, *_more(firing, "alert")])


def _pending_text(pending: Sequence[AlertStatus]) -> str:
    texts = [f"alert {status.outcome.text()} (pending)" for status in pending[:MAX_LISTED]]
    return "; ".join([*texts, *_more(pending, "pending alert")])


def _drift_text(evidence: Evidence) -> str:
    """Name the columns that drifted: ``age has drifted since 12 May, income since 14 May``."""
    dates = {
        column: windows.date_label(since, evidence.width, evidence.end)
        for column, since in evidence.drift[:MAX_LISTED]
    }
    names = [column_name(column) for column in dates]
    more = _more(evidence.drift, "column")
    window = _drifted_window(evidence) if names else ""
    if len(names) > 1 and len(set(dates.values())) == 1:
        since = next(iter(dates.values()))
        return ", ".join([f"{' and '.join(names)} have drifted since {since}", *more]) + window
    texts = [
        f"{name}{'' if position else ' has drifted'} since {date}"
        for position, (name, date) in enumerate(zip(names, dates.values(), strict=True))
    ]
    return ", ".join([*texts, *more]) + window


def _drifted_window(evidence: Evidence) -> str:
    """Return the window in which columns drifted: `` (1,204 rows on 12 May)``."""
    if evidence.start is None:
        return ""
    when = windows.span_label(evidence.start, evidence.width, evidence.end)
    return f" ({evidence.rows:,} rows {when})"


def _value(outcome: Outcome) -> str:
    return number(outcome.value or 0.0)


def _more(items: Sequence[object], noun: str) -> list[str]:
    hidden = len(items) - MAX_LISTED
    return [f"{hidden} more {noun}{'s' if hidden > 1 else ''}"] if hidden > 0 else []


def _quiet_text(evidence: Evidence) -> str:
    since = windows.date_label(evidence.begin, evidence.width, evidence.end)
    if evidence.start is None and not evidence.rows:
        return _silent_text(evidence)
    if evidence.start is None:
        return f"{evidence.rows:,} rows since {since}, too few to judge ({MIN_WINDOW_ROWS} needed)"
    when = windows.span_label(evidence.start, evidence.width, evidence.end)
    if evidence.problem:
        problem = evidence.problem[:1].lower() + evidence.problem[1:].rstrip(".")
        return f"drift is not measured: {problem} ({evidence.rows:,} rows {when})"
    return f"no drift {when} ({evidence.rows:,} rows)"


def _silent_text(evidence: Evidence) -> str:
    """Say since when a version has no rows: since its last row, or since it went live."""
    if evidence.unreadable:
        return "no rows of this version could be read"
    silence = f"no rows of this version were logged{' in this stage' if evidence.stage else ''}"
    day = windows.UNITS["d"]
    if evidence.last is not None:
        when = windows.date_label(evidence.last, day, evidence.end)
        return f"{silence} since its last one on {when}"
    if evidence.live is not None:
        when = windows.date_label(evidence.live, day, evidence.end)
        return f"{silence} since it went live on {when}"
    return silence
