"""What `monitor` returns: what the log of a model says, as records and as tables."""

from __future__ import annotations

from dataclasses import dataclass

from nbmodel import display
from nbmodel.display import Result, Table
from nbmodel.monitor.alerts.evaluation import AlertStatus
from nbmodel.monitor.anomalies.detection import Anomaly
from nbmodel.monitor.common import windows
from nbmodel.monitor.drift.detection import DRIFT_MEASURES, DriftFinding
from nbmodel.monitor.prediction_log.reader import LoggedVersion
from nbmodel.monitor.quality.metrics import METRICS, MetricValue
from nbmodel.monitor.quality.rollouts import VersionStart
from nbmodel.monitor.quality.timeseries import Series

MAX_TABLE_ROWS = 20  # rows of a table


@dataclass(frozen=True, repr=False)
class MonitorReport(Result):
    """What the log of a model says.

    Attributes
    ----------
    model : str
    width : int
        Of the windows, microseconds.
    logged : tuple of Logged
        Versions and stages that have rows.
    findings : tuple of Finding
        Drift by column, detector and window.
    quality : tuple of Quality
    series : tuple of Series
        Traffic, quality and drift: what is plotted.
    marks : tuple of Mark
        Anomalies in traffic and quality.
    alerts : tuple of Firing
        What every alert of the model came to.
    unknown_labels : int
        Labels whose predictions are not in the log; not counted where a beginning or an end was
        asked for.
    warnings : tuple of str
        What could not be read or judged.
    begin, until : int
        The time that was looked at, microseconds since the epoch: from the first row, if no
        beginning was asked for.
    beginnings : tuple of Beginning
        When versions began, or began again, to answer for a stage.
    state : str
        Changes when rows, labels or alerts come: see `nbmodel.monitor.report.state`.
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

    @property
    def drifted(self) -> tuple[DriftFinding, ...]:
        """Findings that speak of drift."""
        return tuple(finding for finding in self.findings if finding.drifted)

    @property
    def firing(self) -> tuple[AlertStatus, ...]:
        """Alerts that fire."""
        return tuple(one for one in self.alerts if one.firing)

    @property
    def failed(self) -> bool:
        """Whether an alert fires: what a shell's exit code tells."""
        return bool(self.firing)

    def text(self) -> str:
        """Headed tables; what could not be judged at the end."""
        parts = [f"{title}\n{body.text()}" for title, body in self._tables()]
        parts += [one.text() for one in self.firing]
        return "\n\n".join([*parts, *filter(None, ["\n".join(self._remarks())])])

    def html(self) -> str:
        """The same."""
        tables = [
            f"<h4>{display.escaped(title)}</h4>{body.html()}" for title, body in self._tables()
        ]
        firing = [f'<pre class="warn">{display.escaped(one.text())}</pre>' for one in self.firing]
        remarks = [f'<div class="dim">{display.escaped(line)}</div>' for line in self._remarks()]
        return "".join([*tables, *firing, *remarks])

    # -- tables ----------------------------------------------------------------------

    def _tables(self) -> list[tuple[str, Table]]:
        tables = [
            (f"{self.model}: logged", self._logged()),
            ("drift in the last window", self._drift()),
            ("quality in the last window with labels", self._quality()),
            ("anomalies", self._marks()),
            ("alerts", self._alerts()),
        ]
        return [(title, table) for title, table in tables if table.rows]

    def _logged(self) -> Table:
        rows = [
            (
                one.version, one.stage, f"{one.rows:,}",
                windows.window_label(one.first, 1), windows.window_label(one.last, 1),
            )
            for one in self.logged
        ]  # fmt: skip
        headings = ("version", "stage", "rows", "first", "last")
        return Table(headings, rows, numeric=frozenset({"rows"}))

    def _drift(self) -> Table:
        """The columns that drifted most, by their population stability index."""
        last = {(f.version, f.stage): f.start for f in sorted(self.findings, key=lambda f: f.start)}
        now = [f for f in self.findings if f.start == last[f.version, f.stage]]
        cells: dict[tuple[str, str, str], dict[str, DriftFinding]] = {}
        for finding in now:
            key = (finding.version, finding.stage, finding.column)
            cells.setdefault(key, {})[finding.measure] = finding
        names = [detector.name for detector in DRIFT_MEASURES]

        def badness(key: tuple[str, str, str]) -> tuple[int, float]:
            found = cells[key].values()
            index = cells[key].get("psi")
            return -sum(f.drifted for f in found), -(index.value if index else 0.0)

        rows = [
            (*key, *(_cell(cells[key].get(name)) for name in names))
            for key in sorted(cells, key=badness)[:MAX_TABLE_ROWS]
        ]
        return Table(("version", "stage", "column", *names), rows, numeric=frozenset(names))

    def _quality(self) -> Table:
        last: dict[tuple[str, str], dict[str, MetricValue]] = {}
        for one in sorted(self.quality, key=lambda q: q.start):
            last.setdefault((one.version, one.stage), {})[one.metric] = one
        names = [name for name in METRICS if any(name in found for found in last.values())]
        rows = [
            (
                *key,
                windows.window_label(max(q.start for q in found.values()), self.width),
                *(display.number(found[name].value) if name in found else "" for name in names),
            )
            for key, found in last.items()
        ]
        return Table(("version", "stage", "window", *names), rows, numeric=frozenset(names))

    def _marks(self) -> Table:
        newest = sorted(self.anomalies, key=lambda mark: -mark.start)[:MAX_TABLE_ROWS]
        rows = [
            (
                windows.window_label(mark.start, self.width), mark.version, mark.stage, mark.metric,
                display.number(mark.value), mark.detector, mark.reason,
            )
            for mark in newest
        ]  # fmt: skip
        headings = ("window", "version", "stage", "metric", "value", "detector", "why")
        return Table(headings, rows, numeric=frozenset({"value"}))

    def _alerts(self) -> Table:
        rows = [
            (
                one.outcome.state, one.outcome.version, one.outcome.stage, one.outcome.text(),
                windows.window_label(one.outcome.since, self.width) if one.outcome.since else "",
            )
            for one in self.alerts
        ]  # fmt: skip
        headings = ("state", "version", "stage", "rule", "since")
        return Table(headings, rows, labels=frozenset({"state"}))

    def _remarks(self) -> list[str]:
        told = [] if self.logged else [f"Nothing was logged of {self.model} in this time."]
        if self.unknown_labels:
            told.append(f"{self.unknown_labels:,} labels wait for predictions of their ids.")
        return [*told, *self.warnings]


def _cell(finding: DriftFinding | None) -> str:
    if finding is None:
        return ""
    return f"{display.number(finding.value)}{' !' if finding.drifted else ''}"
