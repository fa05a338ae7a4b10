"""The result of monitoring, as records and as tables."""

from __future__ import annotations

from dataclasses import dataclass

from nbmodel import display
from nbmodel.display import Result, Table
from nbmodel.figures.charted import Charted, Charts
from nbmodel.monitor.alerts.evaluation import AlertStatus
from nbmodel.monitor.alerts.outcomes import Outcome
from nbmodel.monitor.alerts.periods import FiredPeriod, Limit
from nbmodel.monitor.anomalies.detection import Anomaly
from nbmodel.monitor.common import windows
from nbmodel.monitor.drift.detection import DriftFinding, drift_measures
from nbmodel.monitor.prediction_log.reader import LoggedVersion
from nbmodel.monitor.quality.metrics import METRICS, MetricValue
from nbmodel.monitor.quality.rollouts import VersionStart
from nbmodel.monitor.quality.timeseries import Series
from nbmodel.monitor.report.figures import report_charts
from nbmodel.monitor.report.verdict import Verdict

MAX_TABLE_ROWS = 20  # of a table


@dataclass(frozen=True, repr=False, kw_only=True)
class MonitorReport(Charted, Result):
    """Drift, quality, anomalies and alerts of a model.

    Attributes
    ----------
    model : str
    width : int
        Width of the windows, microseconds.
    logged : tuple of LoggedVersion
        Versions and stages that have rows.
    findings : tuple of DriftFinding
        Drift by column, measure and window.
    quality : tuple of MetricValue
    series : tuple of Series
        Traffic, quality and drift, to be plotted.
    anomalies : tuple of Anomaly
        Anomalies in traffic and quality.
    alerts : tuple of AlertStatus
        The status of every alert of the model.
    unknown_labels : int
        Labels whose predictions are not in the log. They are not counted for a part of the time.
    warnings : tuple of str
        What could not be read or evaluated.
    begin, until : int
        The time range, microseconds since the epoch. By default it starts at the first row.
    version_starts : tuple of VersionStart
        When versions started, or started again, to answer for a stage.
    state : str
        Changes with rows, labels and alerts: see `nbmodel.monitor.report.state`.
    verdicts : tuple of Verdict
        The state of each stage in a sentence; without stages, of the version that answered last.
    limits : tuple of Limit
        The thresholds of rules for the metrics of `series`.
    fired : tuple of FiredPeriod
        When rules fired, for every version.
    unreadable : str
        Which parts of the log cannot be read, and what to do; empty if all can.
    """

    model: str
    width: int
    logged: tuple[LoggedVersion, ...]
    findings: tuple[DriftFinding, ...] = ()
    quality: tuple[MetricValue, ...] = ()
    series: tuple[Series, ...] = ()
    anomalies: tuple[Anomaly, ...] = ()
    alerts: tuple[AlertStatus, ...] = ()
    unknown_labels: int = 0
    warnings: tuple[str, ...] = ()
    begin: int = 0
    until: int = 0
    version_starts: tuple[VersionStart, ...] = ()
    state: str = ""
    verdicts: tuple[Verdict, ...] = ()
    limits: tuple[Limit, ...] = ()
    fired: tuple[FiredPeriod, ...] = ()
    unreadable: str = ""

    @property
    def drifted(self) -> tuple[DriftFinding, ...]:
        """Findings of drift."""
        return tuple(finding for finding in self.findings if finding.drifted)

    @property
    def firing(self) -> tuple[AlertStatus, ...]:
        """Alerts that are firing."""
        return tuple(status for status in self.alerts if status.firing)

    @property
    def failed(self) -> bool:
        """Whether an alert is firing; the exit code of the shell command."""
        return bool(self.firing)

    def charts(self) -> Charts:
        """Return the charts of metrics, drift, anomalies and alerts."""
        return report_charts(self)

    def text(self) -> str:
        """Return the verdicts, then tables with titles, then remarks."""
        parts = ["\n".join(lines)] if (lines := self._first_lines()) else []
        parts += [f"{title}\n{body.text()}" for title, body in self._tables()]
        parts += [status.text() for status in self.firing]
        return "\n\n".join([*parts, *filter(None, ["\n".join(self._remarks())])])

    def html(self) -> str:
        """Return the verdicts, tables with titles, and remarks, as HTML."""
        verdicts = [f"<p><b>{display.escaped(each)}</b></p>" for each in self._first_lines()]
        tables = [
            f"<h4>{display.escaped(title)}</h4>{body.html()}" for title, body in self._tables()
        ]
        firing = [
            f'<pre class="warn">{display.escaped(status.text())}</pre>' for status in self.firing
        ]
        remarks = [f'<div class="dim">{display.escaped(line)}</div>' for line in self._remarks()]
        return "".join([*verdicts, *tables, *firing, *remarks])

    def _first_lines(self) -> list[str]:
        """Return the verdicts; without one that says it, what cannot be read comes before them."""
        verdicts = [each.text for each in self.verdicts]
        if not self.unreadable or any(self.unreadable in each for each in verdicts):
            return verdicts
        return [f"{self.model}: {self.unreadable}", *verdicts]

    # -- tables ----------------------------------------------------------------------

    def _tables(self) -> list[tuple[str, Table]]:
        tables = [
            (f"{self.model}: logged", self._logged()),
            ("drift in the last window of each version", self._drift()),
            ("quality in the last window with labels", self._quality()),
            ("anomalies", self._anomalies()),
            ("alerts", self._alerts()),
        ]
        return [(title, table) for title, table in tables if table.rows]

    def _logged(self) -> Table:
        rows = [
            (
                row.version, row.stage, f"{row.rows:,}",
                windows.window_label(row.first, 1), windows.window_label(row.last, 1),
            )
            for row in self.logged
        ]  # fmt: skip
        headings = ("version", "stage", "rows", "first", "last")
        return Table(headings, rows, numeric=frozenset({"rows"}))

    def _drift(self) -> Table:
        """Return the columns with the most drift, then by their population stability index."""
        last = {(f.version, f.stage): f.start for f in sorted(self.findings, key=lambda f: f.start)}
        latest = [f for f in self.findings if f.start == last[f.version, f.stage]]
        cells: dict[tuple[str, str, str], dict[str, DriftFinding]] = {}
        for finding in latest:
            key = (finding.version, finding.stage, finding.column)
            cells.setdefault(key, {})[finding.measure] = finding
        names = [measure.name for measure in drift_measures()]

        def sort_key(key: tuple[str, str, str]) -> tuple[int, float]:
            findings = cells[key].values()
            psi = cells[key].get("psi")
            return -sum(f.drifted for f in findings), -(psi.value if psi else 0.0)

        counts = {(f.version, f.stage): f"{f.rows:,}" for f in latest}
        rows = [
            (
                version, stage, windows.window_label(last[version, stage], self.width),
                counts[version, stage], column,
                *(_cell(cells[version, stage, column].get(name)) for name in names),
            )
            for version, stage, column in sorted(cells, key=sort_key)[:MAX_TABLE_ROWS]
        ]  # fmt: skip
        headings = ("version", "stage", "window", "rows", "column", *names)
        return Table(headings, rows, numeric=frozenset({"rows", *names}))

    def _quality(self) -> Table:
        last: dict[tuple[str, str], dict[str, MetricValue]] = {}
        for metric in sorted(self.quality, key=lambda q: q.start):
            last.setdefault((metric.version, metric.stage), {})[metric.metric] = metric
        names = [name for name in METRICS if any(name in values for values in last.values())]
        rows = [
            (
                *key,
                windows.window_label(max(q.start for q in values.values()), self.width),
                *(display.number(values[name].value) if name in values else "" for name in names),
            )
            for key, values in last.items()
        ]
        return Table(("version", "stage", "window", *names), rows, numeric=frozenset(names))

    def _anomalies(self) -> Table:
        newest = sorted(self.anomalies, key=lambda anomaly: -anomaly.start)[:MAX_TABLE_ROWS]
        rows = [
            (
                windows.window_label(anomaly.start, self.width),
                anomaly.version,
                anomaly.stage,
                anomaly.metric,
                display.number(anomaly.value),
                anomaly.detector,
                anomaly.reason,
            )
            for anomaly in newest
        ]
        headings = ("window", "version", "stage", "metric", "value", "detector", "reason")
        return Table(headings, rows, numeric=frozenset({"value"}))

    def _alerts(self) -> Table:
        outcomes = [status.outcome for status in self.alerts]
        rows = [
            (
                outcome.state,
                outcome.version,
                outcome.stage,
                _alert_text(outcome),
                windows.window_label(outcome.since, self.width) if outcome.since else "",
            )
            for outcome in outcomes
        ]
        headings = ("state", "version", "stage", "rule", "since")
        return Table(headings, rows, labels=frozenset({"state"}))

    def _remarks(self) -> list[str]:
        verb = "could be read" if self.unreadable else "were logged in this time"
        remarks = [] if self.logged else [f"No predictions of {self.model} {verb}."]
        if self.unknown_labels:
            remarks.append(f"{self.unknown_labels:,} labels have no prediction in the log.")
        return [*remarks, *self.warnings]


def _cell(finding: DriftFinding | None) -> str:
    if finding is None:
        return ""
    return f"{display.number(finding.value)}{' !' if finding.drifted else ''}"


def _alert_text(outcome: Outcome) -> str:
    """Return rule and value; with the value so far, and when it is judged."""
    following = f"; {outcome.current_text()}" if outcome.judged and outcome.current_text() else ""
    return f"{outcome.text()}{following}"
