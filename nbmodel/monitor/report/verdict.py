"""The verdict on a version in a stage: its state, and the reason in one sentence of plain text.

Panels, tables and the home page show this sentence, so it is written here only.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from nbmodel.display import line, number
from nbmodel.monitor.alerts.evaluation import AlertStatus
from nbmodel.monitor.common import windows
from nbmodel.monitor.drift.detection import MIN_WINDOW_ROWS
from nbmodel.monitor.prediction_log.entries import OUTPUT_PREFIX
from nbmodel.monitor.quality.metrics import METRICS, PREFERRED_METRICS, MetricValue

State = Literal["good", "warning", "bad", "unknown"]

MIN_LOSS = 0.02  # of a score from 0 to 1, to be worse than at commit
MIN_GROWTH = 1.25  # of an error, likewise: value / value at commit
MAX_LISTED = 2  # columns or alerts that a sentence names
# Usual names of metrics at commit, and those of the monitor.
_METRIC_NAMES = {"acc": "accuracy", "auc": "roc_auc", "logloss": "log_loss", "brier_score": "brier"}
_PLAIN_NAME_RE = re.compile(r"[\w.-]+")


@dataclass(frozen=True, slots=True)
class QualityChange:
    """A metric in the last window with labels, and at the commit of the version.

    Attributes
    ----------
    metric : str
    value : float
    rows : int
        Labeled rows in the window.
    baseline : float or None
        The value that was committed with the version; None if it has none of this name.
    """

    metric: str
    value: float
    rows: int
    baseline: float | None

    @property
    def worse(self) -> bool:
        """Whether the value is clearly worse than at commit, and comes from enough rows.

        A score from 0 to 1 must have lost at least `MIN_LOSS`. It must also have lost more than
        chance explains for its number of labels: three standard errors of a share. An error must
        have grown by the factor `MIN_GROWTH`.
        """
        then = self.baseline
        if then is None or self.rows < MIN_WINDOW_ROWS:
            return False
        if not METRICS[self.metric].higher_is_better:
            return then > 0 and self.value > MIN_GROWTH * then
        if not 0 <= then <= 1:
            return False
        chance = 3 * math.sqrt(then * (1 - then) / self.rows)
        return then - self.value > max(MIN_LOSS, chance)

    def text(self) -> str:
        """Return both values: ``accuracy 0.91 against 0.94 at commit``."""
        few = f" on {self.rows:,} labeled rows" if self.rows < MIN_WINDOW_ROWS else ""
        then = "" if self.baseline is None else f" against {_brief(self.baseline)} at commit"
        return f"{self.metric} {_brief(self.value)}{few}{then}"


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The verdict on a version in a stage.

    Attributes
    ----------
    stage, version : str
    state : {"good", "warning", "bad", "unknown"}
        "bad" if an alert is firing; "warning" if columns drifted in the last window, an alert is
        pending, or quality is clearly worse than at commit; "unknown" if nothing was logged
        recently.
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
        else "good"
    )  # fmt: skip
    parts = [_drift_text(evidence), _firing_text(firing, evidence), _pending_text(concerning)]
    if not any(parts):
        parts = [_quiet_text(evidence)]
    quality = evidence.quality.text() if evidence.quality else ""
    return Verdict(
        stage=evidence.stage,
        version=evidence.version,
        state=state,
        reason=line("; ".join(filter(None, [*parts, quality]))),
        rollback=firing[0].rollback if firing else "",
        firing=tuple(status.alert.id for status in firing),
    )


def quality_change(
    values: Iterable[MetricValue],
    baselines: Mapping[str, float],
    complete: int,
    main_metric: str = "",
) -> QualityChange | None:
    """Choose the metric to report, in the last complete window with enough labels.

    Parameters
    ----------
    values : iterable of MetricValue
        Of one version in one stage.
    baselines : mapping of str to float
        The metrics that were committed with the version.
    complete : int
        Windows that start at or after this time are incomplete.
    main_metric : str
        The main metric of the model, which comes first if it is measured.
    """
    baseline_values = {_usual_name(name): value for name, value in baselines.items()}
    main = _usual_name(main_metric)
    measured = list(values)
    order = sorted(
        {item.metric for item in measured},
        key=lambda name: (
            name != main,
            name not in baseline_values,
            [*PREFERRED_METRICS, *METRICS].index(name),
        ),
    )
    if not order:
        return None
    series = [item for item in measured if item.metric == order[0]]
    last = max(
        series,
        key=lambda item: (item.rows >= MIN_WINDOW_ROWS, item.start < complete, item.start),
    )
    return QualityChange(last.metric, last.value, last.rows, baseline_values.get(last.metric))


def column_name(column: str) -> str:
    """Return how a sentence names a column; a name of several words is quoted."""
    output = column.startswith(OUTPUT_PREFIX)
    name = column.removeprefix(OUTPUT_PREFIX)
    quoted_name = name if _PLAIN_NAME_RE.fullmatch(name) else f"\u201c{name}\u201d"
    return f"output {quoted_name}" if output else quoted_name


def _brief(value: float) -> str:
    """Return three significant digits, which are enough to compare two values."""
    return f"{value:.3g}" if abs(value) < 1000 else number(value)


def _usual_name(metric: str) -> str:
    """Return the name by which the monitor measures a metric that was committed."""
    plain = re.sub(r"[ -]+", "_", metric.strip().lower()).removeprefix("test_")
    return _METRIC_NAMES.get(plain, plain)


def _firing_text(firing: Sequence[AlertStatus], evidence: Evidence) -> str:
    """Name the alerts that fire; with date and value, unless the sentence has them anyway."""
    listed_columns = {column for column, _ in evidence.drift[:MAX_LISTED]}
    texts = []
    for status in firing[:MAX_LISTED]:
        outcome = status.outcome
        if outcome.metric.partition("(")[2].removesuffix(")") in listed_columns:
            texts.append(f"alert {outcome.rule} fires")
            continue
        since = windows.date_label(outcome.since, evidence.width, evidence.end)
        repeated = evidence.quality is not None and outcome.metric == evidence.quality.metric
        value = "" if repeated else f" ({outcome.metric} is {number(outcome.value or 0.0)})"
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
    if len(names) > 1 and len(set(dates.values())) == 1:
        since = next(iter(dates.values()))
        return ", ".join([f"{' and '.join(names)} have drifted since {since}", *more])
    texts = [
        f"{name}{'' if position else ' has drifted'} since {date}"
        for position, (name, date) in enumerate(zip(names, dates.values(), strict=True))
    ]
    return ", ".join([*texts, *more])


def _more(items: Sequence[object], noun: str) -> list[str]:
    hidden = len(items) - MAX_LISTED
    return [f"{hidden} more {noun}{'s' if hidden > 1 else ''}"] if hidden > 0 else []


def _quiet_text(evidence: Evidence) -> str:
    since = windows.date_label(evidence.begin, evidence.width, evidence.end)
    if evidence.start is None and not evidence.rows:
        return f"no rows of this version were logged since {since}"
    if evidence.start is None:
        return f"{evidence.rows:,} rows since {since}, too few to judge ({MIN_WINDOW_ROWS} needed)"
    on = windows.date_label(evidence.start, evidence.width, evidence.end)
    if evidence.problem:
        problem = evidence.problem[:1].lower() + evidence.problem[1:].rstrip(".")
        return f"drift is not measured: {problem} ({evidence.rows:,} rows on {on})"
    return f"no drift on {on} ({evidence.rows:,} rows)"
